//! Instant enrolment (即时参保): cover that begins in the middle of the year, for what failed, for members who have a card and
//! no cover, and for newly made cards.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    closing::deadline,
    premium::{Plan, Split},
    transition::{Refusal, Transition, step},
};
use crate::{
    calendar,
    money::{Money, MoneyError},
    named::named,
    role::Role::{self, Bureau, Clerk, Reviewer},
    year::file::InstantCoverFrom,
};

named! {
    /// Where an instant enrolment comes from.
    InstantKind {
        /// A submission or batch that failed.
        Failed "failed" "集中参保失败",
        /// Members with a card and no cover.
        CardNoCover "card_no_cover" "有卡无保",
        /// Newly made cards.
        NewCard "new_card" "新办卡",
    }
}

named! {
    /// How an instant enrolment stands.
    InstantStatus {
        /// Ready for the unit to submit.
        Draft "draft" "待提交",
        /// Waits for the bureau.
        Submitted "submitted" "待审批",
        /// Its people are covered.
        Approved "approved" "已生效",
        /// Back at the unit, with a reason.
        Returned "returned" "已退回",
        /// The unit does without, the failure behind it was undone, or no voucher came in time.
        Cancelled "cancelled" "已取消",
    }
}

named! {
    /// What happens to an instant enrolment.
    InstantEvent {
        /// A draft is made: by a closing, or by the unit.
        Draw "draw",
        /// The unit submits it.
        Submit "submit",
        /// The bureau approves it.
        Approve "approve",
        /// The bureau returns it, with a reason.
        Return "return",
        /// The unit withdraws it.
        Withdraw "withdraw",
        /// The failure behind it is undone (decision 34).
        Cancel "cancel",
        /// The time for its voucher is up, and none came.
        Expire "expire",
    }
}

type Row = Transition<InstantStatus, InstantEvent>;

const fn row(from: Option<InstantStatus>, event: InstantEvent, to: InstantStatus, who: &'static [Role]) -> Row {
    Row { from, event, to: Some(to), who }
}

/// Why one expires, as its unit is told.
pub const NO_VOUCHER_ZH: &str = "缴费凭证未在期限内上传";

/// Everything that can happen to an instant enrolment. What is approved stays, once there is a voucher: a failure that is
/// undone leaves its people out of the revived submission instead (decision 34).
pub const TRANSITIONS: &[Row] = {
    use InstantEvent::{Approve, Cancel, Draw, Expire, Return, Submit, Withdraw};
    use InstantStatus::{Approved, Cancelled, Draft, Returned, Submitted};
    const UNIT: &[Role] = &[Clerk, Reviewer, Bureau];
    &[
        row(None, Draw, Draft, UNIT),
        row(Some(Draft), Submit, Submitted, UNIT),
        row(Some(Returned), Submit, Submitted, UNIT),
        row(Some(Submitted), Approve, Approved, &[Bureau]),
        row(Some(Submitted), Return, Returned, &[Bureau]),
        row(Some(Draft), Withdraw, Cancelled, UNIT),
        row(Some(Submitted), Withdraw, Cancelled, UNIT),
        row(Some(Returned), Withdraw, Cancelled, UNIT),
        row(Some(Draft), Cancel, Cancelled, &[]),
        row(Some(Submitted), Cancel, Cancelled, &[]),
        row(Some(Returned), Cancel, Cancelled, &[]),
        row(Some(Submitted), Expire, Cancelled, &[]),
        row(Some(Approved), Expire, Cancelled, &[]),
    ]
};

impl InstantStatus {
    /// What an event makes of an instant enrolment; see [`step`].
    pub fn after(
        from: Option<Self>,
        event: InstantEvent,
        role: Option<Role>,
    ) -> Result<&'static Row, Refusal<Self, InstantEvent>> {
        step(TRANSITIONS, from, event, role)
    }

    /// Whether a voucher is taken: from the submission on, whether or not the bureau has decided.
    #[must_use]
    pub fn takes_voucher(self) -> bool {
        matches!(self, Self::Submitted | Self::Approved)
    }

    /// Whether the centre decides about a voucher that has come: also of what was returned since, or its money would be settled
    /// by nobody.
    #[must_use]
    pub fn has_money_looked_at(self) -> bool {
        self.takes_voucher() || self == Self::Returned
    }
}

/// Days of cover, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The first day.
    pub first: NaiveDate,
    /// The last day: 31 December of the year.
    pub last: NaiveDate,
}

impl Cover {
    /// The cover of what is handled on a day: from the day after, and no earlier than 1 January of the year, to 31
    /// December. None where nothing of the year is left: handled on 31 December or later.
    #[must_use]
    pub fn of(year: i32, handled_on: NaiveDate) -> Option<Self> {
        let first = handled_on.succ_opt()?.max(NaiveDate::from_ymd_opt(year, 1, 1)?);
        let last = NaiveDate::from_ymd_opt(year, 12, 31)?;
        (first <= last).then_some(Self { first, last })
    }

    /// How many days it runs.
    #[must_use]
    pub fn days(&self) -> i64 {
        (self.last - self.first).num_days() + 1
    }

    /// How many days somebody had no cover before this one: since the day after the last day on which he was covered, in
    /// whichever year that was; of somebody with no cover on record since 1 January of the year.
    #[must_use]
    pub fn gap_days(&self, covered_until: Option<NaiveDate>) -> i64 {
        let first_without = match covered_until {
            Some(day) => day.succ_opt(),
            None => NaiveDate::from_ymd_opt(self.last.year(), 1, 1),
        };
        first_without.map_or(0, |day| (self.first - day).num_days().max(0))
    }
}

/// The day on which an instant enrolment counts as handled, by the rule of its year; none where that has not happened.
#[must_use]
pub fn handled_on(
    rule: InstantCoverFrom,
    submitted_at: DateTime<Utc>,
    approved_at: Option<DateTime<Utc>>,
) -> Option<NaiveDate> {
    match rule {
        InstantCoverFrom::Submission => Some(calendar::day_of(submitted_at)),
        InstantCoverFrom::Approval => approved_at.map(calendar::day_of),
    }
}

/// When the time for the voucher is up: so many whole days after the day of the submission. None past the end of the
/// calendar.
#[must_use]
pub fn voucher_deadline(submitted_at: DateTime<Utc>, voucher_days: u32) -> Option<DateTime<Utc>> {
    let last = calendar::day_of(submitted_at).checked_add_days(Days::new(voucher_days.into()))?;
    calendar::starts_at(last.succ_opt()?)
}

/// Until when another voucher may come once one was rejected: so many days more as a batch has (decision 32), where the one
/// that was rejected had come within the days of the submission; the time is given once.
#[must_use]
pub fn voucher_deadline_after_rejection(
    due_until: DateTime<Utc>,
    submission_days_until: DateTime<Utc>,
    uploaded_at: DateTime<Utc>,
    rejected_at: DateTime<Utc>,
    extra_days: u32,
) -> DateTime<Utc> {
    let in_time = uploaded_at < submission_days_until;
    deadline(due_until, in_time.then_some(rejected_at), extra_days)
}

/// Somebody who is to be covered. Ids are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<P> {
    /// His id.
    pub id: P,
    /// The last day on which he was covered; none where none is on record.
    pub covered_until: Option<NaiveDate>,
}

/// A draft: who, from when, with how many days without cover, for how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<P> {
    /// The cover, if it is handled on the day for which the draft was made.
    pub cover: Cover,
    /// Each person with the days without cover.
    pub people: Vec<(P, i64)>,
    /// What it costs, by the same rules as the collective enrolment.
    pub money: Money,
}

/// Why there is no draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Nobody to cover.
    #[error("nobody to cover")]
    Nobody,
    /// No day of the year is left.
    #[error("no day of coverage year {0} is left")]
    YearOver(i32),
    /// Amounts that can't be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl<P> Draft<P> {
    /// The draft for the case that it is handled on `handled_on`. The fee is a year's fee, whenever cover begins.
    pub fn of(
        year: i32,
        handled_on: NaiveDate,
        people: impl IntoIterator<Item = Candidate<P>>,
        plan: &Plan,
        split: Split,
    ) -> Result<Self, DraftError> {
        let cover = Cover::of(year, handled_on).ok_or(DraftError::YearOver(year))?;
        let gap = |one: Candidate<P>| (one.id, cover.gap_days(one.covered_until));
        let people: Vec<(P, i64)> = people.into_iter().map(gap).collect();
        if people.is_empty() {
            return Err(DraftError::Nobody);
        }
        let money = plan.money(split, people.len() as u64)?;
        Ok(Self { cover, people, money })
    }
}

#[cfg(test)]
mod tests;
