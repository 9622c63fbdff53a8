//! Two at the same moment about one person or one submission: whoever comes second sees what the first has done.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use desk::{AskedInstant, DeskError, InstantView};
use domain::enrollment::instant::{InstantEvent, InstantKind};
use domain::year::window::WindowKind;
use store::Unit;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, UNITS, YEAR, instant};
use crate::conformance::engines::Place;

on_both_engines!(
    an_approval_beside_a_list_covers_nobody_of_the_list,
    a_list_beside_an_approval_covers_nobody_of_the_approval,
    two_approvals_at_once_cover_one_person_once,
    an_undoing_beside_an_approval_covers_nobody_of_the_approval,
    a_unit_that_submits_while_its_list_goes_to_the_centre_is_refused,
);

/// People whom two things cover for good.
const TWICE: &str = "SELECT COUNT(*) FROM (SELECT person_id FROM ( \
    SELECT submission_people.person_id FROM submission_people JOIN submissions \
    ON submissions.version_id = submission_people.version_id WHERE submissions.status IN ('finalized', 'effective') \
    UNION ALL SELECT instant_people.person_id FROM instant_people JOIN instants ON instants.id = instant_people.instant_id \
    WHERE instants.status = 'approved') AS covered GROUP BY person_id HAVING COUNT(*) > 1) AS twice";

/// Does `first` up to where it comes to what `held` has, then `second` until it is over or waits, then the rest of both.
/// `SQLite` has one unit at a time: there they can only come one behind the other.
fn beside<A, B>(
    scene: &Scene,
    held: Unit,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> Pin<Box<impl Future<Output = (A, B)>>> {
    Box::pin(async move {
        if !scene.place.is_postgres() {
            held.rollback().await.unwrap();
            return (first.await, second.await);
        }
        let is_over = AtomicBool::new(false);
        let second = async {
            scene.place.until_waiting(1, || false).await;
            let done = second.await;
            is_over.store(true, Ordering::SeqCst);
            done
        };
        let release = async {
            scene.place.until_waiting(2, || is_over.load(Ordering::SeqCst)).await;
            held.rollback().await.unwrap();
        };
        let (first, second, ()) = tokio::join!(first, second, release);
        (first, second)
    })
}

/// Holds the number that the next list of that day takes: whoever is that far waits.
async fn hold_number(scene: &Scene, day: &str) -> Unit {
    let mut held = scene.place.store.begin().await.unwrap();
    store::submissions::next_number(&mut held, &format!("CB{day}")).await.unwrap();
    held
}

/// Holds the people of an instant enrolment: whoever writes them waits.
async fn hold_people(scene: &Scene, id: i64) -> Unit {
    let mut held = scene.place.store.begin().await.unwrap();
    let people = store::instants::people(&mut held, id).await.unwrap();
    store::instants::replace_people(&mut held, id, &people).await.unwrap();
    held
}

async fn approve(scene: &Scene, unit: &str, id: i64) -> Result<InstantView, DeskError> {
    let bureau = format!("bureau-{}", &unit[..6]);
    scene.campaign.desk.decide_instant(&bureau, id, InstantEvent::Approve, None).await.map(|(view, _)| view)
}

async fn submit_instant(scene: &Scene, unit: &str, asked: AskedInstant<'_>) -> i64 {
    let clerk = format!("clerk-{unit}");
    scene.campaign.desk.submit_instant(&clerk, YEAR, unit, asked).await.unwrap().0.id.unwrap()
}

/// An instant enrolment waits for its approval, and one of its people moved to a unit whose list, within an extension, is
/// about to go to the centre. Unit and number of the enrolment.
async fn one_person_in_both(place: Place) -> (Scene, &'static str, i64) {
    let scene = Scene::new(place).await;
    scene.at("2022-12-30T09:00:00+08:00");
    for kind in [WindowKind::FinalSubmission, WindowKind::Submission, WindowKind::Review, WindowKind::ReviewBureau] {
        let until = instant("2023-01-10T00:00:00+08:00");
        let desk = &scene.campaign.desk;
        desk.extend_window("federation", YEAR, kind, until, Some(BUREAUS[0]), "系统故障").await.unwrap();
    }
    scene.at("2023-01-02T09:00:00+08:00");
    let unit = UNITS[3].0;
    let id = submit_instant(&scene, unit, AskedInstant::New(InstantKind::CardNoCover, Some("A"))).await;
    scene.campaign.relocate(40, UNITS[0].0).await;
    scene.submit(UNITS[0].0).await.unwrap();
    scene.approve_all(BUREAUS[0]).await;
    (scene, unit, id)
}

async fn people_of_list(scene: &Scene, number: &str) -> i64 {
    seen!(scene.place.store, view => store::batches::find(&mut view, number)).unwrap().people
}

async fn an_approval_beside_a_list_covers_nobody_of_the_list(place: Place) {
    let (scene, unit, id) = one_person_in_both(place).await;
    let held = hold_number(&scene, "20230102").await;
    let (number, approved) = beside(&scene, held, scene.batch(BUREAUS[0]), approve(&scene, unit, id)).await;
    assert_eq!(scene.place.count(TWICE).await, 0);
    let approved = approved.unwrap();
    assert_eq!((approved.people.len(), approved.left_out.len()), (2, 1));
    assert_eq!(people_of_list(&scene, &number).await, 4);
}

async fn a_list_beside_an_approval_covers_nobody_of_the_approval(place: Place) {
    let (scene, unit, id) = one_person_in_both(place).await;
    let held = hold_people(&scene, id).await;
    let (approved, number) = beside(&scene, held, approve(&scene, unit, id), scene.batch(BUREAUS[0])).await;
    assert_eq!(scene.place.count(TWICE).await, 0);
    assert_eq!((approved.unwrap().people.len(), people_of_list(&scene, &number).await), (3, 3));
}

async fn draft_of(scene: &Scene, unit: &str) -> i64 {
    let drafts = scene.campaign.desk.instants("operator", YEAR, unit, Some("draft")).await.unwrap();
    drafts.into_iter().find_map(|one| one.id).unwrap()
}

async fn two_approvals_at_once_cover_one_person_once(place: Place) {
    let scene = Scene::new(place).await;
    let (from, to) = (UNITS[3].0, UNITS[4].0);
    scene.submit(from).await.unwrap();
    scene.campaign.relocate(40, to).await;
    scene.submit(to).await.unwrap();
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    let (first, second) = (draft_of(&scene, from).await, draft_of(&scene, to).await);
    // Both drafts hold him, and are submitted at once.
    let held = hold_people(&scene, first).await;
    let submits = beside(
        &scene,
        held,
        submit_instant(&scene, from, AskedInstant::Draft(first)),
        submit_instant(&scene, to, AskedInstant::Draft(second)),
    );
    submits.await;
    let held = hold_people(&scene, first).await;
    let (one, other) = beside(&scene, held, approve(&scene, from, first), approve(&scene, to, second)).await;
    assert_eq!(scene.place.count(TWICE).await, 0);
    assert_eq!(one.unwrap().people.len() + other.unwrap().people.len(), 6, "each of them once");
}

async fn an_undoing_beside_an_approval_covers_nobody_of_the_approval(place: Place) {
    let (scene, [number, _]) = Scene::submitted(place).await;
    scene.at("2023-01-21T00:00:00+08:00");
    scene.work().await;
    let unit = UNITS[3].0;
    scene.campaign.relocate(10, unit).await;
    let id = submit_instant(&scene, unit, AskedInstant::New(InstantKind::CardNoCover, Some("A"))).await;
    let held = hold_people(&scene, id).await;
    let undo = scene.campaign.desk.undo_failure("centre", &number, "凭证已到");
    let (approved, undone) = beside(&scene, held, approve(&scene, unit, id), undo).await;
    assert_eq!(scene.place.count(TWICE).await, 0);
    let (approved, (undone, _)) = (approved.unwrap(), undone.unwrap());
    assert_eq!((approved.people.len(), undone.left_out), (1, vec![approved.people[0].member_no.clone()]));
}

async fn a_unit_that_submits_while_its_list_goes_to_the_centre_is_refused(place: Place) {
    let (scene, ..) = one_person_in_both(place).await;
    let held = hold_number(&scene, "20230102").await;
    let unit = UNITS[0].0;
    let (number, submitted) = beside(&scene, held, scene.batch(BUREAUS[0]), scene.submit(unit)).await;
    assert_eq!(refused(submitted), "wrong-state");
    assert_eq!((scene.status(unit).await.as_str(), people_of_list(&scene, &number).await), ("finalized", 4));
}
