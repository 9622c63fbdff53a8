//! Files that are none, or the wrong ones: a reason that a clerk understands, exit code 1, and nothing changed.

use std::time::{Duration, Instant};

use support::archive::changed;
use support::people::People;
use support::workbook::{REGISTRY_HEADERS, Table};

use super::place::{Place, UNION, counts};

on_both_engines!(bad_files_are_rejected_with_a_reason_and_change_nothing);

/// What no bad file may take, child process and mail included.
const AT_MOST: Duration = Duration::from_secs(20);

/// Name, bytes, and the code of the reason.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let members = Table::members("测试一厂工会", UNION, &People::seeded(8).take(40));
    let whole = members.xlsx();
    let mut no_header = members.clone();
    no_header.headers = (1..=12).map(|column| format!("第{column}列")).collect();
    let mut missing = members.clone();
    "备注".clone_into(&mut missing.headers[2]);
    let mut header_only = members.clone();
    header_only.rows.clear();
    let mut registry = Table::new(&REGISTRY_HEADERS);
    registry.push(&["居民身份证", &People::seeded(7).person().id_number, "", "是", "", "", ""]);
    let document_type = changed(&whole, "docProps/notes.xml", |_| "<!DOCTYPE notes><notes/>".to_owned());
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 300]].concat();
    let page = "<html><head><title>名册</title></head><body><table><tr><td>姓名</td></tr></table></body></html>";
    vec![
        ("empty.xlsx", Vec::new(), "not-a-spreadsheet"),
        ("text.xlsx", b"this is a letter and no table\n".to_vec(), "not-a-spreadsheet"),
        ("picture.xls", picture, "not-a-spreadsheet"),
        ("page.xls", page.as_bytes().to_vec(), "no-header"),
        ("login.xls", b"<html><body><form>log in</form></body></html>".to_vec(), "not-a-spreadsheet"),
        ("truncated.xlsx", whole[..whole.len() / 2].to_vec(), "damaged"),
        ("no-header.xlsx", no_header.xlsx(), "no-header"),
        ("missing.xlsx", missing.xlsx(), "columns-missing"),
        ("header-only.xlsx", header_only.xlsx(), "no-rows"),
        ("wrong-kind.xlsx", registry.xlsx(), "wrong-template"),
        ("document-type.xlsx", document_type, "hostile"),
    ]
}

async fn bad_files_are_rejected_with_a_reason_and_change_nothing(place: Place) {
    let _worker = place.ready().await;
    let files = bad_files();
    for (name, bytes, code) in &files {
        let start = Instant::now();
        let upload = place.upload(name, bytes, UNION).await.code(1).json();
        assert!(start.elapsed() < AT_MOST, "{name} took {:?}", start.elapsed());
        assert_eq!(
            (&upload["status"], &upload["reason"]["code"]),
            (&"rejected".into(), &(*code).into()),
            "{name}: {upload}"
        );
        let sentence = upload["reason"]["message"].as_str().unwrap();
        assert!(sentence.contains("请") && sentence.ends_with('。'), "{name}: {sentence}");
        assert_eq!(counts(&upload), [0; 6], "{name}");

        // Offline the same, with the same exit code.
        let path = place.at.folder().join(name);
        let checked = place.at.run(&["check", "members", path.to_str().unwrap(), "--json"]).await.code(1).json();
        assert_eq!(checked["reason"], upload["reason"], "{name}");
        let no_result = place.at.run(&["upload", "result", upload["id"].as_str().unwrap(), "-o", "x.xlsx"]).await;
        assert!(no_result.code(1).stderr.contains("no result workbook"), "{name}");
    }
    assert!(place.members(super::place::ROOT).await.is_empty());
    let dead = place.at.json(&["dead", "list"]).await;
    assert_eq!(dead.as_array().unwrap().len(), 0, "a bad file is data, not a failure");
    let told = place.letters().iter().filter(|letter| letter.subject.ends_with("文件被退回")).count();
    assert_eq!(told, files.len(), "each is told to the clerk");
    let listed = place.at.json(&["upload", "list", "--status", "rejected"]).await;
    assert_eq!(listed.as_array().unwrap().len(), files.len());
}
