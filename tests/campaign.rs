//! A small federation put straight into the database, with a desk and a worker at it: what tests of the year stand on that
//! have many moments to try and no time to start processes.

use std::path::Path;
use std::sync::Arc;

use broker::Embedded;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use desk::{Desk, DeskSettings};
use files::Files;
use messages::Queue;
use runtime::{Clock, Ids};
use store::facts::NewFacts;
use store::memberships::{MembershipData, NewMembership};
use store::messages::Job;
use store::moves::{By, Move};
use store::organizations::{Organization, OrganizationData, SealedOption};
use store::persons::NewPerson;
use store::{DocKey, Store, StoreError};
use support::numbers;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workers::{Shift, Work, WorkError};

/// The coverage year that comes with the program.
pub const YEAR: i32 = 2023;
/// Two bureaus: the first has a secondary union with one unit and two units of its own, the second two units.
pub const BUREAUS: [&str; 2] = ["319901", "319902"];
/// The secondary union.
pub const SECONDARY: &str = "31990101";
/// The units, each with the place of its bureau in [`BUREAUS`].
pub const UNITS: [(&str, usize); 5] =
    [("3199010101", 0), ("3199010002", 0), ("3199010003", 0), ("3199020001", 1), ("3199020002", 1)];

/// The desk of one process, and its worker.
pub struct Campaign {
    pub desk: Desk,
    pub shift: Shift,
}

/// What a feed says of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A card: enrolled.
    Card,
    /// Social insurance and no card.
    Insured,
    /// Nothing: on the pending list.
    Nothing,
    /// Dead.
    Deceased,
}

fn document(number: u16) -> String {
    numbers::resident_id("310199", "19850607", number)
}

/// An instant as people write it.
pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Campaign {
    /// A process of its own on this database.
    pub fn new(store: Store, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, folder: &Path) -> Self {
        let files = Files::in_folder(folder.join("files")).unwrap();
        let settings =
            DeskSettings { upload_bytes: 1 << 20, large_bytes: 1 << 20, undo_days: 30, ring_again: TimeDelta::zero() };
        let desk = Desk { store, files, clock, ids, settings };
        let worker = desk.id(desk.moment());
        let shift =
            Shift { worker, desk: desk.clone(), broker: Arc::new(Embedded::new()), stopping: CancellationToken::new() };
        Self { desk, shift }
    }

    /// Sets the database up: the schema, the tree, accounts `clerk-CODE`, `reviewer`, `bureau-CODE`, `centre`, `federation`.
    pub async fn found(&self) {
        self.desk.migrate().await.unwrap();
        let root = self.org("3199", None, "municipal").await;
        self.account("centre", "centre", None).await;
        self.account("federation", "federation", None).await;
        let mut bureaus = Vec::new();
        for code in BUREAUS {
            let bureau = self.org(code, Some(&root), "bureau").await;
            self.account(&format!("bureau-{code}"), "bureau", Some(&bureau)).await;
            bureaus.push(bureau);
        }
        let secondary = self.org(SECONDARY, Some(&bureaus[0]), "secondary").await;
        self.account("reviewer", "reviewer", Some(&secondary)).await;
        for (code, bureau) in UNITS {
            let above = if code.starts_with(SECONDARY) { &secondary } else { &bureaus[bureau] };
            let unit = self.org(code, Some(above), "grassroots").await;
            self.account(&format!("clerk-{code}"), "clerk", Some(&unit)).await;
        }
    }

    async fn org(&self, code: &str, parent: Option<&Organization>, level: &str) -> Organization {
        let now = self.desk.clock.business_now();
        let new = OrganizationData {
            code: code.to_owned(),
            name: format!("示例工会{code}"),
            parent_id: parent.map(|parent| parent.id),
            level: level.to_owned(),
            kind: None,
            uscc: None,
            economy: None,
            industry: None,
            enterprise: None,
            contact: None,
            phone: SealedOption::default(),
            email: format!("{code}@example.org"),
        };
        kept!(self.desk.store, unit => store::organizations::insert(&mut unit, &[new], now));
        self.named(code).await
    }

    async fn account(&self, name: &str, role: &str, org: Option<&Organization>) {
        let (now, org) = (self.desk.clock.business_now(), org.map(|org| org.id));
        kept!(self.desk.store, unit => store::accounts::add(&mut unit, name, None, now),
            store::accounts::grant(&mut unit, name, role, org, "operator", now));
    }

    /// The organization of this number.
    pub async fn named(&self, code: &str) -> Organization {
        seen!(self.desk.store, view => store::organizations::find(&mut view, code)).unwrap()
    }

    /// New members of a union, each with what a feed says of him; the numbers must not have been used.
    pub async fn join(&self, org: &str, people: &[(u16, Known)]) {
        let (org, now, vault) = (self.named(org).await, self.desk.clock.business_now(), self.desk.store.vault());
        let person = |(number, _): &(u16, Known)| NewPerson {
            doc_kind: "resident",
            doc_key: self.key(*number),
            doc_number: vault.seal(&document(*number)).unwrap(),
            name: format!("测试{number}"),
            birth: NaiveDate::from_ymd_opt(1970, 6, 7),
            sex: "female",
        };
        let membership = |(number, _): &(u16, Known)| NewMembership {
            doc_key: self.key(*number),
            org_id: org.id,
            upload: None,
            data: MembershipData::default(),
        };
        let (new, open): (Vec<_>, Vec<_>) = people.iter().map(|one| (person(one), membership(one))).unzip();
        kept!(self.desk.store, unit => store::persons::insert(&mut unit, &new, now),
            store::memberships::open(&mut unit, &open, now));
        self.feed(people).await;
    }

    /// Our number of an invented person.
    pub async fn person(&self, number: u16) -> i64 {
        let key = self.key(number);
        let known = seen!(self.desk.store, view => store::persons::known(&mut view, &[(key, 0)]));
        known.into_iter().next().unwrap().person_id
    }

    fn key(&self, number: u16) -> DocKey {
        self.desk.store.vault().doc_key(&format!("resident:{}", document(number)))
    }

    /// Moves somebody from the union that has him to another one, as an approved transfer does.
    pub async fn relocate(&self, number: u16, to: &str) {
        let (to, person, now) = (self.named(to).await, self.person(number).await, self.desk.clock.business_now());
        let mut unit = self.desk.store.begin().await.unwrap();
        // Who has left is not there to be moved.
        let Some(member) = store::moves::lock(&mut unit, &[person]).await.unwrap().pop() else { return };
        let step = Move {
            person_id: person,
            membership_id: member.membership_id,
            from_code: member.org_code,
            to_org_id: to.id,
            to_code: to.code,
            data: MembershipData::default(),
        };
        let by = By { account: "operator", upload: None };
        store::moves::relocate(&mut unit, &[step], by, now).await.unwrap();
        unit.commit().await.unwrap();
    }

    /// A feed tells of people.
    pub async fn feed(&self, people: &[(u16, Known)]) {
        let (now, vault) = (self.desk.clock.business_now(), self.desk.store.vault());
        let facts = |(number, known): &(u16, Known)| NewFacts {
            doc_key: self.key(*number),
            card: SealedOption(
                (*known == Known::Card)
                    .then(|| vault.seal(&numbers::with_luhn(&format!("623100000000{number:03}"))).unwrap()),
            ),
            social_insurance: (*known == Known::Insured).then_some(true),
            retired_on: None,
            deceased_on: (*known == Known::Deceased).then(|| NaiveDate::from_ymd_opt(2022, 10, 1)).flatten(),
            staff: None,
        };
        let told: Vec<NewFacts> = people.iter().filter(|(_, known)| *known != Known::Nothing).map(facts).collect();
        kept!(self.desk.store, unit => store::facts::put(&mut unit, &told, Uuid::nil(), now));
    }

    /// Claims what is due of a queue, also what is to run alone.
    pub async fn claim(&self, queue: Queue, most: usize) -> Vec<Job> {
        let (worker, now) = (self.shift.worker, self.desk.clock.machine_now());
        let mut unit = self.desk.store.begin().await.unwrap();
        let mut jobs = store::messages::claim_due(&mut unit, worker, queue, most, now).await.unwrap();
        if jobs.is_empty() {
            jobs.extend(store::messages::claim_alone(&mut unit, worker, &[queue], now).await.unwrap());
        }
        unit.commit().await.unwrap();
        jobs
    }

    /// Notices what came due, and does all jobs of a work until none is left, the oldest first. What was done.
    pub async fn work(&self, work: &dyn Work) -> Vec<Job> {
        let mut done = Vec::new();
        loop {
            scheduler::reconcile(&self.desk).await.unwrap();
            let mut found = Vec::new();
            for queue in work.queues() {
                found.extend(self.claim(*queue, 100).await);
            }
            if found.is_empty() {
                return done;
            }
            for job in found {
                assert!(work.run(&self.shift, std::slice::from_ref(&job)).await.unwrap().is_empty());
                done.push(job);
            }
        }
    }
}

/// Whether an error says that a job is done, or another's.
pub fn is_fenced(error: &WorkError) -> bool {
    matches!(error, WorkError::Store(StoreError::Fenced))
}
