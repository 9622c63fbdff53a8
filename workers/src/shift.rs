//! A shift: what a work needs of the runner while it runs.

use std::sync::Arc;

use broker::Broker;
use chrono::{DateTime, TimeDelta, Utc};
use desk::{Bell, Desk, Moment, Outbox};
use messages::Queue;
use store::{Unit, messages::Job};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::WorkError;

/// One worker process at work: its identity, the desk and the broker.
#[derive(Clone)]
pub struct Shift {
    /// The worker's identity, by which its claims are fenced.
    pub worker: Uuid,
    /// The application layer.
    pub desk: Desk,
    /// The doorbell.
    pub broker: Arc<dyn Broker>,
    /// Cancelled when the process stops: a run of many jobs begins no more of them.
    pub stopping: CancellationToken,
}

impl Shift {
    /// Ends a unit of effects: these jobs are done, these messages follow, all in one commit; then the bells are rung.
    /// An error means that nothing of the unit was kept.
    pub async fn settle(&self, mut unit: Unit, jobs: &[&Job], outbox: Outbox, moment: Moment) -> Result<(), WorkError> {
        let bells = if outbox.is_empty() { Vec::new() } else { outbox.write(&mut unit).await? };
        store::messages::finish(&mut unit, self.worker, jobs, moment.machine).await?;
        runtime::fail_point("before-commit");
        unit.commit().await?;
        runtime::fail_point("after-commit");
        self.ring(bells).await;
        Ok(())
    }

    /// Rings bells for rows that are committed. A broker that can't be reached is no error: the sweep rings again.
    pub async fn ring(&self, bells: Vec<Bell>) {
        if bells.is_empty() {
            return;
        }
        if let Err(error) = self.broker.publish(&bells).await {
            tracing::warn!(%error, bells = bells.len(), "the broker was not reached; the sweep will ring again");
        }
    }

    /// How long ago a job's message was made.
    #[must_use]
    pub fn age(&self, job: &Job) -> TimeDelta {
        self.desk.clock.machine_now() - made_at(job.envelope.id)
    }

    /// Rings for one queue without a row in mind.
    pub fn nudge(&self, queue: Queue) {
        self.broker.nudge(queue);
    }
}

/// When a message was made: the time in its id. One of another form counts as made just now.
fn made_at(id: Uuid) -> DateTime<Utc> {
    id.get_timestamp()
        .and_then(|stamp| DateTime::from_timestamp(i64::try_from(stamp.to_unix().0).ok()?, 0))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
