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
/// Rows of a sheet below its header.
const SHEET_ROWS: usize = (1 << 20) - 1;
/// Widths of the columns of item and choice, in characters.
const FRONT_WIDTHS: [f64; 2] = [16.0, 14.0];

/// The rows of a page, made one by one while they are written: there may be a million of them.
pub type PageRows<'p> = Box<dyn Iterator<Item = Vec<String>> + 'p>;

/// A page of a workbook. All cells are texts.
pub struct Page<'p> {
    /// The name of the sheet.
    pub name: String,
    /// Headers and widths in characters, without those of item and choice.
    pub columns: Vec<(String, f64)>,
    /// The words of the drop-down; where there are any, rows begin with item and choice.
    pub choices: &'static [&'static str],
    /// The rows.
    pub rows: PageRows<'p>,
    /// Whether the page is left out where it has no rows.
    pub optional: bool,
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
    /// How many rows all pages have together.
    pub rows: usize,
    /// The coverage year in the mark by which the member import knows its page.
    pub year: i32,
}

impl<'p> Page<'p> {
    /// A page that is always there.
    pub fn new(name: &str, columns: &[(&str, f64)], rows: impl Iterator<Item = Vec<String>> + 'p) -> Self {
        let columns = columns.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
        Self { name: name.to_owned(), columns, choices: &[], rows: Box::new(rows), optional: false }
    }

    /// A page in the form of a template: its headers, in its order.
    pub fn of_template(name: &str, kind: TemplateKind, rows: impl Iterator<Item = Vec<String>> + 'p) -> Self {
        let columns = kind.columns().iter().map(|column| (column.marked_header(), f64::from(column.width)));
        Self { columns: columns.collect(), ..Self::new(name, &[], rows) }
    }

    /// The same with a drop-down of these words; its rows begin with item and choice.
    #[must_use]
    pub fn with_choices(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }

    /// The same, left out where it has no rows.
    #[must_use]
    pub fn if_any(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// Writes a difference workbook with these pages in order; the rows of one are asked for when those before it are written.
/// A page of more rows than a sheet has goes on on a second one.
pub fn write_difference<'p>(
    difference: &Difference,
    pages: impl IntoIterator<Item = Page<'p>>,
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<(), WriteError> {
    write_with(difference, pages, SHEET_ROWS, options, out)
}

fn write_with<'p>(
    difference: &Difference,
    pages: impl IntoIterator<Item = Page<'p>>,
    sheet_rows: usize,
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<(), WriteError> {
    let (mut workbook, styles) = (workbook(options.created)?, Styles::new());
    summary(workbook.add_worksheet(), difference, &styles)?;
    let small = difference.rows <= SMALL_ROWS;
    if !small {
        workbook.set_tempdir(options.temp_folder)?;
    }
    for mut page in pages {
        let mut rows = std::mem::replace(&mut page.rows, Box::new(std::iter::empty())).peekable();
        if page.optional && rows.peek().is_none() {
            continue;
        }
        for number in 1.. {
            let sheet = if small { workbook.add_worksheet() } else { workbook.add_worksheet_with_constant_memory()? };
            let more = if number == 1 { String::new() } else { format!("（{number}）") };
            sheet.set_name(format!("{}{more}", page.name))?;
            write_page(sheet, &page, rows.by_ref().take(sheet_rows), &styles)?;
            if rows.peek().is_none() {
                break;
            }
        }
    }
    mark(&mut workbook, difference.year)?;
    workbook.save_to_writer(out)?;
    Ok(())
}

fn write_page(
    sheet: &mut Worksheet,
    page: &Page<'_>,
    rows: impl Iterator<Item = Vec<String>>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    let front: &[&str] = if page.choices.is_empty() { &[] } else { &[ITEM, CHOICE] };
    let columns = front.iter().zip(FRONT_WIDTHS).map(|(title, width)| (*title, width));
    let columns: Vec<(&str, f64)> =
        columns.chain(page.columns.iter().map(|(title, width)| (title.as_str(), *width))).collect();
    sheet.set_row_height(0, 32)?;
    for (place, (title, width)) in (0_u16..).zip(&columns) {
        sheet.set_column_width(place, *width)?.set_column_format(place, &styles.text)?;
        sheet.write_string_with_format(0, place, *title, &styles.header)?;
    }
    let mut last = 0;
    for (row, cells) in (1..).zip(rows) {
        for (place, cell) in (0..).zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, place, clipped(cell))?;
        }
        last = row;
    }
    if !page.choices.is_empty() && last > 0 {
        let rule = DataValidation::new()
            .allow_list_strings(page.choices)?
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title("请从列表中选择")?
            .set_error_message("请选择列表中的一项，或留空表示不处理。")?;
        sheet.add_data_validation(1, 1, last, 1, &rule)?;
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{DataType as _, Reader as _, Xlsx};

    use super::*;

    #[test]
    fn a_page_longer_than_a_sheet_goes_on_on_another_and_one_without_rows_may_be_left_out() {
        let folder = std::env::temp_dir();
        // Few rows are written in memory, many row by row.
        for rows in [7, SMALL_ROWS + 1] {
            let row = |number: usize| vec![format!("0ABCDEF1-{number}"), String::new(), number.to_string()];
            let columns = [("姓名", 14.0)];
            let pages = [
                Page::new("信息不一致", &columns, (0..7).map(row)).with_choices(&["更新"]),
                Page::new("未接收", &columns, std::iter::empty()).if_any(),
                Page::new("重复", &columns, std::iter::empty()),
            ];
            let difference = Difference { rows, year: 2022, ..Difference::default() };
            let options = WriteOptions { created: chrono::NaiveDateTime::default(), temp_folder: &folder };
            let mut made = Cursor::new(Vec::new());
            write_with(&difference, pages, 3, &options, &mut made).unwrap();
            let mut book: Xlsx<_> = Xlsx::new(made).unwrap();
            let names = ["汇总", "信息不一致", "信息不一致（2）", "信息不一致（3）", "重复", MARK_SHEET];
            assert_eq!(book.sheet_names(), names);
            let mut read = Vec::new();
            for name in &names[1..4] {
                let range = book.worksheet_range(name).unwrap();
                let mut lines = range.rows().map(|row| row[2].as_string().unwrap_or_default());
                assert_eq!(lines.next().as_deref(), Some("姓名"));
                read.extend(lines);
            }
            assert_eq!(read, (0..7).map(|number| number.to_string()).collect::<Vec<_>>());
        }
    }
}
