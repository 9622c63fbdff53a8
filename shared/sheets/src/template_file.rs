//! The templates that clerks fill in: made from the same table that the reader and the validators use.

use chrono::NaiveDate;
use domain::{
    finding::{Code, CodeRow, Scope, Severity},
    template::{Column, Content, TemplateKind, YES_NO},
};
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula, Workbook, Worksheet, XlsxError};

use crate::{
    header::{LISTS_SHEET, MARK, MARK_SHEET},
    marked::WriteError,
    style::{Styles, for_print, workbook},
};

/// Rows that have drop-downs and hints; the text format holds for whole columns.
const READY_ROWS: u32 = 5_000;
/// Longest literal list of a drop-down, in UTF-16 units with commas.
const LITERAL_UNITS: usize = 255;

/// The template of a kind for a coverage year, as the bytes of an .xlsx.
pub fn write_template(kind: TemplateKind, year: i32) -> Result<Vec<u8>, WriteError> {
    // A template is of its year and version, not of the moment it was asked for.
    let created = NaiveDate::from_ymd_opt(year.clamp(2000, 9000) - 1, 10, 1).unwrap_or_default();
    let mut workbook = workbook(created.and_time(chrono::NaiveTime::MIN))?;
    add_template(&mut workbook, kind, year, &Styles::new())?;
    Ok(workbook.save_to_buffer()?)
}

/// Adds the sheets of a template; the one to fill in is the first.
pub(crate) fn add_template(
    workbook: &mut Workbook,
    kind: TemplateKind,
    year: i32,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let lists: Vec<&[&str]> = kind.columns().iter().filter_map(long_list).collect();
    let sheet = workbook.add_worksheet().set_name(kind.title_zh())?;
    sheet.set_row_height(0, 32)?.set_freeze_panes(1, 0)?;
    let mut list = 0;
    for (place, column) in (0_u16..).zip(kind.columns()) {
        let format = if column.required { &styles.required } else { &styles.header };
        sheet.set_column_width(place, f64::from(column.width))?.set_column_format(place, &styles.text)?;
        sheet.write_string_with_format(0, place, column.marked_header(), format)?;
        let source = long_list(column).map(|values| {
            list += 1;
            let letter = char::from(b'A' + list - 1);
            Formula::new(format!("={LISTS_SHEET}!${letter}$1:${letter}${}", values.len()))
        });
        sheet.add_data_validation(1, place, READY_ROWS, place, &validation(column, source)?)?;
    }
    for_print(sheet, 0)?;
    explain(workbook.add_worksheet(), kind, styles)?;
    if !lists.is_empty() {
        let sheet = workbook.add_worksheet().set_name(LISTS_SHEET)?.set_hidden(true);
        for (place, values) in (0..).zip(lists) {
            sheet.write_column(0, place, values.iter().copied())?;
        }
    }
    let sheet = workbook.add_worksheet().set_name(MARK_SHEET)?.set_hidden(true);
    sheet.write_string(0, 0, MARK)?.write_string(1, 0, kind.name())?;
    sheet.write_string(2, 0, year.to_string())?.write_string(3, 0, kind.version().to_string())?;
    Ok(())
}

fn values(column: &Column) -> Option<&'static [&'static str]> {
    match column.content {
        Content::List(values) | Content::OpenList(values) => Some(values),
        Content::YesNo => Some(YES_NO),
        Content::Text | Content::NumberLikeText | Content::Date => None,
    }
}

/// The values where a literal has no room for them.
fn long_list(column: &Column) -> Option<&'static [&'static str]> {
    values(column).filter(|values| values.join(",").encode_utf16().count() > LITERAL_UNITS)
}

fn validation(column: &Column, source: Option<Formula>) -> Result<DataValidation, XlsxError> {
    let rule = DataValidation::new();
    let rule = match (values(column), source) {
        (Some(_), Some(range)) => rule.allow_list_formula(range),
        (Some(values), None) => rule.allow_list_strings(values)?,
        (None, _) => rule.allow_any_value(),
    };
    let rule = rule.set_input_title(column.title())?.set_input_message(column.hint)?;
    Ok(match column.content {
        Content::OpenList(_) => rule.show_error_message(false),
        Content::List(_) | Content::YesNo => rule
            .set_error_style(DataValidationErrorStyle::Stop)
            .set_error_title("请从列表中选择")?
            .set_error_message(column.hint)?,
        _ => rule,
    })
}

/// 数据说明: the columns with their values, then everything that may be found.
fn explain(sheet: &mut Worksheet, kind: TemplateKind, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name("数据说明")?.set_landscape().set_paper_size(crate::style::A4).set_print_fit_to_pages(1, 0);
    for (column, width) in [(0, 22), (1, 10), (2, 14), (3, 50), (4, 50)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 0, format!("{}模板：数据说明", kind.title_zh()), &styles.title)?;
    sheet.write_string(1, 0, "表头文字请勿改动；带 * 的列必填。号码、编号、卡号一律为文本格式。本页不会被读取。")?;
    let mut row = 3;
    line(sheet, row, &["列", "必填", "内容", "允许的值", "说明"], &styles.header)?;
    for column in kind.columns() {
        row += 1;
        let (sort, list) = match column.content {
            Content::Text => ("文字", String::new()),
            Content::NumberLikeText => ("文本格式的号码", String::new()),
            Content::List(values) => ("固定选项", values.join("、")),
            Content::OpenList(values) => ("选项，也可另填", values.join("、")),
            Content::Date => ("日期", "2022-11-03".to_owned()),
            Content::YesNo => ("是或否", YES_NO.join("、")),
        };
        line(
            sheet,
            row,
            &[column.header, if column.required { "是" } else { "" }, sort, &list, column.hint],
            &styles.wrapped,
        )?;
    }
    let parts = [
        ("逐行检查", Scope::Row, None),
        ("整个文件不予接收的情况", Scope::File, Some(Severity::Error)),
        ("关于整个文件的提示", Scope::File, Some(Severity::Warning)),
    ];
    for (title, scope, severity) in parts {
        let is_part = |code: &CodeRow| code.scope == scope && severity.is_none_or(|severity| code.severity == severity);
        row += 2;
        line(sheet, row, &[title, "级别", "", "问题", "处理办法"], &styles.header)?;
        for entry in Code::TABLE.iter().filter(|entry| is_part(entry)) {
            row += 1;
            line(
                sheet,
                row,
                &[entry.name, entry.severity.name_zh(), "", entry.message_zh, entry.remedy_zh],
                &styles.wrapped,
            )?;
        }
    }
    Ok(())
}

fn line(sheet: &mut Worksheet, row: u32, texts: &[&str], format: &rust_xlsxwriter::Format) -> Result<(), XlsxError> {
    for (column, text) in (0..).zip(texts) {
        sheet.write_string_with_format(row, column, *text, format)?;
    }
    Ok(())
}
