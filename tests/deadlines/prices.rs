//! What a submission was received with holds for it: its price, and its people, whatever is set or moved or ticks beside it.

use chrono::NaiveDate;
use desk::Review;
use domain::enrollment::premium::Split;
use domain::year::window::WindowKind;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, UNITS, YEAR, instant};
use crate::conformance::engines::Place;

on_both_engines!(
    a_split_set_later_leaves_the_money_of_what_came_before,
    a_union_that_moved_goes_with_its_new_bureau_at_its_old_price,
    a_union_that_moved_and_fails_is_told_with_its_new_bureau,
    what_is_with_the_centre_keeps_its_people_whatever_the_clocks_say,
    a_bureau_that_has_submitted_has_nothing_left_to_preview,
    an_extension_leaves_room_for_what_follows,
    roles_are_held_where_they_decide,
);

/// Ten yuan the bureau's, three the unit's.
const SPLIT: Split = Split { bureau_fen: 1000, unit_fen: 300 };

async fn set_split(scene: &Scene, bureau: &str) {
    let desk = &scene.campaign.desk;
    desk.set_premium(&format!("bureau-{bureau}"), YEAR, bureau, "A", SPLIT).await.unwrap();
}

async fn fen_of(scene: &Scene, unit: &str) -> (i64, i64, i64) {
    let (one, _) = scene.campaign.desk.submission("operator", YEAR, unit).await.unwrap();
    (one.people, one.fen.bureau, one.fen.unit)
}

async fn a_split_set_later_leaves_the_money_of_what_came_before(place: Place) {
    let scene = Scene::new(place).await;
    let bureau = BUREAUS[1];
    let desk = &scene.campaign.desk;
    let until = instant("2022-11-16T00:00:00+08:00");
    desk.extend_window("federation", YEAR, WindowKind::PremiumSetting, until, Some(bureau), "系统故障").await.unwrap();
    let [before, after] = [UNITS[3].0, UNITS[4].0];
    scene.at("2022-11-05T09:00:00+08:00");
    scene.submit(before).await.unwrap();
    scene.at("2022-11-10T09:00:00+08:00");
    set_split(&scene, bureau).await;
    scene.at("2022-11-11T09:00:00+08:00");
    scene.submit(after).await.unwrap();
    assert_eq!((fen_of(&scene, before).await, fen_of(&scene, after).await), ((3, 3900, 0), (3, 3000, 900)));
    let paid_on = NaiveDate::from_ymd_opt(2022, 11, 11).unwrap();
    desk.record_unit_payment(&format!("bureau-{bureau}"), YEAR, after, 900, paid_on).await.unwrap();
    scene.at("2022-12-27T09:00:00+08:00");
    scene.approve_all(bureau).await;
    let number = scene.batch(bureau).await;
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    assert_eq!((batch.people, batch.fen.bureau, batch.fen.unit), (6, 6900, 900));
}

/// A unit of the first bureau has submitted, and moves below the second, which has another split.
async fn moved(place: Place, is_approved: bool) -> (Scene, &'static str) {
    let scene = Scene::new(place).await;
    scene.at("2022-10-28T09:00:00+08:00");
    set_split(&scene, BUREAUS[1]).await;
    scene.at("2022-11-05T09:00:00+08:00");
    let unit = UNITS[1].0;
    scene.submit(unit).await.unwrap();
    if is_approved {
        scene.approve_all(BUREAUS[0]).await;
    }
    scene.at("2022-12-20T09:00:00+08:00");
    scene.campaign.desk.move_organization("operator", unit, BUREAUS[1]).await.unwrap();
    (scene, unit)
}

async fn a_union_that_moved_goes_with_its_new_bureau_at_its_old_price(place: Place) {
    let (scene, unit) = moved(place, true).await;
    let own = UNITS[3].0;
    scene.submit(own).await.unwrap();
    let desk = &scene.campaign.desk;
    let paid_on = NaiveDate::from_ymd_opt(2022, 12, 20).unwrap();
    desk.record_unit_payment(&format!("bureau-{}", BUREAUS[1]), YEAR, own, 900, paid_on).await.unwrap();
    scene.at("2022-12-27T09:00:00+08:00");
    scene.approve_all(BUREAUS[1]).await;
    let number = scene.batch(BUREAUS[1]).await;
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    assert_eq!((batch.units, batch.people, batch.fen.bureau, batch.fen.unit), (2, 6, 3900 + 3000, 900));
    assert_eq!((scene.status(unit).await, scene.status(own).await), ("finalized".into(), "finalized".into()));
}

async fn a_union_that_moved_and_fails_is_told_with_its_new_bureau(place: Place) {
    let (scene, unit) = moved(place, false).await;
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.status(unit).await, "failed");
    let told = "SELECT COUNT(*) FROM mails WHERE kind = 'enrollment-failed' \
        AND recipient IN ('3199010002@example.org', '319902@example.org')";
    let all = "SELECT COUNT(*) FROM mails WHERE kind = 'enrollment-failed'";
    assert_eq!((scene.place.count(told).await, scene.place.count(all).await), (2, 2), "none goes to the old bureau");
}

async fn what_is_with_the_centre_keeps_its_people_whatever_the_clocks_say(place: Place) {
    let scene = Scene::new(place).await;
    let [first, second] = [UNITS[1].0, UNITS[3].0];
    scene.submit(first).await.unwrap();
    // He moves after the first union has submitted; that bureau's list is first at the centre, by a clock that is ahead.
    scene.campaign.relocate(20, second).await;
    scene.submit(second).await.unwrap();
    scene.at("2022-12-27T09:00:00.000002+08:00");
    for bureau in BUREAUS {
        scene.approve_all(bureau).await;
    }
    scene.batch(BUREAUS[0]).await;
    scene.at("2022-12-27T09:00:00.000001+08:00");
    scene.batch(BUREAUS[1]).await;
    assert_eq!((fen_of(&scene, first).await.0, fen_of(&scene, second).await.0), (3, 3), "one person is covered once");
    assert_eq!((scene.status(first).await, scene.status(second).await), ("finalized".into(), "finalized".into()));
}

async fn a_bureau_that_has_submitted_has_nothing_left_to_preview(place: Place) {
    let (scene, _) = Scene::submitted(place).await;
    let account = format!("bureau-{}", BUREAUS[0]);
    let preview = scene.campaign.desk.batch_preview(&account, YEAR, BUREAUS[0]).await;
    assert_eq!(refused(preview.map(drop)), "already-submitted");
}

async fn an_extension_leaves_room_for_what_follows(place: Place) {
    let scene = Scene::new(place).await;
    let extend = async |kind, until: &str, org| {
        let until = instant(until);
        let done = scene.campaign.desk.extend_window("federation", YEAR, kind, until, org, "系统故障").await;
        done.map(|view| view.note)
    };
    let (unit, bureau) = (UNITS[3].0, BUREAUS[1]);
    let (late, later) = ("2023-01-10T00:00:00+08:00", "2023-01-25T00:00:00+08:00");
    assert_eq!(refused(extend(WindowKind::Submission, late, Some(unit)).await.map(drop)), "window-order");
    assert_eq!(refused(extend(WindowKind::FinalSubmission, later, Some(bureau)).await.map(drop)), "window-order");
    for kind in [WindowKind::FinalSubmission, WindowKind::ReviewBureau, WindowKind::BureauPayment] {
        assert_eq!(refused(extend(kind, late, Some(unit)).await.map(drop)), "not-extendable");
    }
    extend(WindowKind::FinalSubmission, late, Some(bureau)).await.unwrap();
    let note = extend(WindowKind::Submission, late, Some(unit)).await.unwrap();
    let note = note.unwrap();
    assert!(note.contains("unit-payment") && note.contains("review-bureau"), "what else ends before: {note}");
    extend(WindowKind::ReviewBureau, late, Some(bureau)).await.unwrap();
    extend(WindowKind::UnitPayment, late, Some(unit)).await.unwrap();
    let again = extend(WindowKind::Submission, "2023-01-10T00:00:00.000001+08:00", Some(unit)).await;
    assert_eq!(refused(again.map(drop)), "window-order");
    scene.at("2023-01-09T23:59:59+08:00");
    scene.submit(unit).await.unwrap();
    scene.approve(unit).await;
    scene.batch(bureau).await;
    assert_eq!(scene.status(unit).await, "finalized");
}

async fn roles_are_held_where_they_decide(place: Place) {
    let scene = Scene::new(place).await;
    let desk = &scene.campaign.desk;
    desk.add_account("federation", "somebody", None).await.unwrap();
    for (role, org) in [("bureau", UNITS[3].0), ("bureau", "31990101"), ("reviewer", BUREAUS[1]), ("reviewer", "3199")]
    {
        assert_eq!(refused(desk.grant("federation", "somebody", role, Some(org)).await), "wrong-level");
    }
    desk.grant("federation", "somebody", "clerk", Some(UNITS[3].0)).await.unwrap();
    assert_eq!(refused(desk.grant("federation", "federation", "operator", None).await), "no-right");
    assert_eq!(refused(desk.revoke("federation", "operator", "operator", None).await), "no-right");
    desk.grant("operator", "somebody", "operator", None).await.unwrap();
    let refusals = "SELECT COUNT(*) FROM audit WHERE account = 'federation' AND outcome = 'refused: no-right'";
    assert_eq!(scene.place.count(refusals).await, 2);
    let seen = "SELECT COUNT(*) FROM audit WHERE account = 'clerk-3199020001' AND act = 'see-members'";
    let stranger = format!("{:010}", scene.campaign.person(10).await);
    assert_eq!(refused(desk.member("clerk-3199020001", &stranger).await.map(drop)), "unknown");
    assert_eq!(scene.place.count(seen).await, 1, "who looked sideways is on record");
}

impl Scene {
    /// Approves one unit's submission.
    async fn approve(&self, unit: &str) {
        let bureau = &unit[..6];
        let named = [unit.to_owned()];
        let desk = &self.campaign.desk;
        desk.review(&format!("bureau-{bureau}"), YEAR, bureau, Some(&named), Review::Approve).await.unwrap();
    }
}
