//! Deadlines: what an opening or closing means, reminders, and the hourly check of a year's books.
//!
//! Reads the windows, submissions, batches and payments; writes failures with their drafts, what takes effect, and the mails
//! about it. A job says only when to look: what is done follows from what is and what should be, so a job that runs twice,
//! late, or beside another finds nothing left to do.

mod enforce;
mod remind;
mod tell;

use async_trait::async_trait;
use desk::{Outbox, Season};
use domain::year::window::{Window, WindowKind};
use messages::{DeadlineCheck, Kind, Queue, ReminderDue, WindowClosed, WindowOpened};
use runtime::shanghai_text;
use store::{failures, messages::Job, windows};

use crate::{Failed, Shift, Work, WorkError};

/// The work of `window.opened`, `window.closed`, `deadline.check` and `reminder.due`.
#[derive(Debug, Default)]
pub struct DeadlineWork;

#[async_trait]
impl Work for DeadlineWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Deadlines]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::WindowOpened, Kind::WindowClosed, Kind::DeadlineCheck, Kind::ReminderDue]
    }

    /// One by one: in the order in which they came due, each in units of its own.
    fn group(&self, _queue: Queue) -> usize {
        1
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        for job in jobs {
            match job.envelope.known_kind() {
                Some(Kind::WindowOpened) => {
                    opened(shift, job, job.envelope.read::<WindowOpened>()?.transition_id).await?;
                }
                Some(Kind::WindowClosed) => {
                    closed(shift, job, job.envelope.read::<WindowClosed>()?.transition_id).await?;
                }
                Some(Kind::ReminderDue) => remind::remind(shift, job, &job.envelope.read::<ReminderDue>()?).await?,
                _ => check(shift, job, job.envelope.read::<DeadlineCheck>()?.year).await?,
            }
        }
        Ok(Failed::new())
    }
}

/// A window has opened: those concerned are told, unless it is pointless by now; with `cover`, what is paid takes effect.
async fn opened(shift: &Shift, job: &Job, transition_id: i64) -> Result<(), WorkError> {
    let desk = &shift.desk;
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let transition =
        windows::lock_transition(&mut unit, transition_id).await?.ok_or(WorkError::Missing("transition"))?;
    let window = windows::get(&mut unit, transition.window_id).await?.ok_or(WorkError::Missing("window"))?;
    if transition.done_at.is_none() {
        let season = Season::load(&mut unit, window.year).await?;
        let kind = WindowKind::parse(&window.name).ok_or(WorkError::Missing("window of that name"))?;
        let level = Window { opens_at: window.opens_at, closes_at: window.closes_at };
        let outcome = if kind == WindowKind::Cover {
            let taken = desk.take_effect(&mut unit, &mut outbox, &season, None, moment).await?;
            format!("submissions in effect {taken}")
        } else if !level.is_open(moment.business) {
            format!("nobody was told: it closed at {}", shanghai_text(window.closes_at))
        } else {
            let told = tell::window_opened(shift, &mut unit, &mut outbox, &season, kind, &window, moment).await?;
            format!("mails {told}")
        };
        windows::finish(&mut unit, transition_id, &outcome, moment.business).await?;
    }
    shift.settle(unit, &[job], outbox, moment).await
}

/// A window has closed: what that means is enforced.
async fn closed(shift: &Shift, job: &Job, transition_id: i64) -> Result<(), WorkError> {
    let desk = &shift.desk;
    let mut view = desk.store.view().await?;
    let transition = windows::transition(&mut view, transition_id).await?.ok_or(WorkError::Missing("transition"))?;
    let window = windows::get(&mut view, transition.window_id).await?.ok_or(WorkError::Missing("window"))?;
    drop(view);
    let kind = WindowKind::parse(&window.name);
    let closing = enforce::ENFORCED.iter().find(|own| Some(**own) == kind).filter(|_| transition.done_at.is_none());
    let outcome = match closing {
        None => "nothing fails by it".to_owned(),
        Some(kind) => {
            enforce::enforce(shift, job, window.year, &[*kind]).await?;
            // Counted from the record: an hourly check, or this job before its process died, may have failed some already.
            let mut view = desk.store.view().await?;
            let path = window.org_path.as_deref().unwrap_or("/");
            let in_batches = *kind == WindowKind::BureauPayment;
            let (submissions, batches) =
                failures::count(&mut view, window.year, path, transition.due_at, in_batches).await?;
            format!("submissions failed {submissions}, batches failed {batches}")
        }
    };
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    windows::finish(&mut unit, transition_id, &outcome, moment.business).await?;
    shift.settle(unit, &[job], Outbox::new(), moment).await
}

/// The hourly check: deadlines of single batches and organizations, vouchers of instant enrolments, and what takes effect.
async fn check(shift: &Shift, job: &Job, year: i32) -> Result<(), WorkError> {
    enforce::enforce(shift, job, year, &enforce::ENFORCED).await?;
    let desk = &shift.desk;
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let season = Season::load(&mut unit, year).await?;
    desk.take_effect(&mut unit, &mut outbox, &season, None, moment).await?;
    desk.cancel_overdue_instants(&mut unit, &mut outbox, year, moment).await?;
    shift.settle(unit, &[job], outbox, moment).await?;
    // The year's books are looked at in a unit of their own: it keeps everybody else from counting.
    if let Err(error) = crate::enrollment::check(shift, year).await {
        tracing::warn!(%error, year, "the books could not be looked at; the next check does it");
    }
    Ok(())
}
