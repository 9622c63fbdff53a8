//! What the mail about an upload is written from: counts and findings, masked, in the words of the clerk.

use desk::{Cause, Letter, Matter, Reader};
use domain::{
    finding::{Code, Finding, Severity},
    template::{TemplateKind, column_title},
};
use mail::template::{Counts, FindingCount, FindingLine, Reason, Severity as MailSeverity, UploadLetter};
use runtime::shanghai_time;
use store::{
    organizations::Organization,
    uploads::{Ending, Upload},
};

use super::tally::Tally;

/// Findings that stand in a mail; the workbook has all.
const FINDINGS: usize = 20;

/// The mail about an upload that ended or is held.
pub(crate) fn letter(
    upload: &Upload,
    org: Option<&Organization>,
    ending: &Ending,
    tally: Option<&Tally>,
    cause: Cause,
) -> Letter {
    let mut of = base(upload, org);
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    if let Some(tally) = tally {
        let counts = ending.counts;
        of.counts = Some(Counts {
            read: count(counts.read),
            accepted: count(counts.accepted),
            unchanged: count(counts.unchanged),
            rejected: count(counts.rejected),
            duplicate: count(counts.duplicate),
            transfers: count(counts.transfers),
            content: count(counts.content),
            headings: count(counts.headings),
            skipped: count(counts.skipped),
            not_read: count(counts.not_read),
        });
        of.unread = tally.unread().collect();
        of.finding_counts = finding_counts(tally);
        let several = tally.blocks.several_sheets();
        let told = tally.notes.iter().filter(|note| !is_unread(note)).map(note_line);
        of.findings = told.chain(tally.findings.iter().map(|finding| line(finding, several))).take(FINDINGS).collect();
    }
    if let Some(code) = &ending.reason_code {
        of.reason = Some(Reason {
            code: code.clone(),
            message: ending.reason.clone().unwrap_or_default(),
            remedy: String::new(),
        });
    }
    let name = match ending.status {
        "rejected" => "upload-rejected",
        "held" => "upload-held",
        _ => "upload-done",
    };
    written(name, &of, upload, org, cause)
}

/// The mail about an upload that failed for a reason of ours.
pub(crate) fn failure(upload: &Upload, org: Option<&Organization>) -> Letter {
    let mut of = base(upload, org);
    of.reason = Some(Reason {
        code: "internal".to_owned(),
        message: super::report::FAILED_ZH.to_owned(),
        remedy: String::new(),
    });
    written("upload-failed", &of, upload, org, Cause::Chain(upload.correlation_id))
}

/// It goes to the account that uploaded, else to the organization (decisions 13).
fn written(name: &'static str, of: &UploadLetter, upload: &Upload, org: Option<&Organization>, cause: Cause) -> Letter {
    let letter = Letter::new(name, Matter::Upload(upload.id), 1, of, cause).to(Reader::account(&upload.account, org));
    org.into_iter().fold(letter, Letter::of)
}

fn base(upload: &Upload, org: Option<&Organization>) -> UploadLetter {
    UploadLetter {
        upload_id: upload.id,
        kind_title: TemplateKind::parse(&upload.kind).map(TemplateKind::title_zh).unwrap_or_default().to_owned(),
        org_code: org.map(|org| org.code.clone()).unwrap_or_default(),
        org_name: org.map(|org| org.name.clone()).unwrap_or_default(),
        file_name: upload.file_name.clone(),
        received_at: shanghai_time(upload.received_at),
        counts: None,
        finding_counts: Vec::new(),
        findings: Vec::new(),
        reason: None,
        unread: Vec::new(),
        figures: Vec::new(),
        attached: false,
    }
}

fn finding_counts(tally: &Tally) -> Vec<FindingCount> {
    let known = tally.finding_counts.iter().filter_map(|(name, count)| Some((Code::parse(name)?, *count)));
    let mut counts: Vec<FindingCount> = known
        .map(|(code, count)| FindingCount {
            code: code.name().to_owned(),
            severity: severity(code.severity()),
            message: code.message_zh().to_owned(),
            remedy: code.remedy_zh().to_owned(),
            count,
        })
        .collect();
    counts.sort_by_key(|own| (own.severity == MailSeverity::Warning, std::cmp::Reverse(own.count)));
    counts
}

/// Whether it leads the mail, and so is not told again below.
fn is_unread(note: &Finding) -> bool {
    matches!(note.code, Code::SheetNotRead | Code::BlockNotRead)
}

fn note_line(note: &Finding) -> FindingLine {
    FindingLine { sheet: None, row: 0, column: None, value_masked: None, message: note.message_zh() }
}

fn line(finding: &Finding, several_sheets: bool) -> FindingLine {
    FindingLine {
        sheet: finding.sheet.clone().filter(|_| several_sheets),
        row: finding.row,
        column: finding.column.and_then(column_title).map(str::to_owned),
        value_masked: finding.value_masked.clone(),
        message: finding.code.message_zh().to_owned(),
    }
}

fn severity(of: Severity) -> MailSeverity {
    match of {
        Severity::Error => MailSeverity::Error,
        Severity::Warning => MailSeverity::Warning,
    }
}
