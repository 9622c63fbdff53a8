//! One file from its bytes to its rows: told by content, looked over, and opened as a book of sheets.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{BufReader, Seek},
};

use calamine::{Data, DataRef, ExcelDateTime};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use domain::{cell::Cell, finding::Code, template::TemplateKind};

use crate::{
    ReadLimits, Rejection,
    csv::CsvBook,
    decrypt,
    detect::{Container, detect},
    html::PageBook,
    ods::OdsBook,
    parts::sheet_parts,
    preflight::{Package, preflight},
    rejection::Failure,
    row::Row,
    shape::Shape,
    source::Source,
    xls::XlsBook,
    xlsb::XlsbBook,
    xlsx::XlsxBook,
};

/// A sheet of a workbook.
pub(crate) struct SheetName {
    pub name: String,
    pub visible: bool,
}

/// Takes a row that is not blank, and may add to it; false when no more are wanted.
pub(crate) type Take<'a> = dyn FnMut(&mut Row) -> Result<bool, Failure> + 'a;

/// A workbook that is being read; one per format.
pub(crate) trait Book {
    /// The sheets in order.
    fn sheets(&self) -> Vec<SheetName>;
    /// Hands over the rows of a sheet that hold anything, in order, until there are no more or `take` has enough.
    fn rows(&mut self, sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure>;
    /// What a sheet hides and merges, as far as the format tells without being read a second time.
    fn shape(&mut self, _sheet: usize) -> Result<Shape, Failure> {
        Ok(Shape::default())
    }
}

/// Opens a file by what its bytes are.
pub(crate) fn open(
    file: &mut File,
    size: u64,
    kind: TemplateKind,
    limits: &ReadLimits,
) -> Result<Box<dyn Book>, Failure> {
    let source = Source::File(file.try_clone()?);
    let book = match detect(&mut BufReader::with_capacity(64 << 10, &mut *file))? {
        Container::Encrypted => {
            let package = decrypt::package(file)?;
            let (size, mut source) = (package.len() as u64, Source::memory(package));
            match detect(&mut source)? {
                Container::Zip => open_as(Container::Zip, &source, size, kind, limits)?,
                _ => return Err(Rejection::damaged().into()),
            }
        }
        container => open_as(container, &source, size, kind, limits)?,
    };
    check_sheets(&book.sheets(), limits)?;
    Ok(book)
}

fn open_as(
    container: Container,
    source: &Source,
    size: u64,
    kind: TemplateKind,
    limits: &ReadLimits,
) -> Result<Box<dyn Book>, Failure> {
    let from_start = || {
        let mut again = source.again()?;
        again.rewind()?;
        Ok::<_, Failure>(again)
    };
    // The parts of an archive are read one after the other, each through a buffer of its own.
    let reader = || Ok::<_, Failure>(BufReader::with_capacity(32 << 10, from_start()?));
    Ok(match container {
        Container::Zip => match preflight(reader()?, size, limits)? {
            (Package::Xlsx, shapes) => {
                let parts = if shapes.is_empty() { HashMap::new() } else { sheet_parts(reader()?)? };
                Box::new(XlsxBook::open(reader()?, shapes, parts)?)
            }
            (Package::Xlsb, _) => Box::new(XlsbBook::open(reader()?)?),
            (Package::Ods, _) => Box::new(OdsBook::open(reader()?)?),
        },
        Container::Compound => Box::new(XlsBook::open(reader()?)?),
        Container::Page(charset) => Box::new(PageBook::open(from_start()?, charset, limits)?),
        Container::Text(charset) => Box::new(CsvBook::open(from_start()?, charset, kind, limits)?),
        Container::Encrypted => return Err(Rejection::encrypted().into()),
    })
}

/// Every sheet is looked at, so their number has a limit; and a name twice is a broken file: sheets are asked for by name,
/// so one would be read in place of the other.
fn check_sheets(sheets: &[SheetName], limits: &ReadLimits) -> Result<(), Rejection> {
    if sheets.len() as u64 > limits.entries {
        return Err(Rejection::too_large("工作表数", limits.entries, "张"));
    }
    let mut names = HashSet::new();
    let mut all = sheets.iter().map(|sheet| sheet.name.as_str());
    if all.all(|name| names.insert(name)) {
        Ok(())
    } else {
        Err(Rejection::new(Code::Damaged, "有同名的工作表"))
    }
}

/// Makes rows of cells that come one by one in order of rows.
pub(crate) struct Feed<'a, 'b> {
    row: &'a mut Row,
    take: &'a mut Take<'b>,
}

impl<'a, 'b> Feed<'a, 'b> {
    pub fn new(row: &'a mut Row, take: &'a mut Take<'b>) -> Self {
        row.start(0);
        Self { row, take }
    }

    /// Takes a cell at row and column, both from 0; false when no more are wanted.
    pub fn cell(&mut self, row: u32, column: u32, cell: Cell<'_>) -> Result<bool, Failure> {
        if matches!(cell, Cell::Empty) {
            return Ok(true);
        }
        let number = row.saturating_add(1);
        if number != self.row.number {
            if number < self.row.number {
                return Err(Rejection::damaged().into());
            }
            if !self.finish()? {
                return Ok(false);
            }
            self.row.start(number);
        }
        self.row.push(column, cell)?;
        Ok(true)
    }

    /// Hands over the last row.
    pub fn finish(&mut self) -> Result<bool, Failure> {
        if self.row.is_blank() { Ok(true) } else { (self.take)(self.row) }
    }
}

/// The parser has two types of values that differ in who owns the text; one match serves both.
macro_rules! cell_of {
    ($value:expr, $type:ident $(, $more:pat => $text:expr)?) => {
        match $value {
            $type::Empty => Cell::Empty,
            $type::Int(value) => Cell::Number(*value as f64),
            $type::Float(value) => Cell::Number(*value),
            $type::String(text) => Cell::Text(text),
            $($more => $text,)?
            $type::Bool(value) => Cell::Bool(*value),
            $type::DateTime(value) => date(*value),
            $type::DateTimeIso(text) => iso_date(text),
            $type::DurationIso(text) => Cell::Text(text),
            $type::Error(_) => Cell::Error,
        }
    };
}

/// What a parser's borrowed value means to us.
pub(crate) fn cell_of_ref<'a>(value: &'a DataRef<'_>) -> Cell<'a> {
    cell_of!(value, DataRef, DataRef::SharedString(text) => Cell::Text(text))
}

/// What a parser's owned value means to us.
pub(crate) fn cell_of(value: &Data) -> Cell<'_> {
    cell_of!(value, Data)
}

/// A day of the calendar is a date; times of day, durations and numbers out of range stay numbers.
pub(crate) fn date(value: ExcelDateTime) -> Cell<'static> {
    let number = value.as_f64();
    if value.is_duration() || !(1.0..2_958_466.0).contains(&number) {
        return Cell::Number(number);
    }
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let time = NaiveTime::from_hms_milli_opt(u32::from(hour), u32::from(minute), u32::from(second), u32::from(milli));
    match (date, time) {
        (Some(date), Some(time)) => Cell::Date(date.and_time(time)),
        _ => Cell::Number(number),
    }
}

/// A day in its ISO form, with or without a time; text as it stands where it is none.
pub(crate) fn iso_date(text: &str) -> Cell<'_> {
    let moment = text.parse::<NaiveDateTime>().ok();
    match moment.or_else(|| text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN))) {
        Some(moment) => Cell::Date(moment),
        None => Cell::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn dates_are_told_from_numbers() {
        let day = NaiveDate::from_ymd_opt(2022, 11, 3).unwrap().and_time(NaiveTime::MIN);
        assert!(date(ExcelDateTime::new(44_868.0, DateTime, false)) == Cell::Date(day));
        assert!(date(ExcelDateTime::new(43_406.0, DateTime, true)) == Cell::Date(day));
        assert!(iso_date("2022-11-03") == Cell::Date(day));
        assert!(iso_date("2022-11-03T00:00:00") == Cell::Date(day));
        assert!(iso_date("n/a") == Cell::Text("n/a"));
        for number in [60.0, 0.5, -1.0, 3e17, f64::NAN] {
            assert!(matches!(date(ExcelDateTime::new(number, DateTime, false)), Cell::Number(_)), "{number}");
        }
        assert!(matches!(date(ExcelDateTime::new(44_868.0, TimeDelta, false)), Cell::Number(_)));
    }
}
