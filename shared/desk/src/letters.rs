//! Letters: mails on their way into the ledger. Acts of the desk and workers post them in the unit of what they tell, so that
//! nothing is told that did not happen, and nothing that happened goes untold.

use std::collections::{HashMap, HashSet};

use mail::template;
use messages::{Envelope, MailQueued, TraceParent};
use serde::Serialize;
use serde_json::Value;
use store::{
    StoreError, Unit,
    mails::{MailFile, NewMail},
    organizations::Organization,
};
use uuid::Uuid;

use crate::{Desk, Matter, Moment, Outbox};

/// Somebody to whom a letter goes: an account's address, else an organization's (decisions 13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    account: Option<String>,
    otherwise: Option<String>,
}

impl Reader {
    /// The account's own address; where it has none, that of the organization.
    #[must_use]
    pub fn account(name: &str, org: Option<&Organization>) -> Self {
        Self { account: Some(name.to_owned()), otherwise: org.map(|org| org.email.clone()) }
    }

    /// The address of an organization.
    #[must_use]
    pub fn org(org: &Organization) -> Self {
        Self::address(&org.email)
    }

    /// This address, as that of the person in charge of a batch.
    #[must_use]
    pub fn address(address: &str) -> Self {
        Self { account: None, otherwise: Some(address.to_owned()) }
    }
}

/// By what a letter is written.
#[derive(Debug, Clone)]
pub enum Cause {
    /// By this message, which a worker holds.
    Message(Envelope),
    /// By something of this chain (correlation id); a new id begins a chain.
    Chain(Uuid),
}

/// A letter of one kind to one reader or several: each gets a mail of its own.
#[derive(Debug, Clone)]
pub struct Letter {
    kind: &'static str,
    matter: Matter,
    version: i64,
    cause: Cause,
    params: Value,
    org_code: Option<String>,
    readers: Vec<Reader>,
    files: Vec<MailFile>,
}

impl Letter {
    /// A letter of this kind (a name of `mail::template::KINDS`) about a version of a matter, written from `data`, the
    /// kind's own type. Without readers nobody is known to write to, and the ledger says so.
    pub fn new(kind: &'static str, matter: Matter, version: i64, data: &impl Serialize, cause: Cause) -> Self {
        let params = serde_json::to_value(data).unwrap_or_default();
        Self { kind, matter, version, cause, params, org_code: None, readers: Vec::new(), files: Vec::new() }
    }

    /// One more reader.
    #[must_use]
    pub fn to(mut self, reader: Reader) -> Self {
        self.readers.push(reader);
        self
    }

    /// The organization concerned, by which mails are listed.
    #[must_use]
    pub fn of(mut self, org: &Organization) -> Self {
        self.org_code = Some(org.code.clone());
        self
    }

    /// A file of the file store goes with it, where the limit of a mail allows. Nothing but masked content goes by mail.
    #[must_use]
    pub fn enclose(mut self, name: &str, object_key: &str, content_type: &str) -> Self {
        let own = str::to_owned;
        let (name, object_key, content_type) = (own(name), own(object_key), own(content_type));
        self.files.push(MailFile { name, object_key, content_type });
        self
    }

    /// The subject stands in the ledger so that it can be listed; the rest is written when the mail is sent. Data that does
    /// not fit its kind is found there, and the mail refused with the reason.
    fn subject(&self) -> String {
        let rendered = template::kind(self.kind).and_then(|kind| kind.render(&self.params));
        rendered.map_or_else(
            |error| {
                tracing::error!(kind = self.kind, %error, "a mail can't be written");
                self.kind.to_owned()
            },
            |mail| mail.subject,
        )
    }

    /// The addresses, each once; nobody where none is known.
    fn recipients(&self, of_accounts: &HashMap<String, String>) -> Vec<Option<String>> {
        let mut seen = HashSet::new();
        let known = self.readers.iter().filter_map(|reader| {
            let own = reader.account.as_ref().and_then(|name| of_accounts.get(name));
            own.or(reader.otherwise.as_ref()).filter(|address| !address.is_empty()).cloned()
        });
        let known: Vec<_> = known.filter(|address| seen.insert(address.clone())).map(Some).collect();
        if known.is_empty() { vec![None] } else { known }
    }
}

impl Desk {
    /// Writes letters into the ledger and their messages into the outbox, in a few statements however many there are. A mail
    /// that the ledger has already (the same kind, matter, version and recipient) is not sent again. How many are new and
    /// will be sent.
    pub async fn post(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        letters: &[Letter],
        moment: Moment,
    ) -> Result<usize, StoreError> {
        let accounts: Vec<&str> =
            letters.iter().flat_map(|letter| &letter.readers).filter_map(|reader| reader.account.as_deref()).collect();
        let of_accounts = if accounts.is_empty() {
            HashMap::new()
        } else {
            store::accounts::addresses(unit, &accounts).await?.into_iter().collect()
        };
        let mut mails = Vec::new();
        let mut causes = HashMap::new();
        for letter in letters {
            let subject = letter.subject();
            for recipient in letter.recipients(&of_accounts) {
                let mail = self.mail_of(letter, &subject, recipient, moment);
                causes.insert(mail.id, &letter.cause);
                mails.push(mail);
            }
        }
        let queued = store::mails::queue(unit, &mails).await?;
        for id in &queued {
            let message = MailQueued { mail_id: *id };
            match causes.get(id) {
                Some(Cause::Message(cause)) => outbox.next(self, cause, &message, moment),
                Some(Cause::Chain(chain)) => {
                    let trace = TraceParent::of(*chain, *id);
                    let first = Envelope::first(*chain, &message, moment.business, trace);
                    outbox.next(self, &first, &message, moment);
                }
                None => {}
            }
        }
        Ok(queued.len())
    }

    fn mail_of(&self, letter: &Letter, subject: &str, recipient: Option<String>, moment: Moment) -> NewMail {
        NewMail {
            id: self.id(moment),
            kind: letter.kind,
            about: letter.matter.to_string(),
            version: letter.version,
            recipient,
            subject: subject.to_owned(),
            params: letter.params.to_string(),
            correlation_id: match &letter.cause {
                Cause::Message(cause) => cause.correlation_id,
                Cause::Chain(chain) => *chain,
            },
            org_code: letter.org_code.clone(),
            files: letter.files.clone(),
            queued_at: moment.business,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(readers: &[Reader]) -> Letter {
        let data = serde_json::json!({"year": 2023, "org_code": "1", "org_name": "示例工会"});
        let letter =
            Letter::new("submission-approved", Matter::Submission(1), 1, &data, Cause::Chain(Uuid::from_u128(1)));
        readers.iter().cloned().fold(letter, Letter::to)
    }

    #[test]
    fn an_account_s_address_comes_first_and_each_address_once() {
        let of_accounts = HashMap::from([("li".to_owned(), "li@example.org".to_owned())]);
        let own = |name: &str| Reader { account: Some(name.to_owned()), otherwise: Some("org@example.org".to_owned()) };
        let to = |readers: &[Reader]| letter(readers).recipients(&of_accounts);
        assert_eq!(to(&[own("li")]), [Some("li@example.org".to_owned())]);
        assert_eq!(to(&[own("wang"), Reader::address("org@example.org")]), [Some("org@example.org".to_owned())]);
        assert_eq!(to(&[]), [None]);
        assert_eq!(to(&[Reader::address("")]), [None]);
    }

    #[test]
    fn the_subject_is_the_one_of_the_mail() {
        assert_eq!(letter(&[]).subject(), "【集中参保】示例工会（1）2023年度：集中参保审核通过");
    }
}
