//! Totals: what of each submission is counted, the sums of every organization above, and a recount.

use store::organizations::Organization;
use store::submissions::Fen;
use store::totals::{self, Counted, Total};

use super::engines::{Place, at};
use super::organizations::add;
use super::submissions::submit;

on_both_engines!(
    what_a_submission_is_and_what_was_counted_are_told_apart,
    differences_are_added_to_what_is_there,
    books_are_read_by_the_page_and_forgotten_by_the_year,
);

fn counted(submission_id: i64, org: &Organization, people: i64) -> Counted {
    Counted {
        submission_id,
        year: 2023,
        path: org.path.clone(),
        status: "submitted".to_owned(),
        plan: "A".to_owned(),
        units: 1,
        people,
        fen: fen(people),
    }
}

fn fen(people: i64) -> Fen {
    Fen { total: 2600 * people, municipal: 1300 * people, bureau: 1300 * people, unit: 0 }
}

fn total(org: &Organization, units: i64, people: i64) -> Total {
    let (plan, status) = ("A".to_owned(), "submitted".to_owned());
    Total { year: 2023, org_id: org.id, plan, status, units, people, fen: fen(people) }
}

async fn what_a_submission_is_and_what_was_counted_are_told_apart(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let (one, two) = (add(store, "31", Some(&bureau), "unit").await, add(store, "32", Some(&bureau), "unit").await);
    let ids = [submit(store, &one, 1, &[1, 2]).await, submit(store, &two, 2, &[3, 4]).await];
    let now = kept!(store, unit => totals::now(&mut unit, &ids[..1]));
    assert_eq!(now, [counted(ids[0], &one, 2)]);
    assert!(kept!(store, unit => totals::counted(&mut unit, &ids)).is_empty());
    kept!(store, unit => totals::count(&mut unit, &[counted(ids[0], &one, 1)], at(11)));
    kept!(store, unit => totals::count(&mut unit, &now, at(12)));
    assert_eq!(kept!(store, unit => totals::counted(&mut unit, &ids)), now, "the last count stands");
    assert_eq!(seen!(store, view => totals::submissions_below(&mut view, &bureau.path)), ids);
    assert_eq!(seen!(store, view => totals::submissions_below(&mut view, &two.path)), ids[1..]);
    assert!(seen!(store, view => totals::submissions_of(&mut view, &[1])).is_empty());
    let mut moved = seen!(store, view => store::submissions::find(&mut view, 2023, two.id)).unwrap();
    moved.batch_id = Some(7);
    kept!(store, unit => store::submissions::update(&mut unit, &moved));
    assert_eq!(seen!(store, view => totals::submissions_of(&mut view, &[1, 7])), ids[1..]);
}

async fn differences_are_added_to_what_is_there(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let org = add(store, "31", Some(&bureau), "unit").await;
    kept!(store, unit => totals::add(&mut unit, &[total(&bureau, 1, 2), total(&org, 1, 2)]));
    kept!(store, unit => totals::add(&mut unit, &[total(&bureau, -1, 3)]));
    kept!(store, unit => totals::add(&mut unit, &[]));
    let all = seen!(store, view => totals::all(&mut view, 2023));
    assert_eq!(all, [total(&bureau, 0, 5), total(&org, 1, 2)]);
    assert!(seen!(store, view => totals::all(&mut view, 2024)).is_empty());
    assert_eq!(seen!(store, view => totals::below(&mut view, 2023, &org.path)), [total(&org, 1, 2)]);
    assert_eq!(seen!(store, view => totals::below(&mut view, 2023, "/")), all);
    assert_eq!(seen!(store, view => totals::of(&mut view, 2023, &[bureau.id])), [total(&bureau, 0, 5)]);
}

async fn books_are_read_by_the_page_and_forgotten_by_the_year(place: Place) {
    let store = &place.store;
    let (one, two) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    let ids = [submit(store, &one, 1, &[1, 2]).await, submit(store, &two, 2, &[3, 4]).await];
    let mut unit = store.begin().await.unwrap();
    totals::hold_still(&mut unit).await.unwrap();
    let all = [counted(ids[0], &one, 2), counted(ids[1], &two, 2)];
    assert_eq!(totals::page_of_now(&mut unit, 2023, 0, 1).await.unwrap(), all[..1]);
    assert_eq!(totals::page_of_now(&mut unit, 2023, ids[0], 9).await.unwrap(), all[1..]);
    assert!(totals::page_of_now(&mut unit, 2024, 0, 9).await.unwrap().is_empty());
    totals::count(&mut unit, &all, at(11)).await.unwrap();
    totals::add(&mut unit, &[total(&one, 1, 2)]).await.unwrap();
    totals::forget(&mut unit, 2024).await.unwrap();
    assert_eq!(totals::counted(&mut unit, &ids).await.unwrap().len(), 2);
    totals::forget(&mut unit, 2023).await.unwrap();
    assert!(totals::counted(&mut unit, &ids).await.unwrap().is_empty());
    assert!(totals::all(&mut unit, 2023).await.unwrap().is_empty());
    unit.commit().await.unwrap();
}
