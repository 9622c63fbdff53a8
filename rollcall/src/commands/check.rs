//! `check`: the validation of an upload, offline. No database, nothing stored; what only the registry knows (unions,
//! members on record) is not asked.

use std::path::Path;

use runtime::SHANGHAI;
use sheets::ReadError;
use workers::upload::offline;

use super::{Context, upload};
use crate::{
    app,
    output::{DONE, Failure, REFUSED, shown},
    private,
};

pub async fn run(context: &Context<'_>, name: &str, file: &Path, output: Option<&Path>) -> Result<u8, Failure> {
    let kind = upload::kind(name)?;
    if !file.is_file() {
        return Err(Failure::refused(
            "no-file",
            format!("{} is not a file that can be read", file.display()),
            "give the path of a workbook",
        ));
    }
    private::make_private(&context.config.data.dir)?;
    let reader = app::reader(&context.config)?;
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || reader.read(&path, kind)).await;
    let spool = match read.map_err(|_| Failure::refused("internal", "the reading broke off", ""))? {
        Ok(spool) => spool,
        Err(ReadError::Rejected(rejection)) => {
            let document = serde_json::json!({
                "kind": kind.name(), "status": "rejected", "counts": domain::upload::Counts::default(),
                "reason": {"code": rejection.code.name(), "message": rejection.sentence_zh()}, "findings": [],
            });
            context
                .printer
                .document(&document, |_| format!("{}: {}", rejection.code.name(), shown(&rejection.sentence_zh())));
            return Ok(REFUSED);
        }
        Err(error) => return Err(Failure::refused("io", error.to_string(), "")),
    };
    let today = context.clock.business_now().with_timezone(&SHANGHAI).date_naive();
    let tally = offline::tally(kind, &spool, today).map_err(|error| Failure::refused("io", error.to_string(), ""))?;
    if let Some(output) = output {
        let bytes = offline::marked(
            kind,
            &spool,
            &tally,
            &file.display().to_string(),
            context.clock.business_now(),
            &context.config.data.dir,
        )
        .map_err(|error| Failure::refused("io", error.to_string(), ""))?;
        std::fs::write(output, bytes)?;
    }
    let document = serde_json::json!({
        "kind": kind.name(), "status": "done", "reason": null, "counts": tally.counts,
        "findings": offline::findings(&tally, 1_000), "finding_counts": tally.finding_counts,
    });
    context.printer.document(&document, |document| {
        let counts = &document["counts"];
        let mut text = format!(
            "content {} = headings {} + read {} + skipped {} + not read {}\n{}  read {} = good {} + rejected {} + duplicate {}\n",
            counts["content"],
            counts["headings"],
            counts["read"],
            counts["skipped"],
            counts["not_read"],
            kind.name(),
            counts["read"],
            counts["accepted"],
            counts["rejected"],
            counts["duplicate"]
        );
        upload::findings(&mut text, &document["findings"]);
        text
    });
    Ok(DONE)
}
