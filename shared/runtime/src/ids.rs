//! Ids and chance: uuid v7 off a clock's instant, and fractions for jitter; seeded in tests, so that a run can be repeated.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::{Builder, Uuid};

/// Where ids and randomness come from; nothing else may draw them.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// A new id that sorts by `at`; those of one source and one millisecond sort in the order in which they were drawn.
    fn id(&self, at: DateTime<Utc>) -> Uuid;
    /// A fraction, 0 ≤ f < 1, evenly spread: jitter.
    fn fraction(&self) -> f64;
}

/// Ids of a running process.
#[derive(Debug)]
pub struct SystemIds(Mutex<Source>);

impl SystemIds {
    /// Seeds itself from the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Source::new(rand::make_rng())))
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids for SystemIds {
    fn id(&self, at: DateTime<Utc>) -> Uuid {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).id(at)
    }

    fn fraction(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random.random()
    }
}

/// Ids of a test: the same seed gives the same ids.
#[derive(Debug)]
pub struct SeededIds(Mutex<Source>);

impl SeededIds {
    /// Starts the sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Source::new(StdRng::seed_from_u64(seed))))
    }
}

impl Ids for SeededIds {
    fn id(&self, at: DateTime<Utc>) -> Uuid {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).id(at)
    }

    fn fraction(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random.random()
    }
}

/// A random generator, and a counter for ids of the same millisecond.
#[derive(Debug)]
struct Source {
    random: StdRng,
    last_ms: u64,
    counter: u32,
}

/// Bits of the counter: what stands between the version and 48 random bits; RFC 9562, 6.2, method 1.
const COUNTER_BITS: u32 = 26;

impl Source {
    fn new(random: StdRng) -> Self {
        Self { random, last_ms: 0, counter: 0 }
    }

    fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let ms = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        if ms == self.last_ms {
            self.counter += 1;
        } else {
            // The upper half is left free, so that a millisecond's ids can count up without an overflow.
            self.counter = self.random.random_range(0..1 << (COUNTER_BITS - 1));
            self.last_ms = ms;
        }
        let mut bytes: [u8; 10] = self.random.random();
        let counter = self.counter;
        // The version takes the upper 4 bits of byte 0, the variant the upper 2 of byte 2: 4 + 8 + 6 + 8 bits are left.
        bytes[0] = (counter >> 22) as u8 & 0x0f;
        bytes[1] = (counter >> 14) as u8;
        bytes[2] = (counter >> 8) as u8 & 0x3f;
        bytes[3] = counter as u8;
        Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    #[test]
    fn ids_are_version_7_and_sort_in_the_order_drawn() {
        let ids = SystemIds::new();
        let mut drawn: Vec<Uuid> = (0..20_000).map(|_| ids.id(at(1_667_304_000_000))).collect();
        drawn.extend((1..100).map(|ms| ids.id(at(1_667_304_000_000 + ms))));
        assert!(drawn.iter().all(|id| id.get_version_num() == 7));
        assert!(drawn.is_sorted() && drawn.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_seed_gives_the_same_ids_and_fractions_again() {
        let (one, two) = (SeededIds::new(7), SeededIds::new(7));
        assert_eq!(one.id(at(1)), two.id(at(1)));
        assert_eq!(one.fraction().to_bits(), two.fraction().to_bits());
        assert_ne!(SeededIds::new(8).id(at(1)), SeededIds::new(7).id(at(1)));
    }

    #[test]
    fn an_instant_before_1970_gives_an_id_and_no_panic() {
        assert_eq!(SystemIds::new().id(at(-5)).get_version_num(), 7);
    }

    #[test]
    fn fractions_lie_between_zero_and_one() {
        let ids = SystemIds::new();
        assert!((0..1_000).map(|_| ids.fraction()).all(|f| (0.0..1.0).contains(&f)));
    }
}
