//! The two clocks: business time, by which windows and receipts are judged, and machine time, by which leases and backoff run.
//!
//! Business time may be moved (`clock advance`, `--at`); machine time never is, or a year's rehearsal would expire every
//! lease. All instants are truncated to microseconds, which is what `PostgreSQL` keeps: what is written compares equal to
//! what is read back.

mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;

pub use shared::SharedClock;

/// The zone of every window, business day and text that people read.
pub const SHANGHAI: Tz = chrono_tz::Asia::Shanghai;

/// Where the time comes from; nothing else may ask for it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The instant that windows, receipts and cover are judged by. It may be simulated.
    fn business_now(&self) -> DateTime<Utc>;
    /// The instant that leases, backoff and timeouts run by. It is never moved by an operator.
    fn machine_now(&self) -> DateTime<Utc>;
    /// Whether business time is an instant that all processes of an installation share, and that an operator moves.
    fn is_shared(&self) -> bool {
        false
    }
    /// Takes note of where shared business time stands by now. It never goes back; a clock that is not shared doesn't care.
    fn see(&self, _business: DateTime<Utc>) {}
}

/// Both clocks are the machine's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn business_now(&self) -> DateTime<Utc> {
        system_now()
    }

    fn machine_now(&self) -> DateTime<Utc> {
        system_now()
    }
}

/// Business time that stands still until it is moved; machine time is another clock's.
#[derive(Debug)]
pub struct SimulatedClock {
    business: Instant,
    machine: Arc<dyn Clock>,
}

impl SimulatedClock {
    /// Starts at `from`, with the system's machine time.
    #[must_use]
    pub fn new(from: DateTime<Utc>) -> Self {
        Self::with_machine(from, Arc::new(SystemClock))
    }

    /// Starts at `from`; machine time is that of `machine`.
    #[must_use]
    pub fn with_machine(from: DateTime<Utc>, machine: Arc<dyn Clock>) -> Self {
        Self { business: Instant::new(from), machine }
    }

    /// Moves business time by `step` (back, if it is negative) and gives the new instant.
    pub fn advance(&self, step: TimeDelta) -> DateTime<Utc> {
        self.business.advance(step)
    }

    /// Moves business time to `to`.
    pub fn set(&self, to: DateTime<Utc>) {
        self.business.set(to);
    }
}

impl Clock for SimulatedClock {
    fn business_now(&self) -> DateTime<Utc> {
        self.business.get()
    }

    fn machine_now(&self) -> DateTime<Utc> {
        self.machine.machine_now()
    }
}

/// One command's business time (`--at INSTANT`); machine time is that of the clock below it.
#[derive(Debug)]
pub struct FixedBusiness {
    at: DateTime<Utc>,
    machine: Arc<dyn Clock>,
}

impl FixedBusiness {
    /// Business time is `at` from first to last.
    #[must_use]
    pub fn new(at: DateTime<Utc>, machine: Arc<dyn Clock>) -> Self {
        Self { at: truncated(at), machine }
    }
}

impl Clock for FixedBusiness {
    fn business_now(&self) -> DateTime<Utc> {
        self.at
    }

    fn machine_now(&self) -> DateTime<Utc> {
        self.machine.machine_now()
    }
}

/// A clock of tests: both times stand still until they are moved, so that a lease expires without a sleep.
#[derive(Debug)]
pub struct TestClock {
    business: Instant,
    machine: Instant,
}

impl TestClock {
    /// Both times start at `from`.
    #[must_use]
    pub fn new(from: DateTime<Utc>) -> Self {
        Self { business: Instant::new(from), machine: Instant::new(from) }
    }

    /// Moves both times by `step`.
    pub fn advance(&self, step: TimeDelta) {
        self.advance_business(step);
        self.advance_machine(step);
    }

    /// Moves business time alone.
    pub fn advance_business(&self, step: TimeDelta) {
        self.business.advance(step);
    }

    /// Moves machine time alone.
    pub fn advance_machine(&self, step: TimeDelta) {
        self.machine.advance(step);
    }

    /// Sets business time alone.
    pub fn set_business(&self, to: DateTime<Utc>) {
        self.business.set(to);
    }
}

impl Default for TestClock {
    /// The first evening of the 2023 campaign: 2022-11-01 20:00 in Shanghai.
    fn default() -> Self {
        Self::new(DateTime::from_timestamp(1_667_304_000, 0).unwrap_or_default())
    }
}

impl Clock for TestClock {
    fn business_now(&self) -> DateTime<Utc> {
        self.business.get()
    }

    fn machine_now(&self) -> DateTime<Utc> {
        self.machine.get()
    }
}

/// An instant as people here read it: `2022-12-25T23:59:59+08:00`; fractions of a second are shown only where there are any.
#[must_use]
pub fn shanghai_text(at: DateTime<Utc>) -> String {
    at.with_timezone(&SHANGHAI).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

/// An instant as clerks read it in mails, workbooks and notices, to the second: `2022-12-25 23:59:59`. A fraction is cut off, so
/// that what was in time does not look late.
#[must_use]
pub fn shanghai_time(at: DateTime<Utc>) -> String {
    at.with_timezone(&SHANGHAI).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A movable instant in microseconds, shared between threads.
#[derive(Debug)]
struct Instant(AtomicI64);

impl Instant {
    fn new(at: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(at.timestamp_micros()))
    }

    fn get(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }

    fn set(&self, to: DateTime<Utc>) {
        self.0.store(to.timestamp_micros(), Ordering::SeqCst);
    }

    fn advance(&self, step: TimeDelta) -> DateTime<Utc> {
        self.0.fetch_add(step.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        self.get()
    }
}

/// The only place in the project that asks the machine for the time of day.
fn system_now() -> DateTime<Utc> {
    truncated(DateTime::<Utc>::from(SystemTime::now()))
}

fn truncated(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_has_no_digits_past_the_microsecond() {
        let clock = SystemClock;
        assert_eq!(clock.business_now().timestamp_subsec_nanos() % 1_000, 0);
        assert_eq!(clock.machine_now().timestamp_subsec_nanos() % 1_000, 0);
        let fixed = FixedBusiness::new(at("2022-12-25T15:59:59.123456789Z"), Arc::new(SystemClock));
        assert_eq!(fixed.business_now(), at("2022-12-25T15:59:59.123456Z"));
    }

    #[test]
    fn moving_business_time_leaves_machine_time_alone() {
        let machine = Arc::new(TestClock::default());
        let clock = SimulatedClock::with_machine(at("2022-10-25T00:00:00Z"), machine.clone());
        let before = clock.machine_now();
        assert_eq!(clock.advance(TimeDelta::days(60)), at("2022-12-24T00:00:00Z"));
        assert_eq!(clock.machine_now(), before);
        clock.set(at("2022-10-31T16:00:00Z"));
        assert_eq!(clock.business_now(), at("2022-10-31T16:00:00Z"));
    }

    #[test]
    fn a_test_moves_either_time_or_both() {
        let clock = TestClock::new(at("2022-11-01T00:00:00Z"));
        clock.advance_machine(TimeDelta::seconds(16));
        assert_eq!(clock.business_now(), at("2022-11-01T00:00:00Z"));
        assert_eq!(clock.machine_now(), at("2022-11-01T00:00:16Z"));
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(clock.business_now(), at("2022-11-01T00:00:01Z"));
        assert_eq!(clock.machine_now(), at("2022-11-01T00:00:17Z"));
    }

    #[test]
    fn people_read_instants_in_shanghai_time() {
        assert_eq!(shanghai_text(at("2022-12-25T15:59:59Z")), "2022-12-25T23:59:59+08:00");
        assert_eq!(shanghai_text(at("2022-12-25T15:59:59.5Z")), "2022-12-25T23:59:59.500+08:00");
        assert_eq!(shanghai_time(at("2022-12-25T15:59:59.999Z")), "2022-12-25 23:59:59");
    }

    #[test]
    fn a_test_clock_starts_on_the_first_evening_of_the_campaign() {
        assert_eq!(shanghai_text(TestClock::default().business_now()), "2022-11-01T20:00:00+08:00");
    }
}
