//! The words of `compare`.

use std::path::PathBuf;

use clap::Subcommand;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum CompareCommand {
    /// The newest comparisons.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        most: i64,
    },
    /// What a comparison found: counts and items.
    Show {
        id: Uuid,
        /// Of this class alone: changed, `absent_from_file`, `not_in_registry`, `in_other_union`, `near_match`, duplicate, rejected.
        #[arg(long)]
        class: Option<String>,
        /// At most so many items.
        #[arg(long, default_value_t = 100_000)]
        most: i64,
    },
    /// Carry out what is chosen in the column 处理 of a difference workbook, and wait for it.
    Apply {
        id: Uuid,
        /// The workbook, as `upload result` gave it, with choices.
        #[arg(long, value_name = "FILE")]
        actions: PathBuf,
        /// Wait for the outcome; this is what is done anyhow.
        #[arg(long, conflicts_with = "no_wait")]
        wait: bool,
        /// Return as soon as the workbook is safe.
        #[arg(long)]
        no_wait: bool,
    },
}
