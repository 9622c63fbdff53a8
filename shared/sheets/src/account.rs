//! The account of a file: what became of every row that holds anything, and what is to be told of the file as a whole.

use domain::finding::{Code, Scope, Severity};
use serde::{Deserialize, Serialize};

/// Notes of one file at most.
const NOTES: usize = 1_000;
/// Characters of a note's particulars.
const DETAIL_CHARS: usize = 500;

/// The books of a file: rows with content = headings + rows read + skipped + not read. Counted is (sheet, block, row).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Rows that hold anything.
    pub content: u64,
    /// Rows of headings.
    pub headings: u64,
    /// Titles, footers, hints, repeated headings, rows without a person.
    pub skipped: u64,
    /// Rows of visible sheets and blocks that were not read.
    pub not_read: u64,
    /// Rows read that are hidden or filtered away.
    pub hidden: u64,
    /// What is to be told, in the order of the sheets.
    pub notes: Vec<Note>,
}

/// Something to be told of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A warning of file scope.
    pub code: Code,
    /// The sheet; empty for a .csv.
    pub sheet: String,
    /// What is particular, in Chinese; no personal data.
    pub detail: String,
}

impl Account {
    /// Adds a note, as long as there is room.
    pub(crate) fn note(&mut self, code: Code, sheet: &str, detail: &str) {
        if self.notes.len() < NOTES {
            let (sheet, detail) = (sheet.chars().take(100).collect(), detail.chars().take(DETAIL_CHARS).collect());
            self.notes.push(Note { code, sheet, detail });
        }
    }

    /// Holds what an untrusted child sent to the limits and to the rows that came; false where it is not sound.
    pub(crate) fn settle(&mut self, read: u64) -> bool {
        let sum = [self.headings, read, self.skipped, self.not_read].into_iter().try_fold(0_u64, u64::checked_add);
        for note in &mut self.notes {
            note.detail = note.detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS).collect();
            note.sheet = note.sheet.chars().filter(|c| !c.is_control()).take(100).collect();
        }
        let told = |note: &Note| note.code.scope() == Scope::File && note.code.severity() == Severity::Warning;
        sum == Some(self.content) && self.hidden <= read && self.notes.len() <= NOTES && self.notes.iter().all(told)
    }
}

/// Row numbers as people write them: `4–5、9`, cut after some.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowList {
    runs: Vec<(u32, u32)>,
    count: u64,
}

impl RowList {
    /// Runs that are written out.
    const RUNS: usize = 12;

    /// Adds a row; rows come in order.
    pub fn push(&mut self, row: u32) {
        self.count += 1;
        let room = self.runs.len() <= Self::RUNS;
        match self.runs.last_mut() {
            Some((_, last)) if *last == row || last.saturating_add(1) == row => *last = row,
            _ if room => self.runs.push((row, row)),
            _ => {}
        }
    }

    /// How many rows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// `第 4–5、9 行`, with their number where they are many.
    pub fn text_zh(&self) -> String {
        let shown = self
            .runs
            .iter()
            .take(Self::RUNS)
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}–{last}") });
        let list = shown.collect::<Vec<_>>().join("、");
        let more = if self.runs.len() > Self::RUNS { "等" } else { "" };
        let all = if self.count > 1 { format!("，共 {} 行", self.count) } else { String::new() };
        format!("第 {list}{more} 行{all}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_in_runs() {
        let mut rows = RowList::default();
        for row in [4, 5, 9] {
            rows.push(row);
        }
        assert_eq!(rows.text_zh(), "第 4–5、9 行，共 3 行");
        for row in (20..200).step_by(3) {
            rows.push(row);
        }
        assert!(rows.text_zh().ends_with("等 行，共 63 行"), "{}", rows.text_zh());
    }

    #[test]
    fn books_that_do_not_add_up_are_refused() {
        let account = Account { content: 10, headings: 1, skipped: 2, not_read: 3, ..Account::default() };
        assert!(account.clone().settle(4));
        assert!(!account.clone().settle(5));
        assert!(!Account { hidden: 5, ..account.clone() }.settle(4));
        let mut noted = account;
        noted.note(Code::Damaged, "", "");
        assert!(!noted.settle(4), "an error is no note");
    }
}
