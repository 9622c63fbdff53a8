//! Archives (.xlsx, .ods) taken apart and put together again, sound or not.

use std::io::{Cursor, Read as _, Write as _};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// An archive of parts, by name and content.
#[must_use]
pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        out.start_file(*name, SimpleFileOptions::default()).expect("a part has a name");
        out.write_all(content).expect("an archive is written to memory");
    }
    out.finish().expect("an archive is written to memory").into_inner()
}

/// The archive with one part changed, or added where there is none of that name.
#[must_use]
pub fn changed(whole: &[u8], name: &str, change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let mut read = ZipArchive::new(Cursor::new(whole)).expect("it is an archive");
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for place in 0..read.len() {
        let mut part = read.by_index(place).expect("a sound archive");
        let (name, mut content) = (part.name().expect("names are text").into_owned(), Vec::new());
        part.read_to_end(&mut content).expect("a sound archive");
        parts.push((name, content));
    }
    let place = parts.iter().position(|(other, _)| other == name);
    let old = place.map(|place| parts.remove(place).1).unwrap_or_default();
    let new = change(&String::from_utf8(old).expect("the part is text"));
    parts.push((name.to_owned(), new.into_bytes()));
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    archive(&parts)
}
