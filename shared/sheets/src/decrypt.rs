//! Workbooks that are encrypted with the built-in default password: a program that protects a workbook's structure, or marks
//! it read-only, encrypts it with a word that every program knows, and all of them open it without asking. A password of
//! somebody's own is not guessed at.
//!
//! Source: [MS-OFFCRYPTO] 2.3 (encryption of packages), [MS-XLS] 2.2.10 (encryption of streams).

use std::io::{Read, Seek};

use crate::{Rejection, compound, rejection::Failure};

mod agile;
mod cipher;
pub(crate) mod legacy;
mod standard;

/// The word ([MS-XLS] 2.4.191).
const DEFAULT_PASSWORD: &str = "VelvetSweatshop";
/// Bytes of the package's size, in front of it.
const SIZE: usize = 8;

/// The package of a workbook out of the compound file that holds it encrypted; `encrypted` where it has a password of its own.
pub(crate) fn package<R: Read + Seek>(file: &mut R) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    let stream = |name: &str| compound::stream(&bytes, &[name]).ok_or_else(Rejection::damaged);
    Ok(decrypted(&stream("EncryptionInfo")?, stream("EncryptedPackage")?, DEFAULT_PASSWORD)?)
}

fn decrypted(info: &[u8], package: Vec<u8>, password: &str) -> Result<Vec<u8>, Rejection> {
    let [major, 0, minor, 0, ..] = *info else { return Err(Rejection::damaged()) };
    let size = package.first_chunk::<SIZE>().map(|size| u64::from_le_bytes(*size)).ok_or_else(Rejection::damaged)?;
    let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut package = match (major, minor) {
        (4, 4) => agile::package(info.get(8..).unwrap_or_default(), package, &password)?,
        (2..=4, 2) => standard::package(info, package, &password)?,
        // An algorithm of a vendor's own.
        _ => return Err(Rejection::encrypted()),
    };
    if size > package.len() as u64 {
        return Err(Rejection::damaged());
    }
    package.truncate(size as usize);
    Ok(package)
}

#[cfg(test)]
mod tests;
