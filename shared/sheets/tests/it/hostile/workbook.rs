//! .xlsx: what stands in the parts.

use domain::finding::Code;
use sheets::ReadLimits;

use super::{TOO_DEMANDING, Told, limits, outcomes, texts};
use crate::{
    make::{self, Package, noise, sst},
    support::{Desk, ROSTER, ROSTER_ROWS, xlsx},
};

const SHEET: &str = "xl/worksheets/sheet1.xml";
const STRINGS: &str = "xl/sharedStrings.xml";
const BOOK: &str = "xl/workbook.xml";
const RELS: &str = "xl/_rels/workbook.xml.rels";
const DAMAGED: Told = Told::Rejected(Code::Damaged, "");

/// A header and these rows.
fn sheet(rows: &str) -> Vec<u8> {
    xlsx(&format!("{ROSTER_ROWS}{rows}"), &[])
}

fn cell(value: &str) -> String {
    format!(r#"<row r="3"><c r="A3" t="inlineStr"><is><t>{value}</t></is></c></row>"#)
}

#[test]
fn sheets_of_nothing_or_of_a_few_cells_far_apart_cost_next_to_nothing() {
    // Blanks pack well beyond what data do.
    let limits = ReadLimits { ratio: 10_000, memory_bytes: 96 << 20, ..limits() };
    let rows = make::joined((3..1_000_003).map(|row| format!(r#"<row r="{row}" ht="15"/>"#)));
    let columns = format!(r#"<row r="3">{}</row>"#, r#"<c s="1"/>"#.repeat(1_000_000));
    let whole = r#"<dimension ref="A1:XFD1048576"/>"#;
    let strings = make::joined((0..1_000_000).map(|number| format!("<si><t>{number:x}</t></si>")));
    let far = r#"<row r="1048576"><c r="SR1048576" t="inlineStr"><is><t>x</t></is></c><c r="A1048576"/></row>"#;
    outcomes(
        limits,
        vec![
            ("the widest dimension", Package::roster().replaced(SHEET, whole, whole).bytes(), Told::Rows(1)),
            (
                "a dimension turned round",
                Package::roster().replaced(SHEET, whole, r#"<dimension ref="A1"/>"#).bytes(),
                Told::Rows(1),
            ),
            ("a million empty rows", sheet(&rows), Told::Rows(1)),
            ("a million empty columns", sheet(&columns), Told::Rows(1)),
            (
                "a million strings that nobody uses",
                xlsx(ROSTER_ROWS, &[(STRINGS, sst(&strings).as_bytes())]),
                Told::Rows(1),
            ),
            ("a cell in the last row and column that are read", sheet(far), Told::Rows(1)),
            ("a cell one column further", sheet(&far.replace("SR", "SS")), Told::Rejected(Code::TooLarge, "512 列")),
        ],
    );
}

#[test]
fn cells_and_strings_beyond_measure_are_told_by_their_row() {
    let long = noise(10 << 20);
    let shared = |index: &str| format!(r#"{ROSTER_ROWS}<row r="3"><c r="A3" t="s"><v>{index}</v></c></row>"#);
    let strings = sst(&format!("<si><t>{}</t></si><si/><si><t>示例</t></si>", noise(1 << 20)));
    let with = |index: &str| xlsx(&shared(index), &[(STRINGS, strings.as_bytes())]);
    let count = r#"<sst uniqueCount="4000000000"><si><t>a</t></si></sst>"#;
    outcomes(
        limits(),
        vec![
            ("ten million characters in a cell", sheet(&cell(&long)), Told::Rejected(Code::TooLarge, "第 3 行")),
            ("a million characters in a string", with("0"), Told::Rejected(Code::TooLarge, "第 3 行")),
            ("a million characters that nobody uses", with("2"), Told::Rows(2)),
            ("an empty string counts as one", with("1"), Told::Rows(1)),
            ("a string past the last", with("3"), DAMAGED),
            ("a string before the first", with("-1"), DAMAGED),
            ("a string of no number", with("x"), DAMAGED),
            ("a string of more digits than a number", with(&"9".repeat(40)), DAMAGED),
            ("strings without their part", Package::of(&with("2")).without(STRINGS).bytes(), DAMAGED),
            (
                "a count that lies",
                xlsx(ROSTER_ROWS, &[(STRINGS, count.as_bytes())]),
                Told::Rejected(Code::Hostile, TOO_DEMANDING),
            ),
        ],
    );
}

#[test]
fn parts_that_are_missing_or_not_what_their_relationships_say_are_damage() {
    let sheet_of = |target: &str| Package::roster().replaced(RELS, "worksheets/sheet1.xml", target).bytes();
    let external = r#"Target="http://127.0.0.1:9/sheet.xml" TargetMode="External""#;
    let two = "</sheets>";
    let named_twice = Package::roster().replaced(BOOK, two, r#"<sheet name="名单" sheetId="2" r:id="rId1"/></sheets>"#);
    outcomes(
        limits(),
        vec![
            ("no workbook", Package::roster().without(BOOK).bytes(), DAMAGED),
            ("no sheet", Package::roster().without(SHEET).bytes(), DAMAGED),
            ("no relationships", Package::roster().without(RELS).bytes(), DAMAGED),
            ("no list of types", Package::roster().without("[Content_Types].xml").bytes(), Told::Rows(1)),
            ("a sheet that is the workbook", sheet_of("workbook.xml"), DAMAGED),
            ("a sheet that is its own relationships", sheet_of("_rels/workbook.xml.rels"), DAMAGED),
            ("a sheet outside", sheet_of("../../../../etc/passwd"), DAMAGED),
            (
                "a sheet somewhere else",
                Package::roster().replaced(RELS, r#"Target="worksheets/sheet1.xml""#, external).bytes(),
                DAMAGED,
            ),
            ("a relationship that is not there", Package::roster().replaced(BOOK, "rId1", "rId7").bytes(), DAMAGED),
            (
                "a sheet of another sort",
                Package::roster().replaced(RELS, "relationships/worksheet", "relationships/theme").bytes(),
                DAMAGED,
            ),
            ("two sheets of one name", named_twice.bytes(), Told::Rejected(Code::Damaged, "同名")),
            (
                "a workbook that is its own package",
                Package::roster().replaced("_rels/.rels", "xl/workbook.xml", "_rels/.rels").bytes(),
                DAMAGED,
            ),
        ],
    );
}

/// A workbook of so many sheets, with a roster on the one at `place` and notes on all others.
fn many_sheets(count: usize, place: usize) -> Vec<u8> {
    let sheet = |number| format!(r#"<sheet name="表{number}" sheetId="{}" r:id="r{number}"/>"#, number + 1);
    let relationship = |number| {
        let part = if number == place { "sheet1" } else { "other" };
        format!(
            r#"<Relationship Id="r{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/{part}.xml"/>"#
        )
    };
    let (sheets, rels) = (make::joined((0..count).map(sheet)), make::joined((0..count).map(relationship)));
    let note = r#"<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>说明</t></is></c></row></sheetData></worksheet>"#;
    Package::roster()
        .with(BOOK, format!(r#"<workbook xmlns:r="r"><sheets>{sheets}</sheets></workbook>"#))
        .with(RELS, format!("<Relationships>{rels}</Relationships>"))
        .with("xl/worksheets/other.xml", note)
        .bytes()
}

#[test]
fn a_roster_is_found_on_whichever_of_many_sheets() {
    outcomes(
        limits(),
        vec![
            ("the last of 500", many_sheets(500, 499), Told::Rows(1)),
            ("the last that is allowed", many_sheets(4096, 4095), Told::Rows(1)),
            ("one sheet more", many_sheets(4097, 0), Told::Rejected(Code::TooLarge, "4096 张")),
        ],
    );
}

#[test]
fn xml_that_is_deep_or_does_not_end_where_it_has_to_is_rejected() {
    let deep = |count: usize| format!("{}{}", "<a>".repeat(count), "</a>".repeat(count));
    let behind = |text: &str| Package::roster().replaced(SHEET, "</sheetData>", text).bytes();
    let strings = |text: &str| xlsx(ROSTER_ROWS, &[(STRINGS, text.as_bytes())]);
    let too_deep = || Told::Rejected(Code::Hostile, "嵌套层数");
    outcomes(
        ReadLimits { ratio: 10_000, ..limits() },
        vec![
            ("a sheet a million deep", behind(&format!("</sheetData>{}", deep(1_000_000))), too_deep()),
            ("a cell a million deep", sheet(&cell(&deep(1_000_000))), too_deep()),
            ("strings a million deep", strings(&deep(1_000_000)), too_deep()),
            (
                "a part that nobody reads, a million deep",
                xlsx(ROSTER_ROWS, &[("xl/x.xml", deep(1_000_000).as_bytes())]),
                Told::Rows(1),
            ),
            ("strings cut off", strings("<sst><si><t>a</t></si><si>"), DAMAGED),
            ("a string without its end", strings("<sst><si><t>a</t><si><t>b</t></si></sst>"), DAMAGED),
            ("rows behind the data", behind(r#"</sheetData><row r="3"><c r="A3"><v>1</v></c></row>"#), DAMAGED),
            ("data twice", behind("</sheetData><sheetData/>"), DAMAGED),
            ("a row within a row", sheet(r#"<row r="3"><row r="4"/></row>"#), DAMAGED),
            ("a sheet cut off", behind(""), DAMAGED),
        ],
    );
}

#[test]
fn a_formula_counts_with_the_value_that_stands_beside_it_and_none_is_an_error_in_its_cell() {
    let rows = concat!(
        r#"<row r="3"><c r="A3" t="str"><f>"示"&amp;"例"</f><v>示例</v></c><c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>"#,
        r#"<c r="C3"><f>1+1</f><v>2</v></c></row>"#,
        r#"<row r="4"><c r="A4"><f>A3</f></c><c r="B4"><f>B3</f><v/></c><c r="C4"><f>C3</f><v></v></c></row>"#,
        r#"<row r="5"><c r="A5" t="str"><f>IF(1,"","x")</f><v></v></c><c r="B5" s="3"/></row>"#,
        r#"<row r="6"><c r="C6"><f t="shared" ref="C6:C7" si="0">cmd|'/c calc'!A0</f><v>7</v></c></row>"#,
        r#"<row r="7"><c r="C7"><f t="shared" si="0"/><v>8</v></c></row>"#,
    );
    let spool = Desk::new(limits()).read(ROSTER, &sheet(rows)).unwrap();
    let read: Vec<(u32, String)> = texts(&spool).into_iter().map(|(row, cells)| (row, cells[..3].join("|"))).collect();
    let expected = [(3, "示例|error|number 2"), (4, "error|error|error"), (6, "||number 7"), (7, "||number 8")];
    assert_eq!(read[1..], expected.map(|(row, cells)| (row, cells.to_owned())));
}

#[test]
fn an_error_of_a_formula_in_a_binary_workbook_is_an_error_in_its_cell() {
    let mut table = make::table(4);
    for (row, column, error) in [(1, 0, "#N/A"), (1, 3, "#REF!"), (3, 2, "#N/A"), (4, 3, "#N/A")] {
        error.clone_into(&mut table[row][column]);
    }
    let spool = Desk::new(limits()).read(ROSTER, &make::xlsb(&table)).unwrap();
    let expected = table[1..].iter().map(|row| {
        let cell = |text: &String| if text.starts_with('#') { "error".to_owned() } else { text.clone() };
        row.iter().map(cell).collect::<Vec<_>>()
    });
    let read: Vec<Vec<String>> = texts(&spool).into_iter().map(|(_, cells)| cells[..4].to_vec()).collect();
    assert_eq!(read, expected.collect::<Vec<_>>());
}

#[test]
fn rows_that_contradict_each_other_are_damage() {
    let row = |number: u32, cell: &str| format!(r#"<row r="{number}"><c r="{cell}"><v>1</v></c></row>"#);
    outcomes(
        limits(),
        vec![
            ("a row twice", sheet(&[row(3, "A3"), row(3, "A3")].concat()), DAMAGED),
            ("a cell of a row before", sheet(&row(3, "A2")), DAMAGED),
            ("a cell far below", sheet(&row(3, "A1048577")), Told::Rejected(Code::TooLarge, "1048576 行")),
            ("a cell without a row", sheet(&row(3, "A")), DAMAGED),
            ("a cell in row none", sheet(&row(3, "A0")), DAMAGED),
            (
                "a cell of letters without end",
                sheet(&row(3, &format!("{}3", "Z".repeat(6)))),
                Told::Rejected(Code::TooLarge, "512 列"),
            ),
            ("an error of no name", sheet(r#"<row r="3"><c r="A3" t="e"><v>#?</v></c></row>"#), DAMAGED),
        ],
    );
    let table = make::table(3);
    let mut rows = make::xml_rows(&table);
    rows.swap(1, 2);
    outcomes(limits(), vec![("rows in another order", xlsx(&rows.concat(), &[]), DAMAGED)]);
}
