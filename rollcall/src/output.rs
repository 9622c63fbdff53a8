//! What is printed: one JSON document for programs, or lines for people; and failures with their exit codes. All goes
//! through here, and nothing that somebody typed reaches a terminal raw: see [`shown`].

use std::{io::Write as _, process::ExitCode};

use desk::DeskError;
pub use domain::shown::shown;
use domain::shown::{shown_json, shown_lines};
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

    /// The failure for people: what is wrong, and what to do below it.
    fn lines(&self) -> String {
        let hint = if self.hint.is_empty() { String::new() } else { format!("\n  {}", shown(&self.hint)) };
        // The faults of a year's file are many, a line each.
        let message = if self.code == "year-file" { shown_lines(&self.message) } else { shown(&self.message) };
        format!("error: {message}{hint}")
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

    /// Prints a document for programs, or what `people` makes of it: a text that may have lines of its own, in which what
    /// others have given stands in a [`table`] or through [`shown`].
    pub fn document<T: Serialize>(self, document: &T, people: impl FnOnce(&T) -> String) {
        if self.json {
            line(&json_text(document));
        } else {
            line(&screen(people(document).trim_end_matches('\n')));
        }
    }

    /// A line for people alone.
    pub fn say(self, text: &str) {
        if !self.json {
            line(&screen(text));
        }
    }

    /// Prints a failure and gives the exit code.
    pub fn fail(self, failure: &Failure) -> ExitCode {
        if self.json {
            let error = json!({"error": {"code": failure.code, "message": failure.message, "hint": failure.hint}});
            line(&json_text(&error));
        } else {
            let _ = writeln!(std::io::stderr(), "{}", failure.lines());
        }
        ExitCode::from(failure.exit)
    }
}

/// A document as programs read it.
fn json_text<T: Serialize>(document: &T) -> String {
    shown_json(&serde_json::to_string_pretty(document).unwrap_or_default()).into_owned()
}

/// A text of several lines as a terminal may have it.
pub fn screen(text: &str) -> String {
    shown_lines(text).into_owned()
}

/// One line on stdout. A reader that has gone away (`| head`) is no reason to fail.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Columns of text, as wide as their widest cell on the screen (a Chinese character is two wide). A row is a line, whatever
/// its cells hold.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&title| title.to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| shown(cell).into_owned()).collect()).collect();
    let wide = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place)).chain(head.get(place));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
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

#[cfg(test)]
mod tests {
    use domain::shown::is_unseen;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_can_not_forge_a_line() {
        let evil = "a.xlsx\n01842f5c  members  done\u{1b}[2K".to_owned();
        let text = table(&["id", "file"], &[vec!["1".to_owned(), evil.clone()]]);
        assert_eq!(text, "id  file\n1   a.xlsx\\n01842f5c  members  done\\u{1b}[2K\n");
        let failure = Failure::refused("unknown", format!("there is no {evil}"), "ask");
        assert_eq!(failure.lines(), "error: there is no a.xlsx\\n01842f5c  members  done\\u{1b}[2K\n  ask");
    }

    proptest! {
        #[test]
        fn nothing_raw_is_printed(text in any::<String>()) {
            let clean = |text: &str| !text.chars().any(|c| c != '\n' && is_unseen(c));
            let rows = table(&["a", "b"], &[vec![text.clone(), text.clone()], vec![text.clone()]]);
            prop_assert!(clean(&rows));
            prop_assert_eq!(rows.matches('\n').count(), 3);
            let failure = Failure::refused(&text, text.clone(), text.clone()).lines();
            prop_assert!(clean(&failure));
            prop_assert!(failure.matches('\n').count() <= 1);
            prop_assert!(clean(&screen(&text)));
            prop_assert!(clean(&json_text(&text)));
        }
    }
}
