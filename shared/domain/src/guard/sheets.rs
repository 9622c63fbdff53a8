//! Sheets of a workbook that may not be meant: of people who have left, of another year, of people who stand on another sheet.

use super::Hold;
use crate::text;

/// What names of sheets call those who have left.
const LEAVERS: [&str; 16] = [
    "离职", "退会", "退休", "离退", "离岗", "辞职", "辞退", "调出", "转出", "减员", "死亡", "去世", "注销", "除名",
    "已退", "停保",
];
/// What they call a list of another time.
const OLDER: [&str; 5] = ["去年", "上年", "往年", "历年", "作废"];

/// What is known of a sheet that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetRows {
    /// Its name.
    pub name: String,
    /// Rows whose document could be read.
    pub rows: u64,
    /// Those of them whose document stands on a sheet before.
    pub repeated: u64,
}

/// The first sheet that is to be looked at by a person; `year` is that of the receipt. A list is of the year in which it is
/// made, or of the one that is to be covered.
#[must_use]
pub fn suspicious_sheet(sheets: &[SheetRows], year: i32) -> Option<Hold> {
    sheets.iter().find_map(|of| {
        let (name, sheet) = (text::compact(&of.name), of.name.clone());
        if LEAVERS.iter().any(|word| name.contains(word)) {
            return Some(Hold::LeaversSheet { sheet });
        }
        if OLDER.iter().any(|word| name.contains(word)) || is_of_another_year(&name, year) {
            return Some(Hold::OtherYear { sheet });
        }
        let much = of.repeated > 0 && of.repeated * 2 >= of.rows;
        much.then_some(Hold::RepeatedSheet { sheet, rows: of.rows, repeated: of.repeated })
    })
}

/// Whether a name tells years (`2021`, `20211103`, `2021-2022`) and neither this one nor the next is among them.
fn is_of_another_year(name: &str, year: i32) -> bool {
    let runs = name.split(|c: char| !c.is_ascii_digit()).filter(|run| matches!(run.len(), 4 | 6 | 8));
    let years = runs.filter_map(|run| run[..4].parse::<i32>().ok()).filter(|year| (1990..=2099).contains(year));
    let years: Vec<i32> = years.collect();
    !years.is_empty() && !years.iter().any(|told| *told == year || *told == year + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(name: &str, rows: u64, repeated: u64) -> Option<Hold> {
        suspicious_sheet(&[SheetRows { name: name.to_owned(), rows, repeated }], 2022)
    }

    #[test]
    fn sheets_of_leavers_and_of_other_years_are_held() {
        for name in ["离职人员", "2022退休", "已 退 会"] {
            assert!(matches!(hold(name, 5, 0), Some(Hold::LeaversSheet { .. })), "{name}");
        }
        for name in ["2021年", "名单20211103", "去年", "2019-2020"] {
            assert!(matches!(hold(name, 5, 0), Some(Hold::OtherYear { .. })), "{name}");
        }
        for name in ["一车间", "2022年", "2023", "20221103", "2021-2022", "Sheet1", "部门1001", "3199010001"] {
            assert_eq!(hold(name, 5, 0), None, "{name}");
        }
    }

    #[test]
    fn a_sheet_is_held_from_the_half_of_its_documents_on() {
        assert_eq!(hold("一", 5, 2), None);
        assert_eq!(hold("一", 4, 2), Some(Hold::RepeatedSheet { sheet: "一".to_owned(), rows: 4, repeated: 2 }));
        assert_eq!(hold("一", 0, 0), None);
    }
}
