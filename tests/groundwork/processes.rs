//! The helpers that wait, and those that run our binary (here a small script stands in for it).

use futures_util::FutureExt;
use std::os::unix::fs::PermissionsExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use support::{Ended, Installation, eventually, until};

const LIMIT: Duration = Duration::from_secs(20);

/// Stands in for the binary: nextest runs each test in a process of its own, cargo test does not, so the variable is
/// set for a child process of the test alone.
fn with_stand_in(name: &str) -> bool {
    if std::env::var_os("STAND_IN_IS_SET").is_some() {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("rollcall");
    let text = "#!/bin/sh\necho '{\"listens\": \"'$ROLLCALL_HTTP__LISTEN'\", \"url\": \"'$ROLLCALL_DATABASE__URL'\"}'\n\
        case $1 in fail) echo why >&2; exit 3;; wait) echo waiting >&2; trap 'exit 7' TERM; \
        while :; do read -t 1 line </dev/zero; done;; esac\n";
    std::fs::write(&script, text.replacen("#!/bin/sh", "#!/bin/bash", 1)).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let this = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(this);
    let ended = command
        .args(["--exact", name, "--nocapture"])
        .env("ROLLCALL_BIN", &script)
        .env("STAND_IN_IS_SET", "1")
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    false
}

#[tokio::test]
async fn a_command_is_run_with_its_settings_and_its_exit_code_is_known() {
    if !with_stand_in("groundwork::processes::a_command_is_run_with_its_settings_and_its_exit_code_is_known") {
        return;
    }
    let mut installation = Installation::embedded();
    installation.set("database.url", "postgres://nowhere");
    let document = installation.json(&["show"]).await;
    assert_eq!(document["url"], "postgres://nowhere");
    assert!(document["listens"].as_str().unwrap().starts_with("127.0.0.1:"));
    let outcome = installation.run(&["fail"]).await.code(3);
    assert_eq!(outcome.stderr, "why\n");
}

#[tokio::test]
async fn a_role_can_be_asked_killed_and_terminated() {
    if !with_stand_in("groundwork::processes::a_role_can_be_asked_killed_and_terminated") {
        return;
    }
    let installation = Installation::embedded();
    let mut role = installation.spawn(&["wait"]);
    role.says("waiting", LIMIT).await;
    assert!(role.runs());
    assert!(role.memory_bytes() > 0);
    assert_eq!(role.terminate().await, Ended::Code(7));
    let mut role = installation.spawn(&["wait"]);
    role.says("waiting", LIMIT).await;
    role.kill();
    assert_eq!(role.wait(LIMIT).await, Ended::Signal(9));
    let role = installation.spawn(&["wait"]);
    let process = std::path::PathBuf::from(format!("/proc/{}", role.id()));
    drop(role);
    assert!(!process.exists());
}

#[tokio::test]
async fn waiting_ends_with_the_value_or_with_what_was_waited_for() {
    let mut looks = 0;
    let found = eventually(LIMIT, "three looks were taken", async || {
        looks += 1;
        (looks == 3).then_some("found")
    })
    .await;
    assert_eq!(found, "found");
    let short = Duration::from_millis(60);
    let panic = AssertUnwindSafe(until(short, "the moon is full", || false)).catch_unwind().await.unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("the moon is full"));
    let hangs = eventually(short, "a hung look ends", async || std::future::pending::<Option<()>>().await);
    assert!(AssertUnwindSafe(hangs).catch_unwind().await.is_err());
}
