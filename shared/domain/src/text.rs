//! Normal forms of text: what clerks' files differ in without meaning anything by it.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::ordinary::{in_ordinary, ordinary};

/// A character that shows nothing: white space of any script, line breaks, zero-width characters, marks of direction, tags,
/// byte order marks.
#[must_use]
pub fn is_blank(c: char) -> bool {
    match c {
        // What nearly all of a file consists of is settled first; the tables behind the others are slow.
        '\u{21}'..='\u{7e}' | '\u{4e00}'..='\u{9fff}' => false,
        '\0'..=' '
        | '\u{7f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{e5e5}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_whitespace() || c.is_control(),
    }
}

/// A count with its noun, for operators: `1 unit`, `2 units`.
#[must_use]
pub fn counted<N: Copy + std::fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// A name that somebody has given, as a sentence shows it: in quotes where blanks would hide it, and cut after 60 characters.
#[must_use]
pub fn named(name: &str) -> String {
    const MOST: usize = 60;
    let short: String = name.chars().take(MOST).collect();
    let cut = if short.len() < name.len() { "…" } else { "" };
    if name.is_empty() || name.chars().any(char::is_whitespace) { format!("\"{short}{cut}\"") } else { short + cut }
}

/// The text without blanks at its ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Ordinary characters (see [`crate::ordinary`]) in NFKC without blanks at the ends: full-width letters and digits become
/// plain ones. Borrowed where nothing changes.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if text.chars().all(is_settled) {
        return Cow::Borrowed(text);
    }
    let known = in_ordinary(text);
    if is_nfkc_quick(known.chars()) == IsNormalized::Yes {
        return match known {
            // A blank of a private area may have become one of everybody.
            Cow::Owned(known) => Cow::Owned(trim(&known).to_owned()),
            borrowed @ Cow::Borrowed(_) => borrowed,
        };
    }
    let folded: String = known.nfkc().collect();
    // Compatibility forms may open onto a blank (´ becomes blank and accent), so the ends are looked at again.
    match trim(&folded) {
        inner if inner.len() == folded.len() => Cow::Owned(folded),
        inner => Cow::Owned(inner.to_owned()),
    }
}

/// Plain ASCII and the unified characters of Chinese are their own normal form.
fn is_settled(c: char) -> bool {
    matches!(c, '\0'..='\u{7f}' | '\u{4e00}'..='\u{9fff}')
}

/// As [`folded`], and every blank inside is gone too: for codes and numbers.
#[must_use]
pub fn compact(text: &str) -> Cow<'_, str> {
    let folded = folded(text);
    if folded.chars().any(is_blank) {
        // Letters that a blank kept apart from their accents join now, so the shorter text is folded once more.
        let dense: String = folded.chars().filter(|c| !is_blank(*c)).collect();
        return Cow::Owned(compact(&dense).into_owned());
    }
    folded
}

/// What is stored of a free text: as written but in ordinary characters (see [`crate::ordinary`]), without blanks at the
/// ends, with runs of inner blanks and line breaks as one space and invisible characters dropped.
#[must_use]
pub fn tidy(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    let mut last_blank = false;
    let plain = text.chars().all(|c| {
        let fine = (c == ' ' && !last_blank || !is_blank(c)) && ordinary(c) == c;
        last_blank = c == ' ';
        fine
    });
    if plain {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_blank(c) {
            out.push(ordinary(c));
        } else if shows_space(c) && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    Cow::Owned(out)
}

fn shows_space(c: char) -> bool {
    ordinary(c).is_whitespace()
}

/// Whether characters of a text were lost when its file was saved: what an encoding has no place for becomes a question
/// mark or U+FFFD. One question mark alone may have been meant.
#[must_use]
pub fn is_lost(text: &str) -> bool {
    let text = trim(text);
    let mark = |c: char| matches!(c, '?' | '？');
    let mut last = ' ';
    text.contains('\u{fffd}')
        || text == "?"
        || text == "？"
        || text.chars().any(|c| mark(c) && mark(std::mem::replace(&mut last, c)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_was_given_can_be_seen_in_a_sentence() {
        assert_eq!(named("3199010001"), "3199010001");
        assert_eq!((named(""), named("a b")), ("\"\"".to_owned(), "\"a b\"".to_owned()));
        assert_eq!(named(&"工".repeat(61)), format!("{}…", "工".repeat(60)));
    }

    #[test]
    fn full_width_writing_becomes_plain() {
        assert_eq!(folded("　３１０１９９Ｘ "), "310199X");
        assert_eq!(compact("310199 19900101\u{a0}0014\r\n"), "310199199001010014");
        assert!(matches!(folded(" 王小明 "), Cow::Borrowed("王小明")));
    }

    #[test]
    fn free_text_keeps_its_writing_but_not_its_line_breaks() {
        assert_eq!(tidy(" 示例路\r\n 一号（东）\u{200b} "), "示例路 一号（东）");
        assert!(matches!(tidy("a b"), Cow::Borrowed("a b")));
        assert_eq!(tidy("a  b"), "a b");
    }

    #[test]
    fn stand_ins_are_read_and_stored_as_the_character_that_they_stand_for() {
        assert_eq!(
            (tidy("\u{e5e5}⾦\u{e863} "), folded("⻓\u{e5e5}沙\u{e5e5}")),
            ("金䶮".into(), "长　沙".nfkc().collect::<String>().into())
        );
        assert_eq!(compact("⼿\u{e5e5}机号码"), "手机号码");
    }

    #[test]
    fn question_marks_where_text_was_are_seen() {
        for lost in ["???", "？？", "?", "王\u{fffd}", "示例??公司"] {
            assert!(is_lost(lost), "{lost}");
        }
        for fine in ["示例公司", "在哪里?", ""] {
            assert!(!is_lost(fine), "{fine}");
        }
    }

    proptest! {
        #[test]
        fn normal_forms_are_stable(text in any::<String>()) {
            let once = folded(&text).into_owned();
            prop_assert_eq!(folded(&once), once.as_str());
            let once = compact(&text).into_owned();
            prop_assert_eq!(compact(&once), once.as_str());
            let once = tidy(&text).into_owned();
            prop_assert_eq!(tidy(&once), once.as_str());
        }
    }
}
