//! The notice of a unit's submission, and the receipt that it goes with.

use std::collections::HashSet;

use desk::{Cause, GoneView, Letter, Matter, Reader, Season, gone_on, number_of};
use documents::{Covered, Replaced, Undecided, Union, UnitNotice};
use domain::{
    enrollment::{eligibility::ClassCounts, reason::deadline_zh},
    identity::IdKind,
    money::Money,
    year::{texts::TextKey, window::WindowKind},
};
use mail::template::{NoticeLine, PersonLine, YearLetter};
use messages::Envelope;
use runtime::shanghai_time;
use store::{
    View,
    notices::Notice,
    organizations::Organization,
    submissions::{self, Enrolled, Submission, Version},
};
use uuid::Uuid;

use super::{Draft, gone, local};
use crate::{
    WorkError,
    enrollment::{
        gone::{NAMED, gone_line},
        tell::{count, cover, money},
    },
};

/// Why a version was made: people whom another union keeps were taken off.
const CONFLICT: &str = "conflict";
/// Why a version was made: people had instant cover by then.
const INSTANT: &str = "instant";
/// Why a version was made: the unit submitted it.
const SUBMIT: &str = "submit";

/// What the notice and its mail are written from.
struct Read {
    submission: Submission,
    version: Version,
    before: Option<Version>,
    people: Vec<Enrolled>,
    /// Who stood in the version before and was taken off when a conflict was settled.
    left: Vec<PersonLine>,
    undecided: Vec<PersonLine>,
    /// Who is known by now to have died or retired.
    gone: Vec<GoneView>,
    season: Season,
    org: Organization,
    bureau: Organization,
    issuer: String,
}

/// Reads a version; the notice to be rendered, and its mail.
pub(super) async fn draft(
    view: &mut View,
    notice: &Notice,
    version: Uuid,
    cause: &Envelope,
) -> Result<(Draft, Option<Letter>), WorkError> {
    let read = read(view, notice, version).await?;
    let letter = letter(&read, notice, cause);
    Ok((Draft::Unit(Box::new(document(&read, notice)?)), letter))
}

async fn read(view: &mut View, notice: &Notice, version: Uuid) -> Result<Read, WorkError> {
    let version = submissions::version(view, version).await?.ok_or(WorkError::Missing("version"))?;
    let submission = submissions::get_many(view, &[version.submission_id]).await?.pop();
    let submission = submission.ok_or(WorkError::Missing("submission"))?;
    let all = submissions::versions(view, submission.id).await?;
    let before = all.into_iter().rfind(|one| one.version < version.version);
    let people = submissions::people(view, version.id).await?;
    let left = match &before {
        Some(before) if version.cause != SUBMIT => left(submissions::people(view, before.id).await?, &people),
        _ => Vec::new(),
    };
    let org = store::organizations::get(view, notice.org_id).await?.ok_or(WorkError::Missing("union"))?;
    let bureau = store::organizations::get(view, submission.bureau()).await?.ok_or(WorkError::Missing("bureau"))?;
    let issuer = store::organizations::root(view).await?.map(|root| root.name).unwrap_or_default();
    let season = Season::load(view, notice.year).await?;
    // What a version says that does not count any more is void.
    let counts = Some(&submission).filter(|submission| submission.version_id == version.id);
    let gone = gone_on(view, &season, counts).await?.into_values().flatten().collect();
    // Who was decided about meanwhile still stands in the version as it was submitted; who left the list does not.
    let undecided: Vec<PersonLine> = serde_json::from_str(&version.undecided).unwrap_or_default();
    Ok(Read { submission, version, before, people, left, undecided, gone, season, org, bureau, issuer })
}

/// Those of a list that the next one has no more.
fn left(before: Vec<Enrolled>, now: &[Enrolled]) -> Vec<PersonLine> {
    let stays: HashSet<i64> = now.iter().map(|one| one.person_id).collect();
    let gone = before.into_iter().filter(|one| !stays.contains(&one.person_id));
    let note = "不再由贵单位参保";
    gone.map(|one| PersonLine { name: one.name, id_masked: one.id_masked, note: note.to_owned() }).collect()
}

fn classes(of: &Version) -> ClassCounts {
    let [enrolled, no_card, pending, retired, deceased] =
        [of.people, of.no_card, of.pending, of.retired, of.deceased].map(count);
    // A list made anew without somebody counts him no more.
    let total = enrolled + no_card + pending + retired + deceased;
    ClassCounts { total, enrolled, no_card, pending, retired, deceased }
}

/// What one person cost when it was submitted: splits that were set later don't change it.
fn premium(read: &Read) -> Result<Money, WorkError> {
    let plan = read.season.file.plan(&read.version.plan).ok_or(WorkError::Missing("plan"))?;
    let (of, people) = (read.version.fen, read.version.people);
    if people == 0 {
        return Ok(Money {
            total_fen: plan.fee_fen,
            municipal_fen: plan.municipal_fen,
            bureau_fen: plan.bureau_fen,
            unit_fen: plan.unit_fen,
        });
    }
    Ok(Money {
        total_fen: of.total / people,
        municipal_fen: of.municipal / people,
        bureau_fen: of.bureau / people,
        unit_fen: of.unit / people,
    })
}

fn document(read: &Read, notice: &Notice) -> Result<UnitNotice, WorkError> {
    let file = &read.season.file;
    let plan = file.plan(&read.version.plan).ok_or(WorkError::Missing("plan"))?.clone();
    let days = file.days(WindowKind::Cover).ok_or(WorkError::Missing("cover"))?;
    let window = read.season.window(WindowKind::UnitPayment, &read.org.path);
    let window = window.ok_or(WorkError::Missing("window of the units' payment"))?;
    let last_day = |kind| read.season.window(kind, &read.org.path).map(|window| window.last_day());
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let union = |org: &Organization| Union { code: org.code.clone(), name: org.name.clone() };
    let person = |one: &Enrolled| Covered {
        name: one.name.clone(),
        id_kind: IdKind::parse(&one.doc_kind).map_or("", IdKind::name_zh).to_owned(),
        id_masked: one.id_masked.clone(),
        card_masked: one.card_masked.clone(),
        from: days.first,
        to: days.last,
    };
    let undecided = |one: &PersonLine| Undecided {
        name: one.name.clone(),
        id_masked: one.id_masked.clone(),
        standing: one.note.clone(),
    };
    let replaces = |before: &Version| Replaced {
        number: notice.number.clone(),
        version: number(before.version),
        received_at: local(before.received_at),
    };
    Ok(UnitNotice {
        issuer: read.issuer.clone(),
        number: notice.number.clone(),
        version: number(notice.version),
        replaces: read.before.as_ref().map(replaces),
        year: notice.year,
        unit: union(&read.org),
        bureau: union(&read.bureau),
        plan,
        submission_no: number_of(notice.year, &read.org.code, read.version.version),
        received_at: local(read.version.received_at),
        classes: classes(&read.version),
        submitted_before: read.before.as_ref().map_or(0, |before| count(before.people)),
        premium: premium(read)?,
        money: money(read.version.fen),
        account: None,
        pay_by: window.last_day(),
        cover_from: days.first,
        cover_to: days.last,
        payment_text: file.text(TextKey::UnitPayment, last_day),
        important_text: file.text(TextKey::Important, last_day),
        undecided: read.undecided.iter().map(undecided).collect(),
        gone: read.gone.iter().map(|one| gone(one, "")).collect(),
        people: read.people.iter().map(person).collect(),
    })
}

/// The receipt; of a list made anew, what was settled and why. Of what an undone failure left the undoing tells.
fn letter(read: &Read, notice: &Notice, cause: &Envelope) -> Option<Letter> {
    let (of, season) = (&read.version, &read.season);
    let (cover_from, cover_to) = cover(season);
    let window = season.window(WindowKind::UnitPayment, &read.org.path);
    let undecided_in_all = read.undecided.len() as u64;
    let mut data = YearLetter {
        year: notice.year,
        org_code: read.org.code.clone(),
        org_name: read.org.name.clone(),
        number: number_of(notice.year, &read.org.code, of.version),
        version: of.version,
        at: shanghai_time(of.received_at),
        plan: season.file.plan(&of.plan).map(|plan| plan.name.clone()).unwrap_or_default(),
        classes: Some(classes(of)),
        money: Some(money(of.fen)),
        due_fen: (of.fen.unit > 0).then_some(of.fen.unit),
        cover_from,
        cover_to,
        undecided: read.undecided.iter().take(20).cloned().collect(),
        undecided_in_all,
        gone: read.gone.iter().take(NAMED).map(|one| gone_line(one, "")).collect(),
        gone_in_all: read.gone.len() as u64,
        sha256: of.sha256.clone(),
        notice: Some(NoticeLine { id: notice.id, number: notice.number.clone(), version: notice.version }),
        ..YearLetter::default()
    };
    if of.fen.unit > 0 {
        data.until = window.map(|window| deadline_zh(window.closes_at)).unwrap_or_default();
        data.account.clone_from(&read.bureau.name);
    }
    let (kind, reader) = match of.cause.as_str() {
        SUBMIT => ("submission-received", Reader::account(&of.account, Some(&read.org))),
        CONFLICT | INSTANT => {
            (data.people, data.people_in_all) = (read.left.iter().take(20).cloned().collect(), read.left.len() as u64);
            let reason = if of.cause == CONFLICT {
                "同一会员同时在另一单位的参保名单内，由另一单位参保"
            } else {
                "名单中的会员已办理即时参保，不再计入集中参保"
            };
            reason.clone_into(&mut data.reason);
            ("conflict-settled", Reader::org(&read.org))
        }
        _ => return None,
    };
    let matter = Matter::Submission(read.submission.id);
    let letter = Letter::new(kind, matter, of.version, &data, Cause::Message(cause.clone()));
    Some(letter.of(&read.org).to(reader))
}
