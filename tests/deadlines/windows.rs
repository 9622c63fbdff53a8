//! Windows are levels: noticed late, twice, by two, for one organization alone, or years after.

use chrono::TimeDelta;
use domain::year::window::WindowKind;
use messages::{Kind, Queue};
use workers::Work;
use workers::deadline::DeadlineWork;

use super::scene::{Scene, refused};
use crate::campaign::{BUREAUS, UNITS, YEAR, instant};
use crate::conformance::engines::Place;

on_both_engines!(
    a_long_stop_is_caught_up_in_order,
    a_closing_tells_what_failed_by_it_whoever_was_first,
    two_schedulers_at_once_notice_everything_once,
    what_was_received_in_the_last_second_counts_however_late_it_is_worked,
    who_is_late_is_told_by_the_next_sweep,
    an_extension_for_one_organization_has_a_closing_of_its_own,
    a_first_start_years_after_is_quiet,
);

async fn a_long_stop_is_caught_up_in_order(place: Place) {
    let (scene, numbers) = Scene::submitted(place).await;
    scene.at("2023-01-25T12:00:00+08:00");
    scene.work().await;
    let status = scene.campaign.desk.window_status(YEAR).await.unwrap();
    let noticed: Vec<_> = status.iter().map(|one| (one.window.as_str(), one.transition.as_str())).collect();
    // All openings, and all closings but that of the cover.
    assert_eq!(noticed.len(), 15, "{noticed:?}");
    for one in &status {
        let late_by_s = (instant("2023-01-25T12:00:00+08:00") - one.due_at.to_utc()).num_seconds();
        assert_eq!((one.late_by_s, one.done_at.is_some()), (late_by_s, true), "{one:?}");
    }
    let acted = "SELECT COUNT(*) FROM window_transitions AS one JOIN window_transitions AS other ON one.id < other.id \
        WHERE one.due_at > other.due_at";
    assert_eq!(scene.place.count(acted).await, 0, "the oldest first");
    // The batches had no voucher on 20 January, and the lists had closed before that with nobody left out.
    for number in &numbers {
        assert_eq!(scene.batch_status(number).await, "failed");
    }
    let outcome = |window: &str| {
        let found = status.iter().find(|one| one.window == window && one.transition == "closed").unwrap();
        found.outcome.clone().unwrap()
    };
    assert_eq!(outcome("final-submission"), "submissions failed 0, batches failed 0");
    assert_eq!(outcome("bureau-payment"), "submissions failed 5, batches failed 2");
    let opened = status.iter().find(|one| one.window == "submission" && one.transition == "opened").unwrap();
    assert!(opened.outcome.as_deref().unwrap().starts_with("nobody was told"), "{opened:?}");
    assert_eq!(
        scene.place.count("SELECT COUNT(*) FROM mails WHERE kind IN ('window-opened', 'deadline-reminder')").await,
        0
    );
}

async fn a_closing_tells_what_failed_by_it_whoever_was_first(place: Place) {
    let (scene, _) = Scene::submitted(place).await;
    scene.at("2023-01-20T23:30:00+08:00");
    scene.work().await;
    scene.at("2023-01-21T00:00:00+08:00");
    scheduler::reconcile(&scene.campaign.desk).await.unwrap();
    let mut jobs = scene.campaign.claim(Queue::Deadlines, 100).await;
    // Another worker was quicker with the hourly check than this one with the closing.
    jobs.sort_by_key(|job| job.envelope.known_kind() != Some(Kind::DeadlineCheck));
    let kinds: Vec<_> = jobs.iter().map(|job| job.envelope.known_kind().unwrap()).collect();
    assert_eq!(kinds, [Kind::DeadlineCheck, Kind::WindowClosed]);
    for job in &jobs {
        DeadlineWork.run(&scene.campaign.shift, std::slice::from_ref(job)).await.unwrap();
    }
    let status = scene.campaign.desk.window_status(YEAR).await.unwrap();
    let closed = status.iter().find(|one| one.window == "bureau-payment" && one.transition == "closed").unwrap();
    assert_eq!(closed.outcome.as_deref(), Some("submissions failed 5, batches failed 2"));
    let lists = status.iter().find(|one| one.window == "final-submission" && one.transition == "closed").unwrap();
    assert_eq!(lists.outcome.as_deref(), Some("submissions failed 0, batches failed 0"));
}

async fn two_schedulers_at_once_notice_everything_once(place: Place) {
    let scene = Scene::new(place).await;
    let (one, other) = (scene.another(2), scene.another(3));
    for at in [
        "2022-11-01T20:00:00+08:00",
        "2022-12-25T09:00:00+08:00",
        "2022-12-26T00:00:00+08:00",
        "2023-01-21T00:00:00+08:00",
    ] {
        scene.at(at);
        let (first, second, third) = tokio::join!(
            scheduler::reconcile(&one.desk),
            scheduler::reconcile(&other.desk),
            scheduler::reconcile(&one.desk)
        );
        for noticed in [first, second, third] {
            noticed.unwrap();
        }
    }
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM window_transitions").await, 15);
    let messages = "SELECT COUNT(*) FROM messages WHERE kind IN ('window.opened', 'window.closed')";
    assert_eq!(scene.place.count(messages).await, 15);
    let due = scene.place.count("SELECT COUNT(*) FROM reminders WHERE done_at IS NULL").await;
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM messages WHERE kind = 'reminder.due'").await, due);
    assert!(due > 0);
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM messages WHERE kind = 'deadline.check'").await, 4);
}

async fn what_was_received_in_the_last_second_counts_however_late_it_is_worked(place: Place) {
    let scene = Scene::new(place).await;
    scene.at("2022-12-25T23:59:59+08:00");
    scene.submit(UNITS[0].0).await.unwrap();
    scene.at("2022-12-26T00:00:00+08:00");
    assert_eq!(refused(scene.submit(UNITS[1].0).await), "window-closed");
    // The queue is an hour long.
    scene.at("2022-12-26T01:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.status(UNITS[0].0).await, "submitted");
    let told = "SELECT COUNT(*) FROM mails WHERE kind = 'late-refused'";
    assert_eq!(scene.place.count(told).await, 1, "who was late is told so");
    let accepted = "SELECT COUNT(*) FROM messages WHERE kind = 'enrollment.submitted'";
    assert_eq!(scene.place.count(accepted).await, 1);
}

/// With a broker, what an act writes is rung for by its own process, and by the sweep only when that has failed.
async fn who_is_late_is_told_by_the_next_sweep(place: Place) {
    let scene = Scene::new(place).await;
    let mut desk = scene.campaign.desk.clone();
    desk.settings.ring_again = TimeDelta::seconds(10);
    scene.at("2022-12-26T00:00:00+08:00");
    let unit = UNITS[0].0;
    let late = desk.submit(&format!("clerk-{unit}"), YEAR, unit, Some("A")).await.map(drop);
    assert_eq!(refused(late), "window-closed");
    let told = "SELECT COUNT(*) FROM messages WHERE kind = 'mail.queued' AND ring_at = due_at";
    assert_eq!(scene.place.count(told).await, 1);
}

async fn an_extension_for_one_organization_has_a_closing_of_its_own(place: Place) {
    let scene = Scene::new(place).await;
    let [first, second] = [UNITS[3].0, UNITS[0].0];
    scene.submit(second).await.unwrap();
    scene.at("2022-12-26T08:00:00+08:00");
    scene.work().await;
    let until = instant("2022-12-28T00:00:00+08:00");
    let extend = async |kind, until, org| {
        scene.campaign.desk.extend_window("federation", YEAR, kind, until, Some(org), "系统故障").await.unwrap();
    };
    extend(WindowKind::Submission, until, first).await;
    extend(WindowKind::FinalSubmission, instant("2023-01-03T00:00:00+08:00"), BUREAUS[1]).await;
    scene.at("2022-12-27T23:59:59+08:00");
    assert_eq!(refused(scene.submit(second).await), "window-closed");
    scene.submit(first).await.unwrap();
    scene.at("2022-12-28T00:00:00+08:00");
    assert_eq!(refused(scene.submit(first).await), "window-closed");
    scene.work().await;
    let status = scene.campaign.desk.window_status(YEAR).await.unwrap();
    let own: Vec<_> = status.iter().filter(|one| one.org.as_deref() == Some(first)).collect();
    assert_eq!(own.iter().filter(|one| one.transition == "closed").count(), 1, "{own:?}");
    // The lists close for all on 1 January, for the one of the extension two days later.
    scene.at("2023-01-01T00:00:00+08:00");
    scene.work().await;
    assert_eq!((scene.status(first).await.as_str(), scene.status(second).await.as_str()), ("submitted", "failed"));
    scene.at("2023-01-02T23:59:59+08:00");
    scene.work().await;
    assert_eq!(scene.status(first).await, "submitted");
    scene.at("2023-01-03T00:00:00+08:00");
    scene.work().await;
    assert_eq!(scene.status(first).await, "failed");
}

async fn a_first_start_years_after_is_quiet(place: Place) {
    let scene = Scene::empty(place, "2026-03-01T09:00:00+08:00").await;
    scene.work().await;
    let transitions = scene.place.count("SELECT COUNT(*) FROM window_transitions WHERE done_at IS NOT NULL").await;
    assert_eq!(transitions, 16, "all of it is noticed, and nothing is to be done");
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM mails").await, 0);
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM failures").await, 0);
    assert_eq!(scene.place.count("SELECT COUNT(*) FROM messages WHERE state <> 'done'").await, 0);
}
