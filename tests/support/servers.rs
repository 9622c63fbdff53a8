//! The servers of the distributed engine, as tests need them: shared ones that they leave as found, own ones to break.

pub mod postgres;
pub mod rabbitmq;
pub mod s3;
pub mod smtp;

use std::future::Future;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Runs a future to its end on a thread and a runtime of its own: what `Drop` needs inside a running test.
pub(crate) fn finish<F>(work: impl FnOnce() -> F + Send + 'static)
where
    F: Future<Output = ()>,
{
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(work());
    });
    if thread.join().is_err() {
        eprintln!("cleaning up after a test failed; see above");
    }
}

/// A private folder for a server, which belongs to `user` when we are root.
pub(crate) fn server_folder(prefix: &str, user: Option<&str>) -> TempDir {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("the folder for temporary files is writable");
    if let Some(user) = user.filter(|_| crate::child::is_root()) {
        crate::run_tool(std::process::Command::new("chown").arg(format!("{user}:")).arg(folder.path()));
    }
    folder
}

/// The first of `places` that exists, else the last part of the first one, to be found in PATH.
pub(crate) fn program(places: &[PathBuf]) -> PathBuf {
    let name = places.first().and_then(|place| place.file_name()).map(PathBuf::from).unwrap_or_default();
    places.iter().find(|place| place.exists()).cloned().unwrap_or(name)
}

/// The files named `name` in folders below `parent` (one level), newest version last in the alphabet first.
pub(crate) fn below(parent: &Path, name: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path().join(name))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.reverse();
    found
}
