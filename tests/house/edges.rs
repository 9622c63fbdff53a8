//! Dependencies run one way: shared crates, then workers and scheduler, then the binary, then tests and benches.

use super::nothing_to_complain_about;
use cargo_metadata::{Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use support::repository;

const SHARED: [&str; 10] =
    ["domain", "messages", "sheets", "documents", "store", "broker", "files", "mail", "desk", "runtime"];
const ABOVE: [&str; 2] = ["workers", "scheduler"];

/// What a crate of ours may know of the others; `None` is a crate that nobody has placed yet.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    Some(match name {
        "domain" => vec![],
        "messages" | "documents" => vec!["domain"],
        "sheets" | "store" | "files" | "mail" | "runtime" => vec!["domain", "messages"],
        "broker" => vec!["domain", "messages", "store"],
        // The application layer sets `received_at` and makes the ids of what it writes: clocks and ids come from
        // `runtime`, which knows no other crate of ours that desk should not; the subjects of mails from `mail`.
        "desk" => vec!["domain", "messages", "store", "files", "mail", "runtime"],
        "workers" | "scheduler" => SHARED.to_vec(),
        "rollcall" => [&SHARED[..], &ABOVE].concat(),
        "tests" | "benches" => [&SHARED[..], &ABOVE, &["rollcall"]].concat(),
        _ => return None,
    })
}

fn workspace() -> Metadata {
    MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap()
}

#[test]
fn every_crate_knows_only_those_below_it() {
    let metadata = workspace();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = allowed(&package.name) else {
            complaints.push(format!("{}: give this crate a place in tests/house/edges.rs", package.manifest_path));
            continue;
        };
        let known = package.dependencies.iter().map(|dependency| dependency.name.as_str());
        let wrong: BTreeSet<&str> = known.filter(|name| ours.contains(name) && !allowed.contains(name)).collect();
        complaints.extend(
            wrong.iter().map(|name| format!("{}: {} must not know {name}", package.manifest_path, package.name)),
        );
    }
    nothing_to_complain_about(&complaints);
}

#[test]
fn every_crate_is_named_like_its_folder_and_takes_the_lints_of_the_workspace() {
    let mut complaints = Vec::new();
    for package in &workspace().packages {
        let folder = package.manifest_path.parent().unwrap();
        if folder.file_name() != Some(package.name.as_str()) {
            complaints.push(format!("{folder}: holds the crate {}", package.name));
        }
        if !std::fs::read_to_string(&package.manifest_path).unwrap().contains("[lints]\nworkspace = true") {
            complaints.push(format!("{}: lacks `[lints] workspace = true`", package.manifest_path));
        }
    }
    nothing_to_complain_about(&complaints);
}

#[test]
fn the_pure_core_has_no_way_to_reach_the_world() {
    let forbidden = ["tokio", "sqlx", "lapin", "reqwest", "object_store", "axum", "lettre", "async-trait", "rand"];
    let by_name: BTreeMap<_, _> =
        workspace().packages.into_iter().map(|package| (package.name.to_string(), package.dependencies)).collect();
    let wrong: Vec<String> = ["domain", "documents"]
        .iter()
        .flat_map(|pure| by_name[*pure].iter().map(move |dependency| (pure, dependency)))
        .filter(|(_, dependency)| forbidden.contains(&dependency.name.as_str()))
        .map(|(pure, dependency)| format!("shared/{pure}/Cargo.toml: {}", dependency.name))
        .collect();
    nothing_to_complain_about(&wrong);
}
