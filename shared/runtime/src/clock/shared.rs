//! Business time of an installation: the machine's, or an instant that all its processes share and an operator moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use super::Clock;

/// Stands for: business time is the machine's. No instant is that long ago.
const MACHINES: i64 = i64::MIN;

/// The machine's time until it is told that the installation shares a simulated instant; from then on that instant, as it
/// was seen last. Where the instant is kept is no matter of this clock.
#[derive(Debug)]
pub struct SharedClock {
    /// Microseconds, or [`MACHINES`].
    business: AtomicI64,
    machine: Arc<dyn Clock>,
}

impl SharedClock {
    /// Business time is the machine's, as long as nobody says otherwise.
    #[must_use]
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        Self { business: AtomicI64::new(MACHINES), machine }
    }

    /// From now on business time is shared and stands at `at`, whatever it was before.
    pub fn share(&self, at: DateTime<Utc>) {
        self.business.store(at.timestamp_micros(), Ordering::SeqCst);
    }
}

impl Clock for SharedClock {
    fn business_now(&self) -> DateTime<Utc> {
        match self.business.load(Ordering::SeqCst) {
            MACHINES => self.machine.business_now(),
            micros => DateTime::from_timestamp_micros(micros).unwrap_or_default(),
        }
    }

    fn machine_now(&self) -> DateTime<Utc> {
        self.machine.machine_now()
    }

    fn is_shared(&self) -> bool {
        self.business.load(Ordering::SeqCst) != MACHINES
    }

    fn see(&self, business: DateTime<Utc>) {
        if self.is_shared() {
            self.business.fetch_max(business.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestClock;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_the_machines_time_until_it_is_shared() {
        let machine = Arc::new(TestClock::new(at("2026-11-01T00:00:00Z")));
        let clock = SharedClock::new(machine.clone());
        clock.see(at("2022-11-01T00:00:00Z"));
        assert_eq!((clock.business_now(), clock.is_shared()), (at("2026-11-01T00:00:00Z"), false));
        clock.share(at("2022-11-01T00:00:00Z"));
        machine.advance(chrono::TimeDelta::days(1));
        assert_eq!((clock.business_now(), clock.is_shared()), (at("2022-11-01T00:00:00Z"), true));
        assert_eq!(clock.machine_now(), at("2026-11-02T00:00:00Z"), "machine time goes on by itself");
    }

    #[test]
    fn what_was_seen_late_does_not_turn_it_back() {
        let clock = SharedClock::new(Arc::new(TestClock::default()));
        clock.share(at("2022-11-01T00:00:00Z"));
        clock.see(at("2022-12-25T16:00:00Z"));
        clock.see(at("2022-11-02T00:00:00Z"));
        assert_eq!(clock.business_now(), at("2022-12-25T16:00:00Z"));
    }
}
