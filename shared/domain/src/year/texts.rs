//! The texts of notices and mails that change from year to year, with places for the year's own dates.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use crate::{
    named::named,
    year::{file::YearFile, window::WindowKind},
};

named! {
    /// Where a text stands; a year file has each.
    TextKey {
        /// 重要提示 of the preview and the unit's notice: who is not covered though the list may name them.
        Important "important",
        /// What a unit that confirms pending members is told.
        Confirmation "confirmation",
        /// By when the unit pays, and what happens otherwise.
        UnitPayment "unit-payment",
        /// What a bureau is told before it submits to the centre.
        FinalSubmission "final-submission",
        /// By when the bureau pays, and what happens otherwise.
        BureauPayment "bureau-payment",
        /// How instant enrolment works.
        Instant "instant",
    }
}

/// What a `{name}` in a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Year,
    RetiredBefore,
    InstantVoucherDays,
    VoucherExtraDays,
    First(WindowKind),
    Last(WindowKind),
}

impl Place {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "retired_before" => Self::RetiredBefore,
            "instant_voucher_days" => Self::InstantVoucherDays,
            "voucher_extra_days" => Self::VoucherExtraDays,
            _ => {
                let (window, end) = name.rsplit_once('.')?;
                let kind = WindowKind::parse(window)?;
                match end {
                    "from" => Self::First(kind),
                    "to" => Self::Last(kind),
                    _ => return None,
                }
            }
        })
    }

    fn fill(self, file: &YearFile, last: impl Fn(WindowKind) -> Option<NaiveDate>, out: &mut String) {
        let day = |day: Option<NaiveDate>| day.map(day_zh).unwrap_or_default();
        let rules = file.rules();
        // Writing into a string cannot fail.
        let _ = match self {
            Self::Year => write!(out, "{}", file.year()),
            Self::RetiredBefore => write!(out, "{}", day_zh(rules.retired_before)),
            Self::InstantVoucherDays => write!(out, "{}", rules.instant_voucher_days),
            Self::VoucherExtraDays => write!(out, "{}", rules.voucher_extra_days),
            Self::First(kind) => write!(out, "{}", day(file.days(kind).map(|days| days.first))),
            Self::Last(kind) => {
                let last = last(kind).or(file.days(kind).map(|days| days.last));
                // Cover runs to a day; by the others something has to be done.
                let shown = if kind == WindowKind::Cover { day_zh } else { last_day_zh };
                write!(out, "{}", last.map(shown).unwrap_or_default())
            }
        };
    }
}

/// A piece of a text: plain, or what stands between two braces.
enum Piece<'t> {
    Plain(&'t str),
    Named(&'t str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((plain, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        pieces.extend([Piece::Plain(plain), Piece::Named(name)]);
        rest = after;
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// The names in braces that stand for nothing.
pub(super) fn unknown_places(text: &str) -> Vec<&str> {
    let named = pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Named(name) if Place::parse(name).is_none() => Some(name),
        Piece::Named(_) | Piece::Plain(_) => None,
    });
    named.collect()
}

/// A day as notices write it: `2022年12月25日`.
#[must_use]
pub fn day_zh(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// The last day on which something counts, to its end: `2022年12月25日24时`.
#[must_use]
pub fn last_day_zh(day: NaiveDate) -> String {
    format!("{}24时", day_zh(day))
}

impl YearFile {
    /// A text with the dates of the year file in it, and with the last days of windows as `last` has them: who was given more
    /// time reads of no other day.
    #[must_use]
    pub fn text(&self, key: TextKey, last: impl Fn(WindowKind) -> Option<NaiveDate>) -> String {
        let mut out = String::new();
        for piece in pieces(self.texts.get(&key).map_or("", String::as_str)) {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Named(name) => {
                    if let Some(place) = Place::parse(name) {
                        place.fill(self, &last, &mut out);
                    }
                }
            }
        }
        out
    }
}
