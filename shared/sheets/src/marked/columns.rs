//! Which column of a sheet goes to which column of the workbook that comes back, and what the sheet is called there.

use domain::template::{TemplateKind, header_key};
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use super::{EXTRA_WIDTH, RESULT_WIDTH};
use crate::{Heads, reading::RESULT, style::for_print};

/// A name that every program takes, and that no sheet before has.
pub(super) fn sheet_name(name: &str, taken: &mut Vec<String>) -> String {
    let kept: String = name.chars().filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control()).take(15).collect();
    let kept = if kept.trim().is_empty() || kept == "汇总" || kept.eq_ignore_ascii_case("history") {
        "数据".to_owned()
    } else {
        kept
    };
    let is_taken = |name: &String| taken.iter().any(|other| other.to_lowercase() == name.to_lowercase());
    let mut name = kept.clone();
    for number in 2.. {
        if !is_taken(&name) {
            break;
        }
        name = format!("{kept}（{number}）");
    }
    taken.push(name.clone());
    name
}

/// Which column of a sheet goes to which column of the workbook.
pub(super) struct Columns {
    pub sheet: String,
    /// Row of the first heading, from 0.
    pub header: u32,
    /// By column of the file; `None` for an older 处理结果.
    place: Vec<Option<u16>>,
    widths: Vec<f64>,
    /// Columns of the workbook that the template knows.
    known: Vec<u16>,
}

impl Columns {
    pub fn of(heads: &Heads, sheet: u16, kind: TemplateKind) -> Self {
        let own = || heads.iter().filter(|head| head.sheet_no == sheet);
        let (mut place, mut widths, mut known) = (Vec::new(), vec![RESULT_WIDTH], Vec::new());
        let count = own().map(|head| head.headers.len()).max().unwrap_or_default();
        for column in 0..count {
            if own().any(|head| head.headers.get(column).is_some_and(|header| header_key(header) == RESULT)) {
                place.push(None);
                continue;
            }
            place.push(Some(widths.len() as u16));
            let template = own().find_map(|head| head.places.get(column).copied().flatten());
            let template = template.map(|at| &kind.columns()[at]);
            if template.is_some() {
                known.push(widths.len() as u16);
            }
            widths.push(template.map_or(EXTRA_WIDTH, |column| f64::from(column.width)));
        }
        let first = own().next();
        Self {
            sheet: first.map(|head| head.sheet.clone()).unwrap_or_default(),
            header: first.map_or(1, |head| head.header_row).max(1) - 1,
            place,
            widths,
            known,
        }
    }

    /// Columns beyond the last header follow in order.
    pub fn at(&self, column: usize) -> Option<u16> {
        let beyond = || Some((self.widths.len() + column - self.place.len()) as u16);
        self.place.get(column).map_or_else(beyond, |place| *place)
    }

    /// Widths, and text format where the template knows the column; before any row is written.
    pub fn prepare(&self, sheet: &mut Worksheet, text: &Format) -> Result<(), XlsxError> {
        for (column, width) in self.widths.iter().enumerate() {
            sheet.set_column_width(column as u16, *width)?;
        }
        for column in &self.known {
            sheet.set_column_format(*column, text)?;
        }
        Ok(())
    }

    pub fn finish(&self, sheet: &mut Worksheet, last: u32) -> Result<(), XlsxError> {
        sheet.autofilter(self.header, 0, last.max(self.header), self.widths.len() as u16 - 1)?;
        sheet.set_freeze_panes(self.header + 1, 1)?;
        for_print(sheet, self.header)
    }
}
