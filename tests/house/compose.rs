//! `compose.yaml` is read by docker-compose itself, and configures the roles with keys that exist.

use super::nothing_to_complain_about;
use std::process::Command;
use support::{repository, run_tool};

/// The file as docker-compose understands it; a missing docker-compose is a failure.
fn resolved() -> String {
    let mut compose = Command::new("docker-compose");
    compose.arg("--project-directory").arg(repository()).arg("-f").arg(repository().join("compose.yaml"));
    compose.env("ROLLCALL_DATA__KEY", "0".repeat(64));
    run_tool(compose.arg("config"))
}

#[test]
fn docker_compose_accepts_the_file_and_finds_every_service() {
    let resolved = resolved();
    let services = ["postgres", "rabbitmq", "s3", "s3-setup", "mail", "migrate", "worker", "scheduler"];
    let missing = services.iter().filter(|service| !resolved.contains(&format!("\n  {service}:\n")));
    nothing_to_complain_about(
        &missing.map(|service| format!("compose.yaml: no service {service}")).collect::<Vec<_>>(),
    );
}

#[test]
fn docker_compose_refuses_to_start_without_a_data_key() {
    let mut compose = Command::new("docker-compose");
    compose.arg("--project-directory").arg(repository()).arg("-f").arg(repository().join("compose.yaml"));
    let output = compose.arg("config").env("ROLLCALL_DATA__KEY", "").output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("openssl rand -hex 32"), "{said}");
}

#[test]
fn every_variable_in_the_file_is_a_key_of_the_configuration() {
    let known: Vec<String> = runtime::config::KEYS.iter().map(runtime::config::Key::variable).collect();
    let resolved = resolved();
    let named = resolved.lines().filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name);
    let unknown = named.filter(|name| name.starts_with("ROLLCALL_") && !known.iter().any(|key| key == name));
    nothing_to_complain_about(&unknown.map(|name| format!("compose.yaml: {name} is no key")).collect::<Vec<_>>());
}
