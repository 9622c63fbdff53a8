//! Numbers of every kind, right and wrong. All are invented; region 310199 belongs to no place.

use proptest::prelude::*;

use super::*;

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2022, 11, 3).unwrap();

fn with_check(body: &str) -> String {
    format!("{body}{}", char::from(gb11643::check_character(body.as_bytes())))
}

fn read(kind: IdKind, number: &str) -> Result<Document, Code> {
    Document::parse(kind, number, TODAY).map_err(|fault| fault.code)
}

#[test]
fn a_fine_id_tells_birth_sex_and_key() {
    let number = with_check("31019919900101001");
    let document = read(IdKind::ResidentId, &number.to_lowercase()).unwrap();
    assert_eq!(document.birth_date(), NaiveDate::from_ymd_opt(1990, 1, 1));
    assert_eq!(document.sex(), Some(Sex::Male));
    assert_eq!(document.key(), format!("cn:{number}"));
    assert!(document.has_known_region());
    assert!(!format!("{document:?}").contains("19900101"));
}

#[test]
fn each_fault_of_an_id_has_its_code() {
    let number = with_check("31019919900101001");
    let wrong_check = format!("{}{}", &number[..17], if number.ends_with('0') { '1' } else { '0' });
    for (number, code) in [
        (wrong_check.as_str(), Code::IdChecksum),
        (&number[..17], Code::IdLength),
        ("3101991990010100101", Code::IdLength),
        ("3101991990010100A1", Code::IdCharacters),
        ("31019919900101001號", Code::IdCharacters),
        (&with_check("31019919900231001"), Code::IdBirthDate),
        (&with_check("31019918991231001"), Code::IdBirthDate),
        (&with_check("31019920221104001"), Code::IdBirthDate),
        ("3.10199E+17", Code::IdPrecisionLost),
        ("", Code::Required),
    ] {
        assert_eq!(read(IdKind::ResidentId, number), Err(code), "{number}");
    }
    assert!(read(IdKind::ResidentId, &with_check("31019920221103001")).is_ok());
}

#[test]
fn a_numeric_cell_has_lost_its_last_digits_even_where_the_checksum_passes() {
    let fault = Document::read(IdKind::ResidentId, Cell::Number(310_199_199_001_010_016.0), TODAY).unwrap_err();
    assert_eq!(fault.code, Code::IdPrecisionLost);
    let short = Document::read(IdKind::TaiwanPermit, Cell::Number(12_345_678.0), TODAY).unwrap().unwrap();
    assert_eq!(short.number.as_str(), "12345678");
    assert_eq!(Document::read(IdKind::Passport, Cell::Error, TODAY).unwrap_err().code, Code::CellError);
    assert_eq!(Document::read(IdKind::Passport, Cell::Empty, TODAY), Ok(None));
}

#[test]
fn the_region_is_looked_at_by_its_province_alone() {
    assert!(!read(IdKind::ResidentId, &with_check("00019919900101001")).unwrap().has_known_region());
    assert!(read(IdKind::ResidentId, &with_check("65999919900101001")).unwrap().has_known_region());
}

#[test]
fn fifteen_digits_match_eighteen() {
    let old = read(IdKind::ResidentId, "310199900101001").unwrap();
    let new = read(IdKind::ResidentId, &with_check("31019919900101001")).unwrap();
    assert!(old.is_15_digits() && !new.is_15_digits());
    assert_eq!(old.key(), new.key());
    assert_eq!(old.match_form_15(), new.match_form_15());
    assert_eq!(old.birth_date(), new.birth_date());
    assert_eq!(old.sex(), new.sex());
    assert_eq!(read(IdKind::ResidentId, "310199900231001"), Err(Code::IdBirthDate));
    assert_eq!(read(IdKind::ResidentId, &with_check("31019920000101001")).unwrap().match_form_15(), None);
}

#[test]
fn a_fine_number_of_another_kind_says_so() {
    let citizen = with_check("31019919900101001");
    let foreigner = with_check("91019919900101001");
    let permit = with_check("81000019900101001");
    for (stated, number, is) in [
        (IdKind::ResidentId, foreigner.as_str(), IdKind::ForeignerPermanentId),
        (IdKind::ResidentId, &permit, IdKind::ResidencePermit),
        (IdKind::ResidencePermit, &citizen, IdKind::ResidentId),
        (IdKind::ForeignerPermanentId, &citizen, IdKind::ResidentId),
        (IdKind::Passport, &citizen, IdKind::ResidentId),
        (IdKind::HkMacaoPermit, &permit, IdKind::ResidencePermit),
        (IdKind::ResidentId, "H12345678", IdKind::HkMacaoPermit),
        (IdKind::ResidentId, "E12345678", IdKind::Passport),
        (IdKind::ResidentId, "USA310190010115", IdKind::ForeignerPermanentId),
        (IdKind::HkMacaoPermit, "12345678", IdKind::TaiwanPermit),
    ] {
        let fault = Document::parse(stated, number, TODAY).unwrap_err();
        assert_eq!(fault, IdFault { code: Code::IdKindMismatch, is: Some(is) }, "{number} as {stated:?}");
        assert!(read(is, number).is_ok(), "{number} is {is:?}");
    }
    // A number that is not fine is no other kind: the slip is told.
    let slip = format!("9{}", &citizen[1..]);
    assert_eq!(read(IdKind::ResidentId, &slip), Err(Code::IdChecksum));
}

#[test]
fn permits_and_passports_have_their_own_forms() {
    for (kind, number) in [
        (IdKind::HkMacaoPermit, "H12345678"),
        (IdKind::HkMacaoPermit, "m1234567801"),
        (IdKind::TaiwanPermit, "12345678"),
        (IdKind::TaiwanPermit, "1234567890"),
        (IdKind::Passport, "E12345678"),
        (IdKind::Passport, "EA1234567"),
        (IdKind::Passport, "H12345678"),
        (IdKind::Passport, "123456789"),
        (IdKind::ForeignerPermanentId, "USA310190010115"),
    ] {
        assert!(read(kind, number).is_ok(), "{number} as {kind:?}");
    }
    for (kind, number, code) in [
        (IdKind::HkMacaoPermit, "H1234567", Code::IdLength),
        (IdKind::HkMacaoPermit, "A12345678", Code::IdCharacters),
        (IdKind::TaiwanPermit, "1234567", Code::IdLength),
        (IdKind::TaiwanPermit, "A2345678", Code::IdCharacters),
        (IdKind::Passport, "E1234", Code::IdLength),
        (IdKind::Passport, "ABCDEF12", Code::IdCharacters),
        (IdKind::ForeignerPermanentId, "USA31019001011", Code::IdLength),
        (IdKind::ForeignerPermanentId, "USA310190010116", Code::IdChecksum),
        (IdKind::ForeignerPermanentId, "USA310190130115", Code::IdBirthDate),
    ] {
        assert_eq!(read(kind, number), Err(code), "{number} as {kind:?}");
    }
}

#[test]
fn reissues_of_a_permit_are_one_document() {
    let first = read(IdKind::HkMacaoPermit, "H1234567800").unwrap();
    let second = read(IdKind::HkMacaoPermit, "H1234567801").unwrap();
    assert_eq!(first.key(), second.key());
    assert_ne!(first.key(), read(IdKind::Passport, "H12345678").unwrap().key());
}

proptest! {
    #[test]
    fn one_wrong_digit_is_always_found(
        day in 0_i64..12_000, sequence in 0_u32..1000, place in 0_usize..17, by in 1_u8..10
    ) {
        let born = NaiveDate::from_ymd_opt(1968, 1, 1).unwrap() + chrono::Duration::days(day);
        let number = with_check(&format!("310199{}{sequence:03}", born.format("%Y%m%d")));
        prop_assert!(read(IdKind::ResidentId, &number).is_ok());
        let mut wrong = number.into_bytes();
        wrong[place] = b'0' + (wrong[place] - b'0' + by) % 10;
        prop_assert!(read(IdKind::ResidentId, std::str::from_utf8(&wrong).unwrap()).is_err());
    }

    #[test]
    fn two_neighbours_that_changed_places_are_always_found(sequence in 0_u32..1000, place in 0_usize..16) {
        let number = with_check(&format!("31019919900101{sequence:03}"));
        let mut wrong = number.clone().into_bytes();
        wrong.swap(place, place + 1);
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert_eq!(read(IdKind::ResidentId, &wrong).is_ok(), wrong == number);
    }

    #[test]
    fn nothing_makes_it_panic(text in any::<String>(), value in any::<f64>()) {
        for kind in IdKind::ALL {
            let _ = Document::read(kind, Cell::Text(&text), TODAY);
            let _ = Document::read(kind, Cell::Number(value), TODAY);
        }
    }
}
