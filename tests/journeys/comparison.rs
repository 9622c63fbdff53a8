//! A roster against the registry: what it finds, the workbook that leads on, and what comes of the clerk's choices.

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use support::numbers::{resident_check, with_wrong_check};
use support::people::{People, Person};
use support::workbook::{ORGANIZATION_HEADERS, Table};

use super::place::{BUREAU, NEIGHBOUR, Place, STRANGER, UNION, counts};
use super::sheet;

on_both_engines!(
    a_roster_of_the_union_as_it_is_finds_nothing,
    a_roster_finds_each_difference_once_and_its_workbook_is_a_member_import,
    choices_are_carried_out_each_with_its_own_outcome,
    choices_can_be_typed_by_the_keys_that_are_shown,
    a_partial_or_shifted_roster_is_held_and_released,
    what_is_no_workbook_of_this_comparison_changes_nothing,
    who_has_no_right_sees_and_changes_nothing,
    each_job_run_twice_changes_nothing,
);

const HEADERS: [&str; 7] = ["姓名", "证件类型", "证件号码", "手机号码", "性别", "工作单位/服务平台", "会员标签"];
const CLASSES: [&str; 9] = [
    "read",
    "same",
    "changed",
    "absent_from_file",
    "not_in_registry",
    "in_other_union",
    "near_match",
    "duplicate",
    "rejected",
];

fn roster(people: &[Person]) -> Table {
    let mut table = Table::new(&HEADERS);
    for person in people {
        table.push(&[&person.name, "身份证", &person.id_number, &person.phone, person.sex, "", ""]);
    }
    table
}

/// The same person under a number of which one digit is wrong.
fn mistyped(person: &Person) -> Person {
    let mut body: Vec<u8> = person.id_number.bytes().take(17).collect();
    body[3] = if body[3] == b'1' { b'2' } else { b'1' };
    let body = String::from_utf8(body).unwrap();
    Person { id_number: format!("{body}{}", resident_check(&body)), ..person.clone() }
}

async fn import(place: &Place, org: &str, people: &[Person]) {
    let upload = place.upload("members.xlsx", &Table::members("测试工会", org, people).xlsx(), org).await;
    assert_eq!(counts(&upload.success().json())[1], people.len() as i64);
}

async fn compare(place: &Place, table: &Table) -> (Value, Value) {
    let file = place.at.file("roster.xlsx", table.xlsx());
    let upload = place.upload_file(&file, &["roster", "--org", UNION]).await.success().json();
    assert_eq!(upload["status"], "done", "{upload}");
    let shown = place.at.json(&["compare", "show", upload["comparison"].as_str().unwrap()]).await;
    (upload, shown)
}

fn found(shown: &Value) -> [i64; 9] {
    let found = CLASSES.map(|class| shown["counts"][class].as_i64().unwrap());
    for (class, count) in CLASSES.iter().zip(found).skip(2) {
        assert_eq!(of_class(shown, class).len() as i64, count, "{class}: an item each: {shown}");
    }
    found
}

pub fn of_class<'s>(shown: &'s Value, class: &str) -> Vec<&'s Value> {
    shown["items"].as_array().unwrap().iter().filter(|item| item["class"] == class).collect()
}

/// A workbook with these choices: what a clerk has left of the difference workbook.
pub fn actions(shown: &Value, choices: &[(&Value, &str)]) -> Table {
    let id = shown["id"].as_str().unwrap().replace('-', "");
    let mut table = Table::new(&["条目", "处理", "备注"]);
    for (item, choice) in choices {
        table.push(&[&format!("{}-{}", id[24..].to_uppercase(), item["item"]), choice, "自己的备注"]);
    }
    table
}

pub async fn apply(place: &Place, shown: &Value, table: &Table) -> Value {
    let file = place.at.file("actions.xlsx", table.xlsx());
    let id = shown["id"].as_str().unwrap();
    place.at.json(&["compare", "apply", id, "--actions", &file.display().to_string()]).await
}

pub fn outcomes(applied: &Value) -> Vec<(&str, &str, &str)> {
    let word = |item: &'_ Value, key: &str| item[key].as_str().unwrap_or_default().to_owned().leak() as &str;
    let items = applied["items"].as_array().unwrap();
    items.iter().map(|item| (word(item, "name"), word(item, "outcome"), word(item, "code"))).collect()
}

/// A union for leavers below the bureau.
pub async fn temporary(place: &Place) {
    let mut table = Table::new(&ORGANIZATION_HEADERS);
    let uscc = People::seeded(77).credit_code();
    let row =
        ["90010099", "测试东区临时工会", BUREAU, "基层工会", "临时工会", &uscc, "", "", "", "", "", "t@example.org"];
    table.push(&row);
    let file = place.at.file("temporary.xlsx", table.xlsx());
    let upload = place.upload_file(&file, &["organizations"]).await.success().json();
    assert_eq!(counts(&upload)[1], 1, "{upload}");
}

async fn a_roster_of_the_union_as_it_is_finds_nothing(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(40).take(30);
    import(&place, UNION, &people).await;
    let (upload, shown) = compare(&place, &roster(&people)).await;
    assert_eq!(found(&shown), [30, 30, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&upload), [30, 0, 30, 0, 0, 0]);
    assert_eq!((&shown["org"], &shown["status"]), (&Value::from(UNION), &Value::from("done")));
    let letters = place.letters();
    let last = letters.last().unwrap();
    assert_eq!(last.subject, format!("【会员比对】测试一厂工会（{UNION}）：比对完成，全部一致"));
}

/// 30 members; a list in which 23 are as they are, 2 changed, 1 mistyped, 4 absent, 2 new, 1 of another union, 1 twice,
/// and 1 with a wrong check digit.
pub async fn messy(place: &Place) -> (Vec<Person>, Value, Value) {
    let mut source = People::seeded(41);
    let (people, new, elsewhere) = (source.take(30), source.take(2), source.person());
    import(place, UNION, &people).await;
    import(place, NEIGHBOUR, std::slice::from_ref(&elsewhere)).await;
    let mut listed: Vec<Person> = people[..26].to_vec();
    "13911112222".clone_into(&mut listed[0].phone);
    "改名人".clone_into(&mut listed[1].name);
    listed[2] = mistyped(&people[2]);
    listed.extend(new);
    listed.push(elsewhere);
    listed.push(people[5].clone());
    listed.push(Person { id_number: with_wrong_check(&people[26].id_number), ..people[26].clone() });
    let (upload, shown) = compare(place, &roster(&listed)).await;
    (people, upload, shown)
}

async fn a_roster_finds_each_difference_once_and_its_workbook_is_a_member_import(place: Place) {
    let _worker = place.ready().await;
    let (people, upload, shown) = messy(&place).await;
    // The mistyped one is new, and its member absent.
    assert_eq!(found(&shown), [31, 23, 2, 5, 3, 1, 1, 1, 1]);
    assert_eq!(counts(&upload), [31, 6, 23, 1, 1, 0]);
    let suggested = |name: &str| {
        let absent = of_class(&shown, "absent_from_file");
        absent.into_iter().find(|item| item["name"] == name).unwrap()["suggestion"].clone()
    };
    assert_eq!(suggested(&people[2].name), "先改名单", "a near match");
    assert_eq!(suggested(&people[26].name), "先改名单", "a rejected row resembles the member");
    let near = of_class(&shown, "near_match")[0];
    assert_eq!((&near["row"], &near["reasons"][0]), (&Value::from(4), &Value::from("证件号码相差一位")));
    assert_eq!(near["member"]["name"], people[2].name);
    let changed = of_class(&shown, "changed");
    assert_eq!(changed[0]["fields"][0]["after"], "139****2222");
    assert_eq!(changed[1]["fields"][0]["before"], people[1].name);
    assert!(!shown.to_string().contains(&people[3].id_number[..14]), "numbers are masked");

    let book = place.fetch(upload["id"].as_str().unwrap(), &[]).await;
    let names = sheet::names(&book);
    assert_eq!(names[..7], ["汇总", "平台有名单无", "名单有平台无", "信息不一致", "在其他工会", "疑似同一人", "重复"]);
    let rows = |name: &str, first: &str| sheet::rows(&book, names.iter().position(|own| own == name).unwrap(), first);
    assert_eq!(rows("平台有名单无", "条目").len(), 5);
    assert_eq!(rows("名单有平台无", "姓名").len(), 3);
    assert_eq!(rows("信息不一致", "条目")[0]["字段"], "手机号码");
    assert_eq!((rows("疑似同一人", "行号").len(), rows("重复", "行号").len()), (2, 1));
    // As it is, the workbook is a member import.
    let bytes = std::fs::read(&book).unwrap();
    let import = place.upload("difference.xlsx", &bytes, UNION).await.success().json();
    assert_eq!(counts(&import), [3, 3, 0, 0, 0, 0], "{import}");
    // One of the new people has another's name and phone, which is told; nothing else is.
    assert_eq!(import["finding_counts"], serde_json::json!({"likely-duplicate": 1}), "{import}");
    assert_eq!((&import["counts"]["content"], &import["counts"]["headings"]), (&4.into(), &1.into()), "{import}");
}

async fn choices_are_carried_out_each_with_its_own_outcome(place: Place) {
    let _worker = place.ready().await;
    temporary(&place).await;
    let (people, _, shown) = messy(&place).await;
    let absent = of_class(&shown, "absent_from_file");
    let of = |person: &Person| *absent.iter().find(|item| item["name"] == person.name).unwrap();
    let (changed, elsewhere) = (of_class(&shown, "changed"), of_class(&shown, "in_other_union"));
    let choices = [
        (of(&people[27]), "转移"),
        (of(&people[28]), "死亡"),
        (of(&people[29]), "保留"),
        (of(&people[2]), "转移"),
        (of(&people[26]), "死亡"),
        (changed[0], "更新"),
        (changed[1], "更新"),
        (elsewhere[0], "申请转入"),
    ];
    let table = actions(&shown, &choices);
    let applied = apply(&place, &shown, &table).await;
    let figures =
        |applied: &Value| ["chosen", "done", "refused", "unchanged"].map(|key| applied["counts"][key].clone());
    assert_eq!(figures(&applied), [7, 5, 2, 0].map(Value::from), "{applied}");
    let refused: Vec<_> = outcomes(&applied).into_iter().filter(|(_, outcome, _)| *outcome == "refused").collect();
    assert!(refused.iter().all(|(.., code)| *code == "mend-first"), "{applied}");
    assert_eq!(refused.len(), 2);

    let members = place.members(UNION).await;
    let named = |name: &str| members.iter().any(|member| member["name"] == name);
    assert_eq!(members.len(), 28);
    assert!(named("改名人") && named(&people[29].name) && named(&people[2].name));
    assert!(members.iter().any(|member| member["phone_masked"] == "139****2222"));
    assert_eq!(place.members("90010099").await[0]["name"], people[27].name);
    assert_eq!(place.at.json(&["org", "show", UNION]).await["pending_transfers"], 1);
    let letter = place.letters().into_iter().find(|letter| letter.subject.contains("已处理5项")).unwrap();
    assert!(letter.body.contains("请先改正名单"), "{}", letter.body);

    // Once more: what was done is done, what was refused is refused again.
    let again = apply(&place, &shown, &table).await;
    assert_eq!(figures(&again), [7, 0, 2, 5].map(Value::from), "{again}");
    assert_eq!(place.members(UNION).await.len(), 28);
    let shown = place.at.json(&["compare", "show", shown["id"].as_str().unwrap()]).await;
    assert_eq!(shown["items"].as_array().unwrap().iter().filter(|item| item["outcome"] == "done").count(), 5);
}

async fn choices_can_be_typed_by_the_keys_that_are_shown(place: Place) {
    let _worker = place.ready().await;
    temporary(&place).await;
    let (people, _, shown) = messy(&place).await;
    let absent = of_class(&shown, "absent_from_file");
    let of = |person: &Person| absent.iter().find(|item| item["name"] == person.name).unwrap()["key"].as_str().unwrap();
    assert!(of_class(&shown, "not_in_registry").iter().all(|item| item["key"].is_null()), "nothing to choose there");
    let id = shown["id"].as_str().unwrap();
    let told = place.at.must(&["compare", "show", id]).await;
    assert!(told.contains(of(&people[27])), "{told}");
    let typed = format!("条目,处理\n{},转移\n{},\n", of(&people[27]), of(&people[28]));
    let file = place.at.file("choices.csv", typed).display().to_string();
    let applied = place.at.json(&["compare", "apply", id, "--actions", &file]).await;
    assert_eq!(outcomes(&applied), [(people[27].name.as_str(), "done", "")], "{applied}");
    assert_eq!(place.members("90010099").await.len(), 1);
}

async fn a_partial_or_shifted_roster_is_held_and_released(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(42).take(60);
    import(&place, UNION, &people).await;
    let upload = async |table: &Table| {
        let file = place.at.file("roster.xlsx", table.xlsx());
        place.upload_file(&file, &["roster", "--org", UNION]).await.success().json()
    };
    let held = upload(&roster(&people[..39])).await;
    assert_eq!((&held["status"], &held["reason"]["code"]), (&Value::from("held"), &Value::from("missing-people")));
    assert!(held["reason"]["message"].as_str().unwrap().contains("其中 21 名不在文件中"), "{held}");
    assert!(held["comparison"].is_null());
    let released = place.at.json(&["upload", "release", held["id"].as_str().unwrap(), "--wait"]).await;
    let shown = place.at.json(&["compare", "show", released["comparison"].as_str().unwrap()]).await;
    assert_eq!(found(&shown), [39, 39, 0, 21, 0, 0, 0, 0, 0]);

    let mut shifted = people.clone();
    for place in 0..30 {
        shifted[place].name.clone_from(&people[place + 1].name);
    }
    let strangers = People::seeded(43).take(4);
    import(&place, STRANGER, &strangers).await;
    shifted.extend(strangers.iter().cloned().map(|one| Person { name: "另一人".to_owned(), ..one }));
    let held = upload(&roster(&shifted)).await;
    assert_eq!((&held["status"], &held["reason"]["code"]), (&Value::from("held"), &Value::from("other-names")));
    let told = held["reason"]["message"].as_str().unwrap();
    assert!(told.starts_with("文件中有 64 行与已登记的证件号码相符，其中 34 行的姓名不同"), "{told}");
    let _ = place.at.must(&["upload", "discard", held["id"].as_str().unwrap()]).await;
    assert_eq!(place.at.json(&["compare", "list"]).await.as_array().unwrap().len(), 1);
    let all = upload(&roster(&people[..40])).await;
    assert_eq!(all["status"], "done", "a third is not more than 20 people");
}

async fn what_is_no_workbook_of_this_comparison_changes_nothing(place: Place) {
    let _worker = place.ready().await;
    let (_, _, shown) = messy(&place).await;
    let id = shown["id"].as_str().unwrap();
    let absent = of_class(&shown, "absent_from_file")[0];
    let other = serde_json::json!({"id": "01842f5c-7a00-7000-8000-0000000000ff"});
    let mut no_item = Table::new(&["条目", "处理"]);
    no_item.push(&["第一个", "转移"]);
    let files = [
        ("other.xlsx", actions(&other, &[(absent, "转移")]).xlsx(), "other-comparison"),
        ("item.xlsx", no_item.xlsx(), "not-an-item"),
        ("roster.xlsx", roster(&People::seeded(1).take(2)).xlsx(), "no-header"),
        ("empty.xlsx", actions(&shown, &[(absent, "")]).xlsx(), "nothing-chosen"),
        ("photo.xlsx", b"\x89PNG\r\n\x1a\n".to_vec(), "not-a-spreadsheet"),
    ];
    for (name, bytes, code) in files {
        let file = place.at.file(name, bytes).display().to_string();
        let refused = place.at.run(&["compare", "apply", id, "--actions", &file, "--json"]).await.code(1).json();
        assert_eq!((&refused["status"], &refused["reason"]["code"]), (&Value::from("rejected"), &Value::from(code)));
    }
    let nothing = "01842f5c-7a00-7000-8000-0000000000ff";
    let file = place.at.file("a.xlsx", actions(&shown, &[(absent, "转移")]).xlsx()).display().to_string();
    for words in [&["compare", "show", nothing][..], &["compare", "apply", nothing, "--actions", &file]] {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        assert_eq!(place.at.run(&words).await.code(1).json()["error"]["code"], "unknown");
    }
    let missing = place.at.run(&["compare", "apply", id, "--actions", "nowhere.xlsx", "--json"]).await.code(1).json();
    assert_eq!(missing["error"]["code"], "no-file");
    assert_eq!(place.members(UNION).await.len(), 30);
    // Without a temporary union above, nobody is transferred.
    let free = of_class(&shown, "absent_from_file").into_iter().find(|item| item["suggestion"] == "转移").unwrap();
    let applied = apply(&place, &shown, &actions(&shown, &[(free, "转移")])).await;
    assert_eq!(outcomes(&applied)[0].2, "no-temporary-union");
}

async fn who_has_no_right_sees_and_changes_nothing(place: Place) {
    let _worker = place.ready().await;
    let (_, _, shown) = messy(&place).await;
    let id = shown["id"].as_str().unwrap();
    for (name, role, org) in [("own", "clerk", UNION), ("far", "clerk", STRANGER)] {
        let _ = place.at.must(&["account", "add", name]).await;
        let _ = place.at.must(&["account", "grant", name, role, "--org", org]).await;
    }
    let _ = place.at.must(&["account", "add", "money"]).await;
    let _ = place.at.must(&["account", "grant", "money", "centre"]).await;
    let absent = of_class(&shown, "absent_from_file")[0];
    let file = place.at.file("a.xlsx", actions(&shown, &[(absent, "保留")]).xlsx()).display().to_string();
    let show = async |account: &str| place.at.run(&["--as", account, "compare", "show", id, "--json"]).await;
    let apply = async |account: &str| {
        place.at.run(&["--as", account, "compare", "apply", id, "--actions", &file, "--json"]).await
    };
    assert_eq!(show("far").await.code(1).json()["error"]["code"], "unknown");
    assert_eq!(apply("far").await.code(1).json()["error"]["code"], "unknown");
    assert_eq!(show("money").await.success().json()["id"], shown["id"]);
    assert_eq!(apply("money").await.code(1).json()["error"]["code"], "no-right");
    assert_eq!(apply("own").await.success().json()["status"], "done");
    let listed = place.at.run(&["--as", "far", "compare", "list", "--json"]).await.success().json();
    assert!(listed.as_array().unwrap().is_empty());
}

/// Makes messages of comparisons ready again that were done, as if their end had never been written.
async fn undo_done(place: &Place) {
    let sql = "UPDATE messages SET state = 'ready', worker_id = NULL, ended_at = NULL WHERE kind LIKE 'comparison.%'";
    if let Some(services) = &place.services {
        sqlx::query(sql).execute(&mut services.database.connect().await).await.unwrap();
        return;
    }
    let file = place.at.folder().join("rollcall-data/rollcall.db");
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
}

async fn each_job_run_twice_changes_nothing(place: Place) {
    let _worker = place.ready().await;
    temporary(&place).await;
    let (people, upload, shown) = messy(&place).await;
    let absent = of_class(&shown, "absent_from_file");
    let of = |person: &Person| *absent.iter().find(|item| item["name"] == person.name).unwrap();
    let choices = [(of(&people[27]), "转移"), (of(&people[28]), "死亡"), (of_class(&shown, "changed")[0], "更新")];
    let applied = apply(&place, &shown, &actions(&shown, &choices)).await;
    assert_eq!(applied["counts"]["done"], 3, "{applied}");
    let state = async || {
        let id = shown["id"].as_str().unwrap();
        let shown = place.at.json(&["compare", "show", id]).await;
        let upload = place.at.json(&["upload", "show", upload["id"].as_str().unwrap()]).await;
        let mails = place.at.json(&["mail", "list"]).await.as_array().unwrap().len();
        (shown, upload, mails, place.members(UNION).await, place.members("90010099").await)
    };
    let before = state().await;
    undo_done(&place).await;
    let _ = place.at.must(&["drain", "--until-idle"]).await;
    assert_eq!(state().await, before);
}
