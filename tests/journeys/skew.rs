//! Machines whose clocks differ: order is kept.

use super::enrollment::{done, members};
use super::place::{Place, UNION};

/// The second submission comes from a machine that is two minutes slower: by its number it is the one that counts.
#[tokio::test]
async fn of_two_submissions_the_later_one_counts_whatever_the_clocks_say() {
    let place = Place::embedded();
    place.ready().await;
    members(&place, UNION, 402).await;
    let submit = ["enroll", "submit", "--org", UNION, "--plan", "A", "--wait"];
    let first = done(&place, "2022-11-08T10:05:00+08:00", &submit).await;
    let plus = ["enroll", "submit", "--org", UNION, "--plan", "A+", "--wait"];
    let second = done(&place, "2022-11-08T10:03:10+08:00", &plus).await;
    assert_eq!((&first["version"], &second["version"]), (&1.into(), &2.into()));
    let history = done(&place, "2022-11-08T10:20:00+08:00", &["enroll", "history", "--org", UNION]).await;
    let counts: Vec<_> = history.as_array().unwrap().iter().map(|one| one["counts"].as_bool().unwrap()).collect();
    assert_eq!(counts, [false, true], "{history}");
}
