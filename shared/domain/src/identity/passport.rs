//! Numbers of passports. ICAO 9303 leaves their form to the states: nearly all have digits with a letter or two, and those
//! whose numbers may hold fewer than four digits are told here.

use super::State;
use crate::finding::Code;

/// Lengths that occur.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=12;
/// The fewest digits of a number whose state is not known, or has no rule here.
const FEWEST_DIGITS: usize = 4;
/// Letters and digits of German passports of 9 characters (Passverwaltungsvorschrift, since November 2007): no vowels, and
/// nothing that looks like something else. The first names the office. A tenth may be the check digit of the machine's line.
const GERMAN: &[u8] = b"0123456789CFGHJKLMNPRTVWXYZ";

/// Checks the number of a passport, by the rule of the state that issued it where that is known and has one.
pub(super) fn check(number: &str, state: Option<State>) -> Result<(), Code> {
    let bytes = number.as_bytes();
    if !LENGTHS.contains(&bytes.len()) {
        return Err(Code::IdLength);
    }
    let plain = bytes.iter().all(u8::is_ascii_alphanumeric);
    let state = state.as_ref().map(State::as_str);
    let fine = match (state, bytes.len()) {
        (Some("DEU"), 9) => german(bytes),
        (Some("DEU"), 10) => german(&bytes[..9]) && bytes[9].is_ascii_digit(),
        (Some("NLD"), 9) => dutch(bytes),
        // Whose it is isn't known: what Germany or the Netherlands would issue is no slip, with a digit or two at least.
        (None, 9) => usual(bytes) || german(bytes) && digits(bytes) >= 1 || dutch(bytes) && digits(bytes) >= 2,
        _ => usual(bytes),
    };
    if plain && fine { Ok(()) } else { Err(Code::IdCharacters) }
}

/// Four digits at least.
fn usual(number: &[u8]) -> bool {
    digits(number) >= FEWEST_DIGITS
}

fn german(number: &[u8]) -> bool {
    number.iter().all(|byte| GERMAN.contains(byte))
}

/// Two letters, six letters or digits, a digit; the letter O is never used.
fn dutch(number: &[u8]) -> bool {
    let [first, second, middle @ .., last] = number else { return false };
    !number.contains(&b'O')
        && first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && middle.iter().all(u8::is_ascii_alphanumeric)
        && last.is_ascii_digit()
}

fn digits(number: &[u8]) -> usize {
    number.iter().filter(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: &str, state: &str) -> Result<(), Code> {
        check(number, State::parse_zh(state))
    }

    #[test]
    fn german_numbers_may_have_few_digits_and_no_vowels() {
        for number in ["C01X00T47", "CFGHJKLM1", "L8MNPRTV2", "CFGHJKLMN", "C01X00T478"] {
            assert_eq!(of(number, "德国"), Ok(()), "{number}");
        }
        for number in ["C0IX00T47", "C01X00B47", "A12345678", "C01X00T47X"] {
            assert_eq!(of(number, "德国"), Err(Code::IdCharacters), "{number}");
        }
        assert_eq!(of("A1234567", "德国"), Ok(()), "a provisional one of 8 characters");
        assert_eq!(of("CFGHJKLM1", ""), Ok(()));
        assert_eq!(of("CFGHJKLMN", ""), Err(Code::IdCharacters), "a word for all that is known");
        assert_eq!(of("CFGHJKLM1", "法国"), Err(Code::IdCharacters), "France has no such numbers");
    }

    #[test]
    fn other_states_have_four_digits_and_the_dutch_end_with_one() {
        for (number, state) in
            [("E12345678", "中国"), ("NX3RLJK62", "荷兰"), ("NXARLJK62", ""), ("123456789", "美国"), ("AB123456", "")]
        {
            assert_eq!(of(number, state), Ok(()), "{number}");
        }
        for (number, state) in [("NXORLJK62", "荷兰"), ("ABCDEFG12", "美国"), ("ABCDEF12", ""), ("PASSPORT1", "")] {
            assert_eq!(of(number, state), Err(Code::IdCharacters), "{number}");
        }
        assert_eq!(of("E1234", "中国"), Err(Code::IdLength));
    }
}
