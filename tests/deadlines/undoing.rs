//! Undoing a failure, and what follows: the batch goes on, its drafts are gone, and its days run out again.

use desk::AskedInstant;
use domain::enrollment::instant::{InstantEvent, InstantKind};

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, UNITS, YEAR};
use crate::conformance::engines::Place;

on_both_engines!(
    an_undone_batch_goes_on_as_if_it_had_been_in_time,
    an_undone_batch_fails_again_when_its_days_are_over,
    an_undone_submission_goes_into_a_batch_of_its_own,
    who_is_covered_meanwhile_is_left_out_of_what_is_undone,
    two_drafts_with_one_person_do_not_stand_in_each_others_way,
);

const DRAFTS: &str = "SELECT COUNT(*) FROM instants WHERE status = 'draft'";

/// Both batches have failed for want of a voucher.
async fn failed(place: Place) -> (Scene, [String; 2]) {
    let (scene, numbers) = Scene::submitted(place).await;
    scene.at("2023-01-21T00:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.place.count(DRAFTS).await, 5);
    (scene, numbers)
}

async fn an_undone_batch_goes_on_as_if_it_had_been_in_time(place: Place) {
    let (scene, [number, _]) = failed(place).await;
    let (undone, _) = scene.campaign.desk.undo_failure("centre", &number, "凭证已到").await.unwrap();
    assert_eq!((undone.units.len(), undone.cancelled_drafts, undone.left_out.len()), (3, 3, 0));
    assert_eq!(refused(scene.campaign.desk.undo_failure("centre", &number, "凭证已到").await), "not-failed");
    scene.at("2023-01-26T23:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.status(UNITS[0].0).await, "finalized", "five whole days");
    scene.pay(&number).await.unwrap();
    scene.campaign.desk.confirm_payment("centre", &number).await.unwrap();
    scene.at("2023-02-05T09:00:00+08:00");
    scene.work().await;
    assert_eq!((scene.status(UNITS[0].0).await, scene.status(UNITS[4].0).await), ("effective".into(), "failed".into()));
    assert_eq!(scene.place.count(DRAFTS).await, 2);
}

async fn an_undone_batch_fails_again_when_its_days_are_over(place: Place) {
    let (scene, [number, _]) = failed(place).await;
    scene.campaign.desk.undo_failure("centre", &number, "凭证已到").await.unwrap();
    scene.at("2023-01-27T00:00:00+08:00");
    scene.work().await;
    assert_eq!((scene.batch_status(&number).await, scene.status(UNITS[0].0).await), ("failed".into(), "failed".into()));
    assert_eq!(scene.place.count(DRAFTS).await, 5, "there are drafts again");
    let told = "SELECT COUNT(*) FROM mails WHERE kind = 'enrollment-failed'";
    assert_eq!(scene.place.count(told).await, 2 * 8, "unit and bureau, of each failure");
    let open = "SELECT COUNT(*) FROM failures WHERE undone_at IS NULL";
    assert_eq!((scene.place.count(open).await, scene.place.count("SELECT COUNT(*) FROM failures").await), (5, 8));
}

async fn an_undone_submission_goes_into_a_batch_of_its_own(place: Place) {
    let scene = Scene::new(place).await;
    for unit in [UNITS[3].0, UNITS[4].0] {
        scene.submit(unit).await.unwrap();
    }
    scene.at("2022-12-27T09:00:00+08:00");
    let account = format!("bureau-{}", BUREAUS[1]);
    let approve = async |unit: &str| {
        let named = [unit.to_owned()];
        let done = scene.campaign.desk.review(&account, YEAR, BUREAUS[1], Some(&named), desk::Review::Approve).await;
        let (outcomes, _) = done.unwrap();
        assert_eq!(outcomes[0].outcome, "done");
        outcomes[0].message.clone()
    };
    assert_eq!(approve(UNITS[3].0).await, None);
    scene.batch(BUREAUS[1]).await;
    let warned = approve(UNITS[4].0).await.unwrap();
    assert!(warned.contains("is in no batch"), "what a bureau approves after its list has gone is not in it: {warned}");
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    let unit = UNITS[4].0;
    assert_eq!(scene.status(unit).await, "failed");
    let numbered = format!("DW{YEAR}-{unit}-1");
    scene.campaign.desk.undo_failure("federation", &numbered, "漏报").await.unwrap();
    assert_eq!(scene.status(unit).await, "approved");
    scene.work().await;
    let supplement = scene.batch(BUREAUS[1]).await;
    assert_eq!(scene.status(unit).await, "finalized");
    scene.at("2023-01-06T23:00:00+08:00");
    scene.pay(&supplement).await.unwrap();
    scene.campaign.desk.confirm_payment("centre", &supplement).await.unwrap();
    assert_eq!((scene.status(unit).await, scene.status(UNITS[3].0).await), ("effective".into(), "finalized".into()));
}

/// Submits an instant enrolment and has it approved.
async fn approve(scene: &Scene, unit: &str, asked: AskedInstant<'_>) -> Vec<String> {
    let desk = &scene.campaign.desk;
    let (view, _) = desk.submit_instant(&format!("clerk-{unit}"), YEAR, unit, asked).await.unwrap();
    let bureau = format!("bureau-{}", &unit[..6]);
    let (view, _) = desk.decide_instant(&bureau, view.id.unwrap(), InstantEvent::Approve, None).await.unwrap();
    assert_eq!(view.status, "approved");
    view.people.into_iter().map(|one| one.member_no).collect()
}

async fn draft_of(scene: &Scene, unit: &str) -> i64 {
    let drafts = scene.campaign.desk.instants("operator", YEAR, unit, Some("draft")).await.unwrap();
    drafts.into_iter().find_map(|one| one.id).unwrap()
}

async fn who_is_covered_meanwhile_is_left_out_of_what_is_undone(place: Place) {
    let (scene, [number, _]) = failed(place).await;
    let unit = UNITS[0].0;
    let desk = &scene.campaign.desk;
    // One unit has its draft approved; another has withdrawn its own and enrolled its people anew.
    let mut covered = approve(&scene, unit, AskedInstant::Draft(draft_of(&scene, unit).await)).await;
    let other = UNITS[1].0;
    let draft = draft_of(&scene, other).await;
    desk.submit_instant(&format!("clerk-{other}"), YEAR, other, AskedInstant::Draft(draft)).await.unwrap();
    desk.decide_instant(&format!("clerk-{other}"), draft, InstantEvent::Withdraw, None).await.unwrap();
    covered.extend(approve(&scene, other, AskedInstant::New(InstantKind::CardNoCover, Some("A"))).await);
    let (undone, _) = desk.undo_failure("centre", &number, "凭证已到").await.unwrap();
    covered.sort();
    assert_eq!((undone.left_out, covered.len()), (covered, 6));
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    assert_eq!((batch.people, batch.fen.total), (3, 3 * 2600));
}

async fn two_drafts_with_one_person_do_not_stand_in_each_others_way(place: Place) {
    let scene = Scene::new(place).await;
    let (from, to) = (UNITS[3].0, UNITS[4].0);
    scene.submit(from).await.unwrap();
    // He moves after the first union has submitted, and the second one submits with him.
    scene.campaign.relocate(40, to).await;
    scene.submit(to).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.place.count(DRAFTS).await, 2);
    let first = approve(&scene, to, AskedInstant::Draft(draft_of(&scene, to).await)).await;
    let second = approve(&scene, from, AskedInstant::Draft(draft_of(&scene, from).await)).await;
    assert_eq!((first.len(), second.len()), (4, 2), "{first:?} {second:?}");
}
