//! The rules between the parts of a year file.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::{Lined, reader::Reader};
use crate::{
    enrollment::premium::{Plan, SplitError},
    money::Yuan,
    year::{
        fault::YearFaultCode as Code,
        texts::{TextKey, unknown_places},
        window::{Days, WindowKind},
    },
};

/// What of a window is compared.
#[derive(Clone, Copy)]
enum End {
    First(WindowKind),
    Last(WindowKind),
}

impl End {
    fn kind(self) -> WindowKind {
        match self {
            Self::First(kind) | Self::Last(kind) => kind,
        }
    }

    fn day(self, windows: &BTreeMap<WindowKind, Lined<Days>>) -> Option<NaiveDate> {
        let days = windows.get(&self.kind())?.value;
        Some(match self {
            Self::First(_) => days.first,
            Self::Last(_) => days.last,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::First(_) => "begins",
            Self::Last(_) => "ends",
        }
    }
}

/// How two ends have to stand to each other.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// The first before the second.
    Before,
    /// The first before the second or on the same day.
    NotAfter,
}

/// What must be so, and why.
const ORDER: &[(End, Order, End, &str)] = &[
    (
        End::Last(WindowKind::PremiumSetting),
        Order::Before,
        End::First(WindowKind::Submission),
        "a split stands before anybody submits",
    ),
    (
        End::First(WindowKind::Submission),
        Order::NotAfter,
        End::First(WindowKind::Review),
        "there is nothing to review before",
    ),
    (
        End::Last(WindowKind::Submission),
        Order::NotAfter,
        End::Last(WindowKind::Review),
        "what comes in on the last day has to be reviewed",
    ),
    (
        End::Last(WindowKind::Review),
        Order::Before,
        End::First(WindowKind::ReviewBureau),
        "the bureau's own period comes after the common one",
    ),
    (
        End::Last(WindowKind::Submission),
        Order::Before,
        End::First(WindowKind::FinalSubmission),
        "a bureau submits once, when all units have",
    ),
    (
        End::Last(WindowKind::UnitPayment),
        Order::NotAfter,
        End::Last(WindowKind::FinalSubmission),
        "units pay before their bureau submits",
    ),
    (
        End::Last(WindowKind::ReviewBureau),
        Order::NotAfter,
        End::Last(WindowKind::FinalSubmission),
        "what is approved later is in no list",
    ),
    (
        End::First(WindowKind::FinalSubmission),
        Order::NotAfter,
        End::First(WindowKind::BureauPayment),
        "nothing is due before a list is submitted",
    ),
    (
        End::Last(WindowKind::FinalSubmission),
        Order::NotAfter,
        End::Last(WindowKind::BureauPayment),
        "a bureau that submits on the last day has to pay yet",
    ),
    (
        End::Last(WindowKind::FinalSubmission),
        Order::Before,
        End::First(WindowKind::Cover),
        "cover begins when the lists are complete",
    ),
];

/// Windows: within the two calendar years, cover the whole of the year, and the others in their order.
pub(super) fn check_windows(reader: &mut Reader, year: i32, windows: &BTreeMap<WindowKind, Lined<Days>>) {
    for (kind, Lined { line, value: days }) in windows {
        let name = kind.name();
        let is_whole_year = Some(days.first) == NaiveDate::from_ymd_opt(year, 1, 1)
            && Some(days.last) == NaiveDate::from_ymd_opt(year, 12, 31);
        if *kind == WindowKind::Cover && !is_whole_year {
            let message = format!("{name} of {year} runs from {year}-01-01 to {year}-12-31");
            reader.fault(*line, Code::Date, message);
        }
        if [days.first, days.last].iter().any(|day| !(year - 1..=year).contains(&day.year())) {
            reader.fault(*line, Code::Date, format!("{name}: its days lie in {} and {year}", year - 1));
        }
    }
    for (one, order, two, why) in ORDER {
        let (Some(first), Some(second)) = (one.day(windows), two.day(windows)) else { continue };
        let fine = if *order == Order::Before { first < second } else { first <= second };
        if !fine {
            let how = if *order == Order::Before { "before" } else { "no later than" };
            let message = format!(
                "{} {} on {first}, but {} {} on {second}; it has to be {how} that: {why}",
                one.kind().name(),
                one.word(),
                two.kind().name(),
                two.word(),
            );
            reader.fault(windows[&one.kind()].line, Code::Overlap, message);
        }
    }
}

/// The cut: who retires in the year itself is covered, so it is the year's first day.
pub(super) fn check_cut(reader: &mut Reader, year: i32, line: usize, retired_before: NaiveDate) {
    if Some(retired_before) != NaiveDate::from_ymd_opt(year, 1, 1) {
        reader.fault(line, Code::Date, format!("rules.retired_before of {year} is {year}-01-01"));
    }
}

/// Plans: each named once, with a fee, and with shares that make it up.
pub(super) fn check_plans(reader: &mut Reader, plans: &[Lined<Plan>]) {
    let mut codes = BTreeSet::new();
    for Lined { line, value: plan } in plans {
        let code = &plan.code;
        if !codes.insert(code) {
            reader.fault(*line, Code::Twice, format!("plan {code} is named twice"));
        }
        if plan.fee_fen == 0 {
            reader.fault(*line, Code::Amount, format!("plan {code}: a fee of zero"));
        }
        if plan.municipal_fen > plan.fee_fen {
            let (share, fee) = (Yuan(plan.municipal_fen), Yuan(plan.fee_fen));
            reader.fault(
                *line,
                Code::Shares,
                format!("plan {code}: the municipal share {share} is over the fee {fee}"),
            );
        } else if let Err(SplitError::Sum { given_fen, due_fen }) = plan.allows(plan.split()) {
            let (given, due) = (Yuan(given_fen), Yuan(due_fen));
            let message = format!("plan {code}: bureau and unit bear {given}, but fee less municipal share is {due}");
            reader.fault(*line, Code::Shares, message);
        }
    }
}

/// Texts: every `{name}` stands for something.
pub(super) fn check_texts(reader: &mut Reader, texts: &BTreeMap<TextKey, Lined<String>>) {
    for (key, Lined { line, value }) in texts {
        for place in unknown_places(value) {
            let message = format!("texts.{}: {{{place}}} stands for nothing", key.name());
            reader.fault(*line, Code::Placeholder, message);
        }
    }
}
