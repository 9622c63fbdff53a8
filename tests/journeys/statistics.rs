//! What a year comes to: the statistics and lists as workbooks, the monitor, the forecast.

use serde_json::Value;

use super::enrollment::{NOON, at, done, members, refused};
use super::place::{BUREAU, NEIGHBOUR, Place, STRANGER, UNION};
use super::rights::account;
use super::sheet;

on_both_engines!(
    a_federation_gets_its_statistics_and_a_bureau_its_own,
    lists_come_as_workbooks_and_half_a_workbook_never,
    the_monitor_and_the_forecast_tell_how_the_campaign_stands,
);

/// One unit submits plan A with six people; its neighbour has members and does not.
async fn campaign(place: &Place) {
    for (org, seed) in [(UNION, 81), (NEIGHBOUR, 82)] {
        members(place, org, seed).await;
    }
    done(place, NOON, &["enroll", "submit", "--org", UNION, "--plan", "A"]).await;
}

async fn workbook(place: &Place, name: &str, words: &[&str]) -> (Value, std::path::PathBuf) {
    let file = place.at.folder().join(name);
    let path = file.display().to_string();
    let document = done(place, NOON, &[&["stats", "-o", &path], words].concat()).await;
    (document, file)
}

async fn a_federation_gets_its_statistics_and_a_bureau_its_own(place: Place) {
    let _worker = place.ready().await;
    campaign(&place).await;
    let (document, file) = workbook(&place, "federation.xlsx", &[]).await;
    let counts = ["units", "outstanding", "people"].map(|key| document[key].as_i64().unwrap());
    assert_eq!(counts, [1, 1, 6], "{document}");
    assert_eq!((&document["money"]["total_fen"], &document["money"]["bureau_fen"]), (&15600.into(), &7800.into()));
    assert_eq!(sheet::names(&file), ["统计汇总", "单位明细", "未提交单位"]);
    let rows = sheet::rows(&file, 1, "区局");
    let unit = rows.iter().find(|row| row["工会编号"] == UNION).unwrap();
    let figures = ["会员总数", "参保人数", "未办卡人数", "待确认人数", "参保费用"].map(|title| unit[title].as_str());
    assert_eq!(figures, ["10", "6", "2", "2", "156"]);
    assert_eq!((unit["状态"].as_str(), unit["保障类型"].as_str()), ("待审批", "A"));
    let late = sheet::rows(&file, 2, "区局");
    assert_eq!((late[0]["工会编号"].as_str(), late[0]["会员总数"].as_str()), (NEIGHBOUR, "10"));
    let (_, again) = workbook(&place, "again.xlsx", &[]).await;
    assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(again).unwrap(), "the same figures, the same bytes");

    let (document, _) = workbook(&place, "other.xlsx", &["--org", "90020000"]).await;
    assert_eq!((&document["units"], &document["outstanding"]), (&0.into(), &0.into()));
    account(&place, "wu", "clerk", Some(STRANGER)).await;
    let never = place.at.folder().join("never.xlsx").display().to_string();
    refused(&place, NOON, &["--as", "operator", "stats", "-o", &never, "--org", "1"], "unknown").await;
    let words = ["--as", "wu", "--json", "stats", "--year", "2023", "--org", BUREAU, "-o", &never];
    assert_eq!(place.at.run(&words).await.code(1).json()["error"]["code"], "unknown");
    assert!(!std::path::Path::new(&never).exists());
}

async fn lists_come_as_workbooks_and_half_a_workbook_never(place: Place) {
    let _worker = place.ready().await;
    campaign(&place).await;
    let (document, file) = workbook(&place, "units.xlsx", &["--list", "units", "--org", BUREAU]).await;
    assert_eq!(document["rows"], 1);
    let rows = sheet::rows(&file, 0, "批次编号");
    let number = format!("DW2023-{UNION}-1");
    assert_eq!((rows[0]["批次编号"].as_str(), rows[0]["参保人数"].as_str()), (number.as_str(), "6"));
    assert_eq!((rows[0]["市总统一划拨"].as_str(), rows[0]["状态"].as_str()), ("78", "待审批"));
    done(&place, NOON, &["review", "approve", "--all", "--org", BUREAU]).await;
    let contact = ["--contact", "王建国", "--mobile", "13800000000", "--email", "wang@example.org"];
    let submit = [&["batch", "submit", "--org", BUREAU], &contact[..]].concat();
    done(&place, "2022-12-26T09:00:00+08:00", &submit).await;
    let (_, file) = workbook(&place, "batches.xlsx", &["--list", "batches"]).await;
    let rows = sheet::rows(&file, 0, "批次编号");
    assert_eq!((rows[0]["批次编号"].as_str(), rows[0]["单位数"].as_str()), ("CB202212260001", "1"));
    assert_eq!((rows[0]["应划拨金额"].as_str(), rows[0]["状态"].as_str()), ("78", "缴费凭证待上传"));
    for list in ["instants", "failures"] {
        let (document, _) = workbook(&place, &format!("{list}.xlsx"), &["--list", list]).await;
        assert_eq!(document["rows"], 0);
    }
    let nowhere = place.at.folder().join("nowhere/units.xlsx").display().to_string();
    refused(&place, NOON, &["stats", "--list", "units", "-o", &nowhere], "io").await;
    let left = std::fs::read_dir(place.at.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
}

async fn the_monitor_and_the_forecast_tell_how_the_campaign_stands(place: Place) {
    let _worker = place.ready().await;
    campaign(&place).await;
    let campaign = done(&place, NOON, &["monitor", "--once"]).await;
    assert_eq!(campaign["all"]["outstanding"], 1, "{campaign}");
    let lines: Vec<_> = campaign["lines"].as_array().unwrap().iter().map(|line| &line["org"]).collect();
    assert_eq!(lines, [BUREAU, "90020000"]);
    assert!(campaign["queues"].as_array().unwrap().iter().any(|queue| queue["queue"] == "enrollments"));
    let of_bureau = done(&place, NOON, &["monitor", "--org", BUREAU]).await;
    assert_eq!((&of_bureau["all"]["org"], &of_bureau["lines"][0]["org"]), (&BUREAU.into(), &"90010500".into()));
    let screen = at_words(&place, &["monitor", "--year", "2023"]).await;
    assert!(screen.contains("测试东区总工会") && screen.contains("outstanding"), "{screen}");

    let forecast = done(&place, NOON, &["forecast"]).await;
    assert_eq!((&forecast["window"], &forecast["submissions"]), (&"final-submission".into(), &1.into()), "{forecast}");
    assert_eq!(
        (&forecast["items"][0]["org"], &forecast["items"][0]["reason"]),
        (&UNION.into(), &"not-reviewed".into())
    );
    done(&place, NOON, &["review", "approve", "--all", "--org", BUREAU]).await;
    let forecast = done(&place, NOON, &["forecast", "--org", BUREAU]).await;
    assert_eq!(forecast["items"][0]["reason"], "bureau-absent");
    let told = at_words(&place, &["--at", NOON, "forecast", "--year", "2023"]).await;
    assert!(told.contains("6 people and 156.00 would fail"), "{told}");
    let late = at(&place, "2023-02-01T09:00:00+08:00", &["forecast"]).await.success().json();
    assert_eq!(late["window"], Value::Null);
}

/// What a command prints for people.
async fn at_words(place: &Place, words: &[&str]) -> String {
    place.at.run(words).await.success().stdout.clone()
}
