//! .xlsb: cell by cell, as .xlsx.

use std::io::{Read, Seek};

use calamine::{Reader, Xlsb, XlsbError};

use crate::{
    Rejection,
    book::{Book, Feed, SheetName, Take, cell_of_ref},
    rejection::Failure,
    row::Row,
    xlsx::{names, visible_sheets},
};

pub(crate) struct XlsbBook<R> {
    book: Xlsb<R>,
    sheets: Vec<(String, bool)>,
}

impl<R: Read + Seek> XlsbBook<R> {
    pub fn open(file: R) -> Result<Self, Failure> {
        let book = Xlsb::new(file).map_err(failure)?;
        let sheets = visible_sheets(book.sheets_metadata());
        Ok(Self { book, sheets })
    }
}

impl<R: Read + Seek> Book for XlsbBook<R> {
    fn sheets(&self) -> Vec<SheetName> {
        names(&self.sheets)
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let mut cells = self.book.worksheet_cells_reader(&self.sheets[sheet].0).map_err(failure)?;
        let mut feed = Feed::new(row, take);
        while let Some(cell) = cells.next_cell().map_err(failure)? {
            let (row, column) = cell.get_position();
            if !feed.cell(row, column, cell_of_ref(cell.get_value()))? {
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
