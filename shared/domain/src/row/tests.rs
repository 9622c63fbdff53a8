//! Rows of every kind: what is read, and that every fault is told at once.

use chrono::NaiveDate;

use super::*;
use crate::{cell::Cell, finding::Code, identity::Document};

const TODAY: Context = Context::on(NaiveDate::from_ymd_opt(2022, 11, 3).unwrap());

/// 1990-01-01, a man.
const MAN: &str = "310199199001010011";

fn codes<T>(checked: &Checked<T>) -> Vec<Code> {
    checked.faults.iter().map(|fault| fault.code).collect()
}

fn fine_number() -> String {
    let body = &MAN[..17];
    let check = "0123456789X"
        .chars()
        .find(|c| Document::parse(crate::identity::IdKind::ResidentId, &format!("{body}{c}"), TODAY.today).is_ok());
    format!("{body}{}", check.unwrap())
}

fn with<'a>(base: &[Cell<'a>], changes: &[(usize, Cell<'a>)]) -> Vec<Cell<'a>> {
    let mut cells = base.to_vec();
    for (place, cell) in changes {
        cells[*place] = *cell;
    }
    cells
}

fn member_cells(number: &str) -> [Cell<'_>; 13] {
    [
        Cell::Text("张伟"),
        Cell::Text("身份证"),
        Cell::Text(number),
        Cell::Text("13800138000"),
        Cell::Text("男"),
        Cell::Text("示例一厂工会"),
        Cell::Text("31010101"),
        Cell::Text("示例一厂"),
        Cell::Empty,
        Cell::Text("本市城镇"),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ]
}

#[test]
fn a_passport_is_read_by_the_rule_of_the_state_that_issued_it() {
    let with_state = |number, state| {
        let of = [(1, Cell::Text("护照")), (2, Cell::Text(number)), (12, Cell::Text(state))];
        member(&with(&member_cells(""), &of), TODAY)
    };
    let german = with_state("CFGHJKLMN", "德国");
    assert_eq!((codes(&german), german.value.unwrap().document.state.unwrap().as_str()), (vec![], "DEU"));
    assert_eq!(codes(&with_state("CFGHJKLMN", "")), [Code::IdCharacters]);
    let unknown = with_state("E12345678", "火星");
    assert_eq!((codes(&unknown), unknown.value.unwrap().document.state), (vec![Code::ValueNotInList], None));
    let number = fine_number();
    let resident = member(&with(&member_cells(&number), &[(12, Cell::Text("汉族"))]), TODAY);
    assert_eq!(codes(&resident), [], "of an ID the column says nothing");
}

#[test]
fn a_fine_member_is_read_without_a_word() {
    let number = fine_number();
    let checked = member(&member_cells(&number), TODAY);
    assert_eq!(codes(&checked), []);
    let row = checked.value.unwrap();
    assert_eq!(
        (row.name.as_str(), row.document.number.as_str(), row.phone.as_str()),
        ("张伟", number.as_str(), "13800138000")
    );
    assert_eq!((row.label, row.household.as_deref(), row.wants_card), (None, Some("本市城镇"), None));
    assert!(!format!("{:?}", member(&member_cells(&number), TODAY)).contains(&number[6..14]));
}

#[test]
fn clumsy_writing_is_understood() {
    let number = fine_number();
    let spaced = format!("{} {} {}", &number[..6], &number[6..14], number[14..].to_lowercase());
    let cells = with(
        &member_cells(&spaced),
        &[
            (0, Cell::Text("  张 伟 ")),
            (1, Cell::Text("居民身份证 ")),
            (3, Cell::Number(13_800_138_000.0)),
            (6, Cell::Number(31_010_101.0)),
        ],
    );
    let row = member(&cells, TODAY).value.unwrap();
    assert_eq!(row.document.number.as_str(), number);
    assert_eq!(row.org_code.as_str(), "31010101");
    assert_eq!((row.name.as_str(), row.name.key().as_ref()), ("张 伟", "张伟"));
}

#[test]
fn every_fault_of_a_row_is_told_in_one_pass() {
    let long = "长".repeat(201);
    let cells = [
        Cell::Text("张3"),
        Cell::Text("学生证"),
        Cell::Number(310_199_199_001_010_016.0),
        Cell::Text("1380013800"),
        Cell::Text("未知"),
        Cell::Empty,
        Cell::Text("31;01"),
        Cell::Text(&long),
        Cell::Text("远房亲戚"),
        Cell::Error,
        Cell::Text("短地址"),
        Cell::Text("是"),
    ];
    let checked = member(&cells, TODAY);
    assert_eq!(checked.value, None);
    assert_eq!(
        codes(&checked),
        [
            Code::NameFormat,
            Code::IdKindUnknown,
            Code::IdPrecisionLost,
            Code::PhoneFormat,
            Code::SexUnknown,
            Code::Required,
            Code::OrgCodeFormat,
            Code::ValueTooLong,
            Code::ValueNotInList,
            Code::CellError,
            Code::AddressTooShort,
        ]
    );
    let required: Vec<_> = member(&[], TODAY).faults.iter().map(|fault| fault.column.unwrap()).collect();
    assert_eq!(required, ["name", "id_kind", "id_number", "phone", "sex", "union_name", "org_code"]);
}

#[test]
fn each_fault_of_the_samples_has_its_code_alone() {
    let number = fine_number();
    let base = member_cells(&number);
    let last = if number.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &number[..17]);
    for (changes, code) in [
        (vec![(2, Cell::Text(wrong.as_str()))], Code::IdChecksum),
        (vec![(2, Cell::Number(310_199_199_001_010_000.0))], Code::IdPrecisionLost),
        (vec![(3, Cell::Text("1380013800"))], Code::PhoneFormat),
        (vec![(4, Cell::Text("女"))], Code::SexMismatch),
        (vec![(0, Cell::Text(" "))], Code::Required),
        (vec![(1, Cell::Text("学生证"))], Code::IdKindUnknown),
        (vec![(10, Cell::Text("短地址")), (11, Cell::Text("是"))], Code::AddressTooShort),
        (vec![(11, Cell::Text("是"))], Code::AddressTooShort),
        (vec![(11, Cell::Text("也许"))], Code::ValueNotInList),
    ] {
        let checked = member(&with(&base, &changes), TODAY);
        assert_eq!(codes(&checked), [code]);
        assert_eq!(checked.value, None);
    }
    let fine = with(&base, &[(10, Cell::Text("示例市甲区示例路一百号")), (11, Cell::Text("是"))]);
    assert_eq!(codes(&member(&fine, TODAY)), []);
    let permit = with(&base, &[(1, Cell::Text("港澳居民来往内地通行证")), (2, Cell::Text("H12345678"))]);
    assert_eq!(codes(&member(&permit, TODAY)), []);
}

#[test]
fn an_unknown_value_of_an_open_list_is_a_warning_and_kept() {
    let number = fine_number();
    let checked = member(&with(&member_cells(&number), &[(8, Cell::Text("远房亲戚"))]), TODAY);
    assert_eq!(checked.faults[0].severity, crate::finding::Severity::Warning);
    assert_eq!(checked.value.unwrap().label.as_deref(), Some("远房亲戚"));
}

#[test]
fn lengths_hold_at_the_limit_and_one_past_it() {
    let number = fine_number();
    let (at, past) = ("长".repeat(200), "长".repeat(201));
    assert!(member(&with(&member_cells(&number), &[(7, Cell::Text(&at))]), TODAY).value.is_some());
    assert_eq!(codes(&member(&with(&member_cells(&number), &[(7, Cell::Text(&past))]), TODAY)), [Code::ValueTooLong]);
}

#[test]
fn the_tree_decides_about_a_rows_union() {
    let number = fine_number();
    let row = member(&member_cells(&number), TODAY).value.unwrap();
    let code = |place| union_fault(&row, |_| place).map(|fault| fault.code);
    assert_eq!(code(UnionPlace::Within), None);
    assert_eq!(code(UnionPlace::Elsewhere), Some(Code::WrongUnion));
    assert_eq!(code(UnionPlace::Unknown), Some(Code::UnionUnknown));
}

#[test]
fn a_roster_may_leave_optional_cells_blank_and_bring_old_ids() {
    let number = fine_number();
    let cells = [Cell::Text("张伟"), Cell::Text("身份证"), Cell::Text(&number)];
    let checked = roster(&cells, TODAY);
    assert_eq!(codes(&checked), []);
    assert_eq!(checked.value.unwrap().phone, None);
    let old = roster(&[Cell::Text("张伟"), Cell::Text("身份证"), Cell::Text("310199900101001")], TODAY);
    assert_eq!(codes(&old), [Code::Id15Digits]);
    assert!(old.value.is_some());
}

#[test]
fn an_organization_needs_its_upper_union_unless_it_is_the_root() {
    let cells = [
        Cell::Text("31010000"),
        Cell::Text("甲区总工会"),
        Cell::Empty,
        Cell::Text("区局(产业)工会"),
        Cell::Empty,
        Cell::Empty,
        Cell::Text("国有企业"),
        Cell::Text("制造业"),
        Cell::Empty,
        Cell::Text("王芳"),
        Cell::Text("13800000002"),
        Cell::Text("a@example.org"),
    ];
    assert_eq!(codes(&organization(&cells, TODAY)), [Code::Required]);
    let root = organization(&with(&cells, &[(3, Cell::Text("市总工会"))]), TODAY);
    assert_eq!(root.value.unwrap().parent_code, None);
    let wrong = with(
        &cells,
        &[(2, Cell::Text("31000000")), (3, Cell::Text("三级")), (5, Cell::Text("91")), (11, Cell::Text("无"))],
    );
    assert_eq!(codes(&organization(&wrong, TODAY)), [Code::LevelUnknown, Code::UsccFormat, Code::EmailFormat]);
}

#[test]
fn a_feed_states_what_it_states_and_nothing_else() {
    let number = fine_number();
    let base = [
        Cell::Text("身份证"),
        Cell::Text(&number),
        Cell::Empty,
        Cell::Text("是"),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ];
    let row = registry(&base, TODAY).value.unwrap();
    assert_eq!((row.facts.social_insurance, row.facts.card, row.facts.staff), (Some(true), None, None));
    let cells = with(
        &base,
        &[
            (2, Cell::Number(6.231e18)),
            (3, Cell::Text("可能")),
            (4, Cell::Text("去年")),
            (5, Cell::Text("2022-11-04")),
            (6, Cell::Text("学生")),
        ],
    );
    assert_eq!(
        codes(&registry(&cells, TODAY)),
        [Code::IdPrecisionLost, Code::ValueNotInList, Code::DateFormat, Code::DateImplausible, Code::ValueNotInList,]
    );
    let early = with(&base, &[(4, Cell::Text("1989-12-31"))]);
    assert_eq!(codes(&registry(&early, TODAY)), [Code::DateImplausible]);
}

proptest::proptest! {
    #[test]
    fn no_cells_make_a_validator_panic(
        texts in proptest::collection::vec(proptest::prelude::any::<String>(), 0..14),
        value in proptest::num::f64::ANY,
        place in 0_usize..14,
    ) {
        let mut cells: Vec<_> = texts.iter().map(|text| Cell::Text(text)).collect();
        if place < cells.len() {
            cells[place] = Cell::Number(value);
        }
        let _ = member(&cells, TODAY);
        let _ = roster(&cells, TODAY);
        let _ = organization(&cells, TODAY);
        let _ = registry(&cells, TODAY);
    }
}
