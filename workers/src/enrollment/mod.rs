//! Enrollment aggregation: what units, reviewers, bureaus and the centre did to submissions is added up for every
//! organization above, and those whom it concerns are told.
//!
//! Reads submissions, batches, payments, failures and instant enrolments as they are by now; writes the totals, conflicts,
//! notices to be made, and mails. A message says only where to look, so order and doubles don't matter.

mod books;
mod conflicts;
mod event;
mod facts;
pub(crate) mod gone;
pub(crate) mod notify;
pub(crate) mod tell;
mod tell_instant;

use async_trait::async_trait;
use desk::Outbox;
use messages::{Kind, Queue};
use store::messages::Job;

use crate::{Failed, Shift, Work, WorkError};

pub(crate) use books::check;
use event::Event;
use facts::Facts;

/// The work of everything that happens to submissions.
#[derive(Debug, Default)]
pub struct EnrollmentWork;

#[async_trait]
impl Work for EnrollmentWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Enrollments]
    }

    fn kinds(&self) -> &'static [Kind] {
        Event::KINDS
    }

    /// The totals of the federation are one row for all: in groups it is written once for many.
    fn group(&self, _queue: Queue) -> usize {
        500
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        let desk = &shift.desk;
        let moment = desk.moment();
        let events = jobs.iter().map(Event::read).collect::<Result<Vec<_>, _>>()?;
        let mut unit = desk.store.begin().await?;
        let ids = event::submissions(&mut unit, &events).await?;
        // Whoever counts a submission holds it: two workers never add the same difference.
        let held = store::submissions::lock(&mut unit, &ids).await?;
        let facts = Facts::read(&mut unit, &events, held).await?;
        let mut outbox = Outbox::new();
        conflicts::find(shift, &mut unit, &mut outbox, jobs, &events, &facts, moment).await?;
        notify::request(shift, &mut unit, &mut outbox, jobs, &events, &facts, moment).await?;
        tell::tell(shift, &mut unit, &mut outbox, jobs, &events, &facts, moment).await?;
        // Last: the rows of federation and bureaus are everybody's.
        let changed = desk.count_submissions(&mut unit, &ids, moment).await?;
        metrics::counter!("rollcall_submissions_counted_total").increment(changed as u64);
        let all: Vec<&Job> = jobs.iter().collect();
        shift.settle(unit, &all, outbox, moment).await?;
        Ok(Failed::new())
    }
}
