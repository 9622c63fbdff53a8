//! Statistics: units with what they submitted, units that have yet to, sums and totals, all as of one moment.

use store::submissions::{self, Fen};
use store::{Store, organizations, organizations::Organization, statistics};

use super::engines::{Place, at};
use super::organizations::add;
use super::registry::join;
use super::submissions::submit;

on_both_engines!(
    units_that_submitted_have_the_figures_of_the_version_that_counts,
    units_with_members_are_outstanding_until_they_submit_and_again_when_returned,
    a_snapshot_sees_nothing_of_what_comes_after,
);

/// A federation with a bureau, its secondary union with two units, and another bureau with a unit.
struct Tree {
    root: Organization,
    bureau: Organization,
    secondary: Organization,
    units: [Organization; 3],
}

async fn tree(store: &Store) -> Tree {
    let root = add(store, "1", None, "municipal").await;
    let bureau = add(store, "11", Some(&root), "bureau").await;
    let other = add(store, "12", Some(&root), "bureau").await;
    let secondary = add(store, "111", Some(&bureau), "secondary").await;
    let units = [
        add(store, "1111", Some(&secondary), "grassroots").await,
        add(store, "1112", Some(&secondary), "grassroots").await,
        add(store, "121", Some(&other), "grassroots").await,
    ];
    Tree { root, bureau, secondary, units }
}

async fn turn(store: &Store, org: &Organization, status: &str) {
    let mut found = seen!(store, view => submissions::find(&mut view, 2023, org.id)).unwrap();
    found.status = status.to_owned();
    kept!(store, unit => submissions::update(&mut unit, &found));
}

async fn units_that_submitted_have_the_figures_of_the_version_that_counts(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    for (number, org) in (1..).zip(&tree.units) {
        submit(store, org, number, &[]).await;
    }
    let codes = async |path: &str| {
        let mut found = seen!(store, view => statistics::submitted(&mut view, 2023, path));
        found.sort_by(|one, other| one.org_code.cmp(&other.org_code));
        found
    };
    let found = codes(&tree.bureau.path).await;
    assert_eq!(found.iter().map(|one| one.org_code.as_str()).collect::<Vec<_>>(), ["1111", "1112"]);
    let one = &found[0];
    assert_eq!((one.people, one.no_card, one.pending, one.retired, one.deceased), (2, 1, 1, 1, 0));
    assert_eq!((one.plan.as_str(), one.status.as_str(), one.received_at), ("A", "submitted", at(10)));
    assert_eq!((one.org_path.as_str(), one.fen.total), (tree.units[0].path.as_str(), 5200));
    let sums = async |path: &str| seen!(store, view => statistics::sums(&mut view, 2023, path));
    let six = Fen { total: 15600, municipal: 7800, bureau: 7800, unit: 0 };
    assert_eq!(sums(&tree.root.path).await, statistics::Sums { units: 3, people: 6, fen: six });
    // What failed is a unit without people and money; what was returned is neither.
    turn(store, &tree.units[0], "failed").await;
    turn(store, &tree.units[1], "returned").await;
    assert_eq!(codes(&tree.bureau.path).await.len(), 1);
    let of_bureau = sums(&tree.bureau.path).await;
    assert_eq!((of_bureau.units, of_bureau.people, of_bureau.fen), (1, 0, Fen::default()));
    assert_eq!(sums(&tree.root.path).await.people, 2);
    assert!(seen!(store, view => statistics::submitted(&mut view, 2024, &tree.root.path)).is_empty());
    let upper = seen!(store, view => organizations::upper_below(&mut view, &tree.bureau.path));
    assert_eq!(upper.iter().map(|org| org.code.as_str()).collect::<Vec<_>>(), ["11", "111"]);
}

async fn units_with_members_are_outstanding_until_they_submit_and_again_when_returned(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    join(store, &[1, 2], &tree.units[0]).await;
    join(store, &[3], &tree.units[2]).await;
    let outstanding = async |path: &str| {
        let mut found = seen!(store, view => statistics::outstanding(&mut view, 2023, path));
        found.sort_by(|one, other| one.org_code.cmp(&other.org_code));
        found.iter().map(|one| (one.org_code.clone(), one.members)).collect::<Vec<_>>()
    };
    let levels = ["municipal", "bureau"];
    let counted = async || {
        let mut found = seen!(store, view => statistics::count_outstanding(&mut view, 2023, &tree.root.path, levels));
        found.sort_unstable();
        found
    };
    let (first, last) = (("1111".to_owned(), 2), ("121".to_owned(), 1));
    assert_eq!(outstanding(&tree.root.path).await, [first.clone(), last.clone()]);
    assert_eq!(outstanding(&tree.secondary.path).await, std::slice::from_ref(&first));
    let other = tree.units[2].parent_id.unwrap();
    assert_eq!(counted().await, [(tree.root.id, 2), (tree.bureau.id, 1), (other, 1)]);
    submit(store, &tree.units[0], 1, &[]).await;
    assert_eq!(outstanding(&tree.root.path).await, std::slice::from_ref(&last));
    assert_eq!(counted().await, [(tree.root.id, 1), (other, 1)]);
    turn(store, &tree.units[0], "returned").await;
    assert_eq!(outstanding(&tree.root.path).await, [first, last]);
    assert!(seen!(store, view => statistics::totals_of(&mut view, 2023, &tree.root.path, levels)).is_empty());
}

async fn a_snapshot_sees_nothing_of_what_comes_after(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    submit(store, &tree.units[0], 1, &[]).await;
    let mut snapshot = store.snapshot().await.unwrap();
    let sums = statistics::sums(&mut snapshot, 2023, &tree.root.path).await.unwrap();
    submit(store, &tree.units[1], 2, &[]).await;
    assert_eq!(statistics::sums(&mut snapshot, 2023, &tree.root.path).await.unwrap(), sums);
    drop(snapshot);
    assert_eq!(seen!(store, view => statistics::sums(&mut view, 2023, &tree.root.path)).units, 2);
}
