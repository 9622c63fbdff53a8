//! A look over an archive before a parser opens it: how many parts, how large inflated, what names, which declarations.
//!
//! Declared sizes are checked first (what is too large by its own word costs nothing), then every part is inflated once through
//! a counting reader, because sizes may lie. Parsers inflate on their own: the child's limits are the second wall.

use std::{
    collections::HashMap,
    io::{Read, Seek},
    ops::ControlFlow,
};

use domain::finding::Code;
use zip::ZipArchive;

use crate::{
    ReadLimits, Rejection,
    detect::not_a_spreadsheet,
    foreign,
    markup::Markup,
    ods::small_part,
    rejection::Failure,
    shape::{Shape, scan::Scan},
};

/// What lists the parts of an `OpenDocument` package.
pub(crate) const MANIFEST: &str = "META-INF/manifest.xml";
/// The root element of a part begins within this many bytes.
const PROLOG: usize = 16 << 10;
/// Bytes of it looked at in one go.
const PROLOG_PIECE: usize = 512;

/// What the archive holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    Xlsx,
    Xlsb,
    Ods,
}

/// What worksheets hide and merge, by the names of their parts in lower case; plain ones are left out.
pub(crate) type Shapes = HashMap<String, Shape>;

/// Looks the archive over; its kind, or why it is not opened;
/// and what its worksheets hide and merge.
pub(crate) fn preflight<R: Read + Seek>(
    file: R,
    packed: u64,
    limits: &ReadLimits,
) -> Result<(Package, Shapes), Failure> {
    let mut archive = ZipArchive::new(file)?;
    if archive.len() as u64 > limits.entries {
        return Err(Rejection::too_large("文件内部的部件数", limits.entries, "个").into());
    }
    if archive.has_duplicate_names() {
        return Err(hostile("压缩结构中有重名的部件").into());
    }
    let package = package(&archive)?;
    let mut declared = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index)?;
        let name = part.name()?;
        if leads_outside(&name) {
            return Err(hostile("部件的路径指向文件之外").into());
        }
        if part.encrypted() {
            return Err(Rejection::encrypted().into());
        }
        declared = declared.saturating_add(part.size());
    }
    let budget = budget(packed, limits);
    if declared > budget {
        return Err(inflates_too_far().into());
    }
    if archive.has_overlapping_files()? {
        return Err(hostile("压缩结构中的部件互相重叠").into());
    }
    if package == Package::Ods && small_part(&mut archive, MANIFEST)?.contains("encryption-data") {
        return Err(Rejection::encrypted().into());
    }
    let shapes = inflate_all(&mut archive, budget)?;
    Ok((package, shapes))
}

/// Whether a part's name leads out of the package. Some programs write `\` between the steps, which is no fault.
fn leads_outside(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.get(1..2) == Some(":") || name.split(['/', '\\']).any(|step| step == "..")
}

/// A part's name with `/` between its steps.
fn plain_name(name: &str) -> String {
    name.replace('\\', "/")
}

fn budget(packed: u64, limits: &ReadLimits) -> u64 {
    packed.saturating_mul(limits.ratio).max(limits.ratio_floor_bytes).min(limits.inflated_bytes)
}

fn hostile(detail: &str) -> Rejection {
    Rejection::new(Code::Hostile, detail)
}

fn inflates_too_far() -> Rejection {
    hostile("解压后的大小远超正常")
}

fn package<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<Package, Rejection> {
    let names: Vec<String> = archive.file_names_raw().map(|name| plain_name(&String::from_utf8_lossy(name))).collect();
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if has("xl/workbook.bin") {
        return Ok(Package::Xlsb);
    }
    if has("[Content_Types].xml") || has("xl/") {
        return match (has("word/"), has("ppt/")) {
            (true, _) => Err(not_a_spreadsheet("这是 Word 文档")),
            (_, true) => Err(not_a_spreadsheet("这是 PowerPoint 演示文稿")),
            _ => Ok(Package::Xlsx),
        };
    }
    // Some programs leave out the part that says so in one word.
    if has("content.xml") && (has("mimetype") || has(MANIFEST)) {
        return Ok(Package::Ods);
    }
    // OpenDocument with a password, as newer office programs keep it: one encrypted part.
    if has("mimetype") && has("encrypted-package") {
        return Err(Rejection::encrypted());
    }
    if has("Index/") || has("Index.zip") || has("index.apxl") {
        return Err(foreign::numbers());
    }
    Err(foreign::this_is("压缩包", "请解压后上传其中的表格文件"))
}

fn inflate_all<R: Read + Seek>(archive: &mut ZipArchive<R>, budget: u64) -> Result<Shapes, Failure> {
    let mut shapes = Shapes::new();
    let (mut left, mut buffer) = (budget, vec![0; 64 << 10]);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let name = plain_name(&part.name()?);
        let mut prolog = xml_name(&name).then(Prolog::default);
        let mut markup = read_name(&name).then(|| Markup::new(name.contains("worksheets/")));
        let mut shape = name.contains("worksheets/").then(|| (name.to_ascii_lowercase(), Scan::default()));
        loop {
            let count = part.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            left = left.checked_sub(count as u64).ok_or_else(inflates_too_far)?;
            if let Some(scan) = &mut prolog
                && scan.feed(&buffer[..count])?.is_break()
            {
                prolog = None;
            }
            if let Some(scan) = &mut markup {
                scan.feed(&buffer[..count])?;
            }
            if let Some((_, scan)) = &mut shape {
                scan.feed(&buffer[..count]);
            }
        }
        if let Some(scan) = markup {
            scan.finish()?;
            // Allowed, and our parser of cells knows single bytes alone.
            if scan.is_wide() {
                return Err(foreign::save_as("写法少见的工作簿（内部为 UTF-16 编码）").into());
            }
        }
        if let Some((name, scan)) = shape {
            shapes.extend(Some((name, scan.finish())).filter(|(_, shape)| *shape != Shape::default()));
        }
    }
    Ok(shapes)
}

/// Parts of XML that cells are read from.
fn read_name(name: &str) -> bool {
    let sheet = name.contains("worksheets/") && !name.contains("_rels/");
    xml_name(name) && (sheet || matches!(name, "content.xml" | "xl/workbook.xml" | "xl/sharedStrings.xml"))
}

fn xml_name(name: &str) -> bool {
    [".xml", ".rels", ".vml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

/// What stands before a part's root element: a document type there may declare entities that expand without measure.
#[derive(Default)]
struct Prolog {
    seen: Vec<u8>,
}

impl Prolog {
    /// Takes the next bytes; breaks when the root element has begun.
    fn feed(&mut self, bytes: &[u8]) -> Result<ControlFlow<()>, Rejection> {
        // The root begins in the first line as a rule, so a little is looked at first.
        for piece in bytes.chunks(PROLOG_PIECE) {
            // UTF-16 text becomes plain by dropping its NUL bytes, as far as markup goes.
            self.seen.extend(piece.iter().filter(|byte| **byte != 0));
            if root_at(&self.seen)?.is_some() {
                return Ok(ControlFlow::Break(()));
            }
            if self.seen.len() >= PROLOG {
                return Err(hostile("部件的开头异常"));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Steps over blanks, declarations and comments; where the root element begins, if it is in sight.
fn root_at(text: &[u8]) -> Result<Option<usize>, Rejection> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let skip = |end: &[u8]| rest.windows(end.len()).position(|window| window == end).map(|place| place + end.len());
        let step = match rest {
            [b'<', b'?', ..] => skip(b"?>"),
            [b'<', b'!', b'-', b'-', ..] => skip(b"-->"),
            // Too short to tell a comment from a declaration yet.
            [b'<'] | [b'<', b'!'] | [b'<', b'!', b'-'] => None,
            [b'<', b'!', ..] => return Err(hostile("部件中含有 DOCTYPE 或 ENTITY 声明")),
            [b'<', ..] => return Ok(Some(at)),
            _ => Some(1),
        };
        match step {
            Some(count) => at += count,
            None => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn looked_over(bytes: &[u8], limits: &ReadLimits) -> Result<Package, Code> {
        preflight(Cursor::new(bytes), bytes.len() as u64, limits).map(|(package, _)| package).map_err(|failure| {
            match failure {
                Failure::Rejected(rejection) => rejection.code,
                Failure::Io(error) => panic!("{error}"),
            }
        })
    }

    const TYPES: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");

    #[test]
    fn the_kind_of_package_is_told_by_its_parts() {
        let limits = ReadLimits::default();
        assert_eq!(looked_over(&archive(&[TYPES]), &limits), Ok(Package::Xlsx));
        assert_eq!(looked_over(&archive(&[TYPES, ("xl/workbook.bin", b"")]), &limits), Ok(Package::Xlsb));
        assert_eq!(looked_over(&archive(&[("mimetype", b""), ("content.xml", b"<a/>")]), &limits), Ok(Package::Ods));
        assert_eq!(looked_over(&archive(&[TYPES, ("word/x.xml", b"<a/>")]), &limits), Err(Code::NotASpreadsheet));
        assert_eq!(looked_over(&archive(&[("a.txt", b"")]), &limits), Err(Code::NotASpreadsheet));
    }

    #[test]
    fn a_package_of_the_largest_size_is_opened_and_one_byte_more_is_refused() {
        let bytes = archive(&[TYPES, ("a.bin", &[7; 1000])]);
        let inflated = 1000 + TYPES.1.len() as u64;
        let at = ReadLimits { inflated_bytes: inflated, ..ReadLimits::default() };
        assert_eq!(looked_over(&bytes, &at), Ok(Package::Xlsx));
        let past = ReadLimits { inflated_bytes: inflated - 1, ..ReadLimits::default() };
        assert_eq!(looked_over(&bytes, &past), Err(Code::Hostile));
    }

    #[test]
    fn a_package_that_packs_better_than_the_ratio_is_refused_from_the_floor_on() {
        let bytes = archive(&[TYPES, ("a.bin", &[7; 4000])]);
        let (inflated, packed) = (4000 + TYPES.1.len() as u64, bytes.len() as u64);
        let ratio = inflated.div_ceil(packed);
        for (ratio, ratio_floor_bytes, fits) in
            [(ratio, 0, true), (ratio - 1, 0, false), (1, inflated, true), (1, inflated - 1, false)]
        {
            let limits = ReadLimits { ratio, ratio_floor_bytes, ..ReadLimits::default() };
            assert_eq!(looked_over(&bytes, &limits).is_ok(), fits, "{ratio} times, from {ratio_floor_bytes} bytes");
        }
    }

    #[test]
    fn what_is_inflated_counts_and_not_what_is_declared() {
        let bytes = archive(&[TYPES, ("a.bin", &[7; 2000])]);
        let inflated = 2000 + TYPES.1.len() as u64;
        for (budget, fits) in [(inflated, true), (inflated - 1, false)] {
            let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
            assert_eq!(inflate_all(&mut archive, budget).is_ok(), fits, "{budget} bytes");
        }
    }

    #[test]
    fn document_types_are_refused_wherever_they_stand_before_the_root() {
        let long = format!("<?xml version='1.0'?><!-- <a> {} --><!DOCTYPE a><a/>", " ".repeat(9000));
        for part in [long.as_bytes(), b"<!DOCTYPE x><a/>", b"\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0x\0>\0"] {
            assert_eq!(looked_over(&archive(&[TYPES, ("a.xml", part)]), &ReadLimits::default()), Err(Code::Hostile));
        }
        let fine = archive(&[TYPES, ("a.xml", b"<?xml version='1.0'?><!-- <b> --><a>&lt;!DOCTYPE</a>")]);
        assert_eq!(looked_over(&fine, &ReadLimits::default()), Ok(Package::Xlsx));
    }

    #[test]
    fn names_that_lead_outside_are_told_from_those_that_only_look_like_it() {
        for name in ["../a.bin", "xl/../../a", "/a", "\\a", "xl\\..\\a", "c:\\a"] {
            assert!(leads_outside(name), "{name}");
        }
        for name in ["xl/workbook.xml", "xl\\workbook.xml", "xl/..x/...", "[Content_Types].xml"] {
            assert!(!leads_outside(name), "{name}");
        }
    }

    #[test]
    fn a_name_twice_is_refused() {
        let mut twice = archive(&[TYPES, ("a.bin", b"1"), ("b.bin", b"2")]);
        while let Some(place) = twice.windows(5).position(|window| window == b"b.bin") {
            twice[place] = b'a';
        }
        assert_eq!(looked_over(&twice, &ReadLimits::default()), Err(Code::Hostile));
    }

    #[test]
    fn a_part_with_a_password_or_another_content_than_its_checksum_is_told() {
        let bytes = archive(&[TYPES]);
        let with_bit = |start: &[u8], flags: usize, bytes: &mut Vec<u8>| {
            let place = bytes.windows(4).position(|window| window == start).unwrap();
            bytes[place + flags] |= 1;
        };
        let mut locked = bytes.clone();
        with_bit(b"PK\x03\x04", 6, &mut locked);
        with_bit(b"PK\x01\x02", 8, &mut locked);
        assert_eq!(looked_over(&locked, &ReadLimits::default()), Err(Code::Encrypted));
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file("[Content_Types].xml", stored).unwrap();
        zip.write_all(b"<Types/>").unwrap();
        let mut changed = zip.finish().unwrap().into_inner();
        let place = changed.windows(8).position(|window| window == b"<Types/>").unwrap();
        changed[place + 1] = b't';
        assert_eq!(looked_over(&changed, &ReadLimits::default()), Err(Code::Damaged));
    }

    #[test]
    fn the_number_of_parts_is_limited() {
        let bytes = archive(&[TYPES, ("a", b""), ("b", b"")]);
        let at = ReadLimits { entries: 3, ..ReadLimits::default() };
        assert_eq!(looked_over(&bytes, &at), Ok(Package::Xlsx));
        let past = ReadLimits { entries: 2, ..ReadLimits::default() };
        assert_eq!(looked_over(&bytes, &past), Err(Code::TooLarge));
    }
}
