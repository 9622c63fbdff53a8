//! The schema's versions, and the engine as a whole: opening, committing, answering, closing.

use store::{SchemaState, Store, StoreError, StoreSettings, migration_names, settings};

use super::engines::{Place, at, vault};

on_both_engines!(
    migrating_twice_changes_nothing,
    a_schema_is_older_until_it_is_migrated,
    a_newer_schema_is_refused_and_nobody_is_kept_waiting,
    a_migration_of_another_text_is_refused,
    a_unit_is_kept_or_thrown_away_as_a_whole,
    a_dropped_unit_leaves_nothing,
    others_see_what_is_committed_and_nothing_before,
    a_database_answers_and_tells_its_time_and_rights,
    a_closed_store_says_so,
);

async fn migrating_twice_changes_nothing(place: Place) {
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Current);
    assert!(place.store.migrate().await.unwrap().is_empty());
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Current);
}

#[tokio::test]
async fn an_empty_sqlite_is_migrated_once_by_two_at_once() {
    empty_is_migrated_once_by_two_at_once(Place::sqlite()).await;
}

#[tokio::test]
async fn an_empty_postgres_is_migrated_once_by_two_at_once() {
    empty_is_migrated_once_by_two_at_once(Place::postgres().await).await;
}

async fn empty_is_migrated_once_by_two_at_once(place: Place) {
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Empty);
    let (first, second) = (place.open(), place.open());
    let (mine, yours) = tokio::join!(first.migrate(), second.migrate());
    let mut applied = mine.unwrap();
    applied.extend(yours.unwrap());
    assert_eq!(applied, migration_names());
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Current);
}

async fn a_schema_is_older_until_it_is_migrated(place: Place) {
    place.change("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Older);
}

async fn a_newer_schema_is_refused_and_nobody_is_kept_waiting(place: Place) {
    place
        .change(
            "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
             SELECT 9999, 'of next year', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    assert_eq!(place.store.schema().await.unwrap(), SchemaState::Newer);
    // From several processes: the lock of one that was refused is free again.
    for store in [place.open(), place.open()] {
        let refused = store.migrate().await;
        assert!(matches!(&refused, Err(StoreError::Schema(said)) if said.contains("newer")), "{refused:?}");
        let again = place.store.migrate().await;
        assert!(matches!(again, Err(StoreError::Schema(_))), "{again:?}");
    }
}

async fn a_migration_of_another_text_is_refused(place: Place) {
    place.change("UPDATE _sqlx_migrations SET checksum = (SELECT checksum FROM _sqlx_migrations WHERE version = 2) WHERE version = 1").await;
    let refused = place.store.migrate().await;
    assert!(matches!(&refused, Err(StoreError::Schema(said)) if said.contains("another build")), "{refused:?}");
}

async fn a_unit_is_kept_or_thrown_away_as_a_whole(place: Place) {
    let store = &place.store;
    kept!(store, unit => settings::put(&mut unit, "a", "1"), settings::put(&mut unit, "b", "1"));
    let mut unit = store.begin().await.unwrap();
    settings::put(&mut unit, "a", "2").await.unwrap();
    settings::put(&mut unit, "c", "2").await.unwrap();
    assert_eq!(settings::find(&mut unit, "a").await.unwrap().as_deref(), Some("2"), "it sees its own");
    unit.rollback().await.unwrap();
    let found = async |key| seen!(store, view => settings::find(&mut view, key));
    assert_eq!(
        (found("a").await.as_deref(), found("b").await.as_deref(), found("c").await),
        (Some("1"), Some("1"), None)
    );
}

async fn a_dropped_unit_leaves_nothing(place: Place) {
    let mut unit = place.store.begin().await.unwrap();
    settings::put(&mut unit, "a", "1").await.unwrap();
    drop(unit);
    kept!(place.store, unit => settings::put(&mut unit, "b", "1"));
    assert_eq!(seen!(place.store, view => settings::find(&mut view, "a")), None);
}

async fn others_see_what_is_committed_and_nothing_before(place: Place) {
    let other = place.open();
    let mut view = place.store.view().await.unwrap();
    let before = place.store.data_version(&mut view).await.unwrap();
    assert_eq!(place.store.data_version(&mut view).await.unwrap(), before, "nobody has written");
    let mut unit = other.begin().await.unwrap();
    settings::put(&mut unit, "a", "1").await.unwrap();
    assert_eq!(settings::find(&mut view, "a").await.unwrap(), None);
    assert_eq!(place.store.data_version(&mut view).await.unwrap(), before);
    unit.commit().await.unwrap();
    assert_eq!(settings::find(&mut view, "a").await.unwrap().as_deref(), Some("1"));
    let after = place.store.data_version(&mut view).await.unwrap();
    assert_eq!((before.is_none(), after.is_none()), (place.is_postgres(), place.is_postgres()));
    assert_eq!(before == after, place.is_postgres(), "SQLite counts what others commit");
}

async fn a_database_answers_and_tells_its_time_and_rights(place: Place) {
    place.store.check().await.unwrap();
    let time = place.store.server_time().await.unwrap();
    assert_eq!(time.is_some(), place.is_postgres());
    assert!(time.is_none_or(|time| time > at(0)));
    let before = place.count("SELECT COUNT(*) FROM audit").await;
    assert_eq!(place.store.write_trouble(at(0)).await.unwrap(), None);
    assert_eq!(place.count("SELECT COUNT(*) FROM audit").await, before, "it is thrown away");
    assert_eq!(place.store.role().await.unwrap().is_some(), place.is_postgres());
}

async fn a_closed_store_says_so(place: Place) {
    let store = place.open();
    store.check().await.unwrap();
    store.close().await;
    assert!(matches!(store.begin().await.map(drop), Err(StoreError::Unreachable(_))));
    assert!(matches!(store.check().await, Err(StoreError::Unreachable(_))));
    place.store.check().await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_from_one_that_refuses() {
    let port = support::ports::free_port();
    let open = |url: &str| {
        let settings = StoreSettings { url: url.to_owned(), connections: 1, wait_s: 5 };
        Store::open(&settings, vault())
    };
    let nobody = open(&format!("postgres://postgres@127.0.0.1:{port}/none")).unwrap();
    assert!(matches!(nobody.check().await, Err(StoreError::Unreachable(_))));
    assert!(matches!(nobody.schema().await, Err(StoreError::Unreachable(_))));
    assert!(matches!(nobody.migrate().await, Err(StoreError::Unreachable(_))));
    let wrong = open("postgres://user:s3cret@host:port/").map(drop).unwrap_err();
    assert!(!wrong.to_string().contains("s3cret"), "{wrong}");
    assert!(matches!(open("mysql://localhost/x").map(drop), Err(StoreError::Schema(_))));
}
