//! Where processor time goes while something runs: our workers, their reading children, the command, PostgreSQL, RabbitMQ.
//!
//! Processes are looked at twenty times a second; what one used after the last look before its end is lost.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::machine::{self, Process};

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What PostgreSQL's own processes call themselves, beside the backends of our database.
const OF_THE_SERVER: [&str; 4] = ["checkpointer", "background writer", "walwriter", "autovacuum worker"];

/// Whose time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A worker (or `serve`).
    Worker,
    /// A reading child of one.
    Reader,
    /// A command that was started here.
    Command,
    /// A backend of our database, or PostgreSQL's own helpers (theirs for other databases is in it).
    Database,
    /// RabbitMQ (its work for others is in it).
    Broker,
}

#[derive(Default)]
struct Seen(HashMap<(u32, Part), (f64, f64)>);

/// A thread that looks at processes.
pub struct Meter {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Meter {
    /// Starts looking. `workers` are the processes whose descendants read; `database` is the name that backends show.
    pub fn start(workers: Vec<u32>, database: Option<String>) -> Self {
        let (seen, stop) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let own = (Arc::clone(&seen), Arc::clone(&stop));
        look(&own.0, &workers, database.as_deref(), true);
        let thread = std::thread::spawn(move || {
            while !own.1.load(Ordering::Acquire) {
                std::thread::sleep(LOOK_EVERY);
                look(&own.0, &workers, database.as_deref(), false);
            }
        });
        Self { seen, stop, thread: Some(thread) }
    }

    /// Ends it; seconds of processor time by part.
    pub fn end(mut self) -> HashMap<Part, f64> {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that died has told all that it saw.
            let _ = thread.join();
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parts = HashMap::new();
        for ((_, part), (first, last)) in &seen.0 {
            *parts.entry(*part).or_default() += last - first;
        }
        parts
    }
}

fn look(seen: &Mutex<Seen>, workers: &[u32], database: Option<&str>, at_start: bool) {
    let all = machine::processes();
    let parents: HashMap<u32, u32> = all.iter().map(|process| (process.pid, process.parent)).collect();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    for process in &all {
        if let Some(part) = part_of(process, workers, database, &parents) {
            // Who was not there at the start began at nothing.
            let first = if at_start { process.cpu_s } else { 0.0 };
            seen.0.entry((process.pid, part)).or_insert((first, first)).1 = process.cpu_s;
        }
    }
}

fn part_of(process: &Process, workers: &[u32], database: Option<&str>, parents: &HashMap<u32, u32>) -> Option<Part> {
    if workers.contains(&process.pid) {
        return Some(Part::Worker);
    }
    match process.name.as_str() {
        "beam.smp" => return database.map(|_| Part::Broker),
        "postgres" => {
            let about = machine::command_line(process.pid);
            let ours = database
                .is_some_and(|name| about.contains(name) || OF_THE_SERVER.iter().any(|helper| about.contains(helper)));
            return ours.then_some(Part::Database);
        }
        _ => {}
    }
    let own = std::process::id();
    let mut above = process.parent;
    while above > 1 {
        if workers.contains(&above) {
            return Some(Part::Reader);
        }
        if above == own {
            return Some(Part::Command);
        }
        above = *parents.get(&above)?;
    }
    None
}
