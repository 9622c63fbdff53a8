//! .xlsx and .xlsb: what stands in the parts, and parts that are missing.

use domain::finding::Code;

use super::{Told, limits, outcomes, texts};
use crate::{
    make::{self, Package, sst},
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

#[test]
fn rows_columns_and_strings_that_nobody_needs_cost_nothing() {
    let rows = make::joined((3..53).map(|row| format!(r#"<row r="{row}" ht="15"/>"#)));
    let columns = format!(r#"<row r="3">{}</row>"#, r#"<c s="1"/>"#.repeat(50));
    let strings = make::joined((0..50).map(|number| format!("<si><t>{number:x}</t></si>")));
    outcomes(
        limits(),
        vec![
            ("empty rows", sheet(&rows), Told::Rows(1)),
            ("empty columns", sheet(&columns), Told::Rows(1)),
            ("strings that nobody uses", xlsx(ROSTER_ROWS, &[(STRINGS, sst(&strings).as_bytes())]), Told::Rows(1)),
        ],
    );
}

#[test]
fn parts_that_are_missing_are_damage() {
    let named_twice =
        Package::roster().replaced(BOOK, "</sheets>", r#"<sheet name="名单" sheetId="2" r:id="rId1"/></sheets>"#);
    outcomes(
        limits(),
        vec![
            ("no workbook", Package::roster().without(BOOK).bytes(), DAMAGED),
            ("no sheet", Package::roster().without(SHEET).bytes(), DAMAGED),
            ("no relationships", Package::roster().without(RELS).bytes(), DAMAGED),
            ("no list of types", Package::roster().without("[Content_Types].xml").bytes(), Told::Rows(1)),
            ("two sheets of one name", named_twice.bytes(), Told::Rejected(Code::Damaged, "同名")),
        ],
    );
}

/// A workbook of so many sheets, with a roster on the one at `place` and notes on all others.
pub fn sheets(count: usize, place: usize) -> Vec<u8> {
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
    let expected = [(3, "示例|error|number 2"), (4, "unsaved|unsaved|unsaved"), (6, "||number 7"), (7, "||number 8")];
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
    let mut swapped = make::xml_rows(&make::table(3));
    swapped.swap(1, 2);
    outcomes(
        limits(),
        vec![
            ("a row twice", sheet(&[row(3, "A3"), row(3, "A3")].concat()), DAMAGED),
            ("a cell of a row before", sheet(&row(3, "A2")), DAMAGED),
            ("rows in another order", xlsx(&swapped.concat(), &[]), DAMAGED),
        ],
    );
}
