//! `template`: an empty workbook that a clerk can fill in at once.

use std::path::PathBuf;

use chrono::Datelike as _;
use runtime::SHANGHAI;

use super::{Context, upload::kind};
use crate::output::{DONE, Failure, shown};

pub fn run(context: &Context<'_>, name: &str, output: Option<PathBuf>) -> Result<u8, Failure> {
    let kind = kind(name)?;
    let output = match output {
        Some(named) => named,
        None => usual(kind.name())?,
    };
    let year = context.clock.business_now().with_timezone(&SHANGHAI).year();
    let bytes = sheets::write_template(kind, year).map_err(|error| Failure::refused("io", error.to_string(), ""))?;
    std::fs::write(&output, &bytes).map_err(|error| {
        Failure::refused("io", format!("{} can't be written: {error}", output.display()), "another path with -o")
    })?;
    let document = serde_json::json!({"file": output, "bytes": bytes.len()});
    context.printer.document(&document, |_| shown(&output.display().to_string()).into_owned());
    Ok(DONE)
}

/// The file of a template where none was named. One that is there already may be filled in, so only `-o` writes over it.
fn usual(kind: &str) -> Result<PathBuf, Failure> {
    let output = PathBuf::from(format!("{kind}.xlsx"));
    if output.exists() {
        let message = format!("{} is there already, and may be filled in", output.display());
        return Err(Failure::refused("exists", message, "-o FILE names another place, or writes over it"));
    }
    Ok(output)
}
