//! SIGTERM: what is held is finished, the rest is given back with no attempt spent; and several processes share the queues.

use super::{
    books::books,
    scene::{SOON, Scene, open_messages},
    turn,
};
use support::{Ended, eventually};

#[tokio::test]
async fn a_worker_that_is_terminated_finishes_what_it_holds_and_gives_back_the_rest_unspent() {
    let _turn = turn().await;
    let mut scene = Scene::distributed(601).await;
    let rosters = scene.federation.rosters(60, 5, 12);
    scene.accept(rosters).await;
    let mut worker = scene.start().await;
    worker.says("an upload has ended", SOON).await;
    assert_eq!(worker.terminate().await, Ended::Code(0));
    // Nothing is held by anybody, and whatever is not done has no attempt on record.
    let mut database = scene.database().connect().await;
    let (running, spent, open): (i64, i64, i64) = sqlx::query_as(
        "SELECT COUNT(CASE WHEN state = 'running' THEN 1 END), COUNT(CASE WHEN state = 'ready' AND attempts > 0 THEN 1 END), \
         COUNT(CASE WHEN state = 'ready' THEN 1 END) FROM messages",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    assert_eq!((running, spent), (0, 0), "{}", worker.log());
    assert!(open > 0, "it was stopped before all was done");
    let (workers,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM workers").fetch_one(&mut database).await.unwrap();
    assert_eq!(workers, 0, "it took its leave");
    let worker = scene.start().await;
    scene.settled(&worker).await;
    let (most,): (i32,) = sqlx::query_as("SELECT MAX(attempts) FROM messages").fetch_one(&mut database).await.unwrap();
    assert_eq!(most, 1, "everything ran once");
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn a_serve_that_is_terminated_over_and_over_does_everything_once() {
    let _turn = turn().await;
    let mut scene = Scene::embedded(602).await;
    let rosters = scene.federation.rosters(40, 5, 12);
    scene.accept(rosters).await;
    for _ in 0..3 {
        let mut serve = scene.start().await;
        eventually(SOON, "it has begun", async || {
            (serve.log().contains("an upload has ended") || open_messages(&serve).await == Some(0)).then_some(())
        })
        .await;
        assert_eq!(serve.terminate().await, Ended::Code(0));
    }
    let serve = scene.start().await;
    scene.settled(&serve).await;
    books(&scene).await.balance(&scene, 0);
}

#[tokio::test]
async fn two_workers_and_a_serve_share_the_queues_and_do_everything_once() {
    let _turn = turn().await;
    let mut scene = Scene::distributed(603).await;
    let processes = [scene.start().await, scene.start().await, scene.installation.start(&["serve"]).await];
    for _ in 0..6 {
        let rosters = scene.federation.rosters(20, 5, 12);
        scene.accept(rosters).await;
    }
    scene.settled(&processes[0]).await;
    for process in &processes {
        assert!(process.log().contains("an upload has ended"), "it had a share:\n{}", process.log());
    }
    let mut database = scene.database().connect().await;
    let (most,): (i32,) = sqlx::query_as("SELECT MAX(attempts) FROM messages").fetch_one(&mut database).await.unwrap();
    assert_eq!(most, 1, "nothing ran twice");
    books(&scene).await.balance(&scene, 0);
}
