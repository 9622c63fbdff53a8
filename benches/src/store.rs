//! Persons and memberships into the database, through `store` and by the engine's barest way: `COPY` on PostgreSQL, inserts
//! of many rows on `SQLite`. The same rows (read back from what `store` wrote), tables, indexes and durability; one unit each.

use std::time::Instant;

use chrono::Utc;
use futures_util::TryStreamExt as _;
use runtime::{Clock as _, SystemClock};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, FromRow, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use store::{
    Store, StoreSettings, Vault,
    memberships::{MembershipData, NewMembership},
    organizations::{OrganizationData, SealedOption},
    persons::NewPerson,
};

use crate::{
    Outcome,
    arguments::Arguments,
    people,
    services::Database,
    table::{Row, grouped, median},
};

const RUNS: usize = 3;
const UNIONS: u32 = 500;
const TABLES: [&str; 2] = ["persons", "memberships"];
const PERSON_COLUMNS: &str = "id, doc_kind, doc_key, doc_number, name, birth, sex, created_at, changed_at";
const MEMBERSHIP_COLUMNS: &str =
    "id, person_id, org_id, phone, employer, label, household, address, card_wanted, data_type, since, changed_at";
const COLUMNS: [&str; 2] = [PERSON_COLUMNS, MEMBERSHIP_COLUMNS];
/// Rows of one bare insert into `SQLite`; more is no faster.
const BLOCK: usize = 500;

/// The rows of the table.
pub async fn bench(arguments: &Arguments) -> Outcome<Vec<Row>> {
    let people: u32 = arguments.size(100_000, 20_000);
    let postgres = on_postgres(people).await;
    let sqlite = on_sqlite(people).await;
    let row = |engine: &str, peer: &str, found: Outcome<(f64, f64)>| {
        let title = format!("{} persons + memberships into {engine}", grouped(f64::from(people)));
        match found {
            Ok((own_s, bare_s)) => {
                // Each person is two rows.
                let rate = |s: f64| format!("{} rows/s ({s:.2} s)", grouped(f64::from(people) * 2.0 / s));
                let beside = format!("{peer}: {}", rate(bare_s));
                Row::of(title).measured(rate(own_s)).beside(beside).ratio(format!("{:.0} %", bare_s / own_s * 100.0))
            }
            Err(error) => Row::of(title).measured(format!("not measured: {error}")),
        }
        .aim("≥ 50 %")
    };
    Ok(vec![row("PostgreSQL", "bare COPY", postgres), row("SQLite", "bare multi-row INSERT", sqlite)])
}

/// What is written, sealed beforehand: sealing is not the database's.
struct Load {
    persons: Vec<NewPerson>,
    memberships: Vec<NewMembership>,
}

impl Load {
    fn make(vault: &Vault, people: u32) -> Outcome<Self> {
        let (mut persons, mut memberships) = (Vec::new(), Vec::new());
        for number in 0..people {
            let person = people::person(number);
            let doc_key = vault.doc_key(&format!("id-card:{}", person.id_number));
            persons.push(NewPerson {
                doc_kind: "id-card",
                doc_key,
                doc_number: vault.seal(&person.id_number)?,
                name: person.name,
                birth: Some(person.birth),
                sex: "male",
            });
            let data = MembershipData {
                phone: SealedOption(Some(vault.seal(&person.phone)?)),
                employer: Some(format!("第{}厂", number % UNIONS)),
                household: Some("本市城镇".to_owned()),
                data_type: Some("external".to_owned()),
                ..MembershipData::default()
            };
            memberships.push(NewMembership { doc_key, org_id: i64::from(number % UNIONS) + 1, upload: None, data });
        }
        Ok(Self { persons, memberships })
    }

    /// Seconds of one unit through `store`.
    async fn write(&self, store: &Store) -> Outcome<f64> {
        let now = SystemClock.business_now();
        let start = Instant::now();
        let mut unit = store.begin().await?;
        store::persons::insert(&mut unit, &self.persons, now).await?;
        store::memberships::open(&mut unit, &self.memberships, now).await?;
        unit.commit().await?;
        Ok(start.elapsed().as_secs_f64())
    }
}

async fn open(url: String, seals: bool) -> Outcome<Store> {
    let vault = Vault::new(&[7; 32], seals)?;
    let store = Store::open(&StoreSettings { url, connections: 2, wait_s: 30 }, vault)?;
    store.migrate().await?;
    let unions = (0..UNIONS).map(|number| OrganizationData {
        code: format!("3101{number:04}"),
        name: format!("第{number}厂工会"),
        parent_id: None,
        level: "base".to_owned(),
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: SealedOption(None),
        email: "union@example.org".to_owned(),
    });
    let mut unit = store.begin().await?;
    store::organizations::insert(&mut unit, &unions.collect::<Vec<_>>(), SystemClock.business_now()).await?;
    unit.commit().await?;
    Ok(store)
}

async fn on_postgres(people: u32) -> Outcome<(f64, f64)> {
    let (own, bare) = (Database::make().await?, Database::make().await?);
    let found = both_on_postgres(&own, &bare, people).await;
    own.drop().await?;
    bare.drop().await?;
    found
}

async fn both_on_postgres(own: &Database, bare: &Database, people: u32) -> Outcome<(f64, f64)> {
    let (store, bare_store) = (open(own.url.clone(), true).await?, open(bare.url.clone(), true).await?);
    let load = Load::make(store.vault(), people)?;
    let mut source = PgConnection::connect(&own.url).await?;
    let mut target = PgConnection::connect(&bare.url).await?;
    let (mut own_s, mut bare_s) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        source.execute("TRUNCATE persons, memberships CASCADE").await?;
        own_s.push(load.write(&store).await?);
        let rows = copy_out(&mut source).await?;
        target.execute("TRUNCATE persons, memberships CASCADE").await?;
        bare_s.push(copy_in(&mut target, rows).await?);
    }
    store.close().await;
    bare_store.close().await;
    Ok((median(own_s), median(bare_s)))
}

async fn copy_out(connection: &mut PgConnection) -> Outcome<Vec<Vec<u8>>> {
    let mut tables = Vec::new();
    for (table, columns) in TABLES.iter().zip(COLUMNS) {
        let sql = format!("COPY (SELECT {columns} FROM {table} ORDER BY id) TO STDOUT (FORMAT BINARY)");
        let mut stream = connection.copy_out_raw(&sql).await?;
        let mut bytes = Vec::new();
        while let Some(part) = stream.try_next().await? {
            bytes.extend_from_slice(&part);
        }
        tables.push(bytes);
    }
    Ok(tables)
}

async fn copy_in(connection: &mut PgConnection, rows: Vec<Vec<u8>>) -> Outcome<f64> {
    let start = Instant::now();
    let mut transaction = connection.begin().await?;
    for ((table, columns), bytes) in TABLES.iter().zip(COLUMNS).zip(rows) {
        let sql = format!("COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)");
        let mut copy = transaction.copy_in_raw(&sql).await?;
        copy.send(bytes).await?;
        copy.finish().await?;
    }
    transaction.commit().await?;
    Ok(start.elapsed().as_secs_f64())
}

#[derive(FromRow)]
struct PersonRow {
    id: i64,
    doc_kind: String,
    doc_key: Vec<u8>,
    doc_number: Vec<u8>,
    name: String,
    birth: chrono::NaiveDate,
    sex: String,
    created_at: chrono::DateTime<Utc>,
    changed_at: chrono::DateTime<Utc>,
}

#[derive(FromRow)]
struct MembershipRow {
    id: i64,
    person_id: i64,
    org_id: i64,
    phone: Option<Vec<u8>>,
    employer: Option<String>,
    label: Option<String>,
    household: Option<String>,
    address: Option<String>,
    card_wanted: Option<bool>,
    data_type: Option<String>,
    since: chrono::DateTime<Utc>,
    changed_at: chrono::DateTime<Utc>,
}

async fn on_sqlite(people: u32) -> Outcome<(f64, f64)> {
    let (mut own_s, mut bare_s) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let store = open(format!("sqlite:{}", path("own.db").display()), false).await?;
        own_s.push(Load::make(store.vault(), people)?.write(&store).await?);
        store.close().await;
        let other = open(format!("sqlite:{}", path("bare.db").display()), false).await?;
        other.close().await;
        let mut source = connect(&path("own.db")).await?;
        let persons = sqlx::query_as("SELECT * FROM persons ORDER BY id").fetch_all(&mut source).await?;
        let memberships = sqlx::query_as("SELECT * FROM memberships ORDER BY id").fetch_all(&mut source).await?;
        bare_s.push(insert(connect(&path("bare.db")).await?, persons, memberships).await?);
    }
    Ok((median(own_s), median(bare_s)))
}

/// As `store` opens it.
async fn connect(path: &std::path::Path) -> Outcome<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-65536");
    Ok(SqliteConnection::connect_with(&options).await?)
}

async fn insert(
    mut connection: SqliteConnection,
    persons: Vec<PersonRow>,
    memberships: Vec<MembershipRow>,
) -> Outcome<f64> {
    let statement = |table: &str, columns: &str, rows: usize| {
        let marks = format!("({})", vec!["?"; columns.split(',').count()].join(","));
        AssertSqlSafe(format!("INSERT INTO {table} ({columns}) VALUES {}", vec![marks; rows].join(",")))
    };
    let start = Instant::now();
    let mut transaction = connection.begin().await?;
    for block in persons.chunks(BLOCK) {
        let mut query = sqlx::query(statement("persons", PERSON_COLUMNS, block.len()));
        for row in block {
            query = query.bind(row.id).bind(&row.doc_kind).bind(&row.doc_key).bind(&row.doc_number).bind(&row.name);
            query = query.bind(row.birth).bind(&row.sex).bind(row.created_at).bind(row.changed_at);
        }
        query.execute(&mut *transaction).await?;
    }
    for block in memberships.chunks(BLOCK) {
        let mut query = sqlx::query(statement("memberships", MEMBERSHIP_COLUMNS, block.len()));
        for row in block {
            query = query.bind(row.id).bind(row.person_id).bind(row.org_id).bind(&row.phone).bind(&row.employer);
            query = query.bind(&row.label).bind(&row.household).bind(&row.address).bind(row.card_wanted);
            query = query.bind(&row.data_type).bind(row.since).bind(row.changed_at);
        }
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(start.elapsed().as_secs_f64())
}
