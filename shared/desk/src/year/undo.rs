//! Undoing a failure: a voucher turned up. The batch goes on as if it had been in time, and all touched are told.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    enrollment::{
        batch::BatchStatus,
        closing::deadline,
        instant::InstantStatus,
        premium::Due,
        reason::FailureReason,
        submission::{SubmissionNo, SubmissionStatus},
    },
    money::{Money, Yuan},
    organization::Level,
    role::Act,
    year::window::{WindowKind, may_review},
};
use messages::FailureUndone;
use serde::Serialize;
use store::{
    Unit,
    batches::Batch,
    cover::Making,
    failures::Failure,
    instants::Instant,
    submissions::{StatusChange, Submission, SubmissionSelection},
};

use super::{
    Season,
    conflict::{Beside, people_covered},
    gather::money_of_row,
    preview::{member_no, no_sum},
    submit::fen_of,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

/// What undoing came to.
#[derive(Debug, Clone, Serialize)]
pub struct Undone {
    /// The batch that goes on; none for single submissions.
    pub batch_no: Option<String>,
    /// The submissions that came back to life, by their units.
    pub units: Vec<String>,
    /// Drafts of instant enrolments that were cancelled.
    pub cancelled_drafts: usize,
    /// People whose instant cover is approved: left out, by number.
    pub left_out: Vec<String>,
    /// Until when the bureau may go on with it.
    pub until: Option<chrono::DateTime<chrono::FixedOffset>>,
    /// What somebody has to do before, where a window that has closed stands in the way.
    pub needs: Option<String>,
}

impl Desk {
    /// Undoes the failure of a batch (`CB…`) or of a unit's submission (`DW…`), with a reason (decision 34).
    pub async fn undo_failure(
        &self,
        account: &str,
        number: &str,
        reason: &str,
    ) -> Result<(Undone, Vec<Bell>), DeskError> {
        let act = Act::UndoFailure;
        self.authorize(account, act, None).await?;
        let reason = domain::shown::line(reason);
        if reason.is_empty() {
            return Err(Refusal::new("usage", "undoing a failure needs a reason", "--reason …").into());
        }
        let mut unit = self.store.begin().await?;
        let batch = store::batches::find(&mut unit, number).await?;
        let year = match &batch {
            Some(batch) => batch.year,
            None => SubmissionNo::parse(number).ok_or_else(|| Refusal::unknown("batch", number))?.year,
        };
        store::cover::lock(&mut unit, year, Making::Alone).await?;
        let moment = self.moment();
        let (batch, submissions) = match batch {
            Some(batch) => {
                let batch = store::batches::lock(&mut unit, &[batch.id]).await?.pop();
                let batch = batch.ok_or_else(|| Refusal::unknown("batch", number))?;
                let members = of_batch(&mut unit, &batch).await?;
                (Some(batch), members)
            }
            None => (None, named(&mut unit, number).await?),
        };
        let ids: Vec<i64> = submissions.iter().map(|one| one.id).collect();
        let locked = store::submissions::lock(&mut unit, &ids).await?;
        let failures = store::failures::open_of(&mut unit, &ids).await?;
        let failed_batch = batch.as_ref().is_some_and(|batch| batch.status == BatchStatus::Failed.name());
        if failures.is_empty() || batch.is_some() != failed_batch {
            unit.rollback().await?;
            let refusal = Refusal::new(
                "not-failed",
                format!("{number} has not failed"),
                "rollcall batch show and rollcall enroll show tell how they stand",
            );
            return Err(self.refused(account, act, None, refusal).await?);
        }
        let org = match &batch {
            Some(batch) => Some(batch.org_code.clone()),
            None => locked.first().map(|one| one.org_code.clone()),
        };
        if let Some(refusal) = paid_meanwhile(&mut unit, &failures).await? {
            unit.rollback().await?;
            return Err(self.refused(account, act, org.as_deref(), refusal).await?);
        }
        let (undone, outbox) = self.revive(&mut unit, account, batch, locked, &failures, &reason, moment).await?;
        let bells = outbox.write(&mut unit).await?;
        let record = self.act(account, act.name(), org.as_deref(), Some(format!("failure:{number}")), "done");
        store::audit::record(&mut unit, &[record]).await?;
        unit.commit().await?;
        Ok((undone, bells))
    }

    #[expect(clippy::too_many_arguments, reason = "one undoing with all that it touches")]
    async fn revive(
        &self,
        unit: &mut Unit,
        account: &str,
        batch: Option<Batch>,
        submissions: Vec<Submission>,
        failures: &[Failure],
        reason: &str,
        moment: Moment,
    ) -> Result<(Undone, Outbox), DeskError> {
        let year = submissions.first().map_or(0, |one| one.year);
        let season = Season::load(unit, year).await?;
        let before: BTreeMap<i64, &Failure> = failures.iter().map(|one| (one.submission_id, one)).collect();
        let drafts: Vec<i64> = failures.iter().filter_map(|one| one.instant_id).collect();
        let cancelled = store::instants::cancel(unit, &drafts, "参保失败已撤销", moment.business).await?;
        let changes: Vec<StatusChange> = submissions
            .iter()
            .filter_map(|one| {
                let status = SubmissionStatus::parse(&before.get(&one.id)?.status_before)?;
                Some(StatusChange {
                    id: one.id,
                    status: status.name(),
                    batch_id: one.batch_id,
                    reason_code: None,
                    reason: None,
                })
            })
            .collect();
        store::submissions::change_status(unit, &changes, moment.business).await?;
        let ids: Vec<i64> = failures.iter().map(|one| one.id).collect();
        store::failures::undo(unit, &ids, account, reason, moment.business).await?;
        let mut outbox = Outbox::new();
        self.follow(&mut outbox, &FailureUndone { failure_ids: ids }, moment);
        let mut left_out = BTreeSet::new();
        // Whoever is covered by something else by now is left out: by an instant enrolment, of whichever union and kind, or
        // by the list of another union, which kept nobody's place free for what had failed.
        let own: Vec<i64> = submissions.iter().map(|one| one.id).collect();
        let revived = store::submissions::lock(unit, &own).await?;
        for (one, people) in people_covered(unit, year, &revived, Beside::Everything).await? {
            self.make_anew(unit, &mut outbox, &season, &one, &people, "undo", moment).await?;
            left_out.extend(people.into_iter().map(member_no));
        }
        let extra = season.file.rules().voucher_extra_days;
        let (kind, path) = match &batch {
            Some(batch) => (WindowKind::BureauPayment, batch.org_path.clone()),
            None => {
                (WindowKind::FinalSubmission, submissions.first().map_or_else(String::new, |one| one.org_path.clone()))
            }
        };
        let until = season.window(kind, &path).map(|window| deadline(window.closes_at, Some(moment.business), extra));
        let reason = failures.first().and_then(|failure| FailureReason::parse(&failure.reason_code));
        let unpaid = reason.is_some_and(FailureReason::is_about_share);
        let needs = match (&batch, revived.first()) {
            (None, Some(one)) if unpaid => Some(format!(
                "the unit's share has to be on record before: rollcall payment unit-paid --year {year} --org {} --amount {} --date …",
                one.org_code,
                Yuan(one.fen.unit)
            )),
            (None, Some(one)) => what_it_needs(unit, &season, one, moment).await?,
            _ => None,
        };
        let batch_no = match batch {
            Some(batch) => Some(self.revive_batch(unit, &mut outbox, &season, batch, until, moment).await?),
            None => None,
        };
        let undone = Undone {
            batch_no,
            units: submissions.into_iter().map(|one| one.org_code).collect(),
            cancelled_drafts: cancelled.len(),
            left_out: left_out.into_iter().collect(),
            until: until.map(super::windows::shanghai),
            needs,
        };
        Ok((undone, outbox))
    }

    /// The batch waits for its voucher again, with its figures as its submissions now have them.
    async fn revive_batch(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        mut batch: Batch,
        until: Option<chrono::DateTime<chrono::Utc>>,
        moment: Moment,
    ) -> Result<String, DeskError> {
        let members = of_batch(unit, &batch).await?;
        let money = Money::sum(members.iter().map(money_of_row)).map_err(|error| no_sum(&error))?;
        let balance = store::credits::usable(unit, batch.org_id, batch.year).await?;
        let due = Due::of(money, balance.min(batch.credit_fen)).map_err(|error| no_sum(&error))?;
        if due.credit_fen > 0 {
            store::credits::reserve(unit, batch.org_id, batch.id, due.credit_fen, moment.business).await?;
        }
        // With fewer people the credit may cover all of it: then there is nothing to pay, and nothing to wait for.
        let status = if due.due_fen == 0 { BatchStatus::Confirmed } else { BatchStatus::VoucherAwaited };
        status.name().clone_into(&mut batch.status);
        batch.people = members.iter().map(|one| one.people).sum();
        batch.fen = fen_of(money);
        (batch.credit_fen, batch.due_fen) = (due.credit_fen, due.due_fen);
        (batch.voucher_until, batch.failed_at, batch.reason) = (until, None, None);
        store::batches::update(unit, &batch, moment.business).await?;
        self.take_effect(unit, outbox, season, Some(&[batch.id]), moment).await?;
        Ok(batch.batch_no)
    }
}

/// Money that came for the instant enrolments which an undoing cancels would belong to nothing: those with a voucher are
/// settled first.
async fn paid_meanwhile(unit: &mut Unit, failures: &[Failure]) -> Result<Option<Refusal>, DeskError> {
    let drafts: Vec<i64> = failures.iter().filter_map(|one| one.instant_id).collect();
    let locked = store::instants::lock(unit, &drafts).await?;
    let status = |one: &Instant| InstantStatus::parse(&one.status);
    let would_end = |one: &&Instant| !matches!(status(one), Some(InstantStatus::Approved | InstantStatus::Cancelled));
    let paid: Vec<String> =
        locked.iter().filter(would_end).filter(|one| one.voucher_at.is_some()).map(|one| one.id.to_string()).collect();
    let Some(first) = paid.first() else { return Ok(None) };
    let message =
        format!("vouchers have come for instant enrolments that an undoing would cancel: {}", paid.join(", "));
    let hint = format!(
        "let their bureau approve them first, their people are left out then: rollcall instant approve {first}; or the centre rejects \
         the voucher, or takes its confirmation back: rollcall payment reject {first} --instant"
    );
    Ok(Some(Refusal::new("instant-paid", message, hint)))
}

/// A submission that comes back as it was before its bureau could take it along: returned, or not reviewed. The windows in which
/// it goes on have closed as a rule, and nobody would know.
async fn what_it_needs(
    unit: &mut Unit,
    season: &Season,
    one: &Submission,
    moment: Moment,
) -> Result<Option<String>, DeskError> {
    let bureau = store::organizations::get_many(unit, &[one.bureau()]).await?.pop();
    let Some(bureau) = bureau else { return Ok(None) };
    let is_open = |kind, path: &str| season.window(kind, path).is_some_and(|window| window.is_open(moment.business));
    let submission = !is_open(WindowKind::Submission, &one.org_path);
    let review = !may_review(Level::Bureau, moment.business, |kind| season.window(kind, &bureau.path));
    let year = season.year();
    let extend = |window: WindowKind, org: &str| {
        format!("rollcall window extend {} --year {year} --org {org} --until … --reason …", window.name())
    };
    Ok(match SubmissionStatus::parse(&one.status) {
        Some(SubmissionStatus::Returned) if submission => Some(format!(
            "the unit has to submit again, and its window has closed: {}",
            extend(WindowKind::Submission, &one.org_code)
        )),
        Some(SubmissionStatus::Submitted) if review => Some(format!(
            "the bureau has to approve it, and its window has closed: {}",
            extend(WindowKind::ReviewBureau, &bureau.code)
        )),
        _ => None,
    })
}

/// The submissions of a batch.
pub(crate) async fn of_batch(unit: &mut Unit, batch: &Batch) -> Result<Vec<Submission>, DeskError> {
    let wanted = SubmissionSelection {
        year: batch.year,
        below: "/".to_owned(),
        batch_id: Some(batch.id),
        most: i64::MAX,
        ..SubmissionSelection::default()
    };
    Ok(store::submissions::list(unit, &wanted).await?)
}

/// The submission of this number; one of a failed batch comes back with its batch alone.
async fn named(unit: &mut Unit, number: &str) -> Result<Vec<Submission>, DeskError> {
    let unknown = || Refusal::unknown("batch", number);
    let parsed = SubmissionNo::parse(number).ok_or_else(unknown)?;
    let org = store::organizations::find(unit, parsed.org.as_str()).await?.ok_or_else(unknown)?;
    let found = store::submissions::find(unit, parsed.year, org.id).await?.ok_or_else(unknown)?;
    if !(1..=found.version).contains(&i64::from(parsed.version)) {
        return Err(unknown().into());
    }
    if found.batch_id.is_some() {
        return Err(Refusal::new(
            "in-a-batch",
            format!("{number} failed with its batch"),
            "undo the failure of the batch: rollcall batch list shows its number",
        )
        .into());
    }
    Ok(vec![found])
}
