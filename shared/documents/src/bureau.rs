//! What the enrolment notice of a bureau is written from.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use domain::{enrollment::premium::Due, money::Money, year::file::PaymentAccount};
use serde::{Deserialize, Serialize};

use crate::{
    document::RenderError,
    unit::{Gone, Replaced, Union},
};

/// The person in charge at the bureau.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// 姓名.
    pub name: String,
    /// 手机号, masked: `138****8000`.
    pub mobile_masked: String,
    /// 电子邮箱.
    pub email: String,
}

/// All units of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTotal {
    /// `A`, as in the lines of the units.
    pub code: String,
    /// A类会员专享基本保障.
    pub name: String,
    /// Units.
    pub units: u64,
    /// People.
    pub people: u64,
    /// What they cost and who bears it.
    pub money: Money,
}

/// One unit of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLine {
    /// The unit.
    pub unit: Union,
    /// The secondary union (二级工会) above it; none for a unit directly below the bureau.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Union>,
    /// Code of its plan.
    pub plan_code: String,
    /// People.
    pub people: u64,
    /// What they cost and who bears it.
    pub money: Money,
}

/// The notice of a bureau, at its final submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BureauNotice {
    /// Who sends it, as it stands at the head.
    pub issuer: String,
    /// The notice's number (告知书编号).
    pub number: String,
    /// Counted from 1 for a batch.
    pub version: u32,
    /// What it replaces; none for the first version.
    pub replaces: Option<Replaced>,
    /// The coverage year.
    pub year: i32,
    /// The bureau.
    pub bureau: Union,
    /// 批次编号, as CB202208080004.
    pub batch_no: String,
    /// When the batch was submitted, Shanghai time. It is the date of the notice, too.
    pub submitted_at: NaiveDateTime,
    /// The person in charge.
    pub contact: Contact,
    /// Totals by plan, in the order in which they are to stand.
    pub plans: Vec<PlanTotal>,
    /// The units, in the order in which they are to stand: those of one secondary union together, since a subtotal follows them.
    pub units: Vec<UnitLine>,
    /// The money of the batch, the credit taken off and what is due, from `domain`.
    pub due: Due,
    /// Where it goes.
    pub account: PaymentAccount,
    /// Last day of the payment and the voucher.
    pub pay_by: NaiveDate,
    /// First day of the cover.
    pub cover_from: NaiveDate,
    /// Last day of the cover.
    pub cover_to: NaiveDate,
    /// By when to pay and what happens otherwise: the year file's `bureau-payment`. A line break makes a paragraph.
    pub payment_text: String,
    /// Those on the units' lists who are known to have died or retired; nothing is printed where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Gone>,
}

impl BureauNotice {
    /// The units of each secondary union, and those of none, in the order in which they stand; no group is empty.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[UnitLine]> {
        self.units.chunk_by(|one, other| one.secondary == other.secondary)
    }

    /// Whether its figures agree with each other: units make up plans, plans make up what is due.
    pub(crate) fn agrees(&self) -> Result<(), RenderError> {
        let differ = |what: &'static str| Err(RenderError::Contradiction(what));
        let mut sums: BTreeMap<&str, (u64, u64, Money)> = BTreeMap::new();
        for line in &self.units {
            let sum = sums.entry(&line.plan_code).or_default();
            let Ok(money) = line.money.checked().and_then(|money| sum.2.plus(money)) else {
                return differ("a unit's shares do not make up its total");
            };
            *sum = (sum.0 + 1, sum.1 + line.people, money);
        }
        let mut of_secondary = BTreeSet::new();
        if !self.groups().all(|group| of_secondary.insert(group[0].secondary.as_ref().map(|union| &union.code))) {
            return differ("the units of a secondary union do not stand together");
        }
        let stated = self.plans.iter().map(|plan| (plan.code.as_str(), (plan.units, plan.people, plan.money)));
        if sums != stated.collect() {
            return differ("the units do not make up the totals of the plans");
        }
        match Money::sum(self.plans.iter().map(|plan| plan.money)) {
            Ok(money) if money == self.due.money => {}
            _ => return differ("the plans do not make up the money of the batch"),
        }
        let due = &self.due;
        if due.credit_fen < 0 || due.credit_fen > due.money.bureau_fen {
            return differ("the credit is more than the bureau's share");
        }
        if due.money.bureau_fen - due.credit_fen + due.money.unit_fen != due.due_fen {
            return differ("what is due is not the shares less the credit");
        }
        Ok(())
    }
}
