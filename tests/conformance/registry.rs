//! Persons, memberships, transfers and facts: many at once, each once, nothing erased by silence.

use chrono::NaiveDate;
use store::facts::{self, NewFacts};
use store::memberships::{self, MemberFilter, MembershipData, NewMembership};
use store::organizations::{Organization, SealedOption};
use store::persons::{self, Known, NewChange, NewPerson};
use store::transfers::{self, NewTransfer};
use store::{DocKey, Store, StoreError};

use super::engines::{Place, at, id, vault};
use super::organizations::add;

on_both_engines!(
    a_person_is_known_by_the_document_with_the_open_membership,
    a_person_who_has_been_added_meanwhile_is_a_conflict,
    two_units_that_add_the_same_persons_end_as_one,
    a_person_has_at_most_one_open_membership,
    what_a_row_does_not_say_stays_in_a_membership,
    members_are_counted_and_listed_by_place,
    a_transfer_is_asked_for_once,
    facts_are_kept_without_a_person_and_silence_erases_nothing,
    what_changed_is_kept_with_its_upload,
    numbers_follow_the_order_of_the_list,
);

pub fn key(number: u32) -> DocKey {
    vault().doc_key(&format!("cn:{number}"))
}

fn day(day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1990, 1, day)
}

pub fn sealed(text: &str) -> SealedOption {
    SealedOption(Some(vault().seal(text).unwrap()))
}

pub fn opened(sealed: &SealedOption) -> Option<String> {
    sealed.0.as_ref().map(|sealed| vault().open(sealed).unwrap())
}

pub fn person(number: u32) -> NewPerson {
    NewPerson {
        doc_kind: "resident",
        doc_key: key(number),
        doc_number: vault().seal(&format!("number {number}")).unwrap(),
        name: format!("测试{number}"),
        birth: day(1 + number % 28),
        sex: "female",
    }
}

pub fn membership(number: u32, org: &Organization) -> NewMembership {
    NewMembership { doc_key: key(number), org_id: org.id, upload: None, data: data() }
}

pub fn data() -> MembershipData {
    let text = |text: &str| Some(text.to_owned());
    MembershipData {
        phone: sealed("13800000000"),
        employer: text("测试铁砧厂"),
        label: text("外包工"),
        household: text("非农业"),
        address: text("测试路 1 号"),
        card_wanted: Some(true),
        data_type: text("external"),
    }
}

/// Adds persons of these numbers as members.
pub async fn join(store: &Store, numbers: &[u32], org: &Organization) {
    let new: Vec<_> = numbers.iter().map(|number| person(*number)).collect();
    let open: Vec<_> = numbers.iter().map(|number| membership(*number, org)).collect();
    kept!(store, unit => persons::insert(&mut unit, &new, at(1)), memberships::open(&mut unit, &open, at(1)));
}

pub async fn known(store: &Store, number: u32, org: &Organization) -> Option<Known> {
    seen!(store, view => persons::known(&mut view, &[(key(number), org.id)])).pop()
}

async fn a_person_is_known_by_the_document_with_the_open_membership(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    assert!(seen!(store, view => persons::known(&mut view, &[])).is_empty());
    join(store, &[1, 2], &org).await;
    kept!(store, unit => persons::insert(&mut unit, &[NewPerson { birth: None, ..person(3) }], at(1)));
    let wanted = [(key(3), org.id), (key(9), org.id), (key(1), org.id)];
    let mut found = seen!(store, view => persons::known(&mut view, &wanted));
    found.sort_by_key(|known| known.person_id);
    let [one, three] = found.try_into().unwrap();
    assert_eq!((one.key().unwrap(), one.name.as_str(), one.org_id), (key(1), "测试1", Some(org.id)));
    assert_eq!((opened(&one.phone).as_deref(), one.employer.as_deref()), (Some("13800000000"), Some("测试铁砧厂")));
    assert_eq!((one.label.as_deref(), one.household.as_deref()), (Some("外包工"), Some("非农业")));
    assert_eq!((one.address.as_deref(), one.card_wanted), (Some("测试路 1 号"), Some(true)));
    assert_eq!((one.data_type.as_deref(), one.transfer_pending), (Some("external"), false));
    assert!(one.membership_id.is_some());
    assert_eq!((three.key().unwrap(), three.membership_id, three.org_id), (key(3), None, None));
    assert_eq!((three.phone, three.card_wanted), (SealedOption(None), None));
}

async fn a_person_who_has_been_added_meanwhile_is_a_conflict(place: Place) {
    let store = &place.store;
    kept!(store, unit => persons::insert(&mut unit, &[person(1)], at(1)), persons::insert(&mut unit, &[], at(1)));
    let mut unit = store.begin().await.unwrap();
    let again = persons::insert(&mut unit, &[person(2), person(1)], at(2)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    unit.rollback().await.unwrap();
    let org = add(store, "31", None, "unit").await;
    assert!(known(store, 2, &org).await.is_none());
}

async fn numbers_follow_the_order_of_the_list(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    let list: Vec<u32> = (0..300).map(|place| place * 7 % 300).collect();
    join(store, &list, &org).await;
    let wanted: Vec<_> = list.iter().map(|number| (key(*number), org.id)).collect();
    let mut found = seen!(store, view => persons::known(&mut view, &wanted));
    found.sort_by_key(|known| known.person_id);
    assert_eq!(
        found.iter().map(|known| known.name.clone()).collect::<Vec<_>>(),
        list.iter().map(|number| format!("测试{number}")).collect::<Vec<_>>()
    );
}

async fn two_units_that_add_the_same_persons_end_as_one(place: Place) {
    let org = add(&place.store, "31", None, "unit").await;
    let add_all = async |store: Store, numbers: Vec<u32>| -> Result<(), StoreError> {
        let new: Vec<_> = numbers.into_iter().map(person).collect();
        let mut unit = store.begin().await?;
        persons::insert(&mut unit, &new, at(1)).await?;
        unit.commit().await
    };
    for round in 0..5 {
        let forwards: Vec<u32> = (round * 100..round * 100 + 60).collect();
        let backwards = forwards.iter().rev().copied().collect();
        let both = tokio::join!(add_all(place.open(), forwards), add_all(place.open(), backwards));
        match both {
            (Ok(()), Err(StoreError::Conflict(said))) | (Err(StoreError::Conflict(said)), Ok(())) => {
                assert!(!said.contains("40P01"), "no deadlock, both sort alike: {said}");
            }
            other => panic!("one of two is in the way of the other: {other:?}"),
        }
        assert!(known(&place.store, round * 100 + 59, &org).await.is_some());
    }
}

async fn a_person_has_at_most_one_open_membership(place: Place) {
    let store = &place.store;
    let (one, other) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    join(store, &[1], &one).await;
    let mut unit = store.begin().await.unwrap();
    let second = memberships::open(&mut unit, &[membership(1, &other)], at(2)).await;
    assert!(matches!(second, Err(StoreError::Conflict(_))), "{second:?}");
    unit.rollback().await.unwrap();
    assert_eq!(known(store, 1, &one).await.unwrap().org_id, Some(one.id));
    // Nobody has that document: nobody is made a member.
    kept!(store, unit => memberships::open(&mut unit, &[membership(9, &one)], at(2)), memberships::open(&mut unit, &[], at(2)));
    assert_eq!(seen!(store, view => memberships::count_in(&mut view, &[one.id, other.id, one.id])), [(one.id, 1)]);
}

async fn what_a_row_does_not_say_stays_in_a_membership(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    join(store, &[1, 2], &org).await;
    let before = known(store, 1, &org).await.unwrap();
    let other = known(store, 2, &org).await.unwrap();
    let silent = MembershipData::default();
    let says = MembershipData { phone: sealed("13900000000"), card_wanted: Some(false), ..MembershipData::default() };
    let changed = [(other.membership_id.unwrap(), silent), (before.membership_id.unwrap(), says)];
    kept!(store, unit => memberships::update(&mut unit, &changed, at(3)), memberships::update(&mut unit, &[], at(3)));
    let after = known(store, 1, &org).await.unwrap();
    assert_eq!((opened(&after.phone).as_deref(), after.card_wanted), (Some("13900000000"), Some(false)));
    assert_eq!((after.employer, after.label, after.household), (before.employer, before.label, before.household));
    assert_eq!((after.address, after.data_type), (before.address, before.data_type));
    let same = known(store, 2, &org).await.unwrap();
    assert_eq!((opened(&same.phone), same.card_wanted), (opened(&other.phone), other.card_wanted));
}

async fn members_are_counted_and_listed_by_place(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let (one, other) = (add(store, "11", Some(&root), "unit").await, add(store, "12", Some(&root), "unit").await);
    join(store, &[1, 2, 3], &one).await;
    join(store, &[4], &other).await;
    put_facts(store, &[NewFacts { social_insurance: Some(true), ..silent(2) }]).await;
    let counts = seen!(store, view => memberships::count_in(&mut view, &[other.id, one.id, 99]));
    let counts = std::collections::BTreeMap::from_iter(counts);
    assert_eq!(counts, [(one.id, 3), (other.id, 1)].into());
    assert_eq!(seen!(store, view => memberships::count_below(&mut view, &root.path)), 4);
    assert_eq!(seen!(store, view => memberships::count_below(&mut view, &other.path)), 1);
    let page = seen!(store, view => memberships::list_below(&mut view, &one.path, 0, 2));
    let rest = seen!(store, view => memberships::list_below(&mut view, &one.path, page[1].person_id, 2));
    assert_eq!((page.len(), rest.len()), (2, 1));
    let all: Vec<_> = page.iter().chain(&rest).collect();
    assert!(all.is_sorted_by_key(|member| member.person_id));
    let two = all.iter().find(|member| member.name == "测试2").unwrap();
    assert_eq!((two.doc_kind.as_str(), two.sex.as_str(), two.birth), ("resident", "female", day(3)));
    assert_eq!((two.org_code.as_str(), &two.org_path, two.since), ("11", &one.path, at(1)));
    assert_eq!(vault().open(&two.doc_number).unwrap(), "number 2");
    assert_eq!((two.employer.as_deref(), two.label.as_deref()), (Some("测试铁砧厂"), Some("外包工")));
    assert_eq!((two.social_insurance, two.retired_on, two.deceased_on), (Some(true), None, None));
    assert_eq!((opened(&two.phone).as_deref(), opened(&two.card)), (Some("13800000000"), None));
    let found = seen!(store, view => memberships::find(&mut view, two.person_id)).unwrap();
    assert_eq!(found.name, "测试2");
    assert!(seen!(store, view => memberships::find(&mut view, 99_999)).is_none());
    let person = seen!(store, view => persons::find(&mut view, two.person_id)).unwrap();
    assert_eq!((person.name.as_str(), vault().open(&person.doc_number).unwrap().as_str()), ("测试2", "number 2"));
    assert!(seen!(store, view => persons::find(&mut view, 99_999)).is_none());
    // Every filter, one by one.
    let filtered = async |filter: MemberFilter| -> Vec<String> {
        let found = seen!(store, view => memberships::list(&mut view, &root.path, &filter, 0, 10));
        found.into_iter().map(|member| member.name).collect()
    };
    let filter = MemberFilter::default;
    assert_eq!(filtered(MemberFilter { name: Some("试2".to_owned()), ..filter() }).await, ["测试2"]);
    assert!(filtered(MemberFilter { name: Some("_".to_owned()), ..filter() }).await.is_empty());
    put_facts(store, &[NewFacts { card: sealed("6200"), retired_on: day(5), ..silent(1) }]).await;
    assert_eq!(filtered(MemberFilter { card: Some(true), ..filter() }).await, ["测试1"]);
    assert_eq!(filtered(MemberFilter { card: Some(false), ..filter() }).await.len(), 3);
    assert_eq!(filtered(MemberFilter { social: Some("yes"), ..filter() }).await, ["测试2"]);
    assert_eq!(filtered(MemberFilter { social: Some("unknown"), ..filter() }).await.len(), 3);
    assert!(filtered(MemberFilter { social: Some("no"), ..filter() }).await.is_empty());
    assert_eq!(filtered(MemberFilter { retired_by: day(5), ..filter() }).await, ["测试1"]);
    assert!(filtered(MemberFilter { retired_by: day(4), ..filter() }).await.is_empty());
    assert_eq!(filtered(MemberFilter { label: Some("外包工".to_owned()), ..filter() }).await.len(), 4);
}

async fn a_transfer_is_asked_for_once(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let (one, other) = (add(store, "11", Some(&root), "unit").await, add(store, "12", Some(&root), "unit").await);
    join(store, &[1, 2], &one).await;
    let wanted = async |number| {
        let person_id = known(store, number, &one).await.unwrap().person_id;
        NewTransfer { person_id, from_org_id: one.id, to_org_id: other.id, asked_by: "to", reason: None, data: data() }
    };
    let new = [wanted(1).await, wanted(1).await];
    assert_eq!(kept!(store, unit => transfers::request(&mut unit, &new, "wang", Some(id(5)), at(2))).len(), 1);
    let new = [wanted(1).await, wanted(2).await];
    assert_eq!(kept!(store, unit => transfers::request(&mut unit, &new, "wang", None, at(3))).len(), 1);
    assert_eq!(kept!(store, unit => transfers::request(&mut unit, &[], "wang", None, at(3))).len(), 0);
    let pending = async |org: &Organization| seen!(store, view => transfers::count_pending_into(&mut view, &org.path));
    assert_eq!((pending(&root).await, pending(&other).await, pending(&one).await), (2, 2, 0));
    assert!(known(store, 1, &other).await.unwrap().transfer_pending);
    assert!(!known(store, 1, &one).await.unwrap().transfer_pending, "another union asked");
}

pub fn silent(number: u32) -> NewFacts {
    NewFacts {
        doc_key: key(number),
        card: SealedOption(None),
        social_insurance: None,
        retired_on: None,
        deceased_on: None,
        staff: None,
    }
}

pub async fn put_facts(store: &Store, new: &[NewFacts]) {
    kept!(store, unit => facts::put(&mut unit, new, id(5), at(2)));
}

async fn facts_are_kept_without_a_person_and_silence_erases_nothing(place: Place) {
    let store = &place.store;
    let full = NewFacts {
        card: sealed("6200"),
        social_insurance: Some(true),
        retired_on: day(2),
        deceased_on: day(3),
        staff: Some("worker"),
        ..silent(1)
    };
    put_facts(store, &[silent(2), full]).await;
    put_facts(store, &[NewFacts { social_insurance: Some(false), staff: Some("cadre"), ..silent(1) }]).await;
    put_facts(store, &[]).await;
    let found = seen!(store, view => facts::known(&mut view, &[key(1), key(9)]));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].key().unwrap(), opened(&found[0].card).as_deref()), (key(1), Some("6200")));
    assert_eq!((found[0].social_insurance, found[0].staff.as_deref()), (Some(false), Some("cadre")));
    assert_eq!((found[0].retired_on, found[0].deceased_on), (day(2), day(3)));
    let nothing = seen!(store, view => facts::known(&mut view, &[key(2)]));
    assert_eq!((nothing[0].social_insurance, nothing[0].staff.as_ref()), (None, None), "no fact is not no");
    assert!(seen!(store, view => facts::known(&mut view, &[])).is_empty());
}

async fn what_changed_is_kept_with_its_upload(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    join(store, &[1], &org).await;
    let person_id = known(store, 1, &org).await.unwrap().person_id;
    let change = |before, after| NewChange { person_id, field: "phone", before, after };
    let changes = [change(sealed("1"), sealed("2")), change(SealedOption(None), sealed("3"))];
    kept!(
        store,
        unit => persons::record_changes(&mut unit, &changes, "wang", Some(id(5)), at(3)),
        persons::record_changes(&mut unit, &changes[..1], "wang", None, at(4)),
        persons::record_changes(&mut unit, &[], "wang", None, at(4)),
    );
    assert_eq!(place.count("SELECT COUNT(*) FROM person_changes WHERE field = 'phone'").await, 3);
    assert_eq!(place.count("SELECT COUNT(*) FROM person_changes WHERE before IS NULL AND after IS NOT NULL").await, 1);
    assert_eq!(place.count("SELECT COUNT(*) FROM person_changes WHERE upload_id IS NULL").await, 1);
    let history = seen!(store, view => persons::changes(&mut view, person_id));
    let line = |change: &persons::Change| (change.field.clone(), opened(&change.before), opened(&change.after));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(history.iter().map(line).collect::<Vec<_>>()[1], ("phone".to_owned(), None, text("3")));
    assert_eq!((history[2].account.as_str(), history[2].at, history[2].upload_id), ("wang", at(4), None));
    assert!(seen!(store, view => persons::changes(&mut view, 99_999)).is_empty());
}
