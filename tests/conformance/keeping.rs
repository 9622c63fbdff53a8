//! Small books: worker processes, leases, settings and the audit record.

use store::audit::{self, ActSelection, NewAct};
use store::workers::{self, Worker};
use store::{DatabasePlace, Store, leases, place, settings};

use super::engines::{Place, at, id, mail, put};

on_both_engines!(
    a_worker_is_heard_until_it_leaves_or_is_forgotten,
    a_lease_has_one_holder_and_its_term_grows_with_every_change,
    two_who_reach_for_a_lease_at_once_do_not_both_lead,
    a_lease_that_is_given_up_is_free_at_once,
    a_setting_is_put_over_and_kept_under,
    a_setting_that_is_locked_is_changed_by_one_at_a_time,
    a_database_knows_its_place_and_its_newest_row,
    acts_are_recorded_in_their_order_and_found_by_every_filter,
);

fn worker(number: u128, seen_s: i64) -> Worker {
    Worker {
        id: id(number),
        role: "serve".to_owned(),
        host: "anvil".to_owned(),
        pid: i64::from(u32::MAX),
        queues: "mails uploads".to_owned(),
        started_at: at(i64::try_from(number).unwrap()),
        seen_at: at(seen_s),
    }
}

async fn a_worker_is_heard_until_it_leaves_or_is_forgotten(place: Place) {
    let store = &place.store;
    let alive = async |since_s| {
        let found = seen!(store, view => workers::alive(&mut view, at(since_s)));
        found.into_iter().map(|worker| (worker.id.as_u128(), worker.seen_at)).collect::<Vec<_>>()
    };
    for number in [2, 1, 3] {
        kept!(store, unit => workers::beat(&mut unit, &worker(number, 10)));
    }
    kept!(store, unit => workers::beat(&mut unit, &worker(2, 30)));
    assert_eq!(alive(10).await, [(1, at(10)), (2, at(30)), (3, at(10))]);
    assert_eq!(alive(11).await, [(2, at(30))]);
    let first = seen!(store, view => workers::alive(&mut view, at(30))).remove(0);
    assert_eq!((first.role.as_str(), first.host.as_str(), first.pid), ("serve", "anvil", i64::from(u32::MAX)));
    assert_eq!((first.queues.as_str(), first.started_at), ("mails uploads", at(2)));
    kept!(store, unit => workers::leave(&mut unit, id(3)), workers::leave(&mut unit, id(77)));
    assert_eq!(kept!(store, unit => workers::forget(&mut unit, at(30))), 1);
    assert_eq!(alive(0).await, [(2, at(30))]);
}

async fn take(store: &Store, holder: u128, now_s: i64) -> Option<i64> {
    kept!(store, unit => leases::take(&mut unit, "schedule", id(holder), at(now_s), at(now_s + 10)))
}

async fn a_lease_has_one_holder_and_its_term_grows_with_every_change(place: Place) {
    let store = &place.store;
    assert!(seen!(store, view => leases::find(&mut view, "schedule")).is_none());
    assert_eq!(take(store, 1, 0).await, Some(1));
    assert_eq!(take(store, 2, 9).await, None);
    assert_eq!(take(store, 1, 9).await, Some(1), "renewed until 19");
    assert_eq!(take(store, 2, 18).await, None);
    assert_eq!(take(store, 2, 19).await, Some(2), "over at the very end");
    assert_eq!(take(store, 1, 20).await, None);
    let lease = seen!(store, view => leases::find(&mut view, "schedule")).unwrap();
    assert_eq!((lease.name.as_str(), lease.holder, lease.term, lease.expires_at), ("schedule", id(2), 2, at(29)));
    let other = kept!(store, unit => leases::take(&mut unit, "other", id(1), at(20), at(30)));
    assert_eq!(other, Some(1), "another lease is another matter");
    let held = async |now_s| {
        let held = seen!(store, view => leases::held(&mut view, at(now_s)));
        held.into_iter().map(|lease| lease.name).collect::<Vec<_>>()
    };
    assert_eq!(held(28).await, ["other", "schedule"]);
    assert_eq!(held(29).await, ["other"], "over at the very end");
    assert!(held(30).await.is_empty());
}

async fn two_who_reach_for_a_lease_at_once_do_not_both_lead(place: Place) {
    let (first, second) = (place.open(), place.open());
    for round in 0..10 {
        let now = round * 100;
        let (mine, yours) = tokio::join!(take(&first, 1, now), take(&second, 2, now));
        assert_eq!(mine.iter().chain(&yours).count(), 1, "round {round}: {mine:?} {yours:?}");
    }
}

async fn a_lease_that_is_given_up_is_free_at_once(place: Place) {
    let store = &place.store;
    assert_eq!(take(store, 1, 0).await, Some(1));
    kept!(store, unit => leases::release(&mut unit, "schedule", id(2), at(1)));
    assert_eq!(take(store, 2, 1).await, None, "only its holder gives it up");
    kept!(store, unit => leases::release(&mut unit, "schedule", id(1), at(1)));
    assert_eq!(take(store, 2, 1).await, Some(2));
}

async fn a_setting_is_put_over_and_kept_under(place: Place) {
    let store = &place.store;
    assert_eq!(seen!(store, view => settings::find(&mut view, "mark")), None);
    assert_eq!(kept!(store, unit => settings::keep(&mut unit, "mark", "甲")), "甲");
    assert_eq!(kept!(store, unit => settings::keep(&mut unit, "mark", "乙")), "甲");
    kept!(store, unit => settings::put(&mut unit, "mark", "丙"), settings::put(&mut unit, "new", ""));
    for (value, raised) in [("2", true), ("2", false), ("1", false), ("3", true)] {
        assert_eq!(kept!(store, unit => settings::raise(&mut unit, "raised", value)), raised, "{value}");
    }
    assert_eq!(seen!(store, view => settings::find(&mut view, "mark")).as_deref(), Some("丙"));
    assert_eq!(seen!(store, view => settings::find(&mut view, "new")).as_deref(), Some(""));
}

/// Adds one to a setting.
async fn count(store: &Store) {
    let mut unit = store.begin().await.unwrap();
    let value: i64 = settings::lock(&mut unit, "count").await.unwrap().unwrap().parse().unwrap();
    settings::put(&mut unit, "count", &(value + 1).to_string()).await.unwrap();
    unit.commit().await.unwrap();
}

async fn a_setting_that_is_locked_is_changed_by_one_at_a_time(place: Place) {
    let (first, second) = (place.open(), place.open());
    assert_eq!(kept!(first, unit => settings::lock(&mut unit, "count")), None, "what is not there is not made");
    assert_eq!(seen!(first, view => settings::find(&mut view, "count")), None);
    kept!(first, unit => settings::put(&mut unit, "count", "0"));
    for _ in 0..10 {
        tokio::join!(count(&first), count(&second));
    }
    assert_eq!(seen!(first, view => settings::find(&mut view, "count")).as_deref(), Some("20"));
}

async fn a_database_knows_its_place_and_its_newest_row(place: Place) {
    let store = &place.store;
    let here = store.place().await.unwrap();
    assert!(here.is_same(&place.open().place().await.unwrap()));
    let other = if place.is_postgres() { Place::postgres().await } else { Place::sqlite() };
    let _ = other.store.migrate().await.unwrap();
    assert!(!here.is_same(&other.store.place().await.unwrap()), "{here}");
    match (&here, place.is_postgres()) {
        (DatabasePlace::Cluster { cluster, .. }, true) => assert!(cluster.is_some(), "the tests' user may ask"),
        (DatabasePlace::File { path, .. }, false) => assert!(path.ends_with("rollcall.db"), "{path}"),
        _ => panic!("{here}"),
    }
    let newest = async || seen!(store, view => place::newest_id(&mut view));
    assert_eq!(newest().await, None);
    put(store, &[mail(7, 0), mail(3, 0)]).await;
    assert_eq!(newest().await, Some(id(7)));
    assert_eq!(seen!(store, view => audit::last(&mut view)), 0);
}

async fn acts_are_recorded_in_their_order_and_found_by_every_filter(place: Place) {
    let store = &place.store;
    let act = |second: i64, account: &str, org: Option<&str>| NewAct {
        at: at(second),
        account: account.to_owned(),
        act: "upload members",
        org_code: org.map(str::to_owned),
        about: org.map(|org| format!("upload:{org}")),
        outcome: "done".to_owned(),
        detail: org.map(|_| "{\"rows\":3}".to_owned()),
    };
    let acts = [act(1, "wang", Some("31")), act(2, "li", Some("32")), act(3, "wang", None), act(4, "wang", Some("31"))];
    kept!(store, unit => audit::record(&mut unit, &acts), audit::record(&mut unit, &[]));
    let found = async |wanted: ActSelection, most| {
        let acts = seen!(store, view => audit::list(&mut view, &wanted, most));
        assert!(acts.is_sorted_by_key(|act| act.id));
        acts.iter().map(|act| (act.at - at(0)).num_seconds()).collect::<Vec<_>>()
    };
    let all = ActSelection::default();
    assert_eq!(found(all.clone(), 9).await, [1, 2, 3, 4]);
    assert_eq!(found(all.clone(), 2).await, [3, 4], "the newest");
    assert_eq!(found(ActSelection { org_code: Some("31".to_owned()), ..all.clone() }, 9).await, [1, 4]);
    assert_eq!(found(ActSelection { since: Some(at(3)), ..all.clone() }, 9).await, [3, 4]);
    assert_eq!(found(ActSelection { account: Some("li".to_owned()), ..all.clone() }, 9).await, [2]);
    assert_eq!(seen!(store, view => audit::last(&mut view)), 4);
    let whole = seen!(store, view => audit::list(&mut view, &all, 9)).remove(0);
    assert_eq!(
        (whole.account.as_str(), whole.act.as_str(), whole.outcome.as_str()),
        ("wang", "upload members", "done")
    );
    assert_eq!((whole.org_code.as_deref(), whole.about.as_deref()), (Some("31"), Some("upload:31")));
    assert_eq!(whole.detail.as_deref(), Some("{\"rows\":3}"));
}
