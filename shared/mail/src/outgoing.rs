//! A mail as it is handed over to be sent.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::Address;

/// One mail to one address. The same mail handed over twice gives the same bytes.
#[derive(Clone)]
pub struct Outgoing {
    /// Id of the mail's row in the ledger; the Message-ID of every attempt is made from it.
    pub message_id: Uuid,
    /// Sender.
    pub from: Address,
    /// The one recipient.
    pub to: Address,
    /// Subject; line breaks and other control characters become blanks.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML, if there is one.
    pub html: Option<String>,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// More headers as name and value; control characters in values become blanks.
    pub headers: Vec<(String, String)>,
    /// The Date header: when the mail was queued, not when it is tried.
    pub date: DateTime<Utc>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("message_id", &self.message_id).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A file that goes with a mail.
#[derive(Clone)]
pub struct Attachment {
    /// File name as the reader sees it.
    pub name: String,
    /// Media type, as `application/pdf`.
    pub content_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.content_type, self.bytes.len())
    }
}
