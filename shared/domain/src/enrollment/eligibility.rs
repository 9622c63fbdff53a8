//! Who is covered: the class of each member of a unit in a coverage year, and whose retirement the clerk has to decide.

use std::ops::AddAssign;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    facts::Facts,
    named::named,
    person::{Sex, Staff},
    retirement::{Answer, Month, Retirement, Track},
    year::texts::day_zh,
};

named! {
    /// The class of a member: the first that holds, in this order.
    Class {
        /// A death is on record.
        Deceased "deceased" "死亡",
        /// Before 1 January of the year, on record or decided by the clerk.
        Retired "retired" "退休",
        /// No card, no social insurance that is known of, and the unit has not confirmed.
        Pending "pending" "待确认",
        /// No card, though social insurance is paid.
        NoCard "no_card" "未办卡",
        /// Covered.
        Enrolled "enrolled" "参保",
    }
}

named! {
    /// What a clerk decided of a member whose retirement only the calendar suggests.
    RetirementDecision {
        /// Retires before the year.
        Retired "retired" "退休",
        /// Goes on working.
        Stays "stays" "在职",
    }
}

named! {
    /// Why a member is on the pending list.
    PendingReason {
        /// A feed says that no social insurance is paid.
        NotInsured "not_insured" "未办卡且未缴纳社保",
        /// Nothing is known of social insurance, which is not "no" (decision 2).
        Unknown "unknown" "未办卡且社保情况不明",
    }
}

impl PendingReason {
    /// The reason of somebody of whom these facts are known; what else there is to know is [`classify`]'s.
    #[must_use]
    pub fn of(facts: &Facts) -> Option<Self> {
        match (facts.card, facts.social_insurance) {
            (Some(_), _) | (None, Some(true)) => None,
            (None, Some(false)) => Some(Self::NotInsured),
            (None, None) => Some(Self::Unknown),
        }
    }
}

/// The class of a member. `retired_before` is the year file's cut, 1 January of the year. A retirement on record settles
/// the matter, whatever the clerk decided before it came: retired before the cut is retired, later is not.
#[must_use]
pub fn classify(
    facts: &Facts,
    retired_before: NaiveDate,
    confirmed: bool,
    decision: Option<RetirementDecision>,
) -> Class {
    let retired = match facts.retired_on {
        Some(day) => day < retired_before,
        None => decision == Some(RetirementDecision::Retired),
    };
    if facts.deceased_on.is_some() {
        Class::Deceased
    } else if retired {
        Class::Retired
    } else if PendingReason::of(facts).is_some() && !confirmed {
        Class::Pending
    } else if facts.card.is_none() && facts.social_insurance == Some(true) {
        Class::NoCard
    } else {
        Class::Enrolled
    }
}

/// The class by which somebody who stands on a list should be on none: a death or a retirement before the year that came to
/// be known after the list was made. None: nothing is known against it.
#[must_use]
pub fn gone(facts: &Facts, retired_before: NaiveDate, decision: Option<RetirementDecision>) -> Option<Class> {
    // A list names only those whom it covers, so that nothing but these two classes can have come between.
    Some(classify(facts, retired_before, true, decision))
        .filter(|class| matches!(class, Class::Deceased | Class::Retired))
}

/// What clerks read of somebody who is gone: how, and when if a feed has told it.
#[must_use]
pub fn gone_zh(class: Class, on: Option<NaiveDate>) -> String {
    match (class, on) {
        (Class::Retired, None) => "单位已认定退休".to_owned(),
        (class, None) => format!("已登记{}", class.name_zh()),
        (class, Some(day)) => format!("{}已登记{}", day_zh(day), class.name_zh()),
    }
}

/// One track of a member of whom the calendar suggests retirement: what the clerk is shown in order to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// Whose original age was taken.
    pub track: Track,
    /// The months on that track.
    pub retirement: Retirement,
    /// The answer for the coverage year.
    pub answer: Answer,
}

/// The tracks of a member whom the calendar suggests to be retired before coverage year `year`; empty where none does. Of
/// a woman of unknown 干部/工人 both tracks are shown as soon as one of them does.
#[must_use]
pub fn prospects(birth: NaiveDate, sex: Sex, staff: Option<Staff>, year: i32) -> Vec<Prospect> {
    let tracks = Track::of(sex, staff).iter().map(|track| {
        let retirement = Retirement::of(birth, *track);
        Prospect { track: *track, retirement, answer: retirement.answer(year) }
    });
    if tracks.clone().all(|prospect| prospect.answer == Answer::NotReached) { Vec::new() } else { tracks.collect() }
}

impl Prospect {
    /// How it stands on 1 January of the coverage year: not of the age yet, within the years of choice, or past them.
    fn answer_zh(&self, year: i32) -> String {
        let statutory = month_zh(self.retirement.statutory);
        match (self.answer, self.retirement.choice) {
            (Answer::NotReached, _) => format!("{year}年1月1日前尚未到可退休的年龄（法定退休年月{statutory}）"),
            (Answer::Choice, Some((first, last))) => format!(
                "可在{}至{}之间选择退休，是否已退休须由单位认定（法定退休年月{statutory}）",
                month_zh(first),
                month_zh(last)
            ),
            (Answer::Passed, Some((_, last))) => {
                format!("已过可选择的最晚退休年月{}（法定退休年月{statutory}）", month_zh(last))
            }
            (Answer::Choice | Answer::Passed, None) => format!("已达到法定退休年龄（法定退休年月{statutory}）"),
        }
    }
}

/// What notice, mail and preview say of somebody whose retirement is to be decided about: of a woman of unknown 干部/工人 for
/// both.
#[must_use]
pub fn undecided_zh(prospects: &[Prospect], year: i32) -> String {
    let several = prospects.len() > 1;
    let of = |prospect: &Prospect| {
        let whose = if several { format!("按{}：", prospect.track.name_zh()) } else { String::new() };
        whose + &prospect.answer_zh(year)
    };
    prospects.iter().map(of).collect::<Vec<_>>().join("；")
}

/// What stands above a list of such people, wherever there is one.
#[must_use]
pub fn undecided_head_zh(year: i32) -> String {
    format!("按出生日期推算可能在{year}年1月1日前退休、尚待单位认定的会员")
}

fn month_zh(month: Month) -> String {
    format!("{}年{}月", month.year(), month.month())
}

/// Whether the clerk is to decide about somebody: the calendar suggests retirement, no feed has recorded one, nobody has
/// decided, and the class does not settle it.
#[must_use]
pub fn is_undecided(class: Class, facts: &Facts, decision: Option<RetirementDecision>, prospects: &[Prospect]) -> bool {
    let open = !matches!(class, Class::Deceased | Class::Retired);
    open && facts.retired_on.is_none() && decision.is_none() && !prospects.is_empty()
}

/// How many members are in each class, as on the manual's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// 会员总人数.
    pub total: u64,
    /// 参保人数.
    pub enrolled: u64,
    /// 未办卡人数.
    pub no_card: u64,
    /// 待确认人数.
    pub pending: u64,
    /// 退休人数.
    pub retired: u64,
    /// 死亡人数.
    pub deceased: u64,
}

impl ClassCounts {
    /// So many more of a class.
    pub fn add(&mut self, class: Class, count: u64) {
        self.total += count;
        *match class {
            Class::Deceased => &mut self.deceased,
            Class::Retired => &mut self.retired,
            Class::Pending => &mut self.pending,
            Class::NoCard => &mut self.no_card,
            Class::Enrolled => &mut self.enrolled,
        } += count;
    }

    /// Whether the classes make up the total: for what was read from elsewhere.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let classes = [self.enrolled, self.no_card, self.pending, self.retired, self.deceased];
        classes.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)) == Some(self.total)
    }
}

impl AddAssign for ClassCounts {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.enrolled += other.enrolled;
        self.no_card += other.no_card;
        self.pending += other.pending;
        self.retired += other.retired;
        self.deceased += other.deceased;
    }
}

impl FromIterator<Class> for ClassCounts {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        let mut counts = Self::default();
        classes.into_iter().for_each(|class| counts.add(class, 1));
        counts
    }
}

#[cfg(test)]
mod tests;
