//! New members who are likely registered already: taken with a warning, listed, and merged by nobody.

use serde_json::Value;
use support::people::{People, Person};
use support::workbook::Table;

use super::masked;
use super::place::{NEIGHBOUR, Place, STRANGER, UNION, counts};
use super::rights::account;

on_both_engines!(who_is_likely_registered_already_is_taken_with_a_warning_and_listed);

/// The findings of this code, by row: their messages.
fn likely(upload: &Value) -> Vec<(u64, &str)> {
    let list = upload["findings"].as_array().unwrap().iter().filter(|one| one["code"] == "likely-duplicate");
    list.map(|one| {
        assert_eq!(one["severity"], "warning");
        (one["row"].as_u64().unwrap(), one["message"].as_str().unwrap())
    })
    .collect()
}

/// The number of a person with one digit of the day of birth changed, and its check digit made to fit.
fn mistyped(number: &str) -> String {
    let mut digits: Vec<u8> = number.bytes().take(17).collect();
    digits[13] = if digits[13] == b'9' { b'8' } else { digits[13] + 1 };
    // Where that is no day of the calendar, two digits differ.
    if digits[12] == b'3' {
        digits[12] = b'1';
    }
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    digits.push(check);
    String::from_utf8(digits).unwrap()
}

async fn who_is_likely_registered_already_is_taken_with_a_warning_and_listed(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(190).take(6);
    let first = place.upload("first.xlsx", &Table::members("测试一厂工会", UNION, &people[..4]).xlsx(), UNION).await;
    let first = first.success().json();
    assert!(likely(&first).is_empty(), "{first}");

    // The same phone under a passport, a number mistyped, somebody else.
    let passport = Person { id_number: "E87654321".to_owned(), ..people[0].clone() };
    let typo =
        Person { id_number: mistyped(&people[1].id_number), phone: people[4].phone.clone(), ..people[1].clone() };
    let mut table = Table::members("测试一厂工会", UNION, &[passport.clone(), typo.clone(), people[5].clone()]);
    table.set(0, "证件类型(身份证)", "护照");
    let checked = place.at.file("check.xlsx", table.xlsx());
    let words = ["check", "members", checked.to_str().unwrap(), "--json"];
    let offline = place.at.run(&words).await.success().json();
    assert!(likely(&offline).is_empty(), "a check looks nobody up: {offline}");
    let second = place.upload("second.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(counts(&second), [3, 3, 0, 0, 0, 0], "taken all the same: {second}");
    let told = likely(&second);
    assert_eq!(told.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3], "{second}");
    for ((_, message), (person, why)) in told.iter().zip([(&people[0], "手机号码相同"), (&people[1], "证件号码相差")])
    {
        assert!(message.contains(&masked(&person.id_number)) && message.contains(why), "{message}");
        assert!(!message.contains(&person.id_number), "{message}");
    }

    // In another union's file the member of this one is not named.
    let elsewhere = Person { id_number: "E11112222".to_owned(), ..people[2].clone() };
    let mut table = Table::members("测试四厂工会", STRANGER, &[elsewhere]);
    table.set(0, "证件类型(身份证)", "护照");
    let third = place.upload("third.xlsx", &table.xlsx(), STRANGER).await.success().json();
    let told = likely(&third);
    assert_eq!(told.len(), 1, "{third}");
    assert!(told[0].1.contains("在其他工会有相似登记") && !told[0].1.contains(&people[2].id_number[14..]), "{third}");

    account(&place, "clerk", "clerk", Some(UNION)).await;
    account(&place, "neighbour", "clerk", Some(NEIGHBOUR)).await;
    let list = async |who: &str, org: &[&str]| -> Value {
        let words = [&["--as", who, "member", "likely-duplicates", "--json"], org].concat();
        place.at.run(&words).await.success().json()
    };
    let all = list("operator", &[]).await;
    let mut codes: Vec<_> = all.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["near-number", "same-phone", "same-phone"], "{all}");
    let own = list("clerk", &["--org", UNION]).await;
    let hidden: Vec<_> = own.as_array().unwrap().iter().filter(|one| one["other"].is_null()).collect();
    assert_eq!((own.as_array().unwrap().len(), hidden.len()), (3, 1), "{own}");
    assert_eq!(hidden[0]["member"]["name"], people[2].name.as_str());
    assert_eq!(list("clerk", &[]).await, own);
    assert!(list("neighbour", &[]).await.as_array().unwrap().is_empty());
    let written = place.at.must(&["member", "likely-duplicates", "--org", UNION]).await;
    assert!(written.contains(&masked(&people[0].id_number)), "{written}");
}
