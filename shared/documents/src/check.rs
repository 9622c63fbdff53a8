//! The check of a notice, and the digest of a file.

use std::fmt::Write as _;

use ring::digest;
use serde::Serialize;

use crate::document::RenderError;

/// Hex digits of the check that is printed.
const SHOWN: usize = 16;

/// SHA-256 in hex, as [`crate::Document::sha256`] has it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The check of a notice: over its kind and every field in a fixed order.
pub(crate) fn of<T: Serialize>(kind: &str, notice: &T) -> Result<String, RenderError> {
    let mut text = format!("{kind}\n").into_bytes();
    serde_json::to_writer(&mut text, notice)?;
    Ok(sha256(&text)[..SHOWN].to_owned())
}

/// The check as people compare it: four groups of four.
pub(crate) fn grouped(check: &str) -> String {
    let digits: Vec<char> = check.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_tells_kinds_and_contents_apart() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let check = of("unit", &("甲", 1)).unwrap();
        assert_eq!(check.len(), SHOWN);
        assert_eq!(check, of("unit", &("甲", 1)).unwrap());
        assert_ne!(check, of("bureau", &("甲", 1)).unwrap());
        assert_ne!(check, of("unit", &("甲", 2)).unwrap());
        assert_eq!(grouped("0123456789abcdef"), "0123 4567 89ab cdef");
    }
}
