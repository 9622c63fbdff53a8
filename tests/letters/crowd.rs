//! One opening is told to thousands, and the process that sends is stopped and killed in the middle: nobody is left out, and
//! nobody gets two mails but for those that were between the server's answer and the ledger when the process died.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use support::servers::postgres::fresh_database;
use support::servers::rabbitmq::SharedRabbit;
use support::servers::smtp::SmtpServer;
use support::workbook::{ORGANIZATION_HEADERS, Table};
use support::{Ended, Installation, Running, eventually, rounds};

/// How long a third of the mails may take on a busy machine.
const LONG: Duration = Duration::from_mins(4);
/// Mails of one process that are between the server's answer and the ledger at the most: one for each.
const CONNECTIONS: usize = 4;
/// What one unit more may cost the process at the most, in bytes: its row, its letter and its message, while the opening is told.
const BYTES_PER_UNIT: u64 = 12 << 10;
/// What the process may grow by besides, in bytes: pools, caches, connections.
const BYTES_BESIDES: u64 = 48 << 20;

#[tokio::test]
async fn an_opening_reaches_every_unit_once_through_a_stop_and_a_kill_embedded() {
    let (smtp, at) = (SmtpServer::start().await, Installation::embedded());
    tell(at, "serve", smtp).await;
}

#[tokio::test]
async fn an_opening_reaches_every_unit_once_through_a_stop_and_a_kill_distributed() {
    let (database, rabbit) = (fresh_database().await, SharedRabbit::fresh().await);
    let smtp = SmtpServer::start().await;
    let mut at = Installation::distributed(&database.url(), rabbit.url());
    at.set("broker.prefix", rabbit.prefix());
    tell(at, "worker", smtp).await;
}

/// A bureau for every hundred units.
fn organizations(units: usize) -> Table {
    let mut table = Table::new(&ORGANIZATION_HEADERS);
    let mut push = |code: &str, above: &str, level: &str| {
        let (name, email) = (format!("测试工会{code}"), format!("u{code}@example.org"));
        table.push(&[code, &name, above, level, "", "", "", "", "", "", "", &email]);
    };
    push("3199", "", "市总工会");
    for bureau in 0..units.div_ceil(100) {
        push(&format!("{:06}", 319_901 + bureau), "3199", "区局(产业)工会");
    }
    for unit in 0..units {
        push(&format!("31990{unit:06}"), &format!("{:06}", 319_901 + unit / 100), "基层工会");
    }
    table
}

async fn tell(mut at: Installation, role: &'static str, smtp: SmtpServer) {
    let units = usize::try_from(rounds(2_000, 10_000)).unwrap();
    for (key, value) in [
        ("mail.url", format!("{}?tls=none", smtp.url())),
        ("mail.rehearsal", "send".to_owned()),
        ("mail.per_minute", "1000000".to_owned()),
        ("mail.per_domain_per_minute", "1000000".to_owned()),
        ("mail.connections", CONNECTIONS.to_string()),
        ("worker.heartbeat_s", "1".to_owned()),
        ("worker.dead_after_s", "3".to_owned()),
        ("clock.mode", "simulated".to_owned()),
        ("clock.from", "2022-10-31T09:00:00+08:00".to_owned()),
    ] {
        at.set(key, value);
    }
    let tree = at.file("organizations.xlsx", organizations(units).xlsx());
    let uploaded = at.json(&["upload", "organizations", tree.to_str().unwrap(), "--wait"]).await;
    assert_eq!(uploaded["status"], "done", "{uploaded}");
    let before = smtp.taken();

    let mut running = at.start(&[role]).await;
    let at_rest = running.memory_bytes();
    let scheduler = if role == "worker" { Some(at.start(&["scheduler"]).await) } else { None };
    let _ = at.must(&["clock", "advance", "--to", "2022-11-01T09:00:00+08:00", "--no-wait"]).await;
    let mut most = at_rest;
    until_taken(&smtp, before + units / 3, &running, &mut most).await;
    assert_eq!(running.terminate().await, Ended::Code(0));
    let stopped = smtp.taken();
    assert!(stopped < before + units, "it was stopped in the middle");
    // By the mail and not by the address: a bureau may have been told of October before the clock moved.
    let sent: BTreeSet<String> = smtp.received().iter().map(|mail| mail.header("message-id").unwrap()).collect();
    assert_eq!(sent.len(), stopped, "a stop doubles nothing");

    running = at.start(&[role]).await;
    until_taken(&smtp, before + 2 * units / 3, &running, &mut most).await;
    running.kill();
    let killed = smtp.taken();
    assert!(killed < before + units, "it was killed in the middle");

    running = at.start(&[role]).await;
    until_taken(&smtp, before + units, &running, &mut most).await;
    let limit = at_rest + BYTES_BESIDES + BYTES_PER_UNIT * units as u64;
    assert!(most < limit, "{most} bytes at the most, {at_rest} at rest");
    let ledger = eventually(LONG, "the ledger is complete", async || {
        let ledger = at.json(&["mail", "list", "--most", "100000"]).await;
        let all = ledger.as_array()?.clone();
        // What the bureaus were to be told of October is over by now.
        all.iter().all(|mail| mail["status"] == "sent" || mail["status"] == "obsolete").then_some(all)
    })
    .await;
    assert_eq!(running.terminate().await, Ended::Code(0));
    drop(scheduler);
    complete(&smtp, &ledger, units);
}

/// Waits until the server has taken so many; notes the most memory that the process has used.
async fn until_taken(smtp: &SmtpServer, count: usize, running: &Running, most: &mut u64) {
    eventually(LONG, &format!("{count} mails have arrived"), async || {
        *most = running.memory_bytes().max(*most);
        (smtp.taken() >= count).then_some(())
    })
    .await;
}

/// Every unit has one mail in the ledger, each arrived at its address, and only what was tried twice arrived twice.
fn complete(smtp: &SmtpServer, ledger: &[Value], units: usize) {
    let opened: Vec<&Value> = ledger
        .iter()
        .filter(|mail| mail["kind"] == "window-opened" && mail["org"].as_str().is_some_and(|org| org.len() == 11))
        .collect();
    let of_units: BTreeSet<&str> = opened.iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    assert_eq!((opened.len(), of_units.len()), (units, units));
    assert!(opened.iter().all(|mail| mail["status"] == "sent"));
    let ledger: Vec<&Value> = ledger.iter().filter(|mail| mail["status"] == "sent").collect();
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in smtp.received() {
        let id = mail.header("message-id").unwrap();
        let id = id.trim_start_matches('<').split('@').next().unwrap();
        copies.entry(id.to_owned()).or_default().extend(mail.to);
    }
    assert_eq!(copies.len(), ledger.len(), "as many arrived as were sent");
    let mut doubled = 0;
    for mail in ledger {
        let id = mail["id"].as_str().unwrap();
        let to = copies.get(id).unwrap_or_else(|| panic!("{id} did not arrive"));
        assert!(to.iter().all(|address| address == mail["to"].as_str().unwrap()), "{to:?}");
        let attempts = mail["attempts"].as_u64().unwrap() as usize;
        assert!(to.len() <= attempts, "{} copies of {id}, tried {attempts} times", to.len());
        doubled += to.len() - 1;
    }
    assert!(doubled <= CONNECTIONS, "{doubled} arrived twice");
}
