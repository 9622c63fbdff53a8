//! Bytes of every sort: whatever a file holds, it is read within the limits or rejected, and what is read is what a sound
//! file held there. Few cases as a rule; many with `ROLLCALL_TEST_LONG=1`.

use domain::finding::{Code, Scope};
use proptest::{prelude::*, sample::Index};
use sheets::{ReadError, ReadLimits, Spool};

use crate::{
    hostile::{TOO_DEMANDING, limits, texts},
    make::{self, Package},
    support::{Desk, ROSTER, xlsx},
};

/// Starts by which formats are told.
const STARTS: [&[u8]; 9] = [
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<html>",
    b"\xd0\xd5\xc3\xfb,",
    "姓名,证件类型,证件号码\n".as_bytes(),
];
/// People in the sound files.
const PEOPLE: usize = 12;

fn cases(few: u32) -> ProptestConfig {
    let long = std::env::var("ROLLCALL_TEST_LONG").is_ok_and(|value| value == "1");
    ProptestConfig { cases: if long { few * 40 } else { few }, failure_persistence: None, ..ProptestConfig::default() }
}

type Rows = Vec<Vec<String>>;

/// Reads a file: its rows if it is read, which are within the limits; `None` if it is rejected with a reason.
fn read(desk: &Desk, bytes: &[u8]) -> Result<Option<Rows>, TestCaseError> {
    let limits = desk.pool.limits();
    match desk.read(ROSTER, bytes) {
        Ok(spool) => {
            prop_assert!(within(&spool, limits));
            Ok(Some(texts(&spool).into_iter().map(|(_, cells)| cells).collect()))
        }
        Err(ReadError::Rejected(rejection)) => {
            prop_assert!(rejection.code.scope() == Scope::File, "{rejection}");
            Ok(None)
        }
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

fn within(spool: &Spool, limits: &ReadLimits) -> bool {
    let rows = spool.rows().map(Result::unwrap);
    spool.count <= limits.rows
        && rows.into_iter().all(|row| {
            let short = |cell: domain::cell::Cell<'_>| match cell {
                domain::cell::Cell::Text(text) => text.chars().count() <= limits.cell_chars as usize,
                _ => true,
            };
            u64::from(row.number) <= limits.rows
                && row.cells().count() <= limits.columns as usize
                && row.cells().all(short)
        })
}

/// The rows that the sound files hold, as they are read.
fn sound(desk: &Desk) -> Rows {
    read(desk, &xlsx(&make::xml_rows(&make::table(PEOPLE)).concat(), &[])).unwrap().unwrap()
}

/// The rows without one of them stand among those read, in their order.
fn holds_all_but(read: &Rows, sound: &Rows, changed: usize) -> bool {
    let mut read = read.iter();
    sound.iter().enumerate().filter(|(place, _)| *place != changed).all(|(_, row)| read.any(|other| other == row))
}

#[test]
fn any_bytes_are_read_or_rejected() {
    let desk = Desk::new(ReadLimits { rows: 50, columns: 9, cell_chars: 40, ..limits() });
    proptest!(cases(1000), |(start in 0..STARTS.len(), bytes in prop::collection::vec(any::<u8>(), 0..900))| {
        read(&desk, &[STARTS[start], &bytes].concat())?;
    });
}

#[test]
fn an_archive_with_bits_turned_is_rejected_or_gives_the_rows_it_held() {
    let desk = Desk::new(limits());
    let (table, sound) = (make::table(PEOPLE), sound(&desk));
    let files: Vec<Vec<u8>> = make::all_formats(&table)
        .into_iter()
        .filter(|(_, bytes)| bytes.starts_with(b"PK"))
        .map(|(_, bytes)| bytes)
        .collect();
    proptest!(cases(800), |(which in 0..files.len(), places in prop::collection::vec((any::<Index>(), 0..8_u8), 1..5))| {
        let mut bytes = files[which].clone();
        for (place, bit) in places {
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if let Some(rows) = read(&desk, &bytes)? {
            prop_assert_eq!(&rows, &sound);
        }
    });
}

#[test]
fn a_file_cut_off_or_put_together_of_two_gives_the_rows_of_one_or_none() {
    let desk = Desk::new(limits());
    let sound = sound(&desk);
    let files = make::all_formats(&make::table(PEOPLE));
    proptest!(cases(400), |(first in 0..files.len(), second in 0..files.len(), cut: Index, from: Index, whole: bool)| {
        let ((name, head), (other, tail)) = (&files[first], &files[second]);
        let cut = if whole { head.len() } else { cut.index(head.len()) };
        let joined = [&head[..cut], &tail[from.index(tail.len() + 1).min(tail.len())..]].concat();
        let text = |name: &str| name.starts_with("csv") || name.starts_with("tsv");
        match read(&desk, &joined)? {
            // Of text nobody can tell what stood behind.
            Some(_) if text(name) || text(other) => {}
            Some(rows) => prop_assert_eq!(&rows, &sound, "{} and {}", name, other),
            None => {}
        }
        if let Some(rows) = read(&desk, &head[..cut])? {
            prop_assert!(text(name) || rows == sound, "{} cut off", name);
            // The last row may be cut within.
            let kept = rows.len().saturating_sub(1);
            prop_assert_eq!(&rows[..kept], &sound[..kept], "{} cut off", name);
        }
    });
}

#[test]
fn an_archive_whose_parts_change_places_is_rejected_or_gives_the_rows_it_held() {
    let desk = Desk::new(limits());
    let (table, sound) = (make::table(PEOPLE), sound(&desk));
    let files: Vec<Vec<u8>> = make::all_formats(&table)
        .into_iter()
        .filter(|(_, bytes)| bytes.starts_with(b"PK"))
        .map(|(_, bytes)| bytes)
        .collect();
    proptest!(cases(300), |(which in 0..files.len(), first: Index, second: Index, gone: Option<Index>)| {
        let package = Package::of(&files[which]).swapped(first, second);
        let package = match gone {
            Some(place) => package.without_any(place),
            None => package,
        };
        if let Some(rows) = read(&desk, &package.bytes())? {
            prop_assert_eq!(&rows, &sound);
        }
    });
}

/// What is done to a text at a place.
#[derive(Clone, Debug)]
enum Change {
    Insert(&'static str),
    Delete(usize),
    Byte(u8),
}

/// Pieces of the markup of sheets, and what ends or begins it.
const PIECES: [&str; 34] = [
    "</row>",
    "<row r=\"9\">",
    "<row>",
    "</c>",
    "<c r=\"A1\">",
    "<c r=\"B3\"/>",
    "<c>",
    "</sheetData>",
    "<sheetData>",
    "</is>",
    "<is>",
    "<t>",
    "</t>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "\"",
    "'",
    ">",
    "<",
    "&",
    "&#0;",
    "&lt;",
    "/",
    "<v>1</v>",
    "<f>1</f>",
    "\0",
    "<table:table-cell>",
    "</table:table-row>",
    "<text:p>",
    "</text:p>",
];

fn changes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<(Index, Change)>> {
    let change = prop_oneof![
        3 => prop::sample::select(pieces).prop_map(Change::Insert),
        1 => (1..30_usize).prop_map(Change::Delete),
        1 => (b' '..=b'~').prop_map(Change::Byte),
    ];
    prop::collection::vec((any::<Index>(), change), 1..4)
}

/// The text changed here and there, never beyond its ends.
fn changed(text: &str, changes: &[(Index, Change)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (place, change) in changes.iter().filter(|_| !text.is_empty()) {
        let at = place.index(bytes.len().max(1)).min(bytes.len());
        match change {
            Change::Insert(piece) => drop(bytes.splice(at..at, piece.bytes())),
            Change::Delete(count) => drop(bytes.drain(at..bytes.len().min(at + count))),
            Change::Byte(byte) => {
                if let Some(place) = bytes.get_mut(at) {
                    *place = *byte;
                }
            }
        }
    }
    bytes
}

#[test]
fn a_row_whose_markup_is_bent_takes_no_other_row_with_it() {
    let desk = Desk::new(limits());
    let (table, sound) = (make::table(PEOPLE), sound(&desk));
    let (worksheet, document) = (make::xml_rows(&table), make::ods_rows(&table));
    let document: Vec<String> = document.split_inclusive("</table:table-row>").map(str::to_owned).collect();
    let package = Package::roster();
    proptest!(cases(1000), |(open: bool, place in 1..=PEOPLE, changes in changes(&PIECES))| {
        let mut rows = if open { document.clone() } else { worksheet.clone() };
        // A text that is none goes into the archive as bytes.
        let bent = changed(&rows[place], &changes);
        rows[place] = "\u{1}".to_owned();
        let text = if open { content(&rows.concat()) } else { sheet(&rows.concat()) };
        let (before, behind) = text.split_once('\u{1}').unwrap();
        let part = [before.as_bytes(), &bent, behind.as_bytes()].concat();
        let bytes = if open { make::ods_parts(&part) } else { package.clone().with("xl/worksheets/sheet1.xml", part).bytes() };
        if let Some(rows) = read(&desk, &bytes)? {
            prop_assert!(holds_all_but(&rows, &sound, place - 1), "{:?}", String::from_utf8_lossy(&bent));
        }
    });
}

fn sheet(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

fn content(rows: &str) -> String {
    format!(
        "{}{}</office:spreadsheet></office:body></office:document-content>",
        make::ods_head(),
        make::ods_table(rows)
    )
}

/// Pieces that mean something in text.
const SIGNS: [&str; 12] = [",", "\"", ",\"", "\",", "\"\"", ";", "\t", "=\"", "'", "\0", "x", " "];

#[test]
fn a_line_of_text_that_is_bent_takes_no_other_line_with_it() {
    let desk = Desk::new(limits());
    let (table, sound) = (make::table(PEOPLE), sound(&desk));
    let change = prop::collection::vec((any::<Index>(), prop::sample::select(&SIGNS[..])), 1..6);
    proptest!(cases(600), |(place in 1..=PEOPLE, tabs: bool, inserted in change)| {
        let delimiter = if tabs { "\t" } else { "," };
        let mut lines: Vec<String> = make::csv(&table, delimiter).lines().map(str::to_owned).collect();
        for (at, sign) in inserted {
            let places: Vec<usize> = lines[place].char_indices().map(|(at, _)| at).collect();
            lines[place].insert_str(places[at.index(places.len())], sign);
        }
        if let Some(rows) = read(&desk, lines.join("\n").as_bytes())? {
            prop_assert!(holds_all_but(&rows, &sound, place - 1), "{:?}", lines[place]);
        }
    });
}

#[test]
fn an_old_workbook_with_bytes_changed_never_brings_its_reader_down() {
    let desk = Desk::new(ReadLimits { memory_bytes: ReadLimits::default().memory_bytes, ..limits() });
    let file = make::xls(&make::table(PEOPLE));
    let change = prop::collection::vec((any::<Index>(), any::<u8>(), 1..4_usize), 1..6);
    proptest!(cases(200), |(changes in change, head: bool)| {
        let mut bytes = file.clone();
        for (place, byte, count) in changes {
            let at = place.index(if head { 1400 } else { bytes.len() - 4 });
            bytes[at..at + count].fill(byte);
        }
        match desk.read(ROSTER, &bytes) {
            Ok(spool) => prop_assert!(within(&spool, desk.pool.limits())),
            Err(ReadError::Rejected(rejection)) => {
                prop_assert!(rejection.code != Code::Hostile || !rejection.detail.contains(TOO_DEMANDING), "{rejection}");
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    });
}
