//! The one mapping from what went wrong to what is done about it.

use chrono::TimeDelta;
use files::FilesError;
use store::StoreError;

use crate::WorkError;

/// How long a job waits for the file store.
const FILES_AWAY: TimeDelta = TimeDelta::seconds(5);

/// What the runner does with a job that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The world may be better later: due again by backoff; after the kind's limit, dead.
    Retry,
    /// Can never succeed as it stands: dead, with the sentence.
    Reject,
    /// Not yet, and not a failure: due later, the attempt is not counted.
    Later(TimeDelta),
    /// Seen before, or another worker's by now: nothing is to be done.
    Done,
}

/// How long a job waits for room or memory on the database's machine.
const MACHINE_FULL: TimeDelta = TimeDelta::seconds(5);

/// The verdict on an error. Exhaustive: a new error has to be decided here.
#[must_use]
pub fn verdict(error: &WorkError) -> Verdict {
    match error {
        WorkError::Store(error) => of_store(error),
        // A full disk and a bucket that is away concern every job alike, for hours perhaps: counted attempts would carry
        // the whole queue to the dead pile.
        WorkError::Files(FilesError::Full { .. } | FilesError::Unreachable { .. }) => Verdict::Later(FILES_AWAY),
        WorkError::Files(_)
        | WorkError::Reader(_)
        | WorkError::Workbook(_)
        | WorkError::MailLater(_)
        | WorkError::TimedOut(_)
        | WorkError::Panicked => Verdict::Retry,
        WorkError::Payload(_) | WorkError::Missing(_) | WorkError::Refused(_) | WorkError::Notice(_) => Verdict::Reject,
        // A day of waiting for a newer program stands in the runner, which knows the message's age.
        WorkError::UnknownKind(_) => Verdict::Later(TimeDelta::minutes(1)),
        WorkError::Later { delay, .. } => Verdict::Later(*delay),
    }
}

fn of_store(error: &StoreError) -> Verdict {
    match error {
        StoreError::Fenced => Verdict::Done,
        // They concern every job alike, and no job is at fault: counted attempts would carry the whole queue to the dead pile.
        StoreError::Full | StoreError::NoMemory(_) => Verdict::Later(MACHINE_FULL),
        StoreError::Unreachable(_)
        | StoreError::Conflict(_)
        | StoreError::Refused(_)
        | StoreError::Schema(_)
        // The key may be the wrong one on this machine alone; corrupt rows can be mended and tried again.
        | StoreError::Vault(_)
        | StoreError::Corrupt(_) => Verdict::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_worker_does_is_done_and_what_is_no_payload_is_rejected() {
        assert_eq!(verdict(&WorkError::Store(StoreError::Fenced)), Verdict::Done);
        let payload = messages::EnvelopeError::Payload { kind: "x".to_owned(), version: 1 };
        assert_eq!(verdict(&WorkError::Payload(payload)), Verdict::Reject);
    }

    #[test]
    fn waiting_spends_no_attempt_and_trouble_does() {
        let later = WorkError::Later { why: "rate".to_owned(), delay: TimeDelta::seconds(9) };
        assert_eq!(verdict(&later), Verdict::Later(TimeDelta::seconds(9)));
        for machine in [StoreError::Full, StoreError::NoMemory(String::new())] {
            assert_eq!(verdict(&WorkError::Store(machine)), Verdict::Later(MACHINE_FULL));
        }
        for trouble in [WorkError::TimedOut(1), WorkError::Panicked] {
            assert_eq!(verdict(&trouble), Verdict::Retry, "{trouble}");
        }
        let full = FilesError::Full { key: "uploads/x".to_owned(), cause: "no space".to_owned() };
        assert_eq!(verdict(&WorkError::Files(full)), Verdict::Later(FILES_AWAY), "a full disk buries nothing");
    }
}
