//! Mails that hold, since the database may be a copy of the one whose mails they are.

use chrono::TimeDelta;
use desk::Hold;

use super::MailWork;
use crate::Shift;

/// How long until it is looked again whether an operator has decided.
pub(super) const HELD_WAITS: TimeDelta = TimeDelta::seconds(15);

impl MailWork {
    /// Why nothing is sent now; none: mails go.
    pub(super) async fn held(&self, shift: &Shift) -> Option<String> {
        match shift.desk.mails_held().await {
            Ok(Some(Hold::Copy)) if self.copies_write || !self.mailer.reaches_people() => None,
            Ok(hold) => hold.map(|hold| hold.to_string()),
            Err(error) => Some(format!("whether this is the real database can't be looked at: {error}")),
        }
    }
}
