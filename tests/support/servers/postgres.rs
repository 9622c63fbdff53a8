//! `PostgreSQL`: a database of one's own on the shared server, or a whole server of one's own that may be broken.

use super::{below, finish, program, server_folder};
use crate::child::{Child, Start};
use crate::{eventually, ports, run_tool, unique};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long a server may take to start, to stop, or to recover after a kill.
const SERVER_LIMIT: Duration = Duration::from_mins(1);
/// Debian's user that owns `PostgreSQL`; the server refuses to run as root.
const USER: &str = "postgres";

/// The shared server: `DATABASE_URL`, else the standard port of this machine.
#[must_use]
pub fn shared_url() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

/// An empty database with a name of its own; it is dropped with this value, whoever is still connected.
pub struct FreshDatabase {
    server: String,
    name: String,
}

/// Creates an empty database on the shared server.
pub async fn fresh_database() -> FreshDatabase {
    fresh_database_on(&shared_url()).await
}

/// Creates a copy of a database that nobody is connected to, on the server of `url`.
pub async fn copied_database(url: &str, of: &str) -> FreshDatabase {
    let name = unique("rollcall_test_");
    execute(url, &format!("CREATE DATABASE {name} TEMPLATE {of}")).await;
    FreshDatabase { server: url.to_owned(), name }
}

/// Creates an empty database on the server of `url`.
pub async fn fresh_database_on(url: &str) -> FreshDatabase {
    let name = unique("rollcall_test_");
    execute(url, &format!("CREATE DATABASE {name}")).await;
    FreshDatabase { server: url.to_owned(), name }
}

impl FreshDatabase {
    /// Where it is, as `database.url` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A plain connection, to look past the product.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url()).await.expect("the database that was just created accepts connections")
    }
}

/// A role that may log in and nothing else; it is dropped with this value, which has to outlive the databases with its rights.
pub struct FreshRole {
    server: String,
    name: String,
}

/// Creates a role on the shared server.
pub async fn fresh_role() -> FreshRole {
    let (server, name) = (shared_url(), unique("rollcall_role_"));
    execute(&server, &format!("CREATE ROLE {name} LOGIN PASSWORD '{name}'")).await;
    FreshRole { server, name }
}

impl FreshRole {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A database as this role enters it.
    #[must_use]
    pub fn url(&self, database: &FreshDatabase) -> String {
        let url = database.url();
        let (scheme, rest) = url.split_once("://").expect("the address has a scheme");
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        format!("{scheme}://{0}:{0}@{place}", self.name)
    }
}

impl Drop for FreshRole {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        finish(async move || execute(&server, &format!("DROP ROLE IF EXISTS {name}")).await);
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        finish(async move || execute(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await);
    }
}

/// A server of one's own, in a temporary folder, with fsync on: for tests that stop, kill or restart it.
pub struct OwnPostgres {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl OwnPostgres {
    /// Makes a cluster and starts it.
    pub async fn start() -> Self {
        let folder = server_folder("rollcall-postgres-", Some(USER));
        let initdb = postgres_program("initdb");
        let mut command = Command::new("setpriv");
        if crate::child::is_root() {
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        }
        command.arg("--").arg(initdb).args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        command.arg(format!("--username={USER}")).arg("--pgdata").arg(folder.path().join("data"));
        run_tool(command.current_dir(folder.path()));
        let mut own = Self { folder, port: ports::free_port(), server: None };
        own.start_again().await;
        own
    }

    /// The address of its database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it the polite way: connections are cut, everything is written.
    pub async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.signal(Signal::INT);
            server.wait(SERVER_LIMIT).await;
        }
    }

    /// kill -9 of the server's first process; its other processes notice and go.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// Starts it again after `stop` or `kill`, on the same port, and waits until it answers.
    ///
    /// Processes left from a kill may hold its memory for a moment, so a start that fails is tried again.
    pub async fn start_again(&mut self) {
        eventually(SERVER_LIMIT, "the own PostgreSQL server answers", async || {
            if !self.server.as_mut().is_some_and(Child::runs) {
                self.server = Some(self.launch());
            }
            connect(&self.url()).await.ok()
        })
        .await;
    }

    /// Stops and starts it.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    fn launch(&self) -> Child {
        let postgres = postgres_program("postgres");
        let log = self.folder.path().join("server.log");
        let start = Start { name: "PostgreSQL", program: &postgres, user: Some(USER), log: &log, stdout: None };
        start.spawn(|command| {
            command.arg("-D").arg(self.folder.path().join("data")).arg("-k").arg(self.folder.path());
            command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-c", "fsync=on"]);
            command.args(["-c", "shared_buffers=64MB", "-c", "max_connections=200"]);
            command.current_dir(self.folder.path());
        })
    }

    /// Removes the memory segment that a killed server leaves; its number stands in `postmaster.pid`.
    fn free_memory(&self) {
        let pid_file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        let segment = pid_file.lines().nth(6).and_then(|line| line.split_whitespace().nth(1));
        if let Some(segment) = segment {
            let freed = Command::new("ipcrm").args(["--shmem-id", segment]).status();
            drop(freed); // it is gone already when a later start took it over
        }
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.kill();
        self.free_memory();
    }
}

/// Connects, or says why not.
pub async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect(url).await
}

async fn execute(url: &str, sql: &str) {
    let mut connection = connect(url)
        .await
        .unwrap_or_else(|error| panic!("no PostgreSQL for the tests at DATABASE_URL or 127.0.0.1:5432: {error}"));
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("PostgreSQL refused {sql}: {error}"));
}

fn postgres_program(name: &str) -> PathBuf {
    let mut places = below(Path::new("/usr/lib/postgresql"), &format!("bin/{name}"));
    places.push(PathBuf::from("/usr/local/bin").join(name));
    program(&places)
}

/// The same server with another database: what stands between the host and the query is replaced.
fn with_database(url: &str, database: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(base, query)| (base, format!("?{query}")));
    let host_starts = base.find("://").map_or(0, |at| at + 3);
    let host_ends = base[host_starts..].find('/').map_or(base.len(), |at| host_starts + at);
    format!("{}/{database}{query}", &base[..host_ends])
}
