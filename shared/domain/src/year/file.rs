//! The year file: everything that is particular to one coverage year. It is data; nothing of it is a constant in code.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    enrollment::premium::Plan,
    named::named,
    year::{
        fault::YearFault,
        read,
        texts::TextKey,
        window::{Days, Window, WindowKind},
        write,
    },
};

/// What a year file says. Made by [`YearFile::parse`] alone, so that whoever has one has a valid one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearFile {
    pub(super) year: i32,
    pub(super) windows: BTreeMap<WindowKind, Days>,
    pub(super) plans: Vec<Plan>,
    pub(super) rules: Rules,
    pub(super) reminders: Reminders,
    pub(super) accounts: Vec<PaymentAccount>,
    pub(super) texts: BTreeMap<TextKey, String>,
}

/// What differs from year to year in the rules themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Who retired before this day is not covered: 1 January of the year.
    pub retired_before: NaiveDate,
    /// Whether a unit may not submit while somebody's retirement is undecided.
    pub undecided_blocks: bool,
    /// What the cover of an instant enrolment begins on the day after.
    pub instant_cover_from: InstantCoverFrom,
    /// Within so many days after its submission the voucher of an instant enrolment is due.
    pub instant_voucher_days: u32,
    /// So many days more a bureau has when a voucher that was in time is rejected later (decision 32).
    pub voucher_extra_days: u32,
}

named! {
    /// What the cover of an instant enrolment begins on the day after.
    InstantCoverFrom {
        /// The unit's submission: 2023, 办理参保日的次日.
        Submission "submission",
        /// The bureau's approval: the rules of later years.
        Approval "approval",
    }
}

/// When those concerned are reminded of a closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminders {
    /// So many days before the last day, most first.
    pub days: Vec<u32>,
    /// The hour in Shanghai, 0 to 23, at which reminders go out; also on the last day itself.
    pub hour: u32,
}

/// Where money for the centre goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAccount {
    /// 户名.
    pub holder: String,
    /// 开户银行.
    pub bank: String,
    /// 账号, digits.
    pub number: String,
}

impl YearFile {
    /// The files that come with the program, by year.
    pub const SHIPPED: &'static [(i32, &'static str)] =
        &[(2023, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../years/2023.toml")))];

    /// Reads a file; every fault that can be told is told at once, each with its line.
    pub fn parse(text: &str) -> Result<Self, Vec<YearFault>> {
        read::year_file(text)
    }

    /// The file in its one normal writing: two files that say the same have the same.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::year_file(self)
    }

    /// The coverage year.
    #[must_use]
    pub fn year(&self) -> i32 {
        self.year
    }

    /// The days of each window, in the order of a year.
    pub fn windows(&self) -> impl Iterator<Item = (WindowKind, Days)> + '_ {
        self.windows.iter().map(|(kind, days)| (*kind, *days))
    }

    /// The day on which the year's business begins: the first of its first window. Nothing can have been paid for it before.
    #[must_use]
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.windows.values().map(|days| days.first).min()
    }

    /// The days of a window.
    #[must_use]
    pub fn days(&self, kind: WindowKind) -> Option<Days> {
        self.windows.get(&kind).copied()
    }

    /// A window, before any extension.
    #[must_use]
    pub fn window(&self, kind: WindowKind) -> Option<Window> {
        self.days(kind).and_then(Window::of)
    }

    /// The plans, in the order of the file.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The plan of a code.
    #[must_use]
    pub fn plan(&self, code: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.code == code)
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// When those concerned are reminded.
    #[must_use]
    pub fn reminders(&self) -> &Reminders {
        &self.reminders
    }

    /// Where money for the centre goes; at least one.
    #[must_use]
    pub fn accounts(&self) -> &[PaymentAccount] {
        &self.accounts
    }
}
