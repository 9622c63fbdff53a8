//! Who may do what: roles reach down the tree, never up or sideways, and the record tells who tried.

use serde_json::Value;
use support::Outcome;
use support::people::People;
use support::workbook::Table;

use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, STRANGER, UNION, counts, organizations};

on_both_engines!(
    a_clerk_uploads_for_the_own_union_alone,
    a_bureau_reaches_down_and_not_sideways,
    roles_of_the_root_have_their_own_acts,
    accounts_are_added_once_and_lose_their_roles,
);

pub async fn account(place: &Place, name: &str, role: &str, org: Option<&str>) {
    let email = format!("{name}@example.org");
    let _ = place.at.must(&["account", "add", name, "--email", &email]).await;
    let mut words = vec!["account", "grant", name, role];
    words.extend(org.into_iter().flat_map(|org| ["--org", org]));
    let _ = place.at.must(&words).await;
}

async fn asks(place: &Place, who: &str, words: &[&str]) -> Outcome {
    let mut all = vec!["--as", who, "--json"];
    all.extend(words);
    place.at.run(&all).await
}

async fn refused(place: &Place, who: &str, words: &[&str]) {
    refused_as(place, who, words, "no-right").await;
}

/// What is not within reach is not told: it looks like what is not there.
async fn unseen(place: &Place, who: &str, words: &[&str]) {
    let code = if words[0] == "upload" { "unknown-org" } else { "unknown" };
    refused_as(place, who, words, code).await;
}

async fn refused_as(place: &Place, who: &str, words: &[&str], code: &str) {
    let error = asks(place, who, words).await.code(1).json();
    assert_eq!(error["error"]["code"], code, "{who} {words:?}: {error}");
    assert!(!error["error"]["hint"].as_str().unwrap().is_empty());
}

/// Acts and outcomes on record of an account.
async fn record(place: &Place, who: &str) -> Vec<(String, String, String)> {
    let audit = place.at.json(&["audit", "--by", who]).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |act: &Value| (text(&act["act"]), text(&act["org_code"]), text(&act["outcome"]));
    audit.as_array().unwrap().iter().map(row).collect()
}

async fn a_clerk_uploads_for_the_own_union_alone(place: Place) {
    let _worker = place.ready().await;
    account(&place, "clerk", "clerk", Some(UNION)).await;
    let people = People::seeded(30).take(5);
    let file = place.at.file("members.xlsx", Table::members("测试一厂工会", UNION, &people).xlsx());
    let path = file.to_str().unwrap();
    let upload = |org: &'static str| ["upload", "members", path, "--type", "external", "--wait", "--org", org];
    let document = asks(&place, "clerk", &upload(UNION)).await.success().json();
    assert_eq!(counts(&document), [5, 5, 0, 0, 0, 0]);
    assert_eq!(document["account"], "clerk");
    for org in [NEIGHBOUR, STRANGER, BUREAU, ROOT] {
        unseen(&place, "clerk", &upload(org)).await;
    }
    // With auto the rows are judged one by one: none of another union's is taken.
    let mut mixed = Table::members("测试一厂工会", UNION, &People::seeded(31).take(3));
    mixed.set(1, "工会编号", NEIGHBOUR);
    let mixed = place.at.file("mixed.xlsx", mixed.xlsx());
    let words = ["upload", "members", mixed.to_str().unwrap(), "--type", "external", "--wait", "--org", "auto"];
    let document = asks(&place, "clerk", &words).await.success().json();
    assert_eq!(counts(&document), [3, 2, 0, 1, 0, 0]);
    assert!(place.members(NEIGHBOUR).await.is_empty());
    assert!(place.letters().iter().any(|letter| letter.to == "clerk@example.org"), "the account's address goes first");

    let own = asks(&place, "clerk", &["upload", "list"]).await.success().json();
    assert_eq!(own.as_array().unwrap().len(), 2);
    let all = place.at.json(&["upload", "list"]).await;
    let tree = all.as_array().unwrap().iter().find(|upload| upload["kind"] == "organizations").unwrap();
    refused_as(&place, "clerk", &["upload", "show", tree["id"].as_str().unwrap()], "unknown").await;
    unseen(&place, "clerk", &["member", "list", "--org", NEIGHBOUR]).await;
    for words in [
        &["audit"][..],
        &["account", "list"],
        &["queue", "list"],
        &["queue", "pause", "mails"],
        &["dead", "list"],
        &["mail", "list"],
    ] {
        refused(&place, "clerk", words).await;
    }
    // What the year says is for all who have a role.
    let _ = asks(&place, "clerk", &["window", "list", "--year", "2023"]).await.success();
    let _ = place.at.must(&["account", "add", "guest"]).await;
    for words in [&["window", "list", "--year", "2023"][..], &["year", "show", "2023"], &["year", "list"]] {
        refused(&place, "guest", words).await;
    }
    refused(&place, "clerk", &["--at", "2022-11-01", "org", "list"]).await;
    let record = record(&place, "clerk").await;
    let has = |act: &str, org: &str, outcome: &str| {
        record.iter().any(|row| (row.0.as_str(), row.1.as_str(), row.2.as_str()) == (act, org, outcome))
    };
    assert!(
        has("upload-members", UNION, "accepted") && has("upload-members", BUREAU, "refused: unknown-org"),
        "{record:?}"
    );
    assert!(
        has("see-members", NEIGHBOUR, "refused: unknown") && has("move-clock", "", "refused: no-right"),
        "{record:?}"
    );
}

async fn a_bureau_reaches_down_and_not_sideways(place: Place) {
    let _worker = place.ready().await;
    account(&place, "bureau", "bureau", Some(BUREAU)).await;
    account(&place, "reviewer", "reviewer", Some("90010500")).await;
    let mut source = People::seeded(32);
    let mut upload = async |who: &str, org: &str| {
        let table = Table::members("测试工会", org, &source.take(2));
        let file = place.at.file(&format!("{org}.xlsx"), table.xlsx());
        let words = ["upload", "members", file.to_str().unwrap(), "--type", "external", "--wait", "--org", org];
        asks(&place, who, &words).await
    };
    for org in [UNION, NEIGHBOUR, "90010501"] {
        assert_eq!(counts(&upload("bureau", org).await.success().json())[1], 2, "{org}");
    }
    assert_eq!(counts(&upload("reviewer", "90010501").await.success().json())[1], 2);
    let _ = upload("reviewer", UNION).await.code(1);
    let _ = upload("bureau", STRANGER).await.code(1);
    let shown = asks(&place, "bureau", &["org", "show", BUREAU]).await.success().json();
    assert_eq!(shown["members"], 8);
    unseen(&place, "bureau", &["org", "show", "90020000"]).await;
    unseen(&place, "bureau", &["audit", "--org", STRANGER]).await;
    let _ = asks(&place, "bureau", &["audit", "--org", UNION]).await.success();
    let seen = asks(&place, "bureau", &["org", "list"]).await.success().json();
    assert_eq!(seen.as_array().unwrap().len(), 5, "{seen}");
    // A new union below itself; none beside.
    for (above, taken) in [(BUREAU, 1), ("90020000", 0)] {
        let mut table = organizations();
        table.rows.truncate(1);
        for (header, value) in [("工会编号", format!("{above}9")), ("上级工会编号", above.to_owned())] {
            table.set(0, header, value);
        }
        table.set(0, "工会组织名称", "测试五厂工会");
        table.set(0, "级别", "基层工会");
        let file = place.at.file("new.xlsx", table.xlsx());
        let words = ["upload", "organizations", file.to_str().unwrap(), "--org", BUREAU, "--wait"];
        let document = asks(&place, "bureau", &words).await.success().json();
        assert_eq!(counts(&document)[1], taken, "{document}");
    }
}

async fn roles_of_the_root_have_their_own_acts(place: Place) {
    let _worker = place.ready().await;
    account(&place, "centre", "centre", None).await;
    account(&place, "federation", "federation", None).await;
    let file = place.at.file("members.xlsx", Table::members("测试一厂工会", UNION, &People::seeded(33).take(2)).xlsx());
    let members = ["upload", "members", file.to_str().unwrap(), "--type", "external", "--org", UNION, "--wait"];
    refused(&place, "centre", &members).await;
    assert_eq!(counts(&asks(&place, "federation", &members).await.success().json())[1], 2);
    let _ = asks(&place, "centre", &["member", "list", "--org", ROOT]).await.success();
    refused(&place, "federation", &["queue", "pause", "mails"]).await;
    let _ = asks(&place, "federation", &["account", "list"]).await.success();
    let nobody = asks(&place, "nobody", &["org", "list"]).await.code(1).json();
    assert_eq!(nobody["error"]["code"], "unknown-account");
}

async fn accounts_are_added_once_and_lose_their_roles(place: Place) {
    let _worker = place.ready().await;
    account(&place, "clerk", "clerk", Some(UNION)).await;
    let twice = place.at.run(&["account", "add", "clerk", "--json"]).await.code(1).json();
    assert_eq!(twice["error"]["code"], "exists");
    for words in [
        &["account", "grant", "clerk", "boss", "--org", UNION][..],
        &["account", "grant", "clerk", "clerk"],
        &["account", "grant", "clerk", "centre", "--org", UNION],
        &["account", "add", "two words"],
        &["account", "add", "other", "--email", "no-address"],
    ] {
        let _ = place.at.run(words).await.code(2);
    }
    let _ = asks(&place, "clerk", &["member", "list", "--org", UNION]).await.success();
    let _ = place.at.must(&["account", "revoke", "clerk", "clerk", "--org", UNION]).await;
    refused(&place, "clerk", &["member", "list", "--org", UNION]).await;
    let accounts = place.at.json(&["account", "list"]).await;
    let clerk = accounts.as_array().unwrap().iter().find(|account| account["name"] == "clerk").unwrap();
    assert_eq!(clerk["roles"].as_array().unwrap().len(), 0);
    let record = record(&place, "operator").await;
    assert!(
        record.iter().any(|row| row.0 == "account-add") && record.iter().any(|row| row.0.contains("revoke")),
        "{record:?}"
    );
}
