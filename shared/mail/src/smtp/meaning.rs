//! What a server's "no" means: the one table of stage × reply code × enhanced code × words (RFC 5321, RFC 3463, the IANA
//! registry of enhanced codes, and what Postfix, Exim, `OpenSMTPD`, Exchange and the large providers say in fact).
//!
//! Only what speaks of this recipient or of this mail's content is final. What speaks of us (our name, our login, our
//! sender, our right to relay) would hit every mail alike: it holds the ledger and ends no mail. In doubt it speaks of us:
//! a mail that waits for nothing is told of, one that is given up wrongly is lost.

/// Where in the conversation the server has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The first line, EHLO or HELO, STARTTLS, the login.
    Opening,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`. Servers answer here, too, to what they dislike about EHLO and `MAIL FROM`.
    Recipient,
    /// `DATA`, and the answer to the text.
    Text,
}

impl Stage {
    /// As logs and `doctor` name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opening => "the greeting",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Text => "DATA",
        }
    }
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server refuses us: no mail goes out until that is mended.
    Ours,
    /// The server wants a pause from everybody.
    Wait,
    /// This mail may be tried later.
    ThisLater,
    /// This mail is refused for good.
    ThisNever,
    /// It may be this recipient, or our right to relay: another recipient has to be asked.
    Doubtful,
}

/// A row of the table: the first one that fits holds. An empty list fits all.
struct Row {
    stages: &'static [Stage],
    /// Reply codes; `4` and `5` stand for all of that class.
    codes: &'static [u16],
    /// Enhanced codes without their class; what ends with a dot stands for all that begin so.
    enhanced: &'static [&'static str],
    /// One of these is said, in small letters.
    words: &'static [&'static str],
    meaning: Meaning,
}

const fn row(
    stages: &'static [Stage],
    codes: &'static [u16],
    enhanced: &'static [&'static str],
    words: &'static [&'static str],
    meaning: Meaning,
) -> Row {
    Row { stages, codes, enhanced, words, meaning }
}

use Meaning::{Doubtful, Ours, ThisLater, ThisNever, Wait};
use Stage::{Opening, Recipient, Sender, Text};

/// A mailbox, an address or a domain of the recipient (RFC 3463: X.1.x but for the sender's, X.2.x; X.7.17 and X.7.18: it
/// belongs to another by now).
const OF_RECIPIENT: &[&str] = &["1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.0", "2.1", "2.2", "2.3", "7.17", "7.18"];
/// The sender's address (X.1.7, X.1.8), what we may send as, how we have logged in, what our domain and host are known for.
const OF_US: &[&str] = &[
    "1.7", "1.8", "2.252", "7.3", "7.4", "7.5", "7.8", "7.9", "7.10", "7.11", "7.12", "7.13", "7.14", "7.20", "7.21",
    "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.30", "7.54", "7.57", "7.60", "7.64", "7.515",
];
const SAY_US: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "relay denied",
    "unable to relay",
    "relay not permitted",
    "relaying not",
    "not permitted to relay",
    "not allowed to relay",
    "do not relay",
    "no relaying",
    "local user only",
    "sender address rejected",
    "sender rejected",
    "sender verify failed",
    "of sender",
    "sender domain",
    "sender's domain",
    "verification failed for",
    "not owned",
    "authorized user",
    "authenticated user",
    "sendasdenied",
    "send as",
    "not allowed to send",
    "not verified",
    "helo command rejected",
    "ehlo command rejected",
    "client host",
    "client was not authenticated",
    "authentication required",
    "must authenticate",
    "login required",
    "access denied",
    "blocked using",
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "spamhaus",
    "reverse dns",
    "ptr record",
    "dmarc",
    "spf check",
    "spf fail",
    "dkim",
];
/// Said with words of [`SAY_US`], too, as in "mailbox unavailable or access denied".
const SAY_SURELY_RECIPIENT: &[&str] =
    &["recipient address rejected", "mailbox unavailable", "user unknown", "unknown user", "no such user"];
const SAY_RECIPIENT: &[&str] = &[
    "recipient address rejected",
    "recipient rejected",
    "user unknown",
    "unknown user",
    "unknown recipient",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no mailbox",
    "user not found",
    "mailbox not found",
    "mailbox unavailable",
    "mailbox is unavailable",
    "recipient not found",
    "does not exist",
    "doesn't exist",
    "doesn't have",
    "invalid mailbox",
    "invalid user",
    "unrouteable",
    "unroutable",
    "mailbox full",
    "mailbox is full",
    "over quota",
    "quota exceeded",
    "user suspended",
    "account disabled",
    "account is disabled",
    "user disabled",
    "inactive",
    "user locked",
];
const SAY_SLOWER: &[&str] = &[
    "rate limit",
    "ratelimit",
    "sending rate",
    "rate exceeded",
    "throttl",
    "too many",
    "too fast",
    "too much mail",
    "frequency limited",
    "connection limit",
    "limit exceeded",
    "sending limit",
    "sending quota",
    "concurren",
];
const SAY_LARGE: &[&str] = &["message size", "message too large", "message too big", "too large", "size limit"];

/// The table. For 4xx the question is whom the pause concerns, for 5xx whose fault it is.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Later: everybody, or this mail.
    row(&[], &[421], &[], &[], Wait),
    row(&[Opening, Sender], &[4], &[], &[], Wait),
    row(&[], &[4], OF_RECIPIENT, &[], ThisLater),
    row(&[], &[4], OF_US, &[], Wait),
    row(&[], &[4], &["3.1", "3.2", "5.3", "7.28"], &[], Wait),
    row(&[], &[454], &[], &[], Wait),
    row(&[], &[4], &[], SAY_SLOWER, Wait),
    row(&[Recipient], &[4], &[], SAY_RECIPIENT, ThisLater),
    row(&[Recipient], &[4], &[], SAY_US, Wait),
    row(&[], &[4], &[], &[], ThisLater),
    // Never.
    row(&[Opening], &[5], &[], &[], Ours),
    row(&[], &[5], &["3.4", "6.7"], &[], ThisNever),
    row(&[Sender], &[552], &[], SAY_LARGE, ThisNever),
    row(&[Sender], &[5], &[], SAY_SLOWER, Wait),
    row(&[Sender], &[5], &[], &[], Ours),
    row(&[], &[5], OF_RECIPIENT, &[], ThisNever),
    row(&[], &[5], OF_US, &[], Ours),
    row(&[], &[500, 502, 503, 504, 530, 534, 535, 538], &[], &[], Ours),
    row(&[Recipient], &[556], &[], &[], ThisNever),
    row(&[Recipient], &[5], &["4.1"], SAY_RECIPIENT, ThisNever),
    row(&[Recipient], &[5], &[], SAY_SURELY_RECIPIENT, ThisNever),
    row(&[], &[5], &[], SAY_US, Ours),
    row(&[], &[5], &["4.5", "7.28"], &[], Wait),
    row(&[Recipient], &[5], &[], SAY_RECIPIENT, ThisNever),
    row(&[], &[5], &[], SAY_SLOWER, Wait),
    row(&[Recipient], &[5], &["4.", "6."], &[], ThisNever),
    row(&[Recipient], &[5], &["3.", "5.", "7."], &[], Ours),
    row(&[Recipient], &[550, 551, 552, 553], &[], &[], Doubtful),
    row(&[Recipient], &[5], &[], &[], Ours),
    row(&[Text], &[5], &[], &[], ThisNever),
];

/// What this answer means; `words` are the server's, the enhanced code included.
pub(crate) fn meaning(stage: Stage, code: u16, words: &str) -> Meaning {
    let words = words.to_lowercase();
    let enhanced = enhanced(code, &words);
    let fits = |row: &&Row| {
        (row.stages.is_empty() || row.stages.contains(&stage))
            && row.codes.iter().any(|own| *own == code || *own == code / 100)
            && (row.enhanced.is_empty() || enhanced.is_some_and(|code| row.enhanced.iter().any(|own| is_of(code, own))))
            && (row.words.is_empty() || row.words.iter().any(|own| words.contains(own)))
    };
    // A code that is neither 4xx nor 5xx is no answer that SMTP knows: nothing is concluded for this mail.
    TABLE.iter().find(fits).map_or(Meaning::Wait, |row| row.meaning)
}

fn is_of(code: &str, own: &str) -> bool {
    code == own || own.ends_with('.') && code.starts_with(own)
}

/// The enhanced code without its class, where one of the reply's class is said (`550 5.1.1 …` has `1.1`).
fn enhanced(code: u16, words: &str) -> Option<&str> {
    let class = if code < 500 { "4." } else { "5." };
    words.split([' ', ':', '-']).find_map(|word| {
        let rest = word.strip_prefix(class)?;
        let (subject, detail) = rest.split_once('.')?;
        let digits = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(subject) && digits(detail)).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_means_what_its_server_means_by_it() {
        let table = [
            (Opening, 550, "5.7.1 access denied", Ours),
            (Opening, 501, "syntactically invalid ehlo argument(s)", Ours),
            (Opening, 554, "no smtp service here", Ours),
            (Opening, 535, "5.7.8 authentication credentials invalid", Ours),
            (Opening, 421, "4.3.2 service shutting down", Wait),
            (Opening, 454, "4.7.0 temporary authentication failure", Wait),
            (Sender, 550, "5.1.0 <a***@b.cn>: sender rejected", Ours),
            (Sender, 553, "5.7.1 sender address rejected: not owned by user", Ours),
            (Sender, 553, "mail from must equal authorized user", Ours),
            (Sender, 530, "5.7.0 authentication required", Ours),
            (Sender, 552, "5.3.4 message size exceeds fixed limit", ThisNever),
            (Sender, 552, "message size exceeds maximum value", ThisNever),
            (Sender, 451, "4.3.0 try again later", Wait),
            (Sender, 452, "4.3.1 insufficient system storage", Wait),
            (Sender, 550, "too many messages from you, slow down", Wait),
            // Postfix answers to what it dislikes about us only at RCPT TO.
            (Recipient, 554, "5.7.1 <x***@b.cn>: relay access denied", Ours),
            (Recipient, 553, "5.7.1 <n***@b.cn>: sender address rejected: not owned by user u", Ours),
            (Recipient, 450, "4.1.8 <n***@b.cn>: sender address rejected: domain not found", Wait),
            (Recipient, 450, "4.7.1 <h>: helo command rejected: host not found", Wait),
            (Recipient, 504, "5.5.2 <localhost>: helo command rejected: need fully-qualified hostname", Ours),
            (Recipient, 554, "5.7.1 service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org", Ours),
            (
                Recipient,
                550,
                "5.1.1 <x***@b.cn>: recipient address rejected: user unknown in relay recipient table",
                ThisNever,
            ),
            (Recipient, 554, "5.7.1 <x***@b.cn>: recipient address rejected: access denied", ThisNever),
            (Recipient, 501, "5.1.3 bad recipient address syntax", ThisNever),
            (Recipient, 550, "5.1.8 sender's domain is none", Ours),
            // Exim and Exchange.
            (Recipient, 550, "relay not permitted", Ours),
            (Recipient, 550, "unrouteable address", ThisNever),
            (Recipient, 550, "mailbox unavailable or access denied", ThisNever),
            (Recipient, 550, "sender verify failed", Ours),
            (Recipient, 550, "5.7.54 smtp; unable to relay recipient in non-accepted domain", Ours),
            (Recipient, 550, "5.4.1 recipient address rejected: access denied", ThisNever),
            (Recipient, 552, "5.2.2 mailbox full", ThisNever),
            (Recipient, 556, "5.1.10 domain does not accept mail", ThisNever),
            // OpenSMTPD says the same of a user who is none and of one whom it does not relay to.
            (Recipient, 550, "invalid recipient: <x***@b.cn>", Doubtful),
            (Recipient, 550, "no", Doubtful),
            (Recipient, 554, "transaction failed", Ours),
            (Recipient, 503, "5.5.1 bad sequence of commands", Ours),
            (Recipient, 450, "4.2.0 greylisted, try again in 300 seconds", ThisLater),
            (Recipient, 451, "4.7.1 greylisting in action", ThisLater),
            (Recipient, 452, "4.2.2 mailbox over quota: too many messages", ThisLater),
            (Recipient, 451, "4.7.0 too many messages from your address, rate limit exceeded", Wait),
            (Recipient, 452, "4.5.3 too many recipients", Wait),
            (Recipient, 421, "4.7.0 try later", Wait),
            (Text, 554, "5.7.1 looks like spam", ThisNever),
            (Text, 552, "5.3.4 message too big", ThisNever),
            (Text, 550, "5.6.0 malformed", ThisNever),
            (Text, 550, "5.7.26 unauthenticated mail is not accepted due to the domain's dmarc policy", Ours),
            (Text, 554, "message rejected: email address is not verified", Ours),
            (Text, 554, "5.2.252 sendasdenied; not allowed to send as", Ours),
            (Text, 550, "5.4.5 daily user sending limit exceeded", Wait),
            (Text, 454, "throttling failure: maximum sending rate exceeded", Wait),
            (Text, 451, "4.3.0 disk full", ThisLater),
            (Text, 452, "4.3.1 insufficient system storage", Wait),
        ];
        for (stage, code, words, expected) in table {
            assert_eq!(meaning(stage, code, words), expected, "{stage:?} {code} {words}");
        }
    }

    #[test]
    fn an_enhanced_code_is_one_of_the_reply_s_own_class() {
        assert_eq!(enhanced(550, "permanent error (550): 5.1.1 no such user"), Some("1.1"));
        assert_eq!(enhanced(550, "4.1.1 later"), None);
        assert_eq!(enhanced(550, "host 5.example.org 5.10"), None);
    }

    #[test]
    fn no_answer_before_the_text_is_final_by_its_class_alone() {
        let finals = |stage| (400..600).filter(move |code| meaning(stage, *code, "") == ThisNever);
        assert_eq!([Opening, Sender].into_iter().flat_map(finals).count(), 0);
        assert_eq!(finals(Recipient).collect::<Vec<u16>>(), [556]);
        assert!((400..500).all(|code| meaning(Text, code, "") != ThisNever));
    }
}
