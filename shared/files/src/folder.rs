//! The folder engine: written to a temporary name, fsynced, renamed, the folder fsynced.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::stored::{Listed, Stored, Sum, random_name};
use crate::{FilesError, LocalFile};

/// Folder of files that are being written; on the same file system, so that a rename is atomic.
const UNFINISHED: &str = ".part";
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// Files of one `put_many` that are written and fsynced at a time; the file system commits them together.
const AT_A_TIME: usize = 16;
const CHUNK_BYTES: usize = 256 * 1024;
/// Entries that a listing runs ahead of its reader.
const LISTED_AHEAD: usize = 256;

/// A folder that only we write to.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: Arc<PathBuf>,
}

impl Folder {
    pub(crate) fn open(root: PathBuf) -> Result<Self, FilesError> {
        let named = |error| FilesError::of_io(&root.display().to_string(), error);
        DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(root.join(UNFINISHED)).map_err(named)?;
        fs::set_permissions(&root, fs::Permissions::from_mode(PRIVATE_FOLDER)).map_err(named)?;
        Ok(Self { root: Arc::new(root) })
    }

    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<Stored, FilesError> {
        self.blocking(key, move |folder, key| folder.put_from(key, &mut &bytes[..])).await
    }

    pub(crate) async fn put_file(&self, key: &str, path: &Path) -> Result<Stored, FilesError> {
        let from = path.to_owned();
        self.blocking(key, move |folder, key| folder.put_from(key, &mut File::open(from)?)).await
    }

    pub(crate) async fn put_open(&self, key: &str, mut file: File) -> Result<Stored, FilesError> {
        self.blocking(key, move |folder, key| {
            file.rewind()?;
            folder.put_from(key, &mut file)
        })
        .await
    }

    fn put_from(&self, key: &str, body: &mut dyn Read) -> io::Result<Stored> {
        let (part, stored) = self.write_part(body)?;
        self.keep(part, key)?;
        sync_parent(&self.path(key))?;
        Ok(stored)
    }

    pub(crate) async fn put_many(&self, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Stored>, FilesError> {
        let folder = self.clone();
        spawn_blocking(move || folder.write_many(&files)).await.map_err(|e| cut_off("put_many", &e))?
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, FilesError> {
        self.blocking(key, |folder, key| fs::read(folder.path(key))).await
    }

    pub(crate) async fn fetch(&self, key: &str) -> Result<LocalFile, FilesError> {
        self.blocking(key, |folder, key| {
            let path = folder.path(key);
            File::open(&path).map(|_| LocalFile::own(path))
        })
        .await
    }

    pub(crate) async fn head(&self, key: &str) -> Result<Option<Listed>, FilesError> {
        self.blocking(key, |folder, key| match fs::metadata(folder.path(key)) {
            Ok(data) if data.is_file() => Ok(Some(listed(key.to_owned(), &data)?)),
            Ok(_) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), FilesError> {
        self.blocking(key, |folder, key| match fs::remove_file(folder.path(key)) {
            Err(error) if is_absent(&error) => Ok(()),
            other => other,
        })
        .await
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        let to = to.to_owned();
        self.blocking(from, move |folder, from| {
            let (from, to) = (folder.path(from), folder.path(&to));
            make_folders(&to)?;
            fs::rename(&from, &to)?;
            sync_parent(&to)?;
            sync_parent(&from)
        })
        .await
    }

    pub(crate) fn list(&self, prefix: &str) -> BoxStream<'static, Result<Listed, FilesError>> {
        let (sender, mut receiver) = mpsc::channel(LISTED_AHEAD);
        let (folder, prefix) = (self.clone(), prefix.to_owned());
        spawn_blocking(move || {
            if let Err(error) = folder.walk(&prefix, &sender)
                && !is_absent(&error)
            {
                // Nobody listens any more: nobody to tell.
                let _ = sender.blocking_send(Err(FilesError::of_io(&prefix, error)));
            }
        });
        stream::poll_fn(move |context| receiver.poll_recv(context)).boxed()
    }

    pub(crate) async fn sweep_unfinished(&self, before: DateTime<Utc>) -> Result<u64, FilesError> {
        self.blocking(UNFINISHED, move |folder, key| {
            let mut swept = 0;
            for entry in fs::read_dir(folder.path(key))? {
                let path = entry?.path();
                let modified = fs::metadata(&path).and_then(|data| data.modified());
                if modified.is_ok_and(|at| DateTime::<Utc>::from(at) < before) && fs::remove_file(&path).is_ok() {
                    swept += 1;
                }
            }
            Ok(swept)
        })
        .await
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Runs file work off the async threads.
    async fn blocking<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&Self, &str) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FilesError> {
        let (folder, key) = (self.clone(), key.to_owned());
        let name = key.clone();
        let done = spawn_blocking(move || work(&folder, &key)).await.map_err(|e| cut_off(&name, &e))?;
        done.map_err(|error| FilesError::of_io(&name, error))
    }

    /// Writes and fsyncs a file under a temporary name.
    fn write_part(&self, body: &mut dyn Read) -> io::Result<(Part, Stored)> {
        let part = Part(Some(self.root.join(UNFINISHED).join(random_name()?)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(part.path())?;
        let mut sum = Sum::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => {
                    sum.add(&chunk[..read]);
                    file.write_all(&chunk[..read])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        file.sync_all()?;
        Ok((part, sum.finish()))
    }

    /// Gives a written file its name. The folder's entry is durable only once the folder is fsynced.
    fn keep(&self, mut part: Part, key: &str) -> io::Result<()> {
        let to = self.path(key);
        if let Err(error) = fs::rename(part.path(), &to) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            make_folders(&to)?;
            fs::rename(part.path(), &to)?;
        }
        part.0 = None;
        Ok(())
    }

    fn write_many(&self, files: &[(String, Vec<u8>)]) -> Result<Vec<Stored>, FilesError> {
        let stored = in_parallel(files, |(key, bytes)| {
            let written = self.write_part(&mut &bytes[..]);
            let kept = written.and_then(|(part, stored)| self.keep(part, key).map(|()| stored));
            kept.map_err(|error| FilesError::of_io(key, error))
        })?;
        let folders: BTreeSet<PathBuf> =
            files.iter().filter_map(|(key, _)| Some(self.path(key).parent()?.to_owned())).collect();
        let folders: Vec<PathBuf> = folders.into_iter().collect();
        in_parallel(&folders, |folder| {
            File::open(folder)
                .and_then(|open| open.sync_all())
                .map_err(|e| FilesError::of_io(&folder.display().to_string(), e))
        })?;
        Ok(stored)
    }

    fn walk(&self, prefix: &str, to: &mpsc::Sender<Result<Listed, FilesError>>) -> io::Result<()> {
        for entry in fs::read_dir(self.path(prefix))? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned) else {
                continue;
            };
            let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let data = match entry.metadata() {
                Err(error) if is_absent(&error) => continue,
                other => other?,
            };
            if data.is_dir() {
                self.walk(&key, to)?;
            } else if to.blocking_send(Ok(listed(key, &data)?)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A file that is being written; taken away when the write does not end well.
struct Part(Option<PathBuf>);

impl Part {
    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What can't be removed now is swept later.
            let _ = fs::remove_file(path);
        }
    }
}

/// Runs `work` over all items by a few threads; the results in order, or the first error in order.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, FilesError> + Sync,
) -> Result<Vec<R>, FilesError> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let Some((place, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?)))
        {
            done.push((place, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, Result<R, FilesError>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..AT_A_TIME.min(items.len())).map(|_| scope.spawn(take)).collect();
        let own = take();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().chain(own).collect()
    });
    if done.len() != items.len() {
        return Err(FilesError::Io {
            key: "put_many".to_owned(),
            cause: io::Error::other("a writing thread has died"),
        });
    }
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Makes the folders above `path`, each durable in the one above it.
fn make_folders(path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    if parent.is_dir() {
        return Ok(());
    }
    make_folders(parent)?;
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(parent) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_parent(parent),
    }
}

fn listed(key: String, data: &fs::Metadata) -> io::Result<Listed> {
    Ok(Listed { key, bytes: data.len(), modified: data.modified()?.into() })
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn cut_off(key: &str, error: &tokio::task::JoinError) -> FilesError {
    FilesError::Io { key: key.to_owned(), cause: io::Error::other(error.to_string()) }
}
