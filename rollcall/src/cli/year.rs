//! The words of the year: its file, windows, premiums, enrolment and review.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum YearCommand {
    /// The years on record.
    List,
    /// Load a year's file: a new year, or one that nobody has submitted for.
    Load { file: PathBuf },
    /// A year's file, in its one normal writing.
    Show { year: i32 },
    /// In what two years differ.
    Diff { first: i32, second: i32 },
}

#[derive(Debug, Subcommand)]
pub enum WindowCommand {
    /// The windows of a year and how they stand.
    List {
        #[arg(long)]
        year: i32,
    },
    /// Extend a window, for all or for one organization with all below it.
    Extend {
        /// premium-setting, submission, review, review-bureau, unit-payment, final-submission, bureau-payment or cover.
        window: String,
        #[arg(long)]
        year: i32,
        /// The first instant at which it is closed; a day is the last one that counts.
        #[arg(long)]
        until: String,
        /// For this organization alone.
        #[arg(long)]
        org: Option<String>,
        #[arg(long)]
        reason: String,
    },
    /// What came due, how late it was noticed, and what was done.
    Status {
        #[arg(long)]
        year: i32,
    },
}

#[derive(Debug, Subcommand)]
pub enum PremiumCommand {
    /// What premiums are made of, per plan.
    Show {
        #[arg(long)]
        year: i32,
        /// The bureau.
        #[arg(long)]
        org: String,
    },
    /// Split what the federation does not pay between bureau and unit.
    Set {
        #[arg(long)]
        year: i32,
        /// The bureau.
        #[arg(long)]
        org: String,
        #[arg(long)]
        plan: String,
        /// The bureau's share per person, in yuan, as 13.00.
        #[arg(long)]
        bureau: String,
        /// The unit's share per person, in yuan.
        #[arg(long)]
        unit: String,
    },
}

/// The unit and year that an enrolment is about.
#[derive(Debug, Args)]
pub struct OfUnit {
    /// The coverage year.
    #[arg(long)]
    pub year: i32,
    /// The unit.
    #[arg(long)]
    pub org: String,
}

#[derive(Debug, Subcommand)]
pub enum EnrollCommand {
    /// What the unit would submit now: classes, money, and what has to be looked at.
    Preview {
        #[command(flatten)]
        of: OfUnit,
        /// The plan [default: the one submitted before, else the first of the year].
        #[arg(long)]
        plan: Option<String>,
    },
    /// Members who need a person's confirmation before they are covered.
    Pending {
        #[command(flatten)]
        of: OfUnit,
    },
    /// Confirm members of the pending list. It can't be withdrawn; the unit has to submit (again) for it to count.
    Confirm {
        #[command(flatten)]
        of: OfUnit,
        /// Their numbers.
        #[arg(required_unless_present = "all")]
        members: Vec<String>,
        /// All that are pending.
        #[arg(long, conflicts_with = "members")]
        all: bool,
    },
    /// Keep what was decided about members of whom only the calendar says that they are retired.
    Decide {
        #[command(flatten)]
        of: OfUnit,
        /// Their numbers.
        #[arg(required = true)]
        members: Vec<String>,
        #[arg(long)]
        decision: Decision,
    },
    /// Submit; the last one received counts.
    Submit {
        #[command(flatten)]
        of: OfUnit,
        /// The plan [default: the one submitted before, else the first of the year].
        #[arg(long)]
        plan: Option<String>,
        /// Wait until everything that follows is done, mails included.
        #[arg(long)]
        wait: bool,
    },
    /// How the unit's submission stands.
    Show {
        #[command(flatten)]
        of: OfUnit,
    },
    /// All versions of it.
    History {
        #[command(flatten)]
        of: OfUnit,
    },
    /// Compare the totals of all organizations with a recount of all submissions.
    Recount {
        /// The coverage year.
        #[arg(long)]
        year: i32,
        /// Write the totals anew where they differ.
        #[arg(long)]
        repair: bool,
    },
}

/// What was decided about a retirement.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Decision {
    /// Retires before the year: not covered.
    Retired,
    /// Goes on working: covered.
    Stays,
}

#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Submissions of the units below.
    List {
        #[arg(long)]
        year: i32,
        /// The reviewer: a secondary union or a bureau.
        #[arg(long)]
        org: String,
        /// Of this status.
        #[arg(long)]
        status: Option<String>,
        /// Of this plan.
        #[arg(long)]
        plan: Option<String>,
    },
    /// Move submissions to the submission list.
    Approve {
        #[command(flatten)]
        of: Reviewed,
    },
    /// Return submissions to their units.
    Return {
        #[command(flatten)]
        of: Reviewed,
        /// Why; it may begin with plan, people, retired, duplicate or other, and a colon.
        #[arg(long)]
        reason: String,
        /// Also where the unit can't submit again any more.
        #[arg(long)]
        yes: bool,
    },
}

/// The submissions that a review is about.
#[derive(Debug, Args)]
pub struct Reviewed {
    #[arg(long)]
    pub year: i32,
    /// The reviewer: a secondary union or a bureau.
    #[arg(long)]
    pub org: String,
    /// The units.
    #[arg(required_unless_present = "all")]
    pub units: Vec<String>,
    /// All that wait.
    #[arg(long, conflicts_with = "units")]
    pub all: bool,
    /// Wait until everything that follows is done, mails included.
    #[arg(long)]
    pub wait: bool,
}
