//! The mails of a coverage year: one data type for all of them, so that whoever queues one fills in what it knows.
//!
//! What is left empty is left out of the mail. Which fields a kind lives on stands at its function.

pub(super) mod batch;
mod blocks;
pub(super) mod conflict;
pub(super) mod example;
pub(super) mod failure;
pub(super) mod gone;
pub(super) mod instant;
pub(super) mod submission;
pub(super) mod totals;
pub(super) mod window;

use domain::{enrollment::eligibility::ClassCounts, money::Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::upload::Figure;

/// What the mails of a coverage year are written from. No personal data but names and masked numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearLetter {
    /// The coverage year.
    pub year: i32,
    /// 工会编号 of the union that the mail is about; it stands in the subject.
    pub org_code: String,
    /// 工会组织名称 of the same.
    pub org_name: String,
    /// Number of the submission (批次编号), of the bureau's batch or of the instant enrolment.
    #[serde(default)]
    pub number: String,
    /// Version of the submission; zero where there is none to speak of.
    #[serde(default)]
    pub version: i64,
    /// When it happened, as people read it, to the second where windows judge it.
    #[serde(default)]
    pub at: String,
    /// Who did it, as people call them: the reviewing union, 职保中心. Never a person.
    #[serde(default)]
    pub by: String,
    /// The plan's name, as A类会员专享基本保障.
    #[serde(default)]
    pub plan: String,
    /// People of the unit by class.
    #[serde(default)]
    pub classes: Option<ClassCounts>,
    /// 参保人数, where it is told without classes.
    #[serde(default)]
    pub headcount: Option<u64>,
    /// 单位数 of a batch.
    #[serde(default)]
    pub units: Option<u64>,
    /// The premium by payer.
    #[serde(default)]
    pub money: Option<Money>,
    /// 计划退回金额 that is deducted from the bureau's share, in fen.
    #[serde(default)]
    pub credit_fen: i64,
    /// What the reader has to pay, in fen.
    #[serde(default)]
    pub due_fen: Option<i64>,
    /// The account to pay to, as it is to be read, in one line.
    #[serde(default)]
    pub account: String,
    /// First day of cover, as people read it.
    #[serde(default)]
    pub cover_from: String,
    /// Last day of cover, as people read it.
    #[serde(default)]
    pub cover_to: String,
    /// The window's name, as 集中参保提交.
    #[serde(default)]
    pub window: String,
    /// Until when, or since when it is too late, as people read it.
    #[serde(default)]
    pub until: String,
    /// Whole days that are left; 0 is the last day.
    #[serde(default)]
    pub days_left: Option<i64>,
    /// Why, as a sentence without its full stop or with it.
    #[serde(default)]
    pub reason: String,
    /// What to do now, in whole sentences, where the kind's own words do not suffice.
    #[serde(default)]
    pub remedy: String,
    /// What is still missing, an item each.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Further figures, in this order.
    #[serde(default)]
    pub facts: Vec<Figure>,
    /// The people concerned; at most 20 are named.
    #[serde(default)]
    pub people: Vec<PersonLine>,
    /// How many people are concerned, if more than are given here.
    #[serde(default)]
    pub people_in_all: u64,
    /// Those whose retirement before the year is to be decided by the clerk; at most 20 are named.
    #[serde(default)]
    pub undecided: Vec<PersonLine>,
    /// How many those are, if more than are given here.
    #[serde(default)]
    pub undecided_in_all: u64,
    /// Those on a list who are known by now to have died or retired; at most 20 are named.
    #[serde(default)]
    pub gone: Vec<PersonLine>,
    /// How many those are, if more than are given here.
    #[serde(default)]
    pub gone_in_all: u64,
    /// SHA-256 of list and figures, as the notice shows it.
    #[serde(default)]
    pub sha256: String,
    /// The notice that belongs to it.
    #[serde(default)]
    pub notice: Option<NoticeLine>,
}

/// A person in a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLine {
    /// The name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// What there is to say, as the statutory month or the gap in days; may be empty.
    #[serde(default)]
    pub note: String,
}

/// A notice (参保告知书), and how to come by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    /// Its id, by which it is fetched.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Its version.
    pub version: i64,
}
