//! Names that older programs stored with radicals and private-use characters: stored anew page by page, from where it was left.

use desk::{backfill_page, is_backfilled};
use store::persons::{self, Named, NewPerson};

use super::engines::{Place, at};
use super::registry::person;

on_both_engines!(names_of_older_programs_are_brought_up_to_date_from_where_it_was_left);

async fn names_of_older_programs_are_brought_up_to_date_from_where_it_was_left(place: Place) {
    let names = ["王伟", "⾦华", "陈\u{e863}", "⻢⻓⺠", "买买提–艾力"];
    let people: Vec<NewPerson> =
        (0..).zip(names).map(|(number, name)| NewPerson { name: name.to_owned(), ..person(number) }).collect();
    kept!(place.store, unit => persons::insert(&mut unit, &people, at(0)));
    let stored = async || {
        let all = seen!(place.store, view => persons::names_after(&mut view, 0, 100));
        all.into_iter().map(|named| named.name).collect::<Vec<_>>()
    };

    // Two people of five, then the process is gone; one that had not committed has done nothing.
    assert!(backfill_page(&place.store, 2).await.unwrap());
    let mut lost = place.store.begin().await.unwrap();
    let half = Named { person_id: 3, name: "?".to_owned() };
    persons::rewrite_names(&mut lost, &[half]).await.unwrap();
    drop(lost);
    assert_eq!(stored().await, ["王伟", "金华", "陈\u{e863}", "⻢⻓⺠", "买买提–艾力"]);
    assert!(!is_backfilled(&place.store).await.unwrap());

    // Others go on, two at once.
    let (one, two) = tokio::join!(backfill_page(&place.store, 2), backfill_page(&place.store, 2));
    assert!(one.unwrap() && two.unwrap());
    while backfill_page(&place.store, 2).await.unwrap() {}
    assert_eq!(stored().await, ["王伟", "金华", "陈䶮", "马长民", "买买提–艾力"]);
    assert!(is_backfilled(&place.store).await.unwrap());
    assert!(!backfill_page(&place.store, 2).await.unwrap(), "once and for all");
}
