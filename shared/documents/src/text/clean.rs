//! Texts of strangers made fit for a line: no line breaks, no controls, nothing that turns the direction of what follows.

use domain::{ordinary::ordinary, shown};
use unicode_normalization::char::{compose, is_combining_mark};

/// A text without what can't be seen.
pub(super) struct Cleaned {
    /// What is left.
    pub text: String,
    /// What was left out, each once, in the order in which it was met.
    pub removed: Vec<char>,
}

/// Blanks for white space; accents joined to their letters; controls, direction marks, joiners and variation selectors
/// left out; radicals and private-use characters are the characters that they stand for. Other Han characters stay as they
/// were stored: the normal forms would exchange some that names are told apart by.
pub(super) fn clean(text: &str) -> Cleaned {
    let mut cleaned = Cleaned { text: String::with_capacity(text.len()), removed: Vec::new() };
    for character in text.trim().chars().map(ordinary) {
        if character.is_ascii_graphic() {
            cleaned.text.push(character);
        } else if is_blank(character) {
            cleaned.text.push(' ');
        } else if shown::is_unseen(character) {
            if !cleaned.removed.contains(&character) {
                cleaned.removed.push(character);
            }
        } else {
            join(&mut cleaned.text, character);
        }
    }
    cleaned
}

fn join(text: &mut String, character: char) {
    if is_combining_mark(character)
        && let Some(whole) = text.chars().next_back().and_then(|letter| compose(letter, character))
    {
        text.pop();
        text.push(whole);
    } else {
        text.push(character);
    }
}

/// White space but the ideographic blank, which is a character of the field's names.
fn is_blank(character: char) -> bool {
    character.is_whitespace() && character != '\u{3000}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> (String, Vec<char>) {
        let cleaned = clean(text);
        (cleaned.text, cleaned.removed)
    }

    #[test]
    fn what_breaks_lines_or_turns_them_is_taken_out() {
        assert_eq!(cleaned(" 王\r\n芳\t "), ("王  芳".to_owned(), vec![]));
        assert_eq!(cleaned("\u{202e}王\u{0}芳\u{202e}"), ("王芳".to_owned(), vec!['\u{202e}', '\u{0}']));
        assert_eq!(cleaned("葛\u{e0100}"), ("葛".to_owned(), vec!['\u{e0100}']));
        assert_eq!(cleaned("Jose\u{301}"), ("José".to_owned(), vec![]));
        assert_eq!(cleaned("王\u{3000}芳"), ("王\u{3000}芳".to_owned(), vec![]));
    }

    #[test]
    fn a_han_character_is_not_exchanged_for_its_twin() {
        assert_eq!(cleaned("\u{F9DC}").0, "\u{F9DC}");
        assert_eq!(cleaned("⾦\u{e863}").0, "金䶮");
    }
}
