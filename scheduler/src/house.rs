//! Keeping house: done messages and old files are taken away, and files that no upload and no voucher knows, by way of a
//! quarantine. A database that is not the one of its file store, or not in its place, takes no file away.

use chrono::{DateTime, TimeDelta, Utc};
use desk::{Desk, DeskError};
use files::{FilesError, Listed};
use futures_util::StreamExt as _;
use uuid::{Timestamp, Uuid};

use crate::{Settings, quarantine};

/// Rows taken away in one unit.
const ROWS: i64 = 5_000;
/// Files looked up in one query.
pub(crate) const FILES: usize = 1_000;
/// A file without a row may belong to one that is being accepted right now; after this it does not.
const ORPHAN_AGE: TimeDelta = TimeDelta::days(1);

/// What was taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Done messages.
    pub messages: u64,
    /// Files older than their retention.
    pub files: u64,
    /// Files that no upload and no voucher knows: moved to quarantine.
    pub quarantined: u64,
    /// Files that nobody has missed in quarantine: deleted.
    pub deleted: u64,
    /// Files in quarantine whose rows have appeared: put back.
    pub returned: u64,
    /// Files that no row knows and that are newer than all rows: left alone, for the database may be older than they are.
    pub spared: u64,
    /// Why no file was touched; none: nothing stood in the way.
    pub withheld: Option<String>,
}

/// What files are judged by.
struct Measure {
    now: DateTime<Utc>,
    /// What was written before has outlived its retention.
    oldest: Option<DateTime<Utc>>,
    /// The moment of the newest row; of what is newer the database can know nothing.
    newest_row: Option<DateTime<Utc>>,
}

/// Does it once. Interrupted anywhere, the next time goes on.
pub async fn keep_house(desk: &Desk, settings: &Settings) -> Result<Kept, DeskError> {
    let now = desk.clock.machine_now();
    let messages = purge(desk, settings, now).await?;
    key_phones(desk).await?;
    let mut kept = Kept { messages, withheld: desk.take_bearings().await?, ..Kept::default() };
    if kept.withheld.is_some() {
        return Ok(kept);
    }
    let oldest = now - TimeDelta::days(i64::from(settings.retention_uploads_days));
    let newest = store::place::newest_id(&mut desk.store.view().await?).await?;
    let mut measure = Measure { now, oldest: Some(oldest), newest_row: newest.and_then(moment_of) };
    take_away(desk, "uploads", &measure, &mut kept).await?;
    // Vouchers on record prove a payment: they stay.
    measure.oldest = None;
    take_away(desk, desk::VOUCHERS, &measure, &mut kept).await?;
    (kept.returned, kept.deleted) = quarantine::clear(desk, now, settings.retention_quarantine_days).await?;
    desk.files.sweep_unfinished(now - ORPHAN_AGE).await?;
    Ok(kept)
}

/// Phones of memberships that are older than their keyed hashes get them, page by page; nothing is left to do from then on.
async fn key_phones(desk: &Desk) -> Result<(), DeskError> {
    let mut after = 0;
    loop {
        let page = store::likenesses::unkeyed(&mut desk.store.view().await?, after, ROWS).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let mut unit = desk.store.begin().await?;
        store::likenesses::key_phones(&mut unit, &page).await?;
        unit.commit().await?;
    }
}

async fn purge(desk: &Desk, settings: &Settings, now: DateTime<Utc>) -> Result<u64, DeskError> {
    let before = id_at(now - TimeDelta::days(i64::from(settings.retention_messages_days)));
    let mut messages = 0;
    loop {
        let mut unit = desk.store.begin().await?;
        let gone = store::messages::purge_done(&mut unit, before, ROWS).await?;
        store::mails::forget_rates(&mut unit, now - TimeDelta::hours(1)).await?;
        unit.commit().await?;
        messages += gone;
        if gone == 0 {
            return Ok(messages);
        }
    }
}

/// Judges the files of a folder.
async fn take_away(desk: &Desk, folder: &str, measure: &Measure, kept: &mut Kept) -> Result<(), DeskError> {
    let mut listed = desk.files.list(folder)?.chunks(FILES);
    while let Some(files) = listed.next().await {
        let files: Vec<Listed> = files.into_iter().collect::<Result<_, FilesError>>()?;
        let settled: Vec<_> = files.into_iter().filter(|file| file.modified < measure.now - ORPHAN_AGE).collect();
        let known = quarantine::known(desk, settled.iter().map(|file| file.key.as_str())).await?;
        for file in settled {
            if quarantine::id_of_key(&file.key).is_some_and(|id| known.contains(&id)) {
                if measure.oldest.is_some_and(|oldest| file.modified < oldest) {
                    desk.files.delete(&file.key).await?;
                    kept.files += 1;
                }
            } else if measure.newest_row.is_some_and(|newest| file.modified < newest) {
                quarantine::put(desk, &file, measure.now).await?;
                kept.quarantined += 1;
            } else {
                kept.spared += 1;
            }
        }
    }
    Ok(())
}

/// When an id was made, by the machine's clock.
fn moment_of(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

/// The smallest id of that moment.
fn id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let stamp = Timestamp::from_unix(uuid::NoContext, seconds, 0);
    let (high, _) = Uuid::new_v7(stamp).as_u64_pair();
    Uuid::from_u64_pair(high & !0xfff, 0)
}
