//! Queues as an operator sees them, and what is open, settled or old.

use messages::{MailQueued, Queue};
use store::messages::{
    NewMessage, QueueState, bury, claim_named, finish, open_by, open_mails_of, open_of, pause, paused, purge_done,
    queue_states, resume, retry,
};

use super::engines::{Place, at, id, mail, message, put, row};

on_both_engines!(
    every_queue_tells_how_it_stands,
    a_queue_is_paused_and_resumed_once,
    a_chain_is_open_until_all_of_it_is_settled,
    what_is_due_later_or_paused_keeps_nobody_from_being_idle,
    what_is_done_and_old_is_purged_a_few_at_a_time,
);

const ME: u128 = 0xA;

async fn every_queue_tells_how_it_stands(place: Place) {
    let store = &place.store;
    let empty = seen!(store, view => queue_states(&mut view, at(0)));
    assert_eq!(empty.iter().map(|state| state.queue.as_str()).collect::<Vec<_>>(), Queue::ALL.map(Queue::name));
    put(store, &[mail(1, 0), mail(2, 5), mail(3, 50), mail(4, 0), mail(5, 0), mail(6, 0)]).await;
    let jobs = kept!(store, unit => claim_named(&mut unit, id(ME), &[id(4), id(5), id(6)], at(0)));
    let done = jobs.iter().find(|job| job.envelope.id == id(5)).unwrap();
    kept!(
        store,
        unit => bury(&mut unit, id(ME), id(4), at(0), "no"),
        finish(&mut unit, id(ME), &[done], at(0)),
        pause(&mut unit, Queue::Notices, "operator", at(0)),
    );
    let states = seen!(store, view => queue_states(&mut view, at(9)));
    let of = |queue: Queue| states.iter().find(|state| state.queue == queue.name()).unwrap();
    let mails = QueueState { ready: 2, running: 1, waiting: 1, dead: 1, oldest_s: 9, ..of(Queue::Mails).clone() };
    assert_eq!(of(Queue::Mails), &mails);
    assert!(of(Queue::Notices).paused && !of(Queue::Mails).paused);
    assert_eq!(of(Queue::Uploads).ready, 0);
}

async fn a_queue_is_paused_and_resumed_once(place: Place) {
    let store = &place.store;
    assert!(kept!(store, unit => pause(&mut unit, Queue::Mails, "operator", at(0))));
    assert!(!kept!(store, unit => pause(&mut unit, Queue::Mails, "another", at(1))));
    assert_eq!(seen!(store, view => paused(&mut view)), ["mails"]);
    assert!(kept!(store, unit => resume(&mut unit, Queue::Mails, at(2))));
    assert!(!kept!(store, unit => resume(&mut unit, Queue::Mails, at(3))));
    assert!(seen!(store, view => paused(&mut view)).is_empty());
}

async fn a_chain_is_open_until_all_of_it_is_settled(place: Place) {
    let store = &place.store;
    let first = mail(1, 0);
    let next = first.envelope.leads_to(id(2), &MailQueued { mail_id: id(9) }, at(1));
    put(store, &[first.clone(), NewMessage { envelope: next, ..first }, mail(3, 0)]).await;
    let open = async |chains: &[u128]| {
        let chains: Vec<_> = chains.iter().map(|number| id(*number)).collect();
        seen!(store, view => open_of(&mut view, &chains))
    };
    assert_eq!((open(&[1]).await, open(&[1, 3, 1]).await, open(&[]).await, open(&[77]).await), (2, 3, 0, 0));
    put(store, &[message(Queue::Uploads, 4, 0)]).await;
    let mails = async |chains: &[uuid::Uuid]| seen!(store, view => open_mails_of(&mut view, chains));
    assert_eq!((mails(&[id(1), id(4), id(1)]).await, mails(&[id(4)]).await, mails(&[]).await), (2, 0, 0));
    let jobs = kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1), id(2)], at(1)));
    assert_eq!(open(&[1]).await, 2, "what runs is open");
    kept!(store, unit => bury(&mut unit, id(ME), id(1), at(1), "no"));
    let rest: Vec<_> = jobs.iter().filter(|job| job.envelope.id == id(2)).collect();
    kept!(store, unit => finish(&mut unit, id(ME), &rest, at(1)));
    assert_eq!(open(&[1]).await, 0, "the dead are settled, too");
}

async fn what_is_due_later_or_paused_keeps_nobody_from_being_idle(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), message(Queue::Notices, 2, 0), message(Queue::Uploads, 3, 0)]).await;
    kept!(store, unit => pause(&mut unit, Queue::Notices, "operator", at(0)));
    assert_eq!(seen!(store, view => open_by(&mut view, at(0))), 2);
    kept!(
        store,
        unit => claim_named(&mut unit, id(ME), &[id(1), id(3)], at(0)),
        retry(&mut unit, id(ME), id(1), at(60), "no"),
    );
    assert_eq!(seen!(store, view => open_by(&mut view, at(59))), 1, "one runs");
    assert_eq!(seen!(store, view => open_by(&mut view, at(60))), 2);
}

async fn what_is_done_and_old_is_purged_a_few_at_a_time(place: Place) {
    let store = &place.store;
    let rows: Vec<_> = (1..=6).map(|number| mail(number, 0)).collect();
    put(store, &rows).await;
    let names: Vec<_> = (1..=5).map(id).collect();
    let jobs = kept!(store, unit => claim_named(&mut unit, id(ME), &names, at(0)));
    let done: Vec<_> = jobs.iter().filter(|job| job.envelope.id != id(5)).collect();
    kept!(store, unit => finish(&mut unit, id(ME), &done, at(0)));
    // 1 to 4 are done, 5 runs, 6 waits.
    assert_eq!(kept!(store, unit => purge_done(&mut unit, id(4), 2)), 2);
    assert_eq!(kept!(store, unit => purge_done(&mut unit, id(4), 2)), 1);
    assert_eq!(kept!(store, unit => purge_done(&mut unit, id(4), 2)), 0);
    assert_eq!(row(store, 4).await.state, "done");
    assert_eq!(kept!(store, unit => purge_done(&mut unit, id(99), 9)), 1);
    assert_eq!((row(store, 5).await.state.as_str(), row(store, 6).await.state.as_str()), ("running", "ready"));
}
