//! Acts on many members or requests at once: one outcome per item, and the locks under which they are done.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use store::{Unit, memberships::Member};

use crate::{Bell, Desk, DeskError, Refusal};

/// How often a bulk act begins anew because somebody moved between looking and locking.
const ATTEMPTS: u32 = 5;

/// What became of one item.
#[derive(Debug, Clone, Serialize)]
pub struct ItemView {
    /// The member's number (会员编号).
    pub member_no: Option<String>,
    /// The request's number.
    pub transfer: Option<i64>,
    /// `requested`, `moved`, `removed`, `approved`, `rejected`, `unchanged` or `refused`.
    pub status: &'static str,
    /// A stable code, where it was refused.
    pub code: Option<&'static str>,
    /// What is to be known about it.
    pub message: String,
}

/// What a bulk act did.
#[derive(Debug)]
pub struct Done {
    /// One outcome per item, in the order given.
    pub items: Vec<ItemView>,
    /// To ring after the commit.
    pub bells: Vec<Bell>,
}

impl ItemView {
    /// An outcome about a member.
    pub(crate) fn member(number: &str, status: &'static str, message: impl Into<String>) -> Self {
        Self { member_no: Some(number.to_owned()), transfer: None, status, code: None, message: message.into() }
    }

    /// A member who was refused.
    pub(crate) fn refused(number: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::member(number, "refused", message) }
    }

    /// What the audit record says of it.
    pub(crate) fn outcome(&self) -> String {
        self.code.map_or_else(|| self.status.to_owned(), |code| format!("{}: {code}", self.status))
    }
}

/// The numbers of members as they were written, each once.
pub(crate) struct Numbers {
    /// As shown, and the number; none: no number, or one that was given before.
    pub given: Vec<(String, Result<i64, &'static str>)>,
}

impl Numbers {
    pub(crate) fn read(written: &[String]) -> Self {
        let mut seen = HashSet::new();
        let given = written.iter().map(|text| match member_number(text) {
            Some(number) if seen.insert(number) => (format!("{number:010}"), Ok(number)),
            Some(number) => (format!("{number:010}"), Err("twice")),
            None => (domain::mask::mask_number(text), Err("unknown")),
        });
        Self { given: given.collect() }
    }

    /// Those that are numbers.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.given.iter().filter_map(|(_, number)| number.ok()).collect()
    }
}

/// A member's number: at most twelve digits, so that nobody's document is taken for one.
pub(crate) fn member_number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// What is said of a number that nobody within reach has.
pub(crate) fn unknown_member(number: &str, code: &'static str) -> ItemView {
    let message = match code {
        "twice" => "the number was given before",
        _ => "there is no such member within your reach",
    };
    ItemView::refused(number, code, message)
}

/// Members of a bulk act, held in a unit with their unions and the ones beside.
pub(crate) struct Held {
    pub unit: Unit,
    pub members: HashMap<i64, Member>,
}

impl Desk {
    /// Begins a unit in which these members and their unions are held, and the unions beside: unions first, by id.
    pub(crate) async fn hold(&self, people: &[i64], beside: &[i64]) -> Result<Held, DeskError> {
        for _ in 0..ATTEMPTS {
            let mut view = self.store.view().await?;
            let seen = store::moves::find_many(&mut view, people).await?;
            drop(view);
            let mut orgs: Vec<i64> = seen.iter().map(|member| member.org_id).chain(beside.iter().copied()).collect();
            orgs.sort_unstable();
            orgs.dedup();
            let mut unit = self.store.begin().await?;
            store::organizations::lock(&mut unit, &orgs).await?;
            let members = store::moves::lock(&mut unit, people).await?;
            if members.iter().all(|member| orgs.binary_search(&member.org_id).is_ok()) {
                let members = members.into_iter().map(|member| (member.person_id, member)).collect();
                return Ok(Held { unit, members });
            }
        }
        Err(Refusal::new("busy", "members are being moved at this moment", "ask again").into())
    }

    /// Audit rows of a bulk act: one per item, with the union concerned where it is known.
    pub(crate) fn item_acts(
        &self,
        account: &str,
        act: &'static str,
        items: &[ItemView],
        orgs: &BTreeMap<String, String>,
    ) -> Vec<store::audit::NewAct> {
        let row = |item: &ItemView| {
            let about = match (item.transfer, &item.member_no) {
                (Some(id), _) => Some(format!("transfer:{id}")),
                // Of somebody unknown nothing is kept: what was typed may be a document.
                (None, Some(number)) if orgs.contains_key(number) => Some(format!("member:{number}")),
                _ => None,
            };
            let org = item.member_no.as_ref().and_then(|number| orgs.get(number));
            self.act(account, act, org.map(String::as_str), about, item.outcome())
        };
        items.iter().map(row).collect()
    }
}

/// The reason of an act, as it is kept: not blank, not long, without numbers that may be somebody's.
pub(crate) fn reason(written: &str) -> Result<String, Refusal> {
    let text = domain::shown::line(written);
    if text.is_empty() || text.chars().count() > domain::transfer::LONGEST_REASON {
        let most = domain::transfer::LONGEST_REASON;
        return Err(Refusal::new("usage", format!("a reason has 1 to {most} characters"), "--reason WORDS"));
    }
    Ok(domain::mask::mask_digits(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_no_members_number() {
        assert_eq!(member_number("0000000012"), Some(12));
        for wrong in ["", "x", "310199199001011234", "-1", "１２"] {
            assert_eq!(member_number(wrong), None, "{wrong}");
        }
        let numbers = Numbers::read(&["7".to_owned(), "0007".to_owned(), "310199199001011234".to_owned()]);
        assert_eq!(numbers.ids(), [7]);
        assert_eq!(numbers.given[1], ("0000000007".to_owned(), Err("twice")));
        assert_eq!(numbers.given[2], ("3101 **** **** 1234".to_owned(), Err("unknown")));
    }
}
