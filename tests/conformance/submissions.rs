//! Submissions: every version kept, one counts, and a person whom two of them hold is found.

use store::candidates;
use store::facts::{self, NewFacts};
use store::submissions::{self, Enrolled, Fen, Gone, Shared, StatusChange, Submission, SubmissionSelection, Version};
use store::{Store, organizations::Organization};

use super::engines::{Place, at, id};
use super::organizations::add;
use super::registry::{join, known, silent};

on_both_engines!(
    a_submission_comes_back_with_its_unit,
    a_page_of_submissions_is_what_was_asked_for,
    versions_are_kept_with_their_people,
    many_change_their_status_at_once,
    a_person_in_two_submissions_is_found_once_and_settled,
    who_is_known_to_have_died_or_retired_is_found_by_list_and_by_feed,
);

pub fn fen(people: i64) -> Fen {
    Fen { total: 2600 * people, municipal: 1300 * people, bureau: 1300 * people, unit: 0 }
}

fn new(org: &Organization, number: u128) -> Submission {
    Submission {
        id: 0,
        year: 2023,
        org_id: org.id,
        org_code: org.code.clone(),
        org_name: org.name.clone(),
        org_path: org.path.clone(),
        org_email: org.email.clone(),
        bureau_id: org.id,
        number: format!("DW2023-{}-1", org.code),
        status: "submitted".to_owned(),
        version_id: id(number),
        version: 1,
        plan: "A".to_owned(),
        people: 2,
        fen: fen(2),
        received_at: at(10),
        batch_id: None,
        reason_code: None,
        reason: None,
        reviewed_by: None,
        reviewed_at: None,
        submitted_at: at(10),
        changed_at: at(10),
    }
}

fn version(number: u128, submission_id: i64, version: i64) -> Version {
    Version {
        id: id(number),
        submission_id,
        version,
        plan: "A".to_owned(),
        members: 5,
        no_card: 1,
        pending: 1,
        retired: 1,
        deceased: 0,
        people: 2,
        fen: fen(2),
        sha256: "a".repeat(64),
        undecided: "[]".to_owned(),
        cause: "submit".to_owned(),
        account: "li".to_owned(),
        received_at: at(10),
    }
}

fn person(person_id: i64) -> Enrolled {
    Enrolled {
        person_id,
        name: format!("测试{person_id}"),
        doc_kind: "resident-id".to_owned(),
        id_masked: "3101 **** **** 0014".to_owned(),
        card_masked: (person_id % 2 == 0).then(|| "6231 **** **** 0996".to_owned()),
    }
}

/// Adds a submission of these people, two to be paid for.
pub async fn submit(store: &Store, org: &Organization, number: u128, people: &[i64]) -> i64 {
    let submission = kept!(store, unit => submissions::add(&mut unit, &new(org, number)));
    let people: Vec<Enrolled> = people.iter().map(|one| person(*one)).collect();
    kept!(store, unit => submissions::add_version(&mut unit, &version(number, submission, 1), &people));
    submission
}

async fn find(store: &Store, org: &Organization) -> Submission {
    seen!(store, view => submissions::find(&mut view, 2023, org.id)).unwrap()
}

async fn a_submission_comes_back_with_its_unit(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    assert!(seen!(store, view => submissions::find(&mut view, 2023, org.id)).is_none());
    let first = submit(store, &org, 1, &[1, 2]).await;
    let found = find(store, &org).await;
    assert_eq!((found.id, found.org_code.as_str(), found.org_name.as_str()), (first, "31", "工会 31"));
    assert_eq!((found.fen, found.people, found.version_id), (fen(2), 2, id(1)));
    let changed =
        Submission { status: "approved".to_owned(), people: 3, fen: fen(3), version: 2, version_id: id(2), ..found };
    kept!(store, unit => submissions::update(&mut unit, &changed));
    let found = kept!(store, unit => submissions::lock(&mut unit, &[first, first])).pop().unwrap();
    assert_eq!((found.status.as_str(), found.people, found.fen, found.version), ("approved", 3, fen(3), 2));
    assert_eq!(seen!(store, view => submissions::get_many(&mut view, &[first, 99])).len(), 1);
}

async fn a_page_of_submissions_is_what_was_asked_for(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let units = [add(store, "31", Some(&bureau), "unit").await, add(store, "32", Some(&bureau), "unit").await];
    let ids = [submit(store, &units[0], 1, &[1]).await, submit(store, &units[1], 2, &[2]).await];
    let all =
        SubmissionSelection { year: 2023, below: bureau.path.clone(), most: 10, ..SubmissionSelection::default() };
    let list = async |wanted: SubmissionSelection| {
        let found = seen!(store, view => submissions::list(&mut view, &wanted));
        found.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(list(all.clone()).await, ids);
    assert_eq!(list(SubmissionSelection { after: ids[0], ..all.clone() }).await, [ids[1]]);
    assert_eq!(list(SubmissionSelection { most: 1, ..all.clone() }).await, [ids[0]]);
    assert_eq!(list(SubmissionSelection { below: units[1].path.clone(), ..all.clone() }).await, [ids[1]]);
    for wanted in [
        SubmissionSelection { year: 2024, ..all.clone() },
        SubmissionSelection { status: Some("approved".to_owned()), ..all.clone() },
        SubmissionSelection { plan: Some("A+".to_owned()), ..all.clone() },
        SubmissionSelection { batch_id: Some(1), ..all.clone() },
    ] {
        assert!(list(wanted).await.is_empty());
    }
}

async fn versions_are_kept_with_their_people(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    let first = submit(store, &org, 1, &[2, 1]).await;
    kept!(store, unit => submissions::add_version(&mut unit, &version(2, first, 2), &[]));
    let versions = seen!(store, view => submissions::versions(&mut view, first));
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2]);
    let kept = seen!(store, view => submissions::version(&mut view, id(1))).unwrap();
    assert_eq!((kept.members, kept.no_card, kept.pending, kept.retired, kept.deceased), (5, 1, 1, 1, 0));
    assert_eq!((kept.cause.as_str(), kept.account.as_str(), kept.fen), ("submit", "li", fen(2)));
    let people = seen!(store, view => submissions::people(&mut view, id(1)));
    let brief: Vec<_> = people.iter().map(|one| (one.person_id, one.card_masked.is_some())).collect();
    assert_eq!(brief, [(1, false), (2, true)]);
    assert!(seen!(store, view => submissions::people(&mut view, id(2))).is_empty());
    assert!(seen!(store, view => submissions::version(&mut view, id(9))).is_none());
    let named = seen!(store, view => submissions::versions_named(&mut view, &[id(1), id(1), id(9)]));
    assert_eq!(named.iter().map(|one| one.id).collect::<Vec<_>>(), [id(1)]);
    let named = seen!(store, view => submissions::people_named(&mut view, id(1), &[2, 9]));
    assert_eq!(named.iter().map(|one| one.person_id).collect::<Vec<_>>(), [2]);
}

async fn many_change_their_status_at_once(place: Place) {
    let store = &place.store;
    let units = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    let ids = [submit(store, &units[0], 1, &[1]).await, submit(store, &units[1], 2, &[2]).await];
    let change = |id: i64, status: &'static str, reason: Option<&str>| StatusChange {
        id,
        status,
        batch_id: (status == "finalized").then_some(7),
        reason_code: reason.map(|_| "people".to_owned()),
        reason: reason.map(str::to_owned),
    };
    let changes = [change(ids[0], "returned", Some("名单有误")), change(ids[1], "finalized", None)];
    kept!(store, unit => submissions::change_status(&mut unit, &changes, at(20)), submissions::record_review(&mut unit, &changes, "wu", at(20)));
    let (one, two) = (find(store, &units[0]).await, find(store, &units[1]).await);
    assert_eq!((one.status.as_str(), one.reason.as_deref(), one.batch_id), ("returned", Some("名单有误"), None));
    assert_eq!((two.status.as_str(), two.reason, two.batch_id), ("finalized", None, Some(7)));
    assert_eq!((one.reviewed_by.as_deref(), one.reviewed_at, two.changed_at), (Some("wu"), Some(at(20)), at(20)));
}

async fn a_person_in_two_submissions_is_found_once_and_settled(place: Place) {
    let store = &place.store;
    let units = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    join(store, &[1], &units[1]).await;
    let ids = [submit(store, &units[0], 1, &[1, 2]).await, submit(store, &units[1], 2, &[1, 3]).await];
    let found = seen!(store, view => submissions::shared(&mut view, &ids));
    let of = |mine: usize, other: usize| Shared {
        person_id: 1,
        submission_id: ids[mine],
        other_id: ids[other],
        other_status: "submitted".to_owned(),
        registered_in: Some(units[1].id),
    };
    assert_eq!(found.len(), 2);
    assert!(found.contains(&of(0, 1)) && found.contains(&of(1, 0)), "{found:?}");
    let new = kept!(store, unit => submissions::record_conflicts(&mut unit, 2023, &found, at(30)));
    let brief: Vec<_> =
        new.iter().map(|one| (one.person_id, one.first_submission_id, one.second_submission_id)).collect();
    assert_eq!(brief, [(1, ids[0], ids[1])]);
    assert!(new[0].id > 0);
    assert!(kept!(store, unit => submissions::record_conflicts(&mut unit, 2023, &found, at(31))).is_empty());
    kept!(store, unit => submissions::settle_conflicts(&mut unit, &[(1, ids[1], ids[0])], at(32)));
    // A returned submission holds nobody.
    let returned = [StatusChange { id: ids[0], status: "returned", batch_id: None, reason_code: None, reason: None }];
    kept!(store, unit => submissions::change_status(&mut unit, &returned, at(33)));
    assert!(seen!(store, view => submissions::shared(&mut view, &[ids[1]])).is_empty());
}

async fn who_is_known_to_have_died_or_retired_is_found_by_list_and_by_feed(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let (one, other) = (add(store, "31", Some(&bureau), "unit").await, add(store, "32", Some(&bureau), "unit").await);
    join(store, &[1, 2, 3, 4], &one).await;
    join(store, &[5], &other).await;
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(known(store, number, &one).await.unwrap().person_id);
    }
    let (first, second) = (submit(store, &one, 1, &ids[..4]).await, submit(store, &other, 2, &ids[4..]).await);
    let day = |day| chrono::NaiveDate::from_ymd_opt(2022, 11, day);
    let dead = |number, on| NewFacts { deceased_on: day(on), ..silent(number) };
    let retired = |number, on| NewFacts { retired_on: day(on), ..silent(number) };
    kept!(store, unit => facts::put(&mut unit, &[dead(1, 1), retired(2, 2), silent(3)], id(7), at(20)));
    kept!(store, unit => candidates::decide(&mut unit, 2023, one.id, &[(ids[2], "retired"), (ids[3], "stays")], "li", at(20)));
    let brief =
        |found: &[Gone]| -> Vec<(i64, i64)> { found.iter().map(|row| (row.submission_id, row.person_id)).collect() };
    let found = seen!(store, view => submissions::gone_in(&mut view, &[id(1), id(2)], 2023));
    assert_eq!(brief(&found), [(first, ids[0]), (first, ids[1]), (first, ids[2])]);
    assert_eq!((found[0].deceased_on, found[1].retired_on), (day(1), day(2)));
    assert_eq!(
        (found[0].name.as_str(), found[2].decision.as_deref()),
        (format!("测试{}", ids[0]).as_str(), Some("retired"))
    );

    let since = async |at| brief(&seen!(store, view => submissions::gone_since(&mut view, at)));
    let all = [(first, ids[0]), (first, ids[1]), (first, ids[2])];
    assert_eq!(since(at(20)).await, all, "what feeds and clerks have told");
    assert!(since(at(21)).await.is_empty());
    // Another feed that says something else of one of them, and news of the other list.
    let card = NewFacts { social_insurance: Some(true), ..silent(1) };
    kept!(store, unit => facts::put(&mut unit, &[card, dead(5, 3)], id(8), at(30)));
    let by = async |upload, at| brief(&seen!(store, view => submissions::gone_by(&mut view, upload, at)));
    assert_eq!(by(id(8), at(30)).await, [(second, ids[4])]);
    assert_eq!(by(id(7), at(20)).await, [(first, ids[0]), (first, ids[1])]);
    assert_eq!(since(at(30)).await, [(first, ids[0]), (second, ids[4])]);
    let change = StatusChange { id: second, status: "returned", batch_id: None, reason_code: None, reason: None };
    kept!(store, unit => submissions::change_status(&mut unit, &[change], at(31)));
    assert!(by(id(8), at(30)).await.is_empty());
}
