//! What is printed: one JSON document for programs, or lines for people; and failures with their exit codes.

use std::{io::Write as _, process::ExitCode};

use desk::DeskError;
use serde::Serialize;
use serde_json::json;

/// Done.
pub const DONE: u8 = 0;
/// The request was refused, or a file rejected.
pub const REFUSED: u8 = 1;
/// The words of the command were off.
pub const USAGE: u8 = 2;
/// A service (database, broker, files, mail) can't be reached.
pub const UNREACHABLE: u8 = 3;

/// Prints for people or for programs.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    json: bool,
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The exit code.
    pub exit: u8,
}

impl Failure {
    /// The words of the command were off.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: "usage".to_owned(), message: message.into(), hint: hint.into(), exit: USAGE }
    }

    /// The request can't be done as it stands.
    pub fn refused(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into(), exit: REFUSED }
    }

    /// Whether the request itself is at fault, and not a service.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.exit, REFUSED | USAGE)
    }

    /// A service can't be reached.
    pub fn service(code: &str, message: &str, hint: &str) -> Self {
        let message = domain::secret::mask_addresses(message);
        Self { code: code.to_owned(), message, hint: hint.to_owned(), exit: UNREACHABLE }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusal) => {
                let exit = match refusal.code {
                    "usage" | "data-type" => USAGE,
                    "schema" | "data-key" => UNREACHABLE,
                    _ => REFUSED,
                };
                Self { code: refusal.code.to_owned(), message: refusal.message, hint: refusal.hint, exit }
            }
            DeskError::Store(error) => error.into(),
            DeskError::Files(error) => {
                Self::service("files", &error.to_string(), "rollcall doctor looks at every service")
            }
        }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::service("database", &error.to_string(), "rollcall doctor looks at every service")
    }
}

impl From<broker::BrokerError> for Failure {
    fn from(error: broker::BrokerError) -> Self {
        Self::service("broker", &error.to_string(), "rollcall doctor looks at every service")
    }
}

impl From<runtime::ConfigError> for Failure {
    fn from(error: runtime::ConfigError) -> Self {
        Self::usage(error.to_string(), "rollcall config shows what is in force; the README has the table of keys")
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::refused("io", error.to_string(), "")
    }
}

impl Printer {
    /// For programs with `json`, else for people.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a program reads.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a document for programs, or what `people` makes of it.
    pub fn document<T: Serialize>(self, document: &T, people: impl FnOnce(&T) -> String) {
        let text = if self.json {
            serde_json::to_string_pretty(document).unwrap_or_default()
        } else {
            people(document).trim_end_matches('\n').to_owned()
        };
        line(&text);
    }

    /// A line for people alone.
    pub fn say(self, text: &str) {
        if !self.json {
            line(text);
        }
    }

    /// Prints a failure and gives the exit code.
    pub fn fail(self, failure: &Failure) -> ExitCode {
        if self.json {
            let error = json!({"error": {"code": failure.code, "message": failure.message, "hint": failure.hint}});
            line(&serde_json::to_string_pretty(&error).unwrap_or_default());
        } else {
            let hint = if failure.hint.is_empty() { String::new() } else { format!("\n  {}", failure.hint) };
            let _ = writeln!(std::io::stderr(), "error: {}{hint}", failure.message);
        }
        ExitCode::from(failure.exit)
    }
}

/// One line on stdout. A reader that has gone away (`| head`) is no reason to fail.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Columns of text, as wide as their widest cell on the screen (a Chinese character is two wide).
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&title| title.to_owned()).collect();
    let wide = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place)).chain(head.get(place));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, wide)| {
            let pad = wide.saturating_sub(width(cell));
            format!("{cell}{}", " ".repeat(pad))
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn width(text: &str) -> usize {
    console::measure_text_width(text)
}
