//! Uploaded and produced files, in a local folder or an S3 bucket; both keep what they have taken.
//!
//! A file is written and durable before its row is (decisions.md 11): when [`Files::put`] returns, the bytes survive a power
//! cut. The folder engine writes files itself, because `object_store`'s local engine does not fsync.

mod error;
mod folder;
mod key;
mod local;
mod s3;
mod stored;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

pub use error::FilesError;
use folder::Folder;
pub use key::check_key;
pub use local::LocalFile;
use s3::S3;
pub use s3::S3Settings;
pub use stored::{Listed, Stored, sha256};

/// The file store; clones share it.
#[derive(Debug, Clone)]
pub struct Files(Arc<Engine>);

#[derive(Debug)]
enum Engine {
    Folder(Folder),
    S3(S3),
}

impl Files {
    /// Files in a folder, which is made (mode 0700) where it is missing.
    pub fn in_folder(root: impl Into<PathBuf>) -> Result<Self, FilesError> {
        Ok(Self(Arc::new(Engine::Folder(Folder::open(root.into())?))))
    }

    /// Files in a bucket; nothing is asked of the server yet.
    pub fn in_s3(settings: &S3Settings) -> Result<Self, FilesError> {
        Ok(Self(Arc::new(Engine::S3(S3::new(settings)?))))
    }

    /// Keeps `bytes` under `key`, in the place of what was there.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<Stored, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.put(key, bytes).await,
            Engine::S3(s3) => s3.put(key, bytes).await,
        }
    }

    /// Keeps a copy of the file at `path` under `key`; memory does not grow with its size.
    pub async fn put_file(&self, key: &str, path: &Path) -> Result<Stored, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.put_file(key, path).await,
            Engine::S3(s3) => s3.put_file(key, path).await,
        }
    }

    /// The same of what an open file holds from its beginning on; for files that have no name.
    pub async fn put_open(&self, key: &str, file: std::fs::File) -> Result<Stored, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.put_open(key, file).await,
            Engine::S3(s3) => s3.put_open(key, file).await,
        }
    }

    /// Keeps many small files for little more than the price of one; gives what was stored in the same order.
    ///
    /// On an error some of them may be there; to put all of them again is harmless.
    pub async fn put_many(&self, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Stored>, FilesError> {
        files.iter().try_for_each(|(key, _)| check_key(key))?;
        match &*self.0 {
            Engine::Folder(folder) => folder.put_many(files).await,
            Engine::S3(s3) => s3.put_many(files).await,
        }
    }

    /// The bytes under `key`.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.get(key).await,
            Engine::S3(s3) => s3.get(key).await,
        }
    }

    /// A path at which another process can read the file, as long as the [`LocalFile`] lives.
    pub async fn fetch(&self, key: &str) -> Result<LocalFile, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.fetch(key).await,
            Engine::S3(s3) => s3.fetch(key).await,
        }
    }

    /// What is known of the file under `key`, if there is one.
    pub async fn head(&self, key: &str) -> Result<Option<Listed>, FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.head(key).await,
            Engine::S3(s3) => s3.head(key).await,
        }
    }

    /// Takes the file under `key` away; that there is none is fine.
    pub async fn delete(&self, key: &str) -> Result<(), FilesError> {
        check_key(key)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.delete(key).await,
            Engine::S3(s3) => s3.delete(key).await,
        }
    }

    /// Gives the file under `from` the key `to`, in the place of what was there.
    ///
    /// In S3 it is a copy and a deletion: interrupted between them the file is there twice, and to do it again is harmless.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        check_key(from)?;
        check_key(to)?;
        match &*self.0 {
            Engine::Folder(folder) => folder.rename(from, to).await,
            Engine::S3(s3) => s3.rename(from, to).await,
        }
    }

    /// Where it is, as far as all machines say the same: `s3://bucket/prefix`, or `folder` (which each machine may reach by
    /// another path).
    #[must_use]
    pub fn address(&self) -> String {
        match &*self.0 {
            Engine::Folder(_) => "folder".to_owned(),
            Engine::S3(s3) => s3.address(),
        }
    }

    /// All files whose key begins with the folder `prefix` (empty: all), in no order; for sweeps of orphans.
    pub fn list(&self, prefix: &str) -> Result<BoxStream<'static, Result<Listed, FilesError>>, FilesError> {
        if !prefix.is_empty() {
            check_key(prefix)?;
        }
        match &*self.0 {
            Engine::Folder(folder) => Ok(folder.list(prefix)),
            Engine::S3(s3) => s3.list(prefix),
        }
    }

    /// Takes away what writes that never ended have left since before `before`; gives how many there were.
    ///
    /// In S3 unfinished multipart uploads are a matter of the bucket's life-cycle rule: nothing is done.
    pub async fn sweep_unfinished(&self, before: DateTime<Utc>) -> Result<u64, FilesError> {
        match &*self.0 {
            Engine::Folder(folder) => folder.sweep_unfinished(before).await,
            Engine::S3(_) => Ok(0),
        }
    }

    /// Writes, reads and deletes a small file: whether the store can be worked with now.
    pub async fn check(&self) -> Result<(), FilesError> {
        let name = stored::random_name().map_err(|error| FilesError::of_io("probe", error))?;
        let key = format!("probe/{name}");
        let bytes = key.clone().into_bytes();
        self.put(&key, bytes.clone()).await?;
        let read = self.get(&key).await;
        self.delete(&key).await?;
        if read? == bytes { Ok(()) } else { Err(FilesError::Damaged { key }) }
    }
}
