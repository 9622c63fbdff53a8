//! Names of people: stored as written in ordinary characters, compared in a normal form, never printed into a log.

mod doubt;

use std::{borrow::Cow, fmt};

use unicode_normalization::UnicodeNormalization;

use crate::{
    mask,
    ordinary::{is_private, ordinary},
    text,
};

/// The longest name in characters. The longest names on Chinese documents have about 50.
pub const LONGEST_NAME: usize = 100;

/// A name as written, in ordinary characters, tidied of blanks at its ends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(Box<str>);

impl PersonName {
    /// A name that was checked before, or is taken as it stands.
    #[must_use]
    pub fn stored(written: &str) -> Self {
        Self(text::tidy(written).into())
    }

    /// The name in the clear: for storage and for the people concerned, never for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it may be shown.
    #[must_use]
    pub fn masked(&self) -> String {
        mask::mask_name(&self.0)
    }

    /// The normal form for comparison; see [`name_key`].
    #[must_use]
    pub fn key(&self) -> Cow<'_, str> {
        name_key(&self.0)
    }

    /// Why it may be nobody's name, in Chinese: a word in place of a name, two names in one cell, a character that
    /// other machines don't show. `None` of nearly all.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        doubt::doubt(&self.0)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A character that no name has: a digit, a bracket, a symbol.
    #[error("a character that no name has")]
    Character(char),
    /// No letter of any script.
    #[error("no letters")]
    NoLetters,
    /// Glyphs that a conversion lost.
    #[error("characters were lost")]
    Lost,
    /// Over [`LONGEST_NAME`] characters.
    #[error("longer than {LONGEST_NAME} characters")]
    TooLong,
}

/// Reads a name that is not blank.
pub fn read_name(written: &str) -> Result<PersonName, NameError> {
    let tidy = text::tidy(written);
    if tidy.chars().nth(LONGEST_NAME).is_some() {
        return Err(NameError::TooLong);
    }
    // In a name a question mark is never meant.
    if tidy.contains(['?', '？', '\u{fffd}', '□']) {
        return Err(NameError::Lost);
    }
    if let Some(c) = tidy.chars().find(|c| !is_letter(*c) && !is_joiner(*c)) {
        return Err(NameError::Character(c));
    }
    if tidy.chars().any(is_letter) { Ok(PersonName(tidy.into())) } else { Err(NameError::NoLetters) }
}

/// The normal form in which names are compared: ordinary characters in NFKC, one sort of joiner between the parts of a
/// Chinese name (the middle dot), no blanks within it, Latin letters in lower case with single blanks. Borrowed where the
/// name already has it.
#[must_use]
pub fn name_key(name: &str) -> Cow<'_, str> {
    if name.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}')) {
        return Cow::Borrowed(name);
    }
    let mut key = fold_once(name);
    // Dropping a mark can bring letters together that compose; two rounds settle all but what is made to be odd.
    for _ in 0..4 {
        let again = fold_once(&key);
        if again == key {
            break;
        }
        key = again;
    }
    Cow::Owned(key)
}

fn fold_once(name: &str) -> String {
    // Lower case first: a few capitals open into marks that NFKC then puts in order.
    let plain = name.chars().map(ordinary);
    let chars: Vec<char> = plain.nfkc().flat_map(char::to_lowercase).nfkc().filter(|c| !is_variation(*c)).collect();
    let latin = !chars.iter().any(|c| is_han(*c));
    let mut key = String::with_capacity(name.len());
    for c in chars {
        match c {
            c if (is_dot(c) || is_hyphen(c)) && !latin => {
                if !key.is_empty() && !key.ends_with('·') {
                    key.push('·');
                }
            }
            c if text::is_blank(c) || latin && (is_dot(c) || c == ',') => {
                if latin && !key.is_empty() && !key.ends_with(' ') {
                    key.push(' ');
                }
            }
            '’' | '‘' | '`' | '´' => key.push('\''),
            c if is_hyphen(c) => key.push('-'),
            c => key.push(c),
        }
    }
    key.truncate(key.trim_end_matches([' ', '·']).len());
    key
}

fn is_letter(c: char) -> bool {
    // Private use: where systems of offices keep rare characters of names that had no code yet.
    matches!(c, '\u{4e00}'..='\u{9fff}')
        || c.is_alphabetic() && !is_circled(c) && !is_dot(c) && !is_hyphen(c)
        || is_private(c)
}

/// Circled letters and the like are alphabetic by the book, and no part of a name.
fn is_circled(c: char) -> bool {
    matches!(c, '\u{2460}'..='\u{24ff}' | '\u{3200}'..='\u{33ff}')
}

/// What may stand between the letters of a name.
fn is_joiner(c: char) -> bool {
    is_dot(c) || is_hyphen(c) || is_variation(c) || is_mark(c) || matches!(c, ' ' | '\'' | '’' | '‘' | ',' | '，')
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn is_variation(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_dot(c: char) -> bool {
    matches!(
        c,
        '·' | '•'
            | '‧'
            | '∙'
            | '⋅'
            | '・'
            | '･'
            | '.'
            | '．'
            | '﹒'
            | '｡'
            | '。'
            | '、'
            | '､'
            | '﹑'
            | '\u{387}'
            | '\u{2024}'
            | '\u{2e31}'
            | '\u{2e33}'
            | '\u{2e30}'
            | '\u{a78f}'
            | '\u{16eb}'
            | '\u{1427}'
            | '\u{10101}'
            | '●'
            | '∘'
            | '◦'
            | '○'
            | '⚬'
            | '⦁'
            | '■'
            | '▪'
    )
}

/// Dashes of every length, and what looks like one.
fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '−' | '﹣' | '－' | '﹘' | '─' | '━' | 'ー' | 'ｰ' | '_' | '＿' | '\u{2043}' | '˗'
    )
}

/// Chinese characters: the unified ones, extensions A to H, the compatibility ones, 〇, private use.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}'
        | '\u{f900}'..='\u{faff}' | '〇')
        || is_private(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn middle_dots_of_every_sort_are_one() {
        for name in [
            "买买提·阿不都",
            "买买提•阿不都",
            "买买提‧阿不都",
            "买买提∙阿不都",
            "买买提･阿不都",
            "买买提.阿不都",
            "买买提 ・ 阿不都",
            "买买提–阿不都",
            "买买提—阿不都",
            "买买提-阿不都",
            "买买提﹒阿不都",
            "买买提、阿不都",
            "买买提｡阿不都",
            "买买提ꞏ阿不都",
            "买买提――阿不都",
        ] {
            assert_eq!(name_key(name), "买买提·阿不都", "{name}");
            assert!(read_name(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn chinese_names_lose_inner_blanks_and_latin_ones_their_case() {
        assert_eq!(name_key(" 张 伟 "), "张伟");
        assert_eq!(name_key("张　伟"), "张伟");
        assert_eq!(name_key("SMITH,  John P."), "smith john p");
        assert_eq!(name_key("Ｏ’Ｎｅｉｌｌ"), "o'neill");
        assert_eq!(read_name("  张 伟 ").unwrap().as_str(), "张 伟");
    }

    #[test]
    fn rare_characters_are_names() {
        for name in [
            "㛃",
            "𠮷田",
            "\u{2a700}",
            "\u{2b740}",
            "\u{2b820}",
            "\u{2ceb0}",
            "\u{30000}",
            "\u{31350}",
            "王\u{e863}",
            "王\u{e000}",
            "〇",
        ] {
            assert!(read_name(name).is_ok(), "{name}");
            assert!(!name_key(name).is_empty());
        }
    }

    #[test]
    fn radicals_and_private_characters_are_stored_and_compared_as_what_they_stand_for() {
        assert_eq!(read_name("⾦华").unwrap().as_str(), "金华");
        assert_eq!(PersonName::stored("陈\u{e863}").as_str(), "陈䶮");
        assert_eq!((name_key("陈\u{e863}"), name_key("⻢⻓⺠")), ("陈䶮".into(), "马长民".into()));
    }

    #[test]
    fn remarks_and_lost_glyphs_are_no_names() {
        for (name, at_fault) in [("张三1", '1'), ("张三(男)", '('), ("***", '*'), ("①", '①'), ("张三/李四", '/')]
        {
            assert_eq!(read_name(name), Err(NameError::Character(at_fault)), "{name}");
        }
        for name in ["张？", "张\u{fffd}", "王□", "???"] {
            assert_eq!(read_name(name), Err(NameError::Lost), "{name}");
        }
        assert_eq!(read_name("· ·"), Err(NameError::NoLetters));
        assert!(read_name(&"王".repeat(LONGEST_NAME)).is_ok());
        assert_eq!(read_name(&"王".repeat(LONGEST_NAME + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn debug_shows_the_first_character_alone() {
        assert_eq!(format!("{:?}", PersonName::stored("张伟")), "PersonName(张*)");
    }

    proptest! {
        #[test]
        fn the_normal_form_is_stable(name in "[\\PC ]{0,12}") {
            let key = name_key(&name).into_owned();
            prop_assert_eq!(name_key(&key), key.as_str());
        }

        #[test]
        fn blanks_at_the_ends_do_not_matter(name in "[a-zA-Z·一-龥]{1,12}") {
            let padded = format!("  {name}\u{3000}");
            prop_assert_eq!(name_key(&padded), name_key(&name));
        }
    }
}
