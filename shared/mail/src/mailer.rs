//! The one door through which mails go out: an outbox folder, or an SMTP server.

use std::path::PathBuf;
use std::time::Duration;

use crate::outbox::Outbox;
use crate::smtp::{Manners, Smtp, SmtpUrl};
use crate::{Address, Outgoing, SendError, SettingsError, compose};

/// What a mailer is made from.
#[derive(Clone)]
pub struct MailerSettings {
    /// `mail.url`; empty: the outbox.
    pub url: String,
    /// Folder of `.eml` files, where no server is configured.
    pub outbox: PathBuf,
    /// Rehearsal: all mails go here. Empty: off.
    pub redirect_to: String,
    /// The name that we give in EHLO. Empty: the machine's.
    pub helo: String,
    /// An address that is asked for, and never sent to, where an answer leaves open whom it concerns. Empty: none.
    pub probe: String,
    /// Most connections to the server.
    pub connections: u32,
    /// Longest wait for an answer of the server; for the answer to a mail's text, four times that.
    pub timeout: Duration,
    /// Largest mail, encoded.
    pub most_bytes: u64,
}

impl std::fmt::Debug for MailerSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailerSettings").field("outbox", &self.outbox).finish_non_exhaustive()
    }
}

/// How a mail went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has taken it, with these words (the queue id, often).
    Accepted(String),
    /// It lies in this file.
    Written(PathBuf),
}

/// Sends mails; shared by reference.
#[derive(Debug)]
pub struct Mailer {
    engine: Engine,
    redirect_to: Option<Address>,
    probe: Option<Address>,
    most_bytes: u64,
}

#[derive(Debug)]
enum Engine {
    Outbox(Outbox),
    Smtp(Box<Smtp>),
}

impl Mailer {
    /// Reads the settings; no server is asked yet.
    pub fn open(settings: &MailerSettings) -> Result<Self, SettingsError> {
        let redirect_to = optional("mail.redirect_to", &settings.redirect_to)?;
        let probe = optional("mail.probe", &settings.probe)?;
        let engine = if settings.url.is_empty() {
            Engine::Outbox(Outbox::open(settings.outbox.clone())?)
        } else {
            let helo = Some(settings.helo.clone()).filter(|name| !name.is_empty());
            let (connections, timeout) = (settings.connections, settings.timeout);
            let manners = Manners { helo, probe: redirect_to.clone().or_else(|| probe.clone()), connections, timeout };
            Engine::Smtp(Box::new(Smtp::new(SmtpUrl::parse(&settings.url)?, manners)?))
        };
        Ok(Self { engine, redirect_to, probe, most_bytes: settings.most_bytes })
    }

    /// Sends one mail. It is bounded in time; a dropped call after the text was begun is as unknown as a lost connection.
    pub async fn send(&self, mail: &Outgoing) -> Result<Sent, SendError> {
        let composed = compose(mail, self.redirect_to.as_ref())?;
        let bytes = composed.bytes.len() as u64;
        if bytes > self.most_bytes {
            return Err(SendError::TooLarge { bytes, limit: self.most_bytes });
        }
        match &self.engine {
            Engine::Outbox(outbox) => outbox.send(mail.message_id, composed).await.map(Sent::Written),
            Engine::Smtp(smtp) => smtp.send(&composed).await.map(Sent::Accepted),
        }
    }

    /// Largest mail that is sent, encoded, in bytes.
    #[must_use]
    pub fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// Whether a mail that is sent a second time takes the place of the first: so it is in the outbox, where the file has
    /// the same name, and never with a server.
    #[must_use]
    pub fn overwrites(&self) -> bool {
        matches!(self.engine, Engine::Outbox(_))
    }

    /// Whether what is sent reaches those whom it is addressed to: with a server, and not redirected.
    #[must_use]
    pub fn reaches_people(&self) -> bool {
        self.redirect_to.is_none() && !self.overwrites()
    }

    /// How many mails the server is handed at a time; the outbox takes any number.
    #[must_use]
    pub fn connections(&self) -> usize {
        match &self.engine {
            Engine::Outbox(_) => usize::MAX,
            Engine::Smtp(smtp) => smtp.connections(),
        }
    }

    /// Whether the next mail would go out: the outbox can be written, or the server greets us, with TLS and login as
    /// configured, and takes our sender and a recipient. That one is where a rehearsal sends to, else `mail.probe`, else the
    /// sender, who need not have a mailbox. Nothing is sent. Who was asked for.
    pub async fn check(&self, from: &Address) -> Result<Checked, SendError> {
        let smtp = match &self.engine {
            Engine::Outbox(outbox) => return outbox.check().await.map(|()| Checked::Outbox),
            Engine::Smtp(smtp) => smtp,
        };
        if let Some(to) = self.redirect_to.as_ref().or(self.probe.as_ref()) {
            return smtp.check(from, to).await.map(|()| Checked::Recipient(to.masked()));
        }
        match smtp.check(from, from).await {
            Ok(()) | Err(SendError::Permanent { .. } | SendError::Transient { .. }) => Ok(Checked::SenderAlone),
            Err(error) => Err(error),
        }
    }
}

/// How far a check came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The outbox folder can be written.
    Outbox,
    /// The server takes mails from our sender to this address, which is masked.
    Recipient(String),
    /// The server takes our sender, and would take mails to that address or has no such mailbox; whether it relays to others
    /// was not asked.
    SenderAlone,
}

fn optional(key: &'static str, text: &str) -> Result<Option<Address>, SettingsError> {
    if text.is_empty() {
        return Ok(None);
    }
    Address::parse(text).map(Some).map_err(|cause| SettingsError::Address { key, cause })
}
