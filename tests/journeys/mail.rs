//! The mail ledger from the command line: who would get what before anything is sent by hand, addresses that mails came back
//! from, what mails look like.

use serde_json::{Value, json};
use support::servers::smtp::Mode;

use super::enrollment::{NOON, done, members};
use super::place::{BUREAU, NEIGHBOUR, Place, UNION};
use super::rights::account;

on_both_engines!(a_bounced_address_gets_nothing_more_and_its_bureau_sees_it, every_kind_of_mail_can_be_looked_at,);

/// Mails of the ledger to an address: status and reason.
async fn ledger(place: &Place, to: &str) -> Vec<(String, Option<String>)> {
    let all = place.at.json(&["mail", "list", "--to", to, "--kind", "submission-received"]).await;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    all.as_array().unwrap().iter().map(|mail| (text(&mail["status"]).unwrap(), text(&mail["last_error"]))).collect()
}

async fn a_bounced_address_gets_nothing_more_and_its_bureau_sees_it(place: Place) {
    let _worker = place.ready().await;
    let address = format!("u{UNION}@example.org");
    let bounced = place.at.json(&["mail", "bounced", &address, "--reason", "550 5.1.1 no such user"]).await;
    assert_eq!((&bounced[0]["address"], &bounced[0]["org_code"]), (&json!(address), &json!(UNION)), "{bounced}");
    for (org, seed) in [(UNION, 111), (NEIGHBOUR, 112)] {
        members(&place, org, seed).await;
        done(&place, NOON, &["enroll", "submit", "--org", org, "--plan", "A", "--wait"]).await;
    }
    let why = "mails to this address came back: 550 5.1.1 no such user".to_owned();
    assert_eq!(ledger(&place, &address).await, [("refused".to_owned(), Some(why))]);
    assert_eq!(ledger(&place, &format!("u{NEIGHBOUR}@example.org")).await, [("sent".to_owned(), None)]);
    assert!(place.letters().iter().all(|letter| letter.to != address), "nothing went there");

    account(&place, "wu", "bureau", Some(BUREAU)).await;
    let list = place.at.json(&["--as", "wu", "mail", "bounces", "--org", BUREAU]).await;
    let brief: Vec<_> = list.as_array().unwrap().iter().map(|one| (&one["address"], &one["reason"])).collect();
    assert_eq!(brief, [(&json!(address), &json!("550 5.1.1 no such user"))]);
    for (words, code) in [
        (&["--as", "wu", "mail", "bounces", "--org", "90020000"][..], "unknown"),
        (&["--as", "wu", "mail", "bounced", "x@example.org", "--reason", "x"], "no-right"),
        (&["--as", "wu", "mail", "resend", "--status", "refused", "--yes"], "no-right"),
    ] {
        let error = place.at.run(&[words, &["--json"]].concat()).await.code(1).json();
        assert_eq!(error["error"]["code"], code, "{words:?}");
    }

    // Sending by hand: who would get what, and how much of it is in vain, before anything goes out.
    let words = ["mail", "resend", "--kind", "submission-received"];
    let preview = place.at.json(&words).await;
    assert_eq!(preview, json!({"mails": 1, "recipients": [[address, 1]], "bounced": 1}));
    let told = place.at.must(&words).await;
    assert!(
        told.contains("1 mail to 1 address would be sent again; --yes does it") && told.contains(&address),
        "{told}"
    );
    assert!(told.contains("1 of them to addresses that mails came back from"), "{told}");
    assert_eq!(ledger(&place, &address).await[0].0, "refused", "a preview sends nothing");
    let _ = place.at.run(&["mail", "resend"]).await.code(2);
    let _ = place.at.must(&["mail", "bounced", &address, "--clear"]).await;
    let sent = place.at.json(&[&words[..], &["--yes"]].concat()).await;
    assert_eq!(sent, json!({"queued": 1}));
    let _ = place.at.must(&["--at", NOON, "drain", "--until-idle"]).await;
    assert_eq!(ledger(&place, &address).await, [("sent".to_owned(), None)]);
    let own: Vec<_> = place.letters().into_iter().filter(|letter| letter.to == address).collect();
    assert!(own.iter().any(|letter| letter.subject.contains("已收到集中参保提交")), "{own:?}");
}

async fn every_kind_of_mail_can_be_looked_at(place: Place) {
    if let Some(services) = &place.services {
        services.smtp.answer(Mode::Refuse);
    }
    let folder = place.at.folder().join("preview");
    let written = place.at.json(&["mail", "preview", "-o", folder.to_str().unwrap()]).await;
    let kinds: Vec<_> = written.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, mail::template::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
    for one in written.as_array().unwrap() {
        let [eml, html] = ["eml", "html"].map(|form| std::fs::read_to_string(one[form].as_str().unwrap()).unwrap());
        let letter = super::letter::Letter::read(&eml);
        assert_eq!(letter.subject, one["subject"].as_str().unwrap());
        assert!(letter.body.contains("您好") && html.contains("您好"), "{}", one["kind"]);
    }
    let unknown = place.at.run(&["mail", "preview", "hello", "-o", folder.to_str().unwrap()]).await.code(2);
    assert!(unknown.stderr.contains("submission-received"), "{}", unknown.stderr);
}
