//! A full disk. A limit on the size of files stands in for it: to a program both are a write that fails.

use super::{
    books::{books, files},
    scene::{SOON, Scene},
    turn,
};
use std::process::Command;
use std::time::Duration;
use support::{Running, run_tool};
use tokio::time::Instant;

/// SIGXFSZ is ignored, as a write past the limit then fails like one on a full disk; `$0` is our binary.
const SHELL: &str = "trap '' XFSZ; exec \"$0\" \"$@\"";
/// The same with files of 2 to 4 KiB at the most: no workbook fits.
const FULL: &str = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"";

/// Limits the files of a running process to so many bytes, or not at all.
fn limit(process: &Running, bytes: &str) {
    let fsize = format!("--fsize={bytes}:unlimited");
    run_tool(Command::new("prlimit").args(["--pid", &process.id().to_string(), &fsize]));
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_with_a_sentence_and_leaves_nothing_behind() {
    let _turn = turn().await;
    let mut scene = Scene::distributed(901).await;
    let worker = scene.start().await;
    scene.settled(&worker).await;
    let before = files(&scene);
    let rosters = scene.federation.rosters(4, 20, 40);
    let words = scene.upload_words(&rosters);
    scene.installation.through(&["bash", "-c", FULL]);
    let refused = scene.installation.run(&words).await.code(3).json();
    scene.installation.through(&[]);
    assert_eq!(refused["error"]["code"], "files", "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("no room"), "{refused}");
    assert_eq!(files(&scene), before, "nothing is half-done in the file store");
    let uploads = scene.installation.json(&["upload", "list"]).await;
    assert_eq!(uploads.as_array().unwrap().len(), 1);
    scene.accept(rosters).await;
    scene.settled(&worker).await;
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn a_worker_on_a_full_disk_waits_and_goes_on_when_there_is_room() {
    let _turn = turn().await;
    let mut scene = Scene::distributed(902).await;
    scene.installation.through(&["bash", "-c", SHELL]);
    let mut worker = scene.start().await;
    scene.installation.through(&[]);
    scene.settled(&worker).await;
    limit(&worker, "4096");
    let rosters = scene.federation.rosters(6, 20, 40);
    scene.accept(rosters).await;
    // Its log is on the same full disk, so the reason is asked for where an operator sees it.
    let mut database = scene.database().connect().await;
    support::eventually(SOON, "the job says why it waits", async || {
        let sql = "SELECT last_error FROM messages WHERE state = 'ready' AND last_error IS NOT NULL LIMIT 1";
        let found: Option<(String,)> = sqlx::query_as(sql).fetch_optional(&mut database).await.unwrap();
        found.map(|(error,)| assert!(error.contains("no room"), "{error}"))
    })
    .await;
    assert!(worker.runs());
    let done = scene.installation.json(&["upload", "list", "--status", "done"]).await;
    assert_eq!(done.as_array().unwrap().len(), 1, "nothing is half-done");
    limit(&worker, "unlimited");
    scene.settled(&worker).await;
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn an_embedded_serve_whose_database_has_no_room_goes_on_when_there_is_some() {
    let _turn = turn().await;
    let mut scene = Scene::embedded(903).await;
    scene.installation.through(&["bash", "-c", SHELL]);
    let mut serve = scene.start().await;
    scene.installation.through(&[]);
    scene.settled(&serve).await;
    limit(&serve, "4096");
    let rosters = scene.federation.rosters(6, 20, 40);
    scene.accept(rosters).await;
    let full_until = Instant::now() + Duration::from_secs(4);
    support::until(SOON, "the disk was full for a while", || Instant::now() > full_until).await;
    assert!(serve.runs());
    let done = scene.installation.json(&["upload", "list", "--status", "done"]).await;
    assert_eq!(done.as_array().unwrap().len(), 1, "nothing is half-done");
    limit(&serve, "unlimited");
    scene.settled(&serve).await;
    books(&scene).await.balance(&scene, 0);
}
