//! `doctor`: looks at every service and says what is wrong and how to mend it.

mod mail;

use chrono::TimeDelta;
use desk::{DeskError, Hold};
use domain::secret::mask_addresses;
use runtime::Config;
use scheduler::Quarantined;
use serde::Serialize;
use store::{EngineKind, SchemaState};

use super::Context;
use crate::{
    app::{self, App},
    output::{DONE, Failure, REFUSED, UNREACHABLE, table},
    private,
};

/// Clocks of database and program may differ by this much before it matters, in seconds.
const SKEW_S: i64 = 2;

/// What was found about one thing.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    found: String,
    remedy: String,
    /// A service does not answer: the exit code tells it from something that is set up wrongly.
    #[serde(skip)]
    away: bool,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, ok: true, found: mask_addresses(&found.into()), remedy: String::new(), away: false }
    }

    fn bad(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, ok: false, found: mask_addresses(&found.into()), remedy: remedy.into(), away: false }
    }

    fn away(what: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { away: true, ..Self::bad(what, found, remedy) }
    }
}

pub async fn run(context: &Context<'_>) -> Result<u8, Failure> {
    let (key, trouble) = data_key(&context.config).await?;
    let app = context.compose(&key)?;
    let mut findings = database(&app, trouble).await;
    findings.push(privacy(&context.config));
    let workers = if findings.iter().any(|finding| finding.away) {
        Finding::away("workers", "not known", "the database first")
    } else {
        workers(&app).await
    };
    findings.push(place(&app).await);
    findings.push(files(&app).await);
    findings.extend(broker(&app).await);
    findings.extend(mail::look(&app).await);
    findings.push(reader(context).await);
    findings.push(workers);
    let bad = findings.iter().any(|finding| !finding.ok);
    let away = findings.iter().any(|finding| finding.away);
    context.printer.document(&findings, |findings| {
        // A remedy has a line of its own: what a service says of itself can be long.
        let rows = findings.iter().flat_map(|finding| {
            let mark = if finding.ok { "ok" } else { "WRONG" };
            let found = vec![mark.to_owned(), finding.what.to_owned(), finding.found.clone()];
            let remedy = (!finding.remedy.is_empty())
                .then(|| vec![String::new(), String::new(), format!("-> {}", finding.remedy)]);
            std::iter::once(found).chain(remedy)
        });
        table(&["", "what", "found"], &rows.collect::<Vec<_>>())
    });
    app.close().await;
    Ok(match (away, bad) {
        (true, _) => UNREACHABLE,
        (false, true) => REFUSED,
        (false, false) => DONE,
    })
}

/// The data key, and what is wrong with it: nothing can be looked up then, but all else can be looked at. None is made here.
async fn data_key(config: &Config) -> Result<(String, Option<Failure>), Failure> {
    let any = || desk::new_data_key().map_err(Failure::from);
    match desk::find_data_key(config.data.key.expose(), &config.data.dir) {
        Ok(Some(key)) => Ok((key, None)),
        Err(error) => Ok((any()?, Some(error.into()))),
        Ok(None) => {
            let is_missing = app::database_has_key(config).await.unwrap_or(false);
            let missing = || Failure::from(DeskError::from(desk::missing_data_key(&config.data.dir)));
            Ok((any()?, is_missing.then(missing)))
        }
    }
}

/// Whether others may look into what lies here.
fn privacy(config: &Config) -> Finding {
    let open: Vec<String> = private::left_open(config).iter().map(|path| path.display().to_string()).collect();
    if open.is_empty() {
        return Finding::good("privacy", "nobody else may look into the data folder");
    }
    let remedy = "give the data folder mode 0700 and its files 0600, or a folder of its own (data.dir)";
    Finding::bad("privacy", format!("others may look into {}", open.join(", ")), remedy)
}

async fn database(app: &App, key_trouble: Option<Failure>) -> Vec<Finding> {
    let name = match app.desk.store.kind() {
        EngineKind::Sqlite => "SQLite",
        EngineKind::Postgres => "PostgreSQL",
    };
    if let Err(error) = app.desk.store.check().await {
        return vec![Finding::away("database", error.to_string(), "start it, or mend database.url")];
    }
    let mut findings = vec![Finding::good("database", format!("{name} answers"))];
    findings.push(match app.desk.store.schema().await {
        Ok(SchemaState::Current) => match (key_trouble, app.desk.ready().await) {
            (Some(trouble), _) => Finding::bad("schema", trouble.message, trouble.hint),
            (None, Ok(())) => Finding::good("schema", "up to date, set up with this data key"),
            (None, Err(error)) => {
                let told = error.to_string();
                let remedy = match error {
                    DeskError::Refused(refusal) => refusal.hint,
                    _ => "look at the rights of the database's user, below".to_owned(),
                };
                Finding::bad("schema", told, remedy)
            }
        },
        Ok(SchemaState::Empty) => Finding::good("schema", "the database is empty; the first command sets it up"),
        Ok(SchemaState::Older) => Finding::bad("schema", "older than this program", "rollcall migrate"),
        Ok(SchemaState::Newer) => Finding::bad("schema", "newer than this program", "run the newer rollcall"),
        Err(error) => Finding::bad("schema", error.to_string(), "look at the rights of the database's user, below"),
    });
    findings.push(match app.desk.store.server_time().await {
        Ok(None) => Finding::good("clock", "the machine's own"),
        Ok(Some(server)) => {
            let skew = (app.desk.clock.machine_now() - server).num_seconds();
            if skew.abs() <= SKEW_S {
                Finding::good("clock", format!("the database's clock differs by {skew} s"))
            } else {
                Finding::bad(
                    "clock",
                    format!("the database's clock differs by {skew} s"),
                    "let both machines keep time by NTP",
                )
            }
        }
        Err(error) => Finding::bad("clock", error.to_string(), "the database can't be asked for its time"),
    });
    findings.push(rights(app).await);
    findings
}

/// Whether the database can be written: a row on each path, thrown away again.
async fn rights(app: &App) -> Finding {
    let role = app.desk.store.role().await.ok().flatten().unwrap_or_else(|| "operator".to_owned());
    match app.desk.store.write_trouble(app.desk.clock.machine_now()).await {
        Ok(None) => Finding::good("rights", "rows were written on every path, and thrown away"),
        Ok(Some(trouble)) => {
            let (found, remedy) = trouble.told(&role);
            Finding::bad("rights", found, remedy)
        }
        Err(error) => Finding::bad("rights", error.to_string(), "the database can't be asked"),
    }
}

/// Whether this is the real database, in its place.
async fn place(app: &App) -> Finding {
    match app.desk.mails_held().await {
        Ok(None) => Finding::good("place", "where it has always been; mails go"),
        // What was said to be a copy is as it should be.
        Ok(Some(Hold::Copy)) => Finding::good("place", Hold::Copy.to_string()),
        Ok(Some(hold)) => Finding::bad("place", hold.to_string(), Hold::REMEDY),
        Err(_) => Finding::good("place", "not known yet"),
    }
}

async fn files(app: &App) -> Finding {
    let away = |error: String| Finding::away("files", error, "look at files.url, its rights and its room");
    if let Err(error) = app.desk.files.check().await {
        return away(error.to_string());
    }
    match app.desk.bond().await {
        Err(DeskError::Files(error)) => return away(error.to_string()),
        Ok(bond) => {
            if let Some((trouble, remedy)) = bond.trouble() {
                return Finding::bad("files", trouble, remedy);
            }
        }
        // An empty database has no mark yet.
        Err(_) => {}
    }
    match scheduler::quarantined(&app.desk).await {
        Ok(lying) => Finding::good("files", format!("written, read and deleted a probe{}", in_quarantine(app, lying))),
        Err(error) => away(error.to_string()),
    }
}

/// What lies in quarantine, and until when.
fn in_quarantine(app: &App, lying: Quarantined) -> String {
    let Some(since) = lying.since else { return String::new() };
    let (uploads, vouchers) = (lying.uploads, lying.vouchers);
    let until = since + TimeDelta::days(i64::from(app.config.retention.quarantine_days) + 1);
    format!(
        "; in quarantine, since no row knows them: {uploads} files of uploads, {vouchers} vouchers; the first is deleted on {until}"
    )
}

async fn broker(app: &App) -> Vec<Finding> {
    if app::is_embedded(&app.config) {
        return vec![Finding::good("broker", "embedded")];
    }
    match app.broker.check().await {
        Err(error) => vec![Finding::away("broker", error.to_string(), "start it, or mend broker.url")],
        Ok(health) => {
            let problems = health.problems();
            if problems.is_empty() {
                return vec![Finding::good(
                    "broker",
                    format!("{}, {} queues and exchanges as they should be", health.server, health.queues.len()),
                )];
            }
            let remedy = "delete queues with other arguments (they are made anew, nothing is lost); grant the account configure, write and read";
            problems.into_iter().map(|problem| Finding::bad("broker", problem, remedy)).collect()
        }
    }
}

/// Reads a workbook that is made here through a child, as an upload would be.
async fn reader(context: &Context<'_>) -> Finding {
    let result = async {
        let pool = app::reader(&context.config)?;
        let kind = domain::template::TemplateKind::Registry;
        let bytes =
            sheets::write_template(kind, 2023).map_err(|error| Failure::refused("io", error.to_string(), ""))?;
        let path = context.config.data.dir.join(format!("doctor-{}.xlsx", std::process::id()));
        std::fs::write(&path, bytes)?;
        let asked = path.clone();
        let read = tokio::task::spawn_blocking(move || pool.read(&asked, kind)).await;
        std::fs::remove_file(&path)?;
        match read {
            Ok(Err(sheets::ReadError::Rejected(rejection))) if rejection.code == domain::finding::Code::NoRows => {
                Ok(())
            }
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::refused("reader", error.to_string(), "")),
            Err(_) => Err(Failure::refused("reader", "the reading broke off", "")),
        }
    };
    match result.await {
        Ok(()) => Finding::good("reader", "a child read a workbook"),
        Err(failure) => Finding::bad("reader", failure.message, "look at reader.* and at the rights of data.dir"),
    }
}

async fn workers(app: &App) -> Finding {
    let since = app.desk.clock.machine_now()
        - chrono::TimeDelta::seconds(i64::try_from(app.config.worker.dead_after_s).unwrap_or(15));
    let Ok(mut view) = app.desk.store.view().await else {
        return Finding::away("workers", "not known", "the database stopped answering");
    };
    match store::workers::alive(&mut view, since).await {
        Ok(alive) if alive.is_empty() => Finding::good("workers", "none runs; `upload --wait` works the queues itself"),
        Ok(alive) => {
            let names: Vec<String> =
                alive.iter().map(|worker| format!("{} {}:{}", worker.role, worker.host, worker.pid)).collect();
            Finding::good("workers", names.join(", "))
        }
        Err(_) => Finding::good("workers", "none can run yet"),
    }
}
