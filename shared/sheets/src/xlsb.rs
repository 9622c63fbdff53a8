//! .xlsb: cell by cell, as .xlsx.

use std::io::{Read, Seek};

use calamine::{Reader, Xlsb, XlsbError};
use domain::cell::Cell;

use self::errors::Errors;
use crate::{
    Rejection,
    book::{Book, Feed, SheetName, Take, cell_of_ref},
    rejection::Failure,
    row::Row,
    xlsx::{names, visible_sheets},
};

mod errors;

pub(crate) struct XlsbBook<R> {
    book: Xlsb<R>,
    errors: Errors<R>,
    sheets: Vec<(String, bool)>,
}

impl<R: Read + Seek> XlsbBook<R> {
    /// Opens a file that is read by two readers, never at the same time.
    pub fn open(file: R, again: R) -> Result<Self, Failure> {
        let book = Xlsb::new(file).map_err(failure)?;
        let sheets = visible_sheets(book.sheets_metadata());
        Ok(Self { book, errors: Errors::open(again)?, sheets })
    }
}

impl<R: Read + Seek> Book for XlsbBook<R> {
    fn sheets(&self) -> Vec<SheetName> {
        names(&self.sheets)
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let name = &self.sheets[sheet].0;
        let mut errors = self.errors.of(name)?.into_iter().peekable();
        let mut cells = self.book.worksheet_cells_reader(name).map_err(failure)?;
        let mut feed = Feed::new(row, take);
        while let Some(cell) = cells.next_cell().map_err(failure)? {
            let (row, column) = cell.get_position();
            while let Some((row, column)) = errors.next_if(|error| error.0 <= row) {
                if !feed.cell(row, column, Cell::Error)? {
                    return Ok(());
                }
            }
            if !feed.cell(row, column, cell_of_ref(cell.get_value()))? {
                return Ok(());
            }
        }
        for (row, column) in errors {
            if !feed.cell(row, column, Cell::Error)? {
                return Ok(());
            }
        }
        feed.finish().map(drop)
    }
}

fn failure(error: XlsbError) -> Failure {
    match error {
        XlsbError::Password => Rejection::encrypted().into(),
        XlsbError::Io(error) => error.into(),
        XlsbError::Zip(error) => error.into(),
        _ => Rejection::damaged().into(),
    }
}
