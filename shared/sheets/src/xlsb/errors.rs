//! Where formulas of an .xlsb have come to an error. The parser passes over these records, and such a cell would be taken for
//! an empty one; so a sheet's records are gone through before, with nothing looked at but their kinds and places.
//!
//! Source: [MS-XLSB] 2.1.4 (records), 2.4.312 `BrtBundleSh`, `BrtRowHdr`, `BrtFmlaError`, `BrtEndSheetData`.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Seek},
};

use quick_xml::events::Event;
use zip::ZipArchive;

use crate::{
    Rejection,
    ods::{attribute, small_part},
    rejection::Failure,
};

const ROW: u16 = 0x00;
const FORMULA_ERROR: u16 = 0x0b;
const END_OF_CELLS: u16 = 0x92;
const SHEET: u16 = 0x9c;
const END_OF_SHEETS: u16 = 0x90;
/// Bytes of a record that are looked at: a sheet's names are longest.
const LOOKED_AT: u64 = 4 << 10;
/// Rows of a sheet.
const ROWS: u32 = 1 << 20;

/// Row and column of a cell, from 0.
pub(super) type Place = (u32, u32);

/// The parts of the sheets.
pub(super) struct Errors<R> {
    archive: ZipArchive<R>,
    parts: HashMap<String, String>,
    found: HashMap<String, Vec<Place>>,
}

impl<R: Read + Seek> Errors<R> {
    pub fn open(file: R) -> Result<Self, Failure> {
        let mut archive = ZipArchive::new(file)?;
        let targets = targets(&small_part(&mut archive, "xl/_rels/workbook.bin.rels")?)?;
        let mut parts = HashMap::new();
        let name = own_name(&archive, "xl/workbook.bin");
        walk(BufReader::new(archive.by_name(&name)?), |kind, body| {
            if kind == SHEET
                && let Some((id, name)) = sheet(body)
                && let Some(target) = targets.get(&id)
            {
                parts.insert(name, format!("xl/{target}"));
            }
            kind != END_OF_SHEETS
        })?;
        Ok(Self { archive, parts, found: HashMap::new() })
    }

    /// The errors of a sheet, in the order in which they stand in it. It is gone through once.
    pub fn of(&mut self, sheet: &str) -> Result<Vec<Place>, Failure> {
        if let Some(found) = self.found.get(sheet) {
            return Ok(found.clone());
        }
        let part = self.parts.get(sheet).ok_or_else(Rejection::damaged)?;
        let name = own_name(&self.archive, part);
        let (mut row, mut beyond, mut found) = (0, false, Vec::new());
        walk(BufReader::with_capacity(64 << 10, self.archive.by_name(&name)?), |kind, body| {
            match kind {
                ROW => row = number(body, 0).unwrap_or(ROWS),
                FORMULA_ERROR => found.extend(number(body, 0).map(|column| (row, column))),
                _ => {}
            }
            beyond |= row >= ROWS;
            kind != END_OF_CELLS && !beyond
        })?;
        // The parser takes such a row for the end of the sheet.
        if beyond {
            return Err(Rejection::damaged().into());
        }
        self.found.insert(sheet.to_owned(), found.clone());
        Ok(found)
    }
}

/// The name of a part as the archive has it: programs are not of one mind about upper case.
fn own_name<R: Read + Seek>(archive: &ZipArchive<R>, wanted: &str) -> String {
    let same = |name: &String| name.replace('\\', "/").eq_ignore_ascii_case(wanted);
    archive.file_names().flatten().map(String::from).find(same).unwrap_or_else(|| wanted.to_owned())
}

/// Parts by the ids of their relationships.
fn targets(rels: &str) -> Result<HashMap<String, String>, Failure> {
    let (mut xml, mut found) = (quick_xml::Reader::from_str(rels), HashMap::new());
    loop {
        match xml.read_event().map_err(|_| Rejection::damaged())? {
            Event::Start(tag) | Event::Empty(tag) => {
                if let (Some(id), Some(target)) = (attribute(&tag, "Id")?, attribute(&tag, "Target")?) {
                    found.insert(id, target);
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Relationship and name of a sheet.
fn sheet(body: &[u8]) -> Option<(String, String)> {
    let (id, rest) = text(body.get(8..)?)?;
    Some((id, text(rest)?.0))
}

/// A text at the start of some bytes, and what follows.
fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let length = number(bytes, 0)? as usize;
    let (units, rest) = bytes.get(4..)?.split_at_checked(length.checked_mul(2)?)?;
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(units).0.into_owned(), rest))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Goes through records until `look` has enough or they end: kind, and the beginning of what they hold.
fn walk(mut part: impl BufRead, mut look: impl FnMut(u16, &[u8]) -> bool) -> Result<(), Failure> {
    let mut body = Vec::new();
    while !part.fill_buf()?.is_empty() {
        let low = u16::from(byte(&mut part)?);
        let kind = if low & 0x80 == 0 { low } else { low & 0x7f | u16::from(byte(&mut part)? & 0x7f) << 7 };
        let mut length = 0_u64;
        for place in 0..4 {
            let next = byte(&mut part)?;
            length |= u64::from(next & 0x7f) << (7 * place);
            if next & 0x80 == 0 {
                break;
            }
        }
        body.clear();
        let kept = length.min(LOOKED_AT);
        part.by_ref().take(kept).read_to_end(&mut body)?;
        let passed = io::copy(&mut part.by_ref().take(length - kept), &mut io::sink())?;
        if body.len() as u64 + passed < length {
            return Err(Rejection::damaged().into());
        }
        if !look(kind, &body) {
            return Ok(());
        }
    }
    Ok(())
}

fn byte(part: &mut impl Read) -> io::Result<u8> {
    let mut one = [0];
    part.read_exact(&mut one)?;
    Ok(one[0])
}
