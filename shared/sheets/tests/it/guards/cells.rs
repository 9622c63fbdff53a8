//! Rows, columns, characters, sheets and bytes: an ordinary roster of every format against limits turned down.

use domain::finding::Code;
use sheets::ReadLimits;

use super::{Told, limits, outcomes};
use crate::{
    make,
    support::{Desk, ROSTER},
};

/// Whether a file of each format is read within limits; the code where it is not.
fn every_format(limits: &ReadLimits, people: usize) -> Vec<(&'static str, Option<Code>)> {
    let desk = Desk::new(limits.clone());
    let read = |bytes: &[u8]| match desk.read(ROSTER, bytes) {
        Ok(spool) => {
            assert_eq!(spool.count, people as u64);
            None
        }
        Err(sheets::ReadError::Rejected(rejection)) => Some(rejection.code),
        Err(error) => panic!("{error}"),
    };
    make::all_formats(&make::table(people)).into_iter().map(|(name, bytes)| (name, read(&bytes))).collect()
}

fn assert_all(limits: &ReadLimits, people: usize, code: Option<Code>) {
    for (name, found) in every_format(limits, people) {
        assert_eq!(found, code, "{name}");
    }
}

#[test]
fn fifty_rows_are_too_many_for_a_limit_of_forty() {
    // The header has a row number, too.
    assert_all(&ReadLimits { rows: 51, ..limits() }, 50, None);
    assert_all(&ReadLimits { rows: 50, ..limits() }, 50, Some(Code::TooLarge));
    assert_all(&ReadLimits { rows: 40, ..limits() }, 50, Some(Code::TooLarge));
}

#[test]
fn four_columns_are_too_many_for_a_limit_of_three() {
    assert_all(&ReadLimits { columns: 4, ..limits() }, 5, None);
    assert_all(&ReadLimits { columns: 3, ..limits() }, 5, Some(Code::TooLarge));
}

#[test]
fn a_number_of_eighteen_characters_is_too_long_for_a_limit_of_seventeen() {
    assert_all(&ReadLimits { cell_chars: 18, ..limits() }, 5, None);
    assert_all(&ReadLimits { cell_chars: 17, ..limits() }, 5, Some(Code::TooLarge));
}

#[test]
fn a_file_of_the_largest_size_is_read_and_one_byte_more_is_too_large() {
    for (name, bytes) in make::all_formats(&make::table(5)) {
        let size = bytes.len() as u64;
        let at = Desk::new(ReadLimits { upload_bytes: size, ..limits() });
        assert!(at.read(ROSTER, &bytes).is_ok(), "{name}");
        let past = Desk::new(ReadLimits { upload_bytes: size - 1, ..limits() });
        assert_eq!(past.code(ROSTER, &bytes), Code::TooLarge, "{name}");
    }
}

#[test]
fn a_part_of_two_kilobytes_is_too_large_for_a_limit_of_one() {
    let packed = |name: &&str| name.starts_with("xlsx") || matches!(*name, "xlsm" | "xlsb" | "ods");
    let small = ReadLimits { inflated_bytes: 1 << 10, ..limits() };
    for (name, found) in every_format(&small, 50).into_iter().filter(|(name, _)| packed(name)) {
        assert_eq!(found, Some(Code::Hostile), "{name}");
    }
    let unlike = ReadLimits { ratio: 1, ratio_floor_bytes: 1 << 10, ..limits() };
    for (name, found) in every_format(&unlike, 50).into_iter().filter(|(name, _)| packed(name)) {
        assert_eq!(found, Some(Code::Hostile), "{name}");
    }
}

#[test]
fn a_roster_is_found_on_whichever_of_several_sheets() {
    let few = ReadLimits { entries: 7, ..limits() };
    outcomes(
        few,
        vec![
            ("the last of seven", super::workbook::sheets(7, 6), Told::Rows(1)),
            ("the first of seven", super::workbook::sheets(7, 0), Told::Rows(1)),
            ("one sheet more", super::workbook::sheets(8, 0), Told::Rejected(Code::TooLarge, "7 张")),
        ],
    );
}
