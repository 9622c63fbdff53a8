//! Notices that events lead to: of every version of a unit's submission, of every list that a bureau submits, and of one that
//! came back to life with other figures and days. What a newer version has replaced is void (作废) from then on, in whichever
//! order the messages come.

use std::collections::HashMap;

use desk::{Moment, Outbox};
use messages::NoticeRequested;
use store::{
    Unit,
    messages::Job,
    notices::{self, NewNotice},
    submissions::Version,
};

use super::{event::Event, facts::Facts};
use crate::{Shift, WorkError};

/// The number of a unit's notice of a year.
pub(crate) fn unit_number(year: i32, org_code: &str) -> String {
    format!("GZ{year}-{org_code}")
}

/// The number of the notice of a bureau's list; a supplement has one of its own.
pub(crate) fn bureau_number(year: i32, org_code: &str, supplement: i64) -> String {
    if supplement == 0 { unit_number(year, org_code) } else { format!("GZ{year}-{org_code}-{supplement}") }
}

/// Asks for the notices of these events, each once.
pub(super) async fn request(
    shift: &Shift,
    unit: &mut Unit,
    outbox: &mut Outbox,
    jobs: &[Job],
    events: &[Event],
    facts: &Facts,
    moment: Moment,
) -> Result<(), WorkError> {
    let versions: Vec<uuid::Uuid> = events
        .iter()
        .filter_map(|event| if let Event::Submitted { version, .. } = event { Some(*version) } else { None })
        .collect();
    let versions = store::submissions::versions_named(unit, &versions).await?;
    let newest = newest(unit, events, facts).await?;
    let mut new = Vec::new();
    let mut causes = HashMap::new();
    let mut counting = Vec::new();
    for (job, event) in jobs.iter().zip(events) {
        let notices: Vec<NewNotice> = match event {
            Event::Submitted { submission, version } => {
                let found = versions.iter().find(|one| one.id == *version);
                found.and_then(|version| of_version(facts, *submission, version, &mut counting)).into_iter().collect()
            }
            Event::BatchSubmitted(id) => of_batch(facts, *id, 1).into_iter().collect(),
            Event::Undone(failures) => {
                let next = |id: &i64| newest.get(id).copied().unwrap_or(1) + 1;
                facts.batches_of(failures).iter().filter_map(|id| of_batch(facts, *id, next(id))).collect()
            }
            _ => Vec::new(),
        };
        for notice in notices {
            let id = shift.desk.id(moment);
            causes.insert(id, job);
            new.push(NewNotice { id, ..notice });
        }
    }
    for id in notices::request(unit, &new, moment.business).await? {
        if let Some(job) = causes.get(&id) {
            outbox.next(&shift.desk, &job.envelope, &NoticeRequested { notice_id: id }, moment);
        }
    }
    counting.sort_unstable();
    counting.dedup();
    notices::replace(unit, &counting, moment.business).await?;
    let batches: Vec<i64> = new.iter().filter_map(|one| one.batch_id).collect();
    let counting = notices::newest_of_batches(unit, &batches).await?;
    notices::replace_of_batches(unit, &counting, moment.business).await?;
    Ok(())
}

/// The newest notice of each batch that came back to life.
async fn newest(unit: &mut Unit, events: &[Event], facts: &Facts) -> Result<HashMap<i64, i64>, WorkError> {
    let undone = events.iter().filter_map(|event| if let Event::Undone(ids) = event { Some(ids) } else { None });
    let batches: Vec<i64> = undone.flat_map(|failures| facts.batches_of(failures)).collect();
    Ok(notices::newest_of_batches(unit, &batches).await?.into_iter().collect())
}

fn of_version(
    facts: &Facts,
    submission: i64,
    version: &Version,
    counting: &mut Vec<(String, uuid::Uuid)>,
) -> Option<NewNotice> {
    let of = facts.submissions.get(&submission)?;
    let number = unit_number(of.year, &of.org_code);
    counting.push((number.clone(), of.version_id));
    Some(NewNotice {
        id: version.id,
        year: of.year,
        kind: "unit",
        org_id: of.org_id,
        number,
        version: version.version,
        version_id: Some(version.id),
        batch_id: None,
    })
}

fn of_batch(facts: &Facts, id: i64, version: i64) -> Option<NewNotice> {
    let of = facts.batches.get(&id)?;
    Some(NewNotice {
        id: uuid::Uuid::nil(),
        year: of.year,
        kind: "bureau",
        org_id: of.org_id,
        number: bureau_number(of.year, &of.org_code, of.supplement),
        version,
        version_id: None,
        batch_id: Some(id),
    })
}
