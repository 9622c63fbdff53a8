//! The oldest format that clerks still send, written small: a BIFF8 .xls of one sheet of text cells, for the demonstration
//! and for tests.
//!
//! Source: the published description [MS-XLS] (records BOF, `CodePage`, `BoundSheet8`, Label, EOF).

use crate::compound::contain;

/// Bytes of a sector: those of the oldest programs.
const SECTOR: usize = 512;
/// Bytes of a workbook at most; its table of sectors lies in the header alone.
const STREAM_BYTES: usize = 108 * SECTOR / 4 * SECTOR;
/// Characters of a Label.
const LABEL_CHARS: usize = 255;

/// A workbook of one sheet. Texts are cut to 255 characters, rows to 65,536, and rows that would pass 6.9 MB are left out.
#[must_use]
pub fn write_xls(sheet: &str, rows: &[Vec<String>]) -> Vec<u8> {
    contain(&workbook(sheet, rows), SECTOR)
}

fn record(out: &mut Vec<u8>, id: u16, body: &[u8]) {
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(body.len() as u16).to_le_bytes());
    out.extend_from_slice(body);
}

fn begin(out: &mut Vec<u8>, kind: u16) {
    let mut body = [0; 16];
    for (place, value) in [(0, 0x0600_u16), (2, kind), (4, 0x0dbb), (6, 0x07cc)] {
        body[place..place + 2].copy_from_slice(&value.to_le_bytes());
    }
    record(out, 0x0809, &body);
}

/// Characters as UTF-16, at most `limit` units: their count and the flag that says they are two bytes wide.
fn wide(text: &str, limit: usize) -> (usize, Vec<u8>) {
    let units: Vec<u16> = text.encode_utf16().take(limit).collect();
    (units.len(), std::iter::once(1).chain(units.iter().flat_map(|unit| unit.to_le_bytes())).collect())
}

fn workbook(sheet: &str, rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, 0x0005);
    record(&mut out, 0x0042, &1200_u16.to_le_bytes());
    let (count, name) = wide(sheet, 31);
    let start = out.len() + 4 + 7 + name.len() + 4;
    let mut bound = (start as u32).to_le_bytes().to_vec();
    bound.extend_from_slice(&[0, 0, count as u8]);
    bound.extend_from_slice(&name);
    record(&mut out, 0x0085, &bound);
    record(&mut out, 0x000a, &[]);
    begin(&mut out, 0x0010);
    for (number, row) in (0_u16..=u16::MAX).zip(rows) {
        for (column, text) in (0_u16..256).zip(row).filter(|(_, text)| !text.is_empty()) {
            let (count, text) = wide(text, LABEL_CHARS);
            let head = [number, column, 0, count as u16];
            let mut body: Vec<u8> = head.iter().flat_map(|value| value.to_le_bytes()).collect();
            body.extend_from_slice(&text);
            record(&mut out, 0x0204, &body);
        }
        if out.len() > STREAM_BYTES {
            break;
        }
    }
    record(&mut out, 0x000a, &[]);
    out
}
