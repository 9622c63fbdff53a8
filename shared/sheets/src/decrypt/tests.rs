//! Files protected by a password that are not what they say, and how they are told.

use super::*;

fn rejected(info: &[u8], package: &[u8], password: &str) -> domain::finding::Code {
    decrypted(info, package.to_vec(), password).unwrap_err().code
}

const VELVET: &[u8] = include_bytes!("../../tests/files/velvet.xlsx");
const STANDARD: &[u8] = include_bytes!("../../tests/files/velvet-standard.xlsx");

#[test]
fn a_package_opens_with_its_password_and_no_other() {
    for file in [VELVET, STANDARD] {
        let stream = |name: &str| compound::stream(file, &[name]).unwrap();
        let (info, package) = (stream("EncryptionInfo"), stream("EncryptedPackage"));
        let whole = decrypted(&info, package.clone(), DEFAULT_PASSWORD).unwrap();
        assert!(whole.starts_with(b"PK\x03\x04") && whole[whole.len() - 22..].starts_with(b"PK\x05\x06"));
        assert_eq!(rejected(&info, &package, "velvetsweatshop"), domain::finding::Code::Encrypted);
        assert_eq!(rejected(&info, &package[..100], DEFAULT_PASSWORD), domain::finding::Code::Damaged);
    }
}

#[test]
fn particulars_cut_off_are_damage_and_those_of_another_sort_a_password() {
    for file in [VELVET, STANDARD] {
        let info = compound::stream(file, &["EncryptionInfo"]).unwrap();
        for length in [0, 3, 8, 20, info.len() / 2] {
            assert_eq!(
                rejected(&info[..length], &[0; 32], DEFAULT_PASSWORD),
                domain::finding::Code::Damaged,
                "{length}"
            );
        }
    }
    assert_eq!(rejected(&[3, 0, 3, 0, 0], &[0; 32], DEFAULT_PASSWORD), domain::finding::Code::Encrypted);
}
