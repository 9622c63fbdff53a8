//! Ringing: whose bell is due, who takes it, and what rings again.

use std::collections::{BTreeSet, HashMap};

use messages::{Envelope, Queue};
use store::messages::{
    RingLimits, claim_named, mark_alone, outbox_lag_s, pause, resume, ring_again, ring_all, take_due_bells,
};
use store::{Store, Unit};
use uuid::Uuid;

use super::engines::{Place, at, id, mail, message, put};

on_both_engines!(
    a_bell_is_taken_once_and_again_when_nobody_followed,
    no_queue_gets_more_bells_than_it_has_room_for,
    what_is_paused_alone_running_or_early_is_not_rung_for,
    two_units_at_once_take_different_bells,
    everything_that_waits_rings_again_when_the_broker_has_lost_it,
    what_the_broker_did_not_confirm_rings_again_soon,
    the_lag_of_the_outbox_is_that_of_its_oldest_bell,
);

fn room(of: &[(Queue, i64)]) -> RingLimits {
    RingLimits { room: of.iter().copied().collect::<HashMap<_, _>>(), again_s: 60 }
}

async fn taken(unit: &mut Unit, of: &[(Queue, i64)], now_s: i64) -> Vec<Uuid> {
    let bells: Vec<(Queue, Envelope)> = take_due_bells(unit, &room(of), at(now_s)).await.unwrap();
    bells.into_iter().map(|(_, envelope)| envelope.id).collect()
}

async fn rung(store: &Store, of: &[(Queue, i64)], now_s: i64) -> Vec<Uuid> {
    let mut unit = store.begin().await.unwrap();
    let bells = taken(&mut unit, of, now_s).await;
    unit.commit().await.unwrap();
    bells
}

async fn a_bell_is_taken_once_and_again_when_nobody_followed(place: Place) {
    let rows = [mail(1, 0), mail(2, 0)];
    put(&place.store, &rows).await;
    let bells = kept!(place.store, unit => take_due_bells(&mut unit, &room(&[(Queue::Mails, 9)]), at(0)));
    let expected: Vec<_> = rows.iter().map(|row| (Queue::Mails, row.envelope.clone())).collect();
    assert_eq!(bells, expected);
    assert!(rung(&place.store, &[(Queue::Mails, 9)], 59).await.is_empty());
    assert_eq!(rung(&place.store, &[(Queue::Mails, 9)], 60).await.len(), 2);
}

async fn no_queue_gets_more_bells_than_it_has_room_for(place: Place) {
    let mut rows: Vec<_> = (1..=5).map(|number| mail(number, i64::try_from(6 - number).unwrap())).collect();
    rows.extend([message(Queue::Notices, 6, 0), message(Queue::Uploads, 7, 0), message(Queue::Deadlines, 8, 0)]);
    put(&place.store, &rows).await;
    let room = [(Queue::Mails, 2), (Queue::Notices, 9), (Queue::Uploads, 0), (Queue::Deadlines, -3)];
    let bells = BTreeSet::from_iter(rung(&place.store, &room, 9).await);
    // The longest waiting first; a queue that is not named gets none.
    assert_eq!(bells, BTreeSet::from([id(4), id(5), id(6)]));
    assert!(rung(&place.store, &[], 9).await.is_empty());
}

async fn what_is_paused_alone_running_or_early_is_not_rung_for(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), mail(2, 0), mail(3, 50), message(Queue::Notices, 4, 0)]).await;
    kept!(
        store,
        unit => claim_named(&mut unit, id(0xA), &[id(1), id(2)], at(0)),
        mark_alone(&mut unit, id(0xA), &[id(2)], at(0)),
        pause(&mut unit, Queue::Notices, "operator", at(0)),
    );
    assert!(rung(store, &Queue::ALL.map(|queue| (queue, 9)), 49).await.is_empty());
    assert_eq!(rung(store, &Queue::ALL.map(|queue| (queue, 9)), 50).await, [id(3)]);
}

async fn two_units_at_once_take_different_bells(place: Place) {
    let rows: Vec<_> = (1..=60).map(|number| mail(number, 0)).collect();
    put(&place.store, &rows).await;
    let (first, second) = (place.open(), place.open());
    let mut all = if place.is_postgres() {
        // Held open side by side: neither waits for the other.
        let (mut mine, mut yours) = (first.begin().await.unwrap(), second.begin().await.unwrap());
        let mut all = taken(&mut mine, &[(Queue::Mails, 20)], 0).await;
        all.extend(taken(&mut yours, &[(Queue::Mails, 20)], 0).await);
        mine.commit().await.unwrap();
        yours.commit().await.unwrap();
        all
    } else {
        Vec::new()
    };
    let sweep = async |store: Store| {
        let mut mine = Vec::new();
        loop {
            let bells = rung(&store, &[(Queue::Mails, 7)], 0).await;
            if bells.is_empty() {
                return mine;
            }
            mine.extend(bells);
        }
    };
    let (mine, yours) = tokio::join!(sweep(first), sweep(second));
    all.extend(mine);
    all.extend(yours);
    assert_eq!(all.len(), 60);
    assert_eq!(BTreeSet::from_iter(all).len(), 60);
}

async fn everything_that_waits_rings_again_when_the_broker_has_lost_it(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), mail(2, 0), mail(3, 500)]).await;
    assert_eq!(rung(store, &[(Queue::Mails, 9)], 0).await.len(), 2);
    assert_eq!(kept!(store, unit => ring_all(&mut unit, at(5))), 2, "what is not due yet was never rung for");
    assert_eq!(rung(store, &[(Queue::Mails, 9)], 5).await, [id(1), id(2)]);
    // The same when an operator lets a queue go on.
    kept!(store, unit => pause(&mut unit, Queue::Mails, "operator", at(6)), resume(&mut unit, Queue::Mails, at(7)));
    assert_eq!(rung(store, &[(Queue::Mails, 9)], 7).await, [id(1), id(2)]);
}

async fn what_the_broker_did_not_confirm_rings_again_soon(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), mail(2, 0), mail(3, 0)]).await;
    rung(store, &[(Queue::Mails, 9)], 0).await;
    kept!(store, unit => claim_named(&mut unit, id(0xA), &[id(2)], at(0)));
    kept!(store, unit => ring_again(&mut unit, &[id(1), id(2), id(77)], at(2)), ring_again(&mut unit, &[], at(2)));
    assert!(rung(store, &[(Queue::Mails, 9)], 1).await.is_empty());
    assert_eq!(rung(store, &[(Queue::Mails, 9)], 2).await, [id(1)], "2 runs already, 3 was confirmed");
}

async fn the_lag_of_the_outbox_is_that_of_its_oldest_bell(place: Place) {
    let store = &place.store;
    assert_eq!(seen!(store, view => outbox_lag_s(&mut view, at(0))), 0);
    put(store, &[mail(1, 10), mail(2, 4)]).await;
    assert_eq!(seen!(store, view => outbox_lag_s(&mut view, at(3))), 0);
    assert_eq!(seen!(store, view => outbox_lag_s(&mut view, at(34))), 30);
    rung(store, &[(Queue::Mails, 1)], 34).await;
    assert_eq!(seen!(store, view => outbox_lag_s(&mut view, at(34))), 24);
}
