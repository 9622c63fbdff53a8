//! `queue`, `dead`, `audit`: the operator's view of the pipeline.

use std::collections::BTreeMap;

use domain::{mask::mask_digits, text::counted};
use runtime::shanghai_text;
use store::{audit::ActSelection, messages::DeadSelection};

use super::{Context, instant, queue};
use crate::{
    cli::{DeadCommand, DeadFilter, QueueCommand},
    output::{DONE, Failure, table},
};

pub async fn queues(context: &Context<'_>, command: QueueCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let (name, pause) = match &command {
        QueueCommand::List => {
            let states = app.desk.queues(&context.account).await?;
            context.printer.document(&states, |states| {
                let rows = states.iter().map(|state| {
                    let numbers = [state.ready, state.running, state.waiting, state.dead, state.oldest_s];
                    let mut row = vec![state.queue.clone()];
                    row.extend(numbers.map(|number| number.to_string()));
                    row.push(if state.paused { "paused".to_owned() } else { String::new() });
                    row
                });
                table(&["queue", "ready", "running", "waiting", "dead", "oldest_s", ""], &rows.collect::<Vec<_>>())
            });
            app.close().await;
            return Ok(DONE);
        }
        QueueCommand::Pause { queue } => (queue, true),
        QueueCommand::Resume { queue } => (queue, false),
    };
    let changed = app.desk.pause_queue(&context.account, queue(name)?, pause).await?;
    let word = if pause { "paused" } else { "going on" };
    let document = serde_json::json!({"queue": name, "paused": pause, "changed": changed});
    context
        .printer
        .document(&document, |_| format!("{name} is {word}{}", if changed { "" } else { " (it was already)" }));
    app.close().await;
    Ok(DONE)
}

fn selection(filter: &DeadFilter) -> Result<DeadSelection, Failure> {
    if filter.id.is_none() && filter.kind.is_none() && filter.queue.is_none() && filter.error.is_none() && !filter.yes {
        return Err(Failure::usage("which messages?", "an id, --kind, --queue or --error; or --yes for all of them"));
    }
    Ok(DeadSelection {
        id: filter.id,
        kind: filter.kind.clone(),
        queue: filter.queue.clone(),
        error: filter.error.clone(),
    })
}

pub async fn dead(context: &Context<'_>, command: DeadCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let account = context.account.as_str();
    match command {
        DeadCommand::List => {
            let found = app.desk.dead(account, &DeadSelection::default()).await?;
            let mut groups: BTreeMap<(String, String), Vec<uuid::Uuid>> = BTreeMap::new();
            for message in found {
                let error = message.last_error.map(|error| mask_digits(&error)).unwrap_or_default();
                groups.entry((message.kind, error)).or_default().push(message.id);
            }
            let document: Vec<_> = groups
                .iter()
                .map(|((kind, error), ids)| serde_json::json!({"kind": kind, "error": error, "count": ids.len(), "ids": ids}))
                .collect();
            context.printer.document(&document, |_| {
                let rows = groups.iter().map(|((kind, error), ids)| {
                    let newest = ids.first().map(ToString::to_string).unwrap_or_default();
                    vec![ids.len().to_string(), kind.clone(), newest, error.clone()]
                });
                table(&["count", "kind", "newest", "error"], &rows.collect::<Vec<_>>())
            });
        }
        DeadCommand::Show { id } => {
            let mut chain = app.desk.dead_chain(account, id).await?;
            for message in &mut chain {
                message.last_error = message.last_error.as_deref().map(mask_digits);
            }
            context.printer.document(&chain, |chain| {
                let rows = chain.iter().map(|message| {
                    vec![
                        message.id.to_string(),
                        message.kind.clone(),
                        message.state.clone(),
                        message.attempts.to_string(),
                        message.last_error.clone().unwrap_or_default(),
                    ]
                });
                table(&["id", "kind", "state", "attempts", "last error"], &rows.collect::<Vec<_>>())
            });
        }
        DeadCommand::Replay(filter) => change(context, &app, &filter, true).await?,
        DeadCommand::Discard(filter) => change(context, &app, &filter, false).await?,
    }
    app.close().await;
    Ok(DONE)
}

/// Without `--yes` only the count is told, unless one message is named.
async fn change(
    context: &Context<'_>,
    app: &crate::app::App,
    filter: &DeadFilter,
    replay: bool,
) -> Result<(), Failure> {
    let selection = selection(filter)?;
    let word = if replay { "replayed" } else { "discarded" };
    if filter.id.is_none() && !filter.yes {
        let preview = app.desk.preview_dead(&context.account, &selection).await?;
        context.printer.document(&preview, |preview| {
            format!("{} would be {word}; --yes does it", counted(preview.messages, "message", "messages"))
        });
        return Ok(());
    }
    let count = if replay {
        app.desk.replay_dead(&context.account, &selection).await?
    } else {
        app.desk.discard_dead(&context.account, &selection).await?
    };
    context
        .printer
        .document(&serde_json::json!({word: count}), |_| format!("{} {word}", counted(count, "message", "messages")));
    Ok(())
}

pub async fn audit(
    context: &Context<'_>,
    org: Option<String>,
    since: Option<&str>,
    by: Option<String>,
    most: i64,
) -> Result<u8, Failure> {
    let wanted = ActSelection { org_code: org, since: since.map(instant).transpose()?, account: by };
    let app = context.app().await?;
    let acts = app.desk.audit(&context.account, &wanted, most).await?;
    context.printer.document(&acts, |acts| {
        let rows = acts.iter().map(|act| {
            vec![
                shanghai_text(act.at),
                act.account.clone(),
                act.act.clone(),
                act.org_code.clone().unwrap_or_default(),
                act.outcome.clone(),
                act.about.clone().unwrap_or_default(),
            ]
        });
        table(&["at", "account", "act", "org", "outcome", "about"], &rows.collect::<Vec<_>>())
    });
    app.close().await;
    Ok(DONE)
}
