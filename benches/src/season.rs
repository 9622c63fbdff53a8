//! The year at full size, on PostgreSQL + RabbitMQ: previews, submissions on the last evening, the recount of totals, batches,
//! the closing of bureau payments with one bureau in a hundred that has not paid, and the statistics workbook.
//!
//! Unions, members and the submissions of earlier days are written straight into the database. The desk and the workers of
//! enrolments, notices and deadlines run in this process; mails are queued and not sent. `--units N` makes another size than the
//! federation's.

mod made;
mod rest;
mod scene;

use std::{
    sync::{Arc, atomic::AtomicUsize, atomic::Ordering},
    time::{Duration, Instant},
};

use ::store::Vault;
use chrono::NaiveDate;
use desk::{FileOffer, Payment, Review};
use domain::enrollment::batch::Contact;
use tokio::task::JoinSet;

use self::scene::Scene;
use crate::{
    Outcome,
    arguments::Arguments,
    machine,
    meter::{Meter, Part},
    services::{Database, Names},
    subject::Installation,
    table::{Row, grouped},
};

/// Unions of the federation.
const UNITS: usize = 53_478;
const YEAR: i32 = 2023;
const OPERATOR: &str = "operator";
/// Previews that are timed.
const PREVIEWS: usize = 300;
/// Submissions of the last evening.
const EVENING: usize = 10_000;
/// Clerks who submit at the same moment.
const CLERKS: usize = 8;
/// The data key: 64 hexadecimal digits.
const KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let units = arguments.units.unwrap_or_else(|| arguments.size(UNITS, 200));
    let (database, names) = (Database::make().await?, Names::make().await?);
    let found = live(arguments, units, &database, &names).await;
    names.drop().await?;
    database.drop().await?;
    found
}

async fn live(arguments: &Arguments, units: usize, database: &Database, names: &Names) -> Outcome<Vec<Row>> {
    let settings = [("ROLLCALL_DATABASE__URL", database.url.as_str()), ("ROLLCALL_DATA__KEY", KEY)];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let program = Installation::make(arguments, settings)?;
    let mut scene = Scene::compose(database, names, program).await?;
    let mut rows = Vec::new();
    let start = Instant::now();
    scene.made = made::make(&scene.desk, &Arc::new(Vault::from_hex(KEY, true)?), units).await?;
    let people = scene.made.members;
    let of = format!("{} units, {} members", grouped(units as f64), grouped(people as f64));
    let took = start.elapsed().as_secs_f64();
    rows.push(Row::of(format!("the year: {of}")).measured(format!("written in {took:.0} s")));
    eprintln!("season: {of} written in {took:.0} s");
    scene.analyze().await?;
    for step in Step::ALL {
        let found = step.live(&scene).await?;
        eprintln!("season: {found:?}");
        rows.extend(found);
    }
    scene.end().await;
    Ok(rows)
}

/// What is measured, in order.
#[derive(Clone, Copy)]
enum Step {
    Preview,
    Evening,
    Rest,
    Recount,
    Review,
    Batches,
    Forecast,
    Closing,
    Statistics,
}

impl Step {
    const ALL: [Self; 9] = [
        Self::Preview,
        Self::Evening,
        Self::Rest,
        Self::Recount,
        Self::Review,
        Self::Batches,
        Self::Forecast,
        Self::Closing,
        Self::Statistics,
    ];

    async fn live(self, scene: &Scene) -> Outcome<Vec<Row>> {
        match self {
            Self::Preview => scene.previews().await,
            Self::Evening => scene.evening().await,
            Self::Rest => scene.rest().await,
            Self::Recount => scene.recount().await,
            Self::Review => scene.review().await,
            Self::Batches => scene.batches().await,
            Self::Forecast => scene.forecast().await,
            Self::Closing => scene.closing().await,
            Self::Statistics => scene.statistics(),
        }
    }
}

fn of_bench<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

impl Scene {
    async fn previews(&self) -> Outcome<Vec<Row>> {
        self.at("2022-12-25T20:00:00+08:00").await?;
        let step = (self.made.units.len() / PREVIEWS).max(1);
        let (mut took, mut people) = (Vec::new(), 0);
        let mut largest = (0, 0.0);
        for code in self.made.units.iter().step_by(step) {
            let start = Instant::now();
            let preview = self.desk.preview(OPERATOR, YEAR, code, Some("A")).await?;
            let ms = start.elapsed().as_secs_f64() * 1e3;
            people += preview.classes.total;
            if preview.classes.total > largest.0 {
                largest = (preview.classes.total, ms);
            }
            took.push(ms);
        }
        let count = took.len();
        took.sort_by(f64::total_cmp);
        let at = |share: usize| took[(count * share / 100).min(count - 1)];
        let measured = format!(
            "p50 {:.1} ms, p99 {:.1} ms; the largest of them, {} members: {:.0} ms",
            at(50),
            at(99),
            largest.0,
            largest.1
        );
        let what = format!("enroll preview, {count} units of {} members on average", people / count as u64);
        Ok(vec![Row::of(what).measured(measured).aim("< 20 ms")])
    }

    /// Units submit, several at a time; then whatever follows is worked off.
    async fn evening(&self) -> Outcome<Vec<Row>> {
        let count = EVENING.min(self.made.units.len());
        let (meter, start) = self.meter();
        let next = Arc::new(AtomicUsize::new(0));
        let mut clerks = JoinSet::new();
        for _ in 0..CLERKS {
            let (desk, broker, next) = (self.desk.clone(), Arc::clone(&self.broker), Arc::clone(&next));
            let units = Arc::clone(&self.made.units);
            clerks.spawn(async move {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return Ok::<(), String>(());
                    }
                    let done = desk.submit(OPERATOR, YEAR, &units[place], Some("A")).await.map_err(of_bench)?;
                    broker.publish(&done.bells).await.map_err(of_bench)?;
                }
            });
        }
        while let Some(clerk) = clerks.join_next().await {
            clerk??;
        }
        let accepted = start.elapsed().as_secs_f64();
        self.settle().await?;
        let all = start.elapsed().as_secs_f64();
        let used = meter.end();
        let per = |part: Part| used.get(&part).copied().unwrap_or(0.0) * 1e3 / count as f64;
        let (own, database, broker) = (per(Part::Worker), per(Part::Database), per(Part::Broker));
        let measured = format!(
            "accepted {:.0}/s; counted, noticed (PDF) and told, first to last: {:.0}/s",
            count as f64 / accepted,
            count as f64 / all
        );
        let beside = format!(
            "processor a submission: {own:.1} ms desk and workers, {database:.1} ms PostgreSQL, {broker:.1} ms broker"
        );
        let title = format!("{} submissions, last evening", grouped(count as f64));
        Ok(vec![Row::of(title).measured(measured).beside(beside)])
    }

    /// The others submitted before.
    async fn rest(&self) -> Outcome<Vec<Row>> {
        let start = Instant::now();
        let written = self.submit_the_rest().await?;
        let measured = format!("{:.0} s", start.elapsed().as_secs_f64());
        let what = format!("{} more submissions written, and the totals anew", grouped(written as f64));
        Ok(vec![Row::of(what).measured(measured)])
    }

    async fn recount(&self) -> Outcome<Vec<Row>> {
        let (meter, start) = self.meter();
        let (found, _) = self.desk.recount(OPERATOR, YEAR, false).await?;
        let took = start.elapsed().as_secs_f64();
        let row = Row::of(format!("recount of {} submissions", grouped(found.submissions as f64)));
        let measured = format!("{took:.2} s, {} differences", found.differences.len());
        Ok(vec![row.measured(measured).beside(processor(meter))])
    }

    async fn review(&self) -> Outcome<Vec<Row>> {
        let (meter, start) = self.meter();
        let mut approved = 0;
        for code in &self.made.bureaus {
            let (outcomes, bells) = self.desk.review(OPERATOR, YEAR, code, None, Review::Approve).await?;
            approved += outcomes.iter().filter(|one| one.outcome == "done").count();
            self.ring(&bells).await?;
        }
        let decided = start.elapsed().as_secs_f64();
        self.settle().await?;
        let all = start.elapsed().as_secs_f64();
        let what = format!("{} approvals, a bureau at a time", grouped(approved as f64));
        let measured = format!("{decided:.1} s; {all:.1} s until all is counted and told");
        Ok(vec![Row::of(what).measured(measured).beside(processor(meter))])
    }

    async fn batches(&self) -> Outcome<Vec<Row>> {
        let closing = self.at("2022-12-28T10:00:00+08:00").await?;
        let contact = Contact::read("周敏", "13900000000", "bureau@example.org").map_err(|_| "no contact")?;
        let (meter, start) = self.meter();
        let mut people = 0;
        for code in &self.made.bureaus {
            let submitted = self.desk.submit_batch(OPERATOR, YEAR, code, &contact).await?;
            people += submitted.view.people;
            self.ring(&submitted.bells).await?;
        }
        let made = start.elapsed().as_secs_f64();
        self.settle().await?;
        let all = start.elapsed().as_secs_f64();
        let measured =
            format!("{made:.1} s, {} people; {all:.1} s until all is counted and told", grouped(people as f64));
        let batches = Row::of(format!("{} batches", self.made.bureaus.len())).measured(measured);
        let closed = Row::of("the closing of submission and review").measured(format!("{closing:.1} s"));
        Ok(vec![closed, batches.beside(processor(meter))])
    }

    /// All bureaus but one in a hundred pay, and the forecast of what that comes to.
    async fn forecast(&self) -> Outcome<Vec<Row>> {
        let cover = self.at("2023-01-05T10:00:00+08:00").await?;
        let path = self.program.folder.path().join("voucher.pdf");
        std::fs::write(&path, b"%PDF-1.4\n% an invented voucher\n")?;
        let paid_on = NaiveDate::from_ymd_opt(YEAR, 1, 4).unwrap_or_default();
        let batches = self.desk.batches(OPERATOR, YEAR, None).await?;
        let unpaid = (batches.len() / 100).max(1);
        for batch in batches.iter().skip(unpaid) {
            let number = batch.batch_no.clone().unwrap_or_default();
            let file = FileOffer { path: path.clone(), file_name: "voucher.pdf".to_owned() };
            let payment = Payment { amount_fen: batch.due_fen, paid_on };
            let (_, bells) = self.desk.upload_voucher(OPERATOR, &number, &file, &payment).await?;
            self.ring(&bells).await?;
            let (_, bells) = self.desk.confirm_payment(OPERATOR, &number).await?;
            self.ring(&bells).await?;
        }
        self.settle().await?;
        let (meter, start) = self.meter();
        let forecast = self.desk.forecast(OPERATOR, YEAR, None).await?;
        let took = start.elapsed().as_secs_f64();
        let what = format!(
            "forecast of {}, {unpaid} of {} bureaus unpaid",
            forecast.window.unwrap_or("no window"),
            batches.len()
        );
        let measured = format!(
            "{took:.2} s: {} submissions, {} people",
            grouped(forecast.submissions as f64),
            grouped(forecast.people as f64)
        );
        let closed =
            Row::of("the closing of final submission, and the opening of cover").measured(format!("{cover:.1} s"));
        Ok(vec![closed, Row::of(what).measured(measured).beside(processor(meter))])
    }

    async fn closing(&self) -> Outcome<Vec<Row>> {
        let (meter, _) = self.meter();
        let took = self.at("2023-01-21T00:05:00+08:00").await?;
        let failed = self.desk.review_list(OPERATOR, YEAR, made::ROOT, Some("failed"), None).await?;
        let people: i64 = failed.iter().map(|one| one.people).sum();
        let measured = format!(
            "{took:.1} s: {} submissions with {} people failed, drafts made, all told",
            grouped(failed.len() as f64),
            grouped(people as f64)
        );
        Ok(vec![Row::of("enforcement of bureau-payment").measured(measured).beside(processor(meter))])
    }

    fn statistics(&self) -> Outcome<Vec<Row>> {
        let path = self.program.folder.path().join("statistics.xlsx");
        let start = Instant::now();
        let year = YEAR.to_string();
        let output = path.display().to_string();
        let mut asked = self.program.spawn(&["stats", "--year", &year, "-o", &output], &[])?;
        let (mut most, mut cpu) = (0.0_f64, 0.0_f64);
        while !asked.ended()? {
            most = most.max(machine::memory_mb(asked.pid(), "VmHWM"));
            cpu = cpu.max(machine::cpu_s(asked.pid()));
            std::thread::sleep(Duration::from_millis(10));
        }
        let took = start.elapsed().as_secs_f64();
        let document = asked.document()?;
        let megabytes = std::fs::metadata(&path)?.len() as f64 / 1e6;
        let measured = format!("{took:.1} s, {megabytes:.1} MB, peak memory {most:.0} MB");
        let units = document["units"].as_f64().unwrap_or(0.0);
        let row = Row::of(format!("statistics workbook of the federation, {} units", grouped(units)));
        Ok(vec![row.measured(measured).beside(format!("{cpu:.1} s of processor, without PostgreSQL's"))])
    }
}

fn processor(meter: Meter) -> String {
    let used = meter.end();
    let of = |part: Part| used.get(&part).copied().unwrap_or(0.0);
    format!("processor: {:.1} s desk and workers, {:.1} s PostgreSQL", of(Part::Worker), of(Part::Database))
}
