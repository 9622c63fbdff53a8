//! A message that kills its process each time: dead after three deaths alone, while all others are done.

use super::{
    books::{Books, books},
    scene::{ABORTED, SOON, Scene, open_messages},
    turn,
};
use support::eventually;

/// Deaths until the message is given up: once in company, three times alone.
const DEATHS: usize = 4;

async fn one_message_kills_every_process(mut scene: Scene) {
    scene.installation.must(&["account", "add", "clerk", "--email", "clerk@example.org"]).await;
    scene.installation.must(&["account", "grant", "clerk", "federation"]).await;
    let rosters = scene.federation.rosters(10, 5, 10);
    scene.installation.set("account", "clerk");
    let ids = scene.accept(rosters).await;
    scene.installation.unset("account");
    let poisoned = ids[4].clone();
    let mut deaths = 0;
    let survivor = loop {
        let mut worker = scene.spawn_doomed(&format!("run@{poisoned}"));
        let died = eventually(SOON, "the process has died or nothing is open", async || {
            if !worker.runs() {
                return Some(true);
            }
            (open_messages(&worker).await == Some(0)).then_some(false)
        });
        if !died.await {
            break worker;
        }
        assert_eq!(worker.wait(SOON).await, ABORTED);
        deaths += 1;
        assert!(deaths <= DEATHS, "a message that kills its process does not loop");
    };
    assert_eq!(deaths, DEATHS);
    // The clerk of the poisoned one is told; the others are done as if nothing had been.
    eventually(SOON, "the upload has failed and its mail is sent", async || {
        let mails = scene.installation.json(&["mail", "list"]).await;
        let of = |mail: &&serde_json::Value| mail["about"] == format!("upload:{poisoned}");
        let mail = mails.as_array()?.iter().find(of).cloned()?;
        let told = mail["kind"] == "upload-failed" && mail["to"] == "clerk@example.org" && mail["status"] == "sent";
        told.then_some(())
    })
    .await;
    let upload = scene.installation.json(&["upload", "show", &poisoned]).await;
    assert_eq!((&upload["status"], &upload["reason"]["code"]), (&"failed".into(), &"internal".into()));
    let dead = scene.installation.json(&["dead", "list"]).await;
    assert_eq!((dead.as_array().unwrap().len(), &dead[0]["count"]), (1, &1.into()), "{dead}");
    assert_eq!(dead[0]["kind"], "upload.received");
    let roster = scene.accepted.remove(&poisoned).unwrap();
    let done = scene.installation.json(&["upload", "list", "--status", "done"]).await;
    assert_eq!(done.as_array().unwrap().len(), 1 + scene.accepted.len());
    drop(survivor);
    // Without the poison a replay does it, and the failed upload becomes a done one.
    let worker = scene.start().await;
    let id = dead[0]["ids"][0].as_str().unwrap();
    let replayed = scene.installation.json(&["dead", "replay", id]).await;
    assert_eq!(replayed["replayed"], 1);
    scene.accepted.insert(poisoned.clone(), roster);
    scene.settled(&worker).await;
    let mut all = books(&scene).await;
    drop_failure_mail(&mut all, &poisoned);
    // Processes died with mails in between, too.
    all.balance(&scene, 2 * DEATHS);
}

/// The one upload has two mails by right: that it failed, and that it was done.
fn drop_failure_mail(books: &mut Books, upload: &str) {
    let about = format!("upload:{upload}");
    let place = books.mails.iter().position(|mail| mail["about"] == about.as_str() && mail["kind"] == "upload-failed");
    let mail = books.mails.remove(place.unwrap());
    let id = mail["id"].as_str().unwrap();
    books.copies.retain(|message_id, _| !message_id.contains(id));
}

#[tokio::test]
async fn a_message_that_kills_every_serve_dies_alone_and_can_be_replayed() {
    let _turn = turn().await;
    one_message_kills_every_process(Scene::embedded(301).await).await;
}

#[tokio::test]
async fn a_message_that_kills_every_worker_dies_alone_and_can_be_replayed() {
    let _turn = turn().await;
    one_message_kills_every_process(Scene::distributed(302).await).await;
}
