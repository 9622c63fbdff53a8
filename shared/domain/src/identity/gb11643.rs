//! Numbers of GB 11643-1999 and of the documents that share its form: 6 digits of region, 8 of birth, 3 of sequence
//! (odd for men), and a check character by ISO 7064 MOD 11-2.

use chrono::NaiveDate;

use super::IdKind;
use crate::{finding::Code, person::Sex};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// The oldest birth year that is believed.
const FIRST_YEAR: i32 = 1900;

/// Checks an 18-character number but for its kind.
pub(super) fn check_18(number: &[u8], today: NaiveDate) -> Result<(), Code> {
    let [body @ .., check] = number else { return Err(Code::IdLength) };
    if body.len() != 17 {
        return Err(Code::IdLength);
    }
    if !body.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || *check == b'X') {
        return Err(Code::IdCharacters);
    }
    birth_date(number).filter(|birth| *birth <= today).ok_or(Code::IdBirthDate)?;
    if check_character(body) == *check { Ok(()) } else { Err(Code::IdChecksum) }
}

/// Checks a number of 15 digits.
pub(super) fn check_15(number: &[u8], today: NaiveDate) -> Result<(), Code> {
    if !number.iter().all(u8::is_ascii_digit) {
        return Err(Code::IdCharacters);
    }
    birth_date(number).filter(|birth| *birth <= today).map(|_| ()).ok_or(Code::IdBirthDate)
}

/// The birth date of a number of 18 or 15 characters, if it is a day of the calendar from 1900 on.
pub(super) fn birth_date(number: &[u8]) -> Option<NaiveDate> {
    let (year, rest) = match number.len() {
        18 => (value(&number[6..10])?, &number[10..14]),
        15 => (1900 + value(&number[6..8])?, &number[8..12]),
        _ => return None,
    };
    let (month, day) = (value(&rest[..2])?, value(&rest[2..])?);
    (year >= FIRST_YEAR).then(|| NaiveDate::from_ymd_opt(year, month as u32, day as u32)).flatten()
}

/// The sex that the sequence tells.
pub(super) fn sex(number: &[u8]) -> Option<Sex> {
    let digit = match number.len() {
        18 => number[16],
        15 => number[14],
        _ => return None,
    };
    Some(if digit % 2 == 1 { Sex::Male } else { Sex::Female })
}

/// The kind that the first digits of a fine 18-character number tell.
pub(super) fn kind(number: &[u8]) -> IdKind {
    match number {
        [b'9', ..] => IdKind::ForeignerPermanentId,
        [b'8', b'1'..=b'3', ..] => IdKind::ResidencePermit,
        _ => IdKind::ResidentId,
    }
}

/// The 18-digit number that replaced a 15-digit one.
pub(super) fn upgraded(number: &str) -> String {
    let mut body = format!("{}19{}", number.get(..6).unwrap_or_default(), number.get(6..).unwrap_or_default());
    let check = check_character(body.as_bytes());
    body.push(char::from(check));
    body
}

/// Whether the first two digits are a province of GB/T 2260.
pub(super) fn is_province(number: &[u8]) -> bool {
    let Some(code) = number.get(..2).and_then(value) else { return false };
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91)
}

pub(super) fn check_character(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    CHECKS[(sum % 11) as usize]
}

fn value(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))
}
