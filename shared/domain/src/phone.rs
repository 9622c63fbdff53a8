//! Mobile numbers of mainland China: `1[3-9]` and nine digits.

use crate::{
    ascii::{ShortAscii, masked_number},
    mask,
};

/// A normalised mobile number of 11 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(pub(crate) ShortAscii<11>);

masked_number!(Phone, 11, mask::mask_phone);

impl Phone {
    /// Reads a number in any of its usual writings: `+86 138-0013-8000`, `008613800138000`, `(86)13800138000`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        match crate::number::squeeze(crate::cell::Cell::Text(written)) {
            crate::number::Squeezed::Text(text) => Self::from_plain(text.as_str()),
            _ => None,
        }
    }

    /// Reads a number whose blanks are gone.
    pub(crate) fn from_plain(plain: &str) -> Option<Self> {
        let mut digits = ShortAscii::<15>::EMPTY;
        for (place, byte) in plain.bytes().enumerate() {
            match byte {
                b'-' | b'(' | b')' => {}
                b'+' if place == 0 => {}
                b'0'..=b'9' if digits.push(byte) => {}
                _ => return None,
            }
        }
        let digits = digits.as_str();
        let local = match digits.len() {
            15 => digits.strip_prefix("0086")?,
            13 => digits.strip_prefix("86")?,
            _ => digits,
        };
        let bytes = local.as_bytes();
        let fine = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
        if fine { ShortAscii::new(local).map(Self) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_writings_are_understood() {
        for written in [
            "13800138000",
            "+86 138-0013-8000",
            "008613800138000",
            "8613800138000",
            "１３８００１３８０００",
            "13800138000.0",
            "(86)13800138000",
            "1.3800138e+10",
        ] {
            assert_eq!(Phone::parse(written).unwrap().as_str(), "13800138000", "{written}");
        }
    }

    #[test]
    fn other_numbers_are_no_mobiles() {
        for written in ["1380013800", "138001380001", "12800138000", "02161234567", "1.38E+10", "无", "", "23800138000"]
        {
            assert!(Phone::parse(written).is_none(), "{written}");
        }
    }

    #[test]
    fn debug_is_masked() {
        assert_eq!(format!("{:?}", Phone::parse("13800138000")), "Some(Phone(138****8000))");
    }
}
