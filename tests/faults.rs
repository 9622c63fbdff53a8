//! Faults: real processes of our binary, killed, stopped, starved and cut off from their services. Afterwards the books
//! are the same as without: every upload done once, counts right, each mail once, nothing left open, nothing dead.
//!
//! Processes die at fail points (`ROLLCALL_FAIL_POINTS`, debug builds alone) or at random moments.

mod books;
mod disk;
mod federation;
mod kills;
mod mails;
mod poison;
mod postgres;
mod rabbitmq;
mod random;
mod scene;
mod stopping;
mod takeover;

use tokio::sync::{Mutex, MutexGuard};

/// Heavy tests take turns: two of them at once would only wait for each other's processes. nextest sees to it by itself.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
