//! Members move: the side that did not ask decides, leavers go at once, and each item has its outcome.

use serde_json::Value;
use support::Outcome;
use support::people::{People, Person};
use support::workbook::Table;

use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, STRANGER, UNION, counts, findings};

on_both_engines!(
    a_claim_by_import_is_agreed_to_by_the_union_that_has_the_member,
    a_handing_over_is_agreed_to_or_refused_by_the_receiving_union,
    leavers_go_to_a_temporary_union_above_without_an_answer,
    what_cannot_be_is_told_item_by_item,
    what_events_overtake_is_void_and_told,
    two_approvals_at_once_end_as_one,
    both_sides_asking_is_agreeing,
    a_workbook_of_transfers_has_an_outcome_per_row,
);

/// An account with a role at a union.
pub async fn account(place: &Place, name: &str, role: &str, org: &str) {
    let _ = place.at.must(&["account", "add", name]).await;
    let _ = place.at.must(&["account", "grant", name, role, "--org", org]).await;
}

pub async fn asks(place: &Place, who: &str, words: &[&str]) -> Outcome {
    let mut all = vec!["--as", who, "--json"];
    all.extend(words);
    place.at.run(&all).await
}

/// The code with which one item was refused.
pub async fn refused(place: &Place, who: &str, words: &[&str]) -> String {
    let error = asks(place, who, words).await.code(1).json();
    assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    error["error"]["code"].as_str().unwrap().to_owned()
}

/// Imports people and gives their numbers, in the order given.
pub async fn join(place: &Place, people: &[Person], org: &str) -> Vec<String> {
    let table = Table::members("测试工会", org, people);
    let document = place.upload(&format!("{org}.xlsx"), &table.xlsx(), org).await.success().json();
    assert_eq!(counts(&document)[1], people.len() as i64, "{document}");
    let members = place.members(org).await;
    let number = |person: &Person| {
        let own = members.iter().find(|member| member["phone_masked"] == masked_phone(&person.phone)).unwrap();
        own["member_no"].as_str().unwrap().to_owned()
    };
    people.iter().map(number).collect()
}

fn masked_phone(phone: &str) -> String {
    format!("{}****{}", &phone[..3], &phone[7..])
}

/// The requests of this status, the newest first.
async fn requests(place: &Place, status: &str) -> Vec<Value> {
    place.at.json(&["transfer", "list", "--status", status]).await.as_array().unwrap().clone()
}

async fn wait_for_mails(place: &Place) {
    let _ = place.at.must(&["drain", "--until-idle"]).await;
}

/// Adds the temporary union of the bureau.
async fn temporary(place: &Place) -> &'static str {
    let words = ["org", "add", "90010099", "--parent", BUREAU, "--name", "测试东区总工会临时工会"];
    let more = ["--level", "grassroots", "--kind", "临时工会", "--email", "u90010099@example.org"];
    let _ = place.at.must(&[&words[..], &more].concat()).await;
    "90010099"
}

fn field<'v>(items: &'v Value, key: &str) -> Vec<&'v str> {
    items.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap_or_default()).collect()
}

async fn a_claim_by_import_is_agreed_to_by_the_union_that_has_the_member(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(60).take(3);
    let numbers = join(&place, &people, UNION).await;
    for (name, org) in [("one", UNION), ("two", NEIGHBOUR), ("far", STRANGER)] {
        account(&place, name, "clerk", org).await;
    }
    account(&place, "bureau", "bureau", BUREAU).await;
    // The neighbour claims one with another employer.
    let mut table = Table::members("测试二厂工会", NEIGHBOUR, &people[..1]);
    table.set(0, "工作单位/服务平台", "测试新厂");
    let claim = place.upload("claim.xlsx", &table.xlsx(), NEIGHBOUR).await.success().json();
    assert_eq!(counts(&claim), [1, 1, 0, 0, 0, 1]);
    let pending = asks(&place, "two", &["member", "import-pending", "--upload", claim["id"].as_str().unwrap()]).await;
    let pending = pending.success().json();
    let id = pending[0]["id"].to_string();
    assert_eq!((&pending[0]["from"], &pending[0]["to"]), (&UNION.into(), &NEIGHBOUR.into()));
    assert_eq!((&pending[0]["asked_by"], &pending[0]["decided_by_org"]), (&NEIGHBOUR.into(), &UNION.into()));
    let letters = place.letters();
    let letter = letters.iter().find(|letter| letter.subject.contains("等待您审核")).unwrap();
    assert!(letter.to.contains(&format!("u{UNION}@")) && letter.body.contains(&format!("申请编号：{id}")));
    assert!(!letter.body.contains(&people[0].id_number) && !letter.body.contains(&people[0].name));

    assert_eq!(refused(&place, "two", &["transfer", "approve", &id]).await, "no-right", "the side that asked");
    assert_eq!(refused(&place, "far", &["transfer", "approve", &id]).await, "unknown");
    assert_eq!(place.members(NEIGHBOUR).await.len(), 0);
    let done = asks(&place, "one", &["transfer", "approve", &id]).await.success().json();
    assert_eq!(field(&done, "status"), ["approved"]);
    assert_eq!(refused(&place, "one", &["transfer", "approve", &id]).await, "decided");
    wait_for_mails(&place).await;

    let moved = place.members(NEIGHBOUR).await;
    assert_eq!((&moved[0]["member_no"], &moved[0]["employer"]), (&numbers[0].as_str().into(), &"测试新厂".into()));
    let shown = asks(&place, "two", &["member", "show", &numbers[0]]).await.success().json();
    assert_eq!(
        (field(&shown["stays"], "org"), field(&shown["stays"], "end_reason")),
        (vec![UNION, NEIGHBOUR], vec!["transferred", ""])
    );
    assert_eq!((&shown["history"][0]["field"], &shown["history"][0]["account"]), (&"org".into(), &"one".into()));
    assert_eq!((&shown["history"][0]["before"], &shown["history"][0]["after"]), (&UNION.into(), &NEIGHBOUR.into()));
    assert_eq!(refused(&place, "one", &["member", "show", &numbers[0]]).await, "unknown", "he is another union's now");
    let told: Vec<String> =
        place.letters().into_iter().filter(|one| one.subject.contains("已转移")).map(|one| one.to).collect();
    assert_eq!(told.len(), 2, "both sides: {told:?}");
    // Once more changes nothing.
    let again = place.upload("again.xlsx", &table.xlsx(), NEIGHBOUR).await.success().json();
    assert_eq!(counts(&again), [1, 0, 1, 0, 0, 0]);
    let audit = place.at.json(&["audit", "--by", "one"]).await;
    let acts = field(&audit, "outcome");
    assert!(acts.contains(&"approved") && acts.contains(&"refused: decided"), "{audit}");
}

async fn a_handing_over_is_agreed_to_or_refused_by_the_receiving_union(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(61).take(3);
    let numbers = join(&place, &people, UNION).await;
    account(&place, "one", "clerk", UNION).await;
    account(&place, "far", "clerk", STRANGER).await;
    let mut words = vec!["member", "transfer"];
    words.extend(numbers.iter().map(String::as_str));
    words.extend(["--to", STRANGER, "--reason", "工作调动 13800138000"]);
    let asked = asks(&place, "one", &words).await.success().json();
    assert_eq!(field(&asked, "status"), ["requested"; 3]);
    let again = asks(&place, "one", &words).await.success().json();
    assert_eq!(field(&again, "status"), ["unchanged"; 3], "it has been asked for");
    let pending = requests(&place, "pending").await;
    assert_eq!((pending.len(), pending[0]["reason"].as_str()), (3, Some("工作调动 ******")));
    let ids: Vec<String> = pending.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(refused(&place, "one", &["transfer", "reject", &ids[0], "--reason", "x"]).await, "no-right");
    let seen = asks(&place, "far", &["transfer", "list", "--org", STRANGER]).await.success().json();
    assert_eq!(seen.as_array().unwrap().len(), 3);
    let done = asks(&place, "far", &["transfer", "reject", &ids[0], "--reason", "查无此人"]).await.success().json();
    assert_eq!(field(&done, "status"), ["rejected"]);
    let done = asks(&place, "far", &["transfer", "approve", &ids[1], &ids[0], "99999", &ids[2]]).await.success().json();
    assert_eq!(field(&done, "status"), ["approved", "refused", "refused", "approved"]);
    assert_eq!(field(&done, "code"), ["", "decided", "unknown", ""]);
    wait_for_mails(&place).await;
    assert_eq!((place.members(UNION).await.len(), place.members(STRANGER).await.len()), (1, 2));
    let letters = place.letters();
    let refusal = letters.iter().find(|letter| letter.subject.contains("未获同意")).unwrap();
    assert!(refusal.to.contains(&format!("u{UNION}@")) && refusal.body.contains("查无此人"));
    let rejected = requests(&place, "rejected").await;
    assert_eq!((&rejected[0]["decided_by"], &rejected[0]["decision_reason"]), (&"far".into(), &"查无此人".into()));
    let told = place.at.must(&["transfer", "list", "--status", "rejected"]).await;
    assert!(told.contains("查无此人"), "who asked reads why: {told}");
    let _ = asks(&place, "far", &["transfer", "reject", &ids[1], "--reason", " "]).await.code(2);
}

async fn leavers_go_to_a_temporary_union_above_without_an_answer(place: Place) {
    let _worker = place.ready().await;
    let temporary = temporary(&place).await;
    let mut source = People::seeded(62);
    let numbers = join(&place, &source.take(2), UNION).await;
    let far = join(&place, &source.take(1), STRANGER).await;
    account(&place, "one", "clerk", UNION).await;
    let words = ["member", "transfer", &numbers[0], "--to", temporary, "--reason", "离职"];
    let done = asks(&place, "one", &words).await.success().json();
    assert_eq!(field(&done, "status"), ["moved"]);
    assert_eq!(place.members(temporary).await[0]["member_no"], numbers[0].as_str());
    let approved = requests(&place, "approved").await;
    assert_eq!((&approved[0]["to"], &approved[0]["decided_by"]), (&temporary.into(), &"one".into()));
    // The temporary union of another bureau is a union like any other.
    let words = ["member", "transfer", &far[0], "--to", temporary, "--reason", "离职"];
    assert_eq!(field(&place.at.json(&words).await, "status"), ["requested"]);
    assert_eq!(place.members(temporary).await.len(), 1);
}

async fn what_cannot_be_is_told_item_by_item(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(63);
    let own = join(&place, &source.take(2), UNION).await;
    let others = join(&place, &source.take(1), STRANGER).await;
    account(&place, "one", "clerk", UNION).await;
    account(&place, "centre", "reviewer", "90010500").await;
    let transfer = |number: &str, to: &str| {
        let words = ["member", "transfer", number, "--to", to, "--reason", "调动"];
        words.map(str::to_owned)
    };
    let code = async |who: &str, number: &str, to: &str| {
        let words = transfer(number, to);
        refused(&place, who, &words.each_ref().map(String::as_str)).await
    };
    assert_eq!(code("one", "4711", NEIGHBOUR).await, "unknown");
    assert_eq!(code("one", &others[0], UNION).await, "unknown", "people of other unions are unknown, not forbidden");
    assert_eq!(code("one", "310199199001011234", NEIGHBOUR).await, "unknown");
    assert_eq!(code("one", &own[0], UNION).await, "same-union");
    assert_eq!(code("one", &own[0], BUREAU).await, "no-members-there");
    assert_eq!(code("one", &own[0], "12345").await, "unknown");
    assert_eq!(code("centre", &own[0], NEIGHBOUR).await, "unknown", "never sideways");
    let words = ["member", "transfer", &own[0], &own[0], "4711", "--to", NEIGHBOUR, "--reason", "调动"];
    let items = asks(&place, "one", &words).await.success().json();
    assert_eq!(field(&items, "status"), ["requested", "refused", "refused"]);
    assert_eq!(field(&items, "code"), ["", "twice", "unknown"]);
    let _ = asks(&place, "one", &["member", "transfer", &own[1], "--to", NEIGHBOUR, "--reason", ""]).await.code(2);
    let audit = place.at.json(&["audit", "--by", "one"]).await;
    assert!(field(&audit, "outcome").contains(&"refused: unknown") && !audit.to_string().contains("310199"), "{audit}");
}

async fn what_events_overtake_is_void_and_told(place: Place) {
    let _worker = place.ready().await;
    let temporary = temporary(&place).await;
    let numbers = join(&place, &People::seeded(64).take(2), UNION).await;
    let ask = async |number: &str, to: &str| {
        let words = ["member", "transfer", number, "--to", to, "--reason", "调动"];
        place.at.json(&words).await
    };
    ask(&numbers[0], NEIGHBOUR).await;
    ask(&numbers[0], STRANGER).await;
    ask(&numbers[1], NEIGHBOUR).await;
    // He leaves for the temporary union: both requests are void.
    assert_eq!(field(&ask(&numbers[0], temporary).await, "status"), ["moved"]);
    let void = requests(&place, "void").await;
    assert_eq!(void.len(), 2, "{void:?}");
    let late = refused(&place, "operator", &["transfer", "approve", &void[0]["id"].to_string()]).await;
    assert_eq!(late, "decided");
    // The receiving union is removed: its request is void.
    let _ = place.at.must(&["org", "remove", NEIGHBOUR]).await;
    assert_eq!((requests(&place, "pending").await.len(), requests(&place, "void").await.len()), (0, 3));
    let gone =
        refused(&place, "operator", &["member", "transfer", &numbers[1], "--to", NEIGHBOUR, "--reason", "x"]).await;
    assert_eq!(gone, "unknown");
    wait_for_mails(&place).await;
    let told = place.letters().into_iter().filter(|letter| letter.subject.contains("未获同意")).count();
    assert_eq!(told, 3);
}

async fn two_approvals_at_once_end_as_one(place: Place) {
    let _worker = place.ready().await;
    let numbers = join(&place, &People::seeded(65).take(2), UNION).await;
    for number in &numbers {
        let _ = place.at.must(&["member", "transfer", number, "--to", NEIGHBOUR, "--reason", "调动"]).await;
    }
    let ids: Vec<String> = requests(&place, "pending").await.iter().map(|one| one["id"].to_string()).collect();
    let approve = async |first: &str, second: &str| {
        let words = ["transfer", "approve", first, second, "--json"];
        place.at.run(&words).await.json()
    };
    let both = tokio::join!(approve(&ids[0], &ids[1]), approve(&ids[1], &ids[0]));
    let mut all = [field(&both.0, "status"), field(&both.1, "status")].concat();
    all.sort_unstable();
    assert_eq!(all, ["approved", "approved", "refused", "refused"], "{both:?}");
    assert_eq!(place.members(NEIGHBOUR).await.len(), 2);
    let shown = place.at.json(&["member", "show", &numbers[0]]).await;
    assert_eq!(field(&shown["stays"], "org"), [UNION, NEIGHBOUR]);
    assert_eq!(shown["history"].as_array().unwrap().len(), 1);
}

async fn both_sides_asking_is_agreeing(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(66).take(1);
    let numbers = join(&place, &people, UNION).await;
    let table = Table::members("测试二厂工会", NEIGHBOUR, &people);
    let _ = place.upload("claim.xlsx", &table.xlsx(), NEIGHBOUR).await.success();
    account(&place, "one", "clerk", UNION).await;
    let words = ["member", "transfer", &numbers[0], "--to", NEIGHBOUR, "--reason", "调动"];
    let done = asks(&place, "one", &words).await.success().json();
    assert_eq!(field(&done, "status"), ["moved"]);
    assert!(requests(&place, "pending").await.is_empty());
    assert_eq!(place.members(NEIGHBOUR).await.len(), 1);
}

async fn a_workbook_of_transfers_has_an_outcome_per_row(place: Place) {
    let _worker = place.ready().await;
    let temporary = temporary(&place).await;
    let mut source = People::seeded(67);
    let (people, others) = (source.take(5), source.take(1));
    join(&place, &people, UNION).await;
    join(&place, &others, STRANGER).await;
    let mut table = Table::new(&["证件类型", "证件号码", "转入工会编号", "转移原因"]);
    for (person, to) in people.iter().zip([NEIGHBOUR, temporary, UNION, BUREAU, "12345"]) {
        table.push(&["居民身份证", &person.id_number, to, "调动"]);
    }
    table.push(&["居民身份证", &others[0].id_number, NEIGHBOUR, "调动"]);
    table.push(&["居民身份证", &people[0].id_number, NEIGHBOUR, "调动"]);
    table.push(&["居民身份证", &people[0].id_number, NEIGHBOUR, ""]);
    let file = place.at.file("transfers.xlsx", table.xlsx());
    let path = file.to_str().unwrap();
    let offline = place.at.json(&["check", "transfers", path]).await;
    assert_eq!(counts(&offline), [8, 6, 0, 1, 1, 0], "{offline}");
    let document = place.upload_file(&file, &["transfers", "--org", UNION]).await.success().json();
    assert_eq!(counts(&document), [8, 2, 0, 5, 1, 1], "{document}");
    let codes = ["same-union", "union-level", "union-unknown", "member-unknown", "duplicate-in-file", "required"];
    let expected: Vec<(u64, &str)> = (4..).zip(codes).collect();
    assert_eq!(findings(&document), expected);
    let again = place.at.json(&["member", "transfer", "--file", path, "--org", UNION]).await;
    assert_eq!(counts(&again), [8, 0, 1, 6, 1, 0], "{again}");
    assert_eq!((place.members(temporary).await.len(), requests(&place, "pending").await.len()), (1, 1));
    let _ = place.fetch(document["id"].as_str().unwrap(), &["--rejected"]).await;
    let template = place.at.folder().join("t.xlsx");
    let _ = place.at.must(&["template", "transfers", "-o", template.to_str().unwrap()]).await;
    account(&place, "far", "clerk", STRANGER).await;
    let words = ["upload", "transfers", path, "--org", UNION];
    assert_eq!(refused(&place, "far", &words).await, "unknown-org");
    let _ = asks(&place, "operator", &["upload", "transfers", path]).await.code(2);
    assert_eq!(place.members(ROOT).await.len(), 6);
}
