//! A few connections that are kept and used again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;

use super::SmtpUrl;
use super::conversation::{Conversation, Failure};
use crate::{Address, Composed, SendError, SettingsError};

/// Servers close what is idle for longer; so do we.
const IDLE_AT_MOST: Duration = Duration::from_secs(20);
/// Mails after which a connection is replaced; many servers have such a limit.
const MAILS_AT_MOST: u32 = 100;
/// Domains to which mails were taken that are remembered; beyond it the memory begins anew.
const DOMAINS_AT_MOST: usize = 10_000;

/// An SMTP server and our connections to it.
pub(crate) struct Smtp {
    url: SmtpUrl,
    tls: TlsParameters,
    helo: ClientId,
    probe: Option<Address>,
    timeout: Duration,
    connections: usize,
    slots: Semaphore,
    idle: Mutex<Vec<Kept>>,
    /// Domains to which the server has taken mails: we may relay there.
    relayed: Mutex<HashSet<String>>,
}

/// How a server is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    /// The name that we give; none: the machine's.
    pub(crate) helo: Option<String>,
    /// Who is asked for where an answer may speak of the recipient or of us.
    pub(crate) probe: Option<Address>,
    /// Most connections at a time.
    pub(crate) connections: u32,
    /// Longest wait for an answer.
    pub(crate) timeout: Duration,
}

struct Kept {
    conversation: Conversation,
    mails: u32,
    since: Instant,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({}:{}, {:?})", self.url.host, self.url.port, self.url.tls)
    }
}

impl Smtp {
    pub(crate) fn new(url: SmtpUrl, manners: Manners) -> Result<Self, SettingsError> {
        let tls = tls_parameters(&url)?;
        let Manners { helo, probe, connections, timeout } = manners;
        let connections = connections.max(1) as usize;
        let (slots, idle, relayed) = (Semaphore::new(connections), Mutex::default(), Mutex::default());
        let helo = helo.map_or_else(ClientId::default, ClientId::Domain);
        Ok(Self { url, tls, helo, probe, timeout, connections, slots, idle, relayed })
    }

    /// Most of them at a time.
    pub(crate) fn connections(&self) -> usize {
        self.connections
    }

    pub(crate) async fn send(&self, mail: &Composed) -> Result<String, SendError> {
        let _slot = self.slots.acquire().await.map_err(|_| closed())?;
        while let Some(mut kept) = self.take() {
            match kept.conversation.deliver(mail).await {
                // The server has closed a kept connection meanwhile: nothing has happened yet, a new one is asked.
                Err(failure) if failure.lost_early => {}
                other => return self.conclude(kept, mail, other).await,
            }
        }
        let mut kept = Kept { conversation: self.open().await?, mails: 0, since: Instant::now() };
        let result = kept.conversation.deliver(mail).await;
        self.conclude(kept, mail, result).await
    }

    /// Asks for this recipient as a mail would, and sends nothing.
    pub(crate) async fn check(&self, from: &Address, to: &Address) -> Result<(), SendError> {
        let mut conversation = self.open().await?;
        let done = conversation.ask_for(from, to).await.map_err(|failure| failure.error);
        self.done(Kept { conversation, mails: 0, since: Instant::now() }, done)
    }

    async fn open(&self) -> Result<Conversation, SendError> {
        Conversation::open(&self.url, &self.tls, &self.helo, self.timeout).await
    }

    /// What came of a mail, where an answer in doubt is settled.
    async fn conclude(
        &self,
        mut kept: Kept,
        mail: &Composed,
        result: Result<String, Failure>,
    ) -> Result<String, SendError> {
        let domain = mail.to.domain();
        let result = match result {
            Err(Failure { doubtful: Some((code, reason)), error, .. }) => {
                if self.relays_to(&domain) || self.takes_probe(&mut kept, mail).await {
                    Err(SendError::Permanent { code: Some(code), reason })
                } else {
                    Err(error)
                }
            }
            other => other.map_err(|failure| failure.error),
        };
        if result.is_ok() {
            let mut relayed = self.relayed.lock().unwrap_or_else(PoisonError::into_inner);
            if relayed.len() >= DOMAINS_AT_MOST {
                relayed.clear();
            }
            relayed.insert(domain);
        }
        self.done(kept, result)
    }

    fn relays_to(&self, domain: &str) -> bool {
        self.relayed.lock().unwrap_or_else(PoisonError::into_inner).contains(domain)
    }

    /// Whether the server, which has refused a recipient, takes the probe address from the same sender.
    async fn takes_probe(&self, kept: &mut Kept, mail: &Composed) -> bool {
        let Some(probe) = &self.probe else { return false };
        kept.conversation.usable() && kept.conversation.ask_for(&mail.from, probe).await.is_ok()
    }

    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < IDLE_AT_MOST);
        idle.pop()
    }

    /// Keeps the connection for the next, if it is fit for one.
    fn done<T>(&self, mut kept: Kept, result: Result<T, SendError>) -> Result<T, SendError> {
        kept.mails += 1;
        kept.since = Instant::now();
        if kept.conversation.usable() && kept.mails < MAILS_AT_MOST {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        }
        result
    }
}

fn closed() -> SendError {
    SendError::Unreachable { reason: "the pool is closed".to_owned() }
}

fn tls_parameters(url: &SmtpUrl) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(url.host.clone());
    if let Some(path) = &url.ca {
        let told = |cause: String| SettingsError::Path { path: path.clone(), cause };
        let pem = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| told(error.to_string()))?);
    }
    builder.build_rustls().map_err(|error| SettingsError::Url(error.to_string()))
}
