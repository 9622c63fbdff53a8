//! The list of guards names tests that there are.

use super::nothing_to_complain_about;
use super::source::files;
use support::repository;

#[test]
fn every_guard_names_a_test_that_there_is() {
    let list = std::fs::read_to_string(repository().join("docs/reference/guards.md")).expect("the guards are listed");
    let sources = files(&["rs"]);
    let is_test = |name: &str| {
        let (function, listed) = (format!("fn {name}("), format!("    {name},\n"));
        sources.iter().any(|source| source.text.contains(&function) || source.text.contains(&listed))
    };
    let rows: Vec<&str> =
        list.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| guarded")).collect();
    assert!(rows.len() > 20, "the table of guards was not found");
    let mut complaints = Vec::new();
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            complaints.push(format!("docs/reference/guards.md: no test in {row}"));
        }
        let missing = names.iter().filter(|name| !is_test(name));
        complaints.extend(missing.map(|name| format!("docs/reference/guards.md: there is no test {name}")));
    }
    nothing_to_complain_about(&complaints);
}
