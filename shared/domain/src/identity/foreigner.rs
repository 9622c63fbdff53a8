//! Cards of foreigners with permanent residence as they were until 2023: three letters of a state, four digits of the place
//! that took the application, six of the birth date without its century, one of sequence, and a check digit as in the
//! machine-readable line of passports (ICAO 9303, part 3: weights 7, 3, 1, A is 10). The cards of 2023 tell the numbers of
//! those before by this rule (National Immigration Administration, rules for reading the card of 2023).

use chrono::NaiveDate;

use super::State;
use crate::finding::Code;

const LENGTH: usize = 15;

/// Whether a number has the form of such a card.
pub(super) fn has_form(number: &[u8]) -> bool {
    number.len() == LENGTH
        && number[..3].iter().all(u8::is_ascii_uppercase)
        && number[3..].iter().all(u8::is_ascii_digit)
}

/// Checks a number that has the form, but for its state.
pub(super) fn check(number: &[u8], today: NaiveDate) -> Result<(), Code> {
    if !is_born(number, today) {
        return Err(Code::IdBirthDate);
    }
    if check_digit(&number[..LENGTH - 1]) == number[LENGTH - 1] { Ok(()) } else { Err(Code::IdChecksum) }
}

/// Whether the first three letters are a state's.
pub(super) fn has_known_state(number: &str) -> bool {
    number.get(..3).is_some_and(State::is_code)
}

/// Whether the birth date is a day of this century or the last.
fn is_born(number: &[u8], today: NaiveDate) -> bool {
    let value = |from: usize| u32::from(number[from] - b'0') * 10 + u32::from(number[from + 1] - b'0');
    let day = |century: i32| NaiveDate::from_ymd_opt(century + value(7) as i32, value(9), value(11));
    [1900, 2000].into_iter().filter_map(day).any(|born| born <= today)
}

pub(super) fn check_digit(body: &[u8]) -> u8 {
    let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') + 10 });
    let sum: u32 = body.iter().zip([7, 3, 1].into_iter().cycle()).map(|(byte, weight)| value(*byte) * weight).sum();
    b'0' + (sum % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2022, 11, 3).unwrap();

    #[test]
    fn birth_date_and_check_digit_are_held() {
        let with = |body: &str| format!("{body}{}", char::from(check_digit(body.as_bytes())));
        let fine = with("USA31019001011");
        assert_eq!((has_form(fine.as_bytes()), check(fine.as_bytes(), TODAY)), (true, Ok(())));
        assert_eq!(check_digit(b"USA31019001011"), b'5');
        assert_eq!(check(with("USA31019013011").as_bytes(), TODAY), Err(Code::IdBirthDate));
        assert_eq!(check(with("USA31012302291").as_bytes(), TODAY), Err(Code::IdBirthDate), "in neither century");
        assert_eq!(check(with("USA31010002291").as_bytes(), TODAY), Ok(()), "in 2000");
        let mut slip = fine.into_bytes();
        slip[14] = if slip[14] == b'9' { b'0' } else { slip[14] + 1 };
        assert_eq!(check(&slip, TODAY), Err(Code::IdChecksum));
        assert!(has_known_state("DEU310190010110") && !has_known_state("ABC310190010110"));
    }
}
