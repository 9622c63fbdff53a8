//! A circuit breaker: after some failures in a row nobody tries for a while, then one tries for all.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Guards one service; by machine time. Cheap to ask, shared between tasks.
#[derive(Debug)]
pub struct Breaker {
    failures_to_open: u32,
    first_rest: TimeDelta,
    longest_rest: TimeDelta,
    state: Mutex<State>,
}

/// What the breaker thinks of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It answers.
    Closed,
    /// It does not; nobody tries.
    Open,
    /// One is trying.
    HalfOpen,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: DateTime<Utc>, rest: TimeDelta },
    HalfOpen { until: DateTime<Utc>, rest: TimeDelta },
}

impl Breaker {
    /// Opens after `failures_to_open` failures in a row, for `first_rest`; each failed trial doubles the rest, up to `longest_rest`.
    #[must_use]
    pub fn new(failures_to_open: u32, first_rest: TimeDelta, longest_rest: TimeDelta) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        Self { failures_to_open: failures_to_open.max(1), first_rest, longest_rest, state }
    }

    /// Whether one may try now; if not, how long to wait. Whoever may try has to say how it ended.
    ///
    /// A trial whose end nobody tells (a cancelled job) is given up after the rest's length, and the next may try.
    pub fn may_try(&self, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed { .. } => Ok(()),
            State::Open { until, rest } | State::HalfOpen { until, rest } if now >= until => {
                *state = State::HalfOpen { until: now + rest, rest };
                Ok(())
            }
            State::Open { until, .. } | State::HalfOpen { until, .. } => Err(until - now),
        }
    }

    /// The service has answered, be it with a refusal.
    pub fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Closed { failures: 0 };
    }

    /// The service could not be reached.
    pub fn failed(&self, now: DateTime<Utc>) {
        self.open(now, self.failures_to_open);
    }

    /// The service has said that it takes nothing from anybody: the others needn't find that out by themselves.
    pub fn tripped(&self, now: DateTime<Utc>) {
        self.open(now, 1);
    }

    fn open(&self, now: DateTime<Utc>, failures_to_open: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match *state {
            State::Closed { failures } if failures + 1 < failures_to_open => State::Closed { failures: failures + 1 },
            State::Closed { .. } => State::Open { until: now + self.first_rest, rest: self.first_rest },
            State::HalfOpen { rest, .. } => {
                let rest = (rest * 2).min(self.longest_rest);
                State::Open { until: now + rest, rest }
            }
            // Told late by one that began before the breaker opened: it says nothing new.
            open @ State::Open { .. } => open,
        };
    }

    /// For metrics and `doctor`.
    #[must_use]
    pub fn condition(&self) -> Condition {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed { .. } => Condition::Closed,
            State::Open { .. } => Condition::Open,
            State::HalfOpen { .. } => Condition::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(3, TimeDelta::seconds(10), TimeDelta::seconds(30))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn opened() -> Breaker {
        let breaker = breaker();
        (0..3).for_each(|_| breaker.failed(at(0)));
        breaker
    }

    #[test]
    fn a_refusal_of_everybody_opens_it_at_once() {
        let breaker = breaker();
        breaker.tripped(at(0));
        assert_eq!(breaker.may_try(at(0)), Err(TimeDelta::seconds(10)));
        assert_eq!(breaker.may_try(at(10)), Ok(()));
        breaker.tripped(at(10));
        assert_eq!(breaker.may_try(at(10)), Err(TimeDelta::seconds(20)), "a failed trial doubles the rest");
    }

    #[test]
    fn it_opens_at_the_limit_and_not_one_before() {
        let breaker = breaker();
        breaker.failed(at(0));
        breaker.failed(at(0));
        assert_eq!(breaker.may_try(at(0)), Ok(()));
        breaker.failed(at(0));
        assert_eq!(breaker.may_try(at(1)), Err(TimeDelta::seconds(9)));
        assert_eq!(breaker.condition(), Condition::Open);
    }

    #[test]
    fn an_answer_in_between_starts_the_count_again() {
        let breaker = breaker();
        for _ in 0..5 {
            breaker.failed(at(0));
            breaker.failed(at(0));
            breaker.succeeded();
        }
        assert_eq!(breaker.condition(), Condition::Closed);
    }

    #[test]
    fn after_the_rest_one_tries_for_all() {
        let breaker = opened();
        assert_eq!(breaker.may_try(at(10)), Ok(()));
        assert_eq!(breaker.may_try(at(10)), Err(TimeDelta::seconds(10)));
        assert_eq!(breaker.condition(), Condition::HalfOpen);
        breaker.succeeded();
        assert_eq!(breaker.may_try(at(10)), Ok(()));
    }

    #[test]
    fn each_failed_trial_doubles_the_rest_up_to_the_longest() {
        let breaker = opened();
        let mut now = 10;
        for rest in [20, 30, 30] {
            assert_eq!(breaker.may_try(at(now)), Ok(()));
            breaker.failed(at(now));
            assert_eq!(breaker.may_try(at(now)), Err(TimeDelta::seconds(rest)));
            now += rest;
        }
    }

    #[test]
    fn a_trial_that_nobody_ends_does_not_block_for_ever() {
        let breaker = opened();
        assert_eq!(breaker.may_try(at(10)), Ok(()));
        assert_eq!(breaker.may_try(at(20)), Ok(()));
    }

    #[test]
    fn failures_of_those_that_began_before_do_not_prolong_the_rest() {
        let breaker = opened();
        breaker.failed(at(5));
        assert_eq!(breaker.may_try(at(10)), Ok(()));
    }
}
