//! The data sheet is found by its header, wherever it stands: which row of which sheet is the header of which template.

use std::{collections::HashMap, sync::LazyLock};

use domain::{
    cell::Cell,
    finding::Code,
    template::{TemplateKind, header_key},
    text::is_lost,
};
use serde::{Deserialize, Serialize};

use crate::{
    Rejection,
    row::{Row, header_text},
};

/// The header stands within this many rows that hold anything.
pub(crate) const HEADER_WITHIN: usize = 50;
/// Name of the hidden sheet by which a template knows itself; its first column holds mark, kind, year, version.
pub const MARK_SHEET: &str = "_rollcall";
/// What stands in the first cell of that sheet.
pub const MARK: &str = "rollcall";

/// Where the data lies in a file, and which of its columns is which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Name of the sheet; empty for a .csv.
    pub sheet: String,
    /// Row number of the header, from 1.
    pub header_row: u32,
    /// All headers of the sheet in place; empty where a column has none.
    pub headers: Vec<String>,
    /// Column of the template -> column of the sheet.
    pub map: Vec<Option<usize>>,
    /// Column of the sheet -> column of the template; made from `map`.
    #[serde(skip)]
    pub places: Vec<Option<usize>>,
}

impl Head {
    /// Makes the inverse of the map, and holds what an untrusted child sent to the limits; false where it is not sound.
    pub(crate) fn settle(&mut self, places: usize, columns: u32) -> bool {
        let count = self.headers.len();
        self.places = vec![None; count];
        for (place, column) in self.map.iter().enumerate() {
            let Some(column) = *column else { continue };
            match self.places.get_mut(column) {
                Some(slot @ None) => *slot = Some(place),
                _ => return false,
            }
        }
        self.map.len() == places
            && count <= columns as usize
            && self.sheet.len() <= 1_000
            && self.headers.iter().all(|header| header.len() <= 1_000)
    }
}

/// How well a row serves as the header of a template.
#[derive(Clone, Debug)]
struct Fit {
    map: Vec<Option<usize>>,
    required: usize,
    required_of: usize,
    matched: usize,
}

impl Fit {
    fn is_complete(&self) -> bool {
        self.required == self.required_of
    }

    /// Sure enough that the clerk meant this template: at least two required columns, and half of them.
    fn is_likely(&self) -> bool {
        self.required >= 2 && self.required * 2 >= self.required_of
    }

    /// In thousandths of the required columns, then by columns in all.
    fn rank(&self) -> (usize, usize) {
        (self.required * 1000 / self.required_of.max(1), self.matched)
    }
}

type Names = HashMap<String, usize>;

static NAMES: LazyLock<[Names; 5]> = LazyLock::new(|| {
    TemplateKind::ALL.map(|kind| {
        let mut names = Names::new();
        for (place, column) in kind.columns().iter().enumerate() {
            for name in std::iter::once(&column.header).chain(column.synonyms) {
                names.entry(header_key(name)).or_insert(place);
            }
        }
        names
    })
});

fn fit(kind: TemplateKind, keys: &[(u32, String)]) -> Fit {
    let columns = kind.columns();
    let names = TemplateKind::ALL.iter().position(|other| *other == kind).map_or(&NAMES[0], |place| &NAMES[place]);
    let mut map = vec![None; columns.len()];
    for (column, key) in keys {
        if let Some(slot) = names.get(key).and_then(|place| map.get_mut(*place))
            && slot.is_none()
        {
            *slot = Some(*column as usize);
        }
    }
    let count = |required: bool| {
        map.iter().zip(columns).filter(|(at, column)| at.is_some() && (!required || column.required)).count()
    };
    let (required, matched) = (count(true), count(false));
    Fit { map, required, required_of: columns.iter().filter(|column| column.required).count(), matched }
}

/// Cells that could be headers: short texts, in their normal form.
fn keys(row: &Row) -> Vec<(u32, String)> {
    let short = |(column, cell): (u32, Cell<'_>)| match cell {
        Cell::Text(text) if text.len() <= 200 => Some((column, header_key(text))).filter(|(_, key)| !key.is_empty()),
        _ => None,
    };
    row.cells().filter_map(short).collect()
}

/// A row that may be the header.
struct Candidate {
    sheet: usize,
    row: u32,
    headers: Vec<String>,
    fit: Fit,
    has_rows: bool,
}

/// Looks at the first rows of every visible sheet and decides.
pub(crate) struct Search {
    kind: TemplateKind,
    marked: Option<TemplateKind>,
    best: Option<Candidate>,
    others: Vec<(TemplateKind, Fit)>,
    rows_seen: usize,
    any_row: bool,
    /// Rows of question marks were met, where text had been.
    lost: bool,
}

impl Search {
    pub fn new(kind: TemplateKind) -> Self {
        Self { kind, marked: None, best: None, others: Vec::new(), rows_seen: 0, any_row: false, lost: false }
    }

    /// Rows of the next sheet follow.
    pub fn start_sheet(&mut self) {
        self.rows_seen = 0;
    }

    /// Takes a row of the hidden sheet by which a template knows itself.
    pub fn mark(&mut self, row: &Row) {
        if let (2, Cell::Text(name)) = (row.number, row.at(0)) {
            self.marked = TemplateKind::parse(name);
        }
    }

    /// Takes a row that is not blank; false when this sheet needs no more.
    pub fn look(&mut self, sheet: usize, row: &Row) -> bool {
        self.any_row = true;
        self.rows_seen += 1;
        if let Some(best) = self.best.as_mut().filter(|best| best.sheet == sheet && best.row < row.number) {
            best.has_rows = true;
        }
        if self.best.as_ref().is_some_and(|best| best.sheet == sheet && best.has_rows && best.fit.is_complete()) {
            // A whole header with data below it: what follows on this sheet is data.
            return false;
        }
        let keys = keys(row);
        self.lost |= keys.iter().filter(|(_, key)| is_lost(key)).count() >= 2;
        if keys.len() >= 2 {
            self.weigh(sheet, row, &keys);
        }
        self.rows_seen < HEADER_WITHIN
    }

    fn weigh(&mut self, sheet: usize, row: &Row, keys: &[(u32, String)]) {
        for kind in TemplateKind::ALL.into_iter().filter(|kind| *kind != self.kind) {
            let fit = fit(kind, keys);
            if fit.is_likely() {
                self.others.push((kind, fit));
            }
        }
        let fit = fit(self.kind, keys);
        // A header further down on the same sheet repeats the first; another sheet's counts where it fits better.
        let better = match &self.best {
            None => fit.required > 0,
            Some(best) if best.sheet == sheet => fit.rank() > best.fit.rank(),
            Some(best) => {
                (fit.is_complete(), !best.has_rows, fit.rank()) > (best.fit.is_complete(), false, best.fit.rank())
            }
        };
        if better {
            let last = row.cells().last().map_or(0, |(column, _)| column);
            let headers = (0..=last).map(|column| header_text(row.at(column))).collect();
            self.best = Some(Candidate { sheet, row: row.number, headers, fit, has_rows: false });
        }
    }

    /// How well the rows seen so far fit any template; tells one delimiter of a .csv from another.
    pub fn score(&self) -> usize {
        let best = self.best.iter().map(|best| best.fit.matched);
        best.chain(self.others.iter().map(|(_, fit)| fit.matched)).max().unwrap_or(0)
    }

    /// The sheet (by its place) and head, or why there is none.
    pub fn decide(self, names: &[String]) -> Result<(usize, Head), Rejection> {
        // A members export serves as a roster; any other template that names itself is what it says.
        let roster_of_members = self.kind == TemplateKind::Roster && self.marked == Some(TemplateKind::Members);
        if let Some(marked) = self.marked.filter(|marked| *marked != self.kind && !roster_of_members) {
            return Err(self.wrong_template(marked));
        }
        let other = self.others.iter().max_by_key(|(_, fit)| fit.rank()).map(|(kind, fit)| (*kind, fit));
        let Some(best) = &self.best else {
            return Err(match other {
                Some((kind, _)) => self.wrong_template(kind),
                None if self.lost => Rejection::new(Code::FileTextLost, ""),
                None if self.any_row => Rejection::new(Code::NoHeader, ""),
                None => Rejection::new(Code::NoHeader, "文件中没有内容"),
            });
        };
        let other_is = |test: &dyn Fn(&Fit) -> bool| other.filter(|(_, fit)| test(fit)).map(|(kind, _)| kind);
        if best.fit.is_complete() {
            // A feed that states no fact at all and is a whole template of another kind was meant as that.
            let bare = self.kind == TemplateKind::Registry && best.fit.matched == best.fit.required_of;
            if let Some(kind) = other_is(&|fit| bare && fit.is_complete()) {
                return Err(self.wrong_template(kind));
            }
        } else if let Some(kind) = other_is(&|fit| fit.rank().0 > best.fit.rank().0 && fit.matched >= best.fit.matched)
        {
            // More of its required columns are there, and it leaves no column unexplained that the kind asked for has.
            return Err(self.wrong_template(kind));
        } else if best.fit.is_likely() {
            return Err(columns_missing(self.kind, &best.fit.map));
        } else {
            return Err(Rejection::new(Code::NoHeader, ""));
        }
        if !best.has_rows {
            return Err(Rejection::new(Code::NoRows, ""));
        }
        let Some(best) = self.best else { return Err(Rejection::new(Code::NoHeader, "")) };
        let sheet = names.get(best.sheet).cloned().unwrap_or_default();
        let head = Head { sheet, header_row: best.row, headers: best.headers, map: best.fit.map, places: Vec::new() };
        Ok((best.sheet, head))
    }

    fn wrong_template(&self, kind: TemplateKind) -> Rejection {
        let detail = format!("文件是“{}”模板，而上传的种类是“{}”", kind.title_zh(), self.kind.title_zh());
        Rejection::new(Code::WrongTemplate, detail)
    }
}

fn columns_missing(kind: TemplateKind, map: &[Option<usize>]) -> Rejection {
    let missing = kind.columns().iter().zip(map).filter(|(column, at)| column.required && at.is_none());
    let names: Vec<&str> = missing.map(|(column, _)| column.title()).collect();
    Rejection::new(Code::ColumnsMissing, names.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReadLimits;

    fn search(
        kind: TemplateKind,
        sheets: &[&[&str]],
        marked: Option<TemplateKind>,
    ) -> Result<(usize, Head), Rejection> {
        let mut search = Search::new(kind);
        search.marked = marked;
        for (place, sheet) in sheets.iter().enumerate() {
            search.start_sheet();
            for (number, line) in sheet.iter().enumerate() {
                let mut row = Row::new(&ReadLimits::default());
                row.start(number as u32 + 1);
                for (column, text) in line.split('|').enumerate() {
                    row.push(column as u32, Cell::Text(text)).unwrap();
                }
                if !row.is_blank() && !search.look(place, &row) {
                    break;
                }
            }
        }
        search.decide(&["一".to_owned(), "二".to_owned()])
    }

    fn header(kind: TemplateKind) -> String {
        kind.columns().iter().map(domain::template::Column::marked_header).collect::<Vec<_>>().join("|")
    }

    fn code(kind: TemplateKind, sheets: &[&[&str]]) -> Code {
        search(kind, sheets, None).unwrap_err().code
    }

    const ROSTER: TemplateKind = TemplateKind::Roster;

    #[test]
    fn the_header_is_found_below_titles_with_other_order_and_names() {
        let sheet =
            ["某某工会会员名单", "制表|2022", "", "序号|身份证号|电话|姓 名|性别|证件类型\n(身份证)*|备注", "1|2"];
        let (_, head) = search(ROSTER, &[&["说明"], &sheet], None).unwrap();
        assert_eq!((head.sheet.as_str(), head.header_row), ("二", 4));
        assert_eq!(head.map, [Some(3), Some(5), Some(1), Some(2), Some(4), None, None]);
        assert_eq!(head.headers[5], "证件类型 (身份证)*");
    }

    #[test]
    fn an_empty_template_before_the_filled_sheet_does_not_win() {
        let header = header(ROSTER);
        let (place, _) = search(ROSTER, &[&[&header], &[&header, "a|b"]], None).unwrap();
        assert_eq!(place, 1);
        let (place, _) = search(ROSTER, &[&[&header, "a|b"], &[&header, "c|d"]], None).unwrap();
        assert_eq!(place, 0);
    }

    #[test]
    fn what_is_missing_is_named() {
        let rejection = search(ROSTER, &[&["姓名|证件号码|性别", "a|b|c"]], None).unwrap_err();
        assert_eq!((rejection.code, rejection.detail.as_str()), (Code::ColumnsMissing, "证件类型"));
        let members = header(TemplateKind::Members).replace("工会编号*|", "");
        let rejection = search(TemplateKind::Members, &[&[&members, "1|2"]], None).unwrap_err();
        assert_eq!((rejection.code, rejection.detail.as_str()), (Code::ColumnsMissing, "工会编号"));
        assert_eq!(code(ROSTER, &[&["甲|乙", "1|2"]]), Code::NoHeader);
        assert_eq!(code(ROSTER, &[]), Code::NoHeader);
        assert_eq!(code(ROSTER, &[&["??*|????*|????*", "???|???|1"]]), Code::FileTextLost);
        assert_eq!(code(ROSTER, &[&[&header(ROSTER)]]), Code::NoRows);
    }

    #[test]
    fn every_kind_is_taken_as_itself_and_told_from_the_others() {
        for kind in TemplateKind::ALL {
            for other in TemplateKind::ALL {
                let found = search(other, &[&[&header(kind), "1|2"]], None).map_err(|rejection| rejection.code);
                let serves = kind == other || (kind, other) == (TemplateKind::Members, ROSTER);
                match found {
                    Ok(_) => assert!(serves, "{kind:?} as {other:?}"),
                    Err(code) => assert!(!serves && code == Code::WrongTemplate, "{kind:?} as {other:?}: {code:?}"),
                }
            }
        }
    }

    #[test]
    fn a_template_that_names_itself_is_believed() {
        let sheet: &[&str] = &[&header(TemplateKind::Members), "1|2"];
        assert!(search(ROSTER, &[sheet], Some(TemplateKind::Members)).is_ok());
        let wrong = search(TemplateKind::Members, &[sheet], Some(ROSTER)).unwrap_err();
        assert_eq!(wrong.code, Code::WrongTemplate);
        assert!(wrong.detail.contains("会员比对"));
    }

    #[test]
    fn the_header_may_be_the_fiftieth_row_with_content_and_no_later() {
        let header = header(ROSTER);
        for (before, found) in [(HEADER_WITHIN - 2, true), (HEADER_WITHIN, false)] {
            let mut rows = vec!["标题"; before];
            rows.extend([header.as_str(), "1|2"]);
            assert_eq!(search(ROSTER, &[&rows], None).is_ok(), found, "{before}");
        }
    }
}
