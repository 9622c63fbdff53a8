//! A difference workbook with choices in its column 处理, as a spreadsheet program leaves it, for the demonstration and for
//! tests: everything else in it stays, drop-downs included.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
};

use calamine::{DataType, Reader, Xlsx};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::actions::{CHOICE, ITEM};

/// Why choices can't be written into a workbook.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// It can't be read.
    #[error("the workbook can't be read: {0}")]
    Read(#[from] calamine::XlsxError),
    /// It can't be taken apart or put together.
    #[error("the workbook can't be rewritten: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It can't be written.
    #[error("the workbook can't be written: {0}")]
    Io(#[from] std::io::Error),
    /// It was not made by [`crate::write_difference`].
    #[error("no difference workbook: item in row {0} is not where it should be")]
    Foreign(u32),
}

/// A row in which something can be chosen: its cells by header, and the sheet's name.
#[derive(Debug)]
pub struct Line<'l> {
    /// The sheet.
    pub sheet: &'l str,
    /// What stands under a header.
    pub cells: BTreeMap<String, String>,
}

/// Writes what `choose` says into the column 处理 of each row that names an item; the new workbook.
pub fn fill_choices(
    workbook: &[u8],
    mut choose: impl FnMut(&Line<'_>) -> Option<&'static str>,
) -> Result<Vec<u8>, FillError> {
    let mut book: Xlsx<_> = calamine::Xlsx::new(Cursor::new(workbook))?;
    let mut words: BTreeMap<String, Vec<(u32, &'static str)>> = BTreeMap::new();
    for (place, sheet) in book.sheet_names().into_iter().enumerate() {
        let range = book.worksheet_range(&sheet)?;
        let mut rows = range.rows();
        let head: Vec<String> =
            rows.next().unwrap_or_default().iter().map(|cell| cell.as_string().unwrap_or_default()).collect();
        if head.first().map(String::as_str) != Some(ITEM) || head.get(1).map(String::as_str) != Some(CHOICE) {
            continue;
        }
        for (number, row) in (2..).zip(rows).filter(|(_, row)| row.first().is_some_and(|item| !item.is_empty())) {
            let texts = row.iter().map(|cell| cell.as_string().unwrap_or_default());
            let line = Line { sheet: &sheet, cells: head.iter().cloned().zip(texts).collect() };
            if let Some(word) = choose(&line) {
                words.entry(format!("xl/worksheets/sheet{}.xml", place + 1)).or_default().push((number, word));
            }
        }
    }
    rewritten(workbook, &words)
}

fn rewritten(workbook: &[u8], words: &BTreeMap<String, Vec<(u32, &str)>>) -> Result<Vec<u8>, FillError> {
    let mut archive = ZipArchive::new(Cursor::new(workbook))?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let mut part = archive.by_index(place)?;
        let name = part.name()?.into_owned();
        let Some(words) = words.get(&name) else {
            out.raw_copy_file(part)?;
            continue;
        };
        let mut xml = String::new();
        part.read_to_string(&mut xml)?;
        let options = SimpleFileOptions::default().last_modified_time(part.last_modified().unwrap_or_default());
        out.start_file(name, options)?;
        out.write_all(chosen(&xml, words)?.as_bytes())?;
    }
    Ok(out.finish()?.into_inner())
}

/// A cell B behind each of these cells A. Both come in the order of their rows.
fn chosen(xml: &str, words: &[(u32, &str)]) -> Result<String, FillError> {
    use std::fmt::Write as _;
    let (mut out, mut rest) = (String::with_capacity(xml.len() + words.len() * 80), xml);
    for (row, word) in words {
        let start = rest.find(&format!("<c r=\"A{row}\"")).ok_or(FillError::Foreign(*row))?;
        let end = rest[start..].find("</c>").ok_or(FillError::Foreign(*row))? + start + "</c>".len();
        let (before, after) = rest.split_at(end);
        out.push_str(before);
        let _ = write!(out, "<c r=\"B{row}\" t=\"inlineStr\"><is><t>{word}</t></is></c>");
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Difference, Page, WriteOptions, write_difference};

    #[test]
    fn choices_stand_where_they_are_read_back_and_nothing_else_has_changed() {
        let row = |key: &str, name: &str| vec![key.to_owned(), String::new(), name.to_owned()];
        let rows = [row("0ABCDEF1-1", "甲"), row("0ABCDEF1-2", "乙"), row("0ABCDEF1-3", "丙")];
        let columns = [("姓名", 14.0)];
        let plain = Page::new("名单有平台无", &columns, std::iter::once(vec!["转移".to_owned()]));
        let none = Page::new("未接收", &columns, std::iter::empty());
        let page = Page::new("平台有名单无", &columns, rows.into_iter()).with_choices(&["转移", "保留"]);
        let pages = [none.if_any(), plain, page];
        let difference = Difference { rows: 4, year: 2022, ..Difference::default() };
        let mut made = Cursor::new(Vec::new());
        let folder = std::env::temp_dir();
        let options = WriteOptions { created: chrono::NaiveDateTime::default(), temp_folder: &folder };
        write_difference(&difference, pages, &options, &mut made).unwrap();
        let word = |line: &Line<'_>| (line.cells["姓名"] != "乙").then_some("转移");
        let filled = fill_choices(made.get_ref(), word).unwrap();

        let read = |bytes: &[u8], sheet: &str| -> Vec<Vec<String>> {
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
            let range = book.worksheet_range(sheet).unwrap();
            range.rows().map(|row| row.iter().map(|cell| cell.as_string().unwrap_or_default()).collect()).collect()
        };
        let rows = read(&filled, "平台有名单无");
        assert_eq!(rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["处理", "转移", "", "转移"]);
        assert_eq!(rows.iter().map(|row| row[2].as_str()).collect::<Vec<_>>(), ["姓名", "甲", "乙", "丙"]);
        assert_eq!(read(&filled, "名单有平台无"), read(made.get_ref(), "名单有平台无"));
        let mut archive = ZipArchive::new(Cursor::new(&filled)).unwrap();
        let mut xml = String::new();
        archive.by_name("xl/worksheets/sheet3.xml").unwrap().read_to_string(&mut xml).unwrap();
        assert!(xml.contains("dataValidation"), "the drop-downs are still there");
    }
}
