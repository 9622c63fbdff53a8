//! Transfers: the union that has members asks to hand them over; see [`domain::transfer`] for who decides.

mod carry;
mod decide;
mod tell;
mod view;

use std::collections::{BTreeMap, HashMap};

use domain::{
    organization::{Level, OrgKind},
    role::Act,
    transfer::{Ask, Side, Step, Unfit, step},
};
use store::{
    Session, StoreError,
    memberships::{Member, MembershipData},
    moves::By,
    organizations::Organization,
    transfers::Transfer,
};

pub use carry::{Asked, Chain};
pub use view::{TransferFilter, TransferView};

use crate::{
    Desk, DeskError, Done, ItemView, Outbox, Refusal,
    items::{self, Numbers, unknown_member},
};

/// Whether a union is the 临时工会 of a union above the one at this path.
#[must_use]
pub fn is_temporary_above(to: &Organization, from_path: &str) -> bool {
    let own = format!("{}/", to.id);
    let above = to.path.strip_suffix(&own).unwrap_or(&to.path);
    to.kind.as_deref().is_some_and(|kind| OrgKind::of(kind) == OrgKind::Temporary)
        && above.len() > 1
        && from_path.starts_with(above)
}

/// The 临时工会 of the nearest union above each of these places that has one (decision 4): by path.
pub async fn nearest_temporaries(
    session: &mut impl Session,
    paths: &[String],
) -> Result<HashMap<String, Organization>, StoreError> {
    let above = |path: &String| {
        let ids: Vec<i64> = path.split('/').filter_map(|id| id.parse().ok()).collect();
        ids.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default()
    };
    let parents: Vec<i64> = paths.iter().flat_map(above).collect();
    let mut found = store::organizations::temporaries_under(session, &parents).await?;
    found.retain(|org| org.kind.as_deref().is_some_and(|kind| OrgKind::of(kind) == OrgKind::Temporary));
    // The deepest first; of several under one union the one that was there first.
    found.sort_by_key(|org| (std::cmp::Reverse(org.path.matches('/').count()), org.id));
    let nearest = |path: &String| {
        let own = found.iter().find(|org| org.path != *path && is_temporary_above(org, path));
        own.map(|org| (path.clone(), org.clone()))
    };
    Ok(paths.iter().filter_map(nearest).collect())
}

/// What asking for a member leads to.
pub fn ask_step(member: &Member, to: &Organization, pending: &[Transfer]) -> Result<(Step, Option<i64>), Unfit> {
    let same = pending.iter().find(|one| one.person_id == member.person_id && one.to_org_id == to.id);
    let ask = Ask {
        is_same: member.org_id == to.id,
        to_level: Level::parse(&to.level).unwrap_or(Level::Municipal),
        is_temporary_above: is_temporary_above(to, &member.org_path),
        pending: same.and_then(|one| Side::parse(&one.asked_by)),
        is_deceased: member.deceased_on.is_some(),
    };
    Ok((step(&ask)?, same.map(|one| one.id)))
}

impl Desk {
    /// Asks for members to move to another union; those for whom nobody need be asked move at once. One outcome each.
    pub async fn transfer_members(
        &self,
        account: &str,
        numbers: &[String],
        to: &str,
        why: &str,
    ) -> Result<Done, DeskError> {
        let reach = self.authorize(account, Act::TransferMembers, None).await?;
        let why = items::reason(why)?;
        let numbers = Numbers::read(numbers);
        let mut view = self.store.view().await?;
        let found = store::organizations::find(&mut view, to).await?.ok_or_else(|| Refusal::unknown("org", to))?;
        drop(view);
        let mut held = self.hold(&numbers.ids(), &[found.id]).await?;
        // Again, now that it is held: it may be gone.
        let to = store::organizations::find(&mut held.unit, to)
            .await?
            .ok_or_else(|| Refusal::unknown("org", &found.code))?;
        let pending = store::transfers::pending_of(&mut held.unit, &numbers.ids()).await?;
        let (mut items, mut asked, mut orgs) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (shown, number) in numbers.given {
            let member = number.and_then(|id| held.members.remove(&id).ok_or("unknown"));
            let member = member.and_then(|one| if reach.covers(&one.org_path) { Ok(one) } else { Err("unknown") });
            let member = match member {
                Ok(member) => member,
                Err(code) => {
                    items.push(unknown_member(&shown, code));
                    continue;
                }
            };
            orgs.insert(shown.clone(), member.org_code.clone());
            match ask_step(&member, &to, &pending) {
                Err(unfit) => items.push(ItemView::refused(&shown, unfit.code(), unfit_words(unfit, &to))),
                Ok((step, request)) => {
                    items.push(asked_item(&shown, step, request, &member, &to));
                    if step != Step::Pending {
                        let data = MembershipData::default();
                        asked.push(Asked { member, to: to.clone(), step, request, reason: why.clone(), data });
                    }
                }
            }
        }
        let moment = self.moment();
        let (by, mut outbox) = (By { account, upload: None }, Outbox::new());
        let made = self.carry_asks(&mut held.unit, asked, by, Chain::Act, moment, &mut outbox).await?;
        for item in &mut items {
            let number = item.member_no.as_deref().and_then(items::member_number);
            item.transfer = item.transfer.or_else(|| number.and_then(|number| made.get(&number).copied()));
        }
        self.finish_items(held.unit, account, Act::TransferMembers, items, &orgs, outbox).await
    }

    pub(crate) async fn finish_items(
        &self,
        mut unit: store::Unit,
        account: &str,
        act: Act,
        items: Vec<ItemView>,
        orgs: &BTreeMap<String, String>,
        outbox: Outbox,
    ) -> Result<Done, DeskError> {
        let bells = outbox.write(&mut unit).await?;
        store::audit::record(&mut unit, &self.item_acts(account, act.name(), &items, orgs)).await?;
        unit.commit().await?;
        Ok(Done { items, bells })
    }
}

fn asked_item(shown: &str, step: Step, request: Option<i64>, member: &Member, to: &Organization) -> ItemView {
    let (from, to) = (&member.org_code, &to.code);
    let (status, message) = match step {
        Step::Request => ("requested", format!("{to} decides whether the member moves there from {from}")),
        Step::Move => ("moved", format!("moved from {from} to the temporary union {to}")),
        Step::Agree => ("moved", format!("moved from {from} to {to}, which had asked")),
        Step::Pending => ("unchanged", format!("{to} has been asked, and has not answered yet")),
    };
    ItemView { transfer: request, ..ItemView::member(shown, status, message) }
}

fn unfit_words(unfit: Unfit, to: &Organization) -> String {
    match unfit {
        Unfit::SameUnion => format!("the member is in {} already", to.code),
        Unfit::Level => format!("{} is a {} union; only grassroots unions have members", to.code, to.level),
        Unfit::Deceased => "a death is on record: rollcall member remove --reason deceased".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use store::organizations::SealedOption;

    use super::*;

    fn union(id: i64, path: &str, kind: &str) -> Organization {
        Organization {
            id,
            code: id.to_string(),
            name: String::new(),
            parent_id: None,
            level: "grassroots".to_owned(),
            kind: Some(kind.to_owned()),
            uscc: None,
            economy: None,
            industry: None,
            enterprise: None,
            contact: None,
            phone: SealedOption(None),
            email: String::new(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn a_temporary_union_takes_the_leavers_of_the_union_that_it_stands_under() {
        let temporary = union(9, "/1/5/9/", "临时工会");
        assert!(is_temporary_above(&temporary, "/1/5/12/") && is_temporary_above(&temporary, "/1/5/6/13/"));
        assert!(!is_temporary_above(&temporary, "/1/50/12/") && !is_temporary_above(&temporary, "/1/7/12/"));
        assert!(!is_temporary_above(&union(9, "/1/5/9/", "单独基层工会"), "/1/5/12/"));
    }
}
