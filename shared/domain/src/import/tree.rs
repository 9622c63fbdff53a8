//! The places of imported unions in the tree: every upper union must exist, in the file or before, and may have such a
//! union below it; nobody stands below himself.

use std::collections::HashMap;

use crate::{
    finding::{Code, Fault},
    organization::{Level, OrgCode},
    row::OrganizationRow,
};

/// More levels than any federation has; a longer way up is taken for a circle.
const DEEPEST: usize = 64;

/// The place of a union that the registry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPlace {
    /// Its level.
    pub level: Level,
    /// The union above it.
    pub parent: Option<OrgCode>,
}

/// The faults of the rows whose place can't be, by their index in `rows`, in ascending order; each is an error. `known`
/// looks a union up in the registry. A row below one that falls falls too, unless the registry has the upper union
/// already. Of rows with one code the first counts.
pub fn organization_tree(
    rows: &[&OrganizationRow],
    known: impl Fn(&OrgCode) -> Option<KnownPlace>,
) -> Vec<(usize, Fault)> {
    let mut by_code: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        by_code.entry(row.org_code.as_str()).or_insert(index);
    }
    let tree = Tree { rows, by_code, known };
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
    let mut faults = Vec::new();
    for index in 0..rows.len() {
        match tree.depth(index) {
            Some(depth) => order.push((depth, index)),
            None => faults.push((index, Fault::new(Code::ParentCycle, "parent_code"))),
        }
    }
    // Upper unions first: what stands below one that falls is judged after it.
    order.sort_unstable();
    let mut stands = vec![false; rows.len()];
    for (_, index) in order {
        match tree.fault(index, &stands) {
            Some(fault) => faults.push((index, fault)),
            None => stands[index] = true,
        }
    }
    faults.sort_by_key(|(index, _)| *index);
    faults
}

struct Tree<'r, F> {
    rows: &'r [&'r OrganizationRow],
    by_code: HashMap<&'r str, usize>,
    known: F,
}

impl<F: Fn(&OrgCode) -> Option<KnownPlace>> Tree<'_, F> {
    /// Unions above the row, as the tree would be; `None` where the way up never ends.
    fn depth(&self, index: usize) -> Option<usize> {
        let row = self.rows[index];
        let mut above = row.parent_code.clone();
        for depth in 0..DEEPEST {
            let Some(code) = above else { return Some(depth) };
            if code == row.org_code {
                return None;
            }
            above = match self.by_code.get(code.as_str()) {
                Some(upper) => self.rows[*upper].parent_code.clone(),
                None => (self.known)(&code).and_then(|place| place.parent),
            };
        }
        None
    }

    fn fault(&self, index: usize, stands: &[bool]) -> Option<Fault> {
        let row = self.rows[index];
        let parent = match &row.parent_code {
            None => None,
            Some(code) => {
                let in_file = self.by_code.get(code.as_str()).filter(|upper| stands[**upper]);
                let level = in_file.map(|upper| self.rows[*upper].level);
                let Some(level) = level.or_else(|| (self.known)(code).map(|place| place.level)) else {
                    return Some(Fault::new(Code::ParentUnknown, "parent_code").value(code.shown()));
                };
                Some(level)
            }
        };
        if row.level.may_stand_under(parent) {
            return None;
        }
        let above = parent.map_or("根", Level::name_zh);
        Some(Fault::new(Code::ParentLevel, "parent_code").detail(format!("{}在{above}之下", row.level.name_zh())))
    }
}
