//! Business time of this process: the machine's, one instant (`--at`), or the simulated one that the database keeps and
//! that all processes on it share.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use runtime::{
    Clock, Config, FixedBusiness, SharedClock, SystemClock,
    config::{ClockMode, in_force},
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{app::App, output::Failure};

/// Time between two looks at where a simulated clock stands. Whoever takes work off looks besides, with the work.
const LOOK: Duration = Duration::from_millis(200);

/// The clock that a command begins with.
#[derive(Clone)]
pub enum ProcessClock {
    /// One instant, from first to last.
    Fixed(Arc<FixedBusiness>),
    /// The installation's: what it is turns out when its database is opened.
    Installation(Arc<SharedClock>),
}

impl ProcessClock {
    /// The clock of `--at`, else of the installation. A simulation that is yet to begin has its beginning.
    pub fn new(config: &Config, at: Option<DateTime<Utc>>) -> Self {
        let system = Arc::new(SystemClock);
        if let Some(at) = at {
            return Self::Fixed(Arc::new(FixedBusiness::new(at, system)));
        }
        let clock = SharedClock::new(system);
        if config.clock.mode == ClockMode::Simulated {
            clock.share(config.clock.from.unwrap_or_else(|| clock.machine_now()));
        }
        Self::Installation(Arc::new(clock))
    }

    /// As everything else knows it.
    pub fn as_clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::Fixed(clock) => Arc::clone(clock) as Arc<dyn Clock>,
            Self::Installation(clock) => Arc::clone(clock) as Arc<dyn Clock>,
        }
    }

    /// Whether business time is not the machine's here: by `--at`, by the settings, or by the database.
    pub async fn rehearses(&self, app: &App) -> Result<bool, Failure> {
        Ok(matches!(self, Self::Fixed(_))
            || app.config.clock.mode == ClockMode::Simulated
            || app.desk.simulated_now().await?.is_some())
    }

    /// Goes by the simulated clock of the database that was opened, if it has one; begins a simulation where the settings
    /// say so. What is given back keeps the clock current until it is dropped.
    pub async fn follow(&self, app: &App, account: &str) -> Result<Option<DropGuard>, Failure> {
        let Self::Installation(clock) = self else { return Ok(None) };
        let settings = &app.config.clock;
        let at = match (app.desk.simulated_now().await?, settings.mode) {
            (Some(_), ClockMode::System) if is_explicit(&app.config) => {
                return Err(Failure::refused(
                    "clock",
                    "this database is a rehearsal on a simulated clock, which can't go by the machine's time again",
                    "leave clock.mode out: every process follows the clock of its database",
                ));
            }
            (None, ClockMode::System) => return Ok(None),
            (Some(at), _) => at,
            (None, ClockMode::Simulated) => {
                let silence = TimeDelta::seconds(i64::try_from(app.config.worker.dead_after_s).unwrap_or(15));
                let at = app.desk.simulate(account, clock.business_now(), clock.machine_now() - silence).await?;
                warn_of_past(app, at).await?;
                at
            }
        };
        if settings.from.is_some_and(|from| from != at) {
            tracing::info!(stands_at = %runtime::shanghai_text(at), "the simulation goes on where it stands; clock.from is where it began");
        }
        clock.share(at);
        let stop = CancellationToken::new();
        tokio::spawn(keep_current(app.desk.clone(), stop.clone()));
        Ok(Some(stop.drop_guard()))
    }
}

/// What a database has acted on doesn't come a second time: a rehearsal that begins before it would wait for it in vain.
async fn warn_of_past(app: &App, at: DateTime<Utc>) -> Result<(), Failure> {
    let mut past = 0;
    for year in app.desk.years().await? {
        past += app.desk.window_status(year.year).await?.iter().filter(|one| one.due_at > at).count();
    }
    if past > 0 {
        tracing::warn!(
            openings_and_closings = past,
            begins_at = %runtime::shanghai_text(at),
            "this database has acted on windows of a later time, which don't come again; rehearse on data that hasn't"
        );
    }
    Ok(())
}

/// Whether somebody has asked for the machine's time, rather than nobody for anything.
fn is_explicit(config: &Config) -> bool {
    in_force(config).iter().any(|row| row.key == "clock.mode" && row.source != "default")
}

async fn keep_current(desk: desk::Desk, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let look = async {
            let mut view = desk.store.view().await?;
            desk.look_at_clock(&mut view).await
        };
        // A database that does not answer is told of by whoever has work to do there.
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            looked = look => if let Err(error) = looked { tracing::debug!(%error, "the clock could not be looked at") }
        }
    }
}
