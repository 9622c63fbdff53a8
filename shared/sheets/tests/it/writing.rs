//! Workbooks that we write: read again by our own reader, the same bytes for the same inputs, nothing in them that runs.

use std::io::{Cursor, Read};

use crate::support::{Desk, ROSTER, tight};
use calamine::{Data, Reader, Xlsx};
use chrono::{NaiveDate, NaiveDateTime};
use domain::{
    finding::{Code, Fault, Finding},
    place::Place,
    template::TemplateKind,
};
use sheets::{
    Counts, Mark, Outcome, Spool, Summary, WriteOptions, write_marked, write_plain, write_rejected, write_template,
};

const CSV: &str = "名单,,,,\n\n备注,姓名,证件号码,证件类型,工龄\n=1+1,王小明,310199199001010014,身份证,3\n甲,李四,310199199001010022,身份证,\n\n乙,,310199199001010030,身份证,x\n";

fn created() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2022, 11, 3).unwrap().and_hms_opt(9, 0, 0).unwrap()
}

fn fault(code: Code, column: &'static str, row: u32) -> Vec<Finding> {
    vec![Fault::new(code, column).value("3101**").at(None, row)]
}

fn marked(desk: &Desk, spool: &Spool) -> Vec<u8> {
    let (checksum, missing) = (fault(Code::IdChecksum, "id_number", 5), fault(Code::Required, "name", 7));
    let marks = [
        Mark { place: Place::from(4), outcome: Outcome::Accepted, findings: &[] },
        Mark { place: Place::from(5), outcome: Outcome::Rejected, findings: &checksum },
        Mark { place: Place::from(7), outcome: Outcome::Rejected, findings: &missing },
    ];
    let summary = Summary {
        notes: Vec::new(),
        lines: vec![("文件".to_owned(), "=HYPERLINK(\"x\")".to_owned())],
        counts: Counts { read: 3, accepted: 1, rejected: 2, ..Counts::default() },
        findings: vec![(Code::IdChecksum, 1), (Code::Required, 1)],
    };
    let options = WriteOptions { created: created(), temp_folder: desk.folder.path() };
    let mut out = Cursor::new(Vec::new());
    write_marked(ROSTER, spool, marks.into_iter(), &summary, &options, &mut out).unwrap();
    out.into_inner()
}

#[test]
fn the_clerks_own_file_comes_back_with_results_in_front_and_can_be_uploaded_again() {
    let desk = Desk::new(tight());
    let spool = desk.read(ROSTER, CSV.as_bytes()).unwrap();
    let bytes = marked(&desk, &spool);
    assert_eq!(bytes, marked(&desk, &spool), "same inputs, same bytes");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(book.sheet_names(), ["汇总", "数据"]);
    let range = book.worksheet_range("数据").unwrap();
    let text = |row, column| range.get_value((row, column)).map_or(String::new(), ToString::to_string);
    assert_eq!((text(2, 0), text(2, 1), text(2, 2)), ("处理结果".to_owned(), "备注".to_owned(), "姓名".to_owned()));
    assert_eq!(
        (text(3, 0), text(3, 1), text(3, 3)),
        ("已接收".to_owned(), "=1+1".to_owned(), "310199199001010014".to_owned())
    );
    assert!(text(4, 0).starts_with("未接收：「证件号码」证件号码校验位不正确"), "{}", text(4, 0));
    assert!(text(6, 0).starts_with("未接收：「姓名」必填项为空"));
    assert!(matches!(range.get_value((3, 3)), Some(Data::String(_))));
    assert_eq!(book.worksheet_formula("数据").unwrap().used_cells().count(), 0);
    assert_eq!(book.worksheet_formula("汇总").unwrap().used_cells().count(), 0);
    let again = desk.read(ROSTER, &bytes).unwrap();
    assert_eq!((again.count, again.head.header_row, again.head.sheet.as_str()), (3, 3, "数据"));
    let twice: Xlsx<_> = Xlsx::new(Cursor::new(marked(&desk, &again))).unwrap();
    let mut twice = twice;
    let range = twice.worksheet_range("数据").unwrap();
    let headers: Vec<String> = range.rows().nth(2).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(headers.iter().filter(|header| *header == "处理结果").count(), 1, "{headers:?}");
}

#[test]
fn faulty_cells_carry_the_reason_as_a_note() {
    let desk = Desk::new(tight());
    let bytes = marked(&desk, &desk.read(ROSTER, CSV.as_bytes()).unwrap());
    let notes = part(&bytes, "xl/comments");
    assert!(notes.contains("校验位不正确") && notes.contains("ref=\"D5\"") && notes.contains("ref=\"C7\""), "{notes}");
}

fn part(bytes: &[u8], start: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        if part.name().unwrap().starts_with(start) {
            part.read_to_string(&mut text).unwrap();
        }
    }
    text
}

#[test]
fn the_rejected_rows_come_in_template_form_and_can_be_uploaded_as_they_are() {
    let desk = Desk::new(tight());
    let spool = desk.read(ROSTER, CSV.as_bytes()).unwrap();
    let findings = fault(Code::Required, "name", 7);
    let marks = [
        Mark { place: Place::from(4), outcome: Outcome::Duplicate, findings: &[] },
        Mark { place: Place::from(7), outcome: Outcome::Rejected, findings: &findings },
    ];
    let options = WriteOptions { created: created(), temp_folder: desk.folder.path() };
    let mut out = Cursor::new(Vec::new());
    assert_eq!(write_rejected(ROSTER, 2023, &spool, marks.into_iter(), &options, &mut out).unwrap(), 1);
    let again = desk.read(ROSTER, out.get_ref()).unwrap();
    assert_eq!((again.count, again.head.header_row), (1, 1));
    let row = again.rows().next().unwrap().unwrap();
    assert!(row.in_template_order(&again.head)[2] == domain::cell::Cell::Text("310199199001010030"));
}

#[test]
fn a_large_file_comes_back_row_by_row_and_leaves_nothing_behind() {
    let desk = Desk::new(tight());
    let csv = format!("姓名,证件类型,证件号码\n{}", "王小明,身份证,310199199001010014\n".repeat(20_001));
    let spool = desk.read(ROSTER, csv.as_bytes()).unwrap();
    let options = WriteOptions { created: created(), temp_folder: desk.folder.path() };
    let mut out = Cursor::new(Vec::new());
    let marks = (2..=20_002).map(|row| Mark { place: Place::from(row), outcome: Outcome::Unchanged, findings: &[] });
    write_marked(ROSTER, &spool, marks, &Summary::default(), &options, &mut out).unwrap();
    assert_eq!(desk.read(ROSTER, out.get_ref()).unwrap().count, 20_001);
    assert!(crate::support::holds_only(desk.folder.path(), "upload"));
}

#[test]
fn every_template_can_be_filled_in_at_once() {
    for kind in TemplateKind::ALL {
        let bytes = write_template(kind, 2023).unwrap();
        assert_eq!(bytes, write_template(kind, 2023).unwrap());
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        assert_eq!(sheet.matches("<dataValidation ").count(), kind.columns().len());
        assert!(sheet.contains("state=\"frozen\""));
        let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names()[..2], [kind.title_zh(), "数据说明"]);
    }
    let bytes = write_template(TemplateKind::Members, 2023).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let header = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(header.get_value((0, 1)).unwrap().to_string(), "证件类型(身份证)*");
}

#[test]
fn a_plain_workbook_is_read_back() {
    let desk = Desk::new(tight());
    let rows = [["姓名*", "证件类型*", "证件号码*"], ["王小明", "身份证", "310199199001010014"]];
    let rows = rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect();
    let options = WriteOptions { created: created(), temp_folder: desk.folder.path() };
    let mut out = Cursor::new(Vec::new());
    write_plain(&[("名单", rows)], &options, &mut out).unwrap();
    assert_eq!(desk.read(ROSTER, out.get_ref()).unwrap().count, 1);
}
