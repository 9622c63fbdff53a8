//! `stats`: the statistics of a year (集中参保统计表) or a list as a workbook, written while it is read.

mod lists;

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDateTime, Utc};
use desk::{Placed, Statistics};
use domain::{enrollment::submission::SubmissionStatus, money::Yuan, text::counted};
use runtime::SHANGHAI;
use sheets::{
    ClassCounts, OutstandingUnit, PayerFen, StatisticsBook, StatisticsHead, StatisticsTotals, UnitFigures, WriteError,
    WriteOptions,
};
use store::statistics::{OutstandingUnit as Outstanding, Sums, UnitFigures as Figures};
use tokio::sync::mpsc;

use super::Context;
use crate::{
    cli::StatsArgs,
    output::{DONE, Failure, shown},
    private, progress,
};

/// Pages that wait for the writer: what is read ahead of it.
const AHEAD: usize = 2;

/// A workbook to be written: for whom, as of when, through which folder.
struct Order {
    year: i32,
    org: String,
    as_of: NaiveDateTime,
    temp_folder: PathBuf,
}

/// Rows for the statistics, a bureau's at a time.
enum Page {
    Submitted(Vec<Placed<Figures>>),
    Outstanding(Vec<Placed<Outstanding>>),
}

pub async fn run(context: &Context<'_>, args: StatsArgs) -> Result<u8, Failure> {
    let app = context.app().await?;
    let statistics = app.desk.statistics(&context.account, args.year, args.org.as_deref()).await?;
    let temp_folder = app.config.data.dir.join("spool");
    private::make_private(&temp_folder)?;
    let order =
        Order { year: args.year, org: statistics.org.name.clone(), as_of: statistics.as_of.naive_local(), temp_folder };
    // Another name until it is whole, so that nobody opens half a workbook.
    let part = part_of(&args.output);
    let written = match args.list {
        None => figures(context, statistics, order, &part).await,
        Some(list) => lists::write(context, list, statistics, order, &part).await,
    };
    let written = written.and_then(|document| {
        std::fs::rename(&part, &args.output).map_err(|error| unwritable(&args.output, &error))?;
        Ok(document)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let mut document = written?;
    document["file"] = serde_json::json!(args.output);
    context.printer.document(&document, |document| lines(document, &args.output));
    app.close().await;
    Ok(DONE)
}

fn lines(document: &serde_json::Value, output: &Path) -> String {
    let number = |key: &str| document[key].as_i64().unwrap_or(0);
    let file = shown(&output.display().to_string()).into_owned();
    if document["rows"].is_number() {
        return format!("{file}: {}", counted(number("rows"), "row", "rows"));
    }
    let money = |key: &str| Yuan(document["money"][key].as_i64().unwrap_or(0)).to_string();
    format!(
        "{file}: units that have submitted {}{}, that have not {}; people {}; total {} = municipal {} + bureau {} + unit {}",
        number("units"),
        match number("failed") {
            0 => String::new(),
            failed => format!(" ({failed} of them failed)"),
        },
        number("outstanding"),
        number("people"),
        money("total_fen"),
        money("municipal_fen"),
        money("bureau_fen"),
        money("unit_fen")
    )
}

/// Reads bureau after bureau while a thread writes, and holds what was written against the sum of the database.
async fn figures(
    context: &Context<'_>,
    mut statistics: Statistics,
    order: Order,
    part: &Path,
) -> Result<serde_json::Value, Failure> {
    let bar = progress::bar(statistics.parts() as u64 * 2, "bureaus", context.printer.is_json());
    let (pages, waiting) = mpsc::channel(AHEAD);
    let path = part.to_owned();
    let writer = tokio::task::spawn_blocking(move || write_figures(&order, waiting, &path));
    for place in 0..statistics.parts() {
        let _ = pages.send(Page::Submitted(statistics.submitted(place).await?)).await;
        bar.inc(1);
    }
    for place in 0..statistics.parts() {
        let _ = pages.send(Page::Outstanding(statistics.outstanding(place).await?)).await;
        bar.inc(1);
    }
    drop(pages);
    let totals = joined(writer.await)?;
    bar.finish_and_clear();
    let sums = statistics.sums().await?;
    if !equal(&totals, &sums) {
        return Err(Failure::refused(
            "totals-differ",
            format!("the rows come to {} people, the database's sum to {}", totals.enrolled, sums.people),
            "no workbook was written; a unit may stand below no bureau: rollcall org list",
        ));
    }
    Ok(serde_json::json!({
        "year": statistics.year, "org": statistics.org.code, "units": totals.units, "failed": totals.failed,
        "outstanding": totals.outstanding,
        "people": totals.enrolled,
        "money": {"total_fen": sums.fen.total, "municipal_fen": sums.fen.municipal, "bureau_fen": sums.fen.bureau,
            "unit_fen": sums.fen.unit},
    }))
}

fn equal(totals: &StatisticsTotals, sums: &Sums) -> bool {
    let people = i64::try_from(totals.enrolled).ok() == Some(sums.people);
    let units = i64::try_from(totals.units).ok() == Some(sums.units);
    let PayerFen { municipal, bureau, unit } = totals.money;
    let money = (totals.money.total(), municipal, bureau, unit);
    people && units && money == (sums.fen.total, sums.fen.municipal, sums.fen.bureau, sums.fen.unit)
}

fn write_figures(order: &Order, mut pages: mpsc::Receiver<Page>, path: &Path) -> Result<StatisticsTotals, Failure> {
    let head = StatisticsHead { year: order.year, scope: &order.org, as_of: order.as_of };
    let mut book = StatisticsBook::begin(&head, &order.options()).map_err(failed)?;
    while let Some(page) = pages.blocking_recv() {
        match page {
            Page::Submitted(units) => units.iter().try_for_each(|unit| submitted(&mut book, unit)),
            Page::Outstanding(units) => units.iter().try_for_each(|unit| outstanding(&mut book, unit)),
        }
        .map_err(failed)?;
    }
    let file = File::create(path).map_err(|error| unwritable(path, &error))?;
    book.finish(BufWriter::new(file)).map_err(failed)
}

fn submitted(book: &mut StatisticsBook, row: &Placed<Figures>) -> Result<(), WriteError> {
    let (unit, count) = (&row.unit, |count: i64| u32::try_from(count).unwrap_or(0));
    book.unit(&UnitFigures {
        bureau: &row.bureau,
        secondary: &row.secondary,
        code: &unit.org_code,
        name: &unit.org_name,
        plan: &unit.plan,
        status: SubmissionStatus::parse(&unit.status).map_or(&unit.status, |status| status.name_zh()),
        submitted_at: local(unit.received_at),
        people: ClassCounts {
            enrolled: count(unit.people),
            no_card: count(unit.no_card),
            pending: count(unit.pending),
            retired: count(unit.retired),
            deceased: count(unit.deceased),
        },
        money: PayerFen { municipal: unit.fen.municipal, bureau: unit.fen.bureau, unit: unit.fen.unit },
    })
}

fn outstanding(book: &mut StatisticsBook, row: &Placed<Outstanding>) -> Result<(), WriteError> {
    let unit = &row.unit;
    book.outstanding(&OutstandingUnit {
        bureau: &row.bureau,
        secondary: &row.secondary,
        code: &unit.org_code,
        name: &unit.org_name,
        members: u32::try_from(unit.members).unwrap_or(0),
        contact: unit.contact.as_deref().unwrap_or_default(),
        email: &unit.email,
    })
}

impl Order {
    /// The same figures make the same bytes.
    fn options(&self) -> WriteOptions<'_> {
        WriteOptions { created: self.as_of, temp_folder: &self.temp_folder }
    }
}

/// A moment as the clocks of Asia/Shanghai show it.
fn local(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&SHANGHAI).naive_local()
}

fn part_of(output: &Path) -> PathBuf {
    let name = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    output.with_file_name(format!(".{name}.part"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused("io", format!("{} can't be written: {error}", path.display()), "another path with -o")
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn failed(error: WriteError) -> Failure {
    Failure::refused("io", error.to_string(), "is there room on the disk of data.dir and of the file?")
}

fn joined<T>(done: Result<Result<T, Failure>, tokio::task::JoinError>) -> Result<T, Failure> {
    done.map_err(|_| Failure::refused("internal", "the writing broke off", ""))?
}
