//! 单位明细: a row per unit, subtotals where a group ends, the grand total at the end.

use rust_xlsxwriter::{Formula, Worksheet, XlsxError, utility::column_number_to_name};

use super::{Heading, Sums, UnitFigures};
use crate::{
    list::{FIRST, HEADER, List, ListCell, ListColumn, ListContent, ListHead, pattern, shown},
    marked::WriteError,
    style::{Styles, clipped},
};

/// Name of the sheet, for formulas elsewhere.
pub(super) const SHEET: &str = "单位明细";
/// Column of the plan.
pub(super) const PLAN: u16 = 4;
/// Column of the status.
pub(super) const STATUS: u16 = 5;
/// First column of figures.
const FIGURES_AT: usize = 7;

/// Which column of the sheet a figure stands in.
pub(super) fn column_of(figure: usize) -> u16 {
    (FIGURES_AT + figure) as u16
}

const COLUMNS: [ListColumn<'_>; 17] = [
    ListColumn::new("区局(产业)工会", ListContent::Text, 20),
    ListColumn::new("二级工会", ListContent::Text, 20),
    ListColumn::new("工会编号", ListContent::Text, 14),
    ListColumn::new("工会组织名称", ListContent::Text, 30),
    ListColumn::new("保障类型", ListContent::Text, 9),
    ListColumn::new("状态", ListContent::Text, 10),
    ListColumn::new("提交时间", ListContent::Instant, 19),
    ListColumn::new("会员总数", ListContent::Integer, 10),
    ListColumn::new("参保人数", ListContent::Integer, 10),
    ListColumn::new("未办卡人数", ListContent::Integer, 10),
    ListColumn::new("待确认人数", ListContent::Integer, 10),
    ListColumn::new("退休人数", ListContent::Integer, 10),
    ListColumn::new("死亡人数", ListContent::Integer, 10),
    ListColumn::new("参保费用", ListContent::Money, 15),
    ListColumn::new("市总统一划拨", ListContent::Money, 15),
    ListColumn::new("区局/各级工会缴费", ListContent::Money, 15),
    ListColumn::new("基层单位缴费", ListContent::Money, 15),
];

/// How a figure is shown.
pub(super) fn content(figure: usize) -> ListContent {
    COLUMNS[FIGURES_AT + figure].content
}

/// The sheet while it is written. Rows count from 0.
pub(super) struct Detail {
    list: List,
    bureau_from: u32,
    secondary_from: u32,
}

impl Detail {
    pub fn begin(sheet: &mut Worksheet, heading: &Heading, styles: &Styles) -> Result<Self, XlsxError> {
        let head = ListHead { sheet: SHEET, title: &heading.title, note: &heading.note, columns: &COLUMNS };
        Ok(Self { list: List::begin(sheet, &head, styles)?, bureau_from: FIRST, secondary_from: FIRST })
    }

    fn next_row(&self) -> u32 {
        FIRST + self.list.rows
    }

    pub fn open_bureau(&mut self) {
        self.bureau_from = self.next_row();
    }

    pub fn open_secondary(&mut self) {
        self.secondary_from = self.next_row();
    }

    /// Last row that has a unit or a subtotal; that of the header where there is none.
    pub fn last_row(&self) -> u32 {
        self.next_row() - 1
    }

    pub fn unit(&mut self, sheet: &mut Worksheet, unit: &UnitFigures<'_>, figures: &Sums) -> Result<(), WriteError> {
        let texts = [unit.bureau, unit.secondary, unit.code, unit.name, unit.plan, unit.status];
        let mut cells = [ListCell::Empty; COLUMNS.len()];
        for (cell, text) in cells.iter_mut().zip(texts).filter(|(_, text)| !text.is_empty()) {
            *cell = ListCell::Text(text);
        }
        cells[FIGURES_AT - 1] = ListCell::Instant(unit.submitted_at);
        for (place, figure) in figures.iter().enumerate() {
            cells[FIGURES_AT + place] = match content(place) {
                ListContent::Money => ListCell::MoneyFen(*figure),
                _ => ListCell::Integer(*figure),
            };
        }
        self.list.row(sheet, &cells)
    }

    /// The subtotal of the secondary union that ends here; its row.
    pub fn subtotal(
        &mut self,
        sheet: &mut Worksheet,
        (bureau, name): (&str, &str),
        sums: &Sums,
        styles: &Styles,
    ) -> Result<u32, XlsxError> {
        let row = self.next_row();
        self.list.rows += 1;
        sums_row(sheet, row, [bureau, &format!("{name} 小计")], self.secondary_from, sums, styles)?;
        Ok(row)
    }

    /// The subtotal of the bureau that ends here; its row.
    pub fn total_of_bureau(
        &mut self,
        sheet: &mut Worksheet,
        name: &str,
        sums: &Sums,
        styles: &Styles,
    ) -> Result<u32, XlsxError> {
        let row = self.next_row();
        self.list.rows += 1;
        sums_row(sheet, row, [&format!("{name} 合计"), ""], self.bureau_from, sums, styles)?;
        Ok(row)
    }

    /// The grand total, below what the filter covers.
    pub fn end(&self, sheet: &mut Worksheet, sums: &Sums, styles: &Styles) -> Result<(), XlsxError> {
        if self.list.rows > 0 {
            sums_row(sheet, self.next_row(), ["总计", ""], FIRST, sums, styles)?;
        }
        sheet.autofilter(HEADER, 0, self.last_row(), COLUMNS.len() as u16 - 1).map(drop)
    }
}

/// A row of sums over the rows from `from` to the one above. SUBTOTAL leaves other subtotals out, and what a filter hides.
fn sums_row(
    sheet: &mut Worksheet,
    row: u32,
    titles: [&str; 2],
    from: u32,
    sums: &Sums,
    styles: &Styles,
) -> Result<(), XlsxError> {
    for (column, title) in (0..).zip(titles) {
        sheet.write_string_with_format(row, column, clipped(title), &styles.total)?;
    }
    for column in titles.len()..FIGURES_AT {
        sheet.write_blank(row, column as u16, &styles.total)?;
    }
    for (figure, sum) in sums.iter().enumerate() {
        let (column, content) = (column_of(figure), content(figure));
        let letter = column_number_to_name(column);
        let formula = Formula::new(format!("=SUBTOTAL(9,{letter}{}:{letter}{row})", from + 1));
        let format = styles.total.clone().set_num_format(pattern(content));
        sheet.write_formula_with_format(row, column, formula.set_result(shown(*sum, content)), &format)?;
    }
    Ok(())
}
