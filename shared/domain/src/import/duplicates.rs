//! Which rows of a file say something about the same document or union.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hasher},
};

use crate::{
    finding::{Code, Fault},
    place::{Blocks, Place},
};

/// Remembers the rows that stand, by their key. A row that was rejected is not entered: the next one with its key is the
/// first. Of each key 128 bits of hash are kept, so a million rows take some 40 MB.
#[derive(Debug, Default)]
pub struct Duplicates {
    rows: HashMap<u128, Place>,
}

impl Duplicates {
    /// Enters a row; gives the place of the first row with that key if there is one.
    pub fn enter(&mut self, key: &str, row: Place) -> Option<Place> {
        match self.rows.entry(wide_hash(key)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(row);
                None
            }
        }
    }

    /// As [`Duplicates::enter`], with the fault to be told on the later row.
    pub fn fault(&mut self, key: &str, row: Place, column: &'static str, blocks: &Blocks) -> Option<Fault> {
        self.enter(key, row).map(|first| repeats(first, column, blocks))
    }
}

/// The fault of a row that says something about what stood in an earlier one.
#[must_use]
pub fn repeats(first: Place, column: &'static str, blocks: &Blocks) -> Fault {
    Fault::new(Code::DuplicateInFile, column).detail(format!("与{}相同", blocks.row_zh(first)))
}

/// 128 bits by which a key is known.
pub(crate) fn wide_hash(key: &str) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(key.as_bytes());
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
