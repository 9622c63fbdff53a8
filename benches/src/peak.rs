//! The most memory that the program's processes take together: everything that this bench has started, looked at ten times
//! a second.
//!
//! What counts is the proportional share (`Pss`): all memory of a process's own, and of pages that it shares with others, as
//! of the program's file or the mapped database, its part; so that a sum over processes counts no page twice.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::machine::{self, Memory};

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A thread that looks at memory.
pub struct Peak {
    most: Arc<Mutex<Memory>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peak {
    /// Starts looking.
    pub fn start() -> Self {
        let (most, stop) = (Arc::new(Mutex::new(Memory::default())), Arc::new(AtomicBool::new(false)));
        let own = (Arc::clone(&most), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !own.1.load(Ordering::Acquire) {
                let now =
                    machine::descendants(std::process::id()).into_iter().filter_map(machine::memory).sum::<Memory>();
                let mut most = own.0.lock().unwrap_or_else(PoisonError::into_inner);
                most.share_mb = most.share_mb.max(now.share_mb);
                most.own_mb = most.own_mb.max(now.own_mb);
                drop(most);
                std::thread::sleep(LOOK_EVERY);
            }
        });
        Self { most, stop, thread: Some(thread) }
    }

    /// Ends it; the most that was seen.
    pub fn end(mut self) -> Memory {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that died has told all that it saw.
            let _ = thread.join();
        }
        *self.most.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
