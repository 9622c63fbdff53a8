//! One conversation with the server, and what each way of its going wrong means.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{Error, response::Response};

use super::meaning::{Meaning, Stage, meaning};
use super::text::Text;
use super::{SmtpUrl, Tls};
use crate::error::{plain, reason, whole};
use crate::{Address, Composed, SendError};

/// The answer to a mail's text may take this many times as long: servers scan before they answer.
const TEXT_TAKES_TIMES: u32 = 4;

/// A connection after greeting, TLS and login.
pub(super) struct Conversation {
    connection: AsyncSmtpConnection,
    timeout: Duration,
    usable: bool,
}

/// How a mail went wrong.
pub(super) struct Failure {
    pub(super) error: SendError,
    /// The connection was gone before anything of this mail counted: on a kept connection that is no news of the server.
    pub(super) lost_early: bool,
    /// The recipient was refused with an answer that may speak of our right to relay: with these words, if it does not.
    pub(super) doubtful: Option<(u16, String)>,
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self { error, lost_early: false, doubtful: None }
    }
}

impl Conversation {
    /// Connects; whatever goes wrong, no mail can be sent at the moment.
    pub(super) async fn open(
        url: &SmtpUrl,
        tls: &TlsParameters,
        helo: &ClientId,
        timeout: Duration,
    ) -> Result<Self, SendError> {
        let opened = tokio::time::timeout(timeout, Self::greet(url, tls, helo, timeout)).await;
        opened.unwrap_or_else(|_| Err(silent(timeout)))
    }

    async fn greet(url: &SmtpUrl, tls: &TlsParameters, helo: &ClientId, timeout: Duration) -> Result<Self, SendError> {
        let server = (url.host.as_str(), url.port);
        let wrapped = (url.tls == Tls::Wrapped).then(|| tls.clone());
        let connected = AsyncSmtpConnection::connect_tokio1(server, Some(timeout), helo, wrapped, None).await;
        let mut connection = connected.map_err(|error| not_open(&error, ""))?;
        let upgrade = url.tls == Tls::Required || (url.tls == Tls::Offered && connection.can_starttls());
        if upgrade {
            connection.starttls(tls.clone(), helo).await.map_err(|error| not_open(&error, ""))?;
        }
        if let Some((user, password)) = &url.login {
            if !connection.is_encrypted() && url.tls != Tls::None {
                return Err(unreachable("the server offers no TLS, and the password is not sent without".to_owned()));
            }
            let login = Credentials::new(user.clone(), password.clone());
            let done = connection.auth(&[Mechanism::Plain, Mechanism::Login], &login).await;
            done.map_err(|error| not_open(&error, "login: "))?;
        }
        Ok(Self { connection, timeout, usable: true })
    }

    /// Hands over one mail.
    pub(super) async fn deliver(&mut self, mail: &Composed) -> Result<String, Failure> {
        let text = Text::of(mail)?;
        self.address(&mail.from, &mail.to).await?;
        self.step(Stage::Text, Data).await?;
        self.text(text).await
    }

    /// Asks for a recipient as a mail would, and takes it back before any text.
    pub(super) async fn ask_for(&mut self, from: &Address, to: &Address) -> Result<(), Failure> {
        self.address(from, to).await?;
        self.usable = self.reset().await;
        Ok(())
    }

    /// Whether the connection can carry another mail.
    pub(super) fn usable(&self) -> bool {
        self.usable && !self.connection.has_broken()
    }

    /// Sender and recipient.
    async fn address(&mut self, from: &Address, to: &Address) -> Result<(), Failure> {
        let mut options = vec![];
        if from.needs_smtputf8() || to.needs_smtputf8() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let reason = "the server takes no address in Chinese".to_owned();
                return Err(SendError::Permanent { code: None, reason }.into());
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.step(Stage::Sender, Mail::new(Some(from.bare().clone()), options)).await?;
        self.step(Stage::Recipient, Rcpt::new(to.bare().clone(), vec![])).await?;
        Ok(())
    }

    /// A command before the text: the mail can't be out yet.
    async fn step(&mut self, stage: Stage, command: impl std::fmt::Display) -> Result<Response, Failure> {
        let answer = match tokio::time::timeout(self.timeout, self.connection.command(command)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => {
                self.usable = false;
                return Err(silent(self.timeout).into());
            }
        };
        let Some(code) = code_of(&answer) else {
            self.usable = false;
            return Err(Failure { lost_early: true, ..unreachable(reason(&answer)).into() });
        };
        self.usable = code != 421 && self.reset().await;
        let meant = meaning(stage, code, &whole(&answer));
        let words = reason(&answer);
        let doubtful = (meant == Meaning::Doubtful).then(|| (code, words.clone()));
        Err(Failure { error: refused(stage, meant, code, words), lost_early: code == 421, doubtful })
    }

    /// The text: from its first byte on, silence means that nobody knows.
    async fn text(&mut self, text: Text<'_>) -> Result<String, Failure> {
        let limit = self.timeout * TEXT_TAKES_TIMES;
        let error = match tokio::time::timeout(limit, self.connection.command(text)).await {
            Ok(Ok(answer)) => return Ok(plain(&answer.message().collect::<Vec<_>>().join(" "))),
            // The server has answered to the text: it has not taken it.
            Ok(Err(error)) => match code_of(&error) {
                Some(code) => {
                    self.usable = code != 421;
                    let meant = meaning(Stage::Text, code, &whole(&error));
                    return Err(refused(Stage::Text, meant, code, reason(&error)).into());
                }
                None => SendError::Unknown { reason: reason(&error) },
            },
            Err(_) => SendError::Unknown { reason: format!("no answer to the text within {} ms", limit.as_millis()) },
        };
        self.usable = false;
        Err(error.into())
    }

    async fn reset(&mut self) -> bool {
        matches!(tokio::time::timeout(self.timeout, self.connection.command(Rset)).await, Ok(Ok(_)))
    }
}

/// The reply's code, where the error is a reply.
fn code_of(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// What an answer that has this meaning is called.
fn refused(stage: Stage, meant: Meaning, code: u16, reason: String) -> SendError {
    match meant {
        // Doubt is settled by whoever can ask for another recipient; until then it holds, and loses nothing.
        Meaning::Ours | Meaning::Doubtful => SendError::Ours { stage: stage.name(), code, reason },
        Meaning::Wait => SendError::Busy { code, reason },
        Meaning::ThisLater => SendError::Transient { code, reason },
        Meaning::ThisNever => SendError::Permanent { code: Some(code), reason },
    }
}

/// Why there is no connection that could carry mails.
fn not_open(error: &Error, what: &str) -> SendError {
    let words = format!("{what}{}", reason(error));
    match code_of(error) {
        Some(code) => refused(Stage::Opening, meaning(Stage::Opening, code, &whole(error)), code, words),
        None => unreachable(words),
    }
}

fn silent(limit: Duration) -> SendError {
    unreachable(format!("no answer within {} ms", limit.as_millis()))
}

fn unreachable(reason: String) -> SendError {
    SendError::Unreachable { reason }
}
