//! Characters that stand for another one, and which: one table, used in reading, comparing, searching and printing.
//!
//! Three sorts come with people's files. Text that is copied out of a PDF often has **radicals** for characters (⾦ for 金,
//! ⻓ for 长), and programs that draw characters have **strokes** (㇐ for 一): Unicode names the character of each in its
//! property `Equivalent_Unified_Ideograph` (file `EquivalentUnifiedIdeograph.txt` of the Unicode Character Database). And
//! what was written under **GB 18030-2000 or -2005** holds private-use characters where Unicode had no code yet: GB 18030-2022,
//! annex D, and the standard's table of 2005 say which characters took their place. The bytes FE 50 to FE A0 were U+E815 to
//! U+E864; of those the six that have a code of four bytes today, too (U+20087 and others), are that character all the same.
//!
//! A character that stands for none, like ⺀ or one of a private area that some system filled by itself, stays as it is.

use std::borrow::Cow;

/// What took the place of U+E815 to U+E864, in their order.
const PRIVATE: &str = "厂𠂇𠂉𠃌乙㑳㑇刀㔾龴㖞㘚㘎小心㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠牛𡗗龸𤴔䁖䅟𥫗䌷㓁羊𦍌𢦏䎱\
    䎬聿䏝䓖䙡䙌龹䜣䜩䝼䞍𧾷䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻";

/// The characters of U+2E80 to U+2EF3, CJK Radicals Supplement.
const SUPPLEMENT: &str = "⺀厂乛乚乙亻冂𠘨刀刂卜㔾小尐兀尣尢𡯂巳幺彑彐忄心扌攵⺚旡日月歺母民氵氺灬爫爬丬牛\
    犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艺艻虎衤覀西见角𧢲讠贝𧾷车辶辷辸邑\
    钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟";

/// The characters of U+2F00 to U+2FD5, Kangxi Radicals.
const KANGXI: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀\
    寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋\
    比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸\
    缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛\
    辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻\
    黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// The characters of U+31C0 to U+31E3, CJK Strokes.
const STROKES: &str = "㇀㇁㇂㇃㇄㇅𠃌㇇㇈㇉㇊㇋㇌㇍㇎乀一丨丿乀丶𠃍乛𠃊𠃎𠄌亅𡿨𠃋乀𠃑乚乙𠄎㇢㇣";

/// What took the place of U+E78D to U+E796 in GB 18030-2022: punctuation of vertical text.
const VERTICAL: &str = "\u{fe10}\u{fe12}\u{fe11}\u{fe13}\u{fe14}\u{fe15}\u{fe16}\u{fe17}\u{fe18}\u{fe19}";

/// The first character of each area, and what its characters are.
const AREAS: [(char, &str); 5] = [
    ('\u{2e80}', SUPPLEMENT),
    ('\u{2f00}', KANGXI),
    ('\u{31c0}', STROKES),
    ('\u{e78d}', VERTICAL),
    ('\u{e815}', PRIVATE),
];

/// The character that this one stands for; itself where it stands for none.
#[must_use]
pub fn ordinary(c: char) -> char {
    if !may_stand_in(c) {
        return c;
    }
    match c {
        // A3 A0, the last place of the row of full-width letters: a blank.
        '\u{e5e5}' => return '\u{3000}',
        // A8 BC and A8 BF: letters of Pinyin.
        '\u{e7c7}' => return 'ḿ',
        '\u{e7c8}' => return 'ǹ',
        _ => {}
    }
    let place = |first: char| (u32::from(c) as usize).checked_sub(u32::from(first) as usize);
    AREAS.iter().find_map(|(first, area)| area.chars().nth(place(*first)?)).unwrap_or(c)
}

/// The text in ordinary characters. Borrowed where it has no others.
#[must_use]
pub fn in_ordinary(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| ordinary(c) != c) { text.chars().map(ordinary).collect() } else { Cow::Borrowed(text) }
}

/// Whether the character lies where any of the table do: what can be said without looking anything up.
fn may_stand_in(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fd5}' | '\u{31c0}'..='\u{31e3}' | '\u{e5e5}'..='\u{e864}')
}

/// Whether the character is of a private area: what it shows depends on the machine that it is looked at.
#[must_use]
pub fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn each_area_has_as_many_characters_as_codes() {
        let ends = ['\u{2ef3}', '\u{2fd5}', '\u{31e3}', '\u{e796}', '\u{e864}'];
        for ((first, area), last) in AREAS.into_iter().zip(ends) {
            assert_eq!(area.chars().count() as u32, u32::from(last) - u32::from(first) + 1, "{first:?}");
        }
    }

    #[test]
    fn radicals_are_the_characters_that_unicode_names() {
        for (radical, character) in
            [('⼀', '一'), ('⾦', '金'), ('⿕', '龠'), ('⻓', '长'), ('⻢', '马'), ('⺟', '母'), ('㇐', '一')]
        {
            assert_eq!(ordinary(radical), character, "{radical}");
        }
        for radical in '\u{2f00}'..='\u{2fd5}' {
            let normal: Vec<char> = std::iter::once(radical).nfkc().collect();
            assert_eq!(normal, [ordinary(radical)], "NFKC says the same of all Kangxi radicals");
        }
        assert_eq!(ordinary('⺀'), '⺀', "it is no character");
    }

    #[test]
    fn private_characters_of_gb18030_are_those_that_took_their_place() {
        for (private, character) in [
            ('\u{e863}', '䶮'),
            ('\u{e81a}', '㑳'),
            ('\u{e81e}', '龴'),
            ('\u{e864}', '龻'),
            ('\u{e816}', '𠂇'),
            ('\u{e831}', '𡗗'),
            ('\u{e855}', '𤇾'),
            ('\u{e815}', '厂'),
        ] {
            assert_eq!(ordinary(private), character, "{:x}", u32::from(private));
        }
        assert_eq!(ordinary('\u{e000}'), '\u{e000}', "an area that each system fills by itself");
        assert_eq!(ordinary('\u{e865}'), '\u{e865}');
    }

    #[test]
    fn what_is_ordinary_stays_and_nothing_is_folded_twice() {
        assert!(matches!(in_ordinary("王小明 Smith·䶮𠮷"), Cow::Borrowed(_)));
        assert_eq!(in_ordinary("⾦\u{e863}"), "金䶮");
        for c in ('\u{2e80}'..='\u{f8ff}').filter(|c| !matches!(c, '⺀' | '⺚')) {
            assert_eq!(ordinary(ordinary(c)), ordinary(c), "{:x}", u32::from(c));
        }
    }
}
