//! A unit's collective enrolment: preview, confirmations, decisions, submissions, review; early, late and by the wrong people.

use serde_json::Value;
use support::Outcome;
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table};

use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, STRANGER, UNION};
use super::rights::account;

on_both_engines!(
    a_unit_sees_what_it_would_submit_and_the_last_submission_counts,
    what_comes_a_second_late_is_refused_and_what_comes_in_the_last_second_counts,
    reviewers_approve_and_return_and_a_resubmission_leaves_the_list,
    a_bureau_splits_premiums_within_its_window,
    the_year_is_closed_to_the_wrong_people,
    a_years_file_says_by_line_what_is_wrong_with_it,
);

pub const NOON: &str = "2022-11-10T12:00:00+08:00";
const YEAR: [&str; 2] = ["--year", "2023"];

pub async fn at(place: &Place, instant: &str, words: &[&str]) -> Outcome {
    let mut all = vec!["--at", instant, "--json"];
    all.extend(words);
    all.extend(YEAR);
    place.at.run(&all).await
}

pub async fn done(place: &Place, instant: &str, words: &[&str]) -> Value {
    at(place, instant, words).await.success().json()
}

pub async fn refused(place: &Place, instant: &str, words: &[&str], code: &str) -> Value {
    let error = at(place, instant, words).await.code(1).json();
    assert_eq!(error["error"]["code"], code, "{words:?}: {error}");
    error
}

/// Ten people of whom 6 have a card and insurance, 2 insurance alone, one neither, one nothing known, all born in 1990.
pub async fn members(place: &Place, org: &str, seed: u64) -> Vec<Person> {
    let mut source = People::seeded(seed);
    let mut people = Vec::new();
    while people.len() < 10 {
        let person = source.person();
        if person.birth > chrono::NaiveDate::from_ymd_opt(1985, 1, 1).unwrap() {
            people.push(person);
        }
    }
    let bytes = Table::members("测试工会", org, &people).xlsx();
    let _ = place.upload(&format!("members-{org}.xlsx"), &bytes, org).await.success();
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for (number, person) in people.iter().enumerate().take(9) {
        let card = if number < 6 { person.card.as_str() } else { "" };
        feed.push(&["身份证", &person.id_number, card, if number < 8 { "是" } else { "否" }, "", "", ""]);
    }
    let file = place.at.file(&format!("feed-{org}.xlsx"), feed.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    people
}

fn classes(of: &Value) -> [u64; 6] {
    ["total", "enrolled", "no_card", "pending", "retired", "deceased"]
        .map(|key| of["classes"][key].as_u64().unwrap_or_else(|| panic!("no {key} in {of}")))
}

fn money(of: &Value) -> [i64; 4] {
    ["total_fen", "municipal_fen", "bureau_fen", "unit_fen"].map(|key| of["money"][key].as_i64().unwrap())
}

async fn a_unit_sees_what_it_would_submit_and_the_last_submission_counts(place: Place) {
    let _worker = place.ready().await;
    members(&place, UNION, 70).await;
    let preview = done(&place, NOON, &["enroll", "preview", "--org", UNION, "--plan", "A"]).await;
    assert_eq!(classes(&preview), [10, 6, 2, 2, 0, 0]);
    assert_eq!(money(&preview), [15600, 7800, 7800, 0]);
    let plus = done(&place, NOON, &["enroll", "preview", "--org", UNION, "--plan", "A+"]).await;
    assert_eq!(money(&plus), [45600, 7800, 37800, 0]);
    refused(&place, NOON, &["enroll", "preview", "--org", UNION, "--plan", "B"], "unknown-plan").await;
    refused(&place, NOON, &["enroll", "show", "--org", UNION], "not-submitted").await;

    let first = done(&place, NOON, &["enroll", "submit", "--org", UNION, "--plan", "A"]).await;
    assert_eq!((&first["version"], &first["status"]), (&1.into(), &"submitted".into()), "{first}");
    assert_eq!(first["number"], format!("DW2023-{UNION}-1"));
    assert_eq!(first["sha256"].as_str().unwrap().len(), 64);

    let pending = done(&place, NOON, &["enroll", "pending", "--org", UNION]).await;
    let mut reasons: Vec<_> = pending.as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["not_insured", "unknown"]);
    let one = pending[0]["member_no"].as_str().unwrap();
    let confirmed = done(&place, NOON, &["enroll", "confirm", one, "--org", UNION]).await;
    assert_eq!(confirmed["confirmed"], 1);
    let again = done(&place, NOON, &["enroll", "confirm", one, "--org", UNION]).await;
    assert_eq!(again["confirmed"], 0, "a confirmation is there once, and stays");
    let shown = done(&place, NOON, &["enroll", "show", "--org", UNION]).await;
    assert_eq!(classes(&shown), [10, 6, 2, 2, 0, 0], "what was confirmed since counts with the next submission");
    done(&place, NOON, &["enroll", "confirm", "--all", "--org", UNION]).await;

    let second = done(&place, "2022-11-11T12:00:00+08:00", &["enroll", "submit", "--org", UNION, "--plan", "A+"]).await;
    assert_eq!((classes(&second), &second["plan"]), ([10, 8, 2, 0, 0, 0], &"A+".into()));
    let shown = done(&place, NOON, &["enroll", "show", "--org", UNION]).await;
    assert_eq!((&shown["version"], &shown["people"], money(&shown)), (&2.into(), &8.into(), [60800, 10400, 50400, 0]));
    let history = done(&place, NOON, &["enroll", "history", "--org", UNION]).await;
    let counts: Vec<_> = history.as_array().unwrap().iter().map(|one| (&one["version"], &one["counts"])).collect();
    assert_eq!(counts, [(&1.into(), &false.into()), (&2.into(), &true.into())]);
    let preview = done(&place, NOON, &["enroll", "preview", "--org", UNION]).await;
    assert_eq!((&preview["submitted_before"], &preview["plan"]), (&8.into(), &"A+".into()));

    let number = preview_of_nobody(&place).await;
    refused(&place, NOON, &["enroll", "confirm", &number, "--org", UNION], "unknown").await;
    // They are all young: nothing suggests a retirement (of those about whom it does, see deadlines::rules).
    let words = ["enroll", "decide", one, "--decision", "retired", "--org", UNION];
    refused(&place, NOON, &words, "nothing-to-decide").await;
    let preview = done(&place, NOON, &["enroll", "preview", "--org", UNION]).await;
    assert_eq!(classes(&preview), [10, 8, 2, 0, 0, 0]);
    refused(&place, NOON, &["enroll", "submit", "--org", NEIGHBOUR], "nobody").await;
    refused(&place, NOON, &["enroll", "submit", "--org", BUREAU], "not-a-unit").await;
}

/// A member's number that nobody has.
async fn preview_of_nobody(place: &Place) -> String {
    let most = place.members(ROOT).await.iter().filter_map(|one| one["member_no"].as_str()?.parse::<i64>().ok()).max();
    format!("{:010}", most.unwrap() + 1)
}

async fn what_comes_a_second_late_is_refused_and_what_comes_in_the_last_second_counts(place: Place) {
    let _worker = place.ready().await;
    members(&place, UNION, 71).await;
    let submit = ["enroll", "submit", "--org", UNION];
    refused(&place, "2022-10-31T23:59:59+08:00", &submit, "window-upcoming").await;
    let receipt = done(&place, "2022-12-25T23:59:59+08:00", &submit).await;
    assert_eq!(receipt["received_at"], "2022-12-25T23:59:59+08:00");
    let late = refused(&place, "2022-12-26T00:00:00+08:00", &submit, "window-closed").await;
    let (message, hint) = (late["error"]["message"].as_str().unwrap(), late["error"]["hint"].as_str().unwrap());
    assert!(message.contains("2022-12-26T00:00:00+08:00") && hint.contains("instant"), "{late}");
    refused(&place, "2022-12-26T00:00:00+08:00", &["enroll", "confirm", "--all", "--org", UNION], "window-closed")
        .await;
    let audit = place.at.json(&["audit", "--org", UNION]).await;
    let outcomes: Vec<_> = audit.as_array().unwrap().iter().map(|act| act["outcome"].as_str().unwrap()).collect();
    assert!(outcomes.contains(&"refused: window-closed") && outcomes.contains(&"refused: window-upcoming"), "{audit}");

    // Extended for one organization: for it alone, and the record says why.
    let extend = ["window", "extend", "submission", "--org", UNION, "--reason", "系统故障"];
    let shorter = [&extend[..], &["--until", "2022-12-20"]].concat();
    refused(&place, "2022-12-26T08:00:00+08:00", &shorter, "not-extendable").await;
    let longer = [&extend[..], &["--until", "2022-12-27"]].concat();
    let window = done(&place, "2022-12-26T08:00:00+08:00", &longer).await;
    assert_eq!((&window["closes_at"], &window["state"]), (&"2022-12-28T00:00:00+08:00".into(), &"open".into()));
    done(&place, "2022-12-27T23:59:59+08:00", &submit).await;
    refused(&place, "2022-12-27T23:59:59+08:00", &["enroll", "submit", "--org", NEIGHBOUR], "window-closed").await;
    let windows = done(&place, NOON, &["window", "list"]).await;
    assert_eq!(windows.as_array().unwrap().iter().filter(|one| one["org"] == UNION).count(), 1);
    // What a closing has enforced is put right by undoing, not by an extension.
    let words = ["window", "extend", "final-submission", "--until", "2023-01-10", "--reason", "测试"];
    refused(&place, "2023-01-02T08:00:00+08:00", &words, "closing-enforced").await;
}

async fn reviewers_approve_and_return_and_a_resubmission_leaves_the_list(place: Place) {
    let _worker = place.ready().await;
    for (org, seed) in [(UNION, 72), (NEIGHBOUR, 73), ("90010501", 74)] {
        members(&place, org, seed).await;
        done(&place, NOON, &["enroll", "submit", "--org", org]).await;
    }
    let status = async |org: &str| done(&place, NOON, &["enroll", "show", "--org", org]).await["status"].clone();
    let listed = done(&place, NOON, &["review", "list", "--org", BUREAU, "--status", "submitted"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 3);
    // A secondary union reviews its own; the bureau's others are not there for it.
    let outcomes = done(&place, NOON, &["review", "approve", "90010501", "--org", "90010500"]).await;
    assert_eq!((&outcomes[0]["outcome"], &outcomes[0]["status"]), (&"done".into(), &"approved".into()));
    let other = at(&place, NOON, &["review", "approve", UNION, "--org", "90010500"]).await.code(1).json();
    assert_eq!(other[0]["code"], "not-submitted", "{other}");
    let once_more = done(&place, NOON, &["review", "approve", "90010501", "--org", "90010500"]).await;
    assert_eq!(once_more[0]["outcome"], "unchanged");
    // The secondary union can't return what is approved; the bureau can.
    let returned = ["review", "return", "90010501", "--reason", "people: 名单有误", "--org"];
    let by = async |org: &str| at(&place, NOON, &[&returned[..], &[org]].concat()).await;
    assert_eq!(by("90010500").await.code(1).json()[0]["code"], "wrong-role");
    assert_eq!(by(BUREAU).await.success().json()[0]["status"], "returned");
    let shown = done(&place, NOON, &["enroll", "show", "--org", "90010501"]).await;
    assert!(shown["reason"].as_str().unwrap().contains("名单有误"), "{shown}");
    let empty = ["review", "return", UNION, "--reason", " ", "--org", BUREAU];
    let _ = at(&place, NOON, &empty).await.code(2);

    let outcomes = done(&place, NOON, &["review", "approve", "--all", "--org", BUREAU]).await;
    assert_eq!(outcomes.as_array().unwrap().len(), 2, "the returned one waits for its unit: {outcomes}");
    done(&place, "2022-11-12T12:00:00+08:00", &["enroll", "submit", "--org", UNION]).await;
    assert_eq!(status(UNION).await, "submitted", "a resubmission takes the unit off the submission list");
    assert_eq!(status(NEIGHBOUR).await, "approved");

    // In the last days a return leaves no time, unless that is insisted on; the secondary union is closed by then.
    let late = "2022-12-28T12:00:00+08:00";
    let returned = ["review", "return", UNION, "--reason", "people", "--org", BUREAU];
    assert_eq!(at(&place, late, &returned).await.code(1).json()[0]["code"], "no-time-left");
    let insisted = [&returned[..], &["--yes"]].concat();
    assert_eq!(done(&place, late, &insisted).await[0]["status"], "returned");
    refused(&place, late, &["review", "approve", "--all", "--org", "90010500"], "window-closed").await;
    refused(&place, "2023-01-01T00:00:00+08:00", &["review", "approve", "--all", "--org", BUREAU], "window-closed")
        .await;
    refused(&place, NOON, &["review", "approve", "--all", "--org", UNION], "not-a-reviewer").await;
}

async fn a_bureau_splits_premiums_within_its_window(place: Place) {
    let _worker = place.ready().await;
    members(&place, UNION, 75).await;
    members(&place, STRANGER, 76).await;
    let set = |bureau: &'static str, unit: &'static str| {
        ["premium", "set", "--org", BUREAU, "--plan", "A", "--bureau", bureau, "--unit", unit]
    };
    let october = "2022-10-26T09:00:00+08:00";
    refused(&place, october, &set("13.00", "0.01"), "split").await;
    let _ = at(&place, october, &set("13.001", "0.00")).await.code(2);
    let split = done(&place, october, &set("10.00", "3.00")).await;
    assert_eq!(
        (&split["bureau_fen"], &split["unit_fen"], &split["municipal_fen"]),
        (&1000.into(), &300.into(), &1300.into())
    );
    refused(&place, "2022-11-01T00:00:00+08:00", &set("13.00", "0.00"), "window-closed").await;
    refused(&place, october, &["premium", "show", "--org", UNION], "not-a-bureau").await;
    let own = done(&place, NOON, &["enroll", "preview", "--org", UNION, "--plan", "A"]).await;
    assert_eq!(money(&own), [15600, 7800, 6000, 1800]);
    let other = done(&place, NOON, &["enroll", "preview", "--org", STRANGER, "--plan", "A"]).await;
    assert_eq!(money(&other), [15600, 7800, 7800, 0]);
}

async fn the_year_is_closed_to_the_wrong_people(place: Place) {
    let _worker = place.ready().await;
    account(&place, "clerk", "clerk", Some(UNION)).await;
    account(&place, "bureau", "bureau", Some(BUREAU)).await;
    account(&place, "centre", "centre", None).await;
    let year = YEAR;
    for (who, words, code) in [
        ("clerk", &["enroll", "preview", "--org", UNION][..], ""),
        ("clerk", &["enroll", "preview", "--org", NEIGHBOUR], "unknown"),
        ("clerk", &["enroll", "preview", "--org", BUREAU], "unknown"),
        ("clerk", &["review", "approve", "--all", "--org", BUREAU], "no-right"),
        ("clerk", &["premium", "show", "--org", BUREAU], "unknown"),
        ("clerk", &["window", "extend", "submission", "--until", "2030-01-01", "--reason", "x"], "no-right"),
        ("bureau", &["review", "list", "--org", BUREAU], ""),
        ("bureau", &["review", "list", "--org", "90020000"], "unknown"),
        ("bureau", &["premium", "set", "--org", "90020000", "--plan", "A", "--bureau", "13", "--unit", "0"], "unknown"),
        ("centre", &["enroll", "submit", "--org", UNION], "no-right"),
        ("centre", &["review", "list", "--org", BUREAU], ""),
    ] {
        let mut all = vec!["--as", who, "--json"];
        all.extend(words);
        all.extend(year);
        let outcome = place.at.run(&all).await;
        if code.is_empty() {
            let _ = outcome.success();
        } else {
            let error = outcome.code(1).json();
            assert_eq!(error["error"]["code"], code, "{who} {words:?}: {error}");
        }
    }
    refused(&place, NOON, &["enroll", "preview", "--org", "00000000"], "unknown").await;
    let words = ["--json", "enroll", "preview", "--year", "1999", "--org", UNION];
    assert_eq!(place.at.run(&words).await.code(1).json()["error"]["code"], "unknown-year");
}

async fn a_years_file_says_by_line_what_is_wrong_with_it(place: Place) {
    let _worker = place.ready().await;
    let text = place.at.json(&["year", "show", "2023"]).await["file"].as_str().unwrap().to_owned();
    let next = text.replace("2023-", "2024-").replace("2022-", "2023-").replace("year = 2023", "year = 2024");
    let file = place.at.file("2024.toml", next.replace("\"26.00\"", "\"27.00\""));
    let error = place.at.run(&["--json", "year", "load", file.to_str().unwrap()]).await.code(1).json();
    assert_eq!(error["error"]["code"], "year-file");
    assert!(error["error"]["message"].as_str().unwrap().contains("line"), "{error}");
    let file = place.at.file("2024.toml", next);
    let loaded = place.at.json(&["year", "load", file.to_str().unwrap()]).await;
    assert_eq!((&loaded["year"], &loaded["version"]), (&2024.into(), &1.into()));
    let years = place.at.json(&["year", "list"]).await;
    assert_eq!(
        years.as_array().unwrap().iter().map(|one| one["year"].as_i64().unwrap()).collect::<Vec<_>>(),
        [2024, 2023]
    );
    let diff = place.at.json(&["year", "diff", "2023", "2024"]).await;
    assert!(diff.as_array().unwrap().iter().any(|one| one["key"] == "year"), "{diff}");
    // A year that somebody has submitted for stays as it is.
    members(&place, UNION, 77).await;
    done(&place, NOON, &["enroll", "submit", "--org", UNION]).await;
    let file = place.at.file("2023.toml", text);
    let error = place.at.run(&["--json", "year", "load", file.to_str().unwrap()]).await.code(1).json();
    assert_eq!(error["error"]["code"], "year-in-use");
}
