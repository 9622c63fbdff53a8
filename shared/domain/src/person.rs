//! The closed values that a person's row can state: sex, yes or no, staff or worker.

use serde::{Deserialize, Serialize};

use crate::text;

/// 性别.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// Reads 男 or 女 in their usual writings.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        match text::compact(written).as_ref() {
            "男" | "男性" | "M" | "m" | "male" | "Male" | "MALE" => Some(Self::Male),
            "女" | "女性" | "F" | "f" | "female" | "Female" | "FEMALE" => Some(Self::Female),
            _ => None,
        }
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }

    /// The sex of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Male, Self::Female].into_iter().find(|sex| sex.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

/// 干部/工人: whether a woman's original retirement age is 55 or 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Staff {
    /// 干部.
    Cadre,
    /// 工人.
    Worker,
}

impl Staff {
    /// Reads 干部 or 工人 in their usual writings.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        match text::compact(written).as_ref() {
            "干部" | "管理" | "管理人员" | "管理岗" | "管理技术岗" => Some(Self::Cadre),
            "工人" | "非管理" | "工人岗" => Some(Self::Worker),
            _ => None,
        }
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cadre => "cadre",
            Self::Worker => "worker",
        }
    }

    /// The staff kind of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Cadre, Self::Worker].into_iter().find(|staff| staff.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Cadre => "干部",
            Self::Worker => "工人",
        }
    }
}

/// Reads 是 or 否 in their usual writings.
#[must_use]
pub fn yes_no(written: &str) -> Option<bool> {
    match text::compact(written).as_ref() {
        "是" | "有" | "要" | "需要" | "已缴" | "已缴纳" | "缴纳" | "√" | "Y" | "y" | "YES" | "Yes" | "yes" | "TRUE"
        | "true" | "True" | "1" => Some(true),
        "否" | "无" | "不" | "不要" | "不需要" | "未缴" | "未缴纳" | "×" | "N" | "n" | "NO" | "No" | "no" | "FALSE"
        | "false" | "False" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_writings_are_understood_and_others_are_not() {
        assert_eq!(Sex::parse_zh(" 男 性 "), Some(Sex::Male));
        assert_eq!(Sex::parse_zh("Ｆ"), Some(Sex::Female));
        assert_eq!(Sex::parse_zh("未知"), None);
        assert_eq!(Staff::parse_zh("工人"), Some(Staff::Worker));
        assert_eq!(yes_no("是"), Some(true));
        assert_eq!(yes_no("１"), Some(true));
        assert_eq!(yes_no("否 "), Some(false));
        assert_eq!(yes_no("也许"), None);
    }

    #[test]
    fn wire_names_come_back() {
        for sex in [Sex::Male, Sex::Female] {
            assert_eq!(Sex::parse(sex.name()), Some(sex));
            assert_eq!(Sex::parse_zh(sex.name_zh()), Some(sex));
        }
        for staff in [Staff::Cadre, Staff::Worker] {
            assert_eq!(Staff::parse(staff.name()), Some(staff));
            assert_eq!(Staff::parse_zh(staff.name_zh()), Some(staff));
        }
    }
}
