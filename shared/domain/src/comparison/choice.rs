//! What a clerk may choose in the column 处理 of the difference workbook.

use serde::{Deserialize, Serialize};

use super::Class;
use crate::{leaving::Removal, text};

/// A choice for one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// 转移: to the nearest 临时工会 above.
    Transfer,
    /// 退休, 死亡 or 犯罪: the membership ends.
    Remove(Removal),
    /// 更新: the registry takes what the file says.
    Update,
    /// 申请转入: the other union is asked.
    Request,
}

/// What a cell of the column 处理 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing is to be done: blank, 保留, 不更新, 不申请, 先改名单.
    Nothing,
    /// This is to be done.
    Do(Choice),
    /// No word of the drop-down.
    Unknown,
}

impl Choice {
    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Remove(reason) => reason.name(),
            Self::Update => "update",
            Self::Request => "request",
        }
    }

    /// The word in the drop-down.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Transfer => "转移",
            Self::Remove(reason) => reason.name_zh(),
            Self::Update => "更新",
            Self::Request => "申请转入",
        }
    }

    /// The choice of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "transfer" => Some(Self::Transfer),
            "update" => Some(Self::Update),
            "request" => Some(Self::Request),
            name => Removal::parse(name).map(Self::Remove),
        }
    }

    /// The words of a class's drop-down; none where there is nothing to choose.
    #[must_use]
    pub fn offered(class: Class) -> &'static [&'static str] {
        match class {
            Class::AbsentFromFile => &["转移", "退休", "死亡", "犯罪", "保留"],
            Class::Changed => &["更新", "不更新"],
            Class::InOtherUnion => &["申请转入", "不申请"],
            _ => &[],
        }
    }
}

impl Written {
    /// Reads a cell of the column 处理 for an item of a class.
    #[must_use]
    pub fn read(class: Class, cell: &str) -> Self {
        let word = text::compact(cell);
        match (class, word.as_ref()) {
            (_, "" | "保留" | "不更新" | "不申请" | "不处理" | "先改名单") => Self::Nothing,
            (Class::AbsentFromFile, "转移") => Self::Do(Choice::Transfer),
            (Class::AbsentFromFile, word) => {
                Removal::parse_zh(word).map_or(Self::Unknown, |reason| Self::Do(Choice::Remove(reason)))
            }
            (Class::Changed, "更新") => Self::Do(Choice::Update),
            (Class::InOtherUnion, "申请转入") => Self::Do(Choice::Request),
            _ => Self::Unknown,
        }
    }
}
