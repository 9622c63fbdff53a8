//! The mail ledger: each mail once, its attempts written before they are made, rates, lists.

use store::mails::{
    Mail, MailEnding, MailSelection, NewMail, attempt, count_attempts, count_by_status, find, forget_rates, list, lock,
    queue, requeue, settle,
};
use store::{Store, settings};

use super::engines::{Place, at, id, put};
use super::organizations::add;

on_both_engines!(
    a_mail_comes_back_as_it_was_queued,
    a_mail_is_queued_once_per_matter_version_and_recipient,
    an_attempt_is_on_record_before_it_is_made,
    what_was_sent_is_not_sent_again_by_hand,
    units_on_one_mail_wait_for_each_other,
    attempts_are_counted_by_minute_and_domain,
    mails_are_listed_by_status_recipient_and_place,
);

fn mail(number: u128, recipient: Option<&str>) -> NewMail {
    NewMail {
        id: id(number),
        kind: "upload-done",
        about: "upload:1".to_owned(),
        version: 1,
        recipient: recipient.map(str::to_owned),
        subject: "名册已处理".to_owned(),
        params: "{\"read\":21}".to_owned(),
        correlation_id: id(900),
        org_code: None,
        files: Vec::new(),
        queued_at: at(5),
    }
}

async fn seen_mail(store: &Store, number: u128) -> Mail {
    seen!(store, view => find(&mut view, id(number))).unwrap()
}

async fn a_mail_comes_back_as_it_was_queued(place: Place) {
    let store = &place.store;
    let new = NewMail { org_code: Some("31".to_owned()), ..mail(1, Some("a@example.org")) };
    assert_eq!(kept!(store, unit => queue(&mut unit, &[new.clone(), mail(2, None)])), [id(1)]);
    assert!(kept!(store, unit => queue(&mut unit, &[])).is_empty());
    let found = seen_mail(store, 1).await;
    assert_eq!((found.kind.as_str(), &found.about, found.version), (new.kind, &new.about, new.version));
    assert_eq!((found.recipient.as_str(), found.subject, found.params), ("a@example.org", new.subject, new.params));
    assert_eq!((found.status.as_str(), found.attempts, found.org_code), ("queued", 0, new.org_code));
    assert_eq!((found.queued_at, found.sent_at, found.last_error), (at(5), None, None));
    let nobody = seen_mail(store, 2).await;
    assert_eq!((nobody.status.as_str(), nobody.recipient.as_str()), ("no_address", ""));
    assert!(seen!(store, view => find(&mut view, id(77))).is_none());
}

async fn a_mail_is_queued_once_per_matter_version_and_recipient(place: Place) {
    let store = &place.store;
    let to = Some("a@example.org");
    assert_eq!(kept!(store, unit => queue(&mut unit, &[mail(1, to), mail(2, to)])), [id(1)]);
    let again = [
        mail(3, to),
        NewMail { version: 2, ..mail(4, to) },
        NewMail { about: "upload:2".to_owned(), ..mail(5, to) },
        NewMail { kind: "upload-held", ..mail(6, to) },
        mail(7, Some("b@example.org")),
    ];
    let mut new = kept!(store, unit => queue(&mut unit, &again));
    new.sort_unstable();
    assert_eq!(new, [id(4), id(5), id(6), id(7)]);
    assert!(kept!(store, unit => queue(&mut unit, &[mail(8, None), mail(9, None)])).is_empty());
    let counts = seen!(store, view => count_by_status(&mut view));
    assert_eq!(counts, [("no_address".to_owned(), 1), ("queued".to_owned(), 5)]);
}

fn ending(number: u128, status: &'static str) -> MailEnding {
    MailEnding { id: id(number), status, error: None, sent_at: None }
}

async fn an_attempt_is_on_record_before_it_is_made(place: Place) {
    let store = &place.store;
    let new = [mail(1, Some("a@example.org")), mail(2, Some("b@example.org")), mail(3, Some("c@example.org"))];
    kept!(store, unit => queue(&mut unit, &new));
    kept!(store, unit => attempt(&mut unit, &[id(2), id(1)], at(6)), attempt(&mut unit, &[], at(6)));
    let trying = seen_mail(store, 1).await;
    assert_eq!((trying.status.as_str(), trying.attempts), ("sending", 1));
    assert_eq!(seen_mail(store, 3).await.status, "queued");
    let later = MailEnding { error: Some("421 later".to_owned()), ..ending(1, "queued") };
    let sent = MailEnding { sent_at: Some(at(7)), ..ending(2, "sent") };
    kept!(store, unit => settle(&mut unit, &[later, sent]), settle(&mut unit, &[]), attempt(&mut unit, &[id(1)], at(8)));
    let trying = seen_mail(store, 1).await;
    assert_eq!(
        (trying.status.as_str(), trying.attempts, trying.last_error.as_deref()),
        ("sending", 2, Some("421 later"))
    );
    let sent = seen_mail(store, 2).await;
    assert_eq!((sent.status.as_str(), sent.sent_at, sent.last_error), ("sent", Some(at(7)), None));
    kept!(store, unit => settle(&mut unit, &[ending(1, "unknown")]));
    let unknown = seen_mail(store, 1).await;
    assert_eq!((unknown.status.as_str(), unknown.sent_at, unknown.last_error), ("unknown", None, None));
}

async fn what_was_sent_is_not_sent_again_by_hand(place: Place) {
    let store = &place.store;
    let statuses = ["sent", "obsolete", "unknown", "refused", "sending", "queued"];
    for (number, status) in (1..).zip(statuses) {
        let new = NewMail { version: i64::try_from(number).unwrap(), ..mail(number, Some("a@example.org")) };
        kept!(store, unit => queue(&mut unit, &[new]), settle(&mut unit, &[ending(number, status)]));
        let again = kept!(store, unit => requeue(&mut unit, id(number)));
        assert_eq!(again, !matches!(status, "sent" | "obsolete"), "{status}");
    }
    kept!(store, unit => queue(&mut unit, &[mail(20, None)]));
    assert!(!kept!(store, unit => requeue(&mut unit, id(20))), "nobody is known");
    assert!(!kept!(store, unit => requeue(&mut unit, id(77))));
    // A message about it is on its way: a second one is not to join it.
    put(store, &[super::engines::mail(6, 0)]).await;
    assert!(!kept!(store, unit => requeue(&mut unit, id(6))));
    assert_eq!(seen_mail(store, 3).await.status, "queued");
}

async fn units_on_one_mail_wait_for_each_other(place: Place) {
    let new = [mail(1, Some("a@example.org")), mail(2, Some("b@example.org"))];
    kept!(place.store, unit => queue(&mut unit, &new));
    let mut first = place.store.begin().await.unwrap();
    let held = lock(&mut first, &[id(2), id(77), id(1), id(2)]).await.unwrap();
    assert_eq!(held.len(), 2);
    let other = place.open();
    let second = tokio::spawn(async move {
        let mut unit = other.begin().await.unwrap();
        let mails = lock(&mut unit, &[id(1)]).await.unwrap();
        (mails[0].status.clone(), settings::find(&mut unit, "first").await.unwrap())
    });
    place.until_somebody_waits().await;
    settings::put(&mut first, "first", "done").await.unwrap();
    attempt(&mut first, &[id(1)], at(6)).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), ("sending".to_owned(), Some("done".to_owned())));
    assert!(kept!(place.store, unit => lock(&mut unit, &[])).is_empty());
}

async fn attempts_are_counted_by_minute_and_domain(place: Place) {
    let store = &place.store;
    let count = async |minute: i64, counts: &[(&str, i64)]| {
        let counts: Vec<(String, i64)> = counts.iter().map(|(domain, more)| ((*domain).to_owned(), *more)).collect();
        let mut so_far = kept!(store, unit => count_attempts(&mut unit, at(minute * 60), &counts));
        so_far.sort();
        so_far.into_iter().map(|(_, attempts)| attempts).collect::<Vec<_>>()
    };
    assert_eq!(count(0, &[("", 1)]).await, [1]);
    assert_eq!(count(0, &[("example.org", 1), ("", 3), ("example.com", 2)]).await, [4, 2, 1]);
    assert_eq!((count(1, &[("", 1)]).await, count(0, &[("", 1)]).await), (vec![1], vec![5]));
    assert!(count(0, &[]).await.is_empty());
    kept!(store, unit => forget_rates(&mut unit, at(60)));
    assert_eq!((count(0, &[("", 1)]).await, count(1, &[("", 1)]).await), (vec![1], vec![2]));
}

async fn mails_are_listed_by_status_recipient_and_place(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let unit = add(store, "11", Some(&root), "unit").await;
    let to = |number: u128, recipient, org: Option<&str>| NewMail {
        org_code: org.map(str::to_owned),
        version: i64::try_from(number).unwrap(),
        ..mail(number, recipient)
    };
    let (a, b) = (Some("a@example.org"), Some("b@example.org"));
    let new =
        [to(1, a, Some("11")), to(2, b, Some("1")), to(3, a, None), to(4, a, Some("gone")), to(5, None, Some("11"))];
    kept!(store, unit => queue(&mut unit, &new));
    let listed = async |status: Option<&str>, recipient: Option<&str>, below: Option<&str>, most| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let wanted = MailSelection { status: own(status), recipient: own(recipient), kind: None, below: own(below) };
        let found = seen!(store, view => list(&mut view, &wanted, most));
        found.into_iter().map(|found| found.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, None, 9).await, [5, 4, 3, 2, 1], "the newest first");
    assert_eq!(listed(None, None, None, 2).await, [5, 4]);
    assert_eq!(listed(Some("queued"), None, None, 9).await, [4, 3, 2, 1]);
    assert_eq!(listed(None, b, None, 9).await, [2]);
    assert_eq!(listed(None, None, Some(&root.path), 9).await, [5, 2, 1]);
    assert_eq!(listed(Some("queued"), a, Some(&unit.path), 9).await, [1]);
}
