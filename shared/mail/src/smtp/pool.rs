//! A few connections that are kept and used again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use tokio::sync::Semaphore;

use super::SmtpUrl;
use super::conversation::Conversation;
use crate::{Composed, SendError, SettingsError};

/// Servers close what is idle for longer; so do we.
const IDLE_AT_MOST: Duration = Duration::from_secs(20);
/// Mails after which a connection is replaced; many servers have such a limit.
const MAILS_AT_MOST: u32 = 100;

/// An SMTP server and our connections to it.
pub(crate) struct Smtp {
    url: SmtpUrl,
    tls: TlsParameters,
    timeout: Duration,
    connections: usize,
    slots: Semaphore,
    idle: Mutex<Vec<Kept>>,
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
    pub(crate) fn new(url: SmtpUrl, connections: u32, timeout: Duration) -> Result<Self, SettingsError> {
        let tls = tls_parameters(&url)?;
        let connections = connections.max(1) as usize;
        let slots = Semaphore::new(connections);
        Ok(Self { url, tls, timeout, connections, slots, idle: Mutex::new(Vec::new()) })
    }

    /// Most of them at a time.
    pub(crate) fn connections(&self) -> usize {
        self.connections
    }

    pub(crate) async fn send(&self, mail: &Composed) -> Result<String, SendError> {
        let closed = |_| SendError::Unreachable { reason: "the pool is closed".to_owned() };
        let _slot = self.slots.acquire().await.map_err(closed)?;
        while let Some(mut kept) = self.take() {
            match kept.conversation.deliver(mail).await {
                // The server has closed a kept connection meanwhile: nothing has happened yet, a new one is asked.
                Err(failure) if failure.lost_early => {}
                other => return self.done(kept, other.map_err(|failure| failure.error)),
            }
        }
        let conversation = self.open().await?;
        let mut kept = Kept { conversation, mails: 0, since: Instant::now() };
        let result = kept.conversation.deliver(mail).await.map_err(|failure| failure.error);
        self.done(kept, result)
    }

    pub(crate) async fn check(&self) -> Result<(), SendError> {
        let mut conversation = self.open().await?;
        let done = conversation.noop().await.map_err(|failure| failure.error);
        self.done(Kept { conversation, mails: 0, since: Instant::now() }, done)
    }

    async fn open(&self) -> Result<Conversation, SendError> {
        Conversation::open(&self.url, &self.tls, self.timeout).await
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

fn tls_parameters(url: &SmtpUrl) -> Result<TlsParameters, SettingsError> {
    let mut builder = TlsParameters::builder(url.host.clone());
    if let Some(path) = &url.ca {
        let told = |cause: String| SettingsError::Path { path: path.clone(), cause };
        let pem = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| told(error.to_string()))?);
    }
    builder.build_rustls().map_err(|error| SettingsError::Url(error.to_string()))
}
