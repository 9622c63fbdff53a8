//! Files made by hand, sound ones of every format and parts to make hostile ones of.

use std::io::Write;

use proptest::sample::Index;

use crate::support::{ROSTER_ROWS, archive, xlsx};

/// Header of a roster.
pub const HEADER: [&str; 4] = ["姓名*", "证件类型*", "证件号码*", "手机号码"];

/// Rows of a roster of invented people.
pub fn people(count: usize) -> Vec<Vec<String>> {
    let person = |place: usize| {
        let id = format!("31019919900101{place:04}");
        [&format!("示例{place}"), "身份证", &id, "13800000000"].map(str::to_owned).to_vec()
    };
    (0..count).map(person).collect()
}

/// A header and so many people.
pub fn table(count: usize) -> Vec<Vec<String>> {
    std::iter::once(HEADER.map(str::to_owned).to_vec()).chain(people(count)).collect()
}

/// A letter for a column from 0.
fn letter(column: usize) -> char {
    char::from(b'A' + column as u8)
}

/// All parts, one behind the other.
pub fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<String>>().concat()
}

/// A row as XML of a worksheet.
pub fn xml_row(number: usize, cells: &[String]) -> String {
    let cell =
        |(column, text)| format!(r#"<c r="{}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#, letter(column));
    let cells = joined((0..).zip(cells).map(cell));
    format!(r#"<row r="{number}">{cells}</row>"#)
}

/// The XML of the rows of a table.
pub fn xml_rows(table: &[Vec<String>]) -> Vec<String> {
    (1..).zip(table).map(|(number, cells)| xml_row(number, cells)).collect()
}

/// An .xlsx with the strings of a table shared.
pub fn shared_xlsx(table: &[Vec<String>]) -> Vec<u8> {
    let strings = joined(table.iter().flatten().map(|text| format!("<si><t>{text}</t></si>")));
    let mut index = 0..;
    let rows = joined((1..).zip(table).map(|(number, cells)| {
        let cell = |(column, index)| format!(r#"<c r="{}{number}" t="s"><v>{index}</v></c>"#, letter(column));
        let cells = joined(index.by_ref().take(cells.len()).enumerate().map(cell));
        format!(r#"<row r="{number}">{cells}</row>"#)
    }));
    xlsx(&rows, &[("xl/sharedStrings.xml", sst(&strings).as_bytes())])
}

/// A table of shared strings.
pub fn sst(strings: &str) -> String {
    format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>"#)
}

/// A roster as .csv.
pub fn csv(table: &[Vec<String>], delimiter: &str) -> String {
    joined(table.iter().map(|cells| cells.join(delimiter) + "\r\n"))
}

const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// An .ods with this in its tables.
pub fn ods(tables: &str) -> Vec<u8> {
    ods_parts(format!("{}{tables}</office:spreadsheet></office:body></office:document-content>", ods_head()))
}

/// What stands before the tables of a content part.
pub fn ods_head() -> String {
    let names =
        ["office", "table", "text", "style", "draw"].map(|name| format!(r#" xmlns:{name}="urn:{name}""#)).concat();
    format!(
        r#"<?xml version="1.0"?><office:document-content{names}><office:automatic-styles><style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>"#
    )
}

/// An .ods with this content part.
pub fn ods_parts(content: impl AsRef<[u8]>) -> Vec<u8> {
    archive(&[
        ("mimetype", ODS.as_bytes()),
        ("META-INF/manifest.xml", br#"<manifest:manifest xmlns:manifest="urn:m"/>"#),
        ("content.xml", content.as_ref()),
    ])
}

/// A cell of text, with more attributes.
pub fn ods_cell(text: &str, attributes: &str) -> String {
    format!(r#"<table:table-cell office:value-type="string"{attributes}><text:p>{text}</text:p></table:table-cell>"#)
}

/// Rows of a table, as a table of an .ods without its end.
pub fn ods_rows(table: &[Vec<String>]) -> String {
    let row = |cells: &Vec<String>| {
        let cells = joined(cells.iter().map(|text| ods_cell(text, "")));
        format!("<table:table-row>{cells}</table:table-row>")
    };
    joined(table.iter().map(row))
}

/// A whole table of an .ods.
pub fn ods_table(rows: &str) -> String {
    format!(r#"<table:table table:name="名单">{rows}</table:table>"#)
}

/// A record of an .xlsb.
fn brt(id: u16, body: &[u8]) -> Vec<u8> {
    let mut out = if id < 0x80 { vec![id as u8] } else { vec![(id & 0x7f) as u8 | 0x80, (id >> 7) as u8] };
    let mut length = body.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(body);
    out
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    (units.len() as u32).to_le_bytes().into_iter().chain(units.into_iter().flat_map(u16::to_le_bytes)).collect()
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// An .xlsb of one sheet. A cell `#N/A` is the error of a formula, and `#REF!` one without. Source: [MS-XLSB] `BrtWsDim`,
/// `BrtBeginSheetData`, `BrtRowHdr`, `BrtCellSt`, `BrtCellError`, `BrtFmlaError`, `BrtBundleSh`.
pub fn xlsb(table: &[Vec<String>]) -> Vec<u8> {
    let mut sheet = [brt(0x81, &[]), brt(0x94, &numbers(&[0, 9, 0, 9])), brt(0x91, &[])].concat();
    for (number, cells) in (0..).zip(table) {
        sheet.extend(brt(0, &[numbers(&[number]), vec![0; 21]].concat()));
        for (column, text) in (0..).zip(cells) {
            let cell = numbers(&[column, 0]);
            sheet.extend(match text.as_str() {
                // The formula is `=NA()`: flags, its length, its tokens, and nothing more.
                "#N/A" => {
                    brt(0x0b, &[cell, vec![0x2a, 0, 0], numbers(&[4]), vec![0x22, 0, 0x0a, 0], numbers(&[0])].concat())
                }
                "#REF!" => brt(3, &[cell, vec![0x17]].concat()),
                text => brt(6, &[cell, wide(text)].concat()),
            });
        }
    }
    sheet.extend([brt(0x92, &[]), brt(0x82, &[])].concat());
    let bundle = [numbers(&[0, 1]), wide("rId1"), wide("名单")].concat();
    let book = [brt(0x83, &[]), brt(0x8f, &[]), brt(0x9c, &bundle), brt(0x90, &[]), brt(0x84, &[])].concat();
    let rels = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>"#;
    archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/_rels/workbook.bin.rels", rels.as_bytes()),
        ("xl/workbook.bin", &book),
        ("xl/worksheets/sheet1.bin", &sheet),
    ])
}

/// An .xls of one sheet.
pub fn xls(table: &[Vec<String>]) -> Vec<u8> {
    sheets::legacy_xls::write_xls("名单", table)
}

/// A sound file of each format, by name.
pub fn all_formats(table: &[Vec<String>]) -> Vec<(&'static str, Vec<u8>)> {
    let macros: &[(&str, &[u8])] = &[("xl/vbaProject.bin", b"not run")];
    vec![
        ("xlsx", xlsx(&xml_rows(table).concat(), &[])),
        ("xlsx with shared strings", shared_xlsx(table)),
        ("xlsm", xlsx(&xml_rows(table).concat(), macros)),
        ("xlsb", xlsb(table)),
        ("xls", xls(table)),
        ("ods", ods(&ods_table(&ods_rows(table)))),
        ("csv", csv(table, ",").into_bytes()),
        ("csv in GB18030", encoding_rs::GB18030.encode(&csv(table, ",")).0.into_owned()),
        ("tsv", csv(table, "\t").into_bytes()),
    ]
}

/// The parts of an .xlsx that tests put others in place of.
#[derive(Clone)]
pub struct Package(Vec<(String, Vec<u8>)>);

impl Package {
    /// The parts of an archive.
    pub fn of(bytes: &[u8]) -> Self {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let (name, mut content) = (part.name().unwrap().into_owned(), Vec::new());
            std::io::Read::read_to_end(&mut part, &mut content).unwrap();
            parts.push((name, content));
        }
        Self(parts)
    }

    /// A roster of one row.
    pub fn roster() -> Self {
        Self::of(&xlsx(ROSTER_ROWS, &[]))
    }

    /// With a part added, or another content in its place.
    pub fn with(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// Without a part.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self
    }

    /// With two contents in each other's place.
    pub fn swapped(mut self, first: Index, second: Index) -> Self {
        let (first, second) = (first.index(self.0.len()), second.index(self.0.len()));
        let content = self.0[first].1.clone();
        self.0[first].1 = std::mem::replace(&mut self.0[second].1, content);
        self
    }

    /// Without a part, whichever it is.
    pub fn without_any(mut self, place: Index) -> Self {
        self.0.remove(place.index(self.0.len()));
        self
    }

    /// With a text of a part replaced wherever it stands.
    pub fn replaced(mut self, name: &str, from: &str, to: &str) -> Self {
        let (_, content) = self.0.iter_mut().find(|(other, _)| other == name).unwrap();
        let text = String::from_utf8(content.clone()).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        *content = text.replace(from, to).into_bytes();
        self
    }

    /// The content of a part.
    pub fn content(&self, name: &str) -> Vec<u8> {
        self.0.iter().find(|(other, _)| other == name).unwrap().1.clone()
    }

    /// The archive.
    pub fn bytes(&self) -> Vec<u8> {
        let parts: Vec<(&str, &[u8])> =
            self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        archive(&parts)
    }
}

/// An entry of an archive whose heads say what one likes.
pub struct Entry {
    pub name: &'static str,
    pub content: Vec<u8>,
    /// The size that the heads state.
    pub size: u64,
    /// Bit 0: encrypted.
    pub flags: u16,
    /// Bytes in front of the place that the directory states.
    pub shift: i64,
}

impl Entry {
    /// An honest one.
    pub fn new(name: &'static str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref().to_vec();
        Self { name, size: content.len() as u64, content, flags: 0, shift: 0 }
    }
}

/// An archive of stored entries with 64-bit heads. Source: PKWARE APPNOTE 4.3.
pub fn zip64(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let place = out.len() as u64;
        let (crc, packed) = (crc32(&entry.content), entry.content.len() as u64);
        let common = |version: &[u8], extra: u16| {
            let mut head = version.to_vec();
            head.extend_from_slice(&entry.flags.to_le_bytes());
            head.extend_from_slice(&[0, 0, 0, 0, 0x21, 0x28]);
            head.extend_from_slice(&crc.to_le_bytes());
            head.extend_from_slice(&[0xff; 8]);
            head.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
            head.extend_from_slice(&extra.to_le_bytes());
            head
        };
        let sizes = [entry.size, packed].map(u64::to_le_bytes).concat();
        out.extend_from_slice(b"PK\x03\x04");
        out.extend(common(&[45, 0], 20));
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(&[1, 0, 16, 0]);
        out.extend_from_slice(&sizes);
        out.extend_from_slice(&entry.content);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend(common(&[45, 3, 45, 0], 28));
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&[0xff; 4]);
        directory.extend_from_slice(entry.name.as_bytes());
        directory.extend_from_slice(&[1, 0, 24, 0]);
        directory.extend_from_slice(&sizes);
        directory.extend_from_slice(&place.saturating_add_signed(entry.shift).to_le_bytes());
    }
    let (place, length) = (out.len() as u64, directory.len() as u64);
    out.extend(directory);
    let (end, count) = (out.len() as u64, entries.len() as u64);
    out.extend_from_slice(b"PK\x06\x06");
    out.extend_from_slice(&44_u64.to_le_bytes());
    out.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend([count, count, length, place].into_iter().flat_map(u64::to_le_bytes));
    out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    out.extend_from_slice(&end.to_le_bytes());
    out.extend_from_slice(b"\x01\0\0\0PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[0xff; 12]);
    out.write_all(&[0, 0]).unwrap();
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Letters and digits that do not pack well enough to be a bomb.
pub fn noise(count: usize) -> String {
    let mut seed = 7_u32;
    std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (seed >> 24) as u8 % 26)
    })
    .take(count)
    .collect()
}
