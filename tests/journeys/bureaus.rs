//! Twenty bureaus submit their lists in the same moment: numbers without gaps or doubles, and sums that agree.

use futures_util::future::join_all;
use serde_json::Value;
use support::people::People;
use support::workbook::{MEMBER_HEADERS, ORGANIZATION_HEADERS, REGISTRY_HEADERS, Table};

use super::payment::{CONTACT, LISTS};
use super::place::{Place, counts};

on_both_engines!(twenty_bureaus_that_submit_at_once_have_numbers_without_gaps_and_sums_that_agree);

const BUREAUS: usize = 20;
/// People with a card in the unit of each bureau, one more in every other one.
const PEOPLE: usize = 2;

fn bureau(number: usize) -> String {
    format!("91{number:02}0000")
}

fn unit(number: usize) -> String {
    format!("91{number:02}0001")
}

/// A federation of bureaus with one unit each, and its members with their cards.
async fn found(place: &Place) {
    let (mut source, mut tree) = (People::seeded(300), Table::new(&ORGANIZATION_HEADERS));
    let mut member_rows: Option<Table> = None;
    let mut feed = Table::new(&REGISTRY_HEADERS);
    let mut push = |code: &str, above: &str, level: &str, kind: &str| {
        let (contact, phone, uscc) = (source.name(), source.phone(), source.credit_code());
        let email = format!("u{code}@example.org");
        let name = format!("测试工会{code}");
        tree.push(&[code, &name, above, level, kind, &uscc, "国有", "制造业", "", &contact, &phone, &email]);
    };
    push("91000000", "", "市总工会", "");
    for number in 1..=BUREAUS {
        push(&bureau(number), "91000000", "区局(产业)工会", "");
        push(&unit(number), &bureau(number), "基层工会", "单独基层工会");
    }
    let mut source = People::seeded(301);
    for number in 1..=BUREAUS {
        let people = source.take(PEOPLE + number % 2);
        for person in &people {
            feed.push(&["身份证", &person.id_number, &person.card, "是", "", "", ""]);
        }
        let table = Table::members(&format!("测试工会{}", unit(number)), &unit(number), &people);
        match &mut member_rows {
            None => member_rows = Some(table),
            Some(all) => all.rows.extend(table.rows),
        }
    }
    assert_eq!(MEMBER_HEADERS.len(), 12);
    let files = [
        ("tree.xlsx", tree, vec!["organizations"], 1 + 2 * BUREAUS),
        ("members.xlsx", member_rows.unwrap(), vec!["members", "--org", "auto", "--type", "external"], 50),
        ("feed.xlsx", feed, vec!["registry"], 50),
    ];
    for (name, table, words, rows) in files {
        let path = place.at.file(name, table.xlsx());
        let document = place.upload_file(&path, &words).await.success().json();
        let rows = i64::try_from(rows).unwrap();
        assert_eq!(counts(&document)[..2], [rows, rows], "{document}");
    }
}

async fn twenty_bureaus_that_submit_at_once_have_numbers_without_gaps_and_sums_that_agree(place: Place) {
    let _worker = match place.services {
        Some(_) => Some(place.at.start(&["worker"]).await),
        None => None,
    };
    found(&place).await;
    for number in 1..=BUREAUS {
        let (unit, bureau) = (unit(number), bureau(number));
        let at = ["--at", "2022-11-10T12:00:00+08:00"];
        place
            .at
            .json(&[&at[..], &["enroll", "submit", "--year", "2023", "--org", &unit, "--plan", "A"]].concat())
            .await;
        place.at.json(&[&at[..], &["review", "approve", "--all", "--year", "2023", "--org", &bureau]].concat()).await;
    }
    // Each of them twice: one of the two is told that it was submitted.
    let both = (1..=BUREAUS).chain(1..=BUREAUS).map(bureau).map(async |bureau| {
        let words = ["--json", "--at", LISTS, "batch", "submit", "--year", "2023", "--org", &bureau];
        place.at.run(&[&words[..], &CONTACT[..]].concat()).await
    });
    let outcomes: Vec<Value> = join_all(both).await.into_iter().map(|outcome| outcome.json()).collect();
    let (submitted, refused): (Vec<_>, Vec<_>) = outcomes.iter().partition(|one| one["error"].is_null());
    assert!(refused.iter().all(|one| one["error"]["code"] == "already-submitted"), "{refused:?}");
    let mut numbers: Vec<_> = submitted.iter().map(|one| one["batch_no"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    let expected: Vec<_> = (1..=BUREAUS).map(|number| format!("CB20221227{number:04}")).collect();
    assert_eq!(numbers, expected);

    let listed = place.at.json(&["batch", "list", "--year", "2023"]).await;
    let sum = |of: &Value, key: &str| -> i64 {
        of.as_array().unwrap().iter().map(|one| one["money"][key].as_i64().unwrap()).sum()
    };
    let people: i64 = listed.as_array().unwrap().iter().map(|one| one["people"].as_i64().unwrap()).sum();
    assert_eq!((listed.as_array().unwrap().len(), people), (BUREAUS, 50));
    let money = ["total_fen", "municipal_fen", "bureau_fen", "unit_fen"].map(|key| sum(&listed, key));
    assert_eq!(money, [2600 * 50, 1300 * 50, 1300 * 50, 0]);
    for of in listed.as_array().unwrap() {
        let submissions =
            place.at.json(&["review", "list", "--year", "2023", "--org", of["org"].as_str().unwrap()]).await;
        assert_eq!(sum(&submissions, "total_fen"), of["money"]["total_fen"].as_i64().unwrap(), "{of}");
        assert_eq!(submissions[0]["status"], "finalized");
    }
}
