//! Notices that events lead to: of every version of a unit's submission, and of every list that a bureau submits. What a newer
//! version has replaced is void (作废) from then on, in whichever order the messages come.

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
    let mut new = Vec::new();
    let mut causes = std::collections::HashMap::new();
    let mut counting = Vec::new();
    for (job, event) in jobs.iter().zip(events) {
        let notice = match event {
            Event::Submitted { submission, version } => {
                let found = versions.iter().find(|one| one.id == *version);
                found.and_then(|version| of_version(facts, *submission, version, &mut counting))
            }
            Event::BatchSubmitted(id) => of_batch(facts, *id),
            _ => None,
        };
        if let Some(notice) = notice {
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
    Ok(())
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

fn of_batch(facts: &Facts, id: i64) -> Option<NewNotice> {
    let of = facts.batches.get(&id)?;
    Some(NewNotice {
        id: uuid::Uuid::nil(),
        year: of.year,
        kind: "bureau",
        org_id: of.org_id,
        number: bureau_number(of.year, &of.org_code, of.supplement),
        version: 1,
        version_id: None,
        batch_id: Some(id),
    })
}
