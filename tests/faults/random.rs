//! kill -9 at random moments while 200 uploads are accepted and worked off.

use super::{
    books::books,
    scene::{LIMIT, Scene, open_messages},
    turn,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::time::Duration;
use support::{Running, rounds, until};
use tokio::time::Instant;

/// Uploads of one run, and how many are accepted by one command.
const UPLOADS: usize = 200;
const TOGETHER: usize = 10;
/// Slots of the queue of mails, per process: so many may be between answer and ledger when it dies.
const IN_BETWEEN: usize = 2;

/// Accepts all; in between, and afterwards while there is work, processes are killed and others take their places.
async fn killed_at_random(mut scene: Scene, processes: usize, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let kills = rounds(3, 30);
    let mut workers: Vec<Running> = Vec::new();
    for _ in 0..processes {
        workers.push(scene.start().await);
    }
    let mut killed = 0;
    let mut accepted = 0;
    while accepted < UPLOADS || killed < kills {
        if accepted < UPLOADS {
            let rosters = scene.federation.rosters(TOGETHER, 5, 12);
            scene.accept(rosters).await;
            accepted += TOGETHER;
        }
        // Spread over the time in which there is work.
        let late = accepted as u64 * kills / UPLOADS as u64 > killed;
        if late && killed < kills {
            let moment = Instant::now() + Duration::from_millis(random.random_range(0..150));
            until(LIMIT, "the moment has come", || Instant::now() >= moment).await;
            let victim = random.random_range(0..processes);
            workers[victim].kill();
            workers[victim] = scene.installation.spawn(&[scene.role]);
            killed += 1;
        }
    }
    workers[0].ready().await;
    scene.settled(&workers[0]).await;
    assert_eq!(open_messages(&workers[0]).await, Some(0));
    books(&scene).await.balance(&scene, IN_BETWEEN * killed as usize);
}

#[tokio::test]
async fn two_hundred_uploads_survive_a_serve_killed_at_random_moments() {
    let _turn = turn().await;
    killed_at_random(Scene::embedded(201).await, 1, 201).await;
}

#[tokio::test]
async fn two_hundred_uploads_survive_two_workers_killed_at_random_moments() {
    let _turn = turn().await;
    killed_at_random(Scene::distributed(202).await, 2, 202).await;
}
