//! Batches, vouchers, unit payments and credits.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDate;
use store::batches::{self, Batch, BatchSelection};
use store::cover::{self, Making};
use store::credits::{self, Credit};
use store::payments::{self, UnitPayment};
use store::submissions;
use store::vouchers::{self, Voucher};
use store::{Store, organizations::Organization};

use super::engines::{Place, at, id, vault};
use super::organizations::add;
use super::submissions::{fen, submit};

on_both_engines!(
    a_batch_comes_back_with_its_bureau,
    a_bureau_has_one_batch_of_each_supplement,
    people_of_a_batch_are_counted_one_by_one,
    vouchers_are_decided_once,
    unit_payments_are_listed_by_place_and_by_unit,
    credit_is_reserved_and_given_back,
    lists_run_beside_each_other_and_all_else_alone,
);

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 12, day).unwrap()
}

pub fn batch(bureau: &Organization, number: &str, supplement: i64) -> Batch {
    Batch {
        id: 0,
        year: 2023,
        org_id: bureau.id,
        org_code: bureau.code.clone(),
        org_name: bureau.name.clone(),
        org_path: bureau.path.clone(),
        org_email: bureau.email.clone(),
        supplement,
        batch_no: number.to_owned(),
        status: "voucher_awaited".to_owned(),
        units: 1,
        people: 2,
        fen: fen(2),
        credit_fen: 100,
        due_fen: 2500,
        contact: "周敏".to_owned(),
        mobile: vault().seal("13800000000").unwrap(),
        email: "zhou@example.org".to_owned(),
        submitted_by: "wu".to_owned(),
        submitted_at: at(10),
        voucher_until: None,
        voucher_at: None,
        centre_replied_at: None,
        reason: None,
        failed_at: None,
    }
}

pub async fn add_batch(store: &Store, bureau: &Organization, number: &str) -> i64 {
    kept!(store, unit => batches::add(&mut unit, &batch(bureau, number, 0)))
}

async fn a_batch_comes_back_with_its_bureau(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let number = "CB202212260001";
    assert!(seen!(store, view => batches::find(&mut view, number)).is_none());
    let first = add_batch(store, &bureau, number).await;
    let found = seen!(store, view => batches::find(&mut view, number)).unwrap();
    assert_eq!((found.id, found.org_code.as_str(), found.fen, found.due_fen), (first, "3", fen(2), 2500));
    assert_eq!(vault().open(&found.mobile).unwrap(), "13800000000");
    let changed = Batch {
        status: "voucher_uploaded".to_owned(),
        voucher_at: Some(at(20)),
        voucher_until: Some(at(90)),
        reason: Some("金额不符".to_owned()),
        ..found
    };
    kept!(store, unit => batches::update(&mut unit, &changed, at(20)));
    let found = kept!(store, unit => batches::lock(&mut unit, &[first])).pop().unwrap();
    assert_eq!(
        (found.status.as_str(), found.voucher_at, found.voucher_until),
        ("voucher_uploaded", Some(at(20)), Some(at(90)))
    );
    assert_eq!(seen!(store, view => batches::get_many(&mut view, &[first, 99])).len(), 1);
    let list = async |status: Option<&str>, below: &str| {
        let wanted = BatchSelection { year: 2023, below: below.to_owned(), status: status.map(str::to_owned) };
        seen!(store, view => batches::list(&mut view, &wanted)).len()
    };
    assert_eq!((list(None, "/").await, list(Some("voucher_uploaded"), &bureau.path).await), (1, 1));
    assert_eq!((list(Some("failed"), "/").await, list(None, "/99/").await), (0, 0));
}

async fn a_bureau_has_one_batch_of_each_supplement(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    add_batch(store, &bureau, "CB202212260001").await;
    let mut unit = store.begin().await.unwrap();
    let again = batches::add(&mut unit, &batch(&bureau, "CB202212260002", 0)).await;
    assert!(again.is_err(), "{again:?}");
    unit.rollback().await.unwrap();
    kept!(store, unit => batches::add(&mut unit, &batch(&bureau, "CB202212260002", 1)));
}

async fn people_of_a_batch_are_counted_one_by_one(place: Place) {
    let store = &place.store;
    let units = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    let ids = [submit(store, &units[0], 1, &[1, 2, 3]).await, submit(store, &units[1], 2, &[4]).await];
    let mut counted = seen!(store, view => batches::count_people(&mut view, &ids));
    counted.sort_unstable();
    assert_eq!(counted, [(ids[0], 3), (ids[1], 1)]);
    let people = seen!(store, view => submissions::people_of(&mut view, &[id(1), id(2)]));
    let mut of: Vec<_> = people.iter().map(|(version, one)| (*version == id(1), one.person_id)).collect();
    of.sort_unstable();
    assert_eq!(of, [(false, 4), (true, 1), (true, 2), (true, 3)]);
}

fn voucher(number: u128, batch_id: Option<i64>, instant_id: Option<i64>) -> Voucher {
    Voucher {
        id: id(number),
        batch_id,
        instant_id,
        file_name: "凭证.pdf".to_owned(),
        object_key: format!("vouchers/{number}"),
        sha256: "a".repeat(64),
        content_type: "application/pdf".to_owned(),
        amount_fen: 2500,
        paid_on: day(27),
        uploaded_by: "wu".to_owned(),
        uploaded_at: at(20 + i64::try_from(number).unwrap()),
        verdict: None,
        reason: None,
        decided_by: None,
        decided_at: None,
    }
}

async fn vouchers_are_decided_once(place: Place) {
    let store = &place.store;
    for (number, batch, instant) in [(1, Some(7), None), (2, Some(7), None), (3, None, Some(9))] {
        kept!(store, unit => vouchers::add(&mut unit, &voucher(number, batch, instant)));
    }
    let of_batch = seen!(store, view => vouchers::of_batch(&mut view, 7));
    assert_eq!(of_batch.iter().map(|one| one.id).collect::<Vec<_>>(), [id(1), id(2)]);
    assert_eq!(seen!(store, view => vouchers::of_instant(&mut view, 9)).len(), 1);
    let decide = async |verdict: &'static str| kept!(store, unit => vouchers::decide(&mut unit, id(1), verdict, Some("不清晰"), "centre", at(40)));
    assert!(decide("rejected").await);
    assert!(!decide("confirmed").await);
    let found = seen!(store, view => vouchers::find(&mut view, id(1))).unwrap();
    assert_eq!(
        (found.verdict.as_deref(), found.reason.as_deref(), found.decided_at),
        (Some("rejected"), Some("不清晰"), Some(at(40)))
    );
    assert_eq!((found.amount_fen, found.paid_on), (2500, day(27)));
    let mut known = seen!(store, view => vouchers::known(&mut view, &[id(3), id(4), id(1)]));
    known.sort_unstable();
    assert_eq!(known, [id(1), id(3)]);
}

async fn unit_payments_are_listed_by_place_and_by_unit(place: Place) {
    let store = &place.store;
    let units = [add(store, "31", None, "unit").await, add(store, "32", None, "unit").await];
    for (org, amount_fen, paid) in [(&units[0], 300, 20), (&units[0], 200, 26), (&units[1], 100, 21)] {
        let payment = UnitPayment {
            year: 2023,
            org: org.code.clone(),
            amount_fen,
            value_date: day(paid),
            recorded_by: "wu".to_owned(),
            recorded_at: at(1),
        };
        kept!(store, unit => payments::record(&mut unit, org.id, &payment));
    }
    let listed = seen!(store, view => payments::list(&mut view, 2023, &units[0].path));
    assert_eq!(
        listed.iter().map(|one| (one.org.as_str(), one.amount_fen)).collect::<Vec<_>>(),
        [("31", 300), ("31", 200)]
    );
    let of = seen!(store, view => payments::of_units(&mut view, 2023, &[units[0].id, units[1].id]));
    assert_eq!(of.len(), 3);
    assert!(of.contains(&(units[0].id, day(26), 200)), "{of:?}");
    assert!(seen!(store, view => payments::of_units(&mut view, 2024, &[units[0].id])).is_empty());
}

async fn credit_is_reserved_and_given_back(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let balance = async || seen!(store, view => credits::balance(&mut view, bureau.id));
    assert_eq!(balance().await, 0);
    for amount_fen in [1000, 500] {
        let credit = Credit {
            org: bureau.code.clone(),
            of_year: 2021,
            amount_fen,
            reason: "退回".to_owned(),
            added_by: "centre".to_owned(),
            added_at: at(1),
        };
        kept!(store, unit => credits::add(&mut unit, bureau.id, &credit));
    }
    let id = add_batch(store, &bureau, "CB202212260001").await;
    kept!(store, unit => credits::reserve(&mut unit, bureau.id, id, 1200, at(2)));
    assert_eq!(balance().await, 300);
    kept!(store, unit => credits::release(&mut unit, &[id], at(3)));
    assert_eq!(balance().await, 1500);
    // Only what earlier years left, and no less than nothing.
    for (year, left) in [(2021, 0), (2022, 1500), (2023, 1500)] {
        assert_eq!(seen!(store, view => credits::usable(&mut view, bureau.id, year)), left, "{year}");
    }
    kept!(store, unit => credits::reserve(&mut unit, bureau.id, id, 700, at(4)));
    assert_eq!(seen!(store, view => credits::usable(&mut view, bureau.id, 2022)), 800);
    assert_eq!(seen!(store, view => credits::usable(&mut view, bureau.id, 2021)), 0);
    assert_eq!(seen!(store, view => credits::list(&mut view, bureau.id)).len(), 2);
    let uses = seen!(store, view => credits::uses(&mut view, bureau.id));
    let brief: Vec<_> = uses.iter().map(|one| (one.amount_fen, one.released_at)).collect();
    assert_eq!(brief, [(1200, Some(at(3))), (700, None)]);
}

async fn lists_run_beside_each_other_and_all_else_alone(place: Place) {
    let store = &place.store;
    let lock = async |year: i32, making: Making| {
        let mut unit = store.begin().await.unwrap();
        cover::lock(&mut unit, year, making).await.unwrap();
        unit
    };
    if place.is_postgres() {
        // Two lists, and what is alone in another year.
        let held = [lock(2023, Making::List).await, lock(2023, Making::List).await, lock(2024, Making::Alone).await];
        for unit in held {
            unit.commit().await.unwrap();
        }
    }
    for (first, second) in
        [(Making::List, Making::Alone), (Making::Alone, Making::List), (Making::Alone, Making::Alone)]
    {
        let held = lock(2023, first).await;
        let is_over = AtomicBool::new(false);
        let waits = async {
            lock(2023, second).await.commit().await.unwrap();
            is_over.store(true, Ordering::SeqCst);
        };
        let release = async {
            place.until_waiting(1, || is_over.load(Ordering::SeqCst)).await;
            assert!(!is_over.load(Ordering::SeqCst), "{second:?} waits for {first:?}");
            held.commit().await.unwrap();
        };
        tokio::join!(waits, release);
    }
}
