//! How our workbooks look, and how a cell of a clerk's file is put down in one: as text that nothing can run.

use chrono::{NaiveDateTime, Timelike};
use domain::cell::Cell;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Longest text of a cell, in UTF-16 units, by Excel's own limit.
const CELL_UNITS: usize = 32_767;
/// Paper size A4, by its number in the format.
pub(crate) const A4: u8 = 9;

/// The formats of a workbook, made once.
pub(crate) struct Styles {
    pub header: Format,
    pub required: Format,
    pub text: Format,
    pub wrapped: Format,
    pub error: Format,
    pub warning: Format,
    pub good: Format,
    pub bad: Format,
    pub title: Format,
    pub total: Format,
}

impl Styles {
    pub fn new() -> Self {
        let text = Format::new().set_num_format("@");
        let header =
            text.clone().set_bold().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Center);
        let header = header.set_align(FormatAlign::VerticalCenter).set_background_color(Color::RGB(0x00DD_EBF7));
        Self {
            required: header.clone().set_font_color(Color::RGB(0x00C0_0000)),
            header,
            wrapped: text.clone().set_text_wrap().set_align(FormatAlign::Top),
            error: text.clone().set_background_color(Color::RGB(0x00FF_C7CE)),
            warning: text.clone().set_background_color(Color::RGB(0x00FF_EB9C)),
            good: text.clone().set_font_color(Color::RGB(0x0037_5623)),
            bad: text.clone().set_font_color(Color::RGB(0x00C0_0000)),
            total: Format::new()
                .set_bold()
                .set_border_top(FormatBorder::Thin)
                .set_background_color(Color::RGB(0x00F2_F2F2)),
            title: Format::new().set_bold().set_font_size(14),
            text,
        }
    }
}

/// An empty workbook whose bytes depend on nothing but what is put in: packed fast, dated as told.
pub(crate) fn workbook(created: NaiveDateTime) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(created.and_utc().timestamp())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    workbook.set_zip_compression_level(3);
    Ok(workbook)
}

/// Landscape A4, as wide as one page, the header repeated on each.
pub(crate) fn for_print(sheet: &mut Worksheet, header_row: u32) -> Result<(), XlsxError> {
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_footer("&C&P / &N");
    sheet.set_repeat_rows(header_row, header_row).map(drop)
}

/// Cuts a text to what a cell takes.
pub(crate) fn clipped(text: &str) -> &str {
    if text.len() <= CELL_UNITS {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > CELL_UNITS
    });
    end.map_or(text, |(place, _)| &text[..place])
}

/// Writes a cell of the clerk's as text, in the format of its column; a number stays one only where `numeric` says so and
/// it is no long one. (A format given per cell would be hashed per cell, which is a third of the time.)
pub(crate) fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: Cell<'_>,
    numeric: bool,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Number(value) if numeric && value.abs() < 1e11 => sheet.write_number(row, column, value).map(drop),
        cell => with_text(cell, |text| sheet.write_string(row, column, text).map(drop)),
    }
}

/// The same with a format of its own; a blank cell shows its colour, too.
pub(crate) fn put_marked(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: Cell<'_>,
    format: &Format,
) -> Result<(), XlsxError> {
    with_text(cell, |text| sheet.write_string_with_format(row, column, text, format).map(drop))
}

fn with_text<T>(cell: Cell<'_>, write: impl FnOnce(&str) -> T) -> T {
    match cell {
        Cell::Empty => write(""),
        Cell::Text(text) => write(clipped(text)),
        Cell::Number(value) => write(&number_text(value)),
        Cell::Date(value) => write(&date_text(value)),
        Cell::Bool(value) => write(if value { "TRUE" } else { "FALSE" }),
        Cell::Error => write("#N/A"),
        Cell::Unsaved => write("（公式没有保存结果）"),
    }
}

/// A number as text. One of more than 15 digits has lost some, so it shows as Excel shows it and never as a whole number.
fn number_text(value: f64) -> String {
    if value.abs() >= 1e15 { format!("{value:.14E}") } else { value.to_string() }
}

fn date_text(value: NaiveDateTime) -> String {
    let pattern = if value.num_seconds_from_midnight() == 0 { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    value.format(pattern).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_number_is_never_written_as_plausible_digits() {
        assert_eq!(number_text(310_199_199_001_010_016.0), "3.10199199001010E17");
        assert_eq!(number_text(13_800_138_000.0), "13800138000");
        assert_eq!(number_text(0.5), "0.5");
    }

    #[test]
    fn a_text_of_the_longest_length_is_kept_and_a_longer_one_is_cut_between_characters() {
        assert_eq!(clipped(&"x".repeat(CELL_UNITS)).len(), CELL_UNITS);
        assert_eq!(clipped(&"x".repeat(CELL_UNITS + 1)).len(), CELL_UNITS);
        let rare = "𠮷".repeat(CELL_UNITS);
        assert_eq!(clipped(&rare).encode_utf16().count(), CELL_UNITS - 1);
    }
}
