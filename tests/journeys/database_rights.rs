//! A role of the database that does not own the tables: with the rights that `doctor --grants` prints everything works, and
//! where one is missing `doctor` says which.

use sqlx::AssertSqlSafe;
use support::people::People;
use support::servers::postgres::{FreshDatabase, FreshRole, fresh_database, fresh_role};
use support::workbook::{REGISTRY_HEADERS, Table};
use support::{Installation, repository};

use super::place::{UNION, organizations};

/// An installation that enters its database as such a role.
struct Entered {
    at: Installation,
    database: FreshDatabase,
    // It goes last.
    role: FreshRole,
}

async fn change(database: &FreshDatabase, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut database.connect().await).await.unwrap();
}

async fn entered() -> Entered {
    let (role, database) = (fresh_role().await, fresh_database().await);
    let mut at = Installation::embedded();
    at.set("data.key", "ab".repeat(32));
    at.set("database.url", role.url(&database));
    Entered { at, database, role }
}

/// The same, set up by the owner of the database, with the printed rights.
async fn granted() -> Entered {
    let entered = entered().await;
    let owner = ["--set", &format!("database.url={}", entered.database.url()), "migrate"];
    let _ = entered.at.must(&owner).await;
    let script = entered.at.must(&["doctor", "--grants", entered.role.name()]).await;
    change(&entered.database, script).await;
    entered
}

async fn upload(at: &Installation, words: &[&str], table: &Table) -> String {
    let file = at.file("next.xlsx", table.xlsx());
    let all = [&["upload", words[0], file.to_str().unwrap()], &words[1..], &["--wait"]].concat();
    at.json(&all).await["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn with_the_printed_rights_a_role_uploads_and_submits() {
    let Entered { at, database: _database, role: _role } = granted().await;
    let doctor = at.must(&["doctor"]).await;
    assert!(!doctor.contains("WRONG"), "{doctor}");
    assert_eq!(upload(&at, &["organizations"], &organizations()).await, "done");
    let people = People::seeded(7).take(3);
    let members = Table::members("测试一厂工会", UNION, &people);
    assert_eq!(upload(&at, &["members", "--org", UNION, "--type", "external"], &members).await, "done");
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, &person.card, "是", "", "", ""]);
    }
    assert_eq!(upload(&at, &["registry"], &feed).await, "done");
    let submit = ["--at", "2022-11-08", "enroll", "submit", "--year", "2023", "--org", UNION, "--plan", "A", "--wait"];
    let _ = at.must(&submit).await;
    let shown = at.json(&["enroll", "show", "--year", "2023", "--org", UNION]).await;
    assert_eq!(shown["status"], "submitted", "{shown}");
}

#[tokio::test]
async fn each_missing_right_is_named_by_the_doctor_and_stops_the_work() {
    let Entered { at, database, role } = granted().await;
    assert_eq!(upload(&at, &["organizations"], &organizations()).await, "done");
    let mut people = People::seeded(8);
    for (right, named) in [
        ("INSERT ON uploads", "INSERT on uploads"),
        ("INSERT ON messages", "INSERT on messages"),
        ("INSERT ON audit", "INSERT on audit"),
        ("INSERT ON persons", "INSERT on persons"),
        ("UPDATE ON uploads", "UPDATE on uploads"),
        ("SELECT ON settings", "SELECT on settings"),
        ("SELECT ON _sqlx_migrations", "SELECT on _sqlx_migrations"),
        ("USAGE ON SEQUENCE persons_id_seq", "USAGE on sequence persons_id_seq"),
        ("USAGE ON SCHEMA public", "may use no schema"),
    ] {
        let from = if right.contains("SCHEMA") { format!("{}, PUBLIC", role.name()) } else { role.name().to_owned() };
        change(&database, format!("REVOKE {right} FROM {from}")).await;
        let doctor = at.run(&["doctor"]).await.code(1).stdout;
        let mut told = doctor.lines().skip_while(|line| !line.contains(named));
        assert!(told.next().is_some_and(|line| line.starts_with("WRONG  rights")), "{right}: {doctor}");
        assert!(told.next().is_some_and(|line| line.contains("-> ")), "{right}: {doctor}");

        let file = at.file("next.xlsx", Table::members("测试一厂工会", UNION, &people.take(1)).xlsx());
        let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external"];
        let accepted = at.run(&words).await;
        let drained = at.run(&["drain"]).await;
        change(&database, format!("GRANT {right} TO {}", role.name())).await;
        if accepted.ended == support::Ended::Code(0) && drained.ended == support::Ended::Code(0) {
            let uploads = at.json(&["upload", "list", "--most", "1"]).await;
            assert_ne!(uploads[0]["status"], "done", "{right} was not needed");
        }
        let doctor = at.must(&["doctor"]).await;
        assert!(!doctor.contains("WRONG"), "{right}: {doctor}");
    }
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_told_with_its_cause() {
    let Entered { at, database, role } = granted().await;
    change(&database, format!("ALTER ROLE {} SET default_transaction_read_only = on", role.name())).await;
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("WRONG  rights") && doctor.contains("default_transaction_read_only = off"), "{doctor}");
}

#[tokio::test]
async fn an_empty_database_in_which_a_role_may_make_nothing_is_told_before_the_first_command_fails() {
    let Entered { at, database, role } = entered().await;
    change(&database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned()).await;
    let doctor = at.run(&["doctor"]).await.code(1).stdout;
    assert!(doctor.contains("may make no tables in schema public"), "{doctor}");
    let _ = at.run(&["org", "list"]).await.code(3);
    change(&database, format!("GRANT CREATE ON SCHEMA public TO {}", role.name())).await;
    let doctor = at.must(&["doctor"]).await;
    assert!(!doctor.contains("WRONG"), "{doctor}");
    let _ = at.must(&["org", "list"]).await;
}

#[test]
fn the_page_of_rights_has_the_script() {
    let page = std::fs::read_to_string(repository().join("docs/operations/database-rights.md")).unwrap();
    let script = store::rights::grants("rollcall");
    assert!(page.contains(&script), "docs/operations/database-rights.md needs:\n{script}");
}
