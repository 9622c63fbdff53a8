//! What `doctor` asks a database: its time, to compare clocks (the one place that asks for it), and whether it can be written.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    Conn, SchemaState, Session, Store, StoreError, Unit,
    audit::{self, NewAct},
    rights::{SEQUENCES, Verb, tables},
    settings,
};

/// The setting that is written and thrown away again.
const PROBE: &str = "doctor-probe";

/// What keeps us from writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteTrouble {
    /// The server is a replica, which takes no writes.
    Replica,
    /// Transactions read only unless they say otherwise.
    ReadOnly,
    /// The role finds no schema.
    NoSchema,
    /// The database is empty, and the role may make no tables in this schema.
    NoCreate {
        /// The schema.
        schema: String,
    },
    /// Rights that the role lacks, as `UPDATE on messages`.
    Missing(Vec<String>),
    /// A row could not be written; as the database says it.
    Refused(String),
}

impl WriteTrouble {
    /// A sentence, and what to do about it, for the role of that name.
    #[must_use]
    pub fn told(&self, role: &str) -> (String, String) {
        match self {
            Self::Replica => (
                "the server is a replica and takes no writes".to_owned(),
                "name the primary server in database.url".to_owned(),
            ),
            Self::ReadOnly => (
                "transactions are read-only here (default_transaction_read_only)".to_owned(),
                format!(
                    "ALTER ROLE \"{role}\" SET default_transaction_read_only = off (or of the database, or of the server)"
                ),
            ),
            Self::NoSchema => (
                format!("role {role} may use no schema of its search_path"),
                format!("GRANT USAGE ON SCHEMA public TO \"{role}\""),
            ),
            Self::NoCreate { schema } => (
                format!("the database is empty, and role {role} may make no tables in schema {schema}"),
                format!(
                    "GRANT CREATE ON SCHEMA {schema} TO \"{role}\"; or run `rollcall migrate` as the owner, then what `rollcall doctor --grants {role}` prints"
                ),
            ),
            Self::Missing(rights) => (
                format!("role {role} lacks: {}", rights.join(", ")),
                format!("run what `rollcall doctor --grants {role}` prints, as the owner of the tables"),
            ),
            Self::Refused(said) => (format!("no row can be written: {said}"), "mend what the database says".to_owned()),
        }
    }
}

impl Store {
    /// The database server's clock; none for `SQLite`, which has the machine's.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut view = self.view().await?;
        match view.conn() {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => Ok(Some(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(conn).await?)),
        }
    }

    /// The role that we are at the database; none for `SQLite`.
    pub async fn role(&self) -> Result<Option<String>, StoreError> {
        let mut view = self.view().await?;
        match view.conn() {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => Ok(Some(sqlx::query_scalar("SELECT current_user::text").fetch_one(conn).await?)),
        }
    }

    /// What keeps us from writing; none: nothing. Rows are written on all paths (added, locked, changed, taken away) in a
    /// unit that is thrown away.
    pub async fn write_trouble(&self, at: DateTime<Utc>) -> Result<Option<WriteTrouble>, StoreError> {
        let schema = self.schema().await;
        if let Conn::Postgres(conn) = self.view().await?.conn()
            && let Some(trouble) = of_postgres(conn, matches!(schema, Ok(SchemaState::Empty))).await?
        {
            return Ok(Some(trouble));
        }
        if schema? != SchemaState::Current {
            return Ok(None);
        }
        let mut unit = self.begin().await?;
        let written = write(&mut unit, at).await;
        unit.rollback().await?;
        Ok(written.err().map(|error| WriteTrouble::Refused(error.to_string())))
    }
}

async fn of_postgres(conn: &mut PgConnection, is_empty: bool) -> Result<Option<WriteTrouble>, StoreError> {
    let sql = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_schema()::text, \
        COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)";
    let (replica, read_only, schema, creates): (bool, bool, Option<String>, bool) =
        sqlx::query_as(sql).fetch_one(&mut *conn).await?;
    Ok(match schema {
        _ if replica => Some(WriteTrouble::Replica),
        _ if read_only => Some(WriteTrouble::ReadOnly),
        None => Some(WriteTrouble::NoSchema),
        Some(schema) if is_empty && !creates => Some(WriteTrouble::NoCreate { schema }),
        Some(_) => {
            let missing = missing(conn).await?;
            (!missing.is_empty()).then_some(WriteTrouble::Missing(missing))
        }
    })
}

/// Rights on tables and sequences that are there.
async fn missing(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let needed = Verb::ALL.into_iter().flat_map(|verb| tables(verb).into_iter().map(move |table| (verb.name(), table)));
    let (verbs, names): (Vec<String>, Vec<String>) =
        needed.map(|(verb, table)| (verb.to_owned(), table.to_owned())).unzip();
    let sql = "SELECT n.verb || ' on ' || n.name FROM UNNEST($1::text[], $2::text[]) AS n (verb, name) \
        WHERE to_regclass(n.name) IS NOT NULL AND NOT has_table_privilege(to_regclass(n.name)::oid, n.verb) ORDER BY n.name, n.verb";
    let mut missing: Vec<String> = sqlx::query_scalar(sql).bind(verbs).bind(names).fetch_all(&mut *conn).await?;
    let sql = "SELECT 'USAGE on sequence ' || s.name FROM UNNEST($1::text[]) AS s (name) \
        WHERE to_regclass(s.name) IS NOT NULL AND NOT has_sequence_privilege(to_regclass(s.name)::oid, 'USAGE') ORDER BY 1";
    let sequences: Vec<String> = SEQUENCES.map(str::to_owned).to_vec();
    missing.extend(sqlx::query_scalar::<_, String>(sql).bind(sequences).fetch_all(conn).await?);
    Ok(missing)
}

async fn write(unit: &mut Unit, at: DateTime<Utc>) -> Result<(), StoreError> {
    settings::put(unit, PROBE, "1").await?;
    settings::lock(unit, PROBE).await?;
    settings::put(unit, PROBE, "2").await?;
    let act = NewAct {
        at,
        account: "operator".to_owned(),
        act: "doctor",
        org_code: None,
        about: None,
        outcome: "thrown away".to_owned(),
        detail: None,
    };
    audit::record(unit, &[act]).await?;
    let sql = "INSERT INTO paused_queues (queue, account, paused_at) VALUES ($1, 'operator', $2)";
    on!(unit, conn => sqlx::query(sql).bind(PROBE).bind(at).execute(conn).await.map(drop))?;
    let sql = "DELETE FROM paused_queues WHERE queue = $1";
    on!(unit, conn => sqlx::query(sql).bind(PROBE).execute(conn).await.map(drop))?;
    Ok(())
}
