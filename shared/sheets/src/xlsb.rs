//! .xlsb: streamed from the records of each sheet. Our own reader: programs write cells short, without their column, and
//! sheets without a dimension, and all of it is read.
//!
//! Source: [MS-XLSB] 2.1.4 (records), 2.4 (their contents), 2.5.9 (cells).

use std::io::{BufReader, Read, Seek};

use calamine::{ExcelDateTime, ExcelDateTimeType};
use domain::cell::Cell;
use zip::ZipArchive;

use self::{
    parts::{Parts, own_name},
    records::{double, number, text, walk},
};
use crate::{
    Rejection,
    book::{Book, Feed, SheetName, Take, date},
    rejection::Failure,
    row::Row,
};

mod parts;
mod records;

/// `BrtRowHdr`.
const ROW: u16 = 0;
/// Cells from `BrtCellBlank` on, then those of formulas, then short ones.
const BLANK: u16 = 1;
const RK: u16 = 2;
const ERROR: u16 = 3;
const BOOL: u16 = 4;
const REAL: u16 = 5;
const STRING: u16 = 6;
const SHARED: u16 = 7;
const FORMULA_STRING: u16 = 8;
const FORMULA_REAL: u16 = 9;
const FORMULA_BOOL: u16 = 10;
const FORMULA_ERROR: u16 = 11;
const SHORT_BLANK: u16 = 12;
const SHORT_SHARED: u16 = 18;
/// `BrtCellRString`: text with formats.
const RICH: u16 = 62;
/// `BrtEndSheetData`.
const END_OF_CELLS: u16 = 0x92;
/// Rows of a sheet.
const ROWS: u32 = 1 << 20;
/// Bytes of a cell beside its text.
const CELL_BYTES: u64 = 64;

pub(crate) struct XlsbBook<R> {
    archive: ZipArchive<R>,
    parts: Parts,
}

impl<R: Read + Seek> XlsbBook<R> {
    pub fn open(file: R) -> Result<Self, Failure> {
        let mut archive = ZipArchive::new(file)?;
        let parts = Parts::read(&mut archive)?;
        Ok(Self { archive, parts })
    }
}

impl<R: Read + Seek> Book for XlsbBook<R> {
    fn sheets(&self) -> Vec<SheetName> {
        let sheet = |sheet: &parts::Sheet| SheetName { name: sheet.name.clone(), visible: sheet.visible };
        self.parts.sheets.iter().map(sheet).collect()
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let part = self.parts.sheets.get(sheet).ok_or_else(Rejection::damaged)?.part.clone();
        let name = own_name(&self.archive, &part);
        let limit = row.cell_limit();
        let looked_at = u64::from(limit) * 2 + CELL_BYTES;
        let mut cells = Cells { parts: &self.parts, limit, row: 0, next: 0 };
        let mut feed = Feed::new(row, take);
        let part = BufReader::with_capacity(64 << 10, self.archive.by_name(&name)?);
        let mut wanted = true;
        walk(part, looked_at, |kind, body, whole| {
            match kind {
                ROW => cells.start_row(body)?,
                END_OF_CELLS => return Ok(false),
                BLANK..=SHORT_SHARED | RICH => wanted = cells.cell(kind, body, whole, &mut feed)?,
                _ => {}
            }
            Ok(wanted)
        })?;
        if wanted { feed.finish().map(drop) } else { Ok(()) }
    }
}

/// Where the reader stands in a sheet.
struct Cells<'a> {
    parts: &'a Parts,
    limit: u32,
    row: u32,
    /// The column of a cell that states none.
    next: u32,
}

impl Cells<'_> {
    fn start_row(&mut self, body: &[u8]) -> Result<(), Rejection> {
        (self.row, self.next) = (number(body, 0).filter(|row| *row < ROWS).ok_or_else(Rejection::damaged)?, 0);
        Ok(())
    }

    /// Takes a cell; false when no more are wanted. `whole` is false where the record is longer than what was looked at.
    fn cell(&mut self, kind: u16, body: &[u8], whole: bool, feed: &mut Feed<'_, '_>) -> Result<bool, Failure> {
        let (column, kind, body) = match kind {
            SHORT_BLANK..=SHORT_SHARED => (self.next, kind - SHORT_BLANK + BLANK, body),
            _ => (number(body, 0).ok_or_else(Rejection::damaged)?, kind, body.get(4..).unwrap_or_default()),
        };
        self.next = column.saturating_add(1);
        // Style and flags stand before the value.
        let style = number(body, 0).ok_or_else(Rejection::damaged)? & 0x00ff_ffff;
        let value = body.get(4..).unwrap_or_default();
        let text_at = match kind {
            STRING | FORMULA_STRING => Some(value),
            RICH => value.get(1..),
            _ => None,
        };
        if let Some(bytes) = text_at {
            return match text(bytes) {
                Some((text, _)) => feed.cell(self.row, column, Cell::Text(&text)),
                None if whole => Err(Rejection::damaged().into()),
                None => {
                    let what = format!("第 {} 行有一个单元格的内容", self.row + 1);
                    Err(Rejection::too_large(&what, u64::from(self.limit), "个字符").into())
                }
            };
        }
        let cell = self.value(kind, value, style).ok_or_else(Rejection::damaged)?;
        feed.cell(self.row, column, cell)
    }

    /// The value of a cell that holds no text of its own; `None` where it is cut short.
    fn value(&self, kind: u16, value: &[u8], style: u32) -> Option<Cell<'_>> {
        Some(match kind {
            RK => self.number(rk(number(value, 0)?), style),
            REAL | FORMULA_REAL => self.number(double(value, 0)?, style),
            BOOL | FORMULA_BOOL => Cell::Bool(*value.first()? != 0),
            ERROR | FORMULA_ERROR => Cell::Error,
            SHARED => Cell::Text(self.parts.strings.get(number(value, 0)? as usize)?),
            // A blank.
            _ => Cell::Empty,
        })
    }

    fn number(&self, value: f64, style: u32) -> Cell<'static> {
        if self.parts.dates.get(style as usize) == Some(&true) {
            date(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, self.parts.is_1904))
        } else {
            Cell::Number(value)
        }
    }
}

/// A number in 30 bits, whole or the upper half of a double, maybe in hundredths ([MS-XLSB] 2.5.122).
fn rk(bits: u32) -> f64 {
    let value = if bits & 2 == 0 {
        f64::from_bits(u64::from(bits & 0xffff_fffc) << 32)
    } else {
        f64::from(bits.cast_signed() >> 2)
    };
    if bits & 1 == 0 { value } else { value / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_thirty_bits() {
        for (bits, value) in [(0x3ff0_0000, 1.0), (123 << 2 | 2, 123.0), (12_345 << 2 | 3, 123.45), (0xffff_fffe, -1.0)]
        {
            assert!((rk(bits) - value).abs() < f64::EPSILON, "{bits:x}");
        }
    }
}
