//! `upload`: accept files, wait for results, look after uploads.

use desk::{BuiltOn, FileOffer, ForOrg, TakeBack, UploadFile, UploadView};
use domain::template::TemplateKind;
use uuid::Uuid;

use super::{Context, waiting};
use crate::{
    app::App,
    cli::{UploadArgs, UploadCommand},
    output::{DONE, Failure, REFUSED, shown, table},
    progress,
};

/// Files that are accepted in one unit.
const TOGETHER: usize = 64;

pub async fn run(context: &Context<'_>, args: UploadArgs) -> Result<u8, Failure> {
    match args.command {
        Some(command) => manage(context, command).await,
        None => accept(context, args).await,
    }
}

/// The template kind of that name.
pub fn kind(name: &str) -> Result<TemplateKind, Failure> {
    TemplateKind::parse(name).ok_or_else(|| {
        let names = TemplateKind::ALL.map(TemplateKind::name).join(", ");
        Failure::usage(format!("there is no template {name}"), format!("one of {names}"))
    })
}

async fn accept(context: &Context<'_>, args: UploadArgs) -> Result<u8, Failure> {
    let words = "rollcall upload KIND FILE… [--org CODE|auto] [--type TYPE] [--wait]";
    let Some(name) = &args.kind else { return Err(Failure::usage("what kind of workbook is it?", words)) };
    let kind = kind(name)?;
    if args.files.is_empty() {
        return Err(Failure::usage("which file?", words));
    }
    let org = match args.org.as_deref() {
        Some("auto") => ForOrg::Auto,
        Some(code) => ForOrg::Code(code.to_owned()),
        None => ForOrg::None,
    };
    let app = context.app().await?;
    let offers: Vec<FileOffer> = args.files.iter().map(|path| offer(path)).collect();
    for offer in &offers {
        // All of them before the first is accepted: a request that is refused leaves nothing behind.
        app.desk.check_file(offer)?;
    }
    let bar = progress::bar(offers.len() as u64, "accepting", context.printer.is_json());
    let (mut uploads, mut correlations) = (Vec::new(), Vec::new());
    for part in offers.chunks(TOGETHER) {
        let accepted = app.desk.accept(&context.account, kind, &org, args.data_type.as_deref(), part).await?;
        app.ring(accepted.bells).await;
        uploads.extend(accepted.uploads);
        correlations.extend(accepted.correlations);
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    if args.wait {
        let bar = progress::bar(correlations.len() as u64, "working", context.printer.is_json());
        waiting::wait(&app, "upload", &correlations, &bar).await?;
    }
    let code = print(context, &app, &uploads, args.files.len() > 1).await?;
    app.close().await;
    Ok(code)
}

fn offer(path: &std::path::Path) -> FileOffer {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    FileOffer { path: path.to_owned(), file_name: name }
}

async fn manage(context: &Context<'_>, command: UploadCommand) -> Result<u8, Failure> {
    let app = context.app().await?;
    let account = context.account.as_str();
    let code = match command {
        UploadCommand::List { status, most } => {
            let found = app.desk.uploads(account, status.as_deref(), most).await?;
            let views: Vec<UploadView> = found.into_iter().map(UploadView::from).collect();
            context.printer.document(&views, |views| list(views));
            DONE
        }
        UploadCommand::Show { id } => {
            app.desk.upload(account, id).await?;
            print(context, &app, &[id], false).await?;
            DONE
        }
        UploadCommand::Result { id, output, rejected, original } => {
            let which = match (rejected, original) {
                (true, _) => UploadFile::Rejected,
                (_, true) => UploadFile::Original,
                _ => UploadFile::Result,
            };
            let bytes = app.desk.upload_file(account, id, which).await?;
            std::fs::write(&output, &bytes).map_err(|error| {
                Failure::refused(
                    "io",
                    format!("{} can't be written: {error}", output.display()),
                    "another path with -o",
                )
            })?;
            let document = serde_json::json!({"file": output, "bytes": bytes.len()});
            context
                .printer
                .document(&document, |_| format!("{} ({} bytes)", shown(&output.display().to_string()), bytes.len()));
            DONE
        }
        UploadCommand::Release { id, wait } => {
            let bells = app.desk.release(account, id).await?;
            let correlation = app.desk.upload(account, id).await?.correlation_id;
            app.ring(bells).await;
            if wait {
                let bar = progress::bar(1, "working", context.printer.is_json());
                waiting::wait(&app, "upload", &[correlation], &bar).await?;
            }
            print(context, &app, &[id], false).await?
        }
        UploadCommand::Discard { id } => {
            app.desk.discard(account, id).await?;
            print(context, &app, &[id], false).await?;
            DONE
        }
        UploadCommand::Undo { id, yes } => {
            let taken = if yes {
                let (taken, bells) = app.desk.take_back(account, id).await?;
                app.ring(bells).await;
                taken
            } else {
                app.desk.preview_take_back(account, id).await?
            };
            context.printer.document(&taken, take_back);
            if taken.refused.is_empty() { DONE } else { REFUSED }
        }
    };
    app.close().await;
    Ok(code)
}

/// Prints uploads: a document, or an array of them in the order given. 1 when one of them was rejected whole or failed.
async fn print(context: &Context<'_>, app: &App, ids: &[Uuid], array: bool) -> Result<u8, Failure> {
    let mut view = app.desk.store.view().await?;
    let mut found: std::collections::HashMap<Uuid, _> =
        store::uploads::find_many(&mut view, ids).await?.into_iter().map(|upload| (upload.id, upload)).collect();
    let views: Vec<UploadView> = ids.iter().filter_map(|id| found.remove(id)).map(UploadView::from).collect();
    let bad = views.iter().any(|view| matches!(view.status.as_str(), "rejected" | "failed"));
    match views.as_slice() {
        [view] if !array => context.printer.document(view, show),
        _ => context.printer.document(&views, |views| format!("{}{}", list(views), reasons(views))),
    }
    Ok(if bad { REFUSED } else { DONE })
}

/// What taking an import back did or would do.
fn take_back(of: &TakeBack) -> String {
    let line = |org: &str, [added, changed, requests]: [usize; 3]| {
        format!("  {org}  added {added}  changed {changed}  requests to move in {requests}")
    };
    let mut lines = vec![match (of.undone, of.refused.is_empty()) {
        (true, _) => format!("{}  was taken back", of.id),
        (false, true) => format!("{}  would be taken back; --yes does it", of.id),
        (false, false) => format!("{}  can't be taken back: something came after it", of.id),
    }];
    lines.extend(of.unions.iter().map(|union| line(&union.org, [union.added, union.changed, union.requests])));
    lines.push(line("all", [of.added, of.changed, of.requests]));
    let refused =
        |one: &BuiltOn| format!("  {}  {}  {}  {}  {}", one.member_no, one.name, one.id_masked, one.code, one.message);
    lines.extend(of.refused.iter().map(refused));
    lines.join("\n")
}

fn list(views: &[UploadView]) -> String {
    let rows: Vec<Vec<String>> = views
        .iter()
        .map(|view| {
            let counts = view.counts;
            let numbers = [counts.read, counts.accepted, counts.unchanged, counts.rejected, counts.duplicate];
            let mut row =
                vec![view.id.to_string(), view.kind.clone(), view.org.clone().unwrap_or_default(), status(view)];
            row.extend(numbers.map(|number| number.to_string()));
            row.push(view.file.clone());
            row
        })
        .collect();
    table(&["id", "kind", "org", "status", "read", "accepted", "unchanged", "rejected", "duplicate", "file"], &rows)
}

/// The status, and that an import was taken back.
fn status(view: &UploadView) -> String {
    if view.undone_at.is_some() { format!("{}, undone", view.status) } else { view.status.clone() }
}

/// Why files were not taken, a line each.
fn reasons(views: &[UploadView]) -> String {
    let line = |view: &UploadView| {
        view.reason
            .as_ref()
            .map(|reason| format!("\n{}  {}: {}", shown(&view.file), reason.code, shown(&reason.message)))
    };
    views.iter().filter_map(line).collect()
}

/// Findings that are shown to a person; `--json` and the workbook have more.
const SHOWN: usize = 20;

fn show(view: &UploadView) -> String {
    use std::fmt::Write as _;
    let counts = view.counts;
    let org = view.org.as_deref().map(|code| format!(" for {code}")).unwrap_or_default();
    let mut text = format!("{}  {}{org}  {}  {}\n", view.id, view.kind, shown(&view.file), status(view));
    if let (Some(at), Some(by)) = (view.undone_at, &view.undone_by) {
        let _ = writeln!(text, "  taken back at {} by {}", at.to_rfc3339(), shown(by));
    }
    if let Some(reason) = &view.reason {
        let _ = writeln!(text, "  {}: {}", reason.code, shown(&reason.message));
    }
    if counts.skipped + counts.not_read > 0 {
        let _ = writeln!(
            text,
            "  content {} = headings {} + read {} + skipped {} + not read {}",
            counts.content, counts.headings, counts.read, counts.skipped, counts.not_read
        );
    }
    if counts.read > 0 {
        let _ = writeln!(
            text,
            "  read {} = accepted {} + unchanged {} + rejected {} + duplicate {}{}",
            counts.read,
            counts.accepted,
            counts.unchanged,
            counts.rejected,
            counts.duplicate,
            remark(view)
        );
    }
    if let Some(comparison) = view.comparison {
        let _ = writeln!(text, "  comparison {comparison}: rollcall compare show {comparison}");
    }
    findings(&mut text, &view.findings);
    text
}

/// What a roster does not do, and how many rows of an import became requests.
fn remark(view: &UploadView) -> String {
    match (view.kind.as_str(), view.counts.transfers) {
        ("roster", _) => "  (of the list; the registry is as it was)".to_owned(),
        (_, 0) => String::new(),
        (_, transfers) => format!("  (transfers {transfers})"),
    }
}

/// Where a finding is: `row    5`, or `file` where it is about the file as a whole.
pub fn place(finding: &serde_json::Value) -> String {
    match finding["row"].as_u64() {
        Some(row) if row > 0 => format!("row {row:>4}"),
        _ => "file".to_owned(),
    }
}

/// Lines of findings, for `upload show` and `check`.
pub fn findings(text: &mut String, findings: &serde_json::Value) {
    use std::fmt::Write as _;
    let list = findings.as_array().map(Vec::as_slice).unwrap_or_default();
    for finding in list.iter().take(SHOWN) {
        let word = |key: &str| shown(finding[key].as_str().unwrap_or_default()).into_owned();
        let _ =
            writeln!(text, "  {:8}  {:7}  {:20}  {}", place(finding), word("severity"), word("code"), word("message"));
    }
    if list.len() > SHOWN {
        let _ = writeln!(text, "  … and {} more", list.len() - SHOWN);
    }
}
