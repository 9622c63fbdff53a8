//! The form of Excel 2010 and later: its particulars are XML, and each piece of the package is chained for itself.
//!
//! Source: [MS-OFFCRYPTO] 2.3.4.10–2.3.4.15.

use base64::{Engine, engine::general_purpose::STANDARD};
use quick_xml::events::{BytesStart, Event};

use super::{
    SIZE,
    cipher::{Aes, BLOCK, Hash},
};
use crate::{Rejection, ods::attribute};

/// Bytes of a piece.
const PIECE: usize = 4096;
/// What fills up a key or a vector that the hash is too short for.
const FILLER: u8 = 0x36;
/// Times that a password may be hashed.
const MOST_SPINS: u32 = 10_000_000;
/// What is hashed with the password for each of the three things that it opens.
const VERIFIER_INPUT: [u8; 8] = [0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79];
const VERIFIER_VALUE: [u8; 8] = [0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e];
const KEY_VALUE: [u8; 8] = [0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6];

/// How something is encrypted.
struct Method {
    salt: Vec<u8>,
    hash: Hash,
    key_bytes: usize,
}

/// The key as a password locks it.
struct Locked {
    method: Method,
    spins: u32,
    verifier_input: Vec<u8>,
    verifier_value: Vec<u8>,
    key_value: Vec<u8>,
}

/// Decrypts a package in its place.
pub(super) fn package(info: &[u8], mut package: Vec<u8>, password: &[u8]) -> Result<Vec<u8>, Rejection> {
    let (data, locked) = read(info)?;
    let key = locked.key(password)?;
    let aes = Aes::new(key.get(..data.key_bytes).unwrap_or(&key)).ok_or_else(Rejection::damaged)?;
    package.drain(..SIZE);
    for (number, piece) in (0_u32..).zip(package.chunks_mut(PIECE)) {
        aes.decrypt_chained(piece, vector(&data.hash.of(&[&data.salt, &number.to_le_bytes()])));
    }
    Ok(package)
}

impl Locked {
    /// The package's key, if the password is the one.
    fn key(&self, password: &[u8]) -> Result<Vec<u8>, Rejection> {
        let hash = self.method.hash;
        let spun = hash.spun(&self.method.salt, password, self.spins);
        let opened = |purpose: &[u8], locked: &[u8]| {
            let mut key = hash.of(&[&spun, purpose]);
            key.resize(self.method.key_bytes, FILLER);
            let mut bytes = locked.to_vec();
            Aes::new(&key).ok_or_else(Rejection::damaged)?.decrypt_chained(&mut bytes, vector(&self.method.salt));
            Ok::<_, Rejection>(bytes)
        };
        let input = opened(&VERIFIER_INPUT, &self.verifier_input)?;
        let value = opened(&VERIFIER_VALUE, &self.verifier_value)?;
        let input = input.get(..self.method.salt.len()).unwrap_or(&input);
        if !value.starts_with(&hash.of(&[input])) {
            return Err(Rejection::encrypted());
        }
        opened(&KEY_VALUE, &self.key_value)
    }
}

/// The first bytes of a salt or hash, filled up to a block.
fn vector(bytes: &[u8]) -> [u8; BLOCK] {
    let mut vector = [FILLER; BLOCK];
    vector.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    vector
}

/// How the package is encrypted, and how its key.
fn read(info: &[u8]) -> Result<(Method, Locked), Rejection> {
    let text = std::str::from_utf8(info).map_err(|_| Rejection::damaged())?;
    let (mut xml, mut data, mut locked) = (quick_xml::Reader::from_str(text.trim_end_matches('\0')), None, None);
    loop {
        match xml.read_event().map_err(|_| Rejection::damaged())? {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "keyData" => data = Some(method(&tag)?),
                "encryptedKey" if locked.is_none() => locked = Some(locked_key(&tag)?),
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    // Without a key that a password locks, it is bound to a certificate.
    Ok((data.ok_or_else(Rejection::damaged)?, locked.ok_or_else(Rejection::encrypted)?))
}

fn method(tag: &BytesStart<'_>) -> Result<Method, Rejection> {
    let is = |name: &str, expected: &str| Ok::<_, Rejection>(word(tag, name)?.eq_ignore_ascii_case(expected));
    let hash = Hash::named(&word(tag, "hashAlgorithm")?);
    let (true, true, Some(hash)) = (is("cipherAlgorithm", "AES")?, is("cipherChaining", "ChainingModeCBC")?, hash)
    else {
        return Err(Rejection::encrypted());
    };
    let bits: usize = word(tag, "keyBits")?.parse().map_err(|_| Rejection::damaged())?;
    Ok(Method { salt: bytes(tag, "saltValue")?, hash, key_bytes: bits / 8 })
}

fn locked_key(tag: &BytesStart<'_>) -> Result<Locked, Rejection> {
    let spins = word(tag, "spinCount")?.parse().ok().filter(|spins| *spins <= MOST_SPINS);
    Ok(Locked {
        method: method(tag)?,
        spins: spins.ok_or_else(Rejection::damaged)?,
        verifier_input: bytes(tag, "encryptedVerifierHashInput")?,
        verifier_value: bytes(tag, "encryptedVerifierHashValue")?,
        key_value: bytes(tag, "encryptedKeyValue")?,
    })
}

fn word(tag: &BytesStart<'_>, name: &str) -> Result<String, Rejection> {
    attribute(tag, name).ok().flatten().ok_or_else(Rejection::damaged)
}

fn bytes(tag: &BytesStart<'_>, name: &str) -> Result<Vec<u8>, Rejection> {
    STANDARD.decode(word(tag, name)?).map_err(|_| Rejection::damaged())
}
