//! The bond between a database and its file store: both bear the same mark, so that a database that shares the store of
//! another, or is older than the store, takes no file away that it knows nothing of.
//!
//! The mark in the store counts up as work is done. A database that was restored from a backup has a smaller count than its
//! store, however much it has worked since.

use files::{Files, FilesError};
use serde::{Deserialize, Serialize};
use store::{Session, StoreError, Unit};
use uuid::Uuid;

use crate::{Desk, DeskError, Hold};

/// The setting that keeps the database's side of the mark.
const MARK: &str = "files-mark";
/// The file that keeps the store's side.
const MARK_KEY: &str = "instance/mark.json";

/// A mark, as both sides bear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The installation.
    instance: Uuid,
    /// How often work was noticed.
    count: i64,
    /// The last act on record then.
    act: i64,
}

/// How a file store stands to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// Both bear the same mark.
    Bound,
    /// The store bears no mark: it is new.
    Unmarked,
    /// The store bears another database's mark, or this database is older than any mark.
    Strange,
    /// The store has heard of a later state of this database, which was restored from a backup.
    Ahead,
}

impl Bond {
    /// What is wrong, and what an operator does about it; none where all is well.
    #[must_use]
    pub fn trouble(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Bound | Self::Unmarked => None,
            Self::Strange => Some((
                "the file store bears the mark of another database: no file is taken away",
                "give this database a file store of its own (files.url, data.dir); if the store is this one's from now on: rollcall mail resume",
            )),
            Self::Ahead => Some((
                "the file store has files from after this database's backup: no file is taken away",
                Hold::REMEDY,
            )),
        }
    }
}

impl Mark {
    /// The first mark of an installation.
    pub fn new(desk: &Desk) -> Self {
        Self { instance: desk.id(desk.moment()), count: 1, act: 0 }
    }

    /// Writes the database's side.
    pub async fn put(&self, unit: &mut Unit) -> Result<(), StoreError> {
        let text = serde_json::to_string(self).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        store::settings::put(unit, MARK, &text).await
    }

    /// Writes the store's side.
    pub async fn put_beside(&self, files: &Files) -> Result<(), FilesError> {
        let text = serde_json::to_vec(self).map_err(|_| FilesError::Damaged { key: MARK_KEY.to_owned() })?;
        files.put(MARK_KEY, text).await.map(drop)
    }
}

impl Desk {
    /// How the file store stands to this database.
    pub async fn bond(&self) -> Result<Bond, DeskError> {
        let (own, beside) = self.marks().await?;
        Ok(judge(own.as_ref(), beside.as_ref()))
    }

    /// Looks whether this is the database of its file store, and in its place; then binds both, or counts on. A restored
    /// database is put on record as one. What stands in the way of keeping files; none: nothing does.
    pub async fn take_bearings(&self) -> Result<Option<String>, DeskError> {
        let (own, beside) = self.marks().await?;
        let bond = judge(own.as_ref(), beside.as_ref());
        let hold = self.mails_held().await?;
        if bond == Bond::Ahead && hold.is_none() {
            self.note_restored().await?;
        }
        if let Some((trouble, _)) = bond.trouble() {
            return Ok(Some(trouble.to_owned()));
        }
        if let Some(hold) = hold {
            return Ok(Some(hold.to_string()));
        }
        self.count_on(own, beside).await?;
        Ok(None)
    }

    /// The database's side first: a store that lags behind is no sign of anything.
    async fn count_on(&self, own: Option<Mark>, beside: Option<Mark>) -> Result<(), DeskError> {
        let mut view = self.store.view().await?;
        let act = store::audit::last(&mut view).await?;
        drop(view);
        let is_new = own.is_none();
        let mut mark = own.unwrap_or_else(|| Mark::new(self));
        if is_new || mark.act != act {
            let mut unit = self.store.begin().await?;
            // Of several processes that count at once the last one's count is the highest.
            if let Some(kept) = store::settings::lock(&mut unit, MARK).await? {
                mark = parsed(&kept)?;
            }
            mark.count += 1;
            mark.act = act;
            mark.put(&mut unit).await?;
            unit.commit().await?;
        }
        if beside.as_ref() != Some(&mark) {
            mark.put_beside(&self.files).await?;
        }
        Ok(())
    }

    /// Both sides. The store's is read first: whoever counts on between the two would else make it look ahead.
    async fn marks(&self) -> Result<(Option<Mark>, Option<Mark>), DeskError> {
        let beside = self.mark_beside().await?;
        let own = own_mark(&mut self.store.view().await?).await?;
        Ok((own, beside))
    }

    async fn mark_beside(&self) -> Result<Option<Mark>, FilesError> {
        match self.files.get(MARK_KEY).await {
            Ok(bytes) => {
                let damaged = |_| FilesError::Damaged { key: MARK_KEY.to_owned() };
                serde_json::from_slice(&bytes).map(Some).map_err(damaged)
            }
            Err(FilesError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn own_mark(session: &mut impl Session) -> Result<Option<Mark>, StoreError> {
    store::settings::find(session, MARK).await?.map(|text| parsed(&text)).transpose()
}

fn parsed(text: &str) -> Result<Mark, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("setting {MARK}: {error}")))
}

fn judge(own: Option<&Mark>, beside: Option<&Mark>) -> Bond {
    match (own, beside) {
        (_, None) => Bond::Unmarked,
        (None, Some(_)) => Bond::Strange,
        (Some(own), Some(beside)) if own.instance != beside.instance => Bond::Strange,
        (Some(own), Some(beside)) if own.count < beside.count => Bond::Ahead,
        _ => Bond::Bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(instance: u128, count: i64) -> Mark {
        Mark { instance: Uuid::from_u128(instance), count, act: 0 }
    }

    #[test]
    fn a_store_that_counts_further_has_seen_a_later_state() {
        assert_eq!(judge(Some(&mark(1, 5)), Some(&mark(1, 5))), Bond::Bound);
        assert_eq!(judge(Some(&mark(1, 6)), Some(&mark(1, 5))), Bond::Bound, "it lags behind after a crash");
        assert_eq!(judge(Some(&mark(1, 4)), Some(&mark(1, 5))), Bond::Ahead);
        assert_eq!(judge(Some(&mark(2, 9)), Some(&mark(1, 5))), Bond::Strange);
        assert_eq!(judge(None, Some(&mark(1, 5))), Bond::Strange);
        assert_eq!(judge(Some(&mark(1, 5)), None), Bond::Unmarked);
        assert_eq!(judge(None, None), Bond::Unmarked);
    }
}
