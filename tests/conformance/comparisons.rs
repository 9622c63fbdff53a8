//! Comparisons: asked for once, written in bulk, found again, stale when the registry moved on; workbooks with choices.

use messages::Queue;
use store::comparison_items::{self, Item, ItemEnding};
use store::comparisons::{self, ApplicationEnding, Counts, NewApplication, NewComparison};
use store::messages::{DeadSelection, bury, claim_named, replay};
use store::organizations::Organization;
use store::persons::{self, Correction};
use store::{Store, memberships, uploads};

use super::engines::{Place, at, id, message, put};
use super::organizations::add;
use super::registry::{data, join, opened, sealed};

on_both_engines!(
    a_comparison_is_asked_for_once_and_ends_once,
    members_to_compare_come_page_by_page_with_their_state,
    items_are_kept_in_order_and_come_back_as_they_were,
    an_item_is_stale_once_its_member_was_changed_or_left,
    a_workbook_with_choices_ends_once,
    a_workbook_whose_message_is_dead_fails_and_is_open_again_by_a_replay,
);

const COUNTS: Counts = Counts {
    n_read: 128,
    n_same: 120,
    n_changed: 3,
    n_absent: 5,
    n_not_in_registry: 4,
    n_in_other_union: 1,
    n_near: 1,
    n_duplicate: 0,
    n_rejected: 0,
};

async fn scene(store: &Store) -> Organization {
    let root = add(store, "1", None, "federation").await;
    let org = add(store, "11", Some(&root), "unit").await;
    join(store, &[1, 2, 3], &org).await;
    org
}

fn new(number: u128, org: &Organization) -> NewComparison {
    NewComparison { id: id(number), upload_id: id(number + 100), org_id: org.id, requested_at: at(2) }
}

async fn a_comparison_is_asked_for_once_and_ends_once(place: Place) {
    let (store, org) = (&place.store, scene(&place.store).await);
    assert_eq!(kept!(store, unit => comparisons::request(&mut unit, new(1, &org))), id(1));
    let again = NewComparison { id: id(2), ..new(1, &org) };
    assert_eq!(kept!(store, unit => comparisons::request(&mut unit, again)), id(1), "one per upload");
    kept!(store, unit => comparisons::request(&mut unit, new(3, &org)));
    let found = seen!(store, view => comparisons::find(&mut view, id(1))).unwrap();
    assert_eq!((found.upload_id, found.status.as_str(), found.org_code.as_str()), (id(101), "requested", "11"));
    assert_eq!((found.counts, found.requested_at, found.finished_at), (Counts::default(), at(2), None));
    assert!(seen!(store, view => comparisons::find(&mut view, id(9))).is_none());

    assert!(kept!(store, unit => comparisons::finish(&mut unit, id(1), COUNTS, at(5))));
    assert!(!kept!(store, unit => comparisons::finish(&mut unit, id(1), Counts::default(), at(6))));
    let found = seen!(store, view => comparisons::find(&mut view, id(1))).unwrap();
    assert_eq!((found.status.as_str(), found.counts, found.finished_at), ("done", COUNTS, Some(at(5))));

    let listed = async |below: Option<&str>, most| {
        let found = seen!(store, view => comparisons::list(&mut view, below, most));
        found.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 9).await, [id(3), id(1)]);
    assert_eq!(listed(Some(&org.path), 1).await, [id(3)]);
    assert!(listed(Some("/999/"), 9).await.is_empty());
    // An upload that was never accepted is not completed.
    assert!(!kept!(store, unit => uploads::complete(&mut unit, id(101), "uploads/x.result.xlsx", None, at(5))));
}

async fn members_to_compare_come_page_by_page_with_their_state(place: Place) {
    let (store, org) = (&place.store, scene(&place.store).await);
    let ids = seen!(store, view => comparisons::subject_ids(&mut view, &org.path));
    assert!(ids.len() == 3 && ids.is_sorted(), "{ids:?}");
    let page = seen!(store, view => comparisons::subjects(&mut view, &ids[..2]));
    let rest = seen!(store, view => comparisons::subjects(&mut view, &ids[2..]));
    let found: Vec<i64> = page.iter().chain(&rest).map(|subject| subject.person_id).collect();
    assert_eq!(found, ids);
    assert_eq!((page.len(), rest.len()), (2, 1));
    let mut names: Vec<&str> = page.iter().chain(&rest).map(|subject| subject.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((names, opened(&page[0].phone).as_deref()), (vec!["测试1", "测试2", "测试3"], Some("13800000000")));
    assert_eq!((page[0].org_id, page[0].membership_changed_at, page[0].person_changed_at), (org.id, at(1), at(1)));
    assert_eq!((page[0].employer.as_deref(), page[0].label.as_deref()), (Some("测试铁砧厂"), Some("外包工")));
    assert!(page[0].retired_on.is_none() && page[0].staff.is_none());
    assert!(seen!(store, view => comparisons::subject_ids(&mut view, "/999/")).is_empty());
    assert!(seen!(store, view => comparisons::subjects(&mut view, &[999_999])).is_empty(), "nobody's number");
}

fn bare(number: i64, class: &str) -> Item {
    Item {
        item_no: number,
        class: class.to_owned(),
        row_no: Some(number + 1),
        person_id: None,
        membership_id: None,
        membership_changed_at: None,
        person_changed_at: None,
        name: format!("测试{number}"),
        id_masked: "3101 **** **** 0011".to_owned(),
        suggestion: None,
        detail: sealed("{}"),
        choice: None,
        outcome: None,
        outcome_code: None,
    }
}

async fn items_are_kept_in_order_and_come_back_as_they_were(place: Place) {
    let store = &place.store;
    let mut items: Vec<Item> = (1..=900).map(|number| bare(number, "changed")).collect();
    "absent_from_file".clone_into(&mut items[0].class);
    items[0].suggestion = Some("transfer".to_owned());
    kept!(
        store,
        unit => comparison_items::insert(&mut unit, id(1), &items),
        comparison_items::insert(&mut unit, id(2), &items[..1]),
        comparison_items::insert(&mut unit, id(3), &[]),
    );
    let page = seen!(store, view => comparison_items::page(&mut view, id(1), None, 0, 10_000));
    assert_eq!(page.len(), 900);
    assert!(page.iter().map(|item| item.item_no).eq(1..=900));
    assert_eq!((page[0].suggestion.as_deref(), opened(&page[0].detail).as_deref()), (Some("transfer"), Some("{}")));
    let some = seen!(store, view => comparison_items::page(&mut view, id(1), Some("changed"), 898, 9));
    assert_eq!(some.iter().map(|item| item.item_no).collect::<Vec<_>>(), [899, 900]);

    let mut held = kept!(store, unit => comparison_items::lock(&mut unit, id(1), &[900, 2, 2, 5_000]));
    held.sort_by_key(|item| item.item_no);
    assert_eq!(held.iter().map(|item| item.item_no).collect::<Vec<_>>(), [2, 900]);
    let ending = |number, outcome, code| ItemEnding { item_no: number, choice: "update", outcome, code };
    let endings = [ending(2, "done", None), ending(900, "refused", Some("registry-changed"))];
    kept!(
        store,
        unit => comparison_items::settle(&mut unit, id(1), &endings, at(7)),
        comparison_items::settle(&mut unit, id(1), &[], at(7)),
    );
    let page = seen!(store, view => comparison_items::page(&mut view, id(1), None, 0, 10_000));
    assert_eq!((page[1].choice.as_deref(), page[1].outcome.as_deref()), (Some("update"), Some("done")));
    assert_eq!(page[899].outcome_code.as_deref(), Some("registry-changed"));
    assert_eq!(page.iter().filter(|item| item.outcome.is_some()).count(), 2, "other items stay as they are");
}

async fn an_item_is_stale_once_its_member_was_changed_or_left(place: Place) {
    let (store, org) = (&place.store, scene(&place.store).await);
    let ids = seen!(store, view => comparisons::subject_ids(&mut view, &org.path));
    let subjects = seen!(store, view => comparisons::subjects(&mut view, &ids));
    let item = |place: usize| Item {
        person_id: Some(subjects[place].person_id),
        membership_id: Some(subjects[place].membership_id),
        membership_changed_at: Some(subjects[place].membership_changed_at),
        person_changed_at: Some(subjects[place].person_changed_at),
        ..bare(place as i64 + 1, "absent_from_file")
    };
    // The fourth knows of no state but the membership, as somebody in another union.
    let elsewhere = Item { item_no: 4, membership_changed_at: None, person_changed_at: None, ..item(0) };
    kept!(store, unit => comparison_items::insert(&mut unit, id(1), &[item(0), item(1), item(2), elsewhere]));
    let stale = async || {
        let mut found = seen!(store, view => comparison_items::stale(&mut view, id(1), &[1, 2, 3, 4]));
        found.sort_unstable();
        found
    };
    assert!(stale().await.is_empty());
    let rename = |place: usize| Correction {
        person_id: subjects[place].person_id,
        name: Some("测试改名".to_owned()),
        sex: Some("male"),
    };
    kept!(store, unit => persons::correct(&mut unit, &[rename(1)], at(8)), persons::correct(&mut unit, &[], at(8)));
    assert_eq!(stale().await, [2]);
    kept!(store, unit => memberships::update(&mut unit, &[(subjects[0].membership_id, data())], at(9)));
    assert_eq!(stale().await, [1, 2]);
    place.change("UPDATE memberships SET until = changed_at").await;
    assert_eq!(stale().await, [1, 2, 3, 4]);
    let renamed = place.count("SELECT COUNT(*) FROM persons WHERE name = '测试改名' AND sex = 'male'").await;
    assert_eq!(renamed, 1, "silence changes nobody");
}

fn application(number: u128) -> NewApplication {
    NewApplication {
        id: id(number),
        comparison_id: id(1),
        account: "wang".to_owned(),
        file_name: "差异.xlsx".to_owned(),
        object_key: format!("uploads/20231114/{}.actions", id(101)),
        correlation_id: id(number + 1_000),
        received_at: at(5),
    }
}

async fn a_workbook_with_choices_ends_once(place: Place) {
    let store = &place.store;
    kept!(store, unit => comparisons::accept_application(&mut unit, &application(1)));
    let found = seen!(store, view => comparisons::find_application(&mut view, id(1))).unwrap();
    assert_eq!((found.status.as_str(), found.account.as_str(), found.received_at), ("received", "wang", at(5)));
    let ending = ApplicationEnding {
        id: id(1),
        status: "done",
        reason_code: None,
        reason: None,
        counts: [3, 2, 1],
        results: "[1]".to_owned(),
        finished_at: at(7),
    };
    assert!(kept!(store, unit => comparisons::end_application(&mut unit, &ending)));
    assert!(!kept!(store, unit => comparisons::end_application(&mut unit, &ending)));
    let found = seen!(store, view => comparisons::find_application(&mut view, id(1))).unwrap();
    assert_eq!((found.n_chosen, found.n_done, found.n_refused), (3, 2, 1));
    assert_eq!((found.results.as_str(), found.finished_at), ("[1]", Some(at(7))));
    assert!(seen!(store, view => comparisons::find_application(&mut view, id(9))).is_none());
}

async fn a_workbook_whose_message_is_dead_fails_and_is_open_again_by_a_replay(place: Place) {
    let store = &place.store;
    kept!(store, unit => comparisons::accept_application(&mut unit, &application(1)));
    let mut new = message(Queue::Comparisons, 11, 0);
    new.envelope.correlation_id = id(1_001);
    put(store, &[new]).await;
    kept!(store, unit => claim_named(&mut unit, id(0xA), &[id(11)], at(0)));
    assert_eq!(kept!(store, unit => comparisons::fail_dead(&mut unit, "故障", at(9))), 0);
    kept!(store, unit => bury(&mut unit, id(0xA), id(11), at(9), "no"));
    assert_eq!(kept!(store, unit => comparisons::fail_dead(&mut unit, "故障", at(9))), 1);
    let found = seen!(store, view => comparisons::find_application(&mut view, id(1))).unwrap();
    assert_eq!((found.status.as_str(), found.reason.as_deref()), ("failed", Some("故障")));
    assert_eq!(kept!(store, unit => comparisons::reopen_replayed(&mut unit)), 0);
    let selection = DeadSelection { id: Some(id(11)), ..DeadSelection::default() };
    kept!(store, unit => replay(&mut unit, &selection, at(20)));
    assert_eq!(kept!(store, unit => comparisons::reopen_replayed(&mut unit)), 1);
    let found = seen!(store, view => comparisons::find_application(&mut view, id(1))).unwrap();
    assert_eq!((found.status.as_str(), found.finished_at), ("received", None));
}
