//! What is asked about the people of a few lists reads these lists, and not what all the others of the year hold; whatever a
//! planner believes of tables that have grown since it last looked.

use store::{Conn, Session, Unit, batches, instants, submissions};

use super::engines::{Place, id};
use super::organizations::add;
use super::submissions::submit;

on_both_engines!(the_lists_of_others_are_not_gone_through);

const LISTS: i64 = 60;
const PEOPLE: i64 = 300;

/// How often this unit has gone through the people of all lists from end to end. `SQLite` keeps no count; there the order
/// of a statement's tables stands.
async fn times_gone_through(unit: &mut Unit) -> i64 {
    let Conn::Postgres(connection) = unit.conn() else { return 0 };
    let sql = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'submission_people'";
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
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
    let before = times_gone_through(&mut unit).await;
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
    assert_eq!(times_gone_through(&mut unit).await, before);
}
