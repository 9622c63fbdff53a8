//! Passwords in addresses of any shape are printed nowhere.

use support::{Installation, Outcome};

/// What no output may hold.
const SECRET: &str = "gehe!m";

fn holds_its_tongue(outcome: &Outcome, address: &str) {
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(SECRET) && !text.contains("gehe"), "{address}: {text}");
    }
}

#[tokio::test]
async fn the_doctor_and_the_settings_show_no_password_of_a_broker() {
    for address in [
        format!("amqp://u:{SECRET}@127.0.0.1:1,amqp://u:{SECRET}@127.0.0.1:2"),
        format!("amqp://u@127.0.0.1:1/a,amqp://u:{SECRET}@127.0.0.1:2/b"),
        format!("amqp://127.0.0.1:1,u:{SECRET}@127.0.0.1:2/x"),
        format!("amqp://u:{SECRET}/@127.0.0.1:1"),
        format!("amqp://u:{SECRET}@127.0.0.1:1/%2f?password={SECRET}"),
        format!("u:{SECRET}@127.0.0.1:1"),
        "amqp://u:gehe%21m@127.0.0.1:1".to_owned(),
    ] {
        let mut at = Installation::embedded();
        at.set("broker.url", &address);
        for words in [&["doctor"][..], &["doctor", "--json"], &["config"], &["org", "list"]] {
            holds_its_tongue(&at.run(words).await, &address);
        }
    }
}

#[tokio::test]
async fn nor_of_any_other_service() {
    for (key, address) in [
        ("database.url", format!("postgres://u:{SECRET}@127.0.0.1:port/db")),
        ("database.url", format!("host=127.0.0.1 password='{SECRET}' user=u")),
        ("database.url", format!("postgres://127.0.0.1:1/db?password={SECRET}&sslmode=maybe")),
        ("mail.url", format!("smtp://u:{SECRET}@127.0.0.1:1,smtp://u:{SECRET}@127.0.0.1:2")),
        ("mail.url", format!("smtp://u:{SECRET}@127.0.0.1:99999")),
        ("files.url", format!("s3://key:{SECRET}@bucket/prefix")),
        ("files.s3_endpoint", format!("http://key:{SECRET}@127.0.0.1:1")),
    ] {
        let mut at = Installation::embedded();
        at.set(key, &address);
        if key.contains("s3_") {
            at.set("files.url", "s3://bucket/prefix");
            at.set("files.s3_timeout_s", "1");
        }
        for words in [&["config"][..], &["doctor"]] {
            holds_its_tongue(&at.run(words).await, &address);
        }
    }
    let at = Installation::embedded();
    let file = at.file("rollcall.toml", format!("[broker]\nurl = \"amqp://u:{SECRET}@h\n"));
    holds_its_tongue(&at.run(&["--config", file.to_str().unwrap(), "config"]).await, "a broken file");
    holds_its_tongue(&at.run(&["--set", &format!("amqp://u:{SECRET}@h"), "config"]).await, "a broken flag");
}
