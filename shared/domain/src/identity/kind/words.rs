//! The words that mean a kind of document, with those of the lists that social insurance offices hand out (LD/T 92: 01
//! 居民身份证（户口簿）, 04 香港特区护照/港澳居民来往内地通行证, 08 外国人护照 and so on).

use super::IdKind;

const WORDS: [(IdKind, &[&str]); 6] = [
    (
        IdKind::ResidentId,
        &[
            "身份证",
            "居民身份证",
            "二代身份证",
            "二代居民身份证",
            "二代证",
            "第二代身份证",
            "第二代居民身份证",
            "公民身份证",
            "公民身份",
            "居民身份",
            "内地居民身份证",
            "大陆居民身份证",
            "国内身份证",
            "中国居民身份证",
            "中国公民身份证",
            "中华人民共和国居民身份证",
            "临时身份证",
            "临时居民身份证",
            "户口簿",
            "户口本",
            "居民户口簿",
            "居民身份证/户口簿",
            "居民身份证户口簿",
            "居民身份证或户口簿",
            "居民身份证、户口簿",
            "01",
            "001",
        ],
    ),
    (
        IdKind::Passport,
        &[
            "护照",
            "普通护照",
            "中国护照",
            "外国护照",
            "国外护照",
            "外籍护照",
            "外国人护照",
            "外国公民护照",
            "外籍人员护照",
            "中华人民共和国护照",
            "因私护照",
            "因公护照",
            "公务护照",
            "外交护照",
            "国际护照",
            "香港特区护照",
            "澳门特区护照",
            "passport",
            "08",
        ],
    ),
    (
        IdKind::HkMacaoPermit,
        &[
            "港澳居民来往内地通行证",
            "港澳居民往来内地通行证",
            "港澳居民内地通行证",
            "港澳来往内地通行证",
            "港澳往来内地通行证",
            "港澳居民通行证",
            "港澳通行证",
            "香港居民来往内地通行证",
            "澳门居民来往内地通行证",
            "香港居民通行证",
            "澳门居民通行证",
            "回乡证",
            "香港回乡证",
            "澳门回乡证",
            "香港特区护照/港澳居民来往内地通行证",
            "澳门特区护照/港澳居民来往内地通行证",
            "香港特别行政区护照/港澳居民来往内地通行证",
            "澳门特别行政区护照/港澳居民来往内地通行证",
            "港澳居民来往内地通行证/回乡证",
            "04",
            "05",
        ],
    ),
    (
        IdKind::TaiwanPermit,
        &[
            "台湾居民来往大陆通行证",
            "台湾居民往来大陆通行证",
            "台湾居民大陆通行证",
            "台湾居民通行证",
            "台湾通行证",
            "台胞证",
            "台湾居民来往大陆通行证/台胞证",
            "06",
        ],
    ),
    (
        IdKind::ResidencePermit,
        &[
            "港澳台居民居住证",
            "港澳居民居住证",
            "台湾居民居住证",
            "香港居民居住证",
            "澳门居民居住证",
            "港澳台居住证",
            "港澳台居民居住证件",
            "中华人民共和国港澳居民居住证",
            "中华人民共和国台湾居民居住证",
        ],
    ),
    (
        IdKind::ForeignerPermanentId,
        &[
            "外国人永久居留身份证",
            "外国人永久居留证",
            "外国人永久居住证",
            "永久居留身份证",
            "永久居留证",
            "外国人居留证",
            "外国人永居证",
            "永居证",
            "中华人民共和国外国人永久居留身份证",
            "07",
        ],
    ),
];

/// The kind of a word without blanks.
pub(super) fn find(word: &str) -> Option<IdKind> {
    let known = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    WORDS.iter().find(|(_, words)| known(words)).map(|(kind, _)| *kind)
}

/// A word without what stands around it: a number of a list in front, a remark in brackets and 号码 behind, the strokes of
/// the traditional script.
pub(super) fn bare(word: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '証' | '證' => plain.push('证'),
            '國' => plain.push('国'),
            '灣' => plain.push('湾'),
            '陸' => plain.push('陆'),
            '來' => plain.push('来'),
            '內' => plain.push('内'),
            '臺' => plain.push('台'),
            '護' => plain.push('护'),
            '分' if plain.ends_with('身') => plain.push('份'),
            _ => plain.push(c),
        }
    }
    let numbered = plain.trim_start_matches(|c: char| c.is_ascii_digit());
    let behind = match numbered.trim_start_matches(['-', '_', '.', '、', ':', '—', '–']) {
        "" => plain.as_str(),
        behind => behind,
    };
    let shorter = ["号码", "件号", "号", "件"].iter().find_map(|ending| behind.strip_suffix(ending));
    shorter.filter(|shorter| shorter.ends_with('证') || shorter.ends_with("护照")).unwrap_or(behind).to_owned()
}
