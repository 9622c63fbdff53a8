//! The `PostgreSQL` helpers.

use super::a_process_mentions;
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use support::servers::postgres::{OwnPostgres, connect, fresh_database, shared_url};
use support::until;

async fn count(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

async fn exists(name: &str) -> bool {
    let mut server = connect(&shared_url()).await.unwrap();
    let found: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_optional(&mut server)
        .await
        .unwrap();
    found.is_some()
}

#[tokio::test]
async fn a_fresh_database_is_empty_and_is_dropped_although_somebody_is_connected() {
    let database = fresh_database().await;
    let name = database.name().to_owned();
    let mut connection = database.connect().await;
    assert_eq!(count(&mut connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await, 0);
    assert!(exists(&name).await);
    drop(database);
    assert!(!exists(&name).await);
    assert!(connection.ping().await.is_err());
}

#[tokio::test]
async fn a_fresh_database_is_dropped_when_its_test_panics() {
    let (told, name) = std::sync::mpsc::channel();
    let panicked = tokio::spawn(async move {
        let database = fresh_database().await;
        told.send(database.name().to_owned()).unwrap();
        panic!("on purpose: the database must go");
    });
    assert!(panicked.await.is_err());
    assert!(!exists(&name.recv().unwrap()).await);
}

#[tokio::test]
async fn an_own_server_keeps_what_was_committed_through_restart_and_kill() {
    let mut server = OwnPostgres::start().await;
    let folder = server.folder().to_path_buf();
    let mut connection = connect(&server.url()).await.unwrap();
    let durable: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.unwrap();
    assert_eq!(durable, "on");
    sqlx::raw_sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)").execute(&mut connection).await.unwrap();

    server.restart().await;
    assert!(connection.ping().await.is_err());
    let mut connection = connect(&server.url()).await.unwrap();
    sqlx::raw_sql("INSERT INTO kept VALUES (2)").execute(&mut connection).await.unwrap();

    server.kill();
    assert!(connect(&server.url()).await.is_err());
    server.start_again().await;
    let mut connection = connect(&server.url()).await.unwrap();
    assert_eq!(count(&mut connection, "SELECT count(*) FROM kept").await, 2);

    drop(server);
    assert!(!folder.exists());
    let text = folder.display().to_string();
    until(Duration::from_secs(20), "no process of the own server is left", || !a_process_mentions(&text)).await;
}
