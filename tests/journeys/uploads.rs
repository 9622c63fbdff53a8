//! A clerk's uploads: clean, messy, once more, mended; in every format; organizations, members, registry.

use serde_json::Value;
use support::numbers::with_wrong_check;
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table, Value as Cell};

use super::place::{NEIGHBOUR, Place, STRANGER, UNION, counts, findings};
use super::sheet;

on_both_engines!(
    a_clean_file_is_taken_whole_and_the_second_time_nothing_changes,
    a_messy_file_gives_each_row_its_finding_and_comes_back_to_be_mended,
    the_same_rows_are_read_from_every_format,
    facts_join_members_whichever_comes_first,
    several_files_go_to_the_unions_that_their_rows_name,
);

async fn a_clean_file_is_taken_whole_and_the_second_time_nothing_changes(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(1).take(30);
    let bytes = Table::members("测试一厂工会", UNION, &people).xlsx();
    let first = place.upload("members.xlsx", &bytes, UNION).await.success().json();
    assert_eq!(counts(&first), [30, 30, 0, 0, 0, 0]);
    assert_eq!((&first["status"], &first["org"]), (&Value::from("done"), &Value::from(UNION)));
    assert!(findings(&first).is_empty() && first["reason"].is_null());
    let second = place.upload("members.xlsx", &bytes, UNION).await.success().json();
    assert_eq!(counts(&second), [30, 0, 30, 0, 0, 0]);
    assert_ne!(first["id"], second["id"]);

    let mut phones = people.clone();
    "13900000004".clone_into(&mut phones[4].phone);
    let changed = Table::members("测试一厂工会", UNION, &phones).xlsx();
    let third = place.upload("members.xlsx", &changed, UNION).await.success().json();
    assert_eq!(counts(&third), [30, 1, 29, 0, 0, 0]);
    let members = place.members(UNION).await;
    assert_eq!(members.len(), 30);
    let mut shown: Vec<_> = members.iter().map(|member| member["id_masked"].as_str().unwrap().to_owned()).collect();
    let mut masked: Vec<_> = people.iter().map(|person| super::masked(&person.id_number)).collect();
    shown.sort();
    masked.sort();
    assert_eq!(shown, masked);

    // Organizations, too: nothing changes when they come once more.
    let again = place.at.folder().join("organizations.xlsx");
    let again = place.upload_file(&again, &["organizations"]).await.success().json();
    assert_eq!(counts(&again), [8, 0, 8, 0, 0, 0]);

    let letters = place.letters();
    let of_members: Vec<_> = letters.iter().filter(|letter| letter.to == format!("u{UNION}@example.org")).collect();
    assert_eq!(of_members.len(), 3, "{letters:?}");
    assert_eq!(of_members[0].subject, format!("【会员导入】测试一厂工会（{UNION}）：处理完成，共30行"));
    assert!(of_members[1].body.contains("无变化：30 行"), "{}", of_members[1].body);
    let ledger = place.at.json(&["mail", "list"]).await;
    let sent = ledger.as_array().unwrap().iter().filter(|mail| mail["status"] == "sent" && mail["attempts"] == 1);
    assert_eq!(sent.count(), letters.len());
}

/// A file with one fault a row, and what must be found: row as Excel shows it, code.
fn messy(people: &[Person], known: &Person, elsewhere: &Person) -> (Table, Vec<(u64, &'static str)>) {
    let mut all = people.to_vec();
    all[4] = all[0].clone();
    all[12] = elsewhere.clone();
    all[13] = Person { name: "欧阳改".to_owned(), ..known.clone() };
    let mut table = Table::members("测试一厂工会", UNION, &all);
    table.titles = vec!["2023年会员名册".to_owned(), "填表人：某某".to_owned()];
    let blank = Cell::Blank;
    for row in &mut table.rows {
        row.push(Cell::from("自己的备注"));
    }
    table.headers.push("备注".to_owned());
    table.set(1, "证件号码", with_wrong_check(&all[1].id_number));
    table.set(2, "手机号码", "12345");
    table.set(3, "证件号码", all[3].id_number[..17].parse::<f64>().unwrap());
    table.set(5, "性别", if all[5].sex == "男" { "女" } else { "男" });
    table.set(6, "工会编号", STRANGER);
    table.set(7, "工会编号", "99999999");
    table.set(8, "是否办卡", "是");
    table.set(8, "工作单位详细地址", "东路1号");
    table.set(9, "姓名", blank);
    table.set(10, "性别", "先生");
    table.set(11, "户籍类型", "火星");
    let wide =
        |digits: &str| digits.chars().map(|digit| char::from_u32(digit as u32 + 0xfee0).unwrap()).collect::<String>();
    table.set(14, "手机号码", format!("+86 {}", wide(&all[14].phone)));
    let codes = [
        (1, "id-checksum"),
        (2, "phone-format"),
        (3, "id-precision-lost"),
        (4, "duplicate-in-file"),
        (5, "sex-mismatch"),
        (6, "wrong-union"),
        (7, "union-unknown"),
        (8, "address-too-short"),
        (9, "required"),
        (10, "sex-unknown"),
        (11, "value-not-in-list"),
        (12, "registered-elsewhere"),
        (13, "name-differs"),
    ];
    let found = codes.iter().map(|(row, code)| (u64::from(table.row_number(*row)), *code));
    // The titles above the heading are skipped, and told once.
    let found = std::iter::once((0, "rows-skipped")).chain(found).collect();
    (table, found)
}

async fn a_messy_file_gives_each_row_its_finding_and_comes_back_to_be_mended(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(2);
    let (people, known, elsewhere) = (source.take(15), source.person(), source.person());
    for (person, org) in [(&known, UNION), (&elsewhere, NEIGHBOUR)] {
        let table = Table::members("", org, std::slice::from_ref(person));
        let mut table = table;
        table.set(0, "所在工会", "测试工会");
        let _ = place.upload("before.xlsx", &table.xlsx(), org).await.success();
    }
    let (table, expected) = messy(&people, &known, &elsewhere);
    let bytes = table.xlsx();
    let upload = place.upload("messy.xlsx", &bytes, UNION).await.success().json();
    assert_eq!(findings(&upload), expected);
    // 15 rows: 9 with an error, 1 twice, 1 known under another name, 1 registered elsewhere.
    assert_eq!(counts(&upload), [15, 4, 1, 9, 1, 1], "{upload}");
    let warnings: Vec<_> = ["rows-skipped", "value-not-in-list", "registered-elsewhere", "name-differs"].into();
    for finding in upload["findings"].as_array().unwrap() {
        let is_warning = warnings.contains(&finding["code"].as_str().unwrap());
        assert_eq!(finding["severity"], if is_warning { "warning" } else { "error" }, "{finding}");
        let column = finding["column"].as_str().unwrap_or("标题行");
        assert!(finding["message"].as_str().unwrap().contains(column), "{finding}");
    }
    assert_eq!(upload["finding_counts"]["id-checksum"], 1);
    assert_eq!(place.members(UNION).await.len(), 4, "3 new ones and the known one");

    let id = upload["id"].as_str().unwrap();
    let shown = place.at.json(&["upload", "show", id]).await;
    assert_eq!(shown, upload);
    let original = place.fetch(id, &["--original"]).await;
    assert!(std::fs::read(original).unwrap() == bytes, "the original is kept as it came");
    marked_rows_say_what_became_of_them(&place.fetch(id, &[]).await, &table);

    let rejected = place.fetch(id, &["--rejected"]).await;
    let mut rows = sheet::rows(&rejected, 0, "姓名");
    assert_eq!(rows.len(), 9);
    let mut mended = Table::new(&support::workbook::MEMBER_HEADERS);
    for (row, of) in rows.iter_mut().zip([1, 2, 3, 5, 6, 7, 8, 9, 10]) {
        let person = &people[of];
        row.extend([("姓名", &person.name), ("证件号码", &person.id_number), ("手机号码", &person.phone)].map(own));
        row.extend([("性别", person.sex), ("工会编号", UNION), ("是否办卡", "否")].map(own));
        let cell = |title: &&str| row.get(title.split('(').next().unwrap()).cloned().unwrap_or_default();
        let cells: Vec<String> = support::workbook::MEMBER_HEADERS.iter().map(cell).collect();
        mended.push(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let upload = place.upload("mended.xlsx", &mended.xlsx(), UNION).await.success().json();
    assert_eq!(counts(&upload), [9, 9, 0, 0, 0, 0], "{upload}");
    assert_eq!(place.members(UNION).await.len(), 13);
    let shown = place.at.json(&["org", "show", UNION]).await;
    assert_eq!((&shown["members"], &shown["pending_transfers"]), (&Value::from(13), &Value::from(1)));
}

fn own<T: AsRef<str>>((title, cell): (&str, T)) -> (String, String) {
    (title.to_owned(), cell.as_ref().to_owned())
}

/// The clerk's own file back: a summary first, then his sheet with the outcome in front and his own columns kept.
fn marked_rows_say_what_became_of_them(path: &std::path::Path, table: &Table) {
    assert_eq!(sheet::names(path)[0], "汇总");
    let rows = sheet::rows(path, 1, "处理结果");
    assert_eq!(rows.len(), table.rows.len());
    let outcome = |row: usize| rows[row]["处理结果"].as_str();
    assert!(outcome(1).starts_with("未接收") && outcome(4).starts_with("重复"), "{} {}", outcome(1), outcome(4));
    assert!(outcome(12).contains("转入") && outcome(13).contains("无变化"), "{} {}", outcome(12), outcome(13));
    assert!(rows.iter().all(|row| row["备注"] == "自己的备注"), "own columns are kept");
    assert_eq!(rows[2]["手机号码"], "12345", "what the clerk wrote stays");
}

async fn the_same_rows_are_read_from_every_format(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(3).take(12);
    let table = Table::members("测试一厂工会", UNION, &people);
    let first = place.upload("members.xlsx", &table.xlsx(), UNION).await.success().json();
    assert_eq!(counts(&first), [12, 12, 0, 0, 0, 0]);
    let text = |cell: &Cell| if let Cell::Text(text) = cell { text.clone() } else { String::new() };
    let rows = table.rows.iter().map(|row| row.iter().map(text).collect());
    let lines: Vec<Vec<String>> = std::iter::once(table.headers.clone()).chain(rows).collect();
    let with_bom = [b"\xef\xbb\xbf".as_slice(), table.csv().as_bytes()].concat();
    for (name, bytes) in [
        ("members.csv", table.csv().into_bytes()),
        ("members-bom.csv", with_bom),
        ("members-gb18030.csv", table.csv_gb18030()),
        ("members-utf16.txt", table.tsv_utf16()),
        ("members.xls", sheets::legacy_xls::write_xls("Sheet1", &lines)),
        // The content decides, not the name.
        ("csv-named.xls", table.csv_gb18030()),
        ("xlsx-named.csv", table.xlsx()),
    ] {
        let upload = place.upload(name, &bytes, UNION).await.success().json();
        assert_eq!(counts(&upload), [12, 0, 12, 0, 0, 0], "{name}: {upload}");
        assert!(findings(&upload).is_empty(), "{name}: {upload}");
    }
}

async fn facts_join_members_whichever_comes_first(place: Place) {
    let _worker = place.ready().await;
    let people = People::seeded(4).take(6);
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["居民身份证", &person.id_number, &person.card, "是", "", "", "工人"]);
    }
    feed.set(2, "会员服务卡号", "123");
    let members = Table::members("测试一厂工会", UNION, &people);
    let _ = place.upload("first.xlsx", &members.xlsx(), UNION).await.success();
    let file = place.at.file("feed.xlsx", feed.xlsx());
    let upload = place.upload_file(&file, &["registry"]).await.success().json();
    assert_eq!((counts(&upload), findings(&upload)), ([6, 5, 0, 1, 0, 0], vec![(4, "card-format")]));
    let known = place.members(UNION).await;
    let with_card =
        known.iter().filter(|member| member["card_masked"].is_string() && member["social_insurance"] == true);
    assert_eq!(with_card.count(), 5);

    // Somebody whom no union has yet: the fact is kept, and is there when the member comes.
    let later = People::seeded(5).take(1);
    let mut feed = Table::new(&REGISTRY_HEADERS);
    feed.push(&["居民身份证", &later[0].id_number, &later[0].card, "否", "", "", ""]);
    let file = place.at.file("feed.xlsx", feed.xlsx());
    let upload = place.upload_file(&file, &["registry"]).await.success().json();
    assert_eq!(counts(&upload), [1, 1, 0, 0, 0, 0]);
    let table = Table::members("测试二厂工会", NEIGHBOUR, &later);
    let _ = place.upload("later.xlsx", &table.xlsx(), NEIGHBOUR).await.success();
    let member = &place.members(NEIGHBOUR).await[0];
    assert_eq!((&member["social_insurance"], member["card_masked"].is_string()), (&Value::from(false), true));
    let shown = place.at.json(&["member", "show", member["member_no"].as_str().unwrap()]).await;
    // The same fields, and the history beside them.
    for (key, value) in member.as_object().unwrap() {
        assert_eq!(&shown[key], value, "{key}");
    }
    assert_eq!((&shown["is_member"], shown["stays"].as_array().unwrap().len()), (&Value::from(true), 1));
}

async fn several_files_go_to_the_unions_that_their_rows_name(place: Place) {
    let _worker = place.ready().await;
    let mut source = People::seeded(6);
    let mut words: Vec<String> = ["upload", "members"].map(str::to_owned).into();
    for (place_in, org) in [UNION, NEIGHBOUR, STRANGER].into_iter().enumerate() {
        let table = Table::members("测试工会", org, &source.take(3 + place_in));
        let file = place.at.file(&format!("{org}.xlsx"), table.xlsx());
        words.push(file.display().to_string());
    }
    words.extend(["--org", "auto", "--type", "flexible:快递物流", "--wait"].map(str::to_owned));
    let uploads = place.at.json(&words).await;
    let uploads = uploads.as_array().unwrap();
    let orgs: Vec<_> = uploads.iter().map(|upload| upload["org"].as_str().unwrap()).collect();
    assert_eq!(orgs, [UNION, NEIGHBOUR, STRANGER], "in the order given");
    for (upload, size) in uploads.iter().zip([3, 4, 5]) {
        assert_eq!(counts(upload), [size, size, 0, 0, 0, 0]);
    }
    // An upper union takes rows of every union below it, and of no other.
    let mut table = Table::members("测试工会", UNION, &source.take(3));
    table.set(1, "工会编号", "90010501");
    table.set(2, "工会编号", STRANGER);
    let upload = place.upload("bureau.xlsx", &table.xlsx(), super::place::BUREAU).await.success().json();
    assert_eq!((counts(&upload), findings(&upload)), ([3, 2, 0, 1, 0, 0], vec![(4, "wrong-union")]));
    assert_eq!(place.members("90010500").await.len(), 1);
}
