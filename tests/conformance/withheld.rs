//! Mails that are not sent: addresses that mails came back from, and how things stand that mails tell of; and sending by hand.

use store::bounces::{among, forget, list, record};
use store::mails::{MailEnding, MailFile, MailSelection, NewMail, count_by_hand, find, queue, requeue_many, settle};
use store::standings::{Reminded, Standing, Thing, done_since, of, of_vouchers};
use store::submissions::{Fen, Submission};
use store::windows::NewWindow;
use store::{Store, accounts, submissions, windows};

use super::engines::{Place, at, id};
use super::organizations::add;

on_both_engines!(
    an_address_that_mails_came_back_from_is_found_with_who_has_it,
    a_submission_s_version_and_a_window_s_closing_are_told,
    a_reminder_is_done_when_the_unit_has_submitted_since,
    what_is_asked_for_and_not_on_record_is_left_out,
    only_refused_and_unknown_mails_are_sent_again_by_hand,
    the_files_of_a_mail_come_back_as_they_were_given,
);

async fn an_address_that_mails_came_back_from_is_found_with_who_has_it(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let own = add(store, "11", Some(&root), "unit").await;
    let email = own.email.clone();
    kept!(store, unit => accounts::add(&mut unit, "li", Some(&email), at(1)),
        accounts::grant(&mut unit, "li", "clerk", Some(own.id), "operator", at(1)));
    kept!(store, unit => record(&mut unit, &email.to_uppercase(), "no such user", "operator", at(2)));
    kept!(store, unit => record(&mut unit, &email, "mailbox full", "operator", at(3)));
    kept!(store, unit => record(&mut unit, "gone@example.org", "gone", "operator", at(4)));
    let found = seen!(store, view => among(&mut view, &[&email.to_uppercase(), "fine@example.org"]));
    assert_eq!(found, [(email.to_lowercase(), "mailbox full".to_owned())]);
    let listed = seen!(store, view => list(&mut view, None));
    let of_it: Vec<_> = listed.iter().filter(|bounce| bounce.org_code.as_deref() == Some("11")).collect();
    let mut holders: Vec<_> = of_it.iter().map(|bounce| (bounce.account.as_deref(), bounce.bounced_at)).collect();
    holders.sort_unstable();
    assert_eq!(holders, [(None, at(3)), (Some("li"), at(3))], "the union, and its clerk");
    assert!(listed.iter().any(|bounce| bounce.address == "gone@example.org" && bounce.org_code.is_none()));
    let below = seen!(store, view => list(&mut view, Some(&own.path)));
    assert!(below.iter().all(|bounce| bounce.org_code.as_deref() == Some("11")) && !below.is_empty());
    assert!(kept!(store, unit => forget(&mut unit, &email)));
    assert!(!kept!(store, unit => forget(&mut unit, &email)));
    assert!(seen!(store, view => among(&mut view, &[])).is_empty());
}

/// A submission of a new unit `11`, received at second `received`; its id.
async fn submission(store: &Store, received: i64) -> i64 {
    let root = add(store, "1", None, "federation").await;
    let own = add(store, "11", Some(&root), "unit").await;
    let new = Submission {
        id: 0,
        year: 2023,
        org_id: own.id,
        org_code: own.code,
        org_name: own.name,
        org_path: own.path,
        org_email: own.email,
        bureau_id: root.id,
        number: "DW2023-11-1".to_owned(),
        status: "submitted".to_owned(),
        version_id: id(5),
        version: 3,
        plan: "A".to_owned(),
        people: 1,
        fen: Fen { total: 2600, municipal: 1300, bureau: 1300, unit: 0 },
        received_at: at(received),
        batch_id: None,
        reason_code: None,
        reason: None,
        reviewed_by: None,
        reviewed_at: None,
        submitted_at: at(received),
        changed_at: at(received),
    };
    kept!(store, unit => submissions::add(&mut unit, &new))
}

/// The submission window, closing at second 100; its id.
async fn window(store: &Store) -> i64 {
    let new =
        NewWindow { year: 2023, name: "submission", org_id: None, opens_at: at(0), closes_at: at(100), reason: None };
    kept!(store, unit => windows::put(&mut unit, &new, "operator", at(0)));
    seen!(store, view => windows::of_year(&mut view, 2023))[0].id
}

async fn a_submission_s_version_and_a_window_s_closing_are_told(place: Place) {
    let store = &place.store;
    let (submission, window) = (submission(store, 5).await, window(store).await);
    let stands = seen!(store, view => of(&mut view, Thing::Submission, &[submission, submission + 1], at(9)));
    assert_eq!(stands, [Standing { id: submission, version: 3, status: "submitted".to_owned() }]);
    for (second, status) in [(99, "open"), (100, "closed")] {
        let stands = seen!(store, view => of(&mut view, Thing::Window, &[window], at(second)));
        assert_eq!(stands, [Standing { id: window, version: 0, status: status.to_owned() }]);
    }
}

async fn a_reminder_is_done_when_the_unit_has_submitted_since(place: Place) {
    let store = &place.store;
    submission(store, 50).await;
    let window = window(store).await;
    let reminded = |mail, code: &str, since| Reminded {
        mail: id(mail),
        window_id: window,
        org_code: code.to_owned(),
        since: at(since),
    };
    let all = [reminded(1, "11", 49), reminded(2, "11", 50), reminded(3, "1", 49)];
    assert_eq!(seen!(store, view => done_since(&mut view, &all)), [(id(1),)]);
    assert!(seen!(store, view => done_since(&mut view, &[])).is_empty());
}

async fn what_is_asked_for_and_not_on_record_is_left_out(place: Place) {
    let things = [Thing::Submission, Thing::Conflict, Thing::Failure, Thing::Batch, Thing::Instant, Thing::Window];
    for thing in things {
        assert!(seen!(place.store, view => of(&mut view, thing, &[7], at(1))).is_empty(), "{thing:?}");
    }
    assert!(seen!(place.store, view => of_vouchers(&mut view, &[id(7)])).is_empty());
}

fn mail(number: u128, recipient: &str, kind: &'static str) -> NewMail {
    NewMail {
        id: id(number),
        kind,
        about: format!("upload:{number}"),
        version: 1,
        recipient: Some(recipient.to_owned()),
        subject: String::new(),
        params: "{}".to_owned(),
        correlation_id: id(900),
        org_code: None,
        files: Vec::new(),
        queued_at: at(5),
    }
}

async fn only_refused_and_unknown_mails_are_sent_again_by_hand(place: Place) {
    let store = &place.store;
    let statuses = ["refused", "refused", "unknown", "sent", "obsolete", "queued"];
    for (number, status) in (1..).zip(statuses) {
        let to = if number == 1 { "a@example.org" } else { "b@example.org" };
        let ending = MailEnding { id: id(number), status, error: None, sent_at: None };
        kept!(store, unit => queue(&mut unit, &[mail(number, to, "upload-done")]), settle(&mut unit, &[ending]));
    }
    let all = MailSelection::default();
    let refused = MailSelection { status: Some("refused".to_owned()), ..MailSelection::default() };
    let counted = seen!(store, view => count_by_hand(&mut view, &all));
    assert_eq!(counted, [("b@example.org".to_owned(), 2), ("a@example.org".to_owned(), 1)]);
    assert_eq!(seen!(store, view => count_by_hand(&mut view, &refused)).len(), 2);
    let mut again = kept!(store, unit => requeue_many(&mut unit, &refused));
    again.sort_unstable();
    assert_eq!(again, [id(1), id(2)]);
    let other = MailSelection { kind: Some("upload-held".to_owned()), ..MailSelection::default() };
    assert!(kept!(store, unit => requeue_many(&mut unit, &other)).is_empty());
    assert_eq!(kept!(store, unit => requeue_many(&mut unit, &all)), [id(3)]);
    assert_eq!(seen!(store, view => find(&mut view, id(4))).unwrap().status, "sent");
}

async fn the_files_of_a_mail_come_back_as_they_were_given(place: Place) {
    let file = MailFile {
        name: "参保告知书.pdf".to_owned(),
        object_key: "notices/1.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
    };
    let with = NewMail { files: vec![file.clone()], ..mail(1, "a@example.org", "submission-received") };
    kept!(place.store, unit => queue(&mut unit, &[with, mail(2, "a@example.org", "submission-received")]));
    assert_eq!(seen!(place.store, view => find(&mut view, id(1))).unwrap().files(), [file]);
    assert!(seen!(place.store, view => find(&mut view, id(2))).unwrap().files().is_empty());
}
