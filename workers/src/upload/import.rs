//! The two passes over the rows of uploads that run together.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use desk::{Moment, Outbox};
use domain::{
    cell::Cell,
    finding::Fault,
    guard::Hold,
    import::{Decision, Outcome},
    precision::Lost,
    row::{Checked, Context},
    template::TemplateKind,
};
use runtime::SHANGHAI;
use sheets::Spool;
use store::{Session, StoreError, Unit, organizations::Organization};

use super::{
    Task, UploadSettings, UploadWork,
    read::{lost, read},
    report,
    rows::{Chunks, Line, Round, first_round},
    tally::{Fate, Tally},
};
use crate::{Shift, WorkError};

/// One file on its way through.
pub(crate) struct File<'j> {
    /// The upload and its job.
    pub task: Task<'j>,
    /// The union that it is for.
    pub org: Option<Organization>,
    /// Its rows.
    pub spool: Arc<Spool>,
    /// The business day of its receipt.
    pub today: NaiveDate,
    /// What its numbers tell together, before any of its rows is judged.
    pub lost: Lost,
}

/// What one kind of import is.
#[async_trait]
pub(crate) trait Import: Send + Sync + Sized + 'static {
    /// A checked row.
    type Row: Send + Sync + 'static;
    /// What the registry knows of a chunk of rows.
    type Known: Send + Sync;
    /// The template.
    const KIND: TemplateKind;
    /// Whether files of this kind wait for each other, wherever they come from; else those of one union do.
    const ONE_AT_A_TIME: bool;
    /// Rows that are looked up and written together; a longer file goes through in several steps of one unit.
    const CHUNK_ROWS: usize = 20_000;

    /// Checks a row by itself.
    fn check(cells: &[Cell<'_>], context: Context) -> Checked<Self::Row>;
    /// What two rows may not share, and the column that it stands in.
    fn key(row: &Self::Row) -> (String, &'static str);
    /// Looks up what the decisions on these rows need; a few round trips for all of them.
    async fn look<S: Session>(
        shift: &Shift,
        session: &mut S,
        files: &[File<'_>],
        lines: &[Line<Self::Row>],
    ) -> Result<Self::Known, WorkError>;
    /// Faults that only all rows together show, as places in the tree: by index of the line.
    fn judge_together(_files: &[File<'_>], _lines: &[Line<Self::Row>], _known: &Self::Known) -> Vec<(usize, Fault)> {
        Vec::new()
    }
    /// Decides on a row; `place` is its line's in the chunk that was looked up.
    fn decide(file: &File<'_>, place: usize, row: &Self::Row, known: &Self::Known) -> Decision;
    /// What else is to be said of rows that are taken, by index of the line: looked up once, without any lock, and no
    /// ground for a decision.
    async fn warn<S: Session>(
        _session: &mut S,
        _files: &[File<'_>],
        _lines: &[Line<Self::Row>],
        _decisions: &[Decision],
        _known: &Self::Known,
    ) -> Result<Vec<(usize, Fault)>, WorkError> {
        Ok(Vec::new())
    }
    /// Carries decisions out; what is to be told about it goes into the outbox.
    #[expect(clippy::too_many_arguments, reason = "a chunk with all that is known of it, and where its effects go")]
    async fn apply(
        shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        lines: &[Line<Self::Row>],
        decisions: &[Decision],
        known: &Self::Known,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), WorkError>;
    /// What all rows of the files together lead to, once they are carried out.
    async fn conclude(
        _shift: &Shift,
        _unit: &mut Unit,
        _files: &[File<'_>],
        _moment: Moment,
        _outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        Ok(())
    }
    /// Whether a file means something else than it seems to: the figures.
    fn guard(_settings: &UploadSettings, _tally: &Tally, _headcounts: &Headcounts) -> Option<Hold> {
        None
    }
    /// Members of the unions that rows add people to, before; and the union that the rows are of.
    async fn headcounts<S: Session>(
        _session: &mut S,
        _lines: &[Line<Self::Row>],
        _decisions: &[Decision],
        _known: &Self::Known,
        _into: &mut [Headcounts],
    ) -> Result<(), WorkError> {
        Ok(())
    }
}

/// People per union: before, and added by the file.
#[derive(Debug, Default)]
pub(crate) struct Headcounts {
    /// Union, members before, people added.
    pub unions: Vec<(i64, u64, u64)>,
    /// The paths of the unions that the rows name.
    pub paths: Vec<String>,
}

/// What the first pass found out about a file.
pub(crate) struct Looked {
    /// What became of each row.
    pub tally: Arc<Tally>,
    /// People per union.
    pub headcounts: Headcounts,
}

impl UploadWork {
    /// Does uploads of one kind: read, look, report, carry out. Files that share a document with an earlier one of the
    /// group follow in a round of their own, since they have to see what that one did.
    pub(crate) async fn together<I: Import>(&self, shift: &Shift, tasks: Vec<Task<'_>>) -> Result<(), WorkError> {
        let mut rest = self.open::<I>(shift, tasks).await?;
        while !rest.is_empty() {
            let (round, later) = first_round::<I>(rest)?;
            self.round(shift, round).await?;
            rest = later;
        }
        Ok(())
    }

    /// Reads the files. One that is rejected whole has its ending at once.
    pub(crate) async fn open<'j, I: Import>(
        &self,
        shift: &Shift,
        tasks: Vec<Task<'j>>,
    ) -> Result<Vec<File<'j>>, WorkError> {
        let mut files = Vec::new();
        let mut rejected = Vec::new();
        let orgs = orgs_of(shift, &tasks).await?;
        for task in tasks {
            let org = task.upload.org_id.and_then(|id| orgs.get(&id).cloned());
            match read(shift, &self.reader, &task.upload.object_key, I::KIND).await? {
                Ok(spool) => {
                    let today = task.upload.received_at.with_timezone(&SHANGHAI).date_naive();
                    let lost = lost(&spool, I::KIND)?;
                    files.push(File { task, org, spool, today, lost });
                }
                Err(rejection) => rejected.push((task, org, rejection)),
            }
        }
        if !rejected.is_empty() {
            report::reject(self, shift, rejected).await?;
        }
        Ok(files)
    }

    async fn round<I: Import>(&self, shift: &Shift, round: Round<'_, I>) -> Result<(), WorkError> {
        let Round { files, lines } = round;
        let looked = self.look_pass::<I>(shift, &files, lines.as_deref()).await?;
        // Rows name their file by its place: where one is held, those of the others are checked anew.
        let all = files.len();
        let mut going = Vec::new();
        let mut held = Vec::new();
        for (file, looked) in files.into_iter().zip(looked) {
            let suspicion = match &file.task.upload.released_by {
                Some(_) => None,
                None => I::guard(&self.settings, &looked.tally, &looked.headcounts),
            };
            match suspicion {
                Some(figures) => held.push((file, looked, figures)),
                None => going.push((file, looked)),
            }
        }
        if !held.is_empty() {
            report::hold(self, shift, held).await?;
        }
        if going.is_empty() {
            return Ok(());
        }
        let made = report::workbooks(self, shift, I::KIND, &going).await?;
        let (files, looked): (Vec<_>, Vec<_>) = going.into_iter().unzip();
        let lines = lines.filter(|_| files.len() == all);
        self.write_pass::<I>(shift, &files, &looked, made, lines.as_deref()).await
    }

    /// The first pass: no lock is held, and nothing is written.
    pub(crate) async fn look_pass<I: Import>(
        &self,
        shift: &Shift,
        files: &[File<'_>],
        kept: Option<&[Line<I::Row>]>,
    ) -> Result<Vec<Looked>, WorkError> {
        let mut tallies: Vec<Tally> =
            files.iter().map(|file| Tally::new(&file.spool, file.today, self.settings.findings_kept)).collect();
        let mut headcounts: Vec<Headcounts> = files.iter().map(|_| Headcounts::default()).collect();
        let mut view = shift.desk.store.view().await?;
        let mut chunks = Chunks::<I>::new(files);
        while let Some(lines) = chunks.next(kept)? {
            let known = I::look(shift, &mut view, files, &lines).await?;
            let decisions = decide::<I>(files, &lines, &known);
            I::headcounts(&mut view, &lines, &decisions, &known, &mut headcounts).await?;
            let mut warnings: HashMap<usize, Fault> =
                I::warn(&mut view, files, &lines, &decisions, &known).await?.into_iter().collect();
            for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
                let tally = &mut tallies[line.file];
                let mut faults = joined(&line.faults, decision.faults);
                faults.extend(warnings.remove(&place));
                if line.row.is_some() || line.is_duplicate() {
                    tally.document(line.place, line.first);
                }
                if line.is_duplicate() {
                    tally.duplicate(line.place, faults);
                } else {
                    tally.decided(line.place, &decision.outcome, faults);
                }
            }
        }
        let looked = tallies.into_iter().zip(headcounts);
        Ok(looked.map(|(tally, headcounts)| Looked { tally: Arc::new(tally), headcounts }).collect())
    }

    /// The second pass: the same within one unit, with the unions locked, and carried out.
    async fn write_pass<I: Import>(
        &self,
        shift: &Shift,
        files: &[File<'_>],
        looked: &[Looked],
        made: Vec<report::Made>,
        kept: Option<&[Line<I::Row>]>,
    ) -> Result<(), WorkError> {
        let moment = shift.desk.moment();
        let mut unit = shift.desk.store.begin().await?;
        let ids: Vec<_> = files.iter().map(|file| file.task.upload.id).collect();
        if store::uploads::lock_open(&mut unit, &ids).await?.len() != ids.len() {
            return Err(StoreError::Fenced.into());
        }
        lock::<I>(&mut unit, looked).await?;
        let mut chunks = Chunks::<I>::new(files);
        let mut seen = vec![0_usize; files.len()];
        let mut outbox = Outbox::new();
        while let Some(lines) = chunks.next(kept)? {
            let known = I::look(shift, &mut unit, files, &lines).await?;
            let decisions = decide::<I>(files, &lines, &known);
            for (line, decision) in lines.iter().zip(&decisions) {
                compare(looked, &mut seen, line, decision)?;
            }
            I::apply(shift, &mut unit, files, &lines, &decisions, &known, moment, &mut outbox).await?;
        }
        I::conclude(shift, &mut unit, files, moment, &mut outbox).await?;
        report::settle(self, shift, unit, files, looked, made, outbox, moment).await
    }
}

/// Makes work on one union wait for each other: all unions of the group, in the order of their ids.
async fn lock<I: Import>(unit: &mut Unit, looked: &[Looked]) -> Result<(), WorkError> {
    let mut ids: Vec<i64> = looked.iter().flat_map(|one| one.headcounts.unions.iter().map(|(id, ..)| *id)).collect();
    if I::ONE_AT_A_TIME {
        ids.extend(store::organizations::root(unit).await?.map(|root| root.id));
    }
    Ok(store::organizations::lock(unit, &ids).await?)
}

/// Decides on all rows of a chunk. What has no row any more (its own faults, a duplicate) is rejected.
fn decide<I: Import>(files: &[File<'_>], lines: &[Line<I::Row>], known: &I::Known) -> Vec<Decision> {
    let mut together: HashMap<usize, Fault> = I::judge_together(files, lines, known).into_iter().collect();
    let rejected = |faults| Decision { outcome: Outcome::Rejected, faults };
    let decide = |(place, line): (usize, &Line<I::Row>)| match (&line.row, together.remove(&place)) {
        (Some(row), None) => I::decide(&files[line.file], place, row, known),
        (_, fault) => rejected(fault.into_iter().collect()),
    };
    lines.iter().enumerate().map(decide).collect()
}

/// What the row said of itself, and what the registry adds; where both say the same, the registry's weight counts (a
/// 15-digit number is a warning for a member and an error for a stranger).
fn joined(own: &[Fault], added: Vec<Fault>) -> Vec<Fault> {
    let only_own = |fault: &&Fault| !added.iter().any(|other| (other.code, other.column) == (fault.code, fault.column));
    let mut faults: Vec<Fault> = own.iter().filter(only_own).cloned().collect();
    faults.extend(added);
    faults
}

/// A row that is decided otherwise now than at the first look: somebody was in between.
fn compare<R>(looked: &[Looked], seen: &mut [usize], line: &Line<R>, decision: &Decision) -> Result<(), WorkError> {
    let now = if line.is_duplicate() { Fate::Duplicate } else { Fate::from(&decision.outcome) };
    let place = seen[line.file];
    seen[line.file] += 1;
    if looked[line.file].tally.fates.get(place) == Some(&(line.place, now)) {
        return Ok(());
    }
    Err(StoreError::Conflict("the registry changed while the file was being read".to_owned()).into())
}

/// The organizations that uploads are for, by id.
async fn orgs_of(shift: &Shift, tasks: &[Task<'_>]) -> Result<HashMap<i64, Organization>, WorkError> {
    let ids: Vec<i64> = tasks.iter().filter_map(|task| task.upload.org_id).collect();
    let mut view = shift.desk.store.view().await?;
    let found = store::organizations::get_many(&mut view, &ids).await?;
    Ok(found.into_iter().map(|org| (org.id, org)).collect())
}
