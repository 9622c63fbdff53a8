//! The ciphers and hashes that workbooks are encrypted with.

use aes::{
    Aes128, Aes192, Aes256, Block,
    cipher::{BlockDecrypt, KeyInit},
};
use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};

/// Bytes of a block of AES.
pub(super) const BLOCK: usize = 16;

/// A hash by its name in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// A hash by the name that the agile form gives it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().replace('-', "").as_str() {
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return None,
        })
    }

    /// The hash of these pieces, one behind the other.
    pub fn of(self, pieces: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Md5 => hashed::<Md5>(pieces),
            Self::Sha1 => hashed::<Sha1>(pieces),
            Self::Sha256 => hashed::<Sha256>(pieces),
            Self::Sha384 => hashed::<Sha384>(pieces),
            Self::Sha512 => hashed::<Sha512>(pieces),
        }
    }

    /// The hash of salt and password, hashed again with a counter so many times ([MS-OFFCRYPTO] 2.3.4.7, 2.3.4.11).
    pub fn spun(self, salt: &[u8], password: &[u8], times: u32) -> Vec<u8> {
        (0..times).fold(self.of(&[salt, password]), |hash, count| self.of(&[&count.to_le_bytes(), &hash]))
    }
}

fn hashed<D: Digest>(pieces: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().to_vec()
}

/// AES with a key of one of its three lengths.
pub(super) enum Aes {
    Short(Aes128),
    Middle(Aes192),
    Long(Aes256),
}

impl Aes {
    /// `None` for a key of another length.
    pub fn new(key: &[u8]) -> Option<Self> {
        Some(match key.len() {
            16 => Self::Short(Aes128::new_from_slice(key).ok()?),
            24 => Self::Middle(Aes192::new_from_slice(key).ok()?),
            32 => Self::Long(Aes256::new_from_slice(key).ok()?),
            _ => return None,
        })
    }

    /// Decrypts block by block; what is left over at the end stays.
    pub fn decrypt(&self, bytes: &mut [u8]) {
        for block in bytes.as_chunks_mut::<BLOCK>().0 {
            let block: &mut Block = block.into();
            match self {
                Self::Short(cipher) => cipher.decrypt_block(block),
                Self::Middle(cipher) => cipher.decrypt_block(block),
                Self::Long(cipher) => cipher.decrypt_block(block),
            }
        }
    }

    /// Decrypts blocks that are chained, from a first vector on.
    pub fn decrypt_chained(&self, bytes: &mut [u8], vector: [u8; BLOCK]) {
        let mut before = vector;
        for block in bytes.as_chunks_mut::<BLOCK>().0 {
            let encrypted = *block;
            self.decrypt(block);
            block.iter_mut().zip(before).for_each(|(byte, other)| *byte ^= other);
            before = encrypted;
        }
    }
}

/// RC4, of which old workbooks are made; it protects nothing any more, and here nothing has to be.
pub(super) struct Rc4 {
    state: [u8; 256],
    first: u8,
    second: u8,
}

impl Rc4 {
    pub fn new(key: &[u8]) -> Self {
        let mut state = [0; 256];
        state.iter_mut().zip(0..=255).for_each(|(place, value)| *place = value);
        let mut other = 0_u8;
        for (place, byte) in key.iter().cycle().take(if key.is_empty() { 0 } else { 256 }).enumerate() {
            other = other.wrapping_add(state[place]).wrapping_add(*byte);
            state.swap(place, usize::from(other));
        }
        Self { state, first: 0, second: 0 }
    }

    /// The next byte of the key's stream.
    pub fn next(&mut self) -> u8 {
        self.first = self.first.wrapping_add(1);
        let value = self.state[usize::from(self.first)];
        self.second = self.second.wrapping_add(value);
        self.state.swap(usize::from(self.first), usize::from(self.second));
        let other = self.state[usize::from(self.first)];
        self.state[usize::from(value.wrapping_add(other))]
    }

    pub fn decrypt(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte ^= self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    #[test]
    fn hashes_are_those_of_their_standards() {
        for (hash, start) in [
            (Hash::Md5, "900150983cd24fb0"),
            (Hash::Sha1, "a9993e364706816a"),
            (Hash::Sha256, "ba7816bf8f01cfea"),
            (Hash::Sha384, "cb00753f45a35e8b"),
            (Hash::Sha512, "ddaf35a193617aba"),
        ] {
            assert_eq!(hash.of(&[b"a", b"bc"])[..8], bytes(start), "{hash:?}");
        }
        assert_eq!(Hash::named("SHA-512"), Some(Hash::Sha512));
        assert_eq!(Hash::named("WHIRLPOOL"), None);
    }

    /// FIPS 197, appendix C.
    #[test]
    fn blocks_come_out_as_they_went_in() {
        for (length, encrypted) in [
            (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
            (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
            (32, "8ea2b7ca516745bfeafc49904b496089"),
        ] {
            let key: Vec<u8> = (0..length).collect();
            let mut block = bytes(encrypted);
            Aes::new(&key).unwrap().decrypt(&mut block);
            assert_eq!(block, bytes("00112233445566778899aabbccddeeff"), "{length}");
        }
        assert!(Aes::new(&[0; 15]).is_none());
    }

    /// RFC 6229, the key of 40 bits.
    #[test]
    fn the_stream_of_a_key_is_that_of_its_standard() {
        let mut stream = vec![0; 16];
        Rc4::new(&[1, 2, 3, 4, 5]).decrypt(&mut stream);
        assert_eq!(stream, bytes("b2396305f03dc027ccc3524a0a1118a8"));
    }
}
