//! The workbooks that people get back are opened by an office program and by openpyxl, and both see what we wrote.

use std::path::PathBuf;

use support::Installation;
use support::office::{FORMATS, openpyxl, saved};
use support::people::People;
use support::workbook::{ORGANIZATION_HEADERS, Table};

pub const UNION: &str = "3199010001";

/// The federation's few unions, so that members have somewhere to go.
pub async fn federation(at: &Installation) {
    let mut table = Table::new(&ORGANIZATION_HEADERS);
    for [code, name, above, level] in [
        ["3199", "明湖市总工会", "", "市总工会"],
        ["319901", "明湖东区总工会", "3199", "区局(产业)工会"],
        [UNION, "明湖一厂工会", "319901", "基层工会"],
    ] {
        let email = format!("union-{code}@example.org");
        table.push(&[code, name, above, level, "", "", "", "", "", "", "", &email]);
    }
    let file = at.file("organizations.xlsx", table.xlsx());
    let _ = at.must(&["upload", "organizations", file.to_str().unwrap(), "--wait"]).await;
}

/// A messy import: faults of every sort, and texts that a spreadsheet program would run.
fn messy() -> Table {
    let mut table = Table::members("明湖一厂工会", UNION, &People::seeded(41).take(40));
    table.titles = vec!["明湖一厂工会会员名单".to_owned(), String::new()];
    table.headers.push("备注".to_owned());
    for (row, note) in
        ["=1+1", "+86", "-1", "@SUM(A1)", "=HYPERLINK(\"http://example.org\")", "第一行\n第二行", "'0123"]
            .iter()
            .enumerate()
    {
        table.rows[row].push((*note).into());
    }
    table.rows[7].push(12.5.into());
    table.set(2, "手机号码", "123");
    table.set(5, "证件号码", "310199199001010000");
    table.set(9, "姓名", "");
    table.set(11, "证件号码", 310_199_199_001_010_016.0);
    let twice = table.rows[19].clone();
    table.rows[20] = twice;
    table
}

/// Everything that one upload and the offline check write.
async fn written(at: &Installation) -> Vec<PathBuf> {
    federation(at).await;
    let file = at.file("members.xlsx", messy().xlsx());
    let (path, folder) = (file.to_str().unwrap(), at.folder());
    let words = ["upload", "members", path, "--org", UNION, "--type", "external", "--wait", "--json"];
    let upload = at.run(&words).await.success().json();
    assert_eq!((&upload["counts"]["rejected"], &upload["counts"]["duplicate"]), (&4.into(), &1.into()), "{upload:#}");
    let id = upload["id"].as_str().unwrap();
    let files = ["result.xlsx", "rejected.xlsx", "checked.xlsx"].map(|name| folder.join(name));
    let [result, rejected, checked] = files.each_ref().map(|path| path.to_str().unwrap());
    let _ = at.must(&["upload", "result", id, "-o", result]).await;
    let _ = at.must(&["upload", "result", id, "--rejected", "-o", rejected]).await;
    let _ = at.must(&["check", "members", path, "-o", checked]).await;
    files.to_vec()
}

#[tokio::test]
async fn what_clerks_get_back_opens_in_an_office_program_with_the_values_that_openpyxl_reads() {
    let at = Installation::embedded();
    let files = written(&at).await;
    let folder = at.folder().join("saved");
    for (path, saved) in files.iter().zip(saved(&files, FORMATS[0], &folder)) {
        let (told, theirs) = (openpyxl(path, false), openpyxl(&saved, false));
        let (told, theirs) = (told.as_array().unwrap(), theirs.as_array().unwrap());
        assert_eq!(told.len(), theirs.len(), "{}", path.display());
        for (ours, theirs) in told.iter().zip(theirs) {
            assert_eq!(ours["name"], theirs["name"]);
            for (address, cell) in ours["cells"].as_object().unwrap().iter().filter(|(_, cell)| cell[0] != "") {
                assert_eq!(cell[0], theirs["cells"][address][0], "{address} of {}", path.display());
            }
        }
    }
    let again = files[1].to_str().unwrap();
    let checked = at.run(&["check", "members", again, "--json"]).await.success().json();
    assert_eq!(checked["counts"]["read"], 4, "the rejected rows are in the form that is read: {checked:#}");
}
