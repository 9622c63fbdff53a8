//! Which part of an archive holds which sheet, by the relationships of its workbook.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use quick_xml::events::Event;
use zip::ZipArchive;

use crate::{
    Rejection,
    ods::{attribute, small_part},
    rejection::Failure,
};

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

/// The name of a part as the archive has it: programs are not of one mind about upper case.
pub(crate) fn own_name<R: Read + Seek>(archive: &ZipArchive<R>, wanted: &str) -> String {
    let same = |name: &String| name.replace('\\', "/").eq_ignore_ascii_case(wanted);
    archive.file_names().flatten().map(String::from).find(same).unwrap_or_else(|| wanted.to_owned())
}

/// Sheets of an .xlsx by their names: the parts in which they lie, in lower case, with plain slashes.
pub(crate) fn sheet_parts<R: Read + Seek>(file: R) -> Result<HashMap<String, String>, Failure> {
    let mut archive = ZipArchive::new(file)?;
    let (book, rels) = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels");
    let (book, rels) = (own_name(&archive, book), own_name(&archive, rels));
    let targets = targets(&small_part(&mut archive, &rels)?)?;
    let text = small_part(&mut archive, &book)?;
    let (mut xml, mut found) = (quick_xml::Reader::from_str(&text), HashMap::new());
    loop {
        // A workbook that is longer than what is looked at has said where its sheets are before.
        match xml.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.local_name().as_ref() == "sheet" => {
                let id = relationship(&tag)?;
                if let (Some(name), Some(target)) = (attribute(&tag, "name")?, id.and_then(|id| targets.get(&id))) {
                    found.insert(name, key(target));
                }
            }
            Ok(Event::Eof) | Err(_) => return Ok(found),
            Ok(_) => {}
        }
    }
}

/// The relationship that an element names, whatever the prefix is called.
fn relationship(tag: &quick_xml::events::BytesStart<'_>) -> Result<Option<String>, Failure> {
    for own in tag.attributes().with_checks(false) {
        let own = own.map_err(|_| Rejection::damaged())?;
        let name: &str = own.key.as_ref();
        if name.ends_with(":id") {
            return attribute(tag, name);
        }
    }
    Ok(None)
}

/// A target as a part's name: from the root, or beside the workbook.
fn key(target: &str) -> String {
    let target = target.replace('\\', "/").to_ascii_lowercase();
    match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{}", target.trim_start_matches("./")),
    }
}
