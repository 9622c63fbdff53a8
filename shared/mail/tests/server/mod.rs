//! Starts `tests/smtp_server.py` and reads what it has taken.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use mail::{Mailer, MailerSettings};
use serde::Deserialize;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp_server.py");

/// A mail that the server has taken.
#[derive(Debug, Deserialize)]
pub struct Taken {
    /// Number of the connection.
    pub connection: u32,
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`.
    pub to: Vec<String>,
    /// Headers and text.
    pub data: String,
}

/// Serves as long as it lives.
pub struct Server {
    child: Child,
    pub port: u16,
    taken: Receiver<Taken>,
}

impl Server {
    /// Starts the server; a test without one fails.
    pub fn start(options: &[&str]) -> Self {
        // Debian's own interpreter: its package python3-aiosmtpd is not seen by others.
        let mut child = Command::new("/usr/bin/python3")
            .arg(SCRIPT)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3 is needed (Debian: python3-aiosmtpd)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port =
            lines.next().expect("python3-aiosmtpd is needed: the server has not started").unwrap().parse().unwrap();
        let (sender, taken) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, port, taken }
    }

    /// The next mail taken; it was printed before it was answered.
    pub fn next(&self) -> Taken {
        self.taken.recv_timeout(Duration::from_secs(10)).expect("a mail has been taken")
    }

    /// How many more have been taken, after the server has ended.
    pub fn rest(mut self) -> usize {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
        let mut rest = 0;
        while self.taken.recv().is_ok() {
            rest += 1;
        }
        rest
    }

    /// A mailer to this server.
    pub fn mailer(&self, query: &str) -> Mailer {
        Mailer::open(&settings(&format!("smtp://127.0.0.1:{}?{query}", self.port))).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings of a mailer in tests: short waits, 1 MiB.
pub fn settings(url: &str) -> MailerSettings {
    MailerSettings {
        url: url.to_owned(),
        outbox: std::path::PathBuf::new(),
        redirect_to: String::new(),
        helo: "mails.example.cn".to_owned(),
        probe: String::new(),
        connections: 2,
        timeout: Duration::from_secs(5),
        most_bytes: 1 << 20,
    }
}
