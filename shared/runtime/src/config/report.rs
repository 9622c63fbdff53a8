//! What is told about the configuration: what is in force with its sources, and the table for the README.

use std::fmt::Write as _;

use super::key::{Key, Values};
use super::keys::{Config, KEYS};
use super::secret::Secret;

/// One setting as it is in force, fit to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The key.
    pub key: &'static str,
    /// The value; secrets and passwords inside URLs are masked.
    pub value: String,
    /// Where it came from: `default`, the file, `variable …` or `command line`.
    pub source: String,
}

impl InForce {
    pub(super) fn new(key: &Key, text: &str, source: &str) -> Self {
        let value = match key.values {
            _ if key.secret => Secret::new(text).to_string(),
            Values::Url(..) => domain::secret::mask_address(text),
            _ => text.to_owned(),
        };
        Self { key: key.name, value, source: source.to_owned() }
    }
}

/// Every key with its value and where that came from, in the table's order, secrets hidden.
#[must_use]
pub fn in_force(config: &Config) -> &[InForce] {
    &config.in_force
}

/// The README's table of all keys, as Markdown.
#[must_use]
pub fn table_markdown() -> String {
    let mut table = String::from("| key | default | unit | meaning |\n|---|---|---|---|\n");
    for key in KEYS {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        let secret = if key.secret { " Secret." } else { "" };
        let takes = match key.values {
            Values::Choice(_) | Values::Whole(..) => format!(" Takes {}.", key.values),
            _ => String::new(),
        };
        let about = key.about.replace('|', "\\|");
        // Writing to a String can't fail.
        let _ = writeln!(table, "| `{}` | {default} | {} | {about}{takes}{secret} |", key.name, key.unit);
    }
    table
}
