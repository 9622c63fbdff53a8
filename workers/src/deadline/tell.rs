//! The mails of openings and closings: to those concerned, and nobody else.

use std::collections::HashMap;

use desk::{Cause, Failed, Letter, Matter, Moment, Outbox, Reader, Season};
use domain::{
    enrollment::reason::deadline_zh,
    organization::Level,
    year::{texts::day_zh, window::WindowKind},
};
use mail::template::{PersonLine, YearLetter};
use runtime::shanghai_time;
use store::{Unit, messages::Job, organizations::Organization, windows};

use crate::{Shift, WorkError};

/// People of a draft that a mail carries; the draft has all.
const PEOPLE: usize = 20;
/// Letters that are written into the ledger together.
const LETTERS: usize = 2_000;

/// Tells those who may act within a window that it has opened. The number of mails.
pub(super) async fn window_opened(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    season: &Season,
    kind: WindowKind,
    window: &windows::Window,
    moment: Moment,
) -> Result<usize, WorkError> {
    let Some(level) = audience(kind) else { return Ok(0) };
    let below = window.org_path.as_deref().unwrap_or("/");
    let mut concerned = store::organizations::list_below(unit, below).await?;
    concerned.retain(|org| org.level == level.name());
    let chain = shift.desk.id(moment);
    let letter = |org: &Organization| {
        let data = YearLetter {
            year: season.year(),
            org_code: org.code.clone(),
            org_name: org.name.clone(),
            window: kind.name_zh().to_owned(),
            until: deadline_zh(window.closes_at),
            missing: vec![task_zh(kind).to_owned()],
            ..YearLetter::default()
        };
        let letter =
            Letter::new("window-opened", Matter::Window(window.id), window.version, &data, Cause::Chain(chain));
        letter.of(org).to(Reader::org(org))
    };
    let mut told = 0;
    for part in concerned.chunks(LETTERS) {
        let letters: Vec<Letter> = part.iter().map(letter).collect();
        told += shift.desk.post(unit, outbox, &letters, moment).await?;
    }
    Ok(told)
}

/// Who acts first within a window; nobody is told of those that only follow another.
fn audience(kind: WindowKind) -> Option<Level> {
    match kind {
        WindowKind::PremiumSetting | WindowKind::FinalSubmission => Some(Level::Bureau),
        WindowKind::Submission => Some(Level::Grassroots),
        WindowKind::Review => Some(Level::Secondary),
        WindowKind::UnitPayment | WindowKind::ReviewBureau | WindowKind::BureauPayment | WindowKind::Cover => None,
    }
}

fn task_zh(kind: WindowKind) -> &'static str {
    match kind {
        WindowKind::PremiumSetting => "如需调整区局与基层单位的缴费比例，请在截止前设置；不设置的按年度文件的默认比例",
        WindowKind::Submission => "确认待确认名单，选择保障类型，提交集中参保",
        WindowKind::Review => "审核下级单位提交的集中参保",
        _ => "核对名单与金额，填写经办人信息后提交至职保中心",
    }
}

/// Tells unit and bureau what failed, with the draft that it became.
pub(super) async fn failed(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    season: &Season,
    job: &Job,
    failed: &[Failed],
    moment: Moment,
) -> Result<(), WorkError> {
    let bureaus: Vec<i64> = failed.iter().map(|one| one.submission.bureau()).collect();
    let bureaus: HashMap<i64, Organization> =
        store::organizations::get_many(unit, &bureaus).await?.into_iter().map(|org| (org.id, org)).collect();
    let units: Vec<i64> = failed.iter().map(|one| one.submission.org_id).collect();
    let units: HashMap<i64, Organization> =
        store::organizations::get_many(unit, &units).await?.into_iter().map(|org| (org.id, org)).collect();
    let mut letters = Vec::new();
    for one in failed {
        let Some(org) = units.get(&one.submission.org_id) else { continue };
        let data = failure_letter(season, one, moment);
        let letter = Letter::new(
            "enrollment-failed",
            Matter::Failure(one.failure_id),
            1,
            &data,
            Cause::Message(job.envelope.clone()),
        );
        let letter = letter.of(org).to(Reader::org(org));
        letters.push(match bureaus.get(&one.submission.bureau()) {
            Some(bureau) => letter.to(Reader::org(bureau)),
            None => letter,
        });
    }
    shift.desk.post(unit, outbox, &letters, moment).await?;
    Ok(())
}

fn failure_letter(season: &Season, one: &Failed, moment: Moment) -> YearLetter {
    let plan = season.file.plan(&one.submission.plan).map(|plan| plan.name.clone()).unwrap_or_default();
    let person = |person: &store::instants::InstantPerson| PersonLine {
        name: person.name.clone(),
        id_masked: person.id_masked.clone(),
        note: format!("中断{}天", person.gap_days),
    };
    let draft = one.instant.as_ref();
    YearLetter {
        year: season.year(),
        org_code: one.submission.org_code.clone(),
        org_name: one.submission.org_name.clone(),
        number: one.submission.number.clone(),
        at: shanghai_time(moment.business),
        plan,
        reason: one.reason.name_zh().to_owned(),
        remedy: one.reason.remedy_zh().to_owned(),
        headcount: draft.and_then(|draft| u64::try_from(draft.people).ok()),
        money: draft.map(|draft| domain::money::Money {
            total_fen: draft.fen.total,
            municipal_fen: draft.fen.municipal,
            bureau_fen: draft.fen.bureau,
            unit_fen: draft.fen.unit,
        }),
        cover_from: draft.map(|draft| day_zh(draft.cover_from)).unwrap_or_default(),
        cover_to: draft.map(|draft| day_zh(draft.cover_to)).unwrap_or_default(),
        people: one.people.iter().take(PEOPLE).map(person).collect(),
        people_in_all: one.people.len() as u64,
        ..YearLetter::default()
    }
}
