//! What `doctor` asks a database: its time, to compare clocks (the one place that asks for it), and our rights there.

use chrono::{DateTime, Utc};

use crate::{Conn, Session, Store, StoreError};

/// What the program does to its tables.
const PRIVILEGES: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

impl Store {
    /// The database server's clock; none for `SQLite`, which has the machine's.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut view = self.view().await?;
        match view.conn() {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => Ok(Some(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(conn).await?)),
        }
    }

    /// The privileges that the database's user lacks, as `UPDATE on messages`; `SQLite` has none to lack.
    pub async fn missing_rights(&self) -> Result<Vec<String>, StoreError> {
        let mut view = self.view().await?;
        let Conn::Postgres(conn) = view.conn() else { return Ok(Vec::new()) };
        let sql = "SELECT p.name || ' on ' || t.tablename FROM pg_tables AS t CROSS JOIN UNNEST($1::text[]) AS p (name) \
            WHERE t.schemaname = current_schema() AND NOT has_table_privilege(t.schemaname || '.' || t.tablename, p.name) ORDER BY 1";
        let privileges: Vec<String> = PRIVILEGES.map(str::to_owned).to_vec();
        Ok(sqlx::query_scalar(sql).bind(privileges).fetch_all(conn).await?)
    }
}
