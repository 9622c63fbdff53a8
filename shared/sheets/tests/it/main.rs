//! The crate from outside: files through the reading child, and workbooks that come back through it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod accounted;
mod bent;
mod formats;
mod guards;
mod make;
mod reading;
mod support;
mod writing;
