//! The rejected rows alone, in template form: to be mended and uploaded as they are.

use std::io::{Seek, Write};

use domain::{cell::Cell, finding::Severity, place::Blocks, template::TemplateKind};
use rust_xlsxwriter::{Note, Worksheet, XlsxError};

use crate::{
    RawRow, Spool,
    marked::{Mark, Outcome, WriteError, WriteOptions, note_text, result_text},
    style::{Styles, clipped, put, put_marked, workbook},
    template_file::add_template,
};

/// Rows in one file at most; a file with more rejected rows than this is better mended as a whole.
const ROWS: u32 = 100_000;
/// Notes in one file at most.
const NOTES: usize = 5_000;
/// Width of the column of reasons, in characters.
const REASON_WIDTH: f64 = 60.0;

/// Writes the rows whose mark is rejected (duplicates are not) into a template; how many. `marks` come in the order of rows.
pub fn write_rejected<'a>(
    kind: TemplateKind,
    year: i32,
    spool: &Spool,
    marks: impl Iterator<Item = Mark<'a>>,
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<u32, WriteError> {
    let (mut workbook, styles) = (workbook(options.created)?, Styles::new());
    add_template(&mut workbook, kind, year, &styles)?;
    let sheet = workbook.worksheet_from_index(0)?;
    let reasons = kind.columns().len() as u16;
    sheet.set_column_width(reasons, REASON_WIDTH)?;
    sheet.write_string_with_format(0, reasons, "未接收原因", &styles.header)?;
    let names = spool.head.names();
    let (mut marks, mut count, mut notes) = (marks.peekable(), 0, 0);
    for row in spool.rows() {
        let row = row?;
        let mark = marks.next_if(|mark| mark.place == row.place());
        let Some(mark) = mark.filter(|mark| mark.outcome == Outcome::Rejected) else { continue };
        if count == ROWS {
            break;
        }
        count += 1;
        write_row(sheet, count, (kind, spool), &row, &mark, &styles, &mut notes)?;
        sheet.write_string_with_format(count, reasons, clipped(&reason(&names, &mark)), &styles.bad)?;
    }
    sheet.autofilter(0, 0, count, reasons)?;
    workbook.save_to_writer(out)?;
    Ok(count)
}

/// Where the row stood, as there may be several sheets, and why it was not taken.
fn reason(names: &Blocks, mark: &Mark<'_>) -> String {
    let place = if names.several_sheets() { format!("{}：", names.row_zh(mark.place)) } else { String::new() };
    place + &result_text(mark)
}

fn write_row(
    sheet: &mut Worksheet,
    at: u32,
    (kind, spool): (TemplateKind, &Spool),
    row: &RawRow,
    mark: &Mark<'_>,
    styles: &Styles,
    notes: &mut usize,
) -> Result<(), XlsxError> {
    let cells = row.in_template_order(&spool.head);
    for (place, column) in kind.columns().iter().enumerate() {
        let cell = cells.get(place).copied().unwrap_or(Cell::Empty);
        let of_column = mark.findings.iter().filter(|finding| finding.column == Some(column.key));
        match of_column.map(|finding| finding.severity).max() {
            None => put(sheet, at, place as u16, cell, false)?,
            Some(worst) => {
                let format = if worst == Severity::Error { &styles.error } else { &styles.warning };
                put_marked(sheet, at, place as u16, cell, format)?;
                if *notes < NOTES {
                    *notes += 1;
                    let note = Note::new(note_text(mark.findings, column.key)).add_author_prefix(false);
                    sheet.insert_note(at, place as u16, &note.set_width(260).set_height(90))?;
                }
            }
        }
    }
    Ok(())
}
