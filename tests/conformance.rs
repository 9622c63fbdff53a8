//! Conformance: every statement of the store on both databases, and the promises of the broker on both brokers.
//!
//! Each test is written once and runs on every engine; nothing in it knows which one it has, except where an engine
//! has nothing to show (`SQLite` has one unit of work at a time).

#[macro_use]
pub mod engines;

mod backfill;
mod broker;
mod bulk;
mod catalog;
mod claiming;
mod comparisons;
mod coverage;
mod dead;
mod failures;
mod growth;
mod imports;
mod keeping;
mod ledger;
mod likenesses;
mod mails;
mod money;
mod notices;
mod organizations;
mod queues;
mod registry;
mod rights;
mod ringing;
mod schema;
mod settling;
mod statistics;
mod submissions;
mod totals;
mod transfers;
mod uploads;
mod withheld;
mod year;
