//! Uploads: an accepted spreadsheet becomes registry rows, a result workbook and a mail.
//!
//! Reads the file (through a limited child process), the tree and the registry; writes persons, memberships, transfer
//! requests, facts or organizations, the upload's ending and its mail. Leads to `mail.queued`.
//!
//! A run has two passes over the rows. The first looks and decides without any lock and makes the workbooks; the second
//! does the same within the unit, with the unions locked, and carries it out. Where the second decides otherwise than the
//! first, somebody was in between: the unit is thrown away and the job runs again.

mod import;
mod letter;
mod likely;
mod members;
mod offered;
pub mod offline;
mod organizations;
pub(crate) mod read;
mod registry;
mod report;
mod roster;
mod rows;
mod tally;
mod transfers;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use broker::Broker;
use desk::{Desk, Outbox};
use domain::{guard::GuardLimits, template::TemplateKind};
use messages::{Kind, Queue, UploadOffered, UploadReceived, UploadReleased};
use sheets::ReaderPool;
use store::{StoreError, messages::Job, uploads::Upload};
use uuid::Uuid;

use crate::{Failed, Shift, Work, WorkError};

/// What uploads are held to.
#[derive(Debug, Clone)]
pub struct UploadSettings {
    /// Figures from which a valid file is held.
    pub guards: GuardLimits,
    /// Findings that the result document holds; the workbook has more.
    pub findings_shown: usize,
    /// Findings kept of one file at the most; all are counted.
    pub findings_kept: usize,
    /// Largest file that another system may offer, in bytes.
    pub upload_bytes: u64,
}

/// The work of `upload.received`, `upload.released` and `upload.offered`.
pub struct UploadWork {
    reader: Arc<ReaderPool>,
    temp_folder: PathBuf,
    settings: UploadSettings,
}

/// One upload and the job that is to do it.
pub(crate) struct Task<'j> {
    pub job: &'j Job,
    pub upload: Upload,
}

impl UploadWork {
    /// The work, with this pool of reading children, and a private folder for what large workbooks spill.
    #[must_use]
    pub fn new(reader: Arc<ReaderPool>, temp_folder: PathBuf, settings: UploadSettings) -> Self {
        Self { reader, temp_folder, settings }
    }
}

#[async_trait]
impl Work for UploadWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Uploads, Queue::UploadsLarge]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::UploadReceived, Kind::UploadReleased, Kind::UploadOffered]
    }

    fn group(&self, queue: Queue) -> usize {
        if queue == Queue::Uploads { 50 } else { 1 }
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        let mut named = Vec::new();
        for job in jobs {
            match job.envelope.known_kind() {
                Some(Kind::UploadOffered) => {
                    self.take_offer(shift, job, &job.envelope.read::<UploadOffered>()?).await?;
                }
                Some(Kind::UploadReleased) => named.push((job, job.envelope.read::<UploadReleased>()?.upload_id)),
                _ => named.push((job, job.envelope.read::<UploadReceived>()?.upload_id)),
            }
        }
        let tasks = self.load(shift, named).await?;
        let (members, others): (Vec<_>, Vec<_>) =
            tasks.into_iter().partition(|task| task.upload.kind == TemplateKind::Members.name());
        // Organizations and feeds first and one by one: members may be of unions that came in together with them.
        for task in others {
            self.one(shift, task).await?;
        }
        self.together::<members::Members>(shift, members).await?;
        Ok(Failed::new())
    }
}

impl UploadWork {
    /// The uploads of these jobs. A job whose upload has ended before is done.
    async fn load<'j>(&self, shift: &Shift, named: Vec<(&'j Job, Uuid)>) -> Result<Vec<Task<'j>>, WorkError> {
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = named.iter().map(|(_, id)| *id).collect();
        let mut view = shift.desk.store.view().await?;
        let found = store::uploads::find_many(&mut view, &ids).await?;
        drop(view);
        let mut by_id: HashMap<Uuid, Upload> = found.into_iter().map(|upload| (upload.id, upload)).collect();
        let mut tasks = Vec::new();
        let mut ended = Vec::new();
        for (job, id) in named {
            match by_id.remove(&id) {
                Some(upload) if matches!(upload.status.as_str(), "received" | "running") => {
                    tasks.push(Task { job, upload });
                }
                Some(_) => ended.push(job),
                None if tasks.iter().any(|task: &Task<'_>| task.upload.id == id) => ended.push(job),
                None => return Err(WorkError::Missing("upload")),
            }
        }
        if !ended.is_empty() {
            let unit = shift.desk.store.begin().await?;
            shift.settle(unit, &ended, Outbox::new(), shift.desk.moment()).await?;
        }
        Ok(tasks)
    }

    async fn one(&self, shift: &Shift, task: Task<'_>) -> Result<(), WorkError> {
        match TemplateKind::parse(&task.upload.kind) {
            Some(TemplateKind::Organizations) => self.together::<organizations::Organizations>(shift, vec![task]).await,
            Some(TemplateKind::Transfers) => self.together::<transfers::Transfers>(shift, vec![task]).await,
            Some(TemplateKind::Registry) => self.together::<registry::Registry>(shift, vec![task]).await,
            Some(TemplateKind::Roster) => self.roster(shift, task).await,
            _ => Err(WorkError::Missing("kind of template")),
        }
    }
}

/// Marks uploads as failed whose message is dead, and tells their clerks.
pub async fn fail_dead(desk: &Desk, broker: &Arc<dyn Broker>) -> Result<usize, StoreError> {
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let failed = store::uploads::fail_dead(&mut unit, report::FAILED_ZH, moment.business).await?;
    let applications = store::comparisons::fail_dead(&mut unit, report::FAILED_ZH, moment.business).await?;
    if failed.is_empty() {
        if applications > 0 {
            unit.commit().await?;
        }
        return Ok(0);
    }
    let bells = report::mail_failures(desk, &mut unit, &failed, moment).await?;
    unit.commit().await?;
    tracing::error!(uploads = failed.len(), "uploads could not be worked off");
    if let Err(error) = broker.publish(&bells).await {
        tracing::warn!(%error, "the broker was not reached; the sweep will ring again");
    }
    Ok(failed.len())
}
