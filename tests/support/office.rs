//! A real office program (`soffice` without a screen) and openpyxl: they open what we write, and save it in other formats.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::child::run_tool;
use crate::repository;

/// A format that clerks save in.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The file's ending.
    pub extension: &'static str,
    /// What the program calls it.
    filter: &'static str,
}

/// The formats that clerks save in.
pub const FORMATS: [Format; 4] = [
    Format { extension: "xlsx", filter: "xlsx:Calc MS Excel 2007 XML" },
    Format { extension: "xls", filter: "xls:MS Excel 97" },
    Format { extension: "ods", filter: "ods:calc8" },
    // Commas, double quotes, UTF-8, all cells as shown, the first sheet alone.
    Format { extension: "csv", filter: "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false" },
];

/// A hung program ends by itself.
const LIMIT: &str = "120";

/// What the program is told so that it trusts no result that a file brings along, and computes every formula anew.
const COMPUTE_ANEW: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"#;

/// Opens files and saves them in another format below `folder`, in one start with a profile of its own; the paths there.
#[must_use]
pub fn saved(files: &[PathBuf], format: Format, folder: &Path) -> Vec<PathBuf> {
    let profile = tempfile::tempdir().expect("the folder for temporary files is writable");
    convert(files, format, folder, profile.path())
}

/// Opens workbooks, computes all formulas anew, and saves them as .xlsx below `folder`; the paths there.
#[must_use]
pub fn recomputed(files: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let profile = tempfile::tempdir().expect("the folder for temporary files is writable");
    let user = profile.path().join("user");
    std::fs::create_dir(&user).expect("a new folder is writable");
    std::fs::write(user.join("registrymodifications.xcu"), COMPUTE_ANEW).expect("a new folder is writable");
    convert(files, FORMATS[0], folder, profile.path())
}

fn convert(files: &[PathBuf], format: Format, folder: &Path, profile: &Path) -> Vec<PathBuf> {
    let user = format!("-env:UserInstallation=file://{}", profile.display());
    let mut program = Command::new("timeout");
    program.args([
        "--kill-after=5",
        LIMIT,
        "soffice",
        &user,
        "--headless",
        "--norestore",
        "--convert-to",
        format.filter,
    ]);
    program.arg("--outdir").arg(folder).args(files);
    let told = run_tool(&mut program);
    let saved: Vec<PathBuf> = files
        .iter()
        .map(|file| folder.join(file.file_name().expect("a file has a name")).with_extension(format.extension))
        .collect();
    for path in &saved {
        assert!(path.is_file(), "{} was not saved:\n{told}", path.display());
    }
    saved
}

fn python(script: &str) -> Command {
    // The distribution's own Python has the distribution's openpyxl.
    let mut program = Command::new("/usr/bin/python3");
    program.arg(repository().join("tests/support").join(script));
    program
}

/// What openpyxl reads of a workbook: its sheets with cells, lists and print set-up; `values` are cached results.
#[must_use]
pub fn openpyxl(path: &Path, values: bool) -> Value {
    let told = run_tool(python("read.py").arg(path).arg(if values { "values" } else { "formulas" }));
    serde_json::from_str(&told).expect("the script prints JSON")
}

/// Types rows of text below the header of a template's first sheet.
pub fn fill(template: &Path, filled: &Path, rows: &[Vec<String>]) {
    let rows = serde_json::to_string(rows).expect("texts are JSON");
    run_tool(python("fill.py").arg(template).arg(filled).arg(rows));
}
