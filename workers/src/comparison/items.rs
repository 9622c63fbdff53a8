//! Items: what a comparison found, one by one, as it is stored and read back. Numbers are masked or sealed.

pub(super) use desk::{item_key as key, item_prefix as prefix};
use domain::{
    comparison::{Class, Difference, Suggestion},
    finding::Fault,
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
    fn seal(&self, vault: &Vault) -> Result<SealedOption, StoreError> {
        let text = serde_json::to_string(self).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(SealedOption(Some(vault.seal(&text)?)))
    }

    /// Opens what an item keeps.
    pub fn open(vault: &Vault, sealed: &SealedOption) -> Result<Self, StoreError> {
        let Some(sealed) = &sealed.0 else { return Ok(Self::default()) };
        serde_json::from_str(&vault.open(sealed)?).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

/// All items in the order of the workbook.
pub(super) fn of(made: &Made, vault: &Vault) -> Result<Vec<Item>, WorkError> {
    let mut list = List { items: Vec::new(), vault };
    let found = &made.comparison;
    for absent in &found.absent {
        let suggestion = Some(absent.suggestion);
        list.member(Class::AbsentFromFile, None, made, absent.member, suggestion, None)?;
    }
    for stranger in &found.newcomers {
        let person = &stranger.person;
        list.row(Class::NotInRegistry, stranger.row, person.name.as_str(), &person.document.number.masked(), None)?;
    }
    for changed in &found.changed {
        let detail = Detail { fields: changed.differences.iter().map(field).collect(), ..Detail::default() };
        list.member(Class::Changed, Some(changed.row), made, changed.member, None, Some(&detail))?;
    }
    for (place, stranger) in &found.elsewhere {
        let person = &stranger.person;
        let stated = [
            ("phone", person.phone.as_ref().map(|phone| phone.as_str().to_owned())),
            ("employer", person.employer.as_deref().map(str::to_owned)),
            ("label", person.label.as_deref().map(str::to_owned)),
        ];
        let stated = stated.into_iter().filter_map(|(column, after)| {
            Some(Field { column: column.to_owned(), before: String::new(), after: after? })
        });
        let detail = Detail { fields: stated.collect(), ..Detail::default() };
        let masked = person.document.number.masked();
        list.row(Class::InOtherUnion, stranger.row, person.name.as_str(), &masked, Some(&detail))?;
        if let (Some(item), Some(known)) = (list.items.last_mut(), made.elsewhere.get(place)) {
            item.person_id = Some(known.person_id);
            item.membership_id = Some(known.membership_id);
        }
    }
    list.remarks(made)?;
    Ok(list.items)
}

fn field(difference: &Difference) -> Field {
    Field { column: difference.column.to_owned(), before: difference.before.clone(), after: difference.after.clone() }
}

struct List<'v> {
    items: Vec<Item>,
    vault: &'v Vault,
}

impl List<'_> {
    /// Near matches, duplicates, rejected rows.
    fn remarks(&mut self, made: &Made) -> Result<(), WorkError> {
        let found = &made.comparison;
        for near in found.near.iter().filter(|near| !near.refused) {
            let person = &found.newcomers[near.place].person;
            let member = &made.members[near.member];
            let likeness = Likeness {
                member_no: format!("{:010}", made.states[near.member].person_id),
                name: member.name.as_str().to_owned(),
                id_masked: member.document.number.masked(),
            };
            let remarks = near.reasons.iter().map(|reason| reason.name_zh().to_owned()).collect();
            let detail = Detail { member: Some(likeness), remarks, ..Detail::default() };
            let masked = person.document.number.masked();
            self.row(Class::NearMatch, near.row, person.name.as_str(), &masked, Some(&detail))?;
        }
        for repeated in &found.repeated {
            let person = &repeated.person;
            let detail = said(std::slice::from_ref(&repeated.fault), repeated.row);
            let masked = person.document.number.masked();
            self.row(Class::Duplicate, repeated.row, person.name.as_str(), &masked, Some(&detail))?;
        }
        for refused in &found.refused {
            let name = refused.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
            let masked = refused.number.as_deref().map(domain::mask::mask_number).unwrap_or_default();
            self.row(Class::Rejected, refused.row, &name, &masked, Some(&said(&refused.faults, refused.row)))?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        class: Class,
        row: u32,
        name: &str,
        masked: &str,
        detail: Option<&Detail>,
    ) -> Result<(), StoreError> {
        let detail = detail.map(|detail| detail.seal(self.vault)).transpose()?.unwrap_or_default();
        self.items.push(Item {
            item_no: self.items.len() as i64 + 1,
            class: class.name().to_owned(),
            row_no: Some(i64::from(row)).filter(|row| *row > 0),
            person_id: None,
            membership_id: None,
            membership_changed_at: None,
            person_changed_at: None,
            name: name.to_owned(),
            id_masked: masked.to_owned(),
            suggestion: None,
            detail,
            choice: None,
            outcome: None,
            outcome_code: None,
        });
        Ok(())
    }

    fn member(
        &mut self,
        class: Class,
        row: Option<u32>,
        made: &Made,
        place: usize,
        suggestion: Option<Suggestion>,
        detail: Option<&Detail>,
    ) -> Result<(), StoreError> {
        let (member, State { person_id, person_changed_at, membership_id, membership_changed_at }) =
            (&made.members[place], made.states[place]);
        self.row(class, row.unwrap_or(0), member.name.as_str(), &member.document.number.masked(), detail)?;
        if let Some(item) = self.items.last_mut() {
            item.person_id = Some(person_id);
            item.membership_id = Some(membership_id);
            item.membership_changed_at = Some(membership_changed_at);
            item.person_changed_at = Some(person_changed_at);
            item.suggestion = suggestion.map(|suggestion| suggestion.name().to_owned());
        }
        Ok(())
    }
}

fn said(faults: &[Fault], row: u32) -> Detail {
    let remarks = faults.iter().map(|fault| fault.clone().at(None, row).message_zh()).collect();
    Detail { remarks, ..Detail::default() }
}
