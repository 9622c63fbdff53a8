//! One row while it is read: a compact buffer that a reader fills cell by cell and that is used again for the next.

use chrono::NaiveDateTime;
use domain::{cell::Cell, text};

use crate::{ReadLimits, Rejection};

/// The content of a cell; its text lies in the row.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    Text { start: usize, end: usize },
    Number(f64),
    Date(NaiveDateTime),
    Bool(bool),
    Error,
    Unsaved,
}

/// The content of a cell, kept beyond its row.
pub(crate) enum Kept {
    Text(Box<str>),
    Other(Slot),
}

/// The cells of one row that hold anything, with their columns.
pub(crate) struct Row {
    /// Row number as Excel shows it, from 1.
    pub number: u32,
    text: String,
    cells: Vec<(u32, Slot)>,
    columns: u32,
    cell_chars: u32,
    last_number: u64,
}

impl Row {
    pub fn new(limits: &ReadLimits) -> Self {
        Self {
            number: 0,
            text: String::new(),
            cells: Vec::new(),
            columns: limits.columns,
            cell_chars: limits.cell_chars,
            last_number: limits.rows,
        }
    }

    /// Makes the buffer that of row `number` (from 1), empty.
    pub fn start(&mut self, number: u32) {
        self.number = number;
        self.text.clear();
        self.cells.clear();
    }

    /// Makes it the row of another number with the same cells; `too-large` beyond the last that may hold any.
    pub fn renumber(&mut self, number: u32) -> Result<(), Rejection> {
        self.number = number;
        if u64::from(number) > self.last_number && !self.is_blank() {
            return Err(Rejection::too_large("有数据的行数", self.last_number, "行"));
        }
        Ok(())
    }

    /// Adds a cell at a column (from 0). Empty cells and blanks beyond the column limit cost nothing; data there is `too-large`.
    pub fn push(&mut self, column: u32, cell: Cell<'_>) -> Result<(), Rejection> {
        let slot = match cell {
            Cell::Empty => return Ok(()),
            Cell::Text(text) => {
                if text.is_empty() {
                    return Ok(());
                }
                self.check_length(text)?;
                let start = self.text.len();
                if text.contains('\0') {
                    self.text.extend(text.chars().filter(|c| *c != '\0'));
                } else {
                    self.text.push_str(text);
                }
                Slot::Text { start, end: self.text.len() }
            }
            Cell::Number(value) => Slot::Number(value),
            Cell::Date(value) => Slot::Date(value),
            Cell::Bool(value) => Slot::Bool(value),
            Cell::Error => Slot::Error,
            Cell::Unsaved => Slot::Unsaved,
        };
        if column >= self.columns || u64::from(self.number) > self.last_number {
            return self.outside(column, &cell);
        }
        if self.cells.last().is_some_and(|(last, _)| *last >= column) {
            return self.insert(column, slot);
        }
        self.cells.push((column, slot));
        Ok(())
    }

    fn check_length(&self, text: &str) -> Result<(), Rejection> {
        let limit = self.cell_chars as usize;
        if text.len() > limit && text.chars().nth(limit).is_some() {
            let what = format!("第 {} 行有一个单元格的内容", self.number);
            return Err(Rejection::too_large(&what, u64::from(self.cell_chars), "个字符"));
        }
        Ok(())
    }

    fn outside(&self, column: u32, cell: &Cell<'_>) -> Result<(), Rejection> {
        if cell.is_blank() {
            return Ok(());
        }
        if column >= self.columns {
            return Err(Rejection::too_large("有数据的列数", u64::from(self.columns), "列"));
        }
        Err(Rejection::too_large("有数据的行数", self.last_number, "行"))
    }

    /// Cells out of order are a whim of some programs; a column twice is a broken file.
    fn insert(&mut self, column: u32, slot: Slot) -> Result<(), Rejection> {
        match self.cells.binary_search_by_key(&column, |(at, _)| *at) {
            Ok(_) => Err(Rejection::damaged()),
            Err(place) => {
                self.cells.insert(place, (column, slot));
                Ok(())
            }
        }
    }

    /// The cells in order of their columns.
    pub fn cells(&self) -> impl Iterator<Item = (u32, Cell<'_>)> {
        self.cells.iter().map(|(column, slot)| (*column, self.cell(*slot)))
    }

    /// The cell of a column (from 0).
    pub fn at(&self, column: u32) -> Cell<'_> {
        match self.cells.binary_search_by_key(&column, |(at, _)| *at) {
            Ok(place) => self.cell(self.cells[place].1),
            Err(_) => Cell::Empty,
        }
    }

    /// A copy of the cell of a column, to be put into other rows; none where it states nothing.
    pub fn keep(&self, column: u32) -> Option<Kept> {
        let cell = self.at(column);
        if cell.is_blank() {
            return None;
        }
        Some(match cell {
            Cell::Text(text) => Kept::Text(text.into()),
            _ => Kept::Other(self.cells.iter().find(|(at, _)| *at == column)?.1),
        })
    }

    /// Puts a copy into a column that states nothing.
    pub fn fill(&mut self, column: u32, kept: &Kept) -> Result<(), Rejection> {
        self.cells.retain(|(at, _)| *at != column);
        match kept {
            Kept::Text(text) => self.push(column, Cell::Text(text)),
            Kept::Other(slot) => self.insert(column, *slot),
        }
    }

    /// Characters that a cell may hold.
    pub fn cell_limit(&self) -> u32 {
        self.cell_chars
    }

    /// True where no cell holds anything but blanks.
    pub fn is_blank(&self) -> bool {
        self.cells().all(|(_, cell)| cell.is_blank())
    }

    fn cell(&self, slot: Slot) -> Cell<'_> {
        match slot {
            Slot::Text { start, end } => Cell::Text(self.text.get(start..end).unwrap_or_default()),
            Slot::Number(value) => Cell::Number(value),
            Slot::Date(value) => Cell::Date(value),
            Slot::Bool(value) => Cell::Bool(value),
            Slot::Error => Cell::Error,
            Slot::Unsaved => Cell::Unsaved,
        }
    }
}

/// A header's text for people: one line, trimmed, at most 100 characters.
pub(crate) fn header_text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(value) => text::tidy(value).chars().take(100).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::finding::Code;

    use super::*;

    fn code_of<T>(result: Result<T, Rejection>) -> Option<Code> {
        result.err().map(|rejection| rejection.code)
    }

    fn row() -> Row {
        let mut row = Row::new(&ReadLimits { columns: 4, cell_chars: 5, rows: 10, ..ReadLimits::default() });
        row.start(1);
        row
    }

    #[test]
    fn a_cell_of_the_longest_length_is_taken_and_one_more_is_too_large() {
        let mut row = row();
        assert!(row.push(0, Cell::Text("一二三四五")).is_ok());
        assert_eq!(code_of(row.push(1, Cell::Text("一二三四五六"))), Some(Code::TooLarge));
    }

    #[test]
    fn the_last_column_and_row_are_taken_and_the_next_are_too_large_unless_blank() {
        let mut row = row();
        assert!(row.push(3, Cell::Bool(true)).is_ok());
        assert!(row.push(16_383, Cell::Text(" \u{3000}")).is_ok());
        assert_eq!(code_of(row.push(4, Cell::Number(1.0))), Some(Code::TooLarge));
        row.start(10);
        assert!(row.push(0, Cell::Error).is_ok());
        row.start(11);
        assert_eq!(code_of(row.push(0, Cell::Error)), Some(Code::TooLarge));
    }

    #[test]
    fn cells_come_in_order_of_columns_and_a_column_comes_once() {
        let mut row = row();
        assert!(row.push(2, Cell::Text("c")).is_ok());
        assert!(row.push(0, Cell::Text("a\0")).is_ok());
        assert_eq!(code_of(row.push(2, Cell::Text("d"))), Some(Code::Damaged));
        assert!(matches!(row.at(0), Cell::Text("a")));
        let columns: Vec<u32> = row.cells().map(|(column, _)| column).collect();
        assert_eq!(columns, [0, 2]);
    }
}
