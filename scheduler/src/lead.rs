//! The lease: who leads, and for how long.

use std::{str::FromStr, sync::Arc, time::Duration};

use broker::Broker;
use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use desk::Desk;
use store::StoreError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{house::keep_house, windows::reconcile};

/// The lease's name.
pub const LEASE: &str = "scheduler";
/// A leader that falls silent is followed by another after this.
const TERM: TimeDelta = TimeDelta::seconds(15);
/// Time between two renewals, in looks.
const RENEW_LOOKS: u32 = 5;
/// Time between two looks whether the database is the one of its file store, in looks.
const BEARINGS_LOOKS: u32 = 60;
/// Time between two looks at the windows. A look is a few small queries; an extension or a clock that was moved is seen
/// with the next one.
const LOOK: Duration = Duration::from_secs(1);
/// When the house is kept: every hour, at minute 17 (seconds first, Asia/Shanghai).
const HOUSE_KEEPING: &str = "0 17 * * * *";

/// What the scheduler is held to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Days that done messages are kept.
    pub retention_messages_days: u32,
    /// Days that uploaded files and results are kept.
    pub retention_uploads_days: u32,
    /// Days that files that no row knows lie in quarantine before they are deleted.
    pub retention_quarantine_days: u32,
}

/// Takes part in leading until `stop`. The leader reconciles windows; a second leader would find everything noticed.
pub async fn run(desk: Desk, broker: Arc<dyn Broker>, settings: Settings, stop: CancellationToken) {
    let holder = desk.id(desk.moment());
    let mut ticks = tokio::time::interval(LOOK);
    let mut looks = 0_u32;
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut term = None;
    let mut withheld = None;
    let mut kept_at = desk.clock.machine_now();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
        }
        if looks.is_multiple_of(RENEW_LOOKS) {
            renew(&desk, holder, &mut term).await;
        }
        if term.is_some() {
            look(&desk, &broker).await;
            if looks.is_multiple_of(BEARINGS_LOOKS) {
                take_bearings(&desk, &mut withheld).await;
            }
        }
        looks = looks.wrapping_add(1);
        let now = desk.clock.machine_now();
        if term.is_some() && is_due(kept_at, now) {
            kept_at = now;
            match keep_house(&desk, &settings).await {
                Ok(kept) if kept.spared > 0 => {
                    tracing::warn!(
                        ?kept,
                        "the house was kept; files that are newer than the newest row were left alone"
                    );
                }
                Ok(kept) => tracing::info!(?kept, "the house was kept"),
                Err(error) => tracing::warn!(%error, "the house could not be kept; it is tried again in an hour"),
            }
        }
    }
    if term.is_some()
        && let Err(error) = release(&desk, holder).await
    {
        tracing::warn!(%error, "the lease runs out by itself");
    }
}

/// Takes the lease, or keeps it.
async fn renew(desk: &Desk, holder: Uuid, term: &mut Option<i64>) {
    match take(desk, holder).await {
        Ok(now_held) if now_held != *term => {
            *term = now_held;
            tracing::info!(?term, leads = term.is_some(), "the scheduler's lease changed");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the lease could not be renewed"),
    }
}

/// Looks at the windows once, and rings for what came due.
async fn look(desk: &Desk, broker: &Arc<dyn Broker>) {
    match reconcile(desk).await {
        Ok(noticed) if noticed.bells.is_empty() => {}
        Ok(noticed) => {
            if let Err(error) = broker.publish(&noticed.bells).await {
                tracing::warn!(%error, "the broker was not reached; the sweep will ring again");
            }
        }
        Err(error) => tracing::warn!(%error, "windows could not be reconciled; the next look tries again"),
    }
}

/// Looks at the file store's mark; what is wrong is told once, and so is that it is well again.
async fn take_bearings(desk: &Desk, withheld: &mut Option<String>) {
    match desk.take_bearings().await {
        Ok(found) if found == *withheld => {}
        Ok(found) => {
            if let Some(why) = &found {
                tracing::error!(%why, "mails or files are held until an operator decides; `rollcall doctor` tells");
            } else {
                tracing::info!("the database is in its place, and its file store is its own");
            }
            *withheld = found;
        }
        Err(error) => tracing::warn!(%error, "the file store's mark could not be looked at"),
    }
}

/// Whether the cron line had a moment between the last keeping and now.
fn is_due(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let Ok(schedule) = Schedule::from_str(HOUSE_KEEPING) else { return false };
    let zone = runtime::SHANGHAI;
    schedule.after(&last.with_timezone(&zone)).next().is_some_and(|next| next <= now)
}

async fn take(desk: &Desk, holder: Uuid) -> Result<Option<i64>, StoreError> {
    let now = desk.clock.machine_now();
    let mut unit = desk.store.begin().await?;
    let term = store::leases::take(&mut unit, LEASE, holder, now, now + TERM).await?;
    unit.commit().await?;
    Ok(term)
}

async fn release(desk: &Desk, holder: Uuid) -> Result<(), StoreError> {
    let mut unit = desk.store.begin().await?;
    store::leases::release(&mut unit, LEASE, holder, desk.clock.machine_now()).await?;
    unit.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_kept_once_an_hour() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        assert!(!is_due(at("2022-11-01T00:18:00Z"), at("2022-11-01T01:16:59Z")));
        assert!(is_due(at("2022-11-01T00:18:00Z"), at("2022-11-01T01:17:00Z")));
    }
}
