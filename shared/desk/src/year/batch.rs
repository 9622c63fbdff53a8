//! A bureau's batch: what it submits to the centre, once, with the person who answers for it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset};
use domain::{
    calendar,
    enrollment::{
        batch::{BatchEvent, BatchNo, BatchStatus, Contact, Sums},
        closing::deadline,
        premium::Due,
        submission::SubmissionStatus,
    },
    money::Money,
    role::Act,
    year::window::WindowKind,
};
use messages::BatchSubmitted;
use serde::Serialize;
use store::{
    Session, Unit,
    batches::{Batch, BatchSelection},
    cover::Making,
    organizations::Organization,
    submissions::{StatusChange, Submission},
};

use super::{
    LeftBehind, MoneyView, Season,
    gather::{Gathered, money_of_row, revived, sum},
    premiums::Splits,
    preview::no_sum,
    submit::fen_of,
    windows::shanghai,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

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
        let gathered = self.settled_list(&mut unit, &mut Outbox::new(), &season, &bureau, None, moment).await?;
        let credit = store::credits::usable(&mut unit, bureau.id, year).await?;
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
        let act = Act::SubmitBatch;
        let bureau = self.bureau(account, act, org).await?;
        let mut unit = self.store.begin().await?;
        store::cover::lock(&mut unit, year, Making::List).await?;
        store::organizations::lock(&mut unit, &[bureau.id]).await?;
        let moment = self.moment();
        match self.write_batch(&mut unit, account, year, &bureau, contact, moment).await {
            Ok((view, outbox)) => {
                let bells = outbox.write(&mut unit).await?;
                runtime::fail_point("before-batch");
                unit.commit().await?;
                runtime::fail_point("after-batch");
                Ok(BatchSubmission { view, bells })
            }
            Err(DeskError::Refused(refusal)) => {
                unit.rollback().await?;
                Err(self.refused(account, act, Some(&bureau.code), refusal).await?)
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
        let (people, money) = self.agreed(unit, &season, &going).await?;
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
        Ok((BatchView::of(batch, left_behind), outbox))
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
                "already-submitted",
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

    /// People and money of a batch, added up person by person, unit by unit and for the bureau as a whole; where the three
    /// differ the batch stops.
    async fn agreed(&self, unit: &mut Unit, season: &Season, going: &[Submission]) -> Result<(u64, Money), DeskError> {
        let ids: Vec<i64> = going.iter().map(|one| one.id).collect();
        let counted: HashMap<i64, i64> = store::batches::count_people(unit, &ids).await?.into_iter().collect();
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let mut by_person = (0, Money::ZERO);
        let mut by_unit = (0, Money::ZERO);
        let mut by_plan: BTreeMap<&str, u64> = BTreeMap::new();
        let mut splits = Splits::default();
        let add = |sum: &mut (u64, Money), people: u64, money: Money| {
            *sum = (sum.0 + people, sum.1.plus(money).map_err(|error| no_sum(&error))?);
            Ok::<(), Refusal>(())
        };
        for one in going {
            let plan = season.file.plan(&one.plan).ok_or_else(|| Refusal::unknown_plan(&season.file, &one.plan))?;
            let split = splits.of(unit, season.year(), one.bureau_id, plan).await?;
            let people = count(counted.get(&one.id).copied().unwrap_or(0));
            add(&mut by_person, people, plan.money(split, people).map_err(|error| no_sum(&error))?)?;
            add(&mut by_unit, count(one.people), money_of_row(one))?;
            *by_plan.entry(one.plan.as_str()).or_default() += count(one.people);
        }
        let mut of_bureau = (0, Money::ZERO);
        let bureau_id = going.first().map_or(0, |one| one.bureau_id);
        for (code, people) in by_plan {
            let plan = season.file.plan(code).ok_or_else(|| Refusal::unknown_plan(&season.file, code))?;
            let split = splits.of(unit, season.year(), bureau_id, plan).await?;
            add(&mut of_bureau, people, plan.money(split, people).map_err(|error| no_sum(&error))?)?;
        }
        Sums { people: by_person, units: by_unit, bureau: of_bureau }.agreed().map_err(|error| {
            tracing::error!(%error, "the sums of a batch do not agree");
            let hint = "nothing was submitted; an engineer has to look: rollcall enroll recount";
            Refusal::new("sums-differ", error.to_string(), hint).into()
        })
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
        let window = season.window(WindowKind::BureauPayment, &bureau.path);
        let extra = season.file.rules().voucher_extra_days;
        let voucher_until =
            window.map(|window| deadline(window.closes_at, (supplement > 0).then_some(moment.business), extra));
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
            voucher_until: voucher_until.filter(|_| supplement > 0),
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
        let mut session = self.store.view().await?;
        let found = store::batches::find(&mut session, number).await?;
        drop(session);
        let found = found.ok_or_else(|| Refusal::unknown("batch", number))?;
        self.authorize(account, act, Some((&found.org_code, &found.org_path))).await?;
        Ok(found)
    }
}
