//! The monitor: once where nobody looks, live at a terminal, and with the figures of the database.

use std::time::Duration;

use serde_json::Value;
use support::{Ended, Installation, Running, eventually, repository};

use super::enrollment::{NOON, members};
use super::place::{BUREAU, NEIGHBOUR, Place, STRANGER, UNION};

on_both_engines!(
    the_monitor_s_figures_are_those_of_the_database,
    a_terminal_shows_what_changes_and_a_pipe_gets_one_look,
);

const SOON: Duration = Duration::from_secs(40);
/// What clears a screen.
const CLEAR: &str = "\u{1b}[2J";
/// What goes to its upper left corner.
const HOME: &str = "\u{1b}[H";

/// Submitted, approved and returned of one bureau, nothing of the neighbour; one of another bureau.
async fn campaign(place: &Place) {
    for (org, seed) in [(UNION, 101), (NEIGHBOUR, 102), ("90010501", 103), (STRANGER, 104)] {
        members(place, org, seed).await;
    }
    for (org, plan) in [(UNION, "A"), ("90010501", "A+"), (STRANGER, "A+")] {
        act(place, &["enroll", "submit", "--org", org, "--plan", plan, "--wait"]).await;
    }
    act(place, &["review", "approve", UNION, "--org", BUREAU]).await;
    act(place, &["review", "return", STRANGER, "--org", "90020000", "--reason", "名单有误"]).await;
    let _ = place.at.must(&["drain", "--until-idle"]).await;
}

/// The clock stands at noon of a day within the submission window, for all processes.
async fn at_noon(place: &mut Place) -> Option<Running> {
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", NOON);
    place.ready().await
}

async fn act(place: &Place, words: &[&str]) -> Value {
    place.at.json(&[words, &["--year", "2023"]].concat()).await
}

/// Units of a status, people and money of what counts, of all submissions below an organization.
async fn on_record(place: &Place, org: &str) -> ([i64; 3], i64, [i64; 4]) {
    let list = act(place, &["review", "list", "--org", org]).await;
    let all = list.as_array().unwrap();
    let of = |status: &str| all.iter().filter(|one| one["status"] == status).count() as i64;
    let counts: Vec<&Value> = all.iter().filter(|one| one["status"] != "returned").collect();
    let sum = |of: &dyn Fn(&Value) -> i64| counts.iter().map(|one| of(one)).sum::<i64>();
    let money = ["total_fen", "municipal_fen", "bureau_fen", "unit_fen"]
        .map(|key| sum(&|one: &Value| one["money"][key].as_i64().unwrap()));
    (["submitted", "approved", "returned"].map(of), sum(&|one: &Value| one["people"].as_i64().unwrap()), money)
}

fn told(line: &Value) -> ([i64; 3], i64, [i64; 4]) {
    let number = |key: &str| line[key].as_i64().unwrap_or_else(|| panic!("no {key} in {line}"));
    let money =
        ["total_fen", "municipal_fen", "bureau_fen", "unit_fen"].map(|key| line["money"][key].as_i64().unwrap());
    (["submitted", "approved", "returned"].map(number), number("people"), money)
}

async fn the_monitor_s_figures_are_those_of_the_database(mut place: Place) {
    let _worker = at_noon(&mut place).await;
    campaign(&place).await;
    let monitor = act(&place, &["monitor", "--once"]).await;
    assert_eq!(told(&monitor["all"]), on_record(&place, "90000000").await, "{monitor}");
    assert_eq!(told(&monitor["all"]).0, [1, 1, 1]);
    for line in monitor["lines"].as_array().unwrap() {
        assert_eq!(told(line), on_record(&place, line["org"].as_str().unwrap()).await, "{line}");
    }
    let outstanding: Vec<_> = monitor["lines"].as_array().unwrap().iter().map(|line| &line["outstanding"]).collect();
    assert_eq!((outstanding, &monitor["all"]["outstanding"]), (vec![&1.into(), &1.into()], &2.into()));
    // A bureau sees its secondary unions, and no other bureau.
    let own = act(&place, &["monitor", "--once", "--org", BUREAU]).await;
    assert_eq!(told(&own["all"]), on_record(&place, BUREAU).await);
    assert_eq!((own["lines"].as_array().unwrap().len(), &own["lines"][0]["org"]), (1, &"90010500".into()));
    assert_eq!(told(&own["lines"][0]), on_record(&place, "90010500").await);
}

/// Starts the monitor at a terminal with so many lines.
fn at_a_terminal(at: &mut Installation, rows: &str) -> Running {
    let script = repository().join("tests/support/terminal.py").display().to_string();
    at.through(&["/usr/bin/python3", &script, rows, "200"]);
    let running = at.spawn(&["monitor", "--year", "2023", "--every", "1"]);
    at.through(&[]);
    running
}

/// The last whole screen, line by line.
fn screen(running: &Running) -> Vec<String> {
    let printed = running.stdout().replace('\r', "").replace(HOME, "");
    let screens: Vec<&str> = printed.split(CLEAR).collect();
    let last = screens.len().checked_sub(2).map_or("", |place| screens[place]);
    last.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The lines about unions, without the queues above them.
fn unions(lines: &[String]) -> Vec<String> {
    lines.iter().skip_while(|line| !line.starts_with("org ")).filter(|line| !line.is_empty()).cloned().collect()
}

async fn a_terminal_shows_what_changes_and_a_pipe_gets_one_look(mut place: Place) {
    let _worker = at_noon(&mut place).await;
    campaign(&place).await;
    let piped = place.at.must(&["monitor", "--year", "2023"]).await;
    assert!(
        piped.starts_with("coverage year 2023  2022-11-10T12:00:00+08:00\n") && !piped.contains('\u{1b}'),
        "{piped}"
    );
    let once: Vec<String> = piped.lines().map(|line| line.trim_end().to_owned()).collect();
    let row = |code: &str| unions(&once).into_iter().find(|line| line.starts_with(code)).unwrap();
    let cells = |code: &str| row(code).split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(cells(BUREAU), "1 1 0 0 0 1 12 612.00 156.00 456.00 0.00", "{piped}");
    assert_eq!(cells("90020000"), "0 0 1 0 0 1 0 0.00 0.00 0.00 0.00", "{piped}");

    let mut large = at_a_terminal(&mut place.at, "60");
    let mut small = at_a_terminal(&mut place.at, "9");
    eventually(SOON, "the terminal shows the unions", async || {
        (unions(&screen(&large)) == unions(&once)).then_some(())
    })
    .await;
    let cut =
        eventually(SOON, "the small terminal is full", async || Some(screen(&small)).filter(|lines| !lines.is_empty()))
            .await;
    assert!(cut.len() <= 9 && cut[0].starts_with("coverage year 2023"), "{cut:?}");
    assert!(cut.last().unwrap().ends_with("more lines: --once prints all"), "{cut:?}");

    act(&place, &["enroll", "submit", "--org", NEIGHBOUR, "--plan", "A"]).await;
    let _ = place.at.must(&["drain", "--until-idle"]).await;
    eventually(SOON, "the terminal shows the new submission", async || {
        let shown = unions(&screen(&large)).into_iter().find(|line| line.starts_with(BUREAU))?;
        let cells: Vec<&str> = shown.split_whitespace().skip(2).collect();
        (cells.join(" ") == "2 1 0 0 0 0 18 768.00 234.00 534.00 0.00").then_some(())
    })
    .await;
    for running in [&mut large, &mut small] {
        assert_eq!(running.terminate().await, Ended::Code(0), "Ctrl-C is how it ends: {}", running.stdout());
    }
}
