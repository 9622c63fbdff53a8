//! Reads one cell after the other of a row and keeps the faults; knows what each sort of column may hold.

use chrono::NaiveDate;

use super::{Checked, Context};
use crate::{
    calendar::{DateError, read_date},
    card::CardNumber,
    cell::Cell,
    email,
    finding::{Code, Fault, Severity},
    identity::{Document, IdKind},
    mask,
    name::{NameError, PersonName, read_name},
    number::{Squeezed, squeeze},
    organization::OrgCode,
    person::{self, Sex},
    phone::Phone,
    template::Column,
    text,
    uscc::Uscc,
};

/// The longest free text in characters.
pub(super) const LONGEST_TEXT: usize = 200;

pub(super) struct Columns<'c> {
    table: &'static [Column],
    cells: &'c [Cell<'c>],
    faults: Vec<Fault>,
    failed: bool,
    pub(super) today: NaiveDate,
}

impl<'c> Columns<'c> {
    pub(super) fn new(table: &'static [Column], cells: &'c [Cell<'c>], context: Context) -> Self {
        Self { table, cells, faults: Vec::new(), failed: false, today: context.today }
    }

    /// The row is read: its value stands if nothing is an error.
    pub(super) fn finish<T>(self, value: Option<T>) -> Checked<T> {
        Checked { value: if self.failed { None } else { value }, faults: self.faults }
    }

    pub(super) fn push(&mut self, fault: Fault) {
        self.failed |= fault.severity == Severity::Error;
        self.faults.push(fault);
    }

    pub(super) fn fault(&self, code: Code, place: usize) -> Fault {
        Fault::new(code, self.table[place].key)
    }

    fn fail(&mut self, code: Code, place: usize, masked: String) {
        let fault = self.fault(code, place);
        self.push(if masked.is_empty() { fault } else { fault.value(masked) });
    }

    fn cell(&self, place: usize) -> Cell<'c> {
        self.cells.get(place).copied().unwrap_or_default()
    }

    fn blank(&mut self, place: usize) {
        if self.table[place].required {
            self.fail(Code::Required, place, String::new());
        }
    }

    /// Text as it stands in the cell; numbers of numeric cells written out.
    fn written(&mut self, place: usize) -> Option<std::borrow::Cow<'c, str>> {
        match self.cell(place) {
            cell if cell.is_blank() => self.blank(place),
            Cell::Text(written) => return Some(text::tidy(written)),
            Cell::Number(value) => return Some(format!("{value}").into()),
            Cell::Error => self.fail(Code::CellError, place, String::new()),
            _ => self.fail(Code::ValueKind, place, String::new()),
        }
        None
    }

    pub(super) fn text(&mut self, place: usize) -> Option<Box<str>> {
        let written = self.written(place)?;
        // Bytes first: a text of few bytes has few characters.
        if written.len() > LONGEST_TEXT && written.chars().nth(LONGEST_TEXT).is_some() {
            self.fail(Code::ValueTooLong, place, format!("超过 {LONGEST_TEXT} 个字"));
            return None;
        }
        Some(written.into())
    }

    /// A value of an open list: an unknown one is a warning and taken as written.
    pub(super) fn open_list(&mut self, place: usize, list: &[&str]) -> Option<Box<str>> {
        let value = self.text(place)?;
        if !list.contains(&value.as_ref()) {
            let fault = self.fault(Code::ValueNotInList, place).warning().value(shortened(&value));
            self.push(fault);
        }
        Some(value)
    }

    /// A value of a closed list.
    pub(super) fn closed<T>(&mut self, place: usize, code: Code, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let written = self.written(place)?;
        let value = parse(&written);
        if value.is_none() {
            self.fail(code, place, shortened(&written));
        }
        value
    }

    pub(super) fn yes_no(&mut self, place: usize) -> Option<bool> {
        if let Cell::Bool(value) = self.cell(place) {
            return Some(value);
        }
        self.closed(place, Code::ValueNotInList, person::yes_no)
    }

    pub(super) fn name(&mut self, place: usize) -> Option<PersonName> {
        let Cell::Text(written) = self.cell(place) else {
            // Whatever else stands there is no name; `written` tells blanks from errors.
            if self.written(place).is_some() {
                self.fail(Code::ValueKind, place, String::new());
            }
            return None;
        };
        if self.cell(place).is_blank() {
            self.blank(place);
            return None;
        }
        match read_name(written) {
            Ok(name) => return Some(name),
            Err(NameError::TooLong) => self.fail(Code::ValueTooLong, place, mask::mask_name(text::trim(written))),
            Err(NameError::Characters) => self.fail(Code::NameFormat, place, mask::mask_name(text::trim(written))),
        }
        None
    }

    /// Kind and number; the sex that the number tells is held against the stated one by [`Columns::sex`].
    pub(super) fn document(&mut self, kind_place: usize, number_place: usize) -> Option<Document> {
        let kind = self.closed(kind_place, Code::IdKindUnknown, IdKind::parse_zh);
        let Some(kind) = kind else {
            if self.cell(number_place).is_blank() {
                self.blank(number_place);
            } else if let Squeezed::PrecisionLost = squeeze(self.cell(number_place)) {
                self.fail(Code::IdPrecisionLost, number_place, String::new());
            }
            return None;
        };
        let document = match Document::read(kind, self.cell(number_place), self.today) {
            Ok(Some(document)) => document,
            Ok(None) => {
                self.blank(number_place);
                return None;
            }
            Err(fault) => {
                let masked = self.masked_number(number_place);
                let told = self.fault(fault.code, number_place).value(masked);
                self.push(match fault.is {
                    Some(is) => told.detail(format!("这是{}的号码", is.name_zh())),
                    None => told,
                });
                return None;
            }
        };
        if document.is_15_digits() {
            let fault = self.fault(Code::Id15Digits, number_place).warning().value(document.number.masked());
            self.push(fault);
        } else if !document.has_known_region() {
            self.fail_softly(Code::IdRegion, number_place, document.number.masked());
        }
        Some(document)
    }

    fn fail_softly(&mut self, code: Code, place: usize, masked: String) {
        let fault = self.fault(code, place).warning().value(masked);
        self.push(fault);
    }

    fn masked_number(&self, place: usize) -> String {
        match squeeze(self.cell(place)) {
            Squeezed::Text(plain) => mask::mask_number(plain.as_str()),
            Squeezed::PrecisionLost => "数值".to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn sex(&mut self, place: usize, document: Option<&Document>) -> Option<Sex> {
        let stated = self.closed(place, Code::SexUnknown, Sex::parse_zh)?;
        if let Some(told) = document.and_then(Document::sex).filter(|told| *told != stated) {
            let fault = self.fault(Code::SexMismatch, place).value(stated.name_zh());
            self.push(fault.detail(format!("证件号码表示为{}性", told.name_zh())));
        }
        Some(stated)
    }

    /// A number-like cell, read by `parse` from its plain characters.
    fn number<T>(&mut self, place: usize, code: Code, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let code = match squeeze(self.cell(place)) {
            Squeezed::Blank => {
                self.blank(place);
                return None;
            }
            Squeezed::Text(plain) => match parse(plain.as_str()) {
                Some(value) => return Some(value),
                None => code,
            },
            Squeezed::PrecisionLost if code != Code::PhoneFormat => Code::IdPrecisionLost,
            Squeezed::CellError => Code::CellError,
            _ => code,
        };
        let masked = match code {
            Code::PhoneFormat => self.masked_phone(place),
            _ => self.masked_number(place),
        };
        self.fail(code, place, masked);
        None
    }

    fn masked_phone(&self, place: usize) -> String {
        match squeeze(self.cell(place)) {
            Squeezed::Text(plain) => mask::mask_phone(plain.as_str()),
            _ => String::new(),
        }
    }

    pub(super) fn phone(&mut self, place: usize) -> Option<Phone> {
        self.number(place, Code::PhoneFormat, Phone::from_plain)
    }

    pub(super) fn uscc(&mut self, place: usize) -> Option<Uscc> {
        self.number(place, Code::UsccFormat, Uscc::from_plain)
    }

    pub(super) fn card(&mut self, place: usize) -> Option<CardNumber> {
        let card = self.number(place, Code::CardFormat, CardNumber::from_plain)?;
        if !card.is_national() {
            self.fail_softly(Code::CardFormat, place, card.masked());
        }
        Some(card)
    }

    /// A union's code. It may be longer than a number, and letters of any script are welcome.
    pub(super) fn org_code(&mut self, place: usize) -> Option<OrgCode> {
        if let Cell::Text(written) = self.cell(place)
            && let Some(code) = OrgCode::parse(written)
        {
            return Some(code);
        }
        self.number(place, Code::OrgCodeFormat, OrgCode::parse)
    }

    pub(super) fn email(&mut self, place: usize) -> Option<Box<str>> {
        let written = self.written(place)?;
        let address = email::read_email(&written);
        if address.is_none() {
            self.fail(Code::EmailFormat, place, mask::mask_email(&shortened(&written)));
        }
        address.map(Into::into)
    }

    /// A day not after `latest`.
    pub(super) fn date(&mut self, place: usize, latest: Option<NaiveDate>) -> Option<NaiveDate> {
        let code = match read_date(self.cell(place)) {
            Ok(None) => {
                self.blank(place);
                return None;
            }
            Ok(Some(date)) if latest.is_none_or(|latest| date <= latest) => return Some(date),
            Ok(Some(_)) | Err(DateError::Implausible) => Code::DateImplausible,
            Err(DateError::Format) => Code::DateFormat,
            Err(DateError::CellError) => Code::CellError,
        };
        let shown = match self.cell(place) {
            Cell::Text(written) => shortened(text::trim(written)),
            _ => String::new(),
        };
        self.fail(code, place, shown);
        None
    }
}

/// The beginning of a value that names nobody; numbers in it are masked all the same.
fn shortened(value: &str) -> String {
    let short: String = value.chars().take(20).collect();
    mask::mask_digits(&short)
}
