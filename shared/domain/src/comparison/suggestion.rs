//! What is proposed for a member who is not in the file.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::Registered;
use crate::retirement::{Month, Retirement, Track};

/// The next step that is proposed for an absent member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suggestion {
    /// 先改名单: a row of the file may be this member; the file is to be mended first (decision 7).
    MendFirst,
    /// 死亡: a death is on record.
    Deceased,
    /// 退休: on record, or the statutory day has passed.
    Retired,
    /// 转移: to the nearest 临时工会 above (decision 4).
    Transfer,
}

impl Suggestion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MendFirst, Self::Deceased, Self::Retired, Self::Transfer];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MendFirst => "mend-first",
            Self::Deceased => "deceased",
            Self::Retired => "retired",
            Self::Transfer => "transfer",
        }
    }

    /// The suggestion of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::MendFirst => "先改名单",
            Self::Deceased => "死亡",
            Self::Retired => "退休",
            Self::Transfer => "转移",
        }
    }
}

/// What is proposed for an absent member on a business day; `resembled`: a row of the file may be this member.
#[must_use]
pub fn suggestion(member: &Registered, resembled: bool, today: NaiveDate) -> Suggestion {
    if resembled {
        Suggestion::MendFirst
    } else if member.deceased_on.is_some() {
        Suggestion::Deceased
    } else if is_retired(member, today) {
        Suggestion::Retired
    } else {
        Suggestion::Transfer
    }
}

/// A day on record decides alone. Without one the calendar does: the birthday in the statutory month has passed, for a
/// woman of unknown 干部/工人 on both tracks.
fn is_retired(member: &Registered, today: NaiveDate) -> bool {
    if let Some(day) = member.retired_on {
        return day <= today;
    }
    let Some(birth) = member.birth else { return false };
    let passed = |track: &Track| {
        let statutory = Retirement::of(birth, *track).statutory;
        Month::of(today) > statutory || Month::of(today) == statutory && today.day() >= birth.day()
    };
    Track::of(member.sex, member.staff).iter().all(passed)
}
