//! Reminders and the forecast: those concerned, once, and what enforcement then does.

use std::collections::BTreeSet;

use super::scene::Scene;
use crate::campaign::{BUREAUS, UNITS, YEAR};
use crate::conformance::engines::Place;

on_both_engines!(
    reminders_go_to_those_who_have_yet_to_act_and_once,
    the_forecast_is_what_enforcement_then_does,
    a_job_that_runs_twice_changes_nothing_the_second_time,
);

async fn reminders_go_to_those_who_have_yet_to_act_and_once(place: Place) {
    let scene = Scene::new(place).await;
    scene.work().await;
    for (unit, _) in &UNITS[1..] {
        scene.submit(unit).await.unwrap();
    }
    scene.approve_all(BUREAUS[1]).await;
    scene.at("2022-12-18T08:59:59+08:00");
    scene.work().await;
    let reminded = "SELECT COUNT(*) FROM mails WHERE kind = 'deadline-reminder'";
    let before = scene.place.count(reminded).await;
    scene.at("2022-12-18T09:00:00+08:00");
    scene.work().await;
    // The unit that has not submitted, and the bureau in whose list two units wait; nobody owes a share.
    assert_eq!(scene.place.count(reminded).await - before, 2);
    let to = "SELECT COUNT(*) FROM mails WHERE kind = 'deadline-reminder' AND recipient IN \
        ('3199010101@example.org', '319901@example.org')";
    assert_eq!(scene.place.count(to).await, scene.place.count(reminded).await);
    scene.work().await;
    scene.at("2022-12-18T10:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.place.count(reminded).await - before, 2, "each reminder goes out once");
    // Two that came due while nobody looked: the last of them alone goes out.
    scene.at("2022-12-24T20:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.place.count(reminded).await - before, 4);
    let skipped = "SELECT COUNT(*) FROM reminders WHERE outcome LIKE 'skipped%'";
    assert!(scene.place.count(skipped).await >= 2);
}

async fn the_forecast_is_what_enforcement_then_does(place: Place) {
    let scene = Scene::new(place).await;
    for (unit, _) in UNITS {
        scene.submit(unit).await.unwrap();
    }
    scene.approve_all(BUREAUS[1]).await;
    scene.at("2022-12-30T12:00:00+08:00");
    let number = scene.batch(BUREAUS[1]).await;
    for (closing, fails) in [("2023-01-01T00:00:00+08:00", 3), ("2023-01-21T00:00:00+08:00", 2)] {
        let forecast = scene.campaign.desk.forecast("federation", YEAR, None).await.unwrap();
        assert_eq!((forecast.submissions, forecast.people), (fails, 3 * fails as i64), "{forecast:?}");
        let foretold: BTreeSet<_> = forecast
            .items
            .iter()
            .filter(|one| one.what == "submission")
            .map(|one| (one.org.clone(), one.reason.to_owned()))
            .collect();
        let known = failures(&scene).await;
        scene.at(closing);
        scene.work().await;
        let failed: BTreeSet<_> = failures(&scene).await.difference(&known).cloned().collect();
        assert_eq!(failed, foretold);
    }
    assert_eq!(scene.batch_status(&number).await, "failed");
    let forecast = scene.campaign.desk.forecast("federation", YEAR, None).await.unwrap();
    assert_eq!((forecast.window, forecast.submissions), (None, 0));
}

async fn failures(scene: &Scene) -> BTreeSet<(String, String)> {
    let found = seen!(scene.place.store, view => store::failures::list(&mut view, YEAR, "/"));
    found.into_iter().map(|one| (one.org_code, one.reason_code)).collect()
}

async fn a_job_that_runs_twice_changes_nothing_the_second_time(place: Place) {
    let (scene, _) = Scene::submitted(place).await;
    scene.at("2023-01-21T00:30:00+08:00");
    let jobs = scene.work().await;
    assert!(jobs.len() > 15, "{}", jobs.len());
    let books = scene.books().await;
    assert_eq!(books[0], 5);
    for job in jobs {
        // As it was: the claim is another's by now.
        let again =
            workers::Work::run(&workers::deadline::DeadlineWork, &scene.campaign.shift, std::slice::from_ref(&job));
        let error = again.await.unwrap_err();
        assert!(crate::campaign::is_fenced(&error), "{error}");
        // And as a message that says the same once more.
        let envelope = messages::Envelope { id: scene.campaign.desk.id(scene.campaign.desk.moment()), ..job.envelope };
        let now = scene.campaign.desk.clock.machine_now();
        let new = store::messages::NewMessage { envelope, queue: job.queue, due_at: now, ring_at: now };
        kept!(scene.place.store, unit => store::messages::insert(&mut unit, &[new]));
        scene.work().await;
    }
    assert_eq!(scene.books().await, books);
}
