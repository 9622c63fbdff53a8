//! A year rehearsed on a simulated clock: one instant that all processes of a database share, moved by an operator alone.

use std::time::Duration;

use serde_json::Value;
use support::{Installation, Outcome, Running, eventually};

use super::enrollment::members;
use super::place::{BUREAU, NEIGHBOUR, Place, UNION};
use super::rights::account;

on_both_engines!(
    a_year_is_lived_through_beside_a_running_serve,
    without_any_other_process_the_command_does_what_came_due,
    what_came_due_is_noticed_once_by_two_schedulers,
    the_clock_is_moved_by_an_operator_alone_and_never_back,
    nobody_simulates_beside_those_who_go_by_the_machines_time,
    a_rehearsal_on_data_that_has_lived_through_its_windows_is_warned_of,
);

const BEGINS: &str = "2022-10-20T09:00:00+08:00";
const DONE: Duration = Duration::from_mins(1);

async fn run(place: &Place, words: &[&str]) -> Outcome {
    place.at.run(&[&["--json"], words].concat()).await
}

async fn refused(place: &Place, words: &[&str], code: &str) -> Value {
    let error = run(place, words).await.code(1).json();
    assert_eq!(error["error"]["code"], code, "{words:?}: {error}");
    error
}

async fn advance(place: &Place, words: &[&str]) -> Value {
    place.at.json(&[&["clock", "advance"], words].concat()).await
}

async fn stands_at(place: &Place) -> String {
    place.at.json(&["clock", "show"]).await["business"].as_str().unwrap().to_owned()
}

/// Window and transition of what came due by a move, in its order; all of it was acted on.
fn due(advanced: &Value) -> Vec<(&str, &str)> {
    let all = advanced["due"].as_array().unwrap();
    assert!(all.iter().all(|one| !one["done_at"].is_null()), "{advanced}");
    all.iter().map(|one| (one["window"].as_str().unwrap(), one["transition"].as_str().unwrap())).collect()
}

fn outcome<'d>(advanced: &'d Value, window: &str, transition: &str) -> &'d str {
    let mut all = advanced["due"].as_array().unwrap().iter();
    let found = all.find(|one| one["window"] == window && one["transition"] == transition);
    found.unwrap_or_else(|| panic!("no {window} {transition} in {advanced}"))["outcome"].as_str().unwrap()
}

/// From here on, whoever starts first begins the simulation.
fn rehearsal(mut place: Place) -> Place {
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", BEGINS);
    place
}

async fn a_year_is_lived_through_beside_a_running_serve(place: Place) {
    let serve = place.at.start(&["serve", "--clock", "simulated", "--from", BEGINS]).await;
    let _worker = place.ready().await;
    members(&place, UNION, 91).await;
    let shown = place.at.json(&["clock", "show"]).await;
    assert_eq!((&shown["mode"], &shown["business"]), (&"simulated".into(), &BEGINS.into()), "{shown}");
    assert_eq!((&shown["next"]["window"], &shown["next"]["transition"]), (&"premium-setting".into(), &"opened".into()));
    let submit = ["enroll", "submit", "--year", "2023", "--org", UNION];
    refused(&place, &submit, "window-upcoming").await;

    let advanced = advance(&place, &["--to", "2022-11-10T12:00:00+08:00"]).await;
    let expected =
        [("premium-setting", "opened"), ("premium-setting", "closed"), ("submission", "opened"), ("review", "opened")];
    assert_eq!(due(&advanced)[..4], expected, "{advanced}");
    assert!(outcome(&advanced, "premium-setting", "opened").starts_with("nobody was told"), "{advanced}");
    assert_eq!(outcome(&advanced, "submission", "opened"), "mails 4");
    let told = place.letters().into_iter().filter(|letter| letter.to.contains(UNION)).count();
    assert!(told >= 1, "what was queued is sent when the command returns");
    let receipt = run(&place, &submit).await.success().json();
    assert_eq!(receipt["received_at"], "2022-11-10T12:00:00+08:00", "{receipt}");

    advance(&place, &["--to", "2022-12-25T23:59:59+08:00"]).await;
    let receipt = run(&place, &submit).await.success().json();
    assert_eq!(receipt["received_at"], "2022-12-25T23:59:59+08:00", "the last second counts");
    let advanced = advance(&place, &["1s"]).await;
    assert_eq!(advanced["now"], "2022-12-26T00:00:00+08:00");
    refused(&place, &submit, "window-closed").await;
    // One command may have an instant of its own; nothing else is moved by it.
    let other = run(&place, &[&["--at", "2022-12-01"], &submit[..]].concat()).await.success().json();
    assert_eq!(other["received_at"], "2022-12-01T00:00:00+08:00");
    assert_eq!(stands_at(&place).await, "2022-12-26T00:00:00+08:00");

    advance(&place, &["6d12h"]).await;
    has_failed_once(&place, UNION).await;
    goes_on(&place, serve).await;
}

/// The closing was enforced, by its own message or by the hourly check that came due with it.
async fn has_failed_once(place: &Place, org: &str) {
    let shown = place.at.json(&["enroll", "show", "--year", "2023", "--org", org]).await;
    assert_eq!(shown["status"], "failed", "{shown}");
    let drafts = place.at.json(&["instant", "list", "--year", "2023", "--org", BUREAU]).await;
    assert_eq!(drafts.as_array().unwrap().len(), 1, "{drafts}");
}

/// A process that is told nothing follows the clock of its database; one that asks for the machine's time is refused.
async fn goes_on(place: &Place, mut serve: Running) {
    let before = stands_at(place).await;
    serve.terminate().await;
    let mut serve = place.at.start(&["serve"]).await;
    serve.says(&format!("stands_at={before}"), DONE).await;
    refused(place, &["serve", "--clock", "system"], "clock").await;
    let moved = advance(place, &["36h"]).await;
    assert_eq!((&moved["before"], stands_at(place).await), (&before.into(), moved["now"].as_str().unwrap().to_owned()));
    // Machine time is another matter.
    let shown = place.at.json(&["clock", "show"]).await;
    assert!(shown["machine"].as_str() > shown["business"].as_str(), "{shown}");
}

async fn without_any_other_process_the_command_does_what_came_due(place: Place) {
    let place = rehearsal(place);
    let worker = place.ready().await;
    members(&place, UNION, 92).await;
    if let Some(mut worker) = worker {
        worker.terminate().await;
    }
    advance(&place, &["--to", "2022-11-10"]).await;
    let submit = ["enroll", "submit", "--year", "2023", "--org", UNION];
    let _ = run(&place, &submit).await.success();
    let forecast = place.at.json(&["forecast", "--year", "2023"]).await;
    assert_eq!((&forecast["window"], &forecast["submissions"]), (&"final-submission".into(), &1.into()), "{forecast}");
    let advanced = advance(&place, &["--to", "2023-01-01"]).await;
    assert!(due(&advanced).contains(&("final-submission", "closed")), "{advanced}");
    has_failed_once(&place, UNION).await;
    let queues = place.at.json(&["queue", "list"]).await;
    let left: i64 = queues.as_array().unwrap().iter().map(|one| one["ready"].as_i64().unwrap()).sum();
    assert_eq!(left, 0, "{queues}");
    assert_eq!(due(&advance(&place, &["--to", "2023-01-01"]).await), [], "it may stay where it is");
}

async fn what_came_due_is_noticed_once_by_two_schedulers(place: Place) {
    let place = rehearsal(place);
    let _worker = place.ready().await;
    let serve = place.at.start(&["serve"]).await;
    let schedulers = [place.at.start(&["scheduler"]).await, place.at.start(&["scheduler"]).await];
    let moves = ["20d", "20d", "20d"].map(|step| place.at.spawn(&["clock", "advance", step, "--no-wait"]));
    for mut one in moves {
        assert_eq!(one.wait(DONE).await, support::Ended::Code(0), "{}", one.log());
    }
    assert_eq!(stands_at(&place).await, "2022-12-19T09:00:00+08:00", "moves at once add up");
    let status = async || place.at.json(&["window", "status", "--year", "2023"]).await;
    eventually(DONE, "all that came due is acted on", async || {
        let status = status().await;
        let all = status.as_array().unwrap();
        (all.len() == 5 && all.iter().all(|one| !one["done_at"].is_null())).then_some(())
    })
    .await;
    // A scheduler that another process leads before notices nothing twice, nor does the command that moved the clock.
    advance(&place, &["60d"]).await;
    let status = status().await;
    let mut seen: Vec<String> =
        status.as_array().unwrap().iter().map(|one| format!("{} {}", one["window"], one["transition"])).collect();
    assert_eq!(seen.len(), 15, "{status}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 15, "{status}");
    drop((serve, schedulers));
}

async fn the_clock_is_moved_by_an_operator_alone_and_never_back(place: Place) {
    let place = rehearsal(place);
    let _worker = place.ready().await;
    account(&place, "li", "clerk", Some(UNION)).await;
    account(&place, "wang", "bureau", Some(BUREAU)).await;
    account(&place, "zhao", "federation", None).await;
    for who in ["li", "wang", "zhao"] {
        refused(&place, &["--as", who, "clock", "advance", "1d"], "no-right").await;
    }
    refused(&place, &["--as", "nobody", "clock", "advance", "1d"], "unknown-account").await;
    assert_eq!(stands_at(&place).await, BEGINS);
    advance(&place, &["1d"]).await;
    let back = refused(&place, &["clock", "advance", "--to", BEGINS], "clock-backwards").await;
    assert!(back["error"]["message"].as_str().unwrap().contains("2022-10-21T09:00:00+08:00"), "{back}");
    let audit = place.at.json(&["audit"]).await;
    let acts: Vec<_> = audit.as_array().unwrap().iter().filter(|act| act["act"] == "clock-advance").collect();
    assert_eq!(acts.len(), 1, "{audit}");
    assert_eq!((&acts[0]["account"], &acts[0]["outcome"]), (&"operator".into(), &"done".into()));
    let refusals = audit.as_array().unwrap().iter().filter(|act| act["act"] == "move-clock").count();
    assert_eq!(refusals, 5, "three who may not, one whom nobody knows, and one who went back: {audit}");
}

async fn nobody_simulates_beside_those_who_go_by_the_machines_time(mut place: Place) {
    let mut serve = place.at.start(&["serve"]).await;
    account(&place, "li", "federation", None).await;
    refused(&place, &["clock", "advance", "1d"], "not-simulated").await;
    let begin = ["--set", "clock.mode=simulated", "--set", "clock.from=2022-11-01T00:00:00+08:00", "clock", "show"];
    refused(&place, &begin, "already-serving").await;
    refused(&place, &[&["--as", "li"], &begin[..]].concat(), "no-right").await;
    assert_eq!(place.at.json(&["clock", "show"]).await["mode"], "system");
    serve.terminate().await;
    assert_eq!(run(&place, &begin).await.success().json()["mode"], "simulated");
    // Where it began later is no reason to begin again.
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", "2022-12-01T00:00:00+08:00");
    assert_eq!(stands_at(&place).await, "2022-11-01T00:00:00+08:00");
    place.at.unset("clock.mode");
    place.at.unset("clock.from");
    assert_eq!(stands_at(&place).await, "2022-11-01T00:00:00+08:00");
}

async fn a_rehearsal_on_data_that_has_lived_through_its_windows_is_warned_of(place: Place) {
    place.at.must(&["--at", "2022-12-01", "drain"]).await;
    let place = rehearsal(place);
    let warning = "this database has acted on windows of a later time";
    let mut serve = place.at.start(&["serve"]).await;
    assert!(serve.log().contains(warning), "{}", serve.log());
    serve.terminate().await;
    let serve = place.at.start(&["serve"]).await;
    assert_eq!(serve.log().matches(warning).count(), 0, "once is enough: {}", serve.log());
}

#[tokio::test]
async fn a_worker_that_slept_through_a_move_judges_by_the_time_after_it() {
    let place = rehearsal(Place::distributed().await);
    let mut worker = place.ready().await.unwrap();
    members(&place, NEIGHBOUR, 93).await;
    advance(&place, &["--to", "2022-12-25"]).await;
    let _ = run(&place, &["enroll", "submit", "--year", "2023", "--org", NEIGHBOUR]).await.success();
    worker.freeze();
    advance(&place, &["--to", "2023-01-01", "--no-wait"]).await;
    worker.resume();
    eventually(DONE, "the closing is enforced", async || {
        let status = place.at.json(&["window", "status", "--year", "2023"]).await;
        let mut all = status.as_array().unwrap().iter();
        all.any(|one| one["window"] == "final-submission" && one["transition"] == "closed" && !one["done_at"].is_null())
            .then_some(())
    })
    .await;
    has_failed_once(&place, NEIGHBOUR).await;
}

#[tokio::test]
async fn words_about_the_clock_that_make_no_sense_are_refused() {
    let at = Installation::embedded();
    for words in [
        &["serve", "--from", "2022-10-20"][..],
        &["serve", "--clock", "system", "--from", "2022-10-20"],
        &["worker", "--clock", "simulated", "--from", "soon"],
        &["scheduler", "--clock", "stopped"],
        &["clock", "advance"],
        &["clock", "advance", "5y"],
        &["clock", "advance", "1d", "--to", "2022-11-01"],
        &["clock", "advance", "--to", "2022-13-01"],
        &["--at", "2022-11-01", "clock", "show"],
        &["--at", "2022-11-01", "clock", "advance", "1d"],
    ] {
        let _ = at.run(words).await.code(2);
    }
    at.must(&["--set", "clock.mode=simulated", "--set", &format!("clock.from={BEGINS}"), "clock", "show"]).await;
    let _ = at.run(&["clock", "advance", "3000000d"]).await.code(2);
    let _ = at.run(&["clock", "advance", "--to", "9999-01-02"]).await.code(2);
    assert_eq!(at.json(&["clock", "show"]).await["business"], BEGINS);
}
