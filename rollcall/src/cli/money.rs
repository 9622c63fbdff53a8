//! The words of money: batches, payments, credits, instant enrolments, and undoing a failure.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::OfUnit;

/// A bureau and a year.
#[derive(Debug, Args)]
pub struct OfBureau {
    /// The coverage year.
    #[arg(long)]
    pub year: i32,
    /// The bureau.
    #[arg(long)]
    pub org: String,
}

#[derive(Debug, Subcommand)]
pub enum BatchCommand {
    /// What the bureau would submit now, and what stays behind.
    Preview {
        #[command(flatten)]
        of: OfBureau,
    },
    /// Submit the list to the centre: once, and it can't be changed after.
    Submit {
        #[command(flatten)]
        of: OfBureau,
        /// Name of the person in charge.
        #[arg(long, value_name = "NAME")]
        contact: String,
        /// That person's mobile number.
        #[arg(long)]
        mobile: String,
        /// That person's e-mail address.
        #[arg(long)]
        email: String,
        /// Wait until everything that follows is done, mails included.
        #[arg(long)]
        wait: bool,
    },
    /// Batches of bureaus within reach.
    List {
        #[arg(long)]
        year: i32,
        /// Of this bureau, or of all below this organization.
        #[arg(long)]
        org: Option<String>,
    },
    /// One batch: by its number, or a bureau's of a year.
    Show {
        /// CB and digits.
        batch: Option<String>,
        #[arg(long, required_unless_present = "batch")]
        year: Option<i32>,
        #[arg(long, required_unless_present = "batch")]
        org: Option<String>,
    },
}

/// A payment as its voucher has it.
#[derive(Debug, Args)]
pub struct Paid {
    /// What was paid, in yuan, as 63840.00.
    #[arg(long)]
    pub amount: String,
    /// The day of payment.
    #[arg(long, alias = "value-date")]
    pub date: chrono::NaiveDate,
}

#[derive(Debug, Subcommand)]
pub enum PaymentCommand {
    /// Put on record that a unit has paid its share to its bureau.
    UnitPaid {
        #[command(flatten)]
        of: OfUnit,
        #[command(flatten)]
        paid: Paid,
    },
    /// Upload the voucher of a batch, or of an instant enrolment.
    Voucher {
        /// The batch's number; the instant enrolment's with --instant.
        of: String,
        /// A picture or PDF.
        file: PathBuf,
        #[command(flatten)]
        paid: Paid,
        /// It is for the instant enrolment of this number.
        #[arg(long)]
        instant: bool,
        /// Wait until everything that follows is done, mails included.
        #[arg(long)]
        wait: bool,
    },
    /// The centre has found the money.
    Confirm {
        /// The batch's number; the instant enrolment's with --instant.
        of: String,
        /// It is of the instant enrolment of this number.
        #[arg(long)]
        instant: bool,
        #[arg(long)]
        wait: bool,
    },
    /// The centre rejects the voucher.
    Reject {
        /// The batch's number; the instant enrolment's with --instant.
        of: String,
        #[arg(long)]
        reason: String,
        /// It is of the instant enrolment of this number.
        #[arg(long)]
        instant: bool,
        #[arg(long)]
        wait: bool,
    },
    /// Vouchers of a batch or an instant enrolment, or what units have paid.
    List {
        /// The vouchers of this batch; of the instant enrolment of this number with --instant.
        batch: Option<String>,
        /// It is an instant enrolment's number.
        #[arg(long, requires = "batch")]
        instant: bool,
        #[arg(long, required_unless_present = "batch")]
        year: Option<i32>,
        /// Payments of the units below this organization.
        #[arg(long, required_unless_present = "batch")]
        org: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum CreditCommand {
    /// Add a refund of an earlier year.
    Add {
        /// The bureau.
        #[arg(long)]
        org: String,
        /// The year that it comes from.
        #[arg(long)]
        of_year: i32,
        /// In yuan.
        #[arg(long)]
        amount: String,
        #[arg(long)]
        reason: String,
    },
    /// What was added, what batches took, what is left.
    List {
        /// The bureau.
        #[arg(long)]
        org: String,
    },
}

/// Where an instant enrolment comes from.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NewInstant {
    /// Members with a card and no cover (有卡无保).
    CardNoCover,
    /// Cards that were made since the unit's submission (新办卡).
    NewCard,
}

#[derive(Debug, Subcommand)]
pub enum InstantCommand {
    /// Instant enrolments of the units below.
    List {
        #[command(flatten)]
        of: OfUnit,
        /// Of this status.
        #[arg(long)]
        status: Option<String>,
    },
    /// Who would be in a new one now, from when, with how many days without cover.
    Preview {
        #[command(flatten)]
        of: OfUnit,
        #[arg(long, default_value = "card-no-cover")]
        kind: NewInstant,
        #[arg(long)]
        plan: Option<String>,
    },
    /// Submit a draft by its number, or a new one.
    Submit {
        #[command(flatten)]
        of: OfUnit,
        /// The draft.
        id: Option<i64>,
        /// What a new one is for.
        #[arg(long, default_value = "card-no-cover", conflicts_with = "id")]
        kind: NewInstant,
        #[arg(long, conflicts_with = "id")]
        plan: Option<String>,
        #[arg(long)]
        wait: bool,
    },
    /// The bureau approves: cover starts.
    Approve {
        id: i64,
        #[arg(long)]
        wait: bool,
    },
    /// The bureau returns it.
    Return {
        id: i64,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        wait: bool,
    },
    /// The unit does without.
    Withdraw { id: i64 },
}

#[derive(Debug, Subcommand)]
pub enum UndoCommand {
    /// The failure of a batch (CB…) or of a unit's submission (DW…): a voucher turned up.
    Failure {
        number: String,
        #[arg(long)]
        reason: String,
        #[arg(long)]
        wait: bool,
    },
}
