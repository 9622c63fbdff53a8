//! The one test binary: the house rules, the ground that tests stand on, and (by and by) the product's suites.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[macro_use]
mod conformance;

mod campaign;
mod deadlines;
mod faults;
mod groundwork;
mod house;
mod journeys;
mod letters;
mod offices;
mod simulation;
mod wire;
