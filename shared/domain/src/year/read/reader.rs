//! Values out of TOML, by section and key; what is not as it should be becomes a fault with its line.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    money::{YuanError, read_yuan},
    text,
    year::fault::{YearFault, YearFaultCode as Code},
};

/// Collects faults, and knows which byte is in which line.
pub(super) struct Reader {
    /// The first byte of each line.
    lines: Vec<usize>,
    faults: Vec<YearFault>,
}

/// A table with its place in the file.
pub(super) struct Section<'d, 't> {
    /// Its keys and values.
    pub table: &'d DeTable<'t>,
    /// How messages call it; empty for the file itself.
    pub path: String,
    /// Its first line.
    pub line: usize,
}

impl Section<'_, '_> {
    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { lines, faults: Vec::new() }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte)
    }

    pub(super) fn fault(&mut self, line: usize, code: Code, message: String) {
        self.faults.push(YearFault { line, code, message });
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The faults in the order of their lines.
    pub(super) fn into_faults(mut self) -> Vec<YearFault> {
        self.faults.sort();
        self.faults
    }

    /// Faults for keys that are none of `known`.
    pub(super) fn known_keys(&mut self, section: &Section<'_, '_>, known: &[&str]) {
        for key in section.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let message = format!("unknown key {}: one of {}", section.name(key.get_ref()), known.join(", "));
            self.fault(self.line(key.span().start), Code::UnknownKey, message);
        }
    }

    /// The line of a key's value; the section's where it is not there.
    pub(super) fn line_of(&self, section: &Section<'_, '_>, key: &str) -> usize {
        section.table.get(key).map_or(section.line, |value| self.line(value.span().start))
    }

    fn value<'d, 's>(&mut self, section: &Section<'d, 's>, key: &str) -> Option<&'d Spanned<DeValue<'s>>> {
        let value = section.table.get(key);
        if value.is_none() {
            self.fault(section.line, Code::Missing, format!("{} is missing", section.name(key)));
        }
        value
    }

    /// A value that `of` understands; anything else is a fault that asks for `wanted`.
    fn read<'d, 's: 'd, T>(
        &mut self,
        section: &Section<'d, 's>,
        key: &str,
        wanted: &str,
        of: impl FnOnce(&'d DeValue<'s>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(section, key)?;
        let read = of(value.get_ref());
        if read.is_none() {
            let found = value.get_ref().type_str();
            let message = format!("{}: {wanted}, not this {found}", section.name(key));
            self.fault(self.line(value.span().start), Code::Value, message);
        }
        read
    }

    /// A table below.
    pub(super) fn section<'d, 's: 'd>(&mut self, section: &Section<'d, 's>, key: &str) -> Option<Section<'d, 's>> {
        let line = self.line_of(section, key);
        let table = self.read(section, key, "write a section", DeValue::as_table)?;
        Some(Section { table, path: section.name(key), line })
    }

    /// The tables of `[[key]]`; at least one.
    pub(super) fn sections<'d, 's: 'd>(&mut self, section: &Section<'d, 's>, key: &str) -> Vec<Section<'d, 's>> {
        let wanted = format!("write one or more [[{key}]]");
        let Some(all) = self.read(section, key, &wanted, DeValue::as_array) else { return Vec::new() };
        if all.is_empty() {
            self.fault(self.line_of(section, key), Code::Missing, format!("{key} is empty: {wanted}"));
        }
        let mut sections = Vec::new();
        for one in all {
            let line = self.line(one.span().start);
            match one.get_ref().as_table() {
                Some(table) => sections.push(Section { table, path: section.name(key), line }),
                None => self.fault(line, Code::Value, format!("{}: {wanted}", section.name(key))),
            }
        }
        sections
    }

    /// A text that is not blank, of at most so many characters.
    pub(super) fn text(&mut self, section: &Section<'_, '_>, key: &str, most: usize) -> Option<String> {
        let wanted = format!("write a text of 1 to {most} characters in quotes");
        let fits = |text: &str| !text::trim(text).is_empty() && text.chars().nth(most).is_none();
        let text = self.read(section, key, &wanted, |value| value.as_str().filter(|text| fits(text)))?;
        Some(text::trim(text).to_owned())
    }

    /// The place of a word among those that there are.
    pub(super) fn word(&mut self, section: &Section<'_, '_>, key: &str, words: &[&str]) -> Option<usize> {
        let wanted = format!("write one of \"{}\"", words.join("\", \""));
        self.read(section, key, &wanted, |value| words.iter().position(|word| value.as_str() == Some(*word)))
    }

    /// Yes or no.
    pub(super) fn boolean(&mut self, section: &Section<'_, '_>, key: &str) -> Option<bool> {
        self.read(section, key, "write true or false", DeValue::as_bool)
    }

    /// A day in full, without quotes.
    pub(super) fn day(&mut self, section: &Section<'_, '_>, key: &str) -> Option<NaiveDate> {
        self.read(section, key, "write a day without quotes and time, as 2022-12-25", |value| {
            let written = value.as_datetime().filter(|moment| moment.time.is_none() && moment.offset.is_none())?;
            let date = written.date?;
            NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
        })
    }

    /// A whole number within limits.
    pub(super) fn number(&mut self, section: &Section<'_, '_>, key: &str, limits: RangeInclusive<i64>) -> Option<i64> {
        let number = self.read(section, key, "write a whole number", integer)?;
        self.within(self.line_of(section, key), &section.name(key), number, &limits)
    }

    /// A list of whole numbers within limits.
    pub(super) fn numbers(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        limits: RangeInclusive<i64>,
    ) -> Option<Vec<i64>> {
        let numbers = self.read(section, key, "write a list of whole numbers", |value| {
            value.as_array()?.iter().map(|one| integer(one.get_ref())).collect::<Option<Vec<i64>>>()
        })?;
        let (line, name) = (self.line_of(section, key), section.name(key));
        let within = numbers.iter().filter_map(|number| self.within(line, &name, *number, &limits)).count();
        (within == numbers.len()).then_some(numbers)
    }

    fn within(&mut self, line: usize, name: &str, number: i64, limits: &RangeInclusive<i64>) -> Option<i64> {
        if limits.contains(&number) {
            return Some(number);
        }
        let message = format!("{name} is {number}, outside {} to {}", limits.start(), limits.end());
        self.fault(line, Code::Limit, message);
        None
    }

    /// An amount in fen, written as text in yuan: a number would be rounded on its way.
    pub(super) fn yuan(&mut self, section: &Section<'_, '_>, key: &str) -> Option<i64> {
        let written = self.read(section, key, "write yuan in quotes, as \"26.00\"", DeValue::as_str)?;
        match read_yuan(written) {
            Ok(fen) => Some(fen),
            Err(error) => {
                let code = if error == YuanError::Format { Code::Value } else { Code::Amount };
                self.fault(self.line_of(section, key), code, format!("{}: {error}", section.name(key)));
                None
            }
        }
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
