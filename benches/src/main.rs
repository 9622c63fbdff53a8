//! The benches of the issues' "Speed", "The measure of the whole" and "Memory": `cargo run --release -p benches` prints one
//! table.
//!
//! ```text
//! cargo run --release -p benches [-- NAME… [--quick] [--city DIR] [--units N] [--bin FILE]]
//! ```
//!
//! Plain programs, no Criterion: each measures a whole path (processes, services, disks), once or a few times, and what it
//! is held against runs beside it. Nothing is asserted, since the figures are the machine's as much as ours: cores and load
//! stand above the table. Durability is as in production: fsync and commits on.
//!
//! PostgreSQL is `DATABASE_URL` (else 127.0.0.1:5432), RabbitMQ `AMQP_URL` (else 127.0.0.1:5672); benches make databases and
//! name prefixes of their own there, and take them away. `whole`, `statistics`, `season` and `memory` run the program `--bin`
//! (else target/release/rollcall, which `cargo build --release -p rollcall` makes).

mod arguments;
mod city;
mod comparison;
mod machine;
mod mails;
mod memory;
mod messages;
mod meter;
mod notices;
mod peak;
mod people;
mod reading;
mod season;
mod services;
mod sink;
mod statistics;
mod store;
mod subject;
mod table;
mod whole;

use std::process::ExitCode;

use arguments::{Arguments, Task};
use table::Row;

/// What a bench gives, or why it could not be run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let task = match Task::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(error) => {
            eprintln!("benches: {error}\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match task {
        Task::Help => {
            println!("{}", arguments::HELP);
            ExitCode::SUCCESS
        }
        Task::ServeSheets => ExitCode::from(u8::try_from(sheets::child::serve_stdio()).unwrap_or(1)),
        Task::ReadOnce(file) => reading::print(reading::through_child(&file)),
        Task::ParseOnce(file) => reading::print(reading::parser_alone(&file)),
        Task::Benches(arguments) => run(&arguments),
    }
}

fn run(arguments: &Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("benches: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let facts = machine::facts();
    let mut rows = Vec::new();
    for (name, bench) in BENCHES {
        if !arguments.wants(name) {
            continue;
        }
        eprintln!("{name}: {}", machine::load());
        let result = runtime.block_on(async {
            match bench {
                Bench::Plain(bench) => bench(arguments),
                Bench::Served(bench) => bench(arguments).await,
            }
        });
        match result {
            Ok(found) => rows.extend(found),
            Err(error) => rows.push(Row::of(name).measured(format!("not measured: {error}"))),
        }
    }
    println!("{facts}; load at the end: {}\n\n{}", machine::load(), table::markdown(&rows));
    ExitCode::SUCCESS
}

type Later<'a> = std::pin::Pin<Box<dyn Future<Output = Outcome<Vec<Row>>> + 'a>>;

enum Bench {
    Plain(fn(&Arguments) -> Outcome<Vec<Row>>),
    Served(for<'a> fn(&'a Arguments) -> Later<'a>),
}

/// Every bench, in the order of the table.
const BENCHES: [(&str, Bench); 10] = [
    ("reading", Bench::Plain(reading::bench)),
    ("notices", Bench::Plain(notices::bench)),
    ("mails", Bench::Served(|arguments| Box::pin(mails::bench(arguments)))),
    ("statistics", Bench::Served(|arguments| Box::pin(statistics::bench(arguments)))),
    ("store", Bench::Served(|arguments| Box::pin(store::bench(arguments)))),
    ("messages", Bench::Served(|arguments| Box::pin(messages::bench(arguments)))),
    ("whole", Bench::Served(|arguments| Box::pin(whole::bench(arguments)))),
    ("comparison", Bench::Served(|arguments| Box::pin(comparison::bench(arguments)))),
    ("season", Bench::Served(|arguments| Box::pin(season::bench(arguments)))),
    ("memory", Bench::Plain(|arguments| Ok(memory::bench(arguments)))),
];
