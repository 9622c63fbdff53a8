//! Why a mail was not sent, told apart by what follows from it.

use thiserror::Error;

use crate::BadAddress;
use crate::address::masked;

/// What came of an attempt that did not end well. Reasons hold no full address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// The server said "later" (4xx) to this mail: try again.
    #[error("the mail server says later: {reason}")]
    Transient {
        /// SMTP reply code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// The server said "never" (5xx) to this mail.
    #[error("the mail server refuses the mail: {reason}")]
    Permanent {
        /// SMTP reply code, if it was the server that said so.
        code: Option<u16>,
        /// The server's words.
        reason: String,
    },
    /// The connection was lost after the text was begun: it may have been delivered. Policy decides.
    #[error("it is unknown whether the mail was delivered: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
    /// The server refuses us, and would refuse every mail alike (5xx to the greeting, the login or the sender; no right to
    /// relay): a fault of ours or of the relay's set-up. Nothing of this mail was delivered; all mails are held.
    #[error("the mail server refuses us at {stage}: {reason}")]
    Ours {
        /// Where in the conversation.
        stage: &'static str,
        /// SMTP reply code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// The server asks everybody to wait (4xx about itself, a rate limit). Nothing of this mail was delivered.
    #[error("the mail server wants a pause: {reason}")]
    Busy {
        /// SMTP reply code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// No mail can be sent at the moment (server down, no TLS, outbox full): pause, nothing of this mail was delivered.
    #[error("the mail server can't be reached: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// The mail is larger than the limit; it was not sent.
    #[error("the mail has {bytes} bytes, the limit is {limit} bytes")]
    TooLarge {
        /// Size with attachments, encoded.
        bytes: u64,
        /// `limits.mail_bytes`.
        limit: u64,
    },
    /// An address can't be sent to.
    #[error(transparent)]
    BadAddress(#[from] BadAddress),
    /// The mail can't be put together: a fault of ours.
    #[error("the mail can't be composed: {0}")]
    Compose(String),
}

/// Settings that can't be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// `mail.url` can't be read; it is not repeated, as it may hold a password.
    #[error("mail.url: {0}")]
    Url(String),
    /// `mail.redirect_to`, `mail.probe` or `mail.from` is no address, or `mail.helo` no name.
    #[error("{key}: {cause}")]
    Address {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        cause: BadAddress,
    },
    /// The outbox can't be made, or the certificate of `mail.url` can't be read.
    #[error("{path}: {cause}")]
    Path {
        /// The folder or file.
        path: String,
        /// As the system says it.
        cause: String,
    },
}

impl SendError {
    /// Whether it concerns every mail alike: none goes out until it is over.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        matches!(self, Self::Ours { .. } | Self::Busy { .. } | Self::Unreachable { .. })
    }
}

/// Longest reason that is kept, in characters.
const LONGEST_REASON: usize = 200;

/// A server's words, fit for logs and tables: in one line, cut short, addresses masked.
pub(crate) fn reason(error: &dyn std::error::Error) -> String {
    plain(&whole(error))
}

/// An error with what led to it. It may hold addresses.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

pub(crate) fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<String> =
        words.map(|word| if word.contains('@') { masked_word(word) } else { word.to_owned() }).collect();
    words.join(" ").chars().take(LONGEST_REASON).collect()
}

/// Masks the address in `<a@b.cn>:` or `to=a@b.cn,`.
fn masked_word(word: &str) -> String {
    let marks = |c: char| !c.is_alphanumeric();
    let start = word.find(|c: char| !marks(c)).unwrap_or(0);
    let end = word
        .rfind(|c: char| !marks(c))
        .map_or(word.len(), |at| at + word[at..].chars().next().map_or(0, char::len_utf8));
    let core = &word[start..end];
    let core = core.rsplit_once('=').map_or(core, |(_, value)| value);
    word.replace(core, &masked(core))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_words_are_cut_to_one_line_without_addresses() {
        assert_eq!(plain("550 <wang@b.cn>:\r\n no such  user"), "550 <w***@b.cn>: no such user");
        assert_eq!(plain("to=wang@b.cn, rejected"), "to=w***@b.cn, rejected");
        assert_eq!(plain(&"x".repeat(500)).len(), LONGEST_REASON);
    }
}
