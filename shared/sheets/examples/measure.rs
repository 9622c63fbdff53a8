//! Figures by hand: `cargo run --release -p sheets --example measure -- ROWS` reads a made roster through the child and by
//! the bare parser, and makes result workbooks.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Cursor},
    path::{Path, PathBuf},
    time::Instant,
};

use calamine::{Reader, Xlsx};
use domain::{
    finding::{Code, Fault, Finding},
    template::TemplateKind,
};
use rust_xlsxwriter::Workbook;
use sheets::{
    Block, Head, Heads, Mark, Outcome, PoolSettings, ReadLimits, ReaderPool, RowSink, Spool, Summary, WriteOptions,
};

/// Takes every cell in template order, as a validator does.
struct Cells(u64);

impl RowSink for Cells {
    fn begin(&mut self, _head: &Head) {}

    fn rows(&mut self, heads: &Heads, block: &Block) -> bool {
        for row in block.rows() {
            self.0 += row.in_template_order(heads).iter().filter(|cell| !cell.is_blank()).count() as u64;
        }
        true
    }
}

fn make(path: &Path, rows: u32) -> Result<(), Box<dyn std::error::Error>> {
    let mut book = Workbook::new();
    let sheet = if rows > 20_000 { book.add_worksheet_with_low_memory()? } else { book.add_worksheet() };
    for (column, text) in (0..).zip(TemplateKind::Roster.columns()) {
        sheet.write_string(0, column, text.marked_header())?;
    }
    for row in 1..=rows {
        let texts = [
            format!("王小明{}", row % 5000),
            "身份证".to_owned(),
            format!("31019919900101{row:07}"),
            format!("138{row:08}"),
            "男".to_owned(),
            format!("示例单位{}", row % 300),
            "在职职工".to_owned(),
        ];
        for (column, text) in (0..).zip(texts) {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(book.save_to_writer(BufWriter::new(File::create(path)?))?)
}

fn bare(path: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(File::open(path)?))?;
    let name = book.sheet_names().first().cloned().unwrap_or_default();
    let (mut cells, mut count) = (book.worksheet_cells_reader(&name)?, 0);
    while let Some(cell) = cells.next_cell()? {
        count += u64::from(*cell.get_value() != calamine::DataRef::Empty);
    }
    Ok(count)
}

/// Wall and processor milliseconds of one of many runs; the latter without children, and by the kernel's ticks of 10 ms.
fn time<T>(runs: u32, mut run: impl FnMut() -> T) -> (f64, f64) {
    let (started, cpu) = (Instant::now(), cpu_ms(&[13, 14]));
    for _ in 0..runs {
        drop(run());
    }
    (started.elapsed().as_secs_f64() * 1e3 / f64::from(runs), (cpu_ms(&[13, 14]) - cpu) / f64::from(runs))
}

/// Processor time of this process (fields 13 and 14) or of children that ended (15 and 16), in milliseconds.
fn cpu_ms(fields: &[usize]) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let values: Vec<f64> = stat.split(' ').map(|text| text.parse().unwrap_or(0.0)).collect();
    fields.iter().filter_map(|field| values.get(*field)).sum::<f64>() * 10.0
}

fn write(spool: &Spool, findings: &[Finding], folder: &Path) -> Result<usize, sheets::WriteError> {
    let marks = spool.rows().filter_map(Result::ok).map(|row| match row.number % 20 {
        0 => Mark { place: row.place(), outcome: Outcome::Rejected, findings },
        _ => Mark { place: row.place(), outcome: Outcome::Accepted, findings: &[] },
    });
    let options = WriteOptions { created: chrono::NaiveDateTime::default(), temp_folder: folder };
    let mut out = Cursor::new(Vec::new());
    sheets::write_marked(TemplateKind::Roster, spool, marks, &Summary::default(), &options, &mut out)?;
    Ok(out.into_inner().len())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("--serve") {
        std::process::exit(sheets::child::serve_stdio());
    }
    let rows: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let runs = (1_000_000 / rows.max(1)).clamp(1, 500);
    let folder = std::env::temp_dir().join(format!("measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path: PathBuf = folder.join("roster.xlsx");
    make(&path, rows)?;
    let settings = PoolSettings {
        program: std::env::current_exe()?,
        args: vec!["--serve".to_owned()],
        processes: 1,
        files_per_process: 1_000,
        spool_folder: folder.clone(),
    };
    let pool = ReaderPool::new(settings, ReadLimits::default());
    let alone = time(runs, || bare(&path));
    let through = time(runs, || pool.read_with(&path, TemplateKind::Roster, None, &mut Cells(0)));
    println!("{rows} rows: parser alone {:.2} ms wall, {:.2} ms processor", alone.0, alone.1);
    println!("{rows} rows: through the child {:.2} ms wall, parent {:.2} ms processor", through.0, through.1);
    println!("{rows} rows: {:.2} times the wall time", through.0 / alone.0);
    let spool = pool.read(&path, TemplateKind::Roster)?;
    let findings = [Fault::new(Code::IdChecksum, "id_number").value("3101**").at(None, 20)];
    let written = time(runs.min(400), || write(&spool, &findings, &folder));
    println!("{rows} rows: workbook with marks {:.2} ms wall, {:.2} ms processor", written.0, written.1);
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("parent {line}"));
    }
    drop(pool);
    println!("child {:.2} ms processor a file", cpu_ms(&[15, 16]) / f64::from(runs + 1));
    Ok(std::fs::remove_dir_all(folder)?)
}
