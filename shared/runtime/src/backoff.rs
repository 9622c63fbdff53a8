//! Exponential backoff with full jitter: how long a failed attempt waits for the next.

use chrono::TimeDelta;

/// No delay is longer (pipeline.md, Retries).
pub const LONGEST: TimeDelta = TimeDelta::hours(24);

/// A delay between nothing and `base · 2^(attempt − 1)`, at most `cap` and [`LONGEST`].
///
/// `attempt` counts from 1; `fraction` (0 ≤ f < 1, see [`crate::Ids::fraction`]) chooses the point between.
#[must_use]
pub fn full_jitter(base: TimeDelta, cap: TimeDelta, attempt: u32, fraction: f64) -> TimeDelta {
    let cap_ms = cap.min(LONGEST).num_milliseconds().max(0);
    let doublings = attempt.saturating_sub(1).min(40);
    let ceiling_ms = base.num_milliseconds().max(0).saturating_mul(1_i64 << doublings).min(cap_ms);
    TimeDelta::milliseconds((ceiling_ms as f64 * fraction.clamp(0.0, 1.0)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceiling = |attempt| full_jitter(TimeDelta::seconds(2), TimeDelta::minutes(10), attempt, 1.0).num_seconds();
        assert_eq!([1, 2, 3, 4].map(ceiling), [2, 4, 8, 16]);
        assert_eq!([10, 40, u32::MAX].map(ceiling), [600, 600, 600]);
    }

    #[test]
    fn no_delay_is_longer_than_a_day() {
        assert_eq!(full_jitter(TimeDelta::hours(1), TimeDelta::days(30), 30, 1.0), LONGEST);
    }

    #[test]
    fn the_fraction_chooses_between_nothing_and_the_ceiling() {
        let delay =
            |fraction| full_jitter(TimeDelta::seconds(2), TimeDelta::minutes(10), 3, fraction).num_milliseconds();
        assert_eq!([0.0, 0.25, 0.5].map(delay), [0, 2_000, 4_000]);
        assert_eq!(delay(f64::NAN), 0);
    }
}
