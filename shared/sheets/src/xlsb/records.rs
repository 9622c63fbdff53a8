//! The records that the parts of an .xlsb are made of.

use std::io::{self, BufRead, Read};

use crate::{Rejection, rejection::Failure};

/// Goes through records until `look` has enough or they end: kind, the beginning of what they hold, and whether that is all.
pub(super) fn walk(
    mut part: impl BufRead,
    looked_at: u64,
    mut look: impl FnMut(u16, &[u8], bool) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut body = Vec::new();
    while !part.fill_buf()?.is_empty() {
        let low = u16::from(byte(&mut part)?);
        let kind = if low & 0x80 == 0 { low } else { low & 0x7f | u16::from(byte(&mut part)? & 0x7f) << 7 };
        let mut length = 0_u64;
        for place in 0..4 {
            let next = byte(&mut part)?;
            length |= u64::from(next & 0x7f) << (7 * place);
            if next & 0x80 == 0 {
                break;
            }
        }
        body.clear();
        let kept = length.min(looked_at);
        part.by_ref().take(kept).read_to_end(&mut body)?;
        let passed = io::copy(&mut part.by_ref().take(length - kept), &mut io::sink())?;
        if body.len() as u64 + passed < length {
            return Err(Rejection::damaged().into());
        }
        if !look(kind, &body, kept == length)? {
            return Ok(());
        }
    }
    Ok(())
}

fn byte(part: &mut impl Read) -> io::Result<u8> {
    let mut one = [0];
    part.read_exact(&mut one)?;
    Ok(one[0])
}

/// A text at the start of some bytes, and what follows; `None` where it is cut short. A length of all bits is that of none.
pub(super) fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let length = match number(bytes, 0)? {
        u32::MAX => 0,
        length => length as usize,
    };
    let (units, rest) = bytes.get(4..)?.split_at_checked(length.checked_mul(2)?)?;
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(units).0.into_owned(), rest))
}

pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(super) fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn double(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
