//! Rows of tables out of tags and texts: cells that span, ends that nobody wrote, tables within cells.

use std::collections::VecDeque;

use super::{entities::entity, tags::Tag, value};
use crate::{book::Take, rejection::Failure, row::Row};

/// Columns and rows that one cell may span ([HTML] 4.9.12).
const COLUMNS: u32 = 1_000;
const ROWS: u32 = 65_534;

/// A cell that is being read or was.
#[derive(Default)]
struct PageCell {
    column: u32,
    text: String,
    /// The page says that it was a number.
    number: bool,
    columns: u32,
    rows: u32,
    /// A blank is to come before the next text.
    blank: bool,
}

/// A cell that goes on in rows below.
struct Spanning {
    column: u32,
    columns: u32,
    rows_left: u32,
    text: String,
}

/// A table whose end has not come.
#[derive(Default)]
struct Table {
    /// Cells of the row that is open.
    row: Option<Vec<PageCell>>,
    cell: Option<PageCell>,
    /// The cell that is open is not seen.
    hidden: bool,
    spanning: Vec<Spanning>,
}

/// A row that has ended, with its number.
struct Ended {
    number: u32,
    cells: Vec<PageCell>,
}

/// The tables of a page, from the outermost to the one that is being read.
pub(super) struct Tables {
    open: Vec<Table>,
    ended: VecDeque<Ended>,
    rows: u32,
    /// Bytes of a cell that are kept: one character over the limit, so that a cell too long is told as such.
    room: usize,
}

impl Tables {
    pub fn new(cell_chars: u32) -> Self {
        Self { open: Vec::new(), ended: VecDeque::new(), rows: 0, room: cell_chars as usize * 4 + 4 }
    }

    pub fn text(&mut self, text: &str) {
        let room = self.room;
        if let Some(cell) = self.open.last_mut().and_then(|table| table.cell.as_mut()) {
            cell.push(text, room);
        }
    }

    pub fn start(&mut self, tag: &Tag<'_>) {
        match tag.name().to_ascii_lowercase().as_str() {
            "table" => self.open.push(Table::default()),
            "tr" => {
                self.end_row();
                // Some pages have rows and no table around them.
                if self.open.is_empty() {
                    self.open.push(Table::default());
                }
                if let Some(table) = self.open.last_mut() {
                    table.row = Some(Vec::new());
                }
            }
            "td" | "th" => {
                if self.open.is_empty() {
                    self.open.push(Table::default());
                }
                if let Some(table) = self.open.last_mut() {
                    table.start_cell(tag);
                }
            }
            "br" | "p" | "div" | "li" => self.line(),
            _ => {}
        }
    }

    pub fn end(&mut self, name: &str) {
        match name.to_ascii_lowercase().as_str() {
            "table" => {
                self.end_row();
                self.open.pop();
            }
            "tr" | "thead" | "tbody" | "tfoot" => self.end_row(),
            "td" | "th" => {
                if let Some(table) = self.open.last_mut() {
                    table.end_cell();
                }
            }
            "p" | "div" | "li" => self.line(),
            _ => {}
        }
    }

    /// The page has ended, and with it whatever is open.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.end_row();
            self.open.pop();
        }
    }

    /// A new line within a cell.
    fn line(&mut self) {
        if let Some(cell) = self.open.last_mut().and_then(|table| table.cell.as_mut())
            && !cell.text.is_empty()
            && !cell.text.ends_with('\n')
        {
            cell.text.push('\n');
            cell.blank = false;
        }
    }

    fn end_row(&mut self) {
        let Some(table) = self.open.last_mut() else { return };
        table.end_cell();
        let Some(mut cells) = table.row.take() else { return };
        table.span_into(&mut cells);
        self.rows = self.rows.saturating_add(1);
        self.ended.push_back(Ended { number: self.rows, cells });
    }

    /// Hands over the rows that have ended; false when no more are wanted.
    pub fn hand_over(&mut self, row: &mut Row, take: &mut Take<'_>) -> Result<bool, Failure> {
        while let Some(ended) = self.ended.pop_front() {
            row.start(ended.number);
            for cell in &ended.cells {
                row.push(cell.column, value(&cell.text, cell.number))?;
            }
            if !row.is_blank() && !take(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Table {
    fn start_cell(&mut self, tag: &Tag<'_>) {
        self.end_cell();
        let row = self.row.get_or_insert_default();
        let mut column = row.last().map_or(0, |cell| cell.column.saturating_add(cell.columns));
        // Places that cells of rows above take, from left to right.
        while let Some(above) = self.spanning.iter().find(|above| above.covers(column)) {
            column = above.column.saturating_add(above.columns);
        }
        let (columns, rows) = (tag.span("colspan", COLUMNS), tag.span("rowspan", ROWS));
        let number = tag.attribute("x:num").is_some();
        self.hidden = tag.is_hidden();
        self.cell = Some(PageCell { column, number, columns, rows, ..PageCell::default() });
    }

    fn end_cell(&mut self) {
        let Some(mut cell) = self.cell.take() else { return };
        // What is not seen takes no place.
        if std::mem::take(&mut self.hidden) {
            return;
        }
        let kept = cell.text.trim_end().len();
        cell.text.truncate(kept);
        if let Some(row) = &mut self.row {
            row.push(cell);
        }
    }

    /// Puts the cells of rows above that span into this one beside its own, and takes note of its own that span.
    fn span_into(&mut self, cells: &mut Vec<PageCell>) {
        let above = self.spanning.iter().map(|above| PageCell {
            column: above.column,
            text: above.text.clone(),
            ..PageCell::default()
        });
        let above: Vec<PageCell> = above.collect();
        self.spanning.retain_mut(|above| {
            above.rows_left -= 1;
            above.rows_left > 0
        });
        self.spanning.extend(cells.iter().filter(|cell| cell.rows > 1).map(|cell| Spanning {
            column: cell.column,
            columns: cell.columns,
            rows_left: cell.rows - 1,
            text: cell.text.clone(),
        }));
        cells.extend(above);
        cells.sort_by_key(|cell| cell.column);
        cells.dedup_by_key(|cell| cell.column);
    }
}

impl Spanning {
    fn covers(&self, column: u32) -> bool {
        (self.column..self.column.saturating_add(self.columns)).contains(&column)
    }
}

impl PageCell {
    /// Adds text as it is shown: blanks and line breaks of the source are one blank, and none at the beginning.
    fn push(&mut self, text: &str, room: usize) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if self.text.len() > room {
                return;
            }
            let (character, length) = match c {
                '&' => entity(&rest[1..]).map_or((c, 1), |(character, length)| (character, length + 1)),
                c => (c, c.len_utf8()),
            };
            rest = &rest[length..];
            if c.is_ascii_whitespace() {
                self.blank |= !self.text.is_empty() && !self.text.ends_with('\n');
                continue;
            }
            if std::mem::take(&mut self.blank) {
                self.text.push(' ');
            }
            self.text.push(character);
        }
    }
}
