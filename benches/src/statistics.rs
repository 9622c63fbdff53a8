//! The statistics workbook of the whole federation: every one of 53,478 units has submitted.

use std::time::{Duration, Instant};

use ::store::{
    Store, StoreSettings, Vault,
    organizations::{Organization, OrganizationData, SealedOption},
    submissions::{self, Fen, Submission, Version},
};
use chrono::{DateTime, TimeZone as _, Utc};
use uuid::Uuid;

use crate::{
    Outcome,
    arguments::Arguments,
    machine,
    subject::Installation,
    table::{Row, grouped},
};

const LOOK_EVERY: Duration = Duration::from_millis(5);
const YEAR: i32 = 2023;
/// Units below one bureau.
const OF_BUREAU: usize = 540;

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let units: usize = arguments.size(53_478, 2_000);
    let installation = Installation::make(arguments, Vec::new())?;
    installation.json(&["migrate"], &[])?;
    let url = format!("sqlite:{}", installation.data().join("rollcall.db").display());
    let store = Store::open(&StoreSettings { url, connections: 2, wait_s: 20 }, Vault::new(&[7; 32], false)?)?;
    fill(&store, units).await?;
    store.close().await;
    let mut rows = Vec::new();
    for list in [None, Some("units")] {
        let name = list.unwrap_or("statistics");
        let file = installation.folder.path().join(format!("{name}.xlsx"));
        let mut words = vec!["stats", "--year", "2023"];
        words.extend(list.map(|list| ["--list", list]).into_iter().flatten());
        words.push("-o");
        let start = Instant::now();
        let mut asked = installation.spawn(&words, std::slice::from_ref(&file))?;
        let (mut most_mb, mut cpu_s) = (0.0_f64, 0.0_f64);
        while !asked.ended()? {
            most_mb = most_mb.max(machine::memory_mb(asked.pid(), "VmHWM"));
            cpu_s = cpu_s.max(machine::cpu_s(asked.pid()));
            std::thread::sleep(LOOK_EVERY);
        }
        let wall_s = start.elapsed().as_secs_f64();
        let document = asked.document()?;
        let written = document[if list.is_some() { "rows" } else { "units" }].as_u64();
        if written != Some(units as u64) {
            return Err(format!("the workbook has not {units} units: {document}").into());
        }
        rows.push(
            Row::of(format!("stats ({name}) of {} units as a workbook, SQLite", grouped(units as f64)))
                .measured(format!("{wall_s:.1} s, {cpu_s:.1} s of processor, {most_mb:.0} MB at the most"))
                .beside(format!("{:.1} MB", std::fs::metadata(&file)?.len() as f64 / 1e6)),
        );
    }
    Ok(rows)
}

fn received() -> DateTime<Utc> {
    Utc.timestamp_opt(1_668_000_000, 0).single().unwrap_or_default()
}

/// A federation with its bureaus, each with a secondary union that has half of its units.
async fn fill(store: &Store, units: usize) -> Outcome<()> {
    let mut unit = store.begin().await?;
    let now = received();
    let data = |code: String, parent: Option<&Organization>, level: &str| OrganizationData {
        name: format!("示例工会{code}"),
        email: format!("{code}@example.org"),
        code,
        parent_id: parent.map(|parent| parent.id),
        level: level.to_owned(),
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: SealedOption::default(),
    };
    ::store::organizations::insert(&mut unit, &[data("3199".to_owned(), None, "municipal")], now).await?;
    let root = ::store::organizations::root(&mut unit).await?.ok_or("the root is not there")?;
    for bureau in 0..units.div_ceil(OF_BUREAU) {
        let code = format!("3199{bureau:03}");
        let new = [data(code.clone(), Some(&root), "bureau")];
        ::store::organizations::insert(&mut unit, &new, now).await?;
        let of = ::store::organizations::find(&mut unit, &code).await?.ok_or("a bureau is not there")?;
        let new = [data(format!("{code}9"), Some(&of), "secondary")];
        ::store::organizations::insert(&mut unit, &new, now).await?;
        let below = ::store::organizations::find(&mut unit, &format!("{code}9")).await?.ok_or("it is not there")?;
        let numbers = bureau * OF_BUREAU..units.min((bureau + 1) * OF_BUREAU);
        let above = |number: usize| if number.is_multiple_of(2) { &of } else { &below };
        let new: Vec<_> =
            numbers.map(|number| data(format!("{code}{number:06}"), Some(above(number)), "grassroots")).collect();
        ::store::organizations::insert(&mut unit, &new, now).await?;
        for (number, org) in (1..).zip(::store::organizations::list_below(&mut unit, &of.path).await?) {
            if org.level == "grassroots" {
                submit(&mut unit, &org, of.id, number).await?;
            }
        }
    }
    Ok(unit.commit().await?)
}

async fn submit(unit: &mut ::store::Unit, org: &Organization, bureau_id: i64, number: i64) -> Outcome<()> {
    let (people, now) = (number * 97 % 900 + 3, received());
    let fen = Fen { total: people * 2600, municipal: people * 1300, bureau: people * 1300, unit: 0 };
    let id = Uuid::from_u128(u128::try_from(org.id)?);
    let new = Submission {
        id: 0,
        year: YEAR,
        org_id: org.id,
        org_code: org.code.clone(),
        org_name: org.name.clone(),
        org_path: org.path.clone(),
        org_email: org.email.clone(),
        bureau_id,
        number: format!("DW{YEAR}-{}-1", org.code),
        status: "submitted".to_owned(),
        version_id: id,
        version: 1,
        plan: "A".to_owned(),
        people,
        fen,
        received_at: now,
        batch_id: None,
        reason_code: None,
        reason: None,
        reviewed_by: None,
        reviewed_at: None,
        submitted_at: now,
        changed_at: now,
    };
    let submission_id = submissions::add(unit, &new).await?;
    let version = Version {
        id,
        submission_id,
        version: 1,
        plan: "A".to_owned(),
        members: people,
        no_card: 0,
        pending: 0,
        retired: 0,
        deceased: 0,
        people,
        fen,
        sha256: "0".repeat(64),
        undecided: "[]".to_owned(),
        cause: "submit".to_owned(),
        account: "operator".to_owned(),
        received_at: now,
    };
    Ok(submissions::add_version(unit, &version, &[]).await?)
}
