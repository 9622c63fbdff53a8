//! Unions: their levels, their kinds, and which may stand under which.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{mask, phone::Phone, shown::is_unseen, text};

/// From so many characters on a code may be a document's or a card's number: the shortest is an ID of the first kind.
const SHORTEST_PERSONAL_NUMBER: usize = 15;

/// The longest code of a union in characters. Codes are text, and nothing else is known of their length (decision 4).
pub const LONGEST_ORG_CODE: usize = 100;

/// Where a union stands in the federation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 市总工会: the root of the tree.
    Municipal,
    /// 区局(产业)工会: reviews, submits to the centre, pays.
    Bureau,
    /// 二级工会: an optional level between bureau and grassroots; reviews.
    Secondary,
    /// 基层工会: the union that has members.
    Grassroots,
    /// 职保中心: takes final submissions, checks payments.
    Centre,
}

impl Level {
    /// All levels, in the order of [`crate::template::LEVELS`].
    pub const ALL: [Self; 5] = [Self::Municipal, Self::Bureau, Self::Secondary, Self::Grassroots, Self::Centre];

    /// The level that a clerk's word means.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        let word = text::compact(written);
        Some(match word.as_ref() {
            "市总工会" | "市总" | "市级工会" | "市级" => Self::Municipal,
            "区局(产业)工会"
            | "区局工会"
            | "区局产业工会"
            | "区局"
            | "区工会"
            | "区总工会"
            | "局工会"
            | "产业工会"
            | "区局级工会"
            | "区(局)产业工会"
            | "区局/产业工会"
            | "区/局(产业)工会" => Self::Bureau,
            "二级工会" | "二级" => Self::Secondary,
            "基层工会" | "基层" | "基层单位" | "基层工会组织" => Self::Grassroots,
            "职保中心" | "职保会" | "市职保中心" | "市职保会" => Self::Centre,
            _ => return None,
        })
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Municipal => "municipal",
            Self::Bureau => "bureau",
            Self::Secondary => "secondary",
            Self::Grassroots => "grassroots",
            Self::Centre => "centre",
        }
    }

    /// The level of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// What clerks read, and what the drop-down offers.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Municipal => "市总工会",
            Self::Bureau => "区局(产业)工会",
            Self::Secondary => "二级工会",
            Self::Grassroots => "基层工会",
            Self::Centre => "职保中心",
        }
    }

    /// Whether a union of this level may stand directly under one of `parent`, or at the root (`None`). Branches and
    /// groups (分工会, 工会小组) are grassroots under grassroots; every unit has a bureau above it, which pays for it.
    #[must_use]
    pub fn may_stand_under(self, parent: Option<Self>) -> bool {
        match self {
            Self::Municipal => parent.is_none(),
            Self::Bureau | Self::Centre => parent == Some(Self::Municipal),
            Self::Secondary => parent == Some(Self::Bureau),
            Self::Grassroots => matches!(parent, Some(Self::Bureau | Self::Secondary | Self::Grassroots)),
        }
    }
}

/// The kinds of unions that rules and counts ask about. The list is open: a kind is stored as written, and one that
/// means none of these is [`OrgKind::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgKind {
    /// 单独基层工会.
    Single,
    /// 联合基层工会.
    Joint,
    /// 临时工会: where leavers of a bureau or secondary union are transferred to.
    Temporary,
    /// 分工会.
    Branch,
    /// 工会小组.
    Group,
    /// 工会联合会.
    Federation,
    /// Any other word.
    Other,
}

impl OrgKind {
    /// What a word written into 类型 means.
    #[must_use]
    pub fn of(written: &str) -> Self {
        match text::compact(written).as_ref() {
            "单独基层工会" | "单独工会" => Self::Single,
            "联合基层工会" | "联合工会" => Self::Joint,
            "临时工会" => Self::Temporary,
            "分工会" => Self::Branch,
            "工会小组" => Self::Group,
            "工会联合会" => Self::Federation,
            _ => Self::Other,
        }
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Joint => "joint",
            Self::Temporary => "temporary",
            Self::Branch => "branch",
            Self::Group => "group",
            Self::Federation => "federation",
            Self::Other => "other",
        }
    }
}

/// The manual's counts of unions below (and with) one (part one, 二).
///
/// 类型 decides where it says something, 级别 else: a grassroots union that is no branch, group, federation or temporary
/// union is a 基层工会组织, whether it says 单独, 联合, or nothing that we know. A 临时工会 holds leavers and is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnionCounts {
    /// 基层工会组织数.
    pub grassroots: i64,
    /// 单独基层工会组织数.
    pub single: i64,
    /// 联合工会组织数.
    pub joint: i64,
    /// 分工会/工会小组数.
    pub branches: i64,
    /// 工会联合会数, of whatever level.
    pub federations: i64,
    /// 临时工会.
    pub temporary: i64,
    /// 单独基层工会 that name no enterprise: each is of one of its own.
    #[serde(skip)]
    pub single_unnamed: i64,
}

impl UnionCounts {
    /// Counts unions of one level and 类型; `unnamed` of them name no enterprise.
    pub fn add(&mut self, level: Level, kind: Option<&str>, unions: i64, unnamed: i64) {
        let kind = kind.map_or(OrgKind::Other, OrgKind::of);
        match (kind, level) {
            (OrgKind::Federation, _) => self.federations += unions,
            (_, Level::Municipal | Level::Bureau | Level::Secondary | Level::Centre) => {}
            (OrgKind::Branch | OrgKind::Group, _) => self.branches += unions,
            (OrgKind::Temporary, _) => self.temporary += unions,
            (OrgKind::Single, _) => {
                self.grassroots += unions;
                self.single += unions;
                self.single_unnamed += unnamed;
            }
            (OrgKind::Joint, _) => {
                self.grassroots += unions;
                self.joint += unions;
            }
            (OrgKind::Other, _) => self.grassroots += unions,
        }
    }
}

/// A union's code (工会编号), in its normal form: no blanks, upper case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OrgCode(Box<str>);

impl OrgCode {
    /// Reads a code; `None` where it is empty, too long, or has other characters than letters, digits, `-`, `_`, `.`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase() || matches!(b, b'-' | b'_' | b'.');
        let code = if written.bytes().all(plain) {
            Cow::Borrowed(written)
        } else {
            Cow::Owned(text::compact(written).to_uppercase())
        };
        let fine = !code.is_empty()
            && code.chars().nth(LONGEST_ORG_CODE).is_none()
            && code.chars().all(|c| c.is_alphanumeric() && !is_unseen(c) || matches!(c, '-' | '_' | '.'));
        fine.then(|| Self(code.into()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as findings show it: masked where it looks like somebody's document, card or phone, as it does in a file
    /// whose columns have shifted.
    #[must_use]
    pub fn shown(&self) -> String {
        let long = self.0.chars().count() >= SHORTEST_PERSONAL_NUMBER;
        if long || Phone::parse(&self.0).is_some() { mask::mask_number(&self.0) } else { self.0.to_string() }
    }
}

impl fmt::Debug for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgCode({})", self.0)
    }
}

impl fmt::Display for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drop_down_offers_what_is_understood() {
        let offered: Vec<_> = Level::ALL.into_iter().map(Level::name_zh).collect();
        assert_eq!(offered, crate::template::LEVELS);
        for level in Level::ALL {
            assert_eq!(Level::parse_zh(level.name_zh()), Some(level));
            assert_eq!(Level::parse(level.name()), Some(level));
        }
        for kind in crate::template::ORG_KINDS.iter().take(6) {
            assert_ne!(OrgKind::of(kind), OrgKind::Other, "{kind}");
        }
    }

    #[test]
    fn synonyms_of_levels_are_understood() {
        assert_eq!(Level::parse_zh("区局（产业）工会"), Some(Level::Bureau));
        assert_eq!(Level::parse_zh("区局工会"), Some(Level::Bureau));
        assert_eq!(Level::parse_zh("职保会"), Some(Level::Centre));
        assert_eq!(Level::parse_zh("三级工会"), None);
    }

    #[test]
    fn the_tree_has_its_order() {
        let fine: Vec<_> = Level::ALL
            .into_iter()
            .flat_map(|level| Level::ALL.map(|parent| (level, parent)))
            .filter(|(level, parent)| level.may_stand_under(Some(*parent)))
            .collect();
        assert_eq!(
            fine,
            [
                (Level::Bureau, Level::Municipal),
                (Level::Secondary, Level::Bureau),
                (Level::Grassroots, Level::Bureau),
                (Level::Grassroots, Level::Secondary),
                (Level::Grassroots, Level::Grassroots),
                (Level::Centre, Level::Municipal),
            ]
        );
        assert!(Level::ALL.into_iter().filter(|level| level.may_stand_under(None)).eq([Level::Municipal]));
    }

    #[test]
    fn unions_are_counted_as_the_manual_does() {
        let mut counts = UnionCounts::default();
        for (level, kind, unions) in [
            (Level::Municipal, None, 1),
            (Level::Bureau, Some("工会联合会"), 2),
            (Level::Grassroots, Some("单独基层工会"), 5),
            (Level::Grassroots, Some("联合基层工会"), 3),
            (Level::Grassroots, Some("分工会"), 4),
            (Level::Grassroots, Some("工会小组"), 6),
            (Level::Grassroots, Some("临时工会"), 1),
            (Level::Grassroots, None, 7),
        ] {
            counts.add(level, kind, unions, 1);
        }
        let UnionCounts { grassroots, single, joint, branches, federations, temporary, single_unnamed } = counts;
        assert_eq!((grassroots, single, joint, branches, federations), (15, 5, 3, 10, 2));
        assert_eq!((temporary, single_unnamed), (1, 1));
    }

    #[test]
    fn codes_are_text_of_any_length_with_one_writing() {
        assert_eq!(OrgCode::parse(" ３１０１ 0101 ").unwrap().as_str(), "31010101");
        assert_eq!(OrgCode::parse("abc-1").unwrap().as_str(), "ABC-1");
        assert_eq!(OrgCode::parse("007").unwrap().as_str(), "007");
        assert!(OrgCode::parse(&"1".repeat(LONGEST_ORG_CODE)).is_some());
        for wrong in ["", "  ", "31;DROP", "=1+1", &"1".repeat(LONGEST_ORG_CODE + 1)] {
            assert!(OrgCode::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
