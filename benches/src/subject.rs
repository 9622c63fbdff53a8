//! The program under measurement: an installation with a data folder of its own, its roles and its commands.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Outcome, arguments::Arguments};

/// Longest wait for a role to be ready.
const READY: Duration = Duration::from_secs(20);

/// An installation.
pub struct Installation {
    /// Its folder: the data are in `data` below it.
    pub folder: TempDir,
    bin: PathBuf,
    settings: Vec<(String, String)>,
}

impl Installation {
    /// One with these settings, `(ROLLCALL_A__B, value)`, in an empty folder.
    pub fn make(arguments: &Arguments, settings: Vec<(String, String)>) -> Outcome<Self> {
        let bin = match &arguments.bin {
            Some(bin) => bin.clone(),
            // Beside this program: both come from `cargo … --release`.
            None => std::env::current_exe()?.with_file_name("rollcall"),
        };
        if !bin.is_file() {
            let advice = "cargo build --release -p rollcall makes it, --bin FILE names another";
            return Err(format!("there is no {}: {advice}", bin.display()).into());
        }
        Ok(Self { folder: tempfile::tempdir()?, bin: std::path::absolute(bin)?, settings })
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, words: &[&str], files: &[PathBuf]) -> Command {
        let mut command = Command::new(&self.bin);
        command.args(words).args(files).current_dir(self.folder.path()).env_clear();
        command.env("ROLLCALL_DATA__DIR", self.data()).env("ROLLCALL_HTTP__LISTEN", "");
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; its JSON document.
    pub fn json(&self, words: &[&str], files: &[PathBuf]) -> Outcome<Value> {
        let mut asked = self.spawn(words, files)?;
        asked.wait()?;
        asked.document()
    }

    /// Starts a command that prints a JSON document.
    pub fn spawn(&self, words: &[&str], files: &[PathBuf]) -> Outcome<Asked> {
        let mut command = self.command(words, files);
        let (out, log) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
        command.arg("--json").stdout(out.reopen()?).stderr(log.reopen()?);
        Ok(Asked { name: words.join(" "), child: Running(command.spawn()?), out, log })
    }

    /// Starts a role and waits until it is ready.
    pub fn role(&self, words: &[&str], log: &str) -> Outcome<Running> {
        let path = self.folder.path().join(log);
        let mut running = Running(self.command(words, &[]).stdout(Stdio::null()).stderr(File::create(&path)?).spawn()?);
        let start = Instant::now();
        while !is_ready(&path) {
            if running.0.try_wait()?.is_some() || start.elapsed() > READY {
                let said = std::fs::read_to_string(&path).unwrap_or_default();
                return Err(format!("{} is not ready: {said}", words.join(" ")).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(running)
    }
}

fn is_ready(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|said| said.contains(" ready role="))
}

/// A process of ours in the background; ended when this value is dropped.
pub struct Running(Child);

impl Running {
    /// Its id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end and waits until it has.
    pub fn end(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            // The standard library can only kill; a role is to leave in good order.
            let asked = Command::new("kill").arg(self.pid().to_string()).status();
            if !asked.is_ok_and(|status| status.success()) {
                let _ = self.0.kill();
            }
            let _ = self.0.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// A command that was started.
pub struct Asked {
    name: String,
    child: Running,
    out: tempfile::NamedTempFile,
    log: tempfile::NamedTempFile,
}

impl Asked {
    /// Its id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> Outcome<bool> {
        Ok(self.child.0.try_wait()?.is_some())
    }

    fn wait(&mut self) -> Outcome<()> {
        self.child.0.wait()?;
        Ok(())
    }

    /// What it printed, once it has ended well.
    pub fn document(mut self) -> Outcome<Value> {
        if self.child.0.wait()?.success() {
            return Ok(serde_json::from_slice(&std::fs::read(self.out.path())?)?);
        }
        let said = std::fs::read_to_string(self.log.path())? + &std::fs::read_to_string(self.out.path())?;
        Err(format!("rollcall {} failed: {}", self.name, said.chars().take(500).collect::<String>()).into())
    }
}
