//! The rows of files on their way through: checked once and kept while they are few, checked anew chunk by chunk where
//! they are many.

use std::{collections::HashSet, marker::PhantomData, ops::Deref};

use domain::{
    finding::Fault,
    import::{Duplicates, repeats},
    place::Place,
    row::Context,
};
use sheets::RawRow;

use super::import::{File, Import};
use crate::WorkError;

/// Rows of small files that go through together.
const TOGETHER_ROWS: usize = 20_000;

/// One row on its way through.
pub(crate) struct Line<R> {
    /// Which of the files that run together.
    pub file: usize,
    /// Where it stands.
    pub place: Place,
    /// The typed row; none where it is rejected or a duplicate.
    pub row: Option<R>,
    /// What is wrong with it so far.
    pub faults: Vec<Fault>,
    /// The earlier row in which its key stood.
    pub first: Option<Place>,
}

impl<R> Line<R> {
    /// Whether its key stood in an earlier row.
    pub fn is_duplicate(&self) -> bool {
        self.first.is_some()
    }
}

/// Files that run together, with their checked rows where these are few enough to be kept.
pub(crate) struct Round<'j, I: Import> {
    /// The files.
    pub files: Vec<File<'j>>,
    /// Their rows, where they are kept.
    pub lines: Option<Vec<Line<I::Row>>>,
}

/// Takes the files that can run together: as many as one chunk holds, none that shares a key with an earlier one. A
/// file that is longer than a chunk runs by itself, and its rows are checked anew in each pass.
pub(crate) fn first_round<I: Import>(files: Vec<File<'_>>) -> Result<(Round<'_, I>, Vec<File<'_>>), WorkError> {
    let mut round = Round { files: Vec::new(), lines: Some(Vec::new()) };
    let mut later = Vec::new();
    let mut keys = HashSet::new();
    for file in files {
        let rows = usize::try_from(file.spool.count).unwrap_or(usize::MAX);
        let taken = round.lines.as_ref().map_or(usize::MAX, Vec::len);
        if rows > TOGETHER_ROWS && round.files.is_empty() {
            round = Round { files: vec![file], lines: None };
            continue;
        }
        let Some(lines) = round.lines.as_mut().filter(|_| taken.saturating_add(rows) <= TOGETHER_ROWS) else {
            later.push(file);
            continue;
        };
        let place = round.files.len();
        let own = lines_of::<I>(place, &file)?;
        let own_keys: Vec<String> = own.iter().filter_map(|line| line.row.as_ref()).map(|row| I::key(row).0).collect();
        if own_keys.iter().any(|key| keys.contains(key)) {
            later.push(file);
            continue;
        }
        keys.extend(own_keys);
        lines.extend(own);
        round.files.push(file);
    }
    Ok((round, later))
}

/// All rows of one file, checked.
fn lines_of<I: Import>(place: usize, file: &File<'_>) -> Result<Vec<Line<I::Row>>, WorkError> {
    let mut duplicates = Duplicates::default();
    let mut line =
        |raw: std::io::Result<RawRow>| Ok(line_of::<I>(place, file, &raw.map_err(WorkError::Reader)?, &mut duplicates));
    file.spool.rows().map(&mut line).collect()
}

fn line_of<I: Import>(place: usize, file: &File<'_>, raw: &RawRow, duplicates: &mut Duplicates) -> Line<I::Row> {
    let row_place = raw.place();
    let checked = I::check(&raw.in_template_order(&file.spool.head), Context { today: file.today, lost: file.lost });
    let mut line = Line { file: place, place: row_place, row: checked.value, faults: checked.faults, first: None };
    if let Some(row) = &line.row {
        let (key, column) = I::key(row);
        line.first = duplicates.enter(&key, row_place);
        if let Some(first) = line.first {
            line.faults.push(repeats(first, column, &file.spool.head.names()));
            line.row = None;
        }
    }
    line
}

/// The rows of files, chunk by chunk: those that were kept, or checked anew.
pub(crate) struct Chunks<'f, 'j, I: Import> {
    files: &'f [File<'j>],
    file: usize,
    rows: Option<Box<dyn Iterator<Item = std::io::Result<RawRow>> + Send + 'f>>,
    duplicates: Duplicates,
    given: bool,
    import: PhantomData<I>,
}

impl<'f, I: Import> Chunks<'f, '_, I> {
    /// Before the first row.
    pub fn new(files: &'f [File<'_>]) -> Chunks<'f, 'f, I>
    where
        I: 'f,
    {
        Chunks { files, file: 0, rows: None, duplicates: Duplicates::default(), given: false, import: PhantomData }
    }

    /// The next rows; none at the end. `kept` are all of them at once.
    pub fn next<'k>(&mut self, kept: Option<&'k [Line<I::Row>]>) -> Result<Option<Chunk<'k, I>>, WorkError> {
        if let Some(kept) = kept {
            let first = !std::mem::replace(&mut self.given, true);
            return Ok(first.then_some(Chunk::Kept(kept)));
        }
        let mut lines = Vec::new();
        while lines.len() < I::CHUNK_ROWS {
            let Some(file) = self.files.get(self.file) else { break };
            let rows = self.rows.get_or_insert_with(|| Box::new(file.spool.rows()));
            let Some(raw) = rows.next() else {
                self.file += 1;
                self.rows = None;
                self.duplicates = Duplicates::default();
                continue;
            };
            let raw = raw.map_err(WorkError::Reader)?;
            lines.push(line_of::<I>(self.file, file, &raw, &mut self.duplicates));
        }
        Ok(if lines.is_empty() { None } else { Some(Chunk::Fresh(lines)) })
    }
}

/// Rows that are kept, or made for this pass alone.
pub(crate) enum Chunk<'k, I: Import> {
    Kept(&'k [Line<I::Row>]),
    Fresh(Vec<Line<I::Row>>),
}

impl<I: Import> Deref for Chunk<'_, I> {
    type Target = [Line<I::Row>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Kept(lines) => lines,
            Self::Fresh(lines) => lines,
        }
    }
}
