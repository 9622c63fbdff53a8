//! The README says what is so: its tables are generated, its links lead somewhere, its first upload walks as told.

use messages::Kind;
use support::{Installation, repository};

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// What stands between two markers.
fn block(text: &str, name: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let after = text.split_once(&open).unwrap_or_else(|| panic!("README.md has no {open}")).1;
    after.split_once(&close).unwrap_or_else(|| panic!("README.md has no {close}")).0.trim().to_owned()
}

/// Holds a generated block against the README; with `ROLLCALL_README=write` it is written anew.
fn holds(name: &str, expected: &str) {
    let text = readme();
    let kept = block(&text, name);
    if kept == expected.trim() {
        return;
    }
    if std::env::var_os("ROLLCALL_README").is_some_and(|value| value == "write") {
        let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
        let (before, rest) = text.split_once(&open).unwrap();
        let after = rest.split_once(&close).unwrap().1;
        let written = format!("{before}{open}\n\n{}\n\n{close}{after}", expected.trim());
        std::fs::write(repository().join("README.md"), written).unwrap();
        return;
    }
    panic!("README.md's {name} is not what the program says; ROLLCALL_README=write writes it. Expected:\n\n{expected}");
}

#[tokio::test]
async fn its_table_of_settings_is_what_the_program_prints() {
    let printed = Installation::embedded().must(&["config", "--table"]).await;
    holds("config-table", &printed);
}

#[test]
fn its_tables_of_messages_and_mails_are_made_from_the_code() {
    let mut kinds =
        "| message | queue | tries | longest wait before the next | what it is |\n|---|---|---|---|---|\n".to_owned();
    for row in &Kind::TABLE {
        let (base, cap) = (row.retry.base_ms as f64 / 1e3, row.retry.cap_ms / 1_000);
        let tries = match row.retry.days {
            0 => row.retry.attempts.to_string(),
            days => format!("for {days} days"),
        };
        let line =
            format!("| `{}` | `{}` | {tries} | {base} s doubling to {cap} s | {} |\n", row.name, row.queue, row.about);
        kinds.push_str(&line);
    }
    holds("kinds-table", &kinds);
    let mut mails = "| mail | when |\n|---|---|\n".to_owned();
    for kind in mail::template::KINDS {
        let line = format!("| `{}` | {} |\n", kind.name, kind.about);
        mails.push_str(&line);
    }
    holds("mails-table", &mails);
}

#[test]
fn the_rights_in_it_are_the_ones_of_the_code() {
    use domain::role::{Act, Role, may};
    let titles = Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>().join(" | ");
    let mut table = format!("| | {titles} |\n|---|{}\n", "---|".repeat(Role::ALL.len()));
    for act in Act::ALL {
        let marks: Vec<_> = Role::ALL.iter().map(|role| if may(*role, *act) { "x" } else { "" }).collect();
        let line = format!("| {} | {} |\n", act.name(), marks.join(" | "));
        table.push_str(&line);
    }
    holds("rights-table", &table);
}

#[test]
fn every_path_that_it_links_to_is_there() {
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let missing: Vec<_> = local.filter(|target| !repository().join(target).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn it_names_no_place_of_one_machine() {
    let text = readme();
    for folder in ["work", "root", "home", "tmp"].map(|name| format!("/{name}/")) {
        assert!(!text.contains(&folder), "{folder}");
    }
}
