//! Instant enrolments as people and programs see them.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;
use store::instants::{Instant, InstantPerson};

use super::{MoneyView, preview::member_no, windows::shanghai};

/// An instant enrolment as `instant list` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct InstantView {
    /// Its number; none in a preview.
    pub id: Option<i64>,
    /// The unit's number.
    pub org: String,
    /// The coverage year.
    pub year: i32,
    /// `failed`, `card_no_cover` or `new_card`.
    pub kind: String,
    /// `draft`, `submitted`, `approved`, `returned` or `cancelled`; `preview` before there is one.
    pub status: String,
    /// The plan's code.
    pub plan: String,
    /// The first day of cover.
    pub cover_from: NaiveDate,
    /// The last day of cover.
    pub cover_to: NaiveDate,
    /// Money by payer.
    pub money: MoneyView,
    /// How many people.
    pub headcount: i64,
    /// The people, each with the days without cover.
    pub people: Vec<InstantPersonView>,
    /// People who are covered, or will be, by something else: left out, and why.
    pub left_out: Vec<LeftOut>,
    /// Why it was returned or cancelled.
    pub reason: Option<String>,
    /// When it was submitted.
    pub submitted_at: Option<DateTime<FixedOffset>>,
    /// Until when the voucher is due.
    pub voucher_until: Option<DateTime<FixedOffset>>,
    /// When the voucher came that counts; none where none has, or the centre has rejected it.
    pub voucher_at: Option<DateTime<FixedOffset>>,
    /// When the centre confirmed the payment.
    pub paid_at: Option<DateTime<FixedOffset>>,
}

/// A person of an instant enrolment.
#[derive(Debug, Clone, Serialize)]
pub struct InstantPersonView {
    /// The member's number.
    pub member_no: String,
    /// The member's name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// Days without cover before it begins.
    pub gap_days: i64,
}

/// Why somebody is left out whom something else covers.
pub(crate) const COVERED: &str = "covered";

/// Somebody whom an instant enrolment leaves out.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    /// The member's number.
    pub member_no: String,
    /// The member's name.
    pub name: String,
    /// The union whose submission or instant enrolment covers him; empty where that is not why.
    pub covered_by: String,
    /// `covered`, `deceased`, `retired`, or `no-member`: of no union any more.
    pub reason: &'static str,
}

/// One with its people, and those who were left out.
pub(crate) fn view(of: Instant, people: Vec<InstantPerson>, left_out: Vec<LeftOut>) -> InstantView {
    let person = |one: InstantPerson| InstantPersonView {
        member_no: member_no(one.person_id),
        name: one.name,
        id_masked: one.id_masked,
        gap_days: one.gap_days,
    };
    InstantView {
        id: (of.id != 0).then_some(of.id),
        org: of.org_code,
        year: of.year,
        kind: of.kind,
        status: if of.id == 0 { "preview".to_owned() } else { of.status },
        plan: of.plan,
        cover_from: of.cover_from,
        cover_to: of.cover_to,
        money: of.fen.into(),
        headcount: of.people,
        people: people.into_iter().map(person).collect(),
        left_out,
        reason: of.reason,
        submitted_at: of.submitted_at.map(shanghai),
        voucher_until: of.voucher_until.map(shanghai),
        voucher_at: of.voucher_at.map(shanghai),
        paid_at: of.paid_at.map(shanghai),
    }
}
