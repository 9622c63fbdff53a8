//! The words of what a year comes to: statistics, lists, the monitor, the forecast.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A list that can be had as a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListOf {
    /// Submissions of units.
    Units,
    /// Batches of bureaus.
    Batches,
    /// Instant enrolments.
    Instants,
    /// What failed, and what was undone of it.
    Failures,
}

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// The coverage year.
    #[arg(long)]
    pub year: i32,
    /// Of the units below this organization [default: of the federation].
    #[arg(long, value_name = "CODE")]
    pub org: Option<String>,
    /// A list instead of the statistics.
    #[arg(long, value_name = "LIST")]
    pub list: Option<ListOf>,
    /// Where to.
    #[arg(short, long, value_name = "FILE.xlsx")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// The coverage year.
    #[arg(long)]
    pub year: i32,
    /// Of the units below this organization [default: of the federation].
    #[arg(long, value_name = "CODE")]
    pub org: Option<String>,
    /// Print how it stands now, and exit; also where nobody looks at a terminal, and with --json.
    #[arg(long)]
    pub once: bool,
    /// Seconds between two looks.
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub every: u64,
}

#[derive(Debug, Args)]
pub struct ForecastArgs {
    /// The coverage year.
    #[arg(long)]
    pub year: i32,
    /// Of the units below this organization [default: of the federation].
    #[arg(long, value_name = "CODE")]
    pub org: Option<String>,
}
