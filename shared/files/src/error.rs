//! What can go wrong with a file store, told apart by what helps: wait, make room, mend the rights, or give up.

use std::io;

use thiserror::Error;

/// A failed call to the file store. Keys are ours and hold no personal data.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The key is not one that a file may have.
    #[error("{key:?} can't be the key of a file: {rule}")]
    BadKey {
        /// As given.
        key: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// There is no file under this key.
    #[error("there is no file {key}")]
    NotFound {
        /// The key, or the local path.
        key: String,
    },
    /// No room is left: disk, quota or file size limit. Better once somebody has made room.
    #[error("no room for {key}: {cause}")]
    Full {
        /// The key.
        key: String,
        /// As the system says it.
        cause: String,
    },
    /// The store does not answer, or not in time. Better later.
    #[error("the file store can't be reached for {key}: {cause}")]
    Unreachable {
        /// The key.
        key: String,
        /// As the client says it.
        cause: String,
    },
    /// The store refuses us: rights of the folder, or credentials of the bucket.
    #[error("the file store refuses {key}: {cause}")]
    Denied {
        /// The key.
        key: String,
        /// As the system says it.
        cause: String,
    },
    /// What was read is not what was written.
    #[error("the file store gave back something else than was written to {key}")]
    Damaged {
        /// The key.
        key: String,
    },
    /// The address or settings of the store can't be used.
    #[error("files.url: {0}")]
    Settings(String),
    /// Anything else of the local disk.
    #[error("{key}: {cause}")]
    Io {
        /// The key.
        key: String,
        /// As the system says it.
        cause: io::Error,
    },
}

impl FilesError {
    /// Sorts an error of the local file system.
    pub(crate) fn of_io(key: &str, error: io::Error) -> Self {
        let (key, cause) = (key.to_owned(), error.to_string());
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { key },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { key, cause }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { key, cause },
            io::ErrorKind::StaleNetworkFileHandle | io::ErrorKind::TimedOut => Self::Unreachable { key, cause },
            _ => Self::Io { key, cause: error },
        }
    }

    /// Sorts an error of the bucket's client.
    pub(crate) fn of_s3(key: &str, error: &object_store::Error) -> Self {
        let (key, cause) = (key.to_owned(), domain::secret::mask_addresses(&chain(error)));
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound { key },
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Denied { key, cause }
            }
            object_store::Error::InvalidPath { .. } => Self::BadKey { key, rule: "S3 does not take it" },
            // Servers other than Amazon's have no common code for a full disk.
            _ if ["507 Insufficient Storage", "StorageFull", "QuotaExceeded"]
                .iter()
                .any(|word| cause.contains(word)) =>
            {
                Self::Full { key, cause }
            }
            _ => Self::Unreachable { key, cause },
        }
    }
}

/// An error with its causes, in one line without repetitions.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
