//! The form of Excel 2007: one key for the whole package, each block for itself.
//!
//! Source: [MS-OFFCRYPTO] 2.3.2 (header), 2.3.3 (verifier), 2.3.4.5–2.3.4.9.

use super::{
    SIZE,
    cipher::{Aes, Hash},
};
use crate::{Rejection, compound::u32_at};

/// Times that the password is hashed.
const SPINS: u32 = 50_000;
/// The kinds of AES.
const AES: [u32; 3] = [0x660e, 0x660f, 0x6610];
/// What derives a key of twice the hash's length.
const BLOCK_OF_HASH: usize = 64;

/// What the header and the verifier of an encryption say.
pub(super) struct Particulars<'a> {
    pub algorithm: u32,
    /// Bits of the key.
    pub bits: u32,
    pub salt: &'a [u8],
    pub verifier: &'a [u8],
    /// The verifier's hash, encrypted.
    pub hash: &'a [u8],
}

impl<'a> Particulars<'a> {
    /// Reads them from behind the version; the verifier's hash is as long as the rest.
    pub fn read(info: &'a [u8]) -> Option<Self> {
        let header_bytes = u32_at(info, 8)? as usize;
        let header = info.get(12..)?.get(..header_bytes)?;
        let verifier = info.get(12 + header_bytes..)?;
        Some(Self {
            algorithm: u32_at(header, 8)?,
            bits: u32_at(header, 16)?,
            salt: verifier.get(4..20)?,
            verifier: verifier.get(20..36)?,
            hash: verifier.get(40..)?,
        })
    }
}

/// Decrypts a package in its place.
pub(super) fn package(info: &[u8], mut package: Vec<u8>, password: &[u8]) -> Result<Vec<u8>, Rejection> {
    let particulars = Particulars::read(info).ok_or_else(Rejection::damaged)?;
    if !AES.contains(&particulars.algorithm) {
        return Err(Rejection::encrypted());
    }
    let spun = Hash::Sha1.spun(particulars.salt, password, SPINS);
    let hash = Hash::Sha1.of(&[&spun, &0_u32.to_le_bytes()]);
    let half = |filler: u8| {
        let mut block = [filler; BLOCK_OF_HASH];
        block.iter_mut().zip(&hash).for_each(|(place, byte)| *place ^= byte);
        Hash::Sha1.of(&[&block])
    };
    let key = [half(0x36), half(0x5c)].concat();
    let key = key.get(..particulars.bits as usize / 8).ok_or_else(Rejection::damaged)?;
    let aes = Aes::new(key).ok_or_else(Rejection::damaged)?;
    let (mut verifier, mut value) = (particulars.verifier.to_vec(), particulars.hash.to_vec());
    aes.decrypt(&mut verifier);
    aes.decrypt(&mut value);
    if !value.starts_with(&Hash::Sha1.of(&[&verifier])) {
        return Err(Rejection::encrypted());
    }
    package.drain(..SIZE);
    aes.decrypt(&mut package);
    Ok(package)
}
