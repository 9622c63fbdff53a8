//! What a row says of a member that the registry says otherwise.

use super::Registered;
use crate::row::RosterRow;

/// One field before (in the registry) and after (in the file).
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    /// The column's key, as in [`crate::template::Column::key`].
    pub column: &'static str,
    /// What the registry says; empty where it says nothing.
    pub before: String,
    /// What the file says.
    pub after: String,
}

/// Values are personal: a log sees the column alone.
impl std::fmt::Debug for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Difference({})", self.column)
    }
}

/// The fields in which a row differs from the member with its document, in the order of the template. A blank cell states
/// nothing and is no difference (decision 3); names are compared in their normal form.
#[must_use]
pub fn differences(row: &RosterRow, member: &Registered) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |column, before: Option<&str>, after: &str| {
        let before = before.unwrap_or_default().to_owned();
        found.push(Difference { column, before, after: after.to_owned() });
    };
    if row.name.key() != member.name.key() {
        add("name", Some(member.name.as_str()), row.name.as_str());
    }
    if let Some(phone) = row.phone.filter(|phone| Some(*phone) != member.phone) {
        add("phone", member.phone.as_ref().map(crate::phone::Phone::as_str), phone.as_str());
    }
    if let Some(sex) = row.sex.filter(|sex| *sex != member.sex) {
        add("sex", Some(member.sex.name_zh()), sex.name_zh());
    }
    for (column, stated, known) in [("employer", &row.employer, &member.employer), ("label", &row.label, &member.label)]
    {
        if let Some(stated) = stated.as_deref().filter(|stated| known.as_deref() != Some(*stated)) {
            add(column, known.as_deref(), stated);
        }
    }
    found
}
