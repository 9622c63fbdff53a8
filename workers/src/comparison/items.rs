//! Items: what a comparison found, one by one, as it is stored and read back. Numbers are masked or sealed.

pub(super) use desk::{item_key as key, item_prefix as prefix};
use domain::{
    comparison::{Class, Difference, NearMatch, Stranger},
    finding::Fault,
    name::PersonName,
    place::Place,
};
use serde::{Deserialize, Serialize};
use store::{StoreError, Vault, comparison_items::Item, organizations::SealedOption};

use super::compare::{Made, State};
use crate::WorkError;

/// What an item keeps under seal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Detail {
    /// Of a changed member: before and after; of somebody elsewhere: what the row said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Of a near match: the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Likeness>,
    /// Why, in Chinese.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// A field before and after.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Field {
    /// The column's key.
    pub column: String,
    /// What the registry says.
    pub before: String,
    /// What the file says.
    pub after: String,
}

/// Values are personal: a log sees the column alone.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({})", self.column)
    }
}

/// An absent member whom a row resembles.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Likeness {
    /// 会员编号.
    pub member_no: String,
    /// The registered name.
    pub name: String,
    /// The registered number, masked.
    pub id_masked: String,
}

impl Detail {
    /// The item with this under seal.
    fn of(&self, item: Item, vault: &Vault) -> Result<Item, WorkError> {
        let text = serde_json::to_string(self).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let sealed = vault.seal(&text).map_err(StoreError::from)?;
        Ok(Item { detail: SealedOption(Some(sealed)), ..item })
    }

    /// Opens what an item keeps.
    pub fn open(vault: &Vault, sealed: &SealedOption) -> Result<Self, StoreError> {
        let Some(sealed) = &sealed.0 else { return Ok(Self::default()) };
        serde_json::from_str(&vault.open(sealed)?).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

/// All items in the order of the workbook, one by one: of a roster of a million new people they are never there together.
pub(super) fn of<'m>(made: &'m Made, vault: &'m Vault) -> impl Iterator<Item = Result<Item, WorkError>> + 'm {
    let found = &made.comparison;
    let absent = found.absent.iter().map(|absent| {
        let suggestion = absent.suggestion.map(|one| one.name().to_owned());
        Ok(Item { suggestion, ..member(Class::AbsentFromFile, None, made, absent.member) })
    });
    let newcomers = found.newcomers.iter().map(|stranger| {
        let person = &stranger.person;
        Ok(row(Class::NotInRegistry, stranger.row, person.name.as_str(), &person.document.number.masked()))
    });
    let changed = found.changed.iter().map(|changed| {
        let detail = Detail { fields: changed.differences.iter().map(field).collect(), ..Detail::default() };
        detail.of(member(Class::Changed, Some(changed.row), made, changed.member), vault)
    });
    let elsewhere = found.elsewhere.iter().map(|(place, stranger)| elsewhere(made, *place, stranger, vault));
    let near = found.near.iter().filter(|near| !near.refused).map(|one| near_match(made, one, vault));
    let repeated = found.repeated.iter().map(|repeated| {
        let person = &repeated.person;
        let masked = person.document.number.masked();
        said(std::slice::from_ref(&repeated.fault), repeated.row)
            .of(row(Class::Duplicate, repeated.row, person.name.as_str(), &masked), vault)
    });
    let refused = found.refused.iter().map(|refused| {
        let name = refused.name.as_ref().map(PersonName::as_str).unwrap_or_default();
        let masked = refused.number.as_deref().map(domain::mask::mask_number).unwrap_or_default();
        said(&refused.faults, refused.row).of(row(Class::Rejected, refused.row, name, &masked), vault)
    });
    let all = absent.chain(newcomers).chain(changed).chain(elsewhere).chain(near).chain(repeated).chain(refused);
    all.zip(1..).map(|(item, item_no)| item.map(|item| Item { item_no, ..item }))
}

/// The numbers of a class's items, in the order in which they were found; of the classes in which something is chosen.
pub(super) fn numbers(made: &Made, class: Class) -> impl Iterator<Item = i64> + use<> {
    let found = &made.comparison;
    let before = match class {
        Class::Changed => found.absent.len() + found.newcomers.len(),
        Class::InOtherUnion => found.absent.len() + found.newcomers.len() + found.changed.len(),
        _ => 0,
    };
    before as i64 + 1..
}

fn field(difference: &Difference) -> Field {
    Field { column: difference.column.to_owned(), before: difference.before.clone(), after: difference.after.clone() }
}

fn elsewhere(made: &Made, place: usize, stranger: &Stranger, vault: &Vault) -> Result<Item, WorkError> {
    let person = &stranger.person;
    let stated = [
        ("phone", person.phone.as_ref().map(|phone| phone.as_str().to_owned())),
        ("employer", person.employer.as_deref().map(str::to_owned)),
        ("label", person.label.as_deref().map(str::to_owned)),
    ];
    let stated = stated
        .into_iter()
        .filter_map(|(column, after)| Some(Field { column: column.to_owned(), before: String::new(), after: after? }));
    let detail = Detail { fields: stated.collect(), ..Detail::default() };
    let masked = person.document.number.masked();
    let mut item = row(Class::InOtherUnion, stranger.row, person.name.as_str(), &masked);
    if let Some(known) = made.elsewhere.get(&place) {
        item.person_id = Some(known.person_id);
        item.membership_id = Some(known.membership_id);
    }
    detail.of(item, vault)
}

fn near_match(made: &Made, near: &NearMatch, vault: &Vault) -> Result<Item, WorkError> {
    let person = &made.comparison.newcomers[near.place].person;
    let member = &made.members[near.member];
    let likeness = Likeness {
        member_no: format!("{:010}", made.states[near.member].person_id),
        name: member.name.as_str().to_owned(),
        id_masked: member.document.number.masked(),
    };
    let remarks = near.reasons.iter().map(|reason| reason.name_zh().to_owned()).collect();
    let detail = Detail { member: Some(likeness), remarks, ..Detail::default() };
    detail.of(row(Class::NearMatch, near.row, person.name.as_str(), &person.document.number.masked()), vault)
}

/// An item about a row, without its number.
fn row(class: Class, row: Place, name: &str, masked: &str) -> Item {
    Item {
        item_no: 0,
        class: class.name().to_owned(),
        row_no: Some(i64::from(row.row)).filter(|row| *row > 0),
        person_id: None,
        membership_id: None,
        membership_changed_at: None,
        person_changed_at: None,
        name: name.to_owned(),
        id_masked: masked.to_owned(),
        suggestion: None,
        detail: SealedOption::default(),
        choice: None,
        outcome: None,
        outcome_code: None,
    }
}

/// An item about a member, without its number.
fn member(class: Class, of_row: Option<Place>, made: &Made, place: usize) -> Item {
    let (member, State { person_id, person_changed_at, membership_id, membership_changed_at }) =
        (&made.members[place], made.states[place]);
    Item {
        person_id: Some(person_id),
        membership_id: Some(membership_id),
        membership_changed_at: Some(membership_changed_at),
        person_changed_at: Some(person_changed_at),
        ..row(class, of_row.unwrap_or_default(), member.name.as_str(), &member.document.number.masked())
    }
}

fn said(faults: &[Fault], row: Place) -> Detail {
    let remarks = faults.iter().map(|fault| fault.clone().at(None, row.row).message_zh()).collect();
    Detail { remarks, ..Detail::default() }
}
