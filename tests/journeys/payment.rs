//! A bureau's list and its money: preview, credit, unit payments, final submission, vouchers, the centre's verdict; and all
//! that is wrong with what people give.

use std::collections::BTreeSet;

use serde_json::Value;

use super::enrollment::{NOON, at, done, members, refused};
use super::place::{BUREAU, NEIGHBOUR, Place, UNION};
use super::rights::account;

on_both_engines!(
    what_units_owe_is_paid_before_their_list_goes_and_credit_is_deducted,
    a_list_goes_to_the_centre_once_with_a_person_who_answers_for_it,
    a_voucher_is_a_picture_or_a_pdf_of_what_is_due,
    the_centre_finds_the_money_or_rejects_the_voucher,
    what_is_refused_is_on_record_with_its_reason_and_without_its_words,
);

/// The first day on which lists go to the centre, and a day of the cover.
pub const LISTS: &str = "2022-12-27T09:00:00+08:00";
const COVER: &str = "2023-01-05T09:00:00+08:00";
const OTHER_BUREAU: &str = "90020000";
pub const CONTACT: [&str; 6] = ["--contact", "周敏", "--mobile", "13800000000", "--email", "zhou@example.org"];

/// Six people of each unit have a card; their submissions are on the submission list. Accounts of all who act on money.
pub async fn approved(place: &Place, units: &[(&str, u64)]) {
    for (org, seed) in units {
        members(place, org, *seed).await;
        done(place, NOON, &["enroll", "submit", "--org", org, "--plan", "A"]).await;
    }
    done(place, NOON, &["review", "approve", "--all", "--org", BUREAU]).await;
    account(place, "clerk", "clerk", Some(UNION)).await;
    account(place, "bureau", "bureau", Some(BUREAU)).await;
    account(place, "other", "bureau", Some(OTHER_BUREAU)).await;
    account(place, "centre", "centre", None).await;
}

/// Words that name no year, at an instant; exit code and document.
async fn asked(place: &Place, instant: &str, words: &[&str], code: i32) -> Value {
    place.at.run(&[&["--json", "--at", instant], words].concat()).await.code(code).json()
}

/// The same for what has to be refused: with the exit code of a refusal, or of words that make no sense.
async fn turned_down(place: &Place, instant: &str, words: &[&str], code: &str) {
    let exit = if code == "usage" { 2 } else { 1 };
    let error = asked(place, instant, words, exit).await;
    assert_eq!(error["error"]["code"], code, "{words:?}: {error}");
}

/// By somebody who may not.
async fn may_not(place: &Place, who: &str, words: &[&str]) {
    let error = place.at.run(&[&["--json", "--as", who], words].concat()).await.code(1).json();
    assert_eq!(error["error"]["code"], "no-right", "{who} {words:?}: {error}");
}

/// By somebody who has the right elsewhere: as if there were no such thing.
async fn unseen(place: &Place, who: &str, words: &[&str]) {
    let error = place.at.run(&[&["--json", "--as", who], words].concat()).await.code(1).json();
    assert_eq!(error["error"]["code"], "unknown", "{who} {words:?}: {error}");
}

/// Submits the bureau's list; its number.
pub async fn list_of(place: &Place, instant: &str) -> String {
    let view = done(place, instant, &[&["batch", "submit", "--org", BUREAU], &CONTACT[..]].concat()).await;
    view["batch_no"].as_str().unwrap().to_owned()
}

fn figures(of: &Value) -> [i64; 8] {
    let money = ["total_fen", "municipal_fen", "bureau_fen", "unit_fen"].map(|key| of["money"][key].as_i64().unwrap());
    let [total, municipal, bureau, unit] = money;
    let number = |key: &str| of[key].as_i64().unwrap();
    [number("units"), number("people"), total, municipal, bureau, unit, number("credit_fen"), number("due_fen")]
}

fn left_behind(of: &Value) -> Vec<(&str, &str)> {
    let all = of["left_behind"].as_array().unwrap();
    all.iter().map(|one| (one["org"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect()
}

async fn what_units_owe_is_paid_before_their_list_goes_and_credit_is_deducted(place: Place) {
    let _worker = place.ready().await;
    let split = ["premium", "set", "--org", BUREAU, "--plan", "A", "--bureau", "10.00", "--unit", "3.00"];
    done(&place, "2022-10-26T09:00:00+08:00", &split).await;
    approved(&place, &[(UNION, 180), (NEIGHBOUR, 181)]).await;
    let preview = async || done(&place, LISTS, &["batch", "preview", "--org", BUREAU]).await;
    assert_eq!(left_behind(&preview().await), [(UNION, "unit-unpaid"), (NEIGHBOUR, "unit-unpaid")]);
    let paid = |org: &'static str, amount: &'static str, day: &'static str| {
        ["payment", "unit-paid", "--org", org, "--amount", amount, "--date", day]
    };
    for (amount, day) in
        [("0.00", "2022-12-20"), ("-1.00", "2022-12-20"), ("1.001", "2022-12-20"), ("18.00", "2022-12-28")]
    {
        let _ = at(&place, LISTS, &paid(UNION, amount, day)).await.code(2);
    }
    done(&place, LISTS, &paid(UNION, "18.00", "2022-12-25")).await;
    done(&place, LISTS, &paid(NEIGHBOUR, "17.99", "2022-12-20")).await;
    assert_eq!(left_behind(&preview().await), [(NEIGHBOUR, "unit-short")]);
    done(&place, LISTS, &paid(NEIGHBOUR, "0.01", "2022-12-26")).await;
    assert_eq!(left_behind(&preview().await), [(NEIGHBOUR, "unit-late")], "the value date counts");
    done(&place, LISTS, &paid(NEIGHBOUR, "0.01", "2022-12-24")).await;
    assert_eq!(figures(&preview().await), [2, 12, 31200, 15600, 12000, 3600, 0, 15600]);
    let listed = done(&place, LISTS, &["payment", "list", "--org", BUREAU]).await;
    let sum: i64 = listed.as_array().unwrap().iter().map(|one| one["amount_fen"].as_i64().unwrap()).sum();
    assert_eq!((listed.as_array().unwrap().len(), sum), (4, 3601));

    let credit = |org: &'static str, amount: &'static str, reason: &'static str| {
        ["--as", "centre", "credit", "add", "--org", org, "--of-year", "2021", "--amount", amount, "--reason", reason]
    };
    for words in [credit(BUREAU, "0.00", "退回"), credit(BUREAU, "20.00", " "), credit(BUREAU, "ten", "退回")] {
        let _ = place.at.run(&words).await.code(2);
    }
    let error = place.at.run(&[&["--json"], &credit(UNION, "20.00", "退回")[..]].concat()).await.code(1).json();
    assert_eq!(error["error"]["code"], "not-a-bureau", "{error}");
    may_not(&place, "bureau", &credit(BUREAU, "20.00", "退回")[2..]).await;
    let _ = place.at.run(&credit(BUREAU, "20.00", "退回")).await.success();
    assert_eq!(figures(&preview().await), [2, 12, 31200, 15600, 12000, 3600, 2000, 13600]);

    let number = list_of(&place, LISTS).await;
    let shown = place.at.json(&["batch", "show", &number]).await;
    assert_eq!(figures(&shown), [2, 12, 31200, 15600, 12000, 3600, 2000, 13600]);
    let credits = place.at.json(&["credit", "list", "--org", BUREAU]).await;
    assert_eq!((&credits["balance_fen"], &credits["uses"][0]["batch_no"]), (&0.into(), &number.into()), "{credits}");
    turned_down(&place, LISTS, &[&paid(UNION, "1.00", "2022-12-20")[..], &["--year", "2023"]].concat(), "too-late")
        .await;
}

async fn a_list_goes_to_the_centre_once_with_a_person_who_answers_for_it(place: Place) {
    let _worker = place.ready().await;
    approved(&place, &[(UNION, 182)]).await;
    members(&place, NEIGHBOUR, 183).await;
    done(&place, NOON, &["enroll", "submit", "--org", NEIGHBOUR]).await;
    let submit = ["batch", "submit", "--org", BUREAU];
    let by = |contact: [&'static str; 3]| {
        let [name, mobile, email] = contact;
        [&submit[..], &["--contact", name, "--mobile", mobile, "--email", email]].concat()
    };
    for wrong in [
        ["周敏", "1380000000", "zhou@example.org"],
        ["周敏", "021-55550000", "zhou@example.org"],
        ["周敏", "13800000000", "zhou.example.org"],
        ["周敏", "13800000000", "zhou@"],
        [" ", "13800000000", "zhou@example.org"],
        ["", "", ""],
    ] {
        let error = refused(&place, LISTS, &by(wrong), "contact").await;
        assert!(!error.to_string().contains("138"), "what was given is not repeated: {error}");
    }
    let good = [&submit[..], &CONTACT[..]].concat();
    refused(&place, "2022-12-25T23:59:59+08:00", &good, "window-upcoming").await;
    refused(&place, LISTS, &[&["batch", "submit", "--org", UNION], &CONTACT[..]].concat(), "not-a-bureau").await;
    refused(&place, LISTS, &[&["batch", "submit", "--org", OTHER_BUREAU], &CONTACT[..]].concat(), "nothing-to-submit")
        .await;
    let of_year = [&good[..], &["--year", "2023"]].concat();
    for who in ["clerk", "centre"] {
        may_not(&place, who, &of_year).await;
    }
    unseen(&place, "other", &of_year).await;
    let view = done(&place, "2022-12-31T23:59:59+08:00", &good).await;
    assert_eq!((&view["batch_no"], &view["status"]), (&"CB202212310001".into(), &"voucher_awaited".into()));
    assert_eq!((left_behind(&view), figures(&view)[..2].to_vec()), (vec![(NEIGHBOUR, "not-reviewed")], vec![1, 6]));
    assert!(!view.to_string().contains("13800000000"), "{view}");
    let again = refused(&place, "2022-12-31T23:59:59+08:00", &good, "already-submitted").await;
    assert!(again["error"]["message"].as_str().unwrap().contains("CB202212310001"), "{again}");
    refused(&place, "2023-01-01T00:00:00+08:00", &good, "already-submitted").await;
    let late = [&["batch", "submit", "--org", OTHER_BUREAU], &CONTACT[..]].concat();
    refused(&place, "2023-01-01T00:00:00+08:00", &late, "window-closed").await;
    // What is with the centre is nobody's to change.
    let returned = ["review", "return", UNION, "--reason", "people", "--yes", "--org", BUREAU];
    assert_eq!(at(&place, LISTS, &returned).await.code(1).json()[0]["code"], "wrong-state");
    let listed = done(&place, LISTS, &["batch", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    unseen(&place, "other", &["batch", "show", "CB202212310001"]).await;
    turned_down(&place, LISTS, &["batch", "show", "CB202212310002"], "unknown").await;
}

fn voucher<'w>(number: &'w str, file: &'w str, amount: &'w str, day: &'w str) -> [&'w str; 8] {
    ["payment", "voucher", number, file, "--amount", amount, "--date", day]
}

/// Files as people have them, by the names that they give them.
fn file(place: &Place, name: &str, bytes: &[u8]) -> String {
    place.at.file(name, bytes).display().to_string()
}

const PDF: &[u8] = b"%PDF-1.4\n% invented\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

async fn a_voucher_is_a_picture_or_a_pdf_of_what_is_due(mut place: Place) {
    place.at.set("limits.upload_bytes", "65536");
    let _worker = place.ready().await;
    approved(&place, &[(UNION, 184)]).await;
    let number = list_of(&place, LISTS).await;
    let pdf = file(&place, "voucher.jpg", PDF);
    let day = "2022-12-27";
    for (name, bytes, code) in [
        ("program.pdf", &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"[..], "voucher-type"),
        ("note.pdf", "已付款78.00元".as_bytes(), "voucher-type"),
        ("page.png", b"<html><body>paid</body></html>", "voucher-type"),
        ("book.pdf", b"PK\x03\x04\x14\0\x06\0", "voucher-type"),
        ("empty.pdf", b"", "voucher-type"),
        ("large.pdf", &[PDF, &vec![b' '; 65536][..]].concat(), "too-large"),
    ] {
        turned_down(&place, LISTS, &voucher(&number, &file(&place, name, bytes), "78.00", day), code).await;
    }
    let folder = place.at.folder().display().to_string();
    for missing in ["gone.pdf", &folder] {
        turned_down(&place, LISTS, &voucher(&number, missing, "78.00", day), "no-file").await;
    }
    for (amount, day, code) in [
        ("77.99", day, "amount-short"),
        ("0.00", day, "amount-short"),
        ("78.00", "2022-12-28", "date-future"),
        ("78.001", day, "usage"),
        ("much", day, "usage"),
        ("78.00", "2022-12-32", "usage"),
    ] {
        turned_down(&place, LISTS, &voucher(&number, &pdf, amount, day), code).await;
    }
    turned_down(&place, LISTS, &voucher("CB202212270099", &pdf, "78.00", day), "unknown").await;
    for who in ["clerk", "centre"] {
        may_not(&place, who, &voucher(&number, &pdf, "78.00", day)).await;
    }
    unseen(&place, "other", &voucher(&number, &pdf, "78.00", day)).await;
    turned_down(&place, "2023-01-21T00:00:00+08:00", &voucher(&number, &pdf, "78.00", day), "window-closed").await;
    assert_eq!(place.at.json(&["batch", "show", &number]).await["status"], "voucher_awaited");
    assert!(place.at.json(&["payment", "list", &number]).await.as_array().unwrap().is_empty());

    // The content counts, not the name; and another one may follow until the centre has replied.
    let taken = asked(&place, LISTS, &voucher(&number, &pdf, "78.00", day), 0).await;
    assert_eq!((&taken["content_type"], &taken["over_fen"]), (&"application/pdf".into(), &0.into()), "{taken}");
    let png = file(&place, "scan.pdf", PNG);
    let taken = asked(&place, "2023-01-20T23:59:59+08:00", &voucher(&number, &png, "78.01", "2023-01-20"), 0).await;
    assert_eq!((&taken["content_type"], &taken["over_fen"]), (&"image/png".into(), &1.into()), "{taken}");
    let vouchers = place.at.json(&["payment", "list", &number]).await;
    assert_eq!(vouchers.as_array().unwrap().len(), 2, "both are kept");
}

async fn the_centre_finds_the_money_or_rejects_the_voucher(place: Place) {
    let _worker = place.ready().await;
    approved(&place, &[(UNION, 185)]).await;
    let number = list_of(&place, LISTS).await;
    let pdf = file(&place, "voucher.pdf", PDF);
    let (upload, confirm) = (voucher(&number, &pdf, "78.00", "2022-12-27"), ["payment", "confirm", &number]);
    let reject = |reason: &'static str| ["payment", "reject", &number, "--reason", reason].map(str::to_owned);
    let reject = async |reason: &'static str, code: &str| {
        let words = reject(reason);
        turned_down(&place, LISTS, &words.each_ref().map(String::as_str), code).await;
    };
    turned_down(&place, LISTS, &confirm, "no-voucher").await;
    reject("没有收到", "no-voucher").await;
    asked(&place, LISTS, &upload, 0).await;
    for who in ["clerk", "bureau", "other"] {
        may_not(&place, who, &confirm).await;
        may_not(&place, who, &["payment", "reject", &number, "--reason", "x"]).await;
    }
    reject("", "usage").await;
    reject("  ", "usage").await;
    let view = asked(&place, LISTS, &["payment", "reject", &number, "--reason", "金额不清晰", "--wait"], 0).await;
    assert_eq!((&view["status"], &view["reason"]), (&"voucher_rejected".into(), &"金额不清晰".into()), "{view}");
    reject("再次", "no-voucher").await;
    turned_down(&place, LISTS, &confirm, "no-voucher").await;
    let told =
        place.letters().into_iter().filter(|letter| letter.to.contains(BUREAU) && letter.body.contains("金额不清晰"));
    assert_eq!(told.count(), 1, "the bureau is told why");

    asked(&place, COVER, &upload, 0).await;
    let view = asked(&place, COVER, &["--as", "operator", "payment", "confirm", &number], 0).await;
    assert_eq!((&view["status"], &view["reason"]), (&"confirmed".into(), &Value::Null), "{view}");
    assert_eq!(done(&place, COVER, &["enroll", "show", "--org", UNION]).await["status"], "effective");
    turned_down(&place, COVER, &confirm, "no-voucher").await;
    reject("太晚", "no-voucher").await;
    turned_down(&place, COVER, &upload, "wrong-state").await;
    let verdicts = place.at.json(&["payment", "list", &number]).await;
    let verdicts: Vec<_> =
        verdicts.as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap().to_owned()).collect();
    assert_eq!(verdicts, ["rejected", "confirmed"]);
}

async fn what_is_refused_is_on_record_with_its_reason_and_without_its_words(place: Place) {
    let _worker = place.ready().await;
    approved(&place, &[(UNION, 186)]).await;
    let contact = ["--contact", "周敏", "--mobile", "1381234", "--email", "zhou@example.org"];
    refused(&place, LISTS, &[&["batch", "submit", "--org", BUREAU], &contact[..]].concat(), "contact").await;
    let number = list_of(&place, LISTS).await;
    let note = file(&place, "周敏.pdf", b"paid");
    let pdf = file(&place, "voucher.pdf", PDF);
    turned_down(&place, LISTS, &voucher(&number, &note, "78.00", "2022-12-27"), "voucher-type").await;
    turned_down(&place, LISTS, &voucher(&number, &pdf, "1.00", "2022-12-27"), "amount-short").await;
    turned_down(&place, LISTS, &voucher(&number, &pdf, "78.00", "2022-12-29"), "date-future").await;
    turned_down(&place, LISTS, &["payment", "reject", &number, "--reason", " "], "usage").await;
    turned_down(&place, LISTS, &["undo", "failure", &number, "--reason", ""], "usage").await;
    turned_down(&place, LISTS, &["undo", "failure", &number, "--reason", "凭证已到"], "not-failed").await;
    turned_down(&place, LISTS, &["payment", "confirm", "310199198506070014"], "unknown").await;
    // Looking is no act.
    turned_down(&place, LISTS, &["batch", "show", "CB202212270099"], "unknown").await;
    let audit = place.at.json(&["audit", "--since", "2022-12-27"]).await;
    let text = |act: &Value, key: &str| act[key].as_str().unwrap_or_default().to_owned();
    let rows: Vec<_> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|act| (text(act, "act"), text(act, "org_code"), text(act, "outcome")))
        .filter(|(.., outcome)| outcome.starts_with("refused"))
        .collect();
    let row = |act: &str, org: &str, code: &str| (act.to_owned(), org.to_owned(), format!("refused: {code}"));
    let expected = [
        row("submit-batch", BUREAU, "contact"),
        row("upload-voucher", BUREAU, "voucher-type"),
        row("upload-voucher", BUREAU, "amount-short"),
        row("upload-voucher", BUREAU, "date-future"),
        row("check-voucher", BUREAU, "usage"),
        row("undo-failure", "", "usage"),
        row("undo-failure", "", "not-failed"),
        row("check-voucher", "", "unknown"),
        row("see-enrollments", "", "unknown"),
    ];
    assert_eq!(rows, expected, "each once, in their order");
    for words in ["1381234", "zhou@example.org", "周敏", "310199198506070014", "凭证已到"] {
        let found = audit.as_array().unwrap().iter().find(|act| act.to_string().contains(words));
        assert!(found.is_none(), "{words}: {found:?}");
    }
    let accounts: BTreeSet<_> = audit.as_array().unwrap().iter().map(|act| text(act, "account")).collect();
    assert!(accounts.contains("operator"), "{accounts:?}");
}
