//! The composition: from the configuration to the store, the files, the broker, the desk and the works of this process.

use std::{path::PathBuf, sync::Arc, time::Duration};

use broker::Broker;
use chrono::TimeDelta;
use desk::{Desk, DeskError, DeskSettings, Hold};
use domain::guard::GuardLimits;
use files::{Files, S3Settings};
use mail::{Address, Mailer, MailerSettings};
use runtime::{
    Clock, Config, Ids, SystemIds,
    config::{RehearsalMail, Switch},
};
use sheets::{PoolSettings, ReadLimits, ReaderPool};
use store::{Store, StoreSettings, Vault};
use tokio_util::sync::{CancellationToken, DropGuard};
use workers::{
    Runner, RunnerSettings, Shift, Sweep, SweepSettings, Work,
    comparison::ComparisonWork,
    mail::{MailSettings, MailWork, Rates},
    upload::{UploadSettings, UploadWork},
};

use crate::{
    clock::ProcessClock,
    output::Failure,
    private::{self, make_private},
};

/// The hidden subcommand of the reading child.
pub const READER_SUBCOMMAND: &str = "read-sheets";
/// Files above this go into the lane for large files: some 40,000 rows.
const LARGE_BYTES: u64 = 2 << 20;
/// Findings in the result document (decisions 10).
const FINDINGS_SHOWN: usize = 1_000;
/// Findings kept of one file; beyond it they are counted, and the row is marked all the same.
const FINDINGS_KEPT: usize = 200_000;
/// Longest that the file store's mark may keep a process from starting.
const BEARINGS_TAKE: Duration = Duration::from_secs(5);
/// Where there is a broker: after this a message that nobody claimed is rung again.
const RING_AGAIN: TimeDelta = TimeDelta::seconds(10);

/// Everything that a command or role needs.
#[derive(Clone)]
pub struct App {
    /// What is in force.
    pub config: Arc<Config>,
    /// The application layer.
    pub desk: Desk,
    /// The doorbell.
    pub broker: Arc<dyn Broker>,
    /// Keeps a simulated clock current as long as anybody has this.
    following: Option<Arc<DropGuard>>,
}

impl App {
    /// Opens everything; the database is looked at, so that a command finds out early.
    pub async fn open(config: Arc<Config>, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let key = data_key(&config).await?;
        let app = Self::compose(config, clock, &key)?;
        app.desk.ready().await?;
        Ok(app)
    }

    /// Opens everything without asking any service for anything yet.
    pub fn compose(config: Arc<Config>, clock: Arc<dyn Clock>, key: &str) -> Result<Self, Failure> {
        private::prepare(&config)?;
        let ids: Arc<dyn Ids> = Arc::new(SystemIds::new());
        let store = open_store(&config, key)?;
        let files = open_files(&config)?;
        let broker = broker::connect(broker_settings(&config))?;
        let embedded = is_embedded(&config);
        let settings = DeskSettings {
            upload_bytes: config.limits.upload_bytes,
            large_bytes: LARGE_BYTES,
            undo_days: config.retention.undo_days,
            ring_again: if embedded { TimeDelta::zero() } else { RING_AGAIN },
        };
        Ok(Self { config, desk: Desk { store, files, clock, ids, settings }, broker, following: None })
    }

    /// Opens everything, and goes by the clock of the database that was opened.
    /// What acts in a rehearsal is refused where its mails would reach people.
    pub async fn on_time(
        config: Arc<Config>,
        clock: &ProcessClock,
        account: &str,
        acts: bool,
    ) -> Result<Self, Failure> {
        let mut app = Self::open(config, clock.as_clock()).await?;
        if acts && clock.rehearses(&app).await? && writes_to_people(&app.config) {
            return Err(rehearsal_writes());
        }
        app.following = clock.follow(&app, account).await?.map(Arc::new);
        Ok(app)
    }

    /// The pool of reading children.
    pub fn reader(&self) -> Result<Arc<ReaderPool>, Failure> {
        reader(&self.config)
    }

    /// A runner of all works on these queues (all where none is named).
    pub fn runner(&self, role: &str, only: &[messages::Queue]) -> Result<Arc<Runner>, Failure> {
        let shift = Shift {
            worker: self.desk.id(self.desk.moment()),
            desk: self.desk.clone(),
            broker: Arc::clone(&self.broker),
            stopping: CancellationToken::new(),
        };
        let config = &self.config;
        let batch = config.worker.batch as usize;
        let settings = RunnerSettings {
            role: role.to_owned(),
            slots: config.worker.slots as usize,
            batch,
            prefetch: u16::try_from(config.limits.prefetch).unwrap_or(u16::MAX),
            job_limit: Duration::from_secs(config.limits.job_s),
            heartbeat: Duration::from_secs(config.worker.heartbeat_s),
            shutdown_limit: Duration::from_secs(config.worker.shutdown_s),
        };
        let works =
            self.works()?.into_iter().filter(|work| only.is_empty() || work.queues().iter().any(|q| only.contains(q)));
        Ok(Arc::new(Runner::new(shift, settings, works.collect())))
    }

    fn works(&self) -> Result<Vec<Arc<dyn Work>>, Failure> {
        let config = &self.config;
        let reader = self.reader()?;
        let upload = UploadWork::new(Arc::clone(&reader), config.data.dir.join("spool"), upload_settings(config));
        let mail = MailWork::new(open_mailer(config)?, mail_settings(config)?)
            .with_copies_writing(config.mail.rehearsal == RehearsalMail::Send);
        let comparison = ComparisonWork::new(Arc::clone(&reader), config.data.dir.join("spool"));
        Ok(vec![
            Arc::new(upload),
            Arc::new(comparison),
            Arc::new(mail),
            Arc::new(workers::enrollment::EnrollmentWork),
            Arc::new(workers::notices::NoticeWork),
            Arc::new(workers::deadline::DeadlineWork),
            Arc::new(workers::probe::Probe),
        ])
    }

    /// The sweep of this process.
    pub fn sweep(&self) -> Sweep {
        let settings = SweepSettings {
            every: Duration::from_secs(1),
            dead_after: TimeDelta::seconds(i64::try_from(self.config.worker.dead_after_s).unwrap_or(15)),
            attempts_alone: i32::try_from(self.config.limits.attempts_alone).unwrap_or(3),
            hold_back: self.config.limits.queue_hold_back,
        };
        Sweep::new(self.desk.clone(), Arc::clone(&self.broker), settings)
    }

    /// Rings bells for rows that a command has committed. Without a broker the sweep of a running process does it.
    pub async fn ring(&self, bells: Vec<desk::Bell>) {
        if !bells.is_empty()
            && let Err(error) = self.broker.publish(&bells).await
        {
            tracing::warn!(%error, "the broker was not reached; a running worker or scheduler will ring");
        }
    }

    /// Why mails hold here; none: they go, be it into the outbox.
    pub async fn mails_held(&self) -> Result<Option<Hold>, Failure> {
        let hold = self.desk.mails_held().await?;
        Ok(hold.filter(|hold| *hold != Hold::Copy || writes_to_people(&self.config)))
    }

    /// Looks whether this is the real database, with its own file store, before anything is done with it. A file store that does
    /// not answer is asked again by the scheduler.
    pub async fn take_bearings(&self) {
        match tokio::time::timeout(BEARINGS_TAKE, self.desk.take_bearings()).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(why))) => tracing::error!(%why, "held until an operator decides; `rollcall doctor` tells"),
            Ok(Err(error)) => tracing::warn!(%error, "the file store's mark could not be looked at"),
            Err(_) => tracing::warn!("the file store's mark could not be looked at in time"),
        }
    }

    /// Ends connections in good order.
    pub async fn close(&self) {
        self.broker.close().await;
        self.desk.store.close().await;
    }
}

/// Whether messages stay in this process and its database.
pub fn is_embedded(config: &Config) -> bool {
    config.broker.url.expose() == "embedded"
}

/// Whether mails of a rehearsal would reach those whom they are addressed to.
pub fn writes_to_people(config: &Config) -> bool {
    let mail = &config.mail;
    !mail.url.is_empty() && mail.redirect_to.is_empty() && mail.rehearsal == RehearsalMail::Refuse
}

/// Mails of a rehearsal would go to real addresses.
pub fn rehearsal_writes() -> Failure {
    Failure::refused(
        "rehearsal-mail",
        "this is a rehearsal (a simulated clock, or --at), and mail.url names a server: people would get its mails",
        "set mail.redirect_to to an address of your own, or leave mail.url empty (mails lie in the outbox folder); if people are to get them: mail.rehearsal = \"send\"",
    )
}

/// Whether the database is `SQLite`.
pub fn is_sqlite(config: &Config) -> bool {
    config.database.url.is_empty()
}

/// A pool of reading children; it needs no service.
pub fn reader(config: &Config) -> Result<Arc<ReaderPool>, Failure> {
    let program = std::env::current_exe()?;
    let spool_folder = config.data.dir.join("spool");
    make_private(&spool_folder)?;
    let settings = PoolSettings {
        program,
        args: vec![READER_SUBCOMMAND.to_owned()],
        processes: config.reader.processes as usize,
        files_per_process: config.reader.files_per_process,
        spool_folder,
    };
    let limits = ReadLimits {
        upload_bytes: config.limits.upload_bytes,
        inflated_bytes: config.limits.inflated_bytes,
        ratio: config.limits.ratio,
        rows: config.limits.rows,
        columns: config.limits.columns,
        cell_chars: config.limits.cell_chars,
        cpu_s: config.reader.cpu_s,
        wall_s: config.reader.wall_s,
        memory_bytes: config.reader.memory_mib << 20,
        ..ReadLimits::default()
    };
    Ok(Arc::new(ReaderPool::new(settings, limits)))
}

/// The data key of this installation. It is made where there is none, neither here nor in the database.
pub async fn data_key(config: &Config) -> Result<String, Failure> {
    make_private(&config.data.dir)?;
    let find = || desk::find_data_key(config.data.key.expose(), &config.data.dir);
    if let Some(key) = find()? {
        return Ok(key);
    }
    if database_has_key(config).await? {
        // Another process may have made the key and the database since.
        return find()?.ok_or_else(|| DeskError::from(desk::missing_data_key(&config.data.dir)).into());
    }
    Ok(desk::make_data_key(&config.data.dir)?)
}

/// Whether the database was set up with a data key, whichever.
pub async fn database_has_key(config: &Config) -> Result<bool, Failure> {
    if is_sqlite(config) && std::fs::metadata(private::database_file(config)).map_or(0, |about| about.len()) == 0 {
        return Ok(false);
    }
    let store = open_store(config, &desk::new_data_key()?)?;
    let has_key = desk::has_data_key(&store).await;
    store.close().await;
    Ok(has_key?)
}

fn open_store(config: &Config, key: &str) -> Result<Store, Failure> {
    let sqlite = is_sqlite(config);
    let seals = match config.data.encrypt {
        Switch::Auto => !sqlite,
        Switch::On => true,
        Switch::Off => false,
    };
    let vault = Vault::from_hex(key, seals).map_err(|error| Failure::usage(error.to_string(), "data.key"))?;
    let url = if sqlite {
        format!("sqlite:{}", private::database_file(config).display())
    } else {
        config.database.url.expose().to_owned()
    };
    Store::open(&StoreSettings { url, connections: config.database.connections, wait_s: 10 }, vault)
        .map_err(|error| Failure::usage(error.to_string(), "database.url"))
}

fn open_files(config: &Config) -> Result<Files, Failure> {
    let opened = if config.files.url.is_empty() {
        Files::in_folder(config.data.dir.join("files"))
    } else {
        let files = &config.files;
        Files::in_s3(&S3Settings {
            url: files.url.clone(),
            endpoint: files.s3_endpoint.clone(),
            region: files.s3_region.clone(),
            access_key_id: files.s3_access_key_id.clone(),
            secret_access_key: files.s3_secret_access_key.expose().to_owned(),
            timeout: Duration::from_secs(files.s3_timeout_s),
        })
    };
    opened.map_err(|error| Failure::from(DeskError::Files(error)))
}

fn upload_settings(config: &Config) -> UploadSettings {
    let guard = &config.guard;
    UploadSettings {
        guards: GuardLimits {
            other_name_rows: guard.other_name_rows,
            other_name_percent: u64::from(guard.other_name_percent),
            missing_people: guard.absent_people,
            missing_percent: u64::from(guard.absent_percent),
            added_people: guard.added_people,
            added_percent: u64::from(guard.added_percent),
        },
        findings_shown: FINDINGS_SHOWN,
        findings_kept: FINDINGS_KEPT,
        upload_bytes: config.limits.upload_bytes,
    }
}

/// The mailer: a server, or the outbox folder.
pub fn open_mailer(config: &Config) -> Result<Mailer, Failure> {
    let settings = MailerSettings {
        url: config.mail.url.expose().to_owned(),
        outbox: config.data.dir.join("outbox"),
        redirect_to: config.mail.redirect_to.clone(),
        helo: helo(config)?,
        probe: config.mail.probe.clone(),
        connections: config.mail.connections,
        timeout: Duration::from_secs(config.mail.timeout_s),
        most_bytes: config.limits.mail_bytes,
    };
    Mailer::open(&settings).map_err(|error| Failure::usage(error.to_string(), "mail.url, mail.redirect_to, mail.probe"))
}

/// The sender of every mail.
pub fn sender(config: &Config) -> Result<Address, Failure> {
    Address::parse(&config.mail.from)
        .map_err(|error| Failure::usage(format!("mail.from: {error}"), "an address, or `name <address>`"))
}

/// The name that we give to the mail server; empty: the machine's.
fn helo(config: &Config) -> Result<String, Failure> {
    let own = &config.mail.helo;
    if own.is_empty() {
        return Ok(Some(sender(config)?.domain()).filter(|domain| domain != "localhost").unwrap_or_default());
    }
    let is_name = own.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if is_name {
        Ok(own.clone())
    } else {
        Err(Failure::usage("mail.helo is no name of a machine", "as mails.example.cn"))
    }
}

fn mail_settings(config: &Config) -> Result<MailSettings, Failure> {
    let from = sender(config)?;
    let rates = (!config.mail.url.is_empty()).then(|| Rates {
        per_minute: i64::from(config.mail.per_minute),
        per_domain_per_minute: i64::from(config.mail.per_domain_per_minute),
    });
    Ok(MailSettings { from, rates })
}

fn broker_settings(config: &Config) -> broker::Settings {
    broker::Settings {
        message_bytes: usize::try_from(config.limits.message_bytes).unwrap_or(usize::MAX),
        ..broker::Settings::new(config.broker.url.expose(), &config.broker.prefix)
    }
}

/// The lock file by which only one process at a time consumes the embedded queues; `None` when another holds it.
pub fn consuming_lock(config: &Config) -> Result<Option<std::fs::File>, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path: PathBuf = config.data.dir.join("serve.lock");
    let file = std::fs::OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}
