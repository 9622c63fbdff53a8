//! The vault: keyed hashes by which documents are found, and the sealing of personal data at rest (decisions 23).

use std::sync::{Mutex, PoisonError};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::{SecureRandom, SystemRandom},
};

/// Bytes of the data key.
pub const KEY_LEN: usize = 32;

/// Bytes of nonces that are drawn at a time.
const NONCES_LEN: usize = 256 * NONCE_LEN;

const PLAIN: u8 = 0;
const AES: u8 = 1;

/// The keyed hash of a document's kind and number: equal documents have equal keys, and nobody without the data
/// key can find a number by trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocKey([u8; 16]);

impl DocKey {
    /// The bytes as the database has them.
    #[must_use]
    pub fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Reads what the database has.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, VaultError> {
        bytes.try_into().map(Self).map_err(|_| VaultError::Unreadable)
    }
}

/// A value as it lies in the database: with the sealing switched on, nobody reads it without the data key.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(crate) Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// Why a sealed value can't be read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key is not 64 hexadecimal digits.
    #[error("data.key must be 64 hexadecimal digits (make one with: openssl rand -hex 32)")]
    Key,
    /// Sealed with another key, or damaged.
    #[error("a sealed value can't be opened: the data key is another one, or the value is damaged")]
    Unreadable,
}

/// Seals, opens and hashes with keys that are derived from the data key.
pub struct Vault {
    finder: hmac::Key,
    sealer: LessSafeKey,
    seals: bool,
    nonces: Mutex<Nonces>,
    check: String,
}

/// Random nonces, drawn from the system many at a time: a call of the kernel for each would be most of the price.
struct Nonces {
    random: SystemRandom,
    drawn: [u8; NONCES_LEN],
    left: usize,
}

impl Nonces {
    fn draw(&mut self) -> Result<[u8; NONCE_LEN], VaultError> {
        if self.left == 0 {
            self.random.fill(&mut self.drawn).map_err(|_| VaultError::Unreadable)?;
            self.left = NONCES_LEN / NONCE_LEN;
        }
        self.left -= 1;
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&self.drawn[self.left * NONCE_LEN..(self.left + 1) * NONCE_LEN]);
        Ok(nonce)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("seals", &self.seals).finish_non_exhaustive()
    }
}

impl Vault {
    /// A vault of this data key; `seals` says whether new values are encrypted (old ones are read either way).
    pub fn new(key: &[u8; KEY_LEN], seals: bool) -> Result<Self, VaultError> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derive = |label: &str| hmac::sign(&root, label.as_bytes());
        let sealer = UnboundKey::new(&AES_256_GCM, derive("rollcall seal").as_ref()).map_err(|_| VaultError::Key)?;
        Ok(Self {
            finder: hmac::Key::new(hmac::HMAC_SHA256, derive("rollcall find").as_ref()),
            sealer: LessSafeKey::new(sealer),
            seals,
            nonces: Mutex::new(Nonces { random: SystemRandom::new(), drawn: [0; NONCES_LEN], left: 0 }),
            check: hex(&derive("rollcall check").as_ref()[..16]),
        })
    }

    /// The same from 64 hexadecimal digits.
    pub fn from_hex(digits: &str, seals: bool) -> Result<Self, VaultError> {
        let mut key = [0; KEY_LEN];
        if digits.len() != KEY_LEN * 2 || !digits.is_ascii() {
            return Err(VaultError::Key);
        }
        for (place, byte) in key.iter_mut().enumerate() {
            *byte = digits
                .get(place * 2..place * 2 + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or(VaultError::Key)?;
        }
        Self::new(&key, seals)
    }

    /// 64 hexadecimal digits of a new random key.
    pub fn new_key() -> Result<String, VaultError> {
        let mut key = [0; KEY_LEN];
        SystemRandom::new().fill(&mut key).map_err(|_| VaultError::Key)?;
        Ok(hex(&key))
    }

    /// What tells one data key from another, without telling the key.
    #[must_use]
    pub fn check_value(&self) -> &str {
        &self.check
    }

    /// The key under which a document is found, of its canonical form (class and number).
    #[must_use]
    pub fn doc_key(&self, canonical: &str) -> DocKey {
        let tag = hmac::sign(&self.finder, canonical.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&tag.as_ref()[..16]);
        DocKey(key)
    }

    /// The keyed hash under which a mobile number is found; that of no document is the same.
    #[must_use]
    pub fn phone_key(&self, phone: &str) -> Vec<u8> {
        self.doc_key(&format!("phone:{phone}")).to_vec()
    }

    /// Seals a text.
    pub fn seal(&self, text: &str) -> Result<Sealed, VaultError> {
        if !self.seals {
            let mut bytes = Vec::with_capacity(1 + text.len());
            bytes.push(PLAIN);
            bytes.extend_from_slice(text.as_bytes());
            return Ok(Sealed(bytes));
        }
        let nonce = self.nonces.lock().unwrap_or_else(PoisonError::into_inner).draw()?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + text.len() + AES_256_GCM.tag_len());
        bytes.push(AES);
        bytes.extend_from_slice(&nonce);
        let mut body = text.as_bytes().to_vec();
        self.sealer
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body)
            .map_err(|_| VaultError::Unreadable)?;
        bytes.extend_from_slice(&body);
        Ok(Sealed(bytes))
    }

    /// Opens a sealed text.
    pub fn open(&self, sealed: &Sealed) -> Result<String, VaultError> {
        match sealed.0.split_first() {
            Some((&PLAIN, text)) => String::from_utf8(text.to_vec()).map_err(|_| VaultError::Unreadable),
            Some((&AES, rest)) if rest.len() > NONCE_LEN => {
                let (nonce, body) = rest.split_at(NONCE_LEN);
                let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Unreadable)?;
                let mut body = body.to_vec();
                let text =
                    self.sealer.open_in_place(nonce, Aad::empty(), &mut body).map_err(|_| VaultError::Unreadable)?;
                String::from_utf8(text.to_vec()).map_err(|_| VaultError::Unreadable)
            }
            _ => Err(VaultError::Unreadable),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(seals: bool) -> Vault {
        Vault::new(&[7; KEY_LEN], seals).expect("a vault")
    }

    #[test]
    fn what_is_sealed_opens_again_and_shows_nothing() {
        let sealed = vault(true).seal("310199199001010011").expect("seals");
        assert!(!sealed.0.windows(6).any(|part| part == b"310199"));
        assert_eq!(vault(true).open(&sealed).expect("opens"), "310199199001010011");
        assert_eq!(format!("{sealed:?}"), "Sealed(…)");
    }

    #[test]
    fn no_nonce_comes_twice() {
        let vault = vault(true);
        let nonces: std::collections::HashSet<Vec<u8>> =
            (0..1_000).map(|_| vault.seal("1").expect("seals").0[1..=NONCE_LEN].to_vec()).collect();
        assert_eq!(nonces.len(), 1_000);
    }

    #[test]
    fn a_value_from_before_the_sealing_is_still_read() {
        let plain = vault(false).seal("13800000000").expect("keeps");
        assert_eq!(vault(true).open(&plain).expect("opens"), "13800000000");
    }

    #[test]
    fn another_key_opens_nothing_and_finds_nothing() {
        let other = Vault::new(&[8; KEY_LEN], true).expect("a vault");
        let sealed = vault(true).seal("310199199001010011").expect("seals");
        assert!(other.open(&sealed).is_err());
        assert_ne!(other.doc_key("cn:1"), vault(true).doc_key("cn:1"));
        assert_ne!(other.check_value(), vault(true).check_value());
    }

    #[test]
    fn a_damaged_value_is_an_error_and_not_a_text() {
        let mut sealed = vault(true).seal("310199199001010011").expect("seals");
        let last = sealed.0.len() - 1;
        sealed.0[last] ^= 1;
        assert!(vault(true).open(&sealed).is_err());
        assert!(vault(true).open(&Sealed(Vec::new())).is_err());
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_nothing_else() {
        let key = Vault::new_key().expect("a key");
        assert!(Vault::from_hex(&key, true).is_ok());
        for bad in ["", "12", &"g".repeat(64), &"é".repeat(32), &key[1..]] {
            assert!(Vault::from_hex(bad, true).is_err(), "{bad}");
        }
    }
}
