//! Files and folders of the data folder that only we may look into, whatever the folder's own mode was.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use runtime::Config;

use crate::{app::is_sqlite, output::Failure};

/// Beginnings of the names of what we make in the data folder. Where it holds anything else it may be somebody's home.
const OURS: [&str; 7] = ["rollcall.db", "data.key", "files", "outbox", "spool", "serve.lock", "doctor-"];
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// Rights of those who are not us.
const OTHERS: u32 = 0o077;
/// In a folder with other things than ours others may look, since our files are private; they may not put files of theirs there.
const OTHERS_WRITE: u32 = 0o022;

/// A folder that only we may look into.
pub fn make_private(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(folder).map_err(|error| {
        Failure::service(
            "data-dir",
            &format!("the data folder {} can't be made: {error}", folder.display()),
            "give a data.dir that can be written",
        )
    })
}

/// The database's file in the data folder.
pub fn database_file(config: &Config) -> PathBuf {
    config.data.dir.join("rollcall.db")
}

/// Makes the data folder and the database's file private before they are used: `SQLite` gives its log and its index of it the
/// mode that the file has. What lies open already is tightened.
pub fn prepare(config: &Config) -> Result<(), Failure> {
    make_private(&config.data.dir)?;
    if is_sqlite(config) {
        let file = database_file(config);
        // Whoever can't make it is told by what opens it.
        drop(OpenOptions::new().write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(file));
    }
    for open in tighten(config) {
        tracing::warn!(path = %open.display(), "others may look into it, and its mode can't be changed by this user");
    }
    Ok(())
}

/// Takes the rights of others away; gives what they may still look into.
fn tighten(config: &Config) -> Vec<PathBuf> {
    let folder = &config.data.dir;
    let of_folder = if is_ours(folder) {
        is_left_open(folder, OTHERS, Some(PRIVATE_FOLDER))
    } else {
        is_left_open(folder, OTHERS_WRITE, None)
    };
    let mut open: Vec<PathBuf> = of_folder.into_iter().collect();
    for name in ["rollcall.db", "rollcall.db-wal", "rollcall.db-shm"] {
        open.extend(is_left_open(&folder.join(name), OTHERS, Some(PRIVATE_FILE)));
    }
    open
}

/// What of the data folder others may look into, though it has been tried to tighten it.
pub fn left_open(config: &Config) -> Vec<PathBuf> {
    tighten(config)
}

/// The path, where others have these rights on it and it can't be given that mode, or may not be.
fn is_left_open(path: &Path, rights: u32, mode: Option<u32>) -> Option<PathBuf> {
    let now = fs::metadata(path).ok()?.permissions().mode();
    if now & rights == 0 {
        return None;
    }
    let done = mode.is_some_and(|mode| fs::set_permissions(path, Permissions::from_mode(mode)).is_ok());
    (!done).then(|| path.to_owned())
}

/// Whether the folder holds nothing but what we make there.
fn is_ours(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| {
        let name = entry.map(|entry| entry.file_name()).unwrap_or_default();
        OURS.iter().any(|ours| name.to_string_lossy().starts_with(ours))
    })
}
