//! Members who are likely registered already: found by phone everywhere, by name within a union.

use store::likenesses::{self, Namesake};
use store::memberships::{self, MembershipData};
use store::persons::{self, NewPerson};

use super::engines::{Place, at, vault};
use super::organizations::add;
use super::registry::{data, known, membership, person, sealed};

on_both_engines!(
    members_are_found_by_phone_and_by_name_and_pairs_are_listed,
    phones_of_before_get_their_keys_page_by_page,
);

async fn members_are_found_by_phone_and_by_name_and_pairs_are_listed(place: Place) {
    let store = &place.store;
    let (one, other) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    let called = |number: u32, name: &str| NewPerson { name: name.to_owned(), ..person(number) };
    let new = [called(1, "刘洋"), called(2, "刘洋"), called(3, "刘洋"), called(4, "王伟")];
    let of = |number: u32, org, phone: &str| memberships::NewMembership {
        data: MembershipData { phone: sealed(phone), ..data() },
        ..membership(number, org)
    };
    let open = [
        of(1, &one, "13800000001"),
        of(2, &one, "13800000002"),
        of(3, &other, "13800000001"),
        of(4, &other, "13800000001"),
    ];
    kept!(store, unit => persons::insert(&mut unit, &new, at(1)), memberships::open(&mut unit, &open, at(1)));
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(known(store, number, &one).await.unwrap().person_id);
    }
    let key = vault().phone_key("13800000001");
    let found = seen!(store, view => likenesses::by_phone(&mut view, &[key.clone(), key.clone()]));
    let brief: Vec<_> = found.iter().map(|one| (one.person_id, one.org_code.as_str())).collect();
    assert_eq!(brief, [(ids[0], "31"), (ids[2], "32"), (ids[3], "32")]);
    assert_eq!(found[0].phone_key.as_ref(), Some(&key));
    let found = seen!(store, view => likenesses::named(&mut view, &ids[1..2]));
    assert_eq!((found.len(), found[0].name.as_str(), found[0].org_id), (1, "刘洋", one.id));
    let mut names = seen!(store, view => likenesses::names_in(&mut view, &[one.id]));
    names.sort_by_key(|name| name.person_id);
    let namesake = |person_id| Namesake { person_id, org_id: one.id, name: "刘洋".to_owned() };
    assert_eq!(names, [namesake(ids[0]), namesake(ids[1])]);
    assert_eq!(seen!(store, view => likenesses::namesakes(&mut view, &one.path)), names);
    assert!(seen!(store, view => likenesses::namesakes(&mut view, &other.path)).is_empty());
    let pairs = seen!(store, view => likenesses::pairs_by_phone(&mut view, &one.path, 0, 10));
    assert_eq!(pairs, [(ids[0], ids[2])], "the same phone under another name is no likeness");
    assert!(seen!(store, view => likenesses::pairs_by_phone(&mut view, &one.path, ids[0], 10)).is_empty());

    // A phone that changes has another key from then on.
    let membership = known(store, 3, &other).await.unwrap().membership_id.unwrap();
    let data = MembershipData { phone: sealed("13900000000"), ..MembershipData::default() };
    kept!(store, unit => memberships::update(&mut unit, &[(membership, data)], at(2)));
    assert!(seen!(store, view => likenesses::pairs_by_phone(&mut view, &one.path, 0, 10)).is_empty());
}

async fn phones_of_before_get_their_keys_page_by_page(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    super::registry::join(store, &[1, 2, 3], &org).await;
    assert!(seen!(store, view => likenesses::unkeyed(&mut view, 0, 10)).is_empty(), "a new one has it at once");
    place.change("UPDATE memberships SET phone_key = NULL").await;
    let page = seen!(store, view => likenesses::unkeyed(&mut view, 0, 2));
    assert_eq!(page.len(), 2);
    assert_eq!(kept!(store, unit => likenesses::key_phones(&mut unit, &page)), 2);
    assert_eq!(kept!(store, unit => likenesses::key_phones(&mut unit, &page)), 0, "once");
    let rest = seen!(store, view => likenesses::unkeyed(&mut view, page[1].0, 2));
    assert_eq!(kept!(store, unit => likenesses::key_phones(&mut unit, &rest)), 1);
    let key = vault().phone_key("13800000000");
    assert_eq!(seen!(store, view => likenesses::by_phone(&mut view, &[key])).len(), 3);
}
