//! Who died or retired while standing on a submitted list: as soon as a feed tells it, the unit and its reviewers are told
//! by name, in a mail each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use desk::{Cause, GoneView, Letter, Matter, Reader, Season, judge_gone};
use domain::{
    enrollment::{reason::instant_zh, submission::SubmissionStatus},
    organization::Level,
    year::window::WindowKind,
};
use mail::template::{PersonLine, YearLetter};
use store::{
    Unit,
    organizations::Organization,
    submissions::{self, Gone, Submission},
};
use uuid::Uuid;

use crate::WorkError;

/// People that a mail names.
pub(crate) const NAMED: usize = 20;

/// Somebody as a mail has it; `unit` is blank where the mail is about one unit.
pub(crate) fn gone_line(one: &GoneView, unit: &str) -> PersonLine {
    let of = if unit.is_empty() { String::new() } else { format!("（{unit}）") };
    PersonLine { name: one.name.clone(), id_masked: one.id_masked.clone(), note: format!("{}{of}", one.message) }
}

/// The letters about those whom a feed has found on lists that wait for a review or a batch: one to each unit, one to each
/// of its reviewers for all units together. It reads what the feed has brought, and not all lists.
pub(crate) async fn letters(
    unit: &mut Unit,
    upload: Uuid,
    found: Vec<Gone>,
    cause: &Cause,
) -> Result<Vec<Letter>, WorkError> {
    let ids: BTreeSet<i64> = found.iter().map(|one| one.submission_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let waits = |one: &Submission| {
        matches!(SubmissionStatus::parse(&one.status), Some(SubmissionStatus::Submitted | SubmissionStatus::Approved))
    };
    let lists: HashMap<i64, Submission> =
        submissions::get_many(unit, &ids).await?.into_iter().filter(waits).map(|one| (one.id, one)).collect();
    let mut seasons = HashMap::new();
    for year in lists.values().map(|one| one.year).collect::<BTreeSet<_>>() {
        seasons.insert(year, Season::load(unit, year).await?);
    }
    let mut by_list: BTreeMap<i64, Vec<GoneView>> = BTreeMap::new();
    for row in found {
        let id = row.submission_id;
        let Some(list) = lists.get(&id) else { continue };
        let Some(season) = seasons.get(&list.year) else { continue };
        if let Some(view) = judge_gone(season, &list.org_code, row) {
            by_list.entry(id).or_default().push(view);
        }
    }
    let orgs: Vec<i64> = by_list.keys().map(|id| lists[id].org_id).collect();
    let units = store::organizations::get_many(unit, &orgs).await?;
    let mut upper = store::organizations::get_above(unit, &units).await?;
    upper.retain(|org| org.level == Level::Secondary.name() || org.level == Level::Bureau.name());
    let mut letters = Vec::new();
    let mut reviewed: BTreeMap<(i64, i32), Vec<PersonLine>> = BTreeMap::new();
    for (id, people) in &by_list {
        let list = &lists[id];
        let Some(org) = units.iter().find(|org| org.id == list.org_id) else { continue };
        letters.push(to_unit(upload, list, org, people, &seasons[&list.year], cause));
        for reviewer in upper.iter().filter(|reviewer| org.path.starts_with(&reviewer.path)) {
            let lines = people.iter().map(|one| gone_line(one, &org.name));
            reviewed.entry((reviewer.id, list.year)).or_default().extend(lines);
        }
    }
    for ((reviewer, year), people) in reviewed {
        if let Some(org) = upper.iter().find(|org| org.id == reviewer) {
            letters.push(to_reviewer(upload, org, year, people, cause));
        }
    }
    Ok(letters)
}

fn to_unit(
    upload: Uuid,
    list: &Submission,
    org: &Organization,
    people: &[GoneView],
    season: &Season,
    cause: &Cause,
) -> Letter {
    let window = season.window(WindowKind::Submission, &org.path);
    let data = YearLetter {
        number: list.number.clone(),
        version: list.version,
        until: window.map(|window| instant_zh(window.closes_at)).unwrap_or_default(),
        gone: people.iter().take(NAMED).map(|one| gone_line(one, "")).collect(),
        gone_in_all: people.len() as u64,
        ..about(org, list.year)
    };
    letter(upload, org, &data, cause)
}

fn to_reviewer(upload: Uuid, org: &Organization, year: i32, mut people: Vec<PersonLine>, cause: &Cause) -> Letter {
    let gone_in_all = people.len() as u64;
    people.truncate(NAMED);
    letter(upload, org, &YearLetter { gone: people, gone_in_all, ..about(org, year) }, cause)
}

fn about(org: &Organization, year: i32) -> YearLetter {
    YearLetter { year, org_code: org.code.clone(), org_name: org.name.clone(), ..YearLetter::default() }
}

fn letter(upload: Uuid, org: &Organization, data: &YearLetter, cause: &Cause) -> Letter {
    // One for each organization and year of a feed.
    let version = org.id * 10_000 + i64::from(data.year);
    Letter::new("members-gone", Matter::Upload(upload), version, data, cause.clone()).of(org).to(Reader::org(org))
}
