//! What is asked about the people of a few lists, or of a page of a file, reads these, and not what all the others of the year
//! hold; whatever a planner believes of tables that have grown since it last looked.

use store::{
    Conn, Session, Unit, batches, candidates, comparisons, facts, instants, memberships, persons, submissions,
};

use super::engines::{Place, at, id};
use super::organizations::add;
use super::registry::{join, key, membership, person, put_facts, silent};
use super::submissions::submit;

on_both_engines!(the_lists_of_others_are_not_gone_through, a_page_of_a_file_does_not_go_through_everybody);

const LISTS: i64 = 60;
const PEOPLE: i64 = 300;

/// How often this unit has gone through one of these tables from end to end. `SQLite` keeps no count; there the order of a
/// statement's tables stands.
async fn times_gone_through(unit: &mut Unit, tables: &[&str]) -> i64 {
    let Conn::Postgres(connection) = unit.conn() else { return 0 };
    let sql = "SELECT CAST(SUM(seq_scan) AS BIGINT) FROM pg_stat_xact_user_tables WHERE relname = ANY($1)";
    sqlx::query_scalar(sql).bind(tables).fetch_one(connection).await.unwrap()
}

async fn the_lists_of_others_are_not_gone_through(place: Place) {
    let store = &place.store;
    let bureau = add(store, "3", None, "bureau").await;
    let mut ids = Vec::new();
    for list in 0..LISTS {
        let org = add(store, &format!("3{list:03}"), Some(&bureau), "unit").await;
        // The last person of each list is the first of the next.
        let people: Vec<i64> = (list * (PEOPLE - 1)..).take(usize::try_from(PEOPLE).unwrap()).collect();
        ids.push(submit(store, &org, 1 + u128::from(list.unsigned_abs()), &people).await);
    }
    let mut unit = store.begin().await.unwrap();
    let before = times_gone_through(&mut unit, &["submission_people"]).await;
    let shared = submissions::shared(&mut unit, &ids[5..6]).await.unwrap();
    let brief: Vec<_> = shared.iter().map(|one| (one.person_id, one.other_id)).collect();
    assert_eq!(brief, [(5 * (PEOPLE - 1), ids[4]), (6 * (PEOPLE - 1), ids[6])]);
    let counted = batches::count_people(&mut unit, &ids[5..7]).await.unwrap();
    assert_eq!(counted.len(), 2);
    assert!(counted.iter().all(|(_, people)| *people == PEOPLE));
    let people = submissions::people_of(&mut unit, &[id(6), id(7)]).await.unwrap();
    assert_eq!(people.len() as i64, 2 * PEOPLE);
    let persons: Vec<i64> = people.iter().take(100).map(|(_, one)| one.person_id).collect();
    let covered = instants::covered(&mut unit, 2023, &persons).await.unwrap();
    assert_eq!(covered.len(), persons.len() + 1, "one of them stands in two lists");
    assert!(instants::covered_until(&mut unit, 2024, &persons).await.unwrap().is_empty());
    assert_eq!(times_gone_through(&mut unit, &["submission_people"]).await, before);
}

/// Members, and the rows of a page: enough for a planner to prefer one walk through all to so many look-ups.
const MEMBERS: u32 = 4_000;
const PAGE: u32 = 1_500;

async fn a_page_of_a_file_does_not_go_through_everybody(place: Place) {
    let store = &place.store;
    let org = add(store, "3", None, "unit").await;
    let numbers: Vec<u32> = (0..MEMBERS).collect();
    join(store, &numbers, &org).await;
    let other = add(store, "4", None, "unit").await;
    let others: Vec<u32> = (2 * MEMBERS..2 * MEMBERS + PAGE).collect();
    join(store, &others, &other).await;
    put_facts(store, &numbers.iter().map(|number| silent(*number)).collect::<Vec<_>>()).await;
    let mut unit = store.begin().await.unwrap();
    let tables = ["persons", "memberships", "facts"];
    let before = times_gone_through(&mut unit, &tables).await;
    let keys: Vec<_> = (MEMBERS - PAGE..MEMBERS).map(key).collect();
    let wanted: Vec<_> = keys.iter().map(|key| (*key, org.id)).collect();
    let known = persons::known(&mut unit, &wanted).await.unwrap();
    assert_eq!(known.len(), keys.len());
    assert_eq!(facts::known(&mut unit, &keys).await.unwrap().len(), keys.len());
    let ids: Vec<i64> = known.iter().map(|one| one.person_id).collect();
    assert_eq!(comparisons::subjects(&mut unit, &ids).await.unwrap().len(), keys.len());
    assert_eq!(candidates::of_union(&mut unit, other.id, 2023).await.unwrap().len(), others.len());
    let new: Vec<_> = (MEMBERS..MEMBERS + PAGE).collect();
    persons::insert(&mut unit, &new.iter().map(|number| person(*number)).collect::<Vec<_>>(), at(1)).await.unwrap();
    let new: Vec<_> = new.iter().map(|number| membership(*number, &org)).collect();
    memberships::open(&mut unit, &new, at(1)).await.unwrap();
    assert_eq!(times_gone_through(&mut unit, &tables).await, before);
}
