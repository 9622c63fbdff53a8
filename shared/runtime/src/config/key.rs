//! What a key of the configuration is: name, default, unit, meaning, and which values it takes.

use std::fmt;
use std::net::SocketAddr;

use ::config::ValueKind;
use chrono::{DateTime, Utc};

/// One row of the table of keys.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// `section.name`; the variable is `ROLLCALL_SECTION__NAME`.
    pub name: &'static str,
    /// The default as it would be written in the file, without quotes.
    pub default: &'static str,
    /// Which values are taken.
    pub values: Values,
    /// The unit of a number, as people write it; empty where there is none.
    pub unit: &'static str,
    /// Whether the value is hidden wherever it would be printed.
    pub secret: bool,
    /// The meaning, in a sentence or two.
    pub about: &'static str,
}

impl Key {
    /// The environment variable of this key.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("ROLLCALL_{}", self.name.to_uppercase().replace('.', "__"))
    }
}

/// The values that a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// Any text, the empty one included.
    Text,
    /// A text that may not be empty.
    Filled,
    /// A secret text.
    Secret,
    /// Empty, or a secret of exactly so many hexadecimal digits.
    SecretHex(usize),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, or a URL that begins with one of these schemes; it may hold a password.
    Url(&'static [&'static str], &'static [&'static str]),
    /// A whole number from … to …, both included.
    Whole(u64, u64),
    /// Empty, or a socket address to listen on.
    Listen,
    /// Empty, or an instant with its offset.
    Instant,
}

impl Values {
    /// Whether the value must never be printed.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretHex(_))
    }

    /// The typed value of a text, or `None` where the key does not take it.
    pub(super) fn parse(self, text: &str) -> Option<ValueKind> {
        let fine = match self {
            Self::Whole(min, max) => {
                let number = text.replace('_', "").parse::<u64>().ok()?;
                return (min..=max).contains(&number).then_some(ValueKind::U64(number));
            }
            Self::Text | Self::Secret => true,
            Self::Filled => !text.trim().is_empty(),
            Self::SecretHex(digits) => text.is_empty() || (text.len() == digits && all_hex(text)),
            Self::Choice(words) => words.contains(&text),
            Self::Url(words, schemes) => words.contains(&text) || schemes.iter().any(|s| is_url_of(text, s)),
            Self::Listen => text.is_empty() || text.parse::<SocketAddr>().is_ok(),
            Self::Instant => text.is_empty() || text.parse::<DateTime<Utc>>().is_ok(),
        };
        fine.then(|| ValueKind::String(text.to_owned()))
    }
}

impl fmt::Display for Values {
    /// What is expected, to end a sentence that begins with "expected".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text => f.write_str("a text"),
            Self::Filled => f.write_str("a text that is not empty"),
            Self::Secret => f.write_str("a secret text"),
            Self::SecretHex(digits) => write!(f, "{digits} hexadecimal digits, or nothing"),
            Self::Choice(words) => write!(f, "{}", listed(words)),
            Self::Url(words, schemes) => {
                let schemes: Vec<String> = schemes.iter().map(|s| format!("{s}…")).collect();
                let all: Vec<&str> = words.iter().copied().chain(schemes.iter().map(String::as_str)).collect();
                write!(f, "{}", listed(&all))
            }
            Self::Whole(min, max) => write!(f, "a whole number from {min} to {max}"),
            Self::Listen => f.write_str("an address and port such as 127.0.0.1:7317, or nothing"),
            Self::Instant => f.write_str("an instant such as 2022-10-25T00:00:00+08:00, or nothing"),
        }
    }
}

fn all_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_url_of(text: &str, scheme: &str) -> bool {
    text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn listed(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().map(|w| if w.is_empty() { "nothing" } else { w }).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}
