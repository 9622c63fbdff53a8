//! Workbooks as a clerk opens them: sheets by name, rows by the titles of their columns.

use std::collections::BTreeMap;
use std::path::Path;

use calamine::{Data, Reader};

/// The names of the sheets, in order.
pub fn names(path: &Path) -> Vec<String> {
    calamine::open_workbook_auto(path).unwrap().sheet_names()
}

/// The rows below the header of a sheet (by place), each by the titles without star and remark.
pub fn rows(path: &Path, sheet: usize, first_title: &str) -> Vec<BTreeMap<String, String>> {
    let mut book = calamine::open_workbook_auto(path).unwrap();
    let range = book.worksheet_range_at(sheet).unwrap().unwrap();
    let lines: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
    let is_header = |line: &Vec<String>| line.first().is_some_and(|cell| plain(cell) == first_title);
    let head = lines.iter().position(is_header).unwrap_or_else(|| panic!("no header {first_title} in {lines:?}"));
    let titles: Vec<String> = lines[head].iter().map(|title| plain(title)).collect();
    let body = lines[head + 1..].iter().filter(|line| line.iter().any(|cell| !cell.is_empty()));
    body.map(|line| titles.iter().cloned().zip(line.iter().cloned()).collect()).collect()
}

fn plain(title: &str) -> String {
    let title = title.replace(['*', ' ', '\n'], "");
    title.split(['(', '（']).next().unwrap_or_default().to_owned()
}
