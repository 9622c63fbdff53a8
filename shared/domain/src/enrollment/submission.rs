//! A unit's submission: its states, and the number on its receipt.

use std::fmt;

use serde::Serialize;

use super::transition::{Refusal, Transition, step};
use crate::{
    named::named,
    organization::OrgCode,
    role::Role::{self, Bureau, Centre, Clerk, Federation, Reviewer},
};

named! {
    /// How a unit's submission stands.
    SubmissionStatus {
        /// Waits for a reviewer.
        Submitted "submitted" "待审批",
        /// On the submission list.
        Approved "approved" "待提交",
        /// Back at the unit, with a reason.
        Returned "returned" "已退回",
        /// In a batch that the bureau has submitted.
        Finalized "finalized" "已提交职保中心",
        /// Its people are covered.
        Effective "effective" "已生效",
        /// Its people are not covered by it.
        Failed "failed" "参保失败",
    }
}

named! {
    /// What happens to a submission.
    SubmissionEvent {
        /// The unit submits, for the first time or again.
        Submit "submit",
        /// A reviewer moves it to the submission list.
        Approve "approve",
        /// A reviewer returns it.
        Return "return",
        /// The bureau's batch takes it along.
        Finalize "finalize",
        /// Cover has begun and its batch is paid.
        TakeEffect "take-effect",
        /// A closing finds it wanting.
        Fail "fail",
        /// Its failure is undone.
        Undo "undo",
    }
}

type Row = Transition<SubmissionStatus, SubmissionEvent>;

const fn row(
    from: Option<SubmissionStatus>,
    event: SubmissionEvent,
    to: Option<SubmissionStatus>,
    who: &'static [Role],
) -> Row {
    Row { from, event, to, who }
}

/// Everything that can happen to a submission.
pub const TRANSITIONS: &[Row] = {
    use SubmissionEvent::{Approve, Fail, Finalize, Return, Submit, TakeEffect, Undo};
    use SubmissionStatus::{Approved, Effective, Failed, Finalized, Returned, Submitted};
    // Whoever stands above a unit may submit for it.
    const UNIT: &[Role] = &[Clerk, Reviewer, Bureau];
    &[
        row(None, Submit, Some(Submitted), UNIT),
        row(Some(Submitted), Submit, Some(Submitted), UNIT),
        row(Some(Returned), Submit, Some(Submitted), UNIT),
        // Takes it off the submission list again; the reviewers are told.
        row(Some(Approved), Submit, Some(Submitted), UNIT),
        row(Some(Submitted), Approve, Some(Approved), &[Reviewer, Bureau]),
        row(Some(Submitted), Return, Some(Returned), &[Reviewer, Bureau]),
        // Also what a secondary union approved.
        row(Some(Approved), Return, Some(Returned), &[Bureau]),
        row(Some(Approved), Finalize, Some(Finalized), &[Bureau]),
        row(Some(Finalized), TakeEffect, Some(Effective), &[]),
        row(Some(Submitted), Fail, Some(Failed), &[]),
        row(Some(Approved), Fail, Some(Failed), &[]),
        row(Some(Returned), Fail, Some(Failed), &[]),
        row(Some(Finalized), Fail, Some(Failed), &[]),
        row(Some(Failed), Undo, None, &[Centre, Federation]),
    ]
};

impl SubmissionStatus {
    /// What an event makes of a submission; see [`step`].
    pub fn after(
        from: Option<Self>,
        event: SubmissionEvent,
        role: Option<Role>,
    ) -> Result<&'static Row, Refusal<Self, SubmissionEvent>> {
        step(TRANSITIONS, from, event, role)
    }

    /// Whether the reviewers have to be told that a new version takes the place of what they approved.
    #[must_use]
    pub fn resubmission_tells_reviewers(self) -> bool {
        self == Self::Approved
    }
}

/// The number of a unit's submission (批次编号): `DW` and the year, the union's code, and which of its submissions it is:
/// `DW2023-3199010001-2`. It needs no counter beyond the unit's own versions, so a thousand units that submit in the
/// same second don't wait for each other; only a bureau's batch has a number of the federation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubmissionNo {
    /// The coverage year.
    pub year: i32,
    /// The union.
    pub org: OrgCode,
    /// Counts the unit's submissions of the year from 1.
    pub version: u32,
}

impl SubmissionNo {
    /// Reads a number in its one writing.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let (year, rest) = written.strip_prefix("DW")?.split_once('-')?;
        // A code may have hyphens of its own.
        let (org, version) = rest.rsplit_once('-')?;
        let number = Self { year: year.parse().ok()?, org: OrgCode::parse(org)?, version: version.parse().ok()? };
        (number.version > 0 && number.to_string() == written).then_some(number)
    }
}

impl fmt::Display for SubmissionNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DW{:04}-{}-{}", self.year, self.org, self.version)
    }
}

impl Serialize for SubmissionNo {
    fn serialize<T: serde::Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(from: Option<SubmissionStatus>, event: SubmissionEvent, role: Role) -> Result<&'static str, &'static str> {
        let row = SubmissionStatus::after(from, event, Some(role)).map_err(|refusal| refusal.code())?;
        Ok(row.to.map_or("as before", SubmissionStatus::name))
    }

    #[test]
    fn the_table_of_transitions() {
        let columns: Vec<_> = std::iter::once(None).chain(SubmissionStatus::ALL.iter().copied().map(Some)).collect();
        let table: Vec<String> = SubmissionEvent::ALL
            .iter()
            .map(|event| {
                let to = columns.iter().map(|from| {
                    SubmissionStatus::after(*from, *event, None)
                        .map_or(".", |row| row.to.map_or("as before", SubmissionStatus::name))
                });
                format!("{}: {}", event.name(), to.collect::<Vec<_>>().join(" "))
            })
            .collect();
        // nothing yet, submitted, approved, returned, finalized, effective, failed
        assert_eq!(
            table,
            [
                "submit: submitted submitted submitted submitted . . .",
                "approve: . approved . . . . .",
                "return: . returned returned . . . .",
                "finalize: . . finalized . . . .",
                "take-effect: . . . . effective . .",
                "fail: . failed failed failed failed . .",
                "undo: . . . . . . as before",
            ]
        );
    }

    #[test]
    fn both_levels_review_and_only_the_bureau_returns_what_was_approved() {
        use SubmissionEvent::{Approve, Finalize, Return, Submit, Undo};
        use SubmissionStatus::{Approved, Failed, Finalized, Submitted};
        for (from, event, role, outcome) in [
            (Some(Submitted), Approve, Reviewer, Ok("approved")),
            (Some(Submitted), Return, Bureau, Ok("returned")),
            (Some(Submitted), Approve, Clerk, Err("wrong-role")),
            (Some(Approved), Return, Bureau, Ok("returned")),
            (Some(Approved), Return, Reviewer, Err("wrong-role")),
            (Some(Approved), Submit, Clerk, Ok("submitted")),
            (Some(Finalized), Submit, Clerk, Err("wrong-state")),
            (Some(Finalized), Return, Bureau, Err("wrong-state")),
            (Some(Approved), Finalize, Centre, Err("wrong-role")),
            (Some(Failed), Undo, Bureau, Err("wrong-role")),
            (Some(Failed), Undo, Centre, Ok("as before")),
            (None, Approve, Bureau, Err("wrong-state")),
        ] {
            assert_eq!(after(from, event, role), outcome, "{from:?} {event:?} {role:?}");
        }
        assert!(Approved.resubmission_tells_reviewers() && !Submitted.resubmission_tells_reviewers());
    }

    #[test]
    fn numbers_of_submissions_have_one_writing() {
        let number = SubmissionNo { year: 2023, org: OrgCode::parse("A-1").unwrap(), version: 12 };
        assert_eq!(number.to_string(), "DW2023-A-1-12");
        assert_eq!(SubmissionNo::parse("DW2023-A-1-12"), Some(number));
        for wrong in ["", "DW2023-A-1-0", "DW2023-A-1-01", "DW2023--1", "DW23-A-1", "CB2023-A-1", "DW2023-A"] {
            assert_eq!(SubmissionNo::parse(wrong), None, "{wrong}");
        }
    }
}
