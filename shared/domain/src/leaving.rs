//! Members who leave: by a transfer, or by a removal, for which only three reasons are accepted (`product.md`).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    person::{Sex, Staff},
    retirement::{Month, Retirement, Track},
    text,
};

/// Why a membership ends without another one beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// 退休.
    Retired,
    /// 犯罪.
    Convicted,
    /// 死亡.
    Deceased,
}

impl Removal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Retired, Self::Convicted, Self::Deceased];

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Convicted => "convicted",
            Self::Deceased => "deceased",
        }
    }

    /// The reason of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Retired => "退休",
            Self::Convicted => "犯罪",
            Self::Deceased => "死亡",
        }
    }

    /// The reason that a clerk's word means.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        let word = text::compact(written);
        Self::ALL.into_iter().find(|reason| reason.name_zh() == word.as_ref())
    }
}

/// What the reason of a removal rests on; kept with the membership that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A fact that a feed brought.
    Record,
    /// The statutory month has been reached; no feed has said so.
    Calendar,
    /// The month lies within the years of choice; that the member chose it is the clerk's word.
    Choice,
    /// The clerk's word alone.
    Statement,
}

impl Basis {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Record, Self::Calendar, Self::Choice, Self::Statement];

    /// The basis of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.name() == name)
    }

    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Calendar => "calendar",
            Self::Choice => "choice",
            Self::Statement => "statement",
        }
    }
}

/// What is known of a member who is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Leaver {
    /// Day of birth, where the document tells it.
    pub birth: Option<NaiveDate>,
    /// 性别.
    pub sex: Sex,
    /// 干部/工人.
    pub staff: Option<Staff>,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
}

/// Why a removal contradicts what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// A death is on record: then that is the reason.
    Deceased(NaiveDate),
    /// The retirement on record lies ahead.
    RetiresLater(NaiveDate),
    /// Nobody of this age may retire yet: the first month in which it is possible.
    NotReached(Month),
    /// Nothing is on record, and the document tells no day of birth.
    BirthUnknown,
}

impl Contradiction {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Deceased(_) => "deceased",
            Self::RetiresLater(_) => "retires-later",
            Self::NotReached(_) => "retirement-not-reached",
            Self::BirthUnknown => "retirement-unknown",
        }
    }
}

/// Checks the reason of a removal against what is known, on a business day: what it rests on, or what it contradicts.
///
/// A death conflicts with nothing; one that no feed has told rests on the clerk's word, which is worth a warning. A
/// retirement needs a day on record that has come, or a month that the calendar allows: of a woman of unknown 干部/工人 the
/// earlier track counts. Convictions are in no feed.
pub fn check(reason: Removal, known: &Leaver, today: NaiveDate) -> Result<Basis, Contradiction> {
    match (reason, known.deceased_on) {
        (Removal::Deceased, Some(_)) => Ok(Basis::Record),
        (_, Some(day)) => Err(Contradiction::Deceased(day)),
        (Removal::Deceased | Removal::Convicted, None) => Ok(Basis::Statement),
        (Removal::Retired, None) => retired(known, today),
    }
}

fn retired(known: &Leaver, today: NaiveDate) -> Result<Basis, Contradiction> {
    match known.retired_on {
        Some(day) if day <= today => return Ok(Basis::Record),
        Some(day) => return Err(Contradiction::RetiresLater(day)),
        None => {}
    }
    let birth = known.birth.ok_or(Contradiction::BirthUnknown)?;
    let now = Month::of(today);
    let tracks = Track::of(known.sex, known.staff);
    let first = tracks.iter().map(|track| {
        let retirement = Retirement::of(birth, *track);
        (retirement.choice.map_or(retirement.statutory, |(first, _)| first), retirement.statutory)
    });
    // The track that comes first allows most; there is always one.
    let (possible, statutory) = first.min().ok_or(Contradiction::BirthUnknown)?;
    if now >= statutory {
        Ok(Basis::Calendar)
    } else if now >= possible {
        Ok(Basis::Choice)
    } else {
        Err(Contradiction::NotReached(possible))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn man(born: &str) -> Leaver {
        Leaver { birth: Some(day(born)), sex: Sex::Male, staff: None, retired_on: None, deceased_on: None }
    }

    #[test]
    fn a_retirement_needs_the_record_or_the_calendar() {
        let check = |known: &Leaver, today| super::check(Removal::Retired, known, day(today));
        let known = Leaver { retired_on: Some(day("2022-09-30")), ..man("1980-01-01") };
        assert_eq!(check(&known, "2022-11-01"), Ok(Basis::Record));
        assert_eq!(check(&known, "2022-09-29"), Err(Contradiction::RetiresLater(day("2022-09-30"))));
        // Before the reform there is one month: 60 years.
        assert_eq!(check(&man("1962-11-30"), "2022-11-01"), Ok(Basis::Calendar));
        assert_eq!(check(&man("1962-12-01"), "2022-11-30"), Err(Contradiction::NotReached(Month::new(2022, 12))));
        // Born 1965-01: 2025-01 may be chosen, 2025-02 is statutory.
        assert_eq!(check(&man("1965-01-15"), "2024-12-31"), Err(Contradiction::NotReached(Month::new(2025, 1))));
        assert_eq!(check(&man("1965-01-15"), "2025-01-01"), Ok(Basis::Choice));
        assert_eq!(check(&man("1965-01-15"), "2025-02-01"), Ok(Basis::Calendar));
        let unknown = Leaver { birth: None, ..man("1965-01-15") };
        assert_eq!(check(&unknown, "2025-02-01"), Err(Contradiction::BirthUnknown));
    }

    #[test]
    fn of_a_woman_of_unknown_staff_the_earlier_track_counts() {
        let woman = Leaver { sex: Sex::Female, ..man("1972-05-01") };
        let check = |known: &Leaver| super::check(Removal::Retired, known, day("2022-11-01"));
        assert_eq!(check(&woman), Ok(Basis::Calendar));
        assert_eq!(check(&Leaver { staff: Some(Staff::Worker), ..woman }), Ok(Basis::Calendar));
        let cadre = Leaver { staff: Some(Staff::Cadre), ..woman };
        assert!(matches!(check(&cadre), Err(Contradiction::NotReached(_))));
    }

    #[test]
    fn a_death_conflicts_with_nothing_and_excludes_the_others() {
        let (alive, today) = (man("1990-01-01"), day("2022-11-01"));
        let dead = Leaver { deceased_on: Some(day("2022-10-01")), ..alive };
        assert_eq!(check(Removal::Deceased, &alive, today), Ok(Basis::Statement));
        assert_eq!(check(Removal::Deceased, &dead, today), Ok(Basis::Record));
        assert_eq!(check(Removal::Convicted, &alive, today), Ok(Basis::Statement));
        for reason in [Removal::Retired, Removal::Convicted] {
            assert_eq!(check(reason, &dead, today), Err(Contradiction::Deceased(day("2022-10-01"))));
        }
    }

    #[test]
    fn reasons_have_a_wire_name_and_a_word() {
        for reason in Removal::ALL {
            assert_eq!(Removal::parse(reason.name()), Some(reason));
            assert_eq!(Removal::parse_zh(reason.name_zh()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        assert_eq!(Removal::parse_zh("离职"), None);
        for basis in Basis::ALL {
            assert_eq!(Basis::parse(basis.name()), Some(basis));
            assert_eq!(serde_json::to_value(basis).unwrap(), basis.name());
        }
    }
}
