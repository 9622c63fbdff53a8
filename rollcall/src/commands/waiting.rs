//! Waiting for work to be done, by a process that runs already or by this one.

use std::time::Duration;

use chrono::TimeDelta;
use indicatif::ProgressBar;
use uuid::Uuid;

use super::Context;
use crate::{
    app::App,
    output::{DONE, Failure},
    roles::{self, Parts, Running},
};

/// Starts workers in this process, unless others are alive.
pub async fn helpers(app: &App, role: &'static str) -> Result<Option<Running>, Failure> {
    let now = app.desk.clock.machine_now();
    let silent_since = now - TimeDelta::seconds(i64::try_from(app.config.worker.dead_after_s).unwrap_or(15));
    let mut view = app.desk.store.view().await?;
    let alive = store::workers::alive(&mut view, silent_since).await?;
    drop(view);
    if alive.iter().any(|worker| worker.queues.contains("uploads")) {
        // It may have died a moment ago; whoever waits then starts its own when the heartbeat has grown old.
        return Ok(None);
    }
    roles::start(app, Parts::helper(role)).await
}

/// Waits until these chains have settled. If nothing else works the queues, this process does.
pub async fn wait(app: &App, role: &'static str, correlations: &[Uuid], bar: &ProgressBar) -> Result<(), Failure> {
    let mut running = helpers(app, role).await?;
    let total = correlations.len() as u64;
    let mut pause = Duration::from_millis(10);
    let mut rounds = 0_u32;
    loop {
        let workers::Settled { open, mails } = workers::settled(&app.desk, correlations).await?;
        bar.set_position(total.saturating_sub(u64::try_from(open).unwrap_or(0)));
        if open == 0 {
            break;
        }
        rounds += 1;
        if open == mails
            && rounds.is_multiple_of(5)
            && let Some(hold) = app.mails_held().await?
        {
            tracing::error!(%hold, mails, "mails wait for an operator's word, and are not waited for");
            break;
        }
        if running.is_none() && rounds.is_multiple_of(20) {
            running = helpers(app, role).await?;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(200));
    }
    bar.finish_and_clear();
    if let Some(running) = running {
        running.end().await;
    }
    Ok(())
}

/// Rings for what a command has committed, and waits for all that follows if that is asked for.
pub async fn follow(app: &App, bells: Vec<desk::Bell>, waits: bool, quiet: bool) -> Result<(), Failure> {
    let mut correlations: Vec<Uuid> = bells.iter().map(|(_, envelope)| envelope.correlation_id).collect();
    correlations.sort_unstable();
    correlations.dedup();
    app.ring(bells).await;
    if waits && !correlations.is_empty() {
        let bar = crate::progress::bar(correlations.len() as u64, "following up", quiet);
        wait(app, "command", &correlations, &bar).await?;
    }
    Ok(())
}

/// Returns once nothing is due any more. If nothing else works the queues, this process does.
pub async fn settle(app: &App, role: &'static str, quiet: bool) -> Result<(), Failure> {
    let mut running = helpers(app, role).await?;
    let bar = crate::progress::bar(0, "open messages", quiet);
    let mut rounds = 0_u32;
    while is_busy(app, &bar).await? {
        rounds += 1;
        if running.is_none() && rounds.is_multiple_of(20) {
            running = helpers(app, role).await?;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bar.finish_and_clear();
    if let Some(running) = running {
        running.end().await;
    }
    Ok(())
}

/// Whether anything that is due is open still; the bar shows how much.
async fn is_busy(app: &App, bar: &ProgressBar) -> Result<bool, Failure> {
    let mut view = app.desk.store.view().await?;
    let open = store::messages::open_by(&mut view, app.desk.clock.machine_now()).await?;
    bar.set_position(u64::try_from(open).unwrap_or(0));
    Ok(open > 0)
}

/// `drain`: notices what came due of the windows, works off what is due, then exits.
pub async fn drain(context: &Context<'_>, until_idle: bool) -> Result<u8, Failure> {
    let app = context.app().await?;
    // Without a scheduler nobody has looked what came due of the windows.
    app.ring(scheduler::reconcile(&app.desk).await?.bells).await;
    let running = roles::start(&app, Parts::helper("drain")).await?;
    if running.is_none() && !until_idle {
        return Err(Failure::refused(
            "already-serving",
            "another process serves this data folder",
            "it does the work; --until-idle waits for it",
        ));
    }
    let bar = crate::progress::bar(0, "open messages", context.printer.is_json());
    while is_busy(&app, &bar).await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bar.finish_and_clear();
    if let Some(running) = running {
        running.end().await;
    }
    let states = app.desk.queue_states().await?;
    let waiting: i64 = states.iter().map(|state| state.waiting).sum();
    let dead: i64 = states.iter().map(|state| state.dead).sum();
    let document = serde_json::json!({"waiting": waiting, "dead": dead});
    context
        .printer
        .document(&document, |_| format!("nothing is due any more; {waiting} wait for a retry, {dead} are dead"));
    app.close().await;
    Ok(DONE)
}
