//! Notices are read by other programs: the text that they find is what was written, a character without a picture included.

use std::path::Path;
use std::process::Command;

use support::Installation;
use support::people::People;
use support::run_tool;
use support::workbook::{REGISTRY_HEADERS, Table};

use super::results::{UNION, federation};

/// The last of extension H, which no face has: it is drawn as a box with its code.
const RARE: char = '\u{323AF}';

const PYPDF: &str = "import sys, pypdf
for page in pypdf.PdfReader(sys.argv[1]).pages: print(page.extract_text())";
const PDFMINER: &str = "import sys
from pdfminer.high_level import extract_text
print(extract_text(sys.argv[1]))";

/// A notice of a union in which somebody has a name that no face has.
async fn notice(at: &Installation) -> std::path::PathBuf {
    federation(at).await;
    let people = People::seeded(57).take(3);
    let mut table = Table::members("明湖一厂工会", UNION, &people);
    table.set(1, "姓名", format!("王{RARE}"));
    let file = at.file("members.xlsx", table.xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external", "--wait"];
    let _ = at.must(&words).await;
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, &person.card, "是", "", "", ""]);
    }
    let file = at.file("feed.xlsx", feed.xlsx());
    let _ = at.must(&["upload", "registry", file.to_str().unwrap(), "--wait"]).await;
    let submit = ["--at", "2022-11-10T12:00:00+08:00", "enroll", "submit", "--year", "2023", "--org", UNION, "--wait"];
    let _ = at.must(&submit).await;
    let list = at.json(&["notice", "list", "--year", "2023", "--org", UNION]).await;
    let path = at.folder().join("notice.pdf");
    let _ = at.must(&["notice", "get", list[0]["id"].as_str().unwrap(), "-o", path.to_str().unwrap()]).await;
    path
}

fn extracted(path: &Path) -> [(&'static str, String); 4] {
    let python = |script: &str| run_tool(Command::new("/usr/bin/python3").args(["-c", script]).arg(path));
    [
        ("pdftotext", run_tool(Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(path).arg("-"))),
        ("mutool", run_tool(Command::new("mutool").args(["draw", "-q", "-F", "txt"]).arg(path))),
        ("pypdf", python(PYPDF)),
        ("pdfminer", python(PDFMINER)),
    ]
}

#[tokio::test]
async fn every_reader_finds_the_character_and_not_the_digits_of_its_box() {
    let at = Installation::embedded();
    let path = notice(&at).await;
    for (program, text) in extracted(&path) {
        let bare: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        assert!(bare.contains(&format!("王{RARE}")), "{program}: {bare}");
        assert!(!bare.contains("323AF") && bare.contains("集中参保告知书"), "{program}: {bare}");
    }
}
