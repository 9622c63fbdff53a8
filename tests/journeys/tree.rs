//! The tree by hand: unions are added, edited, moved and removed by the rules of an import, and counted as the manual does.

use serde_json::Value;
use support::people::People;

use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, STRANGER, UNION};
use super::transfers::{account, asks, join, refused};

on_both_engines!(
    a_union_is_added_edited_moved_and_removed,
    a_clerk_keeps_what_is_stated_of_the_own_union,
    what_the_tree_cannot_be_is_refused,
    the_tree_is_counted_and_listed_as_the_manual_does,
);

async fn codes(place: &Place, words: &[&str]) -> Vec<String> {
    let list = place.at.json(&[&["org", "list"][..], words].concat()).await;
    list.as_array().unwrap().iter().map(|org| org["code"].as_str().unwrap().to_owned()).collect()
}

async fn a_union_is_added_edited_moved_and_removed(place: Place) {
    let _worker = place.ready().await;
    account(&place, "bureau", "bureau", BUREAU).await;
    let words = ["org", "add", "90010003", "--parent", BUREAU, "--name", "测试五厂工会", "--level", "grassroots"];
    let words =
        [&words[..], &["--kind", "单独基层工会", "--email", "u5@example.org", "--phone", "13800138000"]].concat();
    let _ = asks(&place, "bureau", &words).await.success();
    assert_eq!(refused(&place, "bureau", &words).await, "exists");
    let _ = asks(&place, "bureau", &["org", "edit", "90010003", "--name", "测试六厂工会"]).await.success();
    let shown = place.at.json(&["org", "show", "90010003"]).await;
    assert_eq!((&shown["name"], &shown["kind"]), (&"测试六厂工会".into(), &"单独基层工会".into()), "the rest stays");
    join(&place, &People::seeded(80).take(2), "90010003").await;
    let _ = asks(&place, "bureau", &["org", "move", "90010003", "--under", "90010500"]).await.success();
    assert_eq!(codes(&place, &["--below", "90010500"]).await, ["90010500", "90010501", "90010003"]);
    // Everything below comes along.
    let _ = asks(&place, "bureau", &["org", "move", "90010003", "--under", "90010501"]).await.success();
    let _ = place.at.must(&["org", "move", "90010501", "--under", BUREAU]).await;
    assert_eq!(codes(&place, &["--below", "90010501"]).await, ["90010501", "90010003"]);
    assert_eq!(place.at.json(&["org", "show", BUREAU]).await["members"], 2);
    assert_eq!(place.members("90010501").await.len(), 2, "paths are right");

    assert_eq!(refused(&place, "bureau", &["org", "remove", "90010501"]).await, "not-empty");
    assert_eq!(refused(&place, "bureau", &["org", "remove", "90010003"]).await, "not-empty");
    for member in place.members("90010003").await {
        let number = member["member_no"].as_str().unwrap();
        let _ = place.at.must(&["member", "remove", number, "--reason", "convicted"]).await;
    }
    let _ = asks(&place, "bureau", &["org", "remove", "90010003"]).await.success();
    assert_eq!(refused(&place, "operator", &["org", "show", "90010003"]).await, "unknown");
    let _ = asks(&place, "bureau", &words).await.success();
    assert_eq!(place.at.json(&["org", "show", "90010003"]).await["name"], "测试五厂工会", "a number may come back");
    let audit = place.at.json(&["audit", "--by", "bureau"]).await;
    let acts: Vec<_> = audit.as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    for act in ["org-add", "org-edit", "org-move", "org-remove"] {
        assert!(acts.contains(&act), "{act}: {acts:?}");
    }
}

async fn a_clerk_keeps_what_is_stated_of_the_own_union(place: Place) {
    let _worker = place.ready().await;
    account(&place, "clerk", "clerk", UNION).await;
    let words = ["org", "edit", UNION, "--name", "测试一厂新工会", "--contact", "周敏", "--email", "new@example.org"];
    let _ = asks(&place, "clerk", &words).await.success();
    let shown = place.at.json(&["org", "show", UNION]).await;
    assert_eq!((&shown["name"], &shown["email"]), (&"测试一厂新工会".into(), &"new@example.org".into()), "{shown}");
    assert_eq!((&shown["kind"], &shown["level"]), (&"单独基层工会".into(), &"grassroots".into()), "what it is stays");
    let audit = place.at.json(&["audit", "--by", "clerk"]).await;
    assert_eq!((&audit[0]["act"], &audit[0]["outcome"]), (&"org-edit".into(), &"done".into()));
}

async fn what_the_tree_cannot_be_is_refused(place: Place) {
    let _worker = place.ready().await;
    account(&place, "bureau", "bureau", BUREAU).await;
    account(&place, "clerk", "clerk", UNION).await;
    for (who, words, code) in [
        ("operator", &["org", "move", "90010500", "--under", "90010500"][..], "parent-cycle"),
        ("operator", &["org", "move", "90010500", "--under", "90010501"], "parent-cycle"),
        ("operator", &["org", "move", "90010500", "--under", "90020001"], "parent-level"),
        ("operator", &["org", "move", UNION, "--under", ROOT], "parent-level"),
        ("operator", &["org", "move", UNION, "--under", BUREAU], "unchanged"),
        ("operator", &["org", "move", UNION, "--under", "12345"], "unknown"),
        ("operator", &["org", "edit", "90010500", "--level", "centre"], "parent-level"),
        ("operator", &["org", "edit", UNION, "--email", "no-address"], "email-format"),
        ("operator", &["org", "edit", UNION, "--uscc", "123"], "uscc-format"),
        ("operator", &["org", "edit", UNION], "unchanged"),
        ("operator", &["org", "remove", ROOT], "not-empty"),
        ("bureau", &["org", "move", UNION, "--under", "90020000"], "unknown"),
        ("bureau", &["org", "move", STRANGER, "--under", BUREAU], "unknown"),
        ("bureau", &["org", "move", BUREAU, "--under", BUREAU], "no-right"),
        ("bureau", &["org", "remove", BUREAU], "no-right"),
        ("clerk", &["org", "edit", NEIGHBOUR, "--name", "别的"], "unknown"),
        ("clerk", &["org", "edit", UNION, "--kind", "临时工会"], "no-right"),
        ("clerk", &["org", "edit", UNION, "--level", "secondary"], "no-right"),
        ("clerk", &["org", "move", UNION, "--under", "90010500"], "no-right"),
        ("clerk", &["org", "remove", NEIGHBOUR], "no-right"),
    ] {
        assert_eq!(refused(&place, who, words).await, code, "{who} {words:?}");
    }
    let add = ["org", "add", "90010003", "--name", "x", "--level", "grassroots", "--email", "u5@example.org"];
    assert_eq!(refused(&place, "operator", &add).await, "required", "a unit has a union above");
    let second = ["org", "add", "9", "--name", "x", "--level", "municipal", "--email", "u5@example.org"];
    let _ = asks(&place, "operator", &second).await.code(2);
    assert_eq!(codes(&place, &[]).await.len(), 8, "nothing has changed");
}

async fn the_tree_is_counted_and_listed_as_the_manual_does(place: Place) {
    let _worker = place.ready().await;
    let add = async |code: &str, parent: &str, kind: &str, more: &[&str]| {
        let words =
            ["org", "add", code, "--parent", parent, "--name", "测试工会", "--level", "grassroots", "--kind", kind];
        let words = [&words[..], &["--email", "u@example.org"], more].concat();
        let _ = place.at.must(&words).await;
    };
    add("90010003", BUREAU, "联合基层工会", &["--enterprise", "测试甲厂"]).await;
    add("90010004", UNION, "分工会", &["--enterprise", "测试甲厂"]).await;
    add("90010005", UNION, "工会小组", &[]).await;
    add("90010006", BUREAU, "临时工会", &[]).await;
    add("90010007", BUREAU, "单独基层工会", &[]).await;
    join(&place, &People::seeded(81).take(3), UNION).await;
    let shown = place.at.json(&["org", "show", BUREAU]).await;
    let unions = |key: &str| shown["unions"][key].as_i64().unwrap();
    // Three single ones of the tree with credit codes, one without, a joint one.
    assert_eq!((unions("grassroots"), unions("single"), unions("joint")), (5, 4, 1), "{shown}");
    assert_eq!((unions("branches"), unions("temporary"), unions("federations")), (2, 1, 1));
    assert_eq!((&shown["members"], &shown["enterprises"]), (&Value::from(3), &Value::from(5)));
    let told = place.at.must(&["org", "show", BUREAU]).await;
    assert!(told.contains("会员数 3  基层工会组织数 5  单独基层工会组织数 4  联合工会组织数 1"), "{told}");
    assert_eq!(codes(&place, &["--level", "bureau"]).await, [BUREAU, "90020000"]);
    assert_eq!(codes(&place, &["--kind", "temporary"]).await, ["90010006"]);
    assert_eq!(codes(&place, &["--kind", "工会小组"]).await, ["90010005"]);
    assert_eq!(codes(&place, &["--name", "二厂", "--below", BUREAU]).await, [NEIGHBOUR]);
    let _ = asks(&place, "operator", &["org", "list", "--level", "third"]).await.code(2);
}
