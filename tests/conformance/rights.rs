//! The rights that `doctor --grants` prints are those that the statements need: no more, and no less.

use std::collections::BTreeSet;

use store::rights::{Verb, tables};

use super::coverage::sources;
use support::repository;

/// What follows each of these words in the statements of the store.
fn named(text: &str, words: &str) -> BTreeSet<String> {
    let names = text.split(words).skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    names.flatten().map(str::to_owned).collect()
}

fn statements() -> String {
    let all = sources(&repository().join("shared/store/src"));
    let code = all.iter().flat_map(|(_, text)| text.lines().filter(|line| !line.trim_start().starts_with("//")));
    code.map(|line| line.trim().trim_end_matches('\\')).collect::<Vec<_>>().join(" ")
}

/// The tables of inserts that change a row which is there.
fn upserts(text: &str) -> BTreeSet<String> {
    let inserts = text.split("INSERT INTO ").skip(1).filter(|rest| rest.contains("DO UPDATE"));
    let names = inserts.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    names.flatten().map(str::to_owned).collect()
}

#[test]
fn every_right_that_is_granted_is_used_and_every_right_that_is_used_is_granted() {
    let text = statements();
    let all: BTreeSet<String> = tables(Verb::Insert).into_iter().map(str::to_owned).collect();
    assert!(all.len() >= 44, "{all:?}");
    let mut changed: BTreeSet<String> = named(&text, "UPDATE ").union(&upserts(&text)).cloned().collect();
    changed.extend(named(&text, "UPDATE OF "));
    for (verb, used) in [(Verb::Update, changed), (Verb::Delete, named(&text, "DELETE FROM "))] {
        let granted: BTreeSet<String> = tables(verb).into_iter().map(str::to_owned).collect();
        let used: BTreeSet<String> = used.intersection(&all).cloned().collect();
        assert_eq!(granted, used, "{}: mend the lists in shared/store/src/rights.rs", verb.name());
    }
    let unknown: Vec<_> = named(&text, "INSERT INTO ").difference(&all).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
