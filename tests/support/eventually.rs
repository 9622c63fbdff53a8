//! Waiting for what another process does: by looking again and again until a limit, never by a fixed pause.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `look` gives a value, and returns it; panics with `what` when `limit` is over.
///
/// A look that hangs is cut off at the limit, too.
pub async fn eventually<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < deadline {
        ticks.tick().await;
        if let Ok(Some(found)) = timeout_at(deadline, look()).await {
            return found;
        }
    }
    panic!("waited {limit:?} in vain until {what}");
}

/// Looks until `holds` is true; panics with `what` when `limit` is over.
pub async fn until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    eventually(limit, what, async || holds().then_some(())).await;
}
