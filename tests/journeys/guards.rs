//! Files beyond a limit, uploaded among others: each is rejected once, with its reason, and the others go on. The limits are
//! turned down, so that ordinary files pass them.

use std::time::Duration;

use serde_json::Value;
use support::archive::changed;
use support::eventually;
use support::people::People;
use support::workbook::{MEMBER_HEADERS, Table};

use super::place::{Place, UNION, counts};

on_both_engines!(
    files_beyond_a_limit_are_rejected_once_each_and_the_others_go_on,
    a_file_that_ends_its_reader_is_rejected_and_the_next_is_read
);

/// What all of them together may take.
const AT_MOST: Duration = Duration::from_mins(2);
/// The limits of the first test; the federation itself is within them.
const LIMITS: [(&str, &str); 5] = [
    ("limits.rows", "40"),
    ("limits.columns", "14"),
    ("limits.cell_chars", "32"),
    ("limits.upload_bytes", "1048576"),
    ("limits.inflated_bytes", "1048576"),
];
/// Rows of an old workbook that take more memory than a reader of 64 MiB has.
const MANY_ROWS: usize = 20_000;

/// An old workbook of the members' header and rows.
fn old(rows: usize) -> Vec<u8> {
    let header: Vec<String> = MEMBER_HEADERS.map(str::to_owned).to_vec();
    sheets::legacy_xls::write_xls("名单", &vec![header; rows + 1])
}

/// A package of a workbook with a password to open it, as far as its container tells.
fn locked() -> Vec<u8> {
    let mut bytes = old(1);
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // The second entry of the directory.
    bytes[512 + 128..][..name.len()].copy_from_slice(&name);
    bytes
}

/// Name, bytes, code of the reason, and what it says.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let members = |count| Table::members("测试一厂工会", UNION, &People::seeded(61).take(count));
    let (few, text) = (members(5), members(5).csv());
    let mut wide = members(5);
    wide.headers.extend(["备注一", "备注二", "备注三"].map(str::to_owned));
    wide.rows[2].extend(["一", "二", "三"].map(Into::into));
    let mut long = members(5);
    long.set(1, "工作单位详细地址", "测试市示例路一号".repeat(5));
    let blanks = " ".repeat(1_100_000);
    let large = changed(&few.xlsx(), "docProps/notes.xml", |_| format!("<notes>{blanks}</notes>"));
    vec![
        ("rows.xlsx", members(50).xlsx(), "too-large", "40 行"),
        ("columns.xlsx", wide.xlsx(), "too-large", "14 列"),
        ("cell.xlsx", long.xlsx(), "too-large", "第 3 行"),
        ("cell.csv", long.csv().into_bytes(), "too-large", "第 3 行"),
        ("parts.xlsx", large, "hostile", "解压后"),
        ("locked.xlsx", locked(), "encrypted", ""),
        ("quote.csv", format!("{text}\"{text}").into_bytes(), "damaged", "第 7 行的引号"),
        ("mixed.csv", [text.into_bytes(), few.csv_gb18030()].concat(), "not-a-spreadsheet", "混有不同的编码"),
    ]
}

async fn files_beyond_a_limit_are_rejected_once_each_and_the_others_go_on(mut place: Place) {
    for (key, value) in LIMITS {
        place.at.set(key, value);
    }
    let worker = place.ready().await;
    let _running = match worker {
        Some(worker) => worker,
        None => place.at.start(&["serve"]).await,
    };
    let files = files();
    let mut uploads = Vec::new();
    for (name, bytes, ..) in &files {
        let file = place.at.file(name, bytes);
        let path = file.to_str().unwrap();
        uploads.push(place.at.json(&["upload", "members", path, "--org", UNION, "--type", "external"]).await);
    }
    // Behind all of them, one within the limits.
    let people = People::seeded(62).take(7);
    let good = Table::members("测试一厂工会", UNION, &people).xlsx();
    let good = place.upload("good.xlsx", &good, UNION).await.success().json();
    assert_eq!(counts(&good), [7, 7, 0, 0, 0, 0]);

    for (upload, (name, _, code, detail)) in uploads.iter().zip(&files) {
        let id = upload["id"].as_str().unwrap();
        let settled = eventually(AT_MOST, name, async || {
            let shown = place.at.json(&["upload", "show", id]).await;
            (shown["status"] == "rejected").then_some(shown)
        })
        .await;
        assert_eq!(settled["reason"]["code"], *code, "{name}: {settled}");
        let message = settled["reason"]["message"].as_str().unwrap();
        assert!(message.contains(detail) && message.contains("请"), "{name}: {message}");
        assert_eq!(counts(&settled), [0; 6], "{name}");
        // Offline the same.
        let path = place.at.folder().join(name);
        let checked = place.at.run(&["check", "members", path.to_str().unwrap(), "--json"]).await.code(1).json();
        assert_eq!(checked["reason"], settled["reason"], "{name}");
    }
    eventually(AT_MOST, "each is told to the clerk", async || (rejections(&place) >= files.len()).then_some(())).await;
    assert_eq!(rejections(&place), files.len(), "no file is rejected twice");
    let dead = place.at.json(&["dead", "list"]).await;
    assert_eq!(dead, Value::Array(Vec::new()), "a file beyond a limit is data, not a failure");
    assert_eq!(place.members(UNION).await.len(), people.len());
}

async fn a_file_that_ends_its_reader_is_rejected_and_the_next_is_read(mut place: Place) {
    drop(place.ready().await);
    place.at.set("reader.memory_mib", "64");
    let running = match place.services {
        Some(_) => Some(place.at.start(&["worker"]).await),
        None => None,
    };
    let upload = place.upload("large.xls", &old(MANY_ROWS), UNION).await.code(1).json();
    assert_eq!(upload["reason"]["code"], "hostile", "{upload}");
    assert!(upload["reason"]["message"].as_str().unwrap().contains("内存或时间远超正常"), "{upload}");
    drop(running);
    place.at.unset("reader.memory_mib");
    let _running = match place.services {
        Some(_) => Some(place.at.start(&["worker"]).await),
        None => None,
    };
    let people = People::seeded(63).take(3);
    let good = Table::members("测试一厂工会", UNION, &people).xlsx();
    assert_eq!(counts(&place.upload("good.xlsx", &good, UNION).await.success().json()), [3, 3, 0, 0, 0, 0]);
    assert_eq!(rejections(&place), 1, "it is told once");
    assert_eq!(place.at.json(&["dead", "list"]).await, Value::Array(Vec::new()), "data, not a failure");
}

/// Letters that give a file back.
fn rejections(place: &Place) -> usize {
    place.letters().iter().filter(|letter| letter.subject.ends_with("文件被退回")).count()
}
