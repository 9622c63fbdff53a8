//! Comparisons: near matching alone, a unit of 120 people from the accepted roster to the difference workbook, and a roster
//! of a million rows, through the program as it is (embedded, one `serve`).

use std::time::Instant;

use chrono::DateTime;
use domain::{
    comparison::{Loose, Sought, near_matches},
    identity::{Document, IdKind},
    person::Sex,
    template::TemplateKind,
};
use serde_json::Value;

use crate::{
    Outcome,
    arguments::Arguments,
    city,
    people::{person, roster_row, workbook},
    subject::Installation,
    table::{Row, grouped, median},
};

/// People of the unit whose roster is compared.
const UNIT: u32 = 120;
/// How often the unit's roster is compared.
const TIMES: usize = 20;
/// Numbers from here on are in no registry of these benches.
const STRANGERS: u32 = 6_000_000;

/// The rows of the table.
pub fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    Ok(vec![near(arguments.size(100_000, 10_000)), unit(arguments)?, large(arguments)?])
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

/// A federation of one union, and its rosters.
struct Union {
    at: Installation,
    _serve: crate::subject::Running,
    code: String,
}

impl Union {
    fn make(arguments: &Arguments) -> Outcome<Self> {
        let at = Installation::make(arguments, Vec::new())?;
        at.json(&["migrate"], &[])?;
        let serve = at.role(&["serve"], "serve.log")?;
        let folder = tempfile::tempdir()?;
        let city = city::make(folder.path(), 1)?;
        at.json(&["upload", "organizations", "--wait"], &[city.organizations])?;
        Ok(Self { at, _serve: serve, code: "31011000".to_owned() })
    }

    /// Compares a roster of these people; the upload, with the seconds from its receipt to its result.
    fn compare(&self, numbers: std::ops::Range<u32>) -> Outcome<(Value, f64)> {
        let path = self.at.folder.path().join("roster.xlsx");
        let rows: Vec<Vec<String>> = numbers.map(roster_row).collect();
        workbook(&path, TemplateKind::Roster, 7, rows.into_iter())?;
        let upload = self.at.json(&["upload", "roster", "--org", &self.code, "--wait"], &[path])?;
        let at = |key: &str| -> Outcome<DateTime<_>> {
            Ok(DateTime::parse_from_rfc3339(upload[key].as_str().ok_or("no instant")?)?)
        };
        let took = (at("finished_at")? - at("received_at")?).as_seconds_f64();
        Ok((upload, took))
    }
}

fn unit(arguments: &Arguments) -> Outcome<Row> {
    let union = Union::make(arguments)?;
    let (first, _) = union.compare(0..UNIT)?;
    if first["status"] != "done" {
        return Err(format!("the roster ended as {}", first["status"]).into());
    }
    let mut took = Vec::new();
    for _ in 0..TIMES {
        took.push(union.compare(0..UNIT)?.1);
    }
    let measured = format!("{:.0} ms (median of {TIMES}), waiting in queues included", median(took) * 1e3);
    Ok(Row::of(format!("a roster of {UNIT} people, accepted to difference workbook, embedded"))
        .measured(measured)
        .aim("< 100 ms"))
}

fn large(arguments: &Arguments) -> Outcome<Row> {
    let union = Union::make(arguments)?;
    let count = arguments.size(1_000_000, 10_000);
    let (upload, took) = union.compare(0..count)?;
    let count = grouped(f64::from(count));
    let measured = format!("{took:.1} s, {}", upload["status"].as_str().unwrap_or_default());
    Ok(Row::of(format!("a roster of {count} rows, all of them new, embedded")).measured(measured).aim("< 60 s, < 1 GB"))
}
