//! The comparison of a union's own list with the registry (会员比对): both directions, field by field, with what is
//! suspected explained and a next step proposed.
//!
//! A row of the file is in exactly one class of [`Class::OF_ROWS`]; `absent_from_file` counts members; a near match is an
//! additional remark on a pair of a row and an absent member.

mod choice;
mod compare;
mod differences;
mod form;
mod near;
mod suggestion;

use serde::{Deserialize, Serialize};

pub use choice::{Choice, Written};
pub use compare::{Absent, Changed, Comparing, Comparison, Found, NearMatch, Refused, Repeated, Stranger};
pub use differences::{Difference, differences};
pub use near::{Loose, Near, Nearness, Reason, Sought, near_matches};
pub use suggestion::{Suggestion, suggestion};

use crate::{
    identity::Document,
    name::PersonName,
    person::{Sex, Staff},
    phone::Phone,
};

/// A member of the union as the registry has it.
#[derive(Clone, Debug)]
pub struct Registered {
    /// 证件类型 and 证件号码.
    pub document: Document,
    /// 姓名.
    pub name: PersonName,
    /// 性别.
    pub sex: Sex,
    /// Day of birth, where the document tells it.
    pub birth: Option<chrono::NaiveDate>,
    /// 手机号码.
    pub phone: Option<Phone>,
    /// 工作单位/服务平台.
    pub employer: Option<Box<str>>,
    /// 会员标签.
    pub label: Option<Box<str>>,
    /// 干部/工人.
    pub staff: Option<Staff>,
    /// Day of retirement on record.
    pub retired_on: Option<chrono::NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<chrono::NaiveDate>,
}

/// What a comparison finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The registry says the same.
    Same,
    /// A member, of whom the file says something else.
    Changed,
    /// A member who is not in the file.
    AbsentFromFile,
    /// Somebody who is in no union.
    NotInRegistry,
    /// Somebody who is registered in another union.
    InOtherUnion,
    /// A row and an absent member who may be one person.
    NearMatch,
    /// The document stood in an earlier row.
    Duplicate,
    /// The row has an error.
    Rejected,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Same,
        Self::Changed,
        Self::AbsentFromFile,
        Self::NotInRegistry,
        Self::InOtherUnion,
        Self::NearMatch,
        Self::Duplicate,
        Self::Rejected,
    ];
    /// The classes of which each row of the file is in exactly one.
    pub const OF_ROWS: [Self; 6] =
        [Self::Same, Self::Changed, Self::NotInRegistry, Self::InOtherUnion, Self::Duplicate, Self::Rejected];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::AbsentFromFile => "absent_from_file",
            Self::NotInRegistry => "not_in_registry",
            Self::InOtherUnion => "in_other_union",
            Self::NearMatch => "near_match",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
        }
    }

    /// The class of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// What clerks read; also the name of the class's sheet.
    #[must_use]
    pub fn title_zh(self) -> &'static str {
        match self {
            Self::Same => "一致",
            Self::Changed => "信息不一致",
            Self::AbsentFromFile => "平台有名单无",
            Self::NotInRegistry => "名单有平台无",
            Self::InOtherUnion => "在其他工会",
            Self::NearMatch => "疑似同一人",
            Self::Duplicate => "重复",
            Self::Rejected => "未接收",
        }
    }
}

/// What a comparison found, by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows in the file.
    pub read: u64,
    /// Rows that say what the registry says.
    pub same: u64,
    /// Rows that say something else of a member.
    pub changed: u64,
    /// Members who are not in the file.
    pub absent_from_file: u64,
    /// Rows of people who are in no union.
    pub not_in_registry: u64,
    /// Rows of people who are registered in another union.
    pub in_other_union: u64,
    /// Pairs of a row that is not in the registry and an absent member who may be one person.
    pub near_match: u64,
    /// Rows whose document stood in an earlier row.
    pub duplicate: u64,
    /// Rows with an error.
    pub rejected: u64,
}

impl Counts {
    /// No row vanishes: each one read is in exactly one class.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let rows = [self.same, self.changed, self.not_in_registry, self.in_other_union, self.duplicate, self.rejected];
        self.read == rows.iter().sum::<u64>()
    }

    /// The count of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        match class {
            Class::Same => self.same,
            Class::Changed => self.changed,
            Class::AbsentFromFile => self.absent_from_file,
            Class::NotInRegistry => self.not_in_registry,
            Class::InOtherUnion => self.in_other_union,
            Class::NearMatch => self.near_match,
            Class::Duplicate => self.duplicate,
            Class::Rejected => self.rejected,
        }
    }
}

#[cfg(test)]
mod tests;
