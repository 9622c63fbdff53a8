//! Spreadsheets in, spreadsheets out: untrusted bytes become rows in a limited child process, rows become workbooks.
//!
//! The way in: [`ReaderPool::read`] asks a reading child (see [`child`]) for a file; there the format is told by content
//! ([`detect`]), the archive is looked over before any parser sees it ([`preflight`]), the data sheets are found by their
//! headings ([`header`]), every row is accounted for, and rows stream back in blocks ([`wire`]) into a [`Spool`], past the caller who checks them.
//! The way out: [`write_template`], [`write_marked`], [`write_rejected`], [`write_plain`], lists of whatever kind by
//! [`ListBook`], and the statistics of a year by [`StatisticsBook`].

mod account;
pub mod actions;
mod biff;
pub mod block;
mod book;
mod charset;
pub mod child;
mod columns;
mod compound;
mod csv;
mod decrypt;
pub mod detect;
mod difference;
mod filled;
mod foreign;
mod head;
pub mod header;
mod heading;
mod html;
pub mod legacy_xls;
mod limits;
mod list;
mod marked;
mod markup;
mod ods;
mod parts;
mod plain;
pub mod pool;
pub mod preflight;
mod reading;
mod rejected;
mod rejection;
mod row;
mod shape;
mod source;
mod spool;
mod statistics;
mod style;
mod template_file;
pub mod wire;
mod xls;
mod xlsb;
mod xlsx;

pub use account::{Account, Note};
pub use block::{Block, RawRow, TemplateCells};
pub use difference::{Difference, Page, write_difference};
pub use filled::{FillError, Line, fill_choices};
pub use head::{Head, Heads};
pub use limits::ReadLimits;
pub use list::{ListBook, ListCell, ListColumn, ListContent, ListHead};
pub use marked::{Counts, Mark, Outcome, Summary, WriteError, WriteOptions, write_marked};
pub use plain::write_plain;
pub use pool::{PoolSettings, ReadError, ReaderPool, RowSink};
pub use reading::Sort;
pub use rejected::write_rejected;
pub use rejection::Rejection;
pub use spool::Spool;
pub use statistics::{
    ClassCounts, OutstandingUnit, PayerFen, StatisticsBook, StatisticsHead, StatisticsTotals, UnitFigures,
};
pub use template_file::write_template;
