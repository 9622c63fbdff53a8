//! What imports do: new, changed, unchanged, transfers, and trees that can't be.

use chrono::NaiveDate;

use super::*;
use crate::{
    facts::Facts,
    finding::{Code, Severity},
    identity::{Document, IdKind},
    name::PersonName,
    organization::{Level, OrgCode},
    person::Sex,
    phone::Phone,
    place::{Blocks, Place},
    row::{MemberRow, OrganizationRow},
};

fn row(name: &str, number: &str) -> MemberRow {
    MemberRow {
        name: PersonName::stored(name),
        document: Document::stored(IdKind::ResidentId, number).unwrap(),
        phone: Phone::parse("13800138000").unwrap(),
        sex: Sex::Male,
        union_name: "示例一厂工会".into(),
        org_code: OrgCode::parse("31010101").unwrap(),
        employer: Some("示例一厂".into()),
        label: None,
        household: None,
        address: None,
        wants_card: None,
    }
}

fn kept<'a>() -> Particulars<'a> {
    Particulars {
        phone: Some("13800138000"),
        employer: Some("示例一厂"),
        label: Some("外包工"),
        data_type: Some("external"),
        ..Particulars::default()
    }
}

fn codes(decision: &Decision) -> Vec<(Code, Severity)> {
    decision.faults.iter().map(|fault| (fault.code, fault.severity)).collect()
}

const NUMBER: &str = "310199199001010014";

#[test]
fn somebody_new_is_new_and_somebody_former_comes_back() {
    assert_eq!(member(&row("张伟", NUMBER), None, &Known::Nobody).outcome, Outcome::New);
    assert_eq!(member(&row("张伟", NUMBER), None, &Known::Former { name: "张 伟" }).outcome, Outcome::New);
}

#[test]
fn the_same_again_is_unchanged_and_a_blank_erases_nothing() {
    let decision = member(&row("张伟", NUMBER), Some("external"), &Known::Here { name: "张伟", particulars: kept() });
    assert_eq!(decision, Decision { outcome: Outcome::Unchanged, faults: vec![] });
}

#[test]
fn what_is_stated_and_differs_is_a_change() {
    let particulars = Particulars { phone: Some("13900139000"), employer: None, wants_card: Some(true), ..kept() };
    let mut stated = row("张伟", NUMBER);
    stated.wants_card = Some(false);
    let decision = member(&stated, Some("external"), &Known::Here { name: "张伟", particulars });
    assert_eq!(decision.outcome, Outcome::Changed(vec!["phone", "employer", "wants_card"]));
}

#[test]
fn another_name_is_a_warning_and_changes_nothing() {
    let decision = member(&row("张伟甲", NUMBER), Some("external"), &Known::Here { name: "张伟", particulars: kept() });
    assert_eq!(decision.outcome, Outcome::Unchanged);
    assert_eq!(codes(&decision), [(Code::NameDiffers, Severity::Warning)]);
}

#[test]
fn somebody_of_another_union_is_asked_for_once() {
    let asked = member(&row("张伟", NUMBER), None, &Known::Elsewhere { name: "张伟", pending: false });
    assert_eq!(asked.outcome, Outcome::TransferIn);
    assert_eq!(codes(&asked), [(Code::RegisteredElsewhere, Severity::Warning)]);
    let again = member(&row("张伟", NUMBER), None, &Known::Elsewhere { name: "张伟", pending: true });
    assert_eq!(again.outcome, Outcome::Unchanged);
}

#[test]
fn fifteen_digits_serve_for_known_people_alone() {
    let old = row("张伟", "310199900101001");
    let unknown = member(&old, None, &Known::Nobody);
    assert_eq!(unknown.outcome, Outcome::Rejected);
    assert_eq!(codes(&unknown), [(Code::Id15Digits, Severity::Error)]);
    let known = member(&old, Some("external"), &Known::Here { name: "张伟", particulars: kept() });
    assert_eq!(known.outcome, Outcome::Unchanged);
}

#[test]
fn facts_add_up_and_the_same_twice_changes_nothing() {
    let day = NaiveDate::from_ymd_opt(2022, 11, 3);
    let first = Facts { social_insurance: Some(true), ..Facts::default() };
    let second = Facts { retired_on: day, ..Facts::default() };
    assert_eq!(facts(&first, None), Outcome::New);
    assert_eq!(facts(&first, Some(&first)), Outcome::Unchanged);
    assert_eq!(facts(&second, Some(&first)), Outcome::Changed(vec!["retired_on"]));
    assert_eq!(facts(&Facts::default(), None), Outcome::Unchanged);
    let both = first.merged(second);
    assert_eq!((both.social_insurance, both.retired_on), (Some(true), day));
    assert_eq!(facts(&first, Some(&both)), Outcome::Unchanged);
}

#[test]
fn the_later_row_of_a_document_is_the_duplicate() {
    let mut seen = Duplicates::default();
    assert_eq!(seen.enter("cn:1", Place::from(4)), None);
    assert_eq!(seen.enter("cn:2", Place::from(5)), None);
    assert_eq!(seen.enter("cn:1", Place::from(9)), Some(Place::from(4)));
    let fault = seen.fault("cn:1", Place::from(10), "id_number", &Blocks::default()).unwrap();
    assert_eq!((fault.code, fault.detail.as_deref()), (Code::DuplicateInFile, Some("与第 4 行相同")));
}

fn union(code: &str, parent: &str, level: Level) -> OrganizationRow {
    OrganizationRow {
        org_code: OrgCode::parse(code).unwrap(),
        name: code.into(),
        parent_code: OrgCode::parse(parent),
        level,
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: None,
        email: "a@example.org".into(),
    }
}

fn tree(rows: &[OrganizationRow], known: &[(&str, &str, Level)]) -> Vec<(usize, Code)> {
    let rows: Vec<_> = rows.iter().collect();
    let look = |code: &OrgCode| {
        let (_, parent, level) = known.iter().find(|(known, ..)| *known == code.as_str())?;
        Some(KnownPlace { level: *level, parent: OrgCode::parse(parent) })
    };
    organization_tree(&rows, look).into_iter().map(|(index, fault)| (index, fault.code)).collect()
}

#[test]
fn a_whole_tree_may_come_in_any_order() {
    let rows = [
        union("31010101", "31010100", Level::Grassroots),
        union("31010100", "31010000", Level::Secondary),
        union("31000099", "31000000", Level::Centre),
        union("31010000", "31000000", Level::Bureau),
        union("31000000", "", Level::Municipal),
    ];
    assert_eq!(tree(&rows, &[]), []);
    assert_eq!(tree(&rows[..1], &[("31010100", "31010000", Level::Secondary)]), []);
}

#[test]
fn a_missing_or_unfit_upper_union_takes_what_is_below_with_it() {
    let rows = [
        union("3", "2", Level::Grassroots),
        union("2", "9", Level::Secondary),
        union("5", "", Level::Bureau),
        union("6", "5", Level::Grassroots),
    ];
    assert_eq!(
        tree(&rows, &[]),
        [(0, Code::ParentUnknown), (1, Code::ParentUnknown), (2, Code::ParentLevel), (3, Code::ParentUnknown)]
    );
}

#[test]
fn nobody_stands_below_himself_not_even_by_way_of_the_registry() {
    let rows = [union("1", "2", Level::Grassroots), union("2", "1", Level::Grassroots)];
    assert_eq!(tree(&rows, &[]), [(0, Code::ParentCycle), (1, Code::ParentCycle)]);
    let moved = [union("1", "2", Level::Grassroots)];
    assert_eq!(tree(&moved, &[("2", "1", Level::Grassroots), ("1", "B", Level::Grassroots)]), [(0, Code::ParentCycle)]);
}

#[test]
fn a_union_is_new_changed_or_the_same() {
    let stated = union("31010101", "31010000", Level::Grassroots);
    let known = KnownOrganization {
        name: "31010101",
        parent_code: Some("31010000"),
        level: Level::Grassroots,
        kind: Some("单独基层工会"),
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: None,
        email: Some("a@example.org"),
    };
    assert_eq!(organization(&stated, None), Outcome::New);
    assert_eq!(organization(&stated, Some(&known)), Outcome::Unchanged);
    let other = KnownOrganization { name: "旧名", email: None, ..known };
    assert_eq!(organization(&stated, Some(&other)), Outcome::Changed(vec!["org_name", "email"]));
}
