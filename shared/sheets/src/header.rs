//! The data sheets are found by their headings, wherever these stand: which row of which sheet is the heading of which template.

use domain::{cell::Cell, comparison::Class, finding::Code, template::TemplateKind, text::is_lost};

use crate::{
    Rejection,
    columns::{Fit, fit},
    heading::{Heading, Texts},
    row::Row,
};

/// The header stands within this many rows that hold anything.
pub(crate) const HEADER_WITHIN: usize = 50;
/// Name of the hidden sheet by which a template knows itself; its first column holds mark, kind, year, version.
pub const MARK_SHEET: &str = "_rollcall";
/// Name of the hidden sheet with the lists of a template's drop-downs.
pub(crate) const LISTS_SHEET: &str = "_lists";
/// What stands in the first cell of the mark's sheet.
pub const MARK: &str = "rollcall";

/// What the first rows of a sheet show.
#[derive(Default)]
struct Look {
    first_text: String,
    heading: Option<Heading>,
    has_rows: bool,
}

/// What is to become of a visible sheet.
pub(crate) enum Use {
    /// It is read from this heading on.
    Read(Heading),
    /// It is gone over; why it is not read, where it looks like data: what its heading lacks.
    PassOver(String),
    /// It is one of our own, which holds nothing to be read.
    Own,
}

/// Looks at the first rows of every visible sheet and decides.
pub(crate) struct Search {
    kind: TemplateKind,
    marked: Option<TemplateKind>,
    /// By sheet, those that were looked at.
    looks: Vec<(usize, Look)>,
    others: Vec<(TemplateKind, Fit)>,
    before: Option<Texts>,
    rows_seen: usize,
    any_row: bool,
    /// Rows of question marks were met, where text had been.
    lost: bool,
}

impl Search {
    pub fn new(kind: TemplateKind) -> Self {
        Self {
            kind,
            marked: None,
            looks: Vec::new(),
            others: Vec::new(),
            before: None,
            rows_seen: 0,
            any_row: false,
            lost: false,
        }
    }

    /// Rows of the next sheet follow.
    pub fn start_sheet(&mut self) {
        (self.rows_seen, self.before) = (0, None);
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
        let texts = Texts::of(row);
        if self.looks.last().is_none_or(|(last, _)| *last != sheet) {
            let first_text = texts.first().to_owned();
            self.looks.push((sheet, Look { first_text, ..Look::default() }));
        }
        self.lost |= texts.keys().iter().filter(|(_, key)| is_lost(key)).count() >= 2;
        let kind = self.kind;
        if let Some((_, look)) = self.looks.last_mut()
            && let Some(heading) = &look.heading
            && heading.row < row.number
        {
            look.has_rows = true;
            if heading.serves(kind) {
                // A whole heading with data below it: what follows on this sheet is data.
                return false;
            }
        }
        self.weigh(&texts);
        self.before = Some(texts);
        self.rows_seen < HEADER_WITHIN
    }

    fn weigh(&mut self, texts: &Texts) {
        if texts.len() >= 2 {
            for kind in TemplateKind::ALL.into_iter().filter(|kind| *kind != self.kind) {
                let fit = fit(kind, texts.keys());
                if fit.is_complete() {
                    self.others.push((kind, fit));
                }
            }
        }
        let single = Heading::of(self.kind, texts);
        let both = match &self.before {
            Some(before) if !single.as_ref().is_some_and(|one| one.serves(self.kind)) => {
                Heading::of_two(self.kind, before, texts)
            }
            _ => None,
        };
        let Some((_, look)) = self.looks.last_mut() else { return };
        for heading in single.into_iter().chain(both) {
            // A heading further down repeats the first, unless it fits better.
            let better = look.heading.as_ref().is_none_or(|best| heading.rank() > best.rank());
            if heading.rank().0 > 0 && better {
                (look.heading, look.has_rows) = (Some(heading), false);
            }
        }
    }

    /// How well the rows seen so far fit any template; tells one delimiter of a .csv from another.
    pub fn score(&self) -> usize {
        let best = self.looks.iter().filter_map(|(_, look)| look.heading.as_ref()).map(|heading| heading.rank().1);
        best.chain(self.others.iter().map(|(_, fit)| fit.matched)).max().unwrap_or(0)
    }

    /// What becomes of each visible sheet (by its place), or why none can be read.
    pub fn decide(mut self, names: &[String]) -> Result<Vec<(usize, Use)>, Rejection> {
        // A members export serves as a roster; any other template that names itself is what it says.
        let roster_of_members = self.kind == TemplateKind::Roster && self.marked == Some(TemplateKind::Members);
        if let Some(marked) = self.marked.filter(|marked| *marked != self.kind && !roster_of_members) {
            return Err(self.wrong_template(marked));
        }
        let looks = std::mem::take(&mut self.looks);
        self.check(&looks, names)?;
        let difference = looks.iter().any(|(_, look)| look.first_text == COMPARED);
        let uses = looks.into_iter().map(|(place, look)| {
            let name = names.get(place).map(String::as_str).unwrap_or_default();
            let own = is_own(name, &look.first_text) || difference && is_difference_page(name);
            let of = match look.heading {
                _ if own => Use::Own,
                Some(heading) if heading.serves(self.kind) => Use::Read(heading),
                Some(heading) if heading.is_likely() => Use::PassOver(heading.missing_zh(self.kind)),
                _ => Use::PassOver(String::new()),
            };
            (place, of)
        });
        Ok(uses.collect())
    }

    /// Whether there is anything to read; else why not, by the heading that fits best.
    fn check(&self, looks: &[(usize, Look)], names: &[String]) -> Result<(), Rejection> {
        let headings = looks.iter().filter(|(place, look)| {
            !is_own(names.get(*place).map(String::as_str).unwrap_or_default(), &look.first_text)
        });
        let headings = headings.filter_map(|(_, look)| look.heading.as_ref());
        let best = headings.max_by_key(|heading| (heading.serves(self.kind), heading.rank()));
        let other = self.others.iter().max_by_key(|(_, fit)| fit.rank());
        let Some(best) = best else {
            return Err(match other {
                Some((kind, _)) => self.wrong_template(*kind),
                None if self.lost => Rejection::new(Code::FileTextLost, ""),
                None if self.any_row => Rejection::new(Code::NoHeader, ""),
                None => Rejection::new(Code::NoHeader, "文件中没有内容"),
            });
        };
        let matched = best.rank().1;
        if best.serves(self.kind) {
            // A feed that states no fact at all and is a whole template of another kind was meant as that.
            let bare = self.kind == TemplateKind::Registry && best.states_no_fact(self.kind);
            return match other {
                Some((kind, _)) if bare => Err(self.wrong_template(*kind)),
                _ => best.check_parts(self.kind),
            };
        }
        // It is whole as another template, and leaves no column unexplained that the kind asked for has.
        match other {
            Some((kind, fit)) if fit.matched >= matched => Err(self.wrong_template(*kind)),
            _ if best.is_likely() => Err(best.columns_missing(self.kind)),
            _ => Err(Rejection::new(Code::NoHeader, "")),
        }
    }

    fn wrong_template(&self, kind: TemplateKind) -> Rejection {
        let detail = format!("文件是“{}”模板，而上传的种类是“{}”", kind.title_zh(), self.kind.title_zh());
        Rejection::new(Code::WrongTemplate, detail)
    }
}

/// What stands first on the summary of a difference workbook.
const COMPARED: &str = "会员比对汇总";

/// Sheets that we have written ourselves, beside those to be read: summaries, explanations.
fn is_own(name: &str, first_text: &str) -> bool {
    match name {
        "汇总" => first_text == "处理结果汇总" || first_text == COMPARED,
        "数据说明" => first_text.ends_with("模板：数据说明"),
        _ => false,
    }
}

/// The pages of a difference workbook that are not in the form of a template.
fn is_difference_page(name: &str) -> bool {
    let mut titles = Class::ALL.iter().filter(|class| **class != Class::NotInRegistry).map(|class| class.title_zh());
    titles.any(|title| name.strip_prefix(title).is_some_and(|rest| rest.is_empty() || rest.starts_with('（')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReadLimits;

    fn search(
        kind: TemplateKind,
        sheets: &[&[&str]],
        marked: Option<TemplateKind>,
    ) -> Result<(usize, Heading), Rejection> {
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
        let uses = search.decide(&["一".to_owned(), "二".to_owned()])?;
        let read = uses.into_iter().filter_map(|(place, of)| match of {
            Use::Read(heading) => Some((place, heading)),
            _ => None,
        });
        Ok(read.max_by_key(|(place, _)| *place).unwrap())
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
        let (place, heading) = search(ROSTER, &[&["说明"], &sheet], None).unwrap();
        assert_eq!((place, heading.row), (1, 4));
        assert_eq!(heading.parts[0].fit.map[..7], [Some(3), Some(5), Some(1), Some(2), Some(4), None, None]);
        assert_eq!(heading.headers[5], "证件类型 (身份证)*");
    }

    #[test]
    fn a_heading_of_two_rows_is_read_as_one() {
        let sheet = ["花名册", "序号|姓名|证件信息||联系方式|性别", "||证件类型|证件号码|手机号码|", "1|甲|身份证|5"];
        let (_, heading) = search(ROSTER, &[&sheet], None).unwrap();
        assert_eq!((heading.first_row, heading.row), (2, 3));
        assert_eq!(heading.parts[0].fit.map[..7], [Some(1), Some(2), Some(3), Some(4), Some(5), None, None]);
        let grouped = ["姓名|证件||手机|性别", "|类型|号码||", "甲|身份证|5"];
        let (_, heading) = search(ROSTER, &[&grouped], None).unwrap();
        assert_eq!(heading.parts[0].fit.map[..3], [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn the_pages_of_our_own_workbooks_are_known() {
        assert!(
            is_own("汇总", "会员比对汇总") && is_own("数据说明", "会员导入模板：数据说明") && !is_own("汇总", "姓名")
        );
        assert!(
            is_difference_page("平台有名单无")
                && is_difference_page("信息不一致（2）")
                && !is_difference_page("重复登记")
        );
        assert!(!is_difference_page("名单有平台无") && !is_difference_page("名单有平台无（待补）"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let rejection = search(ROSTER, &[&["姓名|证件类型|性别", "a|b|c"]], None).unwrap_err();
        assert_eq!((rejection.code, rejection.detail.as_str()), (Code::ColumnsMissing, "证件号码"));
        let members = header(TemplateKind::Members).replace("工会编号*|", "");
        let rejection = search(TemplateKind::Members, &[&[&members, "1|2"]], None).unwrap_err();
        assert_eq!((rejection.code, rejection.detail.as_str()), (Code::ColumnsMissing, "工会编号"));
        assert_eq!(code(ROSTER, &[&["甲|乙", "1|2"]]), Code::NoHeader);
        assert_eq!(code(ROSTER, &[]), Code::NoHeader);
        assert_eq!(code(ROSTER, &[&["??*|????*|????*", "???|???|1"]]), Code::FileTextLost);
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
