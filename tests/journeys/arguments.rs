//! Wrong words, missing files, unknown names: a sentence that says what to do, the right exit code, nothing half-done.

use support::people::People;
use support::workbook::Table;

use super::place::{Place, UNION};

on_both_engines!(what_is_refused_leaves_nothing_behind);

/// Words, exit code, code of the error.
const REFUSED: [(&[&str], i32, &str); 18] = [
    (&["upload", "members", "none.xlsx", "--org", UNION, "--type", "external"], 1, "no-file"),
    (&["upload", "members", "tmp", "--org", UNION, "--type", "external"], 1, "no-file"),
    (&["upload", "members", "good.xlsx", "none.xlsx", "--org", UNION, "--type", "external"], 1, "no-file"),
    (&["upload", "members", "large.csv", "--org", UNION, "--type", "external"], 1, "too-large"),
    (&["upload", "members", "good.xlsx", "--org", "12345", "--type", "external"], 1, "unknown-org"),
    (&["upload", "members", "good.xlsx", "--org", UNION, "--type", "externl"], 2, "data-type"),
    (&["upload", "members", "good.xlsx", "--org", UNION, "--type", "flexible:律师"], 2, "data-type"),
    (&["upload", "members", "good.xlsx", "--org", UNION, "--type", "enterprise:123"], 2, "data-type"),
    (&["upload", "members", "good.xlsx", "--org", UNION], 2, "usage"),
    (&["upload", "members", "good.xlsx", "--type", "external"], 2, "usage"),
    (&["upload", "registry", "good.xlsx", "--type", "external"], 2, "usage"),
    (&["upload", "organizations", "good.xlsx", "--org", "auto"], 2, "usage"),
    (&["upload", "member", "good.xlsx"], 2, "usage"),
    (&["upload", "members"], 2, "usage"),
    (&["upload", "show", "01842f5c-7a00-7000-8000-000000000001"], 1, "unknown"),
    (&["check", "members", "none.xlsx"], 1, "no-file"),
    (&["dead", "replay"], 2, "usage"),
    (&["queue", "pause", "letters"], 2, "usage"),
];

async fn what_is_refused_leaves_nothing_behind(mut place: Place) {
    place.at.set("limits.upload_bytes", "65536");
    let _worker = place.ready().await;
    let good = Table::members("测试一厂工会", UNION, &People::seeded(40).take(2));
    let _ = place.at.file("good.xlsx", good.xlsx());
    let mut large = good.csv().into_bytes();
    large.resize(65_537, b'\n');
    let _ = place.at.file("large.csv", &large);
    for (words, code, name) in REFUSED {
        let mut all = words.to_vec();
        all.push("--json");
        let error = place.at.run(&all).await.code(code).json();
        assert_eq!(error["error"]["code"], name, "{words:?}: {error}");
        for part in ["message", "hint"] {
            assert!(!error["error"][part].as_str().unwrap().is_empty(), "{words:?}: {error}");
        }
        // For people the same on stderr, and nothing on stdout.
        let told = place.at.run(words).await.code(code);
        assert!(told.stdout.is_empty() && told.stderr.starts_with("error: "), "{words:?}: {}", told.stderr);
    }
    // What the parser of the command line itself refuses.
    for words in [&["uplod"][..], &["upload", "show", "no-id"], &["serve", "--now"], &["--set", "x", "org", "list"]] {
        let _ = place.at.run(words).await.code(2);
        let mut all = words.to_vec();
        all.insert(0, "--json");
        let error = place.at.run(&all).await.code(2).json();
        assert_eq!(error["error"]["code"], "usage", "{words:?}: {error}");
    }
    let mistyped = place.at.run(&["--set", "data.dirr=x", "org", "list"]).await.code(2);
    assert!(mistyped.stderr.contains("did you mean data.dir?"), "{}", mistyped.stderr);
    let uploads = place.at.json(&["upload", "list"]).await;
    assert_eq!(uploads.as_array().unwrap().len(), 1, "the organizations alone: {uploads}");
    assert!(place.members(UNION).await.is_empty());

    // At the limit a file is taken.
    large.truncate(65_536);
    let taken = place.upload("limit.csv", &large, UNION).await.success().json();
    assert_eq!(taken["counts"]["accepted"], 2, "{taken}");
}
