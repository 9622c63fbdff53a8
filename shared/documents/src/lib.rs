//! Notices as PDF: plain structs in, bytes and warnings out. No clock, no database, no files: the same input gives the
//! same bytes, on every machine.
//!
//! ```
//! let notice = documents::example::unit(100)?; // what the record says
//! let document = documents::unit_notice(&notice)?;
//! // Into the file store: document.bytes. Into the record: document.sha256, document.check, document.warnings.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A worker calls [`unit_notice`] or [`bureau_notice`] off the async threads (it is pure computing: some milliseconds for a
//! hundred people) before it opens its unit of work. A file is verified by its SHA-256 ([`sha256`]) against the record; a
//! paper by the check printed on it ([`Document::check`]).
//!
//! The faces are in the binary (`fonts/README.md` tells which and why); they are unpacked at the first
//! notice, some 5 MB for the life of the process. A character that none of them has is drawn as a box with its code point
//! and named in the warnings; it stays searchable all the same.

mod bureau;
mod check;
mod document;
pub mod example;
mod fonts;
mod layout;
mod pdf;
mod text;
mod unit;
mod write;

pub use bureau::{BureauNotice, Contact, PlanTotal, UnitLine};
pub use check::sha256;
pub use document::{Document, RenderError, Warning};
pub use unit::{Covered, Gone, Replaced, Undecided, Union, UnitNotice};

/// Renders the notice of a unit. Refused is only what contradicts itself: money that is not people times premium, a list
/// that is longer or shorter than the number of enrolled.
pub fn unit_notice(notice: &UnitNotice) -> Result<Document, RenderError> {
    write::unit::render(notice)
}

/// Renders the notice of a bureau. Refused is only what contradicts itself: units that do not make up a plan's totals,
/// totals that do not make up what is due.
pub fn bureau_notice(notice: &BureauNotice) -> Result<Document, RenderError> {
    write::bureau::render(notice)
}
