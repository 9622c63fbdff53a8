//! .ods: streamed from the content part row by row, so that what a file repeats costs nothing until it is asked for.
//!
//! Our own reader, and not the parser's of the other formats: that one holds all sheets, and drops without a word what lies
//! beyond its own caps on repeated rows and columns.
//! Source: OASIS Open Document Format for Office Applications 1.2, chapters 9 (tables) and 19 (attributes).

use std::{
    collections::HashSet,
    io::{BufReader, Read, Seek},
};

use quick_xml::{
    XmlVersion,
    events::{BytesStart, Event},
};
use zip::{ZipArchive, read::ZipFile, result::ZipError};

use crate::{
    Rejection,
    book::{Book, SheetName, Take},
    detect::not_a_spreadsheet,
    preflight::MANIFEST,
    rejection::Failure,
    row::Row,
};

mod cell;

/// What the part `mimetype` says, for documents and templates.
const SPREADSHEET: &str = "application/vnd.oasis.opendocument.spreadsheet";
/// Bytes read of the parts beside the content.
const SMALL_PART: u64 = 1 << 20;

/// The content part, event by event.
pub(super) type Xml<'a, R> = quick_xml::Reader<BufReader<ZipFile<'a, R>>>;

pub(crate) struct OdsBook<R> {
    archive: ZipArchive<R>,
    sheets: Vec<(String, bool)>,
}

impl<R: Read + Seek> OdsBook<R> {
    pub fn open(file: R) -> Result<Self, Failure> {
        let mut archive = ZipArchive::new(file)?;
        let kind = small_part(&mut archive, "mimetype")?;
        let mut listed = || Ok::<_, Failure>(small_part(&mut archive, MANIFEST)?.contains(SPREADSHEET));
        if !(kind.starts_with(SPREADSHEET) || kind.is_empty() && listed()?) {
            return Err(not_a_spreadsheet("这是 OpenDocument 格式的其他文档，不是表格").into());
        }
        let sheets = tables(&mut content(&mut archive)?)?;
        Ok(Self { archive, sheets })
    }
}

impl<R: Read + Seek> Book for OdsBook<R> {
    fn sheets(&self) -> Vec<SheetName> {
        crate::xlsx::names(&self.sheets)
    }

    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let mut xml = content(&mut self.archive)?;
        let (mut buffer, mut place) = (Vec::new(), 0);
        loop {
            match next(&mut xml, &mut buffer)? {
                Event::Start(tag) if tag.name().as_ref() == "table:table" => {
                    if place == sheet {
                        return table_rows(&mut xml, row, take);
                    }
                    place += 1;
                    skip(&mut xml, &tag.into_owned(), &mut buffer)?;
                }
                Event::Start(tag) if is_aside(tag.name().as_ref()) => skip(&mut xml, &tag.into_owned(), &mut buffer)?,
                Event::Eof => return Err(Rejection::damaged().into()),
                _ => {}
            }
        }
    }
}

/// The start of a part as text; empty where there is no such part.
pub(crate) fn small_part<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<String, Failure> {
    let part = match archive.by_name(name) {
        Ok(part) => part,
        Err(ZipError::FileNotFound) => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    part.take(SMALL_PART).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn content<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Xml<'_, R>, Failure> {
    let part = archive.by_name("content.xml")?;
    let mut xml = quick_xml::Reader::from_reader(BufReader::with_capacity(64 << 10, part));
    xml.config_mut().expand_empty_elements = true;
    Ok(xml)
}

/// The next event. Tags that do not match are errors: the part is broken.
pub(super) fn next<'b, R: Read + Seek>(xml: &mut Xml<'_, R>, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, Failure> {
    buffer.clear();
    xml.read_event_into(buffer).map_err(failure)
}

/// Goes past the end of an element that has begun.
pub(super) fn skip<R: Read + Seek>(
    xml: &mut Xml<'_, R>,
    tag: &BytesStart<'_>,
    buffer: &mut Vec<u8>,
) -> Result<(), Failure> {
    xml.read_to_end_into(tag.name(), buffer).map(drop).map_err(failure)
}

fn failure(error: quick_xml::Error) -> Failure {
    match error {
        quick_xml::Error::Io(error) => match error.raw_os_error() {
            Some(code) => std::io::Error::from_raw_os_error(code).into(),
            None => Rejection::damaged().into(),
        },
        _ => Rejection::damaged().into(),
    }
}

/// Elements that hold tables or rows which are no sheet's: caches of other files, what was changed and kept, drawings.
fn is_aside(name: &str) -> bool {
    matches!(name, "table:dde-links" | "table:tracked-changes" | "table:shapes" | "office:forms")
}

/// Names of all sheets, and whether people see them. Reads the part to its end, so one that is cut off is told here.
fn tables<R: Read + Seek>(xml: &mut Xml<'_, R>) -> Result<Vec<(String, bool)>, Failure> {
    let (mut sheets, mut hidden, mut style) = (Vec::new(), HashSet::new(), String::new());
    let (mut buffer, mut depth, mut ended) = (Vec::new(), 0_usize, false);
    loop {
        match next(xml, &mut buffer)? {
            Event::Start(tag) => {
                ended = false;
                match tag.name().as_ref() {
                    "style:style" => style = attribute(&tag, "style:name")?.unwrap_or_default(),
                    "style:table-properties" if attribute(&tag, "table:display")?.as_deref() == Some("false") => {
                        hidden.insert(style.clone());
                    }
                    "table:table" => {
                        let shown = attribute(&tag, "table:style-name")?.is_none_or(|style| !hidden.contains(&style));
                        sheets.push((attribute(&tag, "table:name")?.unwrap_or_default(), shown));
                        skip(xml, &tag.into_owned(), &mut buffer)?;
                        continue;
                    }
                    name if is_aside(name) => {
                        skip(xml, &tag.into_owned(), &mut buffer)?;
                        continue;
                    }
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                ended = depth == 0;
            }
            Event::Eof => return if ended { Ok(sheets) } else { Err(Rejection::damaged().into()) },
            _ => {}
        }
    }
}

/// Rows of the table whose start was read.
fn table_rows<R: Read + Seek>(xml: &mut Xml<'_, R>, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
    let (mut buffer, mut before) = (Vec::new(), 0_u64);
    loop {
        match next(xml, &mut buffer)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "table:table-row" => {
                    let repeats = repeats(&tag, "table:number-rows-repeated")?;
                    row.start(number(before + 1));
                    cell::row_cells(xml, row)?;
                    if !row.is_blank() && !hand_over(before, repeats, row, take)? {
                        return Ok(());
                    }
                    before = before.saturating_add(repeats).min(u64::from(u32::MAX));
                }
                // A table within a table is another one's.
                name if is_aside(name) || name == "table:table" => skip(xml, &tag.into_owned(), &mut buffer)?,
                _ => {}
            },
            Event::End(tag) if tag.name().as_ref() == "table:table" => return Ok(()),
            Event::Eof => return Err(Rejection::damaged().into()),
            _ => {}
        }
    }
}

/// A row that holds anything counts as often as it is repeated; the limit on rows ends that.
fn hand_over(before: u64, repeats: u64, row: &mut Row, take: &mut Take<'_>) -> Result<bool, Failure> {
    for again in 0..repeats {
        row.renumber(number(before + 1 + again))?;
        if !take(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How often a row or cell is repeated: once where nothing is said, never less.
pub(super) fn repeats(tag: &BytesStart<'_>, name: &str) -> Result<u64, Failure> {
    match attribute(tag, name)? {
        // More digits than a number has room for are many all the same.
        Some(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(text.parse().unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX)))
        }
        Some(_) => Err(Rejection::damaged().into()),
        None => Ok(1),
    }
}

pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Failure> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Rejection::damaged())?;
        if attribute.key.as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(failure)?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}
