//! The mails of transfers: one for all members that went one way together, to the side concerned.

use std::collections::{BTreeMap, HashMap};

use domain::{mask, transfer::Side};
use mail::template::{NAMED_PEOPLE, TransferLetter};
use runtime::shanghai_time;
use store::{Session, StoreError, Unit, organizations::Organization, transfers::Transfer};

use super::carry::Chain;
use crate::{Cause, Desk, Letter, Matter, Moment, Outbox, Reader};

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Somebody asked: to the side that decides.
    Requested,
    /// They have moved: to both sides.
    Approved,
    /// Refused or void: to the side that asked.
    Rejected,
}

/// Members of one mail: the union it is for, the account that asked if it is for that side, from, to, why.
type Group<'t> = (i64, Option<&'t str>, i64, i64, Option<&'t str>);

impl News {
    fn kind(self) -> &'static str {
        match self {
            Self::Requested => "transfer-requested",
            Self::Approved => "transfer-approved",
            Self::Rejected => "transfer-rejected",
        }
    }

    fn groups(self, of: &Transfer) -> Vec<Group<'_>> {
        let asker = Side::parse(&of.asked_by).unwrap_or(Side::To);
        let sides = match self {
            Self::Requested => vec![asker.decider()],
            Self::Approved => vec![asker, asker.decider()],
            Self::Rejected => vec![asker],
        };
        let why = if self == Self::Rejected { of.decision_reason.as_deref() } else { of.reason.as_deref() };
        let group = |side: Side| {
            let org = if side == Side::From { of.from_org_id } else { of.to_org_id };
            let account = (side == asker).then_some(of.account.as_str());
            (org, account, of.from_org_id, of.to_org_id, why)
        };
        sides.into_iter().map(group).collect()
    }
}

/// Queues the mails in the unit, and the messages that have them sent.
pub(super) async fn tell(
    desk: &Desk,
    unit: &mut Unit,
    news: News,
    rows: &[Transfer],
    chain: Chain<'_>,
    moment: Moment,
    outbox: &mut Outbox,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut groups: BTreeMap<Group<'_>, Vec<&Transfer>> = BTreeMap::new();
    for row in rows {
        for group in news.groups(row) {
            groups.entry(group).or_default().push(row);
        }
    }
    let ids: Vec<i64> = rows.iter().flat_map(|row| [row.from_org_id, row.to_org_id]).collect();
    let orgs = store::organizations::get_many(unit, &ids).await?;
    let orgs: HashMap<i64, Organization> = orgs.into_iter().map(|org| (org.id, org)).collect();
    let mut letters = Vec::new();
    for ((org, account, from, to, why), mut people) in groups {
        let (Some(org), Some(from), Some(to)) = (orgs.get(&org), orgs.get(&from), orgs.get(&to)) else { continue };
        people.sort_unstable_by_key(|row| row.id);
        let data = data(unit, org, from, to, why, &people, moment)?;
        let cause = match chain {
            Chain::Act => Cause::Chain(desk.id(moment)),
            Chain::Job(cause) => Cause::Message(cause.clone()),
        };
        let reader = account.map_or_else(|| Reader::org(org), |account| Reader::account(account, Some(org)));
        // A request is asked for and decided once, so the first of them makes the mail unique.
        letters.push(Letter::new(news.kind(), Matter::Transfer(people[0].id), 1, &data, cause).of(org).to(reader));
    }
    desk.post(unit, outbox, &letters, moment).await?;
    Ok(())
}

fn data(
    unit: &Unit,
    org: &Organization,
    from: &Organization,
    to: &Organization,
    why: Option<&str>,
    people: &[&Transfer],
    moment: Moment,
) -> Result<TransferLetter, StoreError> {
    let vault = unit.vault();
    let named = people.iter().take(NAMED_PEOPLE).map(|row| {
        let number = vault.open(&row.doc_number)?;
        Ok(format!("{} {}", mask::mask_name(&row.name), mask::mask_number(&number)))
    });
    let numbers = people.iter().take(NAMED_PEOPLE).map(|row| row.id.to_string());
    Ok(TransferLetter {
        org_code: org.code.clone(),
        org_name: org.name.clone(),
        from: format!("{} {}", from.code, from.name),
        to: format!("{} {}", to.code, to.name),
        count: people.len() as u64,
        people: named.collect::<Result<_, StoreError>>()?,
        numbers: numbers.collect::<Vec<_>>().join(" "),
        reason: why.map(str::to_owned),
        at: shanghai_time(moment.business),
    })
}
