//! The validation of an upload without a database: what a row says of itself, and repeats within the file. Unions and
//! members on record are not asked, so a row that is good here may still be rejected when it is uploaded.

use std::{io::Cursor, path::Path};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    cell::Cell,
    finding::{Code, Finding},
    import::{Duplicates, Outcome},
    row::{self, Checked, Context},
    template::TemplateKind,
};
use runtime::SHANGHAI;
use sheets::{Spool, Summary, WriteOptions, write_marked};

pub use super::tally::Tally;
use super::{
    read::lost,
    report::{self, marks},
};
use crate::WorkError;

/// Findings kept of one file.
const FINDINGS_KEPT: usize = 200_000;

/// Validates all rows of a file, as on that business day.
pub fn tally(kind: TemplateKind, spool: &Spool, today: NaiveDate) -> Result<Tally, WorkError> {
    match kind {
        TemplateKind::Members => each(kind, spool, today, row::member, |row| (row.document.key(), "id_number")),
        TemplateKind::Roster => each(kind, spool, today, row::roster, |row| (row.document.key(), "id_number")),
        TemplateKind::Registry => each(kind, spool, today, row::registry, |row| (row.document.key(), "id_number")),
        TemplateKind::Transfers => each(kind, spool, today, row::transfer, |row| (row.document.key(), "id_number")),
        TemplateKind::Organizations => {
            each(kind, spool, today, row::organization, |row| (row.org_code.as_str().to_owned(), "org_code"))
        }
    }
}

fn each<R>(
    kind: TemplateKind,
    spool: &Spool,
    today: NaiveDate,
    check: fn(&[Cell<'_>], Context) -> Checked<R>,
    key: fn(&R) -> (String, &'static str),
) -> Result<Tally, WorkError> {
    let mut tally = Tally::new(spool, today, FINDINGS_KEPT);
    let mut duplicates = Duplicates::default();
    let context = Context { today, lost: lost(spool, kind)? };
    for raw in spool.rows() {
        let raw = raw.map_err(WorkError::Reader)?;
        let Checked { value, mut faults } = check(&raw.in_template_order(&spool.head), context);
        let Some(row) = value else {
            tally.decided(raw.place(), &Outcome::Rejected, faults);
            continue;
        };
        let (key, column) = key(&row);
        match duplicates.fault(&key, raw.place(), column, &tally.blocks) {
            Some(fault) => {
                faults.push(fault);
                tally.duplicate(raw.place(), faults);
            }
            None => tally.decided(raw.place(), &Outcome::New, faults),
        }
    }
    Ok(tally)
}

/// The first findings, as in an upload's document.
#[must_use]
pub fn findings(tally: &Tally, most: usize) -> serde_json::Value {
    serde_json::from_str(&report::findings_json(tally, most)).unwrap_or_default()
}

/// The file back with marks.
pub fn marked(
    kind: TemplateKind,
    spool: &Spool,
    tally: &Tally,
    file: &str,
    now: DateTime<Utc>,
    temp_folder: &Path,
) -> Result<Vec<u8>, WorkError> {
    let counts = tally.counts;
    let summary = Summary {
        lines: vec![("文件".to_owned(), file.to_owned()), ("检查方式".to_owned(), "离线检查，未上传".to_owned())],
        counts: report::sheet_counts(counts),
        findings: tally.finding_counts.iter().filter_map(|(name, count)| Some((Code::parse(name)?, *count))).collect(),
        notes: tally.notes.iter().map(Finding::message_zh).collect(),
    };
    let options = WriteOptions { created: now.with_timezone(&SHANGHAI).naive_local(), temp_folder };
    let mut out = Cursor::new(Vec::new());
    write_marked(kind, spool, marks(tally), &summary, &options, &mut out)
        .map_err(|error| WorkError::Workbook(error.to_string()))?;
    Ok(out.into_inner())
}
