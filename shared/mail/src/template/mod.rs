//! What mails say: one table of kinds, each with its data type, its words in Chinese, and an invented example.
//!
//! The ledger's row keeps the kind's name and the data as JSON; both are all that is needed to write the mail again.

mod comparison;
mod example;
mod letter;
mod transfer;
mod upload;
mod year;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

pub use comparison::{ApplicationLetter, ComparisonLetter, RefusedLine};
pub use transfer::{NAMED_PEOPLE, TransferLetter};
pub use upload::{Counts, Figure, FindingCount, FindingLine, Reason, Severity, UploadLetter};
pub use year::{NoticeLine, PersonLine, YearLetter};

/// A mail as it will be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: union, year or file, what.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Files of a mail by name: those that go with it, and those that had to stay behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enclosed {
    /// These go with the mail.
    pub attached: Vec<String>,
    /// These would make it too large, or are gone; the mail says how to fetch what there is.
    pub left_out: Vec<String>,
}

/// Why a mail can't be written.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// No kind has this name.
    #[error("no mail is called {0:?}")]
    UnknownKind(String),
    /// The data in the ledger is not what the kind needs.
    #[error("the data of a mail {kind} does not fit: {cause}")]
    Data {
        /// The kind.
        kind: &'static str,
        /// What is missing or wrong.
        cause: String,
    },
}

/// One row of the table of mails.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Name in the ledger, in `mail preview` and in metrics.
    pub name: &'static str,
    /// When it is sent.
    pub about: &'static str,
    render: fn(&'static str, &Value, &Enclosed) -> Result<Rendered, TemplateError>,
    example: fn() -> Value,
}

/// A row: name, when it is sent, how it is written, an invented example.
macro_rules! row {
    ($name:literal, $about:literal, $write:path, $example:path $(,)?) => {
        Kind {
            name: $name,
            about: $about,
            render: |name, data, files| with(name, data, files, $write),
            example: || json(&$example()),
        }
    };
}

/// All mails there are.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    row!("upload-done", "An upload was read; its good rows are stored.", upload::done, example::done),
    row!("upload-rejected", "An upload was rejected whole; nothing was stored.", upload::rejected, example::rejected),
    row!("upload-held", "An upload is valid but looks wrong; it waits for release or discard.", upload::held, example::held),
    row!("upload-failed", "An upload could not be processed for a reason that is ours.", upload::failed, example::failed),
    row!("upload-undone", "To the union and to whoever uploaded: an import was taken back, with what that did.", upload::undone, example::undone),
    row!("submission-received", "A unit has submitted: the receipt, with people, money and what is to be decided.", year::submission::received, year::example::submission_received),
    row!("submission-approved", "A unit's submission is on the submission list.", year::submission::approved, year::example::submission_approved),
    row!("submission-returned", "A unit's submission was returned, with the reason and what to do until when.", year::submission::returned, year::example::submission_returned),
    row!("submission-delisted", "To the reviewers: a unit submitted anew what they had approved.", year::submission::delisted, year::example::submission_delisted),
    row!("members-gone", "To the unit and its reviewers: a feed tells that people of a submitted list have died or retired.", year::gone::found, year::example::members_gone),
    row!("enrollment-conflict", "To both unions: the same people stand in the submissions of two unions.", year::conflict::found, year::example::enrollment_conflict),
    row!("conflict-settled", "To both unions: who keeps the people, and what list and money are now.", year::conflict::settled, year::example::conflict_settled),
    row!("window-opened", "A window has opened: what to do, and until when.", year::window::opened, year::example::window_opened),
    row!("deadline-reminder", "A window closes soon, and something is missing.", year::window::reminder, year::example::deadline_reminder),
    row!("late-refused", "Something came after the closing and does not count.", year::window::late, year::example::late_refused),
    row!("batch-submitted", "A bureau has submitted to the centre: totals, credit, what to pay until when.", year::batch::submitted, year::example::batch_submitted),
    row!("voucher-uploaded", "To the centre: a voucher waits to be confirmed or rejected.", year::batch::uploaded, year::example::voucher_uploaded),
    row!("voucher-confirmed", "The centre has confirmed the payment; the cover holds.", year::batch::confirmed, year::example::voucher_confirmed),
    row!("voucher-rejected", "The centre has rejected the voucher: why, and until when another may come.", year::batch::rejected, year::example::voucher_rejected),
    row!("enrollment-failed", "To unit and bureau: an enrolment failed; the draft of the instant enrolment is ready.", year::failure::failed, year::example::enrollment_failed),
    row!("failure-undone", "To all whom it concerns: a failure was undone.", year::failure::undone, year::example::failure_undone),
    row!("instant-submitted", "An instant enrolment waits for approval.", year::instant::submitted, year::example::instant_submitted),
    row!("instant-approved", "An instant enrolment is approved: from when cover runs, what to pay.", year::instant::approved, year::example::instant_approved),
    row!("instant-voucher-uploaded", "To the centre: the voucher of an instant enrolment waits to be confirmed or rejected.", year::instant::voucher_uploaded, year::example::instant_voucher_uploaded),
    row!("instant-voucher-confirmed", "The centre has confirmed the payment of an instant enrolment.", year::instant::voucher_confirmed, year::example::instant_voucher_confirmed),
    row!("instant-voucher-rejected", "The centre has rejected the voucher of an instant enrolment: why, and until when another may come.", year::instant::voucher_rejected, year::example::instant_voucher_rejected),
    row!("instant-expired", "An instant enrolment ended since no voucher came in time: nobody in it is covered.", year::instant::expired, year::example::instant_expired),
    row!("instant-returned", "An instant enrolment was returned, with the reason.", year::instant::returned, year::example::instant_returned),
    row!("totals-alarm", "To federation and operator: the totals differ from a recount.", year::totals::alarm, year::example::totals_alarm),
    row!("comparison-done", "A roster was compared with the registry; the difference workbook is there.", comparison::done, comparison::example_done),
    row!("comparison-applied", "The choices of a difference workbook were carried out or refused, each by itself.", comparison::applied, comparison::example_applied),
    row!("transfer-requested", "A transfer was asked for; the mail goes to the side that decides.", transfer::requested, example::transfer),
    row!("transfer-approved", "Members have moved to another union; both sides are told.", transfer::approved, example::transfer),
    row!("transfer-rejected", "A transfer was refused, or overtaken by events; the side that asked is told why.", transfer::rejected, example::transfer),
];

/// The kind of this name.
pub fn kind(name: &str) -> Result<&'static Kind, TemplateError> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| TemplateError::UnknownKind(name.to_owned()))
}

impl Kind {
    /// Writes the mail from its data.
    pub fn render(&self, data: &Value) -> Result<Rendered, TemplateError> {
        (self.render)(self.name, data, &Enclosed::default())
    }

    /// The same, with a sentence about its files.
    pub fn render_with(&self, data: &Value, files: &Enclosed) -> Result<Rendered, TemplateError> {
        (self.render)(self.name, data, files)
    }

    /// The mail with invented data, for `mail preview`.
    pub fn preview(&self) -> Result<Rendered, TemplateError> {
        self.render(&(self.example)())
    }
}

fn with<T: DeserializeOwned>(
    kind: &'static str,
    data: &Value,
    files: &Enclosed,
    write: fn(&T) -> letter::Letter,
) -> Result<Rendered, TemplateError> {
    let data = T::deserialize(data).map_err(|error| TemplateError::Data { kind, cause: error.to_string() })?;
    Ok(write(&data).enclosing(files).render())
}

/// Plain structs of texts and numbers always become JSON; a test over all examples holds that.
fn json<T: Serialize>(data: &T) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}
