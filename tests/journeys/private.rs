//! Data at rest: only we may look into it, whatever the folder's mode was, and a data key is never made where there is another.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use support::Installation;
use support::servers::postgres::fresh_database;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

const PRIVATE: [&str; 4] = ["rollcall.db", "rollcall.db-wal", "rollcall.db-shm", "data.key"];

#[tokio::test]
async fn what_lies_in_the_data_folder_is_private_whatever_its_mode() {
    let mut at = Installation::embedded();
    at.through(&["/bin/sh", "-c", "umask 000; exec \"$0\" \"$@\""]);
    let data = at.folder().join("rollcall-data");
    std::fs::create_dir(&data).unwrap();
    chmod(&data, 0o777);
    let mut serve = at.start(&["serve"]).await;
    for name in PRIVATE {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&data), 0o700, "it held nothing but ours");
    for name in &PRIVATE[..3] {
        chmod(&data.join(name), 0o666);
    }
    chmod(&data, 0o755);
    let _ = at.must(&["org", "list"]).await;
    for name in &PRIVATE[..3] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name} was open and is tightened");
    }
    assert_eq!(mode(&data), 0o700);
    serve.terminate().await;
}

#[tokio::test]
async fn a_folder_that_holds_other_things_keeps_its_mode_and_is_told_of_where_others_may_write() {
    let at = Installation::embedded();
    let data = at.folder().join("rollcall-data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("letter.txt"), "somebody's").unwrap();
    chmod(&data, 0o755);
    let doctor = at.must(&["doctor"]).await;
    assert!(!doctor.contains("WRONG"), "{doctor}");
    chmod(&data, 0o777);
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("WRONG  privacy"), "{doctor}");
    assert_eq!(mode(&data), 0o777);
}

#[tokio::test]
async fn a_data_key_that_others_may_read_is_refused() {
    let at = Installation::embedded();
    let _ = at.must(&["migrate"]).await;
    let key = at.folder().join("rollcall-data/data.key");
    chmod(&key, 0o644);
    let error = at.run(&["org", "list", "--json"]).await.code(3).json();
    assert_eq!(error["error"]["code"], "data-key", "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("chmod 600"), "{error}");
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("chmod 600"), "{doctor}");
    chmod(&key, 0o600);
    let _ = at.must(&["org", "list"]).await;
}

#[tokio::test]
async fn no_key_is_made_beside_a_database_that_has_another() {
    let at = Installation::embedded();
    let _ = at.must(&["migrate"]).await;
    let key = at.folder().join("rollcall-data/data.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    without_its_key(&at, &key).await;
    std::fs::write(&key, kept).unwrap();
    chmod(&key, 0o600);
    let _ = at.must(&["org", "list"]).await;
}

#[tokio::test]
async fn no_key_is_made_on_a_second_machine_either() {
    let database = fresh_database().await;
    let mut machines = [Installation::embedded(), Installation::embedded()];
    for at in &mut machines {
        at.set("database.url", database.url());
    }
    let _ = machines[0].must(&["migrate"]).await;
    assert_eq!(mode(&machines[0].folder().join("rollcall-data/data.key")), 0o600);
    without_its_key(&machines[1], &machines[1].folder().join("rollcall-data/data.key")).await;
}

async fn without_its_key(at: &Installation, key: &Path) {
    let error = at.run(&["org", "list", "--json"]).await.code(3).json();
    assert_eq!(error["error"]["code"], "data-key", "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("put back"), "{error}");
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("data key that is not here"), "{doctor}");
    assert!(!key.exists(), "none was made");
}
