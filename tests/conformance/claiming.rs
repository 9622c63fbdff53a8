//! Writing and claiming messages: each is claimed by one worker, when it is due, and by nobody else.

use std::collections::BTreeSet;

use messages::{Envelope, MailQueued, Queue};
use store::messages::{NewMessage, claim_alone, claim_due, claim_named, count_alone, insert, mark_alone, pause};
use store::{Store, StoreError};
use uuid::Uuid;

use super::engines::{Place, at, id, mail, message, put};

on_both_engines!(
    a_message_is_written_once,
    a_message_comes_back_as_it_was_written,
    a_named_claim_takes_what_is_ready_and_nothing_else,
    a_claim_of_due_messages_takes_the_longest_waiting_first,
    two_claimers_of_due_messages_never_get_the_same_one,
    two_claimers_of_the_same_names_never_get_the_same_one,
    a_claimer_passes_by_what_another_unit_has_just_claimed,
    a_message_that_runs_alone_is_claimed_alone,
    what_two_workers_would_run_alone_goes_to_one,
);

const A: u128 = 0xA;
const B: u128 = 0xB;

async fn a_message_is_written_once(place: Place) {
    let store = &place.store;
    assert_eq!(kept!(store, unit => insert(&mut unit, &[])), 0);
    assert_eq!(kept!(store, unit => insert(&mut unit, &[mail(1, 0), mail(2, 0)])), 2);
    assert_eq!(kept!(store, unit => insert(&mut unit, &[mail(2, 0), mail(3, 0), mail(3, 0)])), 1);
    let claimed = kept!(store, unit => claim_due(&mut unit, id(A), Queue::Mails, 9, at(0)));
    assert_eq!(claimed.len(), 3);
    // Nor does a second copy of one that runs change anything.
    assert_eq!(kept!(store, unit => insert(&mut unit, &[mail(1, 0)])), 0);
    assert!(kept!(store, unit => claim_due(&mut unit, id(A), Queue::Mails, 9, at(0))).is_empty());
}

async fn a_message_comes_back_as_it_was_written(place: Place) {
    let first = message(Queue::UploadsLarge, 1, 5);
    let next = first.envelope.leads_to(id(2), &MailQueued { mail_id: id(9) }, at(6));
    let bare = Envelope { causation_id: None, traceparent: None, version: 7, ..next.clone() };
    let bare = Envelope { id: id(3), kind: "of a newer program".to_owned(), ..bare };
    let rows: Vec<NewMessage> = [first.envelope.clone(), next, bare]
        .into_iter()
        .map(|envelope| NewMessage { envelope, ..first.clone() })
        .collect();
    put(&place.store, &rows).await;
    let claimed = kept!(place.store, unit => claim_due(&mut unit, id(A), Queue::UploadsLarge, 9, at(5)));
    assert_eq!(claimed.len(), 3);
    for (job, row) in claimed.iter().zip(&rows) {
        assert_eq!(job.envelope, row.envelope);
        assert_eq!((job.queue, job.attempts, job.alone), (Queue::UploadsLarge, 1, false));
    }
}

async fn a_named_claim_takes_what_is_ready_and_nothing_else(place: Place) {
    let store = &place.store;
    let late = mail(3, 60);
    let paused = message(Queue::Notices, 4, 0);
    put(store, &[mail(1, 0), mail(2, 0), late, paused, mail(5, 0)]).await;
    kept!(store, unit => pause(&mut unit, Queue::Notices, "operator", at(0)));
    kept!(store, unit => claim_named(&mut unit, id(B), &[id(5)], at(0)));
    kept!(store, unit => mark_alone(&mut unit, id(B), &[id(5)], at(0)));
    // Named twice, out of order, unknown, not due, paused, to run alone.
    let named = [id(2), id(1), id(2), id(77), id(3), id(4), id(5)];
    let mut claimed = ids(&kept!(store, unit => claim_named(&mut unit, id(A), &named, at(1))));
    claimed.sort_unstable();
    assert_eq!(claimed, [id(1), id(2)]);
    assert!(kept!(store, unit => claim_named(&mut unit, id(B), &named, at(1))).is_empty());
    assert!(kept!(store, unit => claim_named(&mut unit, id(B), &[], at(1))).is_empty());
    assert_eq!(ids(&kept!(store, unit => claim_named(&mut unit, id(B), &named, at(60)))), [id(3)]);
}

async fn a_claim_of_due_messages_takes_the_longest_waiting_first(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 3), mail(2, 2), mail(3, 1), mail(4, 9), message(Queue::Notices, 5, 0)]).await;
    let claim = async |most, now| ids(&kept!(store, unit => claim_due(&mut unit, id(A), Queue::Mails, most, at(now))));
    assert_eq!(claim(2, 5).await, [id(2), id(3)]);
    assert_eq!(claim(2, 5).await, [id(1)]);
    assert!(claim(2, 8).await.is_empty());
    kept!(store, unit => pause(&mut unit, Queue::Mails, "operator", at(0)));
    assert!(claim(2, 9).await.is_empty());
}

async fn two_claimers_of_due_messages_never_get_the_same_one(place: Place) {
    let all: Vec<NewMessage> = (1..=120).map(|number| mail(number, 0)).collect();
    put(&place.store, &all).await;
    let claimer = async |store: Store, worker: Uuid| {
        let mut mine = Vec::new();
        loop {
            let found = ids(&kept!(store, unit => claim_due(&mut unit, worker, Queue::Mails, 7, at(0))));
            if found.is_empty() {
                return mine;
            }
            mine.extend(found);
        }
    };
    let (first, second) = (place.open(), place.open());
    let (mine, yours) = tokio::join!(claimer(first, id(A)), claimer(second, id(B)));
    assert_eq!(mine.len() + yours.len(), all.len());
    let both: BTreeSet<Uuid> = mine.into_iter().chain(yours).collect();
    assert_eq!(both.len(), all.len());
}

async fn two_claimers_of_the_same_names_never_get_the_same_one(place: Place) {
    let all: Vec<NewMessage> = (1..=200).map(|number| mail(number, 0)).collect();
    put(&place.store, &all).await;
    let (first, second) = (place.open(), place.open());
    let claimer = async |store: Store, worker: Uuid, names: Vec<Uuid>| {
        let mut mine = Vec::new();
        for names in names.chunks(40) {
            mine.extend(ids(&kept!(store, unit => claim_named(&mut unit, worker, names, at(0)))));
        }
        mine
    };
    let names: Vec<Uuid> = all.iter().map(|row| row.envelope.id).collect();
    let backwards: Vec<Uuid> = names.iter().rev().copied().collect();
    let (mine, yours) = tokio::join!(claimer(first, id(A), names), claimer(second, id(B), backwards));
    assert_eq!(mine.len() + yours.len(), all.len());
    let both: BTreeSet<Uuid> = mine.into_iter().chain(yours).collect();
    assert_eq!(both.len(), all.len());
}

async fn a_claimer_passes_by_what_another_unit_has_just_claimed(place: Place) {
    put(&place.store, &[mail(1, 0), mail(2, 1), mail(3, 2)]).await;
    if !place.is_postgres() {
        return; // one unit at a time: the other waits for its turn, as above
    }
    let (mut first, mut second) = (place.store.begin().await.unwrap(), place.store.begin().await.unwrap());
    let mine = ids(&claim_due(&mut first, id(A), Queue::Mails, 1, at(5)).await.unwrap());
    let yours = ids(&claim_due(&mut second, id(B), Queue::Mails, 9, at(5)).await.unwrap());
    assert_eq!((mine, yours), (vec![id(1)], vec![id(2), id(3)]));
    first.rollback().await.unwrap();
    second.commit().await.unwrap();
    // What was claimed in a unit that came to nothing was never claimed.
    assert_eq!(ids(&kept!(place.store, unit => claim_due(&mut unit, id(B), Queue::Mails, 9, at(5)))), [id(1)]);
}

async fn a_message_that_runs_alone_is_claimed_alone(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), mail(2, 0), message(Queue::Notices, 3, 0), mail(4, 0)]).await;
    let names = [id(1), id(2), id(3)];
    kept!(store, unit => claim_named(&mut unit, id(A), &names, at(0)));
    kept!(store, unit => mark_alone(&mut unit, id(A), &names, at(1)));
    assert_eq!(seen!(store, view => count_alone(&mut view, at(0))), 0);
    assert_eq!(seen!(store, view => count_alone(&mut view, at(1))), 3);
    let others = ids(&kept!(store, unit => claim_due(&mut unit, id(B), Queue::Mails, 9, at(1))));
    assert_eq!(others, [id(4)]);
    let claim = async |queues: &[Queue]| {
        kept!(store, unit => claim_alone(&mut unit, id(B), queues, at(1))).map(|job| {
            assert_eq!((job.alone, job.attempts), (true, 1));
            job.envelope.id
        })
    };
    assert_eq!(claim(&[Queue::Uploads]).await, None);
    assert_eq!(claim(&[Queue::Uploads, Queue::Notices]).await, Some(id(3)));
    let both = BTreeSet::from([claim(&Queue::ALL).await, claim(&Queue::ALL).await]);
    assert_eq!(both, BTreeSet::from([Some(id(1)), Some(id(2))]));
    assert_eq!(claim(&Queue::ALL).await, None);
}

async fn what_two_workers_would_run_alone_goes_to_one(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0)]).await;
    kept!(store, unit => claim_named(&mut unit, id(A), &[id(1)], at(0)));
    kept!(store, unit => mark_alone(&mut unit, id(A), &[id(1)], at(0)));
    let claim = async |store: Store, worker: Uuid| -> Result<usize, StoreError> {
        let mut unit = store.begin().await?;
        let found = claim_alone(&mut unit, worker, &Queue::ALL, at(0)).await?;
        unit.commit().await?;
        Ok(found.into_iter().count())
    };
    let (mine, yours) = tokio::join!(claim(place.open(), id(A)), claim(place.open(), id(B)));
    assert_eq!(mine.unwrap() + yours.unwrap(), 1);
}

fn ids(jobs: &[store::messages::Job]) -> Vec<Uuid> {
    jobs.iter().map(|job| job.envelope.id).collect()
}
