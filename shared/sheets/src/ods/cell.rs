//! One cell of an .ods: the value that its attributes state, else the text of its paragraphs.

use std::io::{Read, Seek};

use domain::cell::Cell;
use quick_xml::{
    XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::{Xml, attribute, next, repeats, skip};
use crate::{Rejection, book::iso_date, rejection::Failure, row::Row};

/// What the attributes of a cell state.
enum Stated {
    /// Nothing: its paragraphs are its value, if it has any.
    Nothing,
    Number(f64),
    Bool(bool),
    /// A day, by its ISO form.
    Date(String),
    Text(String),
    Error,
}

/// Reads the cells of a row whose start was read, up to its end.
pub(super) fn row_cells<R: Read + Seek>(xml: &mut Xml<'_, R>, row: &mut Row) -> Result<(), Failure> {
    let (mut buffer, mut column) = (Vec::new(), 0_u64);
    loop {
        match next(xml, &mut buffer)? {
            Event::Start(tag) => {
                if !matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell") {
                    skip(xml, &tag.into_owned(), &mut buffer)?;
                    continue;
                }
                let repeats = repeats(&tag, "table:number-columns-repeated")?;
                let stated = stated(&tag)?;
                let text = paragraphs(xml, row.cell_limit())?;
                let value = match &stated {
                    Stated::Nothing => Cell::Text(&text),
                    Stated::Number(value) => Cell::Number(*value),
                    Stated::Bool(value) => Cell::Bool(*value),
                    Stated::Date(text) => iso_date(text),
                    Stated::Text(text) => Cell::Text(text),
                    Stated::Error => Cell::Error,
                };
                if !value.is_blank() {
                    // The limit on columns ends a value that is repeated without end.
                    for again in 0..repeats {
                        row.push(u32::try_from(column + again).unwrap_or(u32::MAX), value)?;
                    }
                }
                column = column.saturating_add(repeats).min(u64::from(u32::MAX));
            }
            Event::End(_) => return Ok(()),
            Event::Eof => return Err(Rejection::damaged().into()),
            _ => {}
        }
    }
}

fn stated(tag: &BytesStart<'_>) -> Result<Stated, Failure> {
    let mut stated = Stated::Nothing;
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Rejection::damaged())?;
        let value = || attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Rejection::damaged());
        match attribute.key.as_ref() {
            "office:value" => stated = Stated::Number(value()?.trim().parse().map_err(|_| Rejection::damaged())?),
            "office:date-value" => stated = Stated::Date(value()?.into_owned()),
            "office:time-value" => stated = Stated::Text(value()?.into_owned()),
            "office:boolean-value" => stated = Stated::Bool(value()?.eq_ignore_ascii_case("true")),
            // An empty one stands beside the text of a formula's error, which is in the paragraph.
            "office:string-value" if !attribute.value.is_empty() => stated = Stated::Text(value()?.into_owned()),
            "calcext:value-type" if attribute.value == "error" => return Ok(Stated::Error),
            _ => {}
        }
    }
    Ok(stated)
}

/// The text of a cell whose start was read, up to its end. No more is kept than one character over the limit, so that
/// a cell too long is told as such.
fn paragraphs<R: Read + Seek>(xml: &mut Xml<'_, R>, limit: u32) -> Result<String, Failure> {
    let (mut buffer, mut text) = (Vec::new(), String::new());
    // Elements open within the cell; the paragraph's place among them.
    let (mut depth, mut paragraph, mut first) = (0_usize, None, true);
    // A character has four bytes at most.
    let room = limit as usize * 4 + 4;
    loop {
        match next(xml, &mut buffer)? {
            Event::Start(tag) => {
                let name = tag.name();
                match name.as_ref() {
                    // Notes, pictures, tables in a cell, the reading of a character: not what the cell says.
                    "office:annotation" | "text:ruby-text" | "table:table" => {
                        skip(xml, &tag.into_owned(), &mut buffer)?;
                        continue;
                    }
                    other if other.starts_with("draw:") => {
                        skip(xml, &tag.into_owned(), &mut buffer)?;
                        continue;
                    }
                    "text:p" | "text:h" if paragraph.is_none() => {
                        if !std::mem::take(&mut first) {
                            text.push('\n');
                        }
                        paragraph = Some(depth);
                    }
                    "text:s" => {
                        let count = match attribute(&tag, "text:c")? {
                            Some(count) => count.parse().unwrap_or(u64::MAX),
                            None => 1,
                        };
                        let count = usize::try_from(count).unwrap_or(usize::MAX);
                        text.extend(std::iter::repeat_n(' ', count.min(room.saturating_sub(text.len()))));
                    }
                    "text:tab" => text.push('\t'),
                    "text:line-break" => text.push('\n'),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => {
                let Some(outer) = depth.checked_sub(1) else { return Ok(text) };
                depth = outer;
                paragraph = paragraph.filter(|at| *at != depth);
            }
            Event::Text(piece) if paragraph.is_some() => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if paragraph.is_some() => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) if paragraph.is_some() => text.push_str(&resolved(&name)?),
            Event::Eof => return Err(Rejection::damaged().into()),
            _ => {}
        }
        if text.len() > room {
            let whole = text.floor_char_boundary(room);
            text.truncate(whole);
        }
    }
}

/// What a character reference or one of the five predefined entities stands for; there are no others.
fn resolved(name: &BytesRef<'_>) -> Result<String, Rejection> {
    match name.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_xml_entity(&name.xml10_content()).map(str::to_owned).ok_or_else(Rejection::damaged),
        Err(_) => Err(Rejection::damaged()),
    }
}
