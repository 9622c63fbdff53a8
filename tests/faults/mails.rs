//! A mail server that is down, says later, says never, or is lost after it has taken the text.

use super::{
    books::books,
    scene::{SOON, Scene},
    turn,
};
use serde_json::Value;
use std::time::Duration;
use support::eventually;
use support::servers::smtp::Mode;

async fn mails(scene: &Scene) -> Vec<Value> {
    let Value::Array(mails) = scene.installation.json(&["mail", "list", "--most", "1000"]).await else {
        panic!("mails are a list")
    };
    mails
}

fn attempts(mails: &[Value]) -> u64 {
    mails.iter().map(|mail| mail["attempts"].as_u64().unwrap()).sum()
}

/// A scene with a running serve; its own mail about the organizations has arrived.
async fn scene(seed: u64) -> (Scene, support::Running) {
    let scene = Scene::embedded_with_smtp(seed).await;
    let serve = scene.start().await;
    scene.settled(&serve).await;
    (scene, serve)
}

async fn all_uploads_done(scene: &Scene) {
    eventually(SOON, "all uploads are done", async || {
        let done = scene.installation.json(&["upload", "list", "--status", "done", "--most", "1000"]).await;
        (done.as_array()?.len() == 1 + scene.accepted.len()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn mails_wait_for_a_server_that_is_down_and_arrive_once_when_it_is_up() {
    let _turn = turn().await;
    let (mut scene, serve) = scene(401).await;
    scene.smtp.as_mut().unwrap().down();
    let rosters = scene.federation.rosters(40, 5, 8);
    scene.accept(rosters).await;
    all_uploads_done(&scene).await;
    // The breaker lets one try for all: while the server is down, a few dozen attempts stand against forty mails that
    // would each try every two seconds.
    let down_until = tokio::time::Instant::now() + Duration::from_secs(5);
    eventually(SOON, "the server was down for a while", async || {
        (tokio::time::Instant::now() > down_until).then_some(())
    })
    .await;
    let waiting = mails(&scene).await;
    assert!(attempts(&waiting) < 1 + 20, "{} attempts", attempts(&waiting));
    assert_eq!(waiting.iter().filter(|mail| mail["status"] == "queued").count(), 40);
    assert_eq!(scene.installation.json(&["dead", "list"]).await, Value::Array(vec![]));
    scene.smtp.as_mut().unwrap().up().await;
    scene.settled(&serve).await;
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn mails_that_are_put_off_are_accepted_later_and_arrive_once() {
    let _turn = turn().await;
    let (mut scene, serve) = scene(402).await;
    scene.smtp.as_ref().unwrap().answer(Mode::Temporary { times: 1 });
    let rosters = scene.federation.rosters(8, 5, 8);
    scene.accept(rosters).await;
    scene.settled(&serve).await;
    let of_uploads = mails(&scene).await;
    assert_eq!(attempts(&of_uploads), 1 + 2 * 8, "each was put off once");
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn a_mail_that_is_refused_is_asked_once_and_can_be_sent_again_by_hand() {
    let _turn = turn().await;
    let (mut scene, serve) = scene(403).await;
    scene.smtp.as_ref().unwrap().answer(Mode::Refuse);
    let rosters = scene.federation.rosters(4, 5, 8);
    scene.accept(rosters).await;
    scene.settled(&serve).await;
    let refused: Vec<Value> = mails(&scene).await.into_iter().filter(|mail| mail["status"] == "refused").collect();
    assert_eq!((refused.len(), attempts(&refused)), (4, 4));
    assert!(refused.iter().all(|mail| mail["last_error"].as_str().unwrap().contains("550")), "{refused:?}");
    let mut found = books(&scene).await;
    found.nothing_is_open();
    found.every_mail_arrived(0);
    assert!(found.dead.is_empty(), "a refusal is an outcome, not a failure");
    scene.smtp.as_ref().unwrap().answer(Mode::Accept);
    for mail in &refused {
        scene.installation.json(&["mail", "resend", mail["id"].as_str().unwrap()]).await;
    }
    scene.settled(&serve).await;
    found = books(&scene).await;
    found.balance(&scene, 0);
}

#[tokio::test]
async fn a_connection_lost_after_the_text_is_followed_by_a_second_copy_of_the_same_message() {
    let _turn = turn().await;
    let (mut scene, serve) = scene(404).await;
    scene.smtp.as_ref().unwrap().answer(Mode::DropAfterData);
    let rosters = scene.federation.rosters(3, 5, 8);
    scene.accept(rosters).await;
    eventually(SOON, "each mail was taken, and nobody was told", async || {
        (scene.smtp.as_ref()?.received().len() > 3).then_some(())
    })
    .await;
    scene.smtp.as_ref().unwrap().answer(Mode::Accept);
    scene.settled(&serve).await;
    // The policy for results of uploads: never is worse than twice. Every copy is an attempt that stands in the ledger.
    let tried = attempts(&mails(&scene).await);
    let found = books(&scene).await;
    assert_eq!(found.copies.values().sum::<usize>() as u64, tried);
    assert!(tried > 4, "the first attempts were lost");
    found.balance(&scene, tried as usize - 4);
}

#[tokio::test]
async fn a_relay_that_refuses_us_holds_all_mails_and_everybody_says_so() {
    let _turn = turn().await;
    let (mut scene, serve) = scene(405).await;
    let answer = "554 5.7.1 Relay access denied";
    scene.smtp.as_ref().unwrap().answer(Mode::Answer { command: "RCPT", answer });
    let rosters = scene.federation.rosters(12, 5, 8);
    scene.accept(rosters).await;
    all_uploads_done(&scene).await;
    let told = eventually(SOON, "the process says that its mails are held", async || {
        let (status, body) = serve.page("/readyz").await?;
        (status == 200 && body.contains("held since") && body.contains("RCPT TO")).then_some(body)
    })
    .await;
    assert!(told.contains(r#""ready":true"#), "no reason to take it out of service: {told}");
    let waiting = mails(&scene).await;
    assert_eq!(waiting.iter().filter(|mail| mail["status"] == "queued").count(), 12);
    let doctor = scene.installation.run(&["doctor", "--json"]).await.code(1).json();
    let wrong: Vec<&str> = doctor.as_array().unwrap().iter().filter(|one| one["ok"] == false).map(what).collect();
    assert_eq!(wrong, ["mail", "mail ledger"], "{doctor}");
    scene.smtp.as_ref().unwrap().answer(Mode::Accept);
    scene.settled(&serve).await;
    books(&scene).await.balance(&scene, 0);
    let doctor = scene.installation.json(&["doctor"]).await;
    assert!(doctor.as_array().unwrap().iter().all(|one| one["ok"] == true), "{doctor}");
    let held = serve.log().matches("no mail goes out").count();
    assert_eq!(held, 1, "once when it began");
}

fn what(finding: &Value) -> &str {
    finding["what"].as_str().unwrap()
}
