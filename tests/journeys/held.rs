//! Valid files that seem to mean something else are held, with figures, until somebody decides.

use support::people::{People, Person};
use support::workbook::Table;

use super::place::{Place, UNION, counts};

on_both_engines!(
    a_headcount_jump_is_held_and_released,
    a_shifted_column_is_held_and_discarded,
    a_first_import_and_a_moderate_growth_are_not_held,
);

async fn first(place: &Place, people: &[Person]) {
    let table = Table::members("测试一厂工会", UNION, people);
    let upload = place.upload("first.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(counts(&upload)[1], people.len() as i64);
}

async fn a_headcount_jump_is_held_and_released(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(20);
    let (few, many) = (source.take(20), source.take(101));
    first(&place, &few).await;
    let table = Table::members("测试一厂工会", UNION, &many);
    let held = place.upload("many.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((&held["status"], &held["reason"]["code"]), (&"held".into(), &"headcount-jump".into()), "{held}");
    let sentence = held["reason"]["message"].as_str().unwrap();
    assert!(sentence.contains("20 名") && sentence.contains("101 名"), "{sentence}");
    assert_eq!(place.members(UNION).await.len(), 20, "nothing is taken yet");
    let letters = place.letters();
    let letter = letters.iter().find(|letter| letter.subject.ends_with("暂缓处理，请核对")).unwrap();
    let id = held["id"].as_str().unwrap();
    assert!(letter.body.contains(&format!("请凭上传编号 {id} 在平台放行")), "{}", letter.body);
    let listed = place.at.json(&["upload", "list", "--status", "held"]).await;
    assert_eq!(listed[0]["id"], held["id"]);

    let released = place.at.json(&["upload", "release", id, "--wait"]).await;
    assert_eq!((&released["status"], counts(&released)), (&"done".into(), [101, 101, 0, 0, 0, 0]));
    assert_eq!(place.members(UNION).await.len(), 121);
    let twice = place.at.run(&["upload", "release", id, "--json"]).await.code(1).json();
    assert_eq!(twice["error"]["code"], "not-held");
    let audit = place.at.json(&["audit", "--org", UNION]).await;
    let acts: Vec<_> = audit.as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert!(acts.contains(&"release-upload"), "{acts:?}");
}

async fn a_shifted_column_is_held_and_discarded(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(21).take(40);
    first(&place, &people).await;
    let mut shifted = people.clone();
    for (row, person) in shifted.iter_mut().enumerate() {
        person.name.clone_from(&people[(row + 1) % people.len()].name);
        "13900000000".clone_into(&mut person.phone);
    }
    let table = Table::members("测试一厂工会", UNION, &shifted);
    let held = place.upload("shifted.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((&held["status"], &held["reason"]["code"]), (&"held".into(), &"other-names".into()), "{held}");
    let id = held["id"].as_str().unwrap();
    let discarded = place.at.json(&["upload", "discard", id]).await;
    assert_eq!((&discarded["status"], &discarded["reason"]["code"]), (&"rejected".into(), &"discarded".into()));
    assert_eq!(counts(&discarded), [0; 6], "nothing of it is taken, and the counts say so");
    assert!(place.members(UNION).await.iter().all(|member| member["phone_masked"] != "139****0000"));
    let again = place.at.run(&["upload", "release", id, "--json"]).await.code(1).json();
    assert_eq!(again["error"]["code"], "not-held");
}

async fn a_first_import_and_a_moderate_growth_are_not_held(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(22);
    first(&place, &source.take(150)).await;
    let table = Table::members("测试一厂工会", UNION, &source.take(150));
    let upload = place.upload("more.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((&upload["status"], counts(&upload)[1]), (&"done".into(), 150), "double is not more than double");
}
