//! Lanes: a few mails under way at a time, and one commit for all that have ended and all that begin together.
//!
//! An attempt is written before the server is spoken to and its outcome after, so a mail by itself costs two commits, and a disk
//! that syncs in three milliseconds would carry a hundred mails a second. Here the mails that end while one commit is under way
//! are written by the next, in which as many others begin. A lane is held from before an attempt is written until after its
//! outcome is: of a process that dies as many mails are uncertain as there are lanes, however many were claimed together.

use std::{collections::VecDeque, pin::pin, time::Duration};

use chrono::TimeDelta;
use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use messages::MailQueued;
use store::{StoreError, mails::Mail, messages::Job};
use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::Instant,
};
use uuid::Uuid;

use super::{Attempt, MailWork, held::HELD_WAITS};
use crate::{Failed, Shift, WorkError};

/// How long a run may begin mails; with a slow server what is left then is for a later one, long before `limits.job_s`.
const TURN: Duration = Duration::from_mins(1);
/// How long until an outcome that could not be written is written again.
const WRITE_AGAIN: Duration = Duration::from_millis(500);

/// The lanes of one process.
pub(super) struct Lanes {
    free: Semaphore,
    /// Held by the run that begins mails, until all of its own have begun: runs side by side would have a lane each, and a commit
    /// for each mail.
    door: Mutex<()>,
}

/// A job, and the mail that it names.
#[derive(Clone, Copy)]
pub(super) struct Named<'j> {
    pub job: &'j Job,
    pub mail_id: Uuid,
}

/// A mail whose attempt is over, and its lane.
pub(super) struct Ended<'r> {
    pub job: &'r Job,
    pub attempt: Attempt,
    lane: SemaphorePermit<'r>,
}

impl Lanes {
    pub fn new(count: usize) -> Self {
        Self { free: Semaphore::new(count.max(1)), door: Mutex::new(()) }
    }

    /// Lanes that nobody holds, at most so many.
    fn take(&self, most: usize) -> Vec<SemaphorePermit<'_>> {
        std::iter::from_fn(|| self.free.try_acquire().ok()).take(most).collect()
    }
}

impl MailWork {
    /// Sends the mails of these jobs, as lanes come free. What did not end for good comes back; after a stop no mail begins, and
    /// what is left is given back with all that the worker holds.
    pub(super) async fn deliver(&self, shift: &Shift, jobs: &[Job]) -> Failed {
        let until = Instant::now() + TURN;
        let mut failed = Failed::new();
        let mut waiting = named(jobs, &mut failed);
        if let Some(why) = self.held(shift).await {
            put_off(&mut waiting, &mut failed, &why, HELD_WAITS);
        }
        let mut door = in_time(shift, until, self.lanes.door.lock()).await;
        let mut under_way = FuturesUnordered::new();
        let mut ended: Vec<Ended<'_>> = Vec::new();
        loop {
            if shift.stopping.is_cancelled() {
                waiting.clear();
            } else if door.is_none() || Instant::now() >= until {
                put_off(&mut waiting, &mut failed, "mails before this one took long", TimeDelta::zero());
            }
            let written = std::mem::take(&mut ended);
            let wanted = waiting.len().saturating_sub(written.len());
            let mut lanes = self.lanes.take(wanted);
            if wanted > 0 && lanes.is_empty() && written.is_empty() && under_way.is_empty() {
                // Runs before this one still hold them all.
                lanes.extend(in_time(shift, until, self.lanes.free.acquire()).await.and_then(Result::ok));
            }
            // What ends leaves its lane to what begins.
            let beginning = self.next(shift, &mut waiting, written.len() + lanes.len(), &mut failed);
            if waiting.is_empty() {
                door = None;
            }
            let (begun, refused) = {
                let mut step = pin!(self.step(shift, &written, &beginning));
                loop {
                    tokio::select! {
                        biased;
                        done = &mut step => break done,
                        Some(one) = under_way.next() => ended.push(one),
                    }
                }
            };
            failed.extend(refused);
            for one in written {
                failed.extend(one.attempt.again.map(|error| (one.job.envelope.id, error)));
                lanes.push(one.lane);
            }
            under_way.extend(begun.into_iter().zip(lanes).map(|((job, mail), lane)| async move {
                let attempt = self.attempt(shift, job, &mail).await;
                Ended { job, attempt, lane }
            }));
            if ended.is_empty() {
                ended.extend(under_way.next().await);
            }
            ended.extend(std::iter::from_fn(|| under_way.next().now_or_never().flatten()));
            if ended.is_empty() && waiting.is_empty() {
                return failed;
            }
        }
    }

    /// The next that begin, at most so many. While the server does not answer none does, and all are put off.
    fn next<'j>(
        &self,
        shift: &Shift,
        waiting: &mut VecDeque<Named<'j>>,
        most: usize,
        failed: &mut Failed,
    ) -> Vec<Named<'j>> {
        let now = shift.desk.clock.machine_now();
        let mut beginning = Vec::new();
        while beginning.len() < most && !waiting.is_empty() {
            match self.breaker.may_try(now) {
                Ok(()) => beginning.extend(waiting.pop_front()),
                Err(delay) => {
                    put_off(waiting, failed, "the mail server does not answer; mails wait until it does", delay);
                }
            }
        }
        beginning
    }

    /// Writes all of it together; where that can't be done, each by itself, so that one does not hold up the others. What has
    /// begun, and what has not and why.
    async fn step<'j>(
        &self,
        shift: &Shift,
        ended: &[Ended<'j>],
        beginning: &[Named<'j>],
    ) -> (Vec<(&'j Job, Mail)>, Failed) {
        match self.write(shift, ended, beginning).await {
            Ok(begun) => return (begun, Failed::new()),
            Err(error) => tracing::debug!(%error, "mails could not be written together; each is by itself"),
        }
        let (mut begun, mut refused) = (Vec::new(), Failed::new());
        for one in ended {
            if let Err(error) = self.write_until_heard(shift, one).await {
                refused.push((one.job.envelope.id, error));
            }
        }
        for one in beginning {
            match self.write(shift, &[], std::slice::from_ref(one)).await {
                Ok(found) => begun.extend(found),
                Err(error) => refused.push((one.job.envelope.id, error)),
            }
        }
        (begun, refused)
    }

    /// What came of an attempt is known here alone: while the database is away it is written again and again, since a run that
    /// starts anew would have to send once more. `limits.job_s` ends it.
    async fn write_until_heard(&self, shift: &Shift, ended: &Ended<'_>) -> Result<(), WorkError> {
        loop {
            match self.write(shift, std::slice::from_ref(ended), &[]).await {
                Err(WorkError::Store(
                    StoreError::Unreachable(_) | StoreError::Conflict(_) | StoreError::Full | StoreError::NoMemory(_),
                )) => {
                    tokio::time::sleep(WRITE_AGAIN).await;
                }
                written => return written.map(drop),
            }
        }
    }
}

/// Waits for it until then, but not beyond a stop.
async fn in_time<T>(shift: &Shift, until: Instant, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = shift.stopping.cancelled() => None,
        () = tokio::time::sleep_until(until) => None,
        done = work => Some(done),
    }
}

fn named<'j>(jobs: &'j [Job], failed: &mut Failed) -> VecDeque<Named<'j>> {
    let mut named = VecDeque::new();
    for job in jobs {
        match job.envelope.read::<MailQueued>() {
            Ok(message) => named.push_back(Named { job, mail_id: message.mail_id }),
            Err(error) => failed.push((job.envelope.id, error.into())),
        }
    }
    named
}

/// None of these begins now.
fn put_off(waiting: &mut VecDeque<Named<'_>>, failed: &mut Failed, why: &str, delay: TimeDelta) {
    failed.extend(waiting.drain(..).map(|one| {
        let later = WorkError::Later { why: why.to_owned(), delay };
        (one.job.envelope.id, later)
    }));
}
