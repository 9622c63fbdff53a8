//! The limited child: a stand-in takes the place of a reader that fails, and does what the file's one line asks for.

use std::time::{Duration, Instant};

use domain::finding::Code;
use sheets::ReadLimits;

use super::{Told, limits, outcomes};
use crate::support::{Desk, ROSTER};

/// The reason of a file that was too much for its reader.
const TOO_DEMANDING: Told = Told::Rejected(Code::Hostile, "内存或时间远超正常");

fn asks_for(what: &str) -> Vec<u8> {
    format!("stand-in: {what}").into_bytes()
}

#[test]
fn a_reader_that_panics_or_ends_its_process_costs_one_file() {
    outcomes(
        limits(),
        vec![
            ("a panic", asks_for("panic"), Told::Rejected(Code::Damaged, "")),
            ("an abort", asks_for("abort"), TOO_DEMANDING),
            ("a panic again", asks_for("panic"), Told::Rejected(Code::Damaged, "")),
        ],
    );
}

#[test]
fn a_reader_that_takes_all_memory_meets_its_limit() {
    let small = ReadLimits { memory_bytes: 64 << 20, ..limits() };
    outcomes(small, vec![("all memory", asks_for("memory"), TOO_DEMANDING)]);
}

#[test]
fn a_reader_that_works_or_waits_without_end_meets_its_limit() {
    for limits in [ReadLimits { cpu_s: 0, ..limits() }, ReadLimits { wall_s: 1, ..limits() }] {
        let waits = limits.wall_s == 1;
        let started = Instant::now();
        let desk = Desk::new(limits);
        let file = asks_for(if waits { "wait" } else { "work" });
        assert_eq!(desk.code(ROSTER, &file), Code::Hostile);
        assert!(started.elapsed() < Duration::from_secs(20), "waits: {waits}");
    }
}

#[test]
fn a_reader_that_writes_a_file_leaves_none() {
    let desk = Desk::new(limits());
    let _ = desk.rejected(ROSTER, &asks_for("write"));
    let written = desk.folder.path().join("upload.written");
    assert!(std::fs::metadata(written).map_or(true, |file| file.len() == 0), "nothing was written");
}
