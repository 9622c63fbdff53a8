//! What is wrong with a year file, and in which line.

use std::fmt;

use crate::named::named;

named! {
    /// The sort of a fault; the table that docs and tests are made from.
    YearFaultCode {
        /// No TOML.
        Syntax "syntax",
        /// A key that means nothing: mistyped, or of another section.
        UnknownKey "unknown-key",
        /// Something that every year file has is not there.
        Missing "missing",
        /// A value of another type than the key's, or an empty or overlong text.
        Value "value",
        /// A number outside its limits.
        Limit "limit",
        /// A day outside the year before and the year itself, or not the one that it has to be.
        Date "date",
        /// A window that ends before it begins.
        Backward "backward",
        /// Two windows in the wrong order, or on common days that they must not share.
        Overlap "overlap",
        /// No amount in yuan with at most two decimals, from zero up.
        Amount "amount",
        /// Shares that do not make up the fee.
        Shares "shares",
        /// Something named twice.
        Twice "twice",
        /// A text with a `{name}` that stands for nothing.
        Placeholder "placeholder",
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearFault {
    /// The line, counted from 1. Of something that is missing, the line of the section that lacks it.
    pub line: usize,
    /// The sort.
    pub code: YearFaultCode,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for YearFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} ({})", self.line, self.message, self.code.name())
    }
}
