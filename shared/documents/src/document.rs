//! What comes out: a document, its warnings, or why there is none.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A finished document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// The PDF file.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, in hex: kept in the record, it tells whether a file is the one that was sent.
    pub sha256: String,
    /// The check printed on every page and in the QR code: the first 16 hex digits of the SHA-256 of all that the notice
    /// says. It depends on no typography, so that it stays when the layout changes.
    pub check: String,
    /// Pages.
    pub pages: usize,
    /// What could not be printed as written; each once.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.bytes.len())
            .field("sha256", &self.sha256)
            .field("check", &self.check)
            .field("pages", &self.pages)
            .field("warnings", &self.warnings.len())
            .finish()
    }
}

/// Something that could not be printed as written. Its `Display` is a sentence for clerks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// No face has this character; it is drawn as a box with its code point.
    MissingGlyph {
        /// The character.
        character: char,
        /// The first text that it was met in.
        text: String,
    },
    /// A character that can't be seen (control, direction mark, variation selector) was left out.
    Removed {
        /// The character.
        character: char,
        /// The first text that it was met in, without such characters.
        text: String,
    },
    /// A text was longer than its place; its end is replaced by an ellipsis.
    Shortened {
        /// Its beginning.
        text: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingGlyph { character, text } => {
                write!(f, "「{text}」中的字符 U+{:04X} 字库中没有，已用方框代替", u32::from(*character))
            }
            Self::Removed { character, text } => {
                write!(f, "「{text}」中的不可见字符 U+{:04X} 已略去", u32::from(*character))
            }
            Self::Shortened { text } => write!(f, "「{text}…」过长，已截短"),
        }
    }
}

/// Why there is no document. None of them gets better by trying again.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The figures of the notice differ from each other; sending it would be worse than not.
    #[error("the notice contradicts itself: {0}")]
    Contradiction(&'static str),
    /// A face that comes with the program can't be read or cut.
    #[error("the face {face} can't be used: {cause}")]
    Face {
        /// Which.
        face: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The input can't be written as JSON for its check; plain structs always can.
    #[error("no check can be made of the notice: {0}")]
    Check(#[from] serde_json::Error),
}

/// Characters of a text that a warning quotes.
const QUOTED: usize = 40;

/// The warnings of one document: each character or text once, in a fixed order.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    missing: BTreeMap<char, String>,
    removed: BTreeMap<char, String>,
    shortened: Vec<String>,
}

impl Warnings {
    pub(crate) fn missing(&mut self, character: char, text: &str) {
        self.missing.entry(character).or_insert_with(|| quoted(text));
    }

    pub(crate) fn removed(&mut self, character: char, text: &str) {
        self.removed.entry(character).or_insert_with(|| quoted(text));
    }

    pub(crate) fn shortened(&mut self, text: &str) {
        let text = quoted(text);
        if !self.shortened.contains(&text) {
            self.shortened.push(text);
        }
    }

    pub(crate) fn finish(self) -> Vec<Warning> {
        let missing = self.missing.into_iter().map(|(character, text)| Warning::MissingGlyph { character, text });
        let removed = self.removed.into_iter().map(|(character, text)| Warning::Removed { character, text });
        missing.chain(removed).chain(self.shortened.into_iter().map(|text| Warning::Shortened { text })).collect()
    }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}
