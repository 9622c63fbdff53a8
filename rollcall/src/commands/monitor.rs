//! `monitor` and `forecast`: how the campaign stands, and who would fail if the next window closed now.

use std::{io::IsTerminal as _, time::Duration};

use console::Term;
use desk::{Campaign, CampaignLine, Forecast};
use domain::{money::Yuan, text::counted};

use super::Context;
use crate::{
    cli::{ForecastArgs, MonitorArgs},
    output::{self, DONE, Failure, table},
};

pub async fn run(context: &Context<'_>, args: MonitorArgs) -> Result<u8, Failure> {
    let app = context.app().await?;
    let look = async || app.desk.campaign(&context.account, args.year, args.org.as_deref()).await;
    if args.once || context.printer.is_json() || !std::io::stdout().is_terminal() {
        context.printer.document(&look().await?, screen);
        app.close().await;
        return Ok(DONE);
    }
    let stop = runtime::shutdown::on_signals()?;
    let terminal = Term::stdout();
    loop {
        let campaign = look().await?;
        // One write per look, from the top: nothing flickers.
        let (rows, _) = terminal.size();
        let text = fitted(&output::screen(&screen(&campaign)), usize::from(rows));
        terminal.clear_screen()?;
        terminal.write_str(&text)?;
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(Duration::from_secs(args.every)) => {}
        }
    }
    terminal.write_line("")?;
    app.close().await;
    Ok(DONE)
}

/// As much as the screen has room for; the last line says what has none.
fn fitted(text: &str, rows: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() < rows || rows < 2 {
        return text.to_owned();
    }
    let shown = rows - 2;
    format!("{}\n… {} more lines: --once prints all", lines[..shown].join("\n"), lines.len() - shown)
}

/// The campaign for people: the queues first, since they say how current the rest is.
fn screen(of: &Campaign) -> String {
    let queue = |state: &store::messages::QueueState| {
        let mut row = vec![state.queue.clone()];
        row.extend([state.ready, state.running, state.waiting, state.dead, state.oldest_s].map(|n| n.to_string()));
        row.push(if state.paused { "paused".to_owned() } else { String::new() });
        row
    };
    let queues: Vec<_> = of.queues.iter().map(queue).collect();
    let mut rows: Vec<_> = of.lines.iter().map(campaign_row).collect();
    rows.push(campaign_row(&CampaignLine { name: format!("{} in all", of.all.name), ..of.all.clone() }));
    format!(
        "coverage year {}  {}\n\n{}\n{}",
        of.year,
        of.as_of.to_rfc3339(),
        table(&["queue", "ready", "running", "waiting", "dead", "oldest_s", ""], &queues),
        table(
            &[
                "org",
                "name",
                "submitted",
                "approved",
                "returned",
                "final",
                "failed",
                "outstanding",
                "people",
                "total",
                "municipal",
                "bureau",
                "unit",
            ],
            &rows,
        )
    )
}

fn campaign_row(line: &CampaignLine) -> Vec<String> {
    let mut row = vec![line.org.clone(), line.name.clone()];
    let counts = [line.submitted, line.approved, line.returned, line.finalized, line.failed, line.outstanding];
    row.extend(counts.map(|count| count.to_string()));
    row.push(line.people.to_string());
    let money = [line.money.total_fen, line.money.municipal_fen, line.money.bureau_fen, line.money.unit_fen];
    row.extend(money.map(|fen| Yuan(fen).to_string()));
    row
}

pub async fn forecast(context: &Context<'_>, args: ForecastArgs) -> Result<u8, Failure> {
    let app = context.app().await?;
    let found = app.desk.forecast(&context.account, args.year, args.org.as_deref()).await?;
    context.printer.document(&found, forecast_lines);
    app.close().await;
    Ok(DONE)
}

fn forecast_lines(of: &Forecast) -> String {
    let (Some(window), Some(closes_at)) = (of.window, of.closes_at) else {
        return format!("coverage year {}: no window is left by which anything could fail", of.year);
    };
    let row = |item: &desk::ForecastItem| {
        vec![
            item.what.to_owned(),
            item.number.clone(),
            item.org.clone(),
            item.name.clone(),
            item.people.to_string(),
            Yuan(item.money.total_fen).to_string(),
            item.reason.to_owned(),
        ]
    };
    let head = ["", "number", "org", "name", "people", "total", "reason"];
    let items =
        if of.items.is_empty() { String::new() } else { table(&head, &of.items.iter().map(row).collect::<Vec<_>>()) };
    format!(
        "if {window} closed now (it closes {}): {} with {} and {} would fail\n{items}",
        closes_at.to_rfc3339(),
        counted(of.submissions, "submission", "submissions"),
        counted(of.people, "person", "people"),
        Yuan(of.total_fen)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_screen_has_no_room_for_is_counted() {
        assert_eq!(fitted("a\nb\nc", 24), "a\nb\nc");
        assert_eq!(fitted("a\nb\nc\nd", 4), "a\nb\n… 2 more lines: --once prints all");
    }
}
