//! Mails as `.eml` files in a folder; the name comes from the mail, so a second attempt writes the same file again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use uuid::Uuid;

use crate::error::{SettingsError, plain};
use crate::{Composed, SendError};

/// A folder of sent mails, mode 0700.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub(crate) fn open(folder: PathBuf) -> Result<Self, SettingsError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| SettingsError::Path { path: folder.display().to_string(), cause: error.to_string() })?;
        Ok(Self { folder })
    }

    pub(crate) async fn send(&self, id: Uuid, mail: Composed) -> Result<PathBuf, SendError> {
        let outbox = self.clone();
        let written = tokio::task::spawn_blocking(move || outbox.write(id, &mail.bytes)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error.to_string())));
        written.map_err(|error| SendError::Unreachable { reason: plain(&format!("outbox: {error}")) })
    }

    pub(crate) async fn check(&self) -> Result<(), SendError> {
        let folder = self.folder.clone();
        let probe = move || {
            let path = folder.join(".probe");
            fs::write(&path, b"probe").and_then(|()| fs::remove_file(&path))
        };
        let probed =
            tokio::task::spawn_blocking(probe).await.unwrap_or_else(|error| Err(io::Error::other(error.to_string())));
        probed.map_err(|error| SendError::Unreachable { reason: plain(&format!("outbox: {error}")) })
    }

    fn write(&self, id: Uuid, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.join(format!("{id}.eml"));
        let part = self.folder.join(format!(".{id}.part"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(path)
    }
}
