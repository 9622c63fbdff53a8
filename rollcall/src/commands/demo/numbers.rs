//! Numbers that carry a check character, for people and units that do not exist.

use chrono::NaiveDate;

/// A region of no place on the map: nobody's identity number begins with it.
pub const REGION: &str = "310199";
/// Begins with a province code that was never in use; worth a warning (`id-region`).
pub const UNKNOWN_REGION: &str = "190199";
/// What the federation's service cards begin with.
const CARD_PREFIX: &str = "6231";
/// The check characters of an identity number by the remainder of the weighed sum (GB 11643).
const ID_CHECKS: &[u8; 11] = b"10X98765432";
/// The alphabet of credit codes (GB 32100): no I, O, S, V, Z.
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of an organization code of eight digits (GB 11714).
const UNIT_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// An identity number of 18 characters. `sequence` is below 1,000; an odd one is a man's.
pub fn resident_id(region: &str, birth: NaiveDate, sequence: u32) -> String {
    checked(format!("{region}{}{sequence:03}", birth.format("%Y%m%d")))
}

/// A number of 17 digits with its check character.
pub fn checked(mut number: String) -> String {
    let (mut weight, mut sum) = (2, 0);
    for digit in number.bytes().rev() {
        sum += u32::from(digit - b'0') * weight;
        weight = weight * 2 % 11;
    }
    number.push(char::from(ID_CHECKS[(sum % 11) as usize]));
    number
}

/// The number with a check character that does not fit.
pub fn wrong_check(number: &str) -> String {
    let wrong = if number.ends_with('7') { '3' } else { '7' };
    format!("{}{wrong}", number.get(..17).unwrap_or_default())
}

/// The same number as it was written before 1999: two digits of the year, no check character.
pub fn first_generation(number: &str) -> String {
    let year_and_on = number.get(8..17).unwrap_or_default();
    format!("{}{year_and_on}", number.get(..6).unwrap_or_default())
}

/// A service card of 16 digits with its Luhn digit.
pub fn card_number(serial: u64) -> String {
    let body = format!("{CARD_PREFIX}{serial:011}");
    // Behind the check digit, every other digit counts twice, beginning with the last of the body.
    let twice = |digit: u32| if digit >= 5 { digit * 2 - 9 } else { digit * 2 };
    let digits = body.bytes().rev().map(|digit| u32::from(digit - b'0')).enumerate();
    let sum: u32 = digits.map(|(place, digit)| if place % 2 == 0 { twice(digit) } else { digit }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The credit code of an enterprise; `serial` has eight digits at most.
pub fn credit_code(serial: u32) -> String {
    let unit = format!("{serial:08}");
    let sum: u32 = unit.bytes().zip(UNIT_WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = match 11 - sum % 11 {
        11 => '0',
        10 => 'X',
        digit => char::from(b'0' + digit as u8),
    };
    let mut code = format!("91{REGION}{unit}{check}");
    let (mut weight, mut sum) = (1, 0);
    for character in code.bytes() {
        sum += CREDIT_ALPHABET.iter().position(|own| *own == character).unwrap_or(0) * weight;
        weight = weight * 3 % 31;
    }
    code.push(char::from(CREDIT_ALPHABET[(31 - sum % 31) % 31]));
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        card::CardNumber,
        identity::{Document, IdKind},
        uscc::Uscc,
    };

    #[test]
    fn the_product_takes_every_number_that_is_invented() {
        let birth = NaiveDate::from_ymd_opt(1980, 2, 29).expect("a leap day");
        let today = NaiveDate::from_ymd_opt(2022, 11, 1).expect("a day");
        for serial in 0..500 {
            let id = resident_id(REGION, birth, serial);
            let document = Document::parse(IdKind::ResidentId, &id, today).expect("a fine number");
            let old = Document::parse(IdKind::ResidentId, &first_generation(&id), today).expect("a fine old number");
            assert_eq!(document.key(), old.key());
            let card = CardNumber::parse(&card_number(u64::from(serial) * 977)).expect("a fine card");
            assert!(card.is_national());
            assert!(Uscc::parse(&credit_code(serial * 7_919)).is_some());
        }
    }
}
