//! `compare`: what comparisons found, and carrying out what clerks chose.

use desk::{ApplicationView, ComparisonItems, ComparisonView, FileOffer};
use domain::comparison::Class;

use super::{Context, waiting};
use crate::{
    cli::CompareCommand,
    output::{DONE, Failure, REFUSED, shown, table},
    progress,
};

/// Items that are shown to a person; `--json` and the workbook have more.
const SHOWN: usize = 50;

pub async fn run(context: &Context<'_>, command: CompareCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let account = context.account.as_str();
    let code = match command {
        CompareCommand::List { most } => {
            let found = app.desk.comparisons(account, most).await?;
            context.printer.document(&found, |found| list(found));
            DONE
        }
        CompareCommand::Show { id, class, most } => {
            let class = class.as_deref().map(class_name).transpose()?;
            let found = app.desk.comparison_items(account, id, class, most).await?;
            context.printer.document(&found, show);
            DONE
        }
        CompareCommand::Apply { id, actions, no_wait, .. } => {
            let file_name = actions.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let offer = FileOffer { path: actions, file_name };
            let (application, correlation, bells) = app.desk.apply_comparison(account, id, &offer).await?;
            app.ring(bells).await;
            if !no_wait {
                let bar = progress::bar(1, "working", context.printer.is_json());
                waiting::wait(&app, "compare", &[correlation], &bar).await?;
            }
            let view = app.desk.application(application).await?;
            context.printer.document(&view, applied);
            if matches!(view.status.as_str(), "rejected" | "failed") { REFUSED } else { DONE }
        }
    };
    app.close().await;
    Ok(code)
}

fn class_name(word: &str) -> Result<&'static str, Failure> {
    Class::parse(word).map(Class::name).ok_or_else(|| {
        let names = Class::ALL.map(Class::name).join(", ");
        Failure::usage(format!("there is no class {word}"), format!("one of {names}"))
    })
}

fn list(found: &[ComparisonView]) -> String {
    let row = |one: &ComparisonView| {
        let counts = [
            one.counts.read,
            one.counts.same,
            one.counts.changed,
            one.counts.absent_from_file,
            one.counts.not_in_registry,
            one.counts.in_other_union,
            one.counts.near_match,
        ];
        let mut row = vec![one.id.to_string(), one.org.clone(), one.status.clone()];
        row.extend(counts.map(|count| count.to_string()));
        row
    };
    let head = ["id", "org", "status", "read", "same", "changed", "absent", "new", "elsewhere", "near"];
    table(&head, &found.iter().map(row).collect::<Vec<_>>())
}

fn show(found: &ComparisonItems) -> String {
    use std::fmt::Write as _;
    let counts = &found.comparison.counts;
    let mut text = format!("{}  {}  {}\n", found.comparison.id, found.comparison.org, found.comparison.status);
    let _ = writeln!(
        text,
        "  read {} = same {} + changed {} + not in registry {} + in other union {} + duplicate {} + rejected {}",
        counts.read,
        counts.same,
        counts.changed,
        counts.not_in_registry,
        counts.in_other_union,
        counts.duplicate,
        counts.rejected
    );
    let _ = writeln!(text, "  absent from file {}, near matches {}", counts.absent_from_file, counts.near_match);
    let rows: Vec<Vec<String>> = found
        .items
        .iter()
        .take(SHOWN)
        .map(|item| {
            let fields = item.fields.iter().filter(|_| item.class == Class::Changed.name());
            let changes = fields.map(|field| format!("{}: {} -> {}", field.column, field.before, field.after));
            let remark: Vec<String> = changes.chain(item.reasons.iter().cloned()).collect();
            vec![
                item.key.clone().unwrap_or_default(),
                item.class.clone(),
                item.row.map(|row| row.to_string()).unwrap_or_default(),
                item.name.clone(),
                item.id_masked.clone(),
                item.suggestion.clone().unwrap_or_default(),
                item.outcome.clone().unwrap_or_default(),
                remark.join("; "),
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&table(&["item", "class", "row", "name", "id", "suggestion", "outcome", "remark"], &rows));
    }
    if found.items.len() > SHOWN {
        let _ = writeln!(text, "… and {} more", found.items.len() - SHOWN);
    }
    text
}

fn applied(view: &ApplicationView) -> String {
    use std::fmt::Write as _;
    let counts = &view.counts;
    let mut text = format!("{}  {}\n", view.comparison, view.status);
    if let Some(reason) = &view.reason {
        let _ = writeln!(text, "  {}: {}", reason.code, shown(&reason.message));
    }
    if counts.chosen > 0 {
        let _ = writeln!(
            text,
            "  chosen {} = done {} + refused {} + unchanged {}",
            counts.chosen, counts.done, counts.refused, counts.unchanged
        );
    }
    let items = view.items.as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |item: &serde_json::Value| {
        let word = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        ["item", "name", "id_masked", "choice", "outcome", "code", "message"].map(word).to_vec()
    };
    let rows: Vec<Vec<String>> = items.iter().take(SHOWN).map(row).collect();
    if !rows.is_empty() {
        text.push_str(&table(&["item", "name", "id", "choice", "outcome", "code", "message"], &rows));
    }
    text
}
