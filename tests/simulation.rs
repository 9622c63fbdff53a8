//! A whole campaign by chance: clerks, reviewers, bureaus and the centre act at random while workers crash, do things twice
//! and out of order, two leaders look at once, commands are repeated after their answer was lost, and the clock jumps over
//! windows. Afterwards the books must be those of a campaign without any of that.
//!
//! Everything is drawn from a seed, also after how many looks at the clock a process dies. `ROLLCALL_SEED=7` runs seed 7
//! alone, as a failing seed says. What is not drawn is how often a future is polled until the database has answered, so a
//! seed that fails by a future dropped at a poll may have to be run a few times.

mod acts;
mod books;
mod clock;
mod faults;
mod run;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use runtime::SeededIds;
use store::{Store, StoreSettings};

use crate::campaign::{Campaign, Known, UNITS, instant};
use crate::conformance::engines::vault;
use clock::SimClock;

/// The file of a campaign's database, in its folder.
const FILE: &str = "rollcall.db";
/// Seeds of the everyday run and of the long one.
const SEEDS: (u64, u64) = (300, 5_000);
/// Seeds that run side by side.
const LANES: u64 = 2;
/// When every campaign begins.
const BEGINNING: &str = "2022-10-25T08:00:00+08:00";

fn open(folder: &Path) -> Store {
    let settings = StoreSettings { url: format!("sqlite:{}", folder.join(FILE).display()), connections: 4, wait_s: 30 };
    Store::open(&settings, vault()).unwrap()
}

/// Where there is memory to hold files, the databases lie there: nothing is lost by it that a test would miss.
fn folder() -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("rollcall-simulation-");
    if Path::new("/dev/shm").is_dir() { builder.tempdir_in("/dev/shm") } else { builder.tempdir() }.unwrap()
}

/// A federation with members, as every seed begins with it.
async fn template(folder: &Path) {
    let clock = Arc::new(SimClock::new(instant(BEGINNING)));
    let campaign = Campaign::new(open(folder), clock, Arc::new(SeededIds::new(0)), folder);
    campaign.found().await;
    let known = [Known::Card, Known::Card, Known::Card, Known::Insured, Known::Nothing];
    for (number, (unit, _)) in (1..).zip(UNITS) {
        let people: Vec<_> = (0..).zip(known).map(|(one, known)| (number * 10 + one, known)).collect();
        campaign.join(unit, &people).await;
    }
    campaign.desk.store.close().await;
}

/// Says which seed it was when it fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} failed; this runs it alone: ROLLCALL_SEED={0}", self.0);
        }
    }
}

/// Runs a seed; how often it reached what is worth reaching.
async fn seed(seed: u64, template: &Path) -> Vec<i64> {
    let named = Named(seed);
    let folder = folder();
    std::fs::copy(template.join(FILE), folder.path().join(FILE)).unwrap();
    let mut run = run::Run::new(seed, folder.path());
    run.campaign().await;
    let reached = books::check(folder.path()).await;
    run.close().await;
    drop(named);
    reached
}

/// Runs on this thread alone, so that nothing but the database decides in which order things happen.
fn alone<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn after_any_campaign_the_books_are_right() {
    let made = folder();
    let template_folder = made.path();
    alone(template(template_folder));
    if let Ok(named) = std::env::var("ROLLCALL_SEED") {
        alone(seed(named.parse().unwrap(), template_folder));
        return;
    }
    let seeds = support::rounds(SEEDS.0, SEEDS.1);
    let reached: Vec<Vec<i64>> = std::thread::scope(|scope| {
        let lanes = (0..LANES).map(|lane| {
            scope.spawn(move || {
                let of_lane = (lane..seeds).step_by(LANES as usize).map(|number| alone(seed(number, template_folder)));
                of_lane.collect::<Vec<_>>()
            })
        });
        // Collected first: all of them run before the first is waited for.
        let lanes: Vec<_> = lanes.collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    for (place, (what, _)) in books::REACHED.iter().enumerate() {
        let times: i64 = reached.iter().map(|of_seed| of_seed[place]).sum();
        eprintln!("{what}: {times}");
        assert!(times > 0, "no seed came to {what}, so this shows nothing about it");
    }
}
