//! The records of an .xls, gone through before a parser sees them: the old format has no checksum, so a file that was cut
//! off or bent is known by its records not fitting together, and what nobody reads is made harmless on the way.
//!
//! Source: [MS-XLS] 2.1.4 (records), 2.4 (their contents).

use std::collections::HashSet;

use domain::finding::Code;

use crate::{
    Rejection,
    compound::{u16_at, u32_at},
};

/// No record's body is longer ([MS-XLS] 2.1.4).
const BODY_BYTES: usize = 8224;
/// Columns of a sheet in this format.
const COLUMNS: u16 = 256;
/// Cells that the parser may make room for, which it does for the whole rectangle that holds any, in all sheets at once and
/// once more for the sheet that is read.
const RECTANGLES: u64 = 16 << 20;
/// A record that means nothing to a reader (`Excel9File`).
const NOTHING: u16 = 0x01c0;
/// A token that stands for nothing (`PtgMissArg`).
const NO_OPERAND: u8 = 0x16;

const FORMULA: u16 = 0x0006;
const EOF: u16 = 0x000a;
const EXTERN_SHEET: u16 = 0x0017;
const NAME: u16 = 0x0018;
const FILE_PASS: u16 = 0x002f;
const BOUND_SHEET: u16 = 0x0085;
const MUL_RK: u16 = 0x00bd;
const RICH_STRING: u16 = 0x00d6;
const STRING_TABLE: u16 = 0x00fc;
const LABEL_SST: u16 = 0x00fd;
const DIMENSIONS: u16 = 0x0200;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOL_ERR: u16 = 0x0205;
const STRING: u16 = 0x0207;
const RK: u16 = 0x027e;
const BOF: u16 = 0x0809;

/// Where a record lies in the stream.
#[derive(Clone, Copy)]
struct Record {
    id: u16,
    /// Place of the id.
    at: usize,
    /// Place of the body.
    body: usize,
    /// Place of the next record.
    end: usize,
}

impl Record {
    /// The record at a place; `None` where none fits there.
    fn at(stream: &[u8], at: usize) -> Option<Self> {
        let (id, length) = (u16_at(stream, at)?, usize::from(u16_at(stream, at + 2)?));
        let (body, end) = (at + 4, at + 4 + length);
        (id != 0 && length <= BODY_BYTES && end <= stream.len()).then_some(Self { id, at, body, end })
    }

    fn bytes<'a>(&self, stream: &'a [u8]) -> &'a [u8] {
        &stream[self.body..self.end]
    }

    fn rename(&self, stream: &mut [u8]) {
        stream[self.at..self.at + 2].copy_from_slice(&NOTHING.to_le_bytes());
    }
}

/// All records of a stream, as long as one fits behind the other: id and body.
pub(crate) fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let all = std::iter::successors(Record::at(stream, 0), |record| Record::at(stream, record.end));
    all.map(|record| (record.id, record.bytes(stream)))
}

/// Goes through a workbook's records, makes harmless what no reader of values needs, and counts the cells that hold a value,
/// per worksheet in the order of the workbook: as many have to come out of the parser.
pub(crate) fn soften(stream: &mut [u8]) -> Result<Vec<usize>, Rejection> {
    soften_within(stream, RECTANGLES)
}

fn soften_within(stream: &mut [u8], rectangles: u64) -> Result<Vec<usize>, Rejection> {
    let globals = globals(stream)?;
    let (mut counts, mut total, mut largest) = (Vec::new(), 0_u64, 0_u64);
    for place in globals.sheets {
        let sheet = sheet(stream, place, globals.strings).ok_or_else(Rejection::damaged)?;
        let rectangle = sheet.rectangle();
        (total, largest) = (total + rectangle, largest.max(rectangle));
        counts.push(sheet.cells);
    }
    if total + largest > rectangles {
        let detail = "数据散布的范围过大，请把数据集中到连续的行和列";
        return Err(Rejection::new(Code::TooLarge, detail));
    }
    Ok(counts)
}

struct Globals {
    /// Places of the worksheets.
    sheets: Vec<usize>,
    /// How many strings the sheets share.
    strings: u32,
}

fn globals(stream: &mut [u8]) -> Result<Globals, Rejection> {
    let (mut globals, mut at, mut places) = (Globals { sheets: Vec::new(), strings: 0 }, 0, HashSet::new());
    loop {
        let record = Record::at(stream, at).ok_or_else(Rejection::damaged)?;
        if (at == 0) != (record.id == BOF) {
            return Err(Rejection::damaged());
        }
        let body = record.bytes(stream);
        match record.id {
            FILE_PASS => return Err(Rejection::encrypted()),
            STRING_TABLE => globals.strings = u32_at(body, 4).ok_or_else(Rejection::damaged)?,
            // Names and links may be bent in many ways, and no value depends on them.
            NAME | EXTERN_SHEET => record.rename(stream),
            BOUND_SHEET => match (u32_at(body, 0), body.get(5)) {
                (Some(place), Some(0)) if places.insert(place) => globals.sheets.push(place as usize),
                (Some(_), Some(1..)) => record.rename(stream),
                _ => return Err(Rejection::damaged()),
            },
            EOF => return Ok(globals),
            _ => {}
        }
        at = record.end;
    }
}

/// What a worksheet holds.
#[derive(Default)]
struct Sheet {
    cells: usize,
    /// First and last row and column with a value.
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
}

impl Sheet {
    /// Takes cells of a row from one column to another; `None` where there are no such columns.
    fn cells(&mut self, row: u16, first: u16, last: u16) -> Option<()> {
        if first > last || last >= COLUMNS {
            return None;
        }
        self.cells += usize::from(last - first) + 1;
        let grown = |range: Option<(u16, u16)>, from, to| match range {
            Some((low, high)) => Some((u16::min(low, from), u16::max(high, to))),
            None => Some((from, to)),
        };
        (self.rows, self.columns) = (grown(self.rows, row, row), grown(self.columns, first, last));
        Some(())
    }

    fn rectangle(&self) -> u64 {
        let span = |range: Option<(u16, u16)>| range.map_or(0, |(low, high)| u64::from(high - low) + 1);
        span(self.rows) * span(self.columns)
    }
}

/// Goes through the records of one worksheet up to its end; `None` where they don't fit together.
fn sheet(stream: &mut [u8], place: usize, strings: u32) -> Option<Sheet> {
    let (mut sheet, mut at, mut depth) = (Sheet::default(), place, 0_usize);
    // The cell of a formula whose text comes in a record of its own.
    let mut waits = None;
    loop {
        let record = Record::at(stream, at)?;
        if at == place && record.id != BOF {
            return None;
        }
        at = record.end;
        match record.id {
            BOF => depth += 1,
            EOF => {
                depth -= 1;
                if depth == 0 {
                    return Some(sheet);
                }
            }
            // A chart within the sheet has records of its own.
            _ if depth > 1 => {}
            DIMENSIONS => record.rename(stream),
            FORMULA => {
                let body = &mut stream[record.body..record.end];
                let (row, column) = (u16_at(body, 0)?, u16_at(body, 2)?);
                // Its value is read, its tokens are not: one that says nothing takes their place.
                *body.get_mut(22)? = NO_OPERAND;
                body[20..22].copy_from_slice(&[1, 0]);
                waits = Some((row, column));
                if !(body[6] == 0 && body[12..14] == [0xff, 0xff]) {
                    sheet.cells(row, column, column)?;
                    waits = None;
                }
            }
            STRING => {
                let (row, column) = waits.take()?;
                sheet.cells(row, column, column)?;
            }
            NUMBER | LABEL | RICH_STRING | BOOL_ERR | RK | LABEL_SST => {
                let body = record.bytes(stream);
                let (row, column) = (u16_at(body, 0)?, u16_at(body, 2)?);
                if record.id == LABEL_SST && u32_at(body, 6)? >= strings {
                    return None;
                }
                sheet.cells(row, column, column)?;
            }
            MUL_RK => {
                let body = record.bytes(stream);
                let last = u16_at(body, body.len().checked_sub(2)?)?;
                sheet.cells(u16_at(body, 0)?, u16_at(body, 2)?, last)?;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compound, legacy_xls::write_xls};

    fn stream() -> Vec<u8> {
        let rows = [["姓名", "证件号码"], ["王小明", "1"]].map(|row| row.map(str::to_owned).to_vec());
        compound::workbook(&write_xls("名单", &rows)).unwrap()
    }

    /// Places of the records with an id.
    fn places(stream: &[u8], id: u16) -> Vec<usize> {
        let records = std::iter::successors(Record::at(stream, 0), |record| Record::at(stream, record.end));
        records.filter(|record| record.id == id).map(|record| record.at).collect()
    }

    #[test]
    fn a_sound_workbook_says_how_many_cells_it_holds() {
        assert_eq!(soften(&mut stream()), Ok(vec![4]));
    }

    #[test]
    fn a_workbook_cut_off_anywhere_is_damaged() {
        let whole = stream();
        let end = *places(&whole, EOF).last().unwrap() + 4;
        assert_eq!(soften(&mut whole[..end].to_vec()), Ok(vec![4]));
        for length in 0..end {
            assert_eq!(soften(&mut whole[..length].to_vec()).unwrap_err().code, Code::Damaged, "{length} of {end}");
        }
    }

    #[test]
    fn a_password_is_told_from_damage() {
        let mut bytes = stream();
        let name = places(&bytes, 0x0042)[0];
        bytes[name..name + 2].copy_from_slice(&FILE_PASS.to_le_bytes());
        assert_eq!(soften(&mut bytes), Err(Rejection::encrypted()));
    }

    #[test]
    fn cells_that_span_more_than_there_is_room_for_are_too_large() {
        // Two rows of two columns, in all sheets and once more in the largest.
        assert_eq!(soften_within(&mut stream(), 8), Ok(vec![4]));
        assert_eq!(soften_within(&mut stream(), 7).unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn cells_stand_in_columns_that_there_are() {
        let mut sheet = Sheet::default();
        assert_eq!(sheet.cells(9, 254, 255), Some(()));
        assert_eq!((sheet.cells, sheet.rectangle()), (2, 2));
        assert_eq!(sheet.cells(9, 256, 256), None);
        assert_eq!(sheet.cells(9, 2, 1), None);
    }
}
