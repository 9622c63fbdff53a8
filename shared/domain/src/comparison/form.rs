//! Numbers in a form in which digits can be compared, left out and masked by a few machine instructions.

use crate::{
    identity::{Document, KindClass},
    number,
};

/// Bits of one character.
const SLOT: u32 = 6;
/// Characters of an ID without its check character, which follows from the others.
pub(super) const BODY: u32 = 17;
/// The shortest number that resembles anything.
const SHORTEST: usize = 8;
/// The longest number that is looked at.
const LONGEST: usize = 19;

/// Some characters, 6 bits each, the first one in the lowest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Packed(pub u128);

impl Packed {
    fn of(characters: &[u8]) -> Option<Self> {
        let mut packed = 0_u128;
        for (slot, byte) in characters.iter().enumerate() {
            // 0 is no character, so that a shorter number is never a longer one.
            let value = match byte {
                b'0'..=b'9' => byte - b'0' + 1,
                b'A'..=b'Z' => byte - b'A' + 11,
                _ => return None,
            };
            packed |= u128::from(value) << (SLOT * slot as u32);
        }
        Some(Self(packed))
    }

    /// Without the character at a place.
    pub fn without(self, slot: u32) -> Self {
        let low = (1_u128 << (SLOT * slot)) - 1;
        Self(self.0 & low | self.0 >> SLOT & !low)
    }

    /// With two characters blanked.
    pub fn masked(self, one: u32, other: u32) -> Self {
        Self(self.0 & !(0x3f << (SLOT * one)) & !(0x3f << (SLOT * other)))
    }

    /// The character at a place.
    pub fn at(self, slot: u32) -> u128 {
        self.0 >> (SLOT * slot) & 0x3f
    }

    /// The places at which two numbers differ, three at most.
    pub fn differing(self, other: Self) -> Vec<u32> {
        let mut rest = self.0 ^ other.0;
        let mut slots = Vec::new();
        while rest != 0 && slots.len() < 3 {
            let slot = rest.trailing_zeros() / SLOT;
            slots.push(slot);
            rest &= !(0x3f << (SLOT * slot));
        }
        slots
    }
}

/// A number for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// IDs and what shares their form are compared without the check character, in their longer form.
    pub citizen: bool,
    /// Characters that are compared.
    pub len: u32,
    /// Them.
    pub code: Packed,
    /// All characters as written.
    pub whole: Packed,
    /// How many those are.
    pub whole_len: u32,
}

impl Form {
    /// The form of a good document.
    pub fn of(document: &Document) -> Option<Self> {
        if document.class() == KindClass::Citizen {
            return Self::citizen(document.number.as_str().as_bytes());
        }
        let key = document.key();
        let number = key.split_once(':').map_or(key.as_str(), |(_, number)| number).as_bytes();
        Self::plain(number)
    }

    /// The form of what stands in a cell that is no good number.
    pub fn written(cell: &str) -> Option<Self> {
        let plain = number::plain(cell).to_uppercase();
        let bytes = plain.as_bytes();
        let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        match bytes.len() {
            18 if digits(&bytes[..17]) => Self::citizen(bytes),
            15 if digits(bytes) => Self::citizen(bytes),
            SHORTEST..=LONGEST => Self::plain(bytes),
            _ => None,
        }
    }

    fn citizen(number: &[u8]) -> Option<Self> {
        let whole = Packed::of(number)?;
        let body = match number.len() {
            15 => [&number[..6], b"19", &number[6..]].concat(),
            _ => number.get(..17)?.to_vec(),
        };
        Some(Self { citizen: true, len: BODY, code: Packed::of(&body)?, whole, whole_len: number.len() as u32 })
    }

    fn plain(number: &[u8]) -> Option<Self> {
        let code = Packed::of(number)?;
        let len = number.len() as u32;
        (number.len() >= SHORTEST).then_some(Self { citizen: false, len, code, whole: code, whole_len: len })
    }

    /// Whether the number has 15 digits, and was compared in its longer form.
    pub fn is_15(&self) -> bool {
        self.citizen && self.whole_len == 15
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_left_out_masked_and_told_apart_at_their_places() {
        let packed = |text: &str| Packed::of(text.as_bytes()).unwrap();
        assert_eq!(packed("12345").without(1), packed("1345"));
        assert_eq!(packed("12345").without(4), packed("1234"));
        assert_eq!(packed("12345").differing(packed("19395")), [1, 3]);
        assert_eq!(packed("12345").masked(1, 3), packed("19395").masked(1, 3));
        assert_ne!(packed("12345").masked(1, 2), packed("19395").masked(1, 2));
        assert_eq!(packed("1X").at(1), u128::from(b'X' - b'A') + 11);
        assert!(Packed::of("一".as_bytes()).is_none());
    }
}
