//! What the parts beside the sheets of an .xlsb say: which sheets there are, the strings they share, which formats are dates.

use std::{
    collections::{HashMap, HashSet},
    io::{BufReader, Read, Seek},
};

use quick_xml::events::Event;
use zip::ZipArchive;

use super::records::{number, short, text, walk};
pub(super) use crate::parts::own_name;
use crate::{
    Rejection,
    ods::{attribute, small_part},
    rejection::Failure,
};

const BOOK: &str = "xl/workbook.bin";
const STRINGS: &str = "xl/sharedStrings.bin";
const STYLES: &str = "xl/styles.bin";
/// `BrtWbProp`, `BrtBundleSh`, `BrtEndBundleShs`.
const PROPERTIES: u16 = 0x99;
const SHEET: u16 = 0x9c;
const END_OF_SHEETS: u16 = 0x90;
/// `BrtSSTItem`.
const STRING: u16 = 0x13;
/// `BrtFmt`, `BrtBeginCellXFs`, `BrtXF`, `BrtEndCellXFs`.
const FORMAT: u16 = 0x2c;
const BEGIN_STYLES: u16 = 0x269;
const STYLE: u16 = 0x2f;
const END_OF_STYLES: u16 = 0x26a;
/// Bytes of a record that are looked at.
const LOOKED_AT: u64 = 4 << 10;
/// Bytes of a shared string that are looked at: more than any cell's.
const STRING_BYTES: u64 = 4 << 20;

pub(super) struct Sheet {
    pub name: String,
    pub visible: bool,
    /// The part that holds it.
    pub part: String,
}

pub(super) struct Parts {
    pub sheets: Vec<Sheet>,
    pub strings: Vec<String>,
    /// Style -> whether its numbers are dates.
    pub dates: Vec<bool>,
    /// Days count from 1904.
    pub is_1904: bool,
}

impl Parts {
    pub fn read<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Self, Failure> {
        let mut parts = Self { sheets: Vec::new(), strings: Vec::new(), dates: Vec::new(), is_1904: false };
        parts.read_book(archive)?;
        parts.read_strings(archive)?;
        parts.read_styles(archive)?;
        if parts.sheets.is_empty() { Err(Rejection::damaged().into()) } else { Ok(parts) }
    }

    fn read_book<R: Read + Seek>(&mut self, archive: &mut ZipArchive<R>) -> Result<(), Failure> {
        let rels = own_name(archive, "xl/_rels/workbook.bin.rels");
        let targets = targets(&small_part(archive, &rels)?)?;
        let name = own_name(archive, BOOK);
        walk(BufReader::new(archive.by_name(&name)?), LOOKED_AT, |kind, body, _| {
            match kind {
                PROPERTIES => self.is_1904 = body.first().is_some_and(|flags| flags & 1 != 0),
                SHEET => {
                    let (state, id, name) = sheet(body).ok_or_else(Rejection::damaged)?;
                    let target = targets.get(&id).ok_or_else(Rejection::damaged)?;
                    let visible = state == 0 && target.is_worksheet;
                    self.sheets.push(Sheet { name, visible, part: target.part.clone() });
                }
                _ => {}
            }
            Ok(kind != END_OF_SHEETS)
        })
    }

    fn read_strings<R: Read + Seek>(&mut self, archive: &mut ZipArchive<R>) -> Result<(), Failure> {
        let Some(part) = part(archive, STRINGS)? else { return Ok(()) };
        walk(BufReader::with_capacity(64 << 10, part), STRING_BYTES, |kind, body, _| {
            if kind == STRING {
                let (text, _) = body.get(1..).and_then(text).ok_or_else(Rejection::damaged)?;
                self.strings.push(text);
            }
            Ok(true)
        })
    }

    fn read_styles<R: Read + Seek>(&mut self, archive: &mut ZipArchive<R>) -> Result<(), Failure> {
        let Some(part) = part(archive, STYLES)? else { return Ok(()) };
        let (mut dates, mut in_styles) = (HashSet::new(), false);
        let mut others = HashSet::new();
        walk(BufReader::new(part), LOOKED_AT, |kind, body, _| {
            match kind {
                FORMAT => {
                    let id = short(body, 0).ok_or_else(Rejection::damaged)?;
                    let code = body.get(2..).and_then(text).map(|(code, _)| code).unwrap_or_default();
                    (if is_date(&code) { &mut dates } else { &mut others }).insert(id);
                }
                BEGIN_STYLES => in_styles = true,
                STYLE if in_styles => {
                    let id = short(body, 2).ok_or_else(Rejection::damaged)?;
                    self.dates.push(dates.contains(&id) || is_own_date(id) && !others.contains(&id));
                }
                END_OF_STYLES => return Ok(false),
                _ => {}
            }
            Ok(true)
        })
    }
}

fn part<'a, R: Read + Seek>(
    archive: &'a mut ZipArchive<R>,
    wanted: &str,
) -> Result<Option<zip::read::ZipFile<'a, R>>, Failure> {
    let name = own_name(archive, wanted);
    match archive.index_for_name(&name) {
        Some(index) => Ok(Some(archive.by_index(index)?)),
        None => Ok(None),
    }
}

/// State, relationship and name of a sheet.
fn sheet(body: &[u8]) -> Option<(u32, String, String)> {
    let (id, rest) = text(body.get(8..)?)?;
    Some((number(body, 0)?, id, text(rest)?.0))
}

struct Target {
    part: String,
    is_worksheet: bool,
}

/// Parts by the ids of their relationships.
fn targets(rels: &str) -> Result<HashMap<String, Target>, Failure> {
    let (mut xml, mut found) = (quick_xml::Reader::from_str(rels), HashMap::new());
    loop {
        match xml.read_event().map_err(|_| Rejection::damaged())? {
            Event::Start(tag) | Event::Empty(tag) => {
                if let (Some(id), Some(target)) = (attribute(&tag, "Id")?, attribute(&tag, "Target")?) {
                    let kind = attribute(&tag, "Type")?.unwrap_or_default();
                    let part = match target.strip_prefix('/') {
                        Some(whole) => whole.to_owned(),
                        None => format!("xl/{target}"),
                    };
                    found.insert(id, Target { part, is_worksheet: kind.ends_with("/worksheet") });
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The formats of days that every program has by a number of its own ([ECMA-376] 18.8.30), those of Chinese versions with them.
fn is_own_date(id: u16) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58)
}

/// Whether a format shows a day: a letter of year or day that is no text of its own.
fn is_date(code: &str) -> bool {
    let mut letters = code.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => drop(letters.by_ref().find(|c| *c == '"')),
            '[' => drop(letters.by_ref().find(|c| *c == ']')),
            '\\' | '_' | '*' => drop(letters.next()),
            'y' | 'Y' | 'd' | 'D' => return true,
            ';' => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_told_from_others() {
        for code in ["yyyy-mm-dd", "m/d/yy h:mm", "yyyy\"年\"m\"月\"", "[$-804]yyyy/m/d;@", "dd"] {
            assert!(is_date(code), "{code}");
        }
        for code in ["General", "0", "0.00_);[Red]\\(0.00\\)", "\"day\"0", "@", "h:mm:ss", "[h]:mm", "#,##0;\\d"] {
            assert!(!is_date(code), "{code}");
        }
        assert!(is_own_date(14) && is_own_date(57) && !is_own_date(0) && !is_own_date(46));
    }
}
