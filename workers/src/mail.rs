//! Mail delivery: a mail of the ledger is sent, once.
//!
//! Reads the ledger's rows; writes the attempt before the server is spoken to and its outcome after; leads to nothing.
//! A mail that is found `sending` was in a process that died: whether it arrived nobody knows. Its kind's policy says
//! whether it is sent again (a second copy does no harm, and has the same Message-ID) or held for a person. What events have
//! overtaken, and what would go to an address that mails came back from, is not sent and says why.

mod enclosing;
mod overtaken;
mod policy;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use desk::Outbox;
use files::FilesError;
use futures_util::future::join_all;
use mail::{Address, Mailer, Outgoing, SendError, Sent, template};
use messages::{Kind, MailQueued, Queue};
use runtime::breaker::Breaker;
use store::{
    StoreError, Unit,
    mails::{Mail, MailEnding},
    messages::Job,
};
use uuid::Uuid;

use self::{
    enclosing::Enclosure,
    policy::{WhenUnknown, policy},
};
use crate::{Failed, Shift, Work, WorkError};

/// How long mails wait after a server could not be reached, while the breaker is still closed.
const UNREACHABLE_WAITS: TimeDelta = TimeDelta::seconds(2);
/// How long until an outcome that could not be written is written again.
const WRITE_AGAIN: Duration = Duration::from_millis(500);
/// Mails that are sent together where a second sending does no harm.
const TOGETHER: usize = 50;

/// What mail delivery is held to.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The sender.
    pub from: Address,
    /// Rates that a server is not to be asked beyond; none for the outbox folder.
    pub rates: Option<Rates>,
}

/// How much a mail server is asked to take, by all processes together.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Mails in a minute.
    pub per_minute: i64,
    /// The same for one domain.
    pub per_domain_per_minute: i64,
}

/// The work of `mail.queued`.
pub struct MailWork {
    mailer: Mailer,
    settings: MailSettings,
    breaker: Breaker,
}

/// What came of one attempt: the ledger's ending, and the error by which the job is tried again.
struct Attempt {
    ending: MailEnding,
    again: Option<WorkError>,
}

impl MailWork {
    /// The work, with this mailer.
    #[must_use]
    pub fn new(mailer: Mailer, settings: MailSettings) -> Self {
        Self { mailer, settings, breaker: Breaker::new(5, TimeDelta::seconds(2), TimeDelta::minutes(1)) }
    }

    async fn deliver(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        let now = shift.desk.clock.machine_now();
        self.breaker.may_try(now).map_err(|delay| WorkError::Later {
            why: "the mail server does not answer; mails wait until it does".to_owned(),
            delay,
        })?;
        let mut named = Vec::new();
        for job in jobs {
            named.push((job, job.envelope.read::<MailQueued>()?.mail_id));
        }
        let begun = self.begin(shift, &named, now).await?;
        if begun.is_empty() {
            return Ok(Failed::new());
        }
        runtime::fail_point("before-send");
        let attempts = join_all(begun.iter().map(|(_, mail)| self.attempt(shift, mail))).await;
        runtime::fail_point("after-send");
        self.end(shift, &begun, attempts).await
    }

    /// Writes the attempts down, in one unit; a job with nothing to send any more is done in the same.
    async fn begin<'j>(
        &self,
        shift: &Shift,
        named: &[(&'j Job, Uuid)],
        now: DateTime<Utc>,
    ) -> Result<Vec<(&'j Job, Mail)>, WorkError> {
        let ids: Vec<Uuid> = named.iter().map(|(_, id)| *id).collect();
        let mut unit = shift.desk.store.begin().await?;
        let found = store::mails::lock(&mut unit, &ids).await?;
        let waiting: Vec<&Mail> = found.iter().filter(|mail| mail.status == "queued").collect();
        let mut withheld = overtaken::withheld(&mut unit, &waiting, shift.desk.clock.business_now()).await?;
        let (mut begun, mut over, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for (job, id) in named {
            let mail = found.iter().find(|mail| mail.id == *id).ok_or(WorkError::Missing("mail"))?;
            match mail.status.as_str() {
                "queued" if withheld.contains_key(id) => {
                    lost.extend(withheld.remove(id));
                    over.push(*job);
                }
                "queued" => begun.push((*job, mail.clone())),
                "sending" if policy(&mail.kind).unknown == WhenUnknown::Resend => begun.push((*job, mail.clone())),
                "sending" => {
                    let error = Some("the process that was sending it ended without a word".to_owned());
                    lost.push(MailEnding { id: *id, status: "unknown", error, sent_at: None });
                    over.push(*job);
                }
                _ => over.push(*job),
            }
        }
        store::mails::settle(&mut unit, &lost).await?;
        let sending: Vec<&Mail> = begun.iter().map(|(_, mail)| mail).collect();
        self.pass_rates(&mut unit, &sending, now).await?;
        let sending: Vec<Uuid> = sending.iter().map(|mail| mail.id).collect();
        store::mails::attempt(&mut unit, &sending, shift.desk.clock.business_now()).await?;
        if over.is_empty() {
            unit.commit().await.map_err(WorkError::Store)?;
        } else {
            shift.settle(unit, &over, Outbox::new(), shift.desk.moment()).await?;
        }
        Ok(begun)
    }

    /// Counts these attempts; beyond a rate the unit is thrown away, and with it the count.
    async fn pass_rates(&self, unit: &mut Unit, mails: &[&Mail], now: DateTime<Utc>) -> Result<(), WorkError> {
        let Some(rates) = self.settings.rates else { return Ok(()) };
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        for mail in mails {
            let domain = mail.recipient.rsplit('@').next().unwrap_or_default().to_lowercase();
            let of_domain = store::mails::count_attempt(unit, minute, &domain).await?;
            let in_all = store::mails::count_attempt(unit, minute, "").await?;
            if in_all > rates.per_minute || of_domain > rates.per_domain_per_minute {
                let delay = (minute + TimeDelta::minutes(1) - now).max(TimeDelta::milliseconds(100));
                let why = "as many mails as allowed were sent in this minute".to_owned();
                return Err(WorkError::Later { why, delay });
            }
        }
        Ok(())
    }

    async fn attempt(&self, shift: &Shift, mail: &Mail) -> Attempt {
        let outcome = match self.enclosure(shift, mail).await {
            Ok(mut enclosure) => match self.send(mail, &enclosure).await {
                Err(SendError::TooLarge { .. }) if !enclosure.attachments.is_empty() => {
                    enclosure.leave_out();
                    self.send(mail, &enclosure).await
                }
                outcome => outcome,
            },
            // Not the mail server's fault: the breaker stays as it is.
            Err(error) => return without_files(mail, &error),
        };
        match &outcome {
            Err(SendError::Unreachable { .. }) => self.breaker.failed(shift.desk.clock.machine_now()),
            _ => self.breaker.succeeded(),
        }
        let attempt = judge(mail, outcome, shift.desk.clock.business_now());
        metrics::counter!("rollcall_mail_attempts_total", "outcome" => attempt.ending.status).increment(1);
        attempt
    }

    async fn enclosure(&self, shift: &Shift, mail: &Mail) -> Result<Enclosure, FilesError> {
        Enclosure::fetch(&shift.desk.files, &mail.files(), self.mailer.most_bytes()).await
    }

    async fn send(&self, mail: &Mail, enclosure: &Enclosure) -> Result<Sent, SendError> {
        let outgoing = self.compose(mail, enclosure)?;
        self.mailer.send(&outgoing).await
    }

    fn compose(&self, mail: &Mail, enclosure: &Enclosure) -> Result<Outgoing, SendError> {
        let wrong = |error: String| SendError::Compose(error);
        let params = serde_json::from_str(&mail.params).map_err(|error| wrong(error.to_string()))?;
        let rendered = template::kind(&mail.kind)
            .and_then(|kind| kind.render_with(&params, &enclosure.told()))
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Outgoing {
            message_id: mail.id,
            from: self.settings.from.clone(),
            to: Address::parse(&mail.recipient)?,
            subject: mail.subject.clone(),
            text: rendered.text,
            html: Some(rendered.html),
            attachments: enclosure.attachments.clone(),
            headers: Vec::new(),
            date: mail.queued_at,
        })
    }

    /// Writes the outcomes, in one unit; what is to be tried again comes back.
    async fn end(&self, shift: &Shift, begun: &[(&Job, Mail)], attempts: Vec<Attempt>) -> Result<Failed, WorkError> {
        let (mut endings, mut done, mut open, mut failed) = (Vec::new(), Vec::new(), Vec::new(), Failed::new());
        for ((job, _), attempt) in begun.iter().zip(attempts) {
            endings.push(attempt.ending);
            match attempt.again {
                Some(error) => {
                    open.push(*job);
                    failed.push((job.envelope.id, error));
                }
                None => done.push(*job),
            }
        }
        // What came of it is known here alone: while the database is away it is written again and again, since a run that
        // starts anew would have to send once more. `limits.job_s` ends it.
        loop {
            match write_endings(shift, &endings, &done, &open).await {
                Err(WorkError::Store(StoreError::Unreachable(_) | StoreError::Conflict(_) | StoreError::Full)) => {
                    tokio::time::sleep(WRITE_AGAIN).await;
                }
                written => break written?,
            }
        }
        Ok(failed)
    }
}

/// All of it is fenced, also what says that a mail is to be tried again: a process that was frozen so long that another took
/// its jobs would else put back into the queue what the other has sent.
async fn write_endings(shift: &Shift, endings: &[MailEnding], done: &[&Job], open: &[&Job]) -> Result<(), WorkError> {
    let mut unit = shift.desk.store.begin().await?;
    store::messages::hold(&mut unit, shift.worker, open).await?;
    store::mails::settle(&mut unit, endings).await?;
    if done.is_empty() {
        return Ok(unit.commit().await?);
    }
    shift.settle(unit, done, Outbox::new(), shift.desk.moment()).await
}

/// The file store does not give its files now: the mail waits, and nothing of it was sent.
fn without_files(mail: &Mail, error: &FilesError) -> Attempt {
    let why = error.to_string();
    let ending = MailEnding { id: mail.id, status: "queued", error: Some(why.clone()), sent_at: None };
    Attempt { ending, again: Some(WorkError::MailLater(why)) }
}

/// What an attempt's outcome means for the ledger and for the job.
fn judge(mail: &Mail, outcome: Result<Sent, SendError>, now: DateTime<Utc>) -> Attempt {
    let Err(error) = outcome else {
        let ending = MailEnding { id: mail.id, status: "sent", error: None, sent_at: Some(now) };
        return Attempt { ending, again: None };
    };
    let sentence = error.to_string();
    let (status, again) = match error {
        SendError::Transient { .. } => ("queued", Some(WorkError::MailLater(sentence.clone()))),
        SendError::Unreachable { .. } => {
            ("queued", Some(WorkError::Later { why: sentence.clone(), delay: UNREACHABLE_WAITS }))
        }
        SendError::Unknown { .. } if policy(&mail.kind).unknown == WhenUnknown::Resend => {
            ("queued", Some(WorkError::MailLater(sentence.clone())))
        }
        SendError::Unknown { .. } => ("unknown", None),
        SendError::Permanent { .. } | SendError::TooLarge { .. } | SendError::BadAddress(_) | SendError::Compose(_) => {
            ("refused", None)
        }
    };
    Attempt { ending: MailEnding { id: mail.id, status, error: Some(sentence), sent_at: None }, again }
}

#[async_trait]
impl Work for MailWork {
    fn queues(&self) -> &'static [Queue] {
        &[Queue::Mails]
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::MailQueued]
    }

    fn group(&self, _queue: Queue) -> usize {
        // With a server one at a time: of a process that dies, one mail is uncertain and not fifty.
        if self.mailer.overwrites() { TOGETHER } else { 1 }
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        match self.deliver(shift, jobs).await {
            // Two copies of a message at once: the other one did it.
            Err(WorkError::Store(StoreError::Fenced)) if jobs.len() == 1 => Ok(Failed::new()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(kind: &str) -> Mail {
        Mail {
            id: Uuid::from_u128(1),
            kind: kind.to_owned(),
            about: String::new(),
            version: 1,
            recipient: "a@example.org".to_owned(),
            subject: String::new(),
            params: "{}".to_owned(),
            status: "sending".to_owned(),
            attempts: 1,
            org_code: None,
            queued_at: DateTime::UNIX_EPOCH,
            sent_at: None,
            last_error: None,
            files: None,
        }
    }

    fn after(kind: &str, error: SendError) -> (&'static str, bool) {
        let attempt = judge(&mail(kind), Err(error), DateTime::UNIX_EPOCH);
        (attempt.ending.status, attempt.again.is_some())
    }

    #[test]
    fn a_lost_answer_is_tried_again_or_held_as_the_kind_says() {
        let unknown = || SendError::Unknown { reason: "gone".to_owned() };
        assert_eq!(after("upload-done", unknown()), ("queued", true));
        assert_eq!(after("payment-demand", unknown()), ("unknown", false));
    }

    #[test]
    fn later_waits_and_never_is_refused() {
        assert_eq!(after("upload-done", SendError::Transient { code: 450, reason: String::new() }), ("queued", true));
        let never = SendError::Permanent { code: Some(550), reason: String::new() };
        assert_eq!(after("upload-done", never), ("refused", false));
    }
}
