//! The measure of the whole: the member imports of 500 unions, from the first accepted file to the last mail queued, on
//! PostgreSQL + RabbitMQ with two workers, and embedded.
//!
//! The start is the earliest `received_at`. The end is when the lane of uploads is first seen empty after it was last seen
//! busy: an upload's result, its mail in the ledger and "done" are of one commit. Mails have all been sent when the command
//! that waits for everything ends (it looks every 0.2 s).

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use ::store::{Store, StoreSettings, Vault};
use chrono::{DateTime, Utc};
use runtime::{Clock as _, SystemClock};
use serde_json::Value;

use crate::{
    Outcome,
    arguments::Arguments,
    city::{self, City},
    meter::{Meter, Part},
    services::Served,
    subject::{Asked, Installation, Running},
    table::{Row, grouped},
};

/// How often the queues are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What a worker of the usual kind (Celery, openpyxl, `SQLAlchemy`) does on the same two cores, from the issue.
const USUAL: (f64, f64) = (45.0, 5_000.0);
const LIMIT: Duration = Duration::from_mins(10);

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let city = match &arguments.city {
        Some(folder) => city::open(folder)?,
        None => city::make(folder.path(), arguments.size(500, 100))?,
    };
    let mut rows = match on_services(arguments, &city).await {
        Ok(found) => found.rows("PostgreSQL + RabbitMQ, 2 workers"),
        Err(error) => vec![Row::of("whole, PostgreSQL + RabbitMQ").measured(format!("not measured: {error}"))],
    };
    match embedded(arguments, &city).await {
        Ok(found) => rows.extend(found.rows("embedded, one serve")),
        Err(error) => rows.push(Row::of("whole, embedded").measured(format!("not measured: {error}"))),
    }
    Ok(rows)
}

async fn on_services(arguments: &Arguments, city: &City) -> Outcome<Found> {
    let mut served = Served::make(arguments).await?;
    let workers = std::mem::take(&mut served.workers);
    let (url, name) = (served.database.url.clone(), served.database.name.clone());
    let found = members(&served.at, workers, city, url, Some(name)).await;
    served.end().await?;
    found
}

async fn embedded(arguments: &Arguments, city: &City) -> Outcome<Found> {
    let installation = Installation::make(arguments, Vec::new())?;
    installation.json(&["migrate"], &[])?;
    let workers = vec![installation.role(&["serve"], "serve.log")?];
    let url = format!("sqlite:{}", installation.data().join("rollcall.db").display());
    members(&installation, workers, city, url, None).await
}

async fn members(
    installation: &Installation,
    workers: Vec<Running>,
    city: &City,
    url: String,
    database: Option<String>,
) -> Outcome<Found> {
    installation.json(&["upload", "organizations", "--wait"], std::slice::from_ref(&city.organizations))?;
    let words = ["upload", "members", "--org", "auto", "--type", "external", "--wait"];
    let order = Order { words: &words, files: &city.members, lanes: &["uploads"] };
    measure(installation, workers, order, url, database).await
}

/// Many uploads of one command.
#[derive(Debug, Clone, Copy)]
pub struct Order<'o> {
    /// The command.
    pub words: &'o [&'o str],
    /// Its files.
    pub files: &'o [PathBuf],
    /// What the queues begin with that the uploads go through.
    pub lanes: &'o [&'o str],
}

/// What was measured.
pub struct Found {
    /// Files.
    pub uploads: f64,
    rows: f64,
    accepted_s: f64,
    /// Seconds from the first accepted file until the last one was done and its mail queued.
    pub queued_s: f64,
    sent_s: f64,
    /// Processor time in seconds until all mails were sent.
    pub cpu: HashMap<Part, f64>,
}

/// Watches uploads from the first accepted file to the last mail sent; ends the workers.
pub async fn measure(
    installation: &Installation,
    workers: Vec<Running>,
    order: Order<'_>,
    url: String,
    database: Option<String>,
) -> Outcome<Found> {
    // Only to look at the queues: no key is needed for that.
    let store = Store::open(&StoreSettings { url, connections: 1, wait_s: 10 }, Vault::new(&[0; 32], false)?)?;
    let meter = Meter::start(workers.iter().map(Running::pid).collect(), database);
    let mut asked = installation.spawn(order.words, order.files)?;
    let queued_at = until_queued(&store, &mut asked, order.lanes).await?;
    let sent_at = SystemClock.machine_now();
    let cpu = meter.end();
    store.close().await;
    let document = asked.document()?;
    drop(workers);
    let uploads = document.as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(other) = uploads.iter().find(|upload| upload["status"] != "done") {
        return Err(format!("an upload was not done: {other}").into());
    }
    let received: Vec<DateTime<Utc>> = uploads.iter().filter_map(|upload| instant(&upload["received_at"])).collect();
    let (Some(first), Some(last)) = (received.iter().min(), received.iter().max()) else {
        return Err("no upload came to be".into());
    };
    let seconds = |until: DateTime<Utc>| (until - first).num_microseconds().unwrap_or(0) as f64 / 1e6;
    Ok(Found {
        uploads: uploads.len() as f64,
        rows: uploads.iter().filter_map(|upload| upload["counts"]["read"].as_f64()).sum(),
        accepted_s: seconds(*last),
        queued_s: seconds(queued_at),
        sent_s: seconds(sent_at),
        cpu,
    })
}

/// When the lanes were first empty after they were last busy; returns when the command has ended.
async fn until_queued(store: &Store, asked: &mut Asked, lanes: &[&str]) -> Outcome<DateTime<Utc>> {
    let (start, mut empty_since) = (Instant::now(), None);
    let mut view = store.view().await?;
    while !asked.ended()? {
        if start.elapsed() > LIMIT {
            return Err("the uploads were not done in ten minutes".into());
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let now = SystemClock.machine_now();
        let states = ::store::messages::queue_states(&mut view, now).await?;
        let is_ours = |queue: &str| lanes.iter().any(|lane| queue.starts_with(lane));
        let busy = states.iter().any(|state| is_ours(&state.queue) && state.ready + state.running + state.waiting > 0);
        if busy {
            empty_since = None;
        } else if empty_since.is_none() {
            empty_since = Some(now);
        }
    }
    Ok(empty_since.unwrap_or_else(|| SystemClock.machine_now()))
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.to_utc())
}

impl Found {
    fn rows(&self, engine: &str) -> Vec<Row> {
        let (uploads, people) = (self.uploads / self.queued_s, self.rows / self.queued_s);
        let cpu = |part: Part| self.cpu.get(&part).copied().unwrap_or(0.0);
        let ours = cpu(Part::Worker) + cpu(Part::Reader) + cpu(Part::Command);
        let all = ours + cpu(Part::Database) + cpu(Part::Broker);
        let share = |s: f64| format!("{s:.2} s ({:.0} %)", s / all * 100.0);
        vec![
            Row::of(format!("{} uploads, {} rows, {engine}", self.uploads, grouped(self.rows)))
                .measured(format!("{uploads:.0} uploads/s, {} rows/s", grouped(people)))
                .beside(format!("usual kind (issue): {} uploads/s, {} rows/s", USUAL.0, grouped(USUAL.1)))
                .ratio(format!("{:.1}×", uploads / USUAL.0))
                .aim("≥ 400 uploads/s"),
            Row::of("… from the first accepted file").measured(format!(
                "all accepted {:.2} s, last mail queued {:.2} s, all mails sent {:.2} s",
                self.accepted_s, self.queued_s, self.sent_s
            )),
            Row::of("… processor time").measured(format!(
                "{all:.2} s in all, {:.1} ms an upload: ours {} (workers {:.2}, reading children {:.2}, command {:.2}), \
                 database {}, broker {}",
                all * 1e3 / self.uploads,
                share(ours),
                cpu(Part::Worker),
                cpu(Part::Reader),
                cpu(Part::Command),
                share(cpu(Part::Database)),
                share(cpu(Part::Broker)),
            )),
        ]
    }
}
