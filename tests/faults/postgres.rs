//! `PostgreSQL` restarted, killed and away for a while under load.

use super::{
    books::books,
    scene::{LIMIT, SOON, Scene},
    turn,
};
use std::time::Duration;
use support::eventually;
use support::servers::postgres::OwnPostgres;
use support::servers::rabbitmq::SharedRabbit;
use tokio::time::Instant;

#[tokio::test]
async fn nothing_is_lost_or_done_twice_by_a_database_that_is_restarted_killed_or_away() {
    let _turn = turn().await;
    let rabbit = SharedRabbit::fresh().await;
    let mut server = OwnPostgres::start().await;
    let mut scene = Scene::on(&server.url(), rabbit.url(), rabbit.prefix(), 801).await;
    let workers = [scene.start().await, scene.start().await];

    for killed in [false, true] {
        for _ in 0..3 {
            let rosters = scene.federation.rosters(20, 5, 12);
            scene.accept(rosters).await;
        }
        if killed {
            server.kill();
            server.start_again().await;
        } else {
            server.restart().await;
        }
    }
    scene.settled(&workers[0]).await;

    // Away for longer than a worker may be silent: nobody's jobs are taken from him for that.
    let rosters = scene.federation.rosters(20, 5, 12);
    scene.accept(rosters).await;
    server.stop().await;
    let more = scene.federation.rosters(4, 5, 12);
    let refused = scene.installation.run(&scene.upload_words(&more)).await.code(3).json();
    assert_eq!(refused["error"]["code"], "database", "{refused}");
    let back = Instant::now() + Duration::from_secs(5);
    eventually(SOON, "it was away for a while", async || (Instant::now() > back).then_some(())).await;
    server.start_again().await;
    scene.accept(more).await;
    scene.settled_within(&workers[0], LIMIT).await;
    for worker in &workers {
        assert!(!worker.log().contains("fell silent"), "{}", worker.log());
    }
    books(&scene).await.balance(&scene, 0);
    drop(workers);
}
