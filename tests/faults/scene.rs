//! A scene: an installation on one of the engines, its federation, and what was accepted so far.

use crate::faults::federation::{Federation, ROOT, Roster};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use support::servers::postgres::{FreshDatabase, fresh_database};
use support::servers::rabbitmq::SharedRabbit;
use support::servers::smtp::SmtpServer;
use support::{Ended, Installation, Outcome, Running, eventually};

/// How long anything may take on a busy machine before it counts as stuck.
pub const LIMIT: Duration = Duration::from_secs(100);
/// How long a process may take until it comes to something that it is bound to do.
pub const SOON: Duration = Duration::from_secs(40);
/// How a process ends at a fail point.
pub const ABORTED: Ended = Ended::Signal(6);

/// An installation in use.
pub struct Scene {
    /// Where commands and roles run.
    pub installation: Installation,
    /// Unions and people.
    pub federation: Federation,
    /// What was accepted, by the upload's id.
    pub accepted: BTreeMap<String, Roster>,
    /// The upload of the organizations.
    pub first_upload: String,
    /// Where mails arrive; none: `.eml` files.
    pub smtp: Option<SmtpServer>,
    /// The role that works the queues.
    pub role: &'static str,
    servers: (Option<FreshDatabase>, Option<SharedRabbit>),
}

impl Scene {
    /// `SQLite`, queues in the process, mails as files.
    pub async fn embedded(seed: u64) -> Self {
        Self::open(Installation::embedded(), "serve", seed).await
    }

    /// The embedded engine with a mail server.
    pub async fn embedded_with_smtp(seed: u64) -> Self {
        let smtp = SmtpServer::start().await;
        let mut installation = Installation::embedded();
        installation.set("mail.url", format!("{}?tls=none", smtp.url()));
        Self { smtp: Some(smtp), ..Self::open(installation, "serve", seed).await }
    }

    /// A database and a prefix of its own on the shared `PostgreSQL` and `RabbitMQ`, and a mail server of its own.
    pub async fn distributed(seed: u64) -> Self {
        let (database, rabbit) = (fresh_database().await, SharedRabbit::fresh().await);
        let mut scene = Self::on(&database.url(), rabbit.url(), rabbit.prefix(), seed).await;
        scene.servers = (Some(database), Some(rabbit));
        scene
    }

    /// `PostgreSQL` and `RabbitMQ` at these addresses, and a mail server of its own.
    pub async fn on(database_url: &str, broker_url: &str, prefix: &str, seed: u64) -> Self {
        let smtp = SmtpServer::start().await;
        let mut installation = Installation::distributed(database_url, broker_url);
        installation.set("broker.prefix", prefix);
        installation.set("mail.url", format!("{}?tls=none", smtp.url()));
        Self { smtp: Some(smtp), ..Self::open(installation, "worker", seed).await }
    }

    async fn open(mut installation: Installation, role: &'static str, seed: u64) -> Self {
        // Silence is noticed soon, and the rates of mails are not what is tested here.
        for (key, value) in [
            ("worker.heartbeat_s", "1"),
            ("worker.dead_after_s", "3"),
            ("worker.slots", "2"),
            ("mail.connections", "2"),
            ("worker.batch", "3"),
            ("mail.per_minute", "100000"),
            ("mail.per_domain_per_minute", "100000"),
        ] {
            installation.set(key, value);
        }
        let mut federation = Federation::seeded(seed);
        let tree = installation.file("organizations.xlsx", federation.organizations());
        let words = ["upload", "organizations", &tree.display().to_string(), "--wait"];
        let document = installation.json(&words).await;
        assert_eq!(document["status"], "done", "{document}");
        let first_upload = document["id"].as_str().unwrap().to_owned();
        let accepted = BTreeMap::new();
        Self { installation, federation, accepted, first_upload, smtp: None, role, servers: (None, None) }
    }

    /// The folder of everything that lies on this machine.
    pub fn data(&self) -> PathBuf {
        self.installation.folder().join("rollcall-data")
    }

    /// The prefix of one's own at the shared broker.
    pub fn rabbit(&self) -> &SharedRabbit {
        self.servers.1.as_ref().unwrap()
    }

    /// The database of one's own at the shared server.
    pub fn database(&self) -> &FreshDatabase {
        self.servers.0.as_ref().unwrap()
    }

    /// The words of a command that uploads these rosters.
    pub fn upload_words(&self, rosters: &[Roster]) -> Vec<String> {
        let mut words = vec!["upload".to_owned(), "members".to_owned()];
        words.extend(rosters.iter().map(|own| self.installation.file(&own.file, &own.bytes).display().to_string()));
        words.extend(["--org", "auto", "--type", "external", "--json"].map(str::to_owned));
        words
    }

    /// Has these rosters accepted in one command; the ids of the uploads.
    pub async fn accept(&mut self, rosters: Vec<Roster>) -> Vec<String> {
        let words = self.upload_words(&rosters);
        let outcome = self.installation.run(&words).await.success();
        self.note(&outcome, rosters)
    }

    /// Writes down what a command has accepted; the ids of the uploads.
    pub fn note(&mut self, outcome: &Outcome, rosters: Vec<Roster>) -> Vec<String> {
        let document = outcome.json();
        let one = std::slice::from_ref(&document);
        let uploads = document.as_array().map_or(one, Vec::as_slice);
        assert_eq!(uploads.len(), rosters.len(), "{document}");
        let ids: Vec<String> = uploads.iter().map(|upload| upload["id"].as_str().unwrap().to_owned()).collect();
        self.accepted.extend(ids.iter().cloned().zip(rosters));
        ids
    }

    /// Starts a process of the role that works the queues, and waits until it is ready.
    pub async fn start(&self) -> Running {
        self.installation.start(&[self.role]).await
    }

    /// Starts a process that dies at a fail point.
    pub fn spawn_doomed(&mut self, point: &str) -> Running {
        self.installation.set("fail_points", point);
        let running = self.installation.spawn(&[self.role]);
        self.installation.unset("fail_points");
        running
    }

    /// Waits until no message is ready, running or waiting; the process that is asked must be alive.
    pub async fn settled(&self, running: &Running) {
        self.settled_within(running, LIMIT).await;
    }

    /// The same with a limit of one's own.
    pub async fn settled_within(&self, running: &Running, limit: Duration) {
        let what = format!("no message is open; the log says:\n{}", tail(&running.log()));
        eventually(limit, &what, async || (open_messages(running).await? == 0).then_some(())).await;
    }

    /// The members of the federation that are on record, by number, name and masked document.
    pub async fn members(&self) -> serde_json::Value {
        self.installation.json(&["member", "list", "--org", ROOT, "--most", "1000000"]).await
    }
}

/// Messages that are ready, running or waiting, as a running process tells.
pub async fn open_messages(running: &Running) -> Option<u64> {
    let (_, page) = running.page("/metrics").await?;
    let open = ["rollcall_queue_ready{", "rollcall_queue_running{", "rollcall_queue_waiting{"];
    let lines: Vec<&str> = page.lines().filter(|line| open.iter().any(|name| line.starts_with(name))).collect();
    let numbers = lines.iter().map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).collect::<Option<Vec<_>>>()?;
    // Before the first look at the database there are no lines.
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() as u64)
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
