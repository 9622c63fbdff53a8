//! Texts of strangers where people read them: what can't be seen, begins a line or turns the direction of what follows is
//! made visible on a screen, and taken out of what is kept. A file's name could forge the lines of a table otherwise.

use std::{borrow::Cow, fmt::Write as _};

use crate::text;

/// A character that is no blank and shows nothing, or that changes how others show: controls of both ranges, line
/// separators, marks of direction, zero-width characters, fillers, tags and variation selectors.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    match c {
        ' '..='\u{7e}' | '\u{4e00}'..='\u{9fff}' => false,
        _ => {
            c.is_control()
                || matches!(u32::from(c),
                    0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
                    | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
                    | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
        }
    }
}

/// The text as one line of a screen: what is unseen stands as `\n` or `\u{1b}`. Borrowed where nothing is.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    visible(text, is_unseen)
}

/// The same of a text that has lines of its own.
#[must_use]
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    visible(text, |c| c != '\n' && is_unseen(c))
}

fn visible(text: &str, hides: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hides) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hides(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A JSON document with what is unseen in its strings escaped as JSON does it: the data stays, and a terminal sees none of
/// it. Line ends are those between its fields: inside a string they are escaped already.
#[must_use]
pub fn shown_json(document: &str) -> Cow<'_, str> {
    let hides = |c: char| c != '\n' && is_unseen(c);
    if !document.chars().any(hides) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if hides(c) {
            // Writing to a String can't fail.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What is kept of a line that somebody has typed, as a reason or the name of a file: line breaks and runs of blanks as one
/// space, and without what is unseen.
#[must_use]
pub fn line(text: &str) -> String {
    let tidy = text::tidy(text);
    let plain = tidy.chars().map(|c| if is_unseen(c) && c.is_whitespace() { ' ' } else { c });
    let seen: String = plain.filter(|c| !is_unseen(*c)).collect();
    text::tidy(&seen).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_seen_instead() {
        assert_eq!(shown("a\r\nerror: b\t"), "a\\r\\nerror: b\\t");
        assert_eq!(shown("\u{1b}[2Jx\u{9b}31m"), "\\u{1b}[2Jx\\u{9b}31m");
        assert_eq!(shown("名单\u{202e}xslx.exe\u{2066}"), "名单\\u{202e}xslx.exe\\u{2066}");
        assert_eq!(shown("王\u{200b}芳\u{feff}"), "王\\u{200b}芳\\u{feff}");
        assert_eq!(shown_lines("a\nb\u{2028}c\u{7f}"), "a\nb\\u{2028}c\\u{7f}");
        assert!(matches!(shown("示例工会（一）· A-1　"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_data() {
        let text = "a\u{202e}b\u{9b}\u{e0001}";
        let document = serde_json::to_string_pretty(&serde_json::json!({"name": text})).unwrap();
        let safe = shown_json(&document);
        assert_eq!(safe, "{\n  \"name\": \"a\\u202eb\\u009b\\udb40\\udc01\"\n}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap()["name"], text);
    }

    #[test]
    fn what_is_kept_is_one_line_of_what_is_seen() {
        assert_eq!(line(" 人员\r\n有误\u{202e} \u{1b}[31m\u{2066}补报 "), "人员 有误 [31m补报");
        assert_eq!(line("a\u{2028}b\u{85}c"), "a b c");
        assert_eq!(line("葛\u{e0100}"), "葛");
        assert_eq!(line("\u{202e}\n"), "");
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left(text in any::<String>()) {
            prop_assert!(!shown(&text).chars().any(is_unseen));
            prop_assert!(!line(&text).chars().any(is_unseen));
            prop_assert!(!shown_lines(&text).chars().any(|c| c != '\n' && is_unseen(c)));
            let document = serde_json::to_string(&text).unwrap();
            let safe = shown_json(&document);
            prop_assert!(!safe.chars().any(is_unseen));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
