//! Invented people, numbers and workbooks.

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use std::io::Cursor;
use support::numbers::{credit_code, resident_id, with_luhn, with_wrong_check};
use support::people::People;
use support::workbook::Table;

#[test]
fn the_same_seed_invents_the_same_people_and_nobody_twice() {
    let first = People::seeded(7).take(2_000);
    assert_eq!(first, People::seeded(7).take(2_000));
    assert_ne!(first[0], People::seeded(8).person());
    let mut numbers: Vec<_> = first.iter().map(|person| &person.id_number).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 2_000);
    assert!(first.iter().all(|person| person.id_number.starts_with("310199") && person.card.len() == 16));
}

#[test]
fn check_digits_agree_with_published_examples() {
    assert_eq!(resident_id("110105", "19491231", 2), "11010519491231002X"); // the example of GB 11643
    assert_eq!(with_luhn("7992739871"), "79927398713"); // the usual example of ISO/IEC 7812-1
    assert_eq!(credit_code("91", "350100", "M000100Y"), "91350100M000100Y43"); // the example of GB 32100
    let wrong = with_wrong_check("11010519491231002X");
    assert_eq!((wrong.len(), wrong.ends_with('X')), (18, false));
}

#[test]
fn a_table_reads_back_the_same_as_workbook_and_as_text() {
    let people = People::seeded(1).take(3);
    let mut table = Table::members("测试工会", "31010101", &people);
    table.titles.push("会员导入".to_owned());
    table.set(1, "手机号码", 13_800_138_000.0);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(table.xlsx())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(range.get_value((1, 0)), Some(&Data::String("姓名".to_owned())));
    assert_eq!(range.get_value((2, 2)), Some(&Data::String(people[0].id_number.clone())));
    assert_eq!(range.get_value((table.row_number(1) - 1, 3)), Some(&Data::Float(13_800_138_000.0)));
    let bytes = table.csv_gb18030();
    let (text, _, faulty) = encoding_rs::GB18030.decode(&bytes);
    assert!(!faulty);
    assert_eq!(text, table.csv());
    assert_eq!(table.csv().lines().count(), 5);
    assert_eq!(table.tsv_utf16()[..2], [0xFF, 0xFE]);
}
