//! Memory: the most that a process and its reading child hold while a million rows are read, and whether a worker grows
//! over ten thousand uploads.

use std::{path::Path, time::Duration};

use domain::template::TemplateKind;

use crate::{
    Outcome,
    arguments::Arguments,
    city, machine,
    people::{roster_row, workbook},
    subject::Installation,
    table::{Row, grouped},
};

const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Files of one command.
const TOGETHER: usize = 500;
const COLUMNS: usize = 7;

/// The rows of the table.
pub fn bench(arguments: &Arguments) -> Vec<Row> {
    let found = [long_roster(arguments), growth(arguments)];
    let row =
        |row: Outcome<Row>| row.unwrap_or_else(|error| Row::of("memory").measured(format!("not measured: {error}")));
    found.into_iter().map(row).collect()
}

/// Peak memory of `check` and its child on a roster of a million rows.
fn long_roster(arguments: &Arguments) -> Outcome<Row> {
    let rows: usize = arguments.size(1_000_000, 100_000);
    let installation = Installation::make(arguments, Vec::new())?;
    let file = installation.folder.path().join("roster.xlsx");
    workbook(&file, TemplateKind::Roster, COLUMNS, (0..rows).map(|number| roster_row(number as u32)))?;
    let mut asked = installation.spawn(&["check", "roster"], std::slice::from_ref(&file))?;
    let (mut parent, mut child) = (0.0_f64, 0.0_f64);
    while !asked.ended()? {
        parent = parent.max(machine::memory_mb(asked.pid(), "VmHWM"));
        let of_children = machine::children(asked.pid()).into_iter().map(|pid| machine::memory_mb(pid, "VmHWM"));
        child = child.max(of_children.sum());
        std::thread::sleep(LOOK_EVERY);
    }
    let document = asked.document()?;
    if document["counts"]["accepted"].as_u64() != Some(rows as u64) {
        return Err(format!("the made roster is not as the rules want it: {}", document["counts"]).into());
    }
    Ok(Row::of(format!("peak memory, roster of {} rows × {COLUMNS} columns", grouped(rows as f64)))
        .measured(format!("{:.0} MB (parent {parent:.0} + child {child:.0})", parent + child))
        .aim("< 300 MB at 1,000,000 rows"))
}

/// Memory of `serve` after a tenth, half and all of the uploads. What counts is the memory of its own (`RssAnon`):
/// resident pages of the mapped database file are the kernel's to take back.
fn growth(arguments: &Arguments) -> Outcome<Row> {
    let uploads: usize = arguments.size(10_000, 2_000);
    let installation = Installation::make(arguments, Vec::new())?;
    let city = city::make(installation.folder.path(), 1)?;
    installation.json(&["migrate"], &[])?;
    let serve = installation.role(&["serve"], "serve.log")?;
    installation.json(&["upload", "organizations", "--wait"], std::slice::from_ref(&city.organizations))?;
    let file = city.members.first().ok_or("the city has no union")?;
    let (mut sent, mut own_mb) = (0, Vec::new());
    for until in [uploads / 10, uploads / 2, uploads] {
        send(&installation, file, until - sent)?;
        sent = until;
        own_mb.push((until, machine::memory_mb(serve.pid(), "RssAnon")));
    }
    let figure = |&(after, mb): &(usize, f64)| format!("{mb:.0} MB after {}", grouped(after as f64));
    let [first, half, last] = own_mb.as_slice() else { return Err("three looks were taken".into()) };
    let resident = machine::memory_mb(serve.pid(), "VmRSS");
    Ok(Row::of("own memory of serve (embedded), uploads of one small file")
        .measured(format!("{} (resident with mapped files: {resident:.0} MB)", figure(last)))
        .beside(format!("{}, {}", figure(first), figure(half)))
        .ratio(format!("{:+.1} MB", last.1 - first.1))
        .aim("no growth"))
}

fn send(installation: &Installation, file: &Path, count: usize) -> Outcome<()> {
    let mut left = count;
    while left > 0 {
        let part = left.min(TOGETHER);
        let words = ["upload", "members", "--org", "auto", "--type", "external", "--wait"];
        installation.json(&words, &vec![file.to_owned(); part])?;
        left -= part;
    }
    Ok(())
}
