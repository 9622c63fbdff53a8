//! One conversation with the server, and what each way of its going wrong means.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{Error, response::Response};

use super::text::Text;
use super::{SmtpUrl, Tls};
use crate::error::{plain, reason};
use crate::{Composed, SendError};

/// The answer to a mail's text may take this many times as long: servers scan before they answer.
const TEXT_TAKES_TIMES: u32 = 4;
/// Replies that speak of us, not of the mail: closing, login wanted or refused, TLS wanted.
const OF_THE_SERVER: &[u16] = &[421, 454, 530, 534, 535, 538];

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
}

impl Conversation {
    /// Connects; whatever goes wrong, no mail can be sent at the moment.
    pub(super) async fn open(url: &SmtpUrl, tls: &TlsParameters, timeout: Duration) -> Result<Self, SendError> {
        let opened = tokio::time::timeout(timeout, Self::greet(url, tls, timeout)).await;
        opened.unwrap_or_else(|_| Err(unreachable(format!("no answer within {} ms", timeout.as_millis()))))
    }

    async fn greet(url: &SmtpUrl, tls: &TlsParameters, timeout: Duration) -> Result<Self, SendError> {
        let name = ClientId::default();
        let server = (url.host.as_str(), url.port);
        let wrapped = (url.tls == Tls::Wrapped).then(|| tls.clone());
        let connected = AsyncSmtpConnection::connect_tokio1(server, Some(timeout), &name, wrapped, None).await;
        let mut connection = connected.map_err(|error| unreachable(reason(&error)))?;
        let upgrade = url.tls == Tls::Required || (url.tls == Tls::Offered && connection.can_starttls());
        if upgrade {
            connection.starttls(tls.clone(), &name).await.map_err(|error| unreachable(reason(&error)))?;
        }
        if let Some((user, password)) = &url.login {
            if !connection.is_encrypted() && url.tls != Tls::None {
                return Err(unreachable("the server offers no TLS, and the password is not sent without".to_owned()));
            }
            let login = Credentials::new(user.clone(), password.clone());
            let done = connection.auth(&[Mechanism::Plain, Mechanism::Login], &login).await;
            done.map_err(|error| unreachable(format!("login: {}", reason(&error))))?;
        }
        Ok(Self { connection, timeout, usable: true })
    }

    /// Hands over one mail.
    pub(super) async fn deliver(&mut self, mail: &Composed) -> Result<String, Failure> {
        let text = Text::of(mail).map_err(|error| Failure { error, lost_early: false })?;
        let mut options = vec![];
        if mail.from.needs_smtputf8() || mail.to.needs_smtputf8() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let error =
                    SendError::Permanent { code: None, reason: "the server takes no address in Chinese".to_owned() };
                return Err(Failure { error, lost_early: false });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.step(Mail::new(Some(mail.from.bare().clone()), options)).await?;
        self.step(Rcpt::new(mail.to.bare().clone(), vec![])).await?;
        self.step(Data).await?;
        self.text(text).await
    }

    /// Whether the connection can carry another mail.
    pub(super) fn usable(&self) -> bool {
        self.usable && !self.connection.has_broken()
    }

    pub(super) async fn noop(&mut self) -> Result<(), Failure> {
        self.step(Noop).await.map(|_| ())
    }

    /// A command before the text: the mail can't be out yet.
    async fn step(&mut self, command: impl std::fmt::Display) -> Result<Response, Failure> {
        let answer = match tokio::time::timeout(self.timeout, self.connection.command(command)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => {
                self.usable = false;
                let error = unreachable(format!("no answer within {} ms", self.timeout.as_millis()));
                return Err(Failure { error, lost_early: false });
            }
        };
        let failure = match said(&answer) {
            Some((code, words)) if !OF_THE_SERVER.contains(&code) => {
                self.usable = self.reset().await;
                return Err(Failure { error: refused(code, words), lost_early: false });
            }
            Some((code, words)) => Failure { error: unreachable(words), lost_early: code == 421 },
            None => Failure { error: unreachable(reason(&answer)), lost_early: true },
        };
        self.usable = false;
        Err(failure)
    }

    /// The text: from its first byte on, silence means that nobody knows.
    async fn text(&mut self, text: Text<'_>) -> Result<String, Failure> {
        let limit = self.timeout * TEXT_TAKES_TIMES;
        let error = match tokio::time::timeout(limit, self.connection.command(text)).await {
            Ok(Ok(answer)) => return Ok(plain(&answer.message().collect::<Vec<_>>().join(" "))),
            Ok(Err(error)) => match said(&error) {
                // The server has answered to the text: it has not taken it.
                Some((code, words)) => refused(code, words),
                None => SendError::Unknown { reason: reason(&error) },
            },
            Err(_) => SendError::Unknown { reason: format!("no answer to the text within {} ms", limit.as_millis()) },
        };
        self.usable = matches!(error, SendError::Transient { code, .. } if code != 421)
            || matches!(error, SendError::Permanent { .. });
        Err(Failure { error, lost_early: false })
    }

    async fn reset(&mut self) -> bool {
        matches!(tokio::time::timeout(self.timeout, self.connection.command(Rset)).await, Ok(Ok(_)))
    }
}

/// The server's reply, where the error is one.
fn said(error: &Error) -> Option<(u16, String)> {
    error.status().map(|code| (u16::from(code), reason(error)))
}

fn refused(code: u16, reason: String) -> SendError {
    if code < 500 { SendError::Transient { code, reason } } else { SendError::Permanent { code: Some(code), reason } }
}

fn unreachable(reason: String) -> SendError {
    SendError::Unreachable { reason }
}
