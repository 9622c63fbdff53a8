//! What a closing finds: the facts of submissions and batches, judged by the one function that the forecast and the
//! enforcement share.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, FixedOffset, Utc};
use domain::{
    enrollment::{
        batch::BatchStatus,
        closing::{BatchFacts, Effect, Outcome, Subject, SubmissionFacts, UnitShare, close, deadline, next_to_fail},
        submission::SubmissionStatus,
    },
    role::Act,
    year::window::WindowKind,
};
use serde::Serialize;
use store::{
    Session,
    batches::{Batch, BatchSelection},
    submissions::{Submission, SubmissionSelection},
};

use super::{MoneyView, Season, gather::unit_shares, voucher::voucher_deadline, windows::shanghai};
use crate::{Desk, DeskError};

/// What a closing finds, with what it is about.
#[derive(Debug, Clone)]
pub struct Findings {
    /// What it does.
    pub outcomes: Vec<Outcome<i64, i64>>,
    /// The submissions that were looked at, by id.
    pub submissions: HashMap<i64, Submission>,
    /// The batches that were looked at, by id.
    pub batches: HashMap<i64, Batch>,
}

/// Who would fail if the next window closed now.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    /// The coverage year.
    pub year: i32,
    /// The window that closes next, of those by which something fails; none when all have closed.
    pub window: Option<&'static str>,
    /// When it closes.
    pub closes_at: Option<DateTime<FixedOffset>>,
    /// Submissions that would fail.
    pub submissions: usize,
    /// People without cover then.
    pub people: i64,
    /// Money of those.
    pub total_fen: i64,
    /// Each of them.
    pub items: Vec<ForecastItem>,
}

/// A submission or batch that would fail.
#[derive(Debug, Clone, Serialize)]
pub struct ForecastItem {
    /// `submission` or `batch`.
    pub what: &'static str,
    /// Its number.
    pub number: String,
    /// The organization's number.
    pub org: String,
    /// The organization's name.
    pub name: String,
    /// People in it.
    pub people: i64,
    /// Money by payer.
    pub money: MoneyView,
    /// Why, as a code.
    pub reason: &'static str,
    /// The same for those concerned.
    pub message: &'static str,
}

/// What a window's closing finds below a path, judged at `at`.
pub async fn findings(
    session: &mut impl Session,
    season: &Season,
    kind: WindowKind,
    at: DateTime<Utc>,
    below: &str,
) -> Result<Findings, DeskError> {
    let selection = BatchSelection { year: season.year(), below: below.to_owned(), status: None };
    let batches = store::batches::list(session, &selection).await?;
    let wanted = |status: SubmissionStatus| SubmissionSelection {
        year: season.year(),
        below: below.to_owned(),
        status: Some(status.name().to_owned()),
        most: i64::MAX,
        ..SubmissionSelection::default()
    };
    let statuses: &[SubmissionStatus] = match kind {
        WindowKind::BureauPayment => &[SubmissionStatus::Finalized],
        _ => &[SubmissionStatus::Submitted, SubmissionStatus::Approved, SubmissionStatus::Returned],
    };
    let mut submissions = Vec::new();
    for status in statuses {
        submissions.extend(store::submissions::list(session, &wanted(*status)).await?);
    }
    Ok(Findings {
        outcomes: judge(session, season, kind, at, &submissions, &batches).await?,
        submissions: submissions.into_iter().map(|one| (one.id, one)).collect(),
        batches: batches.into_iter().map(|one| (one.id, one)).collect(),
    })
}

/// When a window closes, after now, for the first of those below a path that would fail by it; none where nobody would.
async fn first_to_fail(
    session: &mut impl Session,
    season: &Season,
    kind: WindowKind,
    now: DateTime<Utc>,
    below: &str,
) -> Result<Option<DateTime<Utc>>, DeskError> {
    let found = findings(session, season, kind, DateTime::<Utc>::MAX_UTC, below).await?;
    let failing: Vec<Submission> = (found.outcomes.iter())
        .filter(|outcome| matches!(outcome.effect, Effect::Fails(_)))
        .filter_map(|outcome| match outcome.subject {
            Subject::Submission(id) => found.submissions.get(&id).cloned(),
            Subject::Batch(_) => None,
        })
        .collect();
    let of_batch = |id| found.batches.get(&id).and_then(|batch| voucher_deadline(season, batch));
    if kind == WindowKind::BureauPayment {
        return Ok(failing.iter().filter_map(|one| of_batch(one.batch_id?)).filter(|at| *at > now).min());
    }
    let facts = submission_facts(session, season, kind, &failing).await?;
    Ok(facts.iter().map(|fact| fact.deadline).filter(|at| *at > now).min())
}

/// What a window's closing means for these submissions and batches, judged at `at`.
pub(crate) async fn judge(
    session: &mut impl Session,
    season: &Season,
    kind: WindowKind,
    at: DateTime<Utc>,
    submissions: &[Submission],
    batches: &[Batch],
) -> Result<Vec<Outcome<i64, i64>>, DeskError> {
    let facts = submission_facts(session, season, kind, submissions).await?;
    let batch_facts: Vec<BatchFacts<i64>> = batches
        .iter()
        .filter_map(|batch| {
            let status = BatchStatus::parse(&batch.status)?;
            Some(BatchFacts { id: batch.id, status, deadline: voucher_deadline(season, batch)? })
        })
        .collect();
    Ok(close(kind, at, &facts, &batch_facts))
}

async fn submission_facts(
    session: &mut impl Session,
    season: &Season,
    kind: WindowKind,
    submissions: &[Submission],
) -> Result<Vec<SubmissionFacts<i64, i64>>, DeskError> {
    let shares = unit_shares(session, season, submissions).await?;
    let ids: Vec<i64> = submissions.iter().map(|one| one.id).collect();
    let undone: HashMap<i64, DateTime<Utc>> = store::failures::undone_at(session, &ids).await?.into_iter().collect();
    let all = BatchSelection { year: season.year(), below: "/".to_owned(), status: None };
    let submitted: HashSet<i64> = store::batches::list(session, &all).await?.iter().map(|batch| batch.org_id).collect();
    let extra = season.file.rules().voucher_extra_days;
    let fact = |one: &Submission| {
        let closes_at = season.window(kind, &one.org_path)?.closes_at;
        Some(SubmissionFacts {
            id: one.id,
            status: SubmissionStatus::parse(&one.status)?,
            batch: one.batch_id,
            bureau_submitted: submitted.contains(&one.bureau()),
            unit_share: shares.get(&one.id).copied().unwrap_or(UnitShare::Settled),
            deadline: deadline(closes_at, undone.get(&one.id).copied(), extra),
        })
    };
    Ok(submissions.iter().filter_map(fact).collect())
}

impl Desk {
    /// Who would fail if the next window closed now, by the same function as the enforcement.
    pub async fn forecast(&self, account: &str, year: i32, org: Option<&str>) -> Result<Forecast, DeskError> {
        let below = self.organization_or_root(account, Act::SeeStatistics, org).await?.path;
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        let now = self.clock.business_now();
        let mut forecast = Forecast {
            year,
            window: None,
            closes_at: None,
            submissions: 0,
            people: 0,
            total_fen: 0,
            items: Vec::new(),
        };
        let all = next_to_fail(now, |kind| season.window(kind, &below)).map(|(kind, window)| (window.closes_at, kind));
        // What closes later for some alone: extensions, and the days that a rejection or an undoing gave.
        let mut next: Vec<(DateTime<Utc>, WindowKind)> = all.into_iter().collect();
        for kind in [WindowKind::FinalSubmission, WindowKind::BureauPayment] {
            next.extend(first_to_fail(&mut session, &season, kind, now, &below).await?.map(|at| (at, kind)));
        }
        let Some((closes_at, kind)) = next.into_iter().min() else { return Ok(forecast) };
        (forecast.window, forecast.closes_at) = (Some(kind.name()), Some(shanghai(closes_at)));
        let found = findings(&mut session, &season, kind, closes_at, &below).await?;
        for outcome in &found.outcomes {
            let Effect::Fails(reason) = outcome.effect else { continue };
            let item = match outcome.subject {
                Subject::Submission(id) => found.submissions.get(&id).map(|one| ForecastItem {
                    what: "submission",
                    number: one.number.clone(),
                    org: one.org_code.clone(),
                    name: one.org_name.clone(),
                    people: one.people,
                    money: one.fen.into(),
                    reason: reason.name(),
                    message: reason.name_zh(),
                }),
                Subject::Batch(id) => found.batches.get(&id).map(|one| ForecastItem {
                    what: "batch",
                    number: one.batch_no.clone(),
                    org: one.org_code.clone(),
                    name: one.org_name.clone(),
                    people: one.people,
                    money: one.fen.into(),
                    reason: reason.name(),
                    message: reason.name_zh(),
                }),
            };
            let Some(item) = item else { continue };
            if item.what == "submission" {
                forecast.submissions += 1;
                forecast.people += item.people;
                forecast.total_fen += item.money.total_fen;
            }
            forecast.items.push(item);
        }
        Ok(forecast)
    }
}
