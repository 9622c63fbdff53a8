//! Keeping house: done messages and old files are taken away, and files that no upload and no voucher knows.

use chrono::{DateTime, TimeDelta, Utc};
use desk::{Desk, DeskError};
use futures_util::StreamExt as _;
use uuid::{Timestamp, Uuid};

use crate::Settings;

/// Rows taken away in one unit.
const ROWS: i64 = 5_000;
/// Files looked up in one query.
const FILES: usize = 1_000;
/// A file without a row may belong to one that is being accepted right now; after this it does not.
const ORPHAN_AGE: TimeDelta = TimeDelta::days(1);

/// What was taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Done messages.
    pub messages: u64,
    /// Files older than their retention.
    pub files: u64,
    /// Files that no upload and no voucher knows.
    pub orphans: u64,
}

/// Does it once. Interrupted anywhere, the next time goes on.
pub async fn keep_house(desk: &Desk, settings: &Settings) -> Result<Kept, DeskError> {
    let now = desk.clock.machine_now();
    let mut kept = Kept::default();
    let before = id_at(now - TimeDelta::days(i64::from(settings.retention_messages_days)));
    loop {
        let mut unit = desk.store.begin().await?;
        let gone = store::messages::purge_done(&mut unit, before, ROWS).await?;
        store::mails::forget_rates(&mut unit, now - TimeDelta::hours(1)).await?;
        unit.commit().await?;
        kept.messages += gone;
        if gone == 0 {
            break;
        }
    }
    let oldest = now - TimeDelta::days(i64::from(settings.retention_uploads_days));
    let mut listed = desk.files.list("uploads")?.chunks(FILES);
    while let Some(files) = listed.next().await {
        take_away(desk, files, now, oldest, &mut kept).await?;
    }
    let mut listed = desk.files.list(desk::VOUCHERS)?.chunks(FILES);
    while let Some(files) = listed.next().await {
        kept.orphans += take_away_vouchers(desk, files, now).await?;
    }
    desk.files.sweep_unfinished(now - ORPHAN_AGE).await?;
    Ok(kept)
}

async fn take_away(
    desk: &Desk,
    files: Vec<Result<files::Listed, files::FilesError>>,
    now: DateTime<Utc>,
    oldest: DateTime<Utc>,
    kept: &mut Kept,
) -> Result<(), DeskError> {
    let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    let settled: Vec<_> = files.into_iter().filter(|file| file.modified < now - ORPHAN_AGE).collect();
    let ids: Vec<Uuid> = settled.iter().filter_map(|file| desk::upload_of_key(&file.key)).collect();
    let mut view = desk.store.view().await?;
    let known = store::uploads::known(&mut view, &ids).await?;
    drop(view);
    for file in settled {
        let is_known = desk::upload_of_key(&file.key).is_some_and(|id| known.contains(&id));
        if is_known && file.modified >= oldest {
            continue;
        }
        desk.files.delete(&file.key).await?;
        if is_known {
            kept.files += 1;
        } else {
            kept.orphans += 1;
        }
    }
    Ok(())
}

/// Takes away files of vouchers that were never put on record; those on record prove a payment and stay. The number.
async fn take_away_vouchers(
    desk: &Desk,
    files: Vec<Result<files::Listed, files::FilesError>>,
    now: DateTime<Utc>,
) -> Result<u64, DeskError> {
    let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    let settled: Vec<_> = files.into_iter().filter(|file| file.modified < now - ORPHAN_AGE).collect();
    let ids: Vec<Uuid> = settled.iter().filter_map(|file| desk::voucher_of_key(&file.key)).collect();
    let mut view = desk.store.view().await?;
    let known = store::vouchers::known(&mut view, &ids).await?;
    drop(view);
    let mut gone = 0;
    for file in settled {
        if desk::voucher_of_key(&file.key).is_none_or(|id| !known.contains(&id)) {
            desk.files.delete(&file.key).await?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// The smallest id of that moment.
fn id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let stamp = Timestamp::from_unix(uuid::NoContext, seconds, 0);
    let (high, _) = Uuid::new_v7(stamp).as_u64_pair();
    Uuid::from_u64_pair(high & !0xfff, 0)
}
