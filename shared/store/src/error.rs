//! What can go wrong with the database, as far as a caller acts on it.

use domain::secret::mask_addresses;

/// An error of the store. No variant holds a value that was bound to a statement.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or stopped answering: it may be back later.
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    /// Another unit of work was in the way (deadlock, lock time-out, a row that appeared meanwhile): do it again.
    #[error("another unit of work was in the way: {0}")]
    Conflict(String),
    /// The disk of the database is full.
    #[error("the database's disk is full")]
    Full,
    /// The database got no memory from its machine: a fault of the machine, not of what was asked.
    #[error("the database's machine has no memory left: {0}")]
    NoMemory(String),
    /// The schema is not what this program works with.
    #[error("{0}")]
    Schema(String),
    /// The job was given to another worker meanwhile; nothing of this run may be kept.
    #[error("the job is another worker's by now")]
    Fenced,
    /// A sealed value can't be opened: the data key is another one.
    #[error(transparent)]
    Vault(#[from] crate::VaultError),
    /// A value in the database is not what the program wrote there.
    #[error("the database holds something that this program can't read: {0}")]
    Corrupt(String),
    /// Whatever else the database said.
    #[error("the database refused: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().map(std::borrow::Cow::into_owned).unwrap_or_default();
                let said = format!("{} ({code})", error.message());
                of_code(&code, said)
            }
            sqlx::Error::Io(error) => Self::Unreachable(mask_addresses(&error.to_string())),
            sqlx::Error::PoolTimedOut => Self::Unreachable("no connection became free in time".to_owned()),
            sqlx::Error::PoolClosed => Self::Unreachable("the pool is closed".to_owned()),
            sqlx::Error::Tls(error) => Self::Unreachable(mask_addresses(&error.to_string())),
            sqlx::Error::Protocol(text) => Self::Unreachable(mask_addresses(&text)),
            sqlx::Error::WorkerCrashed => Self::Unreachable("the database thread ended".to_owned()),
            sqlx::Error::Decode(error) => Self::Corrupt(error.to_string()),
            sqlx::Error::ColumnDecode { index, .. } => Self::Corrupt(format!("column {index}")),
            other => Self::Refused(mask_addresses(&other.to_string())),
        }
    }
}

/// PostgreSQL's five characters, or `SQLite`'s number (the low byte is the class).
fn of_code(code: &str, said: String) -> StoreError {
    if code.len() == 5 {
        return match code {
            // deadlock, serialization, lock not available, unique violation, foreign key (a row went away)
            "40P01" | "40001" | "55P03" | "23505" | "23503" => StoreError::Conflict(said),
            "53100" => StoreError::Full,
            "53200" => StoreError::NoMemory(said),
            // admin shutdown, crash shutdown, cannot connect now, too many connections
            "57P01" | "57P02" | "57P03" | "53300" => StoreError::Unreachable(said),
            _ if code.starts_with("08") => StoreError::Unreachable(said),
            _ => StoreError::Refused(said),
        };
    }
    // SQLITE_IOERR_NOMEM is of the class of errors of the disk.
    if code == "3082" {
        return StoreError::NoMemory(said);
    }
    match code.parse::<i64>().map(|code| code & 0xff) {
        Ok(5 | 6 | 19) => StoreError::Conflict(said),
        Ok(7) => StoreError::NoMemory(said),
        Ok(13) => StoreError::Full,
        Ok(10 | 14) => StoreError::Unreachable(said),
        _ => StoreError::Refused(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_the_machine_are_told_from_faults_of_what_was_asked() {
        for code in ["7", "3082", "53200"] {
            assert!(matches!(of_code(code, String::new()), StoreError::NoMemory(_)), "{code}");
        }
        for code in ["13", "53100"] {
            assert!(matches!(of_code(code, String::new()), StoreError::Full), "{code}");
        }
        assert!(matches!(of_code("1", String::new()), StoreError::Refused(_)));
        assert!(matches!(of_code("10", String::new()), StoreError::Unreachable(_)));
    }
}
