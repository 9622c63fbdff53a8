//! Mails of instant enrolments: what was submitted and decided, what became of its voucher, and its end.

use desk::{Cause, Letter, Matter, Reader, Season};
use domain::{
    enrollment::{
        instant::{InstantStatus, NO_VOUCHER_ZH},
        reason::deadline_zh,
    },
    year::texts::day_zh,
};
use mail::template::{PersonLine, YearLetter};
use messages::Envelope;
use runtime::shanghai_time;
use store::{
    instants::{Instant, InstantPerson},
    vouchers::Voucher,
};

use super::{
    event::Event,
    facts::Facts,
    tell::{count, figures, money, of_account},
};

/// People that a mail names.
const NAMED: usize = 20;

fn named(people: &[InstantPerson]) -> Vec<PersonLine> {
    let line = |one: &InstantPerson| PersonLine {
        name: one.name.clone(),
        id_masked: one.id_masked.clone(),
        note: String::new(),
    };
    people.iter().take(NAMED).map(line).collect()
}

fn of_instant(of: &Instant, season: &Season) -> YearLetter {
    YearLetter {
        year: of.year,
        org_code: of.org_code.clone(),
        org_name: of.org_name.clone(),
        number: of.id.to_string(),
        plan: season.file.plan(&of.plan).map(|plan| plan.name.clone()).unwrap_or_default(),
        headcount: Some(count(of.people)),
        money: Some(money(of.fen)),
        cover_from: day_zh(of.cover_from),
        cover_to: day_zh(of.cover_to),
        ..YearLetter::default()
    }
}

/// To the unit, and what is submitted to its bureau, too. A draft that is handed in again after a return is another version.
pub(super) fn decided(
    facts: &Facts,
    event: &Event,
    of: &Instant,
    people: &[InstantPerson],
    cause: &Envelope,
) -> Option<Letter> {
    use InstantStatus::{Approved, Cancelled, Returned, Submitted};
    let season = facts.seasons.get(&of.year)?;
    let org = facts.orgs.get(&of.org_id)?;
    let at = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(shanghai_time).unwrap_or_default();
    let bureau = facts.orgs.get(&of.bureau());
    let mut data = YearLetter { people: named(people), people_in_all: count(of.people), ..of_instant(of, season) };
    let kind = match (event, InstantStatus::parse(&of.status)?) {
        (Event::InstantSubmitted(_), Submitted) => {
            data.at = at(of.submitted_at);
            "instant-submitted"
        }
        (Event::InstantDecided(_), Approved) => {
            data.at = at(of.decided_at);
            data.due_fen = Some(of.fen.bureau + of.fen.unit);
            data.until = of.voucher_until.map(deadline_zh).unwrap_or_default();
            data.account = of_account(season);
            "instant-approved"
        }
        (Event::InstantDecided(_), Returned) => {
            data.at = at(of.decided_at);
            data.reason = of.reason.clone().unwrap_or_default();
            (data.cover_from, data.cover_to) = (String::new(), String::new());
            "instant-returned"
        }
        (Event::InstantDecided(_), Cancelled) if of.reason.as_deref() == Some(NO_VOUCHER_ZH) => {
            data.at = at(of.voucher_until);
            data.reason = of.reason.clone().unwrap_or_default();
            (data.cover_from, data.cover_to) = (String::new(), String::new());
            "instant-expired"
        }
        _ => return None,
    };
    // An approval had promised cover: who gave it is told as well when it ends.
    let both = matches!(kind, "instant-submitted" | "instant-expired");
    if !both {
        data.by = bureau.map(|bureau| bureau.name.clone()).unwrap_or_default();
    }
    let version = of.submitted_at.map_or(1, |at| at.timestamp());
    let letter = Letter::new(kind, Matter::Instant(of.id), version, &data, Cause::Message(cause.clone()));
    let letter = letter.of(org).to(Reader::org(org));
    Some(match bureau.filter(|_| both) {
        Some(bureau) => letter.to(Reader::org(bureau)),
        None => letter,
    })
}

/// What came to the centre, to the centre; its answer to the unit, and to the bureau what that has to see to.
pub(super) fn of_voucher(
    facts: &Facts,
    event: &Event,
    voucher: &Voucher,
    of: &Instant,
    cause: &Envelope,
) -> Option<Letter> {
    let season = facts.seasons.get(&of.year)?;
    let org = facts.orgs.get(&of.org_id)?;
    let mut data = of_instant(of, season);
    let decided = voucher.decided_at.map(shanghai_time).unwrap_or_default();
    let kind = match event {
        Event::Confirmed(_) => {
            data.at = decided;
            "instant-voucher-confirmed"
        }
        Event::Rejected(_) => {
            data.at = decided;
            data.reason = voucher.reason.clone().unwrap_or_default();
            data.due_fen = Some(of.fen.bureau + of.fen.unit);
            data.until = of.voucher_until.map(deadline_zh).unwrap_or_default();
            data.account = of_account(season);
            "instant-voucher-rejected"
        }
        _ => {
            data.at = shanghai_time(voucher.uploaded_at);
            data.due_fen = Some(of.fen.bureau + of.fen.unit);
            data.facts = figures(voucher);
            "instant-voucher-uploaded"
        }
    };
    let letter = Letter::new(kind, Matter::Voucher(voucher.id), 1, &data, Cause::Message(cause.clone())).of(org);
    Some(match event {
        Event::Confirmed(_) | Event::Rejected(_) => {
            let bureau = facts.orgs.get(&of.bureau()).map(Reader::org);
            bureau.into_iter().fold(letter.to(Reader::org(org)), Letter::to)
        }
        _ => facts.centre.iter().cloned().fold(letter, Letter::to),
    })
}
