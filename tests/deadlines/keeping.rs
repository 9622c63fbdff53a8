//! Files of vouchers whose rows were never written, for their process died between, are swept; those on record stay.

use chrono::TimeDelta;
use runtime::Clock;
use scheduler::{Kept, Settings, keep_house};

use super::scene::Scene;
use crate::conformance::engines::Place;

on_both_engines!(a_voucher_without_a_row_is_swept_after_a_day_and_one_on_record_never);

async fn a_voucher_without_a_row_is_swept_after_a_day_and_one_on_record_never(place: Place) {
    let (scene, [number, _]) = Scene::submitted(place).await;
    scene.pay(&number).await.unwrap();
    let desk = &scene.campaign.desk;
    let settings = Settings { retention_uploads_days: 1, retention_messages_days: 10_000 };
    let batch = seen!(scene.place.store, view => store::batches::find(&mut view, &number)).unwrap();
    let on_record = seen!(scene.place.store, view => store::vouchers::of_batch(&mut view, batch.id)).pop().unwrap();
    let lost = format!("vouchers/20221227/{}", desk.id(desk.moment()));
    let strange = "vouchers/20221227/scan".to_owned();
    for key in [&lost, &strange] {
        desk.files.put(key, b"%PDF-1.4 invented".to_vec()).await.unwrap();
    }
    let is_there = async |key: &str| desk.files.head(key).await.unwrap();
    let written = is_there(&lost).await.unwrap().modified;
    // The machine's clock of the test begins years before the files.
    scene.clock.advance_machine(written - scene.clock.machine_now() + TimeDelta::hours(23));
    assert_eq!(keep_house(desk, &settings).await.unwrap(), Kept::default(), "it may be on its way");
    scene.clock.advance_machine(TimeDelta::hours(2));
    assert_eq!(keep_house(desk, &settings).await.unwrap(), Kept { orphans: 2, ..Kept::default() });
    assert!(is_there(&lost).await.is_none() && is_there(&strange).await.is_none());
    scene.clock.advance_machine(TimeDelta::days(4_000));
    assert_eq!(keep_house(desk, &settings).await.unwrap().orphans, 0);
    assert!(is_there(&on_record.object_key).await.is_some());
}
