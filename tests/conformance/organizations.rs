//! Organizations: the tree by paths, written, found, moved and locked; and the accounts with roles at them.

use store::accounts;
use store::organizations::{
    self, Organization, OrganizationData, SealedOption, count_below, count_enterprises, find, find_many, get,
    get_above, get_many, insert, kinds_below, list_below, lock, remove, replace_parent, root, update,
};
use store::{Store, StoreError, settings};

use super::engines::{Place, at, vault};

on_both_engines!(
    an_organization_comes_back_as_it_was_written,
    a_number_that_is_taken_is_a_conflict_and_nothing_is_written,
    an_update_writes_what_it_says_and_erases_nothing,
    organizations_are_found_by_number_and_by_id,
    everything_below_a_place_is_one_range,
    unions_are_counted_by_kind_and_enterprise,
    the_centres_are_found_wherever_they_stand,
    a_removed_organization_is_gone_and_may_come_back,
    those_above_are_found_once_each,
    a_moved_organization_takes_everything_below_along,
    units_on_one_organization_wait_for_each_other,
    an_account_has_each_role_once_at_each_place,
);

pub fn org(code: &str, parent: Option<&Organization>, level: &str) -> OrganizationData {
    OrganizationData {
        code: code.to_owned(),
        name: format!("工会 {code}"),
        parent_id: parent.map(|parent| parent.id),
        level: level.to_owned(),
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: SealedOption::default(),
        email: format!("{code}@example.org"),
    }
}

pub async fn add(store: &Store, code: &str, parent: Option<&Organization>, level: &str) -> Organization {
    kept!(store, unit => insert(&mut unit, &[org(code, parent, level)], at(0)));
    seen!(store, view => find(&mut view, code)).unwrap()
}

/// A federation `1` with bureaus `11` and `12`, a secondary union `111`, and units `1111`, `1112` and `121`.
struct Tree {
    root: Organization,
    bureaus: [Organization; 2],
    secondary: Organization,
    units: [Organization; 3],
}

async fn tree(store: &Store) -> Tree {
    let root = add(store, "1", None, "federation").await;
    let bureaus = [add(store, "11", Some(&root), "bureau").await, add(store, "12", Some(&root), "bureau").await];
    let secondary = add(store, "111", Some(&bureaus[0]), "secondary").await;
    let units = [
        add(store, "1111", Some(&secondary), "unit").await,
        add(store, "1112", Some(&secondary), "unit").await,
        add(store, "121", Some(&bureaus[1]), "unit").await,
    ];
    Tree { root, bureaus, secondary, units }
}

fn codes(found: &[Organization]) -> Vec<&str> {
    found.iter().map(|org| org.code.as_str()).collect()
}

fn sorted(mut found: Vec<Organization>) -> Vec<String> {
    found.sort_by(|a, b| a.code.cmp(&b.code));
    found.into_iter().map(|org| org.code).collect()
}

async fn an_organization_comes_back_as_it_was_written(place: Place) {
    let store = &place.store;
    assert!(seen!(store, view => root(&mut view)).is_none());
    let text = |text: &str| Some(text.to_owned());
    let full = OrganizationData {
        kind: text("企业工会"),
        uscc: text("91310199000000001X"),
        economy: text("国有"),
        industry: text("制造业"),
        enterprise: text("测试铁砧厂"),
        contact: text("王测试"),
        phone: SealedOption(Some(store.vault().seal("13800000000").unwrap())),
        ..org("000000000000000000000000000031", None, "federation")
    };
    kept!(store, unit => insert(&mut unit, std::slice::from_ref(&full), at(0)));
    let found = seen!(store, view => root(&mut view)).unwrap();
    assert_eq!((&found.code, &found.name, found.parent_id, &found.level), (&full.code, &full.name, None, &full.level));
    assert_eq!((&found.kind, &found.uscc, &found.economy), (&full.kind, &full.uscc, &full.economy));
    assert_eq!((&found.industry, &found.enterprise, &found.contact), (&full.industry, &full.enterprise, &full.contact));
    assert_eq!((&found.email, found.path), (&full.email, format!("/{}/", found.id)));
    assert_eq!(vault().open(&found.phone.0.unwrap()).unwrap(), "13800000000");
}

async fn a_number_that_is_taken_is_a_conflict_and_nothing_is_written(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let mut unit = store.begin().await.unwrap();
    let new = [org("12", Some(&root), "bureau"), org("1", Some(&root), "bureau")];
    assert!(matches!(insert(&mut unit, &new, at(1)).await, Err(StoreError::Conflict(_))));
    unit.rollback().await.unwrap();
    assert!(seen!(store, view => find(&mut view, "12")).is_none());
    kept!(store, unit => insert(&mut unit, &[], at(1)));
}

async fn an_update_writes_what_it_says_and_erases_nothing(place: Place) {
    let store = &place.store;
    let before = OrganizationData {
        contact: Some("王测试".to_owned()),
        phone: SealedOption(Some(store.vault().seal("1").unwrap())),
        ..org("1", None, "federation")
    };
    kept!(store, unit => insert(&mut unit, &[before], at(0)));
    let path = seen!(store, view => find(&mut view, "1")).unwrap().path;
    let said =
        OrganizationData {
            name: "新名".to_owned(), industry: Some("建筑业".to_owned()), ..org("1", None, "centre")
        };
    kept!(store, unit => update(&mut unit, &[said, org("unknown", None, "unit")], at(1)), update(&mut unit, &[], at(1)));
    let after = seen!(store, view => find(&mut view, "1")).unwrap();
    assert_eq!((after.name.as_str(), after.level.as_str(), after.path), ("新名", "centre", path));
    assert_eq!((after.contact.as_deref(), after.industry.as_deref()), (Some("王测试"), Some("建筑业")));
    assert_eq!(vault().open(&after.phone.0.unwrap()).unwrap(), "1");
}

async fn organizations_are_found_by_number_and_by_id(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    assert_eq!(seen!(store, view => get(&mut view, tree.secondary.id)).unwrap().code, "111");
    assert!(seen!(store, view => get(&mut view, 99_999)).is_none());
    assert!(seen!(store, view => find(&mut view, "0111")).is_none());
    let names: Vec<String> = ["12", "1111", "12", "nobody"].map(str::to_owned).to_vec();
    assert_eq!(sorted(seen!(store, view => find_many(&mut view, &names))), ["1111", "12"]);
    assert!(seen!(store, view => find_many(&mut view, &[])).is_empty());
    let ids = [tree.units[0].id, 99_999, tree.root.id, tree.units[0].id];
    assert_eq!(sorted(seen!(store, view => get_many(&mut view, &ids))), ["1", "1111"]);
    assert!(seen!(store, view => get_many(&mut view, &[])).is_empty());
}

async fn everything_below_a_place_is_one_range(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    let below = async |org: &Organization| seen!(store, view => list_below(&mut view, &org.path));
    assert_eq!(below(&tree.root).await.len(), 7);
    assert_eq!(codes(&below(&tree.bureaus[0]).await), ["11", "111", "1111", "1112"], "from the top down");
    assert_eq!(codes(&below(&tree.units[2]).await), ["121"]);
    // Neighbours whose ids begin with the same digits are not below each other.
    for number in 300..330 {
        add(store, &number.to_string(), Some(&tree.root), "unit").await;
    }
    for org in below(&tree.root).await.iter().filter(|org| org.level == "unit") {
        assert_eq!(below(org).await.len(), 1, "{}", org.path);
    }
    let counts = seen!(store, view => count_below(&mut view, &tree.bureaus[0].path));
    let expected = [("bureau", 1), ("secondary", 1), ("unit", 2)].map(|(level, count)| (level.to_owned(), count));
    assert_eq!(counts, expected);
}

async fn those_above_are_found_once_each(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    let above = seen!(store, view => get_above(&mut view, &tree.units));
    assert_eq!(sorted(above), ["1", "11", "111", "12"]);
    let own = [tree.units[0].clone(), tree.secondary.clone()];
    assert_eq!(sorted(seen!(store, view => get_above(&mut view, &own))), ["1", "11"], "none of their own number");
    assert!(seen!(store, view => get_above(&mut view, &[])).is_empty());
}

async fn a_moved_organization_takes_everything_below_along(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    kept!(store, unit => replace_parent(&mut unit, &tree.secondary, &tree.bureaus[1], at(1)));
    let below = async |org: &Organization| seen!(store, view => list_below(&mut view, &org.path));
    assert_eq!(codes(&below(&tree.bureaus[0]).await), ["11"]);
    assert_eq!(codes(&below(&tree.bureaus[1]).await).len(), 5);
    let moved = seen!(store, view => find(&mut view, "1111")).unwrap();
    let places = [&tree.root, &tree.bureaus[1], &tree.secondary, &tree.units[0]].map(|org| org.id.to_string());
    assert_eq!(moved.path, format!("/{}/", places.join("/")));
    let moved = seen!(store, view => find(&mut view, "111")).unwrap();
    assert_eq!(moved.parent_id, Some(tree.bureaus[1].id));
}

async fn units_on_one_organization_wait_for_each_other(place: Place) {
    let tree = tree(&place.store).await;
    let ids = [tree.units[1].id, tree.units[0].id];
    let mut first = place.store.begin().await.unwrap();
    lock(&mut first, &ids).await.unwrap();
    lock(&mut first, &[]).await.unwrap();
    let other = place.open();
    let second = tokio::spawn(async move {
        let mut unit = other.begin().await.unwrap();
        lock(&mut unit, &[ids[1], ids[0]]).await.unwrap();
        settings::find(&mut unit, "first").await.unwrap()
    });
    place.until_somebody_waits().await;
    settings::put(&mut first, "first", "done").await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap().as_deref(), Some("done"));
}

async fn an_account_has_each_role_once_at_each_place(place: Place) {
    let store = &place.store;
    let tree = tree(store).await;
    assert!(kept!(store, unit => accounts::add(&mut unit, "wang", Some("wang@example.org"), at(1))));
    assert!(kept!(store, unit => accounts::add(&mut unit, "li", None, at(2))));
    assert!(!kept!(store, unit => accounts::add(&mut unit, "wang", None, at(3))));
    let wang = seen!(store, view => accounts::find(&mut view, "wang")).unwrap();
    assert_eq!((wang.email.as_deref(), wang.created_at, wang.disabled_at), (Some("wang@example.org"), at(1), None));
    assert!(seen!(store, view => accounts::find(&mut view, "Wang")).is_none());
    let listed = seen!(store, view => accounts::list(&mut view));
    assert_eq!(listed.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["li", "wang"]);
    let addresses = seen!(store, view => accounts::addresses(&mut view, &["li", "wang", "nobody", "wang"]));
    assert_eq!(addresses, [("wang".to_owned(), "wang@example.org".to_owned())]);
    let at_unit = Some(tree.units[0].id);
    for (role, org) in [("clerk", at_unit), ("operator", None), ("clerk", None)] {
        assert!(kept!(store, unit => accounts::grant(&mut unit, "wang", role, org, "operator", at(4))));
        assert!(!kept!(store, unit => accounts::grant(&mut unit, "wang", role, org, "operator", at(5))), "{role}");
    }
    kept!(store, unit => accounts::grant(&mut unit, "li", "bureau", Some(tree.bureaus[0].id), "operator", at(4)));
    let mut unit = store.begin().await.unwrap();
    let nobody = accounts::grant(&mut unit, "nobody", "clerk", None, "operator", at(4)).await;
    assert!(matches!(nobody, Err(StoreError::Conflict(_))), "{nobody:?}");
    unit.rollback().await.unwrap();
    let all = seen!(store, view => accounts::grants(&mut view, None));
    assert_eq!(all.iter().map(|grant| grant.account.as_str()).collect::<Vec<_>>(), ["li", "wang", "wang", "wang"]);
    assert_eq!((all[0].org_code.as_deref(), all[0].org_path.as_ref()), (Some("11"), Some(&tree.bureaus[0].path)));
    assert!(!kept!(store, unit => accounts::revoke(&mut unit, "wang", "bureau", None)));
    assert!(kept!(store, unit => accounts::revoke(&mut unit, "wang", "clerk", None)));
    assert!(!kept!(store, unit => accounts::revoke(&mut unit, "wang", "clerk", None)));
    let left = seen!(store, view => accounts::grants(&mut view, Some("wang")));
    let left: Vec<_> = left.iter().map(|grant| (grant.role.as_str(), grant.org_code.as_deref())).collect();
    assert_eq!(left, [("clerk", Some("1111")), ("operator", None)]);
}

async fn unions_are_counted_by_kind_and_enterprise(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "municipal").await;
    let unit = |code: &str, kind: Option<&str>, uscc: Option<&str>, enterprise: Option<&str>| OrganizationData {
        kind: kind.map(str::to_owned),
        uscc: uscc.map(str::to_owned),
        enterprise: enterprise.map(str::to_owned),
        ..org(code, Some(&root), "grassroots")
    };
    let new = [
        unit("11", Some("单独基层工会"), Some("A"), Some("甲")),
        unit("12", Some("单独基层工会"), Some("A"), Some("乙")),
        unit("13", Some("单独基层工会"), None, Some("丙")),
        unit("14", None, None, None),
    ];
    kept!(store, unit => insert(&mut unit, &new, at(1)));
    let mut kinds = seen!(store, view => kinds_below(&mut view, &root.path));
    kinds.sort_by_key(|one| (one.level.clone(), one.kind.clone()));
    let line = |one: &organizations::KindCount| (one.level.clone(), one.kind.clone(), one.unions, one.unnamed);
    let text = str::to_owned;
    assert_eq!(
        kinds.iter().map(line).collect::<Vec<_>>(),
        [
            (text("grassroots"), None, 1, 1),
            (text("grassroots"), Some(text("单独基层工会")), 3, 0),
            (text("municipal"), None, 1, 1)
        ]
    );
    assert_eq!(seen!(store, view => count_enterprises(&mut view, &root.path)), 2);
}

async fn the_centres_are_found_wherever_they_stand(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "municipal").await;
    add(store, "11", Some(&root), "bureau").await;
    assert!(seen!(store, view => organizations::centres(&mut view)).is_empty());
    let centre = add(store, "10", Some(&root), "centre").await;
    let found = seen!(store, view => organizations::centres(&mut view));
    assert_eq!(found.iter().map(|org| org.id).collect::<Vec<_>>(), [centre.id]);
    // Two share one without waiting for each other.
    let (mut first, mut second) = (store.begin().await.unwrap(), None);
    organizations::share(&mut first, centre.id).await.unwrap();
    if place.is_postgres() {
        let mut unit = store.begin().await.unwrap();
        organizations::share(&mut unit, centre.id).await.unwrap();
        second = Some(unit);
    }
    first.commit().await.unwrap();
    if let Some(second) = second {
        second.commit().await.unwrap();
    }
}

async fn a_removed_organization_is_gone_and_may_come_back(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "municipal").await;
    let unit = add(store, "11", Some(&root), "grassroots").await;
    kept!(store, unit_of_work => remove(&mut unit_of_work, unit.id, at(2)));
    assert!(seen!(store, view => find(&mut view, "11")).is_none());
    assert_eq!(seen!(store, view => list_below(&mut view, &root.path)).len(), 1);
    assert!(seen!(store, view => get(&mut view, unit.id)).is_some(), "it stays on record");
    let back = OrganizationData { name: "新".to_owned(), ..org("11", Some(&root), "grassroots") };
    kept!(store, unit => insert(&mut unit, std::slice::from_ref(&back), at(3)));
    let found = seen!(store, view => find(&mut view, "11")).unwrap();
    assert_eq!((found.id, found.name.as_str(), found.path), (unit.id, "新", unit.path));
    let mut again = store.begin().await.unwrap();
    let taken = insert(&mut again, &[back], at(4)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
}
