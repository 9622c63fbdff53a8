//! The dead pile: counted, listed, shown with its chain, replayed and discarded, by every filter.

use messages::{MailQueued, Queue};
use store::Store;
use store::messages::{
    DeadSelection, NewMessage, bury, claim_named, count_dead, discard, keep_undecodable, list_dead, replay, show_dead,
};

use super::engines::{Place, at, id, mail, message, put, row};

on_both_engines!(
    the_pile_is_counted_and_listed_by_every_filter,
    a_text_in_an_error_is_found_to_the_letter,
    a_dead_message_is_shown_with_its_whole_chain,
    what_is_replayed_starts_afresh,
    what_is_discarded_is_done_and_stays_on_record,
    bytes_that_are_no_message_are_kept_and_never_run,
);

const ME: u128 = 0xA;

/// Four dead messages and one that lives.
async fn pile(store: &Store) {
    let mut other_kind = message(Queue::Uploads, 3, 0);
    "upload.received".clone_into(&mut other_kind.envelope.kind);
    put(store, &[mail(1, 0), mail(2, 0), other_kind, message(Queue::Notices, 4, 0), mail(5, 0)]).await;
    let names: Vec<_> = (1..=4).map(id).collect();
    kept!(store, unit => claim_named(&mut unit, id(ME), &names, at(0)));
    for (number, error) in [(1, "550 no such user"), (2, "550 100% full_box"), (3, "No reader"), (4, "no font")] {
        kept!(store, unit => bury(&mut unit, id(ME), id(number), at(9), error));
    }
}

/// The numbers that a selection means, newest first, by list; the count must say the same.
async fn meant(store: &Store, selection: &DeadSelection) -> Vec<u128> {
    let listed = seen!(store, view => list_dead(&mut view, selection));
    let count = seen!(store, view => count_dead(&mut view, selection));
    assert_eq!(count, i64::try_from(listed.len()).unwrap());
    listed.iter().map(|dead| dead.id.as_u128()).collect()
}

fn all() -> DeadSelection {
    DeadSelection::default()
}

fn of_error(text: &str) -> DeadSelection {
    DeadSelection { error: Some(text.to_owned()), ..all() }
}

async fn the_pile_is_counted_and_listed_by_every_filter(place: Place) {
    let store = &place.store;
    assert!(meant(store, &all()).await.is_empty());
    pile(store).await;
    assert_eq!(meant(store, &all()).await, [4, 3, 2, 1]);
    assert_eq!(meant(store, &DeadSelection { id: Some(id(2)), ..all() }).await, [2]);
    assert!(meant(store, &DeadSelection { id: Some(id(5)), ..all() }).await.is_empty(), "5 is not dead");
    assert_eq!(meant(store, &DeadSelection { kind: Some("upload.received".to_owned()), ..all() }).await, [3]);
    assert_eq!(meant(store, &DeadSelection { queue: Some("mails".to_owned()), ..all() }).await, [2, 1]);
    let both = DeadSelection { queue: Some("mails".to_owned()), error: Some("full".to_owned()), ..all() };
    assert_eq!(meant(store, &both).await, [2]);
}

async fn a_text_in_an_error_is_found_to_the_letter(place: Place) {
    let store = &place.store;
    pile(store).await;
    assert_eq!(meant(store, &of_error("no")).await, [4, 1], "and not No");
    assert_eq!(meant(store, &of_error("100%")).await, [2]);
    assert_eq!(meant(store, &of_error("l_b")).await, [2]);
    assert!(meant(store, &of_error("5%")).await.is_empty());
    assert!(meant(store, &of_error("n_")).await.is_empty());
}

async fn a_dead_message_is_shown_with_its_whole_chain(place: Place) {
    let store = &place.store;
    let first = mail(1, 0);
    let next = first.envelope.leads_to(id(2), &MailQueued { mail_id: id(9) }, at(1));
    put(store, &[first.clone(), NewMessage { envelope: next, ..first }, mail(3, 0)]).await;
    kept!(store, unit => claim_named(&mut unit, id(ME), &[id(2)], at(0)));
    kept!(store, unit => bury(&mut unit, id(ME), id(2), at(5), "550"));
    let chain = seen!(store, view => show_dead(&mut view, id(2)));
    assert_eq!(
        chain.iter().map(|row| (row.id, row.state.as_str())).collect::<Vec<_>>(),
        [(id(1), "ready"), (id(2), "dead")]
    );
    let dead = &chain[1];
    assert_eq!((dead.kind.as_str(), dead.queue.as_str()), ("mail.queued", "mails"));
    assert_eq!((dead.correlation_id, dead.causation_id), (id(1), Some(id(1))));
    assert_eq!((dead.occurred_at, dead.ended_at), (at(1), Some(at(5))));
    assert_eq!(dead.payload, format!("{{\"mail_id\":\"{}\"}}", id(9)));
    assert!(seen!(store, view => show_dead(&mut view, id(77))).is_empty());
}

async fn what_is_replayed_starts_afresh(place: Place) {
    let store = &place.store;
    pile(store).await;
    let mails = DeadSelection { queue: Some("mails".to_owned()), ..all() };
    assert_eq!(kept!(store, unit => replay(&mut unit, &mails, at(20))), 2);
    assert_eq!(kept!(store, unit => replay(&mut unit, &mails, at(20))), 0);
    assert_eq!(meant(store, &all()).await, [4, 3]);
    let again = row(store, 1).await;
    assert_eq!((again.state.as_str(), again.attempts, again.ended_at), ("ready", 0, None));
    assert!(kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1)], at(19))).is_empty());
    assert_eq!(kept!(store, unit => claim_named(&mut unit, id(ME), &[id(1)], at(20)))[0].attempts, 1);
    assert_eq!(kept!(store, unit => replay(&mut unit, &of_error("No"), at(20))), 1);
    assert_eq!(kept!(store, unit => replay(&mut unit, &DeadSelection { id: Some(id(4)), ..all() }, at(20))), 1);
}

async fn what_is_discarded_is_done_and_stays_on_record(place: Place) {
    let store = &place.store;
    pile(store).await;
    let fonts = DeadSelection { kind: Some("mail.queued".to_owned()), error: Some("font".to_owned()), ..all() };
    assert_eq!(kept!(store, unit => discard(&mut unit, &fonts, at(30))), 1);
    let gone = row(store, 4).await;
    assert_eq!((gone.state.as_str(), gone.ended_at), ("done", Some(at(30))));
    assert_eq!(gone.last_error.as_deref(), Some("no font"));
    assert_eq!(kept!(store, unit => discard(&mut unit, &all(), at(30))), 3);
    assert_eq!(row(store, 5).await.state, "ready");
}

async fn bytes_that_are_no_message_are_kept_and_never_run(place: Place) {
    let store = &place.store;
    let bytes = [0, 0xff, b'{'];
    kept!(store, unit => keep_undecodable(&mut unit, id(1), "mails", &bytes, "not JSON", at(3)));
    let kept = row(store, 1).await;
    assert_eq!((kept.kind.as_str(), kept.state.as_str(), kept.ended_at), ("undecodable", "dead", Some(at(3))));
    assert_eq!(kept.last_error.as_deref(), Some("not JSON"));
    assert_eq!(kept!(store, unit => replay(&mut unit, &all(), at(4))), 0);
    assert_eq!(kept!(store, unit => discard(&mut unit, &all(), at(5))), 1);
}
