//! Files that no row knows lie in quarantine before they are deleted, those on record stay, and a database that may not be the
//! one of its file store takes nothing away.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use desk::{Bond, Hold};
use files::{Files, S3Settings};
use runtime::{Clock, SeededIds};
use scheduler::{Kept, Quarantined, Settings, keep_house, quarantined};
use support::servers::s3::S3;

use super::scene::Scene;
use crate::campaign::Campaign;
use crate::conformance::engines::Place;

on_both_engines!(
    what_no_row_knows_is_quarantined_for_a_term_and_what_is_on_record_stays,
    in_a_bucket_what_no_row_knows_is_quarantined_likewise,
    a_database_restored_from_an_older_backup_takes_nothing_away_until_it_is_told,
    in_a_bucket_a_restored_database_takes_nothing_away_either,
    a_database_that_shares_the_file_store_of_another_takes_nothing_away,
    in_a_bucket_that_two_databases_share_nothing_is_taken_away,
);

const SETTINGS: Settings =
    Settings { retention_uploads_days: 1, retention_messages_days: 10_000, retention_quarantine_days: 30 };

/// A scene whose files lie in a bucket.
fn in_bucket(mut scene: Scene, s3: &S3) -> Scene {
    let bucket = s3.bucket().clone();
    let settings = S3Settings {
        url: bucket.url(),
        endpoint: bucket.endpoint,
        region: bucket.region,
        access_key_id: bucket.access_key_id,
        secret_access_key: bucket.secret_access_key,
        timeout: Duration::from_secs(20),
    };
    scene.campaign.desk.files = Files::in_s3(&settings).unwrap();
    scene
}

async fn is_there(scene: &Scene, key: &str) -> bool {
    scene.campaign.desk.files.head(key).await.unwrap().is_some()
}

/// Machine time, counted from when a file was written: the machine's clock of the test begins years before the files.
fn after(scene: &Scene, written: DateTime<Utc>, step: TimeDelta) {
    scene.clock.advance_machine(written - scene.clock.machine_now() + step);
}

/// The key of the voucher of a batch.
async fn voucher_key(scene: &Scene, batch_no: &str) -> String {
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, batch_no)).unwrap();
    seen!(scene.place.store, view => store::vouchers::of_batch(&mut view, batch.id)).pop().unwrap().object_key
}

async fn kept(campaign: &Campaign) -> Kept {
    keep_house(&campaign.desk, &SETTINGS).await.unwrap()
}

async fn what_no_row_knows_is_quarantined_for_a_term_and_what_is_on_record_stays(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    quarantine(&scene, &numbers).await;
}

async fn in_a_bucket_what_no_row_knows_is_quarantined_likewise(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    let s3 = S3::in_process();
    quarantine(&in_bucket(scene, &s3), &numbers).await;
}

async fn quarantine(scene: &Scene, [first, second]: &[String; 2]) {
    let desk = &scene.campaign.desk;
    // The move into a bucket is none of this test's.
    desk.resume_mails("operator").await.unwrap();
    scene.pay(first).await.unwrap();
    let on_record = voucher_key(scene, first).await;
    let upload = desk::object_key(desk.id(desk.moment()), "original");
    let lost = format!("vouchers/20221227/{}", desk.id(desk.moment()));
    let strange = "vouchers/20221227/scan".to_owned();
    for key in [&lost, &strange, &upload] {
        desk.files.put(key, b"%PDF-1.4 invented".to_vec()).await.unwrap();
    }
    let written = desk.files.head(&upload).await.unwrap().unwrap().modified;
    after(scene, written, TimeDelta::hours(23));
    assert_eq!(kept(&scene.campaign).await, Kept::default(), "it may be on its way");
    after(scene, written, TimeDelta::hours(25));
    assert_eq!(kept(&scene.campaign).await, Kept { spared: 3, ..Kept::default() }, "newer than the newest row");

    scene.pay(second).await.unwrap();
    assert_eq!(kept(&scene.campaign).await, Kept { quarantined: 3, ..Kept::default() });
    for key in [&lost, &strange, &upload] {
        assert!(!is_there(scene, key).await, "{key}");
    }
    let lying = quarantined(desk).await.unwrap();
    let today = scene.clock.machine_now().date_naive();
    assert_eq!(lying, Quarantined { uploads: 1, vouchers: 2, since: Some(today) });
    // What a row knows after all goes back.
    desk.files.rename(&on_record, &format!("quarantine/20221227/{on_record}")).await.unwrap();
    scene.clock.advance_machine(TimeDelta::days(30));
    assert_eq!(kept(&scene.campaign).await, Kept { returned: 1, ..Kept::default() });
    assert!(is_there(scene, &on_record).await);
    scene.clock.advance_machine(TimeDelta::days(1));
    assert_eq!(kept(&scene.campaign).await, Kept { deleted: 3, ..Kept::default() });
    assert_eq!(quarantined(desk).await.unwrap(), Quarantined::default());
    scene.clock.advance_machine(TimeDelta::days(4_000));
    assert_eq!(kept(&scene.campaign).await, Kept::default());
    assert!(is_there(scene, &on_record).await, "a voucher on record proves a payment");
}

async fn a_database_restored_from_an_older_backup_takes_nothing_away_until_it_is_told(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    restored(&scene, &numbers).await;
}

async fn in_a_bucket_a_restored_database_takes_nothing_away_either(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    let s3 = S3::in_process();
    restored(&in_bucket(scene, &s3), &numbers).await;
}

async fn restored(scene: &Scene, [first, second]: &[String; 2]) {
    let (desk, store) = (&scene.campaign.desk, &scene.place.store);
    desk.resume_mails("operator").await.unwrap();
    assert_eq!(desk.take_bearings().await.unwrap(), None);
    let backup = seen!(store, view => store::settings::find(&mut view, "files-mark")).unwrap();
    scene.pay(second).await.unwrap();
    let since = voucher_key(scene, second).await;
    assert_eq!(desk.take_bearings().await.unwrap(), None);

    scene.place.change("DELETE FROM vouchers").await;
    kept!(store, unit => store::settings::put(&mut unit, "files-mark", &backup));
    assert_eq!(desk.bond().await.unwrap(), Bond::Ahead);
    let written = desk.files.head(&since).await.unwrap().unwrap().modified;
    after(scene, written, TimeDelta::days(2));
    // Work goes on: there are newer rows than the file by now, and more acts than before the restore.
    scene.pay(first).await.unwrap();
    let house = kept(&scene.campaign).await;
    assert!(house.withheld.is_some() && house.quarantined + house.deleted + house.files == 0, "{house:?}");
    assert!(is_there(scene, &since).await);
    assert_eq!(desk.mails_held().await.unwrap(), Some(Hold::Restored));

    let resumed = desk.resume_mails("operator").await.unwrap();
    assert!(resumed.is_real && resumed.held.is_some(), "{resumed:?}");
    assert_eq!(desk.mails_held().await.unwrap(), None);
    assert_eq!(kept(&scene.campaign).await, Kept { quarantined: 1, ..Kept::default() }, "even then it is not deleted");
    assert_eq!(quarantined(desk).await.unwrap().vouchers, 1);
}

async fn a_database_that_shares_the_file_store_of_another_takes_nothing_away(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    shared(&scene, &numbers).await;
}

async fn in_a_bucket_that_two_databases_share_nothing_is_taken_away(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    let s3 = S3::in_process();
    shared(&in_bucket(scene, &s3), &numbers).await;
}

async fn shared(scene: &Scene, [first, _]: &[String; 2]) {
    let desk = &scene.campaign.desk;
    desk.resume_mails("operator").await.unwrap();
    scene.pay(first).await.unwrap();
    let theirs = voucher_key(scene, first).await;
    assert_eq!(desk.take_bearings().await.unwrap(), None);

    let other_place = if scene.place.is_postgres() { Place::postgres().await } else { Place::sqlite() };
    let folder = tempfile::tempdir().unwrap();
    let ids = Arc::new(SeededIds::new(2));
    let mut other = Campaign::new(other_place.store.clone(), scene.clock.clone(), ids, folder.path());
    other.desk.files = desk.files.clone();
    let written = desk.files.head(&theirs).await.unwrap().unwrap().modified;
    after(scene, written, TimeDelta::days(2_000));
    other.found().await;
    let house = kept(&other).await;
    assert!(house.withheld.is_some() && house.quarantined + house.deleted + house.files == 0, "{house:?}");
    assert_eq!(other.desk.bond().await.unwrap(), Bond::Strange);
    assert!(is_there(scene, &theirs).await);

    // Told that the store is its own from now on, it is the first one that keeps its hands off.
    other.desk.resume_mails("operator").await.unwrap();
    assert_eq!(kept(&other).await.withheld, None);
    assert_eq!(desk.bond().await.unwrap(), Bond::Strange);
    assert!(kept(&scene.campaign).await.withheld.is_some());
}
