//! Which keys a file may have: relative, plain, the same in a folder and in a bucket.

use crate::FilesError;

/// Longest key, in bytes; S3 takes 1,024 with the prefix.
const LONGEST_BYTES: usize = 800;
/// Longest part between two slashes, in bytes; what file systems take.
const LONGEST_PART_BYTES: usize = 200;

/// Whether `key` may be used: parts between slashes that are not empty, don't begin with a dot and hold no control
/// character or backslash. A dot in front is ours (unfinished files) or climbs (`..`).
pub fn check_key(key: &str) -> Result<(), FilesError> {
    broken_rule(key).map_or(Ok(()), |rule| Err(FilesError::BadKey { key: key.chars().take(100).collect(), rule }))
}

fn broken_rule(key: &str) -> Option<&'static str> {
    if key.len() > LONGEST_BYTES {
        return Some("at most 800 bytes");
    }
    if key.chars().any(|c| c.is_control() || c == '\\') {
        return Some("no control characters, no backslash");
    }
    key.split('/').find_map(|part| match part {
        "" => Some("no empty part, no slash at either end"),
        _ if part.starts_with('.') => Some("no part begins with a dot"),
        _ if part.len() > LONGEST_PART_BYTES => Some("at most 200 bytes between two slashes"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_relative_keys_are_taken() {
        for key in ["a", "uploads/2022/11/x.xlsx", "inbound/名单 1.xlsx", &"x".repeat(200)] {
            assert!(check_key(key).is_ok(), "{key}");
        }
    }

    #[test]
    fn keys_that_climb_or_hide_are_refused() {
        for key in
            ["", "/etc/passwd", "a//b", "a/", "..", "a/../b", ".part/x", "a\\b", "a\0b", "a\nb", &"x".repeat(201)]
        {
            assert!(check_key(key).is_err(), "{key}");
        }
        assert!(check_key(&"abc/".repeat(200)[..799]).is_ok());
        assert!(check_key(&"abc/".repeat(201)[..803]).is_err());
    }
}
