//! What stands in cells: numbers that programs cut, letters that look alike, names out of PDFs and old encodings, days that
//! lost some hours. Imports, rosters and feeds alike.

use serde_json::Value;
use support::numbers::{resident_check, with_luhn};
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table, Value as Cell};

use super::place::{Place, UNION, counts, findings};

on_both_engines!(
    numbers_cut_to_fifteen_digits_become_nobody,
    what_looks_like_an_x_is_one_and_kinds_have_many_names,
    names_of_pdfs_and_old_encodings_are_those_that_they_stand_for,
    doubtful_names_are_told_and_lost_ones_refused,
    a_day_that_lost_some_hours_is_told_with_both_days,
    cards_and_phones_say_what_is_wrong_with_them,
);

const ROSTER: [&str; 7] = ["姓名", "证件类型", "证件号码", "手机号码", "性别", "工作单位/服务平台", "会员标签"];

/// Somebody whose number ends as a program leaves it that keeps 15 digits.
fn cut(person: &Person) -> Person {
    Person { id_number: format!("{}000", &person.id_number[..15]), sex: "", ..person.clone() }
}

/// The sex that a number tells.
fn sex_of(number: &str) -> &'static str {
    if number.as_bytes()[16] % 2 == 1 { "男" } else { "女" }
}

fn roster(people: &[Person]) -> Table {
    let mut table = Table::new(&ROSTER);
    for person in people {
        table.push(&[&person.name, "身份证", &person.id_number, &person.phone, "", "", ""]);
    }
    table
}

async fn send(place: &Place, name: &str, bytes: &[u8], words: &[&str]) -> Value {
    let file = place.at.file(name, bytes);
    place.upload_file(&file, words).await.success().json()
}

fn messages(upload: &Value) -> Vec<&str> {
    upload["findings"].as_array().unwrap().iter().map(|finding| finding["message"].as_str().unwrap()).collect()
}

async fn numbers_cut_to_fifteen_digits_become_nobody(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(130);
    // Of 60 some have the right check character by chance: they are of somebody else.
    let mut people: Vec<Person> = source.take(60).iter().map(cut).collect();
    for person in &mut people {
        person.sex = sex_of(&person.id_number);
    }
    let by_chance = |person: &&Person| resident_check(&person.id_number[..17]) == '0';
    assert!(people.iter().filter(by_chance).count() > 1, "the seed must give some");
    let upload = place.upload("cut.xlsx", &Table::members("测试一厂工会", UNION, &people).xlsx(), UNION).await;
    let upload = upload.success().json();
    assert_eq!((counts(&upload), &upload["finding_counts"]["id-precision-lost"]), ([60, 0, 0, 60, 0, 0], &60.into()));
    assert!(place.members(UNION).await.is_empty());

    // Three of five, two of them right by chance; as text of a .csv.
    let mut few = source.take(2);
    few.extend(people.iter().filter(by_chance).take(2).cloned());
    few.extend(people.iter().filter(|person| !by_chance(person)).take(1).cloned());
    let table = Table::members("测试一厂工会", UNION, &few);
    let upload = place.upload("few.csv", &table.csv_gb18030(), UNION).await.success().json();
    assert_eq!(counts(&upload), [5, 2, 0, 3, 0, 0], "{upload}");
    assert_eq!(findings(&upload), [(4, "id-precision-lost"), (5, "id-precision-lost"), (6, "id-precision-lost")]);
    assert!(messages(&upload)[0].contains("表格软件截去"), "{upload}");

    // As a roster: nobody is a stranger by a number that is none.
    let upload = send(&place, "roster.xlsx", &roster(&people[..40]).xlsx(), &["roster", "--org", UNION]).await;
    assert_eq!(upload["finding_counts"]["id-precision-lost"], 40, "{upload}");
    // And as a feed, whose cards were cut as well.
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people[..8] {
        feed.push(&["身份证", &person.id_number, "", "是", "", "", ""]);
    }
    for (row, person) in few[..2].iter().enumerate() {
        let body =
            (0..1_000).map(|at| format!("62310000{row}{at:06}0000")).find(|card| with_luhn(&card[..18]) == *card);
        feed.push(&["身份证", &person.id_number, &body.unwrap(), "", "", "", ""]);
    }
    let upload = send(&place, "feed.xlsx", &feed.xlsx(), &["registry"]).await;
    assert_eq!((counts(&upload), &upload["finding_counts"]["id-precision-lost"]), ([10, 0, 0, 10, 0, 0], &10.into()));

    // One alone whose number does end so is taken.
    let mut one = people.iter().find(by_chance).unwrap().clone();
    one.sex = sex_of(&one.id_number);
    let table = Table::members("测试一厂工会", UNION, std::slice::from_ref(&one));
    let upload = place.upload("one.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((counts(&upload), findings(&upload)), ([1, 1, 0, 0, 0, 0], vec![]));
}

async fn what_looks_like_an_x_is_one_and_kinds_have_many_names(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(131);
    let with_x: Vec<Person> =
        std::iter::repeat_with(|| source.person()).filter(|person| person.id_number.ends_with('X')).take(6).collect();
    let mut table = Table::members("测试一厂工会", UNION, &with_x);
    for (row, letter) in ["Х", "х", "Χ", "χ", "×", "Ｘ"].into_iter().enumerate() {
        table.set(row, "证件号码", format!("{}{letter}", &with_x[row].id_number[..17]));
    }
    let upload = place.upload("x.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((counts(&upload), findings(&upload)), ([6, 6, 0, 0, 0, 0], vec![]), "{upload}");
    let again = send(&place, "x-roster.xlsx", &roster(&with_x).xlsx(), &["roster", "--org", UNION]).await;
    assert_eq!(again["counts"]["unchanged"], 6, "the same people by their letter X: {again}");

    let people = source.take(5);
    let mut table = Table::members("测试一厂工会", UNION, &people);
    for (row, kind) in ["居民身份证（户口簿）", "二代居民身份证", "01", "外国人护照", "学生证"].into_iter().enumerate()
    {
        table.set(row, "证件类型(身份证)", kind);
    }
    table.set(0, "证件号码", format!("=\"{}\"", people[0].id_number));
    let upload = place.upload("kinds.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(findings(&upload), [(5, "id-kind-mismatch"), (6, "id-kind-unknown")], "{upload}");
}

async fn names_of_pdfs_and_old_encodings_are_those_that_they_stand_for(place: Place) {
    let _worker = place.ready().await;
    let mut people = People::seeded(132).take(5);
    for (person, name) in people.iter_mut().zip(["⾦华", "陈\u{e863}", "⻢长⻓", "买买提–艾力", "王\u{e123}"])
    {
        name.clone_into(&mut person.name);
    }
    let table = Table::members("测试一厂⼯会", UNION, &people);
    let upload = place.upload("names.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!((counts(&upload), findings(&upload)), ([5, 5, 0, 0, 0, 0], vec![(6, "name-doubtful")]), "{upload}");
    // The ordinary characters in all writings are the same people, as an import and as a roster.
    for (person, name) in people.iter_mut().zip(["金华", "陈䶮", "马长长", "买买提·艾力", "王\u{e123}"]) {
        name.clone_into(&mut person.name);
    }
    let table = Table::members("测试一厂工会", UNION, &people);
    let upload = place.upload("names.csv", table.csv().as_bytes(), UNION).await.success().json();
    assert_eq!(counts(&upload), [5, 0, 5, 0, 0, 0], "{upload}");
    for (person, name) in people.iter_mut().zip(["⾦华", "陈\u{e863}", "马⻓⻓", "买买提﹒艾力", "王\u{e123}"])
    {
        name.clone_into(&mut person.name);
    }
    let upload = send(&place, "roster.csv", &roster(&people).csv_gb18030(), &["roster", "--org", UNION]).await;
    assert_eq!((&upload["counts"]["unchanged"], &upload["finding_counts"]["name-differs"]), (&5.into(), &Value::Null));
    let member = &place.members(UNION).await[0];
    let shown = place.at.json(&["member", "show", member["member_no"].as_str().unwrap()]).await;
    assert_eq!(shown["name"], "金华", "stored as the ordinary character: {shown}");
    let found = place.at.json(&["member", "list", "--org", UNION, "--name", "⾦"]).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "searched in any writing: {found}");
}

async fn doubtful_names_are_told_and_lost_ones_refused(place: Place) {
    let _worker = place.ready().await;
    let mut people = People::seeded(133).take(6);
    for (person, name) in people.iter_mut().zip(["待定", "张三,李四", "测试", "王伟2", "李?", "赵敏"]) {
        name.clone_into(&mut person.name);
    }
    let mut table = Table::members("测试一厂工会", UNION, &people);
    table.set(5, "工作单位/服务平台", "????????");
    let upload = place.upload("names.xlsx", &table.xlsx(), UNION).await.success().json();
    let told = [2, 3, 4].map(|row| (row, "name-doubtful"));
    assert_eq!(findings(&upload), [&told[..], &[(5, "name-format"), (6, "text-lost"), (7, "text-lost")]].concat());
    assert_eq!(counts(&upload), [6, 4, 0, 2, 0, 0]);
    assert!(messages(&upload)[3].contains("字符“2”"), "{upload}");
    // A file of which everything is lost.
    let lost =
        "??*,????(???)*,????*,????*,??*,????*,????*\n???\u{b7}???,?????,310199196405050290,19900000151,?,????,1\n";
    let bytes: Vec<u8> = lost.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (name, bytes) in [("lost.csv", bytes.as_slice()), ("lost-too.csv", lost.as_bytes())] {
        let upload = place.upload(name, bytes, UNION).await.code(1).json();
        let told = upload["reason"]["message"].as_str().unwrap();
        assert!(told.contains("已丢失") && told.contains("问号"), "{name}: {upload}");
    }
}

async fn a_day_that_lost_some_hours_is_told_with_both_days(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(134).take(5);
    let _ = place.upload("people.xlsx", &Table::members("测试一厂工会", UNION, &people).xlsx(), UNION).await.success();
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, "", "", "", "", ""]);
    }
    // 2020-03-05 is 43895.
    let days = [
        Cell::Day(43_895.0),
        Cell::Day(43_894.0 + 16.0 / 24.0),
        Cell::Number(43_894.999_99),
        Cell::from("2020-03-04T16:00:00.000Z"),
        Cell::from("2020/3/5"),
    ];
    for (row, day) in days.into_iter().enumerate() {
        feed.set(row, "退休日期", day);
    }
    let upload = send(&place, "feed.xlsx", &feed.xlsx(), &["registry"]).await;
    assert_eq!(counts(&upload), [5, 5, 0, 0, 0, 0], "{upload}");
    assert_eq!(findings(&upload), [3, 4, 5].map(|row| (row, "date-shifted")));
    assert!(
        messages(&upload).iter().all(|told| told.contains("2020-03-05") && told.contains("2020-03-04")),
        "{upload}"
    );
    for member in place.members(UNION).await {
        let shown = place.at.json(&["member", "show", member["member_no"].as_str().unwrap()]).await;
        assert_eq!(shown["retired_on"], "2020-03-05", "{shown}");
    }
}

async fn cards_and_phones_say_what_is_wrong_with_them(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(135).take(3);
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, &person.card, "", "", "", ""]);
    }
    let slip = if people[0].card.ends_with('5') { '6' } else { '5' };
    feed.set(0, "会员服务卡号", format!("{}{slip}", &people[0].card[..15]));
    feed.set(1, "会员服务卡号", "已发放");
    feed.set(2, "证件号码", "已交");
    let upload = send(&place, "feed.xlsx", &feed.xlsx(), &["registry"]).await;
    assert_eq!(findings(&upload), [(2, "card-format"), (3, "card-format"), (4, "id-characters")]);
    let told = messages(&upload);
    assert!(
        told[0].contains("校验位不符") && told[1].ends_with("（已发放）") && told[2].ends_with("（已交）"),
        "{told:?}"
    );

    let mut table = Table::members("测试一厂工会", UNION, &people);
    table.set(0, "手机号码", "1.38E+10");
    table.set(1, "手机号码", "无");
    let upload = place.upload("phones.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(findings(&upload), [(2, "phone-format"), (3, "phone-format")]);
    let told = messages(&upload);
    assert!(
        told[0].contains("科学计数法") && told[0].ends_with("（1.38E+10）") && told[1].ends_with("（无）"),
        "{told:?}"
    );
}
