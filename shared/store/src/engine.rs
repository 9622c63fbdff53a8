//! The two engines: pools, units of work, and the macro by which one body serves both.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{StoreError, Vault};

/// How long a connection beside the pool may take to say why the pool had none.
const CAUSE_WITHIN: Duration = Duration::from_secs(3);

/// Runs one body on whichever engine the session is of: `on!(session, conn => sqlx::query(SQL).execute(conn).await)`.
macro_rules! on {
    ($session:expr, $conn:ident => $body:expr) => {
        match $crate::Session::conn($session) {
            $crate::Conn::Postgres($conn) => $body,
            $crate::Conn::Sqlite($conn) => $body,
        }
    };
}

/// Which database serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// `SQLite`, one file in the data folder.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

impl EngineKind {
    /// What stands behind a sub-select that claims rows, so that two claimers pass each other by.
    /// `SQLite` has one writer at a time and needs nothing.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// Joins a table one row after the other: to each row of the tables before it those of `table` (called `name` here) that
    /// `on` picks, which an index must know. So it costs what the rows before it are many, and not what the table has grown to.
    ///
    /// A planner left to itself goes through the whole table where it takes it for small, or the rows for many: until the next
    /// `ANALYZE` it knows nothing of what a season has written.
    pub(crate) fn each(self, table: &str, name: &str, on: &str) -> String {
        match self {
            // What stands behind a CROSS JOIN is gone through behind it.
            Self::Sqlite => format!(" CROSS JOIN {table} AS {name} ON {on}"),
            // What has an OFFSET is planned by itself, and what it names of the rows before it leaves a loop as the only way.
            Self::Postgres => {
                format!(" CROSS JOIN LATERAL (SELECT * FROM {table} AS {name} WHERE {on} OFFSET 0) AS {name}")
            }
        }
    }

    /// The same where a row need not have any: it stands once then, with nothing of `table`.
    pub(crate) fn each_or_none(self, table: &str, name: &str, on: &str) -> String {
        match self {
            Self::Sqlite => format!(" LEFT JOIN {table} AS {name} ON {on}"),
            Self::Postgres => {
                format!(" LEFT JOIN LATERAL (SELECT * FROM {table} AS {name} WHERE {on} OFFSET 0) AS {name} ON TRUE")
            }
        }
    }
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `postgres://…`, or `sqlite:PATH`.
    pub url: String,
    /// Connections at the most (PostgreSQL), readers at the most (`SQLite`).
    pub connections: u32,
    /// How long a statement may wait for a connection or a lock, in seconds.
    pub wait_s: u64,
}

/// The database: pools of connections, and the vault that seals personal data.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    vault: Arc<Vault>,
}

#[derive(Debug, Clone)]
enum Engine {
    Postgres(PgPool),
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

/// One unit of work: all of it is kept on `commit`, nothing of it otherwise.
#[derive(Debug)]
pub struct Unit {
    transaction: UnitEngine,
    vault: Arc<Vault>,
}

#[derive(Debug)]
enum UnitEngine {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// A transaction for reading alone: all that is read in it stood so at one moment, whatever others commit meanwhile.
#[derive(Debug)]
pub struct Snapshot {
    transaction: UnitEngine,
    vault: Arc<Vault>,
}

/// A connection for reading alone.
#[derive(Debug)]
pub struct View {
    connection: ViewEngine,
    vault: Arc<Vault>,
}

#[derive(Debug)]
enum ViewEngine {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

/// The bare connection of a session, for `on!`.
#[derive(Debug)]
pub enum Conn<'c> {
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
    /// `SQLite`.
    Sqlite(&'c mut SqliteConnection),
}

/// What a statement can run on: a unit of work, or a view.
pub trait Session: Send {
    /// The connection.
    fn conn(&mut self) -> Conn<'_>;
    /// The vault that seals and opens personal data.
    fn vault(&self) -> Arc<Vault>;
    /// The engine, for the few statements that differ.
    fn kind(&mut self) -> EngineKind {
        match self.conn() {
            Conn::Postgres(_) => EngineKind::Postgres,
            Conn::Sqlite(_) => EngineKind::Sqlite,
        }
    }
}

impl UnitEngine {
    fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(transaction) => Conn::Postgres(transaction),
            Self::Sqlite(transaction) => Conn::Sqlite(transaction),
        }
    }
}

impl Session for Unit {
    fn conn(&mut self) -> Conn<'_> {
        self.transaction.conn()
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }
}

impl Session for Snapshot {
    fn conn(&mut self) -> Conn<'_> {
        self.transaction.conn()
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }
}

impl Session for View {
    fn conn(&mut self) -> Conn<'_> {
        match &mut self.connection {
            ViewEngine::Postgres(connection) => Conn::Postgres(connection),
            ViewEngine::Sqlite(connection) => Conn::Sqlite(connection),
        }
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }
}

impl View {
    /// Ends the connection instead of handing it back: locks that belong to it are gone for certain.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        match self.connection {
            ViewEngine::Postgres(connection) => connection.close().await?,
            ViewEngine::Sqlite(connection) => connection.close().await?,
        }
        Ok(())
    }
}

impl Unit {
    /// Keeps everything that was done in this unit.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.transaction {
            UnitEngine::Postgres(transaction) => transaction.commit().await?,
            UnitEngine::Sqlite(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    /// Throws away everything that was done in this unit. Dropping it does the same, a little later.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.transaction {
            UnitEngine::Postgres(transaction) => transaction.rollback().await?,
            UnitEngine::Sqlite(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }
}

impl Store {
    /// Opens the pools. Nothing is read or written yet, so that a database that is down is found by the first use.
    pub fn open(settings: &StoreSettings, vault: Vault) -> Result<Self, StoreError> {
        let engine = if settings.url.starts_with("postgres://") || settings.url.starts_with("postgresql://") {
            Engine::Postgres(open_postgres(settings)?)
        } else if let Some(path) = settings.url.strip_prefix("sqlite:") {
            open_sqlite(PathBuf::from(path), settings)
        } else {
            return Err(StoreError::Schema(
                "database.url: neither postgres://… nor sqlite:PATH; leave it empty for SQLite in the data folder"
                    .to_owned(),
            ));
        };
        Ok(Self { engine, vault: Arc::new(vault) })
    }

    /// Which database serves.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        match self.engine {
            Engine::Postgres(_) => EngineKind::Postgres,
            Engine::Sqlite { .. } => EngineKind::Sqlite,
        }
    }

    /// The file of the database, where it is `SQLite`.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &self.engine {
            Engine::Postgres(_) => None,
            Engine::Sqlite { writer, .. } => Some(writer.connect_options().get_filename().to_owned()),
        }
    }

    /// The vault that seals and opens personal data.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Begins a unit of work. On `SQLite` it holds the one write lock from here on: do slow work before.
    pub async fn begin(&self) -> Result<Unit, StoreError> {
        let transaction = match &self.engine {
            Engine::Postgres(pool) => match pool.begin().await {
                Ok(transaction) => UnitEngine::Postgres(transaction),
                Err(error) => return Err(cause(pool, error).await),
            },
            Engine::Sqlite { writer, .. } => UnitEngine::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
        };
        Ok(Unit { transaction, vault: Arc::clone(&self.vault) })
    }

    /// A snapshot for reading much that has to fit together. Neither engine lets it hold up those who write.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let transaction = match &self.engine {
            Engine::Postgres(pool) => {
                UnitEngine::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
            Engine::Sqlite { readers, .. } => UnitEngine::Sqlite(readers.begin().await?),
        };
        Ok(Snapshot { transaction, vault: Arc::clone(&self.vault) })
    }

    /// A connection for reading alone.
    pub async fn view(&self) -> Result<View, StoreError> {
        let connection = match &self.engine {
            Engine::Postgres(pool) => match pool.acquire().await {
                Ok(connection) => ViewEngine::Postgres(connection),
                Err(error) => return Err(cause(pool, error).await),
            },
            Engine::Sqlite { readers, .. } => ViewEngine::Sqlite(readers.acquire().await?),
        };
        Ok(View { connection, vault: Arc::clone(&self.vault) })
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut view = self.view().await?;
        on!(&mut view, conn => conn.ping().await)?;
        Ok(())
    }

    /// A number that changes whenever another connection or process has committed (`SQLite`); `None` on PostgreSQL.
    /// It costs no disk access, so a worker can ask for it often and see what a command beside it has written.
    pub async fn data_version(&self, view: &mut View) -> Result<Option<i64>, StoreError> {
        match &mut view.connection {
            ViewEngine::Postgres(_) => Ok(None),
            ViewEngine::Sqlite(connection) => {
                Ok(Some(sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut **connection).await?))
            }
        }
    }

    /// Ends all connections once they are free; on `SQLite` the write-ahead log is folded into the file.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Postgres(pool) => pool.close().await,
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

fn open_postgres(settings: &StoreSettings) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(&settings.url)
        // The address may hold a password, so what is wrong with it is not repeated.
        .map_err(|_| {
            StoreError::Schema("database.url is not a PostgreSQL address: postgres://user@host:5432/name".to_owned())
        })?
        .application_name("rollcall")
        // Our statements are short: compiling one costs more than running it, and a planner without statistics compiles. And
        // they are planned for what is there now: a plan that a connection keeps from when a table was empty reads all of it
        // long after it has grown, until the next ANALYZE.
        .options([("jit", "off"), ("plan_cache_mode", "force_custom_plan")]);
    // Over loopback nothing is gained by TLS; whoever wants it there says so in the address.
    let is_local = matches!(options.get_host(), "localhost" | "127.0.0.1" | "::1");
    let options =
        if is_local && !settings.url.contains("sslmode") { options.ssl_mode(PgSslMode::Disable) } else { options };
    Ok(PgPoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(Duration::from_secs(settings.wait_s))
        .connect_lazy_with(options))
}

/// The pool tries again until its time is over and then says only that it is: a connection beside it tells why.
async fn cause(pool: &PgPool, error: sqlx::Error) -> StoreError {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        let options = pool.connect_options();
        let beside = PgConnection::connect_with(&options);
        if let Ok(Err(why)) = tokio::time::timeout(CAUSE_WITHIN, beside).await {
            return why.into();
        }
    }
    error.into()
}

fn open_sqlite(path: PathBuf, settings: &StoreSettings) -> Engine {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What was accepted is on the disk: the log is synced at every commit.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(settings.wait_s))
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "268435456");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            // A unit waits for the one before it; a large import may hold the writer for half a minute.
            .acquire_timeout(Duration::from_secs(settings.wait_s.max(120)))
            .idle_timeout(None)
            .max_lifetime(None)
            // A COMMIT that fails for want of room has ended the transaction inside SQLite; sqlx's count of it stays,
            // and every unit after it would be refused. Such a connection is replaced.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    };
    Engine::Sqlite {
        writer: pool(1).connect_lazy_with(options.clone()),
        readers: pool(settings.connections).connect_lazy_with(options),
    }
}
