//! What the enrolment notice (参保告知书) of a unit is written from.

use chrono::{NaiveDate, NaiveDateTime};
use domain::{
    enrollment::{eligibility::ClassCounts, premium::Plan},
    money::Money,
    year::file::PaymentAccount,
};
use serde::{Deserialize, Serialize};

use crate::document::RenderError;

/// A union as it is named in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Union {
    /// 工会编号.
    pub code: String,
    /// 工会组织名称.
    pub name: String,
}

/// The version that a notice takes the place of; it is void (作废) from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its number.
    pub number: String,
    /// Its version.
    pub version: u32,
    /// When what it was about had been received, Shanghai time.
    pub received_at: NaiveDateTime,
}

/// Somebody on the list. Numbers come masked, as `domain::mask` makes them: a notice never holds a whole one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// 姓名, as stored.
    pub name: String,
    /// 证件类型, as clerks read it: 居民身份证.
    pub id_kind: String,
    /// 证件号码, masked: `3101 **** **** 6755`.
    pub id_masked: String,
    /// 会员服务卡号, masked; none for somebody who was confirmed without a card.
    pub card_masked: Option<String>,
    /// First day of the cover.
    pub from: NaiveDate,
    /// Last day of the cover.
    pub to: NaiveDate,
}

/// Somebody who may have retired before the year and about whom nobody has decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// 姓名.
    pub name: String,
    /// 证件号码, masked.
    pub id_masked: String,
    /// How it stands, as `domain::enrollment::eligibility::undecided_zh` says it: reached, within the years of choice, passed.
    #[serde(rename = "reaches")]
    pub standing: String,
}

/// Somebody on a list who is known by now to have died or retired before the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// 单位名称; blank in the unit's own notice.
    pub unit: String,
    /// 姓名.
    pub name: String,
    /// 证件号码, masked.
    pub id_masked: String,
    /// What is on record, in Chinese: `2022年11月15日已登记死亡`.
    pub recorded: String,
}

/// The notice of a unit, at every submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitNotice {
    /// Who sends it, as it stands at the head: the federation or the centre.
    pub issuer: String,
    /// The notice's number (告知书编号).
    pub number: String,
    /// Counted from 1 for a unit and year.
    pub version: u32,
    /// What it replaces; none for the first version.
    pub replaces: Option<Replaced>,
    /// The coverage year.
    pub year: i32,
    /// The unit.
    pub unit: Union,
    /// Its district, bureau or industry union, which is paid.
    pub bureau: Union,
    /// The plan.
    pub plan: Plan,
    /// 批次编号 of the submission.
    pub submission_no: String,
    /// When the submission was received, Shanghai time. It is the date of the notice, too.
    pub received_at: NaiveDateTime,
    /// Members by class.
    pub classes: ClassCounts,
    /// 集中参保已提交人数: people submitted before this one.
    pub submitted_before: u64,
    /// What one person costs and who bears it; its total is the plan's fee.
    pub premium: Money,
    /// What all enrolled cost: `premium` times `classes.enrolled`.
    pub money: Money,
    /// Where the unit's share goes, if it is known; otherwise the notice names the bureau's account in words.
    pub account: Option<PaymentAccount>,
    /// Last day on which the unit's share counts as paid.
    pub pay_by: NaiveDate,
    /// First day of the cover.
    pub cover_from: NaiveDate,
    /// Last day of the cover.
    pub cover_to: NaiveDate,
    /// By when to pay and what happens otherwise: the year file's `unit-payment`. A line break makes a paragraph.
    pub payment_text: String,
    /// 重要提示: the year file's `important`.
    pub important_text: String,
    /// Whose retirement is to be decided.
    pub undecided: Vec<Undecided>,
    /// Those on the list who are known to have died or retired; nothing is printed where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Gone>,
    /// The annex, in the order in which it is to stand.
    pub people: Vec<Covered>,
}

impl UnitNotice {
    /// Whether its figures agree with each other.
    pub(crate) fn agrees(&self) -> Result<(), RenderError> {
        let differ = |what: &'static str| Err(RenderError::Contradiction(what));
        if !self.classes.is_whole() {
            return differ("the classes do not make up the members");
        }
        if self.people.len() as u64 != self.classes.enrolled {
            return differ("the list is not as long as there are people enrolled");
        }
        if self.premium.total_fen != self.plan.fee_fen {
            return differ("the shares do not make up the plan's fee");
        }
        match self.premium.checked().and_then(|one| one.times(self.classes.enrolled)) {
            Ok(money) if money == self.money => Ok(()),
            _ => differ("the money is not people times premium"),
        }
    }
}
