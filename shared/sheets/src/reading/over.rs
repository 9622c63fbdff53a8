//! Sheets that are gone over without being read: whether they look like data.

use domain::cell::Cell;

use super::sort::holds_number;
use crate::row::Row;

/// Filled columns from which on a row looks like one of a table.
const FILLED: usize = 3;
/// Such rows that make a table.
const ROWS: u64 = 2;

/// What a sheet that is not read holds.
#[derive(Default)]
pub(super) struct Over {
    /// Rows that hold anything.
    pub rows: u64,
    filled: u64,
    people: u64,
}

impl Over {
    pub fn row(&mut self, row: &Row) {
        self.rows += 1;
        self.filled += u64::from(row.cells().filter(|(_, cell)| !cell.is_blank()).count() >= FILLED);
        self.people += u64::from(row.cells().any(|(_, cell)| is_document(cell)));
    }

    /// Several filled columns under no heading, or numbers as documents have them.
    pub fn looks_like_data(&self) -> bool {
        self.filled >= ROWS || self.people > 0
    }
}

/// Whether a cell holds as many digits as the number of a document has.
fn is_document(cell: Cell<'_>) -> bool {
    holds_number(cell, 15)
}
