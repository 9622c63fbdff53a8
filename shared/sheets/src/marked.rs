//! The clerk's own file back, with what became of every row: 汇总 first, then the data with 处理结果 in front.

use std::{
    io::{Seek, Write},
    path::Path,
};

use chrono::NaiveDateTime;
use domain::{
    finding::{Code, Finding, Severity},
    template::{TemplateKind, header_key},
};
use rust_xlsxwriter::{Format, Note, Workbook, Worksheet, XlsxError};

use crate::{
    Head, RawRow, Spool,
    style::{Styles, clipped, for_print, put, put_marked, workbook},
};

/// Up to this many rows a workbook is made in memory; beyond, row by row through a temporary file.
const SMALL_ROWS: u64 = 20_000;
/// Cells that get a note; each is a drawing, and programs grow slow with many. The reasons stand in 处理结果 anyway.
const NOTES: usize = 5_000;
/// Header of the column in front.
const RESULT: &str = "处理结果";
/// Widths of columns, in characters.
const RESULT_WIDTH: f64 = 42.0;
const EXTRA_WIDTH: f64 = 14.0;

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The writer's own words: no room on the disk, as a rule.
    #[error("writing a workbook: {0}")]
    Workbook(#[from] XlsxError),
    /// The rows could not be read again.
    #[error("reading the rows of an upload again: {0}")]
    Rows(#[from] std::io::Error),
    /// A cell of a list is of another kind than its column: the caller's mistake. Both count from 1.
    #[error("row {row}, column {column} of a list is not of its column's kind")]
    Column {
        /// Row of the sheet.
        row: u32,
        /// Column of the sheet.
        column: usize,
    },
    /// A unit came after its group was closed: the caller's mistake. Holds its code.
    #[error("unit {0} comes after other groups; units must come in the order of bureaus and secondary unions")]
    Order(String),
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken.
    Accepted,
    /// Was there already.
    Unchanged,
    /// Has faults.
    Rejected,
    /// Stood in an earlier row.
    Duplicate,
    /// Taken as a request for a transfer.
    Transfer,
}

impl Outcome {
    /// The word in 处理结果.
    #[must_use]
    pub fn title_zh(self) -> &'static str {
        match self {
            Self::Accepted => "已接收",
            Self::Unchanged => "无变化",
            Self::Rejected => "未接收",
            Self::Duplicate => "重复",
            Self::Transfer => "转入申请",
        }
    }
}

/// What became of one row, and why.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// Row number as in the file, from 1.
    pub row: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// What was found in it.
    pub findings: &'a [Finding],
}

/// Rows by outcome. `read` is the sum of accepted, unchanged, rejected and duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Taken, requests for transfers among them.
    pub accepted: u64,
    /// There already.
    pub unchanged: u64,
    /// With faults.
    pub rejected: u64,
    /// Stood in an earlier row.
    pub duplicate: u64,
    /// Requests for transfers, a part of `accepted`.
    pub transfers: u64,
}

/// What stands on the first sheet.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What upload this is: label and text, in the order shown (文件, 工会, 接收时间 …).
    pub lines: Vec<(String, String)>,
    /// The counts.
    pub counts: Counts,
    /// Findings by code.
    pub findings: Vec<(Code, u64)>,
}

/// How a workbook is written.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// The creation time in its properties: the same inputs give the same bytes.
    pub created: NaiveDateTime,
    /// Private folder for temporary files, which hold plain text.
    pub temp_folder: &'a Path,
}

/// Writes the clerk's own file back. `marks` come in the order of rows; a row without one has an empty 处理结果.
/// Rows keep their numbers, so that a finding's row is the same in both files.
pub fn write_marked<'a>(
    kind: TemplateKind,
    spool: &Spool,
    marks: impl Iterator<Item = Mark<'a>>,
    summary: &Summary,
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<(), WriteError> {
    let (mut workbook, styles) = (workbook(options.created)?, Styles::new());
    write_summary(workbook.add_worksheet(), summary, &styles)?;
    let sheet = data_sheet(&mut workbook, spool, options)?;
    sheet.set_name(sheet_name(&spool.head.sheet))?;
    let mut marker =
        Marker { columns: Columns::of(&spool.head, kind), kind, head: &spool.head, styles: &styles, notes: 0 };
    let last = marker.rows(sheet, spool, marks)?;
    marker.columns.finish(sheet, &spool.head, last)?;
    workbook.save_to_writer(out)?;
    Ok(())
}

fn data_sheet<'w>(
    workbook: &'w mut Workbook,
    spool: &Spool,
    options: &WriteOptions<'_>,
) -> Result<&'w mut Worksheet, XlsxError> {
    if spool.count <= SMALL_ROWS {
        return Ok(workbook.add_worksheet());
    }
    workbook.set_tempdir(options.temp_folder)?;
    workbook.add_worksheet_with_constant_memory()
}

/// A name that every program takes, and that is not the summary's.
fn sheet_name(name: &str) -> String {
    let kept: String = name.chars().filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control()).take(15).collect();
    if kept.trim().is_empty() || kept == "汇总" || kept.eq_ignore_ascii_case("history") {
        "数据".to_owned()
    } else {
        kept
    }
}

/// Which column of the file goes to which column of the workbook.
struct Columns {
    /// By column of the file; `None` for an older 处理结果.
    place: Vec<Option<u16>>,
    widths: Vec<f64>,
}

impl Columns {
    fn of(head: &Head, kind: TemplateKind) -> Self {
        let (mut place, mut widths) = (Vec::new(), vec![RESULT_WIDTH]);
        for (column, header) in head.headers.iter().enumerate() {
            if header_key(header) == RESULT {
                place.push(None);
                continue;
            }
            place.push(Some(widths.len() as u16));
            let template = head.places.get(column).copied().flatten().map(|at| &kind.columns()[at]);
            widths.push(template.map_or(EXTRA_WIDTH, |column| f64::from(column.width)));
        }
        Self { place, widths }
    }

    /// Columns beyond the last header follow in order.
    fn at(&self, column: usize) -> Option<u16> {
        let beyond = || Some((self.widths.len() + column - self.place.len()) as u16);
        self.place.get(column).map_or_else(beyond, |place| *place)
    }

    /// Widths, and text format where the template knows the column; before any row is written.
    fn prepare(&self, sheet: &mut Worksheet, head: &Head, text: &Format) -> Result<(), XlsxError> {
        for (column, width) in self.widths.iter().enumerate() {
            sheet.set_column_width(column as u16, *width)?;
        }
        let known = head.places.iter().zip(&self.place).filter(|(template, _)| template.is_some());
        for column in known.filter_map(|(_, place)| *place) {
            sheet.set_column_format(column, text)?;
        }
        Ok(())
    }

    fn finish(&self, sheet: &mut Worksheet, head: &Head, last: u32) -> Result<(), XlsxError> {
        let header = head.header_row - 1;
        sheet.autofilter(header, 0, last.max(header), self.widths.len() as u16 - 1)?;
        sheet.set_freeze_panes(header + 1, 1)?;
        for_print(sheet, header)
    }
}

struct Marker<'a> {
    kind: TemplateKind,
    head: &'a Head,
    columns: Columns,
    styles: &'a Styles,
    notes: usize,
}

impl Marker<'_> {
    /// Writes header and rows; the last row written, from 0.
    fn rows<'m>(
        &mut self,
        sheet: &mut Worksheet,
        spool: &Spool,
        marks: impl Iterator<Item = Mark<'m>>,
    ) -> Result<u32, WriteError> {
        let header = self.head.header_row.max(1) - 1;
        self.columns.prepare(sheet, self.head, &self.styles.text)?;
        sheet.write_string_with_format(header, 0, RESULT, &self.styles.header)?;
        for (column, text) in self.head.headers.iter().enumerate() {
            if let Some(place) = self.columns.at(column) {
                sheet.write_string_with_format(header, place, text, &self.styles.header)?;
            }
        }
        let (mut marks, mut last) = (marks.peekable(), header);
        for row in spool.rows() {
            let row = row?;
            while marks.next_if(|mark| mark.row < row.number).is_some() {}
            last = row.number - 1;
            match marks.next_if(|mark| mark.row == row.number) {
                Some(mark) => self.row(sheet, &row, Some(&mark))?,
                None => self.row(sheet, &row, None)?,
            }
        }
        Ok(last)
    }

    fn row(&mut self, sheet: &mut Worksheet, row: &RawRow, mark: Option<&Mark<'_>>) -> Result<(), XlsxError> {
        let (at, findings) = (row.number - 1, mark.map_or(&[][..], |mark| mark.findings));
        if let Some(mark) = mark {
            let bad = matches!(mark.outcome, Outcome::Rejected | Outcome::Duplicate);
            let format = if bad { &self.styles.bad } else { &self.styles.good };
            sheet.write_string_with_format(at, 0, clipped(&result_text(mark)), format)?;
        }
        let mut cells = row.cells();
        let width = if findings.is_empty() { 0 } else { self.head.headers.len() };
        let mut column = 0;
        loop {
            let cell = match cells.next() {
                Some(cell) => cell,
                None if column < width => domain::cell::Cell::Empty,
                None => return Ok(()),
            };
            if let Some(place) = self.columns.at(column) {
                let template = self.head.places.get(column).copied().flatten();
                match template.and_then(|template| self.fault(findings, template)) {
                    Some(format) => {
                        put_marked(sheet, at, place, cell, format)?;
                        self.note(sheet, (at, place), findings, template)?;
                    }
                    None => put(sheet, at, place, cell, template.is_none())?,
                }
            }
            column += 1;
        }
    }

    /// The colour of a cell with findings.
    fn fault(&self, findings: &[Finding], template: usize) -> Option<&Format> {
        let key = self.kind.columns()[template].key;
        let worst =
            findings.iter().filter(|finding| finding.column == Some(key)).map(|finding| finding.severity).max()?;
        Some(if worst == Severity::Error { &self.styles.error } else { &self.styles.warning })
    }

    fn note(
        &mut self,
        sheet: &mut Worksheet,
        at: (u32, u16),
        findings: &[Finding],
        template: Option<usize>,
    ) -> Result<(), XlsxError> {
        let Some(template) = template.filter(|_| self.notes < NOTES) else { return Ok(()) };
        self.notes += 1;
        let text = note_text(findings, self.kind.columns()[template].key);
        sheet.insert_note(at.0, at.1, &Note::new(text).add_author_prefix(false).set_width(260).set_height(90)).map(drop)
    }
}

/// Outcome and reasons in one line.
pub(crate) fn result_text(mark: &Mark<'_>) -> String {
    let reasons: Vec<String> = mark.findings.iter().map(Finding::message_zh).collect();
    let colon = if reasons.is_empty() { "" } else { "：" };
    format!("{}{colon}{}", mark.outcome.title_zh(), reasons.join("；"))
}

/// Reason and remedy of every finding of a column.
pub(crate) fn note_text(findings: &[Finding], key: &str) -> String {
    let of_column = findings.iter().filter(|finding| finding.column == Some(key));
    let lines: Vec<String> =
        of_column.map(|finding| format!("{}。{}", finding.message_zh(), finding.remedy_zh())).collect();
    lines.join("\n").chars().take(1_000).collect()
}

fn write_summary(sheet: &mut Worksheet, summary: &Summary, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name("汇总")?.set_paper_size(crate::style::A4).set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 22)?.set_column_width(1, 14)?.set_column_width(2, 44)?.set_column_width(3, 60)?;
    sheet.write_string_with_format(0, 0, "处理结果汇总", &styles.title)?;
    let mut row = 2;
    for (label, text) in &summary.lines {
        sheet.write_string_with_format(row, 0, clipped(label), &styles.text)?;
        sheet.write_string_with_format(row, 1, clipped(text), &styles.text)?;
        row += 1;
    }
    let counts = &summary.counts;
    row += 1;
    for (label, count) in [
        ("读取行数", counts.read),
        ("已接收", counts.accepted),
        ("　其中转入申请", counts.transfers),
        ("无变化", counts.unchanged),
        ("未接收", counts.rejected),
        ("重复", counts.duplicate),
    ] {
        sheet.write_string_with_format(row, 0, label, &styles.text)?;
        sheet.write_number(row, 1, count as f64)?;
        row += 1;
    }
    if summary.findings.is_empty() {
        return Ok(());
    }
    row += 1;
    for (column, header) in (0..).zip(["代码", "行数", "问题", "处理办法"]) {
        sheet.write_string_with_format(row, column, header, &styles.header)?;
    }
    for (code, count) in &summary.findings {
        row += 1;
        sheet.write_string_with_format(row, 0, code.name(), &styles.text)?;
        sheet.write_number(row, 1, *count as f64)?;
        sheet.write_string_with_format(row, 2, code.message_zh(), &styles.wrapped)?;
        sheet.write_string_with_format(row, 3, code.remedy_zh(), &styles.wrapped)?;
    }
    Ok(())
}
