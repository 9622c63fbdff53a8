//! Lists as workbooks: one typed table per sheet, whatever it lists (units, batches, instant enrolments, failures).
//!
//! Rows are written as they come, through a private temporary file, so that memory does not grow with their number. Money is
//! fen in and yuan out; sums stand below as formulas with the results that a program computes from them.

use std::io::{Seek, Write};

use chrono::{NaiveDate, NaiveDateTime};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Formula, Workbook, Worksheet, XlsxError};

use crate::{
    marked::{WriteError, WriteOptions},
    style::{Styles, clipped, for_print, workbook},
};

/// Row of the header, from 0: a title and a note stand above it.
pub(crate) const HEADER: u32 = 2;
/// First row of data, from 0.
pub(crate) const FIRST: u32 = HEADER + 1;

/// What a column of a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListContent {
    /// Text, also where it looks like a number (codes, phones, batch numbers).
    Text,
    /// A count.
    Integer,
    /// An amount, shown in yuan with two decimals.
    Money,
    /// A day.
    Date,
    /// A moment to the second, as the clocks of Asia/Shanghai show it.
    Instant,
}

/// One cell of a list; must be of its column's kind, or [`ListCell::Empty`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListCell<'a> {
    /// Nothing is known or nothing applies.
    Empty,
    /// Text; never run as a formula.
    Text(&'a str),
    /// A count.
    Integer(i64),
    /// An amount in fen.
    MoneyFen(i64),
    /// A day.
    Date(NaiveDate),
    /// A moment in local time (Asia/Shanghai).
    Instant(NaiveDateTime),
}

/// One column of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListColumn<'a> {
    /// Its header.
    pub title: &'a str,
    /// What it holds.
    pub content: ListContent,
    /// Width in characters of the default font.
    pub width: u16,
    /// Whether its sum stands in the last row; for integers and money.
    pub summed: bool,
}

impl<'a> ListColumn<'a> {
    /// A column whose sum means nothing.
    #[must_use]
    pub const fn new(title: &'a str, content: ListContent, width: u16) -> Self {
        Self { title, content, width, summed: false }
    }

    /// A column with its sum below.
    #[must_use]
    pub const fn summed(title: &'a str, content: ListContent, width: u16) -> Self {
        Self { title, content, width, summed: true }
    }
}

/// What a list is and how it is laid out.
#[derive(Clone, Copy, Debug)]
pub struct ListHead<'a> {
    /// Name of the sheet, at most 31 characters without `[]:*?/\`.
    pub sheet: &'a str,
    /// Title above the table.
    pub title: &'a str,
    /// A line below the title: whose list, as of when.
    pub note: &'a str,
    /// The columns in order.
    pub columns: &'a [ListColumn<'a>],
}

/// A list while it is written: rows in order, then [`ListBook::finish`]. The same inputs give the same bytes.
pub struct ListBook {
    book: Workbook,
    styles: Styles,
    list: List,
}

impl ListBook {
    /// Begins the workbook. `options.temp_folder` takes the rows until the end and must be private.
    pub fn begin(head: &ListHead<'_>, options: &WriteOptions<'_>) -> Result<Self, WriteError> {
        let (mut book, styles) = (workbook(options.created)?, Styles::new());
        book.set_tempdir(options.temp_folder)?;
        let list = List::begin(book.add_worksheet_with_constant_memory()?, head, &styles)?;
        Ok(Self { book, styles, list })
    }

    /// Writes the next row, which may be shorter than the header. Fails with [`WriteError::Column`] where a cell is of another
    /// kind than its column.
    pub fn row(&mut self, cells: &[ListCell<'_>]) -> Result<(), WriteError> {
        self.list.row(sheet(&mut self.book, 0)?, cells)
    }

    /// Writes the sums, and the whole to `out`; how many rows it has.
    pub fn finish(mut self, out: impl Write + Seek + Send) -> Result<u32, WriteError> {
        self.list.end(sheet(&mut self.book, 0)?, &self.styles)?;
        self.book.save_to_writer(out)?;
        Ok(self.list.rows)
    }
}

/// A sheet by its place.
pub(crate) fn sheet(book: &mut Workbook, place: usize) -> Result<&mut Worksheet, XlsxError> {
    book.worksheet_from_index(place)
}

/// A list that is being written; the sheet is handed in each time, so that one workbook may hold several.
pub(crate) struct List {
    columns: Vec<(ListContent, bool)>,
    sums: Vec<i64>,
    pub rows: u32,
}

impl List {
    /// Names the sheet, writes title, note and header, and sets it up for reading and for print.
    pub fn begin(sheet: &mut Worksheet, head: &ListHead<'_>, styles: &Styles) -> Result<Self, XlsxError> {
        sheet.set_name(head.sheet)?.set_freeze_panes(FIRST, 0)?;
        for (place, column) in (0..).zip(head.columns) {
            sheet.set_column_width(place, column.width)?;
            sheet.set_column_format(place, &format_of(column.content))?;
        }
        sheet.set_row_height(HEADER, 32)?;
        sheet.write_string_with_format(0, 0, head.title, &styles.title)?;
        sheet.write_string(1, 0, clipped(head.note))?;
        for (place, column) in (0..).zip(head.columns) {
            sheet.write_string_with_format(HEADER, place, column.title, &styles.header)?;
        }
        for_print(sheet, HEADER)?;
        let columns: Vec<_> = head.columns.iter().map(|column| (column.content, column.summed)).collect();
        Ok(Self { sums: vec![0; columns.len()], columns, rows: 0 })
    }

    /// Writes the next row.
    pub fn row(&mut self, sheet: &mut Worksheet, cells: &[ListCell<'_>]) -> Result<(), WriteError> {
        let at = FIRST + self.rows;
        for (place, cell) in cells.iter().enumerate() {
            let wrong = || WriteError::Column { row: at + 1, column: place + 1 };
            let (content, _) = *self.columns.get(place).ok_or_else(wrong)?;
            if !fits(*cell, content) {
                return Err(wrong());
            }
            if let ListCell::Integer(value) | ListCell::MoneyFen(value) = *cell {
                self.sums[place] += value;
            }
            put(sheet, at, place as u16, *cell)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Writes the sums and lets the rows be filtered.
    pub fn end(&self, sheet: &mut Worksheet, styles: &Styles) -> Result<(), XlsxError> {
        let (last, width) = (FIRST + self.rows, self.columns.len() as u16);
        if self.rows > 0 && self.columns.iter().any(|(_, summed)| *summed) {
            sheet.write_string_with_format(last, 0, "合计", &styles.total)?;
            for (place, (content, _)) in self.columns.iter().enumerate().filter(|(_, (_, summed))| *summed) {
                let letter = rust_xlsxwriter::utility::column_number_to_name(place as u16);
                let text = format!("=SUBTOTAL(9,{letter}{}:{letter}{last})", FIRST + 1);
                let sum = shown(self.sums[place], *content);
                let format = styles.total.clone().set_num_format(pattern(*content));
                sheet.write_formula_with_format(last, place as u16, Formula::new(text).set_result(sum), &format)?;
            }
        }
        sheet.autofilter(HEADER, 0, (last - 1).max(HEADER), width.max(1) - 1).map(drop)
    }
}

fn fits(cell: ListCell<'_>, content: ListContent) -> bool {
    matches!(
        (cell, content),
        (ListCell::Empty, _)
            | (ListCell::Text(_), ListContent::Text)
            | (ListCell::Integer(_), ListContent::Integer)
            | (ListCell::MoneyFen(_), ListContent::Money)
            | (ListCell::Date(_), ListContent::Date)
            | (ListCell::Instant(_), ListContent::Instant)
    )
}

/// Writes a cell in the format of its column.
pub(crate) fn put(sheet: &mut Worksheet, row: u32, column: u16, cell: ListCell<'_>) -> Result<(), XlsxError> {
    match cell {
        ListCell::Empty => Ok(()),
        ListCell::Text(text) => sheet.write_string(row, column, clipped(text)).map(drop),
        ListCell::Integer(value) => sheet.write_number(row, column, value as f64).map(drop),
        ListCell::MoneyFen(fen) => sheet.write_number(row, column, yuan(fen)).map(drop),
        ListCell::Date(day) => moment(sheet, row, column, day.and_time(chrono::NaiveTime::MIN)),
        ListCell::Instant(value) => moment(sheet, row, column, value),
    }
}

fn moment(sheet: &mut Worksheet, row: u32, column: u16, value: NaiveDateTime) -> Result<(), XlsxError> {
    let number = ExcelDateTime::from_timestamp(value.and_utc().timestamp())?.to_excel();
    sheet.write_number(row, column, number).map(drop)
}

/// An amount in yuan: the nearest number there is, which prints as the two decimals that it stands for.
pub(crate) fn yuan(fen: i64) -> f64 {
    fen as f64 / 100.0
}

/// A sum as the cached result of its formula.
pub(crate) fn shown(sum: i64, content: ListContent) -> String {
    if content == ListContent::Money { yuan(sum).to_string() } else { sum.to_string() }
}

/// How a kind of column shows its numbers.
pub(crate) fn pattern(content: ListContent) -> &'static str {
    match content {
        ListContent::Text => "@",
        ListContent::Integer => "#,##0",
        ListContent::Money => "#,##0.00",
        ListContent::Date => "yyyy-mm-dd",
        ListContent::Instant => "yyyy-mm-dd hh:mm:ss",
    }
}

fn format_of(content: ListContent) -> Format {
    let format = Format::new().set_num_format(pattern(content));
    if matches!(content, ListContent::Date | ListContent::Instant) {
        format.set_align(FormatAlign::Left)
    } else {
        format
    }
}
