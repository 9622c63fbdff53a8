//! Uploads: what they are of, how they stand, and counts that add up.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{text, uscc::Uscc};

/// The sub-kinds of flexible work (灵活就业), as on the federation's screen.
pub const FLEXIBLE_KINDS: [&str; 12] = [
    "快递物流",
    "网约送餐",
    "房屋中介",
    "护工护理",
    "货运驾驶",
    "物业保安",
    "商场信息",
    "家政服务",
    "工地短工",
    "农业临工",
    "保洁环卫",
    "街面雇员",
];

/// What a member import names beside its union: whose people these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// 灵活就业, of one of [`FLEXIBLE_KINDS`].
    Flexible(&'static str),
    /// 企业外入会.
    External,
    /// 关联企业: exactly one, by its credit code.
    Enterprise(Uscc),
}

/// Why a text names no data type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataTypeError {
    /// None of the three.
    #[error("not a data type: write flexible:SUBKIND, external or enterprise:CREDITCODE")]
    Unknown,
    /// A sub-kind that is not on the list.
    #[error("not a sub-kind of flexible work: write one of {}", FLEXIBLE_KINDS.join(", "))]
    Subkind,
    /// A credit code that can't be one.
    #[error("not a credit code (18 characters, GB 32100): check it against the certificate")]
    Uscc,
}

impl FromStr for DataType {
    type Err = DataTypeError;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let written = text::folded(written);
        let (word, rest) = written.split_once(':').unwrap_or((&written, ""));
        match (word.trim(), rest.trim()) {
            ("external", "") => Ok(Self::External),
            ("flexible", kind) => FLEXIBLE_KINDS
                .into_iter()
                .find(|known| *known == kind)
                .map(Self::Flexible)
                .ok_or(DataTypeError::Subkind),
            ("enterprise", code) => Uscc::parse(code).map(Self::Enterprise).ok_or(DataTypeError::Uscc),
            _ => Err(DataTypeError::Unknown),
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flexible(kind) => write!(f, "flexible:{kind}"),
            Self::External => f.write_str("external"),
            Self::Enterprise(code) => write!(f, "enterprise:{code}"),
        }
    }
}

impl DataType {
    /// What clerks read.
    #[must_use]
    pub fn name_zh(&self) -> String {
        match self {
            Self::Flexible(kind) => format!("灵活就业（{kind}）"),
            Self::External => "企业外入会".to_owned(),
            Self::Enterprise(code) => format!("关联企业（{code}）"),
        }
    }
}

/// How an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadStatus {
    /// Accepted, nothing read yet.
    Received,
    /// A worker reads it.
    Running,
    /// Carried out; rows may have been rejected.
    Done,
    /// A guard holds it: waits for release or discard.
    Held,
    /// The file as a whole was not taken, or a held one was discarded.
    Rejected,
    /// It could not be worked off, for a reason of ours.
    Failed,
}

impl UploadStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Received, Self::Running, Self::Done, Self::Held, Self::Rejected, Self::Failed];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Running => "running",
            Self::Done => "done",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }

    /// The status of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Received => "已接收",
            Self::Running => "处理中",
            Self::Done => "已完成",
            Self::Held => "待确认",
            Self::Rejected => "已拒绝",
            Self::Failed => "处理失败",
        }
    }

    /// Whether nothing more happens to it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Rejected | Self::Failed)
    }
}

/// Rows of an upload by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that were read.
    pub read: u64,
    /// Rows that were taken: new, changed, transfers.
    pub accepted: u64,
    /// Rows that say what the registry says.
    pub unchanged: u64,
    /// Rows with an error.
    pub rejected: u64,
    /// Later rows of a document that stood in an earlier one.
    pub duplicate: u64,
    /// Requests to transfer; a part of `accepted` (decision 6).
    pub transfers: u64,
    /// Rows that hold anything, of all sheets that are visible and not ours; one of several blocks counts in each (decision 40).
    #[serde(default)]
    pub content: u64,
    /// Rows of headings.
    #[serde(default)]
    pub headings: u64,
    /// Titles, footers, hints, repeated headings, rows of defaults alone.
    #[serde(default)]
    pub skipped: u64,
    /// Rows of sheets and blocks that were not read.
    #[serde(default)]
    pub not_read: u64,
}

impl Counts {
    /// No row vanishes: those with content are headings, read, skipped or not read; those read are accepted, unchanged,
    /// rejected or duplicate.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.content == self.headings + self.read + self.skipped + self.not_read
            && self.read == self.accepted + self.unchanged + self.rejected + self.duplicate
            && self.transfers <= self.accepted
    }

    /// Counts one more row by its outcome.
    pub fn count(&mut self, outcome: &crate::import::Outcome) {
        use crate::import::Outcome::{Changed, New, Rejected, TransferIn, Unchanged};
        self.read += 1;
        match outcome {
            New | Changed(_) => self.accepted += 1,
            TransferIn => {
                self.accepted += 1;
                self.transfers += 1;
            }
            Unchanged => self.unchanged += 1,
            Rejected => self.rejected += 1,
        }
    }

    /// Counts one more row that stood before.
    pub fn count_duplicate(&mut self) {
        self.read += 1;
        self.duplicate += 1;
    }

    /// The counts of two parts together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            accepted: self.accepted + other.accepted,
            unchanged: self.unchanged + other.unchanged,
            rejected: self.rejected + other.rejected,
            duplicate: self.duplicate + other.duplicate,
            transfers: self.transfers + other.transfers,
            content: self.content + other.content,
            headings: self.headings + other.headings,
            skipped: self.skipped + other.skipped,
            not_read: self.not_read + other.not_read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Outcome;

    #[test]
    fn data_types_come_back_as_written() {
        for kind in FLEXIBLE_KINDS {
            let written = format!("flexible:{kind}");
            assert_eq!(written.parse::<DataType>().unwrap().to_string(), written);
        }
        assert_eq!("external".parse::<DataType>().unwrap(), DataType::External);
        assert_eq!("flexible：快递物流".parse::<DataType>().unwrap(), DataType::Flexible("快递物流"));
        for (written, error) in [
            ("flexible", DataTypeError::Subkind),
            ("flexible:律师", DataTypeError::Subkind),
            ("enterprise:123", DataTypeError::Uscc),
            ("enterprise", DataTypeError::Uscc),
            ("external:1", DataTypeError::Unknown),
            ("", DataTypeError::Unknown),
        ] {
            assert_eq!(written.parse::<DataType>(), Err(error), "{written}");
        }
    }

    #[test]
    fn states_have_wire_names() {
        for status in UploadStatus::ALL {
            assert_eq!(UploadStatus::parse(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }

    #[test]
    fn counts_add_up_whatever_becomes_of_the_rows() {
        let mut counts = Counts::default();
        let outcomes =
            [Outcome::New, Outcome::Changed(vec!["phone"]), Outcome::TransferIn, Outcome::Unchanged, Outcome::Rejected];
        for outcome in &outcomes {
            counts.count(outcome);
        }
        counts.count_duplicate();
        let rows =
            Counts { read: 6, accepted: 3, unchanged: 1, rejected: 1, duplicate: 1, transfers: 1, ..Counts::default() };
        assert_eq!(counts, rows);
        assert!(!counts.adds_up(), "nothing is said of rows with content");
        (counts.content, counts.headings, counts.skipped, counts.not_read) = (12, 1, 2, 3);
        assert!(counts.adds_up() && counts.plus(counts).adds_up());
        assert!(!Counts { read: 1, ..Counts::default() }.adds_up());
    }
}
