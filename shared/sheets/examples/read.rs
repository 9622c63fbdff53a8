//! Tries files by hand: `cargo run -p sheets --example read -- KIND FILE…` says what comes out of each, and how long it took.

use std::{path::Path, time::Instant};

use domain::template::TemplateKind;
use sheets::{PoolSettings, ReadLimits, ReaderPool};

fn main() {
    let mut args = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("--serve") {
        std::process::exit(sheets::child::serve_stdio());
    }
    let (Some(kind), Ok(program)) = (args.next().and_then(|name| TemplateKind::parse(&name)), std::env::current_exe())
    else {
        eprintln!("usage: read KIND FILE…");
        std::process::exit(2);
    };
    let settings = PoolSettings {
        program,
        args: vec!["--serve".to_owned()],
        processes: 1,
        files_per_process: 100,
        spool_folder: std::env::temp_dir(),
    };
    let pool = ReaderPool::new(settings, ReadLimits::default());
    for file in args {
        let started = Instant::now();
        match pool.read(Path::new(&file), kind) {
            Ok(spool) => {
                let head = &spool.head;
                println!(
                    "{file}: {} rows of {:?}, header in row {}, map {:?}",
                    spool.count, head.sheet, head.header_row, head.map
                );
            }
            Err(error) => println!("{file}: {error}"),
        }
        println!("    {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    }
}
