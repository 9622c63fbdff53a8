//! The words of time: which clock a role runs by, and how an operator moves a simulated one.

use clap::{Args, Subcommand, ValueEnum};

/// What business time goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClockWord {
    /// The machine's time.
    System,
    /// An instant that stands still until `rollcall clock advance` moves it.
    Simulated,
}

#[derive(Debug, Clone, Default, Args)]
pub struct ClockFlags {
    /// What business time goes by [default: the clock of the database, which is the machine's unless it is a rehearsal].
    #[arg(long, value_name = "CLOCK")]
    pub clock: Option<ClockWord>,
    /// Where a simulated clock starts, as 2022-10-25T09:00:00+08:00 or a day; once started, the database knows where it stands.
    #[arg(long, value_name = "INSTANT", requires = "clock")]
    pub from: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Where both clocks stand, and what comes due next.
    Show,
    /// Move the simulated clock forward, notice what came due, and wait until it is done.
    Advance {
        /// By so much: 90d, 12h, 1d12h30m, 45s; w, d, h, m and s. Or --to says where to.
        #[arg(required_unless_present = "to", value_name = "DURATION|--to INSTANT")]
        by: Option<String>,
        /// To this instant; a day is its beginning.
        #[arg(long, conflicts_with = "by", value_name = "INSTANT")]
        to: Option<String>,
        /// Only move it: schedulers notice by themselves.
        #[arg(long)]
        no_wait: bool,
    },
}
