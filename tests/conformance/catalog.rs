//! Both engines have the same tables, columns, types, keys and indexes, as their own catalogs tell.

use std::collections::BTreeSet;

use sqlx::{Connection, Row, SqliteConnection};

use super::engines::Place;

/// One line per table's column, key and index.
type Catalog = BTreeSet<String>;

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let (sqlite, postgres) = (Place::sqlite(), Place::postgres().await);
    sqlite.store.migrate().await.unwrap();
    postgres.store.migrate().await.unwrap();
    let (ours, theirs) = (of_sqlite(&sqlite).await, of_postgres(&postgres).await);
    assert!(ours.len() > 150, "the catalog was read: {ours:#?}");
    let missing = |from: &Catalog, of: &Catalog| of.difference(from).cloned().collect::<Vec<_>>();
    let (only_postgres, only_sqlite) = (missing(&ours, &theirs), missing(&theirs, &ours));
    assert!(
        only_postgres.is_empty() && only_sqlite.is_empty(),
        "only on PostgreSQL: {only_postgres:#?}\nonly on SQLite: {only_sqlite:#?}"
    );
}

/// The literals of a condition: each engine writes the rest of it in its own way.
fn literals(condition: &str) -> String {
    let quoted: BTreeSet<&str> = condition.split('\'').skip(1).step_by(2).collect();
    quoted.into_iter().collect::<Vec<_>>().join(",")
}

fn column(table: &str, name: &str, kind: &str, nullable: bool) -> String {
    format!("{table}.{name} {kind}{}", if nullable { "" } else { " NOT NULL" })
}

fn index(table: &str, columns: &str, unique: bool, condition: Option<&str>) -> String {
    let unique = if unique { "unique" } else { "plain" };
    let partial = condition.map(|condition| format!(" where [{}]", literals(condition))).unwrap_or_default();
    format!("{table} {unique} index on {columns}{partial}")
}

async fn of_postgres(place: &Place) -> Catalog {
    let mut connection = place.database().unwrap().connect().await;
    let mut found = Catalog::new();
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' \
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";
    for row in sqlx::query(columns).fetch_all(&mut connection).await.unwrap() {
        found.insert(column(row.get(0), row.get(1), row.get(2), row.get(3)));
    }
    let indexes = "SELECT t.relname::text, (SELECT string_agg(COALESCE(a.attname, '(…)'), ',' ORDER BY k.place) \
        FROM UNNEST(i.indkey::int2[]) WITH ORDINALITY AS k (number, place) \
        LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0), \
        i.indisunique, pg_get_expr(i.indpred, i.indrelid) \
        FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace \
        WHERE n.nspname = 'public' AND t.relname <> '_sqlx_migrations'";
    for row in sqlx::query(indexes).fetch_all(&mut connection).await.unwrap() {
        found.insert(index(row.get(0), row.get(1), row.get(2), row.get::<Option<&str>, _>(3)));
    }
    let keys = "SELECT c.conrelid::regclass::text || '.' || a.attname || ' refers to ' || c.confrelid::regclass::text \
        FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f'";
    found.extend(sqlx::query_scalar::<_, String>(keys).fetch_all(&mut connection).await.unwrap());
    let checks = "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace";
    for row in sqlx::query(checks).fetch_all(&mut connection).await.unwrap() {
        found.insert(format!("{} check [{}]", row.get::<&str, _>(0), literals(row.get(1))));
    }
    found
}

async fn of_sqlite(place: &Place) -> Catalog {
    let mut connection: SqliteConnection = place.file().await;
    let mut found = Catalog::new();
    let tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'";
    for row in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
        let (table, sql): (String, String) = (row.get(0), row.get(1));
        for check in sql.split("CHECK (").skip(1) {
            let condition = check.split('\n').next().unwrap();
            found.insert(format!("{table} check [{}]", literals(condition)));
        }
        columns_of_sqlite(&mut connection, &table, &mut found).await;
        indexes_of_sqlite(&mut connection, &table, &mut found).await;
        let keys = "SELECT \"from\", \"table\" FROM pragma_foreign_key_list($1)";
        for row in sqlx::query(keys).bind(&table).fetch_all(&mut connection).await.unwrap() {
            found.insert(format!("{table}.{} refers to {}", row.get::<&str, _>(0), row.get::<&str, _>(1)));
        }
    }
    connection.close().await.unwrap();
    found
}

async fn columns_of_sqlite(connection: &mut SqliteConnection, table: &str, found: &mut Catalog) {
    let columns = "SELECT name, type, \"notnull\" OR pk > 0, pk FROM pragma_table_info($1)";
    for row in sqlx::query(columns).bind(table).fetch_all(connection).await.unwrap() {
        let (name, declared, pk): (&str, &str, i64) = (row.get(0), row.get(1), row.get(3));
        let kind = match (declared, name) {
            // SQLite has no types of their own for these; the name of a column tells ids from bytes.
            ("BLOB", name) if name == "id" || name.ends_with("_id") || name == "holder" => "uuid",
            ("BLOB", _) => "bytea",
            ("DATETIME", _) => "timestamp with time zone",
            // The alias of the row's number is 64 bits wide, whatever its name.
            ("INTEGER", _) if pk > 0 => "bigint",
            // A key that is no such alias.
            ("INT", _) => "integer",
            (other, _) => &other.to_lowercase(),
        };
        if declared == "INTEGER" && pk > 0 {
            found.insert(index(table, name, true, None));
        }
        found.insert(column(table, name, kind, row.get::<i64, _>(2) == 0));
    }
}

async fn indexes_of_sqlite(connection: &mut SqliteConnection, table: &str, found: &mut Catalog) {
    let indexes = "SELECT l.name, l.\"unique\", m.sql FROM pragma_index_list($1) AS l LEFT JOIN sqlite_master AS m ON m.name = l.name";
    for row in sqlx::query(indexes).bind(table).fetch_all(&mut *connection).await.unwrap() {
        let (name, unique, sql): (String, i64, Option<String>) = (row.get(0), row.get(1), row.get(2));
        let columns = "SELECT COALESCE(name, '(…)') FROM pragma_index_info($1) ORDER BY seqno";
        let columns: Vec<String> = sqlx::query_scalar(columns).bind(&name).fetch_all(&mut *connection).await.unwrap();
        let condition = sql.as_deref().and_then(|sql| sql.split_once(" WHERE ")).map(|(_, condition)| condition);
        found.insert(index(table, &columns.join(","), unique == 1, condition));
    }
}
