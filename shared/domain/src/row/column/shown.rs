//! What a finding shows of a cell: enough to find it again, never the whole of a number, and never nothing where something
//! stands.

use crate::{
    cell::Cell,
    mask,
    number::{Squeezed, squeeze},
    text,
};

/// What is told of a number whose last digits became zeros.
pub(super) const CUT: &str = "第 15 位以后都是 0，是表格软件截去的";

/// What is told of a number in scientific notation.
pub(super) const SCIENTIFIC: &str = "科学计数法，后面的数字已丢失；请把该列设为“文本”格式后重新输入";

/// What stands in a number-like cell: words as they are, all with digits as a masked number.
pub(super) fn masked(cell: Cell<'_>, mask: impl Fn(&str) -> String) -> String {
    match (squeeze(cell), cell) {
        (Squeezed::Text(plain), _) => mask(plain.as_str()),
        (Squeezed::PrecisionLost, Cell::Text(written)) if written.len() < 15 => shortened(text::trim(written)),
        (Squeezed::PrecisionLost, _) => "数值".to_owned(),
        (_, Cell::Text(written)) => {
            let dense = text::compact(written);
            if dense.chars().any(char::is_numeric) { mask(&dense) } else { shortened(&dense) }
        }
        (_, Cell::Number(_)) => "小数".to_owned(),
        (_, Cell::Date(_)) => "日期".to_owned(),
        (_, Cell::Bool(_)) => "逻辑值".to_owned(),
        _ => String::new(),
    }
}

/// A character at fault, so that it can be seen.
pub(super) fn character(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if c.is_control() || text::is_blank(c) { format!("字符 {code}") } else { format!("字符“{c}”") }
}

/// The beginning of a value that names nobody; numbers in it are masked all the same.
pub(super) fn shortened(value: &str) -> String {
    let short: String = value.chars().take(20).collect();
    mask::mask_digits(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_shown_of_whatever_stands_there() {
        let shown = |cell| masked(cell, mask::mask_number);
        for (cell, text) in [
            (Cell::Text("已交"), "已交"),
            (Cell::Text("310199199001010011號"), "3101 **** **** 011號"),
            (Cell::Text("3.10199E+17"), "3.10199E+17"),
            (Cell::Number(3.1e17), "数值"),
            (Cell::Number(1.5), "小数"),
            (Cell::Bool(true), "逻辑值"),
        ] {
            assert_eq!(shown(cell), text);
        }
        assert_eq!((character('①'), character('\u{200b}')), ("字符“①”".to_owned(), "字符 U+200B".to_owned()));
    }
}
