//! Cover that begins in the middle of the year: for what failed, for members with a card and no cover, for new cards; and a
//! failure that is undone, with the list that follows it.

use serde_json::Value;
use support::Running;
use support::people::Person;
use support::workbook::{REGISTRY_HEADERS, Table};

use super::enrollment::members;
use super::payment::CONTACT;
use super::place::{BUREAU, NEIGHBOUR, Place, STRANGER, UNION};
use super::rights::account;

on_both_engines!(
    what_failed_is_covered_from_the_day_after_and_undone_with_the_rest,
    members_with_a_card_and_no_cover_and_new_cards_are_covered,
    what_came_back_to_life_goes_in_a_list_of_its_own,
);

/// A rehearsed year in November: units have submitted and are approved; nothing but the commands themselves runs.
async fn november(mut place: Place, units: &[(&str, u64)]) -> (Place, Vec<Vec<Person>>) {
    place.at.set("clock.mode", "simulated");
    place.at.set("clock.from", "2022-11-10T12:00:00+08:00");
    let worker: Option<Running> = place.ready().await;
    let mut people = Vec::new();
    for (org, seed) in units {
        people.push(members(&place, org, *seed).await);
    }
    if let Some(mut worker) = worker {
        worker.terminate().await;
    }
    account(&place, "clerk", "clerk", Some(UNION)).await;
    account(&place, "neighbour", "clerk", Some(NEIGHBOUR)).await;
    account(&place, "bureau", "bureau", Some(BUREAU)).await;
    account(&place, "centre", "centre", None).await;
    (place, people)
}

async fn advance(place: &Place, to: &str) {
    place.at.json(&["clock", "advance", "--to", to]).await;
}

async fn done(place: &Place, who: &str, words: &[&str]) -> Value {
    place.at.json(&[&["--as", who], words].concat()).await
}

async fn refused(place: &Place, who: &str, words: &[&str], code: &str) {
    let exit = if code == "usage" { 2 } else { 1 };
    let error = place.at.run(&[&["--json", "--as", who], words].concat()).await.code(exit).json();
    assert_eq!(error["error"]["code"], code, "{who} {words:?}: {error}");
}

async fn submit_and_approve(place: &Place, units: &[&str]) {
    for unit in units {
        done(place, "operator", &["enroll", "submit", "--year", "2023", "--org", unit, "--plan", "A"]).await;
    }
    let words = [&["review", "approve"], units, &["--year", "2023", "--org", BUREAU]].concat();
    done(place, "bureau", &words).await;
}

async fn submit_list(place: &Place) -> Value {
    done(place, "bureau", &[&["batch", "submit", "--year", "2023", "--org", BUREAU], &CONTACT[..]].concat()).await
}

/// The number of the one draft of a unit, with its kind.
async fn draft_of(place: &Place, unit: &str) -> String {
    let list =
        done(place, "operator", &["instant", "list", "--year", "2023", "--org", unit, "--status", "draft"]).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["kind"]), (1, &"failed".into()), "{list}");
    list[0]["id"].as_i64().unwrap().to_string()
}

fn voucher(place: &Place) -> String {
    place.at.file("voucher.pdf", b"%PDF-1.4\n% invented\n").display().to_string()
}

async fn status(place: &Place, unit: &str) -> String {
    let shown = done(place, "operator", &["enroll", "show", "--year", "2023", "--org", unit]).await;
    shown["status"].as_str().unwrap().to_owned()
}

/// Days without cover of each person.
fn gaps(of: &Value) -> Vec<i64> {
    of["people"].as_array().unwrap().iter().map(|one| one["gap_days"].as_i64().unwrap()).collect()
}

/// The centre rejects the first voucher of an approved instant enrolment over 78.00 yuan, takes the next, and that is the end
/// of it. The voucher's file.
async fn vouchers_until_one_is_confirmed(place: &Place, draft: &str) -> String {
    let file = voucher(place);
    let pay = |amount: &'static str, day: &'static str| {
        ["payment", "voucher", draft, &file, "--instant", "--amount", amount, "--date", day].map(str::to_owned)
    };
    let confirm = ["payment", "confirm", draft, "--instant"];
    let reject = ["payment", "reject", draft, "--instant", "--reason", "金额不符"];
    refused(place, "centre", &confirm, "no-voucher").await;
    for (amount, day, code) in [
        ("77.99", "2023-01-21", "amount-short"),
        ("78.00", "2023-01-22", "date-future"),
        ("78.00", "2022-01-21", "date-early"),
        ("78.00", "2023-01-21", ""),
    ] {
        let words = pay(amount, day);
        let words = words.each_ref().map(String::as_str);
        if code.is_empty() {
            assert_eq!(done(place, "bureau", &words).await["over_fen"], 0);
        } else {
            refused(place, "bureau", &words, code).await;
        }
    }

    for (who, words, code) in [
        ("bureau", &confirm[..], "no-right"),
        ("clerk", &reject[..], "no-right"),
        ("centre", &["payment", "reject", draft, "--instant", "--reason", " "][..], "usage"),
        ("centre", &["payment", "confirm", "99999", "--instant"][..], "unknown"),
        ("centre", &["payment", "confirm", "CB1", "--instant"][..], "usage"),
    ] {
        refused(place, who, words, code).await;
    }
    let rejected = done(place, "centre", &reject).await;
    assert_eq!((&rejected["status"], &rejected["voucher_at"]), (&"approved".into(), &Value::Null), "{rejected}");
    refused(place, "centre", &reject, "no-voucher").await;
    let words = pay("80.00", "2023-01-21");
    let words = words.each_ref().map(String::as_str);
    assert_eq!(done(place, "bureau", &words).await["over_fen"], 200);
    let paid = done(place, "centre", &confirm).await;
    assert!(paid["paid_at"].is_string() && paid["voucher_at"].is_string(), "{paid}");
    refused(place, "centre", &confirm, "no-voucher").await;
    refused(place, "centre", &reject, "no-voucher").await;
    refused(place, "bureau", &words, "wrong-state").await;
    let list = done(place, "clerk", &["payment", "list", draft, "--instant"]).await;
    let verdicts: Vec<_> = list.as_array().unwrap().iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, ["rejected", "confirmed"]);
    refused(place, "neighbour", &["payment", "list", draft, "--instant"], "unknown").await;
    file
}

async fn what_failed_is_covered_from_the_day_after_and_undone_with_the_rest(place: Place) {
    let (place, _) = november(place, &[(UNION, 280), (NEIGHBOUR, 281)]).await;
    submit_and_approve(&place, &[UNION, NEIGHBOUR]).await;
    advance(&place, "2022-12-27T09:00:00+08:00").await;
    let number = submit_list(&place).await["batch_no"].as_str().unwrap().to_owned();
    let undo = ["undo", "failure", &number, "--reason", "凭证已到"];
    refused(&place, "centre", &undo, "not-failed").await;
    refused(&place, "centre", &["undo", "failure", "CB202212270009", "--reason", "x"], "unknown").await;
    refused(&place, "centre", &["undo", "failure", "nothing", "--reason", "x"], "unknown").await;
    advance(&place, "2023-01-21T00:00:00+08:00").await;
    let failed = place.at.json(&["batch", "show", &number]).await;
    assert_eq!((&failed["status"], status(&place, UNION).await), (&"failed".into(), "failed".into()));
    refused(&place, "centre", &["undo", "failure", &number, "--reason", " "], "usage").await;
    refused(&place, "bureau", &undo, "no-right").await;
    refused(&place, "centre", &["undo", "failure", &format!("DW2023-{UNION}-1"), "--reason", "x"], "in-a-batch").await;

    // The draft is there already; the unit submits it, and the bureau approves.
    let draft = draft_of(&place, UNION).await;
    let submit = ["instant", "submit", &draft, "--year", "2023", "--org", UNION];
    refused(&place, "neighbour", &submit, "unknown").await;
    let of_other = ["instant", "submit", &draft, "--year", "2023", "--org", NEIGHBOUR];
    refused(&place, "neighbour", &of_other, "unknown").await;
    refused(&place, "bureau", &["instant", "approve", &draft], "wrong-state").await;
    let view = done(&place, "clerk", &submit).await;
    assert_eq!((&view["status"], &view["cover_from"]), (&"submitted".into(), &"2023-01-22".into()), "{view}");
    assert_eq!((gaps(&view), &view["money"]["total_fen"]), (vec![21; 6], &15600.into()), "{view}");
    refused(&place, "clerk", &submit, "wrong-state").await;
    refused(&place, "clerk", &["instant", "approve", &draft], "no-right").await;
    assert_eq!(done(&place, "bureau", &["instant", "approve", &draft]).await["status"], "approved");
    refused(&place, "bureau", &["instant", "approve", &draft], "wrong-state").await;
    let file = vouchers_until_one_is_confirmed(&place, &draft).await;

    // The other unit's is returned with a reason, submitted again, and withdrawn.
    let other = draft_of(&place, NEIGHBOUR).await;
    let again = ["instant", "submit", &other, "--year", "2023", "--org", NEIGHBOUR];
    done(&place, "neighbour", &again).await;
    refused(&place, "bureau", &["instant", "return", &other, "--reason", " "], "usage").await;
    let returned = done(&place, "bureau", &["instant", "return", &other, "--reason", "名单有误"]).await;
    assert_eq!((&returned["status"], &returned["reason"]), (&"returned".into(), &"名单有误".into()));
    done(&place, "neighbour", &again).await;

    // Undone: who is covered by now is left out, what is not approved is cancelled, and the rest goes on.
    let undone = done(&place, "centre", &undo).await;
    assert_eq!(undone["until"], "2023-01-27T00:00:00+08:00", "{undone}");
    assert_eq!((&undone["cancelled_drafts"], undone["left_out"].as_array().unwrap().len()), (&1.into(), 6), "{undone}");
    refused(&place, "centre", &undo, "not-failed").await;
    refused(&place, "bureau", &["instant", "approve", &other], "wrong-state").await;
    let revived = place.at.json(&["batch", "show", &number]).await;
    let figures = (&revived["status"], &revived["people"], &revived["due_fen"]);
    assert_eq!(figures, (&"voucher_awaited".into(), &6.into(), &7800.into()), "{revived}");
    let words = ["payment", "voucher", &number, &file, "--amount", "78.00", "--date", "2023-01-20"];
    done(&place, "bureau", &words).await;
    assert_eq!(done(&place, "centre", &["payment", "confirm", &number]).await["status"], "confirmed");
    assert_eq!(status(&place, NEIGHBOUR).await, "effective");
}

async fn members_with_a_card_and_no_cover_and_new_cards_are_covered(place: Place) {
    let (place, people) = november(place, &[(UNION, 282), (STRANGER, 283)]).await;
    submit_and_approve(&place, &[UNION]).await;
    let preview =
        |org: &'static str, kind: &'static str| ["instant", "preview", "--year", "2023", "--org", org, "--kind", kind];
    let submit =
        |org: &'static str, kind: &'static str| ["instant", "submit", "--year", "2023", "--org", org, "--kind", kind];
    refused(&place, "operator", &submit(STRANGER, "card-no-cover"), "window-upcoming").await;
    advance(&place, "2022-12-27T09:00:00+08:00").await;
    let number = submit_list(&place).await["batch_no"].as_str().unwrap().to_owned();
    let file = voucher(&place);
    let words = ["payment", "voucher", &number, &file, "--amount", "78.00", "--date", "2022-12-27"];
    done(&place, "bureau", &words).await;
    done(&place, "centre", &["payment", "confirm", &number]).await;
    advance(&place, "2023-03-01T09:00:00+08:00").await;

    // A unit that has never submitted: its six members with a card.
    let view = done(&place, "operator", &preview(STRANGER, "card-no-cover")).await;
    assert_eq!((&view["headcount"], &view["cover_from"]), (&6.into(), &"2023-03-02".into()), "{view}");
    assert_eq!(gaps(&view), [60; 6], "January, February and the first of March");
    let id = done(&place, "operator", &submit(STRANGER, "card-no-cover")).await["id"].as_i64().unwrap().to_string();
    refused(&place, "bureau", &["instant", "approve", &id], "unknown").await;
    assert_eq!(done(&place, "operator", &["instant", "approve", &id]).await["status"], "approved");
    refused(&place, "operator", &submit(STRANGER, "card-no-cover"), "nobody").await;

    // Where the list is in force nobody is left, until somebody is given a card.
    for kind in ["card-no-cover", "new-card"] {
        refused(&place, "clerk", &preview(UNION, kind), "nobody").await;
    }
    let mut feed = Table::new(&REGISTRY_HEADERS);
    feed.push(&["身份证", &people[0][6].id_number, &people[0][6].card, "是", "", "", ""]);
    let path = place.at.file("feed.xlsx", feed.xlsx());
    let _ = place.upload_file(&path, &["registry"]).await.success();
    let view = done(&place, "clerk", &submit(UNION, "new-card")).await;
    assert_eq!((&view["headcount"], &view["kind"]), (&1.into(), &"new_card".into()), "{view}");
    let id = view["id"].as_i64().unwrap().to_string();
    refused(&place, "neighbour", &["instant", "withdraw", &id], "unknown").await;
    assert_eq!(done(&place, "clerk", &["instant", "withdraw", &id]).await["status"], "cancelled");
    let id = done(&place, "clerk", &submit(UNION, "new-card")).await["id"].as_i64().unwrap().to_string();
    assert_eq!(done(&place, "bureau", &["instant", "approve", &id]).await["status"], "approved");
    let approved = done(&place, "operator", &["instant", "list", "--year", "2023", "--org", BUREAU]).await;
    let statuses: Vec<_> = approved.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["cancelled", "approved"]);
    refused(&place, "bureau", &["instant", "approve", "999999"], "unknown").await;
}

async fn what_came_back_to_life_goes_in_a_list_of_its_own(place: Place) {
    let (place, _) = november(place, &[(UNION, 284), (NEIGHBOUR, 285)]).await;
    submit_and_approve(&place, &[UNION]).await;
    done(&place, "neighbour", &["enroll", "submit", "--year", "2023", "--org", NEIGHBOUR, "--plan", "A"]).await;
    advance(&place, "2022-12-27T09:00:00+08:00").await;
    let first = submit_list(&place).await;
    assert_eq!(first["left_behind"][0]["reason"], "not-reviewed", "{first}");
    done(&place, "bureau", &["review", "approve", NEIGHBOUR, "--year", "2023", "--org", BUREAU]).await;
    let submit = [&["batch", "submit", "--year", "2023", "--org", BUREAU], &CONTACT[..]].concat();
    refused(&place, "bureau", &submit, "already-submitted").await;
    advance(&place, "2023-01-02T09:00:00+08:00").await;
    assert_eq!((status(&place, NEIGHBOUR).await, status(&place, UNION).await), ("failed".into(), "finalized".into()));
    let number = format!("DW2023-{NEIGHBOUR}-1");
    refused(&place, "bureau", &["undo", "failure", &number, "--reason", "漏报"], "no-right").await;
    refused(&place, "centre", &["undo", "failure", &format!("DW2023-{UNION}-1"), "--reason", "x"], "in-a-batch").await;
    done(&place, "centre", &["undo", "failure", &number, "--reason", "漏报"]).await;
    assert_eq!(status(&place, NEIGHBOUR).await, "approved");
    let second = submit_list(&place).await;
    let figures = (&second["batch_no"], &second["units"], &second["due_fen"]);
    assert_eq!(figures, (&"CB202301020001".into(), &1.into(), &7800.into()), "{second}");
    refused(&place, "bureau", &submit, "already-submitted").await;
    let listed = done(&place, "bureau", &["batch", "list", "--year", "2023", "--org", BUREAU]).await;
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    // Each is paid for by itself.
    let file = voucher(&place);
    let words = ["payment", "voucher", "CB202301020001", &file, "--amount", "78.00", "--date", "2023-01-02"];
    done(&place, "bureau", &words).await;
    done(&place, "centre", &["payment", "confirm", "CB202301020001"]).await;
    assert_eq!(
        (status(&place, NEIGHBOUR).await, status(&place, UNION).await),
        ("effective".into(), "finalized".into())
    );
}
