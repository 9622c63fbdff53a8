//! Where a database lives, as far as it can tell: a copy in another place does not know by itself that it is one.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Conn, Session, Store, StoreError};

/// Where Linux keeps the number that it gave itself when it was set up.
const MACHINE_ID: &str = "/etc/machine-id";

/// The place of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum DatabasePlace {
    /// A file of `SQLite`.
    File {
        /// Number of the device that it lies on. It may change when the machine starts anew.
        device: u64,
        /// Number of the file on its device; a copy has another.
        inode: u64,
        /// The machine's own number; none where it has none.
        machine: Option<String>,
        /// Its path, by which a device that merely got another number is known again.
        path: String,
    },
    /// A database of a PostgreSQL cluster.
    Cluster {
        /// The cluster's own number, which its replicas share; none where we may not ask for it.
        cluster: Option<String>,
        /// The database's number in it; a database that is restored gets another.
        database: i64,
    },
}

impl DatabasePlace {
    /// Whether both are one place. What one of them could not find out is not held against it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let agree = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        match (self, other) {
            (
                Self::File { device, inode, machine, path },
                Self::File { device: other_device, inode: other_inode, machine: other_machine, path: other_path },
            ) => {
                inode == other_inode && agree(machine, other_machine) && (device == other_device || path == other_path)
            }
            (
                Self::Cluster { cluster, database },
                Self::Cluster { cluster: other_cluster, database: other_database },
            ) => database == other_database && agree(cluster, other_cluster),
            _ => false,
        }
    }
}

impl std::fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { device, inode, machine, path } => {
                let machine = machine.as_deref().unwrap_or("unknown");
                write!(f, "{path} (device {device}, inode {inode}, machine {machine})")
            }
            Self::Cluster { cluster, database } => {
                let cluster = cluster.as_deref().unwrap_or("unknown");
                write!(f, "database {database} of cluster {cluster}")
            }
        }
    }
}

impl Store {
    /// Where the database is now.
    pub async fn place(&self) -> Result<DatabasePlace, StoreError> {
        if let Some(path) = self.file() {
            return of_file(&path);
        }
        match self.view().await?.conn() {
            Conn::Postgres(conn) => of_cluster(conn).await,
            Conn::Sqlite(_) => Err(StoreError::Unreachable("the database's file has no path".to_owned())),
        }
    }
}

fn of_file(path: &Path) -> Result<DatabasePlace, StoreError> {
    let unreadable = |error: std::io::Error| StoreError::Unreachable(format!("{}: {error}", path.display()));
    let path = path.canonicalize().map_err(unreadable)?;
    let about = std::fs::metadata(&path).map_err(unreadable)?;
    let machine = std::fs::read_to_string(MACHINE_ID).ok().map(|text| text.trim().to_owned());
    Ok(DatabasePlace::File {
        device: about.dev(),
        inode: about.ino(),
        machine: machine.filter(|text| !text.is_empty()),
        path: path.display().to_string(),
    })
}

async fn of_cluster(conn: &mut PgConnection) -> Result<DatabasePlace, StoreError> {
    let database = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()";
    let database: i64 = sqlx::query_scalar(database).fetch_one(&mut *conn).await?;
    // Not every operator lets everybody call it; the rest tells enough then.
    let may: bool = sqlx::query_scalar("SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
        .fetch_one(&mut *conn)
        .await
        .unwrap_or(false);
    let asked = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";
    let cluster = if may { sqlx::query_scalar(asked).fetch_one(&mut *conn).await.ok() } else { None };
    Ok(DatabasePlace::Cluster { cluster, database })
}

/// The newest id among uploads, vouchers and messages; ids sort by the machine's time. None: there is no row yet.
///
/// What the file store has that is newer, this database can't judge: it may have been restored from an older backup.
pub async fn newest_id(session: &mut impl Session) -> Result<Option<Uuid>, StoreError> {
    let sql = "SELECT id FROM (SELECT id FROM uploads ORDER BY id DESC LIMIT 1) AS u \
        UNION ALL SELECT id FROM (SELECT id FROM vouchers ORDER BY id DESC LIMIT 1) AS v \
        UNION ALL SELECT id FROM (SELECT id FROM messages ORDER BY id DESC LIMIT 1) AS m";
    let newest: Vec<Uuid> = on!(session, conn => sqlx::query_scalar(sql).fetch_all(conn).await)?;
    Ok(newest.into_iter().max())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(device: u64, inode: u64, machine: &str, path: &str) -> DatabasePlace {
        let machine = (!machine.is_empty()).then(|| machine.to_owned());
        DatabasePlace::File { device, inode, machine, path: path.to_owned() }
    }

    fn cluster(number: &str, database: i64) -> DatabasePlace {
        DatabasePlace::Cluster { cluster: (!number.is_empty()).then(|| number.to_owned()), database }
    }

    #[test]
    fn a_copy_is_in_another_place_and_a_device_with_a_new_number_is_not() {
        let home = file(8, 12, "anvil", "/srv/rollcall.db");
        for same in [file(8, 12, "anvil", "/mnt/rollcall.db"), file(9, 12, "anvil", "/srv/rollcall.db")] {
            assert!(home.is_same(&same), "{same}");
        }
        let others = [
            file(8, 13, "anvil", "/srv/rollcall.db"),
            file(8, 12, "hammer", "/srv/rollcall.db"),
            file(9, 12, "anvil", "/mnt/rollcall.db"),
            cluster("7", 12),
        ];
        for other in others {
            assert!(!home.is_same(&other), "{other}");
        }
    }

    #[test]
    fn what_could_not_be_found_out_is_not_held_against_a_place() {
        assert!(cluster("", 5).is_same(&cluster("7", 5)) && cluster("7", 5).is_same(&cluster("", 5)));
        assert!(!cluster("", 5).is_same(&cluster("7", 6)));
        assert!(!cluster("7", 5).is_same(&cluster("8", 5)));
        assert!(file(8, 12, "", "/a").is_same(&file(8, 12, "anvil", "/b")));
    }
}
