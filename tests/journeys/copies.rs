//! A database that was copied or moved: it does not know whether it is the real one, so mails hold until an operator says.

use std::path::Path;

use serde_json::Value;
use support::Installation;
use support::people::People;
use support::servers::postgres::{copied_database, shared_url};
use support::servers::rabbitmq::SharedRabbit;
use support::workbook::Table;

use super::letter::Letter;
use super::place::{Place, Services, UNION};
use super::rights::account;

on_both_engines!(
    mails_of_a_copy_hold_until_an_operator_says_that_it_is_the_real_one,
    a_copy_that_is_for_rehearsals_writes_to_nobody,
);

/// A copy of an installation, made while nobody works in it.
struct Copy {
    place: Place,
    _rabbit: Option<SharedRabbit>,
    _database: Option<support::servers::postgres::FreshDatabase>,
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            let _ = std::fs::copy(&from, &to).unwrap();
        }
    }
}

async fn copied(place: &Place) -> Copy {
    let Some(services) = &place.services else {
        let at = Installation::embedded();
        copy_folder(&place.at.folder().join("rollcall-data"), &at.folder().join("rollcall-data"));
        std::fs::remove_dir_all(at.folder().join("rollcall-data/outbox")).unwrap();
        return Copy { place: Place { at, services: None }, _rabbit: None, _database: None };
    };
    let database = copied_database(&shared_url(), services.database.name()).await;
    let rabbit = SharedRabbit::fresh().await;
    let mut at = Installation::distributed(&database.url(), rabbit.url());
    at.set("broker.prefix", rabbit.prefix());
    at.set("mail.url", services.smtp.url());
    at.set("mail.from", "rollcall@example.org");
    for (key, value) in services.s3.bucket().settings() {
        at.set(key, value);
    }
    Copy { place: Place { at, services: None }, _rabbit: Some(rabbit), _database: Some(database) }
}

/// The original with its federation, nobody at work, and a copy of it.
async fn original_and_copy(place: &Place) -> Copy {
    let worker = place.ready().await;
    account(place, "li", "clerk", Some(UNION)).await;
    if let Some(mut worker) = worker {
        worker.terminate().await;
    }
    copied(place).await
}

/// Uploads members in the copy, and waits for the result as far as there is one.
async fn upload(copy: &Copy, seed: u64) -> Value {
    let bytes = Table::members("测试一厂工会", UNION, &People::seeded(seed).take(2)).xlsx();
    let uploaded = copy.place.upload(&format!("{seed}.xlsx"), &bytes, UNION).await.success();
    uploaded.json()
}

/// What has reached people by now; of the embedded engine, what lies in either outbox.
fn letters(place: &Place, copy: &Copy) -> Vec<Letter> {
    match &place.services {
        Some(Services { .. }) => place.letters(),
        None => copy.place.letters(),
    }
}

async fn status_of(copy: &Copy) -> Vec<String> {
    let mails = copy.place.at.json(&["mail", "list", "--kind", "upload-done"]).await;
    let of_members = mails.as_array().unwrap().iter().filter(|mail| mail["to"] == format!("u{UNION}@example.org"));
    of_members.map(|mail| mail["status"].as_str().unwrap().to_owned()).collect()
}

async fn mails_of_a_copy_hold_until_an_operator_says_that_it_is_the_real_one(place: Place) {
    let copy = original_and_copy(&place).await;
    let before = letters(&place, &copy).len();
    assert_eq!(upload(&copy, 1).await["status"], "done", "work goes on");
    assert_eq!((letters(&place, &copy).len(), status_of(&copy).await), (before, vec!["queued".to_owned()]));

    let at = &copy.place.at;
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("WRONG  place") && doctor.contains("mail resume --rehearsal"), "{doctor}");
    let serve = at.start(&["serve"]).await;
    let (status, told) = serve.page("/readyz").await.unwrap();
    assert!(status == 200 && told.contains("copied, restored or moved"), "{told}");
    drop(serve);
    let refused = at.run(&["--as", "li", "--json", "mail", "resume"]).await.code(1).json();
    assert_eq!(refused["error"]["code"], "no-right", "{refused}");
    assert_eq!(letters(&place, &copy).len(), before);

    let resumed = at.json(&["mail", "resume"]).await;
    assert_eq!((&resumed["is_real"], &resumed["waiting"]), (&true.into(), &1.into()), "{resumed}");
    let audit = at.json(&["audit"]).await;
    assert!(audit.as_array().unwrap().iter().any(|act| act["act"] == "mail-resume"), "{audit}");
    assert_eq!(upload(&copy, 2).await["status"], "done");
    assert_eq!(status_of(&copy).await.first().map(String::as_str), Some("sent"), "the newest");
    let doctor = at.run(&["doctor"]).await.stdout;
    assert!(!doctor.contains("WRONG"), "{doctor}");
    if place.services.is_some() {
        // The file store is the copy's by now: the one that it was copied from keeps its hands off.
        let doctor = place.at.run(&["doctor"]).await.code(1).stdout;
        assert!(doctor.contains("WRONG  files") && doctor.contains("mark of another database"), "{doctor}");
    }
}

async fn a_copy_that_is_for_rehearsals_writes_to_nobody(place: Place) {
    let mut copy = original_and_copy(&place).await;
    let before = letters(&place, &copy).len();
    let declared = copy.place.at.json(&["mail", "resume", "--rehearsal"]).await;
    assert_eq!(declared["is_real"], false, "{declared}");
    assert_eq!(upload(&copy, 3).await["status"], "done");
    let doctor = copy.place.at.run(&["doctor"]).await.code(0).stdout;
    assert!(doctor.contains("copy for rehearsals"), "{doctor}");
    if place.services.is_none() {
        assert_eq!(status_of(&copy).await, ["sent"], "the outbox is nobody's letter box");
        return;
    }
    assert_eq!((letters(&place, &copy).len(), status_of(&copy).await), (before, vec!["queued".to_owned()]));
    copy.place.at.set("mail.redirect_to", "rehearsal@example.org");
    assert_eq!(upload(&copy, 4).await["status"], "done");
    let new: Vec<_> = letters(&place, &copy).split_off(before);
    assert!(!new.is_empty() && new.iter().all(|letter| letter.to == "rehearsal@example.org"), "{new:?}");
}

#[tokio::test]
async fn a_folder_that_was_moved_within_its_disk_stays_at_home() {
    let place = Place::embedded();
    let _ = place.ready().await;
    std::fs::rename(place.at.folder().join("rollcall-data"), place.at.folder().join("moved")).unwrap();
    let doctor = place.at.must(&["--set", "data.dir=moved", "doctor"]).await;
    assert!(!doctor.contains("WRONG"), "{doctor}");
}
