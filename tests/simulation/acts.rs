//! What people do: an act at random, in a process that may die over it or whose answer is lost, so that it is asked for once
//! more. What is refused must be refused by the rules; what is accepted must be in time.

use std::future::Future;

use chrono::TimeDelta;
use desk::{AskedInstant, Desk, DeskError, FileOffer, Payment, Review};
use domain::calendar;
use domain::enrollment::batch::Contact;
use domain::enrollment::eligibility::RetirementDecision;
use domain::enrollment::instant::{InstantEvent, InstantKind};
use domain::enrollment::premium::Split;
use domain::year::window::WindowKind;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use store::batches::BatchSelection;
use store::instants::InstantSelection;
use store::submissions::{Submission, SubmissionSelection};

use super::faults::until_death;
use super::run::Run;
use crate::campaign::{BUREAUS, Known, SECONDARY, UNITS, YEAR, instant};

/// How an act ended; none: nobody knows.
type Ended = Option<Result<(), &'static str>>;

impl Run {
    /// One act, drawn.
    pub async fn act(&mut self) {
        match self.random.random_range(0..100) {
            0..3 => self.join().await,
            3..4 => self.leave().await,
            4..10 => self.relocate().await,
            10..12 => self.feed().await,
            12..15 => self.confirm_or_decide().await,
            15..17 => self.split().await,
            17..34 => self.submit().await,
            34..52 => self.review().await,
            52..58 => self.pay_share().await,
            58..66 => self.batch().await,
            66..74 => self.voucher().await,
            74..80 => self.check_voucher().await,
            80..82 => self.extend().await,
            82..83 => self.credit().await,
            83..88 => self.undo().await,
            88..94 => self.instant().await,
            94..98 => self.decide_instant().await,
            _ => self.forecast().await,
        }
    }

    /// Asks for something, perhaps twice. Trouble of the service's own is a fault.
    async fn ask<F, T>(&mut self, what: impl Fn(Desk) -> F) -> Ended
    where
        F: Future<Output = Result<T, DeskError>>,
    {
        let death = self.death(12);
        let mut ended = until_death(&self.clock, death, what(self.one.desk.clone())).await;
        if ended.is_none() || self.chance(6) {
            // The answer was lost: who asked does so again, of another process.
            ended = Some(what(self.two.desk.clone()).await);
        }
        ended.map(|ended| match ended {
            Ok(_) => Ok(()),
            Err(DeskError::Refused(refusal)) => Err(refusal.code),
            Err(error) => panic!("{error}"),
        })
    }

    fn unit(&mut self) -> usize {
        self.random.random_range(0..UNITS.len())
    }

    fn bureau(&mut self) -> &'static str {
        BUREAUS[self.random.random_range(0..BUREAUS.len())]
    }

    /// Somebody who has been a member: the first ones, or one who has joined since.
    fn somebody(&mut self) -> u16 {
        if self.people > 100 && self.chance(30) {
            return self.random.random_range(100..self.people);
        }
        let (unit, one) = (self.random.random_range(1..=UNITS.len()), self.random.random_range(0..5));
        unit as u16 * 10 + one
    }

    fn known(&mut self) -> Known {
        *[Known::Card, Known::Card, Known::Insured, Known::Nothing].choose(&mut self.random).unwrap()
    }

    async fn join(&mut self) {
        let (unit, known) = (self.unit(), self.known());
        self.one.join(UNITS[unit].0, &[(self.people, known)]).await;
        self.people += 1;
    }

    async fn leave(&mut self) {
        let person = self.somebody();
        let number = vec![format!("{:010}", self.one.person(person).await)];
        let _ = self.ask(|desk| remove(desk, number.clone())).await;
    }

    async fn relocate(&mut self) {
        let (person, unit) = (self.somebody(), self.unit());
        self.one.relocate(person, UNITS[unit].0).await;
        // His old union may have submitted him; the new one does now.
        if self.chance(70) {
            self.submit_of(unit).await;
        }
    }

    async fn feed(&mut self) {
        let (person, known) = (self.somebody(), if self.chance(10) { Known::Deceased } else { self.known() });
        self.one.feed(&[(person, known)]).await;
    }

    async fn confirm_or_decide(&mut self) {
        let unit = UNITS[self.unit()].0;
        let account = format!("clerk-{unit}");
        if self.chance(60) {
            let _ = self
                .ask(|desk| call(desk, &account, async |desk, as_| desk.confirm(as_, YEAR, unit, None).await))
                .await;
            return;
        }
        let person = self.somebody();
        let number = vec![format!("{:010}", self.one.person(person).await)];
        let decision = if self.chance(50) { RetirementDecision::Retired } else { RetirementDecision::Stays };
        let decide = async |desk: &Desk, as_: &str| desk.decide_retirement(as_, YEAR, unit, &number, decision).await;
        let _ = self.ask(|desk| call(desk, &account, decide)).await;
    }

    async fn split(&mut self) {
        let bureau = self.bureau();
        let account = format!("bureau-{bureau}");
        let split = Split { bureau_fen: 1_000, unit_fen: 300 };
        let set = async |desk: &Desk, as_: &str| desk.set_premium(as_, YEAR, bureau, "A", split).await;
        let _ = self.ask(|desk| call(desk, &account, set)).await;
    }

    async fn submit(&mut self) {
        let place = self.unit();
        self.submit_of(place).await;
    }

    async fn submit_of(&mut self, place: usize) {
        let unit = UNITS[place].0;
        let account = format!("clerk-{unit}");
        let plan = [Some("A"), Some("A"), Some("A+"), None][self.random.random_range(0..4)];
        let submit = async |desk: &Desk, as_: &str| desk.submit(as_, YEAR, unit, plan).await;
        let ended = self.ask(|desk| call(desk, &account, submit)).await;
        let now = self.clock.business();
        let open = instant("2022-11-01T00:00:00+08:00") <= now && now < self.submission_until[place];
        match ended.unwrap() {
            Ok(()) => assert!(open, "{unit} was taken at {now}, outside its window"),
            Err(code) => assert!(open != code.starts_with("window-"), "{unit} was refused at {now}: {code}"),
        }
    }

    async fn review(&mut self) {
        let (account, org) = if self.chance(30) {
            ("reviewer".to_owned(), SECONDARY)
        } else {
            let bureau = self.bureau();
            (format!("bureau-{bureau}"), bureau)
        };
        let named = vec![UNITS[self.unit()].0.to_owned()];
        let all = self.chance(60);
        let named = (!all).then_some(named);
        let (back, insists) = (!all && self.chance(25), self.chance(30));
        let what = if back { Review::Return { reason: "people: 名单有误", insists } } else { Review::Approve };
        let review = async |desk: &Desk, as_: &str| desk.review(as_, YEAR, org, named.as_deref(), what).await;
        let _ = self.ask(|desk| call(desk, &account, review)).await;
    }

    async fn pay_share(&mut self) {
        let (unit, bureau) = UNITS[self.unit()];
        let org = self.one.named(unit).await;
        let found = seen!(self.one.desk.store, view => store::submissions::find(&mut view, YEAR, org.id));
        let owed = found.map_or(0, |one| one.fen.unit);
        let amount = if self.chance(80) { owed } else { owed / 2 };
        let day = calendar::day_of(self.clock.business());
        let day = if self.chance(30) { day.pred_opt().unwrap() } else { day };
        let account = format!("bureau-{}", BUREAUS[bureau]);
        let record = async |desk: &Desk, as_: &str| desk.record_unit_payment(as_, YEAR, unit, amount, day).await;
        let _ = self.ask(|desk| call(desk, &account, record)).await;
    }

    async fn batch(&mut self) {
        let bureau = self.bureau();
        self.batch_of(bureau).await;
    }

    async fn batch_of(&mut self, bureau: &'static str) {
        let account = format!("bureau-{bureau}");
        let contact = Contact::read("周敏", "13800000000", "zhou@example.org").unwrap();
        let submit = async |desk: &Desk, as_: &str| desk.submit_batch(as_, YEAR, bureau, &contact).await;
        let _ = self.ask(|desk| call(desk, &account, submit)).await;
    }

    async fn batches(&self) -> Vec<store::batches::Batch> {
        let all = BatchSelection { year: YEAR, below: "/".to_owned(), status: None };
        seen!(self.one.desk.store, view => store::batches::list(&mut view, &all))
    }

    async fn voucher(&mut self) {
        let batches = self.batches().await;
        let Some(batch) = batches.choose(&mut self.random).cloned() else { return };
        let account = format!("bureau-{}", batch.org_code);
        let more = [0, 0, 0, 100, -100][self.random.random_range(0..5)];
        let payment = Payment { amount_fen: batch.due_fen + more, paid_on: calendar::day_of(self.clock.business()) };
        let file = FileOffer { path: self.voucher.clone(), file_name: "voucher.pdf".to_owned() };
        let number = batch.batch_no;
        let upload = async |desk: &Desk, as_: &str| desk.upload_voucher(as_, &number, &file, &payment).await;
        let _ = self.ask(|desk| call(desk, &account, upload)).await;
    }

    async fn check_voucher(&mut self) {
        let batches = self.batches().await;
        let Some(batch) = batches.choose(&mut self.random).cloned() else { return };
        let rejects = self.chance(35);
        self.decide_voucher(&batch.batch_no, rejects).await;
    }

    async fn decide_voucher(&mut self, number: &str, rejects: bool) {
        let decide = async |desk: &Desk, as_: &str| {
            if rejects {
                desk.reject_payment(as_, number, "金额不符").await
            } else {
                desk.confirm_payment(as_, number).await
            }
        };
        let _ = self.ask(|desk| call(desk, "centre", decide)).await;
    }

    /// The centre decides about every voucher that waits.
    pub async fn decide_vouchers(&mut self) {
        for batch in self.batches().await {
            if batch.status == "voucher_uploaded" {
                let rejects = self.chance(30);
                self.decide_voucher(&batch.batch_no, rejects).await;
            }
        }
    }

    async fn extend(&mut self) {
        let place = self.unit();
        let (unit, bureau) = UNITS[place];
        let kinds =
            [WindowKind::Submission, WindowKind::FinalSubmission, WindowKind::BureauPayment, WindowKind::Review];
        let kind = *kinds.choose(&mut self.random).unwrap();
        let until = self.clock.business() + TimeDelta::hours(self.random.random_range(1..400));
        let org = if kind == WindowKind::Submission { unit } else { BUREAUS[bureau] };
        let all = self.chance(15);
        let org = (!all).then_some(org);
        let extend = async |desk: &Desk, as_: &str| desk.extend_window(as_, YEAR, kind, until, org, "系统故障").await;
        let _ = self.ask(|desk| call(desk, "federation", extend)).await;
        if kind == WindowKind::Submission {
            let season = seen!(self.one.desk.store, view => desk::Season::load(&mut view, YEAR));
            // Whether it was taken the window itself says: the answer may have been lost.
            for (place, (unit, _)) in UNITS.iter().enumerate() {
                let path = self.one.named(unit).await.path;
                self.submission_until[place] = season.window(kind, &path).unwrap().closes_at;
            }
        }
    }

    async fn credit(&mut self) {
        let bureau = self.bureau();
        let amount = self.random.random_range(1..20) * 1_000;
        let add = async |desk: &Desk, as_: &str| desk.add_credit(as_, bureau, 2022, amount, "上年退回").await;
        let _ = self.ask(|desk| call(desk, "centre", add)).await;
    }

    async fn submissions(&self) -> Vec<Submission> {
        let all = SubmissionSelection { year: YEAR, below: "/".to_owned(), most: i64::MAX, ..Default::default() };
        seen!(self.one.desk.store, view => store::submissions::list(&mut view, &all))
    }

    async fn undo(&mut self) {
        let mut numbers: Vec<String> = self.batches().await.into_iter().map(|batch| batch.batch_no).collect();
        let failed = self.submissions().await.into_iter().filter(|one| one.status == "failed");
        numbers.extend(failed.map(|one| one.number));
        let Some(number) = numbers.choose(&mut self.random).cloned() else { return };
        self.undo_of(&number).await;
    }

    async fn undo_of(&mut self, number: &str) {
        let undo = async |desk: &Desk, as_: &str| desk.undo_failure(as_, number, "凭证已到").await;
        let _ = self.ask(|desk| call(desk, "centre", undo)).await;
    }

    /// A list whose people have instant cover by now comes back to life, and goes to the centre after all.
    async fn undo_too_late(&mut self, of: &store::instants::Instant) {
        let failed =
            self.submissions().await.into_iter().find(|one| one.org_code == of.org_code && one.status == "failed");
        let Some(failed) = failed else { return };
        self.undo_of(&failed.number).await;
        if let Some(bureau) = BUREAUS.into_iter().find(|bureau| of.org_code.starts_with(bureau)) {
            self.batch_of(bureau).await;
        }
    }

    async fn instants(&self) -> Vec<store::instants::Instant> {
        let all = InstantSelection { year: YEAR, below: "/".to_owned(), status: None };
        seen!(self.one.desk.store, view => store::instants::list(&mut view, &all))
    }

    async fn instant(&mut self) {
        let instants = self.instants().await;
        let found = instants.choose(&mut self.random).cloned();
        let (unit, draft) = match found.filter(|_| self.chance(70)) {
            Some(one) => (one.org_code, Some(one.id)),
            None => (UNITS[self.unit()].0.to_owned(), None),
        };
        let kind = if self.chance(50) { InstantKind::CardNoCover } else { InstantKind::NewCard };
        let asked = draft.map_or(AskedInstant::New(kind, Some("A")), AskedInstant::Draft);
        let account = format!("clerk-{unit}");
        let submit = async |desk: &Desk, as_: &str| desk.submit_instant(as_, YEAR, &unit, asked).await;
        let _ = self.ask(|desk| call(desk, &account, submit)).await;
    }

    async fn decide_instant(&mut self) {
        let instants = self.instants().await;
        let Some(one) = instants.choose(&mut self.random).cloned() else { return };
        let event = [InstantEvent::Approve, InstantEvent::Approve, InstantEvent::Return, InstantEvent::Withdraw];
        let event = event[self.random.random_range(0..4)];
        let account = if event == InstantEvent::Withdraw {
            format!("clerk-{}", one.org_code)
        } else {
            format!("bureau-{}", &one.org_code[..6])
        };
        let decide = async |desk: &Desk, as_: &str| desk.decide_instant(as_, one.id, event, Some("名单有误")).await;
        let _ = self.ask(|desk| call(desk, &account, decide)).await;
        if event == InstantEvent::Approve && self.chance(70) {
            let payment =
                Payment { amount_fen: one.fen.bureau + one.fen.unit, paid_on: calendar::day_of(self.clock.business()) };
            let file = FileOffer { path: self.voucher.clone(), file_name: "voucher.pdf".to_owned() };
            let upload = async |desk: &Desk, as_: &str| desk.upload_instant_voucher(as_, one.id, &file, &payment).await;
            let _ = self.ask(|desk| call(desk, &account, upload)).await;
        }
        if event == InstantEvent::Approve && self.chance(60) {
            let rejects = self.chance(40);
            self.decide_instant_voucher(one.id, rejects).await;
        }
        if event == InstantEvent::Approve && self.chance(50) {
            self.undo_too_late(&one).await;
        }
    }

    async fn decide_instant_voucher(&mut self, id: i64, rejects: bool) {
        let decide = async |desk: &Desk, as_: &str| {
            if rejects {
                desk.reject_instant_payment(as_, id, "金额不符").await
            } else {
                desk.confirm_instant_payment(as_, id).await
            }
        };
        let _ = self.ask(|desk| call(desk, "centre", decide)).await;
    }

    async fn forecast(&mut self) {
        self.desk().forecast("federation", YEAR, None).await.unwrap();
    }
}

async fn remove(desk: Desk, number: Vec<String>) -> Result<desk::Done, DeskError> {
    desk.remove_members("operator", &number, "deceased").await
}

/// Asks a desk for something in an account's name.
async fn call<T>(
    desk: Desk,
    account: &str,
    what: impl AsyncFn(&Desk, &str) -> Result<T, DeskError>,
) -> Result<T, DeskError> {
    what(&desk, account).await
}
