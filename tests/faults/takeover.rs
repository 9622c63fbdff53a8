//! How soon the work of a killed worker goes on, with the defaults: in under 30 seconds.

use super::{
    books::books,
    scene::{ABORTED, SOON, Scene},
    turn,
};
use std::time::Duration;
use tokio::time::Instant;

/// What the handbook promises.
const PROMISED: Duration = Duration::from_secs(30);

fn with_defaults(mut scene: Scene) -> Scene {
    scene.installation.unset("worker.heartbeat_s");
    scene.installation.unset("worker.dead_after_s");
    scene
}

fn told(what: &str, from: Instant) {
    eprintln!("{what}: {:.1} s", from.elapsed().as_secs_f64());
    assert!(from.elapsed() < PROMISED, "{what}");
}

#[tokio::test]
async fn the_work_of_a_killed_worker_goes_on_at_another_in_under_30_seconds() {
    let _turn = turn().await;
    let mut scene = with_defaults(Scene::distributed(501).await);
    let mut other = scene.start().await;
    scene.settled(&other).await;
    // The other one looks away until the doomed one has taken its share.
    let mut doomed = scene.spawn_doomed("before-commit");
    doomed.ready().await;
    other.freeze();
    let rosters = scene.federation.rosters(12, 5, 10);
    scene.accept(rosters).await;
    assert_eq!(doomed.wait(SOON).await, ABORTED);
    let died = Instant::now();
    other.resume();
    scene.settled_within(&other, PROMISED + SOON).await;
    told("killed worker, another one alive: everything done after", died);
    books(&scene).await.balance(&scene, 4);
}

#[tokio::test]
async fn the_work_of_a_killed_serve_goes_on_at_once_when_it_is_started_again() {
    let _turn = turn().await;
    let mut scene = with_defaults(Scene::embedded(502).await);
    let rosters = scene.federation.rosters(12, 5, 10);
    scene.accept(rosters).await;
    let mut doomed = scene.spawn_doomed("before-commit:2");
    assert_eq!(doomed.wait(SOON).await, ABORTED);
    let died = Instant::now();
    let serve = scene.start().await;
    scene.settled(&serve).await;
    told("killed serve, started again: everything done after", died);
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn a_bell_whose_ringer_was_killed_is_rung_again_in_under_30_seconds() {
    let _turn = turn().await;
    let mut scene = with_defaults(Scene::distributed(503).await);
    let other = scene.start().await;
    scene.settled(&other).await;
    drop(other);
    // Accepted by a command that dies before it can ring: the sweep of the first worker takes the bells, and dies.
    let rosters = scene.federation.rosters(3, 5, 10);
    let words = scene.upload_words(&rosters);
    scene.installation.set("fail_points", "after-accept");
    assert_eq!(scene.installation.run(&words).await.ended, ABORTED);
    scene.installation.unset("fail_points");
    let mut doomed = scene.spawn_doomed("before-ring");
    assert_eq!(doomed.wait(SOON).await, ABORTED);
    let died = Instant::now();
    let other = scene.start().await;
    scene.settled_within(&other, PROMISED + SOON).await;
    told("sweep killed between taking bells and ringing: everything done after", died);
    let uploads = scene.installation.json(&["upload", "list", "--status", "done"]).await;
    assert_eq!(uploads.as_array().unwrap().len(), 1 + 3);
}
