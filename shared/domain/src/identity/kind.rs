//! Kinds of documents (证件类型), a closed list with synonyms (decision 5).

mod words;

use serde::{Deserialize, Serialize};

use crate::text;

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdKind {
    /// 居民身份证.
    ResidentId,
    /// 护照.
    Passport,
    /// 港澳居民来往内地通行证.
    HkMacaoPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanPermit,
    /// 港澳台居民居住证.
    ResidencePermit,
    /// 外国人永久居留身份证.
    ForeignerPermanentId,
}

impl IdKind {
    /// All kinds, in the order of [`crate::template::ID_KINDS`].
    pub const ALL: [Self; 6] = [
        Self::ResidentId,
        Self::Passport,
        Self::HkMacaoPermit,
        Self::TaiwanPermit,
        Self::ResidencePermit,
        Self::ForeignerPermanentId,
    ];

    /// The kind that a clerk's word means: one of the shipped words, with or without a remark in brackets, a number in front of it
    /// and 号码 behind it.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        if written == "身份证" {
            return Some(Self::ResidentId);
        }
        let word = text::compact(written);
        words::find(&word).or_else(|| words::find(&words::bare(&word)))
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResidentId => "resident-id",
            Self::Passport => "passport",
            Self::HkMacaoPermit => "hk-macao-permit",
            Self::TaiwanPermit => "taiwan-permit",
            Self::ResidencePermit => "residence-permit",
            Self::ForeignerPermanentId => "foreigner-permanent-id",
        }
    }

    /// The kind of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What clerks read, and what the drop-down offers.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::ResidentId => "身份证",
            Self::Passport => "护照",
            Self::HkMacaoPermit => "港澳居民来往内地通行证",
            Self::TaiwanPermit => "台湾居民来往大陆通行证",
            Self::ResidencePermit => "港澳台居民居住证",
            Self::ForeignerPermanentId => "外国人永久居留身份证",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drop_down_offers_what_is_understood() {
        let offered: Vec<_> = IdKind::ALL.into_iter().map(IdKind::name_zh).collect();
        assert_eq!(offered, crate::template::ID_KINDS);
        for kind in IdKind::ALL {
            assert_eq!(IdKind::parse_zh(kind.name_zh()), Some(kind));
            assert_eq!(IdKind::parse(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn synonyms_of_the_decisions_are_understood() {
        for (word, kind) in [
            ("居民身份证", IdKind::ResidentId),
            (" 身 份 证 ", IdKind::ResidentId),
            ("回乡证", IdKind::HkMacaoPermit),
            ("港澳通行证", IdKind::HkMacaoPermit),
            ("台胞证", IdKind::TaiwanPermit),
            ("居民身份证（户口簿）", IdKind::ResidentId),
            ("二代居民身份证", IdKind::ResidentId),
            ("01", IdKind::ResidentId),
            ("01-居民身份证（户口簿）", IdKind::ResidentId),
            ("1.身份证号码", IdKind::ResidentId),
            ("居民身份證", IdKind::ResidentId),
            ("香港特区护照/港澳居民来往内地通行证", IdKind::HkMacaoPermit),
            ("澳门特区护照／港澳居民来往内地通行证", IdKind::HkMacaoPermit),
            ("港澳居民来往内地通行证(回乡证)", IdKind::HkMacaoPermit),
            ("台湾居民来往大陆通行证（台胞证）", IdKind::TaiwanPermit),
            ("08 外国人护照", IdKind::Passport),
            ("护照（外国）", IdKind::Passport),
            ("外国人永久居留证（五星卡）", IdKind::ForeignerPermanentId),
        ] {
            assert_eq!(IdKind::parse_zh(word), Some(kind), "{word}");
        }
        for other in ["学生证", "军官证", "02", "1", "社会保障卡", "（身份证）", "港澳居民来往内地通行证/台胞证", ""]
        {
            assert_eq!(IdKind::parse_zh(other), None, "{other}");
        }
    }
}
