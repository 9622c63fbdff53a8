//! The clock of a seed: business time as the run moves it, machine time that goes on with every look, and a fuse: after so
//! many looks the process that looks is dead.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use runtime::Clock;

/// What a process dies of.
#[derive(Debug)]
pub struct Crash;

#[derive(Debug)]
pub struct SimClock {
    business: AtomicI64,
    machine: AtomicI64,
    fuse: AtomicI64,
}

impl SimClock {
    pub fn new(from: DateTime<Utc>) -> Self {
        let micros = from.timestamp_micros();
        Self { business: AtomicI64::new(micros), machine: AtomicI64::new(micros), fuse: AtomicI64::new(0) }
    }

    pub fn set(&self, to: DateTime<Utc>) {
        self.business.store(to.timestamp_micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, step: TimeDelta) {
        self.business.fetch_add(step.num_microseconds().unwrap(), Ordering::SeqCst);
    }

    /// After so many looks at the clock whoever looks dies; 0: nobody.
    pub fn light(&self, looks: i64) {
        self.fuse.store(looks, Ordering::SeqCst);
    }

    pub fn business(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.business.load(Ordering::SeqCst)).unwrap()
    }

    fn look(&self) {
        let burns = |left: i64| (left > 0).then_some(left - 1);
        if self.fuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, burns) == Ok(1) {
            // Not a panic that anybody hears of.
            std::panic::resume_unwind(Box::new(Crash));
        }
    }
}

impl Clock for SimClock {
    fn business_now(&self) -> DateTime<Utc> {
        self.look();
        self.business()
    }

    fn machine_now(&self) -> DateTime<Utc> {
        self.look();
        DateTime::from_timestamp_micros(self.machine.fetch_add(1_000, Ordering::SeqCst)).unwrap()
    }
}
