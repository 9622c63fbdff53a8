//! One file from its first sheet to its last: every visible sheet with a heading of the kind is read, one after the other, and
//! every row that holds anything is accounted for.

mod blocks;
mod over;
mod sort;
mod told;

use std::{fs::File, path::Path};

use domain::{finding::Code, template::TemplateKind};

use self::{blocks::Reading, over::Over};
use crate::{
    Account, Head, ReadLimits, Rejection,
    book::{Book, SheetName, open},
    header::{LISTS_SHEET, MARK_SHEET, Search, Use},
    rejection::Failure,
    row::Row,
    shape::Spreader,
};

pub(crate) use self::blocks::RESULT;
pub use self::sort::Sort;

/// A row's part that lies in one block.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'r> {
    pub row: &'r Row,
    /// The block, by its place in the file.
    pub block: u16,
    pub sort: Sort,
    /// Its first column, and the one after its last.
    pub from: u32,
    pub to: u32,
}

/// What becomes of a file while it is read.
pub(crate) trait Output {
    fn head(&mut self, head: &Head) -> Result<(), Failure>;
    fn row(&mut self, piece: Piece<'_>) -> Result<(), Failure>;
    fn account(&mut self, account: &Account) -> Result<(), Failure>;
}

/// Reads a file as a template of a kind.
pub(crate) fn read(path: &Path, kind: TemplateKind, limits: &ReadLimits, out: &mut impl Output) -> Result<(), Failure> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > limits.upload_bytes {
        return Err(Rejection::too_large("文件大小", limits.upload_bytes >> 20, "MB").into());
    }
    let mut book = open(&mut file, size, kind, limits)?;
    let mut row = Row::new(limits);
    let sheets = book.sheets();
    let mut uses = search(book.as_mut(), &sheets, kind, &mut row)?;
    let mut reading = Reading::new(kind, limits, out);
    let own = |name: &str| name == MARK_SHEET || name == LISTS_SHEET;
    for (place, sheet) in sheets.iter().enumerate().filter(|(_, sheet)| !own(&sheet.name)) {
        let found = uses.iter().position(|(of, _)| *of == place).map(|at| uses.swap_remove(at).1);
        match found {
            Some(Use::Read(heading)) => {
                let shape = book.shape(place)?;
                let mut spreader = Spreader::new(&shape);
                reading.start_sheet(place, &sheet.name, heading)?;
                book.rows(place, &mut row, &mut |row| {
                    spreader.spread(row)?;
                    reading.row(row, &shape)?;
                    Ok(true)
                })?;
                reading.end_sheet();
            }
            Some(Use::PassOver(missing)) => pass_over(book.as_mut(), (place, sheet), &missing, &mut row, &mut reading)?,
            None if !sheet.visible => pass_over(book.as_mut(), (place, sheet), "", &mut row, &mut reading)?,
            Some(Use::Own) | None => {}
        }
    }
    reading.finish()
}

fn search(
    book: &mut dyn Book,
    sheets: &[SheetName],
    kind: TemplateKind,
    row: &mut Row,
) -> Result<Vec<(usize, Use)>, Failure> {
    let mut search = Search::new(kind);
    for (place, sheet) in sheets.iter().enumerate() {
        if sheet.name == MARK_SHEET {
            book.rows(place, row, &mut |row| {
                search.mark(row);
                Ok(row.number < 4)
            })?;
        }
    }
    for (place, _) in sheets.iter().enumerate().filter(|(_, sheet)| sheet.visible && sheet.name != MARK_SHEET) {
        search.start_sheet();
        book.rows(place, row, &mut |row| Ok(search.look(place, row)))?;
    }
    let names: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    Ok(search.decide(&names)?)
}

/// Goes over a sheet that is not read, and tells of it where it looks like data. One that can't be gone over to its end is
/// told by what was seen: it takes nothing from the sheets that are read.
fn pass_over(
    book: &mut dyn Book,
    (place, sheet): (usize, &SheetName),
    missing: &str,
    row: &mut Row,
    reading: &mut Reading<'_, impl Output>,
) -> Result<(), Failure> {
    let mut over = Over::default();
    match book.rows(place, row, &mut |row| {
        over.row(row);
        Ok(true)
    }) {
        Ok(()) | Err(Failure::Rejected(_)) => {}
        Err(error) => return Err(error),
    }
    let account = reading.account();
    let detail = |rows: u64, why: &str| format!("工作表“{}”，{rows} 行{why}", sheet.name);
    match (sheet.visible, over.looks_like_data()) {
        (true, true) => {
            let why = if missing.is_empty() {
                "（没有表头）".to_owned()
            } else {
                format!("（缺少必填的列：{missing}）")
            };
            account.content += over.rows;
            account.not_read += over.rows;
            account.note(Code::SheetNotRead, &sheet.name, &detail(over.rows, &why));
        }
        (true, false) if over.rows > 0 => {
            account.content += over.rows;
            account.skipped += over.rows;
            account.note(Code::RowsSkipped, &sheet.name, &detail(over.rows, "（不是名单）"));
        }
        (false, true) => account.note(Code::SheetHidden, &sheet.name, &detail(over.rows, "")),
        _ => {}
    }
    Ok(())
}
