//! One campaign: who acts when, and what goes wrong meanwhile, drawn from the seed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use desk::Desk;
use messages::Queue;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use runtime::SeededIds;
use store::messages::Job;
use workers::deadline::DeadlineWork;
use workers::enrollment::EnrollmentWork;
use workers::{Verdict, Work, verdict};

use super::clock::SimClock;
use super::faults::{Death, until_death};
use crate::campaign::{Campaign, instant, is_fenced};

/// Instants worth looking at from both sides.
const EDGES: [&str; 7] = [
    "2022-11-01T00:00:00+08:00",
    "2022-12-18T09:00:00+08:00",
    "2022-12-26T00:00:00+08:00",
    "2023-01-01T00:00:00+08:00",
    "2023-01-17T09:00:00+08:00",
    "2023-01-21T00:00:00+08:00",
    "2023-02-01T00:00:00+08:00",
];
/// After this nobody acts any more but the centre, which decides what waits for it.
const LAST_ACT: &str = "2023-03-01T00:00:00+08:00";
/// Runs of one job after which it would be dead.
const ATTEMPTS: u32 = 20;

/// A campaign with two processes at one database.
pub struct Run {
    pub random: StdRng,
    pub clock: Arc<SimClock>,
    pub one: Campaign,
    pub two: Campaign,
    pub voucher: PathBuf,
    /// Numbers of invented people that were given out, all below.
    pub people: u16,
    /// Until when the unions may submit; longer for those with an extension.
    pub submission_until: Vec<DateTime<Utc>>,
    works: Vec<Box<dyn Work>>,
}

impl Run {
    pub fn new(seed: u64, folder: &Path) -> Self {
        let clock = Arc::new(SimClock::new(instant(super::BEGINNING)));
        let campaign = |number: u64| {
            let ids = Arc::new(SeededIds::new(seed * 2 + number));
            Campaign::new(super::open(folder), clock.clone(), ids, folder)
        };
        let voucher = folder.join("voucher.pdf");
        std::fs::write(&voucher, b"%PDF-1.4 invented").unwrap();
        let closing = instant("2022-12-26T00:00:00+08:00");
        Self {
            random: StdRng::seed_from_u64(seed),
            one: campaign(0),
            two: campaign(1),
            clock,
            voucher,
            people: 100,
            submission_until: vec![closing; crate::campaign::UNITS.len()],
            works: vec![Box::new(DeadlineWork), Box::new(EnrollmentWork)],
        }
    }

    pub fn desk(&self) -> Desk {
        self.one.desk.clone()
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// Lives through the year, and brings it to an end.
    pub async fn campaign(&mut self) {
        while self.clock.business() < instant(LAST_ACT) {
            self.step_clock();
            for _ in 0..self.random.random_range(2..=5) {
                self.act().await;
            }
            if self.chance(60) {
                self.look().await;
                self.work(Some(6)).await;
            }
        }
        for end in [
            "2023-03-01T09:00:00+08:00",
            "2023-03-10T09:00:00+08:00",
            "2023-03-20T09:00:00+08:00",
            "2024-01-10T09:00:00+08:00",
        ] {
            self.clock.set(self.clock.business().max(instant(end)));
            self.decide_vouchers().await;
            self.look().await;
            // A scheduler that died over its look is started again, and looks anew.
            scheduler::reconcile(&self.desk()).await.unwrap();
            self.work(None).await;
        }
    }

    pub async fn close(self) {
        self.one.desk.store.close().await;
        self.two.desk.store.close().await;
    }

    fn step_clock(&mut self) {
        let now = self.clock.business();
        match self.random.random_range(0..100) {
            0..35 => self.clock.advance(TimeDelta::seconds(self.random.random_range(0..60))),
            35..65 => self.clock.advance(TimeDelta::minutes(self.random.random_range(1..1_500))),
            65..88 => self.clock.advance(TimeDelta::hours(self.random.random_range(24..144))),
            _ => {
                let beside = TimeDelta::seconds(self.random.random_range(-1..=1));
                if let Some(edge) = EDGES.iter().map(|edge| instant(edge) + beside).find(|edge| *edge > now) {
                    self.clock.set(edge);
                }
            }
        }
    }

    /// One scheduler looks, or two at once; sometimes one dies over it.
    async fn look(&mut self) {
        let death = self.death(10);
        let (one, two) = (self.one.desk.clone(), self.two.desk.clone());
        if self.chance(30) {
            let (first, second) = tokio::join!(scheduler::reconcile(&one), scheduler::reconcile(&two));
            first.and(second).unwrap();
        } else if let Some(noticed) = until_death(&self.clock, death, scheduler::reconcile(&one)).await {
            noticed.unwrap();
        }
    }

    /// A death with this chance in a hundred.
    pub fn death(&mut self, percent: u32) -> Death {
        if !self.chance(percent) {
            return Death::Never;
        }
        if self.chance(60) {
            Death::AtLook(self.random.random_range(1..12))
        } else {
            Death::AtPoll(self.random.random_range(0..60))
        }
    }

    /// Works off some messages, in any order and with what can go wrong; or all of them, however often it takes.
    async fn work(&mut self, most: Option<usize>) {
        loop {
            let mut jobs = Vec::new();
            for queue in self.queues() {
                jobs.extend(self.one.claim(queue, most.unwrap_or(200)).await);
            }
            if jobs.is_empty() {
                return;
            }
            jobs.shuffle(&mut self.random);
            for job in &jobs {
                self.run(job, most.is_some()).await;
            }
            self.sweep().await;
            if most.is_some() {
                return;
            }
        }
    }

    fn queues(&self) -> Vec<Queue> {
        self.works.iter().flat_map(|work| work.queues().iter().copied()).collect()
    }

    async fn run(&mut self, job: &Job, faults: bool) {
        let place = self.works.iter().position(|work| work.queues().contains(&job.queue)).unwrap();
        let death = if faults { self.death(25) } else { Death::Never };
        let stolen = faults && self.chance(10);
        let done = if stolen {
            // The worker fell silent, and another one has taken its jobs; then it goes on.
            self.sweep().await;
            let taken = self.two.claim(job.queue, 200).await;
            let work = &self.works[place];
            let first = async {
                for job in &taken {
                    settle(&self.two, job, work.run(&self.two.shift, std::slice::from_ref(job)).await).await;
                }
            };
            tokio::join!(first, work.run(&self.one.shift, std::slice::from_ref(job))).1
        } else {
            let run = self.works[place].run(&self.one.shift, std::slice::from_ref(job));
            match until_death(&self.clock, death, run).await {
                None => return,
                Some(done) => done,
            }
        };
        settle(&self.one, job, done).await;
    }

    /// Takes back what dead workers held.
    async fn sweep(&self) {
        let now = runtime::Clock::machine_now(&*self.clock);
        kept!(self.one.desk.store, unit => store::messages::revive_lost(&mut unit, now, now, 1_000_000));
    }
}

/// What the runner does with an outcome.
async fn settle(campaign: &Campaign, job: &Job, done: Result<workers::Failed, workers::WorkError>) {
    let error = match done {
        Ok(failed) => {
            assert!(failed.is_empty(), "{failed:?}");
            return;
        }
        Err(error) if is_fenced(&error) => return,
        Err(error) => error,
    };
    assert!(verdict(&error) != Verdict::Reject && job.attempts < ATTEMPTS, "{} is dead: {error}", job.envelope.kind);
    let now = campaign.desk.clock.machine_now();
    let (worker, id) = (campaign.shift.worker, job.envelope.id);
    kept!(campaign.desk.store, unit => store::messages::retry(&mut unit, worker, id, now, "again"));
}
