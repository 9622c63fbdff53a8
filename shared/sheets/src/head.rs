//! Where the data lies in a file: its blocks, each a heading with the rows that it holds for.

use std::ops::Deref;

use domain::place::{BlockName, Blocks};
use serde::{Deserialize, Serialize};

/// Blocks of one file at most: a list that is printed in pages repeats its heading, and that makes no new block.
pub(crate) const BLOCKS: usize = 500;
/// Bytes of all headings of a file together.
const HEADING_BYTES: usize = 8 << 20;

/// Where a block lies, and which of its columns is which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Name of the sheet; empty for a .csv.
    pub sheet: String,
    /// The sheet's place in the file, from 0.
    pub sheet_no: u16,
    /// Number of the block within its sheet, from 1.
    pub number: u16,
    /// Row number of the heading, from 1; its last row where it has two.
    pub header_row: u32,
    /// All headings of the block in place, from the sheet's first column; empty where a column has none.
    pub headers: Vec<String>,
    /// Column of the template -> column of the sheet.
    pub map: Vec<Option<usize>>,
    /// The kind of document has no column, and every number is that of a 居民身份证: the places of kind and number in the
    /// template.
    pub kind_assumed: Option<(u8, u8)>,
    /// Column of the sheet -> column of the template; made from `map`.
    #[serde(skip)]
    pub places: Vec<Option<usize>>,
}

impl Head {
    /// Makes the inverse of the map, and holds what an untrusted child sent to the limits; false where it is not sound.
    pub(crate) fn settle(&mut self, places: usize, columns: u32) -> bool {
        let count = self.headers.len();
        self.places = vec![None; count];
        for (place, column) in self.map.iter().enumerate() {
            let Some(column) = *column else { continue };
            match self.places.get_mut(column) {
                Some(slot @ None) => *slot = Some(place),
                _ => return false,
            }
        }
        self.map.len() == places
            && count <= columns as usize
            && self.sheet.len() <= 1_000
            && self.headers.iter().all(|header| header.len() <= 1_000)
    }
}

/// The blocks of a file in order, at least one. Stands for the first, which is the only one of most files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    first: Head,
    rest: Vec<Head>,
    bytes: usize,
}

impl Heads {
    /// Of one block.
    pub(crate) fn new(first: Head) -> Self {
        Self { bytes: heading_bytes(&first), first, rest: Vec::new() }
    }

    /// Adds the next block; false where there are too many, or sheets go back.
    pub(crate) fn push(&mut self, head: Head) -> bool {
        let before = self.rest.last().unwrap_or(&self.first).sheet_no;
        self.bytes += heading_bytes(&head);
        let sound = head.sheet_no >= before && self.len() < BLOCKS && self.bytes <= HEADING_BYTES;
        self.rest.push(head);
        sound
    }

    /// The block of that place, from 0.
    #[must_use]
    pub fn get(&self, block: u16) -> Option<&Head> {
        match usize::from(block).checked_sub(1) {
            None => Some(&self.first),
            Some(place) => self.rest.get(place),
        }
    }

    /// All blocks.
    pub fn iter(&self) -> impl Iterator<Item = &Head> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// How many blocks there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.rest.len() + 1
    }

    /// What the blocks are called.
    #[must_use]
    pub fn names(&self) -> Blocks {
        Blocks::new(self.iter().map(|head| BlockName { sheet: head.sheet.clone(), number: head.number }).collect())
    }
}

impl Deref for Heads {
    type Target = Head;

    fn deref(&self) -> &Head {
        &self.first
    }
}

fn heading_bytes(head: &Head) -> usize {
    head.sheet.len() + head.headers.iter().map(|header| header.len() + 32).sum::<usize>()
}
