//! Mails to a server on this machine: what our mailer hands over in a second beside a plain loop over lettre, and what goes
//! the whole way from the ledger to the server.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ::messages::Queue;
use ::store::{Store, StoreSettings, Vault};
use chrono::{DateTime, TimeDelta};
use desk::{Cause, Desk, DeskSettings, Letter, Matter, Outbox, Reader};
use files::Files;
use futures_util::future::try_join_all;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor, address::Envelope};
use mail::{Address, Mailer, MailerSettings, Outgoing, template};
use runtime::{SystemClock, SystemIds};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workers::{
    Runner, RunnerSettings, Shift,
    mail::{MailSettings, MailWork, Rates},
};

use crate::{
    Outcome,
    arguments::Arguments,
    machine,
    services::Database,
    sink::Sink,
    table::{Row, grouped},
};

/// Connections, and mails under way at a time.
const TOGETHER: usize = 4;
/// Letters that are written into the ledger together.
const LETTERS: usize = 2_000;
/// Longest wait for a run.
const LIMIT: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Attempts are counted as with every server, and nothing is held back.
const RATES: Rates = Rates { per_minute: 1_000_000, per_domain_per_minute: 1_000_000 };
const FROM: &str = "rollcall@example.org";

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let count: usize = arguments.size(20_000, 2_000);
    // It waits for 40 ms with each mail: its text and the dot after it go out in two pieces.
    let floor = plain_loop(count / 10).await?;
    let ours = through_the_mailer(count).await?;
    let mut rows = vec![
        Row::of(format!("{} mails handed to a local server, {TOGETHER} connections", grouped(count as f64)))
            .measured(ours.told())
            .beside(format!("lettre's own pool, one mail composed once: {}", floor.told()))
            .ratio(format!("{:.2} × the processor of one", ours.each_ms() / floor.each_ms())),
    ];
    let embedded = embedded(count / 2).await;
    let distributed = on_postgres(count / 2).await;
    for (engine, found) in [("SQLite", embedded), ("PostgreSQL", distributed)] {
        let row = Row::of(format!("{} mails from the ledger to the server, {engine}", grouped((count / 2) as f64)));
        rows.push(match found {
            Ok(found) => row
                .measured(found.told())
                .beside("the mailer alone, above")
                .ratio(format!("{:.1} × the processor of one", found.each_ms() / ours.each_ms())),
            Err(error) => row.measured(format!("not measured: {error}")),
        });
    }
    Ok(rows)
}

/// How a run went. The server's share of the processor is in it: it is a thread of this process.
struct Found {
    count: usize,
    wall_s: f64,
    cpu_s: f64,
}

impl Found {
    fn each_ms(&self) -> f64 {
        self.cpu_s / self.count as f64 * 1e3
    }

    fn told(&self) -> String {
        format!("{}/s, {:.2} ms of processor each", grouped(self.count as f64 / self.wall_s), self.each_ms())
    }
}

/// Measures until `work` is over.
async fn measured(count: usize, work: impl Future<Output = Outcome<()>>) -> Outcome<Found> {
    let own = std::process::id();
    let (start, before) = (Instant::now(), machine::cpu_s(own));
    tokio::time::timeout(LIMIT, work).await.map_err(|_| "it took too long")??;
    Ok(Found { count, wall_s: start.elapsed().as_secs_f64(), cpu_s: machine::cpu_s(own) - before })
}

fn example() -> Outcome<template::Rendered> {
    Ok(template::kind("window-opened")?.preview()?)
}

fn outgoing(number: u128, mail: &template::Rendered) -> Outcome<Outgoing> {
    Ok(Outgoing {
        message_id: Uuid::from_u128(number),
        from: Address::parse(FROM)?,
        to: Address::parse(&format!("unit-{number}@example.org"))?,
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: Some(mail.html.clone()),
        attachments: Vec::new(),
        headers: Vec::new(),
        date: DateTime::UNIX_EPOCH,
    })
}

/// The peer: nothing is composed, nothing is judged.
async fn plain_loop(count: usize) -> Outcome<Found> {
    let sink = Sink::start()?;
    let bytes = mail::compose(&outgoing(1, &example()?)?, None)?.bytes;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(sink.port()).build();
    let envelope = Envelope::new(Some(FROM.parse()?), vec!["unit-1@example.org".parse()?])?;
    let next = AtomicUsize::new(0);
    let one = async || -> Outcome<()> {
        while next.fetch_add(1, Ordering::Relaxed) < count {
            transport.send_raw(&envelope, &bytes).await?;
        }
        Ok(())
    };
    measured(count, async { try_join_all((0..TOGETHER).map(|_| one())).await.map(drop) }).await
}

fn mailer(sink: &Sink) -> Outcome<Mailer> {
    Ok(Mailer::open(&MailerSettings {
        url: format!("smtp://127.0.0.1:{}?tls=none", sink.port()),
        outbox: PathBuf::new(),
        redirect_to: String::new(),
        helo: "mails.example.org".to_owned(),
        probe: String::new(),
        connections: u32::try_from(TOGETHER)?,
        timeout: Duration::from_secs(30),
        most_bytes: 10 << 20,
    })?)
}

async fn through_the_mailer(count: usize) -> Outcome<Found> {
    let sink = Sink::start()?;
    let (mailer, example, next) = (mailer(&sink)?, example()?, AtomicUsize::new(0));
    let one = async || -> Outcome<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            mailer.send(&outgoing(number as u128, &example)?).await?;
        }
    };
    measured(count, async { try_join_all((0..TOGETHER).map(|_| one())).await.map(drop) }).await
}

async fn embedded(count: usize) -> Outcome<Found> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    from_the_ledger(url, folder.path(), count).await
}

async fn on_postgres(count: usize) -> Outcome<Found> {
    let (database, folder) = (Database::make().await?, tempfile::tempdir()?);
    let found = from_the_ledger(database.url.clone(), folder.path(), count).await;
    database.drop().await?;
    found
}

/// The mails stand in the ledger; a runner with the defaults of the configuration sends them.
async fn from_the_ledger(url: String, folder: &Path, count: usize) -> Outcome<Found> {
    let sink = Sink::start()?;
    let store = Store::open(&StoreSettings { url, connections: 8, wait_s: 10 }, Vault::new(&[7; 32], false)?)?;
    let settings =
        DeskSettings { upload_bytes: 1 << 20, large_bytes: 1 << 20, undo_days: 30, ring_again: TimeDelta::zero() };
    let files = Files::in_folder(folder.join("files"))?;
    let desk = Desk { store, files, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds::new()), settings };
    desk.migrate().await?;
    write(&desk, count).await?;
    let broker = broker::connect(broker::Settings::new("embedded", "bench"))?;
    let work = MailWork::new(mailer(&sink)?, MailSettings { from: Address::parse(FROM)?, rates: Some(RATES) });
    let shift = Shift {
        worker: desk.id(desk.moment()),
        desk: desk.clone(),
        broker: Arc::clone(&broker),
        stopping: CancellationToken::new(),
    };
    let runner = Arc::new(Runner::new(shift, runner_settings(), vec![Arc::new(work)]));
    let stop = CancellationToken::new();
    let found = measured(count, async {
        let running = tokio::spawn(Arc::clone(&runner).work(stop.clone()));
        // Taken by the server is not all: the ledger is to know. A serve looks beside itself as often.
        while sink.taken() < count || unsent(&desk).await? > 0 {
            broker.nudge(Queue::Mails);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        stop.cancel();
        Ok(running.await??)
    })
    .await;
    broker.close().await;
    desk.store.close().await;
    found
}

async fn unsent(desk: &Desk) -> Outcome<i64> {
    let counts = ::store::mails::count_by_status(&mut desk.store.view().await?).await?;
    Ok(counts.iter().filter(|(status, _)| status != "sent").map(|(_, count)| count).sum())
}

async fn write(desk: &Desk, count: usize) -> Outcome<()> {
    let data = serde_json::json!({"year": 2023, "org_code": "3199010001", "org_name": "示例工会", "window": "集中参保",
        "until": "2022年12月25日24时", "missing": ["确认待确认名单，选择保障类型，提交集中参保"]});
    let (moment, mut number) = (desk.moment(), 0);
    let chain = desk.id(moment);
    while number < count {
        let part = number..count.min(number + LETTERS);
        number = part.end;
        let letter = |number: usize| {
            // A year is overtaken by nothing.
            let letter = Letter::new("window-opened", Matter::Year(2023), 1, &data, Cause::Chain(chain));
            letter.to(Reader::address(&format!("unit-{number}@example.org")))
        };
        let letters: Vec<Letter> = part.map(letter).collect();
        let (mut unit, mut outbox) = (desk.store.begin().await?, Outbox::new());
        desk.post(&mut unit, &mut outbox, &letters, moment).await?;
        outbox.write(&mut unit).await?;
        unit.commit().await?;
    }
    Ok(())
}

fn runner_settings() -> RunnerSettings {
    RunnerSettings {
        role: "bench".to_owned(),
        slots: TOGETHER,
        batch: 50,
        prefetch: 256,
        job_limit: Duration::from_mins(30),
        heartbeat: Duration::from_secs(5),
        shutdown_limit: Duration::from_secs(20),
    }
}
