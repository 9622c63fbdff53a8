//! Failures, and the instant enrolments that they become.

use chrono::NaiveDate;
use store::failures::{self, NewFailure};
use store::instants::{self, Instant, InstantPerson, InstantSelection};
use store::submissions::{StatusChange, change_status};
use store::windows;
use store::years;
use store::{Store, organizations::Organization};

use super::engines::{Place, at};
use super::organizations::add;
use super::submissions::{fen, submit};

on_both_engines!(
    a_failure_is_open_until_it_is_undone,
    what_failed_by_a_closing_is_counted_once,
    an_instant_enrolment_comes_back_with_its_people,
    what_is_approved_is_not_cancelled,
    what_covers_a_person_is_found_whatever_it_is,
    a_transition_and_the_reminders_of_a_year_are_read,
);

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2023, month, day).unwrap()
}

async fn fail(store: &Store, org: &Organization, submission_id: i64) -> i64 {
    let new = NewFailure {
        submission_id,
        batch_id: None,
        org_id: org.id,
        reason_code: "not-reviewed",
        status_before: "submitted".to_owned(),
        instant_id: Some(5),
        due_at: at(100),
    };
    let added = kept!(store, unit => failures::add(&mut unit, 2023, &[new], at(130)));
    assert_eq!(added[0].1, submission_id);
    added[0].0
}

async fn a_failure_is_open_until_it_is_undone(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    let submission = submit(store, &org, 1, &[1]).await;
    let first = fail(store, &org, submission).await;
    let open = seen!(store, view => failures::open_of(&mut view, &[submission]));
    let one = &open[0];
    assert_eq!((one.id, one.org_code.as_str(), one.reason_code.as_str()), (first, "31", "not-reviewed"));
    assert_eq!((one.due_at, one.failed_at, one.instant_id, one.undone_at), (at(100), at(130), Some(5), None));
    let mut unit = store.begin().await.unwrap();
    let twice = NewFailure {
        submission_id: submission,
        batch_id: None,
        org_id: org.id,
        reason_code: "returned",
        status_before: "returned".to_owned(),
        instant_id: None,
        due_at: at(100),
    };
    assert!(failures::add(&mut unit, 2023, &[twice], at(130)).await.is_err(), "one open failure at a time");
    unit.rollback().await.unwrap();
    assert!(seen!(store, view => failures::undone_at(&mut view, &[submission])).is_empty());
    kept!(store, unit => failures::undo(&mut unit, &[first], "centre", "凭证已到", at(140)));
    assert!(seen!(store, view => failures::open_of(&mut view, &[submission])).is_empty());
    assert_eq!(seen!(store, view => failures::undone_at(&mut view, &[submission])), [(submission, at(140))]);
    let found = seen!(store, view => failures::get_many(&mut view, &[first])).pop().unwrap();
    assert_eq!((found.undone_by.as_deref(), found.undo_reason.as_deref()), (Some("centre"), Some("凭证已到")));
    fail(store, &org, submission).await;
    assert_eq!(seen!(store, view => failures::list(&mut view, 2023, &org.path)).len(), 2);
    assert!(seen!(store, view => failures::list(&mut view, 2024, &org.path)).is_empty());
}

async fn what_failed_by_a_closing_is_counted_once(place: Place) {
    let store = &place.store;
    let orgs = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    let ids = [submit(store, &orgs[0], 1, &[1]).await, submit(store, &orgs[1], 2, &[2]).await];
    // One failed twice, with an undoing between.
    let undone = fail(store, &orgs[0], ids[0]).await;
    kept!(store, unit => failures::undo(&mut unit, &[undone], "centre", "凭证已到", at(140)));
    fail(store, &orgs[0], ids[0]).await;
    fail(store, &orgs[1], ids[1]).await;
    let count = async |path: &str, due: i64, in_batches: bool| seen!(store, view => failures::count(&mut view, 2023, path, at(due), in_batches));
    assert_eq!((count("/", 100, false).await, count(&orgs[0].path, 100, false).await), ((2, 0), (1, 0)));
    assert_eq!((count("/", 101, false).await, count("/", 100, true).await), ((0, 0), (0, 0)));
    let second = submit(store, &add(store, "33", None, "unit").await, 3, &[3]).await;
    let with_batch = |submission_id| NewFailure {
        submission_id,
        batch_id: Some(7),
        org_id: orgs[0].id,
        reason_code: "no-voucher",
        status_before: "finalized".to_owned(),
        instant_id: None,
        due_at: at(100),
    };
    let third = submit(store, &add(store, "34", None, "unit").await, 4, &[4]).await;
    kept!(store, unit => failures::add(&mut unit, 2023, &[with_batch(second), with_batch(third)], at(130)));
    assert_eq!((count("/", 100, true).await, count("/", 100, false).await), ((2, 1), (2, 0)));
}

fn new(org: &Organization) -> Instant {
    Instant {
        id: 0,
        year: 2023,
        org_id: org.id,
        org_code: org.code.clone(),
        org_name: org.name.clone(),
        org_path: org.path.clone(),
        org_email: org.email.clone(),
        bureau_id: org.id,
        kind: "failed".to_owned(),
        status: "draft".to_owned(),
        submission_id: None,
        plan: "A".to_owned(),
        people: 2,
        fen: fen(2),
        cover_from: day(1, 22),
        cover_to: day(12, 31),
        reason: None,
        created_at: at(100),
        submitted_by: None,
        submitted_at: None,
        decided_by: None,
        decided_at: None,
        voucher_until: None,
        voucher_at: None,
        paid_at: None,
    }
}

fn person(instant_id: i64, person_id: i64) -> InstantPerson {
    InstantPerson {
        instant_id,
        person_id,
        name: format!("测试{person_id}"),
        doc_kind: "resident-id".to_owned(),
        id_masked: "3101 **** **** 0014".to_owned(),
        card_masked: None,
        gap_days: 21,
    }
}

async fn draft(store: &Store, org: &Organization, people: &[i64]) -> i64 {
    let added = kept!(store, unit => instants::add(&mut unit, &[new(org)]));
    assert_eq!(added[0].1, org.id);
    let id = added[0].0;
    let people: Vec<InstantPerson> = people.iter().map(|one| person(id, *one)).collect();
    kept!(store, unit => instants::add_people(&mut unit, &people));
    id
}

async fn an_instant_enrolment_comes_back_with_its_people(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    let id = draft(store, &org, &[2, 1]).await;
    let people = async || {
        let people = seen!(store, view => instants::people(&mut view, id));
        people.iter().map(|one| (one.person_id, one.gap_days)).collect::<Vec<_>>()
    };
    assert_eq!(people().await, [(1, 21), (2, 21)]);
    kept!(store, unit => instants::replace_people(&mut unit, id, &[person(id, 3)]));
    assert_eq!(people().await, [(3, 21)]);
    let found = kept!(store, unit => instants::lock(&mut unit, &[id])).pop().unwrap();
    assert_eq!((found.cover_from, found.cover_to, found.fen), (day(1, 22), day(12, 31), fen(2)));
    let changed = Instant {
        status: "submitted".to_owned(),
        submitted_at: Some(at(110)),
        voucher_until: Some(at(200)),
        cover_from: day(2, 1),
        ..found
    };
    kept!(store, unit => instants::update(&mut unit, &changed, at(110)));
    let found = seen!(store, view => instants::get_many(&mut view, &[id])).pop().unwrap();
    assert_eq!((found.status.as_str(), found.submitted_at, found.cover_from), ("submitted", Some(at(110)), day(2, 1)));
    let list = async |status: Option<&str>| {
        let wanted = InstantSelection { year: 2023, below: org.path.clone(), status: status.map(str::to_owned) };
        seen!(store, view => instants::list(&mut view, &wanted)).len()
    };
    assert_eq!((list(None).await, list(Some("submitted")).await, list(Some("draft")).await), (1, 1, 0));
    assert!(seen!(store, view => instants::overdue(&mut view, 2023, at(199))).is_empty());
    assert_eq!(seen!(store, view => instants::overdue(&mut view, 2023, at(200))).len(), 1);
}

async fn what_is_approved_is_not_cancelled(place: Place) {
    let store = &place.store;
    let orgs = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    let ids = [draft(store, &orgs[0], &[1]).await, draft(store, &orgs[1], &[2]).await];
    let approved = seen!(store, view => instants::get_many(&mut view, &[ids[0]])).pop().unwrap();
    let approved = Instant { status: "approved".to_owned(), ..approved };
    kept!(store, unit => instants::update(&mut unit, &approved, at(110)));
    assert_eq!(kept!(store, unit => instants::cancel(&mut unit, &ids, "撤销", at(120))), [(ids[1],)]);
    assert!(kept!(store, unit => instants::cancel(&mut unit, &ids, "撤销", at(121))).is_empty());
    let gone = seen!(store, view => instants::get_many(&mut view, &[ids[1]])).pop().unwrap();
    assert_eq!((gone.status.as_str(), gone.reason.as_deref()), ("cancelled", Some("撤销")));
    // Unless nobody paid for it.
    let waiting = Instant { voucher_until: Some(at(200)), ..approved };
    kept!(store, unit => instants::update(&mut unit, &waiting, at(130)));
    assert_eq!(seen!(store, view => instants::overdue(&mut view, 2023, at(200))).len(), 1);
    assert!(seen!(store, view => years::is_open(&mut view, 2023)), "no money has come for it");
    assert!(!seen!(store, view => years::is_open(&mut view, 2024)));
    let confirmed = Instant { paid_at: Some(at(140)), ..waiting.clone() };
    kept!(store, unit => instants::update(&mut unit, &confirmed, at(140)));
    assert!(!seen!(store, view => years::is_open(&mut view, 2023)));
    let paid = Instant { voucher_at: Some(at(150)), ..waiting.clone() };
    kept!(store, unit => instants::update(&mut unit, &paid, at(150)));
    assert!(seen!(store, view => instants::overdue(&mut view, 2023, at(200))).is_empty());
    assert!(kept!(store, unit => instants::expire(&mut unit, &ids, "未缴费", at(200))).is_empty());
    kept!(store, unit => instants::update(&mut unit, &waiting, at(200)));
    assert_eq!(kept!(store, unit => instants::expire(&mut unit, &ids, "未缴费", at(201))), [(ids[0],)]);
}

async fn what_covers_a_person_is_found_whatever_it_is(place: Place) {
    let store = &place.store;
    let orgs = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    let submission = submit(store, &orgs[0], 1, &[1, 2]).await;
    draft(store, &orgs[1], &[3]).await;
    let mut covered = seen!(store, view => instants::covered(&mut view, 2023, &[1, 3, 4]));
    covered.sort_by_key(|one| one.person_id);
    let brief: Vec<_> = covered.iter().map(|one| (one.person_id, one.org_code.as_str(), one.what.as_str())).collect();
    assert_eq!(brief, [(1, "31", "submission"), (3, "32", "instant")]);
    assert_eq!((covered[1].cover_to, covered[1].status.as_str()), (Some(day(12, 31)), "draft"));
    let by_instants = seen!(store, view => instants::covered_by_instants(&mut view, 2023, &[1, 3, 4]));
    assert_eq!(by_instants.iter().map(|one| one.what.as_str()).collect::<Vec<_>>(), ["instant"]);
    assert!(seen!(store, view => instants::covered(&mut view, 2024, &[1, 3])).is_empty());
    let until = async || seen!(store, view => instants::covered_until(&mut view, 2024, &[1, 3]));
    assert!(until().await.is_empty(), "what did not take effect covered nobody");
    let effective =
        StatusChange { id: submission, status: "effective", batch_id: None, reason_code: None, reason: None };
    kept!(store, unit => change_status(&mut unit, &[effective], at(200)));
    assert_eq!(until().await, [(1, 2023)]);
}

async fn a_transition_and_the_reminders_of_a_year_are_read(place: Place) {
    let store = &place.store;
    let new = windows::NewWindow {
        year: 2023,
        name: "submission",
        org_id: None,
        opens_at: at(0),
        closes_at: at(100),
        reason: None,
    };
    kept!(store, unit => windows::put(&mut unit, &new, "operator", at(1)));
    let window = seen!(store, view => windows::of_year(&mut view, 2023)).pop().unwrap();
    let id = kept!(store, unit => windows::notice(&mut unit, &window, "opened", at(0), at(5))).unwrap();
    let found = seen!(store, view => windows::transition(&mut view, id)).unwrap();
    assert_eq!(
        (found.transition.as_str(), found.due_at, found.late_by_s),
        ("opened", at(0), (at(5) - at(0)).num_seconds())
    );
    assert!(seen!(store, view => windows::transition(&mut view, id + 1)).is_none());
    kept!(store, unit => windows::notice_reminder(&mut unit, &window, 7, at(50)));
    let known = seen!(store, view => windows::reminders(&mut view, 2023));
    assert!(known.len() == 1 && known.contains(&(window.id, 1, 7)));
    assert!(seen!(store, view => windows::reminders(&mut view, 2024)).is_empty());
}
