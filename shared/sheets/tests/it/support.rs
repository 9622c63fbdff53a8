//! What the tests of this crate share: a pool with the test child, and spreadsheets made by hand, sound ones and such with something amiss.

use std::{
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use domain::{finding::Code, template::TemplateKind};
use sheets::{PoolSettings, ReadError, ReadLimits, ReaderPool, Rejection, Spool};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

/// A private folder with a pool over it.
pub struct Desk {
    pub folder: TempDir,
    pub pool: ReaderPool,
}

impl Desk {
    pub fn new(limits: ReadLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = PoolSettings {
            program: PathBuf::from(env!("CARGO_BIN_EXE_sheets-test-child")),
            args: Vec::new(),
            processes: 1,
            files_per_process: 50,
            spool_folder: folder.path().to_owned(),
        };
        Self { pool: ReaderPool::new(settings, limits), folder }
    }

    pub fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("upload");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, kind: TemplateKind, bytes: &[u8]) -> Result<Spool, ReadError> {
        self.pool.read(&self.file(bytes), kind)
    }

    pub fn rejected(&self, kind: TemplateKind, bytes: &[u8]) -> Rejection {
        match self.read(kind, bytes) {
            Err(ReadError::Rejected(rejection)) => rejection,
            Err(error) => panic!("{error}"),
            Ok(spool) => panic!("read {} rows", spool.count),
        }
    }

    pub fn code(&self, kind: TemplateKind, bytes: &[u8]) -> Code {
        self.rejected(kind, bytes).code
    }
}

/// Limits small enough for quick tests.
pub fn tight() -> ReadLimits {
    ReadLimits { cpu_s: 5, wall_s: 20, memory_bytes: 256 << 20, ..ReadLimits::default() }
}

pub const ROSTER: TemplateKind = TemplateKind::Roster;

/// A roster's header and one row, as rows of a sheet's XML, to put more behind.
pub const ROSTER_ROWS: &str = concat!(
    r#"<row r="1"><c r="A1" t="inlineStr"><is><t>姓名*</t></is></c><c r="B1" t="inlineStr"><is><t>证件类型*</t></is></c>"#,
    r#"<c r="C1" t="inlineStr"><is><t>证件号码*</t></is></c></row>"#,
    r#"<row r="2"><c r="A2" t="inlineStr"><is><t>王小明</t></is></c><c r="C2"><v>5</v></c></row>"#,
);

/// An archive of parts.
pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// An .xlsx of one sheet with the given rows, and more parts.
pub fn xlsx(rows: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:D40"/><sheetData>{rows}</sheetData></worksheet>"#
    );
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    archive(&parts)
}

/// No files are left in a folder but those named.
pub fn holds_only(folder: &Path, name: &str) -> bool {
    std::fs::read_dir(folder).unwrap().all(|entry| entry.unwrap().file_name() == name)
}

/// An .xlsx of sheets by name, with the XML of their rows.
pub fn workbook(sheets: &[(String, String)]) -> Vec<u8> {
    let numbered = || (1..).zip(sheets);
    let book: Vec<String> =
        numbered().map(|(at, (name, _))| format!(r#"<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>"#)).collect();
    let book = BOOK.replace(r#"<sheet name="名单" sheetId="1" r:id="rId1"/>"#, &book.concat());
    let link = |at: usize| {
        BOOK_RELS
            .split_once("<Relationship ")
            .unwrap()
            .1
            .split_once("/>")
            .unwrap()
            .0
            .replace("rId1", &format!("rId{at}"))
            .replace("sheet1", &format!("sheet{at}"))
    };
    let links: Vec<String> = numbered().map(|(at, _)| format!("<Relationship {}/>", link(at))).collect();
    let links = links.concat();
    let rels = format!("{}{links}</Relationships>", BOOK_RELS.split_once("<Relationship ").unwrap().0);
    let parts: Vec<(String, String)> = numbered()
        .map(|(at, (_, rows))| {
            let xml = format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#);
            (format!("xl/worksheets/sheet{at}.xml"), xml)
        })
        .collect();
    let mut all = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
    ];
    all.extend(parts.iter().map(|(name, xml)| (name.as_str(), xml.as_bytes())));
    archive(&all)
}
