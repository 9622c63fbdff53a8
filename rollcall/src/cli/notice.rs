//! The words of notices.

use std::path::PathBuf;

use clap::Subcommand;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// The notices of a union and those below it.
    List {
        /// The coverage year.
        #[arg(long)]
        year: i32,
        /// The union.
        #[arg(long)]
        org: String,
    },
    /// A notice as PDF.
    Get {
        /// Its id.
        id: Uuid,
        /// The file to write.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Which notice a file is, and whether a newer one has replaced it.
    Verify {
        /// The file.
        file: PathBuf,
    },
}
