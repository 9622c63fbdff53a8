//! What every file of ours keeps to.

use super::nothing_to_complain_about;
use super::source::{Line, Source, files, lines};

/// Most lines of a file, without the tests in it.
const FILE_LINES: usize = 400;

/// Where a rule holds.
#[derive(PartialEq)]
enum Where {
    Everywhere,
    OutsideTests,
    InTests,
}

/// A word that must not be in the code.
struct Rule {
    word: &'static str,
    place: Where,
    /// Files that may, by the beginning of their path.
    except: &'static [&'static str],
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule { word: ".unwrap()", place: Where::OutsideTests, except: &[], instead: "return the error" },
    Rule { word: ".expect(", place: Where::OutsideTests, except: &[], instead: "return the error" },
    Rule { word: "todo!", place: Where::Everywhere, except: &[], instead: "write it" },
    Rule { word: "unimplemented!", place: Where::Everywhere, except: &[], instead: "write it" },
    Rule { word: "dbg!", place: Where::Everywhere, except: &[], instead: "log it" },
    Rule { word: "#[allow", place: Where::Everywhere, except: &[], instead: "#[expect(…, reason = …)]" },
    Rule { word: "#![allow", place: Where::Everywhere, except: &[], instead: "#![expect(…, reason = …)]" },
    Rule { word: "Utc::now", place: Where::Everywhere, except: &["shared/runtime/"], instead: "ask the clock" },
    Rule { word: "Local::now", place: Where::Everywhere, except: &["shared/runtime/"], instead: "ask the clock" },
    Rule { word: "SystemTime::now", place: Where::Everywhere, except: &["shared/runtime/"], instead: "ask the clock" },
    Rule { word: "sleep(", place: Where::InTests, except: &[], instead: "advance the clock, or support::eventually" },
    Rule { word: "#[ignore", place: Where::InTests, except: &[], instead: "support::rounds for what takes long" },
];

fn rust() -> Vec<Source> {
    files(&["rs"])
}

fn breaks(rule: &Rule, source: &Source, line: &Line) -> bool {
    let here = match rule.place {
        Where::Everywhere => true,
        Where::OutsideTests => !line.in_tests,
        Where::InTests => line.in_tests,
    };
    here && line.code.contains(rule.word) && !rule.except.iter().any(|path| source.path.starts_with(path))
}

#[test]
fn no_file_uses_a_forbidden_word() {
    let mut complaints = Vec::new();
    for source in rust() {
        for line in lines(&source) {
            let broken = RULES.iter().filter(|rule| breaks(rule, &source, &line));
            complaints.extend(
                broken.map(|rule| format!("{}:{}: {} — {}", source.path, line.number, rule.word, rule.instead)),
            );
        }
    }
    nothing_to_complain_about(&complaints);
}

#[test]
fn every_rust_file_opens_with_a_sentence() {
    let silent = rust().into_iter().filter(|source| !source.text.starts_with("//! "));
    nothing_to_complain_about(
        &silent.map(|source| format!("{}:1: begins without //!", source.path)).collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_is_longer_than_400_lines_before_its_tests() {
    let mut complaints = Vec::new();
    for source in rust() {
        let whole = source.path.starts_with("tests/");
        let count = lines(&source).iter().filter(|line| whole || !line.in_tests).count();
        if count > FILE_LINES {
            complaints.push(format!("{}:{FILE_LINES}: {count} lines; split it by idea", source.path));
        }
    }
    nothing_to_complain_about(&complaints);
}

#[test]
fn sql_takes_the_moment_as_a_bind_and_never_asks_the_server() {
    let mut complaints = Vec::new();
    let migrations = files(&["sql"]).into_iter().flat_map(|source| {
        let lines: Vec<String> = source.text.lines().map(|line| line.split("--").next().unwrap().to_owned()).collect();
        lines
            .into_iter()
            .enumerate()
            .map(move |(index, line)| (source.path.clone(), index + 1, line))
            .collect::<Vec<_>>()
    });
    // `doctor` asks for the server's time in order to compare clocks, and nothing is done with it.
    let may = |path: &str| path.starts_with("tests/house/") || path == "shared/store/src/doctor.rs";
    let statements = rust().into_iter().filter(|source| !may(&source.path)).flat_map(|source| {
        lines(&source).into_iter().map(|line| (source.path.clone(), line.number, line.strings)).collect::<Vec<_>>()
    });
    for (path, number, sql) in migrations.chain(statements) {
        if asks_the_server(&sql) {
            complaints.push(format!("{path}:{number}: bind the moment instead of asking the database"));
        }
    }
    nothing_to_complain_about(&complaints);
}

/// Whether SQL calls a clock function; words that merely end alike (`machine_now()`) don't count.
fn asks_the_server(sql: &str) -> bool {
    let sql = sql.to_lowercase();
    let called = |word: &str| {
        sql.match_indices(word)
            .any(|(at, _)| !sql[..at].ends_with(|before: char| before.is_alphanumeric() || "_.:`".contains(before)))
    };
    ["now()", "current_timestamp", "clock_timestamp()", "statement_timestamp()", "datetime('now", "julianday('now"]
        .into_iter()
        .any(called)
}

#[test]
fn clock_functions_are_told_from_names_that_end_alike() {
    assert!(asks_the_server("SET due_at = NOW()") && asks_the_server("DEFAULT CURRENT_TIMESTAMP"));
    assert!(!asks_the_server("clock.machine_now() known()") && !asks_the_server("Instant::now()"));
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let places = ["/wo", "/ro", "/ho"].iter().zip(["rk/", "ot/", "me/"]).map(|(a, b)| format!("{a}{b}"));
    let places: Vec<String> = places.collect();
    let mut complaints = Vec::new();
    for source in files(&["rs", "toml", "md", "sql", "yaml", "yml", "py", "sh", ""]) {
        for (index, line) in source.text.lines().enumerate() {
            if places.iter().any(|place| line.match_indices(place.as_str()).any(|(at, _)| starts_a_path(line, at))) {
                complaints.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    nothing_to_complain_about(&complaints);
}

/// Whether a slash begins an absolute path, and is not inside a relative one or an address.
fn starts_a_path(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_.-~}/".contains(before))
}
