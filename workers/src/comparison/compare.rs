//! The comparison of one roster: read, compared, looked up, written.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use desk::{Outbox, object_key};
use domain::{
    comparison::{Comparing, Comparison, Found, Registered},
    finding::{Code, Finding},
    identity::{Document, IdKind},
    name::PersonName,
    person::{Sex, Staff},
    phone::Phone,
    place::Blocks,
    row::{Context, roster},
    template::TemplateKind,
};
use runtime::SHANGHAI;
use sheets::Spool;
use store::{
    Session, StoreError, Vault,
    comparison_items::Item,
    comparisons::{Counts, Subject},
    messages::Job,
    organizations::Organization,
    uploads::Upload,
};
use tempfile::SpooledData;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{ComparisonWork, book, is_temporary, items, mails};
use crate::{
    Shift, WorkError,
    upload::read::{lost, read},
};

/// Members, and strangers, that are looked up in one round trip.
const PAGE: usize = 20_000;

/// A member's state as it is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub person_id: i64,
    pub person_changed_at: DateTime<Utc>,
    pub membership_id: i64,
    pub membership_changed_at: DateTime<Utc>,
}

/// Where a stranger is a member, as it is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elsewhere {
    pub person_id: i64,
    pub membership_id: i64,
}

/// What a comparison came to, with all that is needed to write it down.
pub(super) struct Made {
    pub comparison: Comparison,
    pub members: Arc<Vec<Registered>>,
    pub states: Vec<State>,
    /// By place of the stranger.
    pub elsewhere: HashMap<usize, Elsewhere>,
    /// The blocks of the roster.
    pub names: Blocks,
    /// What became of the rows that were not compared.
    pub books: Books,
}

/// The books of a roster: its rows beside those that were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    pub content: u64,
    pub headings: u64,
    pub skipped: u64,
    pub not_read: u64,
    /// What is told of the file, a sentence each; what was not read first.
    pub notes: Vec<String>,
    /// How many of these are about what was not read.
    pub unread: usize,
}

impl Books {
    fn of(spool: &Spool) -> Self {
        let account = &spool.account;
        let unread = |code: Code| matches!(code, Code::SheetNotRead | Code::BlockNotRead);
        let sentence = |note: &sheets::Note| {
            let detail = Some(note.detail.clone()).filter(|detail| !detail.is_empty());
            Finding::file(note.code, detail).message_zh()
        };
        Self {
            content: account.content,
            headings: account.headings,
            skipped: account.skipped,
            not_read: account.not_read,
            notes: account.notes.iter().map(sentence).collect(),
            unread: account.notes.iter().filter(|note| unread(note.code)).count(),
        }
    }

    /// Label and number of rows; nothing where all rows were read.
    pub fn lines(&self) -> Vec<(String, u64)> {
        if self.skipped + self.not_read == 0 {
            return Vec::new();
        }
        let lines = [
            ("有内容的行", self.content),
            ("其中表头", self.headings),
            ("跳过（标题、合计、说明等）", self.skipped),
            ("没有读取", self.not_read),
        ];
        lines.map(|(label, count)| (label.to_owned(), count)).into()
    }
}

impl ComparisonWork {
    /// Compares one roster. One that has been compared, or whose upload has ended, is done.
    pub(super) async fn compare(&self, shift: &Shift, job: &Job, id: Uuid) -> Result<(), WorkError> {
        let mut view = shift.desk.store.view().await?;
        let found = store::comparisons::find(&mut view, id).await?.ok_or(WorkError::Missing("comparison"))?;
        let upload = store::uploads::find(&mut view, found.upload_id).await?.ok_or(WorkError::Missing("upload"))?;
        let org = store::organizations::get(&mut view, found.org_id).await?;
        let org = org.ok_or(WorkError::Missing("organization"))?;
        if found.status == "done" || !matches!(upload.status.as_str(), "received" | "running") {
            drop(view);
            let unit = shift.desk.store.begin().await?;
            return shift.settle(unit, &[job], Outbox::new(), shift.desk.moment()).await;
        }
        let (members, states) = members_of(&mut view, &org).await?;
        drop(view);
        let spool = match read(shift, &self.reader, &upload.object_key, TemplateKind::Roster).await? {
            Ok(spool) => spool,
            // It could be read when it was accepted.
            Err(rejection) => return Err(WorkError::Workbook(rejection.code.name().to_owned())),
        };
        let today = upload.received_at.with_timezone(&SHANGHAI).date_naive();
        let names = spool.head.names();
        let books = Books::of(&spool);
        let comparing = take_rows(Arc::clone(&members), spool, today).await?;
        let (found_at, elsewhere) = look_up(shift, &comparing).await?;
        let made = blocking(move || {
            let comparison = if books.not_read > 0 {
                comparing.finish_partly_read(&found_at, today)
            } else {
                comparing.finish(&found_at, today)
            };
            Ok(Made { comparison, members, states, elsewhere, names, books })
        })
        .await?;
        self.write(shift, job, id, &upload, &org, made).await
    }

    async fn write(
        &self,
        shift: &Shift,
        job: &Job,
        id: Uuid,
        upload: &Upload,
        org: &Organization,
        made: Made,
    ) -> Result<(), WorkError> {
        let moment = shift.desk.moment();
        let vault = shift.desk.store.view().await?.vault();
        let counts = made.comparison.counts;
        let books = made.books.clone();
        let made = Arc::new(made);
        let (folder, of_upload, of_org, of_book) =
            (self.temp_folder.clone(), upload.clone(), org.clone(), Arc::clone(&made));
        let book = blocking(move || book::write(id, &of_book, &of_upload, &of_org, &folder)).await?;
        let key = object_key(upload.id, "result.xlsx");
        match book {
            SpooledData::InMemory(bytes) => shift.desk.files.put(&key, bytes.into_inner()).await?,
            SpooledData::OnDisk(file) => shift.desk.files.put_open(&key, file).await?,
        };
        let (mut pages, making) = make_items(made, vault);
        let mut unit = shift.desk.store.begin().await?;
        let open = store::uploads::lock_open(&mut unit, &[upload.id]).await?;
        if open.is_empty() || !store::comparisons::finish(&mut unit, id, stored(counts), moment.business).await? {
            return Err(StoreError::Fenced.into());
        }
        while let Some(page) = pages.recv().await {
            store::comparison_items::insert(&mut unit, id, &page?).await?;
        }
        making.await.map_err(|_| WorkError::Panicked)?;
        store::uploads::complete(&mut unit, upload.id, &key, None, moment.business).await?;
        let mut outbox = Outbox::new();
        let letter = mails::compared(id, upload, org, &counts, &books);
        mails::queue(shift, &mut unit, &mut outbox, job, letter, &upload.account, org, moment).await?;
        tracing::info!(upload = %upload.id, comparison = %id, rows = counts.read, "a roster was compared");
        shift.settle(unit, &[job], outbox, moment).await
    }
}

/// Makes the items page by page, while those before are written.
fn make_items(
    made: Arc<Made>,
    vault: Arc<Vault>,
) -> (mpsc::Receiver<Result<Vec<Item>, WorkError>>, tokio::task::JoinHandle<()>) {
    let (sender, pages) = mpsc::channel(1);
    let making = tokio::task::spawn_blocking(move || {
        let mut items = items::of(&made, &vault);
        loop {
            let page: Result<Vec<Item>, WorkError> = items.by_ref().take(PAGE).collect();
            let last = page.as_ref().map_or(true, Vec::is_empty);
            // Where nobody takes any more, the unit has failed, and says why.
            if sender.blocking_send(page).is_err() || last {
                return;
            }
        }
    });
    (pages, making)
}

fn stored(counts: domain::comparison::Counts) -> Counts {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Counts {
        n_read: count(counts.read),
        n_same: count(counts.same),
        n_changed: count(counts.changed),
        n_absent: count(counts.absent_from_file),
        n_not_in_registry: count(counts.not_in_registry),
        n_in_other_union: count(counts.in_other_union),
        n_near: count(counts.near_match),
        n_duplicate: count(counts.duplicate),
        n_rejected: count(counts.rejected),
    }
}

/// The members that the roster is of.
async fn members_of(
    session: &mut impl Session,
    org: &Organization,
) -> Result<(Arc<Vec<Registered>>, Vec<State>), WorkError> {
    let (mut members, mut states) = (Vec::new(), Vec::new());
    let vault = session.vault();
    let persons = store::comparisons::subject_ids(session, &org.path).await?;
    for page in persons.chunks(PAGE) {
        for subject in store::comparisons::subjects(session, page).await? {
            if subject.org_id != org.id && is_temporary(subject.org_kind.as_deref()) {
                continue;
            }
            states.push(State {
                person_id: subject.person_id,
                person_changed_at: subject.person_changed_at,
                membership_id: subject.membership_id,
                membership_changed_at: subject.membership_changed_at,
            });
            members.push(registered(&vault, subject)?);
        }
    }
    Ok((Arc::new(members), states))
}

fn registered(vault: &Vault, subject: Subject) -> Result<Registered, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(format!("{what} of a person"));
    let number = vault.open(&subject.doc_number)?;
    let kind = IdKind::parse(&subject.doc_kind).ok_or_else(|| corrupt("document kind"))?;
    let phone = subject.phone.0.as_ref().map(|phone| vault.open(phone)).transpose()?;
    Ok(Registered {
        document: Document::stored(kind, &number).ok_or_else(|| corrupt("document number"))?,
        name: PersonName::stored(&subject.name),
        sex: Sex::parse(&subject.sex).ok_or_else(|| corrupt("sex"))?,
        birth: subject.birth,
        phone: phone.as_deref().and_then(Phone::stored),
        employer: subject.employer.map(Into::into),
        label: subject.label.map(Into::into),
        staff: subject.staff.as_deref().and_then(Staff::parse),
        retired_on: subject.retired_on,
        deceased_on: subject.deceased_on,
    })
}

/// Goes through the rows, off the async threads.
async fn take_rows(members: Arc<Vec<Registered>>, spool: Arc<Spool>, today: NaiveDate) -> Result<Comparing, WorkError> {
    blocking(move || {
        let mut comparing = Comparing::new(members, spool.head.names());
        let context = Context { today, lost: lost(&spool, TemplateKind::Roster)? };
        for raw in spool.rows() {
            let raw = raw.map_err(WorkError::Reader)?;
            let cells = raw.in_template_order(&spool.head);
            comparing.take(raw.place(), roster(&cells, context), &cells);
        }
        Ok(comparing)
    })
    .await
}

/// Where the documents of the rows are known that found no member of the union.
async fn look_up(shift: &Shift, comparing: &Comparing) -> Result<(Vec<Found>, HashMap<usize, Elsewhere>), WorkError> {
    let strangers = comparing.strangers();
    let mut found = vec![Found::Nobody; strangers.len()];
    let mut elsewhere = HashMap::new();
    let mut view = shift.desk.store.view().await?;
    let vault = view.vault();
    for (page, chunk) in strangers.chunks(PAGE).enumerate() {
        let first = page * PAGE;
        let keys: HashMap<store::DocKey, usize> = (first..)
            .zip(chunk)
            .map(|(place, stranger)| (vault.doc_key(&stranger.person.document.key()), place))
            .collect();
        let wanted: Vec<(store::DocKey, i64)> = keys.keys().map(|key| (*key, 0)).collect();
        for known in store::persons::known(&mut view, &wanted).await? {
            let Some(place) = keys.get(&known.key()?).copied() else { continue };
            found[place] = Found::Former;
            if let Some(membership_id) = known.membership_id {
                found[place] = Found::Elsewhere;
                elsewhere.insert(place, Elsewhere { person_id: known.person_id, membership_id });
            }
        }
    }
    Ok((found, elsewhere))
}

/// Pure work that may take long, off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkError> + Send + 'static,
) -> Result<T, WorkError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| WorkError::Panicked)?
}
