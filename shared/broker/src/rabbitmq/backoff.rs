//! How long to wait before the next attempt: exponential, with full jitter, for ever.

use std::time::Duration;

/// The wait before attempt number `attempt` (from 0): anything between nothing and `base · 2^attempt`, at most `cap`.
pub(super) fn wait(base: Duration, cap: Duration, attempt: u32) -> Duration {
    ceiling(base, cap, attempt).mul_f64(rand::random::<f64>())
}

fn ceiling(base: Duration, cap: Duration, attempt: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(attempt)).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_never_overflow() {
        let (base, cap) = (Duration::from_millis(100), Duration::from_secs(5));
        assert_eq!(ceiling(base, cap, 0), base);
        assert_eq!(ceiling(base, cap, 3), Duration::from_millis(800));
        assert_eq!(ceiling(base, cap, u32::MAX), cap);
        assert!((0..100).all(|attempt| wait(base, cap, attempt) <= cap));
    }
}
