//! Personal data: no document number, phone or card in what is printed, logged, sent, or kept in the database.

use std::path::Path;

use sqlx::{AssertSqlSafe, Row};
use support::numbers::with_wrong_check;
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table};

use super::place::{NEIGHBOUR, Place, UNION};

on_both_engines!(no_number_is_printed_logged_sent_or_kept_in_the_clear);

/// Everything below the folder but the files that clerks uploaded and get back.
fn traces(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_book = path.extension().is_some_and(|extension| extension == "xlsx");
        if path.is_dir() {
            if !path.ends_with("rollcall-data/files") {
                traces(&path, into);
            }
        } else if !is_book {
            into.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Every row of every table as text.
async fn tables(place: &Place) -> Vec<(String, Vec<u8>)> {
    let Some(services) = &place.services else { return Vec::new() };
    let mut connection = services.database.connect().await;
    let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await.unwrap();
    let mut found = Vec::new();
    for name in names {
        let sql = AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {name} t"));
        for row in sqlx::query(sql).fetch_all(&mut connection).await.unwrap() {
            found.push((format!("table {name}"), row.get::<String, _>(0).into_bytes()));
        }
    }
    assert!(found.len() > 20, "the tables were read");
    found
}

fn is_log(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "log")
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

async fn a_campaign(place: &Place, people: &[Person]) {
    let mut table = Table::members("测试一厂工会", UNION, &people[..20]);
    table.set(1, "证件号码", with_wrong_check(&people[1].id_number));
    table.set(2, "手机号码", format!("{}9", people[2].phone));
    table.set(3, "证件类型(身份证)", "护照");
    table.set(4, "姓名", people[4].id_number.as_str());
    table.set(5, "工作单位/服务平台", format!("电话{}", people[5].phone));
    table.set(6, "性别", people[6].phone.as_str());
    table.set(7, "工会编号", people[7].id_number.as_str());
    table.set(8, "工作单位详细地址", people[8].id_number.as_str());
    table.set(9, "是否办卡", people[9].card.as_str());
    let first = place.upload("messy.xlsx", &table.xlsx(), UNION).await.success().json();
    let _ = place.at.must(&["upload", "show", first["id"].as_str().unwrap()]).await;
    let other = Table::members("测试二厂工会", NEIGHBOUR, &people[10..15]);
    let _ = place.upload("elsewhere.xlsx", &other.xlsx(), NEIGHBOUR).await.success();
    let mut changed = Table::members("测试一厂工会", UNION, &people[15..20]);
    changed.set(0, "手机号码", people[20].phone.as_str());
    let _ = place.upload("changed.xlsx", &changed.xlsx(), UNION).await.success();
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in people {
        feed.push(&["居民身份证", &person.id_number, &person.card, "是", "2022-11-03", "", "工人"]);
    }
    feed.set(0, "会员服务卡号", people[0].id_number.as_str());
    let file = place.at.file("feed.xlsx", feed.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    // Text that is no table may hold numbers, too.
    let letter = format!("{} {}", people[0].id_number, people[0].phone);
    let _ = place.upload("letter.xlsx", letter.as_bytes(), UNION).await.code(1);
    for words in
        [&["member", "list", "--org", UNION][..], &["mail", "list"], &["audit"], &["dead", "list"], &["config"]]
    {
        let _ = place.at.must(words).await;
    }
}

async fn no_number_is_printed_logged_sent_or_kept_in_the_clear(mut place: Place) {
    place.at.set("data.encrypt", "on");
    place.at.set("log.filter", "debug,lapin=off");
    let worker = place.ready().await;
    let people = People::seeded(80).take(21);
    a_campaign(&place, &people).await;
    drop(worker);
    let mut found = tables(&place).await;
    traces(place.at.folder(), &mut found);
    found.extend(
        place.letters().into_iter().map(|letter| (format!("mail {}", letter.subject), letter.body.into_bytes())),
    );
    let logged: usize = found.iter().filter(|(name, _)| is_log(name)).map(|(_, bytes)| bytes.len()).sum();
    assert!(logged > 2_000, "something was logged");
    let mut told = Vec::new();
    // Free text is kept as written: 5 and 8 have a number in 工作单位 and 工作单位详细地址.
    for person in people.iter().enumerate().filter(|(place, _)| ![5, 8].contains(place)).map(|(_, person)| person) {
        for number in [&person.id_number, &with_wrong_check(&person.id_number), &person.phone, &person.card] {
            let places = found.iter().filter(|(_, bytes)| holds(bytes, number)).map(|(name, _)| name);
            told.extend(places.map(|place| format!("{} in {place}", super::masked(number))));
        }
    }
    // Names are printed to whoever may see them, and never logged.
    let logs = || found.iter().filter(|(name, _)| is_log(name));
    for person in people.iter().filter(|person| person.name.chars().count() > 2) {
        let places = logs().filter(|(_, bytes)| holds(bytes, &person.name)).map(|(name, _)| name);
        told.extend(places.map(|place| format!("a name in {place}")));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}
