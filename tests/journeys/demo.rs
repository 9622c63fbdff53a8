//! The newcomer's first command: `rollcall demo` shows what it says it shows.

use calamine::{Data, Reader};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::Installation;

type Row = BTreeMap<String, String>;

/// The rows of a workbook's first sheet below its header, by the header's titles.
fn rows(path: &Path) -> Vec<Row> {
    let lines: Vec<Vec<String>> = if path.extension().is_some_and(|extension| extension == "csv") {
        let text = encoding_rs::GB18030.decode(&std::fs::read(path).unwrap()).0.into_owned();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    } else {
        let mut book = calamine::open_workbook_auto(path).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
    };
    by_title(&lines)
}

/// The rows of a sheet of this name.
fn sheet_rows(path: &Path, name: &str) -> Vec<Row> {
    let range = calamine::open_workbook_auto(path).unwrap().worksheet_range(name).unwrap();
    by_title(&range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect::<Vec<_>>())
}

fn by_title(lines: &[Vec<String>]) -> Vec<Row> {
    // The first line with a title in the third column: what stands above it are titles of the sheet.
    let head = lines.iter().position(|line| line.get(2).is_some_and(|cell| !cell.is_empty())).unwrap();
    let titles: Vec<String> = lines[head].iter().map(|title| title.replace(['*', ' '], "")).collect();
    lines[head + 1..].iter().map(|line| titles.iter().cloned().zip(line.iter().cloned()).collect()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn uploads(report: &Value) -> Vec<&Value> {
    report["steps"].as_array().unwrap().iter().flat_map(|step| step["uploads"].as_array().unwrap()).collect()
}

/// Documents by the union that imported them: whoever comes first has them.
fn imported(workbooks: &Path) -> BTreeMap<String, String> {
    let of_units = files(workbooks).into_iter().filter(|path| name(path).starts_with("members-"));
    let taken = of_units.filter(|path| !name(path).contains("messy") && !name(path).contains("photo"));
    let (mended, clean): (Vec<_>, Vec<_>) = taken.partition(|path| name(path).contains("mended"));
    let mut union_of = BTreeMap::new();
    for row in clean.iter().chain(&mended).flat_map(|path| rows(path)) {
        union_of.entry(row["证件号码"].clone()).or_insert_with(|| row["工会编号"].clone());
    }
    union_of
}

/// The same when lists have been compared: from the workbooks that the clerks sent back, and from what is said in
/// `lists.rs`: of those handed over the first is taken and the second is not, and 3199010005 removes all its retired.
fn registered(workbooks: &Path) -> BTreeMap<String, String> {
    let mut union_of = imported(workbooks);
    let put = |union_of: &mut BTreeMap<String, String>, row: &Row, to: &str| {
        let _ = union_of.insert(row["证件号码"].clone(), to.to_owned());
    };
    let chosen = workbooks.join("difference-3199010003-chosen.xlsx");
    for row in sheet_rows(&chosen, "平台有名单无") {
        match (row["处理"].as_str(), row["建议"].as_str()) {
            (_, "先改名单") | ("", _) => {}
            ("转移", _) => put(&mut union_of, &row, "31990190"),
            _ => assert!(union_of.remove(&row["证件号码"]).is_some(), "{row:?}"),
        }
    }
    for row in sheet_rows(&chosen, "在其他工会") {
        assert_eq!(row["处理"], "申请转入");
        put(&mut union_of, &row, "3199010003");
    }
    for row in sheet_rows(&workbooks.join("difference-3199010003-mended.xlsx"), "名单有平台无") {
        put(&mut union_of, &row, &row["工会编号"]);
    }
    let moves = rows(&workbooks.join("transfers-3199010001.xlsx"));
    put(&mut union_of, &moves[0], &moves[0]["转入工会编号"]);
    let retired: BTreeSet<String> = rows(&workbooks.join("registry-feed.xlsx"))
        .into_iter()
        .filter(|row| serial(&row["退休日期"]).is_some_and(|day| day <= 44_858))
        .map(|row| row["证件号码"].clone())
        .collect();
    union_of.retain(|document, union| union != "3199010005" || !retired.contains(document));
    union_of
}

/// A date as spreadsheets count days: 44858 is 2022-10-24, 44927 is 2023-01-01.
fn serial(cell: &str) -> Option<i64> {
    let days = |day: chrono::NaiveDate| (day - chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap()).num_days();
    match cell.parse::<f64>() {
        Ok(serial) => Some(serial as i64),
        Err(_) => cell.get(..10).and_then(|day| day.parse().ok()).map(days),
    }
}

#[tokio::test]
async fn its_totals_are_those_of_a_recount_of_its_workbooks() {
    let mut installation = Installation::embedded();
    // What the user has configured has no part in it.
    installation.set("database.url", "postgres://nobody@127.0.0.1:1/nowhere");
    installation.set("broker.url", "amqp://127.0.0.1:1");
    let report = installation.json(&["demo", "--out", "shown"]).await;
    let (totals, shown) = (&report["totals"], installation.folder().join("shown"));
    let workbooks = shown.join("workbooks");

    let union_of = registered(&workbooks);
    assert_eq!(totals["members"], union_of.len());
    assert_eq!(imported(&workbooks).len(), 600);
    let (joined, left) = (totals["joined"].as_u64().unwrap(), totals["left"].as_u64().unwrap());
    assert!(union_of.len() as u64 == 600 + joined - left && joined > 0 && left > 0, "{totals}");
    for bureau in totals["bureaus"].as_array().unwrap() {
        let code = bureau["code"].as_str().unwrap();
        let below = union_of.values().filter(|union| union.starts_with(code)).count();
        assert_eq!(bureau["members"], below, "{code}");
    }
    let mut read = 0;
    for upload in uploads(&report) {
        let (counts, file) = (&upload["counts"], upload["file"].as_str().unwrap());
        let count = |key: &str| counts[key].as_i64().unwrap();
        let sum = count("accepted") + count("unchanged") + count("rejected") + count("duplicate");
        assert_eq!(count("read"), sum, "{file}");
        let rows = match file {
            // Rejected, and discarded: nothing of it was taken.
            _ if file.contains("photo") || file.contains("slipped") => 0,
            _ if file.starts_with("difference") => sheet_rows(&workbooks.join(file), "名单有平台无").len(),
            _ => rows(&workbooks.join(file)).len(),
        };
        assert_eq!(count("read"), rows as i64, "{file}");
        read += rows;
        // The one that was held and released has a second mail, with what came of it.
        let mails = if file.contains("page") { 2 } else { 1 };
        assert_eq!(upload["mails"].as_array().unwrap().len(), mails, "{file}");
    }
    assert_eq!(totals["rows"]["read"], read);
    assert_eq!(totals["dead_messages"], 0);
    assert_eq!(totals["mails_sent"], files(&shown.join("data/outbox")).len());
    assert_eq!(totals["files"], uploads(&report).len());

    let messy = uploads(&report).into_iter().find(|upload| upload["file"].as_str().unwrap().contains("messy")).unwrap();
    let rejected = shown.join("results").join(name(Path::new(messy["results"][1].as_str().unwrap())));
    assert_eq!(messy["counts"]["rejected"], rows(&rejected).len());
    assert!(messy["counts"]["rejected"].as_i64().unwrap() > 15 && messy["counts"]["transfers"] == 2);
}

/// How often each class stands in the sheets of a difference workbook.
fn classes(book: &Path) -> [usize; 6] {
    ["平台有名单无", "名单有平台无", "信息不一致", "在其他工会", "疑似同一人", "重复"]
        .map(|name| sheet_rows(book, name).len())
}

#[tokio::test]
async fn what_its_lists_differ_in_is_what_stands_in_their_workbooks() {
    let installation = Installation::embedded();
    let report = installation.json(&["demo", "--out", "lists", "--seed", "3"]).await;
    let step = |name: &str| {
        report["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("{name}"))
    };
    let shown = installation.folder().join("lists");
    for name in ["compare", "newcomers", "same", "held"] {
        let (comparison, upload) = (&step(name)["comparisons"][0]["counts"], &step(name)["uploads"][0]);
        let count = |key: &str| comparison[key].as_u64().unwrap() as usize;
        let book = shown.join("results").join(self::name(Path::new(upload["results"][0].as_str().unwrap())));
        let found =
            ["absent_from_file", "not_in_registry", "changed", "in_other_union", "near_match", "duplicate"].map(count);
        // A rejected row may resemble a member, too: that remark has no row of its own in the figures.
        let near = classes(&book)[4];
        let in_book = classes(&book);
        assert_eq!((found[..4].to_vec(), found[5]), (in_book[..4].to_vec(), in_book[5]), "{name}: {comparison}");
        assert!(near >= found[4] && near <= found[4] + count("rejected"), "{name}: {near}");
        let rows = rows(&shown.join("workbooks").join(upload["file"].as_str().unwrap())).len();
        assert_eq!(
            (count("read"), count("same") + found[1] + found[2] + found[3] + found[5] + count("rejected")),
            (rows, rows)
        );
    }
    let applied = &step("apply")["applied"][0];
    let chosen = shown.join("workbooks/difference-3199010003-chosen.xlsx");
    let choices = ["平台有名单无", "信息不一致", "在其他工会"]
        .map(|name| sheet_rows(&chosen, name).iter().filter(|row| !row["处理"].is_empty()).count());
    assert_eq!(applied["counts"]["chosen"], choices.iter().sum::<usize>());
    assert_eq!((&applied["counts"]["done"], &applied["counts"]["refused"]), (&6.into(), &1.into()));
}

/// What a union's people come to, counted from the workbooks alone: people, and fen by payer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    people: i64,
    municipal: i64,
    bureau: i64,
    unit: i64,
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self {
            people: self.people + other.people,
            municipal: self.municipal + other.municipal,
            bureau: self.bureau + other.bureau,
            unit: self.unit + other.unit,
        }
    }

    fn of(report: &Value) -> Self {
        let fen = |key: &str| report["money"][key].as_i64().unwrap();
        let people = report["people"].as_i64().unwrap_or_else(|| report["classes"]["enrolled"].as_i64().unwrap());
        Self { people, municipal: fen("municipal_fen"), bureau: fen("bureau_fen"), unit: fen("unit_fen") }
    }
}

/// Who is covered once every pending member is confirmed: not the dead, not those who retired before the year, not those with
/// social insurance and no card.
fn covered(feed: &Row) -> bool {
    let filled =
        |key: &str| feed.iter().find(|(title, _)| title.starts_with(key)).map_or("", |(_, cell)| cell.as_str());
    let no_card = filled("会员服务卡号").is_empty() && filled("社保缴纳") == "是";
    let stays = serial(filled("退休日期")).is_none_or(|day| day >= 44_927);
    filled("死亡日期").is_empty() && stays && !no_card
}

/// A second, small implementation of the year, in integers: who is covered by which unit's list, and what it costs.
fn recount(workbooks: &Path, plan_of: &BTreeMap<String, String>) -> BTreeMap<String, Count> {
    let feed: BTreeMap<String, Row> =
        rows(&workbooks.join("registry-feed.xlsx")).into_iter().map(|row| (row["证件号码"].clone(), row)).collect();
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for (document, union) in registered(workbooks) {
        let (Some(plan), true) = (plan_of.get(&union), feed.get(&document).is_none_or(covered)) else { continue };
        let (bureau, unit) = match (plan.as_str(), union.starts_with("319902")) {
            ("A+", _) => (6300, 0),
            ("A", true) => (1000, 300),
            _ => (1300, 0),
        };
        let count = counts.entry(union).or_default();
        *count = count.plus(Count { people: 1, municipal: 1300, bureau, unit });
    }
    counts
}

#[tokio::test]
async fn its_year_is_that_of_a_recount_of_its_workbooks() {
    let installation = Installation::embedded();
    let report = installation.json(&["demo", "--out", "year"]).await;
    let year = &report["year"];
    let receipts: BTreeMap<String, &Value> =
        year["receipts"].as_array().unwrap().iter().map(|one| (one["org"].as_str().unwrap().to_owned(), one)).collect();
    let plan_of: BTreeMap<String, String> =
        receipts.iter().map(|(org, one)| (org.clone(), one["plan"].as_str().unwrap().to_owned())).collect();
    assert!(plan_of.len() == 11 && plan_of.values().any(|plan| plan == "A+"), "{plan_of:?}");
    let counts = recount(&installation.folder().join("year/workbooks"), &plan_of);
    for (org, receipt) in &receipts {
        assert_eq!(Count::of(receipt), counts[org], "{org}: {receipt}");
    }
    let batches = year["batches"].as_array().unwrap();
    for batch in batches {
        let bureau = batch["org"].as_str().unwrap();
        let left: Vec<&str> =
            batch["left_behind"].as_array().unwrap().iter().map(|one| one["org"].as_str().unwrap()).collect();
        let own = counts.iter().filter(|(org, _)| org.starts_with(bureau) && !left.contains(&org.as_str()));
        let sum = own.fold(Count::default(), |sum, (_, count)| sum.plus(*count));
        assert_eq!(Count::of(batch), sum, "{batch}");
        let due = sum.bureau - batch["credit_fen"].as_i64().unwrap() + sum.unit;
        assert_eq!(batch["due_fen"], due);
    }
    assert_eq!((&batches[0]["credit_fen"], &batches[1]["credit_fen"]), (&10_000.into(), &0.into()));
    let all = counts.values().fold(Count::default(), |sum, count| sum.plus(*count));
    let status = |name: &str| {
        let found = year["by_status"].as_array().unwrap().iter().find(|one| one[0] == name);
        found.map_or((0, 0), |one| (one[1].as_i64().unwrap(), one[2].as_i64().unwrap()))
    };
    let effective = batches[0]["people"].as_i64().unwrap();
    assert_eq!(status("effective").1, effective);
    assert_eq!(status("failed"), (11 - batches[0]["units"].as_i64().unwrap(), all.people - effective));
    assert_eq!(year["drafts"], status("failed").0);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_people_and_another_one_others() {
    let installation = Installation::embedded();
    let small = ["--units", "5", "--members", "100", "--json"];
    for (folder, seed) in [("one", "7"), ("two", "7"), ("three", "8")] {
        let words: Vec<&str> = ["demo", "--out", folder, "--seed", seed].into_iter().chain(small).collect();
        let _ = installation.run(&words).await.success();
    }
    let made = |folder: &str| -> Vec<(String, Vec<u8>)> {
        // What the program makes of them tells when it did.
        let found = files(&installation.folder().join(folder).join("workbooks"));
        let found = found.into_iter().filter(|path| !name(path).starts_with("difference"));
        found.map(|path| (name(&path), std::fs::read(path).unwrap())).collect()
    };
    assert!(made("one") == made("two"), "the same seed makes the same bytes");
    let people = |folder: &str| -> BTreeSet<String> {
        imported(&installation.folder().join(folder).join("workbooks")).into_keys().collect()
    };
    assert_eq!(people("one").len(), 100);
    assert!(people("one").is_disjoint(&people("three")));
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_refused_and_left_alone() {
    let installation = Installation::embedded();
    std::fs::create_dir(installation.folder().join("mine")).unwrap();
    let kept = installation.file("mine/letter.txt", "kept");
    let outcome = installation.run(&["demo", "--out", "mine", "--json"]).await.code(1);
    assert_eq!(outcome.json()["error"]["code"], "not-empty");
    assert_eq!(files(&installation.folder().join("mine")), [kept]);
    let few = installation.run(&["demo", "--units", "2", "--json"]).await.code(2);
    assert_eq!(few.json()["error"]["code"], "usage");
    assert!(!installation.folder().join("rollcall-demo").exists());
}
