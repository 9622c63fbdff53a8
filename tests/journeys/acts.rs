//! Every command by every role: about one's own, what is below, sideways and above, and what is not there; with what it
//! answers, and what stands on record. What is expected is made from the table of rights of the domain.

mod table;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use domain::role::{Act, Role, may};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use support::Ended;

use self::table::{FREE, ROWS};
use self::things::{MISSING, OTHER_BUREAU, REVIEWED, Things, text, things};
use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, UNION};
use super::rights::account;

on_both_engines!(every_command_is_for_the_roles_of_its_act_in_their_own_tree);

#[tokio::test]
async fn no_command_is_missing_from_the_table() {
    let at = support::Installation::embedded();
    let mut known = BTreeSet::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let asked: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = at.must(&asked).await;
        let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let names: Vec<&str> = listed
            .lines()
            .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
            .filter_map(|rest| rest.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        if names.is_empty() || words == ["upload"] {
            known.insert(words.join(" "));
        }
        open.extend(names.into_iter().map(|name| [&words[..], &[name.to_owned()]].concat()));
    }
    assert!(known.len() > 70, "{known:?}");
    let table: BTreeSet<String> = ROWS.iter().map(|(_, words)| (*words).to_owned()).collect();
    let covers = |command: &String| {
        table.iter().any(|words| words == command || words.starts_with(&format!("{command} ")))
            || FREE.contains(&command.as_str())
    };
    let missing: Vec<_> = known.iter().filter(|command| !covers(command)).collect();
    assert!(missing.is_empty(), "neither in ROWS nor in FREE: {missing:?}");
    let gone: Vec<_> = FREE.iter().filter(|command| !known.contains(**command)).collect();
    assert!(gone.is_empty(), "not a command: {gone:?}");
}

const SECONDARY: &str = "90010500";

/// Accounts of the test: one per role, one that has lost all of them, and a name that is no account.
const WHO: [(&str, Option<Role>); 8] = [
    ("clerk", Some(Role::Clerk)),
    ("reviewer", Some(Role::Reviewer)),
    ("bureau", Some(Role::Bureau)),
    ("centre", Some(Role::Centre)),
    ("federation", Some(Role::Federation)),
    ("operator", Some(Role::Operator)),
    ("bare", None),
    ("nobody", None),
];

/// Whether what belongs to an organization is below where a role is held here.
fn reaches(role: Role, org: &str) -> bool {
    match role {
        Role::Clerk => org == UNION,
        Role::Reviewer => [SECONDARY, REVIEWED].contains(&org),
        Role::Bureau => org.starts_with("9001"),
        Role::Centre | Role::Federation | Role::Operator => true,
    }
}

/// One's own, below it, beside it, and above it.
fn places(role: Option<Role>) -> &'static [&'static str] {
    match role {
        Some(Role::Clerk) => &[UNION, NEIGHBOUR, BUREAU],
        Some(Role::Reviewer) => &[SECONDARY, REVIEWED, UNION, BUREAU],
        Some(Role::Bureau) => &[BUREAU, UNION, OTHER_BUREAU, ROOT],
        Some(Role::Centre | Role::Federation | Role::Operator) | None => &[ROOT, BUREAU],
    }
}

/// What a cell answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Whatever the command makes of it.
    Done,
    /// The account has no such right anywhere.
    NoRight,
    /// As what is not there.
    Unseen,
}

/// One command by one account.
struct Cell {
    row: usize,
    who: &'static str,
    act: Act,
    words: Vec<String>,
    /// What was put in for the word of the table.
    name: String,
    /// Whether it stands for what is not there.
    is_missing: bool,
    expected: Expected,
}

fn expected(role: Option<Role>, act: Act, org: Option<&str>, is_missing: bool) -> Expected {
    match role.filter(|role| may(*role, act)) {
        None => Expected::NoRight,
        Some(role) if is_missing || org.is_some_and(|org| !reaches(role, org)) => Expected::Unseen,
        Some(_) => Expected::Done,
    }
}

fn cells(things: &Things) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, (act, words)) in ROWS.iter().enumerate() {
        let words: Vec<&str> = words.split(' ').collect();
        let missing = MISSING.iter().find(|(word, _)| words.contains(word));
        for (who, role) in WHO {
            let mut push = |org: Option<&str>, name: &str, is_missing: bool| {
                let named = |word: &&str| missing.is_some_and(|(thing, _)| thing == word);
                let words = words.iter().map(|word| if named(word) { name } else { word }.to_owned()).collect();
                let (name, expected) = (name.to_owned(), expected(role, *act, org, is_missing));
                cells.push(Cell { row, who, act: *act, words, name, is_missing, expected });
            };
            let Some((word, gone)) = missing else {
                push(None, "", false);
                continue;
            };
            let all: Vec<(&str, &str)> = match things.get(word) {
                Some(all) => all.iter().map(|(org, name)| (*org, name.as_str())).collect(),
                None => places(role).iter().map(|org| (*org, *org)).collect(),
            };
            // Each process takes its time. Who has no such right anywhere is refused whatever it is about, and whose reach
            // is all sees all: there one thing tells it, and one that is not there.
            let role = role.filter(|role| may(*role, *act));
            let most = if role.is_some_and(|role| !role.is_at_root()) { all.len() } else { 1 };
            all.iter().take(most).for_each(|(org, name)| push(Some(org), name, false));
            // The whole tree's record has what was done at unions that are gone, too: no number is unknown to it.
            let sees_gone = *act == Act::SeeAudit && role.is_some_and(Role::is_at_root);
            if !matches!(who, "bare" | "nobody") && !sees_gone {
                push(None, gone, true);
            }
        }
    }
    cells
}

/// Exit code, code, and sentences with the name of what was asked for taken out.
type Answer = (Ended, String, String);

async fn ask(place: &Place, cell: &Cell) -> Answer {
    let mut words = vec!["--json", "--as", cell.who];
    words.extend(cell.words.iter().map(String::as_str));
    let outcome = place.at.run(&words).await;
    let answer = serde_json::from_str::<Value>(&outcome.stdout).unwrap_or_default();
    let error = &answer["error"];
    let said = format!("{} / {}", text(error, "message"), text(error, "hint"));
    let said = if cell.name.is_empty() { said } else { said.replace(&cell.name, "…") };
    (outcome.ended, text(error, "code"), said)
}

/// Complains of what a cell answers otherwise than the table of rights says.
fn complaint(cell: &Cell, answer: &Answer, of_missing: Option<&Answer>) -> Option<String> {
    let (ended, code, _) = answer;
    let refused = if cell.who == "nobody" { "unknown-account" } else { "no-right" };
    let is_refused = *ended == Ended::Code(1) && code == refused;
    let fits = match cell.expected {
        Expected::Done => !is_refused && of_missing.is_none_or(|missing| answer != missing),
        Expected::NoRight => is_refused && of_missing.is_none_or(|missing| answer == missing),
        Expected::Unseen => {
            *ended == Ended::Code(1) && !is_refused && of_missing.is_none_or(|missing| answer == missing)
        }
    };
    let wanted = cell.expected;
    (!fits).then(|| format!("{} {:?}: {wanted:?}, and it is {answer:?}; missing {of_missing:?}", cell.who, cell.words))
}

async fn every_command_is_for_the_roles_of_its_act_in_their_own_tree(place: Place) {
    let worker = place.ready().await;
    for name in ["junk.toml", "junk.xlsx"] {
        let _ = place.at.file(name, "junk");
    }
    for (role, org) in [("clerk", Some(UNION)), ("reviewer", Some(SECONDARY)), ("bureau", Some(BUREAU))] {
        account(&place, role, role, org).await;
    }
    for role in ["centre", "federation"] {
        account(&place, role, role, None).await;
    }
    place.at.must(&["account", "add", "bare"]).await;
    let things = things(&place).await;
    let mut cells = cells(&things);
    assert!(cells.len() > 1_200, "{}", cells.len());
    if place.services.is_some() {
        // The rights are the same there, and each process takes longer: a part of the commands, by every role.
        cells.retain(|cell| cell.row % 8 == 3);
    }
    let answers: Vec<Answer> = stream::iter(&cells).map(|cell| ask(&place, cell)).buffered(4).collect().await;
    let of_missing: BTreeMap<(usize, &str), &Answer> = cells
        .iter()
        .zip(&answers)
        .filter(|(cell, _)| cell.is_missing)
        .map(|(cell, answer)| ((cell.row, cell.who), answer))
        .collect();
    let wrong: Vec<String> = cells
        .iter()
        .zip(&answers)
        .filter_map(|(cell, answer)| {
            let missing = of_missing.get(&(cell.row, cell.who)).filter(|_| !cell.is_missing);
            complaint(cell, answer, missing.copied())
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));

    // Each refusal is on record once, with the code that was answered.
    let codes = ["no-right", "unknown-account", "unknown", "unknown-org"];
    let mut expected: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    // Of a look it is lack of right alone that is recorded, and not that there is nothing to be seen.
    let is_recorded = |cell: &Cell| cell.expected != Expected::Done || !cell.act.is_look();
    let refused =
        cells.iter().zip(&answers).filter(|(cell, (_, code, _))| codes.contains(&code.as_str()) && is_recorded(cell));
    for (cell, (_, code, _)) in refused {
        let key = (cell.who.to_owned(), cell.act.name().to_owned(), format!("refused: {code}"));
        *expected.entry(key).or_default() += 1;
    }
    let audit = place.at.json(&["audit", "--most", "100000"]).await;
    let mut recorded: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for act in audit.as_array().unwrap() {
        let outcome = text(act, "outcome");
        if outcome.strip_prefix("refused: ").is_some_and(|code| codes.contains(&code)) {
            *recorded.entry((text(act, "account"), text(act, "act"), outcome)).or_default() += 1;
        }
    }
    assert_eq!(recorded, expected, "each refusal is on record once");
    drop(worker);
}
