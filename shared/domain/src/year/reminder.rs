//! Reminders before a closing: so many days before the last day, and on its morning.

use chrono::{DateTime, Days, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    file::Reminders,
    window::{Window, WindowKind},
};
use crate::{calendar, named::named};

/// A reminder that falls into a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reminder {
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// How many days before the last day; 0 on the morning of the last day itself.
    pub days_before: u32,
}

named! {
    /// Whom a reminder concerns: those who have yet to do something, and nobody else.
    Concern {
        /// Bureaus that have set no split of their own.
        BureausWithoutSplit "bureaus-without-split" "尚未设置参保金额比例的区局(产业)工会",
        /// Units whose members are to be submitted, or sent again after a return.
        UnitsWithoutSubmission "units-without-submission" "尚未提交集中参保的基层工会",
        /// Secondary unions and bureaus with something on the review list.
        ReviewersWithWork "reviewers-with-work" "尚有待审批参保的二级工会和区局(产业)工会",
        /// Units that owe a share, and their bureaus, which record payments.
        UnitsThatOwe "units-that-owe" "尚未缴费的基层工会",
        /// Bureaus with approved submissions and no batch.
        BureausWithoutBatch "bureaus-without-batch" "尚未提交职保中心的区局(产业)工会",
        /// Bureaus whose batch waits for a voucher.
        BureausWithoutVoucher "bureaus-without-voucher" "尚未上传缴费凭证的区局(产业)工会",
    }
}

impl Concern {
    /// Whom the reminders of a window concern; nobody, where its end asks for nothing.
    #[must_use]
    pub fn of(kind: WindowKind) -> Option<Self> {
        match kind {
            WindowKind::PremiumSetting => Some(Self::BureausWithoutSplit),
            WindowKind::Submission => Some(Self::UnitsWithoutSubmission),
            WindowKind::Review | WindowKind::ReviewBureau => Some(Self::ReviewersWithWork),
            WindowKind::UnitPayment => Some(Self::UnitsThatOwe),
            WindowKind::FinalSubmission => Some(Self::BureausWithoutBatch),
            WindowKind::BureauPayment => Some(Self::BureausWithoutVoucher),
            WindowKind::Cover => None,
        }
    }
}

impl Reminders {
    /// Every reminder of a window, the earliest first. Those that would fall before its opening are none: nobody can act on
    /// them; nor is one at or after a closing in the small hours of an extension.
    #[must_use]
    pub fn of(&self, window: &Window) -> Vec<Reminder> {
        let Some(time) = NaiveTime::from_hms_opt(self.hour, 0, 0) else { return Vec::new() };
        let mut all: Vec<Reminder> = self
            .days
            .iter()
            .copied()
            .chain([0])
            .filter_map(|days_before| {
                let day = window.last_day().checked_sub_days(Days::new(days_before.into()))?;
                Some(Reminder { due_at: calendar::at(day, time)?, days_before })
            })
            .filter(|reminder| window.is_open(reminder.due_at))
            .collect();
        all.sort_unstable();
        all
    }

    /// The reminders that became due after `since` and until `now`, the earliest first: whoever was away meanwhile finds
    /// all of them, once. Which are pointless by now is [`is_overtaken`]'s to say.
    #[must_use]
    pub fn due(&self, window: &Window, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Reminder> {
        self.of(window).into_iter().filter(|reminder| since < reminder.due_at && reminder.due_at <= now).collect()
    }
}

/// Whether a reminder that is sent only `now` would say something that is no longer so: the window has closed, or a later
/// reminder of it is due as well.
#[must_use]
pub fn is_overtaken(reminder: &Reminder, all: &[Reminder], window: &Window, now: DateTime<Utc>) -> bool {
    now >= window.closes_at || all.iter().any(|other| reminder.due_at < other.due_at && other.due_at <= now)
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};
    use proptest::prelude::*;

    use super::*;
    use crate::year::window;

    fn reminders() -> Reminders {
        Reminders { days: vec![14, 7, 3, 1], hour: 9 }
    }

    fn submission() -> Window {
        let day = |month, day| NaiveDate::from_ymd_opt(2022, month, day).unwrap();
        Window::of(window::Days { first: day(11, 1), last: day(12, 25) }).unwrap()
    }

    fn shown(found: &[Reminder]) -> Vec<(u32, String)> {
        found.iter().map(|one| (one.days_before, one.due_at.with_timezone(&calendar::ZONE).to_rfc3339())).collect()
    }

    #[test]
    fn two_weeks_one_week_three_days_one_day_and_the_morning() {
        let expected = [(14, "11"), (7, "18"), (3, "22"), (1, "24"), (0, "25")];
        let expected = expected.map(|(days, day)| (days, format!("2022-12-{day}T09:00:00+08:00")));
        assert_eq!(shown(&reminders().of(&submission())), expected);
    }

    #[test]
    fn a_span_holds_its_end_and_not_its_beginning() {
        let due_at: DateTime<Utc> = "2022-12-22T09:00:00+08:00".parse().unwrap();
        let second = TimeDelta::seconds(1);
        assert!(reminders().due(&submission(), due_at - second, due_at - TimeDelta::nanoseconds(1)).is_empty());
        assert_eq!(reminders().due(&submission(), due_at - second, due_at).len(), 1);
        assert!(reminders().due(&submission(), due_at, due_at + second).is_empty());
    }

    #[test]
    fn who_was_away_finds_all_of_them_and_sends_the_last() {
        let at = |written: &str| written.parse::<DateTime<Utc>>().unwrap();
        let now = at("2022-12-23T00:00:00+08:00");
        let missed = reminders().due(&submission(), at("2022-12-01T00:00:00+08:00"), now);
        let overtaken: Vec<_> =
            missed.iter().map(|one| (one.days_before, is_overtaken(one, &missed, &submission(), now))).collect();
        assert_eq!(overtaken, [(14, true), (7, true), (3, false)]);
        assert!(is_overtaken(&missed[2], &missed, &submission(), submission().closes_at));
    }

    #[test]
    fn a_short_window_has_only_those_that_fall_into_it() {
        let opens_at = "2022-12-22T12:00:00+08:00".parse().unwrap();
        let short = Window { opens_at, ..submission() };
        assert_eq!(reminders().of(&short).iter().map(|one| one.days_before).collect::<Vec<_>>(), [1, 0]);
        // An extension to 08:00 closes before the morning's reminder.
        let early = Window { closes_at: "2022-12-26T08:00:00+08:00".parse().unwrap(), ..submission() };
        assert_eq!(reminders().of(&early).last().unwrap().days_before, 1);
    }

    #[test]
    fn every_window_but_cover_concerns_somebody() {
        let nobody: Vec<_> = WindowKind::ALL.iter().filter(|kind| Concern::of(**kind).is_none()).collect();
        assert_eq!(nobody, [&WindowKind::Cover]);
    }

    proptest! {
        #[test]
        fn however_time_is_cut_each_falls_into_one_piece(cuts in prop::collection::vec(0..90_i64 * 86_400, 0..30)) {
            let start = submission().opens_at - TimeDelta::days(10);
            let mut instants: Vec<_> = cuts.into_iter().map(|cut| start + TimeDelta::seconds(cut)).collect();
            instants.extend([start, start + TimeDelta::days(90)]);
            instants.sort_unstable();
            let pieces: Vec<Reminder> =
                instants.windows(2).flat_map(|pair| reminders().due(&submission(), pair[0], pair[1])).collect();
            prop_assert_eq!(pieces, reminders().of(&submission()));
        }
    }
}
