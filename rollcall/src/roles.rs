//! The long-running roles: what each process runs, and how it starts and stops.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use desk::Hold;
use domain::secret::mask_addresses;
use messages::Queue;
use runtime::http::{Check, Note, Vitals};
use store::View;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    app::{self, App},
    output::{DONE, Failure},
};

/// How often an embedded process looks whether a command beside it has written something.
const LOOK_BESIDE: Duration = Duration::from_millis(20);

/// Which parts a process runs.
#[derive(Debug, Clone)]
pub struct Parts {
    /// `serve`, `worker`, `scheduler`, or the command that works the queues itself.
    pub role: &'static str,
    /// Whether it consumes queues.
    pub consumes: bool,
    /// Only these queues; empty: all.
    pub only: Vec<Queue>,
    /// Whether it takes part in leading.
    pub leads: bool,
    /// Whether it answers /healthz, /readyz and /metrics.
    pub listens: bool,
}

impl Parts {
    /// What works off the queues within another command.
    pub fn helper(role: &'static str) -> Self {
        Self { role, consumes: true, only: Vec::new(), leads: false, listens: false }
    }
}

/// Parts of a process that run in the background.
pub struct Running {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    _lock: Option<std::fs::File>,
}

impl Running {
    /// Asks everything to end and waits for it.
    pub async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Runs a role until a signal comes.
pub async fn run(app: App, parts: Parts) -> Result<u8, Failure> {
    let stop = runtime::shutdown::on_signals()?;
    let role = parts.role;
    let Some(running) = start(&app, parts).await? else {
        return Err(Failure::refused(
            "already-serving",
            "another process serves this data folder",
            "stop it first, or give this one a data.dir of its own; with PostgreSQL and RabbitMQ any number may run",
        ));
    };
    tracing::info!(role, database = ?app.desk.store.kind(), broker = if app::is_embedded(&app.config) { "embedded" } else { "rabbitmq" }, "ready");
    if app.desk.clock.is_shared() {
        let stands_at = runtime::shanghai_text(app.desk.clock.business_now());
        tracing::warn!(%stands_at, "business time is simulated: it stands still until `rollcall clock advance` moves it");
    }
    stop.cancelled().await;
    running.end().await;
    app.close().await;
    tracing::info!(role, "stopped");
    Ok(DONE)
}

/// Starts parts in the background; `None` when another process consumes the embedded queues.
pub async fn start(app: &App, parts: Parts) -> Result<Option<Running>, Failure> {
    let embedded = app::is_embedded(&app.config);
    let mut lock = None;
    if parts.consumes && embedded && app::is_sqlite(&app.config) {
        match app::consuming_lock(&app.config)? {
            Some(file) => lock = Some(file),
            None => return Ok(None),
        }
    }
    app.take_bearings().await;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    if parts.listens && !app.config.http.listen.is_empty() {
        listen(app, stop.clone()).await?;
    }
    let sweep = app.sweep();
    if lock.is_some()
        && let Err(error) = sweep.take_over().await
    {
        // Whoever held jobs here held the lock, too, and is gone: nobody's silence has to be waited for.
        tracing::warn!(%error, "what a killed process held could not be taken over yet; the sweep does it");
    }
    tasks.spawn(sweep.run(stop.clone()));
    if parts.consumes {
        let runner = app.runner(parts.role, &parts.only)?;
        let runner_stop = stop.clone();
        tasks.spawn(async move {
            if let Err(error) = runner.work(runner_stop).await {
                tracing::error!(%error, "the worker could not take its leave; its jobs are taken back when it counts as dead");
            }
        });
        if embedded {
            tasks.spawn(look_beside(app.clone(), stop.clone()));
        } else {
            tasks.spawn(workers::bridge_dead_letters(app.desk.clone(), Arc::clone(&app.broker), stop.clone()));
        }
    }
    if parts.leads {
        let settings = scheduler::Settings {
            retention_messages_days: app.config.retention.message_days,
            retention_uploads_days: app.config.retention.upload_days,
            retention_quarantine_days: app.config.retention.quarantine_days,
        };
        tasks.spawn(scheduler::run(app.desk.clone(), Arc::clone(&app.broker), settings, stop.clone()));
    }
    Ok(Some(Running { stop, tasks, _lock: lock }))
}

/// Sees within 20 ms that a command beside this process has written, and rings the bells inside. Only `SQLite` can tell.
async fn look_beside(app: App, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(LOOK_BESIDE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen = None;
    let mut view: Option<View> = None;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if view.is_none() {
            view = app.desk.store.view().await.ok();
        }
        let Some(own) = view.as_mut() else { continue };
        match app.desk.store.data_version(own).await {
            Ok(None) => return,
            Ok(version) if version != seen => {
                seen = version;
                app.broker.nudge_all();
            }
            Ok(_) => {}
            Err(_) => view = None,
        }
    }
}

async fn listen(app: &App, stop: CancellationToken) -> Result<(), Failure> {
    let metrics = runtime::telemetry::metrics().map_err(|error| Failure::service("metrics", &error.to_string(), ""))?;
    let wrong = |error: String| {
        Failure::service("http", &format!("http.listen: {error}"), "another address, or an empty one to switch it off")
    };
    let address = app.config.http.listen.parse().map_err(|error: std::net::AddrParseError| wrong(error.to_string()))?;
    let vitals = Arc::new(AppVitals { app: app.clone() });
    runtime::http::serve(address, vitals, metrics, stop).await.map_err(|error| wrong(error.to_string()))?;
    Ok(())
}

struct AppVitals {
    app: App,
}

#[async_trait]
impl Vitals for AppVitals {
    async fn checks(&self) -> Vec<Check> {
        let database = self.app.desk.ready().await.map_err(|error| error.to_string());
        let files = self.app.desk.files.check().await.map_err(|error| error.to_string());
        let broker = self.app.broker.depths().await.map(drop).map_err(|error| error.to_string());
        [("database", database), ("files", files), ("broker", broker)]
            .map(|(name, outcome)| Check { name, outcome: outcome.map_err(|error| mask_addresses(&error)) })
            .to_vec()
    }

    async fn notes(&self) -> Vec<Note> {
        let held = self.app.mails_held().await.ok().flatten();
        let held = held.map(|hold| format!("{hold}; {}", Hold::REMEDY));
        let told: Vec<String> = held.into_iter().chain(self.relay().await).collect();
        if told.is_empty() { Vec::new() } else { vec![Note { name: "mail", text: told.join("; ") }] }
    }

    async fn refresh_metrics(&self) {
        let Ok(states) = self.app.desk.queue_states().await else { return };
        for state in states {
            let queue = state.queue.clone();
            let gauge = |name: &'static str, value: i64| {
                metrics::gauge!(name, "queue" => queue.clone()).set(value as f64);
            };
            gauge("rollcall_queue_ready", state.ready);
            gauge("rollcall_queue_running", state.running);
            gauge("rollcall_queue_waiting", state.waiting);
            gauge("rollcall_queue_dead", state.dead);
            gauge("rollcall_queue_oldest_seconds", state.oldest_s);
        }
        self.refresh_rest().await;
    }
}

impl AppVitals {
    /// What the mail server holds against us: no reason to take a process out of service, since none would send them.
    async fn relay(&self) -> Option<String> {
        let mut view = self.app.desk.store.view().await.ok()?;
        let hold = store::ledger::held(&mut view).await.ok()??;
        Some(format!("held since {}: {}", runtime::shanghai_text(hold.since), hold.why))
    }

    /// Outbox lag (rows whose bell is overdue) and the leader's term.
    async fn refresh_rest(&self) {
        let Ok(mut view) = self.app.desk.store.view().await else { return };
        let now = self.app.desk.clock.machine_now();
        if let Ok(lag) = store::messages::outbox_lag_s(&mut view, now).await {
            metrics::gauge!("rollcall_outbox_lag_seconds").set(lag as f64);
        }
        if let Ok(Some(lease)) = store::leases::find(&mut view, scheduler::LEASE).await {
            metrics::gauge!("rollcall_leader_term").set(lease.term as f64);
        }
        if let Ok(held) = self.app.mails_held().await {
            metrics::gauge!("rollcall_held_as_copy").set(f64::from(u8::from(held.is_some())));
        }
        if let Ok(mails) = store::mails::count_by_status(&mut view).await {
            for (status, count) in mails {
                metrics::gauge!("rollcall_mails", "status" => status).set(count as f64);
            }
        }
    }
}
