//! The tally of one file: what became of each row, the counts, the findings.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::{
    finding::{Code, Fault, Finding},
    guard::{Hold, SheetRows, suspicious_sheet},
    import::Outcome,
    place::{Blocks, Place},
    upload::Counts,
};
use sheets::Spool;

/// What became of a row, in a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fate {
    /// Taken: nobody and nothing with this key was known.
    New,
    /// Taken: something of it was new.
    Changed,
    /// Taken as a request to move in.
    Transfer,
    /// Known as it stands.
    Unchanged,
    /// Not taken.
    Rejected,
    /// Stood in an earlier row.
    Duplicate,
}

impl From<&Outcome> for Fate {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::New => Self::New,
            Outcome::Changed(_) => Self::Changed,
            Outcome::TransferIn => Self::Transfer,
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Rejected => Self::Rejected,
        }
    }
}

/// The tally of one file. Memory grows by a few bytes a row, and by what is found, up to a limit.
#[derive(Debug)]
pub struct Tally {
    /// Place and fate of every row, in the order of the file.
    pub fates: Vec<(Place, Fate)>,
    /// The counts.
    pub counts: Counts,
    /// The first findings of rows, in the order of the file.
    pub findings: Vec<Finding>,
    /// What is told of the file as a whole; what was not read stands first.
    pub notes: Vec<Finding>,
    /// The blocks of the file.
    pub blocks: Blocks,
    /// Rows read that nobody sees in the file.
    pub hidden: u64,
    /// All findings, by code.
    pub finding_counts: BTreeMap<&'static str, u64>,
    /// The sheets that were read, as far as their documents tell them apart.
    sheets: Vec<SheetRows>,
    /// Where each finding belongs.
    pub(crate) finding_places: Vec<Place>,
    year: i32,
    most: usize,
}

impl Tally {
    /// An empty tally of a file received on that business day; it keeps at most so many findings.
    #[must_use]
    pub fn new(spool: &Spool, today: NaiveDate, most: usize) -> Self {
        let account = &spool.account;
        let mut tally = Self {
            fates: Vec::new(),
            counts: Counts {
                content: account.content,
                headings: account.headings,
                skipped: account.skipped,
                not_read: account.not_read,
                ..Counts::default()
            },
            findings: Vec::new(),
            notes: Vec::new(),
            blocks: spool.head.names(),
            hidden: account.hidden,
            finding_counts: BTreeMap::new(),
            sheets: Vec::new(),
            finding_places: Vec::new(),
            year: today.year(),
            most,
        };
        for note in &account.notes {
            *tally.finding_counts.entry(note.code.name()).or_default() += 1;
            let detail = Some(note.detail.clone()).filter(|detail| !detail.is_empty());
            let sheet = Some(note.sheet.clone()).filter(|sheet| !sheet.is_empty());
            tally.notes.push(Finding { sheet, ..Finding::file(note.code, detail) });
        }
        for head in spool.head.iter() {
            if tally.sheets.last().is_none_or(|last| last.name != head.sheet) {
                tally.sheets.push(SheetRows { name: head.sheet.clone(), ..SheetRows::default() });
            }
        }
        tally
    }

    /// A sentence for each thing that was not read.
    pub fn unread(&self) -> impl Iterator<Item = String> + '_ {
        let unread = |note: &&Finding| matches!(note.code, Code::SheetNotRead | Code::BlockNotRead);
        self.notes.iter().filter(unread).map(Finding::message_zh)
    }

    /// Counts a document on its sheet; `first` is the place where it stood before.
    pub fn document(&mut self, place: Place, first: Option<Place>) {
        let Some(sheet) = self.blocks.sheet(place) else { return };
        let elsewhere = first.and_then(|first| self.blocks.sheet(first)).is_some_and(|other| other != sheet);
        if let Some(own) = self.sheets.iter_mut().find(|own| own.name == sheet) {
            own.rows += 1;
            own.repeated += u64::from(elsewhere);
        }
    }

    /// Whether a sheet may not be meant.
    #[must_use]
    pub fn suspicious_sheet(&self) -> Option<Hold> {
        suspicious_sheet(&self.sheets, self.year)
    }

    /// Counts a row that was decided.
    pub fn decided(&mut self, row: Place, outcome: &Outcome, faults: Vec<Fault>) {
        self.counts.count(outcome);
        self.fates.push((row, Fate::from(outcome)));
        self.find(row, faults);
    }

    /// Counts a row whose key stood in an earlier one.
    pub fn duplicate(&mut self, row: Place, faults: Vec<Fault>) {
        self.counts.count_duplicate();
        self.fates.push((row, Fate::Duplicate));
        self.find(row, faults);
    }

    fn find(&mut self, row: Place, faults: Vec<Fault>) {
        for fault in faults {
            *self.finding_counts.entry(fault.code.name()).or_default() += 1;
            if self.findings.len() < self.most {
                let block = self.blocks.number(row);
                self.findings.push(Finding { block, ..fault.at(self.blocks.sheet(row), row.row) });
                self.finding_places.push(row);
            }
        }
    }

    /// Rows with this fate.
    #[must_use]
    pub fn rows(&self, fate: Fate) -> u64 {
        self.fates.iter().filter(|(_, own)| *own == fate).count() as u64
    }

    /// Findings of this code.
    #[must_use]
    pub fn found(&self, code: Code) -> u64 {
        self.finding_counts.get(code.name()).copied().unwrap_or(0)
    }
}
