//! Comparisons: near matching alone; rosters of a unit of 120 people from acceptance to the difference workbook, one after
//! the other and a thousand at once; and rosters of a million rows, with the memory that they take. Through the program as it
//! is.

use std::{ops::Range, path::PathBuf, time::Instant};

use chrono::DateTime;
use domain::{
    comparison::{Loose, Sought, near_matches},
    identity::{Document, IdKind},
    person::Sex,
    template::TemplateKind,
};
use tempfile::TempDir;

use crate::{
    Outcome,
    arguments::Arguments,
    city,
    machine::Memory,
    meter::Part,
    peak::Peak,
    people::{member_row, person, roster_row, workbook},
    services::Served,
    subject::{Installation, Running},
    table::{Row, grouped, median},
    whole::{self, Found, Order},
};

/// People of the unit whose roster is compared.
const UNIT: u32 = 120;
/// Of the roster as many people are new, and as many members are not in it.
const CHANGED: u32 = 5;
/// How often the unit's roster is compared.
const TIMES: usize = 20;
/// Numbers from here on are in no registry of these benches.
const STRANGERS: u32 = 6_000_000;

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    // It takes minutes: each figure is told when it is there.
    let mut tell = |row: Row| {
        eprintln!("comparison: {row:?}");
        rows.push(row);
    };
    tell(near(arguments.size(100_000, 10_000)));
    tell(unit(arguments)?);
    tell(many(arguments).await?);
    for known in [false, true] {
        tell(large_embedded(arguments, known)?);
        tell(large_served(arguments, known).await?);
    }
    Ok(rows)
}

fn near(count: u32) -> Row {
    let known = |number: u32| {
        let person = person(number);
        let document = Document::stored(IdKind::ResidentId, &person.id_number)?;
        let sex = Sex::parse_zh(person.sex)?;
        Some(Sought::new(&person.name, &document, Some(person.birth), sex))
    };
    let stranger = |number: u32| {
        let person = person(number + STRANGERS);
        let document = Document::stored(IdKind::ResidentId, &person.id_number)?;
        Some(Loose::stranger(&person.name, &document, None))
    };
    let sought: Vec<Sought> = (0..count).filter_map(known).collect();
    let loose: Vec<Loose> = (0..count).filter_map(stranger).collect();
    let start = Instant::now();
    let found = near_matches(&loose, &sought);
    let took = start.elapsed().as_secs_f64();
    let count = grouped(f64::from(count));
    Row::of(format!("near matching, {count} rows × {count} members"))
        .measured(format!("{took:.2} s, {} pairs", found.pairs.len()))
        .aim("< 10 s")
}

/// A federation of one union.
struct Union<'a> {
    at: &'a Installation,
    folder: TempDir,
}

impl<'a> Union<'a> {
    const CODE: &'static str = "31011000";
    const NAME: &'static str = "第1厂工会";

    fn make(at: &'a Installation) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let city = city::make(folder.path(), 1)?;
        at.json(&["upload", "organizations", "--wait"], &[city.organizations])?;
        Ok(Self { at, folder })
    }

    /// A file with a roster of these people.
    fn roster(&self, numbers: Range<u32>) -> Outcome<PathBuf> {
        let path = self.folder.path().join("roster.xlsx");
        workbook(&path, TemplateKind::Roster, 7, numbers.map(roster_row))?;
        Ok(path)
    }

    /// Makes members of these people, as their roster has them.
    fn import(&self, numbers: Range<u32>) -> Outcome<()> {
        let path = self.folder.path().join("members.xlsx");
        let rows = numbers.map(|number| {
            let listed = roster_row(number);
            let mut row = member_row(number, Self::NAME, Self::CODE, &listed[5]);
            row[8].clone_from(&listed[6]);
            row
        });
        workbook(&path, TemplateKind::Members, 12, rows)?;
        let upload = self.at.json(&["upload", "members", "--org", "auto", "--type", "external", "--wait"], &[path])?;
        if upload["status"] == "done" {
            Ok(())
        } else {
            Err(format!("the import ended as {}", upload["status"]).into())
        }
    }

    /// Compares a roster; the seconds from its receipt to its result.
    fn compare(&self, roster: PathBuf) -> Outcome<f64> {
        let upload = self.at.json(&["upload", "roster", "--org", Self::CODE, "--wait"], &[roster])?;
        if upload["status"] != "done" {
            return Err(format!("the roster ended as {}", upload["status"]).into());
        }
        let at = |key: &str| -> Outcome<DateTime<_>> {
            Ok(DateTime::parse_from_rfc3339(upload[key].as_str().ok_or("no instant")?)?)
        };
        Ok((at("finished_at")? - at("received_at")?).as_seconds_f64())
    }
}

/// An embedded installation.
fn embedded(arguments: &Arguments) -> Outcome<(Installation, Running)> {
    let at = Installation::make(arguments, Vec::new())?;
    at.json(&["migrate"], &[])?;
    let serve = at.role(&["serve"], "serve.log")?;
    Ok((at, serve))
}

/// One after the other: what a clerk waits.
fn unit(arguments: &Arguments) -> Outcome<Row> {
    let (at, _serve) = embedded(arguments)?;
    let union = Union::make(&at)?;
    union.import(0..UNIT)?;
    let roster = union.roster(CHANGED..UNIT + CHANGED)?;
    union.compare(roster.clone())?;
    let took: Vec<f64> = (0..TIMES).map(|_| union.compare(roster.clone())).collect::<Outcome<_>>()?;
    let measured = format!("{:.0} ms (median of {TIMES}), waiting in queues included", median(took) * 1e3);
    Ok(Row::of(format!("a roster of {UNIT} people, accepted to difference workbook, embedded"))
        .measured(measured)
        .aim("< 100 ms"))
}

/// All at once, with two workers: how many a second, and a second and core.
async fn many(arguments: &Arguments) -> Outcome<Row> {
    let mut served = Served::make(arguments).await?;
    let found = rosters(arguments, &mut served).await;
    served.end().await?;
    let found = found?;
    let cpu = |part: Part| found.cpu.get(&part).copied().unwrap_or(0.0) * 1e3 / found.uploads;
    let parts = [Part::Worker, Part::Reader, Part::Database, Part::Broker, Part::Command].map(cpu);
    let [workers, readers, database, broker, command] = parts;
    Ok(Row::of(format!("{} rosters of {UNIT} people, PostgreSQL + RabbitMQ, 2 workers", grouped(found.uploads)))
        .measured(format!("{:.0}/s", found.uploads / found.queued_s))
        .beside(format!(
            "processor each: workers {workers:.1} ms, reading children {readers:.1}, database {database:.1}, \
             broker {broker:.1}, command {command:.1}: {:.0} a second and core",
            1e3 / parts.iter().sum::<f64>()
        ))
        .aim("workers < 100 ms each"))
}

async fn rosters(arguments: &Arguments, served: &mut Served) -> Outcome<Found> {
    let union = Union::make(&served.at)?;
    union.import(0..UNIT)?;
    let files = vec![union.roster(CHANGED..UNIT + CHANGED)?; arguments.size(1_000, 50)];
    let words = ["upload", "roster", "--org", Union::CODE, "--wait"];
    let order = Order { words: &words, files: &files, lanes: &["uploads", "comparisons"] };
    let (workers, database) = (std::mem::take(&mut served.workers), &served.database);
    whole::measure(&served.at, workers, order, database.url.clone(), Some(database.name.clone())).await
}

/// A roster of a million rows, of people whom nobody knows, or of the union as it is.
fn large(at: &Installation, engine: &str, known: bool, arguments: &Arguments) -> Outcome<Row> {
    let union = Union::make(at)?;
    let count = arguments.size(1_000_000, 10_000);
    if known {
        union.import(0..count)?;
    }
    let roster = union.roster(0..count)?;
    let peak = Peak::start();
    let took = union.compare(roster)?;
    let Memory { share_mb, own_mb } = peak.end();
    let (count, who) = (grouped(f64::from(count)), if known { "all of them members" } else { "all of them new" });
    let measured = format!("{took:.1} s; all processes together {share_mb:.0} MB, {own_mb:.0} MB of it of no file");
    Ok(Row::of(format!("a roster of {count} rows, {who}, {engine}")).measured(measured).aim("< 60 s, < 1 GB"))
}

fn large_embedded(arguments: &Arguments, known: bool) -> Outcome<Row> {
    let (at, _serve) = embedded(arguments)?;
    large(&at, "embedded", known, arguments)
}

async fn large_served(arguments: &Arguments, known: bool) -> Outcome<Row> {
    let served = Served::make(arguments).await?;
    let found = large(&served.at, "PostgreSQL + RabbitMQ, 2 workers", known, arguments);
    served.end().await?;
    found
}
