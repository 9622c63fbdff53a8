//! Files that no row knows. They are not deleted at once, since a database may know less than there is: what is newer than its
//! newest row is left alone, the rest lies in quarantine for a term first, and goes back when its row appears.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use desk::{Desk, DeskError};
use files::Listed;
use futures_util::StreamExt as _;
use uuid::Uuid;

use crate::house::FILES;

/// The folder of files in quarantine: `quarantine/20221101/uploads/…`, by the day on which they came there.
const QUARANTINE: &str = "quarantine";

/// What lies in quarantine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quarantined {
    /// Files of uploads.
    pub uploads: u64,
    /// Vouchers of payments.
    pub vouchers: u64,
    /// The day on which the oldest of them came there.
    pub since: Option<NaiveDate>,
}

/// What lies in quarantine now.
pub async fn quarantined(desk: &Desk) -> Result<Quarantined, DeskError> {
    let mut found = Quarantined::default();
    let mut listed = desk.files.list(QUARANTINE)?;
    while let Some(file) = listed.next().await {
        let file = file?;
        let Some((day, key)) = original(&file.key) else { continue };
        if key.starts_with(desk::VOUCHERS) {
            found.vouchers += 1;
        } else {
            found.uploads += 1;
        }
        found.since = found.since.into_iter().chain([day]).min();
    }
    Ok(found)
}

/// Puts a file into quarantine.
pub(crate) async fn put(desk: &Desk, file: &Listed, now: DateTime<Utc>) -> Result<(), DeskError> {
    let to = format!("{QUARANTINE}/{}/{}", now.date_naive().format("%Y%m%d"), file.key);
    tracing::warn!(key = %file.key, written = %file.modified, "no row knows this file: it is moved to quarantine");
    Ok(desk.files.rename(&file.key, &to).await?)
}

/// Gives back what a row knows by now, and deletes what has lain there for the term. How many of each.
pub(crate) async fn clear(desk: &Desk, now: DateTime<Utc>, term_days: u32) -> Result<(u64, u64), DeskError> {
    let last = now.date_naive() - TimeDelta::days(i64::from(term_days));
    let (mut returned, mut deleted) = (0, 0);
    let mut listed = desk.files.list(QUARANTINE)?.chunks(FILES);
    while let Some(files) = listed.next().await {
        let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
        let known = known(desk, files.iter().filter_map(|file| original(&file.key)).map(|(_, key)| key)).await?;
        for file in &files {
            let Some((day, key)) = original(&file.key) else { continue };
            if id_of_key(key).is_some_and(|id| known.contains(&id)) {
                if desk.files.head(key).await?.is_none() {
                    desk.files.rename(&file.key, key).await?;
                    returned += 1;
                }
            } else if day < last {
                tracing::warn!(key, since = %day, "no row has known this file for the whole term: it is deleted");
                desk.files.delete(&file.key).await?;
                deleted += 1;
            }
        }
    }
    Ok((returned, deleted))
}

/// The ids of these keys that uploads or vouchers have.
pub(crate) async fn known<'k>(
    desk: &Desk,
    keys: impl Iterator<Item = &'k str>,
) -> Result<Vec<Uuid>, store::StoreError> {
    let (mut uploads, mut vouchers) = (Vec::new(), Vec::new());
    for key in keys {
        uploads.extend(desk::upload_of_key(key));
        vouchers.extend(desk::voucher_of_key(key));
    }
    let mut view = desk.store.view().await?;
    let mut known = store::uploads::known(&mut view, &uploads).await?;
    known.extend(store::vouchers::known(&mut view, &vouchers).await?);
    Ok(known)
}

/// The upload or voucher that a key names.
pub(crate) fn id_of_key(key: &str) -> Option<Uuid> {
    desk::upload_of_key(key).or_else(|| desk::voucher_of_key(key))
}

/// The day and the key from before of a file in quarantine.
fn original(key: &str) -> Option<(NaiveDate, &str)> {
    let (day, key) = key.strip_prefix(QUARANTINE)?.strip_prefix('/')?.split_once('/')?;
    Some((NaiveDate::parse_from_str(day, "%Y%m%d").ok()?, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_quarantine_leads_back() {
        let day = NaiveDate::from_ymd_opt(2022, 11, 1).expect("a day");
        assert_eq!(original("quarantine/20221101/vouchers/20221031/x"), Some((day, "vouchers/20221031/x")));
        assert_eq!(original("quarantine/soon/vouchers/x"), None);
        assert_eq!(original("uploads/20221101/x"), None);
    }
}
