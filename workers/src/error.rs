//! What can keep a job from being done. A bad row or a rejected file is none of these: that is data.

use chrono::TimeDelta;
use files::FilesError;
use messages::EnvelopeError;
use store::StoreError;

/// An error of the pipeline itself.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file store.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The desk refused what the job asks for: it can never be done as it stands.
    #[error("{0}")]
    Refused(desk::Refusal),
    /// The payload is not what its kind promises.
    #[error(transparent)]
    Payload(#[from] EnvelopeError),
    /// No program of this version knows the kind; one that is being rolled out may.
    #[error("this program does not know messages of kind {0}")]
    UnknownKind(String),
    /// A row that the message names is not there.
    #[error("the {0} that the message names is not on record")]
    Missing(&'static str),
    /// The reading of a spreadsheet failed for a reason that is not the file's.
    #[error("a spreadsheet could not be read: {0}")]
    Reader(std::io::Error),
    /// A workbook could not be written.
    #[error("a workbook could not be written: {0}")]
    Workbook(String),
    /// What is on record makes no notice: its figures contradict each other.
    #[error("a notice can't be made: {0}")]
    Notice(String),
    /// The mail server, for now.
    #[error("the mail was not taken: {0}")]
    MailLater(String),
    /// Not now, and nobody's fault (rate limit, circuit breaker, shutdown).
    #[error("{why}")]
    Later {
        /// What is waited for.
        why: String,
        /// For how long.
        delay: TimeDelta,
    },
    /// The run took longer than `limits.job_s`.
    #[error("the run took longer than {0} s")]
    TimedOut(u64),
    /// The code of the run panicked; its text may hold data and is not kept.
    #[error("the run panicked")]
    Panicked,
}

impl From<desk::DeskError> for WorkError {
    fn from(error: desk::DeskError) -> Self {
        match error {
            desk::DeskError::Refused(refusal) => Self::Refused(refusal),
            desk::DeskError::Store(error) => Self::Store(error),
            desk::DeskError::Files(error) => Self::Files(error),
        }
    }
}
