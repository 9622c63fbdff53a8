//! Tests of the layers, the errors and the table.

use std::collections::HashSet;

use super::*;

fn with_file(toml: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollcall.toml");
    std::fs::write(&path, toml).unwrap();
    (folder, Sources { file: Some(path), ..Sources::default() })
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn flag_error(name: &str, value: &str) -> String {
    Config::read(&Sources { flags: vec![pair(name, value)], ..Sources::default() }).unwrap_err().to_string()
}

#[test]
fn the_table_and_the_tree_agree_both_ways() {
    // A key of the table that the tree lacks is refused by deny_unknown_fields, a field without a row is missed.
    let config = Config::defaults().unwrap();
    let names: HashSet<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(names.len(), KEYS.len(), "a key stands twice");
    assert_eq!(in_force(&config).len(), KEYS.len());
    for key in KEYS {
        assert!(key.values.parse(key.default).is_some(), "{} does not take its own default", key.name);
        assert!(key.about.ends_with(['.', '…', ')']), "{}: {}", key.name, key.about);
        assert!(table_markdown().contains(&format!("| `{}` |", key.name)));
    }
}

#[test]
fn nothing_configured_is_the_embedded_engine() {
    let config = Config::defaults().unwrap();
    assert_eq!(config.data.dir.to_str(), Some("./rollcall-data"));
    assert!(config.database.url.is_empty() && config.files.url.is_empty() && config.mail.url.is_empty());
    assert_eq!(config.broker.url.expose(), "embedded");
    assert_eq!(config.limits.upload_bytes, 64 * 1024 * 1024);
    assert_eq!((config.data.encrypt, config.clock.mode), (Switch::Auto, ClockMode::System));
    assert!(in_force(&config).iter().all(|setting| setting.source == "default"));
}

#[test]
fn flags_beat_variables_beat_the_file_beats_defaults() {
    let (_folder, mut sources) =
        with_file("[worker]\nslots = 2\nbatch = 3\nheartbeat_s = 4\n[clock]\nfrom = 2022-10-25T00:00:00+08:00\n");
    sources.variables =
        vec![pair("ROLLCALL_WORKER__SLOTS", "7"), pair("ROLLCALL_WORKER__BATCH", "8"), pair("PATH", "x")];
    sources.flags = vec![pair("worker.slots", "9")];
    let config = Config::read(&sources).unwrap();
    assert_eq!((config.worker.slots, config.worker.batch, config.worker.heartbeat_s), (9, 8, 4));
    assert_eq!(config.clock.from.unwrap(), "2022-10-24T16:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let source = |name: &str| in_force(&config).iter().find(|s| s.key == name).unwrap().source.clone();
    assert_eq!(source("worker.slots"), "command line");
    assert_eq!(source("worker.batch"), "variable ROLLCALL_WORKER__BATCH");
    assert!(source("worker.heartbeat_s").ends_with("rollcall.toml"));
    assert_eq!(source("worker.shutdown_s"), "default");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one() {
    assert_eq!(flag_error("worker.slot", "1"), "unknown key worker.slot (command line); did you mean worker.slots?");
    let (_folder, sources) = with_file("[databse]\nurl = \"\"\n");
    let text = Config::read(&sources).unwrap_err().to_string();
    assert!(text.starts_with("unknown key databse.url (") && text.ends_with("did you mean database.url?"), "{text}");
}

#[test]
fn a_variable_with_one_underscore_is_no_silent_sqlite() {
    let sources = Sources { variables: vec![pair("ROLLCALL_DATABASE_URL", "postgres://h/d")], ..Sources::default() };
    let text = Config::read(&sources).unwrap_err().to_string();
    assert_eq!(text, "unknown key ROLLCALL_DATABASE_URL (environment); did you mean ROLLCALL_DATABASE__URL?");
    let sources = Sources { variables: vec![pair("ROLLCALL_ACCOUNT", "clerk")], ..Sources::default() };
    assert!(Config::read(&sources).is_ok());
}

#[test]
fn a_wrong_value_says_what_is_expected_and_where_it_stands() {
    assert_eq!(
        flag_error("worker.slots", "many"),
        "worker.slots = \"many\" (command line): expected a whole number from 1 to 256 (jobs)"
    );
    assert_eq!(
        flag_error("database.url", "mysql://u:pw@h/d"),
        "database.url = \"mysql://u:****@h/d\" (command line): expected nothing, postgres://… or postgresql://…"
    );
    assert_eq!(
        flag_error("data.key", "abc"),
        "data.key = \"****\" (command line): expected 64 hexadecimal digits, or nothing"
    );
    assert_eq!(flag_error("data.encrypt", "yes"), "data.encrypt = \"yes\" (command line): expected auto, on or off");
    assert!(flag_error("http.listen", "7317").contains("127.0.0.1:7317"));
    assert!(flag_error("clock.from", "2022-10-25").contains("+08:00"));
}

#[test]
fn a_wrong_value_is_told_though_a_later_layer_hides_it() {
    let (_folder, mut sources) = with_file("[worker]\nslots = 0\n");
    sources.flags = vec![pair("worker.slots", "1")];
    assert!(Config::read(&sources).unwrap_err().to_string().contains("rollcall.toml"));
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_told_by_name() {
    let missing = Sources { file: Some("nowhere/rollcall.toml".into()), ..Sources::default() };
    assert!(Config::read(&missing).unwrap_err().to_string().starts_with("configuration file nowhere/rollcall.toml: "));
    let (_folder, sources) = with_file("[worker\nslots = 1\n");
    let text = Config::read(&sources).unwrap_err().to_string();
    assert!(text.contains("line 1"), "{text}");
    let (_folder, sources) = with_file("[worker]\nslots = [1]\n");
    assert!(Config::read(&sources).unwrap_err().to_string().contains("one value, not a list"));
}

#[test]
fn every_number_is_taken_at_its_limits_and_refused_one_past_them() {
    for key in KEYS {
        let Values::Whole(min, max) = key.values else { continue };
        for fine in [min, max] {
            assert!(key.values.parse(&fine.to_string()).is_some(), "{} = {fine}", key.name);
        }
        assert!(key.values.parse(&(max + 1).to_string()).is_none(), "{}", key.name);
        assert!(min == 0 || key.values.parse(&(min - 1).to_string()).is_none(), "{}", key.name);
        assert!(key.values.parse("-1").is_none(), "{}", key.name);
    }
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    assert_eq!(
        flag_error("worker.dead_after_s", "10"),
        "worker.dead_after_s = \"10\" (command line): expected more than twice worker.heartbeat_s"
    );
    assert!(flag_error("limits.inflated_bytes", "1048576").contains("no less than limits.upload_bytes"));
}

#[test]
fn secrets_are_hidden_in_what_is_printed() {
    let key = "0123456789abcdef".repeat(4);
    let flags = vec![
        pair("data.key", &key),
        pair("database.url", "postgres://u:geheim@h/d"),
        pair("files.s3_secret_access_key", "geheim"),
        pair("mail.url", "smtp://u:geheim@h:25"),
    ];
    let config = Config::read(&Sources { flags, ..Sources::default() }).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://u:geheim@h/d");
    let shown = format!("{config:?}{:?}", in_force(&config));
    assert!(!shown.contains("geheim") && !shown.contains(&key), "{shown}");
    assert!(shown.contains("postgres://u:****@h/d"));
}
