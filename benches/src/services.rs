//! Databases and name prefixes of our own at PostgreSQL and RabbitMQ, taken away at the end; and an installation on them.

use std::sync::atomic::{AtomicU32, Ordering};

use lapin::{
    Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions},
};
use messages::Queue;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::{
    Outcome,
    arguments::Arguments,
    subject::{Installation, Running},
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A name that no other run has.
fn own_name(parted_by: char) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("rollcall{parted_by}bench{parted_by}{}{parted_by}{number}", std::process::id())
}

/// A database of our own.
pub struct Database {
    /// Its address.
    pub url: String,
    /// Its name.
    pub name: String,
    server: String,
}

impl Database {
    /// Makes one.
    pub async fn make() -> Outcome<Self> {
        let server =
            std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
        let name = own_name('_');
        let sql = format!("CREATE DATABASE {name}");
        let mut connection =
            PgConnection::connect(&server).await.map_err(|error| format!("no PostgreSQL (DATABASE_URL): {error}"))?;
        connection.execute(AssertSqlSafe(sql)).await?;
        connection.close().await?;
        let (front, query) = server
            .split_once('?')
            .map_or((server.as_str(), String::new()), |(front, query)| (front, format!("?{query}")));
        let authority = front.rfind('/').filter(|place| *place > "postgresql://".len()).unwrap_or(front.len());
        let url = format!("{}/{name}{query}", &front[..authority]);
        Ok(Self { url, name, server })
    }

    /// Takes it away.
    pub async fn drop(self) -> Outcome<()> {
        let mut connection = PgConnection::connect(&self.server).await?;
        connection.execute(AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name))).await?;
        Ok(connection.close().await?)
    }
}

/// Names of our own at the broker.
pub struct Names {
    /// The broker's address.
    pub url: String,
    /// What all names begin with.
    pub prefix: String,
}

impl Names {
    /// Thinks of some; the broker must answer.
    pub async fn make() -> Outcome<Self> {
        let url = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
        let connection = Connection::connect(&url, ConnectionProperties::default());
        let connection = connection.await.map_err(|error| format!("no RabbitMQ (AMQP_URL): {error}"))?;
        connection.close(200, "".into()).await?;
        Ok(Self { url, prefix: own_name('-') })
    }

    /// Takes away every queue and exchange of these names.
    pub async fn drop(self) -> Outcome<()> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let queues = Queue::ALL.iter().map(|queue| queue.name()).chain(["dead", "unrouted"]);
        for queue in queues {
            let name = format!("{}.{queue}", self.prefix);
            channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await?;
        }
        for exchange in ["events", "dead", "unrouted", "canary"] {
            let name = format!("{}.{exchange}", self.prefix);
            channel.exchange_delete(name.as_str().into(), ExchangeDeleteOptions::default()).await?;
        }
        Ok(connection.close(200, "".into()).await?)
    }
}

/// An installation on PostgreSQL + RabbitMQ with two workers.
pub struct Served {
    /// The installation.
    pub at: Installation,
    /// Its workers.
    pub workers: Vec<Running>,
    /// Its database.
    pub database: Database,
    names: Names,
}

impl Served {
    /// Sets one up, with an empty database.
    pub async fn make(arguments: &Arguments) -> Outcome<Self> {
        let (names, database) = (Names::make().await?, Database::make().await?);
        let settings = [
            ("ROLLCALL_DATABASE__URL", &database.url),
            ("ROLLCALL_BROKER__URL", &names.url),
            ("ROLLCALL_BROKER__PREFIX", &names.prefix),
        ];
        let settings = settings.map(|(key, value)| (key.to_owned(), value.clone())).to_vec();
        let begun = || {
            let at = Installation::make(arguments, settings)?;
            at.json(&["migrate"], &[])?;
            let workers = vec![at.role(&["worker"], "1.log")?, at.role(&["worker"], "2.log")?];
            Ok((at, workers))
        };
        match begun() {
            Ok((at, workers)) => Ok(Self { at, workers, database, names }),
            Err(error) => {
                names.drop().await?;
                database.drop().await?;
                Err(error)
            }
        }
    }

    /// Ends the workers and takes everything away.
    pub async fn end(self) -> Outcome<()> {
        drop(self.workers);
        self.names.drop().await?;
        self.database.drop().await
    }
}
