//! Texts that nobody would write, and some that somebody did: all of them stay on the page and none is lost silently.

use documents::{Warning, bureau_notice, unit_notice};

use crate::{invented, tools};

#[test]
fn a_character_that_no_face_has_is_a_box_with_its_code_and_is_named() {
    let mut notice = invented::unit(3);
    // The last ones of extensions H and G that no face has, and letters of another script.
    notice.people[1].name = "王\u{323AF}\u{3134A}".to_owned();
    notice.people[2].name = "李عربي".to_owned();
    let document = unit_notice(&notice).unwrap();
    let missing: Vec<char> = document
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::MissingGlyph { character, text } => {
                assert!(text.contains(*character));
                *character
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(missing, ['ب', 'ر', 'ع', 'ي', '\u{3134A}', '\u{323AF}']);
    assert_eq!(document.warnings[5].to_string(), "「王\u{323AF}\u{3134A}」中的字符 U+323AF 字库中没有，已用方框代替");
    // What is searched is the character, not the figures in the box.
    let text = tools::bare_text(&document.bytes);
    assert!(text.contains("王\u{323AF}\u{3134A}") && !text.contains("323") && !text.contains("134A"), "{text}");
    let with_box = tools::grey(&document.bytes, document.pages, 72);
    notice.people[1].name = "王\u{3000}\u{3000}".to_owned();
    let without = tools::grey(&unit_notice(&notice).unwrap().bytes, document.pages, 72);
    assert_ne!(with_box, without, "the box can be seen");
}

#[test]
fn odd_texts_stay_inside_the_page() {
    let long = "很长".repeat(2_000);
    let word = "W".repeat(3_000);
    for odd in [
        long.as_str(),
        word.as_str(),
        "\u{202e}反\u{202c}",
        "一\r\n二\u{0}三\u{1b}[31m",
        "﷽﷽﷽",
        "<b>&amp;(\\)",
        "",
        " ",
        "\u{301}\u{301}",
        "。。。。。。。。。。",
    ] {
        let mut notice = invented::unit(4);
        for text in [
            &mut notice.issuer,
            &mut notice.number,
            &mut notice.unit.name,
            &mut notice.unit.code,
            &mut notice.bureau.name,
            &mut notice.plan.name,
            &mut notice.submission_no,
            &mut notice.payment_text,
            &mut notice.undecided[0].standing,
        ] {
            odd.clone_into(text);
        }
        odd.clone_into(&mut notice.people[0].name);
        odd.clone_into(&mut notice.people[1].id_kind);
        odd.clone_into(&mut notice.people[2].id_masked);
        notice.people[3].card_masked = Some(odd.to_owned());
        let document = unit_notice(&notice).unwrap();
        let mut bureau = invented::bureau(3);
        for text in
            [&mut bureau.contact.name, &mut bureau.contact.email, &mut bureau.batch_no, &mut bureau.account.number]
        {
            odd.clone_into(text);
        }
        odd.clone_into(&mut bureau.units[0].unit.name);
        odd.clone_into(&mut bureau.units[1].unit.code);
        for bytes in [document.bytes, bureau_notice(&bureau).unwrap().bytes] {
            for (left, top, right, bottom, word) in tools::boxes(&bytes) {
                let inside = left > 50.0 && right < 595.28 - 50.0 && top > 30.0 && bottom < 841.89 - 25.0;
                assert!(inside, "{word:.40} of {odd:.20} stands at {left} {top} {right} {bottom}");
            }
        }
        let shortened = document.warnings.iter().any(|warning| matches!(warning, Warning::Shortened { .. }));
        assert_eq!(shortened, odd.len() > 1_000, "{odd:.20}");
    }
}

#[test]
fn what_turns_or_hides_text_is_left_out_and_named() {
    let mut notice = invented::unit(2);
    notice.people[0].name = "\u{202e}王\u{200b}芳".to_owned();
    notice.people[1].name = "葛\u{e0100}".to_owned();
    let document = unit_notice(&notice).unwrap();
    let removed: Vec<char> = document
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::Removed { character, .. } => *character,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(removed, ['\u{200b}', '\u{202e}', '\u{e0100}']);
    assert!(tools::bare_text(&document.bytes).contains("王芳"));
}
