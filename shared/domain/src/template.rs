//! The five spreadsheets that clerks fill in: one table that the reader, the template writer, 数据说明 and the docs are
//! made from.

mod columns;
mod lists;

pub use lists::*;

use crate::text;

/// The kind of a template, and of the upload that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateKind {
    /// Member import (批量导入).
    Members,
    /// A whole roster, for comparison with the registry (会员比对).
    Roster,
    /// Unions of the tree.
    Organizations,
    /// What the card centre and social insurance know of documents.
    Registry,
    /// Members who are to move to other unions (批量转移).
    Transfers,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Free text.
    Text,
    /// Digits that are no quantity (numbers of documents, phones, cards, codes): the cells are of text format.
    NumberLikeText,
    /// A closed drop-down: other values are errors.
    List(&'static [&'static str]),
    /// A shipped list: other values are warnings, and stored as written.
    OpenList(&'static [&'static str]),
    /// A day.
    Date,
    /// 是 or 否.
    YesNo,
}

/// One column of a template.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Stable English id; one key means the same in every template.
    pub key: &'static str,
    /// The header as it is written into the template, without the star.
    pub header: &'static str,
    /// Whether each row must have it (marked `*`).
    pub required: bool,
    /// Other headers that mean the same, from the most specific to the least; compare with [`header_key`] on both sides.
    pub synonyms: &'static [&'static str],
    /// What it holds.
    pub content: Content,
    /// Width in characters of the default font.
    pub width: u16,
    /// Input hint in Chinese.
    pub hint: &'static str,
}

impl Column {
    /// The header without its bracketed remark, as it stands in sentences: `证件类型`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.header.split('(').next().unwrap_or(self.header)
    }

    /// The header as written into the template, with its star.
    #[must_use]
    pub fn marked_header(&self) -> String {
        format!("{}{}", self.header, if self.required { "*" } else { "" })
    }

    /// Whether a header in a file means this column.
    #[must_use]
    pub fn is_called(&self, key: &str) -> bool {
        header_key(self.header) == key || self.synonyms.iter().any(|synonym| header_key(synonym) == key)
    }
}

impl TemplateKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Members, Self::Roster, Self::Organizations, Self::Registry, Self::Transfers];

    /// The word on the command line and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Roster => "roster",
            Self::Organizations => "organizations",
            Self::Registry => "registry",
            Self::Transfers => "transfers",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What clerks call it.
    #[must_use]
    pub fn title_zh(self) -> &'static str {
        match self {
            Self::Members => "会员导入",
            Self::Roster => "会员比对",
            Self::Organizations => "组织导入",
            Self::Registry => "登记信息",
            Self::Transfers => "会员转移",
        }
    }

    /// The columns, in the order of the template.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Members => &columns::MEMBERS,
            Self::Roster => &columns::ROSTER,
            Self::Organizations => &columns::ORGANIZATIONS,
            Self::Registry => &columns::REGISTRY,
            Self::Transfers => &columns::TRANSFERS,
        }
    }

    /// The place of a column by its key.
    #[must_use]
    pub fn position(self, key: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.key == key)
    }

    /// The columns that say of whom a row is: where none of them states anything, it is nobody's, whatever defaults it has.
    #[must_use]
    pub fn personal(self) -> &'static [&'static str] {
        match self {
            Self::Members | Self::Roster => &["name", "id_number", "phone"],
            Self::Organizations => &["org_code", "org_name", "uscc", "enterprise", "contact", "phone", "email"],
            Self::Registry => &["id_number", "card", "retired_on", "deceased_on"],
            Self::Transfers => &["id_number"],
        }
    }

    /// The version of the template's columns; grows when they change.
    #[must_use]
    pub fn version(self) -> u16 {
        match self {
            Self::Members | Self::Roster | Self::Registry => 2,
            Self::Organizations | Self::Transfers => 1,
        }
    }
}

/// The title of a column by its key, in whichever template it occurs.
#[must_use]
pub fn column_title(key: &str) -> Option<&'static str> {
    all_columns().find(|column| column.key == key).map(Column::title)
}

/// The `'static` form of a column's key, for findings that come back from storage.
#[must_use]
pub fn column_key(key: &str) -> Option<&'static str> {
    all_columns().find(|column| column.key == key).map(|column| column.key)
}

fn all_columns() -> impl Iterator<Item = &'static Column> {
    TemplateKind::ALL.into_iter().flat_map(TemplateKind::columns)
}

/// Normal form of a header: NFKC, no blanks and line breaks, no stars and colons, no bracketed remark, lower case.
#[must_use]
pub fn header_key(header: &str) -> String {
    let mut depth = 0_u32;
    let mut key = String::with_capacity(header.len());
    for c in text::folded(header).chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            '*' | ':' | '※' => {}
            _ if depth > 0 || text::is_blank(c) => {}
            _ => key.extend(c.to_lowercase()),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn headers_are_known_in_many_writings() {
        for header in ["证件类型(身份证)*", "证件类型 *\n(身份证)", "证件类型（身份证）＊", " 证 件 类 型 ："]
        {
            assert_eq!(header_key(header), "证件类型", "{header:?}");
        }
        assert_eq!(header_key("Ｅ－Ｍａｉｌ"), "e-mail");
    }

    #[test]
    fn a_header_means_one_column_of_a_template_and_a_key_means_one_title() {
        let mut titles = HashMap::new();
        for kind in TemplateKind::ALL {
            let mut seen = HashSet::new();
            for column in kind.columns() {
                for header in std::iter::once(&column.header).chain(column.synonyms) {
                    assert!(seen.insert(header_key(header)), "{header} twice in {}", kind.name());
                    assert!(column.is_called(&header_key(header)));
                }
                assert_eq!(*titles.entry(column.key).or_insert(column.title()), column.title());
            }
            assert_eq!(TemplateKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(column_title("id_kind"), Some("证件类型"));
    }

    #[test]
    fn the_columns_are_those_of_the_handbook() {
        let line = |kind: TemplateKind| kind.columns().iter().map(Column::marked_header).collect::<Vec<_>>().join(" ");
        assert_eq!(
            line(TemplateKind::Members),
            "姓名* 证件类型(身份证)* 证件号码* 手机号码* 性别* 所在工会* 工会编号* 工作单位/服务平台 会员标签 户籍类型 工作单位详细地址 是否办卡 签发国家(地区)"
        );
        assert_eq!(
            line(TemplateKind::Roster),
            "姓名* 证件类型* 证件号码* 手机号码 性别 工作单位/服务平台 会员标签 签发国家(地区)"
        );
        assert_eq!(
            line(TemplateKind::Organizations),
            "工会编号* 工会组织名称* 上级工会编号 级别* 类型 统一社会信用代码 经济类型 所属行业 企业名称 联系人 手机号码 电子邮箱*"
        );
        assert_eq!(
            line(TemplateKind::Registry),
            "证件类型* 证件号码* 会员服务卡号 社保缴纳(是/否) 退休日期 死亡日期 干部/工人 签发国家(地区)"
        );
        assert_eq!(line(TemplateKind::Transfers), "证件类型* 证件号码* 转入工会编号* 转移原因*");
    }
}
