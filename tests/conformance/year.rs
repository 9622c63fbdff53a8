//! The year: files, windows, splits, candidates and what clerks said about them.

use chrono::TimeDelta;
use store::candidates;
use store::premiums::{self, Split};
use store::submissions;
use store::windows::{self, NewWindow, Window};
use store::years::{self, Year};
use store::{Store, facts};

use super::engines::{Place, at, id, vault};
use super::organizations::add;
use super::registry::join;

on_both_engines!(
    a_years_file_is_replaced_and_counted,
    a_window_is_written_once_per_organization_and_moves,
    a_transition_is_noticed_once_per_version,
    the_newest_split_stands_last,
    candidates_have_their_facts_and_what_was_said_about_them,
    a_number_is_taken_once_without_a_gap,
);

fn year(text: &str) -> Year {
    Year {
        year: 2023,
        file: text.to_owned(),
        sha256: "0".repeat(64),
        version: 1,
        loaded_by: "operator".to_owned(),
        loaded_at: at(1),
    }
}

async fn a_years_file_is_replaced_and_counted(place: Place) {
    let store = &place.store;
    assert!(seen!(store, view => years::find(&mut view, 2023)).is_none());
    kept!(store, unit => years::put(&mut unit, &year("one")));
    kept!(store, unit => years::put(&mut unit, &year("two")), years::put(&mut unit, &Year { year: 2024, ..year("three") }));
    let found = seen!(store, view => years::find(&mut view, 2023)).unwrap();
    assert_eq!((found.file.as_str(), found.version, found.loaded_at), ("two", 2, at(1)));
    let listed: Vec<i32> = seen!(store, view => years::list(&mut view)).iter().map(|year| year.year).collect();
    assert_eq!(listed, [2024, 2023]);
}

fn submission(org_id: Option<i64>, closes: i64) -> NewWindow {
    NewWindow { year: 2023, name: "submission", org_id, opens_at: at(0), closes_at: at(closes), reason: None }
}

async fn a_window_is_written_once_per_organization_and_moves(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "bureau").await;
    for new in [submission(None, 100), submission(None, 100), submission(Some(org.id), 200)] {
        kept!(store, unit => windows::put(&mut unit, &new, "operator", at(1)));
    }
    let found = seen!(store, view => windows::of_year(&mut view, 2023));
    let brief = |window: &Window| (window.org_code.clone(), window.closes_at, window.version);
    assert_eq!(found.iter().map(brief).collect::<Vec<_>>(), [(None, at(100), 1), (Some("31".to_owned()), at(200), 1)]);
    let moved = NewWindow { reason: Some("测试".to_owned()), ..submission(None, 150) };
    kept!(store, unit => windows::put(&mut unit, &moved, "li", at(2)));
    let found = seen!(store, view => windows::get(&mut view, found[0].id)).unwrap();
    assert_eq!((found.closes_at, found.version, found.changed_by.as_str()), (at(150), 2, "li"));
    assert_eq!((found.reason.as_deref(), found.changed_at), (Some("测试"), at(2)));
    assert!(seen!(store, view => windows::of_year(&mut view, 2024)).is_empty());
}

async fn a_transition_is_noticed_once_per_version(place: Place) {
    let store = &place.store;
    kept!(store, unit => windows::put(&mut unit, &submission(None, 100), "operator", at(1)));
    let window = seen!(store, view => windows::of_year(&mut view, 2023)).pop().unwrap();
    let now = at(100) + TimeDelta::seconds(90);
    let first = kept!(store, unit => windows::notice(&mut unit, &window, "closed", at(100), now)).unwrap();
    assert!(kept!(store, unit => windows::notice(&mut unit, &window, "closed", at(100), now)).is_none());
    let later = Window { version: 2, ..window.clone() };
    assert!(kept!(store, unit => windows::notice(&mut unit, &later, "closed", at(150), at(150))).is_some());
    let locked = kept!(store, unit => windows::lock_transition(&mut unit, first)).unwrap();
    assert_eq!((locked.late_by_s, locked.seen_at, locked.done_at), (90, now, None));
    kept!(store, unit => windows::finish(&mut unit, first, "nothing failed", at(200)));
    kept!(store, unit => windows::finish(&mut unit, first, "another time", at(300)));
    let all = seen!(store, view => windows::transitions(&mut view, 2023));
    let outcomes: Vec<_> = all.iter().map(|one| (one.due_at, one.outcome.as_deref(), one.done_at)).collect();
    assert_eq!(outcomes, [(at(100), Some("nothing failed"), Some(at(200))), (at(150), None, None)]);

    assert!(kept!(store, unit => windows::notice_reminder(&mut unit, &window, 7, at(50))));
    assert!(!kept!(store, unit => windows::notice_reminder(&mut unit, &window, 7, at(50))));
    assert!(kept!(store, unit => windows::finish_reminder(&mut unit, window.id, 1, 7, "3 mails", at(51))));
    assert!(!kept!(store, unit => windows::finish_reminder(&mut unit, window.id, 1, 7, "3 mails", at(52))));
}

async fn the_newest_split_stands_last(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "bureau").await;
    for (bureau_fen, unit_fen) in [(1300, 0), (1000, 300)] {
        let split = Split {
            year: 2023,
            plan: "A".to_owned(),
            org: org.code.clone(),
            bureau_fen,
            unit_fen,
            set_by: "li".to_owned(),
            set_at: at(1),
        };
        kept!(store, unit => premiums::set(&mut unit, org.id, &split));
    }
    let splits = seen!(store, view => premiums::of_bureau(&mut view, 2023, org.id));
    let shares: Vec<_> = splits.iter().map(|split| (split.org.as_str(), split.bureau_fen, split.unit_fen)).collect();
    assert_eq!(shares, [("31", 1300, 0), ("31", 1000, 300)]);
    assert!(seen!(store, view => premiums::of_bureau(&mut view, 2024, org.id)).is_empty());
    assert_eq!(seen!(store, view => premiums::bureaus_with_split(&mut view, 2023)), [org.id]);
    assert!(seen!(store, view => premiums::bureaus_with_split(&mut view, 2024)).is_empty());
}

async fn know(store: &Store, number: u32, social_insurance: Option<bool>) {
    let fact = facts::NewFacts {
        doc_key: vault().doc_key(&format!("cn:{number}")),
        card: store::organizations::SealedOption::default(),
        social_insurance,
        retired_on: None,
        deceased_on: None,
        staff: Some("worker"),
    };
    kept!(store, unit => facts::put(&mut unit, &[fact], id(1), at(1)));
}

async fn candidates_have_their_facts_and_what_was_said_about_them(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    join(store, &[1, 2, 3], &org).await;
    know(store, 2, Some(true)).await;
    let of = async || {
        let mut found = seen!(store, view => candidates::of_union(&mut view, org.id, 2023));
        // By number, which follows the order of the documents' keys.
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    };
    let [one, two, three] = of().await.try_into().unwrap();
    assert_eq!((one.social_insurance, two.social_insurance, two.staff.as_deref()), (None, Some(true), Some("worker")));
    assert!(one.confirmed_at.is_none() && one.decision.is_none() && one.held_by.is_none());
    let persons = [one.person_id, three.person_id];
    assert_eq!(kept!(store, unit => candidates::confirm(&mut unit, 2023, org.id, &persons, "li", at(2))), 2);
    assert_eq!(kept!(store, unit => candidates::confirm(&mut unit, 2023, org.id, &persons, "wu", at(3))), 0);
    for decision in ["retired", "stays"] {
        let decisions = [(two.person_id, decision)];
        kept!(store, unit => candidates::decide(&mut unit, 2023, org.id, &decisions, "li", at(4)));
    }
    let [one, two, three] = of().await.try_into().unwrap();
    assert_eq!((one.confirmed_at, three.confirmed_at, two.confirmed_at), (Some(at(2)), Some(at(2)), None));
    assert_eq!((two.decision.as_deref(), one.decision.as_deref()), (Some("stays"), None));
    let other = seen!(store, view => candidates::of_union(&mut view, org.id, 2024));
    // Asked person by person it is the same, and of whom nobody knows nothing is told.
    let all = seen!(store, view => candidates::of_union(&mut view, org.id, 2023));
    let numbers: Vec<i64> = all.iter().map(|one| one.person_id).chain([99_999]).collect();
    let mut named = seen!(store, view => candidates::of_persons(&mut view, &numbers, 2023));
    named.sort_by_key(|one| one.person_id);
    let told = |one: &candidates::Candidate| {
        (
            one.person_id,
            one.name.clone(),
            one.confirmed_at,
            one.decision.clone(),
            one.held_by.clone(),
            one.social_insurance,
        )
    };
    assert_eq!(named.iter().map(told).collect::<Vec<_>>(), all.iter().map(told).collect::<Vec<_>>());
    assert!(other.iter().all(|one| one.confirmed_at.is_none() && one.decision.is_none()));
}

async fn a_number_is_taken_once_without_a_gap(place: Place) {
    let store = &place.store;
    assert_eq!(kept!(store, unit => submissions::next_number(&mut unit, "CB20221226")), 1);
    let mut unit = store.begin().await.unwrap();
    assert_eq!(submissions::next_number(&mut unit, "CB20221226").await.unwrap(), 2);
    unit.rollback().await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let store = place.open();
        tasks
            .push(tokio::spawn(async move { kept!(store, unit => submissions::next_number(&mut unit, "CB20221226")) }));
    }
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=21).collect::<Vec<i64>>());
}
