//! `RabbitMQ` stopped, killed, wiped or frozen: accepting goes on, and work resumes within seconds of its return.

use super::{
    books::books,
    scene::{SOON, Scene},
    turn,
};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;
use support::servers::postgres::fresh_database;
use support::servers::rabbitmq::OwnRabbit;
use support::{Running, eventually};
use tokio::time::Instant;

/// "Within seconds": the longest wait before a rebuild is 5 s.
const SECONDS: Duration = Duration::from_secs(20);

async fn accept(scene: &mut Scene, count: usize) {
    let rosters = scene.federation.rosters(count, 5, 12);
    scene.accept(rosters).await;
}

async fn resumes(scene: &Scene, worker: &Running, what: &str) {
    let since = Instant::now();
    scene.settled_within(worker, SECONDS).await;
    eprintln!("{what}: everything done after {:.1} s", since.elapsed().as_secs_f64());
}

/// Stops or continues the node's process, as a machine that hangs.
fn signal(node: &OwnRabbit, signal: Signal) {
    let pid = std::fs::read_to_string(node.folder().join("pid")).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn nothing_is_lost_by_a_broker_that_is_stopped_killed_reset_or_frozen() {
    let _turn = turn().await;
    let database = fresh_database().await;
    let mut node = OwnRabbit::start().await;
    let mut scene = Scene::on(&database.url(), &node.url(), "faults", 701).await;
    let workers = [scene.start().await, scene.start().await];

    accept(&mut scene, 20).await;
    node.stop().await;
    let asked = Instant::now();
    accept(&mut scene, 20).await;
    assert!(asked.elapsed() < SECONDS, "accepting does not wait for the broker");
    node.start_again().await;
    resumes(&scene, &workers[0], "stopped and started").await;

    accept(&mut scene, 20).await;
    node.kill();
    accept(&mut scene, 20).await;
    node.start_again().await;
    resumes(&scene, &workers[0], "killed and started").await;

    accept(&mut scene, 20).await;
    node.wipe().await;
    accept(&mut scene, 20).await;
    resumes(&scene, &workers[0], "reset, all its files gone").await;

    accept(&mut scene, 10).await;
    signal(&node, Signal::STOP);
    let asked = Instant::now();
    accept(&mut scene, 10).await;
    assert!(asked.elapsed() < SOON, "accepting does not wait for a frozen broker for ever");
    let thaw = Instant::now() + Duration::from_secs(4);
    eventually(SOON, "it was frozen for a while", async || (Instant::now() > thaw).then_some(())).await;
    signal(&node, Signal::CONT);
    resumes(&scene, &workers[0], "frozen and thawed").await;

    books(&scene).await.balance(&scene, 0);
    drop(workers);
}

#[tokio::test]
async fn nothing_is_lost_when_queues_and_exchanges_are_deleted_under_load() {
    let _turn = turn().await;
    let mut scene = Scene::distributed(702).await;
    let workers = [scene.start().await, scene.start().await];
    for _ in 0..5 {
        accept(&mut scene, 20).await;
        scene.rabbit().wipe().await;
    }
    resumes(&scene, &workers[0], "queues and exchanges deleted five times").await;
    books(&scene).await.balance(&scene, 0);
    drop(workers);
}
