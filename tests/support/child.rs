//! A child process with its output in files: it can be signalled, waited for, and it never outlives its test.

use crate::eventually;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running (or ended) process.
///
/// It is started through `setpriv --pdeathsig`, so the kernel kills it when the thread that started it ends: start
/// it from the test's own thread, not from `spawn_blocking`.
pub struct Child {
    name: String,
    process: std::process::Child,
    ended: Option<ExitStatus>,
    log: PathBuf,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It exited by itself with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Describes how a child is started.
pub struct Start<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// The program: a path, or a name to be found in PATH.
    pub program: &'a Path,
    /// Run it as this user when we are root (`None`: as we are).
    pub user: Option<&'a str>,
    /// Where stdout and stderr go, appended.
    pub log: &'a Path,
    /// A file for stdout alone, if it is not to go to the log.
    pub stdout: Option<&'a Path>,
}

impl Start<'_> {
    /// Starts the process; `prepare` sets arguments, environment and folder.
    #[must_use]
    pub fn spawn(&self, prepare: impl FnOnce(&mut Command)) -> Child {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = self.user.filter(|_| is_root()) {
            command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
        }
        command.arg("--").arg(self.program);
        prepare(&mut command);
        let out = self.stdout.unwrap_or(self.log);
        command.stdin(Stdio::null()).stdout(append_to(out)).stderr(append_to(self.log));
        let process = command.spawn().unwrap_or_else(|error| {
            panic!("{} can't be started through setpriv (Debian package util-linux): {error}", self.name)
        });
        Child { name: self.name.to_owned(), process, ended: None, log: self.log.to_path_buf() }
    }
}

impl Child {
    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has written to its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.process.try_wait().expect("a child can be waited for");
        }
        self.ended.is_none()
    }

    /// Sends a signal, if it still runs.
    pub fn signal(&mut self, signal: Signal) {
        if self.runs() {
            let pid = Pid::from_child(&self.process);
            kill_process(pid, signal).unwrap_or_else(|error| panic!("no signal to {}: {error}", self.name));
        }
    }

    /// kill -9, and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        if self.ended.is_none() {
            self.ended = Some(self.process.wait().expect("a killed child can be waited for"));
        }
    }

    /// Waits until it has ended; panics with the end of its log when `limit` is over.
    pub async fn wait(&mut self, limit: Duration) -> Ended {
        let log = self.log.clone();
        let what = format!("{} has ended; its log is at {}", self.name, log.display());
        eventually(limit, &what, async || (!self.runs()).then_some(())).await;
        self.ended.map(Ended::from).expect("it has just ended")
    }

    /// Waits until `ready`; panics at once when the process ends before, and when `limit` is over.
    pub async fn ready(&mut self, limit: Duration, what: &str, mut ready: impl AsyncFnMut() -> bool) {
        let name = self.name.clone();
        eventually(limit, &format!("{name} {what}"), async || {
            assert!(self.runs(), "{name} ended before it {what}:\n{}", tail(&self.log()));
            ready().await.then_some(())
        })
        .await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("---- last lines of {}\n{}", self.name, tail(&self.log()));
        }
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Code)
    }
}

/// Runs a tool to its end and returns its stdout; panics with its stderr when it fails or is missing.
pub fn run_tool(command: &mut Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} can't be run (./tests/run installs it): {error}"));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program} failed with {}:\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

/// Whether we run as root, so that servers that refuse that need another user.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn append_to(path: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|error| panic!("{} can't be written: {error}", path.display()))
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
