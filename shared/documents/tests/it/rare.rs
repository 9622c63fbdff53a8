//! Rare characters of names: each of a kept list has a picture, and is found as text.

use documents::unit_notice;

use crate::{invented, tools};

/// Characters of extensions A to F of the 通用规范汉字表 and of identity cards, and those of G and H that a face has, a block a line
/// (`fonts/make`).
const KEPT: &str = include_str!("rare-names.txt");

#[test]
fn every_rare_character_of_the_kept_list_is_printed_and_none_as_a_box() {
    let blocks: Vec<(&str, &str)> = KEPT.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(blocks.iter().map(|(name, _)| *name).collect::<String>(), "ABCDEFGH");
    let characters: Vec<char> = blocks.iter().flat_map(|(_, characters)| characters.chars()).collect();
    assert!(characters.len() > 300 && characters.contains(&'䶮') && characters.contains(&'𬱖'), "{}", characters.len());
    let mut notice = invented::unit(characters.len());
    for (person, character) in notice.people.iter_mut().zip(&characters) {
        person.name = format!("王{character}");
    }
    let document = unit_notice(&notice).unwrap();
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    let text = tools::bare_text(&document.bytes);
    for character in &characters {
        assert!(text.contains(&format!("王{character}")), "{character} U+{:04X} is not found", u32::from(*character));
    }
    let fonts = tools::fonts(&document.bytes);
    assert!(fonts.len() == 5 && fonts.iter().all(|font| font.embedded && font.subset && font.unicode), "{fonts:?}");
}
