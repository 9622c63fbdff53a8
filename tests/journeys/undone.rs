//! Imports that are taken back: whole or not at all, by name where something came after, and uploaded again as if new.

use serde_json::Value;
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table};

use super::enrollment::{NOON, done};
use super::masked;
use super::place::{BUREAU, NEIGHBOUR, Place, UNION, counts};
use super::rights::account;

on_both_engines!(
    an_import_is_taken_back_as_a_whole_and_comes_again,
    what_came_after_an_import_refuses_its_undoing_by_name,
    imports_are_taken_back_in_turn_the_last_first,
    who_may_upload_there_may_take_back_within_the_days,
    a_process_that_dies_in_the_middle_has_undone_nothing,
    an_undoing_and_an_upload_at_once_leave_one_or_the_other,
);

fn table(people: &[Person]) -> Table {
    Table::members("测试工会", UNION, people)
}

async fn import(place: &Place, name: &str, table: &Table) -> Value {
    place.upload(name, &table.xlsx(), UNION).await.success().json()
}

fn id(upload: &Value) -> &str {
    upload["id"].as_str().unwrap()
}

async fn undo(place: &Place, upload: &Value) -> Value {
    place.at.json(&["upload", "undo", id(upload), "--yes"]).await
}

/// Refused with this code; the whole refusal.
async fn refused(place: &Place, upload: &Value, code: &str) -> String {
    let words = ["upload", "undo", id(upload), "--yes", "--json"];
    let error = place.at.run(&words).await.code(1).json();
    assert_eq!(error["error"]["code"], code, "{error}");
    error["error"]["message"].as_str().unwrap().to_owned()
}

fn figures(of: &Value) -> [u64; 3] {
    ["added", "changed", "requests"].map(|key| of[key].as_u64().unwrap_or_else(|| panic!("no {key} in {of}")))
}

async fn an_import_is_taken_back_as_a_whole_and_comes_again(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(180).take(7);
    import(&place, "first.xlsx", &table(&people[..4])).await;
    let elsewhere = Table::members("测试二厂工会", NEIGHBOUR, &people[4..5]);
    let _ = place.upload("elsewhere.xlsx", &elsewhere.xlsx(), NEIGHBOUR).await.success();
    let before = place.members(UNION).await;

    // Two new, one whose phone changes, one of another union, one as on record.
    let mut second = table(&people[3..]);
    second.set(0, "手机号码", "13812345678");
    let upload = import(&place, "second.xlsx", &second).await;
    assert_eq!(counts(&upload), [4, 4, 0, 0, 0, 1], "{upload}");
    assert_eq!(upload["undone_at"], Value::Null);
    let preview = place.at.json(&["upload", "undo", id(&upload)]).await;
    assert_eq!((figures(&preview), &preview["undone"]), ([2, 1, 1], &false.into()), "{preview}");
    assert_eq!((preview["unions"][0]["org"].as_str(), preview["refused"].as_array().unwrap().len()), (Some(UNION), 0));
    assert_eq!(place.members(UNION).await.len(), 6, "a preview does nothing");

    let taken = undo(&place, &upload).await;
    assert_eq!((figures(&taken), &taken["undone"]), ([2, 1, 1], &true.into()), "{taken}");
    assert_eq!(place.members(UNION).await, before, "as before the import, the phone too");
    let transfers = place.at.json(&["transfer", "list", "--org", NEIGHBOUR]).await;
    assert_eq!(transfers[0]["status"], "void", "{transfers}");
    let shown = place.at.json(&["upload", "show", id(&upload)]).await;
    assert_eq!((&shown["status"], &shown["undone_by"]), (&"done".into(), &"operator".into()), "{shown}");
    assert!(shown["undone_at"].is_string());
    let written = place.at.must(&["upload", "show", id(&upload)]).await;
    assert!(written.contains("undone"), "{written}");
    let audit = place.at.json(&["audit", "--org", UNION]).await;
    let acts = audit.as_array().unwrap();
    let act = acts.iter().find(|act| act["act"] == "undo-upload").unwrap_or_else(|| panic!("{audit}"));
    assert_eq!(act["outcome"], "done: added 2, changed 1, requests 1");
    refused(&place, &upload, "already-undone").await;
    let again = place.at.run(&["upload", "undo", id(&upload), "--json"]).await.code(1).json();
    assert_eq!(again["error"]["code"], "already-undone");

    let again = import(&place, "second.xlsx", &second).await;
    assert_eq!(counts(&again), [4, 4, 0, 0, 0, 1], "{again}");
    assert_eq!(place.members(UNION).await.len(), 6);
    assert_eq!(figures(&undo(&place, &again).await), [2, 1, 1]);
    assert_eq!(place.members(UNION).await, before);
    let letters = place.letters();
    let told: Vec<_> = letters.iter().filter(|letter| letter.subject.contains("本次导入已撤销")).collect();
    assert!(!told.is_empty() && told.iter().all(|letter| letter.to == format!("u{UNION}@example.org")));
    assert!(told[0].body.contains("撤回新增会员：2 人"), "{}", told[0].body);
}

async fn what_came_after_an_import_refuses_its_undoing_by_name(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(181).take(5);
    let upload = import(&place, "members.xlsx", &table(&people)).await;
    let list = place.members(UNION).await;
    let number = |person: &Person| {
        let own = list.iter().find(|one| one["name"] == person.name.as_str()).unwrap();
        own["member_no"].as_str().unwrap().to_owned()
    };

    // A card was made, somebody was removed, somebody is asked for, somebody has another phone.
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, "", "是", "", "", ""]);
    }
    feed.set(0, "会员服务卡号", people[0].card.as_str());
    let file = place.at.file("feed.xlsx", feed.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    let _ = place.at.must(&["member", "remove", &number(&people[1]), "--reason", "convicted"]).await;
    let ask = ["member", "transfer", &number(&people[2]), "--to", NEIGHBOUR, "--reason", "调动"];
    let _ = place.at.must(&ask).await;
    let mut other = table(&people[3..4]);
    other.set(0, "手机号码", "13812345678");
    import(&place, "other.xlsx", &other).await;

    let message = refused(&place, &upload, "built-on").await;
    let expected = [(0, "card"), (1, "removed"), (2, "transfer"), (3, "changed")];
    for (place, code) in expected {
        let named = format!("{} {} ({code})", people[place].name, masked(&people[place].id_number));
        assert!(message.contains(&named), "{named} in {message}");
    }
    assert!(!message.contains(&people[4].name) && !message.contains(&people[0].id_number), "{message}");
    let preview = place.at.run(&["upload", "undo", id(&upload), "--json"]).await.code(1).json();
    let codes: Vec<_> =
        preview["refused"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["card", "removed", "transfer", "changed"]);
    assert_eq!(place.members(UNION).await.len(), 4, "nothing is taken back by halves");
}

async fn imports_are_taken_back_in_turn_the_last_first(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(182).take(4);
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, &person.card, "是", "", "", ""]);
    }
    let file = place.at.file("feed.xlsx", feed.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    let first = import(&place, "first.xlsx", &table(&people[..3])).await;
    let mut changed = table(&people);
    changed.set(0, "手机号码", "13812345678");
    let second = import(&place, "second.xlsx", &changed).await;
    let message = refused(&place, &first, "built-on").await;
    assert!(message.contains(&people[0].name) && !message.contains(&people[1].name), "{message}");
    assert_eq!(figures(&undo(&place, &second).await), [1, 1, 0]);

    // The union submits: all of its members are in that.
    done(&place, NOON, &["enroll", "submit", "--org", UNION, "--wait"]).await;
    let message = refused(&place, &first, "built-on").await;
    assert!(
        people[..3].iter().all(|person| message.contains(&person.name)) && message.contains("(submission)"),
        "{message}"
    );
    done(&place, NOON, &["review", "return", UNION, "--org", BUREAU, "--reason", "名单有误"]).await;
    assert_eq!(figures(&undo(&place, &first).await), [3, 0, 0]);
    assert!(place.members(UNION).await.is_empty());
}

async fn who_may_upload_there_may_take_back_within_the_days(place: Place) {
    let _worker = place.ready().await;
    account(&place, "clerk", "clerk", Some(UNION)).await;
    account(&place, "neighbour", "clerk", Some(NEIGHBOUR)).await;
    account(&place, "centre", "centre", None).await;
    let upload = import(&place, "members.xlsx", &table(&People::seeded(183).take(2))).await;
    for who in ["neighbour", "centre"] {
        let words = ["--as", who, "upload", "undo", id(&upload), "--yes", "--json"];
        let error = place.at.run(&words).await.code(1).json();
        assert!(["no-right", "unknown"].contains(&error["error"]["code"].as_str().unwrap()), "{error}");
    }
    let tree = place.at.json(&["upload", "list"]).await;
    let tree = tree.as_array().unwrap().iter().find(|one| one["kind"] == "organizations").unwrap().clone();
    refused(&place, &tree, "not-an-import").await;
    let late = ["--at", "2099-01-01", "upload", "undo", id(&upload), "--yes", "--json"];
    assert_eq!(place.at.run(&late).await.code(1).json()["error"]["code"], "too-late");
    assert_eq!(place.members(UNION).await.len(), 2);
    let words = ["--as", "clerk", "upload", "undo", id(&upload), "--yes", "--json"];
    let taken = place.at.run(&words).await.success().json();
    assert_eq!(figures(&taken), [2, 0, 0]);
    let broken = place.at.file("broken.xlsx", b"no spreadsheet");
    let words =
        ["upload", "members", broken.to_str().unwrap(), "--org", UNION, "--type", "external", "--wait", "--json"];
    let rejected = place.at.run(&words).await.code(1).json();
    refused(&place, &rejected, "not-done").await;
}

async fn a_process_that_dies_in_the_middle_has_undone_nothing(mut place: Place) {
    let _worker = place.ready().await;
    let upload = import(&place, "members.xlsx", &table(&People::seeded(184).take(3))).await;
    place.at.set("fail_points", "before-undo");
    let died = place.at.run(&["upload", "undo", id(&upload), "--yes"]).await;
    place.at.unset("fail_points");
    assert!(!died.stdout.contains("taken back"), "{}", died.stdout);
    assert_eq!(place.members(UNION).await.len(), 3);
    let shown = place.at.json(&["upload", "show", id(&upload)]).await;
    assert_eq!(shown["undone_at"], Value::Null, "{shown}");
    assert_eq!(figures(&undo(&place, &upload).await), [3, 0, 0]);
    assert!(place.members(UNION).await.is_empty());
}

async fn an_undoing_and_an_upload_at_once_leave_one_or_the_other(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(185).take(30);
    let upload = import(&place, "members.xlsx", &table(&people)).await;
    let file = place.at.file("again.xlsx", table(&people).xlsx());
    let words = ["members", "--org", UNION, "--type", "external"];
    let take_back = ["upload", "undo", id(&upload), "--yes", "--json"];
    let (again, taken) = tokio::join!(place.upload_file(&file, &words), place.at.run(&take_back));
    let (again, taken) = (again.success().json(), taken.success().json());
    assert_eq!(figures(&taken), [30, 0, 0]);
    // Either it came first and found all of them there, or it found nobody and added them.
    let left = place.members(UNION).await.len();
    match counts(&again) {
        [30, 0, 30, 0, 0, 0] => assert_eq!(left, 0),
        [30, 30, 0, 0, 0, 0] => assert_eq!(left, 30),
        other => panic!("neither before nor after: {other:?}"),
    }
}
