//! .xlsx and .xlsm: cell by cell, never as a whole range, which two cells far apart would blow up.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use domain::cell::Cell;

use crate::{
    Rejection,
    book::{Book, Feed, SheetName, Take, cell_of_ref},
    preflight::Shapes,
    rejection::Failure,
    row::Row,
    shape::Shape,
};

pub(crate) struct XlsxBook<R> {
    book: Xlsx<R>,
    sheets: Vec<(String, bool)>,
    shapes: Shapes,
    /// Sheets by name: their parts, as the shapes are named.
    parts: HashMap<String, String>,
}

impl<R: Read + Seek> XlsxBook<R> {
    pub fn open(file: R, shapes: Shapes, parts: HashMap<String, String>) -> Result<Self, Failure> {
        let book = Xlsx::new(file).map_err(failure)?;
        let sheets = visible_sheets(book.sheets_metadata());
        if sheets.is_empty() {
            // Without the part that names them, the parser finds no sheets and no fault.
            return Err(Rejection::damaged().into());
        }
        Ok(Self { book, sheets, shapes, parts })
    }
}

impl<R: Read + Seek> Book for XlsxBook<R> {
    fn sheets(&self) -> Vec<SheetName> {
        names(&self.sheets)
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let mut cells = match self.book.worksheet_cells_reader(&self.sheets[sheet].0) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(root)) if root == "worksheet" => return Ok(()),
            Err(error) => return Err(failure(error)),
        };
        let mut feed = Feed::new(row, take);
        while let Some(record) = cells.next_cell_with_formula_metadata().map_err(failure)? {
            let (row, column) = record.pos;
            let cell = match cell_of_ref(&record.value) {
                // A formula that no program has worked out (as libraries write them) states something, we can't say what.
                Cell::Empty if record.formula.is_some() => Cell::Unsaved,
                cell => cell,
            };
            if !feed.cell(row, column, cell)? {
                return Ok(());
            }
        }
        feed.finish().map(drop)
    }

    fn shape(&mut self, sheet: usize) -> Result<Shape, Failure> {
        let part = self.parts.get(&self.sheets[sheet].0);
        Ok(part.and_then(|part| self.shapes.remove(part)).unwrap_or_default())
    }
}

/// Names of all sheets, and whether each is a worksheet that people see.
pub(crate) fn visible_sheets(sheets: &[calamine::Sheet]) -> Vec<(String, bool)> {
    let shown = |sheet: &calamine::Sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet;
    sheets.iter().map(|sheet| (sheet.name.clone(), shown(sheet))).collect()
}

pub(crate) fn names(sheets: &[(String, bool)]) -> Vec<SheetName> {
    sheets.iter().map(|(name, visible)| SheetName { name: name.clone(), visible: *visible }).collect()
}

fn failure(error: XlsxError) -> Failure {
    match error {
        XlsxError::Password => Rejection::encrypted().into(),
        XlsxError::Io(error) => error.into(),
        XlsxError::Zip(error) => error.into(),
        _ => Rejection::damaged().into(),
    }
}
