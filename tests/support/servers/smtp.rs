//! A mail server that keeps what it gets and misbehaves on request (aiosmtpd, driven by `smtp_server.py`).

use crate::child::{Child, Start};
use crate::{ports, run_tool};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long the server may take to start.
const SERVER_LIMIT: Duration = Duration::from_secs(30);
/// The account of servers that ask for one.
pub const USER: &str = "rollcall";
/// Its password.
pub const PASSWORD: &str = "invented-password";

/// How the server answers from now on.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mode {
    /// Every message is taken.
    Accept,
    /// The first `times` attempts of each recipient end with 451.
    Temporary {
        /// Attempts refused per recipient.
        times: u32,
    },
    /// Every recipient is refused with 550.
    Refuse,
    /// Every command of this name (`MAIL`, `RCPT`) gets this answer, whoever it is about.
    Answer {
        /// The command.
        command: &'static str,
        /// Code and words.
        answer: &'static str,
    },
    /// The message is taken and kept, but the connection breaks before the answer.
    DropAfterData,
    /// The answer to a message comes this much later.
    Slow {
        /// Delay in milliseconds.
        delay_ms: u64,
    },
}

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// No TLS, no password.
    None,
    /// STARTTLS is required, then a password.
    StartTls,
    /// TLS from the first byte, then a password.
    Tls,
}

/// A message as it arrived.
#[derive(Debug, Clone, Deserialize)]
pub struct Received {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The message with its headers, as on the wire.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl Received {
    /// The message as text (its headers are ASCII, its body as encoded).
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The first header of that name, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A message as a mail program shows it (Python's `email`, by `mail.py`).
#[derive(Debug, Clone, Deserialize)]
pub struct Opened {
    /// The header, with its brackets.
    pub message_id: String,
    /// The recipients of the envelope.
    pub envelope_to: Vec<String>,
    /// Whom the header names.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// What is attached.
    pub files: Vec<OpenedFile>,
    /// The names of all headers, in their order.
    pub headers: Vec<String>,
    /// What the program found wrong with its form.
    pub defects: Vec<String>,
}

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenedFile {
    /// Its name, decoded.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// SHA-256 of its bytes, decoded.
    pub sha256: String,
}

/// A mail server on a port of its own; it and its mails are gone with this value.
pub struct SmtpServer {
    folder: TempDir,
    port: u16,
    protection: Protection,
    server: Option<Child>,
}

impl SmtpServer {
    /// A server without TLS that accepts everything.
    pub async fn start() -> Self {
        Self::start_protected(Protection::None).await
    }

    /// A server with TLS and a password; its certificate for 127.0.0.1 and localhost is self-signed.
    pub async fn start_protected(protection: Protection) -> Self {
        let folder = super::server_folder("rollcall-smtp-", None);
        std::fs::create_dir(folder.path().join("mails")).expect("the server's folder is writable");
        if protection != Protection::None {
            make_certificate(folder.path());
        }
        let mut smtp = Self { folder, port: ports::free_port(), protection, server: None };
        smtp.answer(Mode::Accept);
        smtp.up().await;
        smtp
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, as `mail.url` wants it, with the password where one is asked for.
    #[must_use]
    pub fn url(&self) -> String {
        let port = self.port;
        match self.protection {
            Protection::None => format!("smtp://127.0.0.1:{port}"),
            Protection::StartTls => format!("smtp://{USER}:{PASSWORD}@localhost:{port}?tls=required"),
            Protection::Tls => format!("smtps://{USER}:{PASSWORD}@localhost:{port}"),
        }
    }

    /// The certificate to trust, where there is TLS.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Changes how it answers, from the next command on.
    pub fn answer(&self, mode: Mode) {
        let text = serde_json::to_string(&mode).expect("a mode is plain data");
        let new = self.folder.path().join("mode.new");
        std::fs::write(&new, text).expect("the server's folder is writable");
        std::fs::rename(new, self.folder.path().join("mode.json")).expect("the server's folder is writable");
    }

    /// Takes it down: connections are refused, what came in before is kept.
    pub fn down(&mut self) {
        self.server = None;
    }

    /// Brings it up again on the same port.
    pub async fn up(&mut self) {
        let python = super::program(&[PathBuf::from("/usr/bin/python3")]);
        let script = crate::repository().join("tests/support/servers/smtp_server.py");
        let log = self.folder.path().join("server.log");
        let start = Start { name: "the mail server", program: &python, user: None, log: &log, stdout: None };
        let mut server = start.spawn(|command| {
            command.arg(script).arg(self.folder.path()).arg(self.port.to_string());
            command.arg(match self.protection {
                Protection::None => "none",
                Protection::StartTls => "starttls",
                Protection::Tls => "tls",
            });
            command.args([USER, PASSWORD]).env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        });
        let port = self.port;
        let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok();
        server.ready(SERVER_LIMIT, "accepts connections (Debian package python3-aiosmtpd)", listens).await;
        self.server = Some(server);
    }

    /// All messages taken so far, in the order of their arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        let mut envelopes: Vec<PathBuf> = std::fs::read_dir(self.folder.path().join("mails"))
            .expect("the folder of the mails is there")
            .map(|entry| entry.expect("the folder of the mails can be listed").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        envelopes.sort();
        envelopes.iter().map(|path| read_mail(path)).collect()
    }

    /// How many messages were taken so far.
    #[must_use]
    pub fn taken(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path().join("mails")).expect("the folder of the mails is there");
        let envelopes = entries.filter_map(Result::ok).map(|entry| entry.path());
        envelopes.filter(|path| path.extension().is_some_and(|extension| extension == "json")).count()
    }

    /// All messages taken so far as a mail program shows them, in the order of their arrival.
    #[must_use]
    pub fn opened(&self) -> Vec<Opened> {
        let script = crate::repository().join("tests/support/servers/mail.py");
        let mut python = Command::new(super::program(&[PathBuf::from("/usr/bin/python3")]));
        python.arg(script).arg(self.folder.path().join("mails"));
        serde_json::from_str(&run_tool(&mut python)).expect("the script prints what it reads as JSON")
    }

    /// Every RCPT command so far, with the answer's code: `(recipient, 250 | 451 | 550)`.
    #[must_use]
    pub fn attempts(&self) -> Vec<(String, u16)> {
        let text = std::fs::read_to_string(self.folder.path().join("attempts")).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(code, recipient)| (recipient.to_owned(), code.parse().unwrap_or_default()))
            .collect()
    }
}

fn read_mail(envelope: &Path) -> Received {
    let text = std::fs::read_to_string(envelope).expect("an envelope that was listed can be read");
    let mut mail: Received = serde_json::from_str(&text).expect("the server writes envelopes as JSON");
    mail.bytes = std::fs::read(envelope.with_extension("eml")).expect("the message is written before its envelope");
    mail
}

fn make_certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("cert.pem"));
    run_tool(&mut openssl);
}
