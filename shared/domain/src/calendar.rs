//! Days: reading them in the writings of clerks and spreadsheet programs, and the instants at which they begin.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::{cell::Cell, text};

/// The first and last year that a date in a spreadsheet is believed to have.
pub const PLAUSIBLE_YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// Serial numbers of spreadsheet programs that are read as days: 1940-01-01 to 2100-12-31.
const PLAUSIBLE_SERIALS: std::ops::RangeInclusive<f64> = 14_611.0..=73_415.0;

/// Why a cell is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not a date in any writing that we know.
    #[error("not a date")]
    Format,
    /// A date outside [`PLAUSIBLE_YEARS`].
    #[error("not a plausible date")]
    Implausible,
    /// A formula's error.
    #[error("a formula's error")]
    CellError,
}

/// Reads a day: `2022-11-03`, `2022/11/3`, `2022.11.3`, `20221103`, `2022年11月3日`, with or without a time of day; a
/// date cell; a numeric cell with a plausible serial number. `Ok(None)` where the cell is blank.
pub fn read_date(cell: Cell<'_>) -> Result<Option<NaiveDate>, DateError> {
    let date = match cell {
        Cell::Empty => return Ok(None),
        Cell::Text(written) if cell.is_blank() || matches!(text::trim(written), "-" | "/" | "无") => return Ok(None),
        Cell::Text(written) => written_date(&text::folded(written)).ok_or(DateError::Format)?,
        Cell::Number(value) => number_date(value).ok_or(DateError::Format)?,
        Cell::Date(moment) => moment.date(),
        Cell::Bool(_) => return Err(DateError::Format),
        Cell::Error => return Err(DateError::CellError),
    };
    if PLAUSIBLE_YEARS.contains(&chrono::Datelike::year(&date)) { Ok(Some(date)) } else { Err(DateError::Implausible) }
}

fn number_date(value: f64) -> Option<NaiveDate> {
    if PLAUSIBLE_SERIALS.contains(&value) {
        return NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(value as u64));
    }
    let packed = (18_000_101.0..=99_991_231.0).contains(&value) && value.fract() == 0.0;
    packed.then(|| packed_date(value as u32)).flatten()
}

fn packed_date(value: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt((value / 10_000) as i32, value / 100 % 100, value % 100)
}

fn written_date(written: &str) -> Option<NaiveDate> {
    if written.len() == 8 && written.bytes().all(|b| b.is_ascii_digit()) {
        return packed_date(written.parse().ok()?);
    }
    let mut parts = [0_u32; 3];
    let mut rest = written;
    for (place, part) in parts.iter_mut().enumerate() {
        rest = rest.trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if !(1..=if place == 0 { 4 } else { 2 }).contains(&digits) || place == 0 && digits != 4 {
            return None;
        }
        *part = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let separators: &[char] = match place {
            0 => &['-', '/', '.', '年'],
            1 => &['-', '/', '.', '月'],
            _ => &['日', '号'],
        };
        rest = match rest.strip_prefix(separators) {
            Some(after) => after,
            None if place == 2 => rest,
            None => return None,
        };
    }
    // What may follow is a time of day, which says nothing about the day.
    let time = rest.trim_start_matches([' ', 'T']);
    let is_time = time.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | 'Z' | '+'));
    (is_time && (time.is_empty() || time.contains(':')))
        .then(|| NaiveDate::from_ymd_opt(parts[0] as i32, parts[1], parts[2]))
        .flatten()
}

/// The zone of every date of the field, by name.
pub const ZONE: Tz = Tz::Asia__Shanghai;

/// The instant at which a day begins in [`ZONE`]. `None` at the ends of the calendar.
#[must_use]
pub fn starts_at(day: NaiveDate) -> Option<DateTime<Utc>> {
    at(day, NaiveTime::MIN)
}

/// The instant of a day and a time of day in [`ZONE`]. Where clocks were once put forward over it, the first after it.
#[must_use]
pub fn at(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    let local = day.and_time(time);
    let found = ZONE.from_local_datetime(&local).earliest();
    let found = found.or_else(|| ZONE.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest());
    found.map(|moment| moment.to_utc())
}

/// The day of an instant in [`ZONE`].
#[must_use]
pub fn day_of(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&ZONE).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn days_are_read_in_many_writings() {
        for written in [
            "2022-11-03",
            "2022/11/3",
            "2022.11.3",
            "20221103",
            "2022年11月3日",
            "２０２２年１１月３日",
            " 2022 年 11 月 3 号 ",
            "2022-11-03 00:00:00",
            "2022-11-03T08:30:00Z",
        ] {
            assert_eq!(read_date(Cell::Text(written)), Ok(Some(day(2022, 11, 3))), "{written}");
        }
        assert_eq!(read_date(Cell::Number(44_868.0)), Ok(Some(day(2022, 11, 3))));
        assert_eq!(read_date(Cell::Number(20_221_103.0)), Ok(Some(day(2022, 11, 3))));
        assert_eq!(read_date(Cell::Date(day(2022, 11, 3).and_hms_opt(13, 0, 0).unwrap())), Ok(Some(day(2022, 11, 3))));
        assert_eq!(read_date(Cell::Text(" ")), Ok(None));
    }

    #[test]
    fn what_is_no_day_says_so() {
        for written in [
            "2022-02-30",
            "2022-11",
            "2022年11月",
            "22-11-03",
            "明年",
            "2022-11-03x",
            "2022-11-031",
            "3/11/2022",
            "20221131",
        ] {
            assert_eq!(read_date(Cell::Text(written)), Err(DateError::Format), "{written}");
        }
        assert_eq!(read_date(Cell::Number(1.0)), Err(DateError::Format));
        assert_eq!(read_date(Cell::Number(f64::NAN)), Err(DateError::Format));
        assert_eq!(read_date(Cell::Text("1022-11-03")), Err(DateError::Implausible));
        assert_eq!(read_date(Cell::Error), Err(DateError::CellError));
    }

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        let midnight = starts_at(day(2022, 12, 26)).unwrap();
        assert_eq!(midnight.to_rfc3339(), "2022-12-25T16:00:00+00:00");
        assert_eq!(day_of(midnight), day(2022, 12, 26));
        assert_eq!(day_of(midnight - chrono::TimeDelta::nanoseconds(1)), day(2022, 12, 25));
        let nine = at(day(2022, 12, 25), NaiveTime::from_hms_opt(9, 0, 0).unwrap()).unwrap();
        assert_eq!(nine.to_rfc3339(), "2022-12-25T01:00:00+00:00");
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[0-9年月日/. T:-]{0,24}", value in proptest::num::f64::ANY) {
            let _ = read_date(Cell::Text(&text));
            let _ = read_date(Cell::Number(value));
        }
    }
}
