//! People whom two submissions of a year hold: found as soon as the second one is there, and told to both unions, once.

use std::collections::BTreeMap;

use desk::{Cause, Letter, Matter, Moment, Outbox, Reader};
use domain::{enrollment::reason::deadline_zh, year::window::WindowKind};
use mail::template::{PersonLine, YearLetter};
use store::{
    Unit,
    messages::Job,
    submissions::{self, Conflict, Submission},
};

use super::{event::Event, facts::Facts};
use crate::{Shift, WorkError};

/// People that a mail names.
const NAMED: usize = 20;

/// Finds the people that these submissions share with others; a pair of unions is told of all of theirs in one mail each.
pub(super) async fn find(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    jobs: &[Job],
    events: &[Event],
    facts: &Facts,
    moment: Moment,
) -> Result<(), WorkError> {
    let mut by_year: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for event in events {
        if let Event::Submitted { submission, .. } = event
            && let Some(of) = facts.submissions.get(submission)
        {
            by_year.entry(of.year).or_default().push(of.id);
        }
    }
    let Some(cause) = jobs.first().map(|job| job.envelope.clone()) else { return Ok(()) };
    for (year, ids) in by_year {
        let shared = submissions::shared(unit, &ids).await?;
        let found = submissions::record_conflicts(unit, year, &shared, moment.business).await?;
        let mut pairs: BTreeMap<(i64, i64), Vec<Conflict>> = BTreeMap::new();
        for one in found {
            pairs.entry((one.first_submission_id, one.second_submission_id)).or_default().push(one);
        }
        let ids: Vec<i64> = pairs.keys().flat_map(|(one, other)| [*one, *other]).collect();
        let both: BTreeMap<i64, Submission> =
            submissions::get_many(unit, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
        let mut letters = Vec::new();
        for ((first, second), people) in &pairs {
            for (side, id) in (1..).zip([first, second]) {
                let Some(of) = both.get(id) else { continue };
                letters.extend(letter(unit, facts, of, people, side, &Cause::Message(cause.clone())).await?);
            }
        }
        shift.desk.post(unit, outbox, &letters, moment).await?;
        if !letters.is_empty() {
            tracing::info!(year, pairs = pairs.len(), "people stand in two submissions; both unions are told");
        }
    }
    Ok(())
}

/// The mail to one side; of the other nothing is told but that it is.
async fn letter(
    unit: &mut Unit,
    facts: &Facts,
    of: &Submission,
    people: &[Conflict],
    side: i64,
    cause: &Cause,
) -> Result<Option<Letter>, WorkError> {
    let Some(season) = facts.seasons.get(&of.year) else { return Ok(None) };
    let Some(first) = people.iter().map(|one| one.id).min() else { return Ok(None) };
    let Some(org) = store::organizations::get(unit, of.org_id).await? else { return Ok(None) };
    let persons: Vec<i64> = people.iter().take(NAMED).map(|one| one.person_id).collect();
    let named = submissions::people_named(unit, of.version_id, &persons).await?;
    let line = |one: submissions::Enrolled| PersonLine {
        name: one.name,
        id_masked: one.id_masked,
        note: "同时在另一单位的参保名单内".to_owned(),
    };
    let window = season.window(WindowKind::Submission, &of.org_path);
    let data = YearLetter {
        year: of.year,
        org_code: of.org_code.clone(),
        org_name: of.org_name.clone(),
        number: of.number.clone(),
        version: of.version,
        people: named.into_iter().map(line).collect(),
        people_in_all: people.len() as u64,
        until: window.map(|window| deadline_zh(window.closes_at)).unwrap_or_default(),
        ..YearLetter::default()
    };
    let letter = Letter::new("enrollment-conflict", Matter::Conflict(first), side, &data, cause.clone());
    Ok(Some(letter.of(&org).to(Reader::org(&org))))
}
