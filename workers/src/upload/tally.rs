//! The tally of one file: what became of each row, the counts, the findings.

use std::collections::BTreeMap;

use domain::{
    finding::{Fault, Finding},
    import::Outcome,
    upload::Counts,
};

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
    /// Row number and fate of every row, in the order of the file.
    pub fates: Vec<(u32, Fate)>,
    /// The counts.
    pub counts: Counts,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// All findings, by code.
    pub finding_counts: BTreeMap<&'static str, u64>,
    sheet: Option<String>,
    most: usize,
}

impl Tally {
    /// An empty tally that keeps at most so many findings.
    #[must_use]
    pub fn new(sheet: &str, most: usize) -> Self {
        let sheet = (!sheet.is_empty()).then(|| sheet.to_owned());
        Self {
            fates: Vec::new(),
            counts: Counts::default(),
            findings: Vec::new(),
            finding_counts: BTreeMap::new(),
            sheet,
            most,
        }
    }

    /// Counts a row that was decided.
    pub fn decided(&mut self, row: u32, outcome: &Outcome, faults: Vec<Fault>) {
        self.counts.count(outcome);
        self.fates.push((row, Fate::from(outcome)));
        self.find(row, faults);
    }

    /// Counts a row whose key stood in an earlier one.
    pub fn duplicate(&mut self, row: u32, faults: Vec<Fault>) {
        self.counts.count_duplicate();
        self.fates.push((row, Fate::Duplicate));
        self.find(row, faults);
    }

    fn find(&mut self, row: u32, faults: Vec<Fault>) {
        for fault in faults {
            *self.finding_counts.entry(fault.code.name()).or_default() += 1;
            if self.findings.len() < self.most {
                self.findings.push(fault.at(self.sheet.as_deref(), row));
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
    pub fn found(&self, code: domain::finding::Code) -> u64 {
        self.finding_counts.get(code.name()).copied().unwrap_or(0)
    }
}
