//! Rows in a compact binary form: what travels from the child, lies in the spool, and is read without an allocation per cell.
//!
//! A row is `number: u32, block: u16, sort: u8, length of cells: u32, cells`; cells stand in place order from column 0, one tag byte each and
//! what it needs; trailing empty cells are left out. All numbers are little-endian.

use std::{ops::Deref, sync::Arc};

use chrono::{DateTime, NaiveDateTime};
use domain::{cell::Cell, identity::IdKind, place::Place};

use crate::{
    ReadLimits,
    head::Heads,
    reading::{Piece, Sort},
};

const EMPTY: u8 = 0;
const SHORT_TEXT: u8 = 1;
const LONG_TEXT: u8 = 2;
const NUMBER: u8 = 3;
const DATE: u8 = 4;
const FALSE: u8 = 5;
const TRUE: u8 = 6;
const ERROR: u8 = 7;
const UNSAVED: u8 = 8;

/// Bytes of a row's head.
const ROW_HEAD: usize = 11;
/// A block is handed on when it has grown to this many bytes.
pub(crate) const BLOCK_BYTES: usize = 128 << 10;
/// No row is longer than this, so no block is longer than both together.
pub(crate) const ROW_BYTES: usize = 1 << 20;
/// More columns than any template has.
const TEMPLATE_COLUMNS: usize = 16;

/// Appends a row; false (and nothing appended) where it would be longer than a row may be.
pub(crate) fn encode(piece: Piece<'_>, out: &mut Vec<u8>) -> bool {
    let Piece { row, block, sort, from, to } = piece;
    let start = out.len();
    out.extend_from_slice(&row.number.to_le_bytes());
    out.extend_from_slice(&block.to_le_bytes());
    out.extend_from_slice(&[sort as u8, 0, 0, 0, 0]);
    let mut next = 0;
    for (column, cell) in row.cells().filter(|(column, _)| (from..to).contains(column)) {
        out.resize(out.len() + (column - next) as usize, EMPTY);
        next = column + 1;
        encode_cell(cell, out);
    }
    let length = out.len() - start - ROW_HEAD;
    if length > ROW_BYTES - ROW_HEAD {
        out.truncate(start);
        return false;
    }
    out[start + ROW_HEAD - 4..start + ROW_HEAD].copy_from_slice(&(length as u32).to_le_bytes());
    true
}

fn encode_cell(cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Empty => out.push(EMPTY),
        Cell::Text(text) => {
            if let Ok(length) = u8::try_from(text.len()) {
                out.extend_from_slice(&[SHORT_TEXT, length]);
            } else {
                out.push(LONG_TEXT);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            }
            out.extend_from_slice(text.as_bytes());
        }
        Cell::Number(value) => {
            out.push(NUMBER);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Cell::Date(value) => {
            out.push(DATE);
            out.extend_from_slice(&value.and_utc().timestamp_millis().to_le_bytes());
        }
        Cell::Bool(value) => out.push(if value { TRUE } else { FALSE }),
        Cell::Error => out.push(ERROR),
        Cell::Unsaved => out.push(UNSAVED),
    }
}

/// Some rows of a sheet, in order. Cheap to clone.
#[derive(Clone)]
pub struct Block {
    bytes: Arc<[u8]>,
    rows: u32,
}

/// Where the last row stood, by which the order of the next is checked: sheet, row, block.
pub(crate) type Last = (u16, u32, Option<u16>);

impl Block {
    /// Takes bytes of an untrusted child: every length, text and number in them is checked here, once.
    /// `after` is where the row before stood. `None` where anything is wrong.
    pub(crate) fn checked(bytes: Vec<u8>, after: Last, heads: &Heads, limits: &ReadLimits) -> Option<(Self, Last)> {
        let (mut at, mut last, mut rows) = (0, after, 0);
        while at < bytes.len() {
            let row = split_row(&bytes[at..])?;
            let sheet = heads.get(row.block)?.sheet_no;
            let here = (sheet, row.number, Some(row.block));
            // Sheets and rows go up; of one row, blocks do. A heading's own row is the first of a new block.
            if here <= last || u64::from(row.number) > limits.rows {
                return None;
            }
            check_cells(row.cells, limits)?;
            rows += u32::from(row.sort == Sort::Data);
            (last, at) = (here, at + ROW_HEAD + row.cells.len());
        }
        Some((Self { bytes: bytes.into(), rows }, last))
    }

    /// A block from the spool, which was checked when it came.
    pub(crate) fn trusted(bytes: Vec<u8>, rows: u32) -> Self {
        Self { bytes: bytes.into(), rows }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many rows of data it holds.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Whether it holds no row of data.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Its rows of data in order.
    #[must_use]
    pub fn rows(&self) -> Rows {
        Rows { block: self.clone(), at: 0, all: false }
    }

    /// All its rows in order: headings, and what was skipped or not read, too.
    #[must_use]
    pub fn all_rows(&self) -> Rows {
        Rows { all: true, ..self.rows() }
    }
}

/// The rows of a block.
pub struct Rows {
    block: Block,
    at: usize,
    all: bool,
}

impl Iterator for Rows {
    type Item = RawRow;

    fn next(&mut self) -> Option<RawRow> {
        loop {
            let Parts { number, block, sort, cells } = split_row(&self.block.bytes[self.at..])?;
            let start = self.at + ROW_HEAD;
            self.at = start + cells.len();
            if self.all || sort == Sort::Data {
                return Some(RawRow { number, block, sort, start, end: self.at, bytes: self.block.clone() });
            }
        }
    }
}

/// One row as it stood in the file; shares the bytes of its block.
pub struct RawRow {
    /// Row number as Excel shows it, from 1.
    pub number: u32,
    /// The block that it stands in, by its place among all of the file.
    pub block: u16,
    /// What sort of row it is.
    pub sort: Sort,
    start: usize,
    end: usize,
    bytes: Block,
}

impl RawRow {
    /// The cells in place, from the first column of the sheet; trailing empty ones are left out.
    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        Cells { bytes: &self.bytes.bytes[self.start..self.end] }
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { block: self.block, row: self.number }
    }

    /// The cells in the order of the template, by the map of its block's head; what the file lacks is empty.
    #[must_use]
    pub fn in_template_order(&self, heads: &Heads) -> TemplateCells<'_> {
        let mut cells = [Cell::Empty; TEMPLATE_COLUMNS];
        let Some(head) = heads.get(self.block) else { return TemplateCells { cells, count: 0 } };
        for (column, cell) in self.cells().enumerate() {
            if let Some(Some(place)) = head.places.get(column)
                && let Some(slot) = cells.get_mut(*place)
            {
                *slot = cell;
            }
        }
        if let Some((kind, number)) = head.kind_assumed {
            assume_kind((usize::from(kind), usize::from(number)), &mut cells);
        }
        TemplateCells { cells, count: head.map.len().min(TEMPLATE_COLUMNS) }
    }
}

/// Where the file has no column for the kind of document, it is taken for a 居民身份证 wherever there is a number.
fn assume_kind((kind, number): (usize, usize), cells: &mut [Cell<'_>; TEMPLATE_COLUMNS]) {
    if cells.get(number).is_some_and(|cell| !cell.is_blank())
        && let Some(slot @ Cell::Empty) = cells.get_mut(kind)
    {
        *slot = Cell::Text(IdKind::ResidentId.name_zh());
    }
}

/// The cells of a row in template order.
pub struct TemplateCells<'a> {
    cells: [Cell<'a>; TEMPLATE_COLUMNS],
    count: usize,
}

impl<'a> Deref for TemplateCells<'a> {
    type Target = [Cell<'a>];

    fn deref(&self) -> &[Cell<'a>] {
        &self.cells[..self.count]
    }
}

/// Cells of a row in place.
pub struct Cells<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let (cell, rest) = split_cell(self.bytes)?;
        self.bytes = rest;
        Some(cell)
    }
}

/// The parts of a row's bytes.
struct Parts<'a> {
    number: u32,
    block: u16,
    sort: Sort,
    cells: &'a [u8],
}

fn split_row(bytes: &[u8]) -> Option<Parts<'_>> {
    let (number, rest) = bytes.split_first_chunk()?;
    let (block, rest) = rest.split_first_chunk()?;
    let (sort, rest) = rest.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    Some(Parts {
        number: u32::from_le_bytes(*number),
        block: u16::from_le_bytes(*block),
        sort: Sort::of(*sort)?,
        cells: rest.get(..u32::from_le_bytes(*length) as usize)?,
    })
}

fn split_cell(bytes: &[u8]) -> Option<(Cell<'_>, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    Some(match *tag {
        EMPTY => (Cell::Empty, rest),
        SHORT_TEXT => {
            let (length, rest) = rest.split_first()?;
            split_text(rest, usize::from(*length))?
        }
        LONG_TEXT => {
            let (length, rest) = rest.split_first_chunk()?;
            split_text(rest, u32::from_le_bytes(*length) as usize)?
        }
        NUMBER => {
            let (value, rest) = rest.split_first_chunk()?;
            (Cell::Number(f64::from_le_bytes(*value)), rest)
        }
        DATE => {
            let (value, rest) = rest.split_first_chunk()?;
            (Cell::Date(date(i64::from_le_bytes(*value))?), rest)
        }
        FALSE => (Cell::Bool(false), rest),
        TRUE => (Cell::Bool(true), rest),
        ERROR => (Cell::Error, rest),
        UNSAVED => (Cell::Unsaved, rest),
        _ => return None,
    })
}

fn date(millis: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(millis).map(|date| date.naive_utc())
}

fn split_text(bytes: &[u8], length: usize) -> Option<(Cell<'_>, &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((Cell::Text(std::str::from_utf8(text).ok()?), rest))
}

fn check_cells(mut bytes: &[u8], limits: &ReadLimits) -> Option<()> {
    let mut columns = 0;
    while !bytes.is_empty() {
        let (cell, rest) = split_cell(bytes)?;
        columns += 1;
        let fits = match cell {
            Cell::Text(text) => text.len() <= limits.cell_chars as usize * 4 && !text.contains('\0'),
            _ => true,
        };
        if !fits || columns > limits.columns {
            return None;
        }
        bytes = rest;
    }
    Some(())
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Head, row::Row};

    /// One block on one sheet.
    pub(crate) fn heads() -> Heads {
        Heads::new(Head::default())
    }

    /// Before the first row.
    pub(crate) const START: Last = (0, 0, None);

    fn after(row: u32) -> Last {
        (0, row, Some(0))
    }

    fn checked(bytes: Vec<u8>, last: u32, limits: &ReadLimits) -> Option<(Block, Last)> {
        Block::checked(bytes, after(last), &heads(), limits)
    }

    /// A block of rows with the given numbers and texts.
    pub(crate) fn block_of(rows: &[(u32, &[Cell<'_>])]) -> Vec<u8> {
        let (mut row, mut bytes) = (Row::new(&ReadLimits::default()), Vec::new());
        for (number, cells) in rows {
            row.start(*number);
            for (column, cell) in cells.iter().enumerate() {
                row.push(column as u32, *cell).unwrap();
            }
            assert!(encode(Piece { row: &row, block: 0, sort: Sort::Data, from: 0, to: u32::MAX }, &mut bytes));
        }
        bytes
    }

    #[test]
    fn every_sort_of_cell_survives_the_way() {
        let long = "长".repeat(300);
        let day = date(1_667_433_600_000).unwrap();
        let cells = [
            Cell::Text("王小明"),
            Cell::Empty,
            Cell::Text(&long),
            Cell::Number(-1.5),
            Cell::Date(day),
            Cell::Bool(true),
            Cell::Bool(false),
            Cell::Error,
            Cell::Unsaved,
        ];
        let bytes = block_of(&[(7, &cells), (9, &[])]);
        let (block, last) = checked(bytes, 3, &ReadLimits::default()).unwrap();
        assert_eq!((block.len(), last), (2, after(9)));
        let rows: Vec<RawRow> = block.rows().collect();
        assert_eq!(rows[0].number, 7);
        assert!(rows[0].cells().collect::<Vec<_>>() == cells);
        assert_eq!(rows[1].cells().count(), 0);
    }

    #[test]
    fn a_row_that_is_too_long_is_refused() {
        let text = "x".repeat(32_767);
        let mut row = Row::new(&ReadLimits::default());
        row.start(1);
        for column in 0..33 {
            row.push(column, Cell::Text(&text)).unwrap();
        }
        let mut bytes = Vec::new();
        let piece = Piece { row: &row, block: 0, sort: Sort::Data, from: 0, to: u32::MAX };
        assert!(!encode(piece, &mut bytes) && bytes.is_empty());
    }

    #[test]
    fn what_an_untrusted_child_sends_is_checked() {
        let limits = ReadLimits { columns: 2, cell_chars: 3, rows: 100, ..ReadLimits::default() };
        let good = block_of(&[(5, &[Cell::Text("abc")]), (6, &[Cell::Text("d")])]);
        assert!(checked(good.clone(), 4, &limits).is_some());
        assert!(checked(good.clone(), 5, &limits).is_none(), "rows go up");
        assert!(checked(good[..good.len() - 1].to_vec(), 4, &limits).is_none(), "cut short");
        assert!(checked(block_of(&[(101, &[])]), 0, &limits).is_none(), "past the last row");
        assert!(checked(block_of(&[(1, &[Cell::Error; 3])]), 0, &limits).is_none(), "past the last column");
        assert!(checked(block_of(&[(1, &[Cell::Text("abcdefghijklm")])]), 0, &limits).is_none(), "too long");
        let broken = block_of(&[(1, &[Cell::Text("é")])]);
        let cut = broken.iter().map(|byte| if *byte == 0xc3 { 0xff } else { *byte }).collect();
        assert!(checked(cut, 0, &limits).is_none(), "not UTF-8");
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused_and_never_panic(bytes in prop::collection::vec(0_u8..9, 0..200)) {
            if let Some((block, _)) = Block::checked(bytes, START, &heads(), &ReadLimits::default()) {
                for row in block.rows() {
                    let _ = row.cells().count();
                }
            }
        }
    }
}
