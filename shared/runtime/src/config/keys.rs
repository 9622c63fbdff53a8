//! The one table of settings: the typed tree of [`Config`] and the documented [`KEYS`] are both made from it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::key::{Key, Values as V};
use super::report::InForce;
use super::secret::{Secret, SecretUrl};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const DAY_S: u64 = 86_400;

/// A switch that the engine may decide by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// As the engine has it.
    Auto,
    /// On.
    On,
    /// Off.
    Off,
}

/// Which business clock is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// The machine's time.
    System,
    /// A clock that only `rollcall clock advance` moves.
    Simulated,
}

/// What a rehearsal does that would write to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RehearsalMail {
    /// It is refused at the start.
    Refuse,
    /// It writes to them.
    Send,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Makes a struct per section, the tree and the table from rows `name: type = default, values, unit, meaning`.
macro_rules! settings {
    ($($(#[$doc:meta])* $section:ident: $Section:ident { $(
        $(#[$serde:meta])* $key:ident: $type:ty = $default:literal, $values:expr, $unit:literal, $about:literal;
    )* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $Section { $( #[doc = $about] $(#[$serde])* pub $key: $type, )* }
        )*

        /// All settings in force, and where each came from.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $( $(#[$doc])* pub $section: $Section, )*
            #[serde(skip)]
            pub(super) in_force: Vec<InForce>,
        }

        /// Every key there is, section by section.
        pub const KEYS: &[Key] = &[$($(
            Key {
                name: concat!(stringify!($section), ".", stringify!($key)),
                default: $default,
                values: $values,
                unit: $unit,
                secret: $values.is_secret(),
                about: $about,
            },
        )*)*];
    };
}

settings! {
    /// What lies on this machine.
    data: Data {
        dir: PathBuf = "./rollcall-data", V::Filled, "", "Folder of the embedded engine: SQLite database, files, outbox, data key. Mode 0700; an open one of ours is tightened.";
        key: Secret = "", V::SecretHex(64), "", "Key of the look-up hashes of documents and of the numbers at rest. Empty: made once and kept in `data.dir`/data.key (0600; one that others may read is refused, and none is made beside a database that has another).";
        encrypt: Switch = "auto", V::Choice(&["auto", "on", "off"]), "", "Whether document numbers are encrypted at rest; `auto` is on with PostgreSQL and off with SQLite.";
    }
    /// The truth.
    database: Database {
        url: SecretUrl = "", V::Url(&[""], &["postgres://", "postgresql://"]), "", "PostgreSQL to use. Empty: SQLite in `data.dir`.";
        connections: u32 = "8", V::Whole(1, 200), "connections", "Most connections that one process opens.";
    }
    /// The doorbell.
    broker: Broker {
        url: SecretUrl = "embedded", V::Url(&["embedded"], &["amqp://", "amqps://"]), "", "RabbitMQ to use, or `embedded`: the messages table and a doorbell inside the process.";
        prefix: String = "rollcall", V::Filled, "", "What exchange and queue names begin with, so that several installations can share a broker.";
    }
    /// Uploaded and produced files.
    files: Files {
        url: String = "", V::Url(&[""], &["s3://"]), "", "`s3://bucket/prefix`. Empty: the folder `data.dir`/files.";
        s3_endpoint: String = "", V::Url(&[""], &["http://", "https://"]), "", "Address of an S3 server that is not Amazon's.";
        s3_region: String = "us-east-1", V::Filled, "", "Region of the bucket.";
        s3_access_key_id: String = "", V::Text, "", "Access key of the bucket.";
        s3_secret_access_key: Secret = "", V::Secret, "", "Secret of the access key.";
        s3_timeout_s: u64 = "60", V::Whole(1, 3_600), "s", "Longest that one request to S3 may take.";
    }
    /// What is sent to people.
    mail: Mail {
        url: SecretUrl = "", V::Url(&[""], &["smtp://", "smtps://"]), "", "`smtp://user:password@host:port?tls=none|starttls|required&ca=FILE` or `smtps://…`. `starttls` (the default) uses TLS where the server offers it and sends no password without, `required` insists, `none` never does; `ca` is a PEM file of an authority to trust beside the public ones. Empty: .eml files in `data.dir`/outbox.";
        from: String = "rollcall@localhost", V::Filled, "", "Sender of every mail: an address, or `name <address>`.";
        redirect_to: String = "", V::Text, "", "Rehearsal: every mail goes to this address, the real one stands in the subject. Empty: off.";
        rehearsal: RehearsalMail = "refuse", V::Choice(&["refuse", "send"]), "", "What a rehearsal (a simulated clock, `--at`, or a database that was declared a copy) does where mails would reach people, that is with a server and without `mail.redirect_to`: it is refused, or it sends.";
        probe: String = "", V::Text, "", "An address outside, as of one's own at another provider: `doctor` asks the SMTP server for it as a mail would, and a worker where an answer leaves open whether it concerns the recipient or us. Nothing is sent there. Empty: `doctor` asks for the sender.";
        helo: String = "", V::Text, "", "The name that we give to the SMTP server in EHLO. Empty: the domain of `mail.from`, or the machine's name where that is localhost.";
        per_minute: u32 = "6000", V::Whole(1, 1_000_000), "mails per minute", "Most mails that all processes together hand to the SMTP server in a minute.";
        per_domain_per_minute: u32 = "3000", V::Whole(1, 1_000_000), "mails per minute", "The same for one domain.";
        connections: u32 = "4", V::Whole(1, 64), "connections", "Most SMTP connections that one process keeps open.";
        timeout_s: u64 = "30", V::Whole(1, 600), "s", "Longest wait for one answer of the SMTP server.";
    }
    /// How work is taken off.
    worker: Worker {
        slots: u32 = "4", V::Whole(1, 256), "jobs", "Jobs of one queue that one process runs at a time.";
        batch: u32 = "50", V::Whole(1, 1_000), "messages", "Small messages that are claimed and finished together.";
        heartbeat_s: u64 = "5", V::Whole(1, 60), "s", "Time between two signs of life of a worker.";
        dead_after_s: u64 = "15", V::Whole(2, 600), "s", "Silence after which a worker counts as dead and its jobs are given to others. More than twice `worker.heartbeat_s`.";
        shutdown_s: u64 = "20", V::Whole(1, 3_600), "s", "After SIGTERM: how long running jobs may take to end before they are given back.";
    }
    /// The child processes that read untrusted files.
    reader: Reader {
        processes: u32 = "2", V::Whole(1, 64), "processes", "Reading children that one process keeps.";
        files_per_process: u32 = "500", V::Whole(1, 1_000_000), "files", "Files after which a child retires.";
        memory_mib: u64 = "1024", V::Whole(64, 65_536), "MiB", "Address space of one child; more is a rejected file.";
        cpu_s: u64 = "120", V::Whole(1, 3_600), "s", "Processor time that one file may take.";
        wall_s: u64 = "300", V::Whole(1, 7_200), "s", "Time that one file may take on the wall clock.";
    }
    /// What is too much.
    limits: Limits {
        upload_bytes: u64 = "67108864", V::Whole(KIB, 4 * GIB), "bytes", "Largest uploaded file (64 MiB).";
        inflated_bytes: u64 = "1073741824", V::Whole(MIB, 64 * GIB), "bytes", "Largest inflated size of all parts of a zipped workbook (1 GiB).";
        ratio: u64 = "200", V::Whole(10, 10_000), "times", "Largest ratio of inflated to packed bytes. No real file of 4,045 exceeds 100.";
        rows: u64 = "1048576", V::Whole(1, 10_000_000), "rows", "Most rows of a sheet.";
        columns: u32 = "512", V::Whole(1, 16_384), "columns", "Most columns of a sheet.";
        cell_chars: u32 = "32767", V::Whole(16, 1_000_000), "characters", "Longest text of a cell.";
        job_s: u64 = "1800", V::Whole(1, DAY_S), "s", "Longest that one job may run.";
        attempts: u32 = "12", V::Whole(1, 1_000), "attempts", "Failed attempts after which a message is dead, where its kind has no policy of its own.";
        attempts_alone: u32 = "3", V::Whole(1, 100), "attempts", "Times that a message runs alone after it killed its process; then it is dead.";
        prefetch: u32 = "256", V::Whole(1, 65_535), "messages", "Most unacknowledged messages that the broker hands to one consumer.";
        queue_hold_back: u64 = "20000", V::Whole(1, 10_000_000), "messages", "Length of a broker queue beyond which the relay waits.";
        message_bytes: u64 = "65536", V::Whole(KIB, 16 * MIB), "bytes", "Largest message that is accepted from or given to the broker.";
        mail_bytes: u64 = "10240000", V::Whole(16 * KIB, 100 * MIB), "bytes", "Largest mail; beyond it the mail says how to fetch the file. The smallest limit that mail servers ship with.";
        spool_bytes: u64 = "4194304", V::Whole(64 * KIB, GIB), "bytes", "Rows of one file that are kept in memory before they are spooled to a private file (4 MiB).";
    }
    /// Figures beyond which a valid file is held, because it may mean something else.
    guard: Guard {
        other_name_rows: u64 = "20", V::Whole(1, 10_000_000), "rows", "Rows with a known document under another name, from which the file is held, if also …";
        other_name_percent: u32 = "10", V::Whole(0, 100), "%", "… this share of the rows that match a known document.";
        absent_people: u64 = "20", V::Whole(1, 10_000_000), "people", "Members that a roster lacks, beyond which it is held, if also …";
        absent_percent: u32 = "30", V::Whole(0, 100), "%", "… beyond this share of the union.";
        added_people: u64 = "100", V::Whole(1, 10_000_000), "people", "People that an import adds, beyond which it is held, if also …";
        added_percent: u32 = "100", V::Whole(0, 100_000), "%", "… beyond this share of the union as it was. Not for a union's first import.";
    }
    /// How long things are kept.
    retention: Retention {
        upload_days: u32 = "400", V::Whole(1, 36_500), "days", "Uploaded files and result workbooks.";
        quarantine_days: u32 = "30", V::Whole(1, 36_500), "days", "Files that no upload and no voucher on record knows: they lie in quarantine for so long before they are deleted.";
        undo_days: u32 = "30", V::Whole(1, 400), "days", "After its receipt: how long an import of members can be taken back (`upload undo`).";
        message_days: u32 = "30", V::Whole(1, 36_500), "days", "Messages that are done. More than the dead pile and any replay need.";
    }
    /// Health and metrics.
    http: Http {
        listen: String = "127.0.0.1:7317", V::Listen, "", "Address of /healthz, /readyz and /metrics; a free port is taken where this one is busy. Empty: off.";
    }
    /// Business time.
    clock: ClockSettings {
        mode: ClockMode = "system", V::Choice(&["system", "simulated"]), "", "`simulated`: business time stands still until `rollcall clock advance` moves it, from the first start on and for all processes of the database.";
        #[serde(deserialize_with = "instant")]
        from: Option<DateTime<Utc>> = "", V::Instant, "", "Where a simulated clock starts; once it has, the database knows where it stands. Empty: at the machine's time.";
    }
    /// Logs, on stderr.
    log: Log {
        format: LogFormat = "text", V::Choice(&["text", "json"]), "", "Lines for people, or one JSON object a line.";
        filter: String = "info,lapin=off", V::Filled, "", "What is logged, as `info,broker=debug`. The AMQP client's own lines are off: what they say is logged by us, with what is done about it.";
    }
}

/// Reads the text that [`Instant`] has let pass.
fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}
