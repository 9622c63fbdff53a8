//! Files as unions send them: every row is read, skipped by name, or told of.

use std::fmt::Write as _;

use domain::{cell::Cell, finding::Code, template::TemplateKind};
use proptest::prelude::*;
use sheets::{Account, Rejection, Spool};

use crate::{
    make,
    support::{Desk, tight},
};

const MEMBERS: TemplateKind = TemplateKind::Members;
const ROSTER: TemplateKind = TemplateKind::Roster;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A file of the cases, read as what it is for.
fn read(name: &str, kind: TemplateKind) -> Spool {
    Desk::new(tight()).read(kind, &bytes(name)).unwrap()
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => text.to_owned(),
        _ => String::new(),
    }
}

/// What stands in a column of the template, row by row.
fn column(spool: &Spool, kind: TemplateKind, key: &str) -> Vec<String> {
    let place = kind.position(key).unwrap();
    spool.rows().map(|row| text(row.unwrap().in_template_order(&spool.head)[place])).collect()
}

/// Headings, rows read, skipped and not read; they add up to what holds anything.
fn books(spool: &Spool) -> (u64, u64, u64, u64) {
    let Account { content, headings, skipped, not_read, .. } = spool.account;
    assert_eq!(content, headings + spool.count + skipped + not_read);
    (headings, spool.count, skipped, not_read)
}

fn notes(spool: &Spool) -> Vec<(Code, &str)> {
    spool.account.notes.iter().map(|note| (note.code, note.detail.as_str())).collect()
}

#[test]
fn every_visible_sheet_with_the_heading_is_read() {
    let spool = read("sheets.xlsx", MEMBERS);
    assert_eq!(books(&spool), (2, 12, 0, 0));
    let names = spool.head.names();
    let sheets: Vec<_> = spool.rows().map(|row| names.row_zh(row.unwrap().place())).collect();
    assert_eq!((sheets[0].as_str(), sheets[11].as_str()), ("工作表“一车间”第 2 行", "工作表“二车间”第 8 行"));
    assert!(notes(&spool).is_empty());
}

#[test]
fn lists_side_by_side_are_two_blocks() {
    for (name, kind) in [("sidebyside.xlsx", MEMBERS), ("sbs_roster.xlsx", ROSTER)] {
        let spool = read(name, kind);
        assert_eq!((spool.count, spool.head.len()), (10, 2), "{name}");
        let phones = column(&spool, kind, "phone");
        assert_eq!(phones[..4], ["19910000000", "19910000185", "19910000037", "19910000222"], "{name}");
        books(&spool);
    }
    // The second set lacks a column: the file is told so, and its people are not lost.
    let csv = "姓名,证件类型,证件号码,手机号码,姓名,证件号码\n甲,身份证,310199199001010014,1,乙,310199199001010022\n";
    let Rejection { code, detail, .. } = Desk::new(tight()).rejected(TemplateKind::Roster, csv.as_bytes());
    // Every number would do as a 居民身份证, but the first set has the column.
    assert!(code == Code::ColumnsMissing && detail.contains("E–F"), "{detail}");
}

#[test]
fn the_template_s_own_heading_beats_a_synonym_and_what_is_not_used_is_named() {
    for name in ["twophones.xlsx", "twophones_valid.xlsx"] {
        let spool = read(name, MEMBERS);
        assert_eq!(column(&spool, MEMBERS, "phone")[0], "19910000000", "{name}");
        let [(Code::ColumnNotUsed, detail)] = notes(&spool)[..] else { panic!("{name}: {:?}", notes(&spool)) };
        assert!(detail.contains("电话") && detail.contains("手机号码*"), "{detail}");
    }
    let spool = read("addr.xlsx", MEMBERS);
    assert!(column(&spool, MEMBERS, "address").iter().all(|address| address == "明湖市示例路一百号"));
    let spool = read("idcopy.xlsx", MEMBERS);
    assert_eq!(column(&spool, MEMBERS, "id_number")[0], "31019919750101100X");
    assert!(matches!(notes(&spool)[..], [(Code::ColumnNotUsed, _)]));
}

#[test]
fn rows_that_nobody_sees_are_read_and_named() {
    for name in ["hiddenrows.xlsx", "filtered.xlsx"] {
        let spool = read(name, MEMBERS);
        assert_eq!((books(&spool), spool.account.hidden), ((1, 6, 0, 0), 2), "{name}");
        let [(Code::RowsHidden, detail)] = notes(&spool)[..] else { panic!("{name}: {:?}", notes(&spool)) };
        assert!(detail.contains("第 4–5 行"), "{detail}");
    }
}

#[test]
fn a_heading_further_down_holds_for_the_rows_below_it() {
    let spool = read("stacked.xlsx", MEMBERS);
    assert_eq!(books(&spool), (1, 7, 2, 0), "the title and the same heading are skipped");
    let spool = read("stacked_order.xlsx", MEMBERS);
    assert_eq!((books(&spool), spool.head.len()), ((2, 7, 0, 0), 2));
    assert_eq!(column(&spool, MEMBERS, "phone")[3], "19910000185");
    assert_eq!(column(&spool, MEMBERS, "name")[6], "周明涛");
    // Where it lacks a column, the rows below are told of.
    let csv = "姓名,证件类型,证件号码,手机号码\n甲,身份证,310199199001010014,1\n姓名,手机号码,证件种类,性别,备注\n乙,2,身份证,男,x\n";
    let spool = Desk::new(tight()).read(ROSTER, csv.as_bytes()).unwrap();
    assert_eq!(spool.count + spool.account.not_read + spool.account.skipped, 3, "{:?}", notes(&spool));
}

#[test]
fn rows_that_only_defaults_or_formulas_fill_are_nobody_s() {
    for name in ["prefilled.xlsx", "formula_sex.xlsx"] {
        let spool = read(name, MEMBERS);
        assert_eq!(books(&spool), (1, 4, 55, 0), "{name}");
        let [(Code::RowsSkipped, detail)] = notes(&spool)[..] else { panic!("{name}: {:?}", notes(&spool)) };
        assert!(detail.contains("第 6–60 行，共 55 行"), "{detail}");
    }
}

#[test]
fn footers_hints_and_titles_are_skipped_and_named_once() {
    let spool = read("footer.xlsx", MEMBERS);
    assert_eq!(books(&spool), (1, 4, 3, 0));
    assert!(matches!(notes(&spool)[..], [(Code::RowsSkipped, detail)] if detail.contains("第 6、8–9 行")));
    let spool = read("noterow.xlsx", MEMBERS);
    assert_eq!(books(&spool), (1, 3, 1, 0));
    let csv = "会员名单,,\n姓名,证件类型,证件号码,手机号码\n一车间\n甲,身份证,310199199001010014,1\n王伟,,,\n小计,1,,\n合计：1人\n";
    let spool = Desk::new(tight()).read(ROSTER, csv.as_bytes()).unwrap();
    assert_eq!(books(&spool), (1, 2, 4, 0), "a name alone is somebody's: {:?}", notes(&spool));
}

#[test]
fn merged_cells_hold_for_all_rows_that_they_span() {
    for name in ["merged.xlsx", "merged-union.xlsx"] {
        let spool = read(name, MEMBERS);
        assert!(column(&spool, MEMBERS, "org_code").iter().all(|code| code == "3199010001"), "{name}");
        assert!(column(&spool, MEMBERS, "union_name").iter().all(|name| name == "明湖云帆快递有限公司工会"), "{name}");
    }
}

#[test]
fn a_heading_of_two_rows_is_read() {
    let spool = read("tworow.xlsx", MEMBERS);
    assert_eq!(books(&spool), (2, 4, 1, 0));
    assert_eq!(column(&spool, MEMBERS, "name")[3], "刘洋");
    assert_eq!(column(&spool, MEMBERS, "org_code")[0], "3199010001");
}

#[test]
fn numbers_that_are_all_of_one_kind_need_no_column_for_it() {
    for (name, kind) in [("nokind.xlsx", MEMBERS), ("nokind_roster2.xlsx", ROSTER)] {
        let spool = read(name, kind);
        assert!(column(&spool, kind, "id_kind").iter().all(|kind| kind == "身份证"), "{name}");
        assert!(notes(&spool).iter().any(|(code, _)| *code == Code::IdKindAssumed), "{name}");
    }
    let feed = "身份证号码,会员服务卡号\n31019919750101100X,6231000000000000\n";
    assert_eq!(Desk::new(tight()).read(TemplateKind::Registry, feed.as_bytes()).unwrap().count, 1);
    let mixed = "姓名,身份证号码,手机号\n甲,31019919750101100X,1\n乙,E12345678,2\n";
    let Rejection { code, detail, .. } = Desk::new(tight()).rejected(ROSTER, mixed.as_bytes());
    assert!(code == Code::ColumnsMissing && detail.starts_with("证件类型（第 3 行"), "{detail}");
    // Two headings make no template: it is told what is missing, whichever kind is asked for.
    let foreign = "姓名,身份证号码,部门\n甲,31019919750101100X,1\n";
    assert_eq!(Desk::new(tight()).code(MEMBERS, foreign.as_bytes()), Code::NoHeader);
}

#[test]
fn a_formula_without_its_result_is_told_from_an_error() {
    let spool = read("formula-without-value.xlsx", MEMBERS);
    let row = spool.rows().next().unwrap().unwrap();
    assert!(row.in_template_order(&spool.head)[4] == Cell::Unsaved);
}

/// What a made workbook holds: rows of people, and how many others of each sort.
#[derive(Debug, Clone)]
enum Piece {
    People(u8),
    Title,
    Footer,
    Defaults(u8),
    Again,
    OtherOrder,
    Blank,
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        4 => (1..6_u8).prop_map(Piece::People),
        1 => Just(Piece::Title),
        1 => Just(Piece::Footer),
        1 => (1..4_u8).prop_map(Piece::Defaults),
        1 => Just(Piece::Again),
        1 => Just(Piece::OtherOrder),
        1 => Just(Piece::Blank),
    ]
}

/// A table made of pieces under a heading, as it is counted by whoever made it.
#[derive(Default)]
struct Made {
    table: Vec<Vec<String>>,
    people: Vec<String>,
    content: u64,
}

impl Made {
    fn line(&mut self, cells: &[&str]) {
        self.table.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
        self.content += u64::from(cells.iter().any(|cell| !cell.is_empty()));
    }

    fn add(&mut self, pieces: &[Piece], first: u32) {
        let orders = [["姓名*", "证件类型*", "证件号码*", "手机号码"], ["证件号码*", "手机号码", "姓名*", "证件类型*"]];
        let (mut order, mut next) = (0, first);
        self.line(&["会员名单"]);
        self.line(&orders[0]);
        for piece in pieces {
            match piece {
                Piece::People(count) => {
                    for _ in 0..*count {
                        next += 1;
                        let number = format!("31019919900101{next:04}");
                        let cells = ["示例人", "身份证", &number, "13800000000"];
                        let cells = if order == 0 { cells } else { [cells[2], cells[3], cells[0], cells[1]] };
                        self.line(&cells);
                        self.people.push(number);
                    }
                }
                Piece::Title => self.line(&["二车间"]),
                Piece::Footer => self.line(&["合计", "", "4"]),
                Piece::Defaults(count) => (0..*count).for_each(|_| {
                    let cells = if order == 0 { ["", "身份证", "", ""] } else { ["", "", "", "身份证"] };
                    self.line(&cells);
                }),
                Piece::Again => self.line(&orders[order]),
                Piece::OtherOrder => {
                    order = 1 - order;
                    self.line(&orders[order]);
                }
                Piece::Blank => self.line(&["", ""]),
            }
        }
    }
}

fn sheet_xml(table: &[Vec<String>]) -> String {
    let mut rows = String::new();
    for (number, cells) in (1..).zip(table) {
        let filled: Vec<String> = cells.clone();
        if filled.iter().any(|cell| !cell.is_empty()) {
            let _ = write!(rows, "{}", make::xml_row(number, &filled));
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_books_of_any_workbook_add_up_and_nobody_is_lost(
        sheets in prop::collection::vec(prop::collection::vec(piece(), 1..8), 1..4),
        with_data_without_heading in any::<bool>(),
    ) {
        let (mut parts, mut content, mut people) = (Vec::new(), 0, Vec::new());
        for (place, pieces) in (0..).zip(&sheets) {
            let mut made = Made::default();
            made.add(pieces, place * 1_000);
            content += made.content;
            people.extend(made.people);
            parts.push((format!("第{place}张"), sheet_xml(&made.table)));
        }
        if with_data_without_heading {
            let rows = make::people(3);
            content += 3;
            parts.push(("没有表头".to_owned(), sheet_xml(&rows)));
        }
        let bytes = crate::support::workbook(&parts);
        let desk = Desk::new(tight());
        if people.is_empty() {
            prop_assert_eq!(desk.code(ROSTER, &bytes), Code::NoRows);
            return Ok(());
        }
        let spool = desk.read(ROSTER, &bytes).unwrap();
        let (_, read, _, not_read) = books(&spool);
        prop_assert_eq!(spool.account.content, content, "{:?}", notes(&spool));
        prop_assert_eq!(column(&spool, ROSTER, "id_number"), people.clone());
        prop_assert_eq!(read, people.len() as u64);
        prop_assert_eq!(not_read, if with_data_without_heading { 3 } else { 0 });
        let all = spool.all_rows().map(Result::unwrap).filter(|row| row.sort == sheets::Sort::Data).count();
        prop_assert_eq!(all, people.len());
    }
}
