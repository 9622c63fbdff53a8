//! Short texts of plain characters that live inline: numbers of documents, phones and cards cost no allocation.

use std::hash::{Hash, Hasher};

/// At most `N` ASCII characters, `N` ≤ 255.
#[derive(Clone, Copy)]
pub(crate) struct ShortAscii<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> ShortAscii<N> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// `None` where the text is longer than `N` or not ASCII.
    pub(crate) fn new(text: &str) -> Option<Self> {
        if text.len() > N || !text.is_ascii() {
            return None;
        }
        let mut short = Self::EMPTY;
        short.bytes[..text.len()].copy_from_slice(text.as_bytes());
        short.len = text.len() as u8;
        Some(short)
    }

    /// Appends one ASCII byte; false where there is no room.
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        debug_assert!(byte.is_ascii());
        match self.bytes.get_mut(usize::from(self.len)) {
            Some(place) => {
                *place = byte;
                self.len += 1;
                true
            }
            None => false,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII gets in, so the default is never taken.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl<const N: usize> PartialEq for ShortAscii<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for ShortAscii<N> {}

impl<const N: usize> PartialOrd for ShortAscii<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for ShortAscii<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl<const N: usize> Hash for ShortAscii<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// Gives a number's newtype its reading, its wire form and a `Debug` that shows the masked value alone.
macro_rules! masked_number {
    ($type:ident, $len:literal, $mask:path) => {
        impl $type {
            /// The normalised number, in the clear: for storage and for the people concerned, never for logs.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The number as it may be shown.
            #[must_use]
            pub fn masked(&self) -> String {
                $mask(self.as_str())
            }

            /// A number that was checked before, back from storage; `None` where it can't be one.
            #[must_use]
            pub fn stored(text: &str) -> Option<Self> {
                crate::ascii::ShortAscii::new(text).map(Self)
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.masked())
            }
        }
    };
}
pub(crate) use masked_number;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_as_much_as_it_says_and_not_one_more() {
        assert_eq!(ShortAscii::<3>::new("123").unwrap().as_str(), "123");
        assert!(ShortAscii::<3>::new("1234").is_none());
        assert!(ShortAscii::<3>::new("é").is_none());
        let mut short = ShortAscii::<1>::EMPTY;
        assert!(short.push(b'1') && !short.push(b'2'));
    }
}
