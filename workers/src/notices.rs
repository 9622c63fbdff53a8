//! Notice generation: a notice that was asked for is rendered from what is on record, stored, and goes out with its mail.
//!
//! Reads the version of a submission, or the batch, that the notice tells of; writes the PDF into the file store, then, in one
//! unit, the notice's row and the mail that carries it. The same record gives the same bytes, so a second run changes nothing.

mod bureau;
mod unit;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use desk::{Letter, Outbox};
use documents::{Document, RenderError};
use messages::{Kind, NoticeRequested, Queue};
use runtime::SHANGHAI;
use store::{
    View,
    messages::Job,
    notices::{self, MadeNotice, Notice},
};

use crate::{Failed, Shift, Work, WorkError};

/// The work of `notice.requested`.
#[derive(Debug, Default)]
pub struct NoticeWork;

/// What a notice is rendered from.
enum Draft {
    Unit(Box<documents::UnitNotice>),
    Bureau(Box<documents::BureauNotice>),
}

/// A notice that is ready to be stored: its row, its document, and the mail that it goes with.
struct Ready<'j> {
    job: &'j Job,
    notice: Notice,
    document: Document,
    letter: Option<Letter>,
}

#[async_trait]
impl Work for NoticeWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Notices]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::NoticeRequested]
    }

    /// Few enough that the memory of a group stays small, many enough that a commit is worth it.
    fn group(&self, _queue: Queue) -> usize {
        32
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        let mut failed = Failed::new();
        let mut done: Vec<&Job> = Vec::new();
        let mut ready = Vec::new();
        let mut view = shift.desk.store.view().await?;
        for job in jobs {
            match prepare(shift, &mut view, job).await {
                Ok(Some(one)) => ready.push(one),
                Ok(None) => done.push(job),
                Err(error) => failed.push((job.envelope.id, error)),
            }
        }
        drop(view);
        let files = ready.iter().map(|one| (key(&one.notice), one.document.bytes.clone())).collect();
        shift.desk.files.put_many(files).await?;
        let moment = shift.desk.moment();
        let mut unit = shift.desk.store.begin().await?;
        let mut outbox = Outbox::new();
        let mut letters = Vec::new();
        for one in ready {
            let made = made(&one.notice, &one.document);
            if notices::finish(&mut unit, &made, moment.business).await? {
                letters.extend(one.letter);
            }
            done.push(one.job);
        }
        shift.desk.post(&mut unit, &mut outbox, &letters, moment).await?;
        metrics::counter!("rollcall_notices_made_total").increment(letters.len() as u64);
        shift.settle(unit, &done, outbox, moment).await?;
        Ok(failed)
    }
}

/// Reads and renders; nothing where the notice has been made.
async fn prepare<'j>(shift: &Shift, view: &mut View, job: &'j Job) -> Result<Option<Ready<'j>>, WorkError> {
    let id = job.envelope.read::<NoticeRequested>()?.notice_id;
    let notice = notices::find(view, id).await?.ok_or(WorkError::Missing("notice"))?;
    if notice.made_at.is_some() {
        return Ok(None);
    }
    let (draft, letter) = match notice.version_id {
        Some(version) => unit::draft(view, &notice, version, &job.envelope).await?,
        None => bureau::draft(view, shift.desk.store.vault(), &notice, &job.envelope).await?,
    };
    let document = render(draft).await?;
    for warning in &document.warnings {
        tracing::warn!(notice = %notice.id, number = notice.number, "a notice can't be printed as written: {}", code(warning));
    }
    let name = format!("参保告知书-{}-{}.pdf", notice.number, notice.version);
    let letter = letter.map(|letter| letter.enclose(&name, &key(&notice), "application/pdf"));
    Ok(Some(Ready { job, notice, document, letter }))
}

/// Rendering computes, so it stays off the threads that serve everybody.
async fn render(draft: Draft) -> Result<Document, WorkError> {
    let rendered = tokio::task::spawn_blocking(move || match draft {
        Draft::Unit(of) => documents::unit_notice(&of),
        Draft::Bureau(of) => documents::bureau_notice(&of),
    });
    match rendered.await {
        Ok(document) => Ok(document?),
        Err(_) => Err(WorkError::Panicked),
    }
}

impl From<RenderError> for WorkError {
    fn from(error: RenderError) -> Self {
        Self::Notice(error.to_string())
    }
}

fn key(notice: &Notice) -> String {
    format!("notices/{}/{}.pdf", notice.year, notice.id)
}

fn made(notice: &Notice, document: &Document) -> MadeNotice {
    MadeNotice {
        id: notice.id,
        object_key: key(notice),
        sha256: document.sha256.clone(),
        size_bytes: i64::try_from(document.bytes.len()).unwrap_or(i64::MAX),
        warnings: serde_json::to_string(&document.warnings).unwrap_or_else(|_| "[]".to_owned()),
    }
}

/// A warning without the text that it quotes: that may be somebody's name.
fn code(warning: &documents::Warning) -> &'static str {
    match warning {
        documents::Warning::MissingGlyph { .. } => "missing glyph",
        documents::Warning::Removed { .. } => "removed character",
        documents::Warning::Shortened { .. } => "shortened text",
    }
}

/// Somebody who should be on no list any more, as a notice has it; `unit` is blank in the unit's own.
fn gone(one: &desk::GoneView, unit: &str) -> documents::Gone {
    documents::Gone {
        unit: unit.to_owned(),
        name: one.name.clone(),
        id_masked: one.id_masked.clone(),
        recorded: one.message.clone(),
    }
}

/// An instant as a notice has it: the clocks of Shanghai.
fn local(at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&SHANGHAI).naive_local()
}
