//! What holds of every comparison, through the program as it is: lists that chance has made, compared, chosen from in the
//! difference workbook's own column 处理, carried out, and compared again.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use serde_json::Value;
use support::people::{People, Person};
use support::workbook::{ORGANIZATION_HEADERS, Table};

use super::place::{BUREAU, NEIGHBOUR, Place, UNION, counts};

on_both_engines!(a_list_that_chance_has_made_leaves_nothing_once_it_is_carried_out);

/// Lists that are made by chance; each is another seed.
const SEEDS: [u64; 2] = [11, 12];
const HEADERS: [&str; 7] = ["姓名", "证件类型", "证件号码", "手机号码", "性别", "工作单位/服务平台", "会员标签"];

fn roster(people: &[Person]) -> Table {
    let mut table = Table::new(&HEADERS);
    for person in people {
        table.push(&[&person.name, "身份证", &person.id_number, &person.phone, person.sex, "", ""]);
    }
    table
}

/// Compares a list: the upload's id, the figures, the comparison's id.
async fn compare(place: &Place, people: &[Person]) -> (String, [i64; 9], String) {
    let file = place.at.file("roster.xlsx", roster(people).xlsx());
    let upload = place.upload_file(&file, &["roster", "--org", UNION]).await.success().json();
    assert_eq!(upload["status"], "done", "{upload}");
    let id = upload["comparison"].as_str().unwrap().to_owned();
    let shown = place.at.json(&["compare", "show", &id]).await;
    let classes = [
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
    let found = classes.map(|class| shown["counts"][class].as_i64().unwrap());
    let [read, same, changed, _, new, elsewhere, _, duplicate, rejected] = found;
    assert_eq!(read, same + changed + new + elsewhere + duplicate + rejected, "no row vanishes: {shown}");
    assert_eq!(counts(&upload)[..5], [read, changed + new + elsewhere, same, rejected, duplicate], "{upload}");
    (upload["id"].as_str().unwrap().to_owned(), found, id)
}

/// Nothing but rows that say what the registry says.
fn nothing(people: &[Person]) -> [i64; 9] {
    let count = people.len() as i64;
    [count, count, 0, 0, 0, 0, 0, 0, 0]
}

async fn carry_out(place: &Place, upload: &str, comparison: &str) -> Value {
    let book = std::fs::read(place.fetch(upload, &[]).await).unwrap();
    let choose = |line: &sheets::Line<'_>| match line.sheet {
        "信息不一致" => Some("更新"),
        "在其他工会" => Some("申请转入"),
        // As is suggested; the suggestions are of the drop-down, but for the first.
        _ => match line.cells["建议"].as_str() {
            "先改名单" => None,
            "退休" => Some("退休"),
            _ => Some("转移"),
        },
    };
    let file = place.at.file("chosen.xlsx", sheets::fill_choices(&book, choose).unwrap());
    place.at.json(&["compare", "apply", comparison, "--actions", &file.display().to_string()]).await
}

async fn a_list_that_chance_has_made_leaves_nothing_once_it_is_carried_out(place: Place) {
    let _worker = place.ready().await;
    let mut table = Table::new(&ORGANIZATION_HEADERS);
    let uscc = People::seeded(70).credit_code();
    table.push(&[
        "90010099",
        "东区临时工会",
        BUREAU,
        "基层工会",
        "临时工会",
        &uscc,
        "",
        "",
        "",
        "",
        "",
        "t@example.org",
    ]);
    let file = place.at.file("temporary.xlsx", table.xlsx());
    assert_eq!(counts(&place.upload_file(&file, &["organizations"]).await.success().json())[1], 1);
    let mut people = People::seeded(71);
    let mut members = people.take(30);
    let first = place.upload("members.xlsx", &Table::members("测试工会", UNION, &members).xlsx(), UNION).await;
    assert_eq!(counts(&first.success().json())[1], 30);

    for seed in SEEDS {
        let mut chance = StdRng::seed_from_u64(seed);
        assert_eq!(compare(&place, &members).await.1, nothing(&members), "seed {seed}: a list compared with itself");

        // Some leave, some have a new phone, some are new, some are another union's.
        let mut listed: Vec<Person> = members.iter().filter(|_| chance.random_ratio(9, 10)).cloned().collect();
        let mut changed = 0;
        for person in &mut listed {
            if chance.random_ratio(1, 5) {
                person.phone = people.phone();
                changed += 1;
            }
        }
        let gone = members.len() - listed.len();
        let (new, elsewhere) = (people.take(chance.random_range(1..5)), people.take(chance.random_range(1..4)));
        let table = Table::members("测试二厂工会", NEIGHBOUR, &elsewhere);
        let other = place.upload("elsewhere.xlsx", &table.xlsx(), NEIGHBOUR).await.success().json();
        assert_eq!(counts(&other)[1], elsewhere.len() as i64);
        listed.extend(new.iter().chain(&elsewhere).cloned());

        let (_, found, _) = compare(&place, &listed).await;
        let expected = [changed, gone, new.len(), elsewhere.len()].map(|count| count as i64);
        assert_eq!(found[2..6], expected, "seed {seed}");
        listed.shuffle(&mut chance);
        let (upload, shuffled, comparison) = compare(&place, &listed).await;
        assert_eq!(shuffled, found, "seed {seed}: the order of rows doesn't matter");

        let applied = carry_out(&place, &upload, &comparison).await;
        let chosen = (changed + gone + elsewhere.len()) as u64;
        assert_eq!(
            (&applied["counts"]["done"], &applied["counts"]["refused"]),
            (&chosen.into(), &0.into()),
            "{applied}"
        );
        // The workbook is the import of those who are new; the other union agrees.
        let book = std::fs::read(place.fetch(&upload, &[]).await).unwrap();
        let import = place.upload("difference.xlsx", &book, UNION).await.success().json();
        assert_eq!(counts(&import), [new.len() as i64, new.len() as i64, 0, 0, 0, 0], "{import}");
        let asked = place.at.json(&["transfer", "list", "--status", "pending"]).await;
        let ids: Vec<String> = asked.as_array().unwrap().iter().map(|request| request["id"].to_string()).collect();
        assert_eq!(ids.len(), elsewhere.len());
        let words: Vec<&str> = ["transfer", "approve"].into_iter().chain(ids.iter().map(String::as_str)).collect();
        let _ = place.at.must(&words).await;

        assert_eq!(compare(&place, &listed).await.1, nothing(&listed), "seed {seed}: all is carried out");
        members = listed;
    }
}
