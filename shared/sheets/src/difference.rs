//! The difference workbook of a comparison: 汇总, then a page per class; where there is something to choose, a drop-down
//! column 处理 in front that is read back; 名单有平台无 in the form of the member import, to be uploaded as it is.

use std::io::{Seek, Write};

use domain::template::TemplateKind;
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Workbook, Worksheet, XlsxError};

use crate::{
    actions::{CHOICE, ITEM},
    header::{MARK, MARK_SHEET},
    marked::{WriteError, WriteOptions},
    style::{A4, Styles, clipped, for_print, workbook},
};

/// Up to this many rows a workbook is made in memory; beyond, row by row through temporary files.
const SMALL_ROWS: usize = 20_000;
/// Widths of the columns of item and choice, in characters.
const FRONT_WIDTHS: [f64; 2] = [16.0, 14.0];

/// A page of a workbook. All cells are texts.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The name of the sheet.
    pub name: String,
    /// Headers and widths in characters, without those of item and choice.
    pub columns: Vec<(String, f64)>,
    /// The words of the drop-down; where there are any, rows begin with item and choice.
    pub choices: &'static [&'static str],
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// A difference workbook.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Label and text at the top of 汇总.
    pub lines: Vec<(String, String)>,
    /// Label and count.
    pub counts: Vec<(String, u64)>,
    /// What to do next, a line each.
    pub advice: Vec<String>,
    /// The pages, in order.
    pub pages: Vec<Page>,
    /// The coverage year in the mark by which the member import knows its page.
    pub year: i32,
}

impl Page {
    /// A page in the form of a template: its headers, in its order.
    #[must_use]
    pub fn of_template(name: &str, kind: TemplateKind) -> Self {
        let columns = kind.columns().iter().map(|column| (column.marked_header(), f64::from(column.width)));
        Self { name: name.to_owned(), columns: columns.collect(), ..Self::default() }
    }
}

/// Writes a difference workbook.
pub fn write_difference(
    difference: &Difference,
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<(), WriteError> {
    let (mut workbook, styles) = (workbook(options.created)?, Styles::new());
    summary(workbook.add_worksheet(), difference, &styles)?;
    let small = difference.pages.iter().map(|page| page.rows.len()).sum::<usize>() <= SMALL_ROWS;
    if !small {
        workbook.set_tempdir(options.temp_folder)?;
    }
    for own in &difference.pages {
        let sheet = if small { workbook.add_worksheet() } else { workbook.add_worksheet_with_constant_memory()? };
        page(sheet, own, &styles)?;
    }
    mark(&mut workbook, difference.year)?;
    workbook.save_to_writer(out)?;
    Ok(())
}

fn page(sheet: &mut Worksheet, page: &Page, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name(&page.name)?.set_freeze_panes(1, 0)?;
    let front: &[&str] = if page.choices.is_empty() { &[] } else { &[ITEM, CHOICE] };
    let columns = front.iter().zip(FRONT_WIDTHS).map(|(title, width)| (*title, width));
    let columns: Vec<(&str, f64)> =
        columns.chain(page.columns.iter().map(|(title, width)| (title.as_str(), *width))).collect();
    sheet.set_row_height(0, 32)?;
    for (place, (title, width)) in (0_u16..).zip(&columns) {
        sheet.set_column_width(place, *width)?.set_column_format(place, &styles.text)?;
        sheet.write_string_with_format(0, place, *title, &styles.header)?;
    }
    let last = page.rows.len() as u32;
    if !page.choices.is_empty() && last > 0 {
        let rule = DataValidation::new()
            .allow_list_strings(page.choices)?
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title("请从列表中选择")?
            .set_error_message("请选择列表中的一项，或留空表示不处理。")?;
        sheet.add_data_validation(1, 1, last, 1, &rule)?;
    }
    for (row, cells) in (1..).zip(&page.rows) {
        for (place, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, place, clipped(cell))?;
        }
    }
    sheet.autofilter(0, 0, last, columns.len().saturating_sub(1) as u16)?;
    for_print(sheet, 0)
}

fn summary(sheet: &mut Worksheet, difference: &Difference, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name("汇总")?.set_paper_size(A4).set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 22)?.set_column_width(1, 60)?;
    sheet.write_string_with_format(0, 0, "会员比对汇总", &styles.title)?;
    let mut row = 2;
    for (label, text) in &difference.lines {
        sheet.write_string_with_format(row, 0, clipped(label), &styles.text)?;
        sheet.write_string_with_format(row, 1, clipped(text), &styles.text)?;
        row += 1;
    }
    row += 1;
    for (label, count) in &difference.counts {
        sheet.write_string_with_format(row, 0, clipped(label), &styles.text)?;
        sheet.write_number(row, 1, *count as f64)?;
        row += 1;
    }
    row += 1;
    for line in &difference.advice {
        sheet.write_string(row, 0, clipped(line))?;
        row += 1;
    }
    Ok(())
}

/// The hidden sheet by which the member import knows that a page is its own.
fn mark(workbook: &mut Workbook, year: i32) -> Result<(), XlsxError> {
    let kind = TemplateKind::Members;
    let sheet = workbook.add_worksheet().set_name(MARK_SHEET)?.set_hidden(true);
    sheet.write_string(0, 0, MARK)?.write_string(1, 0, kind.name())?;
    sheet.write_string(2, 0, year.to_string())?.write_string(3, 0, kind.version().to_string()).map(drop)
}
