//! The comparison's promises, on invented people.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::{
    cell::Cell,
    identity::IdKind,
    leaving::Removal,
    place::{Blocks, Place},
    row::{Checked, Context, RosterRow, roster},
};

const NAMES: [&str; 6] = ["王测", "李试", "张拟", "赵构", "钱虚", "孙设"];

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 11, 1).unwrap()
}

fn birth(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + Days::new(u64::from(number) * 37 % 11_000)
}

fn document(number: u32) -> Document {
    let body = format!("310199{}{:03}", birth(number).format("%Y%m%d"), number * 7 % 1_000);
    checked(&body)
}

/// The body of an ID with its check character.
fn checked(body: &str) -> Document {
    let sum = body.bytes().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    let check = char::from_digit((12 - sum) % 11, 11).unwrap().to_ascii_uppercase();
    Document::stored(IdKind::ResidentId, &format!("{body}{}", if check == 'A' { 'X' } else { check })).unwrap()
}

fn member(number: u32) -> Registered {
    let document = document(number);
    Registered {
        document,
        name: PersonName::stored(NAMES[number as usize % NAMES.len()]),
        sex: document.sex().unwrap(),
        birth: document.birth_date(),
        phone: Phone::stored(&format!("138{number:08}")),
        employer: Some("测试厂".into()),
        label: None,
        staff: None,
        retired_on: None,
        deceased_on: None,
    }
}

fn row_of(member: &Registered) -> RosterRow {
    RosterRow {
        name: member.name.clone(),
        document: member.document,
        phone: member.phone,
        sex: Some(member.sex),
        employer: member.employer.clone(),
        label: member.label.clone(),
    }
}

fn good(row: RosterRow) -> Checked<RosterRow> {
    Checked { value: Some(row), faults: Vec::new() }
}

fn compare(members: &[Registered], rows: &[RosterRow], found: impl Fn(&Document) -> Found) -> Comparison {
    let mut comparing = Comparing::new(Arc::new(members.to_vec()), Blocks::default());
    for (place, row) in rows.iter().enumerate() {
        comparing.take(Place::from(place as u32 + 2), good(row.clone()), &[]);
    }
    let found: Vec<Found> = comparing.strangers().iter().map(|stranger| found(&stranger.person.document)).collect();
    comparing.finish(&found, today())
}

fn nobody(_: &Document) -> Found {
    Found::Nobody
}

/// The number with some digits of its body replaced, and the check character that follows.
fn with(document: &Document, digits: &[(usize, char)]) -> Document {
    let mut body: Vec<char> = document.number.as_str()[..17].chars().collect();
    for (place, digit) in digits {
        body[*place] = *digit;
    }
    checked(&body.into_iter().collect::<String>())
}

#[test]
fn each_row_is_in_one_class_and_each_absent_member_has_a_suggestion() {
    let members: Vec<Registered> = (0..40).map(member).collect();
    let mut rows: Vec<RosterRow> = members[..36].iter().map(row_of).collect();
    rows[1].phone = Phone::stored("13900000000");
    rows[2].name = PersonName::stored("陈改名");
    rows.push(row_of(&member(500)));
    rows.push(row_of(&member(600)));
    rows.push(rows[0].clone());
    let mut comparing = Comparing::new(Arc::new(members.clone()), Blocks::default());
    for (place, row) in rows.iter().enumerate() {
        comparing.take(Place::from(place as u32 + 2), good(row.clone()), &[]);
    }
    let cells = [Cell::Text("某某"), Cell::Text("身份证"), Cell::Text("123")];
    comparing.take(Place::from(99), roster(&cells, Context::on(today())), &cells);
    assert_eq!(comparing.strangers().len(), 2);
    let result = comparing.finish(&[Found::Elsewhere, Found::Former], today());
    let expected = Counts {
        read: 40,
        same: 34,
        changed: 2,
        absent_from_file: 4,
        not_in_registry: 1,
        in_other_union: 1,
        near_match: 0,
        duplicate: 1,
        rejected: 1,
    };
    assert_eq!(result.counts, expected);
    assert!(result.counts.adds_up());
    assert_eq!(result.changed[0].differences[0].column, "phone");
    assert_eq!(result.changed[1].differences[0].after, "陈改名");
    assert!(result.absent.iter().all(|absent| absent.suggestion == Some(Suggestion::Transfer)));
}

#[test]
fn blank_cells_and_other_writings_of_a_name_are_no_difference() {
    let known = Registered { name: PersonName::stored("买买提·阿不都"), ..member(1) };
    let row = RosterRow {
        name: PersonName::stored("买买提•阿不都"),
        phone: None,
        sex: None,
        employer: None,
        ..row_of(&known)
    };
    assert!(differences(&row, &known).is_empty());
}

#[test]
fn suggestions_follow_the_record_then_the_calendar() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let man = Registered { sex: Sex::Male, birth: Some(day("1962-11-01")), ..member(1) };
    assert_eq!(suggestion(&man, false, today()), Suggestion::Retired, "sixty today");
    let later = Registered { birth: Some(day("1962-11-02")), ..man.clone() };
    assert_eq!(suggestion(&later, false, today()), Suggestion::Transfer);
    let recorded = Registered { retired_on: Some(today()), ..later.clone() };
    assert_eq!(suggestion(&recorded, false, today()), Suggestion::Retired);
    let dead = Registered { deceased_on: Some(today()), ..recorded };
    assert_eq!(suggestion(&dead, false, today()), Suggestion::Deceased);
    assert_eq!(suggestion(&dead, true, today()), Suggestion::MendFirst);
    let woman = Registered { sex: Sex::Female, birth: Some(day("1970-01-01")), ..member(1) };
    assert_eq!(suggestion(&woman, false, today()), Suggestion::Transfer, "55 may apply");
    let worker = Registered { staff: Some(Staff::Worker), ..woman };
    assert_eq!(suggestion(&worker, false, today()), Suggestion::Retired);
}

#[test]
fn a_mistyped_number_is_a_near_match_with_its_reason() {
    let members: Vec<Registered> = (0..9).map(member).collect();
    let swapped = with(&members[3].document, &[(0, '1'), (1, '3')]);
    for (near, reason) in [
        (with(&members[3].document, &[(16, '9')]), Reason::OneDigit),
        (with(&members[3].document, &[(4, '8')]), Reason::OneDigit),
        (with(&members[3].document, &[(0, '4')]), Reason::OneDigit),
        (with(&members[3].document, &[(3, '7'), (4, '8')]), Reason::TwoDigits),
        (swapped, Reason::Transposed),
    ] {
        let mut rows: Vec<RosterRow> = members.iter().map(row_of).collect();
        rows[3].document = near;
        let result = compare(&members, &rows, nobody);
        assert_eq!((result.counts.near_match, result.counts.absent_from_file), (1, 1), "{reason:?}");
        assert_eq!((result.near[0].row.row, result.near[0].member), (5, 3));
        assert_eq!(result.near[0].reasons[0], reason);
        assert_eq!(result.absent[0].suggestion, Some(Suggestion::MendFirst));
    }
}

#[test]
fn the_same_person_under_another_document_is_a_near_match_and_three_digits_are_none() {
    let members = [member(1), member(2)];
    let mut row = row_of(&members[0]);
    row.document = with(&members[0].document, &[(0, '4'), (1, '2'), (2, '3'), (3, '5')]);
    let result = compare(&members, &[row.clone(), row_of(&members[1])], nobody);
    assert_eq!(result.near[0].reasons, [Reason::SamePerson]);
    row.name = PersonName::stored("另一人");
    let result = compare(&members, &[row, row_of(&members[1])], nobody);
    assert!(result.near.is_empty());
    assert_eq!(result.absent[0].suggestion, Some(Suggestion::Transfer));
}

#[test]
fn an_old_number_matches_a_member_and_is_an_error_of_a_stranger() {
    let members = [member(1), member(2)];
    let old = |member: &Registered| Document {
        number: crate::identity::IdNumber::stored(&member.document.match_form_15().unwrap()).unwrap(),
        kind: IdKind::ResidentId,
        state: None,
    };
    let rows = [RosterRow { document: old(&members[0]), ..row_of(&members[0]) }];
    assert_eq!(compare(&members, &rows, nobody).counts.same, 1);
    // One digit off: nobody has it, so it is an error, and the member is out of harm.
    let near = with(&members[0].document, &[(16, '8')]);
    let document = old(&Registered { document: near, ..member(1) });
    let result = compare(&members, &[RosterRow { document, ..row_of(&members[0]) }], nobody);
    assert_eq!((result.counts.rejected, result.counts.not_in_registry, result.counts.near_match), (1, 0, 0));
    assert!(result.near[0].refused && result.near[0].reasons.contains(&Reason::FifteenDigits));
    assert_eq!(result.absent[0].suggestion, Some(Suggestion::MendFirst));
    assert!(result.counts.adds_up());
}

#[test]
fn a_repeated_row_names_the_first_one_whether_it_is_a_member_s_or_a_stranger_s() {
    let members: Vec<Registered> = (0..3).map(member).collect();
    let listed = [row_of(&member(500)), row_of(&members[1])];
    let rows: Vec<RosterRow> = listed.iter().cycle().take(6).cloned().collect();
    let result = compare(&members, &rows, nobody);
    let said: Vec<(u32, Option<&str>)> =
        result.repeated.iter().map(|repeated| (repeated.row.row, repeated.fault.detail.as_deref())).collect();
    let (of_stranger, of_member) = (Some("与第 2 行相同"), Some("与第 3 行相同"));
    assert_eq!(said, [(4, of_stranger), (5, of_member), (6, of_stranger), (7, of_member)]);
    assert_eq!((result.counts.same, result.counts.not_in_registry, result.counts.duplicate), (1, 1, 4));
    assert!(result.counts.adds_up());
}

#[test]
fn a_rejected_row_takes_the_member_it_resembles_out_of_harm() {
    let members: Vec<Registered> = (0..6).map(member).collect();
    let number = members[2].document.number.as_str().to_owned();
    let wrong_check = format!("{}{}", &number[..17], if number.ends_with('5') { '6' } else { '5' });
    let shorter = format!("{}{}", &number[..8], &number[9..]);
    let longer = format!("{}7{}", &number[..8], &number[8..]);
    for (name, written) in [("甲乙", wrong_check), ("甲乙", shorter), ("甲乙", longer), (NAMES[2], "1".to_owned())]
    {
        let cells = [Cell::Text(name), Cell::Text("身份证"), Cell::Text(&written)];
        let mut comparing = Comparing::new(Arc::new(members.clone()), Blocks::default());
        comparing.take(Place::from(2), roster(&cells, Context::on(today())), &cells);
        let result = comparing.finish(&[], today());
        assert_eq!(result.counts.rejected, 1, "{written}");
        let guarded: Vec<usize> = result
            .absent
            .iter()
            .filter(|absent| absent.suggestion == Some(Suggestion::MendFirst))
            .map(|absent| absent.member)
            .collect();
        assert_eq!(guarded, [2], "{written}");
    }
}

#[test]
fn what_a_clerk_writes_is_a_choice_of_the_class_or_unknown() {
    for class in Class::ALL {
        for word in Choice::offered(class) {
            assert_ne!(Written::read(class, word), Written::Unknown, "{word}");
        }
        assert_eq!(Class::parse(class.name()), Some(class));
    }
    assert_eq!(Written::read(Class::AbsentFromFile, " 退 休 "), Written::Do(Choice::Remove(Removal::Retired)));
    assert_eq!(Written::read(Class::AbsentFromFile, "先改名单"), Written::Nothing);
    assert_eq!(Written::read(Class::AbsentFromFile, "更新"), Written::Unknown);
    assert_eq!(Written::read(Class::Changed, ""), Written::Nothing);
    for choice in [Choice::Transfer, Choice::Update, Choice::Request, Choice::Remove(Removal::Convicted)] {
        assert_eq!(Choice::parse(choice.name()), Some(choice));
    }
}

/// A union, and its list after people came, left, moved in from elsewhere, and changed.
fn world() -> impl Strategy<Value = (Vec<Registered>, Vec<RosterRow>, Vec<u32>)> {
    let people = prop::collection::btree_set(0_u32..400, 1..40);
    (people, prop::collection::vec((0_u32..400, 0_u8..6), 0..60)).prop_map(|(people, acts)| {
        let members: Vec<Registered> = people.iter().copied().map(member).collect();
        let mut rows: std::collections::BTreeMap<u32, RosterRow> =
            people.iter().map(|number| (*number, row_of(&member(*number)))).collect();
        let mut elsewhere = Vec::new();
        for (number, act) in acts {
            let known = people.contains(&number);
            match act {
                0 => drop(rows.remove(&number)),
                1 | 2 if known => {
                    if let Some(row) = rows.get_mut(&number) {
                        row.phone = Phone::stored("13911112222");
                        row.label = (act == 1).then(|| "外包工".into());
                    }
                }
                3 if !known => {
                    elsewhere.push(number);
                    rows.insert(number, row_of(&member(number)));
                }
                _ => drop(rows.entry(number).or_insert_with(|| row_of(&member(number)))),
            }
        }
        (members, rows.into_values().collect(), elsewhere)
    })
}

/// The registry once everything that was found is carried out.
fn applied(members: &[Registered], result: &Comparison) -> Vec<Registered> {
    let mut after: Vec<Registered> = members.to_vec();
    for changed in &result.changed {
        let member = &mut after[changed.member];
        for difference in &changed.differences {
            match difference.column {
                "phone" => member.phone = Phone::stored(&difference.after),
                "label" => member.label = Some(difference.after.as_str().into()),
                column => panic!("{column} was not changed"),
            }
        }
    }
    let newcomers = result.newcomers.iter().chain(result.elsewhere.iter().map(|(_, stranger)| stranger));
    let newcomers = newcomers.map(|stranger| {
        let person = &stranger.person;
        Registered {
            document: person.document,
            name: person.name.clone(),
            phone: person.phone,
            sex: person.sex.unwrap(),
            birth: person.document.birth_date(),
            employer: person.employer.clone(),
            label: person.label.clone(),
            ..member(0)
        }
    });
    let gone: Vec<usize> = result.absent.iter().map(|absent| absent.member).collect();
    let stayed = after.into_iter().enumerate().filter(|(place, _)| !gone.contains(place)).map(|(_, member)| member);
    stayed.chain(newcomers).collect()
}

fn places(elsewhere: &[u32]) -> impl Fn(&Document) -> Found + use<> {
    let elsewhere: Vec<Document> = elsewhere.iter().copied().map(document).collect();
    move |document: &Document| if elsewhere.contains(document) { Found::Elsewhere } else { Found::Nobody }
}

proptest! {
    #[test]
    fn a_roster_compared_with_itself_finds_nothing((members, _, _) in world()) {
        let rows: Vec<RosterRow> = members.iter().map(row_of).collect();
        let count = rows.len() as u64;
        let result = compare(&members, &rows, nobody);
        prop_assert_eq!(result.counts, Counts { read: count, same: count, ..Counts::default() });
    }

    #[test]
    fn counts_add_up_and_everything_applied_leaves_nothing((members, rows, elsewhere) in world()) {
        let result = compare(&members, &rows, places(&elsewhere));
        prop_assert!(result.counts.adds_up());
        prop_assert_eq!(result.counts.same + result.counts.changed + result.counts.absent_from_file, members.len() as u64);
        let again = compare(&applied(&members, &result), &rows, nobody);
        prop_assert_eq!(again.counts, Counts { read: rows.len() as u64, same: rows.len() as u64, ..Counts::default() });
    }

    #[test]
    fn the_order_of_rows_does_not_matter((members, rows, elsewhere) in world(), turn in 0_usize..60) {
        let one = compare(&members, &rows, places(&elsewhere));
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len().max(1));
        turned.reverse();
        let other = compare(&members, &turned, places(&elsewhere));
        prop_assert_eq!(one.counts, other.counts);
        prop_assert_eq!(one.absent, other.absent);
    }

    #[test]
    fn any_digits_one_or_two_off_are_found(number in 0_u32..400, places in prop::collection::btree_map(0_usize..17, 0_u32..10, 1..3)) {
        let members = [member(number)];
        let digits: Vec<(usize, char)> =
            places.iter().map(|(place, digit)| (*place, char::from_digit(*digit, 10).unwrap())).collect();
        let near = with(&members[0].document, &digits);
        let row = RosterRow { document: near, ..row_of(&members[0]) };
        let result = compare(&members, &[row], nobody);
        let differs = near != members[0].document;
        prop_assert_eq!(result.counts.near_match, u64::from(differs));
        prop_assert_eq!(result.counts.same, u64::from(!differs));
    }
}
