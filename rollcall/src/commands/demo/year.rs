//! The year of the demonstration, on its simulated clock: from the premium split to instant enrolment.

use desk::{AskedInstant, BatchView, FileOffer, Payment, Receipt, Review};
use domain::{
    enrollment::{batch::Contact, instant::InstantEvent, premium::Split, submission::SubmissionStatus},
    money::Yuan,
    text::counted,
};
use serde::Serialize;

use super::{
    federation::{BUREAUS, ROOT, SECONDARY, Unit},
    scene::{Demo, OPERATOR},
    workbooks::{CENTRE_ACCOUNT, bureau, clerk, reviewer},
};
use crate::{commands::instant, output::Failure};

/// The coverage year.
pub const YEAR: i32 = 2023;

/// What came of the year.
#[derive(Debug, Clone, Default, Serialize)]
pub struct YearTotals {
    /// Receipts in the order in which they were given.
    pub receipts: Vec<Receipt>,
    /// Batches as they were submitted.
    pub batches: Vec<BatchView>,
    /// Units and people by status at the end.
    pub by_status: Vec<(String, i64, i64, i64)>,
    /// Submissions that failed.
    pub failed: i64,
    /// Drafts of instant enrolments that they became.
    pub drafts: i64,
    /// People whom an instant enrolment covers in the end.
    pub instant_people: i64,
}

/// A step of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearStep {
    Premium,
    Opening,
    Confirmations,
    Submissions,
    Reviews,
    LastMinute,
    Batches,
    Cover,
    Payments,
    Instant,
}

impl YearStep {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Premium,
        Self::Opening,
        Self::Confirmations,
        Self::Submissions,
        Self::Reviews,
        Self::LastMinute,
        Self::Batches,
        Self::Cover,
        Self::Payments,
        Self::Instant,
    ];

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Premium => {
                ("premium", "2022-10-26T09:00:00+08:00", "A bureau splits what the federation does not pay")
            }
            Self::Opening => ("opening", "2022-11-01T08:00:00+08:00", "The windows open; those concerned are told"),
            Self::Confirmations => {
                ("confirmations", "2022-11-05T10:00:00+08:00", "Units confirm members without card and insurance")
            }
            Self::Submissions => ("submissions", "2022-11-08T10:00:00+08:00", "Units submit, one of them twice"),
            Self::Reviews => {
                ("reviews", "2022-11-22T10:00:00+08:00", "Reviewers approve, and return one, which submits again")
            }
            Self::LastMinute => {
                ("last-minute", "2022-12-25T23:59:59+08:00", "One submits in the last second, one a second late")
            }
            Self::Batches => {
                ("batches", "2022-12-28T10:00:00+08:00", "Bureaus record payments and submit their lists, once")
            }
            Self::Cover => ("cover", "2023-01-01T00:10:00+08:00", "The lists close, and cover begins"),
            Self::Payments => {
                ("payments", "2023-01-05T10:00:00+08:00", "One bureau pays; the other lets the date pass")
            }
            Self::Instant => {
                ("instant", "2023-01-25T10:00:00+08:00", "What failed is ready as drafts; one unit submits its own")
            }
        }
    }

    /// Lives through it.
    pub async fn run(self, demo: &mut Demo<'_>) -> Result<(), Failure> {
        let (name, at, title) = self.words();
        demo.begin(name, title);
        demo.at(instant(at)?).await?;
        match self {
            Self::Premium => premium(demo).await?,
            Self::Opening => opening(demo).await?,
            Self::Confirmations => confirmations(demo).await?,
            Self::Submissions => submissions(demo).await?,
            Self::Reviews => reviews(demo).await?,
            Self::LastMinute => last_minute(demo).await?,
            Self::Batches => batches(demo).await?,
            Self::Cover => cover(demo).await?,
            Self::Payments => payments(demo).await?,
            Self::Instant => instants(demo).await?,
        }
        demo.settle().await
    }
}

impl Demo<'_> {
    async fn submit(&mut self, unit: &Unit, plan: Option<&str>) -> Result<Receipt, Failure> {
        let submitted = self.app.desk.submit(&clerk(&unit.code), YEAR, &unit.code, plan).await?;
        self.app.ring(submitted.bells).await;
        self.year.receipts.push(submitted.receipt.clone());
        Ok(submitted.receipt)
    }

    async fn review(
        &mut self,
        org: &str,
        who: &str,
        units: Option<&[String]>,
        what: Review<'_>,
    ) -> Result<usize, Failure> {
        let (outcomes, bells) = self.app.desk.review(who, YEAR, org, units, what).await?;
        self.app.ring(bells).await;
        Ok(outcomes.iter().filter(|one| one.outcome == "done").count())
    }
}

async fn premium(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let code = BUREAUS[1].0;
    let split = Split { bureau_fen: 1000, unit_fen: 300 };
    let set = demo.app.desk.set_premium(&bureau(code), YEAR, code, "A", split).await?;
    demo.note(format!(
        "{code} plan A: {} = municipal {} + bureau {} + unit {}",
        Yuan(set.fee_fen),
        Yuan(set.municipal_fen),
        Yuan(set.bureau_fen),
        Yuan(set.unit_fen)
    ));
    Ok(())
}

async fn opening(demo: &mut Demo<'_>) -> Result<(), Failure> {
    for one in demo.app.desk.window_status(YEAR).await?.into_iter().filter(|one| one.transition == "opened") {
        demo.note(format!("{}: {}", one.window, one.outcome.unwrap_or_default()));
    }
    Ok(())
}

async fn confirmations(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let (mut confirmed, mut pending) = (0, 0);
    for unit in &demo.federation.units {
        let who = clerk(&unit.code);
        pending += demo.app.desk.pending(&who, YEAR, &unit.code).await?.len();
        confirmed += demo.app.desk.confirm(&who, YEAR, &unit.code, None).await?;
    }
    demo.note(format!("members on the pending lists: {pending}; confirmed: {confirmed}"));
    let unit = &demo.federation.units[0];
    let preview = demo.app.desk.preview(&clerk(&unit.code), YEAR, &unit.code, Some("A")).await?;
    let of = preview.classes;
    demo.note(format!(
        "{}: members {} = enrolled {} + no card {} + pending {} + retired {} + deceased {}; {} warnings",
        unit.code,
        of.total,
        of.enrolled,
        of.no_card,
        of.pending,
        of.retired,
        of.deceased,
        preview.warnings.len()
    ));
    Ok(())
}

/// The units that leave it to the last evening: the last two.
fn late(demo: &Demo<'_>) -> usize {
    demo.federation.units.len() - 2
}

fn plan(place: usize) -> &'static str {
    if place.is_multiple_of(3) { "A+" } else { "A" }
}

async fn submissions(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let federation = demo.federation;
    for (place, unit) in federation.units.iter().enumerate().take(late(demo)) {
        demo.submit(unit, Some(plan(place))).await?;
    }
    // People act on what they were told: an act before that would overtake the mail about it.
    demo.settle().await?;
    let again = demo.submit(&federation.units[0], None).await?;
    demo.note(format!(
        "units that have submitted: {}; {} is the second of its unit, and the one that counts",
        late(demo),
        again.number
    ));
    let people: u64 = demo.year.receipts.iter().skip(1).map(|one| one.classes.enrolled).sum();
    demo.note(format!("{people} people so far"));
    Ok(())
}

async fn reviews(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let returned = demo.federation.units[1].code.clone();
    let owner = BUREAUS[demo.federation.units[1].bureau].0;
    let what = Review::Return { reason: "people: 请核对新入会会员", insists: false };
    demo.review(owner, &bureau(owner), Some(std::slice::from_ref(&returned)), what).await?;
    demo.note(format!("{returned} is returned by {owner}: 参保人员名单有误"));
    let approved = demo.review(SECONDARY.0, &reviewer(SECONDARY.0), None, Review::Approve).await?;
    demo.note(format!("{} approves {approved}", SECONDARY.0));
    demo.settle().await?;
    let unit = &demo.federation.units[1];
    demo.submit(unit, None).await?;
    demo.settle().await?;
    for (code, _) in BUREAUS {
        let approved = demo.review(code, &bureau(code), None, Review::Approve).await?;
        demo.note(format!("{code} approves {approved}"));
    }
    Ok(())
}

async fn last_minute(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let federation = demo.federation;
    let place = late(demo);
    let receipt = demo.submit(&federation.units[place], Some(plan(place))).await?;
    demo.note(format!("{} is received at {} and counts", receipt.number, receipt.received_at.to_rfc3339()));
    demo.at(instant("2022-12-26T00:00:00+08:00")?).await?;
    let unit = &federation.units[place + 1];
    match demo.app.desk.submit(&clerk(&unit.code), YEAR, &unit.code, None).await {
        Err(desk::DeskError::Refused(refusal)) if refusal.code == "window-closed" => {
            demo.note(format!("{} is refused: {}", unit.code, refusal.message));
        }
        other => {
            drop(other);
            demo.mismatches.push(format!("{}: a submission a second late must be refused", unit.code));
        }
    }
    Ok(())
}

async fn batches(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let federation = demo.federation;
    let place = late(demo);
    let owner = BUREAUS[federation.units[place].bureau].0;
    let named = [federation.units[place].code.clone()];
    demo.review(owner, &bureau(owner), Some(&named), Review::Approve).await?;
    pay_shares(demo).await?;
    demo.app.desk.add_credit(CENTRE_ACCOUNT, BUREAUS[0].0, YEAR - 2, 10_000, "上年度退回").await?;
    for (code, name) in BUREAUS {
        let email = super::federation::email(code);
        let contact = Contact::read("周敏", "13900000000", &email)
            .map_err(|_| Failure::refused("contact", "the demonstration's contact", ""))?;
        let submitted = demo.app.desk.submit_batch(&bureau(code), YEAR, code, &contact).await?;
        demo.app.ring(submitted.bells).await;
        let of = submitted.view;
        demo.note(format!(
            "{} {name}: {}, {}, total {}, credit {}, due {}",
            of.batch_no.as_deref().unwrap_or_default(),
            counted(of.units, "unit", "units"),
            counted(of.people, "person", "people"),
            Yuan(of.money.total_fen),
            Yuan(of.credit_fen),
            Yuan(of.due_fen)
        ));
        for left in &of.left_behind {
            demo.note(format!("  left behind: {} {} ({})", left.org, left.status, left.reason));
        }
        demo.year.batches.push(of);
    }
    Ok(())
}

/// Units that owe a share pay it, all but the first of them.
async fn pay_shares(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let list = demo.app.desk.review_list(OPERATOR, YEAR, ROOT, Some("approved"), None).await?;
    let value_date = chrono::NaiveDate::from_ymd_opt(YEAR - 1, 12, 20).unwrap_or_default();
    let owing: Vec<_> = list.into_iter().filter(|one| one.money.unit_fen > 0).collect();
    for one in owing.iter().skip(1) {
        let owner = BUREAUS.iter().find(|(code, _)| one.org.starts_with(code)).map_or(BUREAUS[0].0, |(code, _)| code);
        let amount = one.money.unit_fen;
        demo.app.desk.record_unit_payment(&bureau(owner), YEAR, &one.org, amount, value_date).await?;
    }
    if let Some(first) = owing.first() {
        demo.note(format!("units that have paid their share: {}; {} has not", owing.len() - 1, first.org));
    }
    Ok(())
}

async fn cover(demo: &mut Demo<'_>) -> Result<(), Failure> {
    for one in demo.app.desk.window_status(YEAR).await?.into_iter().filter(|one| one.late_by_s == 600) {
        demo.note(format!("{} {}: {}", one.window, one.transition, one.outcome.unwrap_or_default()));
    }
    Ok(())
}

async fn payments(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let Some(batch) = demo.year.batches.first().cloned() else { return Ok(()) };
    let number = batch.batch_no.unwrap_or_default();
    let path = demo.out.join("workbooks/voucher.pdf");
    std::fs::write(&path, b"%PDF-1.4\n% an invented voucher\n")?;
    let file = FileOffer { path, file_name: "voucher.pdf".to_owned() };
    let paid_on = chrono::NaiveDate::from_ymd_opt(YEAR, 1, 4).unwrap_or_default();
    let payment = Payment { amount_fen: batch.due_fen, paid_on };
    let (voucher, bells) = demo.app.desk.upload_voucher(&bureau(BUREAUS[0].0), &number, &file, &payment).await?;
    demo.app.ring(bells).await;
    demo.settle().await?;
    let (view, bells) = demo.app.desk.confirm_payment(CENTRE_ACCOUNT, &number).await?;
    demo.app.ring(bells).await;
    demo.note(format!("{number}: voucher of {}, {}", Yuan(voucher.amount_fen), view.status));
    let forecast = demo.app.desk.forecast(OPERATOR, YEAR, None).await?;
    let (window, count) = (forecast.window.unwrap_or_default(), forecast.submissions);
    let (failing, people) = (counted(count, "submission", "submissions"), counted(forecast.people, "person", "people"));
    demo.note(format!("forecast of {window}: {failing} with {people} would fail"));
    demo.at(instant("2023-01-21T00:05:00+08:00")?).await?;
    let failed = demo.app.desk.review_list(OPERATOR, YEAR, ROOT, Some("failed"), None).await?;
    demo.note(format!("bureau-payment closed; submissions failed in all {}", failed.len()));
    Ok(())
}

async fn instants(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let drafts = demo.app.desk.instants(OPERATOR, YEAR, ROOT, Some("draft")).await?;
    demo.year.drafts = drafts.len() as i64;
    demo.note(format!("drafts that wait for their units: {}", drafts.len()));
    let Some(draft) = drafts.into_iter().next() else { return Ok(()) };
    let asked = AskedInstant::Draft(draft.id.unwrap_or_default());
    let (submitted, bells) = demo.app.desk.submit_instant(&clerk(&draft.org), YEAR, &draft.org, asked).await?;
    demo.app.ring(bells).await;
    demo.settle().await?;
    let owner = BUREAUS.iter().find(|(code, _)| draft.org.starts_with(code)).map_or(BUREAUS[0].0, |(code, _)| code);
    let id = submitted.id.unwrap_or_default();
    let (approved, bells) = demo.app.desk.decide_instant(&bureau(owner), id, InstantEvent::Approve, None).await?;
    demo.app.ring(bells).await;
    demo.year.instant_people = approved.headcount;
    let gap = approved.people.first().map_or(0, |one| one.gap_days);
    let (people, days) = (counted(approved.headcount, "person", "people"), counted(gap, "day", "days"));
    demo.note(format!(
        "{}: {people} covered from {} to {}, {days} without cover",
        approved.org, approved.cover_from, approved.cover_to
    ));
    Ok(())
}

/// The year's figures as they are on record, and what is otherwise than it must be.
pub async fn close(demo: &mut Demo<'_>) -> Result<Vec<String>, Failure> {
    let all = demo.app.desk.review_list(OPERATOR, YEAR, ROOT, None, None).await?;
    for status in SubmissionStatus::ALL {
        let own: Vec<_> = all.iter().filter(|one| one.status == status.name()).collect();
        if !own.is_empty() {
            let people = own.iter().map(|one| one.people).sum();
            let fen = own.iter().map(|one| one.money.total_fen).sum();
            demo.year.by_status.push((status.name().to_owned(), own.len() as i64, people, fen));
        }
    }
    let of = |status: &str| all.iter().filter(|one| one.status == status).map(|one| one.people).sum::<i64>();
    demo.year.failed = all.iter().filter(|one| one.status == "failed").count() as i64;
    let open = all.iter().filter(|one| !matches!(one.status.as_str(), "effective" | "failed")).count() as i64;
    let covered = demo.year.batches.first().map_or(0, |batch| batch.people);
    let mut wrong = Vec::new();
    let mut check = |what: &str, must: i64, is: i64| {
        if must != is {
            wrong.push(format!("{what}: must be {must}, is {is}"));
        }
    };
    check("submissions (all units but the late one)", demo.federation.units.len() as i64 - 1, all.len() as i64);
    check("submissions that are neither effective nor failed", 0, open);
    check("people covered (the batch that was paid)", covered, of("effective"));
    check("drafts (one for each failed submission)", demo.year.failed, demo.year.drafts);
    Ok(wrong)
}
