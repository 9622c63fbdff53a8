//! A limit per minute, kept by a leaky bucket: in no minute more than the limit, and no more than a second's worth at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Keys beyond which those that have not been used lately are forgotten; they would start afresh anyhow.
const MANY_KEYS: usize = 10_000;

/// The shape of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    interval: TimeDelta,
    slack: TimeDelta,
}

impl Rate {
    /// At most `n` (at least 1) in any 60 seconds.
    ///
    /// Of these, n/60 may come at once. For the limit to hold in *any* minute, the rest is spread over it with one to spare:
    /// a bucket of b that refills r a minute lets b + r − 1 through, so r = n − b + 1.
    #[must_use]
    pub fn per_minute(n: u32) -> Self {
        let n = i64::from(n.max(1));
        let burst = (n / 60).max(1);
        let refill = n - burst + 1;
        let interval_us = (60_000_000 + refill - 1) / refill;
        Self {
            interval: TimeDelta::microseconds(interval_us),
            slack: TimeDelta::microseconds(interval_us * (burst - 1)),
        }
    }

    /// The wait until one more may pass a bucket that is drained at `drained`; zero: now.
    fn wait(self, drained: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
        drained.map_or(TimeDelta::zero(), |at| (at - self.slack - now).max(TimeDelta::zero()))
    }

    fn take(self, drained: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
        drained.map_or(now, |at| at.max(now)) + self.interval
    }
}

/// A limit for all together and one for each key (a mail domain, say); by machine time.
#[derive(Debug)]
pub struct Pace<K> {
    all: Rate,
    each: Rate,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    all: Option<DateTime<Utc>>,
    each: HashMap<K, DateTime<Utc>>,
}

impl<K: Eq + Hash> Pace<K> {
    /// Both buckets start empty.
    #[must_use]
    pub fn new(all: Rate, each: Rate) -> Self {
        Self { all, each, state: Mutex::new(State { all: None, each: HashMap::new() }) }
    }

    /// Lets one of `key` pass, or says how long to wait; then nothing is counted.
    pub fn pass(&self, key: K, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = state.each.get(&key).copied();
        let wait = self.all.wait(state.all, now).max(self.each.wait(of_key, now));
        if wait > TimeDelta::zero() {
            return Err(wait);
        }
        if state.each.len() >= MANY_KEYS {
            state.each.retain(|_, drained| *drained > now);
        }
        state.all = Some(self.all.take(state.all, now));
        state.each.insert(key, self.each.take(of_key, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of one key pass in a minute that begins after `lead_s` quiet seconds, asking every 10 ms.
    fn passed(pace: &Pace<&str>, from: DateTime<Utc>) -> u32 {
        (0..6_000).filter(|i| pace.pass("a", from + TimeDelta::milliseconds(i * 10)).is_ok()).count() as u32
    }

    #[test]
    fn in_a_minute_the_limit_passes_and_not_one_more() {
        let from = DateTime::default();
        for n in [1, 2, 59, 60, 61, 120, 600] {
            let pace = Pace::new(Rate::per_minute(n), Rate::per_minute(n));
            let (first, second) = (passed(&pace, from), passed(&pace, from + TimeDelta::minutes(1)));
            assert!(first <= n && second <= n, "{n}: {first}, {second}");
            assert!(first + 1 >= n - n / 50, "{n}: {first} is much less than the limit");
        }
    }

    #[test]
    fn a_key_waits_for_its_own_limit_while_others_pass() {
        let (pace, now) = (Pace::new(Rate::per_minute(600), Rate::per_minute(1)), DateTime::default());
        assert_eq!(pace.pass("a", now), Ok(()));
        assert_eq!(pace.pass("a", now), Err(TimeDelta::minutes(1)));
        assert_eq!(pace.pass("b", now), Ok(()));
        assert_eq!(pace.pass("a", now + TimeDelta::minutes(1)), Ok(()));
    }

    #[test]
    fn all_keys_together_keep_the_common_limit() {
        let (pace, now) = (Pace::new(Rate::per_minute(60), Rate::per_minute(60)), DateTime::default());
        assert_eq!(pace.pass(1, now), Ok(()));
        assert_eq!(pace.pass(2, now), Err(TimeDelta::seconds(1)));
    }

    #[test]
    fn unused_keys_are_forgotten() {
        let (pace, now) = (Pace::new(Rate::per_minute(u32::MAX), Rate::per_minute(60)), DateTime::default());
        for key in 0..=MANY_KEYS {
            let later = now + TimeDelta::seconds(2 * key as i64);
            assert_eq!(pace.pass(key, later), Ok(()));
        }
        assert!(pace.state.lock().unwrap().each.len() < 10);
    }
}
