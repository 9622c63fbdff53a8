//! The records of an .xls, encrypted one by one: their heads stay as they are, and some records whole.
//!
//! Source: [MS-XLS] 2.2.10 (what is encrypted), 2.4.117 (`FilePass`); [MS-OFFCRYPTO] 2.3.5 (RC4 `CryptoAPI`), 2.3.6 (RC4), 2.3.7 (XOR).

use std::ops::Range;

use super::{
    DEFAULT_PASSWORD,
    cipher::{Hash, Rc4},
    standard::Particulars,
};
use crate::{Rejection, compound::u16_at};

const FILE_PASS: u16 = 0x002f;
const BOUND_SHEET: u16 = 0x0085;
/// A record that means nothing to a reader.
const NOTHING: u16 = 0x01c0;
/// Records that are never encrypted: BOF, `FilePass`, `UsrExcl`, `FileLock`, `InterfaceHdr`, `RRDInfo`, `RRDHead`.
const PLAIN: [u16; 7] = [0x0809, FILE_PASS, 0x0194, 0x0195, 0x00e1, 0x0196, 0x0138];
/// Bytes of the stream after which the key changes.
const BLOCK: usize = 1024;
const XOR: u16 = 0;
const RC4: u16 = 1;
/// What [MS-OFFCRYPTO] 2.3.7 makes of the default password: key and verifier of the record, and the bytes that are laid
/// over the text. Of no other password are they wanted.
const XOR_DEFAULT: [u16; 2] = [0xb359, 0x9a0a];
const XOR_BYTES: [u8; 16] =
    [0x87, 0x6b, 0x9a, 0xe2, 0x1e, 0xe3, 0x05, 0x62, 0x1e, 0x69, 0x96, 0x60, 0x98, 0x6e, 0x94, 0x04];
/// Bytes of the key that a password of the oldest kind gives.
const SHORT_KEY: usize = 5;

/// How the key of a block is made.
enum Key {
    Rc4([u8; SHORT_KEY]),
    CryptoApi { hash: Vec<u8>, bytes: usize },
}

impl Key {
    fn of_block(&self, block: u32) -> Rc4 {
        let block = block.to_le_bytes();
        match self {
            Self::Rc4(hash) => Rc4::new(&Hash::Md5.of(&[hash, &block])),
            Self::CryptoApi { hash, bytes } => {
                let mut key = Hash::Sha1.of(&[hash, &block]);
                key.truncate(*bytes);
                // A key of 40 bits is one of 128 bits, of which the others are none.
                if *bytes == SHORT_KEY {
                    key.resize(16, 0);
                }
                Rc4::new(&key)
            }
        }
    }
}

/// Decrypts the stream of a workbook that is protected with the default password; leaves one that is not protected as it is.
pub(crate) fn unlock(stream: &mut [u8]) -> Result<(), Rejection> {
    let Some((at, body)) = records(stream).find(|(at, _)| u16_at(stream, *at) == Some(FILE_PASS)) else {
        return Ok(());
    };
    let pass = &stream[body];
    if u16_at(pass, 0) == Some(XOR) {
        let default = [2, 4].map(|at| u16_at(pass, at)) == XOR_DEFAULT.map(Some);
        if !default {
            return Err(Rejection::encrypted());
        }
        xor(stream);
    } else {
        let password: Vec<u8> = DEFAULT_PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
        rc4_blocks(stream, &key(pass, &password)?);
    }
    stream[at..at + 2].copy_from_slice(&NOTHING.to_le_bytes());
    Ok(())
}

/// Bytes at the beginning of a record's body that are not encrypted.
fn plain(id: u16, length: usize) -> usize {
    match id {
        // Where a sheet lies stays readable.
        BOUND_SHEET => 4,
        id if PLAIN.contains(&id) => length,
        _ => 0,
    }
}

/// The bytes begin anew with each record, at the place of its end.
fn xor(stream: &mut [u8]) {
    let places: Vec<(usize, Range<usize>)> = records(stream).collect();
    for (head, body) in places {
        let (start, length) = (body.start, body.len());
        let id = u16_at(stream, head).unwrap_or_default();
        for place in start + plain(id, length).min(length)..body.end {
            stream[place] = (stream[place] ^ XOR_BYTES[(place + length) % XOR_BYTES.len()]).rotate_right(5);
        }
    }
}

fn rc4_blocks(stream: &mut [u8], key: &Key) {
    let places: Vec<(usize, Range<usize>)> = records(stream).collect();
    let (mut block, mut cipher, mut used) = (0, key.of_block(0), 0);
    for (head, body) in places {
        let plain = plain(u16_at(stream, head).unwrap_or_default(), body.len());
        for (place, value) in (head..body.end).zip(&mut stream[head..body.end]) {
            if place / BLOCK != block {
                (block, used) = (place / BLOCK, 0);
                cipher = key.of_block(block as u32);
            }
            // The heads of records take their bytes of the key, too.
            while used <= place % BLOCK {
                let byte = cipher.next();
                if used == place % BLOCK && place >= body.start + plain {
                    *value ^= byte;
                }
                used += 1;
            }
        }
    }
}

/// Where the records lie: place of each head, and places of its body. Ends where none fits.
fn records(stream: &[u8]) -> impl Iterator<Item = (usize, Range<usize>)> + use<'_> {
    let at = |at: usize| {
        let length = usize::from(u16_at(stream, at + 2)?);
        let body = at + 4..at + 4 + length;
        (body.end <= stream.len()).then_some((at, body))
    };
    std::iter::successors(at(0), move |(_, body)| at(body.end))
}

/// The key, if the password is the one.
fn key(pass: &[u8], password: &[u8]) -> Result<Key, Rejection> {
    let number = |at| u16_at(pass, at).ok_or_else(Rejection::damaged);
    match (number(0)?, number(2)?, number(4)?) {
        (RC4, 1, 1) => rc4(pass.get(6..).unwrap_or_default(), password),
        (RC4, 2..=4, 2) => crypto_api(pass.get(2..).unwrap_or_default(), password),
        _ => Err(Rejection::encrypted()),
    }
}

fn rc4(verifier: &[u8], password: &[u8]) -> Result<Key, Rejection> {
    let Some((salt, rest)) = verifier.split_at_checked(16).filter(|(_, rest)| rest.len() >= 32) else {
        return Err(Rejection::damaged());
    };
    let hash = Hash::Md5.of(&[password]);
    let salted = [&hash[..SHORT_KEY], salt].concat().repeat(16);
    let mut key = [0; SHORT_KEY];
    key.copy_from_slice(&Hash::Md5.of(&[&salted])[..SHORT_KEY]);
    verified(Key::Rc4(key), rest, Hash::Md5)
}

fn crypto_api(info: &[u8], password: &[u8]) -> Result<Key, Rejection> {
    let particulars = Particulars::read(info).ok_or_else(Rejection::damaged)?;
    let bits = if particulars.bits == 0 { 40 } else { particulars.bits };
    let key = Key::CryptoApi { hash: Hash::Sha1.of(&[particulars.salt, password]), bytes: bits as usize / 8 };
    verified(key, &[particulars.verifier, particulars.hash].concat(), Hash::Sha1)
}

/// The key, if it opens the verifier and the hash of it that stand one behind the other.
fn verified(key: Key, locked: &[u8], hash: Hash) -> Result<Key, Rejection> {
    let mut bytes = locked.to_vec();
    key.of_block(0).decrypt(&mut bytes);
    let Some((verifier, value)) = bytes.split_at_checked(16) else { return Err(Rejection::damaged()) };
    if value.starts_with(&hash.of(&[verifier])) { Ok(key) } else { Err(Rejection::encrypted()) }
}
