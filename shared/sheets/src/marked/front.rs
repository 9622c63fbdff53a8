//! The column in front: what became of a row, and why.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::{Mark, Outcome, result_text};
use crate::{
    RawRow, Sort,
    reading::RESULT,
    style::{Styles, clipped},
};

/// What stands in front of a row: what became of it, of each of its blocks.
#[derive(Default)]
pub(super) struct Front {
    /// Row number, from 1; 0 before the first.
    pub row: u32,
    texts: Vec<String>,
    heading: bool,
    bad: bool,
    marked: bool,
}

impl Front {
    pub fn of(row: u32) -> Self {
        Self { row, ..Self::default() }
    }

    pub fn add(&mut self, row: &RawRow, mark: Option<&Mark<'_>>, first_heading: bool) {
        match (mark, row.sort) {
            (Some(mark), _) => {
                self.bad |= matches!(mark.outcome, Outcome::Rejected | Outcome::Duplicate);
                self.marked = true;
                self.texts.push(result_text(mark));
            }
            (None, Sort::Heading) => self.heading |= first_heading,
            (None, Sort::Data) => {}
            (None, Sort::Unread) => self.texts.push(row.sort.title_zh().to_owned()),
            (None, sort) => self.texts.push(format!("已跳过：{}", sort.title_zh())),
        }
    }

    pub fn write(&self, sheet: &mut Worksheet, styles: &Styles) -> Result<(), XlsxError> {
        let Some(at) = self.row.checked_sub(1) else { return Ok(()) };
        if self.heading {
            return sheet.write_string_with_format(at, 0, RESULT, &styles.header).map(drop);
        }
        if self.texts.is_empty() {
            return Ok(());
        }
        let format = match (self.marked, self.bad) {
            (_, true) => &styles.bad,
            (true, false) => &styles.good,
            (false, false) => &styles.text,
        };
        sheet.write_string_with_format(at, 0, clipped(&self.texts.join("\n")), format).map(drop)
    }
}
