//! One installation of the product: a folder, its settings, and the processes of our binary that run in it.

use crate::child::{Child, Ended, Start};
use crate::{eventually, http, ports};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long one command may take before it counts as hung.
const COMMAND_LIMIT: Duration = Duration::from_mins(2);
/// How long a role may take until it is ready, and to leave after SIGTERM.
const ROLE_LIMIT: Duration = Duration::from_mins(1);

/// The binary under test: `ROLLCALL_BIN`, else the one that cargo built beside this test.
#[must_use]
pub fn rollcall_binary() -> PathBuf {
    let beside = || {
        let this = std::env::current_exe().ok()?;
        Some(this.parent()?.parent()?.join("rollcall"))
    };
    let place = std::env::var_os("ROLLCALL_BIN").map(PathBuf::from).or_else(beside).unwrap_or_default();
    assert!(
        place.is_file(),
        "the binary under test is missing at {}: run `cargo build -p rollcall` first (./tests/run does), or name \
         another one in ROLLCALL_BIN",
        place.display()
    );
    place
}

/// A folder in which commands and roles run with the same settings; processes and files are gone with this value.
pub struct Installation {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    before: Vec<String>,
    started: AtomicU32,
}

impl Installation {
    /// Nothing configured: the embedded engine, with all data below the folder.
    #[must_use]
    pub fn embedded() -> Self {
        let folder = tempfile::Builder::new().prefix("rollcall-test-").tempdir();
        let folder = folder.expect("the folder for temporary files is writable");
        std::fs::create_dir(folder.path().join("tmp")).expect("a new folder is writable");
        let mut this = Self { folder, environment: BTreeMap::new(), before: Vec::new(), started: AtomicU32::new(0) };
        for kept in ["PATH", "LANG", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"] {
            if let Ok(value) = std::env::var(kept) {
                this.environment.insert(kept.to_owned(), value);
            }
        }
        this.variable("HOME", this.folder.path().display().to_string());
        this.variable("TMPDIR", this.folder.path().join("tmp").display().to_string());
        this
    }

    /// `PostgreSQL` and `RabbitMQ` at these addresses; files and mails in the folder.
    #[must_use]
    pub fn distributed(database_url: &str, broker_url: &str) -> Self {
        let mut this = Self::embedded();
        this.set("database.url", database_url);
        this.set("broker.url", broker_url);
        this.set("data.key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        this
    }

    /// Sets a configuration key (`section.key`) for everything started from now on.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.variable(&format!("ROLLCALL_{}", key.to_uppercase().replace('.', "__")), value);
    }

    /// Sets an environment variable for everything started from now on.
    pub fn variable(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Removes a configuration key again.
    pub fn unset(&mut self, key: &str) {
        self.environment.remove(&format!("ROLLCALL_{}", key.to_uppercase().replace('.', "__")));
    }

    /// Sets what stands before our binary on the command line of everything started from now on: a shell that limits
    /// what it then becomes, for instance. Empty: nothing.
    pub fn through(&mut self, words: &[&str]) {
        self.before = words.iter().map(ToString::to_string).collect();
    }

    /// The folder in which everything runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder and returns its path.
    #[must_use]
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder of the installation is writable");
        path
    }

    /// Runs a command to its end, whatever its exit code.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome {
        let mut running = self.spawn(arguments);
        let ended = running.child.wait(COMMAND_LIMIT).await;
        Outcome { ended, stdout: running.stdout(), stderr: running.log(), command: running.command.clone() }
    }

    /// Runs a command that must succeed and returns its stdout.
    pub async fn must<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        self.run(arguments).await.success().stdout
    }

    /// Runs a command with `--json` that must succeed and returns its document.
    pub async fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> serde_json::Value {
        let mut all: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        all.push(OsStr::new("--json"));
        self.run(&all).await.success().json()
    }

    /// Starts a role or a command in the background; each has a port of its own for `/readyz` and the like.
    #[must_use]
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.path().join(format!("{number:04}.log"));
        let stdout = self.folder.path().join(format!("{number:04}.out"));
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        let command = format!("rollcall {}", words.join(" "));
        let port = ports::free_port();
        let binary = rollcall_binary();
        let (program, before) = match self.before.split_first() {
            Some((first, rest)) => (PathBuf::from(first), [rest, &[binary.display().to_string()]].concat()),
            None => (binary, Vec::new()),
        };
        let start = Start { name: &command, program: &program, user: None, log: &log, stdout: Some(&stdout) };
        let child = start.spawn(|process| {
            process.args(before);
            self.prepare(process, port, arguments);
        });
        Running { child, command, stdout, port }
    }

    /// Starts a role and waits until its `/readyz` says so.
    pub async fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        let mut running = self.spawn(arguments);
        running.ready().await;
        running
    }

    fn prepare<S: AsRef<OsStr>>(&self, process: &mut Command, port: u16, arguments: &[S]) {
        process.args(arguments).current_dir(self.folder.path()).env_clear();
        process.env("ROLLCALL_HTTP__LISTEN", format!("127.0.0.1:{port}")).envs(&self.environment);
    }
}

/// How a command ended and what it printed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its exit code, or the signal that ended it.
    pub ended: Ended,
    /// What it printed for its caller.
    pub stdout: String,
    /// What it logged.
    pub stderr: String,
    command: String,
}

impl Outcome {
    /// Itself, if the exit code is 0; panics with all that was printed otherwise.
    #[must_use]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// Itself, if the exit code is this one; panics with all that was printed otherwise.
    #[must_use]
    pub fn code(self, code: i32) -> Self {
        assert!(
            self.ended == Ended::Code(code),
            "`{}` ended with {:?} instead of code {code}\n{}\n{}",
            self.command,
            self.ended,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The one JSON document on stdout.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("`{}` printed no JSON document ({error}):\n{}", self.command, self.stdout))
    }
}

/// A process of our binary in the background. It is killed when this value is dropped.
pub struct Running {
    child: Child,
    command: String,
    stdout: PathBuf,
    port: u16,
}

impl Running {
    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.child.log()
    }

    /// What it has printed on stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.stdout).unwrap_or_default()).into_owned()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.runs()
    }

    /// Status and body of a page of its own (`/healthz`, `/readyz`, `/metrics`), if it answers.
    pub async fn page(&self, path: &str) -> Option<(u16, String)> {
        http::get(self.port, path).await
    }

    /// Waits until `/readyz` answers 200; panics at once if the process ends before.
    pub async fn ready(&mut self) {
        let port = self.port;
        let ready = async || http::get(port, "/readyz").await.is_some_and(|(status, _)| status == 200);
        self.child.ready(ROLE_LIMIT, "is ready", ready).await;
    }

    /// Waits until a line of its log or its stdout contains `text`.
    pub async fn says(&mut self, text: &str, limit: Duration) {
        let what = format!("`{}` says “{text}”", self.command);
        eventually(limit, &what, async || {
            let said = self.log().contains(text) || self.stdout().contains(text);
            assert!(said || self.child.runs(), "`{}` ended before it said “{text}”:\n{}", self.command, self.log());
            said.then_some(())
        })
        .await;
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill();
    }

    /// SIGTERM, and waits for its end.
    pub async fn terminate(&mut self) -> Ended {
        self.child.signal(Signal::TERM);
        self.child.wait(ROLE_LIMIT).await
    }

    /// Waits for its end.
    pub async fn wait(&mut self, limit: Duration) -> Ended {
        self.child.wait(limit).await
    }

    /// Stops it in place (SIGSTOP), as a machine that hangs; `resume` lets it go on.
    pub fn freeze(&mut self) {
        self.child.signal(Signal::STOP);
    }

    /// Lets a frozen process go on.
    pub fn resume(&mut self) {
        self.child.signal(Signal::CONT);
    }

    /// Memory of the process and all its descendants in bytes (proportional set size), as the kernel counts it.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        descendants(self.id()).into_iter().filter_map(proportional_bytes).sum()
    }
}

/// The process and everything below it.
fn descendants(root: u32) -> Vec<u32> {
    let mut all = vec![root];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().filter_map(Result::ok);
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        }
    }
    all
}

fn proportional_bytes(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
