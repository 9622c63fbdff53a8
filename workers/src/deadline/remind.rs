//! Reminders before a closing: to those who have yet to act.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use desk::{Cause, Letter, Matter, Moment, Outbox, Reader, Season, unit_shares};
use domain::{
    enrollment::{batch::BatchStatus, closing::UnitShare, reason::deadline_zh, submission::SubmissionStatus},
    organization::Level,
    year::{
        reminder::Concern,
        window::{Window, WindowKind},
    },
};
use mail::template::YearLetter;
use messages::ReminderDue;
use store::{
    Unit,
    batches::{Batch, BatchSelection},
    messages::Job,
    organizations::Organization,
    submissions::{Submission, SubmissionSelection},
    windows,
};

use crate::{Shift, WorkError};

/// Letters that are written into the ledger together.
const LETTERS: usize = 2_000;

/// Reminds those whom a closing concerns, once; nobody where the window was moved or has closed meanwhile.
pub(super) async fn remind(shift: &Shift, job: &Job, due: &ReminderDue) -> Result<(), WorkError> {
    let desk = &shift.desk;
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let window = windows::get(&mut unit, due.window_id).await?.ok_or(WorkError::Missing("window"))?;
    let level = Window { opens_at: window.opens_at, closes_at: window.closes_at };
    let outcome = if window.version != due.version || !level.is_open(moment.business) {
        "skipped: the window was moved, or has closed".to_owned()
    } else {
        let told = tell(shift, &mut unit, &mut outbox, &window, due, moment).await?;
        format!("mails {told}")
    };
    let (id, version, days) = (due.window_id, due.version, due.days_before);
    windows::finish_reminder(&mut unit, id, version, days, &outcome, moment.business).await?;
    shift.settle(unit, &[job], outbox, moment).await
}

async fn tell(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    window: &windows::Window,
    due: &ReminderDue,
    moment: Moment,
) -> Result<usize, WorkError> {
    let season = Season::load(unit, window.year).await?;
    let kind = WindowKind::parse(&window.name).ok_or(WorkError::Missing("window of that name"))?;
    let below = window.org_path.as_deref().unwrap_or("/");
    let concerned = concerned(unit, &season, kind, below).await?;
    let chain = shift.desk.id(moment);
    let letter = |(org, missing): &(Organization, String)| {
        let data = YearLetter {
            year: season.year(),
            org_code: org.code.clone(),
            org_name: org.name.clone(),
            window: kind.name_zh().to_owned(),
            until: deadline_zh(window.closes_at),
            days_left: Some(i64::from(due.days_before)),
            missing: vec![missing.clone()],
            remedy: own_period(&season, kind, org, window.closes_at),
            ..YearLetter::default()
        };
        // Each reminder of a window is a mail of its own: the version says how many days are left.
        let version = window.version * 1_000 + i64::from(due.days_before);
        let letter = Letter::new("deadline-reminder", Matter::Window(window.id), version, &data, Cause::Chain(chain));
        letter.of(org).to(Reader::org(org))
    };
    let mut told = 0;
    for part in concerned.chunks(LETTERS) {
        let letters: Vec<Letter> = part.iter().map(letter).collect();
        told += shift.desk.post(unit, outbox, &letters, moment).await?;
    }
    Ok(told)
}

/// Bureaus have a period of their own after the common review: nothing fails by the end of that one alone.
fn own_period(season: &Season, kind: WindowKind, org: &Organization, closes_at: DateTime<Utc>) -> String {
    let is_common = kind == WindowKind::Review && org.level == Level::Bureau.name();
    let own = season.window(WindowKind::ReviewBureau, &org.path).filter(|own| is_common && own.closes_at > closes_at);
    own.map(|own| format!("区局(产业)工会在{}仍可补审，但退回的单位届时已不能再提交", deadline_zh(own.closes_at)))
        .unwrap_or_default()
}

/// The organizations that have yet to act before a window closes, each with what is missing. Read is what a concern is
/// about, and no more: below the root are all unions of the federation.
async fn concerned(
    unit: &mut Unit,
    season: &Season,
    kind: WindowKind,
    below: &str,
) -> Result<Vec<(Organization, String)>, WorkError> {
    let year = season.year();
    Ok(match Concern::of(kind) {
        None => Vec::new(),
        Some(Concern::BureausWithoutSplit) => {
            let with: HashSet<i64> = store::premiums::bureaus_with_split(unit, year).await?.into_iter().collect();
            let missing = "尚未设置参保金额比例；不设置的按年度文件的默认比例";
            bureaus(unit, below).await?.filter(|org| !with.contains(&org.id)).map(|org| (org, missing.into())).collect()
        }
        Some(Concern::UnitsWithoutSubmission) => units_without_submission(unit, year, below).await?,
        Some(Concern::ReviewersWithWork) => reviewers_with_work(unit, year, kind, below).await?,
        Some(Concern::UnitsThatOwe) => units_that_owe(unit, season, below).await?,
        Some(Concern::BureausWithoutBatch) => {
            let approved = submissions(unit, year, below, Some(SubmissionStatus::Approved)).await?;
            let approved: HashSet<i64> = approved.into_iter().map(|one| one.bureau()).collect();
            let with: HashSet<i64> = batches(unit, year, below).await?.into_iter().map(|batch| batch.org_id).collect();
            let waits = |org: &Organization| approved.contains(&org.id) && !with.contains(&org.id);
            bureaus(unit, below).await?.filter(waits).map(|org| (org, "尚未提交至职保中心".to_owned())).collect()
        }
        Some(Concern::BureausWithoutVoucher) => {
            let waits = |batch: &Batch| BatchStatus::parse(&batch.status).is_some_and(BatchStatus::waits_for_voucher);
            let waiting = batches(unit, year, below).await?.into_iter().filter(waits);
            let waiting: HashSet<i64> = waiting.map(|batch| batch.org_id).collect();
            let waits = |org: &Organization| waiting.contains(&org.id);
            bureaus(unit, below).await?.filter(waits).map(|org| (org, "尚未上传缴费凭证".to_owned())).collect()
        }
    })
}

async fn bureaus(unit: &mut Unit, below: &str) -> Result<impl Iterator<Item = Organization>, WorkError> {
    let upper = store::organizations::upper_below(unit, below).await?;
    Ok(upper.into_iter().filter(|org| org.level == Level::Bureau.name()))
}

async fn batches(unit: &mut Unit, year: i32, below: &str) -> Result<Vec<Batch>, WorkError> {
    let wanted = BatchSelection { year, below: below.to_owned(), status: None };
    Ok(store::batches::list(unit, &wanted).await?)
}

async fn submissions(
    unit: &mut Unit,
    year: i32,
    below: &str,
    status: Option<SubmissionStatus>,
) -> Result<Vec<Submission>, WorkError> {
    let status = status.map(|status| status.name().to_owned());
    let wanted =
        SubmissionSelection { year, below: below.to_owned(), status, most: i64::MAX, ..SubmissionSelection::default() };
    Ok(store::submissions::list(unit, &wanted).await?)
}

async fn units_without_submission(
    unit: &mut Unit,
    year: i32,
    below: &str,
) -> Result<Vec<(Organization, String)>, WorkError> {
    let mut orgs = store::organizations::list_below(unit, below).await?;
    orgs.retain(|org| org.level == Level::Grassroots.name());
    let is_back = |one: &Submission| SubmissionStatus::parse(&one.status) == Some(SubmissionStatus::Returned);
    let all = submissions(unit, year, below, None).await?;
    let done: HashSet<i64> = all.into_iter().filter(|one| !is_back(one)).map(|one| one.org_id).collect();
    orgs.retain(|org| !done.contains(&org.id));
    let ids: Vec<i64> = orgs.iter().map(|org| org.id).collect();
    let counted = store::memberships::count_in(unit, &ids).await?;
    let with_members: HashSet<i64> = counted.into_iter().map(|(id, _)| id).collect();
    orgs.retain(|org| with_members.contains(&org.id));
    Ok(orgs.into_iter().map(|org| (org, "尚未提交集中参保（或被退回后尚未重新提交）".to_owned())).collect())
}

async fn reviewers_with_work(
    unit: &mut Unit,
    year: i32,
    kind: WindowKind,
    below: &str,
) -> Result<Vec<(Organization, String)>, WorkError> {
    let waiting = submissions(unit, year, below, Some(SubmissionStatus::Submitted)).await?;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for above in waiting.iter().flat_map(|one| paths_above(&one.org_path)) {
        *counts.entry(above).or_default() += 1;
    }
    let mut reviewers = store::organizations::upper_below(unit, below).await?;
    if kind == WindowKind::ReviewBureau {
        reviewers.retain(|org| org.level == Level::Bureau.name());
    }
    let work = |org: Organization| {
        let count = counts.get(org.path.as_str())?;
        Some((org, format!("{count}家单位的集中参保待审批")))
    };
    Ok(reviewers.into_iter().filter_map(work).collect())
}

/// The paths of everything above (and at) a path: of `/1/5/` they are `/`, `/1/` and `/1/5/`.
fn paths_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..=end])
}

async fn units_that_owe(
    unit: &mut Unit,
    season: &Season,
    below: &str,
) -> Result<Vec<(Organization, String)>, WorkError> {
    let mut owing = submissions(unit, season.year(), below, None).await?;
    owing.retain(|one| one.batch_id.is_none());
    let shares = unit_shares(unit, season, &owing).await?;
    let open = |one: &&Submission| shares.get(&one.id).is_some_and(|share| *share != UnitShare::Settled);
    let owe: Vec<String> = owing.iter().filter(open).map(|one| one.org_code.clone()).collect();
    let mut units = store::organizations::find_many(unit, &owe).await?;
    units.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(units.into_iter().map(|org| (org, "基层单位应缴费用尚未缴清".to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_above_a_union_is_named_once() {
        assert_eq!(paths_above("/1/5/12/").collect::<Vec<_>>(), ["/", "/1/", "/1/5/", "/1/5/12/"]);
    }
}
