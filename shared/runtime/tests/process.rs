//! What can only be seen of a whole process: signals, and what is logged of a panic.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Set for the stand-ins below, which do nothing without it.
const INNER: &str = "RUNTIME_TEST_INNER";

/// Runs one of the stand-ins below in a process of its own.
fn process(test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(INNER, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn terminate(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_first_signal_asks_and_the_second_ends() {
    let mut child = process("waits_for_signals");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("listening")));
    terminate(&child);
    assert!(lines.any(|line| line == "asked to stop"));
    terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[tokio::test]
// Does nothing of its own: the test above runs it as a process.
async fn waits_for_signals() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let token = runtime::shutdown::on_signals().unwrap();
    println!("\nlistening");
    token.cancelled().await;
    println!("asked to stop");
    std::future::pending::<()>().await;
}

#[test]
fn a_panic_is_logged_with_its_place_and_without_its_message() {
    let output = process("panics_over_a_row").wait_with_output().unwrap();
    let logged = String::from_utf8(output.stderr).unwrap();
    assert!(logged.contains("process.rs") && logged.contains("a panic"), "{logged}");
    assert!(!logged.contains("somebody"), "{logged}");
    assert!(logged.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{logged}");
}

#[test]
// Does nothing of its own: the test above runs it as a process.
fn panics_over_a_row() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let flags = vec![("log.format".to_owned(), "json".to_owned())];
    let config = runtime::Config::read(&runtime::Sources { flags, ..Default::default() }).unwrap();
    runtime::telemetry::start_logs(&config.log).unwrap();
    panic!("the row of somebody");
}
