//! First steps: the schema, the data key, the place, the operator's account.

use std::{
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use store::{SchemaState, Store, StoreError, Vault};

use crate::{
    Desk, DeskError, Refusal,
    backfill::{backfill, is_backfilled},
    year::put_shipped,
};

const KEY_SETTING: &str = "data-key-check";

/// What `migrate` did.
#[derive(Debug, Clone)]
pub struct SetupState {
    /// The migrations applied just now.
    pub applied: Vec<&'static str>,
}

impl Desk {
    /// Brings the database up to date: schema, mark of the data key, account `operator`, and what older programs stored in
    /// another form. Doing it again changes nothing.
    pub async fn migrate(&self) -> Result<SetupState, DeskError> {
        let applied = self.store.migrate().await?;
        let (moment, here) = (self.moment(), self.here().await?);
        let mut unit = self.store.begin().await?;
        let own = self.store.vault().check_value().to_owned();
        let kept = store::settings::keep(&mut unit, KEY_SETTING, &own).await?;
        if kept != own {
            return Err(other_key().into());
        }
        if store::accounts::add(&mut unit, "operator", None, moment.business).await? {
            store::accounts::grant(&mut unit, "operator", "operator", None, "migrate", moment.business).await?;
            let act = self.act("operator", "migrate", None, None, "done");
            store::audit::record(&mut unit, &[act]).await?;
        }
        self.note_place(&mut unit, &here).await?;
        put_shipped(&mut unit, moment).await?;
        unit.commit().await?;
        backfill(&self.store).await?;
        Ok(SetupState { applied })
    }

    /// Checks that the database is as this program needs it: schema and data key. An empty database is set up on the
    /// way, on either engine: nothing can be lost there, and a newcomer needs one command less. An older schema is brought
    /// up to date on `SQLite` alone; with several machines that is for an operator to time (decisions 21).
    pub async fn ready(&self) -> Result<(), DeskError> {
        match (self.store.schema().await?, self.store.kind()) {
            (SchemaState::Current, _) => {}
            (SchemaState::Empty, _) | (SchemaState::Older, store::EngineKind::Sqlite) => {
                self.migrate().await?;
            }
            (SchemaState::Older, _) => {
                return Err(schema("the database's schema is older than this program", "run: rollcall migrate").into());
            }
            (SchemaState::Newer, _) => {
                return Err(schema("the database was set up by a newer rollcall", "run that one, or one as new").into());
            }
        }
        let mut view = self.store.view().await?;
        match store::settings::find(&mut view, KEY_SETTING).await? {
            Some(kept) if kept == self.store.vault().check_value() => {}
            Some(_) => return Err(other_key().into()),
            None => return Err(schema("the database is not set up to the end", "run: rollcall migrate").into()),
        }
        drop(view);
        match (is_backfilled(&self.store).await?, self.store.kind()) {
            (true, _) => {}
            (false, store::EngineKind::Sqlite) => backfill(&self.store).await?,
            // All reads go by the new rule: with several machines an operator says when.
            (false, _) => {
                return Err(schema("names in the database are not up to date", "run: rollcall migrate").into());
            }
        }
        Ok(self.keep_place().await?)
    }
}

fn schema(message: &str, hint: &str) -> Refusal {
    Refusal::new("schema", message, hint)
}

fn other_key() -> Refusal {
    Refusal::new(
        "data-key",
        "this database was set up with another data key",
        "set data.key (ROLLCALL_DATA__KEY) to the key of the machine that ran the first `rollcall migrate`; it lies in its data.dir/data.key",
    )
}

/// The data key as configured, else as kept in the data folder; none where there is none yet. A file that others may read is
/// refused.
pub fn find_data_key(configured: &str, data_dir: &Path) -> Result<Option<String>, DeskError> {
    if !configured.is_empty() {
        return Ok(Some(configured.to_owned()));
    }
    let path = data_dir.join("data.key");
    let mode = match std::fs::metadata(&path) {
        Ok(about) => about.permissions().mode() & 0o777,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unwritable(&path, &error)),
    };
    if mode & 0o077 != 0 {
        let (message, hint) = (
            format!("the data key {} may be read by others (mode {mode:04o})", path.display()),
            format!("chmod 600 {}; whoever has read it can try numbers against a copy of the database", path.display()),
        );
        return Err(Refusal::new("data-key", message, hint).into());
    }
    let key = std::fs::read_to_string(&path).map_err(|error| unwritable(&path, &error))?;
    Ok(Some(key.trim().to_owned()))
}

/// A data key that nobody has.
pub fn new_data_key() -> Result<String, DeskError> {
    Ok(Vault::new_key().map_err(StoreError::from)?)
}

/// Makes a data key and keeps it in the data folder (mode 0600).
pub fn make_data_key(data_dir: &Path) -> Result<String, DeskError> {
    let path = data_dir.join("data.key");
    let unwritable = |error: std::io::Error| unwritable(&path, &error);
    let key = new_data_key()?;
    // Written beside and linked into place: of two first starts at once one wins, and both read the same key.
    let fresh = data_dir.join(format!("data.key.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(unwritable)?;
    file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
    let linked = std::fs::hard_link(&fresh, &path);
    std::fs::remove_file(&fresh).map_err(unwritable)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unwritable(error)),
        _ => std::fs::read_to_string(&path).map(|key| key.trim().to_owned()).map_err(unwritable),
    }
}

/// The database has a data key, and this machine has none.
#[must_use]
pub fn missing_data_key(data_dir: &Path) -> Refusal {
    Refusal::new(
        "data-key",
        format!(
            "this database was set up with a data key that is not here: {} is missing",
            data_dir.join("data.key").display()
        ),
        "put back the data.key of the machine that ran the first `rollcall migrate`, or set data.key (ROLLCALL_DATA__KEY) to it; no other is made, since with another nobody in the database is found",
    )
}

/// Whether a database was set up with a data key, whichever.
pub async fn has_data_key(store: &Store) -> Result<bool, DeskError> {
    if store.schema().await? == SchemaState::Empty {
        return Ok(false);
    }
    Ok(store::settings::find(&mut store.view().await?, KEY_SETTING).await?.is_some())
}

fn unwritable(path: &Path, error: &std::io::Error) -> DeskError {
    DeskError::Refused(Refusal::new(
        "data-key",
        format!("the data key {} can't be read or made: {error}", path.display()),
        "give data.key, or a data.dir that can be written",
    ))
}
