//! The rows of a file after it was read: in memory while they are few, in an unlinked file of a private folder beyond.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use crate::{Account, Block, Heads, RawRow, block::Rows};

/// Bytes of rows that stay in memory.
const MEMORY_BYTES: u64 = 4 << 20;

/// All rows of a file; can be gone through again and again, also from several threads.
pub struct Spool {
    /// Where the rows lay, and which column is which.
    pub head: Heads,
    /// How many rows of data there are.
    pub count: u64,
    /// What became of all others.
    pub account: Account,
    store: Store,
}

enum Store {
    Memory(Vec<Block>),
    File { file: File, blocks: Vec<Place> },
}

/// Where a block lies in the file.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    bytes: u32,
    rows: u32,
}

impl Spool {
    /// A row of data per item, in order; fails only where the temporary file can't be read.
    pub fn rows(&self) -> impl Iterator<Item = io::Result<RawRow>> + '_ {
        self.rows_of(Block::rows)
    }

    /// All rows, headings and what was skipped or not read among them.
    pub fn all_rows(&self) -> impl Iterator<Item = io::Result<RawRow>> + '_ {
        self.rows_of(Block::all_rows)
    }

    fn rows_of(&self, rows: fn(&Block) -> Rows) -> impl Iterator<Item = io::Result<RawRow>> + '_ {
        self.blocks().flat_map(move |block| {
            let (rows, error) = match block {
                Ok(block) => (Some(rows(&block)), None),
                Err(error) => (None, Some(Err(error))),
            };
            rows.into_iter().flatten().map(Ok).chain(error)
        })
    }

    /// The rows in blocks of about 128 KiB.
    pub fn blocks(&self) -> impl Iterator<Item = io::Result<Block>> + '_ {
        let count = match &self.store {
            Store::Memory(blocks) => blocks.len(),
            Store::File { blocks, .. } => blocks.len(),
        };
        (0..count).map(|place| match &self.store {
            Store::Memory(blocks) => Ok(blocks[place].clone()),
            Store::File { file, blocks } => {
                let Place { offset, bytes, rows } = blocks[place];
                let mut buffer = vec![0; bytes as usize];
                file.read_exact_at(&mut buffer, offset)?;
                Ok(Block::trusted(buffer, rows))
            }
        })
    }
}

/// A spool that is being filled.
pub(crate) struct Spooler<'a> {
    folder: &'a Path,
    store: Store,
    bytes: u64,
    count: u64,
}

impl<'a> Spooler<'a> {
    pub fn new(folder: &'a Path) -> Self {
        Self { folder, store: Store::Memory(Vec::new()), bytes: 0, count: 0 }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn push(&mut self, block: &Block) -> io::Result<()> {
        let length = block.bytes().len() as u64;
        if let Store::Memory(blocks) = &mut self.store {
            if self.bytes + length <= MEMORY_BYTES {
                blocks.push(block.clone());
            } else {
                let mut spill = Store::File { file: tempfile::tempfile_in(self.folder)?, blocks: Vec::new() };
                let mut offset = 0;
                for block in blocks.drain(..) {
                    spill.append(&block, offset)?;
                    offset += block.bytes().len() as u64;
                }
                self.store = spill;
            }
        }
        self.store.append(block, self.bytes)?;
        self.bytes += length;
        self.count += u64::from(block.len());
        Ok(())
    }

    pub fn finish(self, head: Heads, account: Account) -> Spool {
        Spool { head, count: self.count, account, store: self.store }
    }
}

impl Store {
    /// Writes a block to the file, if there is one.
    fn append(&mut self, block: &Block, offset: u64) -> io::Result<()> {
        if let Self::File { file, blocks } = self {
            file.write_all(block.bytes())?;
            blocks.push(Place { offset, bytes: block.bytes().len() as u32, rows: block.len() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::cell::Cell;

    use super::*;
    use crate::{
        ReadLimits,
        block::tests::{START, block_of, heads},
    };

    #[test]
    fn rows_come_back_again_and_again_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = "示例".repeat(5000);
        for blocks in [3, 300] {
            let (mut spooler, mut last) = (Spooler::new(folder.path()), START);
            for number in 0..blocks {
                let rows: [(u32, &[Cell<'_>]); 2] =
                    [(2 * number + 2, &[Cell::Text(&text)]), (2 * number + 3, &[Cell::Text("b")])];
                let (block, end) = Block::checked(block_of(&rows), last, &heads(), &ReadLimits::default()).unwrap();
                last = end;
                spooler.push(&block).unwrap();
            }
            let spool = spooler.finish(heads(), Account::default());
            assert_eq!(matches!(spool.store, Store::File { .. }), blocks == 300);
            assert_eq!(spool.count, u64::from(blocks) * 2);
            for _ in 0..2 {
                let rows: Vec<RawRow> = spool.rows().map(Result::unwrap).collect();
                assert!(rows.iter().map(|row| row.number).eq(2..=2 * blocks + 1));
                assert!(rows[0].cells().next() == Some(Cell::Text(&text)));
                assert!(rows[rows.len() - 1].cells().next() == Some(Cell::Text("b")));
            }
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
        }
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error_and_not_a_panic() {
        let mut spooler = Spooler::new(Path::new("/nonexistent"));
        let text = "x".repeat(30_000);
        let cells = [Cell::Text(text.as_str()); 20];
        let mut failed = false;
        for number in 1..10 {
            let bytes = block_of(&[(number, &cells)]);
            let (block, _) = Block::checked(bytes, START, &heads(), &ReadLimits::default()).unwrap();
            failed |= spooler.push(&block).is_err();
        }
        assert!(failed);
    }
}
