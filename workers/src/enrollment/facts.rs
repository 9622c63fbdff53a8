//! What a group of events is about, as it is by now: read in a few statements however many events there are.

use std::collections::{BTreeSet, HashMap};

use desk::{Reader, Season};
use domain::role::Role;
use store::{
    Unit, batches::Batch, failures::Failure, instants::Instant, organizations::Organization, submissions::Submission,
    vouchers::Voucher,
};
use uuid::Uuid;

use super::event::Event;
use crate::WorkError;

/// The rows that events name, and those around them.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub submissions: HashMap<i64, Submission>,
    pub batches: HashMap<i64, Batch>,
    pub vouchers: HashMap<Uuid, Voucher>,
    pub instants: HashMap<i64, Instant>,
    pub failures: HashMap<i64, Failure>,
    pub orgs: HashMap<i64, Organization>,
    pub seasons: HashMap<i32, Season>,
    /// Those who look at vouchers.
    pub centre: Vec<Reader>,
}

impl Facts {
    /// Reads what these events need; the submissions are locked and read already.
    pub(super) async fn read(unit: &mut Unit, events: &[Event], held: Vec<Submission>) -> Result<Self, WorkError> {
        let mut facts = Self { submissions: held.into_iter().map(|one| (one.id, one)).collect(), ..Self::default() };
        facts.read_payments(unit, events).await?;
        let decided = events.iter().filter_map(|event| match event {
            Event::InstantSubmitted(id) | Event::InstantDecided(id) => Some(*id),
            _ => None,
        });
        let paid_for = facts.vouchers.values().filter_map(|voucher| voucher.instant_id);
        let instants: Vec<i64> = decided.chain(paid_for).collect();
        facts.instants =
            store::instants::get_many(unit, &instants).await?.into_iter().map(|one| (one.id, one)).collect();
        let failures: Vec<i64> = (events.iter())
            .filter_map(|event| if let Event::Undone(ids) = event { Some(ids) } else { None })
            .flatten()
            .copied()
            .collect();
        facts.failures =
            store::failures::get_many(unit, &failures).await?.into_iter().map(|one| (one.id, one)).collect();
        let undone: Vec<i64> = facts.batches_of(&failures).into_iter().collect();
        facts.batches.extend(store::batches::get_many(unit, &undone).await?.into_iter().map(|one| (one.id, one)));
        facts.read_around(unit).await?;
        Ok(facts)
    }

    /// The batches of what failed with these failures.
    pub(super) fn batches_of(&self, failures: &[i64]) -> BTreeSet<i64> {
        failures.iter().filter_map(|id| self.failures.get(id)?.batch_id).collect()
    }

    async fn read_payments(&mut self, unit: &mut Unit, events: &[Event]) -> Result<(), WorkError> {
        let mut batches = Vec::new();
        for event in events {
            match event {
                Event::BatchSubmitted(id) => batches.push(*id),
                // Vouchers are as few as bureaus.
                Event::Uploaded(id) | Event::Confirmed(id) | Event::Rejected(id) => {
                    if let Some(voucher) = store::vouchers::find(unit, *id).await? {
                        batches.extend(voucher.batch_id);
                        self.vouchers.insert(voucher.id, voucher);
                    }
                }
                _ => {}
            }
        }
        self.batches = store::batches::get_many(unit, &batches).await?.into_iter().map(|one| (one.id, one)).collect();
        if events.iter().any(|event| matches!(event, Event::Uploaded(_))) {
            let root = store::organizations::root(unit).await?;
            let centre = Role::Centre.name();
            let grants = store::accounts::grants(unit, None).await?;
            let readers = grants.iter().filter(|grant| grant.role == centre);
            self.centre = readers.map(|grant| Reader::account(&grant.account, root.as_ref())).collect();
            // Where nobody has the role, the centre's own address is left (decision 13).
            if self.centre.is_empty() {
                self.centre = store::organizations::centres(unit).await?.iter().map(Reader::org).collect();
            }
        }
        Ok(())
    }

    /// The unions and years of all that was read.
    async fn read_around(&mut self, unit: &mut Unit) -> Result<(), WorkError> {
        let mut orgs = BTreeSet::new();
        let mut years = BTreeSet::new();
        for one in self.submissions.values() {
            orgs.extend([one.org_id, one.bureau()]);
            years.insert(one.year);
        }
        for one in self.batches.values() {
            orgs.insert(one.org_id);
            years.insert(one.year);
        }
        for one in self.instants.values() {
            orgs.extend([one.org_id, one.bureau()]);
            years.insert(one.year);
        }
        let ids: Vec<i64> = orgs.into_iter().collect();
        self.orgs = store::organizations::get_many(unit, &ids).await?.into_iter().map(|org| (org.id, org)).collect();
        for year in years {
            self.seasons.insert(year, Season::load(unit, year).await?);
        }
        Ok(())
    }
}
