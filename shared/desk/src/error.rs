//! Why something was not done.

use domain::year::file::YearFile;
use files::FilesError;
use store::StoreError;

/// The request was refused: it can't be done as it stands, and the sentences say what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// A stable code, as `no-right`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Refusal {
    /// A refusal of this code.
    pub fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }

    /// Nothing of that name is on record, as far as the account may see: of what it may not see it is not told that it
    /// exists (decision 43).
    #[must_use]
    pub fn unknown(what: &str, name: &str) -> Self {
        let command = match what {
            "message" => "dead list",
            "comparison" => "compare list",
            "bounced address" => "mail bounces",
            other => &format!("{other} list"),
        };
        let hint = format!("rollcall {command} shows those within your reach");
        Self::new("unknown", format!("there is no {what} {} within your reach", domain::text::named(name)), hint)
    }

    /// The year has no such plan.
    #[must_use]
    pub fn unknown_plan(file: &YearFile, code: &str) -> Self {
        let codes: Vec<&str> = file.plans().iter().map(|plan| plan.code.as_str()).collect();
        Self::new(
            "unknown-plan",
            format!("{} has no plan {code}", file.year()),
            format!("name one of {} with --plan", codes.join(", ")),
        )
    }
}

/// Why something was not done: refused, or a service failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The request itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file store.
    #[error(transparent)]
    Files(#[from] FilesError),
}
