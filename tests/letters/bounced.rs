//! Addresses that mails came back from: nothing more goes there, and those who can do something about it see it.

use store::mails::MailSelection;

use super::post::Post;
use crate::campaign::{BUREAUS, UNITS};
use crate::conformance::engines::Place;

on_both_engines!(
    nothing_goes_to_an_address_that_mails_came_back_from_until_it_works_again,
    a_bureau_sees_the_addresses_of_its_unions_and_of_their_clerks,
);

async fn nothing_goes_to_an_address_that_mails_came_back_from_until_it_works_again(place: Place) {
    let post = Post::plain(place).await;
    let (unit, desk) = (UNITS[0].0, &post.campaign().desk);
    let address = format!("{unit}@example.org");
    post.at("2022-11-01T20:00:00+08:00").await;
    // Recorded while a mail waits, in other letters than those of the tree.
    desk.record_bounce("operator", &address.to_uppercase(), "550 5.1.1 no such\r\nuser").await.unwrap();
    post.submit(unit).await;
    post.done().await;
    let of_unit: Vec<_> = post.ledger().await.into_iter().filter(|mail| mail.recipient == address).collect();
    assert_eq!(of_unit.len(), 2);
    for mail in &of_unit {
        assert_eq!((mail.status.as_str(), mail.attempts), ("refused", 0), "{}", mail.kind);
        assert_eq!(mail.last_error.as_deref(), Some("mails to this address came back: 550 5.1.1 no such user"));
    }
    post.each_once().await;
    assert_eq!(desk.resend_mails("operator", &MailSelection::default()).await.unwrap().len(), 2);
    post.deliver().await;
    assert!(post.ledger().await.iter().all(|mail| mail.recipient != address || mail.status == "refused"), "still not");
    desk.forget_bounce("operator", &address).await.unwrap();
    desk.resend_mails("operator", &MailSelection::default()).await.unwrap();
    post.deliver().await;
    assert!(post.ledger().await.iter().all(|mail| mail.status == "sent"));
    post.each_once().await;
}

async fn a_bureau_sees_the_addresses_of_its_unions_and_of_their_clerks(place: Place) {
    let post = Post::plain(place).await;
    let desk = &post.campaign().desk;
    let (own, other) = (UNITS[0].0, UNITS[3].0);
    // A clerk with an address of one's own, at the unit of a secondary union; and somebody at the root.
    let (now, org) = (desk.clock.business_now(), post.campaign().named(own).await);
    kept!(desk.store, unit => store::accounts::add(&mut unit, "li", Some("Li@example.org"), now),
        store::accounts::grant(&mut unit, "li", "clerk", Some(org.id), "operator", now),
        store::accounts::add(&mut unit, "chen", Some("chen@example.org"), now),
        store::accounts::grant(&mut unit, "chen", "federation", None, "operator", now));
    for address in [
        format!("{own}@example.org"),
        format!("{other}@example.org"),
        "li@example.org".to_owned(),
        "chen@example.org".to_owned(),
    ] {
        desk.record_bounce("operator", &address, "no such user").await.unwrap();
    }
    let seen = async |bureau: &str| {
        let found = desk.bounces(&format!("bureau-{bureau}"), Some(bureau)).await.unwrap();
        let mut rows: Vec<_> = found.into_iter().map(|one| (one.address, one.org_code, one.account)).collect();
        rows.sort();
        rows
    };
    let row = |address: &str, org: &str, account: Option<&str>| {
        (address.to_owned(), Some(org.to_owned()), account.map(str::to_owned))
    };
    assert_eq!(
        seen(BUREAUS[0]).await,
        [row(&format!("{own}@example.org"), own, None), row("li@example.org", own, Some("li"))]
    );
    assert_eq!(seen(BUREAUS[1]).await, [row(&format!("{other}@example.org"), other, None)]);
    let refused = desk.bounces(&format!("bureau-{}", BUREAUS[0]), Some(BUREAUS[1])).await;
    assert_eq!(crate::deadlines::scene::refused(refused), "unknown");
    let all = desk.bounces("operator", None).await.unwrap();
    assert_eq!(all.len(), 4, "{all:?}");
}
