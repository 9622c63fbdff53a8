//! Mails that events lead to. Receipts go with their notices and are written where those are made.

use std::collections::{BTreeMap, HashMap, HashSet};

use desk::{Cause, GoneView, Letter, Matter, Moment, Outbox, Reader, Season, gone_on, voucher_deadline};
use domain::{
    enrollment::{
        closing::deadline,
        reason::{FailureReason, deadline_zh},
        submission::SubmissionStatus,
    },
    money::{Money, Yuan},
    year::{texts::day_zh, window::WindowKind},
};
use mail::template::{Figure, PersonLine, YearLetter};
use messages::Envelope;
use runtime::shanghai_time;
use store::{
    Unit,
    batches::Batch,
    failures::Failure,
    messages::Job,
    submissions::{self, Fen, Submission},
    vouchers::Voucher,
};

use super::{
    event::Event,
    facts::Facts,
    gone::{NAMED, gone_line},
    tell_instant,
};
use crate::{Shift, WorkError};

/// Writes the mails of these events into the ledger.
pub(super) async fn tell(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    jobs: &[Job],
    events: &[Event],
    facts: &Facts,
    moment: Moment,
) -> Result<(), WorkError> {
    let mut letters = Vec::new();
    let gone = gone_of_reviewed(unit, events, facts).await?;
    for (job, event) in jobs.iter().zip(events) {
        let cause = &job.envelope;
        match event {
            Event::Reviewed(id) => {
                letters.extend(approved(facts, *id, gone.get(id).map_or(&[], Vec::as_slice), cause));
            }
            Event::Returned(id) => letters.extend(returned(facts, *id, cause, moment)),
            Event::Uploaded(id) | Event::Confirmed(id) | Event::Rejected(id) => {
                let voucher = facts.vouchers.get(id);
                letters.extend(voucher.and_then(|voucher| of_voucher(facts, event, voucher, cause)));
            }
            Event::InstantSubmitted(id) | Event::InstantDecided(id) => {
                if let Some(of) = facts.instants.get(id) {
                    let people = store::instants::people(unit, *id).await?;
                    letters.extend(tell_instant::decided(facts, event, of, &people, cause));
                }
            }
            Event::Undone(ids) => {
                let mut left = left_out(unit, facts, ids).await?;
                let failures = ids.iter().filter_map(|id| facts.failures.get(id));
                letters.extend(
                    failures.filter_map(|one| {
                        undone(facts, one, left.remove(&one.submission_id).unwrap_or_default(), cause)
                    }),
                );
            }
            // What failed is told by who enforces the closing; receipts and lists go with their notices.
            Event::Submitted { .. } | Event::Failed(_) | Event::BatchSubmitted(_) | Event::BatchEffective(_) => {}
        }
    }
    shift.desk.post(unit, outbox, &letters, moment).await?;
    Ok(())
}

/// Those on the lists that were reviewed who should be on none any more.
async fn gone_of_reviewed(
    unit: &mut Unit,
    events: &[Event],
    facts: &Facts,
) -> Result<BTreeMap<i64, Vec<GoneView>>, WorkError> {
    let reviewed = events.iter().filter_map(|event| if let Event::Reviewed(id) = event { Some(id) } else { None });
    let mut lists: BTreeMap<i32, Vec<&Submission>> = BTreeMap::new();
    for one in reviewed.filter_map(|id| facts.submissions.get(id)) {
        lists.entry(one.year).or_default().push(one);
    }
    let mut found = BTreeMap::new();
    for (year, lists) in lists {
        if let Some(season) = facts.seasons.get(&year) {
            found.extend(gone_on(unit, season, lists).await?);
        }
    }
    Ok(found)
}

/// Money as mails have it.
pub(crate) fn money(fen: Fen) -> Money {
    Money { total_fen: fen.total, municipal_fen: fen.municipal, bureau_fen: fen.bureau, unit_fen: fen.unit }
}

/// How many, as mails have it.
pub(crate) fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The days of cover of a year, as people read them.
pub(crate) fn cover(season: &Season) -> (String, String) {
    season.file.days(WindowKind::Cover).map(|days| (day_zh(days.first), day_zh(days.last))).unwrap_or_default()
}

fn of_submission(of: &Submission, season: &Season) -> YearLetter {
    let (cover_from, cover_to) = cover(season);
    YearLetter {
        year: of.year,
        org_code: of.org_code.clone(),
        org_name: of.org_name.clone(),
        number: of.number.clone(),
        version: of.version,
        plan: season.file.plan(&of.plan).map(|plan| plan.name.clone()).unwrap_or_default(),
        headcount: Some(count(of.people)),
        money: Some(money(of.fen)),
        cover_from,
        cover_to,
        ..YearLetter::default()
    }
}

fn status(of: &Submission) -> Option<SubmissionStatus> {
    SubmissionStatus::parse(&of.status)
}

/// To the unit: on the submission list, unless events have overtaken that.
fn approved(facts: &Facts, id: i64, gone: &[GoneView], cause: &Envelope) -> Option<Letter> {
    use SubmissionStatus::{Approved, Effective, Finalized};
    let of = facts.submissions.get(&id)?;
    let season = facts.seasons.get(&of.year)?;
    let org = facts.orgs.get(&of.org_id)?;
    if !matches!(status(of), Some(Approved | Finalized | Effective)) {
        return None;
    }
    let mut data = of_submission(of, season);
    data.at = of.reviewed_at.map(shanghai_time).unwrap_or_default();
    data.gone = gone.iter().take(NAMED).map(|one| gone_line(one, "")).collect();
    data.gone_in_all = gone.len() as u64;
    if of.fen.unit > 0 {
        let window = season.window(WindowKind::UnitPayment, &of.org_path);
        data.due_fen = Some(of.fen.unit);
        data.until = window.map(|window| deadline_zh(window.closes_at)).unwrap_or_default();
        data.account = facts.orgs.get(&of.bureau()).map(|bureau| bureau.name.clone()).unwrap_or_default();
    }
    let letter =
        Letter::new("submission-approved", Matter::Submission(id), of.version, &data, Cause::Message(cause.clone()));
    Some(letter.of(org).to(Reader::org(org)))
}

/// Back to the unit, with the reason, and until when it may submit again.
fn returned(facts: &Facts, id: i64, cause: &Envelope, moment: Moment) -> Option<Letter> {
    let of = facts.submissions.get(&id)?;
    let season = facts.seasons.get(&of.year)?;
    let org = facts.orgs.get(&of.org_id)?;
    if status(of) != Some(SubmissionStatus::Returned) {
        return None;
    }
    let window = season.window(WindowKind::Submission, &of.org_path).filter(|window| window.is_open(moment.business));
    let data = YearLetter {
        at: of.reviewed_at.map(shanghai_time).unwrap_or_default(),
        reason: of.reason.clone().unwrap_or_default(),
        until: window.map(|window| deadline_zh(window.closes_at)).unwrap_or_default(),
        ..of_submission(of, season)
    };
    let letter =
        Letter::new("submission-returned", Matter::Submission(id), of.version, &data, Cause::Message(cause.clone()));
    Some(letter.of(org).to(Reader::org(org)))
}

/// What mails say of a batch.
pub(crate) fn of_batch(of: &Batch, season: &Season) -> YearLetter {
    YearLetter {
        year: of.year,
        org_code: of.org_code.clone(),
        org_name: of.org_name.clone(),
        number: of.batch_no.clone(),
        units: Some(count(of.units)),
        headcount: Some(count(of.people)),
        money: Some(money(of.fen)),
        credit_fen: of.credit_fen,
        due_fen: Some(of.due_fen),
        until: voucher_deadline(season, of).map(deadline_zh).unwrap_or_default(),
        account: of_account(season),
        ..YearLetter::default()
    }
}

fn of_voucher(facts: &Facts, event: &Event, voucher: &Voucher, cause: &Envelope) -> Option<Letter> {
    if let Some(instant) = voucher.instant_id {
        return tell_instant::of_voucher(facts, event, voucher, facts.instants.get(&instant)?, cause);
    }
    let batch = facts.batches.get(&voucher.batch_id?)?;
    let season = facts.seasons.get(&batch.year)?;
    let org = facts.orgs.get(&batch.org_id)?;
    let mut data = of_batch(batch, season);
    let decided = voucher.decided_at.map(shanghai_time).unwrap_or_default();
    let kind = match event {
        Event::Confirmed(_) => {
            (data.at, data.by, data.due_fen) = (decided, "职保中心".to_owned(), None);
            (data.cover_from, data.cover_to) = cover(season);
            "voucher-confirmed"
        }
        Event::Rejected(_) => {
            (data.at, data.by) = (decided, "职保中心".to_owned());
            data.reason = voucher.reason.clone().unwrap_or_default();
            "voucher-rejected"
        }
        _ => {
            data.at = shanghai_time(voucher.uploaded_at);
            data.facts = figures(voucher);
            "voucher-uploaded"
        }
    };
    let letter = Letter::new(kind, Matter::Voucher(voucher.id), 1, &data, Cause::Message(cause.clone())).of(org);
    Some(if kind == "voucher-uploaded" {
        facts.centre.iter().cloned().fold(letter, Letter::to)
    } else {
        letter.to(Reader::org(org)).to(Reader::address(&batch.email))
    })
}

/// What a voucher says, for those who look at it.
pub(super) fn figures(voucher: &Voucher) -> Vec<Figure> {
    let figure = |label: &str, value: String| Figure { label: label.to_owned(), value };
    vec![
        figure("凭证金额", format!("{} 元", Yuan(voucher.amount_fen))),
        figure("到账日期", day_zh(voucher.paid_on)),
        figure("文件", voucher.file_name.clone()),
    ]
}

/// Where money is to be transferred.
pub(super) fn of_account(season: &Season) -> String {
    let account = season.file.accounts().first();
    account.map(|one| format!("{}，{}，账号 {}", one.holder, one.bank, one.number)).unwrap_or_default()
}

/// Who is no more on the lists that came back to life, by submission: covered by something else by then.
async fn left_out(
    unit: &mut Unit,
    facts: &Facts,
    failures: &[i64],
) -> Result<HashMap<i64, Vec<PersonLine>>, WorkError> {
    let of = failures.iter().filter_map(|id| facts.submissions.get(&facts.failures.get(id)?.submission_id));
    let now: Vec<uuid::Uuid> = of.map(|one| one.version_id).collect();
    let mut left = HashMap::new();
    for made_anew in submissions::versions_named(unit, &now).await?.into_iter().filter(|one| one.cause == "undo") {
        let all = submissions::versions(unit, made_anew.submission_id).await?;
        let Some(before) = all.into_iter().rfind(|one| one.version < made_anew.version) else { continue };
        let stay = submissions::people(unit, made_anew.id).await?;
        let stay: HashSet<i64> = stay.into_iter().map(|one| one.person_id).collect();
        let gone = submissions::people(unit, before.id).await?.into_iter();
        let gone = gone.filter(|one| !stay.contains(&one.person_id)).map(|one| PersonLine {
            name: one.name,
            id_masked: one.id_masked,
            note: "已另有保障".to_owned(),
        });
        left.insert(made_anew.submission_id, gone.collect());
    }
    Ok(left)
}

/// To all whom the failure was told: until when the bureau has to go on with it, or it fails once more.
fn undone(facts: &Facts, failure: &Failure, left: Vec<PersonLine>, cause: &Envelope) -> Option<Letter> {
    let of = facts.submissions.get(&failure.submission_id)?;
    let season = facts.seasons.get(&of.year)?;
    let org = facts.orgs.get(&of.org_id)?;
    let data = YearLetter {
        at: failure.undone_at.map(shanghai_time).unwrap_or_default(),
        reason: failure.undo_reason.clone().unwrap_or_default(),
        remedy: remedy(facts, failure, of, season),
        people_in_all: left.len() as u64,
        people: left.into_iter().take(20).collect(),
        ..of_submission(of, season)
    };
    let letter =
        Letter::new("failure-undone", Matter::Failure(failure.id), 1, &data, Cause::Message(cause.clone())).of(org);
    let letter = letter.to(Reader::org(org));
    Some(match facts.orgs.get(&of.bureau()) {
        Some(bureau) => letter.to(Reader::org(bureau)),
        None => letter,
    })
}

/// What is still to be done about what came back to life, by whom and until when.
fn remedy(facts: &Facts, failure: &Failure, of: &Submission, season: &Season) -> String {
    if of.people == 0 {
        return "名单中的会员均已另有保障，不再计入集中参保，无需再办理".to_owned();
    }
    let until = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(deadline_zh).unwrap_or_default();
    match of.batch_id.and_then(|id| facts.batches.get(&id)) {
        Some(batch) if batch.due_fen == 0 => "本批次无需划拨，无需再办理".to_owned(),
        Some(batch) => {
            let until = until(voucher_deadline(season, batch));
            format!("区局(产业)工会须在{until}划拨并上传批次{}的缴费凭证，逾期将再次失败", batch.batch_no)
        }
        None => {
            let window = season.window(WindowKind::FinalSubmission, &of.org_path);
            let extra = season.file.rules().voucher_extra_days;
            let at = until(window.map(|window| deadline(window.closes_at, failure.undone_at, extra)));
            let first = match status(of) {
                Some(SubmissionStatus::Returned) => "单位须先重新提交，区局(产业)工会审批后",
                Some(SubmissionStatus::Submitted) => "区局(产业)工会须先审批，再",
                _ if FailureReason::parse(&failure.reason_code).is_some_and(FailureReason::is_about_share) => {
                    "区局(产业)工会须先登记单位在缴费期内的缴费，再"
                }
                _ => "区局(产业)工会须",
            };
            format!("{first}在{at}将其补充提交至职保中心，逾期将再次失败")
        }
    }
}
