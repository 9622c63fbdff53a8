//! What units pay to their bureau, and the credits of earlier years.

use chrono::{Datelike, NaiveDate};
use domain::{calendar, enrollment::submission::SubmissionStatus, money::Yuan, role::Act};
use serde::Serialize;
use store::{
    credits::{self, Credit, CreditUse},
    payments::{self, UnitPayment},
};

use super::{Season, voucher::before_the_year};
use crate::{Desk, DeskError, Refusal};

/// A refund is of at most so many years ago; what is further off is a slip of the pen.
const CREDIT_YEARS: i32 = 10;

/// A bureau's credits.
#[derive(Debug, Clone, Serialize)]
pub struct CreditView {
    /// The bureau's number.
    pub org: String,
    /// What is left, in fen.
    pub balance_fen: i64,
    /// What was added.
    pub credits: Vec<Credit>,
    /// What batches took.
    pub uses: Vec<CreditUse>,
}

impl Desk {
    /// Puts on record that a unit has paid its share to its bureau. It may be done until the bureau submits; what counts
    /// is the value date (decision 31).
    pub async fn record_unit_payment(
        &self,
        account: &str,
        year: i32,
        org: &str,
        amount_fen: i64,
        value_date: NaiveDate,
    ) -> Result<UnitPayment, DeskError> {
        let act = Act::RecordUnitPayment;
        let org = self.organization_for(account, act, org).await?;
        let mut unit = self.store.begin().await?;
        store::organizations::lock(&mut unit, &[org.id]).await?;
        let now = self.clock.business_now();
        let season = Season::load(&mut unit, year).await?;
        let first = season.file.first_day().unwrap_or(NaiveDate::MIN);
        let wrong = if amount_fen <= 0 {
            Some("nothing was paid".to_owned())
        } else if value_date > calendar::day_of(now) {
            Some(format!("{value_date} is still to come"))
        } else {
            (value_date < first).then(|| before_the_year(year, value_date, first))
        };
        if let Some(message) = wrong {
            return Err(Refusal::new("usage", message, "--amount in yuan, --date as the bank has it").into());
        }
        let submission = store::submissions::find(&mut unit, year, org.id).await?;
        let open = submission.as_ref().and_then(|one| SubmissionStatus::parse(&one.status));
        if matches!(open, Some(SubmissionStatus::Finalized | SubmissionStatus::Effective | SubmissionStatus::Failed)) {
            unit.rollback().await?;
            let status = open.map(SubmissionStatus::name).unwrap_or_default();
            let refusal = Refusal::new(
                "too-late",
                format!(
                    "the submission of {} is {status}: payments are put on record until the bureau submits",
                    org.code
                ),
                "a failure is put right by the centre: rollcall undo failure",
            );
            return Err(self.refused(account, act, Some(&org.code), refusal).await?);
        }
        let payment = UnitPayment {
            year,
            org: org.code.clone(),
            amount_fen,
            value_date,
            recorded_by: account.to_owned(),
            recorded_at: now,
        };
        payments::record(&mut unit, org.id, &payment).await?;
        let about = Some(format!("year:{year}"));
        let outcome = format!("done: {} yuan, {value_date}", Yuan(amount_fen));
        store::audit::record(&mut unit, &[self.act(account, act.name(), Some(&org.code), about, outcome)]).await?;
        unit.commit().await?;
        Ok(payment)
    }

    /// What units below an organization have paid.
    pub async fn unit_payments(&self, account: &str, year: i32, org: &str) -> Result<Vec<UnitPayment>, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        Ok(payments::list(&mut session, year, &org.path).await?)
    }

    /// Adds a refund of an earlier year, to be deducted from the bureau's share.
    pub async fn add_credit(
        &self,
        account: &str,
        org: &str,
        of_year: i32,
        amount_fen: i64,
        reason: &str,
    ) -> Result<Credit, DeskError> {
        let act = Act::AddCredit;
        self.authorize(account, act, None).await?;
        let bureau = self.bureau(account, act, org).await?;
        let reason = domain::shown::line(reason);
        if amount_fen <= 0 || reason.is_empty() {
            return Err(
                Refusal::new("usage", "a credit has an amount and a reason", "--amount 100.00 --reason …").into()
            );
        }
        let now = self.clock.business_now();
        let this_year = calendar::day_of(now).year();
        if !(this_year - CREDIT_YEARS..=this_year).contains(&of_year) {
            let message = format!("a refund of {of_year} is not one of an earlier year");
            let hint = format!("--of-year between {} and {this_year}", this_year - CREDIT_YEARS);
            return Err(Refusal::new("usage", message, hint).into());
        }
        let credit = Credit {
            org: bureau.code.clone(),
            of_year,
            amount_fen,
            reason,
            added_by: account.to_owned(),
            added_at: now,
        };
        let mut unit = self.store.begin().await?;
        credits::add(&mut unit, bureau.id, &credit).await?;
        let about = Some(format!("credit:{of_year}"));
        let outcome = format!("done: {} yuan", Yuan(amount_fen));
        store::audit::record(&mut unit, &[self.act(account, act.name(), Some(&bureau.code), about, outcome)]).await?;
        unit.commit().await?;
        Ok(credit)
    }

    /// A bureau's credits: what was added, what batches took, what is left.
    pub async fn credits(&self, account: &str, org: &str) -> Result<CreditView, DeskError> {
        let bureau = self.bureau(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        Ok(CreditView {
            org: bureau.code,
            balance_fen: credits::balance(&mut session, bureau.id).await?,
            credits: credits::list(&mut session, bureau.id).await?,
            uses: credits::uses(&mut session, bureau.id).await?,
        })
    }
}
