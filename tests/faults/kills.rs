//! A process is killed at every named point, at its first and at a later passing; another one goes on.

use super::{
    books::{books, files},
    scene::{ABORTED, SOON, Scene},
    turn,
};

/// Mails that can be between the server's answer and the ledger when a process dies, wherever: one for each connection.
const IN_BETWEEN: usize = 2;

/// Points of workers: before and after every commit and every effect outside.
const POINTS: [&str; 10] = [
    "after-claim",
    "after-claim:3",
    "before-commit",
    "before-commit:4",
    "after-commit",
    "after-commit:5",
    "before-send",
    "before-send:2",
    "after-send",
    "after-send:2",
];

async fn killed_at_every_point(mut scene: Scene) {
    let mut second_copies = 0;
    for point in POINTS {
        let rosters = scene.federation.rosters(8, 5, 40);
        scene.accept(rosters).await;
        let mut doomed = scene.spawn_doomed(point);
        assert_eq!(doomed.wait(SOON).await, ABORTED, "at {point}");
        let mut worker = scene.start().await;
        scene.settled(&worker).await;
        assert_eq!(worker.terminate().await, support::Ended::Code(0));
        second_copies += IN_BETWEEN;
        books(&scene).await.balance(&scene, second_copies);
    }
}

#[tokio::test]
async fn a_serve_killed_at_any_point_leaves_the_books_right() {
    let _turn = turn().await;
    killed_at_every_point(Scene::embedded(101).await).await;
}

#[tokio::test]
async fn a_worker_killed_at_any_point_leaves_the_books_right() {
    let _turn = turn().await;
    killed_at_every_point(Scene::distributed(102).await).await;
}

async fn killed_while_accepting(mut scene: Scene) {
    let rosters = scene.federation.rosters(4, 5, 10);
    let words = scene.upload_words(&rosters);
    scene.installation.set("fail_points", "after-store");
    assert_eq!(scene.installation.run(&words).await.ended, ABORTED);
    scene.installation.unset("fail_points");
    // Files lie there that nobody knows (house keeping takes them away after a day); nothing was accepted.
    assert_eq!(files(&scene).iter().filter(|name| name.ends_with(".original")).count(), 1 + 4);
    let uploads = scene.installation.json(&["upload", "list"]).await;
    assert_eq!(uploads.as_array().unwrap().len(), 1, "only the organizations were accepted");
    // The clerk tries again, and this command dies after the commit: it is accepted, though nobody was told.
    scene.installation.set("fail_points", "after-accept");
    assert_eq!(scene.installation.run(&words).await.ended, ABORTED);
    scene.installation.unset("fail_points");
    let uploads = scene.installation.json(&["upload", "list"]).await;
    for upload in uploads.as_array().unwrap() {
        if let Some(roster) = rosters.iter().find(|roster| upload["file"] == roster.file.as_str()) {
            scene.accepted.insert(upload["id"].as_str().unwrap().to_owned(), roster.clone());
        }
    }
    assert_eq!(scene.accepted.len(), 4);
    let worker = scene.start().await;
    scene.settled(&worker).await;
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn a_command_killed_while_accepting_accepts_all_or_nothing_embedded() {
    let _turn = turn().await;
    killed_while_accepting(Scene::embedded(103).await).await;
}

#[tokio::test]
async fn a_command_killed_while_accepting_accepts_all_or_nothing_distributed() {
    let _turn = turn().await;
    killed_while_accepting(Scene::distributed(104).await).await;
}
