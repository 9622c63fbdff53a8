//! `notice`: notices listed, fetched, and a file verified against the record.

use desk::NoticeView;

use super::Context;
use crate::{
    cli::NoticeCommand,
    output::{DONE, Failure, shown, table},
};

pub async fn run(context: &Context<'_>, command: NoticeCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let by = context.account.as_str();
    match command {
        NoticeCommand::List { year, org } => {
            let list = app.desk.notices(by, year, &org).await?;
            context.printer.document(&list, |list| {
                let row = |one: &NoticeView| {
                    vec![
                        one.id.to_string(),
                        one.number.clone(),
                        one.version.to_string(),
                        one.org.clone(),
                        one.status.to_owned(),
                        one.warnings.to_string(),
                    ]
                };
                let head = ["id", "number", "version", "org", "status", "warnings"];
                table(&head, &list.iter().map(row).collect::<Vec<_>>())
            });
        }
        NoticeCommand::Get { id, output } => {
            let (view, bytes) = app.desk.notice_file(by, id).await?;
            std::fs::write(&output, bytes)?;
            context
                .printer
                .document(&view, |view| format!("{}\n{}", shown(&output.display().to_string()), lines(view)));
        }
        NoticeCommand::Verify { file } => {
            let bytes = std::fs::read(&file).map_err(|error| {
                Failure::refused(
                    "no-file",
                    format!("{} can't be read: {error}", file.display()),
                    "give the path of a file",
                )
            })?;
            let view = app.desk.verify_notice(by, &bytes).await?;
            context.printer.document(&view, lines);
        }
    }
    app.close().await;
    Ok(DONE)
}

fn lines(of: &NoticeView) -> String {
    let replaced = of.replaced_at.map(|at| format!("\nreplaced since {}: it is void (作废)", at.to_rfc3339()));
    format!(
        "{} version {} of {} {}, coverage year {}{}",
        of.number,
        of.version,
        of.org,
        shown(&of.name),
        of.year,
        replaced.unwrap_or_default()
    )
}
