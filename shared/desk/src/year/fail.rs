//! Failing and taking effect: what a closing found wanting fails and becomes a draft of an instant enrolment, in one step;
//! what is paid takes effect once cover has begun.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    calendar,
    enrollment::{
        batch::{BatchEvent, BatchStatus},
        closing::{Effect, Outcome, Subject},
        instant::{Candidate, Draft, DraftError, InstantKind, InstantStatus},
        reason::FailureReason,
        submission::{SubmissionEvent, SubmissionStatus},
    },
    year::window::WindowKind,
};
use messages::{BatchEffective, EnrollmentFailed};
use store::{
    StoreError, Unit,
    batches::Batch,
    failures::NewFailure,
    instants::{Instant, InstantPerson},
    submissions::{Enrolled, StatusChange, Submission, SubmissionSelection},
};
use uuid::Uuid;

use super::{Season, closing::judge, premiums::Splits, preview::no_sum, submit::fen_of};
use crate::{Desk, DeskError, Moment, Outbox};

/// Who acts where no person does.
pub const SYSTEM: &str = "scheduler";

/// A submission that has just failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The failure's row.
    pub failure_id: i64,
    /// The submission, as it was before.
    pub submission: Submission,
    /// Why.
    pub reason: FailureReason,
    /// The draft that it became; none where nobody is left to cover, or no day of the year.
    pub instant: Option<Instant>,
    /// The people of the draft.
    pub people: Vec<InstantPerson>,
}

impl Desk {
    /// Carries out what a closing means: batches and submissions fail, credit is given back, drafts are made. What has
    /// failed, or moved on, meanwhile is left alone, so that doing it twice changes nothing.
    pub async fn fail(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        kind: WindowKind,
        outcomes: &[Outcome<i64, i64>],
        moment: Moment,
    ) -> Result<Vec<Failed>, DeskError> {
        let failing = outcomes.iter().filter(|one| matches!(one.effect, Effect::Fails(_)));
        let (mut batches, mut submissions) = (Vec::new(), Vec::new());
        for outcome in failing {
            match outcome.subject {
                Subject::Batch(id) => batches.push(id),
                Subject::Submission(id) => submissions.push(id),
            }
        }
        let batches = store::batches::lock(unit, &batches).await?;
        let locked = store::submissions::lock(unit, &submissions).await?;
        let (batches, submissions) = still_fails(unit, season, kind, &batches, &locked, moment.business).await?;
        let failed_batches = self.fail_batches(unit, &batches, moment).await?;
        let may_fail = |one: &Submission| {
            let status = SubmissionStatus::parse(&one.status);
            // One that went into a batch since the closing looked, or whose batch was paid since, has not failed.
            SubmissionStatus::after(status, SubmissionEvent::Fail, None).is_ok()
                && one.batch_id.is_none_or(|batch| failed_batches.contains(&batch))
        };
        let failing: Vec<(Submission, FailureReason)> = locked
            .into_iter()
            .filter(may_fail)
            .filter_map(|one| submissions.get(&one.id).map(|reason| (one, *reason)))
            .collect();
        let drafts = self.drafts(unit, season, &failing, moment).await?;
        self.write_failures(unit, outbox, season, kind, failing, drafts, moment).await
    }

    async fn fail_batches(
        &self,
        unit: &mut Unit,
        failing: &BTreeMap<i64, FailureReason>,
        moment: Moment,
    ) -> Result<Vec<i64>, DeskError> {
        let ids: Vec<i64> = failing.keys().copied().collect();
        let mut failed = Vec::new();
        for mut batch in store::batches::lock(unit, &ids).await? {
            let status = BatchStatus::parse(&batch.status);
            let (Ok(_), Some(reason)) = (BatchStatus::after(status, BatchEvent::Fail, None), failing.get(&batch.id))
            else {
                continue;
            };
            BatchStatus::Failed.name().clone_into(&mut batch.status);
            batch.reason = Some(reason.name_zh().to_owned());
            batch.failed_at = Some(moment.business);
            store::batches::update(unit, &batch, moment.business).await?;
            let about = Some(format!("batch:{}", batch.batch_no));
            let act = self.act(SYSTEM, "fail-batch", Some(&batch.org_code), about, format!("done: {}", reason.name()));
            store::audit::record(unit, &[act]).await?;
            failed.push(batch.id);
        }
        store::credits::release(unit, &failed, moment.business).await?;
        Ok(failed)
    }

    /// The drafts of failing submissions, for the case that they are handled today.
    async fn drafts(
        &self,
        unit: &mut Unit,
        season: &Season,
        failing: &[(Submission, FailureReason)],
        moment: Moment,
    ) -> Result<Vec<Option<(Instant, Vec<InstantPerson>)>>, DeskError> {
        let versions: Vec<Uuid> = failing.iter().map(|(one, _)| one.version_id).collect();
        let mut people: HashMap<Uuid, Vec<Enrolled>> = HashMap::new();
        for (version, person) in store::submissions::people_of(unit, &versions).await? {
            people.entry(version).or_default().push(person);
        }
        let persons: Vec<i64> = people.values().flatten().map(|one| one.person_id).collect();
        let covered = covered_until(unit, season.year(), &persons).await?;
        let today = calendar::day_of(moment.business);
        let mut splits = Splits::default();
        let mut drafts = Vec::with_capacity(failing.len());
        for (submission, _) in failing {
            let Some(plan) = season.file.plan(&submission.plan) else {
                drafts.push(None);
                continue;
            };
            let split = splits.of(unit, season.year(), submission.bureau_id, plan, moment.business).await?;
            let own = people.remove(&submission.version_id).unwrap_or_default();
            let candidates =
                own.into_iter().map(|one| Candidate { covered_until: covered.get(&one.person_id).copied(), id: one });
            match Draft::of(season.year(), today, candidates, plan, split) {
                Ok(draft) => drafts.push(Some(self.instant_of(submission, draft, moment))),
                Err(DraftError::Nobody | DraftError::YearOver(_)) => drafts.push(None),
                Err(DraftError::Money(error)) => return Err(no_sum(&error).into()),
            }
        }
        Ok(drafts)
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn instant_of(&self, of: &Submission, draft: Draft<Enrolled>, moment: Moment) -> (Instant, Vec<InstantPerson>) {
        let instant = Instant {
            id: 0,
            year: of.year,
            org_id: of.org_id,
            org_code: of.org_code.clone(),
            org_name: of.org_name.clone(),
            org_path: of.org_path.clone(),
            org_email: of.org_email.clone(),
            bureau_id: of.bureau_id,
            kind: InstantKind::Failed.name().to_owned(),
            status: InstantStatus::Draft.name().to_owned(),
            submission_id: Some(of.id),
            plan: of.plan.clone(),
            people: i64::try_from(draft.people.len()).unwrap_or(i64::MAX),
            fen: fen_of(draft.money),
            cover_from: draft.cover.first,
            cover_to: draft.cover.last,
            reason: None,
            created_at: moment.business,
            submitted_by: None,
            submitted_at: None,
            decided_by: None,
            decided_at: None,
            voucher_until: None,
            voucher_at: None,
            paid_at: None,
        };
        (instant, draft.people.into_iter().map(|(one, gap_days)| instant_person(0, one, gap_days)).collect())
    }

    #[expect(clippy::too_many_arguments, reason = "one closing with all that it writes")]
    async fn write_failures(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        kind: WindowKind,
        failing: Vec<(Submission, FailureReason)>,
        drafts: Vec<Option<(Instant, Vec<InstantPerson>)>>,
        moment: Moment,
    ) -> Result<Vec<Failed>, DeskError> {
        let year = season.year();
        let new: Vec<Instant> = drafts.iter().flatten().map(|(instant, _)| instant.clone()).collect();
        let made: HashMap<i64, i64> =
            store::instants::add(unit, &new).await?.into_iter().map(|(id, org_id)| (org_id, id)).collect();
        let mut failed = Vec::new();
        let mut rows = Vec::new();
        let mut changes = Vec::new();
        let mut acts = Vec::new();
        for ((submission, reason), draft) in failing.into_iter().zip(drafts) {
            let id = made.get(&submission.org_id).copied();
            let (instant, people) = draft.unzip();
            let instant = instant.zip(id).map(|(instant, id)| Instant { id, ..instant });
            let of_instant = |one: InstantPerson| InstantPerson { instant_id: id.unwrap_or_default(), ..one };
            let people: Vec<InstantPerson> = people.unwrap_or_default().into_iter().map(of_instant).collect();
            rows.push(NewFailure {
                submission_id: submission.id,
                batch_id: submission.batch_id,
                org_id: submission.org_id,
                reason_code: reason.name(),
                status_before: submission.status.clone(),
                instant_id: instant.as_ref().map(|instant| instant.id),
                due_at: season.window(kind, &submission.org_path).map_or(moment.business, |window| window.closes_at),
            });
            changes.push(StatusChange {
                id: submission.id,
                status: SubmissionStatus::Failed.name(),
                batch_id: submission.batch_id,
                reason_code: Some(reason.name().to_owned()),
                reason: Some(reason.name_zh().to_owned()),
            });
            let about = Some(format!("submission:{year}:{}", submission.org_code));
            let outcome = format!("done: {}", reason.name());
            acts.push(self.act(SYSTEM, "fail-submission", Some(&submission.org_code), about, outcome));
            self.follow(outbox, &EnrollmentFailed { submission_id: submission.id }, moment);
            failed.push(Failed { failure_id: 0, submission, reason, instant, people });
        }
        let people: Vec<InstantPerson> = failed.iter().flat_map(|one| one.people.clone()).collect();
        store::instants::add_people(unit, &people).await?;
        let added: HashMap<i64, i64> = store::failures::add(unit, year, &rows, moment.business)
            .await?
            .into_iter()
            .map(|(id, submission)| (submission, id))
            .collect();
        store::submissions::change_status(unit, &changes, moment.business).await?;
        store::audit::record(unit, &acts).await?;
        for one in &mut failed {
            one.failure_id = added.get(&one.submission.id).copied().unwrap_or_default();
        }
        Ok(failed)
    }

    /// Lets confirmed batches take effect once cover has begun: these, or all of the year. The number of submissions.
    pub async fn take_effect(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        batches: Option<&[i64]>,
        moment: Moment,
    ) -> Result<usize, DeskError> {
        let cover = season.window(WindowKind::Cover, "/");
        if cover.is_none_or(|cover| moment.business < cover.opens_at) {
            return Ok(0);
        }
        let confirmed = store::batches::BatchSelection {
            year: season.year(),
            below: "/".to_owned(),
            status: Some(BatchStatus::Confirmed.name().to_owned()),
        };
        let ids: Vec<i64> = store::batches::list(unit, &confirmed)
            .await?
            .into_iter()
            .map(|batch| batch.id)
            .filter(|id| batches.is_none_or(|named| named.contains(id)))
            .collect();
        let mut taken = 0;
        for batch_id in ids {
            let wanted = SubmissionSelection {
                year: season.year(),
                below: "/".to_owned(),
                status: Some(SubmissionStatus::Finalized.name().to_owned()),
                batch_id: Some(batch_id),
                most: i64::MAX,
                ..SubmissionSelection::default()
            };
            let found: Vec<i64> = store::submissions::list(unit, &wanted).await?.iter().map(|one| one.id).collect();
            if found.is_empty() {
                continue;
            }
            let effective = SubmissionStatus::Effective.name();
            let change =
                |id| StatusChange { id, status: effective, batch_id: Some(batch_id), reason_code: None, reason: None };
            let changes: Vec<StatusChange> =
                store::submissions::lock(unit, &found).await?.iter().map(|one| change(one.id)).collect();
            store::submissions::change_status(unit, &changes, moment.business).await?;
            self.follow(outbox, &BatchEffective { batch_id }, moment);
            taken += changes.len();
        }
        Ok(taken)
    }
}

type Failing = BTreeMap<i64, FailureReason>;

/// What of these locked batches and submissions fails as it stands now. Between the look that found them and the locks,
/// another may have failed them already and the centre have undone it: then they have days that are not over.
async fn still_fails(
    unit: &mut Unit,
    season: &Season,
    kind: WindowKind,
    locked_batches: &[Batch],
    locked: &[Submission],
    now: DateTime<Utc>,
) -> Result<(Failing, Failing), DeskError> {
    let (mut batches, mut submissions) = (Failing::new(), Failing::new());
    for outcome in judge(unit, season, kind, now, locked, locked_batches).await? {
        match (outcome.subject, outcome.effect) {
            (Subject::Batch(id), Effect::Fails(reason)) => _ = batches.insert(id, reason),
            (Subject::Submission(id), Effect::Fails(reason)) => _ = submissions.insert(id, reason),
            (_, Effect::Threatened(_)) => {}
        }
    }
    Ok((batches, submissions))
}

/// A person of a list as a person of an instant enrolment.
pub(crate) fn instant_person(instant_id: i64, one: Enrolled, gap_days: i64) -> InstantPerson {
    let Enrolled { person_id, name, doc_kind, id_masked, card_masked } = one;
    InstantPerson { instant_id, person_id, name, doc_kind, id_masked, card_masked, gap_days }
}

/// The last day on which each of these persons was covered in an earlier year.
pub(crate) async fn covered_until(
    unit: &mut Unit,
    year: i32,
    persons: &[i64],
) -> Result<HashMap<i64, NaiveDate>, StoreError> {
    let distinct: HashSet<i64> = persons.iter().copied().collect();
    let mut sorted: Vec<i64> = distinct.into_iter().collect();
    sorted.sort_unstable();
    let found = store::instants::covered_until(unit, year, &sorted).await?;
    let day = |(person, year): (i64, i32)| Some((person, NaiveDate::from_ymd_opt(year, 12, 31)?));
    Ok(found.into_iter().filter_map(day).collect())
}
