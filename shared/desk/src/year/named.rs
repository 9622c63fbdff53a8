//! Members whom a clerk names by their numbers, and whether what is asked of them may be done.

use domain::enrollment::eligibility::RetirementDecision;

use super::{Roll, RollMember, preview::member_no};
use crate::Refusal;

/// The members with these numbers; refused where one is not of the union, or not fit.
pub(super) fn members_named(
    roll: &Roll,
    named: &[String],
    fit: impl Fn(&RollMember) -> Result<(), Refusal>,
) -> Result<Vec<i64>, Refusal> {
    let mut persons = Vec::with_capacity(named.len());
    for number in named {
        let id = number.trim_start_matches('0').parse::<i64>().ok();
        let place = id.and_then(|id| roll.members.binary_search_by_key(&id, |member| member.person_id).ok());
        let member = place.map(|place| &roll.members[place]).ok_or_else(|| Refusal::unknown("member", number))?;
        fit(member)?;
        persons.push(member.person_id);
    }
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

pub(super) fn not_pending(member: &RollMember) -> Refusal {
    let message =
        format!("member {} is not on the pending list, but {}", member_no(member.person_id), member.class.name());
    Refusal::new("not-pending", message, "rollcall enroll pending shows who is")
}

/// The members whose retirement a clerk decides about: a date that only the calendar suggests, and nobody's confirmation is
/// taken back by it (product.md, Eligibility: it is irrevocable).
pub(super) fn members_to_decide(
    roll: &Roll,
    named: &[String],
    decision: RetirementDecision,
) -> Result<Vec<i64>, Refusal> {
    members_named(roll, named, |member| {
        let number = member_no(member.person_id);
        if !member.may_decide {
            let message = format!(
                "nothing is to be decided about member {number}: the calendar suggests no retirement, or a fact settles it"
            );
            return Err(Refusal::new(
                "nothing-to-decide",
                message,
                "rollcall enroll preview names those to decide about; a feed may tell more: rollcall upload registry",
            ));
        }
        if member.confirmed && decision == RetirementDecision::Retired {
            let message = format!("member {number} was confirmed for the year, which can't be taken back");
            return Err(Refusal::new(
                "confirmed",
                message,
                "who has retired can be removed: rollcall member remove --reason retired",
            ));
        }
        Ok(())
    })
}
