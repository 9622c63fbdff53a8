//! Mails: composed from templates, written as `.eml` files or sent by SMTP; nothing here knows the database.
//!
//! What matters to the ledger is told apart by [`SendError`]: a mail that may have been delivered is [`SendError::Unknown`],
//! and only that.

mod address;
mod compose;
mod error;
mod mailer;
mod outbox;
mod outgoing;
mod smtp;
pub mod template;

pub use address::{Address, BadAddress};
pub use compose::{Composed, compose};
pub use error::{SendError, SettingsError};
pub use mailer::{Checked, Mailer, MailerSettings, Sent};
pub use outgoing::{Attachment, Outgoing};
