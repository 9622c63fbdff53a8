//! Days: reading them in the writings of clerks and spreadsheet programs, and the instants at which they begin.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
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
    /// A formula without its result.
    #[error("a formula without its result")]
    Unsaved,
}

/// A day as read, and the moment that stood in the cell where it seems to mean another day than it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day that is meant.
    pub date: NaiveDate,
    /// What the cell holds: a time of day that a program made of midnight.
    pub shifted: Option<NaiveDateTime>,
}

impl Day {
    /// The day that is meant by a moment of a cell.
    ///
    /// Days have no time of day. A program in China that writes midnight as an instant of UTC writes 16:00 of the day before
    /// (15:00 in the summers with daylight saving time, some seconds off before 1901, and 43 seconds off in a well-known
    /// library), and one that adds up fractions ends some milliseconds before midnight: the next day is meant. The last
    /// second or millisecond of a day is how programs write "until the end of the day", and means that day.
    fn of(moment: NaiveDateTime) -> Self {
        let today = moment.date();
        let local = ZONE.from_utc_datetime(&moment).naive_local();
        let next = [moment, local].into_iter().filter_map(near_midnight).find(|next| *next > today);
        match next {
            Some(_) if is_last(moment) || is_last(local) => Self { date: today, shifted: Some(moment) },
            Some(date) => Self { date, shifted: Some(moment) },
            None => Self { date: today, shifted: None },
        }
    }

    /// What a clerk reads of a day that seems to mean another than it shows: both of them.
    #[must_use]
    pub fn told_zh(self) -> Option<String> {
        let moment = self.shifted?;
        let other = if self.date == moment.date() { self.date.succ_opt()? } else { moment.date() };
        Some(format!("单元格为 {}，按 {} 处理，也可能是 {other}", moment.format("%Y-%m-%d %H:%M:%S"), self.date))
    }
}

/// The last second of a day, or its last millisecond.
fn is_last(moment: NaiveDateTime) -> bool {
    [0, 999].into_iter().any(|milli| NaiveTime::from_hms_milli_opt(23, 59, 59, milli) == Some(moment.time()))
}

/// The day that begins within a minute of a moment, before or after.
fn near_midnight(moment: NaiveDateTime) -> Option<NaiveDate> {
    let minute = TimeDelta::minutes(1);
    let day = moment.checked_add_signed(minute)?.date();
    (moment - day.and_time(NaiveTime::MIN)).abs().le(&minute).then_some(day)
}

/// Reads a day: `2022-11-03`, `2022/11/3`, `2022.11.3`, `20221103`, `2022年11月3日`, with or without a time of day; a
/// date cell; a numeric cell with a plausible serial number. `Ok(None)` where the cell is blank.
pub fn read_date(cell: Cell<'_>) -> Result<Option<Day>, DateError> {
    let day = match cell {
        Cell::Empty => return Ok(None),
        Cell::Text(written) if cell.is_blank() || matches!(text::trim(written), "-" | "/" | "无") => return Ok(None),
        Cell::Text(written) => written_date(&text::folded(written)).ok_or(DateError::Format)?,
        Cell::Number(value) => number_date(value).ok_or(DateError::Format)?,
        Cell::Date(moment) => Day::of(moment),
        Cell::Bool(_) => return Err(DateError::Format),
        Cell::Error => return Err(DateError::CellError),
        Cell::Unsaved => return Err(DateError::Unsaved),
    };
    if PLAUSIBLE_YEARS.contains(&chrono::Datelike::year(&day.date)) {
        Ok(Some(day))
    } else {
        Err(DateError::Implausible)
    }
}

fn number_date(value: f64) -> Option<Day> {
    if PLAUSIBLE_SERIALS.contains(&value) {
        let date = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(value as u64))?;
        let time = TimeDelta::milliseconds((value.fract() * 86_400_000.0).round() as i64);
        return date.and_time(NaiveTime::MIN).checked_add_signed(time).map(Day::of);
    }
    let packed = (18_000_101.0..=99_991_231.0).contains(&value) && value.fract() == 0.0;
    packed.then(|| packed_date(value as u32)).flatten().map(plain)
}

fn plain(date: NaiveDate) -> Day {
    Day { date, shifted: None }
}

fn packed_date(value: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt((value / 10_000) as i32, value / 100 % 100, value % 100)
}

fn written_date(written: &str) -> Option<Day> {
    if written.len() == 8 && written.bytes().all(|b| b.is_ascii_digit()) {
        return packed_date(written.parse().ok()?).map(plain);
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
    let date = NaiveDate::from_ymd_opt(parts[0] as i32, parts[1], parts[2])?;
    // What may follow is a time of day.
    let time = rest.trim_start_matches([' ', 'T']);
    let is_time = time.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | 'Z' | '+'));
    if !is_time || !time.is_empty() && !time.contains(':') {
        return None;
    }
    // One that names its zone says which day it is there.
    Some(match written_time(time) {
        Some(time) => Day::of(date.and_time(time)),
        None => plain(date),
    })
}

/// A time of day without a zone, or one of UTC; one with an offset says that the day is the one written.
fn written_time(time: &str) -> Option<NaiveTime> {
    let time = time.trim_end_matches('Z').trim_end_matches("+00:00").trim_end();
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())
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
            assert_eq!(read_date(Cell::Text(written)), Ok(Some(plain(day(2022, 11, 3)))), "{written}");
        }
        assert_eq!(read_date(Cell::Number(44_868.0)), Ok(Some(plain(day(2022, 11, 3)))));
        assert_eq!(read_date(Cell::Number(20_221_103.0)), Ok(Some(plain(day(2022, 11, 3)))));
        let afternoon = day(2022, 11, 3).and_hms_opt(13, 0, 0).unwrap();
        assert_eq!(read_date(Cell::Date(afternoon)), Ok(Some(plain(day(2022, 11, 3)))));
        assert_eq!(read_date(Cell::Text(" ")), Ok(None));
    }

    #[test]
    fn midnight_that_was_written_in_another_zone_is_the_next_day_and_both_are_told() {
        let cell = |written: &str| Cell::Date(NaiveDateTime::parse_from_str(written, "%Y-%m-%d %H:%M:%S%.f").unwrap());
        let read = |cell: Cell<'_>| read_date(cell).unwrap().unwrap();
        for moment in [
            "2020-03-04 16:00:00",
            "2020-03-04 15:59:17",
            "2020-03-04 16:00:43",
            "2020-03-04 23:59:59.136",
            "2020-03-04 23:59:17",
        ] {
            let found = read(cell(moment));
            assert_eq!(found.date, day(2020, 3, 5), "{moment}");
            let told = found.told_zh().unwrap();
            assert!(told.contains("按 2020-03-05") && told.contains("可能是 2020-03-04"), "{told}");
        }
        assert_eq!(read(cell("1988-07-14 15:00:00")).date, day(1988, 7, 15), "in the summers of 1986 to 1991");
        for text in ["2020-03-04T16:00:00.000Z", "2020/3/4 16:00", "2020-03-04 16:00:00+00:00"] {
            assert_eq!(read(Cell::Text(text)).date, day(2020, 3, 5), "{text}");
        }
        assert_eq!(read(Cell::Number(43_894.0 + 16.0 / 24.0)).date, day(2020, 3, 5));
        assert_eq!(read(Cell::Number(43_894.999_99)).date, day(2020, 3, 5));
        for end in ["2020-03-04 23:59:59", "2020-03-04 23:59:59.999", "2020-03-04 15:59:59"] {
            let found = read(cell(end));
            assert_eq!((found.date, found.shifted.is_some()), (day(2020, 3, 4), true), "{end}");
        }
        for plain in ["2020-03-04 00:00:00", "2020-03-04 08:00:00", "2020-03-04 16:30:00", "2020-03-04 00:00:43"] {
            assert_eq!(read(cell(plain)), super::plain(day(2020, 3, 4)), "{plain}");
        }
        assert_eq!(read(Cell::Text("2020-03-04T16:00:00+08:00")).shifted, None);
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
