//! What a sheet hides and merges: rows that nobody sees, cells that hold for several rows.
//!
//! For .xlsx both are found while the archive is looked over anyway ([`scan`]): a plain file costs a search for two words.

pub(crate) mod scan;

use crate::row::{Kept, Row};

/// Merged cells that are kept of one sheet; lists of real people have hundreds.
const MERGES: usize = 100_000;
/// Runs of hidden rows that are kept of one sheet.
const RUNS: usize = 1 << 20;
/// Merged cells that can lie over one row: one per column at most.
const OPEN: usize = 1 << 14;

/// What a sheet hides and merges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Cells merged over several rows, in the order of their first rows once [`Shape::settle`] was called.
    pub merges: Vec<Merge>,
    /// First and last of each run of hidden rows, from 1, in order.
    hidden: Vec<(u32, u32)>,
}

/// Cells that are one cell. Rows count from 1, columns from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Merge {
    pub top: u32,
    pub bottom: u32,
    pub left: u32,
}

impl Shape {
    /// Takes merged cells; only those over several rows matter.
    pub fn merge(&mut self, merge: Merge) {
        if merge.bottom > merge.top && self.merges.len() < MERGES {
            self.merges.push(merge);
        }
    }

    /// Takes a hidden row. They come in order, as a rule.
    pub fn hide(&mut self, row: u32) {
        let room = self.hidden.len() < RUNS;
        match self.hidden.last_mut() {
            Some((_, last)) if row == last.saturating_add(1) => *last = row,
            Some((first, last)) if (*first..=*last).contains(&row) => {}
            _ if room => self.hidden.push((row, row)),
            _ => {}
        }
    }

    /// Puts what was found into order.
    pub fn settle(mut self) -> Self {
        self.merges.sort_unstable();
        self.hidden.sort_unstable();
        self
    }

    /// Whether a row (from 1) is hidden.
    pub fn hides(&self, row: u32) -> bool {
        let after = self.hidden.partition_point(|(first, _)| *first <= row);
        after > 0 && self.hidden.get(after - 1).is_some_and(|(_, last)| row <= *last)
    }
}

/// Gives every row of merged cells what their first row holds. Takes the rows of a sheet in order.
pub(crate) struct Spreader<'s> {
    shape: &'s Shape,
    next: usize,
    open: Vec<(Merge, Option<Kept>)>,
}

impl<'s> Spreader<'s> {
    pub fn new(shape: &'s Shape) -> Self {
        Self { shape, next: 0, open: Vec::new() }
    }

    /// Fills what merged cells leave empty in this row.
    pub fn spread(&mut self, row: &mut Row) -> Result<(), crate::Rejection> {
        if self.open.is_empty() && self.next == self.shape.merges.len() {
            return Ok(());
        }
        self.open.retain(|(merge, _)| merge.bottom >= row.number);
        while let Some(merge) = self.shape.merges.get(self.next).filter(|merge| merge.top <= row.number) {
            self.next += 1;
            if merge.top == row.number && self.open.len() < OPEN {
                self.open.push((*merge, row.keep(merge.left)));
            }
        }
        for (merge, kept) in &self.open {
            if let Some(kept) = kept.as_ref().filter(|_| merge.top < row.number && row.at(merge.left).is_blank()) {
                row.fill(merge.left, kept)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::cell::Cell;

    use super::*;
    use crate::ReadLimits;

    #[test]
    fn hidden_rows_are_known_by_their_runs() {
        let mut shape = Shape::default();
        for row in [4, 5, 6, 9, 2] {
            shape.hide(row);
        }
        let shape = shape.settle();
        let hidden: Vec<u32> = (1..12).filter(|row| shape.hides(*row)).collect();
        assert_eq!(hidden, [2, 4, 5, 6, 9]);
    }

    #[test]
    fn merged_cells_hold_for_every_row_and_end_with_the_last() {
        let mut shape = Shape::default();
        shape.merge(Merge { top: 2, bottom: 4, left: 1 });
        shape.merge(Merge { top: 2, bottom: 2, left: 0 });
        let shape = shape.settle();
        let mut spreader = Spreader::new(&shape);
        let mut row = Row::new(&ReadLimits::default());
        let mut seen = Vec::new();
        for number in 1..=5 {
            row.start(number);
            row.push(0, Cell::Text("甲")).unwrap();
            if number == 2 {
                row.push(1, Cell::Text("一车间")).unwrap();
            }
            spreader.spread(&mut row).unwrap();
            seen.push(row.at(1) == Cell::Text("一车间"));
        }
        assert_eq!(seen, [false, true, true, true, false]);
    }
}
