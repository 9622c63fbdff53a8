//! What must come of a file, known from how it was made; and whether it did.

use std::collections::{BTreeMap, BTreeSet};

use desk::UploadView;
use domain::finding::Code;
use serde::Serialize;

/// Rows of files by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub read: i64,
    pub accepted: i64,
    pub unchanged: i64,
    pub rejected: i64,
    pub duplicate: i64,
    /// A part of accepted.
    pub transfers: i64,
}

impl Figures {
    /// Rows that are all taken.
    pub fn accepted(rows: usize) -> Self {
        let rows = rows as i64;
        Self { read: rows, accepted: rows, ..Self::default() }
    }

    /// Rows that all say what is on record.
    pub fn unchanged(rows: usize) -> Self {
        let rows = rows as i64;
        Self { read: rows, unchanged: rows, ..Self::default() }
    }

    /// The figures of an upload.
    pub fn of(view: &UploadView) -> Self {
        let desk::Counts { read, accepted, unchanged, rejected, duplicate, transfers, .. } = view.counts;
        Self { read, accepted, unchanged, rejected, duplicate, transfers }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            accepted: self.accepted + other.accepted,
            unchanged: self.unchanged + other.unchanged,
            rejected: self.rejected + other.rejected,
            duplicate: self.duplicate + other.duplicate,
            transfers: self.transfers + other.transfers,
        }
    }

    /// Whether no row has vanished.
    pub fn adds_up(self) -> bool {
        self.read == self.accepted + self.unchanged + self.rejected + self.duplicate
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { read, accepted, unchanged, rejected, duplicate, transfers } = self;
        write!(
            f,
            "read {read} = accepted {accepted} + unchanged {unchanged} + rejected {rejected} + duplicate {duplicate}"
        )?;
        if *transfers > 0 { write!(f, " (accepted: {transfers} as transfer-in requests)") } else { Ok(()) }
    }
}

/// What must come of a file.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// How it must end, and why; none: it must be done.
    pub ends: Option<(&'static str, &'static str)>,
    /// Its rows.
    pub figures: Figures,
    /// Its rows with a finding, by the finding's code.
    pub findings: BTreeMap<&'static str, i64>,
}

impl Expected {
    /// These rows, and nothing to say about them.
    pub fn clean(figures: Figures) -> Self {
        Self { figures, ..Self::default() }
    }

    /// The whole file rejected.
    pub fn rejected(code: Code) -> Self {
        Self { ends: Some(("rejected", code.name())), ..Self::default() }
    }

    /// Held for this reason, with these rows.
    pub fn held(reason: &'static str, figures: Figures) -> Self {
        Self { ends: Some(("held", reason)), figures, ..Self::default() }
    }

    /// One more row with that finding.
    pub fn find(&mut self, code: Code) {
        *self.findings.entry(code.name()).or_default() += 1;
    }

    /// What is otherwise than it must be, in sentences.
    pub fn compare(&self, view: &UploadView) -> Vec<String> {
        let mut wrong = Vec::new();
        let file = &view.file;
        let mut check = |what: &str, must: String, is: String| {
            if must != is {
                wrong.push(format!("{file}: {what} must be {must}, is {is}"));
            }
        };
        let (status, reason) = self.ends.unwrap_or(("done", "none"));
        check("the status", status.to_owned(), view.status.clone());
        let is = view.reason.as_ref().map_or("none", |reason| reason.code.as_str());
        check("the reason", reason.to_owned(), is.to_owned());
        check("rows", self.figures.to_string(), Figures::of(view).to_string());
        if status == "done" {
            let found = rows_by_code(view);
            for code in self.findings.keys().chain(found.keys()).copied().collect::<BTreeSet<_>>() {
                let count = |of: Option<&i64>| of.copied().unwrap_or(0).to_string();
                check(&format!("rows with `{code}`"), count(self.findings.get(code)), count(found.get(code)));
            }
        }
        wrong
    }
}

/// Rows with a finding, by its code. A row counts once, though a code may be told of two of its columns.
fn rows_by_code(view: &UploadView) -> BTreeMap<&str, i64> {
    let findings = view.findings.as_array().map(Vec::as_slice).unwrap_or_default();
    // What is told of the file as a whole has no row.
    let findings = findings.iter().filter(|finding| finding["row"] != 0);
    let told: BTreeSet<(&str, u64)> =
        findings.filter_map(|finding| Some((finding["code"].as_str()?, finding["row"].as_u64()?))).collect();
    let mut rows = BTreeMap::new();
    for (code, _) in told {
        *rows.entry(code).or_default() += 1;
    }
    rows
}
