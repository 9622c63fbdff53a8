//! One cell as a reader hands it over: what stood in the file, before anything is understood.

use std::fmt;

use chrono::NaiveDateTime;

/// The content of one cell. Text is borrowed from the reader's row. A `.csv` has only `Empty` and `Text`.
#[derive(Clone, Copy, PartialEq, Default)]
pub enum Cell<'a> {
    /// Nothing there, or a column that the file lacks.
    #[default]
    Empty,
    /// A text cell, untouched.
    Text(&'a str),
    /// A numeric cell without a date format. Past its 15th digit it is not what the clerk typed.
    Number(f64),
    /// A numeric cell with a date format.
    Date(NaiveDateTime),
    /// A logical cell.
    Bool(bool),
    /// A formula's error value such as `#N/A`.
    Error,
    /// A formula whose result no program has saved, as libraries write them.
    Unsaved,
}

impl Cell<'_> {
    /// True where the cell states nothing: empty, or text of blanks and invisible characters alone.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.chars().all(crate::text::is_blank),
            _ => false,
        }
    }
}

impl Cell<'_> {
    /// The cell without what programs wrap a text in to keep it one: `="0123"`, which stands as it is in a text cell.
    #[must_use]
    pub fn unwrapped(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(unwrapped(text)),
            other => other,
        }
    }
}

/// The text within `="0123"`; other texts as they are.
#[must_use]
pub fn unwrapped(text: &str) -> &str {
    // A byte first: nearly no text begins so.
    if !text.contains('=') && !text.contains('＝') {
        return text;
    }
    let trimmed = crate::text::trim(text);
    let quotes = ['"', '“', '”', '＂'];
    let inner = trimmed.strip_prefix(['=', '＝']).map(crate::text::trim).and_then(|rest| rest.strip_prefix(quotes));
    inner.and_then(|rest| rest.strip_suffix(quotes)).filter(|inner| !inner.contains(quotes)).unwrap_or(text)
}

/// Cells hold personal data, so a log sees only their kind and length.
impl fmt::Debug for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Text(text) => write!(f, "Text({} chars)", text.chars().count()),
            Self::Number(_) => f.write_str("Number(..)"),
            Self::Date(_) => f.write_str("Date(..)"),
            Self::Bool(value) => write!(f, "Bool({value})"),
            Self::Error => f.write_str("Error"),
            Self::Unsaved => f.write_str("Unsaved"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_every_sort_state_nothing() {
        for text in ["", " ", "\u{3000}\t\r\n", "\u{200b}\u{feff}"] {
            assert!(Cell::Text(text).is_blank(), "{text:?}");
        }
        assert!(Cell::Empty.is_blank());
        assert!(!Cell::Text("王").is_blank());
        assert!(!Cell::Number(0.0).is_blank());
    }

    #[test]
    fn a_text_kept_as_one_by_a_formula_is_the_text() {
        for (wrapped, text) in [
            ("=\"0123\"", "0123"),
            (" =\"\" ", ""),
            ("=“012X”", "012X"),
            ("=A1", "=A1"),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
        ] {
            assert!(Cell::Text(wrapped).unwrapped() == Cell::Text(text), "{wrapped}");
        }
        assert!(Cell::Number(1.0).unwrapped() == Cell::Number(1.0));
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?} {:?}", Cell::Text("310199199001010014"), Cell::Number(13_800_138_000.0));
        assert_eq!(shown, "Text(18 chars) Number(..)");
    }
}
