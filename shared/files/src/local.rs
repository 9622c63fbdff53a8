//! A file of the store at a path where another process can read it.

use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// Readable as long as this lives. A copy that was fetched from S3 is private (mode 0600) and goes with it.
#[derive(Debug)]
pub struct LocalFile(Place);

#[derive(Debug)]
enum Place {
    Own(PathBuf),
    Copy(TempPath),
}

impl LocalFile {
    pub(crate) fn own(path: PathBuf) -> Self {
        Self(Place::Own(path))
    }

    pub(crate) fn copy(path: TempPath) -> Self {
        Self(Place::Copy(path))
    }

    /// Where it lies. To be read, never written.
    #[must_use]
    pub fn path(&self) -> &Path {
        match &self.0 {
            Place::Own(path) => path,
            Place::Copy(path) => path,
        }
    }
}
