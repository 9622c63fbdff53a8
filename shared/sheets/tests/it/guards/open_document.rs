//! .ods: what a file repeats, and what is no cell of it.

use domain::finding::Code;
use sheets::ReadLimits;

use super::{Told, limits, outcomes, texts};
use crate::{
    make::{self, Package, ods, ods_cell, ods_rows, ods_table},
    support::{Desk, ROSTER, archive},
};

const DAMAGED: Told = Told::Rejected(Code::Damaged, "");

/// A header, one person and these rows.
fn roster(rows: &str) -> Vec<u8> {
    ods(&ods_table(&format!("{}{rows}", ods_rows(&make::table(1)))))
}

fn blank_rows(count: u32) -> String {
    format!(r#"<table:table-row table:number-rows-repeated="{count}"><table:table-cell/></table:table-row>"#)
}

fn blank_cells(count: u32) -> String {
    format!(r#"<table:table-cell table:number-columns-repeated="{count}"/>"#)
}

fn row(cells: &str) -> String {
    format!("<table:table-row>{cells}</table:table-row>")
}

#[test]
fn what_is_repeated_counts_where_it_holds_anything() {
    let few = ReadLimits { rows: 40, columns: 8, cell_chars: 30, ..limits() };
    let person = ods_rows(&make::people(1));
    let times = |count: u32| {
        person.replace("<table:table-row>", &format!(r#"<table:table-row table:number-rows-repeated="{count}">"#))
    };
    let wide = |count: u32| row(&ods_cell("x", &format!(r#" table:number-columns-repeated="{count}""#)));
    let spaces = |count: u32| row(&ods_cell(&format!(r#"a<text:s text:c="{count}"/>b"#), ""));
    let (rows, columns) = (|| Told::Rejected(Code::TooLarge, "40 行"), || Told::Rejected(Code::TooLarge, "8 列"));
    outcomes(
        few,
        vec![
            ("fifty blank rows", roster(&blank_rows(50)), Told::Rows(1)),
            ("fifty blank rows one by one", roster(&row("<table:table-cell/>").repeat(50)), Told::Rows(1)),
            ("fifty blank columns", roster(&row(&blank_cells(50))), Told::Rows(1)),
            ("a person, thrice", roster(&times(3)), Told::Rows(4)),
            ("a person fifty times", roster(&times(50)), rows()),
            ("a person in the last row", roster(&format!("{}{person}", blank_rows(37))), Told::Rows(2)),
            ("a person one row further", roster(&format!("{}{person}", blank_rows(38))), rows()),
            ("a text in eight columns", roster(&wide(8)), Told::Rows(2)),
            ("a text in nine columns", roster(&wide(9)), columns()),
            (
                "a text behind eight columns",
                roster(&row(&format!("{}{}", blank_cells(8), ods_cell("x", "")))),
                columns(),
            ),
            ("twenty-eight spaces", roster(&spaces(28)), Told::Rows(2)),
            ("twenty-nine spaces", roster(&spaces(29)), Told::Rejected(Code::TooLarge, "第 3 行")),
            ("a count of none", roster(&blank_rows(0)), Told::Rows(1)),
        ],
    );
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
    let number = r#"<table:table-cell office:value-type="float" office:value="x"/>"#;
    let twice = ods_table(&ods_rows(&make::table(1))).repeat(2);
    outcomes(
        limits(),
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
            ("a number that is none", roster(&row(number)), DAMAGED),
            ("an entity of no name", roster(&row(&ods_cell("&nbsp;", ""))), DAMAGED),
            ("two sheets of one name", ods(&twice), Told::Rejected(Code::Damaged, "同名")),
        ],
    );
}
