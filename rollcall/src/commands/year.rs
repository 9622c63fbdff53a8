//! `year`, `window`, `premium`: what a coverage year says, and when.

use desk::{PremiumView, WindowView};
use domain::{
    calendar,
    enrollment::premium::Split,
    money::{Yuan, read_yuan},
    role::Act,
    year::window::WindowKind,
};

use super::{Context, instant};
use crate::{
    cli::{PremiumCommand, WindowCommand, YearCommand},
    output::{DONE, Failure, table},
};

pub async fn years(context: &Context<'_>, command: YearCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    if !matches!(command, YearCommand::Load { .. }) {
        app.desk.authorize(&context.account, Act::SeeYears, None).await?;
    }
    match command {
        YearCommand::List => {
            let years = app.desk.years().await?;
            context.printer.document(&years, |years| {
                let row = |year: &desk::YearView| {
                    vec![year.year.to_string(), year.plans.join(" "), year.version.to_string(), year.loaded_by.clone()]
                };
                table(&["year", "plans", "version", "loaded by"], &years.iter().map(row).collect::<Vec<_>>())
            });
        }
        YearCommand::Load { file } => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                Failure::refused("no-file", format!("{} can't be read: {error}", file.display()), "give a year's file")
            })?;
            let loaded = app.desk.load_year(&context.account, &text).await?;
            context.printer.document(&loaded, |loaded| {
                format!("{} is loaded: plans {}, version {}", loaded.year, loaded.plans.join(", "), loaded.version)
            });
        }
        YearCommand::Show { year } => {
            let text = app.desk.year_text(year).await?;
            context.printer.document(&serde_json::json!({"year": year, "file": text}), |_| text.clone());
        }
        YearCommand::Diff { first, second } => {
            let changes = app.desk.year_diff(first, second).await?;
            context.printer.document(&changes, |changes| {
                let row = |one: &desk::YearChange| {
                    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
                    vec![one.key.clone(), side(&one.before), side(&one.after)]
                };
                let head = ["key", &first.to_string(), &second.to_string()];
                table(&head, &changes.iter().map(row).collect::<Vec<_>>())
            });
        }
    }
    app.close().await;
    Ok(DONE)
}

pub async fn windows(context: &Context<'_>, command: WindowCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    if !matches!(command, WindowCommand::Extend { .. }) {
        app.desk.authorize(&context.account, Act::SeeYears, None).await?;
    }
    match command {
        WindowCommand::List { year } => {
            let windows = app.desk.windows(year).await?;
            context.printer.document(&windows, |windows| lines(windows));
        }
        WindowCommand::Extend { window, year, until, org, reason } => {
            let kind = WindowKind::parse(&window).ok_or_else(|| {
                let names: Vec<&str> = WindowKind::ALL.iter().map(|kind| kind.name()).collect();
                Failure::usage(format!("there is no window {window}"), format!("one of {}", names.join(", ")))
            })?;
            let until = closing(&until)?;
            let view = app.desk.extend_window(&context.account, year, kind, until, org.as_deref(), &reason).await?;
            context.printer.document(&view, |view| {
                let note = view.note.as_ref().map(|note| format!("\n{note}"));
                lines(std::slice::from_ref(view)) + note.as_deref().unwrap_or_default()
            });
        }
        WindowCommand::Status { year } => {
            let status = app.desk.window_status(year).await?;
            context.printer.document(&status, |status| {
                let row = |one: &desk::WindowStatus| {
                    vec![
                        one.due_at.to_rfc3339(),
                        one.window.clone(),
                        one.org.clone().unwrap_or_default(),
                        one.transition.clone(),
                        one.late_by_s.to_string(),
                        one.outcome.clone().unwrap_or_else(|| "waits".to_owned()),
                    ]
                };
                let head = ["due at", "window", "org", "transition", "late by s", "outcome"];
                table(&head, &status.iter().map(row).collect::<Vec<_>>())
            });
        }
    }
    app.close().await;
    Ok(DONE)
}

/// The instant of a closing: a day counts whole, so its end.
fn closing(text: &str) -> Result<chrono::DateTime<chrono::Utc>, Failure> {
    match text.parse::<chrono::NaiveDate>().ok().and_then(|day| calendar::starts_at(day.succ_opt()?)) {
        Some(end) => Ok(end),
        None => instant(text),
    }
}

fn lines(windows: &[WindowView]) -> String {
    let row = |window: &WindowView| {
        vec![
            window.window.clone(),
            window.org.clone().unwrap_or_default(),
            window.opens_at.to_rfc3339(),
            window.closes_at.to_rfc3339(),
            window.state.to_owned(),
            window.reason.clone().unwrap_or_default(),
        ]
    };
    table(&["window", "org", "opens at", "closes at", "state", "reason"], &windows.iter().map(row).collect::<Vec<_>>())
}

pub async fn premiums(context: &Context<'_>, command: PremiumCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    match command {
        PremiumCommand::Show { year, org } => {
            let premiums = app.desk.premiums(&context.account, year, &org).await?;
            context.printer.document(&premiums, |premiums| shares(premiums));
        }
        PremiumCommand::Set { year, org, plan, bureau, unit } => {
            let split = Split { bureau_fen: fen("--bureau", &bureau)?, unit_fen: fen("--unit", &unit)? };
            let set = app.desk.set_premium(&context.account, year, &org, &plan, split).await?;
            context.printer.document(&set, |set| shares(std::slice::from_ref(set)));
        }
    }
    app.close().await;
    Ok(DONE)
}

/// Yuan of the command line in fen.
pub fn fen(flag: &str, written: &str) -> Result<i64, Failure> {
    read_yuan(written).map_err(|error| Failure::usage(format!("{flag} {written}: {error}"), "yuan, as 13.00"))
}

fn shares(premiums: &[PremiumView]) -> String {
    let row = |one: &PremiumView| {
        let mut row = vec![one.plan.clone(), one.name.clone()];
        row.extend([one.fee_fen, one.municipal_fen, one.bureau_fen, one.unit_fen].map(|fen| Yuan(fen).to_string()));
        row.push(one.set_by.clone().unwrap_or_else(|| "default".to_owned()));
        row
    };
    let head = ["plan", "name", "fee", "municipal", "bureau", "unit", "set by"];
    table(&head, &premiums.iter().map(row).collect::<Vec<_>>())
}
