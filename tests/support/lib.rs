//! What the tests stand on: servers that belong to one test, our own processes, invented people and their workbooks.
//!
//! Nothing here skips: a server that can't be had is a failed test, with a sentence that says what is missing.
//! Whatever a test starts or creates is gone when its value is dropped, also when the test panics; a child process
//! dies with the thread that started it, so a killed test leaves no server behind either.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "this crate is part of the tests, and a test may fail"
)]

pub mod archive;
mod child;
mod eventually;
pub mod http;
pub mod installation;
pub mod numbers;
pub mod office;
pub mod people;
pub mod ports;
pub mod servers;
pub mod workbook;

pub use child::{Child, Ended, run_tool};
pub use eventually::{eventually, until};
pub use installation::{Installation, Outcome, Running, rollcall_binary};

use std::path::PathBuf;

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().expect("the folder of the tests has a parent").to_path_buf()
}

/// Whether the long variants were asked for (`./tests/run --long`): thousands of seeds and kills instead of a few.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("ROLLCALL_TEST_LONG").is_some_and(|value| value == "1")
}

/// How many seeds, kills or rounds to run: `few` in the everyday run, `many` in the long one.
#[must_use]
pub fn rounds(few: u64, many: u64) -> u64 {
    if long() { many } else { few }
}

/// A letters-and-digits name that no other test has, for databases, queues and buckets.
#[must_use]
pub fn unique(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::new_v4().simple())
}
