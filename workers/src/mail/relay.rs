//! What holds all mails: said once when it begins, once when it changes, once when it is over, and kept on record so that
//! `doctor` and `/readyz` of any process can tell of it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use mail::{SendError, Sent};

/// After so many "later" in a row, with no mail taken in between, it is the server that wants a pause, whatever it says.
const LATER_IN_A_ROW: u32 = 20;
/// Mails that were taken within this time show that it is not all of them that are held.
const OTHERS_GO: TimeDelta = TimeDelta::hours(1);

/// What the last attempts say of the server, in one process.
#[derive(Debug, Default)]
pub(super) struct Relay {
    /// What is said, and what it is recognised by.
    told: Mutex<Option<Told>>,
    laters: AtomicU32,
    taken_at: Mutex<Option<DateTime<Utc>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    /// The kind of fault: the server's words may hold a number that is another each time.
    mark: (&'static str, u16),
    why: String,
}

/// What is to be put on record of the hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing goes out, for this reason.
    Held(String),
    /// Mails go out.
    Released,
}

/// What follows from an outcome for the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// The server takes mails, or refuses this one alone.
    Well,
    /// It may be away; some more such signs will show.
    Doubt,
    /// It takes nothing from anybody.
    Shut,
}

impl Relay {
    /// What an outcome says of the server.
    pub fn sign(&self, outcome: &Result<Sent, SendError>, now: DateTime<Utc>) -> Sign {
        match outcome {
            Err(SendError::Ours { .. } | SendError::Busy { .. }) => return Sign::Shut,
            Err(SendError::Unreachable { .. }) => return Sign::Doubt,
            Err(SendError::Transient { .. }) => {
                let laters = self.laters.fetch_add(1, Ordering::Relaxed) + 1;
                return if laters >= LATER_IN_A_ROW { Sign::Shut } else { Sign::Well };
            }
            Ok(_) => *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now),
            Err(_) => {}
        }
        self.laters.store(0, Ordering::Relaxed);
        Sign::Well
    }

    /// Whether others have gone out lately: then what is said of all concerns this mail after all.
    pub fn others_go(&self, now: DateTime<Utc>) -> bool {
        let taken_at = *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner);
        taken_at.is_some_and(|at| now - at < OTHERS_GO)
    }

    /// Says what has changed by this outcome, if anything; `is_shut` once the breaker is open.
    pub fn tell(&self, outcome: &Result<Sent, SendError>, is_shut: bool) -> Option<Change> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Err(error) if is_shut => {
                let new = Told { mark: mark(error), why: error.to_string() };
                if told.as_ref().is_some_and(|old| old.mark == new.mark) {
                    return None;
                }
                tracing::error!(why = new.why, "no mail goes out; all are held until the server takes them");
                metrics::gauge!("rollcall_mail_held").set(1.0);
                let why = new.why.clone();
                *told = Some(new);
                Some(Change::Held(why))
            }
            Ok(_) | Err(SendError::Permanent { .. }) if told.take().is_some() => {
                tracing::info!("mails go out again");
                metrics::gauge!("rollcall_mail_held").set(0.0);
                Some(Change::Released)
            }
            _ => None,
        }
    }
}

fn mark(error: &SendError) -> (&'static str, u16) {
    match error {
        SendError::Ours { stage, code, .. } => (stage, *code),
        SendError::Busy { code, .. } => ("busy", *code),
        SendError::Transient { code, .. } => ("later", *code),
        _ => ("away", 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Result<Sent, SendError> {
        Err(SendError::Transient { code: 451, reason: String::new() })
    }

    fn ours(code: u16) -> Result<Sent, SendError> {
        Err(SendError::Ours { stage: "RCPT TO", code, reason: format!("{code}") })
    }

    fn taken() -> Sent {
        Sent::Accepted(String::new())
    }

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn later_to_everybody_in_a_row_is_the_server_s() {
        let relay = Relay::default();
        let signs: Vec<Sign> = (0..LATER_IN_A_ROW).map(|_| relay.sign(&later(), NOW)).collect();
        assert!(signs[..19].iter().all(|sign| *sign == Sign::Well) && signs[19] == Sign::Shut);
        assert_eq!((relay.sign(&Ok(taken()), NOW), relay.sign(&later(), NOW)), (Sign::Well, Sign::Well));
    }

    #[test]
    fn a_hold_is_told_once_and_again_when_it_changes_or_ends() {
        let relay = Relay::default();
        assert_eq!(relay.tell(&Ok(taken()), false), None);
        assert!(matches!(relay.tell(&ours(554), true), Some(Change::Held(why)) if why.contains("RCPT TO")));
        assert_eq!(relay.tell(&ours(554), true), None);
        assert!(matches!(relay.tell(&ours(530), true), Some(Change::Held(_))));
        assert_eq!((relay.tell(&Ok(taken()), false), relay.tell(&Ok(taken()), false)), (Some(Change::Released), None));
    }

    #[test]
    fn others_that_went_out_within_the_hour_show_that_it_is_this_one() {
        let relay = Relay::default();
        assert!(!relay.others_go(NOW));
        assert_eq!(relay.sign(&Ok(taken()), NOW), Sign::Well);
        assert!(relay.others_go(NOW + TimeDelta::minutes(59)) && !relay.others_go(NOW + TimeDelta::hours(1)));
    }
}
