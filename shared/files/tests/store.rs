//! One suite for both engines: a folder, and a bucket on an S3 server inside this process.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod s3_server;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use files::{Files, FilesError, S3Settings, sha256};
use futures_util::TryStreamExt;
use s3_server::S3Server;

/// What every engine promises.
async fn keeps_its_promises(files: &Files) {
    let stored = files.put("uploads/a.xlsx", b"one".to_vec()).await.unwrap();
    assert_eq!((stored.bytes, stored.sha256.as_str()), (3, sha256(b"one").as_str()));
    files.put("uploads/a.xlsx", b"two!".to_vec()).await.unwrap();
    assert_eq!(files.get("uploads/a.xlsx").await.unwrap(), b"two!");
    assert_eq!(files.head("uploads/a.xlsx").await.unwrap().unwrap().bytes, 4);

    let fetched = files.fetch("uploads/a.xlsx").await.unwrap();
    let path = fetched.path().to_owned();
    assert_eq!(std::fs::read(&path).unwrap(), b"two!");
    drop(fetched);

    assert!(matches!(files.get("uploads/none").await, Err(FilesError::NotFound { .. })));
    assert!(matches!(files.fetch("uploads/none").await, Err(FilesError::NotFound { .. })));
    assert_eq!(files.head("uploads/none").await.unwrap(), None);
    assert!(matches!(files.get("../etc/passwd").await, Err(FilesError::BadKey { .. })));
    assert!(matches!(files.put("a/../../b", vec![]).await, Err(FilesError::BadKey { .. })));

    many_at_once(files).await;
    large_files(files).await;

    files.put("quarantine/1/uploads/a.xlsx", b"old".to_vec()).await.unwrap();
    files.rename("uploads/a.xlsx", "quarantine/1/uploads/a.xlsx").await.unwrap();
    assert_eq!(files.head("uploads/a.xlsx").await.unwrap(), None);
    assert_eq!(files.get("quarantine/1/uploads/a.xlsx").await.unwrap(), b"two!", "over what was there");
    let none = files.rename("uploads/a.xlsx", "uploads/b.xlsx").await;
    assert!(matches!(none, Err(FilesError::NotFound { .. })), "{none:?}");
    files.rename("quarantine/1/uploads/a.xlsx", "uploads/a.xlsx").await.unwrap();

    files.delete("uploads/a.xlsx").await.unwrap();
    files.delete("uploads/a.xlsx").await.unwrap();
    assert_eq!(files.head("uploads/a.xlsx").await.unwrap(), None);
    files.check().await.unwrap();
    assert_eq!(keys(files, "probe").await, Vec::<String>::new());
}

async fn many_at_once(files: &Files) {
    let batch: Vec<(String, Vec<u8>)> = (0..40).map(|i| (format!("results/{}/{i:02}", i % 3), vec![i; 10])).collect();
    let stored = files.put_many(batch.clone()).await.unwrap();
    assert!(batch.iter().zip(&stored).all(|((_, bytes), stored)| stored.sha256 == sha256(bytes)));
    let mut expected: Vec<String> = batch.into_iter().map(|(key, _)| key).collect();
    expected.sort();
    assert_eq!(keys(files, "results").await, expected);
    assert_eq!(keys(files, "").await.len(), 41);
    assert_eq!(keys(files, "result").await, Vec::<String>::new(), "a prefix is a folder");
    assert_eq!(files.put_many(vec![]).await.unwrap(), vec![]);
}

/// More than one part of a multipart upload.
async fn large_files(files: &Files) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|i| (i / 7) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    let stored = files.put_file("large/file", &path).await.unwrap();
    assert_eq!((stored.bytes, stored.sha256), (20_000_000, sha256(&bytes)));
    assert_eq!(files.put("large/bytes", bytes.clone()).await.unwrap().sha256, sha256(&bytes));
    assert!(files.get("large/file").await.unwrap() == bytes && files.get("large/bytes").await.unwrap() == bytes);
    // A file without a name, from its beginning, wherever it was left.
    for part in [&bytes[..], b"small"] {
        let mut open = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut open, part).unwrap();
        assert_eq!(files.put_open("large/open", open).await.unwrap().sha256, sha256(part));
        assert!(files.get("large/open").await.unwrap() == part);
    }
    files.delete("large/open").await.unwrap();
    files.delete("large/file").await.unwrap();
    files.delete("large/bytes").await.unwrap();
    assert!(matches!(files.put_file("large/none", Path::new("/nowhere/x")).await, Err(FilesError::NotFound { .. })));
}

async fn keys(files: &Files, prefix: &str) -> Vec<String> {
    let mut keys: Vec<String> = files.list(prefix).unwrap().map_ok(|listed| listed.key).try_collect().await.unwrap();
    keys.sort();
    keys
}

#[tokio::test]
async fn a_folder_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&Files::in_folder(folder.path().join("files")).unwrap()).await;
}

#[tokio::test]
async fn a_bucket_keeps_its_promises_under_its_prefix_and_at_its_root() {
    for url in ["s3://rollcall/city/2023", "s3://rollcall"] {
        let server = S3Server::start(&["rollcall"]).await;
        keeps_its_promises(&Files::in_s3(&server.settings(url)).unwrap()).await;
    }
}

#[tokio::test]
async fn a_fetched_copy_of_a_bucket_s_file_is_private_and_goes_with_its_handle() {
    let server = S3Server::start(&["rollcall"]).await;
    let files = Files::in_s3(&server.settings("s3://rollcall/p")).unwrap();
    files.put("a", b"x".to_vec()).await.unwrap();
    let fetched = files.fetch("a").await.unwrap();
    let path = fetched.path().to_owned();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    drop(fetched);
    assert!(!path.exists());
}

#[tokio::test]
async fn wrong_credentials_and_a_missing_bucket_are_told_apart_from_a_dead_server() {
    let server = S3Server::start(&["rollcall"]).await;
    let wrong = S3Settings { secret_access_key: "wrong".to_owned(), ..server.settings("s3://rollcall/p") };
    let error = Files::in_s3(&wrong).unwrap().put("a", b"x".to_vec()).await.unwrap_err();
    assert!(matches!(error, FilesError::Denied { .. }), "{error}");
    let error = Files::in_s3(&server.settings("s3://nobucket/p")).unwrap().get("a").await.unwrap_err();
    assert!(matches!(error, FilesError::NotFound { .. }), "{error}");
    let dead = S3Settings { endpoint: "http://127.0.0.1:9".to_owned(), ..server.settings("s3://rollcall/p") };
    let error = Files::in_s3(&dead).unwrap().check().await.unwrap_err();
    assert!(matches!(error, FilesError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_costs_no_more_than_the_time_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let held = tokio::spawn(async move {
        let mut connections = vec![];
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    let settings = S3Settings { endpoint, timeout: Duration::from_millis(200), ..s3_server::settings("s3://b/p", "") };
    let error = Files::in_s3(&settings).unwrap().get("a").await.unwrap_err();
    assert!(matches!(error, FilesError::Unreachable { .. }), "{error}");
    held.abort();
}

#[test]
fn an_address_that_is_none_is_told() {
    for url in ["http://bucket", "s3://", "s3:///prefix"] {
        assert!(matches!(Files::in_s3(&s3_server::settings(url, "")), Err(FilesError::Settings(_))), "{url}");
    }
}

#[tokio::test]
async fn a_folder_is_private_and_leaves_nothing_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let files = Files::in_folder(&root).unwrap();
    files.put("a/b", b"x".to_vec()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&root), mode(&root.join("a")), mode(&root.join("a/b"))), (0o700, 0o700, 0o600));
    assert_eq!(std::fs::read_dir(root.join(".part")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_a_killed_write_has_left_is_swept_and_what_is_new_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path()).unwrap();
    let left = folder.path().join(".part/left");
    std::fs::write(&left, b"half").unwrap();
    assert_eq!(keys(&files, "").await, Vec::<String>::new());
    let written: chrono::DateTime<chrono::Utc> = std::fs::metadata(&left).unwrap().modified().unwrap().into();
    assert_eq!(files.sweep_unfinished(written).await.unwrap(), 0);
    assert_eq!(files.sweep_unfinished(written + chrono::TimeDelta::seconds(1)).await.unwrap(), 1);
    assert!(!left.exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_a_folder_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path()).unwrap();
    files.put("a", b"x".to_vec()).await.unwrap();
    assert!(files.put("a/b", b"x".to_vec()).await.is_err());
    assert!(files.put_many(vec![("a/b".to_owned(), b"x".to_vec())]).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path().join(".part")).unwrap().count(), 0);
}

/// A file size limit on a process of its own stands for the full disk: the write fails in the middle.
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    // SIGXFSZ is ignored, as EFBIG is what a program without a handler of its own should see; 8 blocks are 4 or 8 KiB.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact --nocapture writes_more_than_fits";
    let status =
        Command::new("sh").args(["-c", script]).arg(this).env("FILES_TEST_ROOT", folder.path()).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    assert!(String::from_utf8_lossy(&status.stdout).contains("1 passed"));
}

#[tokio::test]
// Does nothing of its own: the test above runs it in a process with a limit.
async fn writes_more_than_fits() {
    let Ok(root) = std::env::var("FILES_TEST_ROOT") else { return };
    let files = Files::in_folder(&root).unwrap();
    let error = files.put("a/large", vec![1; 1_000_000]).await.unwrap_err();
    assert!(matches!(error, FilesError::Full { .. }), "{error}");
    let many = vec![("b/small".to_owned(), vec![1; 10]), ("b/large".to_owned(), vec![1; 1_000_000])];
    assert!(matches!(files.put_many(many).await, Err(FilesError::Full { .. })));
    assert_eq!(files.head("a/large").await.unwrap(), None);
    assert_eq!(std::fs::read_dir(Path::new(&root).join(".part")).unwrap().count(), 0);
    files.put("a/small", vec![1; 10]).await.unwrap();
}
