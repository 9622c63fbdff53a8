//! A federation in the middle of its year, with something of everything in unions of two bureaus.

use std::collections::BTreeMap;

use serde_json::Value;
use support::people::People;
use support::workbook::Table;

use crate::journeys::enrollment::members;
use crate::journeys::payment::{CONTACT, LISTS};
use crate::journeys::place::{BUREAU, Place, ROOT, STRANGER, UNION};

/// A unit that is reviewed by a secondary union.
pub const REVIEWED: &str = "90010501";
pub const OTHER_BUREAU: &str = "90020000";

/// What the words of the table stand for, of each something that is not there.
pub const MISSING: &[(&str, &str)] = &[
    ("ORG", "90019999"),
    ("BELOW", "90019999"),
    ("MEMBER", "0000999999"),
    ("UPLOAD", "01842f5c-7a00-7000-8000-000000000001"),
    ("COMPARISON", "01842f5c-7a00-7000-8000-000000000002"),
    ("NOTICE", "01842f5c-7a00-7000-8000-000000000003"),
    ("NOTICEFILE", "junk.xlsx"),
    ("INSTANT", "999999"),
    ("TRANSFER", "999999"),
    ("BATCH", "CB202212279999"),
];

/// What belongs to organizations: by the word of the table, organization and name.
pub type Things = BTreeMap<&'static str, Vec<(&'static str, String)>>;

pub fn text(of: &Value, key: &str) -> String {
    of[key].as_str().map_or_else(|| of[key].to_string(), str::to_owned)
}

/// A federation in the middle of its year, with something of everything in three unions.
pub async fn things(place: &Place) -> Things {
    let mut things = Things::new();
    let at = |instant: &'static str, words: &[&str]| [&["--at", instant], words].concat().join("\n");
    let run = async |instant: &'static str, words: &[&str]| {
        let words = at(instant, words);
        place.at.json(&words.split('\n').collect::<Vec<_>>()).await
    };
    for (org, seed) in [(UNION, 401), (REVIEWED, 402), (STRANGER, 403)] {
        members(place, org, seed).await;
        // Moving and removing take the right over the union above, too.
        things.entry("BELOW").or_default().push((org, org.to_owned()));
        let member = text(&place.members(org).await[0], "member_no");
        things.entry("MEMBER").or_default().push((org, member));
        let table = Table::members("测试工会", org, &People::seeded(seed).take(1));
        let path = place.at.file(&format!("roster-{org}.xlsx"), table.xlsx());
        let roster = place.upload_file(&path, &["roster", "--org", org]).await.success().json();
        things.entry("UPLOAD").or_default().push((org, text(&roster, "id")));
        let instant = ["instant", "submit", "--year", "2023", "--org", org];
        let instant = run("2023-01-05T09:00:00+08:00", &instant).await;
        things.entry("INSTANT").or_default().push((org, text(&instant, "id")));
        run("2022-11-10T12:00:00+08:00", &["enroll", "submit", "--year", "2023", "--org", org, "--wait"]).await;
        let notices = place.at.json(&["notice", "list", "--year", "2023", "--org", org]).await;
        let notice = text(&notices[0], "id");
        let path = place.at.folder().join(format!("notice-{org}.pdf")).display().to_string();
        place.at.must(&["notice", "get", &notice, "-o", &path]).await;
        things.entry("NOTICE").or_default().push((org, notice));
        things.entry("NOTICEFILE").or_default().push((org, path));
    }
    // The tree itself was uploaded for no organization.
    let uploads = place.at.json(&["upload", "list"]).await;
    let tree = uploads.as_array().unwrap().iter().find(|upload| upload["kind"] == "organizations").unwrap();
    things.entry("UPLOAD").or_default().push((ROOT, text(tree, "id")));
    // Somebody of a stranger's is to come to the union, which decides.
    let member = text(&place.members(STRANGER).await[1], "member_no");
    let asked = place.at.json(&["member", "transfer", &member, "--to", UNION, "--reason", "x"]).await;
    things.entry("TRANSFER").or_default().push((UNION, text(&asked[0], "transfer")));
    let comparisons = place.at.json(&["compare", "list"]).await;
    for one in comparisons.as_array().unwrap() {
        let org = [UNION, REVIEWED, STRANGER].into_iter().find(|org| one["org"] == *org).unwrap();
        things.entry("COMPARISON").or_default().push((org, text(one, "id")));
    }
    for bureau in [BUREAU, OTHER_BUREAU] {
        run("2022-11-10T12:00:00+08:00", &["review", "approve", "--all", "--year", "2023", "--org", bureau]).await;
        let batch = run(LISTS, &[&["batch", "submit", "--year", "2023", "--org", bureau], &CONTACT[..]].concat()).await;
        things.entry("BATCH").or_default().push((bureau, text(&batch, "batch_no")));
    }
    things
}
