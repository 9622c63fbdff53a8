//! One function per command: it reads words, calls the desk, prints.

mod account;
mod check;
mod clock;
mod compare;
mod demo;
mod doctor;
mod enroll;
mod mail;
mod member;
mod money;
mod monitor;
mod notice;
mod org;
mod probe;
mod queue;
mod stats;
mod template;
mod upload;
mod waiting;
mod year;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use domain::secret::mask_address;
use messages::Queue;
use runtime::{
    Clock, Config, SHANGHAI, Sources,
    config::{in_force, table_markdown},
};

use crate::{
    app::{self, App},
    cli::{Cli, ClockFlags, ClockWord, Command},
    clock::ProcessClock,
    output::{DONE, Failure, Printer, table},
    roles::{self, Parts},
};

/// What every command needs to know.
pub struct Context<'c> {
    /// Settings in force.
    pub config: Arc<Config>,
    /// Who acts.
    pub account: String,
    /// Where to print.
    pub printer: &'c Printer,
    /// Business time without a database: `--at`, else the machine's.
    clock: Arc<dyn Clock>,
    process_clock: ProcessClock,
    /// Whether mails may come of the command.
    acts: bool,
}

impl Context<'_> {
    /// Opens the services; the database has to be ready.
    pub async fn app(&self) -> Result<App, Failure> {
        App::on_time(Arc::clone(&self.config), &self.process_clock, &self.account, self.acts).await
    }

    /// Opens the services without asking them for anything, with this data key.
    pub fn compose(&self, key: &str) -> Result<App, Failure> {
        App::compose(Arc::clone(&self.config), Arc::clone(&self.clock), key)
    }

    /// Whether this command has an instant of its own.
    pub fn is_fixed(&self) -> bool {
        matches!(self.process_clock, ProcessClock::Fixed(_))
    }
}

/// Runs a command; its exit code.
pub async fn run(cli: Cli, printer: &Printer) -> Result<u8, Failure> {
    let config = Arc::new(Config::read(&Sources::of_process(cli.config.clone(), settings(&cli)?))?);
    start_logs(&config, cli.command.clock_flags().is_some())?;
    let process_clock = ProcessClock::new(&config, cli.at.as_deref().map(instant).transpose()?);
    let clock = process_clock.as_clock();
    let acts = !cli.command.merely_looks();
    let context = Context { config, account: cli.account, printer, clock, process_clock, acts };
    if cli.at.is_some() {
        let app = context.app().await?;
        app.desk.authorize(&context.account, domain::role::Act::MoveClock, None).await?;
    }
    // Whatever is refused, and by whichever rule, is on record.
    let request = Box::pin(dispatch(cli.command, &context));
    desk::on_record(request, |failure| failure.is_refusal().then_some(failure.code.as_str())).await
}

async fn dispatch(command: Command, context: &Context<'_>) -> Result<u8, Failure> {
    match command {
        Command::Demo(args) => demo::run(context, args).await,
        Command::Serve { .. } => {
            let parts = Parts { role: "serve", consumes: true, only: Vec::new(), leads: true, listens: true };
            roles::run(context.app().await?, parts).await
        }
        Command::Worker { only, .. } => {
            let parts = Parts { role: "worker", consumes: true, only: queues(&only)?, leads: false, listens: true };
            roles::run(context.app().await?, parts).await
        }
        Command::Scheduler { .. } => {
            let parts = Parts { role: "scheduler", consumes: false, only: Vec::new(), leads: true, listens: true };
            roles::run(context.app().await?, parts).await
        }
        Command::Drain { until_idle } => waiting::drain(context, until_idle).await,
        Command::Migrate => migrate(context).await,
        Command::Config { table } => Ok(config(context, table)),
        Command::Doctor { grants: Some(role) } => {
            context.printer.document(&store::rights::grants(&role), Clone::clone);
            Ok(DONE)
        }
        Command::Doctor { grants: None } => doctor::run(context).await,
        Command::Template { kind, output } => template::run(context, &kind, output),
        Command::Check { kind, file, output } => check::run(context, &kind, &file, output.as_deref()).await,
        Command::Org(command) => org::run(context, command).await,
        Command::Member(command) => member::run(context, command).await,
        Command::Transfer(command) => member::transfers(context, command).await,
        Command::Upload(args) => upload::run(context, args).await,
        Command::Year(command) => year::years(context, command).await,
        Command::Window(command) => year::windows(context, command).await,
        Command::Premium(command) => year::premiums(context, command).await,
        Command::Enroll(command) => enroll::run(context, command).await,
        Command::Review(command) => enroll::review(context, command).await,
        Command::Compare(command) => compare::run(context, command).await,
        Command::Batch(command) => money::batches(context, command).await,
        Command::Payment(command) => money::payments(context, command).await,
        Command::Credit(command) => money::credits(context, command).await,
        Command::Instant(command) => money::instants(context, command).await,
        Command::Undo(command) => money::undo(context, command).await,
        Command::Notice(command) => notice::run(context, command).await,
        Command::Stats(args) => stats::run(context, args).await,
        Command::Monitor(args) => monitor::run(context, args).await,
        Command::Forecast(args) => monitor::forecast(context, args).await,
        Command::Queue(command) => queue::queues(context, command).await,
        Command::Dead(command) => queue::dead(context, command).await,
        Command::Mail(command) => mail::run(context, command).await,
        Command::Audit { org, since, by, most } => queue::audit(context, org, since.as_deref(), by, most).await,
        Command::Account(command) => account::run(context, command).await,
        Command::Clock(command) => clock::run(context, command).await,
        Command::Asyncapi => {
            let document = messages::asyncapi(&context.config.broker.prefix);
            context.printer.document(&document, |document| serde_json::to_string_pretty(document).unwrap_or_default());
            Ok(DONE)
        }
        Command::Probe { count } => probe::run(context, count).await,
    }
}

fn settings(cli: &Cli) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| {
        text.split_once('=')
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .ok_or_else(|| Failure::usage(format!("--set {}: there is no =", mask_address(text)), "--set KEY=VALUE"))
    };
    let mut settings: Vec<(String, String)> = cli.settings.iter().map(pair).collect::<Result<_, _>>()?;
    if let Some(flags) = cli.command.clock_flags() {
        settings.extend(clock_settings(flags)?);
    }
    Ok(settings)
}

/// The flags of a role's clock are settings like any other.
fn clock_settings(flags: &ClockFlags) -> Result<Vec<(String, String)>, Failure> {
    let mode = match (flags.clock, &flags.from) {
        (None, _) => return Ok(Vec::new()),
        (Some(ClockWord::System), Some(_)) => {
            return Err(Failure::usage("the machine's time starts nowhere", "--from goes with --clock simulated"));
        }
        (Some(ClockWord::System), None) => "system",
        (Some(ClockWord::Simulated), _) => "simulated",
    };
    let mut settings = vec![("clock.mode".to_owned(), mode.to_owned())];
    if let Some(from) = &flags.from {
        settings.push(("clock.from".to_owned(), instant(from)?.to_rfc3339()));
    }
    Ok(settings)
}

/// Roles log as configured; a command that a person waits for shows trouble alone, unless told otherwise.
fn start_logs(config: &Config, role: bool) -> Result<(), Failure> {
    let mut log = config.log.clone();
    let configured = in_force(config).iter().any(|row| row.key == "log.filter" && row.source != "default");
    if !role && !configured {
        "error,lapin=off".clone_into(&mut log.filter);
    }
    runtime::telemetry::start_logs(&log).map_err(|error| Failure::usage(error.to_string(), "log.filter, log.format"))
}

/// An instant as people write it: RFC 3339, or a day of Asia/Shanghai.
pub fn instant(text: &str) -> Result<DateTime<Utc>, Failure> {
    let wrong = || {
        Failure::usage(
            format!("{text} is no instant"),
            "write it as 2022-11-01T09:00:00+08:00, or as a day: 2022-11-01",
        )
    };
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    let day: NaiveDate = text.parse().map_err(|_| wrong())?;
    let start = SHANGHAI.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().ok_or_else(wrong)?;
    Ok(start.with_timezone(&Utc))
}

/// Queues by their names, or by the workers' names of the handbook.
fn queues(only: &[String]) -> Result<Vec<Queue>, Failure> {
    let mut queues = Vec::new();
    for word in only {
        match word.as_str() {
            "upload" => queues.extend([Queue::Uploads, Queue::UploadsLarge]),
            "comparison" => queues.push(Queue::Comparisons),
            "enrollment" => queues.push(Queue::Enrollments),
            "notice" => queues.push(Queue::Notices),
            "mail" => queues.push(Queue::Mails),
            "deadline" | "probe" => queues.push(Queue::Deadlines),
            name => queues.push(queue(name)?),
        }
    }
    Ok(queues)
}

/// The queue of that name.
pub fn queue(name: &str) -> Result<Queue, Failure> {
    Queue::parse(name).ok_or_else(|| {
        let names = Queue::ALL.map(Queue::name).join(", ");
        Failure::usage(format!("there is no queue {name}"), format!("one of {names}"))
    })
}

async fn migrate(context: &Context<'_>) -> Result<u8, Failure> {
    let app = context.compose(&app::data_key(&context.config).await?)?;
    let done = app.desk.migrate().await?;
    let document = serde_json::json!({"applied": done.applied});
    context.printer.document(&document, |_| match done.applied.as_slice() {
        [] => "the database is up to date".to_owned(),
        applied => format!("applied {}", applied.join(", ")),
    });
    app.close().await;
    Ok(DONE)
}

fn config(context: &Context<'_>, as_table: bool) -> u8 {
    if as_table {
        context.printer.document(&table_markdown(), Clone::clone);
        return DONE;
    }
    let rows: Vec<Vec<String>> = in_force(&context.config)
        .iter()
        .map(|row| vec![row.key.to_owned(), row.value.clone(), row.source.clone()])
        .collect();
    let document: Vec<_> = in_force(&context.config)
        .iter()
        .map(|row| serde_json::json!({"key": row.key, "value": row.value, "source": row.source}))
        .collect();
    context.printer.document(&document, |_| table(&["key", "value", "from"], &rows));
    DONE
}
