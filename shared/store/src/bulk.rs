//! Many rows in one statement, written once for both engines.
//!
//! A statement sees its rows as the table `r`, whose columns have the names given here: PostgreSQL gets one array
//! per column (`UNNEST`), `SQLite` a `VALUES` list in blocks that stay below its limit of parameters.
//!
//! What is looked up for the rows stands behind them as `r CROSS JOIN other … WHERE`: `SQLite` has no statistics of `r`, and
//! takes it for an order to go through `r` and look up the others. With `JOIN … ON` it went through the whole other table, and
//! past some 32,700 rows through both without any index. PostgreSQL plans both forms alike.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgConnection, SqliteConnection, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{Conn, Session, StoreError, Unit};

/// Rows for one statement at PostgreSQL: enough to make the round trip cheap, few enough to keep memory flat.
const POSTGRES_BLOCK: usize = 20_000;
/// Rows for one statement at `SQLite`: its planner loses its way with far larger ones, where `UPDATE … FROM r` lets nobody
/// say the order.
const SQLITE_BLOCK: usize = 8_000;
/// `SQLite`'s default limit of parameters in one statement.
const SQLITE_PARAMETERS: usize = 32_766;

/// Columns of values, all of the same length, and constants that every row shares.
#[derive(Debug, Default)]
pub struct Rows {
    columns: Vec<(&'static str, Values)>,
    constants: Vec<(&'static str, Value)>,
}

/// One value that every row shares.
#[derive(Debug, Clone)]
pub enum Value {
    /// 64-bit integer.
    Int(Option<i64>),
    /// Text.
    Text(Option<String>),
    /// An instant.
    Instant(Option<DateTime<Utc>>),
    /// A UUID.
    Id(Option<Uuid>),
}

#[derive(Debug)]
enum Values {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Bool(Vec<Option<bool>>),
    Date(Vec<Option<NaiveDate>>),
    Instant(Vec<Option<DateTime<Utc>>>),
    Id(Vec<Option<Uuid>>),
}

macro_rules! each {
    ($values:expr, $list:ident => $body:expr) => {
        match $values {
            Values::Int($list) => $body,
            Values::Text($list) => $body,
            Values::Bytes($list) => $body,
            Values::Bool($list) => $body,
            Values::Date($list) => $body,
            Values::Instant($list) => $body,
            Values::Id($list) => $body,
        }
    };
}

macro_rules! each_value {
    ($value:expr, $one:ident => $body:expr) => {
        match $value {
            Value::Int($one) => $body,
            Value::Text($one) => $body,
            Value::Instant($one) => $body,
            Value::Id($one) => $body,
        }
    };
}

macro_rules! column {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name<V: Into<Option<$type>>>(mut self, name: &'static str, values: impl IntoIterator<Item = V>) -> Self {
            self.columns.push((name, Values::$variant(values.into_iter().map(Into::into).collect())));
            self
        }
    };
}

impl Rows {
    /// No column yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    column!(
        /// A column of integers.
        int, Int, i64
    );
    column!(
        /// A column of texts.
        text, Text, String
    );
    column!(
        /// A column of byte strings.
        bytes, Bytes, Vec<u8>
    );
    column!(
        /// A column of yes and no.
        bool, Bool, bool
    );
    column!(
        /// A column of days.
        date, Date, NaiveDate
    );
    column!(
        /// A column of instants.
        instant, Instant, DateTime<Utc>
    );
    column!(
        /// A column of UUIDs.
        id, Id, Uuid
    );

    /// A column that has the same value in every row.
    #[must_use]
    pub fn every(mut self, name: &'static str, value: Value) -> Self {
        self.constants.push((name, value));
        self
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| each!(values, list => list.len()))
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs a statement over the table `r`; the number of rows that it touched.
    pub(crate) async fn execute(&self, unit: &mut Unit, statement: &str) -> Result<u64, StoreError> {
        let mut touched = 0;
        let mut from = 0;
        while from < self.len() {
            let to = self.block_end(unit, from);
            touched += match unit.conn() {
                Conn::Postgres(conn) => self.postgres(statement, from, to).execute(conn).await?.rows_affected(),
                Conn::Sqlite(conn) => self.sqlite(statement, from, to).execute(conn).await?.rows_affected(),
            };
            from = to;
        }
        Ok(touched)
    }

    /// Runs a statement over the table `r` that gives rows back.
    pub(crate) async fn fetch<T>(&self, session: &mut impl Session, statement: &str) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let mut found = Vec::new();
        let mut from = 0;
        while from < self.len() {
            let to = self.block_end(session, from);
            match session.conn() {
                Conn::Postgres(conn) => self.fetch_postgres(conn, statement, from, to, &mut found).await?,
                Conn::Sqlite(conn) => self.fetch_sqlite(conn, statement, from, to, &mut found).await?,
            }
            from = to;
        }
        Ok(found)
    }

    async fn fetch_postgres<T: for<'r> FromRow<'r, PgRow>>(
        &self,
        conn: &mut PgConnection,
        statement: &str,
        from: usize,
        to: usize,
        found: &mut Vec<T>,
    ) -> Result<(), StoreError> {
        for row in &self.postgres(statement, from, to).fetch_all(conn).await? {
            found.push(T::from_row(row)?);
        }
        Ok(())
    }

    async fn fetch_sqlite<T: for<'r> FromRow<'r, SqliteRow>>(
        &self,
        conn: &mut SqliteConnection,
        statement: &str,
        from: usize,
        to: usize,
        found: &mut Vec<T>,
    ) -> Result<(), StoreError> {
        for row in &self.sqlite(statement, from, to).fetch_all(conn).await? {
            found.push(T::from_row(row)?);
        }
        Ok(())
    }

    fn block_end(&self, session: &mut impl Session, from: usize) -> usize {
        let block = match session.conn() {
            Conn::Postgres(_) => POSTGRES_BLOCK,
            Conn::Sqlite(_) => SQLITE_BLOCK.min((SQLITE_PARAMETERS - self.constants.len()) / self.columns.len().max(1)),
        };
        (from + block).min(self.len())
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn postgres(&self, statement: &str, from: usize, to: usize) -> PgQuery {
        let arrays: Vec<String> = (self.columns.iter().enumerate())
            .map(|(place, (_, values))| format!("${}::{}[]", place + 1, values.postgres_type()))
            .collect();
        let mut constants = String::new();
        for (place, (name, value)) in self.constants.iter().enumerate() {
            let number = self.columns.len() + place + 1;
            // Writing into a String can't fail.
            let _ = write!(constants, ", ${number}::{} AS {name}", value.postgres_type());
        }
        let names = self.names();
        let sql =
            format!("WITH r AS (SELECT v.*{constants} FROM UNNEST({}) AS v ({names})) {statement}", arrays.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, values) in &self.columns {
            query = each!(values, list => query.bind(list[from..to].to_vec()));
        }
        for (_, value) in &self.constants {
            query = each_value!(value, one => query.bind(own(one)));
        }
        query
    }

    fn sqlite(&self, statement: &str, from: usize, to: usize) -> SqliteQuery {
        let marks = format!("({})", vec!["?"; self.columns.len()].join(","));
        let values = vec![marks.as_str(); to - from].join(",");
        let mut constants = String::new();
        for (name, _) in &self.constants {
            constants += ", ? AS ";
            constants += name;
        }
        let names = self.names();
        let sql = format!("WITH v ({names}) AS (VALUES {values}), r AS (SELECT v.*{constants} FROM v) {statement}");
        // Blocks of odd sizes would only push useful statements out of the cache.
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(to - from == 1);
        for row in from..to {
            for (_, values) in &self.columns {
                query = each!(values, list => query.bind(own(&list[row])));
            }
        }
        for (_, value) in &self.constants {
            query = each_value!(value, one => query.bind(own(one)));
        }
        query
    }
}

/// A copy for a bind; in a macro that serves small values and texts alike.
fn own<T: Clone>(value: &T) -> T {
    value.clone()
}

type PgQuery = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;
type SqliteQuery = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

impl Values {
    const fn postgres_type(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytea",
            Self::Bool(_) => "boolean",
            Self::Date(_) => "date",
            Self::Instant(_) => "timestamptz",
            Self::Id(_) => "uuid",
        }
    }
}

impl Value {
    const fn postgres_type(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Text(_) => "text",
            Self::Instant(_) => "timestamptz",
            Self::Id(_) => "uuid",
        }
    }
}
