//! Files made by hand: sound ones of every format, and parts to put others in place of.

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

    /// With a text of a part replaced wherever it stands.
    pub fn replaced(mut self, name: &str, from: &str, to: &str) -> Self {
        let (_, content) = self.0.iter_mut().find(|(other, _)| other == name).unwrap();
        let text = String::from_utf8(content.clone()).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        *content = text.replace(from, to).into_bytes();
        self
    }

    /// The archive, with a part in two bytes a character.
    pub fn wide(mut self, name: &str) -> Vec<u8> {
        let (_, content) = self.0.iter_mut().find(|(other, _)| other == name).unwrap();
        let text = format!("\u{feff}{}", String::from_utf8_lossy(content));
        *content = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.bytes()
    }

    /// The archive, with names as some programs for Windows write them.
    pub fn backslashed(mut self) -> Vec<u8> {
        self.0.iter_mut().for_each(|(name, _)| *name = name.replace('/', "\\"));
        self.bytes()
    }

    /// The archive.
    pub fn bytes(&self) -> Vec<u8> {
        let parts: Vec<(&str, &[u8])> =
            self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        archive(&parts)
    }
}
