//! The sweep: what every process does each second so that nothing is left lying. It rings for what is due, takes back
//! what silent workers held, bridges the broker's own dead letters, and tidies up. No leader is needed for that.
//!
//! Ringing and watching take turns of their own: a broker that hangs does not keep a dead worker's jobs waiting.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use broker::Broker;
use chrono::{DateTime, TimeDelta, Utc};
use desk::Desk;
use messages::{Envelope, Kind, Queue};
use store::{
    StoreError,
    messages::{NewMessage, RingLimits},
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Bells taken for one queue in one round.
const BELLS: i64 = 2_000;
/// A queue that holds more than this at the broker needs no second bell for what is older.
const LONG_QUEUE: u64 = 2_000;
/// A bell that nobody followed rings again after this, in seconds: whoever took it may have died before ringing.
const RING_AGAIN_S: i64 = 20;

/// How the sweep is held.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// Time between two rounds.
    pub every: Duration,
    /// Silence after which a worker has lost what it held.
    pub dead_after: TimeDelta,
    /// Deaths alone after which a message is dead.
    pub attempts_alone: i32,
    /// Messages in a broker queue beyond which nothing more is rung.
    pub hold_back: u64,
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Bells rung.
    pub rung: usize,
    /// Jobs taken back from silent workers.
    pub revived: u64,
    /// Uploads that can't go on.
    pub failed: usize,
}

/// The sweep of one process.
pub struct Sweep {
    ringer: Ringer,
    watch: Watch,
}

/// Looks for workers that fell silent, and for uploads that can't go on.
struct Watch {
    desk: Desk,
    broker: Arc<dyn Broker>,
    settings: SweepSettings,
    /// Since when this process has heard from the database without a gap (machine clock).
    since: Option<DateTime<Utc>>,
    /// The last time that it heard.
    heard_at: DateTime<Utc>,
}

/// Rings for what is due.
struct Ringer {
    desk: Desk,
    broker: Arc<dyn Broker>,
    settings: SweepSettings,
    generation: u64,
}

impl Sweep {
    /// A sweep that has seen nothing yet.
    #[must_use]
    pub fn new(desk: Desk, broker: Arc<dyn Broker>, settings: SweepSettings) -> Self {
        let watch = Watch {
            desk: desk.clone(),
            broker: Arc::clone(&broker),
            settings: settings.clone(),
            since: None,
            heard_at: desk.clock.machine_now(),
        };
        let generation = broker.generation();
        Self { ringer: Ringer { desk, broker, settings, generation }, watch }
    }

    /// Sweeps until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let every = self.ringer.settings.every;
        tokio::join!(repeat(&mut self.ringer, every, &stop), repeat(&mut self.watch, every * 2, &stop));
    }

    /// One round of everything.
    pub async fn round(&mut self) -> Result<Swept, StoreError> {
        let (revived, failed) = self.watch.round().await?;
        Ok(Swept { rung: self.ringer.round().await?, revived, failed })
    }

    /// Takes back what any worker holds, silent or not: for a process that knows that no other one works the queues.
    pub async fn take_over(&self) -> Result<u64, StoreError> {
        self.watch.revive(TimeDelta::zero()).await
    }
}

/// One of the two halves of the sweep.
#[async_trait]
trait Half: Send {
    /// What it is called in logs.
    const WHAT: &'static str;
    /// Does its part once.
    async fn once(&mut self) -> Result<(), StoreError>;
}

#[async_trait]
impl Half for Ringer {
    const WHAT: &'static str = "ringing";

    async fn once(&mut self) -> Result<(), StoreError> {
        self.round().await.map(drop)
    }
}

#[async_trait]
impl Half for Watch {
    const WHAT: &'static str = "watching";

    async fn once(&mut self) -> Result<(), StoreError> {
        self.round().await.map(drop)
    }
}

/// Goes round until `stop`. A failure is logged once it begins and once it ends.
async fn repeat<H: Half>(half: &mut H, every: Duration, stop: &CancellationToken) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match half.once().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!(half = H::WHAT, "the sweep works again");
            }
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(half = H::WHAT, %error, "the sweep failed; it goes on trying");
            }
            _ => {}
        }
    }
}

impl Watch {
    /// Jobs taken back, and uploads that can't go on.
    ///
    /// While the database is away nobody can write a sign of life, so silence counts only as far as this process has
    /// been listening without a gap: otherwise the first to hear from the database again would take everybody's jobs.
    async fn round(&mut self) -> Result<(u64, usize), StoreError> {
        let begun = self.desk.clock.machine_now();
        let dead_after = self.settings.dead_after;
        if begun - self.heard_at >= dead_after {
            self.since = None;
        }
        let listened = self.since.map_or(TimeDelta::zero(), |since| begun - since);
        let done = async {
            let revived = if listened < dead_after { 0 } else { self.revive(dead_after).await? };
            Ok((revived, crate::upload::fail_dead(&self.desk, &self.broker).await?))
        };
        let done = done.await;
        self.heard_at = self.desk.clock.machine_now();
        // An answer that was long in coming is a gap, too.
        let waited = self.heard_at - begun >= dead_after / 3;
        self.since = match &done {
            Ok(_) if waited => Some(self.heard_at),
            Ok(_) => self.since.or(Some(self.heard_at)),
            Err(_) => None,
        };
        done
    }

    async fn revive(&self, dead_after: TimeDelta) -> Result<u64, StoreError> {
        let now = self.desk.clock.machine_now();
        let silent_since = now - dead_after;
        let mut unit = self.desk.store.begin().await?;
        let revived = store::messages::revive_lost(&mut unit, silent_since, now, self.settings.attempts_alone).await?;
        if revived > 0 {
            store::ledger::abandon_dead(&mut unit).await?;
        }
        store::workers::forget(&mut unit, silent_since).await?;
        unit.commit().await?;
        if revived > 0 {
            metrics::counter!("rollcall_jobs_revived_total").increment(revived);
            tracing::warn!(jobs = revived, "jobs of a worker that fell silent run again");
        }
        Ok(revived)
    }
}

impl Ringer {
    async fn round(&mut self) -> Result<usize, StoreError> {
        let generation = self.broker.generation();
        if generation != self.generation {
            let now = self.desk.clock.machine_now();
            let mut unit = self.desk.store.begin().await?;
            let rows = store::messages::ring_all(&mut unit, now).await?;
            unit.commit().await?;
            tracing::warn!(rows, "what the broker held may be gone; everything that waits rings again");
            self.generation = generation;
        }
        self.broker.nudge_all();
        self.ring().await
    }

    /// Rings for what is due and was not rung, or rung and not followed. A broker without queues of its own needs none:
    /// its workers look into the table.
    async fn ring(&self) -> Result<usize, StoreError> {
        let depths = match self.broker.depths().await {
            Ok(depths) if depths.is_empty() => return Ok(0),
            Ok(depths) => depths,
            Err(error) => {
                tracing::debug!(%error, "the broker does not answer; nothing is rung");
                return Ok(0);
            }
        };
        let limits = RingLimits { room: self.room(&depths), again_s: RING_AGAIN_S };
        let now = self.desk.clock.machine_now();
        let mut unit = self.desk.store.begin().await?;
        let bells = store::messages::take_due_bells(&mut unit, &limits, now).await?;
        unit.commit().await?;
        if bells.is_empty() {
            return Ok(0);
        }
        runtime::fail_point("before-ring");
        let confirmed = self.broker.publish(&bells).await.unwrap_or_default();
        let known: std::collections::HashSet<_> = confirmed.iter().collect();
        let unheard: Vec<_> = bells.iter().map(|(_, bell)| bell.id).filter(|id| !known.contains(id)).collect();
        if !unheard.is_empty() {
            let mut unit = self.desk.store.begin().await?;
            store::messages::ring_again(&mut unit, &unheard, now + TimeDelta::seconds(2)).await?;
            unit.commit().await?;
        }
        Ok(confirmed.len())
    }

    fn room(&self, depths: &HashMap<Queue, u64>) -> HashMap<Queue, i64> {
        let most = LONG_QUEUE.min(self.settings.hold_back);
        let room = |queue: Queue| {
            let waiting = depths.get(&queue).copied().unwrap_or(0);
            let room = i64::try_from(most.saturating_sub(waiting)).unwrap_or(BELLS);
            (queue, room.min(BELLS))
        };
        Queue::ALL.into_iter().map(room).collect()
    }
}

/// Takes what the broker itself laid aside into the dead pile, or, where the row is still open, rings for it again.
pub async fn bridge_dead_letters(desk: Desk, broker: Arc<dyn Broker>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let letters = tokio::select! {
            () = stop.cancelled() => return,
            letters = broker.dead_letters() => letters,
        };
        let Ok(mut letters) = letters else {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(5)) => continue,
            }
        };
        loop {
            let laid_aside = tokio::select! {
                () = stop.cancelled() => return,
                laid_aside = letters.next(50) => laid_aside,
            };
            if laid_aside.is_empty() {
                break;
            }
            for letter in laid_aside {
                match keep_letter(&desk, &letter).await {
                    Ok(()) => letter.stored(),
                    Err(error) => {
                        tracing::warn!(%error, "a dead letter could not be kept yet");
                        letter.give_back();
                    }
                }
            }
        }
    }
}

async fn keep_letter(desk: &Desk, letter: &broker::DeadLetter) -> Result<(), StoreError> {
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    match messages::Envelope::decode(&letter.bytes) {
        // An offer of another system may never have got its row: the database was away each time that it was delivered.
        Ok(envelope) if envelope.known_kind() == Some(Kind::UploadOffered) => {
            store::messages::insert(&mut unit, &[offered(&envelope, moment.machine)]).await?;
            store::messages::ring_again(&mut unit, &[envelope.id], moment.machine).await?;
        }
        // One of ours: its row is the truth, and rings again if it is still open.
        Ok(envelope) if envelope.known_kind().is_some() => {
            store::messages::ring_again(&mut unit, &[envelope.id], moment.machine).await?;
        }
        _ => {
            let id = desk.id(moment);
            tracing::error!(%id, reason = letter.reason, "what the broker laid aside was kept in the dead pile");
            store::messages::keep_undecodable(&mut unit, id, "unrouted", &letter.bytes, &letter.reason, moment.machine)
                .await?;
        }
    }
    unit.commit().await
}

fn offered(envelope: &Envelope, now: DateTime<Utc>) -> NewMessage {
    NewMessage { envelope: envelope.clone(), queue: Kind::UploadOffered.row().queue, due_at: now, ring_at: now }
}
