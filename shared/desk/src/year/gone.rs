//! Who stands on a list that was submitted and is known by now to have died or retired before the year: named wherever
//! the list is looked at, so that nobody's money is paid for them unseen.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use domain::{
    enrollment::{
        eligibility::{Class, RetirementDecision, gone, gone_zh},
        submission::SubmissionStatus,
    },
    facts::Facts,
};
use serde::Serialize;
use store::{
    Session,
    submissions::{Gone, Submission},
};

use super::{Season, preview::member_no};
use crate::{Desk, DeskError};

/// People whom a look goes through one by one; of more it starts from what feeds and clerks have told.
const WALKED: i64 = 2_000;
/// What a feed told so long before a list was received was known when it was made.
const MARGIN: TimeDelta = TimeDelta::days(1);

/// Somebody who should be on no list any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoneView {
    /// The unit's number.
    pub org: String,
    /// The member's number.
    pub member_no: String,
    /// The name as it stands on the list.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// `deceased` or `retired`.
    pub class: &'static str,
    /// The day on record; none where the unit's clerk has decided it.
    pub on: Option<NaiveDate>,
    /// The same for the clerk, as 2022年11月5日已登记死亡.
    pub message: String,
}

/// Judges a row by the rules of its year.
#[must_use]
pub fn judge(season: &Season, org: &str, row: Gone) -> Option<GoneView> {
    let facts = Facts { retired_on: row.retired_on, deceased_on: row.deceased_on, ..Facts::default() };
    let decision = row.decision.as_deref().and_then(RetirementDecision::parse);
    let class = gone(&facts, season.file.rules().retired_before, decision)?;
    let on = if class == Class::Deceased { row.deceased_on } else { row.retired_on };
    Some(GoneView {
        org: org.to_owned(),
        member_no: member_no(row.person_id),
        name: row.name,
        id_masked: row.id_masked,
        class: class.name(),
        on,
        message: gone_zh(class, on),
    })
}

/// Those on these lists, by submission; lists that hold nobody (returned, failed) are left out.
pub async fn gone_on<'s>(
    session: &mut impl Session,
    season: &Season,
    lists: impl IntoIterator<Item = &'s Submission>,
) -> Result<BTreeMap<i64, Vec<GoneView>>, DeskError> {
    let holds = |one: &&Submission| {
        !matches!(
            SubmissionStatus::parse(&one.status),
            None | Some(SubmissionStatus::Returned | SubmissionStatus::Failed)
        )
    };
    let lists: BTreeMap<i64, &Submission> = lists.into_iter().filter(holds).map(|one| (one.id, one)).collect();
    let people: i64 = lists.values().map(|one| one.people).sum();
    let rows = match lists.values().map(|one| one.received_at).min() {
        None => Vec::new(),
        Some(first) if people > WALKED => store::submissions::gone_since(session, first - MARGIN).await?,
        Some(_) => {
            let versions: BTreeSet<_> = lists.values().map(|one| one.version_id).collect();
            let versions: Vec<_> = versions.into_iter().collect();
            store::submissions::gone_in(session, &versions, season.year()).await?
        }
    };
    let mut found: BTreeMap<i64, Vec<GoneView>> = BTreeMap::new();
    for row in rows {
        let id = row.submission_id;
        let Some(list) = lists.get(&id) else { continue };
        if let Some(view) = judge(season, &list.org_code, row) {
            found.entry(id).or_default().push(view);
        }
    }
    Ok(found)
}

/// What a reviewer is told who approves such a list.
pub(crate) fn warning(gone: &[GoneView]) -> Option<String> {
    if gone.is_empty() {
        return None;
    }
    let people: Vec<String> =
        gone.iter().map(|one| format!("{} {} ({})", one.name, one.id_masked, one.class)).collect();
    Some(format!(
        "the list holds people who are recorded as dead or retired: {}; returned, the unit submits it without them",
        people.join(", ")
    ))
}

impl Desk {
    /// Those on a list who are known by now to have died or retired before the year.
    pub async fn gone_of(&self, submission: &Submission) -> Result<Vec<GoneView>, DeskError> {
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, submission.year).await?;
        Ok(gone_on(&mut session, &season, [submission]).await?.into_values().flatten().collect())
    }
}
