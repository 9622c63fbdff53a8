//! `demo`: a small invented federation is made and lives through a year on a simulated clock. Its workbooks go through the same
//! queues, workers, sweep and reconciler as everything else, and each step is held against what is known from making them.

mod closing;
mod expected;
mod federation;
mod lists;
mod messy;
mod numbers;
mod people;
mod scene;
mod sheet;
mod steps;
mod tidying;
mod workbooks;
mod year;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use runtime::{Clock, Config, SimulatedClock, Sources};

use self::{federation::Federation, people::People, scene::Demo, steps::Step, workbooks::Workbooks};
use super::Context;
use crate::{
    app::App,
    cli::DemoArgs,
    output::{DONE, Failure, Printer},
    private,
    roles::{self, Parts},
};

/// Where everything goes unless told otherwise.
const DEFAULT_FOLDER: &str = "./rollcall-demo";
/// Where the simulated clock starts: the week before the year's first window.
const BEGINS: &str = "2022-10-20T09:00:00+08:00";

/// Runs the demonstration; its exit code.
pub async fn run(context: &Context<'_>, args: DemoArgs) -> Result<u8, Failure> {
    check(context, &args)?;
    let started = Instant::now();
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
    make_empty(&out)?;
    let folders = ["workbooks", "results"].map(|name| out.join(name));
    for folder in &folders {
        private::make_private(folder)?;
    }
    let mut people = People::new(args.seed);
    let federation = Federation::new(&mut people, args.units, args.members);
    let workbooks = Workbooks::write(&federation, &folders[0])?;
    introduce(*context.printer, &federation, &workbooks, &folders[0]);

    let clock = Arc::new(SimulatedClock::new(super::instant(BEGINS)?));
    let app = App::open(Arc::new(settings(&out)?), Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let Some(running) = roles::start(&app, Parts::helper("demo")).await? else {
        return Err(Failure::refused(
            "already-serving",
            "another process serves the demo's data folder",
            "another folder with --out",
        ));
    };
    let mut demo = Demo::new(&app, *context.printer, &out, &federation, &workbooks, clock);
    let lived = live(&mut demo).await;
    running.end().await;
    let closed = match lived {
        Ok(()) => closing::close(&demo, &context.config, args.seed, started).await,
        Err(failure) => Err(failure),
    };
    app.close().await;
    closed.map(|()| DONE)
}

async fn live(demo: &mut Demo<'_>) -> Result<(), Failure> {
    for step in Step::ALL {
        step.run(demo).await?;
    }
    for step in tidying::TidyStep::ALL {
        step.run(demo).await?;
    }
    for step in year::YearStep::ALL {
        step.run(demo).await?;
    }
    let wrong = year::close(demo).await?;
    demo.mismatches.extend(wrong);
    Ok(())
}

/// What can be refused before anything is made.
fn check(context: &Context<'_>, args: &DemoArgs) -> Result<(), Failure> {
    if context.account != "operator" {
        let message =
            format!("the demonstration makes its own accounts and starts as `operator`, not as {}", context.account);
        return Err(Failure::refused("no-right", message, "leave --as and ROLLCALL_ACCOUNT out"));
    }
    let (least, most) = (federation::UNITS.start(), federation::UNITS.end());
    if !federation::UNITS.contains(&args.units) {
        return Err(Failure::usage(
            format!("{} units can't be shown", args.units),
            format!("--units {least} to {most}"),
        ));
    }
    let (least, most) = (federation::fewest_members(args.units), federation::MOST_MEMBERS);
    if !(least..=most).contains(&args.members) {
        let message = format!("{} members can't be shown with {} units", args.members, args.units);
        return Err(Failure::usage(message, format!("--members {least} to {most}")));
    }
    Ok(())
}

/// The folder, new or empty: what lies there already is somebody's.
fn make_empty(out: &Path) -> Result<(), Failure> {
    let refused = |what: &str| {
        let message = format!("{} {what}; the demonstration needs a new or an empty folder", out.display());
        Failure::refused("not-empty", message, "name another one with --out, or remove this one")
    };
    if out.exists() && !out.is_dir() {
        return Err(refused("is not a folder"));
    }
    if out.is_dir() && std::fs::read_dir(out)?.next().is_some() {
        return Err(refused("is not empty"));
    }
    private::make_private(out)
}

/// The embedded engine in the demonstration's own folder: no file and no variable of the user's has a part in it.
fn settings(out: &Path) -> Result<Config, Failure> {
    let flags = [
        ("data.dir", out.join("data").display().to_string()),
        ("http.listen", String::new()),
        // All mails of the demonstration go to one invented domain.
        ("mail.per_minute", "1000000".to_owned()),
        ("mail.per_domain_per_minute", "1000000".to_owned()),
    ];
    let flags = flags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(Config::read(&Sources { flags, ..Sources::default() })?)
}

fn introduce(printer: Printer, federation: &Federation, workbooks: &Workbooks, folder: &Path) {
    printer.say(&format!(
        "A federation of {} unions ({} of them with members) and {} invented people, as {} workbooks in {}",
        federation.organizations.rows.len(),
        federation.units.len(),
        federation.members(None),
        workbooks.count(),
        folder.display()
    ));
}
