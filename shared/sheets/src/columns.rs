//! Which heading means which column of a template. The template's own heading beats any synonym, wherever it stands; among
//! synonyms the one that stands first in the table, which goes from the most specific to the least.

use std::{collections::HashMap, sync::LazyLock};

use domain::template::{TemplateKind, header_key};

/// A heading's column and how well it names it: 0 the template's own, then the synonyms in their order.
type Names = HashMap<String, (usize, usize)>;

static NAMES: LazyLock<[Names; 5]> = LazyLock::new(|| {
    TemplateKind::ALL.map(|kind| {
        let mut names = Names::new();
        for (place, column) in kind.columns().iter().enumerate() {
            for (rank, name) in std::iter::once(&column.header).chain(column.synonyms).enumerate() {
                names.entry(header_key(name)).or_insert((place, rank));
            }
        }
        names
    })
});

fn names(kind: TemplateKind) -> &'static Names {
    TemplateKind::ALL.iter().position(|other| *other == kind).map_or(&NAMES[0], |place| &NAMES[place])
}

/// Whether a text in its normal form is a heading of the template.
pub(crate) fn is_heading(kind: TemplateKind, key: &str) -> bool {
    names(kind).contains_key(key)
}

/// The column without which a row is nobody's.
pub(crate) fn key_place(kind: TemplateKind) -> usize {
    let key = if kind == TemplateKind::Organizations { "org_code" } else { "id_number" };
    kind.position(key).unwrap_or_default()
}

/// How well a row, or a part of it, serves as the heading of a template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    /// Column of the template -> column of the sheet.
    pub map: Vec<Option<usize>>,
    /// Columns of the sheet that were recognised and not used, with the column of the template that they mean.
    pub unused: Vec<(usize, usize)>,
    pub required: usize,
    pub required_of: usize,
    pub matched: usize,
}

impl Fit {
    pub fn is_complete(&self) -> bool {
        self.required_of > 0 && self.required == self.required_of
    }

    /// Sure enough that the clerk meant this template: at least two required columns, and half of them.
    pub fn is_likely(&self) -> bool {
        self.required >= 2 && self.required * 2 >= self.required_of
    }

    /// Whether of all required columns the kind of document alone is missing, and something else says what the list is.
    pub fn lacks_kind_alone(&self, kind: TemplateKind) -> bool {
        let Some(place) = kind.position("id_kind") else { return false };
        self.required + 1 == self.required_of
            && self.matched >= 2
            && self.map.get(place) == Some(&None)
            && self.map.get(key_place(kind)).is_some_and(Option::is_some)
    }

    /// Whether rows can be read by it.
    pub fn serves(&self, kind: TemplateKind) -> bool {
        self.is_complete() || self.lacks_kind_alone(kind)
    }

    /// In thousandths of the required columns, then by columns in all.
    pub fn rank(&self) -> (usize, usize) {
        (self.required * 1000 / self.required_of.max(1), self.matched)
    }

    /// The required columns that are missing.
    pub fn missing_zh(&self, kind: TemplateKind) -> String {
        let missing = kind.columns().iter().zip(&self.map).filter(|(column, at)| column.required && at.is_none());
        missing.map(|(column, _)| column.title()).collect::<Vec<_>>().join("、")
    }
}

/// Reads headings, in their normal forms, as those of a template.
pub(crate) fn fit(kind: TemplateKind, keys: &[(u32, String)]) -> Fit {
    let (columns, names) = (kind.columns(), names(kind));
    let mut best: Vec<Option<(usize, usize)>> = vec![None; columns.len()];
    let mut unused = Vec::new();
    for (column, key) in keys {
        let Some((place, rank)) = names.get(key).copied() else { continue };
        let column = *column as usize;
        match best[place] {
            Some((_, better)) if better <= rank => {
                unused.push((column, place));
            }
            Some((other, _)) => {
                unused.push((other, place));
                best[place] = Some((column, rank));
            }
            None => best[place] = Some((column, rank)),
        }
    }
    let map: Vec<Option<usize>> = best.into_iter().map(|found| found.map(|(column, _)| column)).collect();
    let count = |required: bool| {
        map.iter().zip(columns).filter(|(at, column)| at.is_some() && (!required || column.required)).count()
    };
    let (required, matched) = (count(true), count(false));
    Fit { map, unused, required, required_of: columns.iter().filter(|column| column.required).count(), matched }
}

/// Cuts headings where their set begins anew to the right: lists that stand side by side. Most rows are one part.
pub(crate) fn side_by_side(kind: TemplateKind, keys: &[(u32, String)]) -> Vec<&[(u32, String)]> {
    let (mut parts, mut rest) = (Vec::new(), keys);
    while let Some(at) = repeats_at(kind, rest) {
        let (left, right) = rest.split_at(at);
        parts.push(left);
        rest = right;
    }
    parts.push(rest);
    parts
}

/// Where the set begins anew: the number's column and another required one stand on either side. Of several such places
/// the one that leaves the most on the left, then the one at which the set begins as before, then the first.
fn repeats_at(kind: TemplateKind, keys: &[(u32, String)]) -> Option<usize> {
    if fit(kind, keys).unused.len() < 2 {
        return None;
    }
    let (names, columns, key) = (names(kind), kind.columns(), key_place(kind));
    let mut seen = vec![false; columns.len()];
    let begins = keys.iter().find_map(|(_, text)| names.get(text)).map(|(place, _)| *place);
    let mut best: Option<(usize, (usize, bool))> = None;
    for (at, (_, text)) in keys.iter().enumerate() {
        let Some((place, _)) = names.get(text).copied() else { continue };
        if !std::mem::replace(&mut seen[place], true) {
            continue;
        }
        let (left, right) = keys.split_at(at);
        let (left, right) = (fit(kind, left), fit(kind, right));
        let both = |place: usize| left.map[place].is_some() && right.map[place].is_some();
        let repeated = (0..columns.len()).filter(|place| columns[*place].required && both(*place)).count();
        let worth = (left.required, begins == Some(place));
        if repeated >= 2 && both(key) && best.is_none_or(|(_, other)| worth > other) {
            best = Some((at, worth));
        }
    }
    best.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(line: &str) -> Vec<(u32, String)> {
        (0..).zip(line.split('|')).map(|(column, text)| (column, header_key(text))).collect()
    }

    const MEMBERS: TemplateKind = TemplateKind::Members;

    #[test]
    fn the_template_s_own_heading_wins_and_then_the_more_specific_one() {
        let at = |line: &str, key: &str| fit(MEMBERS, &keys(line)).map[MEMBERS.position(key).unwrap()];
        assert_eq!(at("姓名|电话|手机号码*", "phone"), Some(2));
        assert_eq!(at("姓名|手机号码*|电话", "phone"), Some(1));
        assert_eq!(at("姓名|联系电话|手机号", "phone"), Some(2));
        assert_eq!(at("地址|单位地址|家庭地址", "address"), Some(1));
        assert_eq!(at("身份证|证件号码", "id_number"), Some(1));
        assert_eq!(at("身份证|身份证号", "id_number"), Some(1));
        assert_eq!(fit(MEMBERS, &keys("姓名|电话|手机号码*")).unused, [(1, 3)]);
    }

    #[test]
    fn a_set_that_begins_anew_is_cut_and_a_synonym_is_not() {
        let roster = TemplateKind::Roster;
        let cut = |line: &str| {
            side_by_side(roster, &keys(line))
                .iter()
                .map(|part| part.first().map_or(0, |(column, _)| *column))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut("序号|姓名|证件类型|证件号码|手机号码|序号|姓名|证件类型|证件号码|手机号码"), [0, 6]);
        assert_eq!(cut("姓名|证件类型|证件号码|电话|手机号码|姓名|证件类型|证件号码|电话|手机号码"), [0, 5]);
        assert_eq!(cut("姓名|证件类型|证件号码|姓名|证件类型|证件号码|姓名|证件类型|证件号码"), [0, 3, 6]);
        assert_eq!(cut("姓名|证件类型|身份证|证件号码|手机号码|电话"), [0]);
        assert_eq!(cut("姓名|证件类型|证件号码|紧急联系人|姓名|电话"), [0]);
    }
}
