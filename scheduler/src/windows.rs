//! Windows are levels: what should have been noticed by now is compared with what was, and the gap is closed, the oldest
//! first. However long nobody looked, and however many look at once, each opening, closing and reminder is noticed once.

use std::{collections::HashSet, str::FromStr as _};

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use desk::{Bell, Desk, DeskError, Outbox, Season};
use domain::year::{
    reminder::{Concern, is_overtaken},
    window::{Window, WindowKind},
};
use messages::{DeadlineCheck, Kind, ReminderDue, WindowClosed, WindowOpened};
use store::{View, windows};

/// When the books of a year are checked: every hour of business time (seconds first, Asia/Shanghai). By it deadlines of
/// single batches and instant enrolments are enforced, and totals are held against a recount.
const CHECK: &str = "0 0 * * * *";
/// The setting that keeps when they were checked last.
const CHECKED: &str = "deadline-check";
/// So long after its cover a year's books are still checked; longer where something still waits.
const AFTERMATH: TimeDelta = TimeDelta::days(60);

/// What was noticed just now.
#[derive(Debug, Default)]
pub struct Noticed {
    /// Openings and closings.
    pub transitions: usize,
    /// Reminders that are to go out.
    pub reminders: usize,
    /// To be rung now.
    pub bells: Vec<Bell>,
}

/// An opening or closing that came due and has not been noticed.
struct Due {
    window: windows::Window,
    transition: &'static str,
    at: DateTime<Utc>,
}

/// Notices what came due of all years' windows. Takes no input: it can run at any time and any number of times.
pub async fn reconcile(desk: &Desk) -> Result<Noticed, DeskError> {
    let mut noticed = Noticed::default();
    let mut view = desk.store.view().await?;
    desk.look_at_clock(&mut view).await?;
    let years = store::years::list(&mut view).await?;
    for year in years {
        let season = Season::load(&mut view, year.year).await?;
        let now = desk.clock.business_now();
        let due = due_transitions(&mut view, &season, now).await?;
        if !due.is_empty() {
            notice_transitions(desk, &due, &mut noticed).await?;
        }
        notice_reminders(desk, &season, now, &mut noticed).await?;
        check(desk, &season, now, &mut noticed).await?;
    }
    if let Some(late) = noticed.bells.first() {
        tracing::info!(transitions = noticed.transitions, reminders = noticed.reminders, first = %late.1.id, "windows were reconciled");
    }
    Ok(noticed)
}

async fn due_transitions(view: &mut View, season: &Season, now: DateTime<Utc>) -> Result<Vec<Due>, DeskError> {
    let seen: HashSet<(i64, i64, String)> = windows::transitions(view, season.year())
        .await?
        .into_iter()
        .map(|one| (one.window_id, one.version, one.transition))
        .collect();
    let mut due = Vec::new();
    for window in &season.windows {
        for (transition, at) in [("opened", window.opens_at), ("closed", window.closes_at)] {
            if at <= now && !seen.contains(&(window.id, window.version, transition.to_owned())) {
                due.push(Due { window: window.clone(), transition, at });
            }
        }
    }
    // At the same instant what closes comes before what opens, and the year's order decides among these.
    due.sort_by_key(|one| (one.at, one.transition == "opened", WindowKind::parse(&one.window.name), one.window.id));
    Ok(due)
}

async fn notice_transitions(desk: &Desk, due: &[Due], noticed: &mut Noticed) -> Result<(), DeskError> {
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let mut count = 0;
    for one in due {
        let id = windows::notice(&mut unit, &one.window, one.transition, one.at, moment.business).await?;
        let Some(transition_id) = id else { continue };
        count += 1;
        let late_s = (moment.business - one.at).num_seconds().max(0);
        metrics::gauge!("rollcall_window_late_seconds", "window" => one.window.name.clone()).set(late_s as f64);
        if one.transition == "opened" {
            outbox.first(desk, Kind::WindowOpened.row().queue, &WindowOpened { transition_id }, moment);
        } else {
            outbox.first(desk, Kind::WindowClosed.row().queue, &WindowClosed { transition_id }, moment);
        }
    }
    let bells = outbox.write(&mut unit).await?;
    runtime::fail_point("before-windows");
    unit.commit().await?;
    runtime::fail_point("after-windows");
    noticed.transitions += count;
    noticed.bells.extend(bells);
    Ok(())
}

/// Reminders that came due. One that says nothing new any more is noticed all the same, and says so.
async fn notice_reminders(
    desk: &Desk,
    season: &Season,
    now: DateTime<Utc>,
    noticed: &mut Noticed,
) -> Result<(), DeskError> {
    let mut view = desk.store.view().await?;
    let known = windows::reminders(&mut view, season.year()).await?;
    drop(view);
    let mut new = Vec::new();
    for window in &season.windows {
        let level = Window { opens_at: window.opens_at, closes_at: window.closes_at };
        let concerns = WindowKind::parse(&window.name).and_then(Concern::of).is_some();
        let all = if concerns { season.file.reminders().of(&level) } else { Vec::new() };
        for reminder in all.iter().filter(|reminder| reminder.due_at <= now) {
            let days = i32::try_from(reminder.days_before).unwrap_or(i32::MAX);
            if !known.contains(&(window.id, window.version, days)) {
                new.push((window, days, reminder.due_at, is_overtaken(reminder, &all, &level, now)));
            }
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    let mut outbox = Outbox::new();
    let mut count = 0;
    for (window, days_before, due_at, overtaken) in new {
        if !windows::notice_reminder(&mut unit, window, days_before, due_at).await? {
            continue;
        }
        let (window_id, version) = (window.id, window.version);
        if overtaken {
            let why = "skipped: a later reminder is due, or the window has closed";
            windows::finish_reminder(&mut unit, window_id, version, days_before, why, moment.business).await?;
        } else {
            count += 1;
            let message = ReminderDue { window_id, version, days_before };
            outbox.first(desk, Kind::ReminderDue.row().queue, &message, moment);
        }
    }
    let bells = outbox.write(&mut unit).await?;
    unit.commit().await?;
    noticed.reminders += count;
    noticed.bells.extend(bells);
    Ok(())
}

/// Sends the check of a year's books, once for each moment of its cron line that has passed; of many that have, one.
async fn check(desk: &Desk, season: &Season, now: DateTime<Utc>, noticed: &mut Noticed) -> Result<(), DeskError> {
    let lives = |window: &windows::Window| window.opens_at <= now && now < window.closes_at + AFTERMATH;
    let key = format!("{CHECKED}:{}", season.year());
    let Ok(schedule) = Schedule::from_str(CHECK) else { return Ok(()) };
    let zone = runtime::SHANGHAI;
    let due = schedule.after(&(now - TimeDelta::hours(1)).with_timezone(&zone)).next().filter(|due| *due <= now);
    let Some(due) = due.map(|due| due.to_utc().to_rfc3339()) else { return Ok(()) };
    let mut view = desk.store.view().await?;
    let last = store::settings::find(&mut view, &key).await?;
    if last.is_some_and(|last| last >= due) {
        return Ok(());
    }
    // However long after: what waits for money or a batch ends, or gets it.
    let lives = season.windows.iter().any(lives) || store::years::is_open(&mut view, season.year()).await?;
    drop(view);
    let moment = desk.moment();
    let mut unit = desk.store.begin().await?;
    if !store::settings::raise(&mut unit, &key, &due).await? {
        return Ok(());
    }
    let mut outbox = Outbox::new();
    if lives {
        outbox.first(desk, Kind::DeadlineCheck.row().queue, &DeadlineCheck { year: season.year() }, moment);
    }
    let bells = outbox.write(&mut unit).await?;
    unit.commit().await?;
    noticed.bells.extend(bells);
    Ok(())
}
