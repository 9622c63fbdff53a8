//! Vouchers of instant enrolments: the bureau proves that it has paid, and the centre confirms or rejects it. Cover waits for
//! neither; it ends where no voucher stands when the days for one are over.

use domain::{
    enrollment::instant::{InstantStatus, voucher_deadline, voucher_deadline_after_rejection},
    role::Act,
};
use messages::{PaymentConfirmed, PaymentRejected, PaymentUploaded};
use store::{
    instants::{self, Instant},
    vouchers::{self, Voucher},
};

use super::{InstantView, Payment, Season, VoucherView, instant_view::view};
use crate::{Bell, Desk, DeskError, FileOffer, Outbox, Refusal};

impl Desk {
    /// Takes the voucher of an instant enrolment; another one may come until the centre has confirmed the payment.
    pub async fn upload_instant_voucher(
        &self,
        account: &str,
        id: i64,
        file: &FileOffer,
        payment: &Payment,
    ) -> Result<(VoucherView, Vec<Bell>), DeskError> {
        let act = Act::UploadVoucher;
        let found = self.instant(account, act, id).await?;
        let moment = self.moment();
        let mut voucher = self.keep_voucher(account, file, payment, found.year, due_fen(&found), moment).await?;
        voucher.instant_id = Some(id);
        let mut unit = self.store.begin().await?;
        let mut instant = instants::lock(&mut unit, &[id]).await?.pop().ok_or_else(|| unknown(id))?;
        let moment = self.moment();
        let now = moment.business;
        if let Err(refusal) = may_upload(&instant, now) {
            unit.rollback().await?;
            self.files.delete(&voucher.object_key).await?;
            return Err(self.refused(account, act, Some(&found.org_code), refusal).await?);
        }
        voucher.uploaded_at = now;
        vouchers::add(&mut unit, &voucher).await?;
        instant.voucher_at = Some(now);
        instants::update(&mut unit, &instant, now).await?;
        let mut outbox = Outbox::new();
        self.follow(&mut outbox, &PaymentUploaded { voucher_id: voucher.id }, moment);
        let bells = outbox.write(&mut unit).await?;
        let record = self.act(account, act.name(), Some(&instant.org_code), Some(format!("instant:{id}")), "done");
        store::audit::record(&mut unit, &[record]).await?;
        unit.commit().await?;
        Ok((VoucherView::of(voucher, &id.to_string(), due_fen(&instant)), bells))
    }

    /// The centre has found the money of an instant enrolment: its cover can't expire any more.
    pub async fn confirm_instant_payment(&self, account: &str, id: i64) -> Result<(InstantView, Vec<Bell>), DeskError> {
        self.check_instant_voucher(account, id, None).await
    }

    /// The centre rejects the voucher of an instant enrolment. One that was in time gives some days more for another
    /// (decision 32); cover runs on until they are over.
    pub async fn reject_instant_payment(
        &self,
        account: &str,
        id: i64,
        reason: &str,
    ) -> Result<(InstantView, Vec<Bell>), DeskError> {
        self.check_instant_voucher(account, id, Some(&domain::shown::line(reason))).await
    }

    async fn check_instant_voucher(
        &self,
        account: &str,
        id: i64,
        rejected: Option<&str>,
    ) -> Result<(InstantView, Vec<Bell>), DeskError> {
        let act = Act::CheckVoucher;
        let found = self.instant(account, act, id).await?;
        if rejected.is_some_and(str::is_empty) {
            return Err(Refusal::new("usage", "a rejection needs a reason", "--reason …").into());
        }
        let mut unit = self.store.begin().await?;
        let mut instant = instants::lock(&mut unit, &[id]).await?.pop().ok_or_else(|| unknown(id))?;
        let moment = self.moment();
        let now = moment.business;
        // The last one counts, as with a batch: another may come before the centre has replied. What was confirmed can be taken
        // back as long as nobody is covered by it: else money would keep alive what nobody can approve.
        let status = InstantStatus::parse(&instant.status);
        let taken_back = rejected.is_some() && status != Some(InstantStatus::Approved);
        let open = |one: &Voucher| one.verdict.is_none() || taken_back && one.verdict.as_deref() == Some("confirmed");
        let waits = vouchers::of_instant(&mut unit, id).await?.pop().filter(open);
        let Some(voucher) = waits.filter(|_| status.is_some_and(InstantStatus::has_money_looked_at)) else {
            unit.rollback().await?;
            let refusal = Refusal::new(
                "no-voucher",
                format!("no voucher of instant enrolment {id} waits for the centre: it is {}", standing(&instant)),
                "rollcall payment list --instant shows its vouchers",
            );
            return Err(self.refused(account, act, Some(&found.org_code), refusal).await?);
        };
        let verdict = if rejected.is_some() { "rejected" } else { "confirmed" };
        vouchers::decide(&mut unit, voucher.id, verdict, rejected, account, now).await?;
        let mut outbox = Outbox::new();
        if rejected.is_some() {
            let season = Season::load(&mut unit, instant.year).await?;
            instant.voucher_until = until_after_rejection(&season, &instant, &voucher, now);
            (instant.voucher_at, instant.paid_at) = (None, None);
            self.follow(&mut outbox, &PaymentRejected { voucher_id: voucher.id }, moment);
        } else {
            instant.paid_at = Some(now);
            self.follow(&mut outbox, &PaymentConfirmed { voucher_id: voucher.id }, moment);
        }
        instants::update(&mut unit, &instant, now).await?;
        let bells = outbox.write(&mut unit).await?;
        let about = Some(format!("instant:{id}"));
        let record = self.act(account, act.name(), Some(&instant.org_code), about, format!("done: {verdict}"));
        store::audit::record(&mut unit, &[record]).await?;
        let people = instants::people(&mut unit, id).await?;
        unit.commit().await?;
        Ok((view(instant, people, Vec::new()), bells))
    }

    /// The vouchers of an instant enrolment, the first first.
    pub async fn instant_vouchers(&self, account: &str, id: i64) -> Result<Vec<VoucherView>, DeskError> {
        let found = self.instant(account, Act::SeeEnrollments, id).await?;
        let mut session = self.store.view().await?;
        let all = vouchers::of_instant(&mut session, id).await?;
        let due_fen = due_fen(&found);
        Ok(VoucherView::all(all, &id.to_string(), due_fen))
    }

    /// An instant enrolment with which an account may do this.
    pub(crate) async fn instant(&self, account: &str, act: Act, id: i64) -> Result<Instant, DeskError> {
        self.attempts(account, act, None);
        let found = { instants::get_many(&mut self.store.view().await?, &[id]).await?.pop() };
        self.seen(account, act, found, || unknown(id)).await
    }
}

pub(crate) fn unknown(id: i64) -> Refusal {
    Refusal::unknown("instant", &id.to_string())
}

/// What its bureau has to transfer: the city pays its share itself.
pub(crate) fn due_fen(of: &Instant) -> i64 {
    of.fen.bureau + of.fen.unit
}

fn takes_voucher(of: &Instant) -> bool {
    InstantStatus::parse(&of.status).is_some_and(InstantStatus::takes_voucher)
}

fn standing(of: &Instant) -> String {
    if of.paid_at.is_some() { format!("{} and paid", of.status) } else { of.status.clone() }
}

fn may_upload(instant: &Instant, now: chrono::DateTime<chrono::Utc>) -> Result<(), Refusal> {
    let hint = "rollcall instant list shows how it stands, and until when a voucher was due";
    let refusal = |code| {
        let message = format!("instant enrolment {} is {} and takes no voucher now", instant.id, standing(instant));
        Err(Refusal::new(code, message, hint))
    };
    if instant.paid_at.is_some() {
        return refusal("wrong-state");
    }
    if !takes_voucher(instant) || instant.voucher_until.is_none_or(|until| now >= until) {
        return refusal("window-closed");
    }
    Ok(())
}

fn until_after_rejection(
    season: &Season,
    instant: &Instant,
    voucher: &Voucher,
    now: chrono::DateTime<chrono::Utc>,
) -> Option<chrono::DateTime<chrono::Utc>> {
    let rules = season.file.rules();
    let days_until = voucher_deadline(instant.submitted_at?, rules.instant_voucher_days)?;
    let due_until = instant.voucher_until.unwrap_or(days_until);
    let extra = rules.voucher_extra_days;
    Some(voucher_deadline_after_rejection(due_until, days_until, voucher.uploaded_at, now, extra))
}
