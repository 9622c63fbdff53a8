//! No statement of the store goes untried: every public async function occurs in these tests by its full name.

use std::collections::BTreeSet;
use std::path::Path;

use support::repository;

/// The Rust files below a folder, with their paths below it.
pub fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    found
}

/// A function of the store: its module (none for a method) and its name.
fn functions() -> BTreeSet<(Option<String>, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in sources(&repository().join("shared/store/src")) {
        for line in text.lines() {
            let Some(rest) = line.trim_start().strip_prefix("pub async fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap().to_owned();
            let module = path.split(['/', '.']).next().unwrap().to_owned();
            found.insert((Some(module).filter(|_| line.starts_with("pub")), name));
        }
    }
    found
}

/// Whether a test's file calls the function: `module::name(`, `.name(` for a method, or `name(` where the file imports
/// it from the module.
fn calls(text: &str, module: Option<&str>, name: &str) -> bool {
    let Some(module) = module else { return text.contains(&format!(".{name}(")) };
    let imported = text.split("use store::").skip(1).any(|import| {
        let import = import.split(';').next().unwrap();
        let names = import.strip_prefix(module).and_then(|rest| rest.strip_prefix("::"));
        names.is_some_and(|names| names.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name))
    });
    let called = |what: &str| {
        text.match_indices(what)
            .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_.:".contains(c)))
    };
    called(&format!("{module}::{name}(")) || imported && called(&format!("{name}(&mut "))
}

#[test]
fn a_test_exercises_every_function_of_the_store() {
    let functions = functions();
    assert!(functions.len() > 80, "the store was read: {functions:?}");
    let tests = sources(&repository().join("tests/conformance"));
    let untried: Vec<String> = functions
        .iter()
        .filter(|(module, name)| !tests.iter().any(|(_, text)| calls(text, module.as_deref(), name)))
        .map(|(module, name)| format!("{}::{name}", module.as_deref().unwrap_or("Store")))
        .collect();
    assert!(untried.is_empty(), "no test in tests/conformance calls: {untried:#?}");
}

#[test]
fn a_call_is_told_from_one_of_the_same_name() {
    let text =
        "use store::mails::{Mail, find};\nuse store::audit;\n find(&mut view, 1); audit::list(&mut view); a.begin()";
    assert!(calls(text, Some("mails"), "find") && calls(text, Some("audit"), "list") && calls(text, None, "begin"));
    assert!(
        !calls(text, Some("uploads"), "find") && !calls(text, Some("mails"), "list") && !calls(text, None, "check")
    );
}
