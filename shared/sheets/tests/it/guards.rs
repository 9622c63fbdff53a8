//! What a file may cost and may hold: each limit is turned down and tried with an ordinary file, at the limit and one past it;
//! the child's limits are tried with a stand-in for a reader that fails. After each file the next is read as ever.

use domain::{finding::Code, template::TemplateKind};
use sheets::{ReadError, ReadLimits, Spool};

use crate::{
    make,
    support::{Desk, ROSTER},
};

mod cells;
mod child;
mod legacy;
mod open_document;
mod text;
mod workbook;

/// What becomes of a file.
pub enum Told {
    /// It is read, with so many rows.
    Rows(u64),
    /// It is rejected: the code, and what the particulars say.
    Rejected(Code, &'static str),
}

/// A third of the memory and a twelfth of the processor time that the product gives a child.
pub fn limits() -> ReadLimits {
    ReadLimits { cpu_s: 5, wall_s: 30, memory_bytes: 256 << 20, ..ReadLimits::default() }
}

/// Reads each file and holds what becomes of it to what is expected; in between, a sound file is read.
pub fn outcomes(limits: ReadLimits, cases: Vec<(&str, Vec<u8>, Told)>) {
    let desk = Desk::new(limits);
    let sound = make::csv(&make::table(2), ",");
    for (name, bytes, expected) in cases {
        match (desk.read(ROSTER, &bytes), expected) {
            (Ok(spool), Told::Rows(rows)) => assert_eq!(spool.count, rows, "{name}"),
            (Err(ReadError::Rejected(rejection)), Told::Rejected(code, detail)) => {
                assert_eq!(rejection.code, code, "{name}: {rejection}");
                assert!(rejection.detail.contains(detail), "{name}: {rejection}");
                let sentence = rejection.sentence_zh();
                assert!(sentence.contains('请') && sentence.ends_with('。'), "{name}: {sentence}");
                assert!(!sentence.contains("。。"), "{name}: {sentence}");
            }
            (Ok(spool), Told::Rejected(..)) => panic!("{name}: read {} rows", spool.count),
            (Err(error), _) => panic!("{name}: {error}"),
        }
        assert_eq!(desk.read(ROSTER, sound.as_bytes()).unwrap().count, 2, "after {name}");
    }
    assert!(crate::support::holds_only(desk.folder.path(), "upload"));
}

/// The texts of a file's rows in the order of the template, with their numbers.
pub fn texts(spool: &Spool) -> Vec<(u32, Vec<String>)> {
    let text = |cell: &domain::cell::Cell<'_>| match *cell {
        domain::cell::Cell::Text(text) => text.to_owned(),
        domain::cell::Cell::Empty => String::new(),
        domain::cell::Cell::Number(number) => format!("number {number}"),
        domain::cell::Cell::Bool(value) => format!("bool {value}"),
        domain::cell::Cell::Date(date) => format!("date {date}"),
        domain::cell::Cell::Error => "error".to_owned(),
        domain::cell::Cell::Unsaved => "unsaved".to_owned(),
    };
    let rows = spool.rows().map(Result::unwrap);
    rows.map(|row| (row.number, row.in_template_order(&spool.head).iter().map(text).collect())).collect()
}

#[test]
fn the_sound_file_of_every_format_gives_its_rows() {
    let desk = Desk::new(limits());
    let table = make::table(30);
    for (name, bytes) in make::all_formats(&table) {
        let spool = desk.read(TemplateKind::Roster, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let read = texts(&spool);
        assert_eq!(read.len(), 30, "{name}");
        for ((number, cells), expected) in read.iter().zip(&table[1..]) {
            assert_eq!(cells[..4], expected[..], "{name}, row {number}");
        }
        assert!(read.iter().map(|(number, _)| *number).eq(2..32), "{name}");
    }
}
