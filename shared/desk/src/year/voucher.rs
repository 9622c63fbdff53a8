//! Vouchers: a bureau proves that it has paid, and the centre confirms or rejects it.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use domain::{
    calendar,
    enrollment::{
        batch::{BatchEvent, BatchStatus},
        closing::deadline,
        voucher::{VoucherCheck, VoucherKind},
    },
    money::Yuan,
    role::Act,
    shown,
    year::{file::YearFile, window::WindowKind},
};
use messages::{PaymentConfirmed, PaymentRejected, PaymentUploaded};
use runtime::shanghai_text;
use serde::Serialize;
use store::{
    Unit,
    batches::Batch,
    vouchers::{self, Voucher},
};
use uuid::Uuid;

use super::{BatchView, Season, undo::of_batch, windows::shanghai};
use crate::{Bell, Desk, DeskError, FileOffer, Moment, Outbox, Refusal, kept_file_name};

/// Where the files of vouchers lie in the file store.
pub const VOUCHERS: &str = "vouchers";

/// The voucher that a file of the store belongs to.
#[must_use]
pub fn voucher_of_key(key: &str) -> Option<Uuid> {
    let name = key.strip_prefix(VOUCHERS)?.strip_prefix('/')?.rsplit('/').next()?;
    Uuid::parse_str(name).ok()
}

/// A payment that somebody proves.
#[derive(Debug, Clone)]
pub struct Payment {
    /// What was paid, in fen.
    pub amount_fen: i64,
    /// The day of payment.
    pub paid_on: NaiveDate,
}

/// A voucher that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct VoucherView {
    /// Its id.
    pub id: Uuid,
    /// The batch's number, or that of the instant enrolment.
    pub of: String,
    /// What was paid, in fen.
    pub amount_fen: i64,
    /// What was due, in fen.
    pub due_fen: i64,
    /// How much more than is due; worth a warning.
    pub over_fen: i64,
    /// Media type, by content.
    pub content_type: String,
    /// The day of payment.
    pub paid_on: NaiveDate,
    /// When it was received.
    pub uploaded_at: DateTime<FixedOffset>,
    /// `confirmed`, `rejected`, or `replaced` by a later one; none: not yet.
    pub verdict: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

impl VoucherView {
    /// All vouchers of one thing, the first first: of those that nobody has decided about the last one counts.
    pub(crate) fn all(vouchers: Vec<Voucher>, of: &str, due_fen: i64) -> Vec<Self> {
        let mut views: Vec<Self> = vouchers.into_iter().map(|voucher| Self::of(voucher, of, due_fen)).collect();
        let earlier = views.len().saturating_sub(1);
        for view in views.iter_mut().take(earlier).filter(|view| view.verdict.is_none()) {
            view.verdict = Some("replaced".to_owned());
        }
        views
    }

    pub(crate) fn of(voucher: Voucher, of: &str, due_fen: i64) -> Self {
        Self {
            id: voucher.id,
            of: of.to_owned(),
            amount_fen: voucher.amount_fen,
            due_fen,
            over_fen: (voucher.amount_fen - due_fen).max(0),
            content_type: voucher.content_type,
            paid_on: voucher.paid_on,
            uploaded_at: shanghai(voucher.uploaded_at),
            verdict: voucher.verdict,
            reason: voucher.reason,
        }
    }
}

impl Desk {
    /// Takes the voucher of a batch: the file first, durable, then the row.
    pub async fn upload_voucher(
        &self,
        account: &str,
        batch_no: &str,
        file: &FileOffer,
        payment: &Payment,
    ) -> Result<(VoucherView, Vec<Bell>), DeskError> {
        let act = Act::UploadVoucher;
        let batch = self.batch(account, act, batch_no).await?;
        let moment = self.moment();
        let mut voucher = self.keep_voucher(account, file, payment, batch.year, batch.due_fen, moment).await?;
        voucher.batch_id = Some(batch.id);
        let mut unit = self.store.begin().await?;
        let locked = store::batches::lock(&mut unit, &[batch.id]).await?;
        let moment = self.moment();
        voucher.uploaded_at = moment.business;
        let Some(mut batch) = locked.into_iter().next() else { return Err(Refusal::unknown("batch", batch_no).into()) };
        let season = Season::load(&mut unit, batch.year).await?;
        if let Err(refusal) = may_upload(&season, &batch, moment.business) {
            unit.rollback().await?;
            self.files.delete(&voucher.object_key).await?;
            return Err(self.refused(account, act, Some(&batch.org_code), refusal).await?);
        }
        vouchers::add(&mut unit, &voucher).await?;
        BatchStatus::VoucherUploaded.name().clone_into(&mut batch.status);
        batch.voucher_at = Some(moment.business);
        store::batches::update(&mut unit, &batch, moment.business).await?;
        let mut outbox = Outbox::new();
        self.follow(&mut outbox, &PaymentUploaded { voucher_id: voucher.id }, moment);
        let bells = outbox.write(&mut unit).await?;
        let about = Some(format!("batch:{batch_no}"));
        let outcome = format!("done: {} yuan", Yuan(voucher.amount_fen));
        store::audit::record(&mut unit, &[self.act(account, act.name(), Some(&batch.org_code), about, outcome)])
            .await?;
        unit.commit().await?;
        Ok((VoucherView::of(voucher, batch_no, batch.due_fen), bells))
    }

    /// Checks a voucher's file and figures and stores the file; its row is still to be written.
    pub(crate) async fn keep_voucher(
        &self,
        account: &str,
        file: &FileOffer,
        payment: &Payment,
        year: i32,
        due_fen: i64,
        moment: Moment,
    ) -> Result<Voucher, DeskError> {
        self.check_file(file)?;
        let season = Season::load(&mut self.store.view().await?, year).await?;
        check_payment(payment, due_fen, &season.file, calendar::day_of(moment.business))?;
        let bytes = std::fs::read(&file.path).map_err(|error| {
            Refusal::new(
                "no-file",
                format!("{} can't be read: {error}", file.path.display()),
                "give the path of a file",
            )
        })?;
        let kind = VoucherKind::of(&bytes).ok_or_else(|| {
            let hint = "a photo or scan as JPEG or PNG, or a PDF; the content counts, not the name";
            Refusal::new("voucher-type", format!("{} is no picture and no PDF", file.file_name), hint)
        })?;
        let id = self.id(moment);
        let object_key = format!("{VOUCHERS}/{}/{id}", calendar::day_of(moment.business).format("%Y%m%d"));
        let stored = self.files.put_many(vec![(object_key.clone(), bytes)]).await?;
        Ok(Voucher {
            id,
            batch_id: None,
            instant_id: None,
            file_name: kept_file_name(&file.file_name),
            object_key,
            sha256: stored.into_iter().next().map(|stored| stored.sha256).unwrap_or_default(),
            content_type: kind.media_type().to_owned(),
            amount_fen: payment.amount_fen,
            paid_on: payment.paid_on,
            uploaded_by: account.to_owned(),
            uploaded_at: moment.business,
            verdict: None,
            reason: None,
            decided_by: None,
            decided_at: None,
        })
    }

    /// The centre has found the money; what is paid takes effect at once where cover has begun.
    pub async fn confirm_payment(&self, account: &str, batch_no: &str) -> Result<(BatchView, Vec<Bell>), DeskError> {
        self.check_voucher(account, batch_no, None).await
    }

    /// The centre rejects a voucher. One that was in time gives the bureau some days more (decision 32).
    pub async fn reject_payment(
        &self,
        account: &str,
        batch_no: &str,
        reason: &str,
    ) -> Result<(BatchView, Vec<Bell>), DeskError> {
        self.check_voucher(account, batch_no, Some(&shown::line(reason))).await
    }

    async fn check_voucher(
        &self,
        account: &str,
        batch_no: &str,
        rejected: Option<&str>,
    ) -> Result<(BatchView, Vec<Bell>), DeskError> {
        let act = Act::CheckVoucher;
        let batch = self.batch(account, act, batch_no).await?;
        if rejected.is_some_and(str::is_empty) {
            return Err(Refusal::new("usage", "a rejection needs a reason", "--reason …").into());
        }
        let mut unit = self.store.begin().await?;
        let locked = store::batches::lock(&mut unit, &[batch.id]).await?;
        let moment = self.moment();
        let Some(mut batch) = locked.into_iter().next() else { return Err(Refusal::unknown("batch", batch_no).into()) };
        let event = if rejected.is_some() { BatchEvent::Reject } else { BatchEvent::Confirm };
        let next = BatchStatus::after(BatchStatus::parse(&batch.status), event, None);
        let voucher = vouchers::of_batch(&mut unit, batch.id).await?.pop();
        let (Ok(row), Some(voucher)) = (next, voucher) else {
            unit.rollback().await?;
            let refusal = Refusal::new(
                "no-voucher",
                format!("no voucher of {batch_no} waits for the centre: it is {}", batch.status),
                "rollcall batch show tells how it stands",
            );
            return Err(self.refused(account, act, Some(&batch.org_code), refusal).await?);
        };
        let season = Season::load(&mut unit, batch.year).await?;
        let mut outbox = Outbox::new();
        row.to.unwrap_or(BatchStatus::VoucherAwaited).name().clone_into(&mut batch.status);
        batch.centre_replied_at = Some(moment.business);
        batch.reason = rejected.map(str::to_owned);
        let verdict = if rejected.is_some() { "rejected" } else { "confirmed" };
        vouchers::decide(&mut unit, voucher.id, verdict, rejected, account, moment.business).await?;
        if rejected.is_some() {
            let more = more_time(&mut unit, &season, &batch, moment.business).await?;
            batch.voucher_until = more.or(batch.voucher_until);
            store::batches::update(&mut unit, &batch, moment.business).await?;
            self.follow(&mut outbox, &PaymentRejected { voucher_id: voucher.id }, moment);
        } else {
            store::batches::update(&mut unit, &batch, moment.business).await?;
            self.follow(&mut outbox, &PaymentConfirmed { voucher_id: voucher.id }, moment);
            self.take_effect(&mut unit, &mut outbox, &season, Some(&[batch.id]), moment).await?;
        }
        let bells = outbox.write(&mut unit).await?;
        let about = Some(format!("batch:{batch_no}"));
        let record = self.act(account, act.name(), Some(&batch.org_code), about, format!("done: {verdict}"));
        store::audit::record(&mut unit, &[record]).await?;
        unit.commit().await?;
        Ok((BatchView::of(batch, Vec::new()), bells))
    }

    /// The vouchers of a batch, the first first.
    pub async fn vouchers(&self, account: &str, batch_no: &str) -> Result<Vec<VoucherView>, DeskError> {
        let batch = self.batch(account, Act::SeeEnrollments, batch_no).await?;
        let mut session = self.store.view().await?;
        let found = vouchers::of_batch(&mut session, batch.id).await?;
        Ok(VoucherView::all(found, batch_no, batch.due_fen))
    }
}

/// Until when a batch's voucher may come.
#[must_use]
pub fn voucher_deadline(season: &Season, batch: &Batch) -> Option<DateTime<Utc>> {
    let window = season.window(WindowKind::BureauPayment, &batch.org_path)?;
    Some(batch.voucher_until.map_or(window.closes_at, |until| until.max(window.closes_at)))
}

/// The days that a rejection gives (decision 32); none where the voucher itself came in days that another one had given.
async fn more_time(
    unit: &mut Unit,
    season: &Season,
    batch: &Batch,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DeskError> {
    let Some(window) = season.window(WindowKind::BureauPayment, &batch.org_path) else { return Ok(None) };
    let extra = season.file.rules().voucher_extra_days;
    let days_from = |at| deadline(window.closes_at, Some(at), extra);
    // A supplement has days of its own, and so has what an undoing brought back: it goes on as if it had been in time.
    let ids: Vec<i64> = of_batch(unit, batch).await?.into_iter().map(|one| one.id).collect();
    let undone = store::failures::undone_at(unit, &ids).await?.into_iter().map(|(_, at)| days_from(at)).max();
    let has_own_days = batch.supplement > 0 || window.closes_at <= batch.submitted_at;
    let supplement = has_own_days.then(|| days_from(batch.submitted_at));
    let first = [undone, supplement].into_iter().flatten().fold(window.closes_at, DateTime::max);
    let in_time = batch.voucher_at.is_some_and(|at| at < first);
    Ok(in_time.then(|| days_from(now)))
}

fn may_upload(season: &Season, batch: &Batch, now: DateTime<Utc>) -> Result<(), Refusal> {
    let next = BatchStatus::after(BatchStatus::parse(&batch.status), BatchEvent::Upload, None);
    next.map_err(|refusal| {
        Refusal::new(
            refusal.code(),
            format!("{} is {}: it takes no voucher", batch.batch_no, batch.status),
            "rollcall batch show tells how it stands; what failed is put right with rollcall undo failure",
        )
    })?;
    let closes_at = voucher_deadline(season, batch);
    if closes_at.is_none_or(|closes_at| now >= closes_at) {
        let at = closes_at.map(shanghai_text).unwrap_or_default();
        return Err(Refusal::new(
            "window-closed",
            format!("vouchers of {} were due before {at}", batch.batch_no),
            "if the money was transferred in time, the centre can undo the failure: rollcall undo failure",
        ));
    }
    Ok(())
}

/// Why a value date is refused that is from before all business of its year.
pub(crate) fn before_the_year(year: i32, day: NaiveDate, first: NaiveDate) -> String {
    format!("{day} is before {first}, on which the business of {year} begins")
}

fn check_payment(payment: &Payment, due_fen: i64, file: &YearFile, today: NaiveDate) -> Result<(), Refusal> {
    let first = file.first_day().unwrap_or(NaiveDate::MIN);
    let (code, message) = match VoucherCheck::of(due_fen, payment.amount_fen, payment.paid_on, &(first..=today)) {
        VoucherCheck::Exact | VoucherCheck::Over { .. } => return Ok(()),
        VoucherCheck::Short { missing_fen } => (
            "amount-short",
            format!("{} yuan are {} less than the {} due", Yuan(payment.amount_fen), Yuan(missing_fen), Yuan(due_fen)),
        ),
        VoucherCheck::NothingPaid => ("amount-short", "nothing was paid".to_owned()),
        VoucherCheck::Future => ("date-future", format!("{} is still to come", payment.paid_on)),
        VoucherCheck::Early => ("date-early", before_the_year(file.year(), payment.paid_on, first)),
    };
    Err(Refusal::new(code, message, "--amount in yuan and --date as the voucher has them"))
}
