//! The engines that every test runs on, and what the tests have in common: moments, ids, messages.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use messages::{Envelope, MailQueued, Queue, TraceParent};
use sqlx::{Connection, SqliteConnection};
use store::messages::{DeadMessage, NewMessage};
use store::{EngineKind, Store, StoreSettings, Vault};
use support::eventually;
use support::servers::postgres::{FreshDatabase, fresh_database};
use tempfile::TempDir;
use uuid::Uuid;

/// Makes of each async function over a [`Place`] one test per engine: `sqlite::name` and `postgres::name`. A function
/// that is not listed is dead code, which the lints refuse.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::conformance::engines::on_sqlite(super::$test).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::conformance::engines::on_postgres(super::$test).await;
            })+
        }
    };
}

/// Runs statements in a unit of their own and commits it: `kept!(store, unit => settings::put(&mut unit, "a", "b"))`.
macro_rules! kept {
    ($store:expr, $unit:ident => $($statement:expr),+ $(,)?) => {{
        let mut $unit = $store.begin().await.unwrap();
        let value = ($($statement.await.unwrap()),+);
        $unit.commit().await.unwrap();
        value
    }};
}

/// Reads: `seen!(store, view => settings::find(&mut view, "a"))`.
macro_rules! seen {
    ($store:expr, $view:ident => $statement:expr) => {{
        let mut $view = $store.view().await.unwrap();
        $statement.await.unwrap()
    }};
}

/// How long another unit may take to come to a lock.
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// A database with the schema in it; it is gone with this value.
pub struct Place {
    pub store: Store,
    settings: StoreSettings,
    keeper: Keeper,
}

enum Keeper {
    Folder(TempDir),
    Database(FreshDatabase),
}

/// The database's file in its folder.
const FILE: &str = "rollcall.db";

async fn sqlite(folder: &TempDir) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", folder.path().join(FILE).display())).await.unwrap()
}

/// The data key of the tests.
pub fn vault() -> Vault {
    Vault::new(&[7; 32], true).unwrap()
}

impl Place {
    /// An empty `SQLite` file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("rollcall-store-").tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join(FILE).display());
        Self::of(url, Keeper::Folder(folder))
    }

    /// An empty PostgreSQL database.
    pub async fn postgres() -> Self {
        let database = fresh_database().await;
        Self::of(database.url(), Keeper::Database(database))
    }

    fn of(url: String, keeper: Keeper) -> Self {
        let settings = StoreSettings { url, connections: 8, wait_s: 30 };
        Self { store: Store::open(&settings, vault()).unwrap(), settings, keeper }
    }

    /// The same database as another process has it: pools of its own.
    pub fn open(&self) -> Store {
        Store::open(&self.settings, vault()).unwrap()
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.store.kind() == EngineKind::Postgres
    }

    /// The database itself, to look past the store.
    pub fn database(&self) -> Option<&FreshDatabase> {
        match &self.keeper {
            Keeper::Folder(_) => None,
            Keeper::Database(database) => Some(database),
        }
    }

    /// The `SQLite` file itself, to look past the store.
    pub async fn file(&self) -> SqliteConnection {
        match &self.keeper {
            Keeper::Folder(folder) => sqlite(folder).await,
            Keeper::Database(_) => panic!("this is PostgreSQL"),
        }
    }

    /// One number, asked beside the store: what it has no function for.
    pub async fn count(&self, sql: &'static str) -> i64 {
        match &self.keeper {
            Keeper::Database(database) => sqlx::query_scalar(sql).fetch_one(&mut database.connect().await).await,
            Keeper::Folder(folder) => {
                let mut connection = sqlite(folder).await;
                sqlx::query_scalar(sql).fetch_one(&mut connection).await
            }
        }
        .unwrap()
    }

    /// Changes something beside the store, as another program would.
    pub async fn change(&self, sql: &'static str) {
        match &self.keeper {
            Keeper::Database(database) => {
                sqlx::raw_sql(sql).execute(&mut database.connect().await).await.unwrap();
            }
            Keeper::Folder(folder) => {
                let mut connection = sqlite(folder).await;
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
        }
    }

    /// Waits until some unit waits for another's lock. `SQLite` has one unit at a time, so there is nothing to see.
    pub async fn until_somebody_waits(&self) {
        self.until_waiting(1, || false).await;
    }

    /// The same for so many units; or until something else is over, which may happen first.
    pub async fn until_waiting(&self, units: i64, is_over: impl Fn() -> bool) {
        let Some(database) = self.database() else { return };
        let mut connection = database.connect().await;
        eventually(WAIT_LIMIT, "units wait for locks", async || {
            let sql =
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let waiting: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
            (waiting >= units || is_over()).then_some(())
        })
        .await;
    }
}

pub async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Place) -> F) {
    let place = Place::sqlite();
    place.store.migrate().await.unwrap();
    test(place).await;
}

pub async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Place) -> F) {
    let place = Place::postgres().await;
    place.store.migrate().await.unwrap();
    test(place).await;
}

/// So many seconds after the beginning of the tests' time.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// The id of that number; ids are in the order of their numbers.
pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Number and due second of a mail's message: the first of its chain.
pub fn mail(number: u128, due_s: i64) -> NewMessage {
    message(Queue::Mails, number, due_s)
}

/// The same for any queue.
pub fn message(queue: Queue, number: u128, due_s: i64) -> NewMessage {
    let id = id(number);
    let envelope = Envelope::first(id, &MailQueued { mail_id: id }, at(due_s), TraceParent::of(id, id));
    NewMessage { envelope, queue, due_at: at(due_s), ring_at: at(due_s) }
}

/// Writes messages.
pub async fn put(store: &Store, messages: &[NewMessage]) {
    let written = kept!(store, unit => store::messages::insert(&mut unit, messages));
    assert_eq!(written, messages.len() as u64);
}

/// A message as it stands, whatever its state; these tests' messages are chains of one.
pub async fn row(store: &Store, number: u128) -> DeadMessage {
    let chain = seen!(store, view => store::messages::show_dead(&mut view, id(number)));
    chain.into_iter().find(|row| row.id == id(number)).expect("the message is on record")
}
