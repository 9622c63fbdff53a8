//! Review: secondary unions and bureaus move a unit's submission to the submission list, or return it with a reason.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use domain::{
    enrollment::{
        reason::ReturnReason,
        submission::{SubmissionEvent, SubmissionStatus},
    },
    organization::Level,
    role::{Act, Role},
    year::window::{WindowKind, may_review, return_leaves_time},
};
use messages::{EnrollmentReturned, EnrollmentReviewed, Kind, Message};
use serde::Serialize;
use store::{
    Unit,
    organizations::Organization,
    submissions::{StatusChange, Submission, SubmissionSelection, Version},
};
use uuid::Uuid;

use super::{
    Classes, GoneView, MoneyView, Season,
    gather::list_has_gone,
    gone::{self, gone_on},
    preview::LATE,
    windows::shanghai,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

/// A submission as `review list` and `enroll show` print it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct SubmissionView {
    /// The unit's number.
    pub org: String,
    /// The unit's name.
    pub name: String,
    /// The coverage year.
    pub year: i32,
    /// The submission's number (批次编号).
    pub number: String,
    /// The plan's code.
    pub plan: String,
    /// `submitted`, `approved`, `returned`, `finalized`, `effective` or `failed`.
    pub status: String,
    /// People enrolled.
    pub people: i64,
    /// Members by class when it was submitted; in `enroll show` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Classes>,
    /// Money by payer.
    pub money: MoneyView,
    /// Which version counts.
    pub version: i64,
    /// Why it was returned or failed.
    pub reason: Option<String>,
    /// The instant by which it is judged.
    pub received_at: DateTime<FixedOffset>,
    /// When it was first submitted.
    pub submitted_at: DateTime<FixedOffset>,
    /// When anything of it changed.
    pub updated_at: DateTime<FixedOffset>,
    /// Those on the list who are known by now to have died or retired before the year.
    pub gone: Vec<GoneView>,
    /// SHA-256 of the list and the figures; in `enroll show` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What a reviewer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review<'r> {
    /// Moves to the submission list.
    Approve,
    /// Returns with a reason; `insists` where that leaves the unit no time to submit again.
    Return {
        /// The reviewer's words.
        reason: &'r str,
        /// Whether the submission may fail by it.
        insists: bool,
    },
}

/// What became of one submission of a review in bulk.
#[derive(Debug, Clone, Serialize)]
pub struct ItemOutcome {
    /// The unit's number.
    pub org: String,
    /// `done`, `unchanged` or `refused`.
    pub outcome: &'static str,
    /// The status now.
    pub status: Option<String>,
    /// Why it was refused, as a code.
    pub code: Option<&'static str>,
    /// The same as a sentence; of what was done, what is to be thought of.
    pub message: Option<String>,
}

/// A submission for programs and people, with those who should be on no list any more; with its version, everything of it.
#[must_use]
pub fn submission_view(of: Submission, version: Option<&Version>, gone: Vec<GoneView>) -> SubmissionView {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let classes = version.map(|version| Classes {
        total: count(version.members),
        enrolled: count(version.people),
        no_card: count(version.no_card),
        pending: count(version.pending),
        retired: count(version.retired),
        deceased: count(version.deceased),
    });
    SubmissionView {
        org: of.org_code,
        name: of.org_name,
        year: of.year,
        number: of.number,
        plan: of.plan,
        status: of.status,
        people: of.people,
        classes,
        money: of.fen.into(),
        version: version.map_or(of.version, |version| version.version),
        reason: of.reason,
        received_at: shanghai(of.received_at),
        submitted_at: shanghai(of.submitted_at),
        updated_at: shanghai(of.changed_at),
        gone,
        sha256: version.map(|version| version.sha256.clone()),
    }
}

/// What is left to a secondary union that comes after the first period of the review.
const BUREAU_ALONE: &str = "the bureau may go on until its own window closes: rollcall window list; the federation may extend the \
    window: rollcall window extend";

impl Desk {
    /// The submissions of the units below a reviewer: by id, page by page.
    pub async fn review_list(
        &self,
        account: &str,
        year: i32,
        org: &str,
        status: Option<&str>,
        plan: Option<&str>,
    ) -> Result<Vec<SubmissionView>, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        if let Some(unknown) = status.filter(|status| SubmissionStatus::parse(status).is_none()) {
            let all: Vec<&str> = SubmissionStatus::ALL.iter().map(|status| status.name()).collect();
            let hint = format!("one of {}", all.join(", "));
            return Err(Refusal::new("usage", format!("there is no status {unknown}"), hint).into());
        }
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        if let Some(unknown) = plan.filter(|plan| season.file.plan(plan).is_none()) {
            return Err(Refusal::unknown_plan(&season.file, unknown).into());
        }
        let wanted = SubmissionSelection {
            year,
            below: org.path,
            status: status.map(str::to_owned),
            plan: plan.map(str::to_owned),
            most: i64::MAX,
            ..SubmissionSelection::default()
        };
        let found = store::submissions::list(&mut session, &wanted).await?;
        let mut gone = gone_on(&mut session, &season, &found).await?;
        let view = |one: Submission| {
            let gone = gone.remove(&one.id).unwrap_or_default();
            submission_view(one, None, gone)
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// Approves or returns submissions of units below a reviewer: those named, or all that wait. Each has its own
    /// outcome; what was done of it is kept in one unit of work.
    pub async fn review(
        &self,
        account: &str,
        year: i32,
        org: &str,
        named: Option<&[String]>,
        what: Review<'_>,
    ) -> Result<(Vec<ItemOutcome>, Vec<Bell>), DeskError> {
        let act = Act::ReviewEnrollment;
        let reviewer = self.organization_for(account, act, org).await?;
        let role = reviewing_role(&reviewer)?;
        let reason = reason_of(what)?;
        let mut unit = self.store.begin().await?;
        let season = Season::load(&mut unit, year).await?;
        let (found, mut outcomes) = self.named_submissions(&mut unit, year, &reviewer, named).await?;
        let locked = store::submissions::lock(&mut unit, &found).await?;
        let moment = self.moment();
        let level = Level::parse(&reviewer.level).unwrap_or(Level::Grassroots);
        if !may_review(level, moment.business, |kind| season.window(kind, &reviewer.path)) {
            unit.rollback().await?;
            let kind = WindowKind::reviewing(level).last().copied().unwrap_or(WindowKind::Review);
            let hint = if level == Level::Secondary { BUREAU_ALONE } else { LATE };
            let refusal = season.require_open(kind, &reviewer, moment.business, hint).err().unwrap_or_else(|| {
                Refusal::new("window-closed", "the review is not open", "rollcall window list shows when it is")
            });
            return Err(self.refused(account, act, Some(&reviewer.code), refusal).await?);
        }
        let gone = match what {
            Review::Approve if level == Level::Bureau => {
                list_has_gone(&mut unit, &season, &reviewer, moment.business).await?
            }
            _ => None,
        };
        let on_list =
            if what == Review::Approve { gone_on(&mut unit, &season, &locked).await? } else { BTreeMap::new() };
        let warning = |id: i64| {
            let gone = gone.as_ref().filter(|(_, back)| !back.contains(&id)).map(|(why, _)| why.clone());
            let people = on_list.get(&id).and_then(|people| gone::warning(people));
            gone.into_iter().chain(people).reduce(|one, other| format!("{one}; {other}"))
        };
        let mut changes = Vec::new();
        let mut refused = Vec::new();
        for submission in locked {
            match judge(&season, &submission, role, what, moment) {
                Ok(Some(status)) => {
                    let done = outcome(&submission, "done", status.name(), None);
                    outcomes.push(ItemOutcome { message: warning(submission.id), ..done });
                    changes.push((submission, status));
                }
                Ok(None) => outcomes.push(outcome(&submission, "unchanged", &submission.status, None)),
                Err(refusal) => {
                    outcomes.push(outcome(&submission, "refused", &submission.status, Some(&refusal)));
                    refused.push(self.act(
                        account,
                        act.name(),
                        Some(&submission.org_code),
                        Some(format!("submission:{year}:{}", submission.org_code)),
                        format!("refused: {}", refusal.code),
                    ));
                }
            }
        }
        store::audit::record(&mut unit, &refused).await?;
        let bells = self.write_review(&mut unit, account, &changes, reason.as_ref(), moment).await?;
        unit.commit().await?;
        outcomes.sort_by(|one, other| one.org.cmp(&other.org));
        Ok((outcomes, bells))
    }

    async fn write_review(
        &self,
        unit: &mut Unit,
        account: &str,
        changes: &[(Submission, SubmissionStatus)],
        reason: Option<&(&'static str, String)>,
        moment: Moment,
    ) -> Result<Vec<Bell>, DeskError> {
        let mut outbox = Outbox::new();
        let mut acts = Vec::new();
        let mut rows = Vec::new();
        for (submission, status) in changes {
            let submission_id = submission.id;
            if *status == SubmissionStatus::Returned {
                self.follow(&mut outbox, &EnrollmentReturned { submission_id }, moment);
            } else {
                self.follow(&mut outbox, &EnrollmentReviewed { submission_id }, moment);
            }
            let about = Some(format!("submission:{}:{}", submission.year, submission.org_code));
            let outcome = format!("done: {}", status.name());
            acts.push(self.act(account, Act::ReviewEnrollment.name(), Some(&submission.org_code), about, outcome));
            rows.push(StatusChange {
                id: submission.id,
                status: status.name(),
                batch_id: None,
                reason_code: reason.map(|(code, _)| (*code).to_owned()),
                reason: reason.map(|(_, sentence)| sentence.clone()),
            });
        }
        store::submissions::change_status(unit, &rows, moment.business).await?;
        store::submissions::record_review(unit, &rows, account, moment.business).await?;
        store::audit::record(unit, &acts).await?;
        Ok(outbox.write(unit).await?)
    }

    /// A message of its own chain, into the queue of its kind.
    pub(crate) fn follow<M: Message>(&self, outbox: &mut Outbox, message: &M, moment: Moment) -> Uuid {
        outbox.first(self, Kind::row(M::KIND).queue, message, moment)
    }

    /// The submissions that are meant, and an outcome for each unit that has none.
    async fn named_submissions(
        &self,
        unit: &mut Unit,
        year: i32,
        reviewer: &Organization,
        named: Option<&[String]>,
    ) -> Result<(Vec<i64>, Vec<ItemOutcome>), DeskError> {
        let wanted = SubmissionSelection {
            year,
            below: reviewer.path.clone(),
            status: named.is_none().then(|| SubmissionStatus::Submitted.name().to_owned()),
            most: i64::MAX,
            ..SubmissionSelection::default()
        };
        let found = store::submissions::list(unit, &wanted).await?;
        let Some(named) = named else {
            return Ok((found.iter().map(|one| one.id).collect(), Vec::new()));
        };
        let mut ids = Vec::new();
        let mut missing = Vec::new();
        for code in named {
            match found.iter().find(|one| one.org_code == *code) {
                Some(one) => ids.push(one.id),
                // Of another's unit nothing is told: it looks like one that has not submitted.
                None => missing.push(ItemOutcome {
                    org: code.clone(),
                    outcome: "refused",
                    status: None,
                    code: Some("not-submitted"),
                    message: Some(format!("no submission of {code} for {year} is below {}", reviewer.code)),
                }),
            }
        }
        Ok((ids, missing))
    }
}

/// The status that a review leads to; none where it is there already.
fn judge(
    season: &Season,
    submission: &Submission,
    role: Role,
    what: Review<'_>,
    moment: Moment,
) -> Result<Option<SubmissionStatus>, Refusal> {
    let from = SubmissionStatus::parse(&submission.status);
    let event = match what {
        Review::Approve => SubmissionEvent::Approve,
        Review::Return { .. } => SubmissionEvent::Return,
    };
    let already = match what {
        Review::Approve => SubmissionStatus::Approved,
        Review::Return { .. } => SubmissionStatus::Returned,
    };
    if from == Some(already) {
        return Ok(None);
    }
    let row = SubmissionStatus::after(from, event, Some(role)).map_err(|refusal| {
        let hint = "rollcall review list shows how submissions stand";
        Refusal::new(refusal.code(), format!("{}: {refusal}", submission.org_code), hint)
    })?;
    if let Review::Return { insists: false, .. } = what {
        let window = season.window(WindowKind::Submission, &submission.org_path);
        if !window.is_some_and(|window| return_leaves_time(window, moment.business)) {
            return Err(Refusal::new(
                "no-time-left",
                format!(
                    "{} can't submit again any more: returned, its enrolment fails when the lists close",
                    submission.org_code
                ),
                "extend the window for it first (rollcall window extend submission --org …), or insist with --yes",
            ));
        }
    }
    Ok(row.to)
}

fn outcome(submission: &Submission, outcome: &'static str, status: &str, refusal: Option<&Refusal>) -> ItemOutcome {
    ItemOutcome {
        org: submission.org_code.clone(),
        outcome,
        status: Some(status.to_owned()),
        code: refusal.map(|refusal| refusal.code),
        message: refusal.map(|refusal| format!("{} ({})", refusal.message, refusal.hint)),
    }
}

/// As what an organization reviews.
fn reviewing_role(reviewer: &Organization) -> Result<Role, Refusal> {
    match Level::parse(&reviewer.level) {
        Some(Level::Bureau) => Ok(Role::Bureau),
        Some(Level::Secondary) => Ok(Role::Reviewer),
        _ => Err(Refusal::new(
            "not-a-reviewer",
            format!("{} is {}: secondary unions and bureaus review", reviewer.code, reviewer.level),
            "name one of them with --org",
        )),
    }
}

fn reason_of(what: Review<'_>) -> Result<Option<(&'static str, String)>, Refusal> {
    let Review::Return { reason, .. } = what else { return Ok(None) };
    let (code, words) = ReturnReason::read(&domain::shown::line(reason)).ok_or_else(|| {
        let codes: Vec<&str> = ReturnReason::ALL.iter().map(|reason| reason.name()).collect();
        Refusal::new(
            "usage",
            "a return needs a reason",
            format!("--reason TEXT, which may begin with one of {}", codes.join(", ")),
        )
    })?;
    Ok(Some((code.name(), code.sentence_zh(&words))))
}
