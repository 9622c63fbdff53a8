//! Takes work off the queues: the runner, its verdicts, and one file per kind of work.

mod error;
mod loops;
mod runner;
mod shift;
mod sweep;
mod verdict;
mod wait;

pub mod comparison;
pub mod deadline;
pub mod enrollment;
pub mod mail;
pub mod notices;
pub mod probe;
pub mod upload;

pub use error::WorkError;
pub use runner::{Failed, Runner, RunnerSettings, Work};
pub use shift::Shift;
pub use sweep::{Sweep, SweepSettings, Swept, bridge_dead_letters};
pub use verdict::{Verdict, verdict};
pub use wait::{Settled, settled, until_settled};
