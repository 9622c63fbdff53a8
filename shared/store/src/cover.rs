//! Who may make cover stand for good, and beside whom: the lock by which nobody is covered twice in a year.
//!
//! A final submission, the approval of an instant enrolment and the undoing of a failure each look who is covered by
//! something else and then cover the others. They write different rows, so no row of theirs keeps them apart: two that look
//! at once would both find somebody free.

use crate::{EngineKind, Session, StoreError, Unit};

/// How a unit makes cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// A bureau's list. Lists run beside each other, for they lock the submissions that hold the same people.
    List,
    /// An approval or an undoing: alone, for what it covers may be in any list or none.
    Alone,
}

/// The first of the two numbers of this lock; the second is the year.
const COVER: i32 = 0x636f_7665;

/// Makes units that cover people in a year wait for each other, until they end. It comes before every other lock of a
/// unit. `SQLite` has one unit at a time, and nobody to wait for.
pub async fn lock(unit: &mut Unit, year: i32, making: Making) -> Result<(), StoreError> {
    if unit.kind() == EngineKind::Sqlite {
        return Ok(());
    }
    let sql = match making {
        Making::List => "SELECT pg_advisory_xact_lock_shared($1, $2)",
        Making::Alone => "SELECT pg_advisory_xact_lock($1, $2)",
    };
    on!(unit, conn => sqlx::query(sql).bind(COVER).bind(year).execute(conn).await.map(drop))?;
    Ok(())
}
