//! What imports have brought, what came after, and taking them back.

use store::imports::{self, Before, Later};
use store::memberships::{self, MembershipData};
use store::organizations::SealedOption;
use store::persons::{self, NewChange};
use store::transfers::{self, NewTransfer};
use store::uploads;
use store::{Store, facts, submissions};

use super::engines::{Place, at, id};
use super::organizations::add;
use super::registry::{data, known, membership, opened, person, put_facts, sealed, silent};
use super::submissions::submit;
use super::uploads::{accept, ending};

on_both_engines!(
    what_an_import_has_brought_is_found_and_taken_back_once,
    fields_are_put_back_with_nothing_where_there_was_nothing,
    what_came_after_is_found_person_by_person,
);

/// Members of these numbers, added by an upload.
async fn bring(store: &Store, numbers: &[u32], org: &store::organizations::Organization, upload: u128) -> Vec<i64> {
    let new: Vec<_> = numbers.iter().map(|number| person(*number)).collect();
    let open = |number: &u32| memberships::NewMembership { upload: Some(id(upload)), ..membership(*number, org) };
    let open: Vec<_> = numbers.iter().map(open).collect();
    kept!(store, unit => persons::insert(&mut unit, &new, at(1)), memberships::open(&mut unit, &open, at(1)));
    let mut ids = Vec::new();
    for number in numbers {
        ids.push(known(store, *number, org).await.unwrap().person_id);
    }
    ids
}

async fn what_an_import_has_brought_is_found_and_taken_back_once(place: Place) {
    let store = &place.store;
    let (org, other) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    accept(store, &[1, 2]).await;
    let ids = bring(store, &[1, 2], &org, 1).await;
    let others = bring(store, &[3], &other, 2).await;
    let change = |field, before, after| NewChange { person_id: others[0], field, before, after };
    let changes = [change("phone", sealed("13800000000"), sealed("13900000000"))];
    kept!(store, unit => persons::record_changes(&mut unit, &changes, "li", Some(id(1)), at(2)));
    let (from_org_id, to_org_id) = (other.id, org.id);
    let request =
        NewTransfer { person_id: others[0], from_org_id, to_org_id, asked_by: "to", reason: None, data: data() };
    let asked = kept!(store, unit => transfers::request(&mut unit, &[request], "li", Some(id(1)), at(2)));

    let added = seen!(store, view => imports::added(&mut view, id(1)));
    let brief: Vec<_> = added.iter().map(|one| (one.person_id, one.org_id, one.is_open)).collect();
    assert_eq!(brief, [(ids[0], org.id, true), (ids[1], org.id, true)]);
    let altered = seen!(store, view => imports::changed(&mut view, id(1)));
    assert_eq!((altered.len(), altered[0].person_id, altered[0].org_id), (1, others[0], Some(other.id)));
    assert_eq!(opened(&altered[0].before).as_deref(), Some("13800000000"));
    let requested = seen!(store, view => imports::requested(&mut view, id(1)));
    assert_eq!((requested[0].transfer_id, requested[0].status.as_str()), (asked[0], "pending"));
    assert!(seen!(store, view => imports::added(&mut view, id(9))).is_empty());

    assert!(!kept!(store, unit => imports::mark(&mut unit, id(1), "li", at(5))), "it is not done yet");
    kept!(store, unit => uploads::settle(&mut unit, &[ending(1, "done")]));
    assert!(kept!(store, unit => imports::mark(&mut unit, id(1), "li", at(5))));
    assert!(!kept!(store, unit => imports::mark(&mut unit, id(1), "wu", at(6))), "once");
    let upload = seen!(store, view => uploads::find(&mut view, id(1))).unwrap();
    assert_eq!((upload.undone_at, upload.undone_by.as_deref()), (Some(at(5)), Some("li")));

    let memberships: Vec<i64> = added.iter().map(|one| one.membership_id).collect();
    kept!(store, unit => imports::close(&mut unit, &memberships, at(5)));
    assert!(known(store, 1, &org).await.unwrap().org_id.is_none());
    let added = seen!(store, view => imports::added(&mut view, id(1)));
    assert_eq!((added[0].is_open, added[0].end_reason.as_deref()), (false, Some(imports::UNDONE)));
    let mut unit = store.begin().await.unwrap();
    assert!(imports::close(&mut unit, &memberships, at(6)).await.is_err(), "what has ended does not end again");
    unit.rollback().await.unwrap();
    assert_eq!(kept!(store, unit => imports::void_requests(&mut unit, id(1), "撤销", "li", at(5))), asked);
    assert!(kept!(store, unit => imports::void_requests(&mut unit, id(1), "撤销", "li", at(6))).is_empty());
}

async fn fields_are_put_back_with_nothing_where_there_was_nothing(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    bring(store, &[1], &org, 1).await;
    let membership_id = known(store, 1, &org).await.unwrap().membership_id.unwrap();
    let before = Before {
        membership_id,
        fields: ["phone", "label", "wants_card"].map(str::to_owned).into(),
        data: MembershipData { phone: sealed("13911112222"), card_wanted: Some(false), ..MembershipData::default() },
    };
    kept!(store, unit => imports::restore(&mut unit, &[before], at(5)));
    let now = known(store, 1, &org).await.unwrap();
    assert_eq!((opened(&now.phone).as_deref(), now.label, now.card_wanted), (Some("13911112222"), None, Some(false)));
    assert_eq!(now.employer.as_deref(), Some("测试铁砧厂"), "what is not named stays");
    let none = Before { membership_id, fields: vec!["phone".to_owned()], data: MembershipData::default() };
    kept!(store, unit => imports::restore(&mut unit, &[none], at(6)));
    assert_eq!(known(store, 1, &org).await.unwrap().phone, SealedOption(None));
}

async fn what_came_after_is_found_person_by_person(place: Place) {
    let store = &place.store;
    let (org, other) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    accept(store, &[1, 2, 3]).await;
    kept!(store, unit => uploads::settle(&mut unit, &[ending(1, "done"), ending(2, "done")]));
    let ids = bring(store, &[1, 2, 3, 4], &org, 1).await;
    let people: Vec<_> = ids.iter().map(|person| (*person, org.id)).collect();
    let later = async || seen!(store, view => imports::later(&mut view, id(1), &people, at(10)));
    let of = |person: i64, what: &str| Later { person_id: person, what: what.to_owned() };
    assert!(later().await.is_empty());

    let change = NewChange { person_id: ids[0], field: "phone", before: SealedOption(None), after: sealed("1") };
    kept!(store, unit => persons::record_changes(&mut unit, std::slice::from_ref(&change), "li", Some(id(2)), at(20)));
    assert_eq!(later().await, [of(ids[0], "changed")]);
    assert!(kept!(store, unit => imports::mark(&mut unit, id(2), "li", at(21))));
    assert!(later().await.is_empty(), "a change that was taken back is none");
    let by_hand = NewChange { person_id: ids[0], ..change };
    kept!(store, unit => persons::record_changes(&mut unit, &[by_hand], "li", None, at(22)));
    let (from_org_id, to_org_id) = (org.id, other.id);
    let request = NewTransfer { person_id: ids[1], from_org_id, to_org_id, asked_by: "to", reason: None, data: data() };
    kept!(store, unit => transfers::request(&mut unit, &[request], "li", None, at(20)));
    kept!(store, unit => store::candidates::confirm(&mut unit, 2023, org.id, &ids[2..3], "li", at(20)));
    let card = facts::NewFacts { card: sealed("6231"), ..silent(4) };
    put_facts(store, &[silent(3)]).await;
    kept!(store, unit => facts::put(&mut unit, &[card], id(5), at(20)));
    let mut found = later().await;
    found.sort();
    let mut expected = vec![of(ids[0], "changed"), of(ids[1], "transfer"), of(ids[2], "confirmed"), of(ids[3], "card")];
    expected.sort();
    assert_eq!(found, expected);
    // A submission of the union came after for each of them; a returned one for nobody.
    let submission = submit(store, &org, 7, &[ids[0]]).await;
    assert_eq!(later().await.iter().filter(|one| one.what == "submission").count(), 4);
    let returned = submissions::StatusChange {
        id: submission,
        status: "returned",
        batch_id: None,
        reason_code: None,
        reason: None,
    };
    kept!(store, unit => submissions::change_status(&mut unit, &[returned], at(30)));
    assert!(later().await.iter().all(|one| one.what != "submission"));
}
