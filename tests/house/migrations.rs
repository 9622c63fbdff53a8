//! The migrations and what their README says of them.

use super::nothing_to_complain_about;
use std::collections::{BTreeMap, BTreeSet};
use support::repository;

/// The migrations by number and name, each with the engines it is written for ("" is both).
fn migrations() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(repository().join("migrations")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if let Some(stem) = file.strip_suffix(".sql") {
            let (name, engine) = stem.split_once('.').unwrap_or((stem, ""));
            found.entry(name.to_owned()).or_default().insert(engine.to_owned());
        }
    }
    found
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("migrations/README.md"))
        .expect("migrations/README.md describes the tables")
}

#[test]
fn migrations_have_a_number_each_and_are_written_for_both_engines() {
    let mut complaints = Vec::new();
    let mut numbers = BTreeSet::new();
    for (name, engines) in migrations() {
        let number = name.split_once('_').map_or("", |(number, _)| number).to_owned();
        if number.len() != 4 || !number.bytes().all(|digit| digit.is_ascii_digit()) || !numbers.insert(number) {
            complaints.push(format!("migrations/{name}: begins with no number of its own, as 0001_"));
        }
        let engines: Vec<&str> = engines.iter().map(String::as_str).collect();
        if engines != [""] && engines != ["postgres", "sqlite"] {
            complaints
                .push(format!("migrations/{name}: one .sql, or .postgres.sql and .sqlite.sql; found {engines:?}"));
        }
    }
    nothing_to_complain_about(&complaints);
}

#[test]
fn the_readme_lists_every_migration_and_every_table() {
    let readme = readme();
    let mut complaints = Vec::new();
    for name in migrations().keys().filter(|name| !readme.contains(name.as_str())) {
        complaints.push(format!("migrations/README.md: does not list {name}"));
    }
    for table in tables() {
        if !readme.contains(&format!("`{table}`")) {
            complaints.push(format!("migrations/README.md: does not describe `{table}`"));
        }
    }
    nothing_to_complain_about(&complaints);
}

/// The names after CREATE TABLE in all migrations.
fn tables() -> BTreeSet<String> {
    super::source::files(&["sql"])
        .iter()
        .filter(|source| source.path.starts_with("migrations/"))
        .flat_map(|source| source.text.lines().filter_map(created).collect::<Vec<_>>())
        .collect()
}

fn created(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("CREATE TABLE ")?.trim_start_matches("IF NOT EXISTS ");
    Some(rest.split([' ', '(']).next()?.to_owned())
}
