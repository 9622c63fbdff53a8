//! A bureau's batch: what it submits to the centre, once, with the person who answers for it.

use chrono::{DateTime, FixedOffset};
use domain::{
    calendar,
    enrollment::{
        batch::{BatchEvent, BatchNo, BatchStatus, Contact},
        closing::deadline,
        premium::Due,
        submission::SubmissionStatus,
    },
    role::Act,
    year::window::WindowKind,
};
use messages::BatchSubmitted;
use serde::Serialize;
use store::{
    Session, StoreError, Unit,
    batches::{Batch, BatchSelection},
    cover::Making,
    organizations::Organization,
    submissions::{StatusChange, Submission},
};

use super::{
    GoneView, LeftBehind, MoneyView, Season,
    agreed::agreed,
    gather::{Gathered, revived, sum},
    gone::gone_on,
    preview::no_sum,
    submit::fen_of,
    windows::shanghai,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

/// Code of the refusal where a bureau has submitted its list.
const SUBMITTED: &str = "already-submitted";
/// So often a list is tried where another unit of work is in its way.
const ATTEMPTS: u32 = 3;

/// A batch as `batch show` prints it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct BatchView {
    /// The number; none in a preview.
    pub batch_no: Option<String>,
    /// The bureau's number.
    pub org: String,
    /// The coverage year.
    pub year: i32,
    /// The status; `preview` before it is submitted.
    pub status: String,
    /// People in it.
    pub people: i64,
    /// Units in it.
    pub units: i64,
    /// Money by payer.
    pub money: MoneyView,
    /// Credit of earlier years, deducted from the bureau's share.
    pub credit_fen: i64,
    /// What the bureau transfers.
    pub due_fen: i64,
    /// When it was submitted.
    pub submitted_at: Option<DateTime<FixedOffset>>,
    /// When the last voucher came.
    pub voucher_at: Option<DateTime<FixedOffset>>,
    /// When the centre replied.
    pub centre_replied_at: Option<DateTime<FixedOffset>>,
    /// Why the voucher was rejected, or the batch failed.
    pub reason: Option<String>,
    /// Units whose submissions stay behind, and why.
    pub left_behind: Vec<LeftBehind>,
    /// Those on its lists who are known to have died or retired before the year; of a preview and a submission alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Vec<GoneView>>,
}

/// A batch that was just submitted.
#[derive(Debug)]
pub struct BatchSubmission {
    /// The batch.
    pub view: BatchView,
    /// To be rung now.
    pub bells: Vec<Bell>,
}

impl BatchView {
    /// A batch on record.
    #[must_use]
    pub fn of(batch: Batch, left_behind: Vec<LeftBehind>) -> Self {
        Self {
            batch_no: Some(batch.batch_no),
            org: batch.org_code,
            year: batch.year,
            status: batch.status,
            people: batch.people,
            units: batch.units,
            money: batch.fen.into(),
            credit_fen: batch.credit_fen,
            due_fen: batch.due_fen,
            submitted_at: Some(shanghai(batch.submitted_at)),
            voucher_at: batch.voucher_at.map(shanghai),
            centre_replied_at: batch.centre_replied_at.map(shanghai),
            reason: batch.reason,
            left_behind,
            gone: None,
        }
    }
}

impl Desk {
    /// What a bureau's batch would be now: made as a submission makes it, and thrown away.
    pub async fn batch_preview(&self, account: &str, year: i32, org: &str) -> Result<BatchView, DeskError> {
        let bureau = self.bureau(account, Act::SeeEnrollments, org).await?;
        let mut unit = self.store.begin().await?;
        store::cover::lock(&mut unit, year, Making::List).await?;
        store::organizations::lock(&mut unit, &[bureau.id]).await?;
        let moment = self.moment();
        let season = Season::load(&mut unit, year).await?;
        // Before its window a bureau looks at its list as well; once it has submitted one, only at what came back to life.
        let revived = match self.supplement(&mut unit, &season, &bureau, moment).await {
            Ok(supplement) => (supplement > 0).then_some(moment.business),
            Err(DeskError::Refused(refusal)) if refusal.code != SUBMITTED => None,
            Err(error) => return Err(error),
        };
        let gathered = self.settled_list(&mut unit, &mut Outbox::new(), &season, &bureau, revived, moment).await?;
        let credit = store::credits::usable(&mut unit, bureau.id, year).await?;
        let gone = gone_on(&mut unit, &season, &gathered.going).await?.into_values().flatten().collect();
        unit.rollback().await?;
        let due = Due::of(sum(&gathered.going)?, credit).map_err(|error| no_sum(&error))?;
        Ok(BatchView {
            batch_no: None,
            org: bureau.code,
            year,
            status: "preview".to_owned(),
            people: gathered.going.iter().map(|one| one.people).sum(),
            units: gathered.going.len() as i64,
            money: due.money.into(),
            credit_fen: due.credit_fen,
            due_fen: due.due_fen,
            submitted_at: None,
            voucher_at: None,
            centre_replied_at: None,
            reason: None,
            left_behind: gathered.left_behind,
            gone: Some(gone),
        })
    }

    /// The person who answers for a bureau's list, read from what was given.
    pub async fn batch_contact(
        &self,
        account: &str,
        org: &str,
        [name, mobile, email]: [&str; 3],
    ) -> Result<Contact, DeskError> {
        self.bureau(account, Act::SubmitBatch, org).await?;
        Ok(Contact::read(name, mobile, email).map_err(|faults| {
            let told: Vec<String> =
                faults.iter().map(|fault| format!("{}: {}", fault.name(), fault.name_zh())).collect();
            Refusal::new("contact", told.join("; "), "--contact NAME --mobile 13… --email NAME@HOST")
        })?)
    }

    /// Submits a bureau's list to the centre: once, and it can't be changed after. What was received before it stands in
    /// the same database already, written in the transactions that accepted it, so there is nothing to wait for (decision
    /// 16).
    pub async fn submit_batch(
        &self,
        account: &str,
        year: i32,
        org: &str,
        contact: &Contact,
    ) -> Result<BatchSubmission, DeskError> {
        let bureau = self.bureau(account, Act::SubmitBatch, org).await?;
        let mut received = None;
        let mut attempt = 1;
        loop {
            match self.try_batch(account, year, &bureau, contact, &mut received).await {
                Err(DeskError::Store(StoreError::Conflict(why))) if attempt < ATTEMPTS => {
                    tracing::warn!(why, attempt, "a bureau's list met with another unit of work, and is tried again");
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// One attempt at it. What was received at the first counts for all: a list of the last minute is not late because
    /// another unit of work was in its way.
    async fn try_batch(
        &self,
        account: &str,
        year: i32,
        bureau: &Organization,
        contact: &Contact,
        received: &mut Option<Moment>,
    ) -> Result<BatchSubmission, DeskError> {
        let mut unit = self.store.begin().await?;
        store::cover::lock(&mut unit, year, Making::List).await?;
        store::organizations::lock(&mut unit, &[bureau.id]).await?;
        let moment = *received.get_or_insert_with(|| self.moment());
        match self.write_batch(&mut unit, account, year, bureau, contact, moment).await {
            Ok((view, outbox)) => {
                let bells = outbox.write(&mut unit).await?;
                runtime::fail_point("before-batch");
                unit.commit().await?;
                runtime::fail_point("after-batch");
                Ok(BatchSubmission { view, bells })
            }
            Err(DeskError::Refused(refusal)) => {
                unit.rollback().await?;
                Err(self.refused(account, Act::SubmitBatch, Some(&bureau.code), refusal).await?)
            }
            Err(error) => Err(error),
        }
    }

    async fn write_batch(
        &self,
        unit: &mut Unit,
        account: &str,
        year: i32,
        bureau: &Organization,
        contact: &Contact,
        moment: Moment,
    ) -> Result<(BatchView, Outbox), DeskError> {
        let season = Season::load(unit, year).await?;
        let supplement = self.supplement(unit, &season, bureau, moment).await?;
        let revived = (supplement > 0).then_some(moment.business);
        let mut outbox = Outbox::new();
        let Gathered { going, left_behind } =
            self.settled_list(unit, &mut outbox, &season, bureau, revived, moment).await?;
        if going.is_empty() {
            return Err(Refusal::new(
                "nothing-to-submit",
                format!("no approved and paid submission is below {}", bureau.code),
                "rollcall review list shows how they stand, rollcall review approve moves them to the submission list",
            )
            .into());
        }
        let gone = gone_on(unit, &season, &going).await?.into_values().flatten().collect();
        let (people, money) = agreed(unit, &season, &going).await?;
        let due =
            Due::of(money, store::credits::usable(unit, bureau.id, year).await?).map_err(|error| no_sum(&error))?;
        let batch =
            self.new_batch(unit, account, &season, bureau, contact, supplement, &going, people, due, moment).await?;
        let id = store::batches::add(unit, &batch).await?;
        if due.credit_fen > 0 {
            store::credits::reserve(unit, bureau.id, id, due.credit_fen, moment.business).await?;
        }
        let finalized = SubmissionStatus::Finalized.name();
        let change = |one: &Submission| StatusChange {
            id: one.id,
            status: finalized,
            batch_id: Some(id),
            reason_code: None,
            reason: None,
        };
        let changes: Vec<StatusChange> = going.iter().map(change).collect();
        store::submissions::change_status(unit, &changes, moment.business).await?;
        self.follow(&mut outbox, &BatchSubmitted { batch_id: id }, moment);
        self.take_effect(unit, &mut outbox, &season, Some(&[id]), moment).await?;
        let about = Some(format!("batch:{}", batch.batch_no));
        let outcome = format!("done: units {}, people {}", batch.units, batch.people);
        store::audit::record(unit, &[self.act(account, Act::SubmitBatch.name(), Some(&bureau.code), about, outcome)])
            .await?;
        Ok((BatchView { gone: Some(gone), ..BatchView::of(batch, left_behind) }, outbox))
    }

    /// Which of a bureau's batches this is: 0 for the list that it submits once, within its window; later ones only for
    /// what came back to life, within the days that the undoing gave.
    async fn supplement(
        &self,
        unit: &mut Unit,
        season: &Season,
        bureau: &Organization,
        moment: Moment,
    ) -> Result<i64, DeskError> {
        let wanted = BatchSelection { year: season.year(), below: bureau.path.clone(), status: None };
        let before = store::batches::list(unit, &wanted).await?;
        let hint = "what is in no batch fails and becomes an instant-enrolment draft: rollcall instant list";
        let Some(last) = before.iter().map(|batch| batch.supplement).max() else {
            return match season.require_open(WindowKind::FinalSubmission, bureau, moment.business, hint) {
                Ok(()) => Ok(0),
                Err(_) if !revived(unit, season, bureau, moment.business).await?.is_empty() => Ok(1),
                Err(refusal) => Err(refusal.into()),
            };
        };
        if revived(unit, season, bureau, moment.business).await?.is_empty() {
            let number = before.first().map(|batch| batch.batch_no.clone()).unwrap_or_default();
            return Err(Refusal::new(
                SUBMITTED,
                format!(
                    "{} has submitted its list for {} as {number}; it can't be changed",
                    bureau.code,
                    season.year()
                ),
                "rollcall batch show tells how it stands",
            )
            .into());
        }
        Ok(last + 1)
    }

    #[expect(clippy::too_many_arguments, reason = "one batch with all that makes it")]
    async fn new_batch(
        &self,
        unit: &mut Unit,
        account: &str,
        season: &Season,
        bureau: &Organization,
        contact: &Contact,
        supplement: i64,
        going: &[Submission],
        people: u64,
        due: Due,
        moment: Moment,
    ) -> Result<Batch, DeskError> {
        let day = calendar::day_of(moment.business);
        let counter = store::submissions::next_number(unit, &format!("CB{}", day.format("%Y%m%d"))).await?;
        let event = if due.due_fen == 0 { BatchEvent::SubmitPaid } else { BatchEvent::Submit };
        let row = BatchStatus::after(None, event, None)
            .map_err(|refusal| Refusal::new(refusal.code(), refusal.to_string(), ""))?;
        // A list that comes after the closing of payment (a supplement; one of a bureau whose window was extended) has days of
        // its own.
        let extra = season.file.rules().voucher_extra_days;
        let voucher_until = season
            .window(WindowKind::BureauPayment, &bureau.path)
            .filter(|window| supplement > 0 || window.closes_at <= moment.business)
            .map(|window| deadline(window.closes_at, Some(moment.business), extra));
        Ok(Batch {
            id: 0,
            year: season.year(),
            org_id: bureau.id,
            org_code: bureau.code.clone(),
            org_name: bureau.name.clone(),
            org_path: bureau.path.clone(),
            org_email: bureau.email.clone(),
            supplement,
            batch_no: BatchNo { day, counter: u32::try_from(counter).unwrap_or(u32::MAX) }.to_string(),
            status: row.to.unwrap_or(BatchStatus::VoucherAwaited).name().to_owned(),
            units: going.len() as i64,
            people: i64::try_from(people).unwrap_or(i64::MAX),
            fen: fen_of(due.money),
            credit_fen: due.credit_fen,
            due_fen: due.due_fen,
            contact: contact.name.as_str().to_owned(),
            mobile: unit.vault().seal(contact.mobile.as_str()).map_err(store::StoreError::from)?,
            email: contact.email.clone(),
            submitted_by: account.to_owned(),
            submitted_at: moment.business,
            voucher_until,
            voucher_at: None,
            centre_replied_at: None,
            reason: None,
            failed_at: None,
        })
    }

    /// The batches of bureaus within reach.
    pub async fn batches(&self, account: &str, year: i32, org: Option<&str>) -> Result<Vec<BatchView>, DeskError> {
        let below = self.organization_or_root(account, Act::SeeEnrollments, org).await?.path;
        let mut session = self.store.view().await?;
        let found = store::batches::list(&mut session, &BatchSelection { year, below, status: None }).await?;
        Ok(found.into_iter().map(|batch| BatchView::of(batch, Vec::new())).collect())
    }

    /// A batch by its number, or a bureau's own of a year.
    pub async fn batch(&self, account: &str, act: Act, number: &str) -> Result<Batch, DeskError> {
        self.attempts(account, act, None);
        let found = { store::batches::find(&mut self.store.view().await?, number).await? };
        self.seen(account, act, found, || Refusal::unknown("batch", number)).await
    }
}
