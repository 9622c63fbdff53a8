//! Unified social credit codes (统一社会信用代码), GB 32100-2015: 18 characters, the last one checks the others mod 31.

use std::fmt;

use crate::ascii::ShortAscii;

/// The characters in the order of their values: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A checked credit code. It names a unit, not a person, so it is not masked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(ShortAscii<18>);

impl Uscc {
    /// Reads a code; blanks, hyphens and case don't matter.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        match crate::number::squeeze(crate::cell::Cell::Text(written)) {
            crate::number::Squeezed::Text(text) => Self::from_plain(text.as_str()),
            _ => None,
        }
    }

    pub(crate) fn from_plain(plain: &str) -> Option<Self> {
        let mut code = ShortAscii::<18>::EMPTY;
        let mut sum = 0_u32;
        let mut weight = 1_u32;
        for byte in plain.bytes().filter(|b| *b != b'-') {
            let value = ALPHABET.iter().position(|c| *c == byte)? as u32;
            if !code.push(byte) {
                return None;
            }
            // The check character counts with weight 1: the whole sum is then a multiple of 31.
            sum += value * if code.as_bytes().len() == 18 { 1 } else { weight };
            weight = weight * 3 % 31;
        }
        (code.as_bytes().len() == 18 && sum.is_multiple_of(31)).then_some(Self(code))
    }

    /// The code in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({})", self.as_str())
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_check(body: &str) -> String {
        ALPHABET.iter().map(|c| format!("{body}{}", char::from(*c))).find(|code| Uscc::parse(code).is_some()).unwrap()
    }

    #[test]
    fn a_code_in_any_case_is_read() {
        let code = with_check("8131019900000000A");
        assert_eq!(Uscc::parse(&code.to_lowercase()).unwrap().as_str(), code);
        assert!(Uscc::parse(&code[..17]).is_none());
        assert!(Uscc::parse(&format!("{code}0")).is_none());
        assert!(Uscc::parse("8131019900000000I0").is_none());
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_found(body in "81310199[0-9A-H]{9}", place in 0_usize..18, by in 1_usize..31) {
            let mut code = with_check(&body).into_bytes();
            let value = ALPHABET.iter().position(|c| *c == code[place]).unwrap();
            code[place] = ALPHABET[(value + by) % 31];
            prop_assert!(Uscc::parse(std::str::from_utf8(&code).unwrap()).is_none());
        }
    }
}
