//! Workbooks of a campaign that has everything in it: what they keep as results is what an office program computes anew, and
//! what the database says.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::Value;
use support::office::{openpyxl, recomputed};

use super::enrollment::members;
use super::place::{BUREAU, Place, STRANGER, UNION};
use super::sheet;

on_both_engines!(every_workbook_of_a_year_holds_results_that_an_office_program_computes_too);

/// A unit below the secondary union.
const BELOW: &str = "90010501";
/// The statistics, and the lists.
const LISTS: [&str; 5] = ["statistics", "units", "batches", "instants", "failures"];

/// Three units submit, two of them in a bureau's list; what the other bureau left undone fails and becomes an instant enrolment;
/// the list is not paid, fails, and is put right. The number of the list.
async fn year(place: &Place) -> String {
    let act = async |words: &[&str]| place.at.json(&[words, &["--year", "2023"]].concat()).await;
    let go = async |to: &str| drop(place.at.must(&["clock", "advance", "--to", to]).await);
    for (org, seed, plan) in [(UNION, 91, "A"), (BELOW, 92, "A+"), (STRANGER, 93, "A")] {
        members(place, org, seed).await;
        act(&["enroll", "submit", "--org", org, "--plan", plan]).await;
    }
    act(&["review", "approve", "--all", "--org", BUREAU]).await;
    go("2022-12-28").await;
    let contact = ["--contact", "王建国", "--mobile", "13800000000", "--email", "wang@example.org"];
    let batch = act(&[&["batch", "submit", "--org", BUREAU], &contact[..]].concat()).await;
    go("2023-01-05").await;
    let drafts = act(&["instant", "list", "--org", STRANGER]).await;
    let draft = drafts[0]["id"].to_string();
    act(&["instant", "submit", &draft, "--org", STRANGER]).await;
    let _ = place.at.must(&["instant", "approve", &draft]).await;
    let voucher = place.at.file("voucher.pdf", b"%PDF-1.4 invented").display().to_string();
    let paid = ["--instant", "--amount", "78.00", "--date", "2023-01-05"];
    let _ = place.at.must(&[&["payment", "voucher", &draft, &voucher], &paid[..]].concat()).await;
    go("2023-01-21").await;
    let number = batch["batch_no"].as_str().unwrap().to_owned();
    let _ = place.at.must(&["undo", "failure", &number, "--reason", "凭证已到", "--wait"]).await;
    number
}

/// Writes all workbooks; where they are.
async fn written(place: &Place) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for list in LISTS {
        let file = place.at.folder().join(format!("{list}.xlsx"));
        let path = file.display().to_string();
        let mut words = vec!["stats", "--year", "2023", "-o", &path];
        if list != "statistics" {
            words.extend(["--list", list]);
        }
        let _ = place.at.must(&words).await;
        files.push(file);
    }
    files
}

/// The cells of a sheet.
fn cells(sheet: &Value) -> &serde_json::Map<String, Value> {
    sheet["cells"].as_object().unwrap()
}

/// Holds the kept results of every formula against those computed anew; how many there are.
fn compare(file: &Path, anew: &Path) -> usize {
    let [formulas, kept, computed] = [openpyxl(file, false), openpyxl(file, true), openpyxl(anew, true)];
    let [formulas, kept, computed] = [&formulas, &kept, &computed].map(|book| book.as_array().unwrap());
    let mut count = 0;
    for ((formulas, kept), computed) in formulas.iter().zip(kept).zip(computed) {
        for (place, formula) in cells(formulas) {
            if !formula[0].as_str().is_some_and(|text| text.starts_with('=')) {
                continue;
            }
            count += 1;
            let [ours, theirs] = [&kept["cells"][place][0], &computed["cells"][place][0]].map(number);
            let what = format!("{place} of {} in {}: {}", kept["name"], file.display(), formula[0]);
            assert!((ours - theirs).abs() < 1e-6, "{what} is kept as {ours} and comes to {theirs}");
        }
    }
    count
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

async fn every_workbook_of_a_year_holds_results_that_an_office_program_computes_too(mut place: Place) {
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", "2022-11-10T12:00:00+08:00");
    let _worker = place.ready().await;
    let batch_no = year(&place).await;
    let mut files = written(&place).await;
    // A result that is wrong, to see that nothing is taken over unseen.
    let wrong = place.at.folder().join("wrong.xlsx");
    let mut book = Workbook::new();
    book.add_worksheet().write_formula(0, 0, Formula::new("=1+1").set_result("7")).unwrap();
    book.save(&wrong).unwrap();
    files.push(wrong);
    let anew = recomputed(&files, &place.at.folder().join("anew"));
    assert_eq!(openpyxl(&anew[5], true)[0]["cells"]["A1"][0], 2, "the program computes");
    let counts: Vec<usize> = (0..5).map(|one| compare(&files[one], &anew[one])).collect();
    assert!(counts[0] > 40 && counts[1..].iter().all(|count| *count > 0), "formulas of {LISTS:?}: {counts:?}");

    let [statistics, units, batches, instants, failures] = [0, 1, 2, 3, 4].map(|one| &files[one]);
    let rows = sheet::rows(statistics, 1, "区局");
    let of = |org: &str| rows.iter().find(|row| row["工会编号"] == org).unwrap();
    // What failed for good counts nothing; what was put right counts.
    let told = [UNION, BELOW, STRANGER].map(|org| (of(org)["参保人数"].as_str(), of(org)["状态"].as_str()));
    assert_eq!(told, [("6", "已提交职保中心"), ("6", "已提交职保中心"), ("0", "参保失败")]);
    assert_eq!((of(BELOW)["保障类型"].as_str(), of(BELOW)["参保费用"].as_str()), ("A+", "456"));
    let rows = sheet::rows(units, 0, "批次编号");
    let listed: Vec<_> = rows.iter().filter(|row| !row["工会编号"].is_empty()).map(|row| &row["工会编号"]).collect();
    assert_eq!(listed, [UNION, BELOW, STRANGER]);
    let rows = sheet::rows(batches, 0, "批次编号");
    let batch = ["批次编号", "单位数", "参保人数", "参保费用", "状态"].map(|title| rows[0][title].as_str());
    assert_eq!(batch, [batch_no.as_str(), "2", "12", "612", "缴费凭证待上传"]);
    let rows = sheet::rows(instants, 0, "编号");
    let instant: Vec<_> = rows.iter().filter(|row| row["状态"] == "已生效").collect();
    assert_eq!((instant.len(), instant[0]["工会编号"].as_str(), instant[0]["参保人数"].as_str()), (1, STRANGER, "6"));
    assert_eq!(rows.iter().filter(|row| row["状态"] == "已取消").count(), 2, "the drafts of what was put right");
    let rows = sheet::rows(failures, 0, "批次编号");
    let undone: Vec<_> = rows.iter().filter(|row| row["恢复原因"] == "凭证已到").map(|row| &row["工会编号"]).collect();
    assert_eq!(undone, [UNION, BELOW]);
    let stands = rows.iter().find(|row| row["工会编号"] == STRANGER).unwrap();
    assert_eq!((stands["参保人数"].as_str(), stands["恢复时间"].as_str()), ("6", ""));
}
