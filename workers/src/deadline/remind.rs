//! Reminders before a closing: to those who have yet to act.

use std::collections::HashSet;

use desk::{Cause, Letter, Matter, Moment, Outbox, Reader, Season, unit_shares};
use domain::{
    enrollment::{batch::BatchStatus, closing::UnitShare, reason::instant_zh, submission::SubmissionStatus},
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
    batches::BatchSelection,
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
            until: instant_zh(window.closes_at),
            days_left: Some(i64::from(due.days_before)),
            missing: vec![missing.clone()],
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

/// The organizations that have yet to act before a window closes, each with what is missing.
async fn concerned(
    unit: &mut Unit,
    season: &Season,
    kind: WindowKind,
    below: &str,
) -> Result<Vec<(Organization, String)>, WorkError> {
    let Some(concern) = Concern::of(kind) else { return Ok(Vec::new()) };
    let orgs = store::organizations::list_below(unit, below).await?;
    let wanted = SubmissionSelection {
        year: season.year(),
        below: below.to_owned(),
        most: i64::MAX,
        ..SubmissionSelection::default()
    };
    let submissions = store::submissions::list(unit, &wanted).await?;
    let of_level = |level: Level| move |org: &&Organization| org.level == level.name();
    let status = |one: &Submission| SubmissionStatus::parse(&one.status);
    let is = |wanted: SubmissionStatus| move |one: &&Submission| status(one) == Some(wanted);
    Ok(match concern {
        Concern::BureausWithoutSplit => {
            let mut without = Vec::new();
            for org in orgs.iter().filter(of_level(Level::Bureau)) {
                if store::premiums::of_bureau(unit, season.year(), org.id).await?.is_empty() {
                    without.push((org.clone(), "尚未设置参保金额比例；不设置的按年度文件的默认比例".to_owned()));
                }
            }
            without
        }
        Concern::UnitsWithoutSubmission => {
            let done: HashSet<i64> = submissions
                .iter()
                .filter(|one| status(one) != Some(SubmissionStatus::Returned))
                .map(|one| one.org_id)
                .collect();
            let ids: Vec<i64> = orgs.iter().filter(of_level(Level::Grassroots)).map(|org| org.id).collect();
            let with_members: HashSet<i64> =
                store::memberships::count_in(unit, &ids).await?.into_iter().map(|(id, _)| id).collect();
            let missing = |org: &&Organization| !done.contains(&org.id) && with_members.contains(&org.id);
            let units = orgs.iter().filter(of_level(Level::Grassroots)).filter(missing);
            units.map(|org| (org.clone(), "尚未提交集中参保（或被退回后尚未重新提交）".to_owned())).collect()
        }
        Concern::ReviewersWithWork => {
            let waiting: Vec<&Submission> = submissions.iter().filter(is(SubmissionStatus::Submitted)).collect();
            let levels: &[Level] =
                if kind == WindowKind::ReviewBureau { &[Level::Bureau] } else { &[Level::Bureau, Level::Secondary] };
            let reviewers = orgs.iter().filter(|org| levels.iter().any(|level| org.level == level.name()));
            let count = |org: &Organization| waiting.iter().filter(|one| one.org_path.starts_with(&org.path)).count();
            let work = |org: &Organization| Some((org.clone(), count(org))).filter(|(_, count)| *count > 0);
            reviewers.filter_map(work).map(|(org, count)| (org, format!("{count}家单位的集中参保待审批"))).collect()
        }
        Concern::UnitsThatOwe => units_that_owe(unit, season, &orgs, &submissions).await?,
        Concern::BureausWithoutBatch | Concern::BureausWithoutVoucher => {
            let selection = BatchSelection { year: season.year(), below: below.to_owned(), status: None };
            let batches = store::batches::list(unit, &selection).await?;
            let bureaus = orgs.iter().filter(of_level(Level::Bureau));
            let without_batch = concern == Concern::BureausWithoutBatch;
            let approved: HashSet<i64> =
                submissions.iter().filter(is(SubmissionStatus::Approved)).map(|one| one.bureau_id).collect();
            let waits = |org: &&Organization| {
                let mut own = batches.iter().filter(|batch| batch.org_id == org.id);
                if without_batch {
                    own.next().is_none() && approved.contains(&org.id)
                } else {
                    own.any(|batch| BatchStatus::parse(&batch.status).is_some_and(BatchStatus::waits_for_voucher))
                }
            };
            let text = if without_batch { "尚未提交至职保中心" } else { "尚未上传缴费凭证" };
            bureaus.filter(waits).map(|org| (org.clone(), text.to_owned())).collect()
        }
    })
}

async fn units_that_owe(
    unit: &mut Unit,
    season: &Season,
    orgs: &[Organization],
    submissions: &[Submission],
) -> Result<Vec<(Organization, String)>, WorkError> {
    let owing: Vec<Submission> = submissions.iter().filter(|one| one.batch_id.is_none()).cloned().collect();
    let shares = unit_shares(unit, season, &owing).await?;
    let open = |one: &&Submission| shares.get(&one.id).is_some_and(|share| *share != UnitShare::Settled);
    let owe: HashSet<i64> = owing.iter().filter(open).map(|one| one.org_id).collect();
    let units = orgs.iter().filter(|org| owe.contains(&org.id));
    Ok(units.map(|org| (org.clone(), "基层单位应缴费用尚未缴清".to_owned())).collect())
}
