//! Outbox, broker and worker together on every pair of database and broker: what is committed is done once, whatever
//! becomes of its bell.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use broker::{Bell, Broker, Delivery, Settings, Subscription, ack_all};
use messages::{Envelope, Queue};
use store::messages::{
    Job, RingLimits, claim_due, claim_named, finish, open_by, outbox_lag_s, ring_again, ring_all, take_due_bells,
};
use support::eventually;
use support::servers::rabbitmq::SharedRabbit;
use tokio::time::timeout;
use uuid::Uuid;

use super::engines::{Place, at, id, mail, message, put};

/// Makes of each async function over a [`Line`] one test per pair of engines.
macro_rules! on_every_pair {
    ($($test:ident),+ $(,)?) => {
        on_every_pair!(sqlite_embedded, Line::embedded(Place::sqlite()), $($test),+);
        on_every_pair!(postgres_embedded, Line::embedded(Place::postgres().await), $($test),+);
        on_every_pair!(sqlite_rabbitmq, Line::rabbitmq(Place::sqlite()).await, $($test),+);
        on_every_pair!(postgres_rabbitmq, Line::rabbitmq(Place::postgres().await).await, $($test),+);
    };
    ($pair:ident, $line:expr, $($test:ident),+) => {
        mod $pair {
            use super::{Line, Place};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let line = $line;
                line.place.store.migrate().await.unwrap();
                super::$test(&line).await;
                line.broker.close().await;
            })+
        }
    };
}

on_every_pair!(
    what_is_committed_reaches_a_worker_and_is_done_once,
    two_workers_share_a_queue,
    a_bell_that_was_never_rung_rings_later,
    a_bell_that_is_given_back_comes_again,
    a_second_copy_finds_the_job_done,
    bells_of_one_queue_do_not_reach_another,
    what_lies_at_the_broker_is_counted,
    after_a_loss_everything_that_waits_rings_again,
    a_healthy_broker_has_no_problems,
    a_closed_broker_ends_its_subscriptions,
);

/// No condition takes longer to come true on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A database and a broker.
pub struct Line {
    place: Place,
    broker: Arc<dyn Broker>,
    rabbit: Option<SharedRabbit>,
}

impl Line {
    fn embedded(place: Place) -> Self {
        Self { place, broker: broker::connect(Settings::new("embedded", "rollcall")).unwrap(), rabbit: None }
    }

    async fn rabbitmq(place: Place) -> Self {
        let rabbit = SharedRabbit::fresh().await;
        let mut settings = Settings::new(rabbit.url(), rabbit.prefix());
        // A stalling disk of a busy machine is not what is tried here.
        settings.limit = Duration::from_secs(20);
        settings.watch_every = Duration::from_millis(200);
        Self { place, broker: broker::connect(settings).unwrap(), rabbit: Some(rabbit) }
    }

    /// Rings what is due, as the sweep does: what is not confirmed rings again. The ids confirmed. Workers of the
    /// embedded broker need no bells, they look into the table.
    async fn sweep(&self, now_s: i64) -> Vec<Uuid> {
        if self.rabbit.is_none() {
            self.broker.nudge_all();
            return Vec::new();
        }
        let room: HashMap<Queue, i64> = Queue::ALL.into_iter().map(|queue| (queue, 100)).collect();
        let limits = RingLimits { room, again_s: 60 };
        let bells = kept!(self.place.store, unit => take_due_bells(&mut unit, &limits, at(now_s)));
        let confirmed = self.publish(&bells).await;
        let lost: Vec<Uuid> = bells.iter().map(|(_, bell)| bell.id).filter(|id| !confirmed.contains(id)).collect();
        kept!(self.place.store, unit => ring_again(&mut unit, &lost, at(now_s)));
        confirmed
    }

    /// Publishes; a connection that is only just being made confirms nothing yet.
    async fn publish(&self, bells: &[(Queue, Envelope)]) -> Vec<Uuid> {
        eventually(SOON, "the broker takes messages", async || self.broker.publish(bells).await.ok()).await
    }

    /// Sweeps until no bell is due any more: all are confirmed.
    async fn sweep_all(&self, now_s: i64) {
        eventually(SOON, "every bell is confirmed", async || {
            self.sweep(now_s).await;
            let overdue_s = seen!(self.place.store, view => outbox_lag_s(&mut view, at(now_s + 1)));
            (overdue_s == 0 || self.rabbit.is_none()).then_some(())
        })
        .await;
    }

    async fn subscribe(&self, queue: Queue) -> Box<dyn Subscription> {
        self.broker.subscribe(queue, 50).await.unwrap()
    }

    /// Takes what the bells are about.
    async fn claim(&self, worker: Uuid, queue: Queue, bells: &[Delivery], now_s: i64) -> Vec<Job> {
        let mut ids = Vec::new();
        let mut look = false;
        for delivery in bells {
            match &delivery.bell {
                Bell::Look => look = true,
                Bell::Envelope(envelope) => ids.push(envelope.id),
                Bell::Undecodable { error, .. } => panic!("nobody published that: {error}"),
            }
        }
        let mut jobs = kept!(self.place.store, unit => claim_named(&mut unit, worker, &ids, at(now_s)));
        if look {
            jobs.extend(kept!(self.place.store, unit => claim_due(&mut unit, worker, queue, 50, at(now_s))));
        }
        jobs
    }

    /// Works a queue until nothing is open any more; the ids of the jobs done, in the order of their doing.
    async fn work(&self, worker: Uuid, queue: Queue, now_s: i64) -> Vec<Uuid> {
        let mut subscription = self.subscribe(queue).await;
        let mut done = Vec::new();
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        let work = async {
            while seen!(self.place.store, view => open_by(&mut view, at(now_s))) > 0 {
                let bells = tokio::select! {
                    bells = subscription.next(10) => bells,
                    _ = ticks.tick() => continue,
                };
                let jobs = self.claim(worker, queue, &bells, now_s).await;
                ack_all(bells);
                let all: Vec<&Job> = jobs.iter().collect();
                kept!(self.place.store, unit => finish(&mut unit, worker, &all, at(now_s)));
                done.extend(jobs.iter().map(|job| job.envelope.id));
                self.broker.nudge(queue);
            }
        };
        timeout(SOON, work).await.expect("everything is done in time");
        done
    }
}

async fn what_is_committed_reaches_a_worker_and_is_done_once(line: &Line) {
    let rows: Vec<_> = (1..=120).map(|number| mail(number, 0)).collect();
    put(&line.place.store, &rows).await;
    // The room for one round is 100.
    assert!(line.sweep(0).await.len() <= 100);
    let ((), done) = tokio::join!(line.sweep_all(0), line.work(id(0xA), Queue::Mails, 0));
    assert_eq!(done.len(), 120);
    assert_eq!(BTreeSet::from_iter(done).len(), 120);
}

async fn two_workers_share_a_queue(line: &Line) {
    let rows: Vec<_> = (1..=90).map(|number| mail(number, 0)).collect();
    put(&line.place.store, &rows).await;
    let work = |worker| line.work(id(worker), Queue::Mails, 0);
    let ((), mine, yours) = tokio::join!(line.sweep_all(0), work(0xA), work(0xB));
    assert_eq!(mine.len() + yours.len(), 90);
    assert_eq!(mine.into_iter().chain(yours).collect::<BTreeSet<_>>().len(), 90);
}

async fn a_bell_that_was_never_rung_rings_later(line: &Line) {
    put(&line.place.store, &[mail(1, 0)]).await;
    // The process dies between its commit and its publish.
    let room = RingLimits { room: HashMap::from([(Queue::Mails, 9)]), again_s: 60 };
    assert_eq!(kept!(line.place.store, unit => take_due_bells(&mut unit, &room, at(0))).len(), 1);
    assert!(line.sweep(59).await.is_empty());
    line.sweep_all(60).await;
    assert_eq!(line.work(id(0xA), Queue::Mails, 60).await, [id(1)]);
}

async fn a_bell_that_is_given_back_comes_again(line: &Line) {
    put(&line.place.store, &[mail(1, 0)]).await;
    line.sweep_all(0).await;
    let mut subscription = line.subscribe(Queue::Mails).await;
    for delivery in timeout(SOON, subscription.next(1)).await.expect("a bell in time") {
        delivery.give_back();
    }
    drop(subscription);
    line.broker.nudge(Queue::Mails);
    assert_eq!(line.work(id(0xB), Queue::Mails, 0).await, [id(1)]);
}

async fn a_second_copy_finds_the_job_done(line: &Line) {
    let rows = [mail(1, 0), mail(2, 0)];
    put(&line.place.store, &rows).await;
    line.sweep_all(0).await;
    assert_eq!(line.work(id(0xA), Queue::Mails, 0).await.len(), 2);
    let copies: Vec<_> = rows.iter().map(|row| (row.queue, row.envelope.clone())).collect();
    let mut confirmed = line.publish(&copies).await;
    confirmed.sort_unstable();
    assert_eq!(confirmed, [id(1), id(2)]);
    line.broker.nudge(Queue::Mails);
    let mut subscription = line.subscribe(Queue::Mails).await;
    let bells = timeout(SOON, subscription.next(9)).await.expect("a bell in time");
    assert!(line.claim(id(0xB), Queue::Mails, &bells, 0).await.is_empty());
    ack_all(bells);
}

async fn bells_of_one_queue_do_not_reach_another(line: &Line) {
    put(&line.place.store, &[mail(1, 0), message(Queue::Notices, 2, 0)]).await;
    line.sweep_all(0).await;
    let mut notices = line.subscribe(Queue::Notices).await;
    let bells = timeout(SOON, notices.next(9)).await.expect("a bell in time");
    let jobs = line.claim(id(0xA), Queue::Notices, &bells, 0).await;
    assert_eq!(jobs.iter().map(|job| job.envelope.id).collect::<Vec<_>>(), [id(2)]);
    ack_all(bells);
    kept!(line.place.store, unit => finish(&mut unit, id(0xA), &[&jobs[0]], at(0)));
    assert_eq!(line.work(id(0xA), Queue::Mails, 0).await, [id(1)]);
}

async fn what_lies_at_the_broker_is_counted(line: &Line) {
    put(&line.place.store, &[mail(1, 0), mail(2, 0), message(Queue::Notices, 3, 0)]).await;
    line.sweep_all(0).await;
    eventually(SOON, "the broker counts what it holds", async || {
        let depths = line.broker.depths().await.ok()?;
        let of = |queue| depths.get(&queue).copied();
        let expected = if line.rabbit.is_some() { [Some(2), Some(1), Some(0)] } else { [None; 3] };
        ([of(Queue::Mails), of(Queue::Notices), of(Queue::Uploads)] == expected).then_some(())
    })
    .await;
    assert!(line.publish(&[]).await.is_empty());
}

async fn after_a_loss_everything_that_waits_rings_again(line: &Line) {
    put(&line.place.store, &[mail(1, 0), mail(2, 0)]).await;
    line.sweep_all(0).await;
    let before = line.broker.generation();
    if let Some(rabbit) = &line.rabbit {
        rabbit.wipe().await;
        eventually(SOON, "the loss is seen", async || (line.broker.generation() > before).then_some(())).await;
    } else {
        assert_eq!(before, 0, "the embedded broker holds nothing that could be lost");
    }
    kept!(line.place.store, unit => ring_all(&mut unit, at(1)));
    line.sweep_all(1).await;
    let done = line.work(id(0xA), Queue::Mails, 1).await;
    assert_eq!(BTreeSet::from_iter(done), BTreeSet::from([id(1), id(2)]));
}

async fn a_healthy_broker_has_no_problems(line: &Line) {
    line.publish(&[]).await;
    let health = eventually(SOON, "the broker answers", async || line.broker.check().await.ok()).await;
    assert!(health.problems().is_empty(), "{:?}", health.problems());
    assert_eq!(health.queues.is_empty(), line.rabbit.is_none());
}

async fn a_closed_broker_ends_its_subscriptions(line: &Line) {
    let mut worker = line.subscribe(Queue::Mails).await;
    let mut letters =
        eventually(SOON, "dead letters can be read", async || line.broker.dead_letters().await.ok()).await;
    line.broker.close().await;
    let ended = async {
        // The embedded broker's first look may still be there.
        while !worker.next(9).await.is_empty() {}
        letters.next(9).await
    };
    assert!(timeout(SOON, ended).await.expect("they end").is_empty());
}
