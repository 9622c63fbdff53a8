//! One person in two submissions: settled when the first of them is submitted to the centre (decision 29). The loser's list,
//! money and version are made anew without; nobody's batch waits for it.

use std::collections::{BTreeMap, BTreeSet};

use domain::enrollment::{
    conflict::{Claim, Standing, keeper},
    instant::InstantStatus,
    submission::SubmissionStatus,
};
use messages::EnrollmentSubmitted;
use store::{
    Unit,
    instants::Covered,
    submissions::{Submission, Version},
};
use uuid::Uuid;

use super::{
    Season,
    fail::SYSTEM,
    preview::{money_of, no_plan},
    submit::{fen_of, list_hash, number_of},
};
use crate::{Desk, DeskError, Moment, Outbox};

impl Desk {
    /// Settles who keeps the people that these submissions, which are about to be finalized, share with others.
    pub(crate) async fn settle_conflicts(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        going: &[i64],
        moment: Moment,
    ) -> Result<(), DeskError> {
        let shared = store::submissions::shared(unit, going).await?;
        if shared.is_empty() {
            return Ok(());
        }
        let ids: BTreeSet<i64> = shared.iter().flat_map(|one| [one.submission_id, one.other_id]).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let locked = store::submissions::lock(unit, &ids).await?;
        let by_id: BTreeMap<i64, &Submission> = locked.iter().map(|one| (one.id, one)).collect();
        let batches: Vec<i64> = locked.iter().filter_map(|one| one.batch_id).collect();
        let finalized: BTreeMap<i64, _> = store::batches::get_many(unit, &batches)
            .await?
            .into_iter()
            .map(|batch| (batch.id, batch.submitted_at))
            .collect();
        let mut people: BTreeMap<i64, (Option<i64>, BTreeSet<i64>)> = BTreeMap::new();
        for one in &shared {
            let entry = people.entry(one.person_id).or_insert((one.registered_in, BTreeSet::new()));
            entry.1.extend([one.submission_id, one.other_id]);
        }
        let mut leaving: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        let mut settled = Vec::new();
        for (person, (registered_in, holders)) in people {
            let claims: Vec<Claim<i64>> = holders
                .iter()
                .filter_map(|id| by_id.get(id))
                .map(|one| Claim {
                    id: one.id,
                    standing: match one.batch_id.and_then(|batch| finalized.get(&batch)) {
                        Some(at) => Standing::Finalized(*at),
                        None if going.contains(&one.id) => Standing::Going,
                        None => Standing::Open,
                    },
                    is_registered: registered_in == Some(one.org_id),
                    received_at: one.received_at,
                })
                .collect();
            let Some(kept) = keeper(&claims) else { continue };
            for loser in holders.into_iter().filter(|id| *id != kept) {
                leaving.entry(loser).or_default().insert(person);
                settled.push((person, kept, loser));
            }
        }
        store::submissions::record_conflicts(unit, season.year(), &shared, moment.business).await?;
        store::submissions::settle_conflicts(unit, &settled, moment.business).await?;
        let mut keeping: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (person, kept, _) in &settled {
            keeping.entry(*kept).or_default().insert(*person);
        }
        let kept: Vec<_> =
            keeping.into_iter().filter_map(|(id, persons)| Some((by_id.get(&id).copied()?, persons))).collect();
        self.tell_keepers(unit, outbox, season, &kept, moment).await?;
        for (id, persons) in leaving {
            // What is finalized is never altered; by the order of claims it is never the loser to what is not.
            let open = |one: &&Submission| one.batch_id.is_none() && one.status != SubmissionStatus::Failed.name();
            if let Some(one) = by_id.get(&id).copied().filter(open) {
                self.make_anew(unit, outbox, season, one, &persons, "conflict", moment).await?;
            }
        }
        Ok(())
    }

    /// Leaves out of submissions that are about to be finalized whoever has instant cover by now: the unit submitted late,
    /// within an extension or after an undoing, or the person came from another union.
    pub(crate) async fn leave_out_instant(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        going: &[i64],
        moment: Moment,
    ) -> Result<(), DeskError> {
        let locked = store::submissions::lock(unit, going).await?;
        for (one, persons) in people_covered(unit, season.year(), &locked, Beside::Instants).await? {
            self.make_anew(unit, outbox, season, &one, &persons, "instant", moment).await?;
        }
        Ok(())
    }

    /// Makes a submission's list anew without some people: a version of its own, with its money; the status stays.
    #[expect(clippy::too_many_arguments, reason = "one version with all that makes it")]
    pub(crate) async fn make_anew(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        of: &Submission,
        without: &BTreeSet<i64>,
        cause: &str,
        moment: Moment,
    ) -> Result<Submission, DeskError> {
        let before = store::submissions::version(unit, of.version_id).await?.ok_or_else(no_plan)?;
        let mut people = store::submissions::people(unit, of.version_id).await?;
        let all = people.len();
        people.retain(|one| !without.contains(&one.person_id));
        // Whom another cover has is not this list's any more, so that its classes go on adding up to its members.
        let members = before.members - i64::try_from(all - people.len()).unwrap_or(0);
        let plan = season.file.plan(&of.plan).ok_or_else(no_plan)?;
        let money = money_of(unit, season.year(), of.bureau_id, plan, people.len() as u64, of.received_at).await?;
        let version = Version {
            id: self.id(moment),
            version: of.version + 1,
            members,
            people: i64::try_from(people.len()).unwrap_or(i64::MAX),
            fen: fen_of(money),
            sha256: list_hash(of.year, &of.org_code, &of.plan, money, &people),
            cause: cause.to_owned(),
            account: SYSTEM.to_owned(),
            // It stands for what was received then: what the unit submits later counts before it.
            received_at: of.received_at,
            ..before
        };
        let changed = Submission {
            version_id: version.id,
            version: version.version,
            number: number_of(of.year, &of.org_code, version.version),
            people: version.people,
            fen: version.fen,
            changed_at: moment.business,
            ..of.clone()
        };
        store::submissions::update(unit, &changed).await?;
        store::submissions::add_version(unit, &version, &people).await?;
        self.follow(outbox, &EnrollmentSubmitted { submission_id: of.id, version_id: version.id }, moment);
        let about = Some(format!("submission:{}:{}", of.year, of.org_code));
        let outcome = format!("done: {cause}, people fewer {}", without.len());
        let act = self.act(SYSTEM, "make-anew", Some(&of.org_code), about, outcome);
        store::audit::record(unit, &[act]).await?;
        Ok(changed)
    }
}

/// What the people of a list are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Instant enrolments: what other lists hold was settled before.
    Instants,
    /// Instant enrolments and other lists.
    Everything,
}

/// Those of these people whom a cover that stands for good has in the year, with the union whose it is: an approved instant
/// enrolment, or a submission that is with the centre. What `counts` rules out is passed over.
pub(crate) async fn covered_for_good(
    unit: &mut Unit,
    year: i32,
    persons: &[i64],
    counts: impl Fn(&Covered) -> bool,
) -> Result<BTreeMap<i64, String>, DeskError> {
    let found = store::instants::covered(unit, year, persons).await?;
    let found = found.into_iter().filter(|one| is_for_good(one) && counts(one));
    Ok(found.map(|one| (one.person_id, one.org_code)).collect())
}

fn is_for_good(one: &Covered) -> bool {
    if one.what == "instant" {
        InstantStatus::parse(&one.status) == Some(InstantStatus::Approved)
    } else {
        let status = SubmissionStatus::parse(&one.status);
        matches!(status, Some(SubmissionStatus::Finalized | SubmissionStatus::Effective))
    }
}

/// Those of these submissions that hold people whom another cover has for good, with these people.
pub(crate) async fn people_covered(
    unit: &mut Unit,
    year: i32,
    submissions: &[Submission],
    beside: Beside,
) -> Result<Vec<(Submission, BTreeSet<i64>)>, DeskError> {
    let versions: Vec<Uuid> = submissions.iter().map(|one| one.version_id).collect();
    let own = store::submissions::people_of(unit, &versions).await?;
    let persons: Vec<i64> = own.iter().map(|(_, one)| one.person_id).collect();
    let found = match beside {
        Beside::Instants => store::instants::covered_by_instants(unit, year, &persons).await?,
        Beside::Everything => store::instants::covered(unit, year, &persons).await?,
    };
    let these: BTreeSet<i64> = submissions.iter().map(|one| one.id).collect();
    let is_other = |one: &Covered| one.what == "instant" || !these.contains(&one.id);
    let covered: BTreeSet<i64> =
        found.iter().filter(|one| is_for_good(one) && is_other(one)).map(|one| one.person_id).collect();
    let mut by_version: BTreeMap<Uuid, BTreeSet<i64>> = BTreeMap::new();
    for (version, one) in own.into_iter().filter(|(_, one)| covered.contains(&one.person_id)) {
        by_version.entry(version).or_default().insert(one.person_id);
    }
    let with = |one: &Submission| Some((one.clone(), by_version.remove(&one.version_id)?));
    Ok(submissions.iter().filter_map(with).collect())
}
