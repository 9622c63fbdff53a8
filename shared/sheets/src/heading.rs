//! Headings: one row or two, one set of columns or several side by side.

use domain::{
    cell::Cell,
    finding::Code,
    template::{TemplateKind, header_key},
};

use crate::{
    Rejection,
    columns::{Fit, fit, is_heading, side_by_side},
    row::{Row, header_text},
};

/// Bytes of a text that may be a heading.
const LONGEST: usize = 200;

/// The texts of a row that could be headings: as they are shown, and in their normal form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    number: u32,
    shown: Vec<(u32, String)>,
    keys: Vec<(u32, String)>,
}

impl Texts {
    pub fn of(row: &Row) -> Self {
        let mut texts = Self { number: row.number, ..Self::default() };
        for (column, cell) in row.cells() {
            if let Cell::Text(text) = cell
                && text.len() <= LONGEST
            {
                let key = header_key(text);
                if !key.is_empty() {
                    texts.shown.push((column, header_text(cell)));
                    texts.keys.push((column, key));
                }
            }
        }
        texts
    }

    pub fn keys(&self) -> &[(u32, String)] {
        &self.keys
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The first text, as it is shown.
    pub fn first(&self) -> &str {
        self.shown.first().map(|(_, text)| text.as_str()).unwrap_or_default()
    }

    fn at(&self, column: u32) -> Option<(&str, &str)> {
        let place = self.keys.binary_search_by_key(&column, |(at, _)| *at).ok()?;
        Some((self.shown[place].1.as_str(), self.keys[place].1.as_str()))
    }

    /// The text of the last column up to this one: that of a group which stands over several columns.
    fn over(&self, column: u32) -> Option<&str> {
        let after = self.keys.partition_point(|(at, _)| *at <= column);
        after.checked_sub(1).map(|place| self.keys[place].1.as_str())
    }
}

/// One set of columns, from its first column to before the next set's.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub fit: Fit,
    pub from: u32,
    pub to: u32,
}

/// The heading of one or more lists.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// Its first row, from 1.
    pub first_row: u32,
    /// Its last row.
    pub row: u32,
    /// All headings in place; empty where a column has none.
    pub headers: Vec<String>,
    pub parts: Vec<Part>,
    /// The normal forms of its rows, by which a repeated one is known.
    rows: Vec<Vec<(u32, String)>>,
}

impl Heading {
    /// Of a row that has at least two texts.
    pub fn of(kind: TemplateKind, texts: &Texts) -> Option<Self> {
        if texts.len() < 2 {
            return None;
        }
        let last = texts.keys.last()?.0;
        let header = |column| texts.at(column).map(|(shown, _)| shown.to_owned()).unwrap_or_default();
        Some(Self {
            first_row: texts.number,
            row: texts.number,
            headers: (0..=last).map(header).collect(),
            parts: parts(kind, &texts.keys),
            rows: vec![texts.keys.clone()],
        })
    }

    /// Of two rows, where the lower one names what the upper one groups; none where either says nothing to it.
    pub fn of_two(kind: TemplateKind, upper: &Texts, lower: &Texts) -> Option<Self> {
        if upper.number + 1 != lower.number || upper.len() < 2 {
            return None;
        }
        let last = upper.keys.last()?.0.max(lower.keys.last()?.0);
        let (mut keys, mut headers, mut from) = (Vec::new(), Vec::new(), [false; 2]);
        for column in 0..=last {
            let Some((shown, key, row)) = joined(kind, upper, lower, column) else {
                headers.push(String::new());
                continue;
            };
            from[row] |= is_heading(kind, &key);
            headers.push(shown);
            keys.push((column, key));
        }
        let rows = vec![upper.keys.clone(), lower.keys.clone()];
        let parts = parts(kind, &keys);
        (from == [true, true]).then_some(Self { first_row: upper.number, row: lower.number, headers, parts, rows })
    }

    fn first(&self) -> &Fit {
        &self.parts[0].fit
    }

    pub fn serves(&self, kind: TemplateKind) -> bool {
        self.first().serves(kind)
    }

    pub fn is_likely(&self) -> bool {
        self.first().is_likely()
    }

    pub fn rank(&self) -> (usize, usize) {
        self.first().rank()
    }

    /// Of a feed: whether no column but those of the document is there.
    pub fn states_no_fact(&self, kind: TemplateKind) -> bool {
        let of_document = |key: &str| matches!(key, "id_kind" | "id_number" | "id_state");
        let mut columns = kind.columns().iter().zip(&self.first().map);
        columns.all(|(column, at)| at.is_none() || of_document(column.key))
    }

    pub fn missing_zh(&self, kind: TemplateKind) -> String {
        self.first().missing_zh(kind)
    }

    /// Whether a row says the same as one of this heading's.
    pub fn repeats(&self, keys: &[(u32, String)]) -> bool {
        self.rows.iter().any(|own| own == keys)
    }

    /// That columns are missing, and whether the heading has two rows.
    pub fn columns_missing(&self, kind: TemplateKind) -> Rejection {
        let two = if self.row > self.first_row { "（表头占了两行，请合并为一行）" } else { "" };
        Rejection::new(Code::ColumnsMissing, format!("{}{two}", self.missing_zh(kind)))
    }

    /// Sets to the right of the first are whole, too; else they are named.
    pub fn check_parts(&self, kind: TemplateKind) -> Result<(), Rejection> {
        let assumed = !self.first().is_complete();
        let whole = |part: &&Part| part.fit.is_complete() || assumed && part.fit.lacks_kind_alone(kind);
        let Some(bent) = self.parts.iter().find(|part| !whole(part)) else { return Ok(()) };
        let last = bent.fit.map.iter().flatten().max().copied().unwrap_or_default();
        let (from, to) = (letter(bent.from), letter(last as u32));
        let missing = bent.fit.missing_zh(kind);
        Err(Rejection::new(Code::ColumnsMissing, format!("表头在 {from}–{to} 列重复，其中没有：{missing}")))
    }
}

/// A column's text out of two rows: shown, in its normal form, and by which row it is a heading.
fn joined(kind: TemplateKind, upper: &Texts, lower: &Texts, column: u32) -> Option<(String, String, usize)> {
    let Some((shown, key)) = lower.at(column) else {
        let (shown, key) = upper.at(column)?;
        return Some((shown.to_owned(), key.to_owned(), 0));
    };
    if !is_heading(kind, key)
        && let Some(group) = upper.over(column)
    {
        let whole = format!("{group}{key}");
        if is_heading(kind, &whole) {
            return Some((shown.to_owned(), whole, 1));
        }
        if let Some((shown, key)) = upper.at(column).filter(|(_, key)| is_heading(kind, key)) {
            return Some((shown.to_owned(), key.to_owned(), 0));
        }
    }
    Some((shown.to_owned(), key.to_owned(), 1))
}

fn parts(kind: TemplateKind, keys: &[(u32, String)]) -> Vec<Part> {
    let slices = side_by_side(kind, keys);
    let first_known =
        |slice: &[(u32, String)]| slice.iter().find(|(_, key)| is_heading(kind, key)).map_or(0, |(at, _)| *at);
    let lead = slices
        .first()
        .map_or(0, |slice| first_known(slice) - slice.first().map_or(0, |(column, _)| *column).min(first_known(slice)));
    let fits: Vec<Fit> = slices.iter().map(|slice| fit(kind, slice)).collect();
    let mut starts = Vec::new();
    for (place, slice) in slices.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| fits[before].map.iter().flatten().max().copied());
        let known = first_known(slice);
        // Columns without a meaning before a set, as numbers in advance, are its own where the first set has such.
        starts.push(before.map_or(0, |before| known.saturating_sub(lead).max(before as u32 + 1).min(known)));
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(u32::MAX)).collect::<Vec<_>>();
    fits.into_iter().zip(starts).zip(ends).map(|((fit, from), to)| Part { fit, from, to }).collect()
}

/// The letters of a column.
pub(crate) fn letter(column: u32) -> String {
    rust_xlsxwriter::utility::column_number_to_name(u16::try_from(column).unwrap_or(u16::MAX))
}
