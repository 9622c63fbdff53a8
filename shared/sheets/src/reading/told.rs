//! What is to be told of one sheet: which rows were skipped or not read, and which of those read nobody sees.

use std::collections::BTreeMap;

use domain::finding::Code;

use super::Sort;
use crate::{Account, account::RowList};

/// The rows of a sheet that are told of, by what they are.
#[derive(Default)]
pub(super) struct Told {
    sheet: String,
    skipped: BTreeMap<Sort, RowList>,
    hidden: RowList,
    unread: Vec<(String, RowList)>,
}

impl Told {
    pub fn of(sheet: &str) -> Self {
        Self { sheet: sheet.to_owned(), ..Self::default() }
    }

    pub fn skipped(&mut self, sort: Sort, row: u32) {
        self.skipped.entry(sort).or_default().push(row);
    }

    pub fn hidden(&mut self, row: u32) {
        self.hidden.push(row);
    }

    /// A row under a heading that can't be read, and why.
    pub fn unread(&mut self, why: &str, row: u32) {
        match self.unread.last_mut() {
            Some((last, rows)) if last == why => rows.push(row),
            _ => {
                let mut rows = RowList::default();
                rows.push(row);
                self.unread.push((why.to_owned(), rows));
            }
        }
    }

    /// Writes what there is to tell; what was not read first.
    pub fn finish(self, account: &mut Account) {
        let sheet = if self.sheet.is_empty() { String::new() } else { format!("工作表“{}”", self.sheet) };
        for (why, rows) in self.unread {
            account.note(Code::BlockNotRead, &self.sheet, &format!("{sheet}{}（{why}）", rows.text_zh()));
        }
        if self.hidden.count() > 0 {
            account.hidden += self.hidden.count();
            account.note(Code::RowsHidden, &self.sheet, &format!("{sheet}{}", self.hidden.text_zh()));
        }
        for (sort, rows) in self.skipped {
            let detail = format!("{sheet}{}（{}）", rows.text_zh(), sort.title_zh());
            account.note(Code::RowsSkipped, &self.sheet, &detail);
        }
    }
}
