//! Notices: asked for once, made once, void when a newer version counts, found by the hash of their file.

use store::notices::{self, MadeNotice, NewNotice};
use store::organizations::Organization;

use super::engines::{Place, at, id};
use super::organizations::add;

on_both_engines!(a_notice_is_asked_for_and_made_once, what_does_not_count_is_void);

fn new(number: u128, org: &Organization, version: i64) -> NewNotice {
    NewNotice {
        id: id(number),
        year: 2023,
        kind: "unit",
        org_id: org.id,
        number: format!("GZ2023-{}", org.code),
        version,
        version_id: Some(id(100 + number)),
        batch_id: None,
    }
}

async fn a_notice_is_asked_for_and_made_once(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    let batch = NewNotice {
        kind: "bureau",
        number: "GZ2023-3".to_owned(),
        version_id: None,
        batch_id: Some(4),
        ..new(3, &org, 1)
    };
    let asked = kept!(store, unit => notices::request(&mut unit, &[new(1, &org, 1), batch], at(10)));
    assert_eq!(asked, [id(1), id(3)]);
    assert!(kept!(store, unit => notices::request(&mut unit, &[new(2, &org, 1)], at(11))).is_empty(), "as it was");
    let made = MadeNotice {
        id: id(1),
        object_key: "notices/1.pdf".to_owned(),
        sha256: "b".repeat(64),
        size_bytes: 7,
        warnings: "[]".to_owned(),
    };
    assert!(kept!(store, unit => notices::finish(&mut unit, &made, at(12))));
    assert!(!kept!(store, unit => notices::finish(&mut unit, &made, at(13))));
    let found = seen!(store, view => notices::find(&mut view, id(1))).unwrap();
    assert_eq!((found.made_at, found.size_bytes, found.org_code.as_str()), (Some(at(12)), Some(7), "31"));
    assert_eq!((found.requested_at, found.version_id, found.kind.as_str()), (at(10), Some(id(101)), "unit"));
    let by_hash = seen!(store, view => notices::by_hash(&mut view, &"b".repeat(64)));
    assert_eq!(by_hash.iter().map(|one| one.id).collect::<Vec<_>>(), [id(1)]);
    assert!(seen!(store, view => notices::by_hash(&mut view, "c")).is_empty());
    let list = seen!(store, view => notices::list(&mut view, 2023, &org.path));
    assert_eq!(list.iter().map(|one| one.number.as_str()).collect::<Vec<_>>(), ["GZ2023-3", "GZ2023-31"]);
    assert!(seen!(store, view => notices::list(&mut view, 2024, &org.path)).is_empty());
}

async fn what_does_not_count_is_void(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "unit").await;
    kept!(store, unit => notices::request(&mut unit, &[new(1, &org, 1), new(2, &org, 2)], at(10)));
    let counting = [("GZ2023-31".to_owned(), id(102))];
    assert_eq!(kept!(store, unit => notices::replace(&mut unit, &counting, at(11))), 1);
    assert_eq!(kept!(store, unit => notices::replace(&mut unit, &counting, at(12))), 0, "void once");
    let list = seen!(store, view => notices::list(&mut view, 2023, "/"));
    assert_eq!(list.iter().map(|one| one.replaced_at).collect::<Vec<_>>(), [Some(at(11)), None]);
    // Of a batch the newest counts, and those of other batches stay.
    let of_batch = |number, batch, version| NewNotice {
        number: format!("GZ2023-3-{batch}"),
        version_id: None,
        batch_id: Some(batch),
        ..new(number, &org, version)
    };
    let asked = [of_batch(3, 4, 1), of_batch(4, 4, 2), of_batch(5, 6, 1)];
    kept!(store, unit => notices::request(&mut unit, &asked, at(20)));
    let mut newest = seen!(store, view => notices::newest_of_batches(&mut view, &[4, 6, 99]));
    newest.sort_unstable();
    assert_eq!(newest, [(4, 2), (6, 1)]);
    assert_eq!(kept!(store, unit => notices::replace_of_batches(&mut unit, &newest, at(21))), 1);
    assert_eq!(kept!(store, unit => notices::replace_of_batches(&mut unit, &newest, at(22))), 0, "void once");
    assert_eq!(seen!(store, view => notices::find(&mut view, id(3))).unwrap().replaced_at, Some(at(21)));
    assert_eq!(seen!(store, view => notices::find(&mut view, id(4))).unwrap().replaced_at, None);
}
