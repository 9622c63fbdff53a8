//! Removals: members who have retired, were convicted, or died; the reason is checked against what is known.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    leaving::{Basis, Contradiction, Leaver, Removal, check},
    person::{Sex, Staff},
    role::Act,
};
use runtime::SHANGHAI;
use store::{
    memberships::Member,
    moves::{By, Leave},
};

use crate::{
    Desk, DeskError, Done, ItemView, Outbox, Refusal,
    items::{Numbers, unknown_member},
    transfers::Chain,
};

/// What is known of a member who is to be removed.
#[must_use]
pub fn leaver(member: &Member) -> Leaver {
    Leaver {
        birth: member.birth,
        sex: Sex::parse(&member.sex).unwrap_or(Sex::Male),
        staff: member.staff.as_deref().and_then(Staff::parse),
        retired_on: member.retired_on,
        deceased_on: member.deceased_on,
    }
}

/// What removes this member, or what the reason contradicts.
pub fn leave(member: &Member, reason: Removal, today: NaiveDate) -> Result<Leave, Contradiction> {
    let basis = check(reason, &leaver(member), today)?;
    Ok(Leave {
        person_id: member.person_id,
        membership_id: member.membership_id,
        from_code: member.org_code.clone(),
        reason: reason.name(),
        basis: basis.name(),
    })
}

impl Desk {
    /// Removes members for one of the three reasons. One outcome each.
    pub async fn remove_members(&self, account: &str, numbers: &[String], why: &str) -> Result<Done, DeskError> {
        let reach = self.authorize(account, Act::RemoveMembers, None).await?;
        let reason = Removal::parse(why).ok_or_else(|| {
            let names = Removal::ALL.map(Removal::name).join(", ");
            let hint =
                format!("one of {names}; who leaves for another reason is transferred: rollcall member transfer");
            Refusal::new("usage", format!("{why} is no reason for which members are removed"), hint)
        })?;
        let numbers = Numbers::read(numbers);
        let mut held = self.hold(&numbers.ids(), &[]).await?;
        let moment = self.moment();
        let today = moment.business.with_timezone(&SHANGHAI).date_naive();
        let (mut items, mut leavers, mut orgs) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (shown, number) in numbers.given {
            let member = number.and_then(|id| held.members.remove(&id).ok_or("unknown"));
            match member.and_then(|one| if reach.covers(&one.org_path) { Ok(one) } else { Err("unknown") }) {
                Err(code) => items.push(unknown_member(&shown, code)),
                Ok(member) => {
                    orgs.insert(shown.clone(), member.org_code.clone());
                    match leave(&member, reason, today) {
                        Err(contradiction) => {
                            items.push(ItemView::refused(&shown, contradiction.code(), contradicted(contradiction)));
                        }
                        Ok(leave) => {
                            let basis = Basis::parse(leave.basis).unwrap_or(Basis::Statement);
                            items.push(ItemView::member(&shown, "removed", rests_on(reason, basis)));
                            leavers.push(leave);
                        }
                    }
                }
            }
        }
        let (by, mut outbox) = (By { account, upload: None }, Outbox::new());
        let void = store::moves::end(&mut held.unit, &leavers, by, moment.business).await?;
        self.tell_void(&mut held.unit, &void, Chain::Act, moment, &mut outbox).await?;
        self.finish_items(held.unit, account, Act::RemoveMembers, items, &orgs, outbox).await
    }
}

fn rests_on(reason: Removal, basis: Basis) -> String {
    match (reason, basis) {
        (_, Basis::Record) => "as is on record".to_owned(),
        (_, Basis::Calendar) => "the statutory month is reached; no feed has told of the retirement yet".to_owned(),
        (_, Basis::Choice) => "warning: within the years of choice, on your word alone".to_owned(),
        (Removal::Deceased, _) => "warning: no death is on record, so this rests on your word alone".to_owned(),
        _ => "this rests on your word alone: no feed tells of it".to_owned(),
    }
}

fn contradicted(by: Contradiction) -> String {
    match by {
        Contradiction::Deceased(day) => format!("a death is on record ({day}): --reason deceased"),
        Contradiction::RetiresLater(day) => format!("the retirement on record lies ahead: {day}"),
        Contradiction::NotReached(month) => {
            format!(
                "no retirement is on record, and none is possible before {month}; a feed may tell: rollcall upload registry"
            )
        }
        Contradiction::BirthUnknown => {
            "no retirement is on record, and the document tells no day of birth: rollcall upload registry".to_owned()
        }
    }
}
