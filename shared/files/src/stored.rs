//! What is told of a stored file.

use std::fmt::Write as _;
use std::io;

use chrono::{DateTime, Utc};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};

/// A file that was just written, and is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits, of what was written.
    pub sha256: String,
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// When it was written, by the store's clock.
    pub modified: DateTime<Utc>,
}

/// SHA-256 of bytes at hand, 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut sum = Sum::new();
    sum.add(bytes);
    sum.finish().sha256
}

/// Sums up while bytes pass.
pub(crate) struct Sum {
    digest: Context,
    bytes: u64,
}

impl Sum {
    pub(crate) fn new() -> Self {
        Self { digest: Context::new(&SHA256), bytes: 0 }
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(crate) fn finish(self) -> Stored {
        Stored { bytes: self.bytes, sha256: hex(self.digest.finish().as_ref()) }
    }
}

/// A name that no other process draws.
pub(crate) fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
