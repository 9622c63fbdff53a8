//! How a run ends: done, again later, not yet, dead, given back, alone; and what happens to a dead worker's jobs.

use messages::Queue;
use store::messages::{
    Job, bury, claim_alone, claim_due, claim_named, finish, give_back, give_back_named, hold, mark_alone, postpone,
    retry, revive_lost,
};
use store::workers::{self, Worker};
use store::{Store, StoreError, settings};

use super::engines::{Place, at, id, mail, message, put, row};

on_both_engines!(
    done_is_done_with_its_effects,
    a_job_that_is_another_workers_by_now_can_not_be_finished,
    a_failed_run_is_due_later_and_spends_an_attempt,
    not_yet_spends_no_attempt,
    what_can_never_succeed_is_dead,
    who_has_lost_a_job_settles_nothing_of_it,
    what_a_worker_gives_back_rings_at_once_and_spends_no_attempt,
    a_claim_whose_answer_was_lost_is_given_back_by_name_and_nothing_else_is,
    what_is_written_of_an_unfinished_run_needs_the_job_still,
    what_broke_together_runs_alone_and_spends_no_attempt,
    jobs_of_a_silent_worker_run_alone_and_are_dead_only_after_three_alone,
    jobs_of_a_worker_that_is_heard_stay,
);

const ME: u128 = 0xA;
const OTHER: u128 = 0xB;

/// Writes and claims the messages of these numbers.
async fn claimed(store: &Store, numbers: &[u128]) -> Vec<Job> {
    let rows: Vec<_> = numbers.iter().map(|number| mail(*number, 0)).collect();
    put(store, &rows).await;
    kept!(store, unit => claim_due(&mut unit, id(ME), Queue::Mails, 99, at(0)))
}

async fn done_is_done_with_its_effects(place: Place) {
    let store = &place.store;
    let jobs = claimed(store, &[1, 2, 3]).await;
    let all: Vec<&Job> = jobs.iter().collect();
    kept!(store, unit => settings::put(&mut unit, "effect", "1"), finish(&mut unit, id(ME), &all, at(4)));
    for number in 1..=3 {
        let row = row(store, number).await;
        assert_eq!((row.state.as_str(), row.ended_at), ("done", Some(at(4))));
    }
    assert!(kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(1)], at(9))).is_empty());
    kept!(store, unit => finish(&mut unit, id(ME), &[], at(4)));
}

async fn a_job_that_is_another_workers_by_now_can_not_be_finished(place: Place) {
    let store = &place.store;
    let jobs = claimed(store, &[1, 2]).await;
    let all: Vec<&Job> = jobs.iter().collect();
    kept!(store, unit => give_back(&mut unit, id(ME), at(1)));
    kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(2)], at(1)));
    let mut unit = store.begin().await.unwrap();
    settings::put(&mut unit, "effect", "1").await.unwrap();
    assert!(matches!(finish(&mut unit, id(ME), &all, at(2)).await, Err(StoreError::Fenced)));
    unit.rollback().await.unwrap();
    assert_eq!(seen!(store, view => settings::find(&mut view, "effect")), None);
    assert_eq!(row(store, 1).await.state, "ready");
    kept!(store, unit => finish(&mut unit, id(OTHER), &all[1..], at(3)));
    let mut unit = store.begin().await.unwrap();
    let again = finish(&mut unit, id(OTHER), &all[1..], at(4)).await;
    assert!(matches!(again, Err(StoreError::Fenced)), "it is done already");
}

async fn a_failed_run_is_due_later_and_spends_an_attempt(place: Place) {
    let store = &place.store;
    claimed(store, &[1]).await;
    kept!(store, unit => retry(&mut unit, id(ME), id(1), at(30), "the SMTP server said 421"));
    let waiting = row(store, 1).await;
    assert_eq!((waiting.state.as_str(), waiting.attempts), ("ready", 1));
    assert_eq!(waiting.last_error.as_deref(), Some("the SMTP server said 421"));
    assert!(kept!(store, unit => claim_due(&mut unit, id(ME), Queue::Mails, 9, at(29))).is_empty());
    assert!(kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1)], at(29))).is_empty());
    let again = kept!(store, unit => claim_due(&mut unit, id(ME), Queue::Mails, 9, at(30)));
    assert_eq!(again[0].attempts, 2);
}

async fn not_yet_spends_no_attempt(place: Place) {
    let store = &place.store;
    claimed(store, &[1]).await;
    kept!(store, unit => postpone(&mut unit, id(ME), id(1), at(30), "60 mails in this minute"));
    assert_eq!(row(store, 1).await.attempts, 0);
    assert!(kept!(store, unit => claim_due(&mut unit, id(ME), Queue::Mails, 9, at(29))).is_empty());
    let again = kept!(store, unit => claim_due(&mut unit, id(ME), Queue::Mails, 9, at(30)));
    assert_eq!(again[0].attempts, 1);
}

async fn what_can_never_succeed_is_dead(place: Place) {
    let store = &place.store;
    claimed(store, &[1]).await;
    kept!(store, unit => bury(&mut unit, id(ME), id(1), at(3), "the SMTP server said 550"));
    let dead = row(store, 1).await;
    assert_eq!((dead.state.as_str(), dead.ended_at, dead.attempts), ("dead", Some(at(3)), 1));
    assert_eq!(dead.last_error.as_deref(), Some("the SMTP server said 550"));
    assert!(kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1)], at(9))).is_empty());
}

async fn who_has_lost_a_job_settles_nothing_of_it(place: Place) {
    let store = &place.store;
    claimed(store, &[1]).await;
    kept!(
        store,
        unit => retry(&mut unit, id(OTHER), id(1), at(30), "no"),
        postpone(&mut unit, id(OTHER), id(1), at(30), "no"),
        bury(&mut unit, id(OTHER), id(1), at(3), "no"),
        mark_alone(&mut unit, id(OTHER), &[id(1)], at(3)),
    );
    assert_eq!(kept!(store, unit => give_back(&mut unit, id(OTHER), at(1))), 0);
    let row = row(store, 1).await;
    assert_eq!((row.state.as_str(), row.attempts, row.last_error), ("running", 1, None));
}

async fn what_a_worker_gives_back_rings_at_once_and_spends_no_attempt(place: Place) {
    let store = &place.store;
    claimed(store, &[1, 2]).await;
    put(store, &[mail(3, 0)]).await;
    kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(3)], at(0)));
    assert_eq!(kept!(store, unit => give_back(&mut unit, id(ME), at(7))), 2);
    assert_eq!(row(store, 3).await.state, "running");
    assert!(kept!(store, unit => claim_due(&mut unit, id(OTHER), Queue::Mails, 9, at(6))).is_empty());
    let again = kept!(store, unit => claim_due(&mut unit, id(OTHER), Queue::Mails, 9, at(7)));
    assert_eq!(again.iter().map(|job| (job.attempts, job.alone)).collect::<Vec<_>>(), [(1, false), (1, false)]);
}

async fn a_claim_whose_answer_was_lost_is_given_back_by_name_and_nothing_else_is(place: Place) {
    let store = &place.store;
    claimed(store, &[1, 2]).await;
    put(store, &[mail(3, 0), mail(4, 0)]).await;
    kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(3)], at(0)));
    let named = [1, 3, 4].map(id);
    assert_eq!(kept!(store, unit => give_back_named(&mut unit, id(ME), &named, at(7))), 1);
    let states = [row(store, 1).await, row(store, 2).await, row(store, 3).await, row(store, 4).await];
    assert_eq!(
        states.map(|row| (row.state, row.attempts)),
        [("ready".to_owned(), 0), ("running".to_owned(), 1), ("running".to_owned(), 1), ("ready".to_owned(), 0),]
    );
    let again = kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(1)], at(7)));
    assert_eq!((again[0].attempts, again[0].alone), (1, false));
    assert_eq!(
        kept!(store, unit => give_back_named(&mut unit, id(ME), &named, at(8))),
        0,
        "the claim had not succeeded"
    );
}

async fn what_is_written_of_an_unfinished_run_needs_the_job_still(place: Place) {
    let store = &place.store;
    let jobs = claimed(store, &[1, 2]).await;
    let all: Vec<&Job> = jobs.iter().collect();
    kept!(store, unit => hold(&mut unit, id(ME), &all), hold(&mut unit, id(ME), &[]));
    assert_eq!(row(store, 1).await.state, "running", "it only asks");
    kept!(store, unit => give_back_named(&mut unit, id(ME), &[id(2)], at(1)));
    kept!(store, unit => claim_named(&mut unit, id(OTHER), &[id(2)], at(1)));
    kept!(store, unit => hold(&mut unit, id(ME), &all[..1]));
    let mut unit = store.begin().await.unwrap();
    assert!(matches!(hold(&mut unit, id(ME), &all).await, Err(StoreError::Fenced)));
}

async fn what_broke_together_runs_alone_and_spends_no_attempt(place: Place) {
    let store = &place.store;
    claimed(store, &[1, 2]).await;
    kept!(store, unit => mark_alone(&mut unit, id(ME), &[id(1), id(2)], at(5)), mark_alone(&mut unit, id(ME), &[], at(5)));
    assert_eq!(row(store, 1).await.attempts, 0);
    let job = kept!(store, unit => claim_alone(&mut unit, id(ME), &Queue::ALL, at(5))).unwrap();
    assert_eq!((job.alone, job.attempts), (true, 1));
    // A failure of its own is an ordinary failure again: it need not run alone next time.
    kept!(store, unit => retry(&mut unit, id(ME), job.envelope.id, at(6), "no"));
    let again = kept!(store, unit => claim_named(&mut unit, id(ME), &[job.envelope.id], at(6)));
    assert_eq!((again[0].alone, again[0].attempts), (false, 2));
}

async fn jobs_of_a_silent_worker_run_alone_and_are_dead_only_after_three_alone(place: Place) {
    let store = &place.store;
    put(store, &[mail(1, 0), message(Queue::Notices, 2, 0)]).await;
    kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1), id(2)], at(0)));
    beat(store, ME, 0).await;
    // It died with both; neither is to blame yet.
    assert_eq!(kept!(store, unit => revive_lost(&mut unit, at(10), at(20), 3)), 2);
    for number in [1, 2] {
        let lost = row(store, number).await;
        assert_eq!((lost.state.as_str(), lost.attempts, lost.crashes), ("ready", 0, 0));
        assert!(lost.last_error.unwrap().contains("ended without a word"));
    }
    for crash in 1..=3 {
        kept!(store, unit => claim_alone(&mut unit, id(ME), &[Queue::Mails], at(20))).unwrap();
        assert_eq!(kept!(store, unit => revive_lost(&mut unit, at(10), at(20), 3)), 1);
        let lost = row(store, 1).await;
        assert_eq!((lost.state.as_str(), lost.crashes), (if crash == 3 { "dead" } else { "ready" }, crash));
        assert_eq!((lost.attempts, lost.ended_at), (0, (crash == 3).then(|| at(20))));
    }
    assert_eq!(kept!(store, unit => revive_lost(&mut unit, at(10), at(20), 3)), 0);
    assert_eq!(row(store, 2).await.crashes, 0);
}

async fn jobs_of_a_worker_that_is_heard_stay(place: Place) {
    let store = &place.store;
    claimed(store, &[1]).await;
    beat(store, ME, 10).await;
    assert_eq!(kept!(store, unit => revive_lost(&mut unit, at(10), at(20), 3)), 0);
    assert_eq!(row(store, 1).await.state, "running");
    kept!(store, unit => workers::leave(&mut unit, id(ME)));
    assert_eq!(kept!(store, unit => revive_lost(&mut unit, at(10), at(20), 3)), 1);
}

async fn beat(store: &Store, worker: u128, seen_s: i64) {
    let worker = Worker {
        id: id(worker),
        role: "worker".to_owned(),
        host: "anvil".to_owned(),
        pid: 17,
        queues: "mails".to_owned(),
        started_at: at(0),
        seen_at: at(seen_s),
    };
    kept!(store, unit => workers::beat(&mut unit, &worker));
}
