//! Choices: what stands in the column 处理 of the workbook that came back, item by item.

use std::collections::BTreeMap;

use domain::{cell::Cell, text};
use sheets::Spool;
use uuid::Uuid;

use super::items::prefix;
use crate::WorkError;

/// Why a workbook as a whole says nothing about this comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    /// A stable code.
    pub code: &'static str,
    /// The sentence for the clerk.
    pub message: String,
}

/// What is chosen for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// This word.
    Word(String),
    /// Different words in different places.
    Twice,
}

/// The words by item number.
pub(super) fn read(comparison: Uuid, spool: &Spool) -> Result<Result<BTreeMap<i64, Chosen>, Unusable>, WorkError> {
    let mut chosen: BTreeMap<i64, Chosen> = BTreeMap::new();
    for raw in spool.rows() {
        let raw = raw.map_err(WorkError::Reader)?;
        let cells = raw.in_template_order(&spool.head);
        let at = |place: usize| written(cells.get(place).copied().unwrap_or_default());
        let number = match number(comparison, &at(0)) {
            Ok(number) => number,
            Err((code, what)) => {
                let message = format!("“{}”页第 {} 行：{what}", at(2), at(3));
                return Ok(Err(Unusable { code, message }));
            }
        };
        let word = Chosen::Word(at(1));
        chosen.entry(number).and_modify(|before| *before = same(before, &word)).or_insert(word);
    }
    Ok(Ok(chosen))
}

fn same(before: &Chosen, word: &Chosen) -> Chosen {
    if before == word { word.clone() } else { Chosen::Twice }
}

/// The item that a cell names.
fn number(comparison: Uuid, written: &str) -> Result<i64, (&'static str, &'static str)> {
    const UNKNOWN: (&str, &str) = ("not-an-item", "“条目”列的内容不是系统填写的条目编号，请使用系统生成的差异文件");
    let (own, number) = written.split_once('-').ok_or(UNKNOWN)?;
    let number: i64 = number.parse().map_err(|_| UNKNOWN)?;
    if own.len() != 8 || !own.bytes().all(|byte| byte.is_ascii_hexdigit()) || number < 1 {
        return Err(UNKNOWN);
    }
    if own.eq_ignore_ascii_case(&prefix(comparison)) {
        Ok(number)
    } else {
        Err(("other-comparison", "该条目属于另一次比对，请使用本次比对的差异文件"))
    }
}

fn written(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(written) => text::compact(written).into_owned(),
        Cell::Number(value) => format!("{value}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_told_from_another_comparison_s_and_from_anything_else() {
        let id = Uuid::from_u128(0x0184_2f5c_7a00_7000_8000_0000_0abc_def1);
        assert_eq!(number(id, "0abcdef1-12"), Ok(12));
        assert_eq!(number(id, "0ABCDEF2-12").unwrap_err().0, "other-comparison");
        for written in ["", "12", "0ABCDEF1-0", "0ABCDEF1-x", "ABC-1", "12-03"] {
            assert_eq!(number(id, written).unwrap_err().0, "not-an-item", "{written}");
        }
    }

    #[test]
    fn the_same_word_twice_is_one_choice_and_two_words_are_none() {
        let word = |word: &str| Chosen::Word(word.to_owned());
        assert_eq!(same(&word("转移"), &word("转移")), word("转移"));
        assert_eq!(same(&word("转移"), &word("退休")), Chosen::Twice);
    }
}
