//! Rules of the year that are easily got wrong by a step: what counts, for whom it ends, and what is seen beforehand.

use chrono::NaiveDate;
use desk::{AskedInstant, DeskError, Review};
use domain::enrollment::{
    eligibility::RetirementDecision,
    instant::{InstantEvent, InstantKind},
    premium::Split,
};

use workers::enrollment::EnrollmentWork;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, Known, UNITS, YEAR};
use crate::conformance::engines::Place;

on_both_engines!(
    what_a_bureau_sees_beforehand_is_what_it_submits,
    a_list_made_anew_has_classes_that_add_up,
    an_instant_enrolment_without_a_voucher_ends_even_if_it_was_approved,
    a_rejected_voucher_of_an_instant_enrolment_gives_days_once,
    what_comes_back_returned_says_which_window_it_needs,
    the_forecast_knows_the_days_that_a_rejection_gave,
    a_share_that_was_paid_before_its_window_is_in_time,
    a_retirement_is_decided_about_where_only_the_calendar_suggests_it,
);

/// Two units of the first bureau have one person in both lists, and are approved.
async fn one_person_in_two_lists(place: Place) -> Scene {
    let scene = Scene::new(place).await;
    scene.submit(UNITS[1].0).await.unwrap();
    scene.campaign.relocate(20, UNITS[2].0).await;
    scene.submit(UNITS[2].0).await.unwrap();
    scene.at("2022-12-27T09:00:00+08:00");
    scene.approve_all(BUREAUS[0]).await;
    scene
}

async fn what_a_bureau_sees_beforehand_is_what_it_submits(place: Place) {
    let scene = one_person_in_two_lists(place).await;
    let account = format!("bureau-{}", BUREAUS[0]);
    let before = scene.books().await;
    let seen = scene.campaign.desk.batch_preview(&account, YEAR, BUREAUS[0]).await.unwrap();
    assert_eq!(scene.books().await, before, "looking changes nothing");
    let number = scene.batch(BUREAUS[0]).await;
    let kept = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    assert_eq!((seen.people, seen.units, seen.money.total_fen), (6, 2, 6 * 2600));
    assert_eq!((kept.people, kept.units, kept.fen.total, kept.due_fen), (6, 2, seen.money.total_fen, seen.due_fen));
}

async fn a_list_made_anew_has_classes_that_add_up(place: Place) {
    let scene = one_person_in_two_lists(place).await;
    scene.batch(BUREAUS[0]).await;
    for (unit, number) in [(UNITS[1].0, 2), (UNITS[2].0, 1)] {
        let (submission, version) = scene.campaign.desk.submission("operator", YEAR, unit).await.unwrap();
        let classes = [version.people, version.no_card, version.pending, version.retired, version.deceased];
        assert_eq!(classes.iter().sum::<i64>(), version.members, "{unit}: {version:?}");
        assert_eq!((submission.number, version.version), (format!("DW{YEAR}-{unit}-{number}"), number));
    }
}

async fn an_instant_enrolment_without_a_voucher_ends_even_if_it_was_approved(place: Place) {
    let scene = Scene::new(place).await;
    scene.at("2023-01-02T09:00:00+08:00");
    let desk = &scene.campaign.desk;
    let mut ids = Vec::new();
    for unit in [UNITS[3].0, UNITS[4].0] {
        let asked = AskedInstant::New(InstantKind::CardNoCover, Some("A"));
        let (view, _) = desk.submit_instant(&format!("clerk-{unit}"), YEAR, unit, asked).await.unwrap();
        let id = view.id.unwrap();
        desk.decide_instant(&format!("bureau-{}", BUREAUS[1]), id, InstantEvent::Approve, None).await.unwrap();
        ids.push(id);
    }
    scene.pay_instant(ids[1]).await.unwrap();
    let status = async || {
        let mut found = seen!(scene.place.store, view => store::instants::get_many(&mut view, &ids));
        found.sort_by_key(|one| one.id);
        found.into_iter().map(|one| one.status).collect::<Vec<_>>()
    };
    scene.at("2023-01-17T23:59:59+08:00");
    scene.work().await;
    assert_eq!(status().await, ["approved", "approved"], "fifteen days, the last one whole");
    scene.at("2023-01-18T00:00:00+08:00");
    scene.work().await;
    assert_eq!(status().await, ["cancelled", "approved"]);
    assert_eq!(refused(scene.pay_instant(ids[0]).await), "window-closed");
    let told = "SELECT COUNT(*) FROM audit WHERE act = 'cancel-instant' AND org_code IS NOT NULL";
    assert_eq!(scene.place.count(told).await, 1);
    scene.campaign.work(&EnrollmentWork).await;
    let mails = "SELECT COUNT(*) FROM mails WHERE kind = 'instant-expired'";
    assert_eq!(scene.place.count(mails).await, 2, "to the unit, and to the bureau that had promised cover");
}

async fn a_rejected_voucher_of_an_instant_enrolment_gives_days_once(place: Place) {
    let scene = Scene::new(place).await;
    scene.at("2023-01-02T09:00:00+08:00");
    let (unit, desk) = (UNITS[3].0, &scene.campaign.desk);
    let asked = AskedInstant::New(InstantKind::CardNoCover, Some("A"));
    let (view, _) = desk.submit_instant(&format!("clerk-{unit}"), YEAR, unit, asked).await.unwrap();
    let id = view.id.unwrap();
    desk.decide_instant(&format!("bureau-{}", BUREAUS[1]), id, InstantEvent::Approve, None).await.unwrap();
    let until = |view: &desk::InstantView| view.voucher_until.unwrap().to_rfc3339();
    assert_eq!(until(&view), "2023-01-18T00:00:00+08:00");
    scene.at("2023-01-17T23:00:00+08:00");
    scene.pay_instant(id).await.unwrap();
    // It waits at the centre: its time is not up, however long that takes.
    scene.at("2023-01-20T10:00:00+08:00");
    scene.work().await;
    let (view, _) = desk.reject_instant_payment("centre", id, "金额不符").await.unwrap();
    assert_eq!((view.status.as_str(), until(&view).as_str()), ("approved", "2023-01-26T00:00:00+08:00"));
    scene.at("2023-01-25T23:59:59+08:00");
    scene.work().await;
    scene.pay_instant(id).await.unwrap();
    scene.at("2023-01-27T10:00:00+08:00");
    let (view, _) = desk.reject_instant_payment("centre", id, "仍不符").await.unwrap();
    assert_eq!(until(&view), "2023-01-26T00:00:00+08:00", "the days are given once");
    assert_eq!(refused(scene.pay_instant(id).await), "window-closed");
    scene.work().await;
    let one = seen!(scene.place.store, view => store::instants::get_many(&mut view, &[id])).pop().unwrap();
    assert_eq!((one.status.as_str(), one.paid_at), ("cancelled", None));
    assert_eq!(refused(desk.confirm_instant_payment("centre", id).await), "no-voucher");
    scene.campaign.work(&EnrollmentWork).await;
    let mut told = Vec::new();
    for sql in [
        "SELECT COUNT(*) FROM mails WHERE kind = 'instant-voucher-uploaded'",
        "SELECT COUNT(*) FROM mails WHERE kind = 'instant-voucher-rejected'",
        "SELECT COUNT(*) FROM mails WHERE kind = 'instant-voucher-confirmed'",
    ] {
        told.push(scene.place.count(sql).await);
    }
    assert_eq!(told, [2, 4, 0], "twice to the centre, twice to unit and bureau");
}

async fn what_comes_back_returned_says_which_window_it_needs(place: Place) {
    let scene = Scene::new(place).await;
    let desk = &scene.campaign.desk;
    scene.submit(UNITS[0].0).await.unwrap();
    scene.submit(UNITS[3].0).await.unwrap();
    scene.at("2022-12-20T09:00:00+08:00");
    let reason = Review::Return { reason: "名单有误", insists: false };
    desk.review(&format!("bureau-{}", BUREAUS[0]), YEAR, BUREAUS[0], None, reason).await.unwrap();
    scene.at("2023-01-02T09:00:00+08:00");
    scene.work().await;
    for (unit, window) in [(UNITS[0].0, "submission"), (UNITS[3].0, "review-bureau")] {
        assert_eq!(scene.status(unit).await, "failed");
        let number = format!("DW{YEAR}-{unit}-1");
        let (undone, _) = desk.undo_failure("centre", &number, "补办").await.unwrap();
        let needs = undone.needs.unwrap();
        assert!(needs.contains(&format!("rollcall window extend {window} --year {YEAR}")), "{needs}");
    }
}

async fn the_forecast_knows_the_days_that_a_rejection_gave(place: Place) {
    let (scene, [number, other]) = Scene::submitted(place).await;
    let desk = &scene.campaign.desk;
    scene.at("2023-01-20T12:00:00+08:00");
    scene.pay(&number).await.unwrap();
    scene.pay(&other).await.unwrap();
    scene.at("2023-01-22T10:00:00+08:00");
    scene.work().await;
    let none = desk.forecast("operator", YEAR, None).await.unwrap();
    assert_eq!((none.window, none.submissions), (None, 0), "every window has closed, and the vouchers wait");
    desk.reject_payment("centre", &number, "金额不符").await.unwrap();
    let forecast = desk.forecast("operator", YEAR, None).await.unwrap();
    assert_eq!(forecast.closes_at.unwrap().to_rfc3339(), "2023-01-28T00:00:00+08:00");
    assert_eq!((forecast.window, forecast.submissions), (Some("bureau-payment"), 3));
    scene.at("2023-01-28T00:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM failures").await, 3, "as was forecast");
}

async fn a_share_that_was_paid_before_its_window_is_in_time(place: Place) {
    let scene = Scene::empty(place, "2022-10-26T10:00:00+08:00").await;
    let (unit, desk) = (UNITS[3].0, &scene.campaign.desk);
    scene.campaign.join(unit, &[(40, Known::Card), (41, Known::Card)]).await;
    let account = format!("bureau-{}", BUREAUS[1]);
    desk.set_premium(&account, YEAR, BUREAUS[1], "A", Split { bureau_fen: 1000, unit_fen: 300 }).await.unwrap();
    scene.at("2022-11-02T10:00:00+08:00");
    scene.submit(unit).await.unwrap();
    let day = NaiveDate::from_ymd_opt(2022, 10, 31).unwrap();
    desk.record_unit_payment(&account, YEAR, unit, 600, day).await.unwrap();
    scene.approve_all(BUREAUS[1]).await;
    scene.at("2022-12-27T10:00:00+08:00");
    scene.batch(BUREAUS[1]).await;
    assert_eq!(scene.status(unit).await, "finalized");
}

async fn a_retirement_is_decided_about_where_only_the_calendar_suggests_it(place: Place) {
    let scene = Scene::empty(place, "2022-11-02T10:00:00+08:00").await;
    let unit = UNITS[0].0;
    let people = [(10, Known::Card), (11, Known::Card), (12, Known::Nothing), (13, Known::Deceased)];
    scene.campaign.join(unit, &people).await;
    let mut numbers = Vec::new();
    for (number, _) in people {
        numbers.push(format!("{:010}", scene.campaign.person(number).await));
    }
    let (desk, clerk) = (&scene.campaign.desk, format!("clerk-{unit}"));
    let decide = async |place: usize, decision: RetirementDecision| -> Result<u64, DeskError> {
        desk.decide_retirement(&clerk, YEAR, unit, &numbers[place..=place], decision).await
    };
    assert_eq!(decide(0, RetirementDecision::Retired).await.unwrap(), 1);
    assert_eq!(decide(1, RetirementDecision::Stays).await.unwrap(), 1);
    assert_eq!(refused(decide(3, RetirementDecision::Stays).await), "nothing-to-decide");
    desk.confirm(&clerk, YEAR, unit, None).await.unwrap();
    assert_eq!(refused(decide(2, RetirementDecision::Retired).await), "confirmed");
    // Who has retired has done so for good; who stays may retire in the year after.
    let org = scene.campaign.named(unit).await;
    let of_year = async |year: i32| {
        let found = seen!(scene.place.store, view => store::candidates::of_union(&mut view, org.id, year));
        found.into_iter().map(|one| one.decision).collect::<Vec<_>>()
    };
    let decided = |words: [Option<&str>; 4]| words.map(|word| word.map(str::to_owned)).to_vec();
    assert_eq!(of_year(YEAR).await, decided([Some("retired"), Some("stays"), None, None]));
    assert_eq!(of_year(YEAR + 1).await, decided([Some("retired"), None, None, None]));
    assert_eq!(of_year(YEAR - 1).await, decided([None; 4]));
}
