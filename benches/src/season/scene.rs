//! The scene of a year: the desk, the workers of enrolments, notices and deadlines, and a clock that is moved.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ::store::{Store, StoreSettings, Vault};
use broker::Broker;
use chrono::{DateTime, TimeDelta, Utc};
use desk::{Bell, Desk, DeskSettings};
use files::Files;
use runtime::{SimulatedClock, SystemIds};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use workers::{
    Runner, RunnerSettings, Shift, Sweep, SweepSettings, Work, deadline::DeadlineWork, enrollment::EnrollmentWork,
    notices::NoticeWork,
};

use super::{KEY, made::Made};
use crate::{
    Outcome,
    meter::Meter,
    services::{Database, Names},
    subject::Installation,
};

/// How often it is looked whether everything is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of so many parts of the time one may be spent with looking.
const LOOKS_TAKE: u32 = 20;
/// Longest wait for a queue to empty.
const LIMIT: Duration = Duration::from_mins(40);

/// The desk, the workers of this process, and what was made.
pub struct Scene {
    pub desk: Desk,
    clock: Arc<SimulatedClock>,
    pub broker: Arc<dyn Broker>,
    /// The database's address.
    pub url: String,
    /// Its name.
    database: String,
    pub program: Installation,
    pub made: Made,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).unwrap_or_default()
}

impl Scene {
    pub async fn compose(database: &Database, names: &Names, program: Installation) -> Outcome<Self> {
        let store = StoreSettings { url: database.url.clone(), connections: 16, wait_s: 60 };
        let store = Store::open(&store, Vault::from_hex(KEY, true)?)?;
        let clock = Arc::new(SimulatedClock::new(instant("2022-10-20T09:00:00+08:00")));
        let files = Files::in_folder(program.data().join("files"))?;
        let ring_again = TimeDelta::seconds(10);
        let settings = DeskSettings { upload_bytes: 64 << 20, large_bytes: 2 << 20, undo_days: 30, ring_again };
        let desk = Desk { store, files, clock: Arc::clone(&clock) as _, ids: Arc::new(SystemIds::new()), settings };
        desk.migrate().await?;
        let broker = broker::connect(broker::Settings::new(&names.url, &names.prefix))?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let shift = Shift {
            worker: desk.id(desk.moment()),
            desk: desk.clone(),
            broker: Arc::clone(&broker),
            stopping: CancellationToken::new(),
        };
        let works: Vec<Arc<dyn Work>> = vec![Arc::new(EnrollmentWork), Arc::new(NoticeWork), Arc::new(DeadlineWork)];
        let runner = Arc::new(Runner::new(shift, runner_settings(), works));
        let until = stop.clone();
        tasks.spawn(async move {
            if let Err(error) = runner.work(until).await {
                eprintln!("season: {error}");
            }
        });
        tasks.spawn(Sweep::new(desk.clone(), Arc::clone(&broker), sweep_settings()).run(stop.clone()));
        let (url, database, made) = (database.url.clone(), database.name.clone(), Made::default());
        Ok(Self { desk, clock, broker, url, database, program, made, stop, tasks })
    }

    pub async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.broker.close().await;
        self.desk.store.close().await;
    }

    /// As autovacuum does sooner or later, so that plans are those of a database that has been there for a while.
    pub async fn analyze(&self) -> Outcome<()> {
        use sqlx::{Connection as _, Executor as _};
        let mut connection = sqlx::PgConnection::connect(&self.url).await?;
        connection.execute("ANALYZE").await?;
        Ok(connection.close().await?)
    }

    pub async fn ring(&self, bells: &[Bell]) -> Outcome<()> {
        self.broker.publish(bells).await?;
        Ok(())
    }

    /// Waits until nothing but mails is open.
    pub async fn settle(&self) -> Outcome<()> {
        let start = Instant::now();
        loop {
            let looking = Instant::now();
            let mut view = self.desk.store.view().await?;
            let states = ::store::messages::queue_states(&mut view, self.desk.clock.machine_now()).await?;
            drop(view);
            let open: i64 =
                states.iter().filter(|state| state.queue != "mails").map(|state| state.ready + state.running).sum();
            if open == 0 {
                return Ok(());
            }
            if start.elapsed() > LIMIT {
                return Err(format!("{open} messages are still open").into());
            }
            // The mails that nobody sends here are counted, too: looking must not become the work.
            tokio::time::sleep(LOOK_EVERY.max(looking.elapsed() * LOOKS_TAKE)).await;
        }
    }

    /// Moves the business clock and lives through what came due; seconds.
    pub async fn at(&self, to: &str) -> Outcome<f64> {
        let start = Instant::now();
        self.clock.set(instant(to));
        let noticed = scheduler::reconcile(&self.desk).await?;
        self.ring(&noticed.bells).await?;
        self.settle().await?;
        Ok(start.elapsed().as_secs_f64())
    }

    pub fn meter(&self) -> (Meter, Instant) {
        (Meter::start(vec![std::process::id()], Some(self.database.clone())), Instant::now())
    }
}

fn runner_settings() -> RunnerSettings {
    RunnerSettings {
        role: "bench".to_owned(),
        slots: 4,
        batch: 50,
        prefetch: 256,
        job_limit: Duration::from_mins(30),
        heartbeat: Duration::from_secs(5),
        shutdown_limit: Duration::from_secs(20),
    }
}

fn sweep_settings() -> SweepSettings {
    SweepSettings {
        every: Duration::from_secs(1),
        dead_after: TimeDelta::seconds(15),
        attempts_alone: 3,
        hold_back: 20_000,
    }
}
