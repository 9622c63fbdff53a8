//! Mail delivery: a mail of the ledger is sent, once.
//!
//! Reads the ledger's rows; writes the attempt before the server is spoken to and its outcome after; leads to nothing.
//! A mail that is found `sending` was in a process that died: whether it arrived nobody knows. Its kind's policy says
//! whether it is sent again (a second copy does no harm, and has the same Message-ID) or held for a person. What events have
//! overtaken, and what would go to an address that mails came back from, is not sent and says why. Nothing is sent while it is
//! not sure that the database is the real one.

mod enclosing;
mod held;
mod lanes;
mod overtaken;
mod policy;
mod relay;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use desk::Outbox;
use files::FilesError;
use mail::{Address, Mailer, Outgoing, SendError, Sent, template};
use messages::{Kind, Queue};
use runtime::{
    backoff,
    breaker::{Breaker, Condition},
};
use store::{
    Unit,
    mails::{Mail, MailEnding},
    messages::Job,
};
use uuid::Uuid;

use self::{
    enclosing::Enclosure,
    lanes::{Ended, Lanes, Named},
    policy::{WhenUnknown, policy},
    relay::{Change, Relay, Sign},
};
use crate::{Failed, Shift, Work, WorkError};

/// How long a mail waits after its server could not be reached, or wants nothing from anybody: at first, and at the most.
/// Each has waits of its own, so that one which is wrongly taken for all does not come before the others every time.
const HELD_WAITS: (TimeDelta, TimeDelta) = (TimeDelta::seconds(2), TimeDelta::minutes(10));
/// Mails that are claimed together; and that are under way together where a second sending does no harm.
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
    lanes: Lanes,
    copies_write: bool,
    relay: Relay,
}

/// What one unit writes of jobs and mails beside the attempts that begin.
#[derive(Default)]
struct Books<'j> {
    endings: Vec<MailEnding>,
    /// Jobs that are done.
    done: Vec<&'j Job>,
    /// Jobs that are to be tried again.
    open: Vec<&'j Job>,
}

/// What came of one attempt: the ledger's ending, and the error by which the job is tried again.
struct Attempt {
    ending: MailEnding,
    again: Option<WorkError>,
    /// What it changes for all mails.
    change: Option<Change>,
}

impl MailWork {
    /// The work, with this mailer.
    #[must_use]
    pub fn new(mailer: Mailer, settings: MailSettings) -> Self {
        let breaker = Breaker::new(5, TimeDelta::seconds(2), TimeDelta::minutes(1));
        // To a server as many as there are connections: of a process that dies they are the ones that are uncertain.
        let lanes = Lanes::new(if mailer.overwrites() { TOGETHER } else { mailer.connections() });
        Self { mailer, settings, breaker, lanes, copies_write: false, relay: Relay::default() }
    }

    /// Whether a database that was declared a copy writes to people all the same.
    #[must_use]
    pub fn with_copies_writing(self, copies_write: bool) -> Self {
        Self { copies_write, ..self }
    }

    /// One unit: the outcomes of what has ended, and the attempts of what begins; what is not to be sent any more is done in the
    /// same. The jobs and mails to send now.
    async fn write<'j>(
        &self,
        shift: &Shift,
        ended: &[Ended<'j>],
        beginning: &[Named<'j>],
    ) -> Result<Vec<(&'j Job, Mail)>, WorkError> {
        if ended.is_empty() && beginning.is_empty() {
            return Ok(Vec::new());
        }
        if !ended.is_empty() {
            runtime::fail_point("after-send");
        }
        let mut books = Books::default();
        for one in ended {
            books.endings.push(one.attempt.ending.clone());
            if one.attempt.again.is_some() { books.open.push(one.job) } else { books.done.push(one.job) }
        }
        let mut unit = shift.desk.store.begin().await?;
        let begun = self.begin(shift, &mut unit, beginning, &mut books).await?;
        // All of it is fenced, also what says that a mail is to be tried again: a process that was frozen so long that another
        // took its jobs would else put back into the queue what the other has sent.
        store::messages::hold(&mut unit, shift.worker, &books.open).await?;
        store::mails::settle(&mut unit, &books.endings).await?;
        let ids: Vec<Uuid> = begun.iter().map(|(_, mail)| mail.id).collect();
        store::mails::attempt(&mut unit, &ids, shift.desk.clock.business_now()).await?;
        match ended.iter().rev().find_map(|one| one.attempt.change.as_ref()) {
            Some(Change::Held(why)) => store::ledger::hold(&mut unit, why, shift.desk.clock.machine_now()).await?,
            Some(Change::Released) => drop(store::ledger::release(&mut unit).await?),
            None => {}
        }
        self.pass_rates(&mut unit, &begun, shift.desk.clock.machine_now()).await?;
        if books.done.is_empty() {
            unit.commit().await?;
        } else {
            shift.settle(unit, &books.done, Outbox::new(), shift.desk.moment()).await?;
        }
        if !begun.is_empty() {
            runtime::fail_point("before-send");
        }
        Ok(begun)
    }

    /// Which of these mails are to be sent; what came of the others goes into the books.
    async fn begin<'j>(
        &self,
        shift: &Shift,
        unit: &mut Unit,
        named: &[Named<'j>],
        books: &mut Books<'j>,
    ) -> Result<Vec<(&'j Job, Mail)>, WorkError> {
        let ids: Vec<Uuid> = named.iter().map(|one| one.mail_id).collect();
        let found = store::mails::lock(unit, &ids).await?;
        let waiting: Vec<&Mail> = found.iter().filter(|mail| mail.status == "queued").collect();
        let mut withheld = overtaken::withheld(unit, &waiting, shift.desk.clock.business_now()).await?;
        let mut begun = Vec::new();
        for Named { job, mail_id } in named {
            let mail = found.iter().find(|mail| mail.id == *mail_id).ok_or(WorkError::Missing("mail"))?;
            match mail.status.as_str() {
                "queued" if withheld.contains_key(mail_id) => {
                    books.endings.extend(withheld.remove(mail_id));
                    books.done.push(job);
                }
                "queued" => begun.push((*job, mail.clone())),
                "sending" if policy(&mail.kind).unknown == WhenUnknown::Resend => begun.push((*job, mail.clone())),
                "sending" => {
                    let error = Some("the process that was sending it ended without a word".to_owned());
                    books.endings.push(MailEnding { id: *mail_id, status: "unknown", error, sent_at: None });
                    books.done.push(job);
                }
                _ => books.done.push(job),
            }
        }
        Ok(begun)
    }

    /// Counts these attempts; beyond a rate the unit is thrown away, and with it the count. It comes last: the rows are the same
    /// for all processes, and held until the commit.
    async fn pass_rates(&self, unit: &mut Unit, begun: &[(&Job, Mail)], now: DateTime<Utc>) -> Result<(), WorkError> {
        let Some(rates) = self.settings.rates else { return Ok(()) };
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        // The empty domain, which stands for all, is the first.
        let mut by_domain: BTreeMap<String, i64> = BTreeMap::new();
        for (_, mail) in begun {
            let domain = mail.recipient.rsplit('@').next().unwrap_or_default().to_lowercase();
            for counted in [String::new(), domain] {
                *by_domain.entry(counted).or_default() += 1;
            }
        }
        let counts: Vec<(String, i64)> = by_domain.into_iter().collect();
        let so_far = store::mails::count_attempts(unit, minute, &counts).await?;
        let most = |domain: &str| if domain.is_empty() { rates.per_minute } else { rates.per_domain_per_minute };
        if so_far.iter().any(|(domain, attempts)| *attempts > most(domain)) {
            let delay = (minute + TimeDelta::minutes(1) - now).max(TimeDelta::milliseconds(100));
            let why = "as many mails as allowed were sent in this minute".to_owned();
            return Err(WorkError::Later { why, delay });
        }
        Ok(())
    }

    async fn attempt(&self, shift: &Shift, job: &Job, mail: &Mail) -> Attempt {
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
        let now = shift.desk.clock.machine_now();
        match self.relay.sign(&outcome, now) {
            Sign::Well => self.breaker.succeeded(),
            Sign::Doubt => self.breaker.failed(now),
            Sign::Shut => self.breaker.tripped(now),
        }
        let change = self.relay.tell(&outcome, self.breaker.condition() == Condition::Open);
        // What holds all mails ends none of them, unless others go out: then it is this mail's own.
        let is_over =
            job.envelope.known_kind().is_some_and(|kind| kind.row().retry.is_spent(job.attempts, shift.age(job)));
        let gives_up = is_over && outcome.as_ref().is_err_and(|error| !error.is_of_all() || self.relay.others_go(now));
        let tried = Tried { business: shift.desk.clock.business_now(), fraction: shift.desk.ids.fraction(), gives_up };
        let attempt = Attempt { change, ..judge(mail, outcome, &tried) };
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
}

/// The file store does not give its files now: the mail waits, and nothing of it was sent.
fn without_files(mail: &Mail, error: &FilesError) -> Attempt {
    let why = error.to_string();
    let ending = MailEnding { id: mail.id, status: "queued", error: Some(why.clone()), sent_at: None };
    Attempt { ending, again: Some(WorkError::MailLater(why)), change: None }
}

/// What is known of an attempt beside its outcome.
struct Tried {
    /// When (business clock).
    business: DateTime<Utc>,
    /// By which waits are spread, from 0 to 1.
    fraction: f64,
    /// Whether it was the last one: the mail's days are over.
    gives_up: bool,
}

/// What an attempt's outcome means for the ledger and for the job.
fn judge(mail: &Mail, outcome: Result<Sent, SendError>, tried: &Tried) -> Attempt {
    let Err(error) = outcome else {
        let ending = MailEnding { id: mail.id, status: "sent", error: None, sent_at: Some(tried.business) };
        return Attempt { ending, again: None, change: None };
    };
    let mut sentence = error.to_string();
    let (mut status, mut again) = match error {
        SendError::Transient { .. } => ("queued", Some(WorkError::MailLater(sentence.clone()))),
        SendError::Unreachable { .. } | SendError::Busy { .. } | SendError::Ours { .. } => {
            let attempts = u32::try_from(mail.attempts).unwrap_or(0);
            let delay = backoff::full_jitter(HELD_WAITS.0, HELD_WAITS.1, attempts, tried.fraction).max(HELD_WAITS.0);
            ("queued", Some(WorkError::Later { why: sentence.clone(), delay }))
        }
        SendError::Unknown { .. } if policy(&mail.kind).unknown == WhenUnknown::Resend => {
            ("queued", Some(WorkError::MailLater(sentence.clone())))
        }
        SendError::Unknown { .. } => ("unknown", None),
        SendError::Permanent { .. } | SendError::TooLarge { .. } | SendError::BadAddress(_) | SendError::Compose(_) => {
            ("refused", None)
        }
    };
    if tried.gives_up && again.take().is_some() {
        (status, sentence) = ("refused", format!("given up after days of trying: {sentence}"));
    }
    Attempt { ending: MailEnding { id: mail.id, status, error: Some(sentence), sent_at: None }, again, change: None }
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
        TOGETHER
    }

    async fn run(&self, shift: &Shift, jobs: &[Job]) -> Result<Failed, WorkError> {
        Ok(self.deliver(shift, jobs).await)
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
        at_last(kind, error, false)
    }

    fn at_last(kind: &str, error: SendError, gives_up: bool) -> (&'static str, bool) {
        let tried = Tried { business: DateTime::UNIX_EPOCH, fraction: 0.5, gives_up };
        let attempt = judge(&mail(kind), Err(error), &tried);
        (attempt.ending.status, attempt.again.is_some())
    }

    #[test]
    fn what_the_server_holds_against_us_waits_and_when_its_days_are_over_it_is_given_up() {
        let ours = || SendError::Ours { stage: "RCPT TO", code: 554, reason: String::new() };
        let busy = SendError::Busy { code: 451, reason: String::new() };
        assert_eq!((after("upload-done", ours()), after("payment-demand", busy)), (("queued", true), ("queued", true)));
        assert_eq!(at_last("upload-done", ours(), true), ("refused", false));
        let gone = SendError::Unknown { reason: String::new() };
        assert_eq!(at_last("payment-demand", gone, true), ("unknown", false), "a person decides all the same");
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
