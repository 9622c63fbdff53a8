//! .ods: what a file repeats, and what it leaves open.

use domain::finding::Code;
use sheets::ReadLimits;

use super::{Told, limits, outcomes, texts};
use crate::{
    make::{self, Package, noise, ods, ods_cell, ods_head, ods_parts, ods_rows, ods_table},
    support::{Desk, ROSTER, archive},
};

const DAMAGED: Told = Told::Rejected(Code::Damaged, "");
/// More than a number of 32 bits.
const BILLIONS: &str = "4294967296000";

/// A header, one person and these rows.
fn roster(rows: &str) -> Vec<u8> {
    ods(&ods_table(&format!("{}{rows}", ods_rows(&make::table(1)))))
}

fn blank_rows(count: &str) -> String {
    format!(r#"<table:table-row table:number-rows-repeated="{count}"><table:table-cell/></table:table-row>"#)
}

fn blank_cells(count: &str) -> String {
    format!(r#"<table:table-cell table:number-columns-repeated="{count}"/>"#)
}

fn row(cells: &str) -> String {
    format!("<table:table-row>{cells}</table:table-row>")
}

#[test]
fn what_is_repeated_billions_of_times_costs_nothing_while_it_is_blank_and_is_too_large_where_it_is_not() {
    let limits = ReadLimits { memory_bytes: 96 << 20, ..limits() };
    let person = ods_rows(&make::people(1));
    let repeated =
        person.replace("<table:table-row>", &format!(r#"<table:table-row table:number-rows-repeated="{BILLIONS}">"#));
    let few = person.replace("<table:table-row>", r#"<table:table-row table:number-rows-repeated="3">"#);
    let wide = row(&ods_cell("x", &format!(r#" table:number-columns-repeated="{BILLIONS}""#)));
    let spaces = row(&ods_cell(&format!(r#"a<text:s text:c="{BILLIONS}"/>b"#), ""));
    let rows = || Told::Rejected(Code::TooLarge, "1048576 行");
    outcomes(
        limits,
        vec![
            ("blank rows", roster(&blank_rows(BILLIONS)), Told::Rows(1)),
            ("blank rows of more digits than a number", roster(&blank_rows(&"9".repeat(50))), Told::Rows(1)),
            ("blank columns", roster(&row(&blank_cells(BILLIONS))), Told::Rows(1)),
            ("a million blank rows one by one", roster(&row("<table:table-cell/>").repeat(200_000)), Told::Rows(1)),
            ("a person, thrice", roster(&few), Told::Rows(4)),
            ("a person, billions of times", roster(&repeated), rows()),
            ("a person below billions of blank rows", roster(&format!("{}{person}", blank_rows(BILLIONS))), rows()),
            ("a person in the last row", roster(&format!("{}{person}", blank_rows("1048573"))), Told::Rows(2)),
            ("a person one row further", roster(&format!("{}{person}", blank_rows("1048574"))), rows()),
            ("a text in billions of columns", roster(&wide), Told::Rejected(Code::TooLarge, "512 列")),
            (
                "a text behind billions of columns",
                roster(&row(&format!("{}{}", blank_cells(BILLIONS), ods_cell("x", "")))),
                Told::Rejected(Code::TooLarge, "512 列"),
            ),
            ("billions of spaces", roster(&spaces), Told::Rejected(Code::TooLarge, "第 3 行")),
            (
                "ten million characters",
                roster(&row(&ods_cell(&noise(10 << 20), ""))),
                Told::Rejected(Code::TooLarge, "第 3 行"),
            ),
            ("a count below none", roster(&blank_rows("-1")), DAMAGED),
            ("a count of none", roster(&blank_rows("0")), Told::Rows(1)),
        ],
    );
}

#[test]
fn content_cut_off_anywhere_is_damage_at_once() {
    // Two seconds are far less than a reader needs that goes round where the content ends.
    let desk = Desk::new(ReadLimits { cpu_s: 2, ..limits() });
    let content = format!("{}{}", ods_head(), ods_table(&ods_rows(&make::table(2))));
    let step = if std::env::var_os("ROLLCALL_TEST_LONG").is_some() { 1 } else { 23 };
    let boundary = |length: &usize| content.is_char_boundary(*length);
    for length in (ods_head().len()..content.len()).step_by(step).filter(boundary).chain([content.len()]) {
        assert_eq!(desk.code(ROSTER, &ods_parts(&content[..length])), Code::Damaged, "{}", &content[..length]);
    }
}

#[test]
fn what_is_no_cell_of_a_sheet_that_people_see_is_not_read() {
    let aside = concat!(
        r#"<table:shapes><draw:frame><table:table table:name="图"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table></draw:frame></table:shapes>"#,
        r#"<table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p></office:annotation>"#,
        r#"<text:p>示例<text:span>甲</text:span>&#x4e59;&amp;</text:p><text:p>二</text:p><draw:frame><text:p>图</text:p></draw:frame></table:table-cell>"#,
        r#"<table:covered-table-cell/><table:table-cell office:value-type="float" office:value="12"><text:p>十二</text:p></table:table-cell>"#,
        r#"<table:table-cell office:value-type="date" office:date-value="2022-11-03"/></table:table-row>"#,
        r#"<table:table-row><table:table-cell office:value-type="boolean" office:boolean-value="true"/><table:table-cell><text:p>无类型</text:p></table:table-cell>"#,
        r##"<table:table-cell office:value-type="string" calcext:value-type="error" office:string-value=""><text:p>#N/A</text:p></table:table-cell></table:table-row>"##,
    );
    let hidden = ods_table(&ods_rows(&make::table(9))).replace("名单\"", "旧名单\" table:style-name=\"gone\"");
    let kept = format!("<table:tracked-changes>{}</table:tracked-changes>", ods_table("").replace("名单", "改"));
    let links =
        format!("<table:dde-links>{}</table:dde-links>", ods_table(&ods_rows(&make::table(9))).replace("名单", "链"));
    let shown = ods_table(&format!("{}{aside}", ods_rows(&make::table(1))));
    let spool = Desk::new(limits()).read(ROSTER, &ods(&format!("{kept}{hidden}{shown}{links}"))).unwrap();
    assert_eq!(spool.head.sheet, "名单");
    let read: Vec<(u32, String)> = texts(&spool).into_iter().map(|(row, cells)| (row, cells[..4].join("|"))).collect();
    let expected = [(3, "示例甲乙&\n二||number 12|date 2022-11-03 00:00:00"), (4, "bool true|无类型|error|")];
    assert_eq!(read[1..], expected.map(|(row, cells)| (row, cells.to_owned())));
}

#[test]
fn packages_of_another_sort_or_with_a_password_are_told_as_such() {
    let whole = || Package::of(&roster(""));
    let entry = r#"<manifest:manifest xmlns:manifest="urn:m"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"#;
    let manifest = "META-INF/manifest.xml";
    let mime = b"application/vnd.oasis.opendocument.spreadsheet".as_slice();
    let deep = format!("{}{}", "<text:span>".repeat(1_000_000), "</text:span>".repeat(1_000_000));
    outcomes(
        ReadLimits { ratio: 10_000, ..limits() },
        vec![
            (
                "a letter",
                whole().with("mimetype", "application/vnd.oasis.opendocument.text").bytes(),
                Told::Rejected(Code::NotASpreadsheet, "OpenDocument"),
            ),
            ("parts with a password", whole().with(manifest, entry).bytes(), Told::Rejected(Code::Encrypted, "")),
            (
                "a package with a password",
                archive(&[("mimetype", mime), ("encrypted-package", b"x")]),
                Told::Rejected(Code::Encrypted, ""),
            ),
            ("no manifest", whole().without(manifest).bytes(), Told::Rows(1)),
            ("no content", whole().without("content.xml").bytes(), Told::Rejected(Code::NotASpreadsheet, "压缩包")),
            ("a text a million deep", roster(&row(&ods_cell(&deep, ""))), Told::Rejected(Code::Hostile, "嵌套层数")),
            (
                "a number that is none",
                roster(&row(r#"<table:table-cell office:value-type="float" office:value="x"/>"#)),
                DAMAGED,
            ),
            ("an entity of no name", roster(&row(&ods_cell("&nbsp;", ""))), DAMAGED),
            (
                "two sheets of one name",
                ods(&ods_table(&ods_rows(&make::table(1))).repeat(2)),
                Told::Rejected(Code::Damaged, "同名"),
            ),
        ],
    );
}
