//! The mail ledger against its messages: what is held, what is dead, what nothing would ever send.

use store::ledger::{abandon_dead, dead, discard_dead, held, hold, release, reopen, stranded, waiting};
use store::mails::{MailEnding, NewMail, attempt, find, queue, settle};
use store::messages::{bury, claim_named};
use store::{Store, settings};

use super::engines::{Place, at, id, mail as message, put};

on_both_engines!(
    a_mail_whose_message_is_dead_is_given_up_and_comes_back_with_it,
    a_mail_without_a_message_is_found,
    what_holds_all_mails_is_kept_with_its_beginning,
);

const ME: u128 = 0xA;

fn new(number: u128) -> NewMail {
    NewMail {
        id: id(number),
        kind: "upload-done",
        about: format!("upload:{number}"),
        version: 1,
        recipient: Some("a@example.org".to_owned()),
        subject: "名册已处理".to_owned(),
        params: "{}".to_owned(),
        correlation_id: id(900),
        org_code: None,
        files: Vec::new(),
        queued_at: at(i64::try_from(number).unwrap()),
    }
}

async fn status(store: &Store, number: u128) -> String {
    seen!(store, view => find(&mut view, id(number))).unwrap().status
}

async fn a_mail_whose_message_is_dead_is_given_up_and_comes_back_with_it(place: Place) {
    let store = &place.store;
    kept!(store, unit => queue(&mut unit, &[new(1), new(2), new(3)]));
    put(store, &[message(1, 0), message(2, 0), message(3, 0)]).await;
    let ids = [id(1), id(2), id(3)];
    kept!(store, unit => claim_named(&mut unit, id(ME), &ids, at(1)), attempt(&mut unit, &[id(2)], at(1)));
    kept!(store, unit => bury(&mut unit, id(ME), id(1), at(2), "no"), bury(&mut unit, id(ME), id(2), at(2), "no"));
    assert_eq!(kept!(store, unit => abandon_dead(&mut unit)), 2);
    assert_eq!(kept!(store, unit => abandon_dead(&mut unit)), 0, "a second time changes nothing");
    let states = [status(store, 1).await, status(store, 2).await, status(store, 3).await];
    assert_eq!(states, ["refused", "unknown", "queued"]);
    let mut found = seen!(store, view => dead(&mut view));
    found.sort();
    assert_eq!(found, [(id(1), id(1)), (id(2), id(2))]);
    assert_eq!(kept!(store, unit => reopen(&mut unit, &[id(1), id(3)])), 1);
    assert_eq!(status(store, 1).await, "queued");
    assert_eq!(kept!(store, unit => discard_dead(&mut unit, &[id(2), id(3)], at(3))), 1);
    assert_eq!(seen!(store, view => dead(&mut view)), [(id(1), id(1))]);
}

async fn a_mail_without_a_message_is_found(place: Place) {
    let store = &place.store;
    assert_eq!(
        (seen!(store, view => stranded(&mut view)), seen!(store, view => waiting(&mut view))),
        (vec![], (0, None))
    );
    kept!(store, unit => queue(&mut unit, &[new(1), new(2), new(3)]));
    put(store, &[message(2, 0)]).await;
    let sent = MailEnding { id: id(3), status: "sent", error: None, sent_at: Some(at(9)) };
    kept!(store, unit => settle(&mut unit, &[sent]));
    assert_eq!(seen!(store, view => stranded(&mut view)), [id(1)]);
    assert_eq!(seen!(store, view => waiting(&mut view)), (2, Some(at(1))));
}

async fn what_holds_all_mails_is_kept_with_its_beginning(place: Place) {
    let store = &place.store;
    assert_eq!(seen!(store, view => held(&mut view)), None);
    kept!(store, unit => hold(&mut unit, "relay access denied", at(1)), hold(&mut unit, "login refused", at(2)));
    let found = seen!(store, view => held(&mut view)).unwrap();
    assert_eq!((found.since, found.why.as_str()), (at(1), "login refused"));
    assert!(kept!(store, unit => release(&mut unit)) && !kept!(store, unit => release(&mut unit)));
    assert!(!kept!(store, unit => settings::forget(&mut unit, "nothing")));
}
