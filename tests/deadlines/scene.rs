//! A campaign on a clock that the test moves, with the few acts that bring submissions to where a deadline finds them.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use desk::{DeskError, FileOffer, Payment, Review};
use domain::enrollment::batch::Contact;
use runtime::{SeededIds, TestClock};
use store::messages::Job;
use tempfile::TempDir;
use workers::deadline::DeadlineWork;

use crate::campaign::{BUREAUS, Campaign, Known, UNITS, YEAR, instant};
use crate::conformance::engines::Place;

pub struct Scene {
    pub place: Place,
    pub campaign: Campaign,
    pub clock: Arc<TestClock>,
    folder: TempDir,
}

impl Scene {
    /// Every unit has three members with a card; it is the evening of 1 November.
    pub async fn new(place: Place) -> Self {
        let scene = Self::empty(place, "2022-11-01T20:00:00+08:00").await;
        for (number, (unit, _)) in (1..).zip(UNITS) {
            let people: Vec<_> = (0..3).map(|one| (number * 10 + one, Known::Card)).collect();
            scene.campaign.join(unit, &people).await;
        }
        scene
    }

    /// The federation alone, set up at that instant.
    pub async fn empty(place: Place, at: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("rollcall-deadlines-").tempdir().unwrap();
        let clock = Arc::new(TestClock::new(instant(at)));
        let ids = Arc::new(SeededIds::new(1));
        let campaign = Campaign::new(place.store.clone(), clock.clone(), ids, folder.path());
        campaign.found().await;
        Self { place, campaign, clock, folder }
    }

    /// Another process on the same database.
    pub fn another(&self, seed: u64) -> Campaign {
        Campaign::new(self.place.open(), self.clock.clone(), Arc::new(SeededIds::new(seed)), self.folder.path())
    }

    pub fn at(&self, at: &str) {
        self.clock.set_business(instant(at));
    }

    /// Notices what came due and works it off.
    pub async fn work(&self) -> Vec<Job> {
        self.campaign.work(&DeadlineWork).await
    }

    pub async fn submit(&self, unit: &str) -> Result<(), DeskError> {
        self.campaign.desk.submit(&format!("clerk-{unit}"), YEAR, unit, Some("A")).await.map(drop)
    }

    pub async fn approve_all(&self, bureau: &str) {
        let (outcomes, _) =
            self.campaign.desk.review(&format!("bureau-{bureau}"), YEAR, bureau, None, Review::Approve).await.unwrap();
        assert!(outcomes.iter().all(|one| one.outcome == "done"), "{outcomes:?}");
    }

    /// Submits a bureau's list; its number.
    pub async fn batch(&self, bureau: &str) -> String {
        let contact = Contact::read("周敏", "13800000000", "zhou@example.org").unwrap();
        let account = format!("bureau-{bureau}");
        let batch = self.campaign.desk.submit_batch(&account, YEAR, bureau, &contact).await.unwrap();
        batch.view.batch_no.unwrap()
    }

    /// Every unit has submitted and is approved, and both bureaus' lists are with the centre on 27 December.
    pub async fn submitted(place: Place) -> (Self, [String; 2]) {
        let scene = Self::new(place).await;
        for (unit, _) in UNITS {
            scene.submit(unit).await.unwrap();
        }
        scene.at("2022-12-27T09:00:00+08:00");
        let mut numbers = Vec::new();
        for bureau in BUREAUS {
            scene.approve_all(bureau).await;
            numbers.push(scene.batch(bureau).await);
        }
        (scene, numbers.try_into().unwrap())
    }

    fn voucher(&self) -> PathBuf {
        let path = self.folder.path().join("voucher.pdf");
        std::fs::write(&path, b"%PDF-1.4 invented").unwrap();
        path
    }

    /// Uploads a voucher over all that is due.
    pub async fn pay(&self, batch_no: &str) -> Result<(), DeskError> {
        let batch = seen!(self.place.store, view => store::batches::find(&mut view, batch_no)).unwrap();
        let file = FileOffer { path: self.voucher(), file_name: "voucher.pdf".to_owned() };
        let paid_on = NaiveDate::from_ymd_opt(2022, 12, 27).unwrap();
        let payment = Payment { amount_fen: batch.due_fen, paid_on };
        let account = format!("bureau-{}", batch.org_code);
        self.campaign.desk.upload_voucher(&account, batch_no, &file, &payment).await.map(drop)
    }

    /// Uploads a voucher over all that is due of an instant enrolment.
    pub async fn pay_instant(&self, id: i64) -> Result<(), DeskError> {
        let instant = seen!(self.place.store, view => store::instants::get_many(&mut view, &[id])).pop().unwrap();
        let file = FileOffer { path: self.voucher(), file_name: "voucher.pdf".to_owned() };
        let paid_on = NaiveDate::from_ymd_opt(2023, 1, 2).unwrap();
        let payment = Payment { amount_fen: instant.fen.bureau + instant.fen.unit, paid_on };
        let account = format!("bureau-{}", &instant.org_code[..6]);
        self.campaign.desk.upload_instant_voucher(&account, id, &file, &payment).await.map(drop)
    }

    /// The status of a unit's submission.
    pub async fn status(&self, unit: &str) -> String {
        let org = self.campaign.named(unit).await;
        seen!(self.place.store, view => store::submissions::find(&mut view, YEAR, org.id)).unwrap().status
    }

    /// The status of a batch.
    pub async fn batch_status(&self, batch_no: &str) -> String {
        seen!(self.place.store, view => store::batches::find(&mut view, batch_no)).unwrap().status
    }

    /// All that a deadline may change, to see that nothing has.
    pub async fn books(&self) -> [i64; 8] {
        [
            self.place.count("SELECT COUNT(*) FROM failures").await,
            self.place.count("SELECT COUNT(*) FROM instants").await,
            self.place.count("SELECT COUNT(*) FROM instant_people").await,
            self.place.count("SELECT COUNT(*) FROM mails").await,
            self.place.count("SELECT COUNT(*) FROM messages WHERE queue <> 'deadlines'").await,
            self.place.count("SELECT COUNT(*) FROM submissions WHERE status = 'failed'").await,
            self.place.count("SELECT COUNT(*) FROM submissions WHERE status = 'effective'").await,
            self.place.count("SELECT COUNT(*) FROM audit").await,
        ]
    }
}

/// The code of a refusal.
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, DeskError>) -> &'static str {
    match outcome {
        Err(DeskError::Refused(refusal)) => refusal.code,
        other => panic!("it was not refused: {other:?}"),
    }
}
