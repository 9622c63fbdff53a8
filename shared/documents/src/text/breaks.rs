//! Where a line may break, by the rules of Chinese typesetting (GB/T 15834, the usual 避头尾): no closing mark begins a
//! line, no opening one ends it, and numbers, dates, words and masked numbers stay whole.

use std::ops::Range;

use crate::fonts::Glyph;

/// What must not begin a line.
const NO_START: &str = "。，、；：？！．）》」』】〕〉〗”’…—～·‧％‰℃!),.:;?]}%";
/// What must not end a line.
const NO_END: &str = "（《「『【〔〈〖“‘￥＄([{$¥";
/// What stays with the figure before it.
const UNITS: &str = "年月日时分秒元人份号户家版页条个";

/// Lines of at most so many ems; the first one begins `indent` ems in. What fits nowhere (a word longer than a line) is
/// broken where the line is full. Blanks at the end of a line belong to none.
pub(crate) fn lines(glyphs: &[Glyph], indent: f32, width: f32) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used, mut room) = (0, 0.0, width - indent);
    let mut last = None;
    let mut at = 0;
    while at < glyphs.len() {
        if at > start && may_break(glyphs, at) {
            last = Some(at);
        }
        let glyph = glyphs[at];
        if glyph.character != ' ' && used + glyph.advance > room + 0.001 && at > start {
            let end = last.unwrap_or(at);
            lines.push(start..trimmed(glyphs, start, end));
            (start, used, room, last) = (end, 0.0, width, None);
            at = end;
            continue;
        }
        used += glyph.advance;
        at += 1;
    }
    if start < glyphs.len() {
        lines.push(start..trimmed(glyphs, start, glyphs.len()));
    }
    lines
}

fn trimmed(glyphs: &[Glyph], start: usize, end: usize) -> usize {
    (start..end).rev().find(|at| glyphs[*at].character != ' ').map_or(start, |at| at + 1)
}

/// Whether a line may end before the glyph at `at`, which is not the first.
fn may_break(glyphs: &[Glyph], at: usize) -> bool {
    let (before, after) = (glyphs[at - 1].character, glyphs[at].character);
    if before == ' ' {
        let earlier = at.checked_sub(2).map(|place| glyphs[place].character);
        return after != ' ' && !earlier.is_some_and(|earlier| is_masked(earlier, after));
    }
    if after == ' ' || NO_START.contains(after) || NO_END.contains(before) {
        return false;
    }
    if is_word(before) && is_word(after) {
        return false;
    }
    let of_a_number =
        before.is_ascii_digit() && UNITS.contains(after) || "第月".contains(before) && after.is_ascii_digit();
    !of_a_number
}

/// Whether a blank between these two is inside a masked number, as `3411 **** **** 6755`.
fn is_masked(before: char, after: char) -> bool {
    match (before, after) {
        ('*', after) => after == '*' || after.is_ascii_alphanumeric(),
        (before, '*') => before.is_ascii_alphanumeric(),
        _ => false,
    }
}

/// A letter, digit or mark of a word in Latin letters or of a number.
fn is_word(character: char) -> bool {
    character < '\u{2E80}' && !character.is_whitespace() && !"“”‘’…—·".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{fonts, text::plain};

    fn broken(text: &str, width: f32) -> Vec<String> {
        let faces = fonts::faces().unwrap();
        let glyphs: Vec<Glyph> = text.chars().map(|character| fonts::glyph(faces, character)).collect();
        lines(&glyphs, 0.0, width).into_iter().map(|line| plain(&glyphs[line])).collect()
    }

    #[test]
    fn marks_stand_where_they_belong() {
        assert_eq!(broken("一二三四，五六", 4.0), ["一二三", "四，五六"]);
        assert_eq!(broken("一二三（四五）六", 4.0), ["一二三", "（四五）", "六"]);
        assert_eq!(broken("一二三四——五六", 5.0), ["一二三", "四——五六"]);
    }

    #[test]
    fn numbers_words_and_masked_numbers_stay_whole() {
        assert_eq!(broken("截至2022年12月25日止", 6.0), ["截至2022年", "12月25日止"]);
        assert_eq!(broken("请付1,235.00元整", 5.0), ["请付", "1,235.00元", "整"]);
        assert_eq!(broken("号码 3411 **** **** 6755止", 10.0), ["号码", "3411 **** **** 6755", "止"]);
        assert_eq!(broken("见 example.org", 6.3), ["见", "example.org"]);
    }

    #[test]
    fn what_is_longer_than_a_line_is_broken_where_the_line_is_full() {
        let lines = broken(&"9".repeat(40), 5.0);
        assert!(lines.len() > 3 && lines.concat() == "9".repeat(40), "{lines:?}");
        assert_eq!(broken("。。。。。。", 3.0), ["。。。", "。。。"]);
        assert_eq!(broken("一", 0.1), ["一"]);
        assert!(broken("   ", 3.0).iter().all(String::is_empty) && broken("", 3.0).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in "[一二三A9，。（）《》 *年]{0,60}", width in 3_u8..20) {
            let lines = broken(&text, f32::from(width));
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
            let faces = fonts::faces().unwrap();
            for line in &lines {
                let used: f32 = line.chars().map(|character| fonts::glyph(faces, character).advance).sum();
                prop_assert!(used <= f32::from(width) + 0.01, "{line}");
            }
        }
    }
}
