//! Configuration: `rollcall.toml`, overridden by `ROLLCALL_SECTION__KEY` variables, overridden by flags.
//!
//! [`KEYS`] is the one table of all keys; the tree of [`Config`] and the README's table come from it.

mod error;
mod key;
mod keys;
mod read;
mod report;
mod secret;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use key::{Key, Values};
pub use keys::{
    Broker, ClockMode, ClockSettings, Config, Data, Database, Files, Guard, Http, KEYS, Limits, Log, LogFormat, Mail,
    Reader, RehearsalMail, Retention, Switch, Worker,
};
pub use read::{DEFAULT_FILE, Sources};
pub use report::{InForce, in_force, table_markdown};
pub use secret::{Secret, SecretUrl};
