//! People who die or retire while they stand on a submitted list: everybody who looks at the list is told by name.

use serde_json::Value;
use support::people::Person;
use support::workbook::{REGISTRY_HEADERS, Table};

use super::enrollment::{NOON, done, members};
use super::letter::Letter;
use super::masked;
use super::payment::{CONTACT, LISTS};
use super::place::{BUREAU, Place, UNION, counts};

on_both_engines!(
    who_died_or_retired_on_a_submitted_list_is_named_to_all,
    what_a_feed_repeats_or_says_of_others_is_told_to_nobody,
);

/// A feed of documents with the day of retirement and of death.
async fn feed(place: &Place, name: &str, rows: &[(&Person, &str, &str)]) -> Value {
    let mut table = Table::new(&REGISTRY_HEADERS);
    for (person, retired, died) in rows {
        table.push(&["身份证", &person.id_number, &person.card, "", retired, died, ""]);
    }
    let file = place.at.file(name, table.xlsx());
    place.upload_file(&file, &["registry"]).await.success().json()
}

fn told(place: &Place) -> Vec<Letter> {
    place.letters().into_iter().filter(|letter| letter.subject.contains("登记死亡或退休")).collect()
}

fn classes(gone: &Value) -> Vec<(&str, &str)> {
    let list = gone.as_array().unwrap_or_else(|| panic!("no list: {gone}"));
    let mut found: Vec<_> =
        list.iter().map(|one| (one["class"].as_str().unwrap(), one["id_masked"].as_str().unwrap())).collect();
    found.sort_unstable();
    found
}

async fn who_died_or_retired_on_a_submitted_list_is_named_to_all(place: Place) {
    let _worker = place.ready().await;
    let people = members(&place, UNION, 170).await;
    done(&place, NOON, &["enroll", "submit", "--org", UNION, "--plan", "A", "--wait"]).await;
    let list = done(&place, NOON, &["review", "list", "--org", BUREAU]).await;
    assert_eq!(list[0]["gone"], Value::Array(Vec::new()), "{list}");

    let (dead, retired) = (&people[0], &people[1]);
    feed(&place, "dead.xlsx", &[(dead, "", "2022-11-05")]).await;
    // One retires within the year of cover, which takes nobody off a list.
    feed(&place, "retired.xlsx", &[(retired, "2022-12-15", ""), (&people[2], "2023-02-01", "")]).await;
    let (dead_masked, retired_masked) = (masked(&dead.id_number), masked(&retired.id_number));
    let both = vec![("deceased", dead_masked.as_str()), ("retired", retired_masked.as_str())];

    let letters = told(&place);
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    to.sort_unstable();
    let (bureau, unit) = (format!("u{BUREAU}@example.org"), format!("u{UNION}@example.org"));
    assert_eq!(to, [&bureau, &bureau, &unit, &unit], "each feed tells the unit and its bureau once");
    for (person, how) in [(dead, "2022年11月5日已登记死亡"), (retired, "2022年12月15日已登记退休")] {
        let of: Vec<_> = letters.iter().filter(|letter| letter.body.contains(&person.name)).collect();
        assert_eq!(of.len(), 2, "{}", person.name);
        assert!(of.iter().all(|letter| letter.body.contains(how) && letter.body.contains(&masked(&person.id_number))));
        assert!(of.iter().all(|letter| !letter.body.contains(&person.id_number) && !letter.body.contains("rollcall ")));
    }
    assert!(letters.iter().all(|letter| !letter.body.contains(&people[2].name)));

    let list = done(&place, NOON, &["review", "list", "--org", BUREAU]).await;
    assert_eq!((classes(&list[0]["gone"]), &list[0]["people"]), (both.clone(), &6.into()), "{list}");
    let shown = done(&place, NOON, &["enroll", "show", "--org", UNION]).await;
    assert_eq!(classes(&shown["gone"]), both);
    let preview = done(&place, NOON, &["enroll", "preview", "--org", UNION]).await;
    let warned: Vec<_> =
        preview["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(warned.contains(&"deceased-on-list") && warned.contains(&"retired-on-list"), "{preview}");
    assert_eq!(preview["classes"]["enrolled"], 4);
    let written = place.at.must(&["--at", NOON, "review", "list", "--year", "2023", "--org", BUREAU]).await;
    assert!(written.contains(&dead.name) && written.contains(&retired_masked), "{written}");

    let outcomes = done(&place, NOON, &["review", "approve", "--all", "--org", BUREAU, "--wait"]).await;
    let message = outcomes[0]["message"].as_str().unwrap();
    assert!(message.contains(&dead.name) && message.contains(&retired.name), "{outcomes}");
    let approval = place.letters().into_iter().find(|letter| letter.subject.contains("审核通过")).unwrap();
    assert!(approval.body.contains(&dead.name) && approval.body.contains("仍在名单内"), "{}", approval.body);
    let batch = done(&place, LISTS, &["batch", "preview", "--org", BUREAU]).await;
    assert_eq!((classes(&batch["gone"]), &batch["people"]), (both.clone(), &6.into()), "{batch}");

    // Returned, the unit submits without them, and nobody is warned any more.
    done(&place, NOON, &["review", "return", UNION, "--org", BUREAU, "--reason", "名单有误"]).await;
    let receipt = done(&place, NOON, &["enroll", "submit", "--org", UNION, "--plan", "A", "--wait"]).await;
    assert_eq!(receipt["classes"]["enrolled"], 4, "{receipt}");
    let list = done(&place, NOON, &["review", "list", "--org", BUREAU]).await;
    assert_eq!((&list[0]["gone"], &list[0]["people"]), (&Value::Array(Vec::new()), &4.into()), "{list}");
    done(&place, NOON, &["review", "approve", "--all", "--org", BUREAU, "--wait"]).await;
    // One more, of whom it comes to be known after the approval: the list goes with him in it, and says so.
    feed(&place, "late.xlsx", &[(&people[3], "", "2022-12-27")]).await;
    let submit: Vec<&str> = ["batch", "submit", "--org", BUREAU, "--wait"].into_iter().chain(CONTACT).collect();
    let batch = done(&place, LISTS, &submit).await;
    assert_eq!(classes(&batch["gone"]), [("deceased", masked(&people[3].id_number).as_str())], "{batch}");
    let receipt = place.letters().into_iter().find(|letter| letter.subject.contains("已提交至职保中心")).unwrap();
    assert!(
        receipt.body.contains(&people[3].name) && receipt.body.contains("2022年12月27日已登记死亡"),
        "{}",
        receipt.body
    );
}

async fn what_a_feed_repeats_or_says_of_others_is_told_to_nobody(place: Place) {
    let _worker = place.ready().await;
    let people = members(&place, UNION, 171).await;
    // Known before: not on the list that is submitted then.
    feed(&place, "before.xlsx", &[(&people[0], "", "2022-10-05")]).await;
    done(&place, NOON, &["enroll", "submit", "--org", UNION, "--wait"]).await;
    // Somebody without a card is a member and on no list.
    feed(&place, "others.xlsx", &[(&people[9], "", "2022-11-06")]).await;
    assert!(told(&place).is_empty());
    feed(&place, "news.xlsx", &[(&people[1], "", "2022-11-06")]).await;
    assert_eq!(told(&place).len(), 2);
    let again = feed(&place, "again.xlsx", &[(&people[1], "", "2022-11-06")]).await;
    assert_eq!(counts(&again)[2], 1, "{again}");
    // Other news of him are no news of his death.
    let mut table = Table::new(&REGISTRY_HEADERS);
    table.push(&["身份证", &people[1].id_number, "", "否", "", "", ""]);
    let file = place.at.file("insurance.xlsx", table.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    assert_eq!(told(&place).len(), 2);
    // A list that was returned holds nobody.
    done(&place, NOON, &["review", "return", UNION, "--org", BUREAU, "--reason", "名单有误"]).await;
    feed(&place, "returned.xlsx", &[(&people[2], "2022-11-30", "")]).await;
    assert_eq!(told(&place).len(), 2);
}
