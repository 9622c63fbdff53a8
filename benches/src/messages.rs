//! Empty jobs on their whole way: outbox, bell, worker, done. The parts are composed as the program composes them, with a
//! probe as the only work; how many a second, and how long one takes to start when nothing else is going on.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ::messages::{Kind, ProbeSent, Queue};
use ::store::{Store, StoreSettings, Vault, messages::Job};
use async_trait::async_trait;
use broker::Broker;
use chrono::TimeDelta;
use desk::{Desk, DeskSettings, Outbox};
use files::Files;
use runtime::{SystemClock, SystemIds};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use workers::{Failed, Runner, RunnerSettings, Shift, Sweep, SweepSettings, Work, WorkError, probe::Probe};

use crate::{
    Outcome,
    arguments::Arguments,
    services::{Database, Names},
    table::{Row, grouped},
};

/// Messages of one unit of whoever accepts.
const UNIT: usize = 500;
/// Longest wait for a run.
const LIMIT: Duration = Duration::from_mins(2);

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let count = arguments.size(20_000, 4_000);
    let singles = arguments.size(300, 50);
    let distributed = on_services(count, singles).await;
    let embedded = on_sqlite(count, singles).await;
    let rows = |engine: &str, aim: &str, found: Outcome<Found>| {
        let of_many = format!("{} empty messages, {engine}", grouped(count as f64));
        let of_one = format!("accept to start when idle, {singles} times, {engine}");
        match found {
            Ok(found) => [
                Row::of(of_many).measured(format!("{}/s", grouped(count as f64 / found.seconds))).aim(aim),
                Row::of(of_one)
                    .measured(format!("p50 {:.1} ms, p99 {:.1} ms", found.at(0.5), found.at(0.99)))
                    .aim("p99 < 50 ms"),
            ],
            Err(error) => [Row::of(of_many).measured(format!("not measured: {error}")).aim(aim), Row::of(of_one)],
        }
    };
    let mut table = Vec::from(rows("PostgreSQL → RabbitMQ → worker → done", "≥ 5,000/s", distributed));
    table.extend(rows("SQLite, embedded", "≥ 10,000/s", embedded));
    Ok(table)
}

/// What was measured.
struct Found {
    seconds: f64,
    /// Sorted, in milliseconds.
    latencies: Vec<f64>,
}

impl Found {
    fn at(&self, share: f64) -> f64 {
        let place = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}

async fn on_services(count: usize, singles: usize) -> Outcome<Found> {
    let names = Names::make().await?;
    let database = Database::make().await?;
    let folder = tempfile::tempdir()?;
    let settings = broker::Settings::new(&names.url, &names.prefix);
    let found = measure(database.url.clone(), settings, folder.path(), count, singles).await;
    names.drop().await?;
    database.drop().await?;
    found
}

async fn on_sqlite(count: usize, singles: usize) -> Outcome<Found> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    measure(url, broker::Settings::new("embedded", "bench"), folder.path(), count, singles).await
}

async fn measure(url: String, broker: broker::Settings, folder: &Path, count: usize, singles: usize) -> Outcome<Found> {
    let scene = Scene::compose(url, broker, folder).await?;
    // The first few connect everything.
    scene.many(UNIT).await?;
    scene.one_by_one(5).await?;
    let latencies = scene.one_by_one(singles).await?;
    let seconds = scene.many(count).await?;
    scene.end().await;
    Ok(Found { seconds, latencies })
}

/// The probe, which also tells when a job starts and how many are done.
#[derive(Default)]
struct Watched {
    probe: Probe,
    done: AtomicU64,
    some: Notify,
    starts: std::sync::OnceLock<mpsc::UnboundedSender<Instant>>,
}

#[async_trait]
impl Work for Watched {
    fn queues(&self) -> &'static [Queue] {
        self.probe.queues()
    }

    fn kinds(&self) -> &'static [Kind] {
        self.probe.kinds()
    }

    fn group(&self, queue: Queue) -> usize {
        self.probe.group(queue)
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        if let Some(starts) = self.starts.get() {
            // Nobody may be listening: then nobody needs to know.
            let _ = starts.send(Instant::now());
        }
        let failed = self.probe.run(shift, jobs).await?;
        self.done.fetch_add((jobs.len() - failed.len()) as u64, Ordering::AcqRel);
        self.some.notify_one();
        Ok(failed)
    }
}

/// One process with everything in it.
struct Scene {
    desk: Desk,
    broker: Arc<dyn Broker>,
    work: Arc<Watched>,
    starts: tokio::sync::Mutex<mpsc::UnboundedReceiver<Instant>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Scene {
    /// As `serve` and `worker` do it, with the defaults of the configuration.
    async fn compose(url: String, broker: broker::Settings, folder: &Path) -> Outcome<Self> {
        let embedded = broker.url == "embedded";
        let store = Store::open(&StoreSettings { url, connections: 8, wait_s: 10 }, Vault::new(&[7; 32], !embedded)?)?;
        let settings = DeskSettings {
            upload_bytes: 64 << 20,
            large_bytes: 2 << 20,
            undo_days: 30,
            ring_again: if embedded { TimeDelta::zero() } else { TimeDelta::seconds(10) },
        };
        let files = Files::in_folder(folder.join("files"))?;
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds::new()));
        let desk = Desk { store, files, clock, ids, settings };
        desk.migrate().await?;
        let broker = broker::connect(broker)?;
        let (sender, starts) = mpsc::unbounded_channel();
        let work = Arc::new(Watched::default());
        // A new cell is empty.
        let _ = work.starts.set(sender);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let shift = Shift {
            worker: desk.id(desk.moment()),
            desk: desk.clone(),
            broker: Arc::clone(&broker),
            stopping: CancellationToken::new(),
        };
        let runner = Arc::new(Runner::new(shift, runner_settings(), vec![Arc::clone(&work) as Arc<dyn Work>]));
        let until = stop.clone();
        tasks.spawn(async move {
            if let Err(error) = runner.work(until).await {
                eprintln!("messages: {error}");
            }
        });
        tasks.spawn(Sweep::new(desk.clone(), Arc::clone(&broker), sweep_settings()).run(stop.clone()));
        Ok(Self { desk, broker, work, starts: tokio::sync::Mutex::new(starts), stop, tasks })
    }

    async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.broker.close().await;
        self.desk.store.close().await;
    }

    /// Commits so many messages and rings for them.
    async fn send(&self, count: usize) -> Outcome<()> {
        let moment = self.desk.moment();
        let mut outbox = Outbox::new();
        for _ in 0..count {
            outbox.first(&self.desk, Queue::Deadlines, &ProbeSent {}, moment);
        }
        let mut unit = self.desk.store.begin().await?;
        let bells = outbox.write(&mut unit).await?;
        unit.commit().await?;
        self.broker.publish(&bells).await?;
        Ok(())
    }

    async fn until_done(&self, goal: u64) -> Outcome<()> {
        let reached = async {
            while self.work.done.load(Ordering::Acquire) < goal {
                self.work.some.notified().await;
            }
        };
        let late = |_| format!("only {} of {goal} done in time", self.work.done.load(Ordering::Acquire));
        Ok(tokio::time::timeout(LIMIT, reached).await.map_err(late)?)
    }

    /// Seconds from the first insert to the last "done".
    async fn many(&self, count: usize) -> Outcome<f64> {
        let goal = self.work.done.load(Ordering::Acquire) + count as u64;
        let start = Instant::now();
        let mut left = count;
        while left > 0 {
            let part = left.min(UNIT);
            self.send(part).await?;
            left -= part;
        }
        self.until_done(goal).await?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// One message after another; milliseconds from before the insert to the start of the job, sorted.
    async fn one_by_one(&self, count: usize) -> Outcome<Vec<f64>> {
        let mut starts = self.starts.lock().await;
        while starts.try_recv().is_ok() {}
        let mut found = Vec::new();
        for _ in 0..count {
            let goal = self.work.done.load(Ordering::Acquire) + 1;
            let before = Instant::now();
            self.send(1).await?;
            let started = tokio::time::timeout(LIMIT, starts.recv()).await?.ok_or("the worker has gone")?;
            found.push((started - before).as_secs_f64() * 1e3);
            self.until_done(goal).await?;
        }
        found.sort_by(f64::total_cmp);
        Ok(found)
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
