//! Where journeys happen: an installation with its services and an invented federation, on either engine.

use std::path::PathBuf;

use serde_json::Value;
use support::people::People;
use support::servers::postgres::{FreshDatabase, fresh_database};
use support::servers::rabbitmq::SharedRabbit;
use support::servers::s3::S3;
use support::servers::smtp::SmtpServer;
use support::workbook::{ORGANIZATION_HEADERS, Table};
use support::{Installation, Outcome, Running};

use super::letter::Letter;

/// The federation itself.
pub const ROOT: &str = "90000000";
/// A bureau with [`UNION`], [`NEIGHBOUR`] and a secondary union.
pub const BUREAU: &str = "90010000";
/// A grassroots union.
pub const UNION: &str = "90010001";
/// Another one of the same bureau.
pub const NEIGHBOUR: &str = "90010002";
/// A union of another bureau.
pub const STRANGER: &str = "90020001";

/// Code, name, code above, level, kind.
const TREE: [[&str; 5]; 8] = [
    [ROOT, "测试市总工会", "", "市总工会", ""],
    [BUREAU, "测试东区总工会", ROOT, "区局(产业)工会", ""],
    ["90020000", "测试西区总工会", ROOT, "区局(产业)工会", ""],
    ["90010500", "测试街道总工会", BUREAU, "二级工会", "工会联合会"],
    [UNION, "测试一厂工会", BUREAU, "基层工会", "单独基层工会"],
    [NEIGHBOUR, "测试二厂工会", BUREAU, "基层工会", "单独基层工会"],
    ["90010501", "测试三厂工会", "90010500", "基层工会", "单独基层工会"],
    [STRANGER, "测试四厂工会", "90020000", "基层工会", "单独基层工会"],
];

/// Makes of each async function over a [`Place`] one test per engine.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::journeys::place::Place::embedded()).await;
            })+
        }
        mod distributed {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::journeys::place::Place::distributed().await).await;
            })+
        }
    };
}

/// An installation and what it stands on. Processes go first, then the servers.
pub struct Place {
    pub at: Installation,
    pub services: Option<Services>,
}

/// What the distributed engine stands on.
pub struct Services {
    pub database: FreshDatabase,
    pub rabbit: SharedRabbit,
    pub smtp: SmtpServer,
    pub s3: S3,
}

impl Place {
    /// `SQLite`, folders, nothing running: `--wait` works the queues itself.
    pub fn embedded() -> Self {
        Self { at: Installation::embedded(), services: None }
    }

    /// `PostgreSQL`, `RabbitMQ`, S3 and SMTP.
    pub async fn distributed() -> Self {
        let (database, rabbit) = (fresh_database().await, SharedRabbit::fresh().await);
        let (smtp, s3) = (SmtpServer::start().await, S3::start());
        let mut at = Installation::distributed(&database.url(), rabbit.url());
        at.set("broker.prefix", rabbit.prefix());
        at.set("mail.url", smtp.url());
        at.set("mail.from", "rollcall@example.org");
        // The addresses are nobody's, and the server is the test's.
        at.set("mail.rehearsal", "send");
        for (key, value) in s3.bucket().settings() {
            at.set(key, value);
        }
        Self { at, services: Some(Services { database, rabbit, smtp, s3 }) }
    }

    /// Uploads the federation; on the distributed engine a worker is started first and stays.
    pub async fn ready(&self) -> Option<Running> {
        let worker = match self.services {
            Some(_) => Some(self.at.start(&["worker"]).await),
            None => None,
        };
        let file = self.at.file("organizations.xlsx", organizations().xlsx());
        let words = ["upload", "organizations", &file.display().to_string(), "--wait"];
        let document = self.at.json(&words).await;
        assert_eq!(counts(&document), [8, 8, 0, 0, 0, 0], "{document}");
        worker
    }

    /// Writes a file and uploads it as members of a union, waiting for the result.
    pub async fn upload(&self, name: &str, bytes: &[u8], org: &str) -> Outcome {
        let file = self.at.file(name, bytes);
        self.upload_file(&file, &["members", "--org", org, "--type", "external"]).await
    }

    /// Uploads a file with these words after `upload`, waiting for the result.
    pub async fn upload_file(&self, file: &std::path::Path, words: &[&str]) -> Outcome {
        let path = file.display().to_string();
        let (kind, options) = words.split_first().unwrap();
        let mut all = vec!["upload", *kind, &path];
        all.extend(options.iter().chain(&["--wait", "--json"]));
        self.at.run(&all).await
    }

    /// Members of an organization and all below it, as `member list` prints them.
    pub async fn members(&self, org: &str) -> Vec<Value> {
        let all = self.at.json(&["member", "list", "--org", org, "--most", "10000"]).await;
        all.as_array().unwrap().clone()
    }

    /// Every mail that was sent, in the order of sending.
    pub fn letters(&self) -> Vec<Letter> {
        if let Some(services) = &self.services {
            return services.smtp.received().iter().map(|mail| Letter::read(&mail.text())).collect();
        }
        let folder = self.at.folder().join("rollcall-data/outbox");
        let mut found: Vec<PathBuf> =
            std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found.iter().map(|path| Letter::read(&std::fs::read_to_string(path).unwrap())).collect()
    }

    /// Fetches one of an upload's files.
    pub async fn fetch(&self, upload: &str, which: &[&str]) -> PathBuf {
        let path = self.at.folder().join(format!("{upload}{}.xlsx", which.concat()));
        let mut words = vec!["upload", "result", upload, "-o", path.to_str().unwrap()];
        words.extend(which);
        let _ = self.at.must(&words).await;
        path
    }
}

/// The federation as an import.
pub fn organizations() -> Table {
    let mut people = People::seeded(90);
    let mut table = Table::new(&ORGANIZATION_HEADERS);
    for [code, name, above, level, kind] in TREE {
        let (contact, phone, uscc) = (people.name(), people.phone(), people.credit_code());
        let email = format!("u{code}@example.org");
        table.push(&[code, name, above, level, kind, &uscc, "国有", "制造业", "", &contact, &phone, &email]);
    }
    table
}

/// Rows read, accepted, unchanged, rejected, duplicate, transfers.
pub fn counts(upload: &Value) -> [i64; 6] {
    ["read", "accepted", "unchanged", "rejected", "duplicate", "transfers"]
        .map(|key| upload["counts"][key].as_i64().unwrap_or_else(|| panic!("no {key} in {upload}")))
}

/// Row and code of every finding, in the order of the file.
pub fn findings(upload: &Value) -> Vec<(u64, &str)> {
    let list = upload["findings"].as_array().unwrap();
    list.iter().map(|finding| (finding["row"].as_u64().unwrap(), finding["code"].as_str().unwrap())).collect()
}
