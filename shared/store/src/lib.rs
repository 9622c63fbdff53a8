//! The only SQL of the project: `Store` (the pools), `Unit` (one unit of work) and one file per aggregate.
//!
//! Every statement is written once and runs on `SQLite` and PostgreSQL. What really differs (opening, bulk
//! parameters, claiming) stands in `engine`, `bulk` and `schema`. No statement asks the database for the time.

#[macro_use]
mod engine;
mod bulk;
mod doctor;
mod error;
mod schema;
mod vault;

pub mod accounts;
pub mod audit;
pub mod batches;
pub mod bounces;
pub mod candidates;
pub mod comparison_items;
pub mod comparisons;
pub mod cover;
pub mod credits;
pub mod facts;
pub mod failures;
pub mod imports;
pub mod instants;
pub mod leases;
pub mod ledger;
pub mod likenesses;
pub mod mails;
pub mod memberships;
pub mod messages;
pub mod moves;
pub mod notices;
pub mod organizations;
pub mod payments;
pub mod persons;
pub mod place;
pub mod premiums;
pub mod rights;
pub mod settings;
pub mod standings;
pub mod statistics;
pub mod submissions;
pub mod totals;
pub mod transfers;
pub mod uploads;
pub mod vouchers;
pub mod windows;
pub mod workers;
pub mod years;

pub use bulk::{Rows, Value};
pub use doctor::WriteTrouble;
pub use engine::{Conn, EngineKind, Session, Snapshot, Store, StoreSettings, Unit, View};
pub use error::StoreError;
pub use place::DatabasePlace;
pub use schema::{SchemaState, migration_names};
pub use vault::{DocKey, Sealed, Vault, VaultError};
