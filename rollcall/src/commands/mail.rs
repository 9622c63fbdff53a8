//! `mail`: the ledger, sending again, addresses that mails came back from, and what mails look like.

use std::path::Path;

use chrono::{DateTime, Utc};
use desk::Resumed;
use domain::text::counted;
use mail::{
    Address, Outgoing, compose,
    template::{KINDS, Kind, Rendered, kind},
};
use runtime::shanghai_text;
use store::{
    bounces::Bounce,
    mails::{Mail, MailSelection},
};
use uuid::Uuid;

use super::Context;
use crate::{
    app::App,
    cli::{MailCommand, Resend},
    output::{DONE, Failure, shown, table},
};

/// Recipients that are named before a selection is sent again.
const NAMED: usize = 20;

pub async fn run(context: &Context<'_>, command: MailCommand) -> Result<u8, Failure> {
    if let MailCommand::Preview { kind, output } = &command {
        return preview(context, kind.as_deref(), output);
    }
    let app = context.app().await?;
    match command {
        MailCommand::List { status, to, kind, most } => {
            let wanted = MailSelection { status, recipient: to, kind, below: None };
            list(context, &app.desk.mails(&context.account, &wanted, most).await?);
        }
        MailCommand::Show { id } => show(context, &app.desk.mail(&context.account, id).await?),
        MailCommand::Resend(Resend { id: Some(id), .. }) => {
            let bells = app.desk.resend_mail(&context.account, id).await?;
            app.ring(bells).await;
            context.printer.document(&serde_json::json!({"queued": id}), |_| "queued again".to_owned());
        }
        MailCommand::Resend(wanted) => resend(context, &app, wanted).await?,
        MailCommand::Bounced { address, clear: true, .. } => {
            app.desk.forget_bounce(&context.account, &address).await?;
            let document = serde_json::json!({"address": address, "bounced": false});
            context.printer.document(&document, |_| format!("mails go to {} again", shown(&address)));
        }
        MailCommand::Bounced { address, reason, .. } => {
            let reason = reason.unwrap_or_default();
            let concerned = app.desk.record_bounce(&context.account, &address, &reason).await?;
            context.printer.document(&concerned, |concerned| {
                format!("nothing more is sent to {}\n{}", shown(&address), bounces(concerned))
            });
        }
        MailCommand::Bounces { org } => {
            let found = app.desk.bounces(&context.account, org.as_deref()).await?;
            context.printer.document(&found, |found| bounces(found));
        }
        MailCommand::Resume { rehearsal } => {
            let desk = &app.desk;
            let account = &context.account;
            let resumed =
                if rehearsal { desk.declare_copy(account).await? } else { desk.resume_mails(account).await? };
            context.printer.document(&resumed, told);
        }
        MailCommand::Preview { .. } => {}
    }
    app.close().await;
    Ok(DONE)
}

fn told(resumed: &Resumed) -> String {
    let waiting = resumed.waiting;
    match (resumed.is_real, &resumed.held) {
        (true, Some(held)) => {
            format!("this is the real database from now on; {waiting} mails wait and go out now\n  before: {held}")
        }
        (true, None) => format!("mails were not held; {waiting} wait to be sent"),
        (false, _) => format!(
            "this database is a copy from now on: it writes to nobody, and takes no file away; {waiting} mails wait"
        ),
    }
}

fn document(mail: &Mail) -> serde_json::Value {
    serde_json::json!({
        "id": mail.id, "to": mail.recipient, "subject": mail.subject, "status": mail.status,
        "attempts": mail.attempts, "kind": mail.kind, "about": mail.about, "org": mail.org_code,
        "queued_at": mail.queued_at, "sent_at": mail.sent_at, "last_error": mail.last_error,
    })
}

fn list(context: &Context<'_>, found: &[Mail]) {
    let documents: Vec<_> = found.iter().map(document).collect();
    context.printer.document(&documents, |_| {
        let rows = found.iter().map(|mail| {
            vec![
                mail.id.to_string(),
                mail.status.clone(),
                mail.attempts.to_string(),
                mail.recipient.clone(),
                mail.subject.clone(),
            ]
        });
        table(&["id", "status", "attempts", "to", "subject"], &rows.collect::<Vec<_>>())
    });
}

/// The row, and the text as it is sent.
fn show(context: &Context<'_>, mail: &Mail) {
    let params = serde_json::from_str(&mail.params).unwrap_or_default();
    let rendered = kind(&mail.kind).and_then(|kind| kind.render(&params));
    let text = rendered.map_or_else(|error| error.to_string(), |rendered| rendered.text);
    let files: Vec<String> = mail.files().into_iter().map(|file| file.name).collect();
    let mut view = document(mail);
    view["version"] = mail.version.into();
    view["files"] = files.clone().into();
    view["text"] = text.clone().into();
    context.printer.document(&view, |_| {
        let mut lines = vec![
            format!("to {}: {}, {} attempts", shown(&mail.recipient), mail.status, mail.attempts),
            format!("{} about {}, version {}", mail.kind, mail.about, mail.version),
            format!("queued {}", shanghai_text(mail.queued_at)),
        ];
        lines.extend(mail.sent_at.map(|at| format!("sent {}", shanghai_text(at))));
        lines.extend(mail.last_error.as_ref().map(|error| format!("last error: {}", shown(error))));
        lines.extend(files.iter().map(|name| format!("file {}", shown(name))));
        lines.push(format!("\n{}\n\n{text}", shown(&mail.subject)));
        lines.join("\n")
    });
}

/// A selection: who would get how many, and with `--yes` they are sent.
async fn resend(context: &Context<'_>, app: &App, wanted: Resend) -> Result<(), Failure> {
    let Resend { status, to, kind, yes, .. } = wanted;
    if status.is_none() && to.is_none() && kind.is_none() {
        return Err(Failure::usage("which mails?", "an id, --status, --to or --kind"));
    }
    let selection = MailSelection { status, recipient: to, kind, below: None };
    if yes {
        let bells = app.desk.resend_mails(&context.account, &selection).await?;
        let count = bells.len();
        app.ring(bells).await;
        context.printer.document(&serde_json::json!({"queued": count}), |_| {
            format!("{} queued again", counted(count, "mail", "mails"))
        });
        return Ok(());
    }
    let preview = app.desk.preview_resending(&context.account, &selection).await?;
    context.printer.document(&preview, |preview| {
        let rows: Vec<Vec<String>> = preview
            .recipients
            .iter()
            .take(NAMED)
            .map(|(address, count)| vec![count.to_string(), address.clone()])
            .collect();
        let more = preview.recipients.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
        let bounced = match preview.bounced {
            0 => String::new(),
            count => format!("\n{count} of them to addresses that mails came back from: they will be refused again"),
        };
        format!(
            "{}{more}\n{} to {} would be sent again; --yes does it{bounced}",
            table(&["mails", "to"], &rows).trim_end(),
            counted(preview.mails, "mail", "mails"),
            counted(preview.recipients.len(), "address", "addresses")
        )
    });
    Ok(())
}

fn bounces(found: &[Bounce]) -> String {
    let rows = found.iter().map(|bounce| {
        vec![
            bounce.address.clone(),
            shanghai_text(bounce.bounced_at),
            bounce.org_code.clone().unwrap_or_default(),
            bounce.org_name.clone().unwrap_or_default(),
            bounce.account.clone().unwrap_or_default(),
            bounce.reason.clone(),
        ]
    });
    table(&["address", "at", "org", "name", "account", "reason"], &rows.collect::<Vec<_>>())
}

/// Writes each kind as it is sent and as a page; no database is asked.
fn preview(context: &Context<'_>, name: Option<&str>, folder: &Path) -> Result<u8, Failure> {
    let kinds: Vec<&Kind> = match name {
        Some(name) => vec![kind(name).map_err(|error| {
            Failure::usage(error.to_string(), KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", "))
        })?],
        None => KINDS.iter().collect(),
    };
    std::fs::create_dir_all(folder)?;
    let mut written = Vec::new();
    for kind in kinds {
        let rendered = kind
            .preview()
            .map_err(|error| Failure::refused("template", error.to_string(), "this is a fault of ours"))?;
        let html = folder.join(format!("{}.html", kind.name));
        let eml = folder.join(format!("{}.eml", kind.name));
        std::fs::write(&html, &rendered.html)?;
        std::fs::write(&eml, whole(context, rendered.clone())?)?;
        written.push(serde_json::json!({"kind": kind.name, "subject": rendered.subject, "eml": eml, "html": html}));
    }
    context.printer.document(&written, |written| {
        let rows = written
            .iter()
            .map(|one| ["kind", "subject"].map(|key| one[key].as_str().unwrap_or_default().to_owned()).into());
        format!(
            "{}\n{} in {}",
            table(&["kind", "subject"], &rows.collect::<Vec<_>>()).trim_end(),
            counted(written.len(), "mail", "mails"),
            folder.display()
        )
    });
    Ok(DONE)
}

/// The mail byte by byte, from the configured sender to somebody who does not exist.
fn whole(context: &Context<'_>, rendered: Rendered) -> Result<Vec<u8>, Failure> {
    let wrong =
        |error: mail::BadAddress| Failure::usage(format!("mail.from: {error}"), "an address, or `name <address>`");
    let outgoing = Outgoing {
        message_id: Uuid::nil(),
        from: Address::parse(&context.config.mail.from).map_err(wrong)?,
        to: Address::parse("clerk@example.org").map_err(wrong)?,
        subject: rendered.subject,
        text: rendered.text,
        html: Some(rendered.html),
        attachments: Vec::new(),
        headers: Vec::new(),
        date: DateTime::<Utc>::UNIX_EPOCH,
    };
    let composed = compose(&outgoing, None).map_err(|error| Failure::refused("template", error.to_string(), ""))?;
    Ok(composed.bytes)
}
