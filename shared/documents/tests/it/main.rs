//! Notices looked at with the tools that readers have: poppler's `pdftotext`, `pdffonts`, `pdftoppm`.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod bureau;
mod invented;
mod odd_texts;
mod picture;
mod rare;
mod tools;
mod unit;
