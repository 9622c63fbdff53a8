//! `clock`: where business time stands, and moving it where it is simulated.

use chrono::{DateTime, FixedOffset, TimeDelta};
use desk::{ClockMove, ClockView, WindowStatus};
use domain::role::Act;
use runtime::shanghai_text;
use serde::Serialize;

use super::{Context, instant, waiting};
use crate::{
    app::App,
    cli::ClockCommand,
    output::{DONE, Failure, table},
};

/// A move of the clock as it is printed.
#[derive(Debug, Serialize)]
struct Advanced {
    before: String,
    now: String,
    /// Openings and closings that came due on the way, in their order.
    due: Vec<DueOfYear>,
    /// Whether all that is due has been done.
    settled: bool,
}

#[derive(Debug, Serialize)]
struct DueOfYear {
    year: i32,
    #[serde(flatten)]
    status: WindowStatus,
}

pub async fn run(context: &Context<'_>, command: ClockCommand) -> Result<u8, Failure> {
    if context.is_fixed() {
        let message = "--at gives one command an instant of its own; the clock is another matter";
        return Err(Failure::usage(message, "leave --at out"));
    }
    let moves = match &command {
        ClockCommand::Show => None,
        ClockCommand::Advance { by, to, no_wait } => Some((how(by.as_deref(), to.as_deref())?, *no_wait)),
    };
    let app = context.app().await?;
    match moves {
        None => {
            app.desk.authorize(&context.account, Act::SeeYears, None).await?;
            context.printer.document(&app.desk.clock().await?, people);
        }
        Some((by, no_wait)) => advance(context, &app, by, no_wait).await?,
    }
    app.close().await;
    Ok(DONE)
}

fn how(by: Option<&str>, to: Option<&str>) -> Result<ClockMove, Failure> {
    match (by, to) {
        (_, Some(to)) => Ok(ClockMove::To(instant(to)?)),
        (by, None) => {
            let text = by.unwrap_or_default();
            let wrong = || {
                Failure::usage(
                    format!("{text} is no duration"),
                    "write it as 90d, 12h or 1d12h30m (w, d, h, m, s); --to takes an instant",
                )
            };
            Ok(ClockMove::By(duration(text).ok_or_else(wrong)?))
        }
    }
}

/// Reads `1d12h`: whole numbers, each with its unit.
fn duration(text: &str) -> Option<TimeDelta> {
    let mut total = TimeDelta::zero();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|one: char| !one.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let number: i64 = number.parse().ok()?;
        let mut letters = after.chars();
        let part = match letters.next()? {
            'w' => TimeDelta::try_weeks(number),
            'd' => TimeDelta::try_days(number),
            'h' => TimeDelta::try_hours(number),
            'm' => TimeDelta::try_minutes(number),
            's' => TimeDelta::try_seconds(number),
            _ => None,
        };
        total = total.checked_add(&part?)?;
        rest = letters.as_str();
    }
    (!text.is_empty()).then_some(total)
}

async fn advance(context: &Context<'_>, app: &App, by: ClockMove, no_wait: bool) -> Result<(), Failure> {
    let moved = app.desk.move_clock(&context.account, by).await?;
    // Schedulers see the move with their next look. Looking here as well saves that second, and works without any.
    app.ring(scheduler::reconcile(&app.desk).await?.bells).await;
    if !no_wait {
        waiting::settle(app, "clock", context.printer.is_json()).await?;
    }
    let mut due = Vec::new();
    for year in app.desk.years().await? {
        let came_due = |one: &WindowStatus| one.due_at > moved.before && one.due_at <= moved.now;
        let of_year = app.desk.window_status(year.year).await?.into_iter().filter(came_due);
        due.extend(of_year.map(|status| DueOfYear { year: year.year, status }));
    }
    due.sort_by_key(|one| one.status.due_at);
    let advanced =
        Advanced { before: shanghai_text(moved.before), now: shanghai_text(moved.now), due, settled: !no_wait };
    context.printer.document(&advanced, |advanced| {
        let head = format!("the clock went from {} to {}", advanced.before, advanced.now);
        if advanced.due.is_empty() { head } else { format!("{head}\n{}", lines(&advanced.due)) }
    });
    Ok(())
}

fn lines(due: &[DueOfYear]) -> String {
    let row = |one: &DueOfYear| {
        let status = &one.status;
        let of = status.org.as_ref().map_or_else(|| one.year.to_string(), |org| format!("{} {org}", one.year));
        let outcome = status.outcome.clone().unwrap_or_else(|| "not yet acted on".to_owned());
        vec![when(status.due_at), of, status.window.clone(), status.transition.clone(), outcome]
    };
    table(&["due", "year", "window", "", "what was done"], &due.iter().map(row).collect::<Vec<_>>())
}

fn people(view: &ClockView) -> String {
    let next = view.next.as_ref().map_or_else(
        || "nothing more, in the years on record".to_owned(),
        |next| {
            let org = next.org.as_ref().map(|org| format!(" for {org}")).unwrap_or_default();
            format!("{} {} of {}{org} {}", when(next.at), next.window, next.year, next.transition)
        },
    );
    let rows = [
        vec!["business".to_owned(), when(view.business), view.mode.to_owned()],
        vec!["machine".to_owned(), when(view.machine), String::new()],
        vec!["next due".to_owned(), next, String::new()],
    ];
    table(&["clock", "stands at", ""], &rows)
}

fn when(at: DateTime<FixedOffset>) -> String {
    shanghai_text(at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_numbers_with_their_units() {
        for (text, seconds) in [("90d", 7_776_000), ("1d12h30m", 131_400), ("2w", 1_209_600), ("45s", 45), ("0s", 0)] {
            assert_eq!(duration(text), Some(TimeDelta::seconds(seconds)), "{text}");
        }
        for text in ["", "90", "d", "-1d", "1.5h", "1 d", "1d12", "1y", "99999999999999999999d", "9223372036854775807w"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
