//! Reading and checking 100,000 rows: our reader (child process, rows checked as they arrive) against the bare parser and
//! against openpyxl, on the same file. Each run is a process of its own, so that its peak memory is its own.

use std::{
    fs::File,
    io::BufReader,
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use calamine::{Reader as _, Xlsx};
use chrono::NaiveDate;
use domain::{
    row::{Context, member},
    template::TemplateKind,
};
use serde_json::{Value, json};
use sheets::{Block, Head, Heads, PoolSettings, ReadLimits, ReaderPool, RowSink};

use crate::{
    Outcome,
    arguments::Arguments,
    machine,
    people::{member_row, workbook},
    table::{Row, grouped, median},
};

const RUNS: usize = 5;
const COLUMNS: usize = 9;
const PYTHON: &str = "
import sys, time
try:
    import openpyxl
except ImportError:
    print('missing'); sys.exit()
start = time.monotonic()
book = openpyxl.load_workbook(sys.argv[1], read_only=True)
cells = sum(1 for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell is not None)
print((time.monotonic() - start) * 1000)
";

/// Checks rows as they come.
struct Checker {
    context: Context,
    good: u64,
    bad: u64,
}

impl RowSink for Checker {
    fn begin(&mut self, _head: &Head) {
        (self.good, self.bad) = (0, 0);
    }

    fn rows(&mut self, heads: &Heads, block: &Block) -> bool {
        for row in block.rows() {
            let good = member(&row.in_template_order(heads), self.context).value.is_some();
            *(if good { &mut self.good } else { &mut self.bad }) += 1;
        }
        true
    }
}

/// Reads a file through a child and checks its rows.
pub fn through_child(file: &Path) -> Outcome<Value> {
    let folder = tempfile::tempdir()?;
    let settings = PoolSettings {
        program: std::env::current_exe()?,
        args: vec!["read-sheets".to_owned()],
        processes: 1,
        files_per_process: 500,
        spool_folder: folder.path().to_owned(),
    };
    let today = NaiveDate::from_ymd_opt(2022, 11, 1).unwrap_or_default();
    let mut checker = Checker { context: Context::on(today), good: 0, bad: 0 };
    let start = Instant::now();
    let pool = ReaderPool::new(settings, ReadLimits::default());
    pool.read_with(file, TemplateKind::Members, None, &mut checker)?;
    let ms = millis(start);
    let own = std::process::id();
    let child: f64 = machine::children(own).into_iter().map(|pid| machine::memory_mb(pid, "VmHWM")).sum();
    let parent = machine::memory_mb(own, "VmHWM");
    Ok(json!({"ms": ms, "rows": checker.good + checker.bad, "bad": checker.bad, "parent": parent, "child": child}))
}

/// Reads a file with calamine's cell reader alone.
pub fn parser_alone(file: &Path) -> Outcome<Value> {
    let start = Instant::now();
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(file)?))?;
    let name = book.sheet_names().first().cloned().unwrap_or_default();
    let (mut cells, mut count) = (book.worksheet_cells_reader(&name)?, 0_u64);
    while let Some(cell) = cells.next_cell()? {
        count += u64::from(*cell.get_value() != calamine::DataRef::Empty);
    }
    let ms = millis(start);
    Ok(json!({"ms": ms, "cells": count, "parent": machine::memory_mb(std::process::id(), "VmHWM")}))
}

/// Prints what a run of its own found, for the process that asked.
pub fn print(found: Outcome<Value>) -> ExitCode {
    match found {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The rows of the table.
pub fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let rows: u32 = arguments.size(100_000, 20_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("members.xlsx");
    let of = |number| member_row(number, "第1厂工会", "31011000", &format!("示例单位{}", number % 300));
    workbook(&file, TemplateKind::Members, COLUMNS, (0..rows as usize).map(|number| of(number as u32)))?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(in_process("read-once", &file)?);
        bare.push(in_process("parse-once", &file)?);
    }
    let figure = |runs: &[Value], key: &str| median(runs.iter().filter_map(|run| run[key].as_f64()).collect());
    let (own_ms, bare_ms) = (figure(&ours, "ms"), figure(&bare, "ms"));
    let rate = |ms: f64| format!("{} rows/s ({ms:.0} ms)", grouped(f64::from(rows) * 1e3 / ms));
    if figure(&ours, "bad") > 0.0 {
        return Err("the made rows have faults: the bench and the rules differ".into());
    }
    let (parent, child) = (figure(&ours, "parent"), figure(&ours, "child"));
    let title = format!("reading and checking {} rows × {COLUMNS} columns", grouped(f64::from(rows)));
    let against_python = match openpyxl(&file)? {
        Some(ms) => Row::of(&title)
            .measured(rate(own_ms))
            .beside(format!("openpyxl read-only: {}", rate(ms)))
            .ratio(format!("{:.0}× as fast", ms / own_ms)),
        None => Row::of(&title).measured(rate(own_ms)).beside("openpyxl not installed: pip install openpyxl"),
    };
    Ok(vec![
        Row::of(&title)
            .measured(rate(own_ms))
            .beside(format!("calamine alone: {}", rate(bare_ms)))
            .ratio(format!("{:.2}× its wall time", own_ms / bare_ms))
            .aim("≤ 1.5×"),
        against_python.aim("≥ 10×"),
        Row::of("… peak memory")
            .measured(format!("{parent:.0} MB + child {child:.0} MB"))
            .beside(format!("calamine alone: {:.0} MB", figure(&bare, "parent"))),
    ])
}

fn in_process(task: &str, file: &Path) -> Outcome<Value> {
    let output = Command::new(std::env::current_exe()?).arg(task).arg(file).output()?;
    if !output.status.success() {
        return Err(format!("{task}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Milliseconds of openpyxl; none where it is missing.
fn openpyxl(file: &Path) -> Outcome<Option<f64>> {
    let Ok(output) = Command::new("python3").arg("-c").arg(PYTHON).arg(file).output() else { return Ok(None) };
    Ok(String::from_utf8(output.stdout)?.trim().parse().ok())
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
