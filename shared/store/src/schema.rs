//! The migrations: one numbered list, applied under a lock, never over a newer schema.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use crate::{EngineKind, Session, Store, StoreError};

/// One migration: number, name, and its text for each engine (the same text where they don't differ).
struct Step {
    number: i64,
    name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
}

macro_rules! step {
    ($number:literal, $name:literal) => {
        Step {
            number: $number,
            name: $name,
            postgres: include_str!(concat!("../../../migrations/", $name, ".postgres.sql")),
            sqlite: include_str!(concat!("../../../migrations/", $name, ".sqlite.sql")),
        }
    };
}

/// Where the database keeps what was applied; sqlx's own name.
pub(crate) const RECORD: &str = "_sqlx_migrations";

const STEPS: &[Step] = &[
    step!(1, "0001_pipeline"),
    step!(2, "0002_registry"),
    step!(3, "0003_comparisons"),
    step!(4, "0004_transfers"),
    step!(5, "0005_year"),
    step!(6, "0006_mail_files"),
    step!(7, "0007_submission_versions"),
    step!(10, "0010_row_books"),
    step!(11, "0011_people"),
];

/// The names of all migrations, in order: files in `migrations/` without their endings.
#[must_use]
pub fn migration_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// The tables that the migrations make.
pub(crate) fn tables() -> Vec<&'static str> {
    let made = STEPS.iter().flat_map(|step| step.postgres.split("CREATE TABLE ").skip(1));
    made.filter_map(|rest| rest.split_whitespace().next()).collect()
}

/// How the database's schema stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// Nothing is there yet.
    Empty,
    /// Migrations are missing: `rollcall migrate` is to be run.
    Older,
    /// As this program knows it.
    Current,
    /// A newer program has been here.
    Newer,
}

impl Store {
    /// Brings the schema up to this program's; the names of what was applied. Refuses a newer schema. Two processes that
    /// do it at once wait for each other.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, StoreError> {
        match self.kind() {
            // Its migrator takes no lock, so the one write lock of a unit stands in for it.
            EngineKind::Sqlite => {
                let mut unit = self.begin().await?;
                let done = migrate(&mut unit).await?;
                unit.commit().await?;
                Ok(done)
            }
            // The migrator's lock belongs to the connection and outlives an error: it goes with the connection.
            EngineKind::Postgres => {
                let mut view = self.view().await?;
                let done = migrate(&mut view).await;
                view.close().await?;
                done
            }
        }
    }

    /// How the database's schema stands to this program.
    pub async fn schema(&self) -> Result<SchemaState, StoreError> {
        let applied = applied(&mut self.view().await?).await?;
        let known = STEPS.iter().map(|step| step.number);
        Ok(if applied.is_empty() {
            SchemaState::Empty
        } else if applied.iter().any(|number| !known.clone().any(|own| own == *number)) {
            SchemaState::Newer
        } else if known.clone().all(|number| applied.contains(&number)) {
            SchemaState::Current
        } else {
            SchemaState::Older
        })
    }
}

async fn migrate(session: &mut impl Session) -> Result<Vec<&'static str>, StoreError> {
    let migrator = migrator(session.kind());
    on!(session, conn => conn.lock().await).map_err(of_migration)?;
    let before = applied(session).await?;
    on!(session, conn => migrator.run_direct(None, conn, false).await).map_err(of_migration)?;
    on!(session, conn => conn.unlock().await).map_err(of_migration)?;
    Ok(STEPS.iter().filter(|step| !before.contains(&step.number)).map(|step| step.name).collect())
}

/// The numbers of the migrations that the database has; none where nothing was ever applied.
async fn applied(session: &mut impl Session) -> Result<Vec<i64>, StoreError> {
    match on!(session, conn => conn.list_applied_migrations(RECORD).await) {
        Ok(applied) => Ok(applied.into_iter().map(|migration| migration.version).collect()),
        // The table comes with the first migration.
        Err(
            MigrateError::Execute(sqlx::Error::Database(error))
            | MigrateError::ExecuteMigration(sqlx::Error::Database(error), _),
        ) if error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table") => {
            Ok(Vec::new())
        }
        Err(error) => Err(of_migration(error)),
    }
}

fn migrator(kind: EngineKind) -> Migrator {
    let migrations = STEPS.iter().map(|step| {
        let sql = match kind {
            EngineKind::Postgres => step.postgres,
            EngineKind::Sqlite => step.sqlite,
        };
        Migration::new(step.number, Cow::Borrowed(step.name), MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    Migrator::with_migrations(migrations.collect())
}

fn of_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(number) => StoreError::Schema(format!(
            "the database has migration {number}, which this program does not know: it was set up by a newer rollcall; run that one"
        )),
        MigrateError::VersionMismatch(number) => StoreError::Schema(format!(
            "migration {number} in the database differs from this program's: the database was set up by another build"
        )),
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Schema(format!("the schema can't be brought up to date: {other}")),
    }
}
