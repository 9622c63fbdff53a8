//! Nothing that others have typed is obeyed by a terminal: no line that is not ours, no escape sequence, no turned text.

use domain::shown::is_unseen;
use support::people::People;
use support::workbook::Table;
use support::{Installation, Outcome};

use super::place::{BUREAU, NEIGHBOUR, Place, UNION, organizations};

on_both_engines!(what_was_typed_forges_no_line);

const EVIL: &str = "名单\u{1b}[2J\u{9b}31m\r\nerror: forged\u{202e}gpj\u{2066}\u{200b}\u{7f}";

/// Nothing of what was printed is unseen, and no line begins as the forged one.
fn clean(outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        let unseen: Vec<char> = text.chars().filter(|c| *c != '\n' && is_unseen(*c)).collect();
        assert!(unseen.is_empty(), "{unseen:?} in {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{text:?}");
    }
}

async fn what_was_typed_forges_no_line(place: Place) {
    let _worker = place.ready().await;
    // As it comes in: the name of a file, of a union in a workbook, a reason.
    let table = Table::members("测试一厂工会", UNION, &People::seeded(77).take(3));
    let name = format!("{EVIL}.xlsx");
    let _ = place.upload(&name, &table.xlsx(), UNION).await.success();
    let mut tree = organizations();
    tree.rows.truncate(1);
    for (header, value) in
        [("工会编号", "900100099"), ("上级工会编号", BUREAU), ("工会组织名称", EVIL), ("级别", "基层工会")]
    {
        tree.set(0, header, value);
    }
    let file = place.at.file("tree.xlsx", tree.xlsx());
    let _ = place.upload_file(&file, &["organizations", "--org", BUREAU]).await.success();
    let member = place.members(UNION).await[0]["member_no"].as_str().unwrap().to_owned();
    let _ = place.at.must(&["member", "transfer", &member, "--to", NEIGHBOUR, "--reason", EVIL]).await;
    let _ = place.at.run(&["--as", EVIL, "org", "list"]).await.code(1);
    let _ = place.at.run(&["account", "add", "li\u{202e}iang"]).await.code(2);
    let _ = place.at.must(&["mail", "bounced", "x@example.org", "--reason", EVIL]).await;

    let uploads = place.at.json(&["upload", "list"]).await;
    let listed = uploads.as_array().unwrap().iter().find(|upload| upload["kind"] == "members").unwrap();
    assert_eq!(listed["file"], "名单 [2J31m error: forgedgpj.xlsx".replace("名单 [", "名单["));
    let shown = place.at.json(&["org", "show", "900100099"]).await;
    assert!(!shown["name"].as_str().unwrap().chars().any(is_unseen), "{shown}");
    let id = listed["id"].as_str().unwrap();
    for words in [
        &["upload", "list"][..],
        &["upload", "show", id],
        &["org", "list"],
        &["org", "show", "900100099"],
        &["transfer", "list"],
        &["audit"],
        &["mail", "list"],
        &["mail", "bounces"],
        &["member", "show", &member],
    ] {
        clean(&place.at.run(words).await.success());
        clean(&place.at.run(&[words, &["--json"]].concat()).await.success());
    }
    for letter in place.letters() {
        assert!(!letter.subject.chars().any(is_unseen), "{:?}", letter.subject);
    }
    drop(place);
}

#[tokio::test]
async fn words_that_are_off_are_repeated_as_they_can_be_seen() {
    let at = Installation::embedded();
    let path = format!("{EVIL}.xlsx");
    for (words, code) in [
        (&["queue", "pause", EVIL][..], 2),
        (&["org", "show", EVIL], 1),
        (&["--as", EVIL, "org", "list"], 1),
        (&["check", "members", &path], 1),
        (&["upload", "members", &path, "--org", EVIL, "--type", "external"], 1),
        (&["year", "load", &path], 1),
        (&["batch", "show", EVIL], 1),
        (&["window", "list", "--year", EVIL], 2),
        (&["--no-such", EVIL], 2),
        (&[EVIL], 2),
        (&["--set", EVIL, "config"], 2),
        (&["--at", EVIL, "org", "list"], 2),
    ] {
        clean(&at.run(words).await.code(code));
        clean(&at.run(&[words, &["--json"]].concat()).await.code(code));
    }
}
