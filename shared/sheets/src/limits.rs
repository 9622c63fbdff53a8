//! What one file may cost. Every limit has a unit, a default and a reason; each is tested at the limit and one past it.

use serde::{Deserialize, Serialize};

/// Limits for the reading of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadLimits {
    /// Size of the file in bytes.
    pub upload_bytes: u64,
    /// Inflated size of all parts of an archive together, in bytes. A million rows of nine columns inflate to half of it.
    pub inflated_bytes: u64,
    /// Inflated size over packed size. No real file of 4,045 public ones inflates over 100 times.
    pub ratio: u64,
    /// Archives that inflate to no more bytes than this are opened whatever their ratio.
    pub ratio_floor_bytes: u64,
    /// Parts of an archive.
    pub entries: u64,
    /// Rows with data below the header, and the highest row number that may hold any. Excel's own limit is 1,048,576.
    pub rows: u64,
    /// Columns that may hold data.
    pub columns: u32,
    /// Characters of one cell. Excel's own limit is 32,767.
    pub cell_chars: u32,
    /// Processor time of the child, in seconds.
    pub cpu_s: u64,
    /// Time that the parent waits for the child, in seconds; the parent's own work does not count.
    pub wall_s: u64,
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            upload_bytes: 64 << 20,
            inflated_bytes: 1 << 30,
            ratio: 200,
            ratio_floor_bytes: 16 << 20,
            entries: 4_096,
            rows: 1_048_576,
            columns: 512,
            cell_chars: 32_767,
            cpu_s: 60,
            wall_s: 120,
            memory_bytes: 768 << 20,
        }
    }
}
