//! States, numbers, contacts and sums of batches.

use proptest::prelude::*;

use super::*;

#[test]
fn the_table_of_transitions() {
    let columns: Vec<_> = std::iter::once(None).chain(BatchStatus::ALL.iter().copied().map(Some)).collect();
    let table: Vec<String> = BatchEvent::ALL
        .iter()
        .map(|event| {
            let to = columns.iter().map(|from| {
                BatchStatus::after(*from, *event, None).map_or(".", |row| row.to.map_or("as before", BatchStatus::name))
            });
            format!("{}: {}", event.name(), to.collect::<Vec<_>>().join(" "))
        })
        .collect();
    // nothing yet, voucher_awaited, voucher_uploaded, confirmed, voucher_rejected, failed
    assert_eq!(
        table,
        [
            "submit: voucher_awaited . . . . .",
            "submit-paid: confirmed . . . . .",
            "upload: . voucher_uploaded voucher_uploaded . voucher_uploaded .",
            "confirm: . . confirmed . . .",
            "reject: . . voucher_rejected . . .",
            "fail: . failed . . failed .",
            "undo: . . . . . as before",
        ]
    );
}

#[test]
fn the_centre_checks_and_the_bureau_pays() {
    use BatchEvent::{Confirm, Submit, Undo, Upload};
    use BatchStatus::{Confirmed, Failed, VoucherAwaited, VoucherUploaded};
    let after = |from, event, role| {
        BatchStatus::after(from, event, Some(role)).map(|row| row.to).map_err(|refusal| refusal.code())
    };
    assert_eq!(after(Some(VoucherUploaded), Confirm, Centre), Ok(Some(Confirmed)));
    assert_eq!(after(Some(VoucherUploaded), Confirm, Bureau), Err("wrong-role"));
    assert_eq!(after(Some(VoucherAwaited), Upload, Centre), Err("wrong-role"));
    assert_eq!(after(Some(VoucherAwaited), Submit, Bureau), Err("wrong-state"));
    assert_eq!(after(Some(Failed), Undo, Federation), Ok(None));
    assert_eq!(after(Some(Failed), Upload, Bureau), Err("wrong-state"));
    assert!(BatchStatus::VoucherRejected.waits_for_voucher() && !VoucherUploaded.waits_for_voucher());
}

#[test]
fn batch_numbers_grow_a_digit_past_9999() {
    let day = NaiveDate::from_ymd_opt(2022, 8, 8).unwrap();
    for (counter, written) in [(4, "CB202208080004"), (9999, "CB202208089999"), (10_000, "CB2022080810000")] {
        let number = BatchNo { day, counter };
        assert_eq!(number.to_string(), written);
        assert_eq!(BatchNo::parse(written), Some(number));
        assert_eq!(serde_json::to_value(number).unwrap(), written);
        assert_eq!(serde_json::from_value::<BatchNo>(written.into()).unwrap(), number);
    }
    for wrong in [
        "CB202208080000",
        "CB20220808004",
        "CB2022080800004",
        "CB202213080004",
        "cb202208080004",
        "CB+02208080004",
        "CB",
        "CB2022年",
    ] {
        assert_eq!(BatchNo::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_contact_is_a_name_a_mobile_and_an_address() {
    let contact = Contact::read(" 王小明 ", "138-0013-8000", "wang@Example.org").unwrap();
    assert_eq!((contact.name.as_str(), contact.mobile.as_str()), ("王小明", "13800138000"));
    assert_eq!(contact.email, "wang@example.org");
    let shown = format!("{contact:?}");
    assert!(!shown.contains("小明") && !shown.contains("13800138000") && !shown.contains("wang"), "{shown}");
    assert_eq!(Contact::read(" ", "021-62345678", "wang").unwrap_err(), ContactFault::ALL);
    assert_eq!(Contact::read("王小明", "13800138000", "a@b.org, c@d.org").unwrap_err(), [ContactFault::Email]);
}

#[test]
fn sums_agree_in_three_ways_or_the_batch_stops() {
    let money = Money::of_shares(2_128_000, 4_256_000, 0).unwrap();
    let same = (1064, money);
    assert_eq!(Sums { people: same, units: same, bureau: same }.agreed(), Ok(same));
    let one_more = (1065, money);
    let error = Sums { people: one_more, units: same, bureau: same }.agreed().unwrap_err();
    assert_eq!(error, SumsError::People { people: 1065, units: 1064, bureau: 1064 });
    // The total is the same, and the payers are not.
    let shifted = (1064, Money::of_shares(2_128_000, 4_255_999, 1).unwrap());
    let error = Sums { people: same, units: shifted, bureau: same }.agreed().unwrap_err();
    assert_eq!(error.to_string(), "bureau: 42560.00 by person, 42559.99 by unit, 42560.00 of the bureau");
    let apart = (1064, Money { total_fen: 1, ..Money::ZERO });
    assert!(matches!(Sums { people: apart, units: apart, bureau: apart }.agreed(), Err(SumsError::Money(_))));
}

proptest! {
    #[test]
    fn numbers_come_back_and_nothing_makes_it_panic(counter in 1..200_000_u32, days in 0..40_000_i32, text in "(CB)?\\PC{0,16}") {
        let number = BatchNo { day: NaiveDate::from_num_days_from_ce_opt(730_000 + days).unwrap(), counter };
        prop_assert_eq!(BatchNo::parse(&number.to_string()), Some(number));
        let _ = BatchNo::parse(&text);
    }
}
