//! What comes after a closing: vouchers of supplements, money that came for what an undoing would cancel, drafts of people who
//! are not there any more, and rejections long after the year.

use desk::AskedInstant;
use domain::enrollment::instant::{InstantEvent, InstantKind};
use domain::year::window::WindowKind;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, Known, UNITS, YEAR, instant};
use crate::conformance::engines::Place;

on_both_engines!(
    a_voucher_of_a_supplement_that_was_in_time_gives_more_days_once,
    money_that_came_is_neither_withdrawn_nor_undone,
    what_was_returned_or_nobody_can_approve_has_a_way_out,
    a_supplement_of_what_was_undone_has_one_notice,
    what_is_undone_long_after_the_year_fails_again_when_its_days_are_over,
    the_dead_and_those_who_have_left_are_not_in_a_draft_that_is_submitted,
    a_confirmed_member_without_a_card_whose_draft_was_given_up_comes_by_another,
    where_nothing_is_due_no_voucher_is_waited_for,
    what_waits_for_money_ends_however_late,
    a_number_that_never_was_is_not_undone,
    a_voucher_that_another_one_replaced_waits_for_nobody,
);

const UNIT: &str = UNITS[4].0;

async fn a_voucher_of_a_supplement_that_was_in_time_gives_more_days_once(place: Place) {
    let scene = Scene::new(place).await;
    let desk = &scene.campaign.desk;
    scene.submit(UNIT).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    // It was not reviewed in time; the failure is undone when payment has closed for all, and it goes in a supplement.
    scene.at("2023-01-25T09:00:00+08:00");
    desk.undo_failure("federation", &format!("DW{YEAR}-{UNIT}-1"), "漏报").await.unwrap();
    let until = instant("2023-01-29T00:00:00+08:00");
    let kind = WindowKind::ReviewBureau;
    desk.extend_window("federation", YEAR, kind, until, Some(BUREAUS[1]), "漏报").await.unwrap();
    scene.at("2023-01-28T09:00:00+08:00");
    scene.approve_all(BUREAUS[1]).await;
    let number = scene.batch(BUREAUS[1]).await;
    scene.at("2023-02-02T20:00:00+08:00");
    scene.pay(&number).await.unwrap();
    scene.at("2023-02-03T10:00:00+08:00");
    desk.reject_payment("centre", &number, "金额看不清").await.unwrap();
    scene.work().await;
    assert_eq!(scene.batch_status(&number).await, "voucher_rejected", "it had been in time");
    scene.at("2023-02-08T23:00:00+08:00");
    scene.pay(&number).await.unwrap();
    scene.at("2023-02-09T10:00:00+08:00");
    desk.reject_payment("centre", &number, "金额看不清").await.unwrap();
    assert_eq!(refused(scene.pay(&number).await), "window-closed", "the days are given once");
    scene.work().await;
    assert_eq!(scene.batch_status(&number).await, "failed");
}

/// Both batches have failed; the first unit has submitted its draft, and its bureau has sent a voucher. Batch and draft.
async fn paid(place: Place) -> (Scene, String, i64) {
    let (scene, [number, _]) = Scene::submitted(place).await;
    scene.at("2023-01-21T00:00:00+08:00");
    scene.work().await;
    scene.at("2023-01-22T09:00:00+08:00");
    let id = submit_draft(&scene, UNITS[0].0).await;
    scene.pay_instant(id).await.unwrap();
    (scene, number, id)
}

async fn submit_draft(scene: &Scene, unit: &str) -> i64 {
    let desk = &scene.campaign.desk;
    let id = desk.instants("operator", YEAR, unit, Some("draft")).await.unwrap()[0].id.unwrap();
    desk.submit_instant(&format!("clerk-{unit}"), YEAR, unit, AskedInstant::Draft(id)).await.unwrap();
    id
}

async fn money_that_came_is_neither_withdrawn_nor_undone(place: Place) {
    let (scene, number, id) = paid(place).await;
    let desk = &scene.campaign.desk;
    let clerk = format!("clerk-{}", UNITS[0].0);
    let bureau = format!("bureau-{}", BUREAUS[0]);
    let withdraw = async || desk.decide_instant(&clerk, id, InstantEvent::Withdraw, None).await.map(drop);
    assert_eq!(refused(withdraw().await), "instant-paid");
    assert_eq!(refused(desk.undo_failure("centre", &number, "凭证已到").await.map(drop)), "instant-paid");
    desk.confirm_instant_payment("centre", id).await.unwrap();
    assert_eq!(refused(withdraw().await), "instant-paid");
    assert_eq!(refused(desk.undo_failure("centre", &number, "凭证已到").await.map(drop)), "instant-paid");
    // Approved, its people are left out of what comes back, and nobody pays twice.
    desk.decide_instant(&bureau, id, InstantEvent::Approve, None).await.unwrap();
    let (undone, _) = desk.undo_failure("centre", &number, "凭证已到").await.unwrap();
    assert_eq!(undone.left_out.len(), 3);
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    assert_eq!((batch.people, batch.due_fen), (6, 6 * 1300));
}

async fn what_was_returned_or_nobody_can_approve_has_a_way_out(place: Place) {
    let (scene, number, id) = paid(place).await;
    let desk = &scene.campaign.desk;
    let [clerk, bureau] = [format!("clerk-{}", UNITS[0].0), format!("bureau-{}", BUREAUS[0])];
    // Returned with a voucher: the centre decides about it all the same.
    desk.decide_instant(&bureau, id, InstantEvent::Return, Some("名单有误")).await.unwrap();
    assert_eq!(refused(desk.undo_failure("centre", &number, "凭证已到").await.map(drop)), "instant-paid");
    desk.confirm_instant_payment("centre", id).await.unwrap();
    // Nobody of it is left, so that nothing can be approved any more: the centre takes its confirmation back.
    scene.campaign.feed(&[(10, Known::Deceased), (11, Known::Deceased), (12, Known::Deceased)]).await;
    let anew = desk.submit_instant(&clerk, YEAR, UNITS[0].0, AskedInstant::Draft(id)).await;
    assert_eq!(refused(anew.map(drop)), "nobody");
    desk.reject_instant_payment("centre", id, "名单作废，款项退回").await.unwrap();
    desk.decide_instant(&clerk, id, InstantEvent::Withdraw, None).await.unwrap();
    let (undone, _) = desk.undo_failure("centre", &number, "凭证已到").await.unwrap();
    assert_eq!((undone.units.len(), undone.left_out.len()), (3, 0));
}

async fn a_supplement_of_what_was_undone_has_one_notice(place: Place) {
    let scene = Scene::new(place).await;
    scene.submit(UNIT).await.unwrap();
    scene.approve_all(BUREAUS[1]).await;
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    let desk = &scene.campaign.desk;
    desk.undo_failure("federation", &format!("DW{YEAR}-{UNIT}-1"), "漏报").await.unwrap();
    // The list is at the centre before anybody has read that the failure was undone.
    scene.batch(BUREAUS[1]).await;
    scene.campaign.work(&workers::enrollment::EnrollmentWork).await;
    let notices = desk.notices("operator", YEAR, BUREAUS[1]).await.unwrap();
    let of_bureau: Vec<_> = notices.iter().filter(|one| one.org == BUREAUS[1]).map(|one| one.version).collect();
    assert_eq!(of_bureau, [1]);
    let told = "SELECT COUNT(*) FROM mails WHERE kind = 'failure-undone'";
    assert_eq!(scene.place.count(told).await, 2);
}

async fn what_is_undone_long_after_the_year_fails_again_when_its_days_are_over(place: Place) {
    let scene = Scene::new(place).await;
    scene.submit(UNIT).await.unwrap();
    scene.approve_all(BUREAUS[1]).await;
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    scene.at("2024-04-01T09:00:00+08:00");
    scene.work().await;
    let desk = &scene.campaign.desk;
    desk.undo_failure("federation", &format!("DW{YEAR}-{UNIT}-1"), "漏报").await.unwrap();
    assert_eq!(scene.status(UNIT).await, "approved");
    scene.at("2024-04-20T09:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.status(UNIT).await, "failed");
}

async fn the_dead_and_those_who_have_left_are_not_in_a_draft_that_is_submitted(place: Place) {
    let scene = Scene::new(place).await;
    scene.submit(UNIT).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    scene.campaign.feed(&[(50, Known::Deceased)]).await;
    let desk = &scene.campaign.desk;
    let gone = format!("{:010}", scene.campaign.person(51).await);
    let removed = desk.remove_members(&format!("clerk-{UNIT}"), &[gone], "convicted").await.unwrap();
    assert_eq!(removed.items.len(), 1);
    let id = desk.instants("operator", YEAR, UNIT, Some("draft")).await.unwrap()[0].id.unwrap();
    let submitted = desk.submit_instant(&format!("clerk-{UNIT}"), YEAR, UNIT, AskedInstant::Draft(id)).await;
    let (view, _) = submitted.unwrap();
    let mut why: Vec<&str> = view.left_out.iter().map(|one| one.reason).collect();
    why.sort_unstable();
    assert_eq!(why, ["deceased", "no-member"]);
    assert_eq!((view.headcount, view.money.total_fen), (1, 2600));
    // Who moves and dies before the bureau looks at it is left out then.
    scene.campaign.relocate(52, UNITS[3].0).await;
    scene.campaign.feed(&[(52, Known::Deceased)]).await;
    let approved = desk.decide_instant(&format!("bureau-{}", BUREAUS[1]), id, InstantEvent::Approve, None).await;
    assert_eq!(refused(approved.map(drop)), "nobody");
}

async fn a_confirmed_member_without_a_card_whose_draft_was_given_up_comes_by_another(place: Place) {
    let scene = Scene::new(place).await;
    scene.campaign.join(UNIT, &[(90, Known::Nothing)]).await;
    let desk = &scene.campaign.desk;
    let clerk = format!("clerk-{UNIT}");
    assert_eq!(desk.confirm(&clerk, YEAR, UNIT, None).await.unwrap(), 1);
    scene.submit(UNIT).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    let id = desk.instants("operator", YEAR, UNIT, Some("draft")).await.unwrap()[0].id.unwrap();
    desk.decide_instant(&clerk, id, InstantEvent::Withdraw, None).await.unwrap();
    let anew = AskedInstant::New(InstantKind::CardNoCover, Some("A"));
    let (view, _) = desk.submit_instant(&clerk, YEAR, UNIT, anew).await.unwrap();
    assert_eq!(view.headcount, 4, "the three with a card, and the one who was confirmed");
}

async fn where_nothing_is_due_no_voucher_is_waited_for(place: Place) {
    let scene = Scene::empty(place, "2022-10-20T09:00:00+08:00").await;
    let shipped = include_str!("../../years/2023.toml");
    let free =
        shipped.replacen("municipal = \"13.00\"\nbureau = \"13.00\"", "municipal = \"26.00\"\nbureau = \"0.00\"", 1);
    assert_ne!(free, shipped);
    let desk = &scene.campaign.desk;
    desk.load_year("federation", &free).await.unwrap();
    scene.campaign.join(UNIT, &[(50, Known::Card)]).await;
    scene.at("2023-01-05T09:00:00+08:00");
    let anew = AskedInstant::New(InstantKind::CardNoCover, Some("A"));
    let (view, _) = desk.submit_instant(&format!("clerk-{UNIT}"), YEAR, UNIT, anew).await.unwrap();
    let id = view.id.unwrap();
    assert_eq!((view.voucher_until, view.paid_at.is_some(), view.money.bureau_fen), (None, true, 0));
    desk.decide_instant(&format!("bureau-{}", BUREAUS[1]), id, InstantEvent::Approve, None).await.unwrap();
    scene.at("2023-03-01T09:00:00+08:00");
    scene.work().await;
    assert_eq!(desk.instants("operator", YEAR, UNIT, None).await.unwrap()[0].status, "approved");
}

async fn what_waits_for_money_ends_however_late(place: Place) {
    let scene = Scene::new(place).await;
    let desk = &scene.campaign.desk;
    scene.at("2023-12-29T09:00:00+08:00");
    let anew = AskedInstant::New(InstantKind::CardNoCover, Some("A"));
    let (view, _) = desk.submit_instant(&format!("clerk-{UNIT}"), YEAR, UNIT, anew).await.unwrap();
    let id = view.id.unwrap();
    desk.decide_instant(&format!("bureau-{}", BUREAUS[1]), id, InstantEvent::Approve, None).await.unwrap();
    scene.pay_instant(id).await.unwrap();
    scene.at("2024-03-05T09:00:00+08:00");
    scene.work().await;
    desk.reject_instant_payment("centre", id, "没有到账").await.unwrap();
    let status = async || desk.instants("operator", YEAR, UNIT, None).await.unwrap()[0].status.clone();
    scene.at("2024-03-10T23:00:00+08:00");
    scene.work().await;
    assert_eq!(status().await, "approved", "five whole days");
    scene.at("2024-03-11T02:00:00+08:00");
    scene.work().await;
    assert_eq!(status().await, "cancelled");
    // Then nothing is waited for any more, and the year is at rest.
    scene.at("2024-04-01T02:00:00+08:00");
    assert!(scene.work().await.is_empty());
}

async fn a_number_that_never_was_is_not_undone(place: Place) {
    let scene = Scene::new(place).await;
    scene.submit(UNIT).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    let undo = async |version: u32| {
        let number = format!("DW{YEAR}-{UNIT}-{version}");
        scene.campaign.desk.undo_failure("federation", &number, "漏报").await.map(drop)
    };
    assert_eq!((refused(undo(2).await), refused(undo(0).await)), ("unknown", "unknown"));
    undo(1).await.unwrap();
}

async fn a_voucher_that_another_one_replaced_waits_for_nobody(place: Place) {
    let (scene, [number, _]) = Scene::submitted(place).await;
    let desk = &scene.campaign.desk;
    scene.pay(&number).await.unwrap();
    scene.pay(&number).await.unwrap();
    let verdicts = async || {
        let all = desk.vouchers("operator", &number).await.unwrap();
        all.into_iter().map(|one| one.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts().await, [Some("replaced".to_owned()), None]);
    desk.confirm_payment("centre", &number).await.unwrap();
    assert_eq!(verdicts().await, [Some("replaced".to_owned()), Some("confirmed".to_owned())]);
}
