//! .xls: the workbook's stream is taken out, gone through, and put into a clean container for the parser, which so never sees
//! the file's own tables. The parser holds whole sheets; the child's memory limit is the second wall.

use std::io::{Cursor, Read};

use calamine::{Reader, Xls, XlsError, XlsOptions};

use crate::{
    Rejection, biff,
    book::{Book, Feed, SheetName, Take, cell_of},
    compound,
    decrypt::legacy,
    foreign,
    rejection::Failure,
    row::Row,
    xlsx::{names, visible_sheets},
};

mod codepage;

/// Bytes of a sector of the clean container: large enough for any upload.
const SECTOR: usize = 4096;

pub(crate) struct XlsBook {
    book: Xls<Cursor<Vec<u8>>>,
    sheets: Vec<(String, bool)>,
    /// Cells that hold a value, per sheet, as its records say.
    cells: Vec<usize>,
}

impl XlsBook {
    pub fn open(mut file: impl Read) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut stream = compound::workbook(&bytes)?;
        drop(bytes);
        legacy::unlock(&mut stream)?;
        let cells = biff::soften(&mut stream)?;
        let mut options = XlsOptions::default();
        options.force_codepage = Some(codepage::of(&stream));
        let contained = compound::contain(&stream, SECTOR);
        drop(stream);
        let book = Xls::new_with_options(Cursor::new(contained), options).map_err(unusual)?;
        let sheets = visible_sheets(book.sheets_metadata());
        Ok(Self { book, sheets, cells })
    }
}

impl Book for XlsBook {
    fn sheets(&self) -> Vec<SheetName> {
        names(&self.sheets)
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let range = self.book.worksheet_range(&self.sheets[sheet].0).map_err(unusual)?;
        // A cell that the parser passed over, or two in one place, and the sheet is not what it says.
        if self.cells.get(sheet) != Some(&range.used_cells().count()) {
            return Err(Rejection::damaged().into());
        }
        let Some((top, left)) = range.start() else { return Ok(()) };
        let mut feed = Feed::new(row, take);
        for (row, column, value) in range.used_cells() {
            if !feed.cell(top + row as u32, left + column as u32, cell_of(value))? {
                return Ok(());
            }
        }
        feed.finish().map(drop)
    }
}

/// The records fit together, so the file is whole, and yet the parser makes nothing of it: another program may.
fn unusual(error: XlsError) -> Failure {
    match error {
        XlsError::Password => Rejection::encrypted().into(),
        XlsError::Io(error) => error.into(),
        _ => foreign::save_as("写法少见的旧版 Excel 文件（.xls）").into(),
    }
}
