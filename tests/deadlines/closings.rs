//! What a closing finds may have changed before it is written; and a voucher that was in time has days of grace, once.

use desk::{Outbox, Season, findings};
use domain::year::window::WindowKind;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, UNITS, YEAR};
use crate::conformance::engines::Place;

on_both_engines!(
    what_was_paid_between_the_look_and_the_writing_does_not_fail,
    what_went_into_a_batch_between_the_look_and_the_writing_does_not_fail,
    what_was_undone_between_the_look_and_the_writing_has_its_days,
    a_voucher_rejected_after_the_closing_gives_five_days_once,
    a_voucher_that_waits_for_the_centre_does_not_fail,
);

/// Carries out what was found earlier; the number of submissions that failed.
async fn enforce(scene: &Scene, kind: WindowKind, found: &desk::Findings) -> usize {
    let desk = &scene.campaign.desk;
    let season = seen!(scene.place.store, view => Season::load(&mut view, YEAR));
    let mut unit = scene.place.store.begin().await.unwrap();
    let mut outbox = Outbox::new();
    let failed = desk.fail(&mut unit, &mut outbox, &season, kind, &found.outcomes, desk.moment()).await.unwrap();
    outbox.write(&mut unit).await.unwrap();
    unit.commit().await.unwrap();
    failed.len()
}

async fn look(scene: &Scene, kind: WindowKind) -> desk::Findings {
    let season = seen!(scene.place.store, view => Season::load(&mut view, YEAR));
    let now = scene.campaign.desk.clock.business_now();
    seen!(scene.place.store, view => findings(&mut view, &season, kind, now, "/"))
}

async fn what_was_paid_between_the_look_and_the_writing_does_not_fail(place: Place) {
    let (scene, [first, second]) = Scene::submitted(place).await;
    scene.at("2023-01-21T00:00:00+08:00");
    let found = look(&scene, WindowKind::BureauPayment).await;
    assert_eq!(found.outcomes.len(), 7, "two batches and five submissions");
    // The voucher was accepted in the last second, by a command whose unit ended just after the look.
    scene.at("2023-01-20T23:59:59+08:00");
    scene.pay(&first).await.unwrap();
    scene.at("2023-01-21T00:00:01+08:00");
    assert_eq!(enforce(&scene, WindowKind::BureauPayment, &found).await, 2);
    assert_eq!(scene.batch_status(&first).await, "voucher_uploaded");
    assert_eq!(
        (scene.batch_status(&second).await, scene.status(UNITS[0].0).await),
        ("failed".into(), "finalized".into())
    );
    assert_eq!(enforce(&scene, WindowKind::BureauPayment, &found).await, 0, "and once");
}

async fn what_went_into_a_batch_between_the_look_and_the_writing_does_not_fail(place: Place) {
    let scene = Scene::new(place).await;
    for (unit, _) in UNITS {
        scene.submit(unit).await.unwrap();
    }
    scene.approve_all(BUREAUS[0]).await;
    scene.at("2023-01-01T00:00:00+08:00");
    let found = look(&scene, WindowKind::FinalSubmission).await;
    assert_eq!(found.outcomes.len(), 5);
    scene.at("2022-12-31T23:59:59+08:00");
    let number = scene.batch(BUREAUS[0]).await;
    scene.at("2023-01-01T00:00:01+08:00");
    assert_eq!(enforce(&scene, WindowKind::FinalSubmission, &found).await, 2);
    assert_eq!(scene.batch_status(&number).await, "voucher_awaited");
    assert_eq!((scene.status(UNITS[0].0).await, scene.status(UNITS[4].0).await), ("finalized".into(), "failed".into()));
}

async fn what_was_undone_between_the_look_and_the_writing_has_its_days(place: Place) {
    let scene = Scene::new(place).await;
    for (unit, bureau) in UNITS {
        if bureau == 0 {
            scene.submit(unit).await.unwrap();
        }
    }
    scene.submit(UNITS[4].0).await.unwrap();
    scene.at("2022-12-27T09:00:00+08:00");
    scene.approve_all(BUREAUS[0]).await;
    let number = scene.batch(BUREAUS[0]).await;
    let single = format!("DW{YEAR}-{}-1", UNITS[4].0);
    let closings = [
        (WindowKind::FinalSubmission, "2023-01-01T00:00:00+08:00", single.as_str(), 1),
        (WindowKind::BureauPayment, "2023-01-21T00:00:00+08:00", number.as_str(), 3),
    ];
    for (kind, at, undone, submissions) in closings {
        scene.at(at);
        // Two workers look; one of them writes, and the centre undoes it before the other does.
        let found = look(&scene, kind).await;
        assert_eq!(enforce(&scene, kind, &found).await, submissions);
        scene.campaign.desk.undo_failure("centre", undone, "凭证已到").await.unwrap();
        assert_eq!(enforce(&scene, kind, &found).await, 0, "it has days that are not over");
    }
    assert_eq!(scene.batch_status(&number).await, "voucher_awaited");
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM failures").await, 1 + 3, "each of them once");
}

async fn a_voucher_rejected_after_the_closing_gives_five_days_once(place: Place) {
    let (scene, [number, other]) = Scene::submitted(place).await;
    scene.at("2023-01-20T23:59:59+08:00");
    scene.pay(&number).await.unwrap();
    scene.pay(&other).await.unwrap();
    scene.at("2023-01-22T10:00:00+08:00");
    scene.work().await;
    for batch in [&number, &other] {
        scene.campaign.desk.reject_payment("centre", batch, "金额不符").await.unwrap();
    }
    // Five whole days after the day of the rejection.
    scene.at("2023-01-27T23:59:59+08:00");
    scene.work().await;
    assert_eq!(scene.batch_status(&number).await, "voucher_rejected");
    scene.pay(&other).await.unwrap();
    scene.at("2023-01-28T00:00:00+08:00");
    assert_eq!(refused(scene.pay(&number).await), "window-closed");
    // The hourly check finds it: no window closes then.
    scene.work().await;
    assert_eq!((scene.batch_status(&number).await, scene.status(UNITS[0].0).await), ("failed".into(), "failed".into()));
    // A voucher that came in the days of grace and is rejected gives no more of them.
    scene.campaign.desk.reject_payment("centre", &other, "金额不符").await.unwrap();
    scene.at("2023-01-28T01:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.batch_status(&other).await, "failed");
    let reasons = seen!(scene.place.store, view => store::failures::list(&mut view, YEAR, "/"));
    assert!(reasons.iter().all(|one| one.reason_code == "voucher-rejected"), "{reasons:?}");
}

async fn a_voucher_that_waits_for_the_centre_does_not_fail(place: Place) {
    let (scene, [number, _]) = Scene::submitted(place).await;
    scene.pay(&number).await.unwrap();
    scene.at("2023-02-10T09:00:00+08:00");
    scene.work().await;
    assert_eq!(
        (scene.batch_status(&number).await, scene.status(UNITS[0].0).await),
        ("voucher_uploaded".into(), "finalized".into())
    );
    scene.campaign.desk.confirm_payment("centre", &number).await.unwrap();
    assert_eq!(scene.status(UNITS[0].0).await, "effective", "cover has begun");
}
