//! Guards against a valid file that means something else: such an upload is held, with figures, until somebody releases
//! or discards it.

use serde::{Deserialize, Serialize};

/// From where on an upload is held. Percentages are of 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardLimits {
    /// Rows whose document is registered under another name: held from this many on, …
    pub other_name_rows: u64,
    /// … if they are this part of the matched rows, too.
    pub other_name_percent: u64,
    /// Members whom a roster lacks: held beyond this many, …
    pub missing_people: u64,
    /// … if they are more than this part of the union, too.
    pub missing_percent: u64,
    /// New people of one import: held beyond this many, …
    pub added_people: u64,
    /// … if they are more than this part of the union as it was, too (not at its first import).
    pub added_percent: u64,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            other_name_rows: 20,
            other_name_percent: 10,
            missing_people: 20,
            missing_percent: 30,
            added_people: 100,
            added_percent: 100,
        }
    }
}

/// Why an upload is held, with its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "guard", rename_all = "kebab-case")]
pub enum Hold {
    /// Names don't belong to the documents: a shifted column.
    OtherNames {
        /// Rows that matched a registered document.
        matched: u64,
        /// Those of them with another name.
        differing: u64,
    },
    /// Much of the union is missing: a part of the file, or another union's.
    MissingPeople {
        /// Members of the union.
        members: u64,
        /// Those of them who are not in the file.
        missing: u64,
    },
    /// The union would more than double.
    HeadcountJump {
        /// Members of the union before.
        before: u64,
        /// People whom the file would add.
        added: u64,
    },
    /// Rows of a roster were not read: whoever stands in them would count as absent.
    NotRead {
        /// How many.
        rows: u64,
    },
    /// Rows of a roster are hidden or filtered away.
    HiddenRows {
        /// How many.
        rows: u64,
    },
    /// A sheet is named after people who have left.
    LeaversSheet {
        /// The sheet.
        sheet: String,
    },
    /// A sheet is named after another year.
    OtherYear {
        /// The sheet.
        sheet: String,
    },
    /// Half of a sheet's documents stand on another sheet, too.
    RepeatedSheet {
        /// The sheet.
        sheet: String,
        /// Its rows.
        rows: u64,
        /// Those of them that stand on another sheet before.
        repeated: u64,
    },
}

mod sheets;

pub use sheets::{SheetRows, suspicious_sheet};

impl Hold {
    /// The wire name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OtherNames { .. } => "other-names",
            Self::MissingPeople { .. } => "missing-people",
            Self::HeadcountJump { .. } => "headcount-jump",
            Self::NotRead { .. } => "rows-not-read",
            Self::HiddenRows { .. } => "hidden-rows",
            Self::LeaversSheet { .. } => "leavers-sheet",
            Self::OtherYear { .. } => "other-year",
            Self::RepeatedSheet { .. } => "repeated-sheet",
        }
    }

    /// What clerks read: the figures, what it may be, what to do.
    #[must_use]
    pub fn message_zh(&self) -> String {
        match self {
            Self::OtherNames { matched, differing } => format!(
                "文件中有 {matched} 行与已登记的证件号码相符，其中 {differing} 行的姓名不同，可能是某一列错位。请核对后选择放行或作废。"
            ),
            Self::MissingPeople { members, missing } => format!(
                "本工会登记有 {members} 名会员，其中 {missing} 名不在文件中，可能是名单不完整或传错了工会。请核对后选择放行或作废。"
            ),
            Self::HeadcountJump { before, added } => format!(
                "本工会登记有 {before} 名会员，本次将新增 {added} 名，人数增加一倍以上。请核对后选择放行或作废。"
            ),
            Self::NotRead { rows } => format!(
                "文件中有 {rows} 行没有读取，其中的人员会被当作不在名单中。请补全表头后重新上传；放行的，系统不会对名单中没有的会员提出转移或移除的建议。"
            ),
            Self::HiddenRows { rows } => {
                format!("文件中有 {rows} 行被隐藏或筛选掉，可能不属于本次名单。请核对后选择放行或作废。")
            }
            Self::LeaversSheet { sheet } => {
                format!(
                    "工作表“{sheet}”从名称看是已离开的人员。请核对；不应读取的，请删除该工作表后重新上传，否则请放行。"
                )
            }
            Self::OtherYear { sheet } => {
                format!(
                    "工作表“{sheet}”从名称看是其他年度的名单。请核对；不应读取的，请删除该工作表后重新上传，否则请放行。"
                )
            }
            Self::RepeatedSheet { sheet, rows, repeated } => format!(
                "工作表“{sheet}”的 {rows} 行中有 {repeated} 行与其他工作表重复，可能是同一名单的旧版本。请核对；不应读取的，请删除该工作表后重新上传，否则请放行。"
            ),
        }
    }
}

impl GuardLimits {
    /// `differing` of the `matched` rows carry another name than the registry.
    #[must_use]
    pub fn other_names(&self, matched: u64, differing: u64) -> Option<Hold> {
        let much = differing.saturating_mul(100) >= matched.saturating_mul(self.other_name_percent);
        (differing > 0 && differing >= self.other_name_rows && much).then_some(Hold::OtherNames { matched, differing })
    }

    /// `missing` of the union's `members` are not in its roster.
    #[must_use]
    pub fn missing_people(&self, members: u64, missing: u64) -> Option<Hold> {
        let much = missing.saturating_mul(100) > members.saturating_mul(self.missing_percent);
        (missing > self.missing_people && much).then_some(Hold::MissingPeople { members, missing })
    }

    /// An import would add `added` people to a union of `before`; the first import is the one that finds nobody.
    #[must_use]
    pub fn headcount_jump(&self, before: u64, added: u64) -> Option<Hold> {
        let much = added.saturating_mul(100) > before.saturating_mul(self.added_percent);
        (before > 0 && added > self.added_people && much).then_some(Hold::HeadcountJump { before, added })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_at_twenty_rows_and_a_tenth() {
        let limits = GuardLimits::default();
        assert_eq!(limits.other_names(200, 20), Some(Hold::OtherNames { matched: 200, differing: 20 }));
        assert_eq!(limits.other_names(201, 20), None);
        assert_eq!(limits.other_names(19, 19), None);
    }

    #[test]
    fn rosters_hold_beyond_twenty_people_and_three_tenths() {
        let limits = GuardLimits::default();
        assert_eq!(limits.missing_people(69, 21), Some(Hold::MissingPeople { members: 69, missing: 21 }));
        assert_eq!(limits.missing_people(70, 21), None);
        assert_eq!(limits.missing_people(20, 20), None);
    }

    #[test]
    fn imports_hold_beyond_a_hundred_people_that_double_the_union() {
        let limits = GuardLimits::default();
        assert_eq!(limits.headcount_jump(100, 101), Some(Hold::HeadcountJump { before: 100, added: 101 }));
        assert_eq!(limits.headcount_jump(99, 100), None);
        assert_eq!(limits.headcount_jump(101, 101), None);
        assert_eq!(limits.headcount_jump(0, 1000), None);
    }

    #[test]
    fn limits_and_holds_travel() {
        let limits: GuardLimits = serde_json::from_str(r#"{"added_people": 5}"#).unwrap();
        assert_eq!(limits, GuardLimits { added_people: 5, ..GuardLimits::default() });
        let hold = limits.headcount_jump(3, 6).unwrap();
        let wire = serde_json::to_string(&hold).unwrap();
        assert_eq!(wire, r#"{"guard":"headcount-jump","before":3,"added":6}"#);
        assert_eq!(serde_json::from_str::<Hold>(&wire).unwrap(), hold);
        assert!(hold.message_zh().contains("新增 6 名"));
    }
}
