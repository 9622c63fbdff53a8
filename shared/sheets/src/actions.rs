//! Choices read back from a difference workbook: of every visible sheet with the columns 条目 and 处理, the rows that name
//! an item and say what is to be done. Whatever else stands there, and however the sheets are ordered, does not matter.

use std::{fs::File, path::Path};

use domain::{
    cell::Cell,
    finding::Code,
    template::{TemplateKind, header_key},
};

use crate::{
    Account, Head, ReadLimits, Rejection,
    book::open,
    header::{HEADER_WITHIN, MARK_SHEET},
    reading::{Output, Piece, Sort},
    rejection::Failure,
    row::Row,
};

/// Header of the column that names an item of a comparison.
pub const ITEM: &str = "条目";
/// Header of the column with the clerk's choice.
pub const CHOICE: &str = "处理";
/// Columns of what is handed over: item, choice, sheet, row number.
pub(crate) const COLUMNS: usize = 4;
/// Sheets looked at, from the first visible one.
const SHEETS: usize = 100;

/// Reads a file; each row handed over is numbered anew.
pub(crate) fn read(path: &Path, limits: &ReadLimits, out: &mut impl Output) -> Result<(), Failure> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > limits.upload_bytes {
        return Err(Rejection::too_large("文件大小", limits.upload_bytes >> 20, "MB").into());
    }
    let mut book = open(&mut file, size, TemplateKind::Roster, limits)?;
    out.head(&head())?;
    let (mut row, mut choice) = (Row::new(limits), Row::new(limits));
    let (mut count, mut any_header) = (0_u32, false);
    let sheets = book.sheets();
    let visible = sheets.iter().enumerate().filter(|(_, sheet)| sheet.visible && sheet.name != MARK_SHEET);
    for (place, sheet) in visible.take(SHEETS) {
        let (mut columns, mut looked) = (None, 0);
        book.rows(place, &mut row, &mut |row| {
            let Some((item, chosen)) = columns else {
                looked += 1;
                columns = header(row);
                any_header |= columns.is_some();
                return Ok(columns.is_some() || looked < HEADER_WITHIN);
            };
            let (item, chosen) = (row.at(item), row.at(chosen));
            if item.is_blank() || chosen.is_blank() {
                return Ok(true);
            }
            count += 1;
            if u64::from(count) > limits.rows {
                return Err(Rejection::too_large("数据行数", limits.rows, "行").into());
            }
            choice.start(count);
            choice.push(0, item)?;
            choice.push(1, chosen)?;
            choice.push(2, Cell::Text(&sheet.name))?;
            choice.push(3, Cell::Number(f64::from(row.number)))?;
            out.row(Piece { row: &choice, block: 0, sort: Sort::Data, from: 0, to: u32::MAX })?;
            Ok(true)
        })?;
    }
    match (count, any_header) {
        (0, false) => Err(Rejection::new(Code::NoHeader, "没有“条目”和“处理”两列，请使用系统生成的差异文件").into()),
        (0, true) => Err(Rejection::new(Code::NothingChosen, "").into()),
        _ => out.account(&Account { content: u64::from(count), ..Account::default() }),
    }
}

/// Where item and choice stand, if this row is a header.
fn header(row: &Row) -> Option<(u32, u32)> {
    let place = |title: &str| {
        row.cells().find(|(_, cell)| matches!(cell, Cell::Text(text) if header_key(text) == title)).map(|(at, _)| at)
    };
    Some((place(ITEM)?, place(CHOICE)?))
}

fn head() -> Head {
    Head {
        headers: vec![ITEM.to_owned(), CHOICE.to_owned(), "工作表".to_owned(), "行号".to_owned()],
        map: (0..COLUMNS).map(Some).collect(),
        ..Head::default()
    }
}
