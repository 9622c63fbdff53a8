//! Members are removed for three reasons, each checked against what is known; and found by what is known of them.

use chrono::NaiveDate;
use support::numbers::resident_id;
use support::people::{People, Person, REGION};
use support::workbook::{REGISTRY_HEADERS, Table};

use super::place::{NEIGHBOUR, Place, UNION, counts};
use super::transfers::{account, asks, join, refused};

on_both_engines!(
    a_removal_needs_a_reason_that_fits_what_is_known,
    a_removed_member_comes_back_by_an_import,
    members_are_found_by_what_is_known_of_them,
);

/// A man born on that day.
fn man(source: &mut People, birth: &str) -> Person {
    let birth: NaiveDate = birth.parse().unwrap();
    let id_number = resident_id(REGION, &birth.format("%Y%m%d").to_string(), 101);
    Person { sex: "男", birth, id_number, ..source.person() }
}

async fn feed(place: &Place, rows: &[[&str; 7]]) {
    let mut table = Table::new(&REGISTRY_HEADERS);
    for row in rows {
        table.push(row);
    }
    let file = place.at.file("feed.xlsx", table.xlsx());
    let document = place.upload_file(&file, &["registry"]).await.success().json();
    assert_eq!(counts(&document)[1], rows.len() as i64, "{document}");
}

async fn a_removal_needs_a_reason_that_fits_what_is_known(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(70);
    let births = ["1950-01-15", "1999-01-15", "1999-02-15", "1999-03-15", "1999-04-15", "1999-05-15"];
    let people = births.map(|birth| man(&mut source, birth));
    let numbers = join(&place, &people, UNION).await;
    account(&place, "one", "clerk", UNION).await;
    account(&place, "two", "clerk", NEIGHBOUR).await;
    let kind = "居民身份证";
    feed(
        &place,
        &[
            [kind, &people[2].id_number, "", "", "2022-01-31", "", ""],
            [kind, &people[3].id_number, "", "", "", "2022-05-01", ""],
        ],
    )
    .await;
    let remove = |number: &str, reason: &str| ["member", "remove", number, "--reason", reason].map(str::to_owned);
    let code = async |who: &str, number: &str, reason: &str| {
        refused(&place, who, &remove(number, reason).each_ref().map(String::as_str)).await
    };
    assert_eq!(code("two", &numbers[0], "retired").await, "unknown");
    assert_eq!(code("one", "4711", "retired").await, "unknown");
    assert_eq!(code("one", &numbers[1], "retired").await, "retirement-not-reached");
    assert_eq!(code("one", &numbers[3], "convicted").await, "deceased");
    let _ = asks(&place, "one", &["member", "remove", &numbers[1], "--reason", "离职"]).await.code(2);
    let words = ["member", "remove", &numbers[0], &numbers[1], &numbers[2], "--reason", "retired"];
    let items = asks(&place, "one", &words).await.success().json();
    let statuses: Vec<_> = items.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["removed", "refused", "removed"], "{items}");
    for (place_of, reason) in [(3, "deceased"), (4, "deceased"), (5, "convicted")] {
        let words = remove(&numbers[place_of], reason);
        let _ = asks(&place, "one", &words.each_ref().map(String::as_str)).await.success();
    }
    assert_eq!(place.members(UNION).await.len(), 1);
    assert_eq!(code("one", &numbers[0], "retired").await, "unknown", "twice");
    let mut rests = Vec::new();
    for number in &numbers {
        let shown = asks(&place, "one", &["member", "show", number]).await.success().json();
        let stay = &shown["stays"][0];
        let text = |key: &str| stay[key].as_str().unwrap_or_default().to_owned();
        rests.push(format!("{} {} {}", shown["is_member"], text("end_reason"), text("end_basis")));
    }
    assert_eq!(
        rests,
        [
            "false retired calendar",
            "true  ",
            "false retired record",
            "false deceased record",
            "false deceased statement",
            "false convicted statement",
        ]
    );
    let warned = place.at.must(&["member", "remove", &numbers[1], "--reason", "deceased"]).await;
    assert!(warned.contains("your word alone"), "{warned}");
    let audit = place.at.json(&["audit", "--by", "one"]).await;
    let removed = audit.as_array().unwrap().iter().filter(|act| act["outcome"] == "removed").count();
    assert_eq!(removed, 5);
}

async fn a_removed_member_comes_back_by_an_import(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(71).take(1);
    let numbers = join(&place, &people, UNION).await;
    // A request about him is void when he is removed.
    let _ = place.at.must(&["member", "transfer", &numbers[0], "--to", NEIGHBOUR, "--reason", "调动"]).await;
    let _ = place.at.must(&["member", "remove", &numbers[0], "--reason", "convicted"]).await;
    let void = place.at.json(&["transfer", "list", "--status", "void"]).await;
    assert_eq!(void.as_array().unwrap().len(), 1);
    let back = join(&place, &people, NEIGHBOUR).await;
    assert_eq!(back, numbers, "the same person");
    let shown = place.at.json(&["member", "show", &back[0]]).await;
    assert_eq!((shown["stays"].as_array().unwrap().len(), &shown["is_member"]), (2, &true.into()));
    let fields: Vec<_> =
        shown["history"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["org", "end_reason"]);
}

async fn members_are_found_by_what_is_known_of_them(place: Place) {
    let _worker = place.ready().await;
    let mut people = People::seeded(72).take(4);
    for (person, name) in people.iter_mut().zip(["赵安", "钱邦", "孙安国", "李海"]) {
        name.clone_into(&mut person.name);
    }
    let numbers = join(&place, &people, UNION).await;
    let kind = "居民身份证";
    feed(
        &place,
        &[
            [kind, &people[0].id_number, &people[0].card, "是", "", "", ""],
            [kind, &people[1].id_number, "", "否", "2022-01-31", "", ""],
            [kind, &people[2].id_number, &people[2].card, "", "2099-01-31", "", ""],
        ],
    )
    .await;
    let found = async |words: &[&str]| {
        let all = [&["member", "list", "--org", UNION][..], words].concat();
        let list = place.at.json(&all).await;
        let place_of = |member: &serde_json::Value| numbers.iter().position(|own| member["member_no"] == own.as_str());
        let mut places: Vec<_> = list.as_array().unwrap().iter().map(|member| place_of(member).unwrap()).collect();
        places.sort_unstable();
        places
    };
    assert_eq!(found(&["--name", "安"]).await, [0, 2]);
    assert_eq!(found(&["--name", "%"]).await, [0_usize; 0]);
    assert_eq!((found(&["--card", "yes"]).await, found(&["--card", "no"]).await), (vec![0, 2], vec![1, 3]));
    assert_eq!((found(&["--social", "yes"]).await, found(&["--social", "no"]).await), (vec![0], vec![1]));
    assert_eq!(found(&["--social", "unknown"]).await, [2, 3], "no fact is not no");
    assert_eq!(found(&["--retired"]).await, [1], "one that lies ahead is none yet");
    assert_eq!(found(&["--label", "没有这样的标签"]).await, [0_usize; 0]);
    // Numbers grow in the order of the documents' keys, not of the file.
    let (first, second) = if numbers[0] < numbers[2] { (0, 2) } else { (2, 0) };
    let page = ["--card", "yes", "--name", "安", "--most", "1"];
    assert_eq!(found(&page).await, [first]);
    assert_eq!(found(&[&page[..], &["--after", &numbers[first]]].concat()).await, [second]);
    let _ = asks(&place, "operator", &["member", "list", "--org", UNION, "--social", "maybe"]).await.code(2);
}
