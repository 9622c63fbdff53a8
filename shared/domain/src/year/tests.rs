//! The shipped file, the faults of others, and the normal writing.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::{
    YearFault, YearFaultCode as Code, YearFile,
    diff::{Change, diff},
    file::InstantCoverFrom,
    read,
    texts::TextKey,
    window::WindowKind,
};
use crate::money::Yuan;

fn shipped_text() -> &'static str {
    YearFile::SHIPPED[0].1
}

fn shipped() -> YearFile {
    YearFile::parse(shipped_text()).unwrap()
}

/// The shipped file with one passage replaced.
fn with(passage: &str, other: &str) -> String {
    assert!(shipped_text().contains(passage), "{passage}");
    shipped_text().replacen(passage, other, 1)
}

fn faults(text: &str) -> Vec<YearFault> {
    YearFile::parse(text).unwrap_err()
}

/// The only fault: its sort, and what its line says.
fn only_fault(text: &str) -> (Code, String) {
    let found = faults(text);
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].code, text.lines().nth(found[0].line - 1).unwrap().to_owned())
}

#[test]
fn every_shipped_file_is_valid_and_of_its_year() {
    for (year, text) in YearFile::SHIPPED {
        assert_eq!(YearFile::parse(text).map(|file| file.year()), Ok(*year));
    }
}

#[test]
fn the_shipped_year_has_the_figures_of_the_manual() {
    let file = shipped();
    let windows: Vec<String> =
        file.windows().map(|(kind, days)| format!("{} {} {}", kind.name(), days.first, days.last)).collect();
    assert_eq!(
        windows,
        [
            "premium-setting 2022-10-25 2022-10-31",
            "submission 2022-11-01 2022-12-25",
            "review 2022-11-01 2022-12-25",
            "unit-payment 2022-11-01 2022-12-25",
            "review-bureau 2022-12-26 2022-12-31",
            "final-submission 2022-12-26 2022-12-31",
            "bureau-payment 2022-12-26 2023-01-20",
            "cover 2023-01-01 2023-12-31",
        ]
    );
    let plans: Vec<String> = file
        .plans()
        .iter()
        .map(|plan| {
            let shares = [plan.fee_fen, plan.municipal_fen, plan.bureau_fen, plan.unit_fen];
            format!("{} {}", plan.code, shares.map(|fen| Yuan(fen).to_string()).join(" "))
        })
        .collect();
    assert_eq!(plans, ["A 26.00 13.00 13.00 0.00", "A+ 76.00 13.00 63.00 0.00"]);
    let rules = file.rules();
    assert_eq!((rules.instant_voucher_days, rules.voucher_extra_days), (15, 5));
    assert_eq!((rules.undecided_blocks, rules.instant_cover_from), (false, InstantCoverFrom::Submission));
    assert_eq!((&file.reminders().days[..], file.reminders().hour), (&[14, 7, 3, 1][..], 9));
    assert_eq!(file.plan("A+").unwrap().name, "A+类会员专享基本保障");
    assert!(file.plan("B").is_none());
    let closes_at = file.window(WindowKind::BureauPayment).unwrap().closes_at;
    assert_eq!(closes_at.to_rfc3339(), "2023-01-20T16:00:00+00:00");
}

#[test]
fn texts_carry_the_dates_of_the_file() {
    let text = shipped().text(TextKey::UnitPayment, |_| None);
    assert!(text.starts_with("请于2022年12月25日24时前将对应的参保费用划入"), "{text}");
    assert!(text.contains("保障日期为2023年1月1日起至2023年12月31日止"), "{text}");
    for key in TextKey::ALL {
        assert!(!shipped().text(*key, |_| None).contains(['{', '}']), "{}", key.name());
    }
    let later = |kind| (kind == WindowKind::UnitPayment).then(|| NaiveDate::from_ymd_opt(2022, 12, 28)).flatten();
    let extended = shipped().text(TextKey::UnitPayment, later);
    assert!(
        extended.starts_with("请于2022年12月28日24时前"),
        "who was given more time reads of no other day: {extended}"
    );
    assert!(extended.contains("2023年1月1日起至2023年12月31日止"), "{extended}");
}

#[test]
fn a_fault_names_its_line() {
    for (passage, other, code, line) in [
        ("year = 2023", "yaer = 2023\nyear = 2023", Code::UnknownKey, "yaer = 2023"),
        ("year = 2023", "year = 1999", Code::Limit, "year = 1999"),
        ("to = 2022-10-31", "too = 1\nto = 2022-10-31", Code::UnknownKey, "too = 1"),
        ("to = 2022-10-31", "", Code::Missing, "[windows.premium-setting]"),
        ("to = 2022-10-31", "to = \"2022-10-31\"", Code::Value, "to = \"2022-10-31\""),
        ("to = 2022-10-31", "to = 2022-10-31T08:00:00", Code::Value, "to = 2022-10-31T08:00:00"),
        ("to = 2022-10-31", "to = 2022-10-24", Code::Backward, "[windows.premium-setting]"),
        ("to = 2022-10-31", "to = 2022-11-01", Code::Overlap, "[windows.premium-setting]"),
        ("to = 2023-01-20", "to = 2024-01-20", Code::Date, "[windows.bureau-payment]"),
        ("to = 2023-12-31", "to = 2023-12-30", Code::Date, "[windows.cover]"),
        ("code = \"A+\"", "code = \"A\"", Code::Twice, "[[plans]]"),
        ("fee = \"26.00\"", "fee = \"26.001\"", Code::Amount, "fee = \"26.001\""),
        ("fee = \"26.00\"", "fee = \"-26.00\"", Code::Amount, "fee = \"-26.00\""),
        ("fee = \"26.00\"", "fee = 26.00", Code::Value, "fee = 26.00"),
        ("fee = \"26.00\"", "fee = \"26.01\"", Code::Shares, "[[plans]]"),
        ("fee = \"26.00\"", "fee = \"12.99\"", Code::Shares, "[[plans]]"),
        ("retired_before = 2023-01-01", "retired_before = 2023-02-01", Code::Date, "[rules]"),
        ("undecided_blocks = false", "undecided_blocks = 0", Code::Value, "undecided_blocks = 0"),
        ("\"submission\"\n", "\"payment\"\n", Code::Value, "instant_cover_from = \"payment\""),
        ("instant_voucher_days = 15", "instant_voucher_days = 0", Code::Limit, "instant_voucher_days = 0"),
        ("days = [14, 7, 3, 1]", "days = [7, 7]", Code::Twice, "[reminders]"),
        ("hour = 9", "hour = 24", Code::Limit, "hour = 24"),
        ("bank = \"示例银行示例支行\"", "bank = \" \"", Code::Value, "bank = \" \""),
        ("number = \"0000000000000000\"", "number = \"见官网\"", Code::Value, "[[accounts]]"),
    ] {
        assert_eq!(only_fault(&with(passage, other)), (code, line.to_owned()), "{other}");
    }
}

#[test]
fn what_is_missing_altogether_is_told() {
    let window = "[windows.unit-payment]\nfrom = 2022-11-01\nto = 2022-12-25\n";
    let found = faults(&with(window, ""));
    assert_eq!((found.len(), found[0].code), (1, Code::Missing));
    assert!(found[0].message.contains("windows.unit-payment"), "{}", found[0]);
    let accounts = shipped_text().split("[[accounts]]").next().unwrap().to_owned() + "[texts]\n";
    let found = faults(&accounts);
    assert_eq!(found.iter().filter(|fault| fault.code == Code::Missing).count(), 1 + TextKey::ALL.len());
    let missing: Vec<_> = faults("").into_iter().map(|fault| fault.message).collect();
    for section in ["year", "windows", "plans", "rules", "reminders", "accounts", "texts"] {
        assert!(missing.contains(&format!("{section} is missing")), "{section}: {missing:?}");
    }
    assert_eq!(faults("year = 2023\nplans = []")[0].code, Code::Missing);
}

#[test]
fn limits_hold_at_their_figure_and_one_past_it() {
    let account = |holder: usize| with("示例市职工保障互助会", &"会".repeat(holder));
    assert!(YearFile::parse(&account(read::LONGEST_NAME)).is_ok());
    assert_eq!(only_fault(&account(read::LONGEST_NAME + 1)).0, Code::Value);
    let code = |length: usize| with("code = \"A+\"", &format!("code = \"{}\"", "B".repeat(length)));
    assert!(YearFile::parse(&code(read::LONGEST_CODE)).is_ok());
    assert_eq!(only_fault(&code(read::LONGEST_CODE + 1)).0, Code::Value);
    let instant = |length: usize| {
        let (before, _) = shipped_text().split_once("instant = ").unwrap();
        format!("{before}instant = \"{}\"\n", "保".repeat(length))
    };
    assert!(YearFile::parse(&instant(read::LONGEST_TEXT)).is_ok());
    assert_eq!(only_fault(&instant(read::LONGEST_TEXT + 1)).0, Code::Value);
    let padded = |bytes: usize| format!("{}#{}", shipped_text(), "x".repeat(bytes - shipped_text().len() - 1));
    assert!(YearFile::parse(&padded(read::LARGEST_FILE_BYTES)).is_ok());
    assert_eq!(only_fault(&padded(read::LARGEST_FILE_BYTES + 1)).0, Code::Limit);
    for (key, least, most) in [("instant_voucher_days = ", 1, 90), ("voucher_extra_days = ", 1, 90), ("hour = ", 0, 23)]
    {
        let line = shipped_text().lines().find(|line| line.starts_with(key)).unwrap();
        let with = |number: i64| YearFile::parse(&with(line, &format!("{key}{number}")));
        assert!(with(least).is_ok() && with(most).is_ok(), "{key}");
        assert!(with(least - 1).is_err() && with(most + 1).is_err(), "{key}");
    }
}

#[test]
fn a_text_names_only_what_there_is() {
    let (code, line) = only_fault(&with("\"{retired_before}", "\"{retired_since}"));
    assert!(code == Code::Placeholder && line.starts_with("important = "), "{line}");
    assert_eq!(only_fault(&with("\"{retired_before}", "\"{")).0, Code::Placeholder);
}

#[test]
fn all_faults_are_told_in_one_pass_in_the_order_of_their_lines() {
    let text =
        with("to = 2022-10-31", "to = 2022-10-01").replace("hour = 9", "hour = 99").replace("\"63.00\"", "\"62.00\"");
    let found = faults(&text);
    assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), [Code::Backward, Code::Shares, Code::Limit]);
    assert!(found.is_sorted_by_key(|fault| fault.line));
    let shown = found[1].to_string();
    assert!(
        shown.ends_with("plan A+: bureau and unit bear 62.00, but fee less municipal share is 63.00 (shares)"),
        "{shown}"
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let found = faults("year = 2023\n[windows\n");
    assert!(found.iter().all(|fault| fault.code == Code::Syntax), "{found:?}");
    assert_eq!(found[0].line, 2);
}

#[test]
fn the_normal_writing_says_the_same() {
    let file = shipped();
    assert_eq!(YearFile::parse(&file.to_toml()), Ok(file.clone()));
    assert_eq!(YearFile::parse(&file.to_toml()).unwrap().to_toml(), file.to_toml());
    let odd = with("示例银行示例支行", "示例 \\\"一\\\" 支行\\\\\\n\\t二\\u0001");
    let file = YearFile::parse(&odd).unwrap();
    assert_eq!(file.accounts()[0].bank, "示例 \"一\" 支行\\\n\t二");
    assert_eq!(YearFile::parse(&file.to_toml()), Ok(file));
}

#[test]
fn a_difference_names_the_key_before_and_after() {
    let (before, some) = (shipped(), |value: &str| Some(value.to_owned()));
    assert_eq!(diff(&before, &before), []);
    let text = with("to = 2023-01-20", "to = 2023-01-25").replace("\"A+\"", "\"B\"").replace("hour = 9", "hour = 10");
    let changes = diff(&before, &YearFile::parse(&text).unwrap());
    let change =
        |key: &str, before: Option<String>, after: Option<String>| Change { key: key.to_owned(), before, after };
    assert!(changes.contains(&change("windows.bureau-payment.to", some("2023-01-20"), some("2023-01-25"))));
    assert!(changes.contains(&change("plans.A+.fee", some("76.00"), None)));
    assert!(changes.contains(&change("plans.B.fee", None, some("76.00"))));
    assert_eq!(changes.len(), 2 + 5 + 5);
    assert!(changes.is_sorted_by_key(|change| &change.key));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(at in 0..4000_usize, other in "[\\PC\n\"\\[\\]=.{}]{0,12}", length in 0..40_usize) {
        let text: Vec<char> = shipped_text().chars().collect();
        let at = at.min(text.len());
        let rest = (at + length).min(text.len());
        let broken: String = text[..at].iter().copied().chain(other.chars()).chain(text[rest..].iter().copied()).collect();
        match YearFile::parse(&broken) {
            Ok(file) => prop_assert_eq!(YearFile::parse(&file.to_toml()), Ok(file)),
            Err(faults) => {
                let lines = broken.lines().count().max(1);
                prop_assert!(!faults.is_empty() && faults.iter().all(|fault| (1..=lines + 1).contains(&fault.line)));
            }
        }
    }
}
