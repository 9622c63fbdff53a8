//! Numbers of the 会员服务卡, which is a bank card: 16 to 19 digits with a Luhn check digit (ISO/IEC 7812).

use crate::{
    ascii::{ShortAscii, masked_number},
    mask,
};

/// A normalised card number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(pub(crate) ShortAscii<19>);

masked_number!(CardNumber, 19, mask::mask_number);

impl CardNumber {
    /// Reads a number; blanks and hyphens are no part of it.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        match crate::number::squeeze(crate::cell::Cell::Text(written)) {
            crate::number::Squeezed::Text(text) => Self::from_plain(text.as_str()).ok(),
            _ => None,
        }
    }

    pub(crate) fn from_plain(plain: &str) -> Result<Self, CardFault> {
        let mut digits = ShortAscii::<19>::EMPTY;
        for byte in plain.bytes().filter(|byte| *byte != b'-') {
            if !byte.is_ascii_digit() {
                return Err(CardFault::Characters);
            }
            if !digits.push(byte) {
                return Err(CardFault::Length);
            }
        }
        match digits.as_bytes().len() {
            16..=19 if luhn(digits.as_bytes()) => Ok(Self(digits)),
            16..=19 => Err(CardFault::Check),
            _ => Err(CardFault::Length),
        }
    }

    /// Whether it begins with 62, as the cards of the national scheme do; another beginning is worth a warning.
    #[must_use]
    pub fn is_national(&self) -> bool {
        self.as_str().starts_with("62")
    }
}

/// Why a text is no card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CardFault {
    /// Others than digits.
    Characters,
    /// Fewer than 16 or more than 19 digits.
    Length,
    /// The check digit does not fit the others.
    Check,
}

impl CardFault {
    /// What clerks read.
    pub(crate) fn message_zh(self) -> &'static str {
        match self {
            Self::Characters => "含有数字以外的字符",
            Self::Length => "位数不是 16 至 19 位",
            Self::Check => "校验位不符，可能录错了一位",
        }
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_check(body: &str) -> String {
        (0..10).map(|digit| format!("{body}{digit}")).find(|number| luhn(number.as_bytes())).unwrap()
    }

    #[test]
    fn sixteen_to_nineteen_digits_with_a_check_digit() {
        for len in 15..=18 {
            assert!(CardNumber::parse(&with_check(&"6231".repeat(5)[..len])).is_some());
        }
        assert!(CardNumber::parse(&with_check(&"6231".repeat(5)[..14])).is_none());
        assert!(CardNumber::parse(&with_check(&"6231".repeat(5)[..19])).is_none());
        assert!(!CardNumber::parse(&with_check("411111111111111")).unwrap().is_national());
    }

    #[test]
    fn what_is_wrong_is_told() {
        let fine = with_check("623100000000000099");
        let slip = format!("{}{}", &fine[..18], (u8::from(fine.as_bytes()[18] == b'0') + b'0') as char);
        assert_eq!(CardNumber::from_plain(&slip), Err(CardFault::Check));
        assert_eq!(CardNumber::from_plain(&fine[..15]), Err(CardFault::Length));
        assert_eq!(CardNumber::from_plain("62310000000000009A"), Err(CardFault::Characters));
    }

    #[test]
    fn blanks_and_hyphens_are_no_part_of_it() {
        let number = with_check("623100000000000099");
        let spaced = format!("{} {}-{}", &number[..4], &number[4..10], &number[10..]);
        assert_eq!(CardNumber::parse(&spaced).unwrap().as_str(), number);
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(body in "62[0-9]{16}", place in 0_usize..19, by in 1_u8..10) {
            let mut number = with_check(&body).into_bytes();
            number[place] = b'0' + (number[place] - b'0' + by) % 10;
            prop_assert!(!luhn(&number));
        }
    }
}
