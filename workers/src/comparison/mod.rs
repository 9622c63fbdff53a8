//! Comparisons: a roster against the registry, and what a clerk chose to do about the differences.
//!
//! Reads the roster or the workbook with choices (through a limited child process), the union's members and the registry;
//! writes the comparison's counts and items, the difference workbook, and what the choices come to. Leads to `mail.queued`.

mod apply;
mod book;
mod choices;
mod compare;
mod effects;
mod items;
mod mails;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use domain::organization::OrgKind;
use messages::{ComparisonApplied, ComparisonRequested, Kind, Queue};
use sheets::ReaderPool;
use store::{Session, StoreError, messages::Job, organizations::Organization};

use crate::{Failed, Shift, Work, WorkError};

/// The work of `comparison.requested` and `comparison.applied`.
pub struct ComparisonWork {
    reader: Arc<ReaderPool>,
    temp_folder: PathBuf,
}

impl ComparisonWork {
    /// The work, with this pool of reading children, and a private folder for what large workbooks spill.
    #[must_use]
    pub fn new(reader: Arc<ReaderPool>, temp_folder: PathBuf) -> Self {
        Self { reader, temp_folder }
    }
}

#[async_trait]
impl Work for ComparisonWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Comparisons]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::ComparisonRequested, Kind::ComparisonApplied]
    }

    fn group(&self, _queue: Queue) -> usize {
        1
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        for job in jobs {
            match job.envelope.known_kind() {
                Some(Kind::ComparisonApplied) => {
                    let id = job.envelope.read::<ComparisonApplied>()?.application_id;
                    self.apply(shift, job, id).await?;
                }
                _ => self.compare(shift, job, job.envelope.read::<ComparisonRequested>()?.comparison_id).await?,
            }
        }
        Ok(Failed::new())
    }
}

/// The unions whose members a roster of this one is of: itself and those below it, without the temporary ones, which
/// hold those who have left.
pub(crate) async fn own_unions(session: &mut impl Session, org: &Organization) -> Result<HashSet<i64>, StoreError> {
    let below = store::organizations::list_below(session, &org.path).await?;
    let counts = |one: &Organization| one.id == org.id || !is_temporary(one.kind.as_deref());
    Ok(below.iter().filter(|one| counts(one)).map(|one| one.id).collect())
}

/// Whether a union of this 类型 is one for leavers.
pub(crate) fn is_temporary(kind: Option<&str>) -> bool {
    kind.is_some_and(|kind| OrgKind::of(kind) == OrgKind::Temporary)
}
