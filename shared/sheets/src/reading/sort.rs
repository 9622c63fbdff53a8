//! What sort of row it is: somebody's, or a title, a footer, a hint, a row that only defaults fill.
//!
//! The rules lean to one side: a row with something like a number of a document is always read, so nobody is lost among
//! what is skipped.

use domain::{cell::Cell, name::read_name, template::TemplateKind, text};

use super::blocks::Live;
use crate::row::Row;

/// What sort of row a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Sort {
    /// Read as what the template is of.
    Data,
    /// A heading.
    Heading,
    /// A title, also one of a part of the list.
    Title,
    /// A sum, a signature, a remark.
    Footer,
    /// What is to be written into the columns.
    Hint,
    /// The heading once more.
    Repeated,
    /// Nothing in it says of whom: numbered in advance, drop-downs and formulas filled down.
    Nobody,
    /// What we ourselves have put aside as incomplete, and is so still.
    Waiting,
    /// Under a heading that can't be read.
    Unread,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Data,
        Self::Heading,
        Self::Title,
        Self::Footer,
        Self::Hint,
        Self::Repeated,
        Self::Nobody,
        Self::Waiting,
        Self::Unread,
    ];

    /// The sort of a byte.
    pub(crate) fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    /// What clerks read.
    #[must_use]
    pub fn title_zh(self) -> &'static str {
        match self {
            Self::Data => "数据行",
            Self::Heading => "表头",
            Self::Title => "标题行",
            Self::Footer => "合计、落款或备注行",
            Self::Hint => "填写说明行",
            Self::Repeated => "重复的表头",
            Self::Nobody => "没有填写人员信息的行",
            Self::Waiting => "待补的行",
            Self::Unread => "未读取",
        }
    }
}

/// Words that begin a sum.
const SUMS: [&str; 8] = ["合计", "小计", "总计", "共计", "累计", "总人数", "合计人数", "本页合计"];
/// Words that begin a footer, where a colon, a bracket, a digit or nothing follows.
const FOOTERS: [&str; 37] = [
    "制表人",
    "制表",
    "制表单位",
    "制表日期",
    "审核人",
    "审核",
    "复核人",
    "复核",
    "审批人",
    "填表人",
    "填表日期",
    "填表时间",
    "填报人",
    "填报日期",
    "填报时间",
    "填报单位",
    "经办人",
    "负责人",
    "单位负责人",
    "工会主席",
    "主管",
    "分管领导",
    "联系人",
    "联系电话",
    "日期",
    "备注",
    "注",
    "说明",
    "填表说明",
    "填写说明",
    "盖章",
    "单位盖章",
    "工会盖章",
    "以下空白",
    "以下无正文",
    "签字",
    "签名",
];
/// What cells of a row of hints contain.
const HINTS: [&str; 14] = [
    "填写",
    "请填",
    "下拉",
    "选择",
    "必填",
    "选填",
    "可不填",
    "不用填",
    "全称",
    "文本格式",
    "如：",
    "如:",
    "例如",
    "格式为",
];
/// Ends of titles that might be names of people.
const TITLES: [&str; 30] = [
    "车间",
    "部",
    "科",
    "室",
    "组",
    "队",
    "班",
    "厂",
    "公司",
    "工会",
    "中心",
    "分会",
    "名单",
    "名册",
    "花名册",
    "表",
    "处",
    "站",
    "店",
    "支部",
    "委员会",
    "所",
    "院",
    "局",
    "单位",
    "部门",
    "人员",
    "项目",
    "工段",
    "线",
];
/// Digits from which on a text may be the number of a document.
const DIGITS: usize = 4;
/// A numeric cell from which on it may be one.
const NUMBER: f64 = 1e7;

/// What sort of row this is in a block.
pub(super) fn sort(kind: TemplateKind, live: &Live, row: &Row) -> Sort {
    let number = live.key.map_or(Cell::Empty, |column| row.at(column));
    let first = first_text(live, row);
    if first.is_some_and(|(_, text)| begins(text, &SUMS))
        && !row_cells(live, row).any(|(_, cell)| holds_number(cell, 8))
    {
        return Sort::Footer;
    }
    if is_number(kind, number) {
        return if live.waits && lacks_required(kind, live, row) { Sort::Waiting } else { Sort::Data };
    }
    unnumbered(kind, live, row, first)
}

/// The sort of a row without anything like a number.
fn unnumbered(kind: TemplateKind, live: &Live, row: &Row, first: Option<(u32, &str)>) -> Sort {
    if !live.seen_data && is_hint(live, row) {
        return Sort::Hint;
    }
    if first.is_some_and(|(_, text)| begins(text, &FOOTERS)) {
        return Sort::Footer;
    }
    let mut filled = row_cells(live, row).filter(|(_, cell)| !cell.is_blank());
    if let (Some((column, Cell::Text(text))), None) = (filled.next(), filled.next())
        && is_title(kind, live, column, text)
    {
        return Sort::Title;
    }
    let states_somebody = |column: &u32| match row.at(*column) {
        // What formulas come to that were filled down past the last person.
        Cell::Error => false,
        Cell::Number(value) => value != 0.0,
        cell => !cell.is_blank(),
    };
    if !live.personal.iter().any(states_somebody) {
        return Sort::Nobody;
    }
    if live.waits { Sort::Waiting } else { Sort::Data }
}

fn row_cells<'r>(live: &Live, row: &'r Row) -> impl Iterator<Item = (u32, Cell<'r>)> {
    let (from, to, front) = (live.from, live.to, live.result);
    row.cells().filter(move |(column, _)| (from..to).contains(column) && Some(*column) != front)
}

fn first_text<'r>(live: &Live, row: &'r Row) -> Option<(u32, &'r str)> {
    row_cells(live, row).find(|(_, cell)| !cell.is_blank()).and_then(|(column, cell)| match cell {
        Cell::Text(text) => Some((column, text)),
        _ => None,
    })
}

/// Whether a cell may be the number of a document, or of a union.
pub(super) fn is_number(kind: TemplateKind, cell: Cell<'_>) -> bool {
    match cell {
        Cell::Text(_) => holds_number(cell, DIGITS),
        Cell::Number(value) => kind == TemplateKind::Organizations || value.abs() >= NUMBER,
        _ => false,
    }
}

/// Whether a cell holds so many digits.
pub(super) fn holds_number(cell: Cell<'_>, digits: usize) -> bool {
    match cell {
        Cell::Text(text) if text.is_ascii() => text.bytes().filter(u8::is_ascii_digit).nth(digits - 1).is_some(),
        Cell::Text(text) => {
            text.chars().filter(|c| c.is_ascii_digit() || ('０'..='９').contains(c)).nth(digits - 1).is_some()
        }
        Cell::Number(value) => value.abs() >= 10_f64.powi(digits as i32 - 1),
        _ => false,
    }
}

/// Whether a text begins with one of the words, and goes on as a label does.
fn begins(written: &str, words: &[&str]) -> bool {
    // Most rows are told apart by their first character.
    let mut letters = written.chars().filter(|c| !text::is_blank(*c));
    let Some(initial) = letters.next() else { return false };
    if !words.iter().any(|word| word.starts_with(initial)) && !matches!(initial, '（' | '(') {
        return false;
    }
    let compact = text::compact(written);
    let compact = compact.trim_start_matches(['（', '(']);
    words.iter().any(|word| {
        compact.strip_prefix(word).is_some_and(|rest| match rest.chars().next() {
            None => true,
            Some(next) => {
                next.is_ascii_digit() || matches!(next, ':' | '：' | '(' | '（' | ')' | '）' | '、' | '_' | '人')
            }
        })
    })
}

/// At least two cells, and half of what is filled, say what belongs into them; the name's among them.
fn is_hint(live: &Live, row: &Row) -> bool {
    let filled = live.columns.iter().filter(|column| !row.at(**column).is_blank());
    let (mut all, mut hints) = (0, 0);
    for column in filled {
        let hint = matches!(row.at(*column), Cell::Text(text) if says_how(text));
        if !hint && Some(*column) == live.name {
            return false;
        }
        all += 1;
        hints += usize::from(hint);
    }
    hints >= 2 && hints * 2 >= all
}

fn says_how(written: &str) -> bool {
    let compact = text::compact(written);
    let text = compact.as_ref();
    let places = text.strip_suffix('位').is_some_and(|digits| {
        (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    });
    places
        || HINTS.iter().any(|hint| text.contains(hint))
        || matches!(text, "男/女" | "男或女" | "男、女" | "是/否" | "是或否" | "文本" | "数字")
}

/// A text alone in its row is a title, unless it may be somebody's name or number.
fn is_title(kind: TemplateKind, live: &Live, column: u32, text: &str) -> bool {
    let names = live.name == Some(column);
    if live.phone == Some(column) || names && kind == TemplateKind::Organizations {
        // A union is called as titles are; a row with its name alone is somebody's mistake.
        return false;
    }
    if !names && live.key != Some(column) {
        return true;
    }
    let tidy = text::tidy(text);
    let number = live.key == Some(column) && tidy.chars().any(|c| c.is_ascii_alphanumeric());
    !number && (read_name(&tidy).is_err() || TITLES.iter().any(|end| tidy.ends_with(end)))
}

fn lacks_required(kind: TemplateKind, live: &Live, row: &Row) -> bool {
    let columns = kind.columns().iter().zip(&live.map).filter(|(column, _)| column.required);
    columns.into_iter().any(|(_, at)| at.is_none_or(|at| row.at(at as u32).is_blank()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_signatures_are_told_from_people() {
        for text in ["合计", "合 计：", "合计4人", "小计", "共计（人）"] {
            assert!(begins(text, &SUMS), "{text}");
        }
        for text in ["制表人：周敏", "备注：1.本表", "备 注", "（盖章）", "审核人", "注：", "填表日期：2022年"]
        {
            assert!(begins(text, &FOOTERS), "{text}");
        }
        for text in ["合计华", "小明", "共青", "注册", "日期之", "主管道", "王备注", "签名山"] {
            assert!(!begins(text, &SUMS) && !begins(text, &FOOTERS), "{text}");
        }
    }

    #[test]
    fn hints_say_how_and_values_do_not() {
        for text in ["填写证件姓名", "下拉选择", "18位", "11 位", "男/女", "工会全称"] {
            assert!(says_how(text), "{text}");
        }
        for text in ["示例1", "示例公司", "居民身份证", "男", "明湖市示例路一百号", "位"] {
            assert!(!says_how(text), "{text}");
        }
    }

    #[test]
    fn sorts_are_known_by_their_bytes() {
        for sort in Sort::ALL {
            assert_eq!(Sort::of(sort as u8), Some(sort));
        }
        assert_eq!(Sort::of(9), None);
    }
}
