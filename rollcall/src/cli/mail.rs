//! The words of `mail`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// The newest mails.
    List {
        /// queued, sending, sent, unknown, obsolete, refused or `no_address`.
        #[arg(long)]
        status: Option<String>,
        /// To this address.
        #[arg(long)]
        to: Option<String>,
        /// Of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        most: i64,
    },
    /// One mail of the ledger, with its text.
    Show { id: Uuid },
    /// Send again what was refused, or of which nobody knows whether it arrived: one, or a selection.
    Resend(Resend),
    /// Say which database this is, where mails hold since it was copied, restored or moved: the real one from now on.
    Resume {
        /// It is a copy for rehearsals: it writes to nobody.
        #[arg(long)]
        rehearsal: bool,
    },
    /// Record that mails to an address came back; nothing more is sent there.
    Bounced {
        address: String,
        /// Why, as the mail server said it.
        #[arg(long, required_unless_present = "clear")]
        reason: Option<String>,
        /// The mailbox works again: send there as before.
        #[arg(long, conflicts_with = "reason")]
        clear: bool,
    },
    /// Addresses that mails came back from, with the unions and accounts that have them.
    Bounces {
        /// Of this union and those below it.
        #[arg(long)]
        org: Option<String>,
    },
    /// Write mails from invented data, as .eml and .html: what each kind looks like.
    Preview {
        /// The kind; all of them otherwise.
        kind: Option<String>,
        /// The folder to write to.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
}

/// Which mails are sent again. Without --yes a selection only tells its count and recipients.
#[derive(Debug, Args)]
pub struct Resend {
    /// This one.
    pub id: Option<Uuid>,
    /// refused or unknown.
    #[arg(long, conflicts_with = "id", value_parser = ["refused", "unknown"])]
    pub status: Option<String>,
    /// To this address.
    #[arg(long, conflicts_with = "id")]
    pub to: Option<String>,
    /// Of this kind.
    #[arg(long, conflicts_with = "id")]
    pub kind: Option<String>,
    /// Do it.
    #[arg(long, conflicts_with = "id")]
    pub yes: bool,
}
