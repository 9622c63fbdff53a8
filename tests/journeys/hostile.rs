//! Files made to do harm, uploaded among others: each is rejected once, with its reason, and the others go on.

use std::time::Duration;

use serde_json::Value;
use support::archive::{archive, changed};
use support::eventually;
use support::people::People;
use support::workbook::{MEMBER_HEADERS, Table};

use super::place::{Place, UNION, counts};

on_both_engines!(hostile_uploads_are_rejected_once_each_and_the_others_go_on);

const SHEET: &str = "xl/worksheets/sheet1.xml";
const STRINGS: &str = "xl/sharedStrings.xml";
/// What all of them together may take.
const AT_MOST: Duration = Duration::from_mins(2);

/// An .xls with bytes changed at places.
fn old(patches: &[(usize, &[u8])]) -> Vec<u8> {
    let header: Vec<String> = MEMBER_HEADERS.map(str::to_owned).to_vec();
    let mut bytes = sheets::legacy_xls::write_xls("名单", &[header.clone(), header]);
    for (at, patch) in patches {
        bytes[*at..at + patch.len()].copy_from_slice(patch);
    }
    bytes
}

/// An .ods whose content ends inside its table.
fn open_ended() -> Vec<u8> {
    let names = ["office", "table", "text"].map(|name| format!(" xmlns:{name}=\"urn:{name}\"")).concat();
    let content = format!(
        "<office:document-content{names}><office:body><office:spreadsheet><table:table table:name=\"名单\"><table:table-row>"
    );
    archive(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<m/>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// Name, bytes, code of the reason, and what it says.
fn hostile_files() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let members = Table::members("测试一厂工会", UNION, &People::seeded(61).take(5));
    let (whole, text) = (members.xlsx(), members.csv());
    let lying = |text: &str| {
        let (head, tail) = text.split_once("uniqueCount=\"").unwrap();
        format!("{head}uniqueCount=\"9{tail}").replacen("uniqueCount=\"9", "uniqueCount=\"9000000000", 1)
    };
    let deep = |text: &str| {
        text.replace("</worksheet>", &format!("{}{}</worksheet>", "<a>".repeat(9000), "</a>".repeat(9000)))
    };
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#;
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // In the directory, the second entry; in the table of sectors, the last sector, the place of the stream's third.
    let (name, third) = (512 + 128, old(&[]).len() - 512 + 12);
    vec![
        ("kills-its-reader.xlsx", changed(&whole, STRINGS, lying), "hostile", "内存或时间远超正常"),
        ("deep.xlsx", changed(&whole, SHEET, deep), "hostile", "嵌套层数"),
        ("outside.xlsx", changed(&whole, "../../evil.xml", |_| "<a/>".to_owned()), "hostile", "指向文件之外"),
        ("far.xlsx", changed(&whole, SHEET, |text| text.replace("</sheetData>", far)), "too-large", "512 列"),
        ("no-string.xlsx", changed(&whole, STRINGS, |_| "<sst/>".to_owned()), "damaged", ""),
        ("circle.xls", old(&[(third, &1_u32.to_le_bytes())]), "damaged", ""),
        ("locked.xlsx", old(&[(name, &encrypted)]), "encrypted", ""),
        ("open.ods", open_ended(), "damaged", ""),
        ("quote.csv", format!("{text}\"{text}").into_bytes(), "damaged", "第 7 行的引号"),
        ("mixed.csv", [text.into_bytes(), members.csv_gb18030()].concat(), "not-a-spreadsheet", "混有不同的编码"),
    ]
}

async fn hostile_uploads_are_rejected_once_each_and_the_others_go_on(place: Place) {
    let worker = place.ready().await;
    let _running = match worker {
        Some(worker) => worker,
        None => place.at.start(&["serve"]).await,
    };
    let files = hostile_files();
    let mut uploads = Vec::new();
    for (name, bytes, ..) in &files {
        let file = place.at.file(name, bytes);
        let path = file.to_str().unwrap();
        uploads.push(place.at.json(&["upload", "members", path, "--org", UNION, "--type", "external"]).await);
    }
    // Behind all of them: a file that only seems to be larger than there is.
    let people = People::seeded(62).take(7);
    let wide = |text: &str| {
        let (head, tail) = text.split_once("<dimension ref=\"").unwrap();
        format!("{head}<dimension ref=\"A1:XFD1048576{}", &tail[tail.find('"').unwrap()..])
    };
    let good = changed(&Table::members("测试一厂工会", UNION, &people).xlsx(), SHEET, wide);
    let good = place.upload("wide.xlsx", &good, UNION).await.success().json();
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
    assert_eq!(
        place.at.json(&["dead", "list"]).await,
        Value::Array(Vec::new()),
        "a hostile file is data, not a failure"
    );
    assert_eq!(place.members(UNION).await.len(), people.len());
}

/// Letters that give a file back.
fn rejections(place: &Place) -> usize {
    place.letters().iter().filter(|letter| letter.subject.ends_with("文件被退回")).count()
}
