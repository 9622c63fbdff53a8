//! Rows with something wrong in their text: a row is read as it stands or the file is rejected, and no other row is lost
//! with it. Few cases as a rule; many with `ROLLCALL_TEST_LONG=1`.

use domain::finding::Scope;
use proptest::{prelude::*, sample::Index};
use sheets::ReadError;

use crate::{
    guards::{limits, texts},
    make,
    support::{Desk, ROSTER},
};

/// People in the sound files.
const PEOPLE: usize = 12;
/// Pieces that mean something in text.
const SIGNS: [&str; 14] = [",", "\"", ",\"", "\",", "\"\"", ";", "\t", "=\"", "'", "\0", "x", " ", "|", "，"];

type Rows = Vec<Vec<String>>;

fn cases(few: u32) -> ProptestConfig {
    let long = std::env::var("ROLLCALL_TEST_LONG").is_ok_and(|value| value == "1");
    ProptestConfig { cases: if long { few * 40 } else { few }, failure_persistence: None, ..ProptestConfig::default() }
}

/// Reads a file: its rows if it is read; `None` if it is rejected with a reason.
fn read(desk: &Desk, bytes: &[u8]) -> Result<Option<Rows>, TestCaseError> {
    match desk.read(ROSTER, bytes) {
        Ok(spool) => Ok(Some(texts(&spool).into_iter().map(|(_, cells)| cells).collect())),
        Err(ReadError::Rejected(rejection)) => {
            prop_assert!(rejection.code.scope() == Scope::File, "{rejection}");
            Ok(None)
        }
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

/// The rows without one of them stand among those read, in their order.
fn holds_all_but(read: &Rows, sound: &Rows, changed: usize) -> bool {
    let mut read = read.iter();
    sound.iter().enumerate().filter(|(place, _)| *place != changed).all(|(_, row)| read.any(|other| other == row))
}

#[test]
fn a_line_of_text_that_is_bent_takes_no_other_line_with_it() {
    let desk = Desk::new(limits());
    let table = make::table(PEOPLE);
    let sound = read(&desk, make::csv(&table, ",").as_bytes()).unwrap().unwrap();
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
fn a_text_cut_off_anywhere_gives_the_rows_before_the_cut() {
    let desk = Desk::new(limits());
    let whole = make::csv(&make::table(PEOPLE), ",").into_bytes();
    let sound = read(&desk, &whole).unwrap().unwrap();
    proptest!(cases(200), |(cut: Index)| {
        if let Some(rows) = read(&desk, &whole[..cut.index(whole.len())])? {
            // The last row may be cut within.
            let kept = rows.len().saturating_sub(1);
            prop_assert_eq!(&rows[..kept], &sound[..kept]);
        }
    });
}
