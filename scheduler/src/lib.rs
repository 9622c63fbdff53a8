//! Puts work on by the clock. One of several schedulers leads, by a lease; two leaders at once would merely do the same
//! twice, since everything here is a level that is read and closed, not an edge that must not be missed.
//!
//! It notices what came due of the windows (every process may; the leader does so on a period), sends the daily check of the
//! year's books, and keeps house (retention, files that no row knows).

mod house;
mod lead;
mod quarantine;
mod windows;

pub use house::{Kept, keep_house};
pub use lead::{LEASE, Settings, run};
pub use quarantine::{Quarantined, quarantined};
pub use windows::{Noticed, reconcile};
