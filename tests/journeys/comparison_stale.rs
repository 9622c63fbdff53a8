//! The registry has changed between a comparison and its choices: those are refused, by name.

use support::people::Person;
use support::workbook::Table;

use super::comparison::{actions, apply, messy, of_class, outcomes, temporary};
use super::place::{Place, UNION, counts};

on_both_engines!(
    what_has_changed_since_is_refused_by_name,
    what_has_changed_is_refused_also_where_the_clock_stands_still,
);

async fn what_has_changed_since_is_refused_by_name(place: Place) {
    let _worker = place.ready().await;
    temporary(&place).await;
    let (people, _, shown) = messy(&place).await;
    let mut phone = people[27].clone();
    "13933334444".clone_into(&mut phone.phone);
    let table = Table::members("测试工会", UNION, &[phone]);
    let upload = place.upload("later.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(counts(&upload)[1], 1);
    let absent = of_class(&shown, "absent_from_file");
    let of = |person: &Person| *absent.iter().find(|item| item["name"] == person.name).unwrap();
    let table = actions(&shown, &[(of(&people[27]), "转移"), (of(&people[28]), "转移"), (of(&people[29]), "搬家")]);
    let applied = apply(&place, &shown, &table).await;
    let mut found = outcomes(&applied);
    found.sort_unstable();
    let mut expected = vec![
        (people[27].name.as_str(), "refused", "registry-changed"),
        (people[28].name.as_str(), "done", ""),
        (people[29].name.as_str(), "refused", "unknown-choice"),
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(place.members("90010099").await.len(), 1);
}

async fn what_has_changed_is_refused_also_where_the_clock_stands_still(mut place: Place) {
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", "2022-10-20T09:00:00+08:00");
    let _worker = place.ready().await;
    let (people, _, shown) = messy(&place).await;
    let changed = of_class(&shown, "changed");
    let item = changed.iter().find(|item| people.iter().any(|person| item["name"] == person.name)).unwrap();
    let mut person = people.iter().find(|person| item["name"] == person.name).unwrap().clone();
    "13933334444".clone_into(&mut person.phone);
    let table = Table::members("测试工会", UNION, &[person.clone()]);
    assert_eq!(counts(&place.upload("later.xlsx", &table.xlsx(), UNION).await.success().json())[1], 1);
    let applied = apply(&place, &shown, &actions(&shown, &[(item, "更新")])).await;
    assert_eq!(outcomes(&applied), [(person.name.as_str(), "refused", "registry-changed")], "{applied}");
    let members = place.members(UNION).await;
    assert!(members.iter().any(|one| one["name"] == person.name && one["phone_masked"] == "139****4444"));
}
