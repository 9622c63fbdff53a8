//! 统计汇总: totals per plan and payer, two charts, and a line per group that refers to its subtotal.

use std::collections::BTreeMap;

use domain::enrollment::submission::SubmissionStatus;
use rust_xlsxwriter::{Chart, ChartType, Formula, Worksheet, XlsxError, utility::column_number_to_name};

use super::{
    Group, Heading, PlanSums, Sums, add,
    detail::{PLAN, SHEET, STATUS, column_of, content},
};
use crate::{
    list::{FIRST, ListContent, pattern, shown},
    style::{A4, Styles, clipped},
};

/// Row of the first table's header, from 0.
const PLANS: u32 = 3;
/// Rows that the charts cover.
const CHART_ROWS: u32 = 17;
/// Figures shown here, by their place in the sums: people enrolled, money, its payers.
const SHOWN: [(usize, &str); 5] =
    [(1, "参保人数"), (6, "参保费用"), (7, "市总统一划拨"), (8, "区局/各级工会缴费"), (9, "基层单位缴费")];
/// Groups drawn in a chart; more would not be readable.
const DRAWN: usize = 40;

/// Writes the sheet. `last` is the last row of the units, from 0.
pub(super) fn write(
    sheet: &mut Worksheet,
    heading: &Heading,
    plans: &BTreeMap<String, PlanSums>,
    (title, groups): (&str, &Vec<Group>),
    last: u32,
    styles: &Styles,
) -> Result<(), XlsxError> {
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_footer("&C&P / &N");
    sheet.set_column_width(0, 26)?.set_column_width(1, 12)?.set_column_width(2, 12)?.set_freeze_panes(2, 0)?;
    for column in 3..8 {
        sheet.set_column_width(column, 17)?;
    }
    sheet.write_string_with_format(0, 0, &heading.title, &styles.title)?;
    sheet.write_string(1, 0, clipped(&heading.note))?;
    by_plan(sheet, plans, last, styles)?;
    let charts = PLANS + plans.len() as u32 + 3;
    let lines = charts + CHART_ROWS;
    by_group(sheet, lines, title, groups, styles)?;
    if !plans.is_empty() {
        let payers: Vec<(u16, &str)> = (4..).zip(SHOWN.iter().skip(2).map(|(_, title)| *title)).collect();
        let rows = (PLANS + 1, PLANS + plans.len() as u32);
        sheet.insert_chart(charts, 0, &stacked("各保障类型参保费用（元）", rows, &payers, ChartType::ColumnStacked))?;
    }
    if !groups.is_empty() {
        let rows = (lines + 1, lines + groups.len().min(DRAWN) as u32);
        let chart = stacked("提交情况（单位数）", rows, &[(1, "已提交"), (2, "未提交")], ChartType::BarStacked);
        sheet.insert_chart(charts, 4, &chart)?;
    }
    Ok(())
}

/// Title, units (and those outstanding, where the table has them), and the figures, as a header.
fn header(sheet: &mut Worksheet, row: u32, titles: &[&str], styles: &Styles) -> Result<(), XlsxError> {
    let figures = SHOWN.iter().map(|(_, title)| *title);
    for (column, title) in (0..).zip(titles.iter().copied().chain(figures)) {
        sheet.write_string_with_format(row, column, title, &styles.header)?;
    }
    Ok(())
}

fn by_plan(
    sheet: &mut Worksheet,
    plans: &BTreeMap<String, PlanSums>,
    last: u32,
    styles: &Styles,
) -> Result<(), XlsxError> {
    header(sheet, PLANS, &["保障类型", "单位数", "其中参保失败"], styles)?;
    let range = |column: u16| {
        let letter = column_number_to_name(column);
        format!("{SHEET}!${letter}${}:${letter}${}", FIRST + 1, last.max(FIRST) + 1)
    };
    let (mut row, mut units, mut failed, mut sums) = (PLANS, 0, 0, Sums::default());
    for (name, plan) in plans {
        row += 1;
        sheet.write_string_with_format(row, 0, clipped(name), &styles.text)?;
        let is_plan = format!("{},$A{}", range(PLAN), row + 1);
        formula(sheet, (row, 1), format!("=COUNTIFS({is_plan})"), plan.units as i64, ListContent::Integer, None)?;
        let is_failed = format!("=COUNTIFS({is_plan},{},\"{}\")", range(STATUS), SubmissionStatus::Failed.name_zh());
        formula(sheet, (row, 2), is_failed, plan.failed as i64, ListContent::Integer, None)?;
        for (place, (figure, _)) in (3..).zip(SHOWN) {
            let text = format!("=SUMIFS({},{is_plan})", range(column_of(figure)));
            formula(sheet, (row, place), text, plan.sums[figure], content(figure), None)?;
        }
        units += plan.units as i64;
        failed += plan.failed as i64;
        add(&mut sums, &plan.sums);
    }
    totals(sheet, (PLANS + 1, row), &[Some(units), Some(failed)], &sums, styles)
}

fn by_group(sheet: &mut Worksheet, top: u32, title: &str, groups: &[Group], styles: &Styles) -> Result<(), XlsxError> {
    header(sheet, top, &[title, "已提交单位", "未提交单位"], styles)?;
    let (mut row, mut units, mut outstanding, mut sums) = (top, 0, 0, Sums::default());
    for group in groups {
        row += 1;
        let name = if group.name.is_empty() { "直属单位" } else { &group.name };
        sheet.write_string_with_format(row, 0, clipped(name), &styles.text)?;
        sheet.write_number(row, 1, group.units as f64)?.write_number(row, 2, group.outstanding as f64)?;
        for (place, (figure, _)) in (3..).zip(SHOWN) {
            let letter = column_number_to_name(column_of(figure));
            let text = group.row.map_or("=0".to_owned(), |subtotal| format!("={SHEET}!{letter}{}", subtotal + 1));
            formula(sheet, (row, place), text, group.sums[figure], content(figure), None)?;
        }
        units += group.units as i64;
        outstanding += group.outstanding as i64;
        add(&mut sums, &group.sums);
    }
    totals(sheet, (top + 1, row), &[Some(units), Some(outstanding)], &sums, styles)
}

/// The row of sums over a table's rows, from `first` to `last`; nothing where there are none.
fn totals(
    sheet: &mut Worksheet,
    (first, last): (u32, u32),
    counts: &[Option<i64>; 2],
    sums: &Sums,
    styles: &Styles,
) -> Result<(), XlsxError> {
    if last < first {
        return Ok(());
    }
    sheet.write_string_with_format(last + 1, 0, "合计", &styles.total)?;
    let counts = counts.iter().map(|count| count.map(|count| (count, ListContent::Integer)));
    let figures = SHOWN.iter().map(|(figure, _)| Some((sums[*figure], content(*figure))));
    for (column, sum) in (1..).zip(counts.chain(figures)) {
        let letter = column_number_to_name(column);
        match sum {
            None => sheet.write_blank(last + 1, column, &styles.total).map(drop)?,
            Some((sum, content)) => {
                let text = format!("=SUM({letter}{}:{letter}{})", first + 1, last + 1);
                formula(sheet, (last + 1, column), text, sum, content, Some(styles))?;
            }
        }
    }
    Ok(())
}

/// A formula with the result that it has.
fn formula(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    text: String,
    result: i64,
    content: ListContent,
    total: Option<&Styles>,
) -> Result<(), XlsxError> {
    let format = total.map_or_else(rust_xlsxwriter::Format::new, |styles| styles.total.clone());
    let formula = Formula::new(text).set_result(shown(result, content));
    sheet.write_formula_with_format(row, column, formula, &format.set_num_format(pattern(content))).map(drop)
}

/// A chart of some columns of this sheet over the names in its first, for the rows from `first` to `last`.
fn stacked(title: &str, (first, last): (u32, u32), columns: &[(u16, &str)], kind: ChartType) -> Chart {
    let mut chart = Chart::new(kind);
    chart.title().set_name(title);
    for (column, name) in columns {
        let series = chart.add_series().set_categories(("统计汇总", first, 0, last, 0));
        series.set_values(("统计汇总", first, *column, last, *column)).set_name(*name);
    }
    // Programs may else begin the axis where the smallest value is, and five of six look like a third.
    let values = if kind == ChartType::BarStacked { chart.x_axis() } else { chart.y_axis() };
    values.set_min(0);
    chart.set_width(if columns.len() > 2 { 500 } else { 560 }).set_height(CHART_ROWS * 19);
    chart
}
