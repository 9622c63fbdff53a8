//! .xls: a container whose tables may go in circles, and records whose lengths may lie.

use domain::finding::Code;
use sheets::ReadLimits;

use super::{Told, limits, outcomes};
use crate::{
    make::{self, xls},
    support::{Desk, ROSTER},
};

const DAMAGED: Told = Told::Rejected(Code::Damaged, "");
const SECTOR: usize = 512;
/// Bytes of the header and the directory, in front of the stream.
const STREAM: usize = 2 * SECTOR;

fn patched(bytes: &[u8], patches: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, patch) in patches {
        bytes[*at..at + patch.len()].copy_from_slice(patch);
    }
    bytes
}

/// Places of all records with an id in the file.
fn records(file: &[u8], id: u16) -> Vec<usize> {
    let number = |at: usize| u16::from_le_bytes([file[at], file[at + 1]]);
    let places = std::iter::successors(Some(STREAM), |at| Some(at + 4 + usize::from(number(at + 2))));
    let (mut ends, mut found) = (0, Vec::new());
    for at in places {
        if number(at) == id {
            found.push(at);
        }
        ends += usize::from(number(at) == 0x000a);
        if ends == 2 {
            return found;
        }
    }
    found
}

/// The file with a record in place of its last label, a telephone number; what is left of that is a record of no meaning.
fn with_record(file: &[u8], id: u16, body: &[u8]) -> Vec<u8> {
    let at = *records(file, 0x0204).last().unwrap();
    let room = 4 + usize::from(u16::from_le_bytes([file[at + 2], file[at + 3]]));
    let left = room - 8 - body.len();
    let record = |id: u16, length: usize| [id.to_le_bytes(), (length as u16).to_le_bytes()].concat();
    let both = [record(id, body.len()), body.to_vec(), record(0x01c0, left), vec![0; left]].concat();
    patched(file, &[(at, &both)])
}

#[test]
fn tables_of_sectors_that_go_in_circles_or_nowhere_are_damage() {
    let file = xls(&make::table(100));
    let fat = file.len() - SECTOR;
    let sector = |number: u32| number.to_le_bytes();
    let list =
        |at: usize, next: u32| patched(&file, &[(68, &sector(at as u32)), ((at + 1) * SECTOR + 508, &sector(next))]);
    outcomes(
        ReadLimits { cpu_s: 2, memory_bytes: 96 << 20, ..limits() },
        vec![
            ("as it is", file.clone(), Told::Rows(100)),
            ("the stream comes back to itself", patched(&file, &[(fat + 4 * 9, &sector(2))]), DAMAGED),
            ("a sector that follows itself", patched(&file, &[(fat + 4 * 9, &sector(9))]), DAMAGED),
            ("a sector beyond the file", patched(&file, &[(fat + 4 * 9, &sector(70_000))]), DAMAGED),
            ("the stream ends early", patched(&file, &[(fat + 4 * 9, &sector(0xffff_fffe))]), DAMAGED),
            ("the directory comes back to itself", patched(&file, &[(fat, &sector(0))]), DAMAGED),
            ("a list of tables that names itself", list(5, 5), DAMAGED),
            (
                "a list of tables that leads into another and back",
                { patched(&list(5, 6), &[(7 * SECTOR + 508, &sector(5))]) },
                DAMAGED,
            ),
            (
                "four thousand million tables",
                patched(&file, &[(44, &sector(u32::MAX)), (72, &sector(u32::MAX))]),
                Told::Rows(100),
            ),
            (
                "a stream of four thousand million bytes",
                patched(&file, &[(SECTOR + 128 + 120, &sector(u32::MAX))]),
                Told::Rows(100),
            ),
            ("a table that is not there", patched(&file, &[(76, &sector(80_000))]), DAMAGED),
            ("sectors of another size", patched(&file, &[(30, &[30, 0])]), DAMAGED),
            (
                "entries that are each other's neighbours",
                { patched(&file, &[(SECTOR + 128 + 68, &sector(1)), (SECTOR + 128 + 72, &sector(0))]) },
                Told::Rows(100),
            ),
        ],
    );
}

#[test]
fn records_that_do_not_fit_together_are_damage() {
    let file = xls(&make::table(100));
    let labels = records(&file, 0x0204);
    let last = labels[labels.len() - 1];
    let sheet = records(&file, 0x0085)[0];
    outcomes(
        limits(),
        vec![
            ("a length beyond the stream", patched(&file, &[(last + 2, &[0xff, 0xff])]), DAMAGED),
            ("a length beyond what a record may have", patched(&file, &[(labels[5] + 2, &[0x21, 0x20])]), DAMAGED),
            ("a text longer than its record", patched(&file, &[(labels[5] + 10, &[0xff, 0xff])]), Told::Rows(100)),
            ("a record of no kind", patched(&file, &[(labels[5], &[0, 0])]), DAMAGED),
            ("a sheet that begins nowhere", patched(&file, &[(sheet + 4, &[0xff, 0xff, 0xff, 0x7f])]), DAMAGED),
            ("a sheet that begins in the middle of another", patched(&file, &[(sheet + 4, &[90, 0, 0, 0])]), DAMAGED),
            ("a string of no table", with_record(&file, 0x00fd, &[50, 0, 0, 0, 0, 0, 9, 0, 0, 0]), DAMAGED),
            ("a cell twice", with_record(&file, 0x0205, &[1, 0, 1, 0, 0, 0, 1, 0]), DAMAGED),
            ("a column that no sheet has", with_record(&file, 0x0205, &[1, 0, 0, 1, 0, 0, 1, 0]), DAMAGED),
            ("a number cut short", with_record(&file, 0x0203, &[1, 0, 9, 0, 0, 0, 1]), DAMAGED),
            ("a password", with_record(&file, 0x002f, &[1, 0]), Told::Rows(100)),
            (
                "a password where it belongs",
                patched(&file, &[(records(&file, 0x0042)[0], &[0x2f, 0])]),
                Told::Rejected(Code::Encrypted, ""),
            ),
        ],
    );
}

#[test]
fn a_sheet_is_as_large_as_its_cells_and_not_as_it_says() {
    let file = xls(&make::table(100));
    let widest = [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]].concat();
    let dimensions = with_record(&file, 0x0200, &[widest, vec![0, 0]].concat());
    let far = |row: [u8; 2], column: u8| with_record(&file, 0x0205, &[row[0], row[1], column, 0, 0, 0, 1, 0]);
    let formula = |tokens: &[u8]| {
        let length = (tokens.len() as u16).to_le_bytes();
        with_record(
            &file,
            0x0006,
            &[&[1, 0, 9, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0], &length[..], tokens].concat(),
        )
    };
    outcomes(
        limits(),
        vec![
            ("dimensions of all there can be", dimensions, Told::Rows(100)),
            (
                "dimensions turned round",
                with_record(&file, 0x0200, &[9, 0, 0, 0, 3, 0, 0, 0, 9, 0, 3, 0, 0, 0]),
                Told::Rows(100),
            ),
            ("a remark in the last row", far([0xff, 0xff], 9), Told::Rows(100)),
            ("a remark in the far corner", far([0xff, 0xff], 0xff), Told::Rejected(Code::TooLarge, "范围过大")),
            ("a formula of senseless tokens", formula(&[0x42, 0xff, 0xff, 0xff]), Told::Rows(100)),
            ("a formula of no tokens", formula(&[]), DAMAGED),
        ],
    );
}

#[test]
fn a_file_cut_off_anywhere_is_never_read_with_fewer_rows() {
    let file = xls(&make::table(40));
    let desk = Desk::new(limits());
    let long = std::env::var_os("ROLLCALL_TEST_LONG").is_some();
    for length in (9..file.len()).step_by(if long { 1 } else { 97 }) {
        match desk.read(ROSTER, &file[..length]) {
            Ok(spool) => assert_eq!(spool.count, 40, "{length} of {}", file.len()),
            Err(error) => assert!(error.to_string().starts_with("damaged"), "{length}: {error}"),
        }
    }
}

#[test]
fn compound_files_that_are_no_workbooks_are_named() {
    let named = |name: &str| {
        let mut units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        units.resize(64, 0);
        patched(&xls(&make::table(1)), &[(SECTOR + 128, &units)])
    };
    outcomes(
        limits(),
        vec![
            ("a workbook with a password", named("EncryptedPackage"), Told::Rejected(Code::Encrypted, "")),
            ("a letter", named("WordDocument"), Told::Rejected(Code::NotASpreadsheet, "Word")),
            ("slides", named("PowerPoint Document"), Told::Rejected(Code::NotASpreadsheet, "PowerPoint")),
            ("something else", named("Contents"), DAMAGED),
        ],
    );
}
