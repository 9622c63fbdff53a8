//! The words of the command line.

mod clock;
mod compare;
mod figures;
mod looks;
mod mail;
mod money;
mod notice;
mod registry;
mod year;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

pub use clock::{ClockCommand, ClockFlags, ClockWord};
pub use compare::CompareCommand;
pub use figures::*;
pub use mail::*;
pub use money::*;
pub use notice::NoticeCommand;
pub use registry::{MemberCommand, OrgCommand, OrgWords, TransferCommand, YesNo};
pub use year::*;

/// The machinery behind the yearly collective enrolment of union members into a mutual-aid plan.
///
/// Without any configuration it runs embedded: SQLite, queues and files under ./rollcall-data, mails as .eml files there.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, max_term_width = 100)]
pub struct Cli {
    /// Print one JSON document on stdout, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// Who acts.
    #[arg(long = "as", global = true, env = "ROLLCALL_ACCOUNT", default_value = "operator", value_name = "ACCOUNT")]
    pub account: String,
    /// The configuration file [default: ./rollcall.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Override one setting, as `--set database.connections=4`.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Business time of this one command (operator only), as 2022-11-01T09:00:00+08:00.
    #[arg(long, global = true, value_name = "INSTANT")]
    pub at: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small federation, upload its rosters and show what comes of them.
    Demo(DemoArgs),
    /// All workers and the scheduler in one process.
    Serve {
        #[command(flatten)]
        clock: ClockFlags,
    },
    /// Consume queues; any number of processes on any number of machines.
    Worker {
        /// Only these, with commas between: upload, comparison, enrollment, notice, mail, deadline, probe, or names of queues.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        #[command(flatten)]
        clock: ClockFlags,
    },
    /// Open and close windows, ring for what is due and keep house; start several, one leads.
    Scheduler {
        #[command(flatten)]
        clock: ClockFlags,
    },
    /// Work off what is queued, then exit.
    Drain {
        /// Also wait for what other processes hold; retries that are not due yet are left.
        #[arg(long)]
        until_idle: bool,
    },
    /// Bring the database up to date.
    Migrate,
    /// Print the settings in force, secrets hidden.
    Config {
        /// Print the README's table of all keys instead.
        #[arg(long)]
        table: bool,
    },
    /// Check every service and say what is wrong and how to mend it.
    Doctor {
        /// Print the statements that give this role of the database the rights it needs, and do nothing else.
        #[arg(long, value_name = "ROLE")]
        grants: Option<String>,
    },
    /// Write an empty workbook that a clerk can fill in at once.
    Template {
        /// members, roster, organizations, registry or transfers.
        kind: String,
        /// Where to [default: KIND.xlsx].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Validate a workbook offline: no database, nothing stored.
    Check {
        /// members, roster, organizations, registry or transfers.
        kind: String,
        /// The workbook.
        file: PathBuf,
        /// Write the file back with marks.
        #[arg(short, long, value_name = "MARKED.xlsx")]
        output: Option<PathBuf>,
    },
    /// Organizations.
    #[command(subcommand)]
    Org(OrgCommand),
    /// Upload workbooks: `upload KIND FILE…`, or look after uploads: list, show, result, release, discard.
    Upload(UploadArgs),
    /// Comparisons of rosters with the registry.
    #[command(subcommand)]
    Compare(CompareCommand),
    /// Members, masked.
    #[command(subcommand)]
    Member(MemberCommand),
    /// Requests to move members: the side that did not ask decides.
    #[command(subcommand)]
    Transfer(TransferCommand),
    /// Coverage years: their files.
    #[command(subcommand)]
    Year(YearCommand),
    /// Windows of a year.
    #[command(subcommand)]
    Window(WindowCommand),
    /// What premiums are made of.
    #[command(subcommand)]
    Premium(PremiumCommand),
    /// A unit's collective enrolment.
    #[command(subcommand)]
    Enroll(EnrollCommand),
    /// Review of submissions.
    #[command(subcommand)]
    Review(ReviewCommand),
    /// A bureau's batch.
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Payments and their vouchers.
    #[command(subcommand)]
    Payment(PaymentCommand),
    /// Refunds of earlier years.
    #[command(subcommand)]
    Credit(CreditCommand),
    /// Cover that begins in the middle of the year.
    #[command(subcommand)]
    Instant(InstantCommand),
    /// Put right what failed.
    #[command(subcommand)]
    Undo(UndoCommand),
    /// Enrolment notices (参保告知书): list, fetch, verify a file.
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// The statistics of a year (集中参保统计表), or a list, as a workbook.
    Stats(StatsArgs),
    /// The campaign and the queues, live in the terminal.
    Monitor(MonitorArgs),
    /// Who would fail if the next window closed now.
    Forecast(ForecastArgs),
    /// Queues.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// The dead pile.
    #[command(subcommand)]
    Dead(DeadCommand),
    /// The mail ledger.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Who did what, when, with what outcome.
    Audit {
        /// Concerning this organization.
        #[arg(long)]
        org: Option<String>,
        /// Since this instant or day.
        #[arg(long)]
        since: Option<String>,
        /// By this account.
        #[arg(long)]
        by: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 200)]
        most: i64,
    },
    /// Accounts and their roles.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Business time: show it, and move it where it is simulated (operator only).
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Print the AsyncAPI 3 document of all messages.
    Asyncapi,
    /// Send empty jobs through the queues and tell how long they take.
    Probe {
        /// How many.
        #[arg(long, default_value_t = 1)]
        count: usize,
    },
}

impl Command {
    /// The clock that a role is told to run by; none: the command is no role.
    pub fn clock_flags(&self) -> Option<&ClockFlags> {
        match self {
            Self::Serve { clock } | Self::Worker { clock, .. } | Self::Scheduler { clock } => Some(clock),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Grassroots unions.
    #[arg(long, default_value_t = 12)]
    pub units: usize,
    /// Members in all.
    #[arg(long, default_value_t = 600)]
    pub members: usize,
    /// The same seed makes the same people.
    #[arg(long, default_value_t = 2023)]
    pub seed: u64,
    /// Where everything goes; must be new or empty [default: ./rollcall-demo].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub struct UploadArgs {
    #[command(subcommand)]
    pub command: Option<UploadCommand>,
    /// members, roster, organizations, registry or transfers.
    pub kind: Option<String>,
    /// The workbooks.
    pub files: Vec<PathBuf>,
    /// The organization's number, or `auto`: each row goes to the union that its 工会编号 names.
    #[arg(long, value_name = "CODE|auto")]
    pub org: Option<String>,
    /// Data type of a member import: flexible:快递物流, external, or enterprise:CREDITCODE.
    #[arg(long = "type", value_name = "TYPE")]
    pub data_type: Option<String>,
    /// Wait for the result, its mail included; works the queues itself if nothing else does.
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Subcommand)]
pub enum UploadCommand {
    /// The newest uploads.
    List {
        /// Of this status.
        #[arg(long)]
        status: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        most: i64,
    },
    /// One upload with its findings.
    Show { id: Uuid },
    /// Fetch the result workbook.
    Result {
        id: Uuid,
        /// Where to.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// The rejected rows alone, in template form.
        #[arg(long, conflicts_with = "original")]
        rejected: bool,
        /// The file as it was uploaded.
        #[arg(long)]
        original: bool,
    },
    /// Carry out a held upload.
    Release {
        id: Uuid,
        /// Wait for the result.
        #[arg(long)]
        wait: bool,
    },
    /// Give up a held upload.
    Discard { id: Uuid },
    /// Take an import of members back; without `--yes`, what that would do.
    Undo {
        id: Uuid,
        /// Do it.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Depth and age of every queue.
    List,
    /// Let nothing be claimed from a queue.
    Pause { queue: String },
    /// Let a queue go on.
    Resume { queue: String },
}

#[derive(Debug, Args)]
pub struct DeadFilter {
    /// One message.
    pub id: Option<Uuid>,
    /// Of this kind.
    #[arg(long)]
    pub kind: Option<String>,
    /// Of this queue.
    #[arg(long)]
    pub queue: Option<String>,
    /// Whose error contains this text.
    #[arg(long)]
    pub error: Option<String>,
    /// All that the filter means; without it only the count is shown.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum DeadCommand {
    /// Grouped by kind and error.
    List,
    /// A message with its whole chain.
    Show { id: Uuid },
    /// Run again.
    Replay(DeadFilter),
    /// Give up for good.
    Discard(DeadFilter),
}

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add an account.
    Add {
        name: String,
        #[arg(long)]
        email: Option<String>,
    },
    /// All accounts with their roles.
    List,
    /// Give a role: clerk, reviewer, bureau (with --org), centre, federation, operator.
    Grant {
        name: String,
        role: String,
        #[arg(long)]
        org: Option<String>,
    },
    /// Take a role away.
    Revoke {
        name: String,
        role: String,
        #[arg(long)]
        org: Option<String>,
    },
}
