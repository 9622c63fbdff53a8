//! A federation with a mail server: the works that lead to mails, and the one that sends them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use desk::DeskError;
use mail::{Address, Mailer, MailerSettings};
use messages::Queue;
use store::mails::{Mail, MailSelection};
use store::messages::Job;
use support::servers::smtp::{Opened, Protection, SmtpServer};
use workers::deadline::DeadlineWork;
use workers::enrollment::EnrollmentWork;
use workers::mail::{MailSettings, MailWork, Rates};
use workers::notices::NoticeWork;
use workers::{Failed, Verdict, Work, WorkError, verdict};

use crate::campaign::{Campaign, Known, UNITS};
use crate::conformance::engines::Place;
use crate::deadlines::scene::Scene;

/// The sender of all mails.
pub const FROM: &str = "集中参保 <rollcall@example.org>";

/// A scene with its post office.
pub struct Post {
    pub scene: Scene,
    pub smtp: SmtpServer,
    work: MailWork,
}

/// How a mailer differs from the usual one.
pub struct Differently {
    pub timeout: Duration,
    pub redirect_to: &'static str,
    pub rates: Option<Rates>,
    pub most_bytes: u64,
}

/// The usual settings.
pub const USUAL: Differently =
    Differently { timeout: Duration::from_secs(20), redirect_to: "", rates: None, most_bytes: 10 << 20 };

/// The work that sends, to this server.
fn mail_work(smtp: &SmtpServer, protection: Protection, how: &Differently) -> MailWork {
    let certificate = smtp.certificate().display().to_string();
    let url = match protection {
        Protection::None => format!("{}?tls=none", smtp.url()),
        Protection::StartTls => format!("{}&ca={certificate}", smtp.url()),
        Protection::Tls => format!("{}?ca={certificate}", smtp.url()),
    };
    let settings = MailerSettings {
        url,
        outbox: PathBuf::new(),
        redirect_to: how.redirect_to.to_owned(),
        helo: "mails.example.org".to_owned(),
        probe: String::new(),
        connections: 2,
        timeout: how.timeout,
        most_bytes: how.most_bytes,
    };
    let from = Address::parse(FROM).unwrap();
    MailWork::new(Mailer::open(&settings).unwrap(), MailSettings { from, rates: how.rates })
}

impl Post {
    /// Every unit has three members with a card, and nothing has opened yet.
    pub async fn new(place: Place, protection: Protection, how: &Differently) -> Self {
        let scene = Scene::empty(place, "2022-10-24T12:00:00+08:00").await;
        for (number, (unit, _)) in (1..).zip(UNITS) {
            let people: Vec<_> = (0..3).map(|one| (number * 10 + one, Known::Card)).collect();
            scene.campaign.join(unit, &people).await;
        }
        let smtp = SmtpServer::start_protected(protection).await;
        let work = mail_work(&smtp, protection, how);
        Self { scene, smtp, work }
    }

    /// Without TLS and with the usual settings.
    pub async fn plain(place: Place) -> Self {
        Self::new(place, Protection::None, &USUAL).await
    }

    pub fn campaign(&self) -> &Campaign {
        &self.scene.campaign
    }

    /// Business time is this, and all that follows from it is done but for sending.
    pub async fn at(&self, at: &str) {
        self.scene.at(at);
        self.lead().await;
    }

    /// Does all that leads to mails.
    pub async fn lead(&self) {
        let works: [&dyn Work; 3] = [&DeadlineWork, &EnrollmentWork, &NoticeWork];
        loop {
            let mut done = 0;
            for work in works {
                done += self.campaign().work(work).await.len();
            }
            if done == 0 {
                return;
            }
        }
    }

    /// Tries every mail that is due once, and settles each as the runner does.
    pub async fn deliver(&self) {
        let jobs = self.claim().await;
        for (id, error) in self.run(&jobs).await {
            self.settle(jobs.iter().find(|job| job.envelope.id == id).unwrap(), &error).await;
        }
    }

    /// Claims every mail that is due.
    pub async fn claim(&self) -> Vec<Job> {
        self.campaign().claim(Queue::Mails, 1_000).await
    }

    /// Tries them together; what was not done comes back.
    pub async fn run(&self, jobs: &[Job]) -> Failed {
        self.work.run(&self.campaign().shift, jobs).await.unwrap()
    }

    async fn settle(&self, job: &Job, error: &WorkError) {
        let (worker, id, now) =
            (self.campaign().shift.worker, job.envelope.id, self.campaign().desk.clock.machine_now());
        let sentence = error.to_string();
        let store = &self.campaign().desk.store;
        match verdict(error) {
            Verdict::Retry => {
                let due = now + TimeDelta::seconds(5);
                kept!(store, unit => store::messages::retry(&mut unit, worker, id, due, &sentence));
            }
            Verdict::Later(delay) => {
                kept!(store, unit => store::messages::postpone(&mut unit, worker, id, now + delay, &sentence));
            }
            Verdict::Done => {}
            Verdict::Reject => panic!("{sentence}"),
        }
    }

    /// Machine time goes on: what waited for a retry is due.
    pub fn wait(&self, step: TimeDelta) {
        self.scene.clock.advance_machine(step);
    }

    /// Leads and delivers; there is nothing left to send.
    pub async fn done(&self) {
        self.lead().await;
        self.deliver().await;
    }

    /// Another work in the place of this one: the settings have changed.
    pub fn send_differently(&mut self, how: &Differently) {
        self.work = mail_work(&self.smtp, Protection::None, how);
    }

    /// The ledger, the oldest first.
    pub async fn ledger(&self) -> Vec<Mail> {
        let mut all =
            seen!(self.campaign().desk.store, view => store::mails::list(&mut view, &MailSelection::default(), 10_000));
        all.reverse();
        all
    }

    /// Mails of a kind: recipient, status, attempts, in the order of recipients.
    pub async fn of_kind(&self, kind: &str) -> Vec<(String, String, i32)> {
        let of = self.ledger().await.into_iter().filter(|mail| mail.kind == kind);
        let mut found: Vec<_> = of.map(|mail| (mail.recipient, mail.status, mail.attempts)).collect();
        found.sort();
        found
    }

    /// What arrived, by the id of its mail in the ledger.
    pub fn arrived(&self) -> BTreeMap<String, Vec<Opened>> {
        let mut found: BTreeMap<String, Vec<Opened>> = BTreeMap::new();
        for mail in self.smtp.opened() {
            let id = mail.message_id.trim_matches(['<', '>']).split('@').next().unwrap().to_owned();
            found.entry(id).or_default().push(mail);
        }
        found
    }

    /// What is `sent` arrived at its recipient once, and nothing else did; the mails of the ledger with what arrived.
    pub async fn each_once(&self) -> Vec<(Mail, Opened)> {
        let mut arrived = self.arrived();
        let mut pairs = Vec::new();
        for mail in self.ledger().await.into_iter().filter(|mail| mail.status == "sent") {
            let mut copies = arrived.remove(&mail.id.to_string()).unwrap_or_default();
            assert_eq!(copies.len(), 1, "{} to {}", mail.kind, mail.recipient);
            let copy = copies.remove(0);
            assert_eq!(copy.envelope_to, std::slice::from_ref(&mail.recipient), "{}", mail.kind);
            pairs.push((mail, copy));
        }
        assert!(arrived.is_empty(), "nobody sent {:?}", arrived.keys());
        pairs
    }

    /// A unit's clerk submits plan A.
    pub async fn submit(&self, unit: &str) {
        self.scene.submit(unit).await.unwrap();
    }

    /// A bureau returns a unit's submission.
    pub async fn give_back(&self, bureau: &str, unit: &str, reason: &str) {
        self.review(bureau, unit, desk::Review::Return { reason, insists: false }).await.unwrap();
    }

    /// A bureau approves a unit's submission.
    pub async fn approve(&self, bureau: &str, unit: &str) {
        self.review(bureau, unit, desk::Review::Approve).await.unwrap();
    }

    async fn review(&self, bureau: &str, unit: &str, what: desk::Review<'_>) -> Result<(), DeskError> {
        let (account, named) = (format!("bureau-{bureau}"), [unit.to_owned()]);
        let year = crate::campaign::YEAR;
        let (outcomes, _) = self.campaign().desk.review(&account, year, bureau, Some(&named), what).await?;
        assert!(outcomes.iter().all(|one| one.outcome == "done"), "{outcomes:?}");
        Ok(())
    }
}
