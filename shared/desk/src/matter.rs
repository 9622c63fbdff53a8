//! What mails are about, as the ledger has it.

use std::fmt;

use uuid::Uuid;

/// What a mail is about. With kind, version and recipient it makes a mail unique; by it the mail's own check finds whether
/// events have overtaken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// An upload.
    Upload(Uuid),
    /// The comparison of a roster.
    Comparison(Uuid),
    /// A request to move a member.
    Transfer(i64),
    /// A unit's submission.
    Submission(i64),
    /// A person in two submissions.
    Conflict(i64),
    /// A window.
    Window(i64),
    /// A bureau's batch.
    Batch(i64),
    /// A voucher.
    Voucher(Uuid),
    /// Something that failed.
    Failure(i64),
    /// An instant enrolment.
    Instant(i64),
    /// A coverage year as a whole.
    Year(i32),
    /// A request that led to nothing, by the id of the act or message.
    Request(Uuid),
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload(id) => write!(f, "upload:{id}"),
            Self::Comparison(id) => write!(f, "comparison:{id}"),
            Self::Transfer(id) => write!(f, "transfer:{id}"),
            Self::Submission(id) => write!(f, "submission:{id}"),
            Self::Conflict(id) => write!(f, "conflict:{id}"),
            Self::Window(id) => write!(f, "window:{id}"),
            Self::Batch(id) => write!(f, "batch:{id}"),
            Self::Voucher(id) => write!(f, "voucher:{id}"),
            Self::Failure(id) => write!(f, "failure:{id}"),
            Self::Instant(id) => write!(f, "instant:{id}"),
            Self::Year(year) => write!(f, "year:{year}"),
            Self::Request(id) => write!(f, "request:{id}"),
        }
    }
}

impl Matter {
    /// Reads it back from the ledger; none for what a newer program has written.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let (what, id) = written.split_once(':')?;
        Some(match what {
            "upload" => Self::Upload(id.parse().ok()?),
            "comparison" => Self::Comparison(id.parse().ok()?),
            "transfer" => Self::Transfer(id.parse().ok()?),
            "submission" => Self::Submission(id.parse().ok()?),
            "conflict" => Self::Conflict(id.parse().ok()?),
            "window" => Self::Window(id.parse().ok()?),
            "batch" => Self::Batch(id.parse().ok()?),
            "voucher" => Self::Voucher(id.parse().ok()?),
            "failure" => Self::Failure(id.parse().ok()?),
            "instant" => Self::Instant(id.parse().ok()?),
            "year" => Self::Year(id.parse().ok()?),
            "request" => Self::Request(id.parse().ok()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let id = Uuid::from_u128(7);
        for matter in [
            Matter::Upload(id),
            Matter::Comparison(id),
            Matter::Transfer(1),
            Matter::Submission(2),
            Matter::Conflict(3),
            Matter::Window(4),
            Matter::Batch(5),
            Matter::Voucher(id),
            Matter::Failure(6),
            Matter::Instant(7),
            Matter::Year(2023),
            Matter::Request(id),
        ] {
            assert_eq!(Matter::parse(&matter.to_string()), Some(matter));
        }
        assert!(Matter::parse("upload").is_none() && Matter::parse("submission:x").is_none());
    }
}
