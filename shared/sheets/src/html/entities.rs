//! Characters that a page writes by a name or a number.

/// Names that are met in tables. Whatever else stands behind `&` is left as it is written.
const NAMES: [(&str, char); 28] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("middot", '·'),
    ("bull", '•'),
    ("times", '×'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("deg", '°'),
    ("copy", '©'),
    ("reg", '®'),
    ("yen", '¥'),
    ("plusmn", '±'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
];
/// Bytes of the longest name or number.
const LONGEST: usize = 10;

/// The character that a text behind `&` begins with, and how many bytes name it.
pub(super) fn entity(text: &str) -> Option<(char, usize)> {
    let window = &text.as_bytes()[..text.len().min(LONGEST)];
    let Some(end) = window.iter().position(|byte| *byte == b';') else {
        // The one that old pages leave open.
        return text.starts_with("nbsp").then_some(('\u{a0}', 4));
    };
    let name = text.get(..end)?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| *c != '\0')?
        }
        None => NAMES.iter().find(|(other, _)| *other == name)?.1,
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_characters_and_anything_else_is_not() {
        for (text, expected) in [
            ("amp;x", Some(('&', 4))),
            ("#x4e00;", Some(('一', 7))),
            ("#19968;", Some(('一', 7))),
            ("#X20BB7;田", Some(('\u{20bb7}', 8))),
            ("nbsp 1", Some(('\u{a0}', 4))),
            ("middot;", Some(('·', 7))),
            ("unknown;", None),
            ("#x110000;", None),
            ("#0;", None),
            (" a;", None),
            ("中;", None),
            ("", None),
        ] {
            assert_eq!(entity(text), expected, "{text}");
        }
    }
}
