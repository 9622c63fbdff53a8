//! The loops of a runner: one per queue, one for jobs that run alone, and the heartbeat.

use std::{sync::Arc, time::Duration};

use broker::{Bell, Delivery, Subscription};
use messages::{Envelope, Kind, Queue};
use store::{
    StoreError, Unit,
    messages::{Job, NewMessage},
    workers::Worker,
};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Runner;

/// How often jobs that must run alone are looked for.
const LOOK_FOR_ALONE: Duration = Duration::from_secs(1);
/// How long to wait before the database or the broker is asked again after a failure.
const REST: Duration = Duration::from_millis(500);

impl Runner {
    /// Works until `stop`; then takes no more, finishes what it holds within the limit, gives back the rest.
    pub async fn work(self: Arc<Self>, stop: CancellationToken) -> Result<(), StoreError> {
        self.beat_until_heard(&stop).await;
        let beating = CancellationToken::new();
        let mut loops = JoinSet::new();
        let runner = Arc::clone(&self);
        let heart = tokio::spawn({
            let beating = beating.clone();
            async move { runner.heart(beating).await }
        });
        for queue in self.queues() {
            let (runner, stop) = (Arc::clone(&self), stop.clone());
            loops.spawn(async move { runner.queue_loop(queue, stop).await });
        }
        let (runner, alone_stop) = (Arc::clone(&self), stop.clone());
        loops.spawn(async move { runner.alone_loop(alone_stop).await });
        stop.cancelled().await;
        self.shift.stopping.cancel();
        let ended = async { while loops.join_next().await.is_some() {} };
        if tokio::time::timeout(self.settings.shutdown_limit, ended).await.is_err() {
            tracing::warn!("jobs ran longer than the shutdown limit; they are given back");
            loops.abort_all();
        }
        beating.cancel();
        let _ = heart.await;
        self.leave().await
    }

    /// One queue: as many groups at a time as there are slots; a delivery is taken only when a slot is free.
    async fn queue_loop(self: Arc<Self>, queue: Queue, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(self.settings.slots.max(1)));
        let mut groups = JoinSet::new();
        let mut more = false;
        let Some(mut bell) = self.subscribe(queue, &stop).await else { return };
        loop {
            let slot = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                slot = Arc::clone(&slots).acquire_owned() => slot,
            };
            let Ok(slot) = slot else { break };
            while groups.try_join_next().is_some() {}
            let deliveries = if more {
                vec![]
            } else {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    deliveries = bell.next(self.settings.batch) => deliveries,
                }
            };
            let jobs = match self.claim(queue, deliveries, &mut more).await {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(%queue, %error, "nothing could be claimed");
                    pause(REST, &stop).await;
                    continue;
                }
            };
            if jobs.is_empty() {
                continue;
            }
            let runner = Arc::clone(&self);
            groups.spawn(async move {
                let together = runner.alone.read().await;
                runner.run_claimed(jobs).await;
                drop(together);
                drop(slot);
            });
        }
        while groups.join_next().await.is_some() {}
    }

    async fn subscribe(&self, queue: Queue, stop: &CancellationToken) -> Option<Box<dyn Subscription>> {
        loop {
            match self.shift.broker.subscribe(queue, self.settings.prefetch).await {
                Ok(subscription) => return Some(subscription),
                Err(error) => {
                    tracing::error!(%queue, %error, "the queue can't be consumed");
                    pause(REST, stop).await;
                }
            }
            if stop.is_cancelled() {
                return None;
            }
        }
    }

    /// Claims what the bells are about. `more` tells that the table may hold more than was claimed.
    async fn claim(&self, queue: Queue, deliveries: Vec<Delivery>, more: &mut bool) -> Result<Vec<Job>, StoreError> {
        let mut look = *more;
        let mut ids = Vec::new();
        for delivery in &deliveries {
            match &delivery.bell {
                Bell::Look => look = true,
                Bell::Envelope(envelope) => {
                    if may_be_foreign(envelope) {
                        self.receive(queue, envelope).await?;
                    }
                    ids.push(envelope.id);
                }
                Bell::Undecodable { bytes, error } => self.keep_undecodable(queue, bytes, &error.to_string()).await?,
            }
        }
        let now = self.shift.desk.clock.machine_now();
        let mut jobs = Vec::new();
        let mut unit = self.shift.desk.store.begin().await?;
        if !ids.is_empty() {
            jobs = store::messages::claim_named(&mut unit, self.shift.worker, &ids, now).await?;
        }
        if look {
            let most = self.group(queue);
            let found = store::messages::claim_due(&mut unit, self.shift.worker, queue, most, now).await?;
            *more = found.len() == most;
            jobs.extend(found);
        }
        if !jobs.is_empty() {
            self.shift.desk.look_at_clock(&mut unit).await?;
        }
        self.commit_claim(unit, &jobs).await?;
        runtime::fail_point("after-claim");
        // The rows are ours now: what the broker held has served. What was not claimed was done before.
        broker::ack_all(deliveries);
        Ok(jobs)
    }

    /// Commits a claim. Where the answer is lost, the rows may be ours without our knowing it, and would stay so for as long
    /// as this process lives: they are given back, as soon as the database can be asked, before anything else is claimed.
    async fn commit_claim(&self, unit: Unit, jobs: &[Job]) -> Result<(), StoreError> {
        let Err(error) = unit.commit().await else { return Ok(()) };
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.envelope.id).collect();
        while !ids.is_empty() {
            match self.give_back_named(&ids).await {
                Ok(0) => break,
                Ok(given) => {
                    tracing::warn!(given, "a claim whose commit was not answered had succeeded; it was given back");
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "what a claim came to could not be asked yet");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        Err(error)
    }

    async fn give_back_named(&self, ids: &[Uuid]) -> Result<u64, StoreError> {
        let mut unit = self.shift.desk.store.begin().await?;
        let now = self.shift.desk.clock.machine_now();
        let given = store::messages::give_back_named(&mut unit, self.shift.worker, ids, now).await?;
        unit.commit().await?;
        Ok(given)
    }

    /// A message of another system, or of a newer program, gets a row before anything else; a second copy finds it.
    async fn receive(&self, queue: Queue, envelope: &Envelope) -> Result<(), StoreError> {
        let now = self.shift.desk.clock.machine_now();
        let row = NewMessage { envelope: envelope.clone(), queue, due_at: now, ring_at: now };
        let mut unit = self.shift.desk.store.begin().await?;
        store::messages::insert(&mut unit, &[row]).await?;
        unit.commit().await
    }

    async fn keep_undecodable(&self, queue: Queue, bytes: &[u8], error: &str) -> Result<(), StoreError> {
        let moment = self.shift.desk.moment();
        let id = self.shift.desk.id(moment);
        tracing::error!(%queue, %id, error, bytes = bytes.len(), "bytes that are no message were kept in the dead pile");
        let mut unit = self.shift.desk.store.begin().await?;
        store::messages::keep_undecodable(&mut unit, id, queue.name(), bytes, error, moment.machine).await?;
        unit.commit().await
    }

    /// Jobs over which a process died run one at a time, with nothing else in this process.
    async fn alone_loop(self: Arc<Self>, stop: CancellationToken) {
        let queues = self.queues();
        let mut ticks = tokio::time::interval(LOOK_FOR_ALONE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            while !stop.is_cancelled() {
                match self.run_one_alone(&queues).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "jobs that run alone could not be looked for");
                        break;
                    }
                }
            }
        }
    }

    async fn run_one_alone(&self, queues: &[Queue]) -> Result<bool, StoreError> {
        let store = &self.shift.desk.store;
        let now = self.shift.desk.clock.machine_now();
        let mut view = store.view().await?;
        if store::messages::count_alone(&mut view, now).await? == 0 {
            return Ok(false);
        }
        drop(view);
        let alone = self.alone.write().await;
        let mut unit = store.begin().await?;
        let now = self.shift.desk.clock.machine_now();
        let job = store::messages::claim_alone(&mut unit, self.shift.worker, queues, now).await?;
        self.shift.desk.look_at_clock(&mut unit).await?;
        self.commit_claim(unit, job.as_slice()).await?;
        let Some(job) = job else { return Ok(false) };
        tracing::info!(id = %job.envelope.id, kind = job.envelope.kind, "a job runs alone");
        self.run_claimed(vec![job]).await;
        drop(alone);
        Ok(true)
    }

    async fn heart(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.settings.heartbeat);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "the heartbeat could not be written");
            }
        }
    }

    async fn beat_until_heard(&self, stop: &CancellationToken) {
        while let Err(error) = self.beat().await {
            tracing::warn!(%error, "the first heartbeat could not be written");
            pause(REST, stop).await;
            if stop.is_cancelled() {
                return;
            }
        }
    }

    async fn beat(&self) -> Result<(), StoreError> {
        // The unit may wait long for its turn (one writer on SQLite): the sign of life is of the moment at which it is
        // written, or a worker behind a large import would look dead right after it.
        let mut unit = self.shift.desk.store.begin().await?;
        let now = self.shift.desk.clock.machine_now();
        let worker = Worker {
            id: self.shift.worker,
            role: self.settings.role.clone(),
            host: host(),
            pid: i64::from(std::process::id()),
            queues: self.queues().iter().map(|queue| queue.name()).collect::<Vec<_>>().join(" "),
            started_at: now,
            seen_at: now,
        };
        store::workers::beat(&mut unit, &worker).await?;
        unit.commit().await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        let mut unit = self.shift.desk.store.begin().await?;
        let given =
            store::messages::give_back(&mut unit, self.shift.worker, self.shift.desk.clock.machine_now()).await?;
        store::workers::leave(&mut unit, self.shift.worker).await?;
        unit.commit().await?;
        tracing::info!(given_back = given, "this worker has stopped");
        Ok(())
    }

    /// The identity of this worker.
    #[must_use]
    pub fn worker(&self) -> Uuid {
        self.shift.worker
    }
}

/// Our own messages have a row already; only these kinds may come from elsewhere.
fn may_be_foreign(envelope: &Envelope) -> bool {
    matches!(envelope.known_kind(), None | Some(Kind::UploadOffered))
}

/// The machine's name, for `doctor` and logs.
fn host() -> String {
    std::fs::read_to_string("/etc/hostname").map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// Waits, but not longer than until the stop.
async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}
