//! The clerk's own file back, with what became of every row: 汇总 first, then the data with 处理结果 in front.

use std::{
    io::{Seek, Write},
    iter::Peekable,
    path::Path,
};

use chrono::NaiveDateTime;
use domain::{
    finding::{Code, Finding, Severity},
    place::Place,
    template::TemplateKind,
};
use rust_xlsxwriter::{Format, Note, Workbook, Worksheet, XlsxError};

use self::{
    columns::{Columns, sheet_name},
    front::Front,
};
use crate::{
    Heads, RawRow, Sort, Spool,
    style::{Styles, clipped, put, put_marked, workbook},
};

mod columns;
mod front;

/// Up to this many rows a workbook is made in memory; beyond, row by row through a temporary file.
const SMALL_ROWS: u64 = 20_000;
/// Cells that get a note; each is a drawing, and programs grow slow with many. The reasons stand in 处理结果 anyway.
const NOTES: usize = 5_000;
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
    /// Where it stands in the file.
    pub place: Place,
    /// What became of it.
    pub outcome: Outcome,
    /// What was found in it.
    pub findings: &'a [Finding],
}

/// Rows by outcome. `content` is the sum of headings, read, skipped and not read; `read` of accepted, unchanged, rejected and
/// duplicate.
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
    /// Rows that hold anything.
    pub content: u64,
    /// Rows of headings.
    pub headings: u64,
    /// Titles, footers, hints and their like.
    pub skipped: u64,
    /// Rows of sheets and blocks that were not read.
    pub not_read: u64,
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
    /// What is told of the file as a whole, a sentence each.
    pub notes: Vec<String>,
}

/// How a workbook is written.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions<'a> {
    /// The creation time in its properties: the same inputs give the same bytes.
    pub created: NaiveDateTime,
    /// Private folder for temporary files, which hold plain text.
    pub temp_folder: &'a Path,
}

/// Writes the clerk's own file back, with all sheets that were read. `marks` come in the order of the rows of data; a row
/// without one has an empty 处理结果. Rows keep their numbers, so that a finding's row is the same in both files.
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
    let (mut rows, mut marks) = (spool.all_rows().peekable(), marks.peekable());
    let (mut names, mut notes) = (vec!["汇总".to_owned()], 0);
    let mut sheets: Vec<u16> = spool.head.iter().map(|head| head.sheet_no).collect();
    sheets.dedup();
    for number in sheets {
        let columns = Columns::of(&spool.head, number, kind);
        let sheet = data_sheet(&mut workbook, spool, options)?;
        sheet.set_name(sheet_name(&columns.sheet, &mut names))?;
        let mut marker = Marker { columns, kind, heads: &spool.head, styles: &styles, notes };
        let last = marker.rows(sheet, number, &mut rows, &mut marks)?;
        marker.columns.finish(sheet, last)?;
        notes = marker.notes;
    }
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

struct Marker<'a> {
    kind: TemplateKind,
    heads: &'a Heads,
    columns: Columns,
    styles: &'a Styles,
    notes: usize,
}

impl Marker<'_> {
    /// Writes the rows of one sheet; the last row written, from 0. Lists side by side have one row in common.
    fn rows<'m>(
        &mut self,
        sheet: &mut Worksheet,
        number: u16,
        rows: &mut Peekable<impl Iterator<Item = std::io::Result<RawRow>>>,
        marks: &mut Peekable<impl Iterator<Item = Mark<'m>>>,
    ) -> Result<u32, WriteError> {
        self.columns.prepare(sheet, &self.styles.text)?;
        let (mut last, mut front) = (self.columns.header, Front::default());
        let is_own = |heads: &Heads, row: &RawRow| heads.get(row.block).is_some_and(|head| head.sheet_no == number);
        while let Some(row) = rows.next_if(|row| row.as_ref().map_or(true, |row| is_own(self.heads, row))) {
            let row = row?;
            let mark = marks.next_if(|mark| row.sort == Sort::Data && mark.place == row.place());
            if front.row != row.number {
                front.write(sheet, self.styles)?;
                front = Front::of(row.number);
            }
            last = row.number - 1;
            front.add(&row, mark.as_ref(), row.number - 1 == self.columns.header);
            match row.sort {
                Sort::Heading => self.heading(sheet, &row)?,
                _ => self.row(sheet, &row, mark.as_ref())?,
            }
        }
        front.write(sheet, self.styles)?;
        Ok(last)
    }

    fn heading(&self, sheet: &mut Worksheet, row: &RawRow) -> Result<(), XlsxError> {
        for (column, cell) in row.cells().enumerate() {
            if let (Some(place), false) = (self.columns.at(column), cell.is_blank()) {
                put_marked(sheet, row.number - 1, place, cell, &self.styles.header)?;
            }
        }
        Ok(())
    }

    fn row(&mut self, sheet: &mut Worksheet, row: &RawRow, mark: Option<&Mark<'_>>) -> Result<(), XlsxError> {
        let (at, findings) = (row.number - 1, mark.map_or(&[][..], |mark| mark.findings));
        let Some(head) = self.heads.get(row.block).filter(|_| row.number > 0) else { return Ok(()) };
        let mut cells = row.cells();
        let width = if findings.is_empty() { 0 } else { head.headers.len() };
        let mut column = 0;
        loop {
            let cell = match cells.next() {
                Some(cell) => cell,
                None if column < width => domain::cell::Cell::Empty,
                None => return Ok(()),
            };
            if let Some(place) = self.columns.at(column) {
                let template = head.places.get(column).copied().flatten().filter(|_| row.sort == Sort::Data);
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
        ("有内容的行数", counts.content),
        ("　表头", counts.headings),
        ("　跳过（标题、合计、说明等）", counts.skipped),
        ("　未读取", counts.not_read),
        ("　读取行数", counts.read),
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
    for note in &summary.notes {
        row += 1;
        sheet.write_string_with_format(row, 0, clipped(note), &styles.text)?;
    }
    if summary.findings.is_empty() {
        return Ok(());
    }
    row += 2;
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
