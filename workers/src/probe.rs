//! Probes: jobs without work, by which the path from outbox to worker is tried and measured.
//! Reads nothing, writes nothing but "done", leads to nothing.

use async_trait::async_trait;
use messages::{Kind, ProbeSent, Queue};
use store::messages::Job;

use crate::{Failed, Shift, Work, WorkError};

/// The work of `probe.sent`.
#[derive(Debug, Default)]
pub struct Probe;

#[async_trait]
impl Work for Probe {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Deadlines]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::ProbeSent]
    }

    fn group(&self, _queue: Queue) -> usize {
        500
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        for job in jobs {
            job.envelope.read::<ProbeSent>()?;
        }
        let unit = shift.desk.store.begin().await?;
        let all: Vec<&Job> = jobs.iter().collect();
        shift.settle(unit, &all, desk::Outbox::new(), shift.desk.moment()).await?;
        Ok(Failed::new())
    }
}
