//! Every template is filled in, saved in every format by a real office program, and taken again without a finding.

use std::path::{Path, PathBuf};

use domain::template::{Column, Content, TemplateKind, YES_NO};
use serde_json::Value;
use support::Installation;
use support::office::{FORMATS, fill, openpyxl, saved};
use support::people::{People, Person};

const ROOT: &str = "3199";
const UNION: &str = "3199010001";
const ROWS: usize = 3;

/// What a clerk types into a row, column by column: every list gives its values in turn, everything else by its key.
fn typed(column: &Column, row: usize, person: &Person, people: &mut People) -> String {
    let (root, first) = (row == 0, row + 1);
    match (column.key, column.content) {
        ("id_kind", _) => "身份证".to_owned(),
        ("sex", _) => person.sex.to_owned(),
        ("level", _) => ["市总工会", "区局(产业)工会", "基层工会"][row].to_owned(),
        (_, Content::List(values) | Content::OpenList(values)) => values[first % values.len()].to_owned(),
        (_, Content::YesNo) => YES_NO[row % 2].to_owned(),
        ("retired_on", _) => "2022-11-03".to_owned(),
        ("name" | "contact", _) => person.name.clone(),
        ("id_number", _) => person.id_number.clone(),
        ("phone", _) => person.phone.clone(),
        ("card", _) => person.card.clone(),
        ("uscc", _) => people.credit_code(),
        ("email", _) => format!("union-{row}@example.org"),
        ("address", _) => "测试路一百零一号二楼".to_owned(),
        ("reason", _) => "调入本单位".to_owned(),
        ("union_name", _) => "明湖测试工会".to_owned(),
        ("parent_code", _) if root => String::new(),
        ("parent_code", _) => [ROOT, "319901"][row - 1].to_owned(),
        _ => String::new(),
    }
}

/// The same for what depends on the kind: codes that name unions, names of unions.
fn filled(kind: TemplateKind, column: &Column, row: usize, person: &Person, people: &mut People) -> String {
    match (kind, column.key) {
        (TemplateKind::Organizations, "org_code") => [ROOT, "319901", UNION][row].to_owned(),
        (TemplateKind::Organizations, "org_name") => format!("明湖测试第{row}工会"),
        (TemplateKind::Members, "org_code") | (TemplateKind::Transfers, "to_org_code") => UNION.to_owned(),
        _ => typed(column, row, person, people),
    }
}

/// Writes a template and fills it in.
async fn filled_template(at: &Installation, kind: TemplateKind) -> PathBuf {
    let template = at.folder().join(format!("{}.xlsx", kind.name()));
    let _ = at.must(&["template", kind.name(), "-o", template.to_str().unwrap()]).await;
    let mut people = People::seeded(31);
    let rows: Vec<Vec<String>> = (people.take(ROWS).iter().enumerate())
        .map(|(row, person)| {
            kind.columns().iter().map(|column| filled(kind, column, row, person, &mut people)).collect()
        })
        .collect();
    let path = at.folder().join(format!("{}-filled.xlsx", kind.name()));
    fill(&template, &path, &rows);
    path
}

#[tokio::test]
async fn every_template_is_filled_in_and_saved_by_an_office_program_and_taken_without_a_finding() {
    let at = Installation::embedded();
    let mut typed = Vec::new();
    for kind in TemplateKind::ALL {
        typed.push(filled_template(&at, kind).await);
    }
    let of_formats = FORMATS.map(|format| saved(&typed, format, &at.folder().join(format.extension)));
    let of_kind = |place: usize| of_formats.iter().map(|files| files[place].clone()).collect::<Vec<PathBuf>>();
    let files: Vec<(TemplateKind, Vec<PathBuf>)> =
        TemplateKind::ALL.into_iter().enumerate().map(|(place, kind)| (kind, of_kind(place))).collect();
    for (kind, files) in &files {
        for file in files {
            let checked = at.run(&["check", kind.name(), file.to_str().unwrap(), "--json"]).await;
            let checked = checked.success().json();
            assert_eq!(checked["findings"].as_array().unwrap().len(), 0, "{}: {checked:#}", file.display());
            assert_eq!((&checked["counts"]["read"], &checked["counts"]["accepted"]), (&3.into(), &3.into()));
        }
        still_a_template(*kind, &at.folder().join(format!("{}.xlsx", kind.name())), true);
        still_a_template(*kind, &files[0], false);
    }
    let file = |kind: TemplateKind, format: usize| {
        files.iter().find(|(other, _)| *other == kind).map(|(_, files)| files[format].display().to_string()).unwrap()
    };
    for (kind, format, options) in [
        (TemplateKind::Organizations, 0, &[][..]),
        (TemplateKind::Members, 1, &["--org", UNION, "--type", "external"]),
        (TemplateKind::Registry, 2, &[]),
    ] {
        let path = file(kind, format);
        let words = [&["upload", kind.name(), &path, "--wait", "--json"], options].concat();
        let upload = at.run(&words).await.success().json();
        assert_eq!(upload["counts"]["accepted"], 3, "{upload:#}");
        assert_eq!(upload["findings"].as_array().unwrap().len(), 0, "{upload:#}");
    }
}

/// Sheets, drop-downs, formats and print set-up of a template, also after another program has saved it.
fn still_a_template(kind: TemplateKind, path: &Path, is_ours: bool) {
    let told = openpyxl(path, false);
    let names: Vec<(&str, bool)> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|sheet| (sheet["name"].as_str().unwrap(), sheet["hidden"] == true))
        .collect();
    assert_eq!(names[..2], [(kind.title_zh(), false), ("数据说明", false)]);
    assert!(names[2..].iter().all(|(name, hidden)| *hidden && ["_lists", "_rollcall"].contains(name)), "{names:?}");
    let (sheet, mark) = (&told[0], &told[names.len() - 1]["cells"]);
    assert_eq!((&mark["A2"][0], &mark["A4"][0]), (&kind.name().into(), &kind.version().to_string().into()));
    assert_eq!(sheet["landscape"], true);
    // Panes are of a window, and releases of the other program drop them where they convert without one.
    if is_ours {
        assert_eq!(sheet["frozen"], "A2");
    }
    assert_eq!(sheet["repeated"].as_str().map(|rows| rows.replace('$', "")), Some("1:1".to_owned()));
    for (place, column) in (b'A'..).zip(kind.columns()) {
        let letter = char::from(place);
        assert_eq!(sheet["cells"][format!("{letter}1")][0], column.marked_header(), "{}", path.display());
        assert_eq!(sheet["cells"].get(format!("{letter}2")).map_or("@", |cell| cell[1].as_str().unwrap()), "@");
        let (Content::List(values) | Content::OpenList(values)) = column.content else { continue };
        let list =
            list_of(sheet, letter).unwrap_or_else(|| panic!("{} has no list: {}", column.header, path.display()));
        assert_eq!(offered(&told, list), values, "{}", column.header);
        assert_eq!(list["hint"], column.hint);
        // The other program writes a message for every list, whether or not it stops.
        if is_ours {
            assert_eq!(list["stops"] == true, matches!(column.content, Content::List(_)), "{}", column.header);
        }
    }
}

/// The drop-down of a column.
fn list_of(sheet: &Value, letter: char) -> Option<&Value> {
    let mut lists = sheet["lists"].as_array()?.iter().filter(|rule| rule["type"] == "list");
    let starts = |rule: &&Value| rule["cells"].as_str().is_some_and(|cells| cells.starts_with(&format!("{letter}2:")));
    lists.find(starts)
}

/// What a drop-down offers, from its literal or from the range that it names.
fn offered<'a>(told: &'a Value, list: &'a Value) -> Vec<&'a str> {
    let formula = list["formula"].as_str().unwrap();
    if let Some(literal) = formula.strip_prefix('"') {
        return literal.trim_end_matches('"').split(',').collect();
    }
    let range = formula.replace('$', "");
    let (sheet, range) = range.split_once(['!', '.']).unwrap();
    let sheet = told.as_array().unwrap().iter().find(|other| other["name"] == sheet).unwrap();
    let (from, to) = range.split_once(':').unwrap();
    let rows: usize = to[1..].parse().unwrap();
    (1..=rows).map(|row| sheet["cells"][format!("{}{row}", &from[..1])][0].as_str().unwrap()).collect()
}
