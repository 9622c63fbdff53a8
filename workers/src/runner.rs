//! The runner: claims, runs, settles. Spans, time limits, retries, panics and duplicate deliveries are its business;
//! what a job means is the work's.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use messages::{Kind, Queue};
use runtime::backoff;
use store::messages::Job;
use tokio::sync::RwLock;
use tracing::Instrument;
use uuid::Uuid;

use crate::{Shift, Verdict, WorkError, verdict};

/// How long a message of an unknown kind waits for a newer program (pipeline.md).
const UNKNOWN_KIND_WAITS: TimeDelta = TimeDelta::days(1);
/// How long until what could not be settled is looked at again by this process.
const SETTLE_AGAIN: Duration = Duration::from_millis(500);

/// One kind of work.
#[async_trait]
pub trait Work: Send + Sync {
    /// The queues that it takes jobs from.
    fn queues(&self) -> &'static [Queue];
    /// The kinds of messages that it knows.
    fn kinds(&self) -> &'static [Kind];
    /// How many jobs of a queue it takes together at the most.
    fn group(&self, queue: Queue) -> usize;
    /// Does the jobs and settles them (`Shift::settle`); those that failed by themselves come back with their errors. An
    /// error of the whole means that any of them may not be done: each then runs by itself. A job that is run again after
    /// it was done must change nothing.
    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError>;
}

/// The jobs of a group that are not done, and why.
pub type Failed = Vec<(Uuid, WorkError)>;

/// How a process works.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// `serve`, `worker`, `drain` or the command that works the queues itself.
    pub role: String,
    /// Groups of one queue at a time.
    pub slots: usize,
    /// Messages claimed together at the most.
    pub batch: usize,
    /// Deliveries that the broker may hand out ahead.
    pub prefetch: u16,
    /// Longest that a group may run.
    pub job_limit: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// After a stop: how long running groups may take.
    pub shutdown_limit: Duration,
}

/// Claims, runs and settles jobs for one process.
pub struct Runner {
    pub(crate) shift: Shift,
    pub(crate) settings: RunnerSettings,
    pub(crate) works: Vec<Arc<dyn Work>>,
    /// Held for reading by every group; for writing by a job that must be alone in the process.
    pub(crate) alone: RwLock<()>,
}

impl Runner {
    /// A runner of these works.
    #[must_use]
    pub fn new(shift: Shift, settings: RunnerSettings, works: Vec<Arc<dyn Work>>) -> Self {
        Self { shift, settings, works, alone: RwLock::new(()) }
    }

    /// The queues that any of its works takes from, each once.
    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        let mut queues: Vec<Queue> = self.works.iter().flat_map(|work| work.queues().iter().copied()).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// The largest group of any work on a queue.
    pub(crate) fn group(&self, queue: Queue) -> usize {
        let of_works = self.works.iter().filter(|work| work.queues().contains(&queue)).map(|work| work.group(queue));
        of_works.max().unwrap_or(1).min(self.settings.batch.max(1))
    }

    /// Runs claimed jobs: grouped by work, each group under the time limit.
    pub(crate) async fn run_claimed(&self, jobs: Vec<Job>) {
        let mut groups: HashMap<usize, Vec<Job>> = HashMap::new();
        for job in jobs {
            match self.work_of(&job) {
                Some(place) => groups.entry(place).or_default().push(job),
                None => self.unknown(&job).await,
            }
        }
        for (place, group) in groups {
            let size = group.first().map_or(1, |job| self.works[place].group(job.queue)).max(1);
            for part in group.chunks(size) {
                self.run_group(place, part).await;
            }
        }
    }

    fn work_of(&self, job: &Job) -> Option<usize> {
        let kind = job.envelope.known_kind()?;
        self.works.iter().position(|work| work.kinds().contains(&kind))
    }

    /// A group first runs together; when it fails, each of its jobs runs by itself, so that one can't hold the others.
    async fn run_group(&self, place: usize, jobs: &[Job]) {
        let together = self.run_limited(place, jobs).await;
        match together {
            Ok(failed) => {
                for (job, error) in failed.iter().filter_map(|(id, error)| Some((by_id(jobs, *id)?, error))) {
                    self.settle_failed(job, error).await;
                }
            }
            Err(WorkError::Panicked) if jobs.len() > 1 => self.each_alone(jobs).await,
            Err(error) if jobs.len() > 1 => {
                tracing::debug!(%error, jobs = jobs.len(), "a group failed; its jobs run one by one");
                for job in jobs {
                    match self.run_limited(place, std::slice::from_ref(job)).await {
                        Ok(failed) => {
                            for (_, error) in &failed {
                                self.settle_failed(job, error).await;
                            }
                        }
                        Err(error) => self.settle_failed(job, &error).await,
                    }
                }
            }
            Err(error) => {
                for job in jobs {
                    self.settle_failed(job, &error).await;
                }
            }
        }
    }

    async fn run_limited(&self, place: usize, jobs: &[Job]) -> Result<Failed, WorkError> {
        let kind = jobs.first().map(|job| job.envelope.kind.clone()).unwrap_or_default();
        let span = job_span(jobs);
        metrics::counter!("rollcall_job_attempts_total", "kind" => kind.clone()).increment(jobs.len() as u64);
        for job in jobs {
            runtime::fail_point_for("run", &job.envelope.payload);
        }
        let start = self.shift.desk.clock.machine_now();
        let (work, shift, owned) = (Arc::clone(&self.works[place]), self.shift.clone(), jobs.to_vec());
        // A task of its own, so that a panic ends the group and not the runner.
        let mut task = tokio::spawn(async move { work.run(&shift, &owned).await }.instrument(span));
        let result = match tokio::time::timeout(self.settings.job_limit, &mut task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(WorkError::Panicked),
            Err(_) => {
                task.abort();
                Err(WorkError::TimedOut(self.settings.job_limit.as_secs()))
            }
        };
        let took = (self.shift.desk.clock.machine_now() - start).num_microseconds().unwrap_or(0);
        metrics::histogram!("rollcall_job_seconds", "kind" => kind).record(took as f64 / 1e6);
        result
    }

    async fn unknown(&self, job: &Job) {
        let error = WorkError::UnknownKind(job.envelope.kind.clone());
        let age = self.shift.age(job);
        if age > UNKNOWN_KIND_WAITS { self.bury(job, &error).await } else { self.settle_failed(job, &error).await }
    }

    async fn settle_failed(&self, job: &Job, error: &WorkError) {
        let policy = job.envelope.known_kind().map(|kind| kind.row().retry);
        match (verdict(error), policy) {
            (Verdict::Done, _) => {}
            (Verdict::Reject, _) => self.bury(job, error).await,
            (Verdict::Retry, Some(policy)) if policy.is_spent(job.attempts, self.shift.age(job)) => {
                self.bury(job, error).await;
            }
            (Verdict::Retry, policy) => {
                let (base, cap) = policy.map_or((1_000, 60_000), |policy| (policy.base_ms, policy.cap_ms));
                let fraction = self.shift.desk.ids.fraction();
                let delay = backoff::full_jitter(millis(base), millis(cap), job.attempts, fraction);
                log_failure(job, error, delay);
                self.settle_until_heard(job, error, |now| Settlement::Retry(now + delay)).await;
            }
            (Verdict::Later(delay), _) => {
                if !matches!(error, WorkError::Later { .. } | WorkError::UnknownKind(_)) {
                    log_failure(job, error, delay);
                }
                self.settle_until_heard(job, error, |now| Settlement::Postpone(now + delay)).await;
            }
        }
    }

    async fn bury(&self, job: &Job, error: &WorkError) {
        metrics::counter!("rollcall_job_dead_total", "kind" => job.envelope.kind.clone()).increment(1);
        tracing::error!(id = %job.envelope.id, kind = job.envelope.kind, %error, "a message is dead");
        self.settle_until_heard(job, error, Settlement::Bury).await;
    }

    async fn each_alone(&self, jobs: &[Job]) {
        tracing::error!(jobs = jobs.len(), "a group panicked; its jobs run alone next");
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.envelope.id).collect();
        let result = async {
            let mut unit = self.shift.desk.store.begin().await?;
            store::messages::mark_alone(&mut unit, self.shift.worker, &ids, self.shift.desk.clock.machine_now())
                .await?;
            unit.commit().await
        };
        if let Err(error) = result.await {
            tracing::warn!(%error, "jobs could not be given back; the sweep takes them when this worker ends");
        }
    }

    /// Writes how a run ended. While the database is away the job stays this worker's, and the writing is tried again.
    async fn settle_until_heard(&self, job: &Job, error: &WorkError, how: impl Fn(DateTime<Utc>) -> Settlement) {
        let sentence = domain::mask::mask_digits(&error.to_string());
        loop {
            let now = self.shift.desk.clock.machine_now();
            match self.write_settlement(job, how(now), &sentence).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(id = %job.envelope.id, %error, "how a run ended could not be written yet");
                    tokio::time::sleep(SETTLE_AGAIN).await;
                }
            }
        }
    }

    async fn write_settlement(&self, job: &Job, how: Settlement, sentence: &str) -> Result<(), store::StoreError> {
        let (worker, id) = (self.shift.worker, job.envelope.id);
        let mut unit = self.shift.desk.store.begin().await?;
        match how {
            Settlement::Retry(due) => store::messages::retry(&mut unit, worker, id, due, sentence).await?,
            Settlement::Postpone(due) => store::messages::postpone(&mut unit, worker, id, due, sentence).await?,
            Settlement::Bury(now) => {
                store::messages::bury(&mut unit, worker, id, now, sentence).await?;
                if job.queue == Queue::Mails {
                    store::ledger::abandon_dead(&mut unit).await?;
                }
            }
        }
        unit.commit().await
    }
}

enum Settlement {
    Retry(DateTime<Utc>),
    Postpone(DateTime<Utc>),
    Bury(DateTime<Utc>),
}

fn by_id(jobs: &[Job], id: Uuid) -> Option<&Job> {
    jobs.iter().find(|job| job.envelope.id == id)
}

fn job_span(jobs: &[Job]) -> tracing::Span {
    let Some(first) = jobs.first() else { return tracing::Span::none() };
    let trace = first.envelope.traceparent.as_ref().and_then(|trace| trace.trace_id()).unwrap_or_default().to_owned();
    tracing::info_span!("job", kind = first.envelope.kind, id = %first.envelope.id, trace_id = trace, jobs = jobs.len())
}

fn log_failure(job: &Job, error: &WorkError, delay: TimeDelta) {
    let (id, kind, attempt) = (job.envelope.id, &job.envelope.kind, job.attempts);
    let again_ms = delay.num_milliseconds();
    let error = domain::mask::mask_digits(&error.to_string());
    tracing::warn!(%id, kind, attempt, again_ms, error, "a run failed and is tried again");
}

fn millis(ms: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX))
}
