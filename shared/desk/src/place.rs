//! The place of a database, and why mails hold: a database that was copied, restored or moved does not know whether it is the
//! real one or a copy, so nothing is sent until an operator says which (decisions 45).

use domain::role::Act;
use serde::{Deserialize, Serialize};
use store::{DatabasePlace, Session, StoreError, Unit};

use crate::{Desk, DeskError, bond};

/// Where the real one lives.
const PLACE: &str = "place";
/// Where an operator has said that a copy lives; empty: nowhere.
const COPY: &str = "copy-place";
/// Since when it is known that the database is older than its file store; empty: it isn't.
const RESTORED: &str = "restored";

/// Where a database lives: its own place and that of its files. Machines that merely work with it don't count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The database.
    pub database: DatabasePlace,
    /// The file store: `s3://bucket/prefix`, or `folder`.
    pub files: String,
}

impl Place {
    fn is_same(&self, other: &Self) -> bool {
        self.database.is_same(&other.database) && self.files == other.files
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, files in {}", self.database, self.files)
    }
}

/// Why mails hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// The database is in another place than the one on record.
    Elsewhere {
        /// Where it was at home.
        recorded: String,
        /// Where it is.
        here: String,
    },
    /// Its file store has heard of a later state of it: it was restored from a backup.
    Restored,
    /// An operator has said that it is a copy.
    Copy,
}

impl Hold {
    /// What an operator does about it.
    pub const REMEDY: &str = "if this is the real one from now on: rollcall mail resume (look at `mail list --status queued` \
        before: what was sent after the backup would go out again); if it is a copy: rollcall mail resume --rehearsal";
}

impl std::fmt::Display for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Elsewhere { recorded, here } => {
                write!(f, "this database was copied, restored or moved: it lived at {recorded} and is at {here}; mails hold")
            }
            Self::Restored => f.write_str(
                "this database was restored from an older backup: its file store has heard of a later state of it; mails hold",
            ),
            Self::Copy => f.write_str("this database is a copy for rehearsals: it writes to nobody"),
        }
    }
}

/// What came of an operator's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resumed {
    /// Whether this is the real one from now on; else it is a copy.
    pub is_real: bool,
    /// Why mails had been held; none: they had not.
    pub held: Option<String>,
    /// Mails that wait to be sent.
    pub waiting: i64,
}

impl Desk {
    /// Where the database is now.
    pub async fn here(&self) -> Result<Place, StoreError> {
        Ok(Place { database: self.store.place().await?, files: self.files.address() })
    }

    /// Puts the place on record, unless there is one.
    pub(crate) async fn note_place(&self, unit: &mut Unit, here: &Place) -> Result<(), StoreError> {
        store::settings::keep(unit, PLACE, &written(here)?).await.map(drop)
    }

    /// The same for a database that was set up before places were recorded.
    pub(crate) async fn keep_place(&self) -> Result<(), StoreError> {
        let mut view = self.store.view().await?;
        let known = store::settings::find(&mut view, PLACE).await?;
        drop(view);
        if known.is_some() {
            return Ok(());
        }
        let here = self.here().await?;
        let mut unit = self.store.begin().await?;
        self.note_place(&mut unit, &here).await?;
        unit.commit().await
    }

    /// Why mails hold; none: they don't.
    pub async fn mails_held(&self) -> Result<Option<Hold>, StoreError> {
        let here = self.here().await?;
        let mut view = self.store.view().await?;
        if read(&mut view, COPY).await?.is_some_and(|copy| copy.is_same(&here)) {
            return Ok(Some(Hold::Copy));
        }
        if let Some(recorded) = read(&mut view, PLACE).await?.filter(|home| !home.is_same(&here)) {
            return Ok(Some(Hold::Elsewhere { recorded: recorded.to_string(), here: here.to_string() }));
        }
        let restored = store::settings::find(&mut view, RESTORED).await?;
        Ok(restored.filter(|since| !since.is_empty()).map(|_| Hold::Restored))
    }

    /// Takes note that the database is older than its file store.
    pub(crate) async fn note_restored(&self) -> Result<(), StoreError> {
        let mut unit = self.store.begin().await?;
        store::settings::put(&mut unit, RESTORED, &self.clock.machine_now().to_rfc3339()).await?;
        unit.commit().await
    }

    /// An operator says that this is the real database from now on, in this place and with this file store: mails go on, and so
    /// does the keeping of files. Another database that used the store finds a strange mark there and leaves it alone.
    pub async fn resume_mails(&self, account: &str) -> Result<Resumed, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let (here, held) = (self.here().await?, self.mails_held().await?);
        let mark = (held.is_some() || self.bond().await? != bond::Bond::Bound).then(|| bond::Mark::new(self));
        let mut unit = self.store.begin().await?;
        store::settings::put(&mut unit, PLACE, &written(&here)?).await?;
        store::settings::put(&mut unit, COPY, "").await?;
        store::settings::put(&mut unit, RESTORED, "").await?;
        if let Some(mark) = &mark {
            mark.put(&mut unit).await?;
        }
        let resumed = self.say(&mut unit, account, "mail-resume", held, true).await?;
        unit.commit().await?;
        if let Some(mark) = &mark {
            mark.put_beside(&self.files).await?;
        }
        Ok(resumed)
    }

    /// An operator says that this database is a copy, in this place: it writes to nobody, and takes no file away.
    pub async fn declare_copy(&self, account: &str) -> Result<Resumed, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let (here, held) = (self.here().await?, self.mails_held().await?);
        let mut unit = self.store.begin().await?;
        store::settings::put(&mut unit, COPY, &written(&here)?).await?;
        let resumed = self.say(&mut unit, account, "mail-rehearsal", held, false).await?;
        unit.commit().await?;
        Ok(resumed)
    }

    async fn say(
        &self,
        unit: &mut Unit,
        account: &str,
        act: &'static str,
        held: Option<Hold>,
        is_real: bool,
    ) -> Result<Resumed, StoreError> {
        let held = held.map(|hold| hold.to_string());
        let mut act = self.act(account, act, None, None, "done");
        act.detail = held.as_ref().map(|held| serde_json::json!({ "held": held }).to_string());
        store::audit::record(unit, &[act]).await?;
        let counts = store::mails::count_by_status(unit).await?;
        let waiting = counts.into_iter().filter(|(status, _)| status == "queued").map(|(_, count)| count).sum();
        Ok(Resumed { is_real, held, waiting })
    }
}

async fn read(session: &mut impl Session, key: &str) -> Result<Option<Place>, StoreError> {
    let kept = store::settings::find(session, key).await?.filter(|text| !text.is_empty());
    kept.map(|text| serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("setting {key}: {error}"))))
        .transpose()
}

fn written(place: &Place) -> Result<String, StoreError> {
    serde_json::to_string(place).map_err(|error| StoreError::Corrupt(error.to_string()))
}
