//! Reads one cell after the other of a row and keeps the faults; knows what each sort of column may hold.

mod shown;

use chrono::NaiveDate;

use shown::{CUT, SCIENTIFIC, character, shortened};

use super::{Checked, Context};
use crate::{
    calendar::{DateError, read_date},
    card::{CardFault, CardNumber},
    cell::Cell,
    email,
    finding::{Code, Fault, Severity},
    identity::{Document, IdFault, IdKind, KindClass, State},
    mask,
    name::{NameError, PersonName, read_name},
    number::{Squeezed, squeeze},
    organization::OrgCode,
    person::{self, Sex},
    phone::Phone,
    precision::{Lost, Suspicion, ends_in_zeros},
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
    lost: Lost,
}

/// A number-like cell that can't be one: why, and what is particular.
struct Unfit {
    code: Code,
    detail: Option<&'static str>,
}

impl<'c> Columns<'c> {
    pub(super) fn new(table: &'static [Column], cells: &'c [Cell<'c>], context: Context) -> Self {
        Self { table, cells, faults: Vec::new(), failed: false, today: context.today, lost: context.lost }
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
        self.cells.get(place).copied().unwrap_or_default().unwrapped()
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
            Cell::Unsaved => self.fail(Code::FormulaUnsaved, place, String::new()),
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
        if text::is_lost(&written) {
            // A remark that is lost costs nobody the place; it is not taken over what is known.
            let fault = self.fault(Code::TextLost, place).value(shortened(&written));
            self.push(if self.table[place].required { fault } else { fault.warning() });
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
            let code = if text::is_lost(&written) { Code::TextLost } else { code };
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
        let error = match read_name(written) {
            Ok(name) => {
                if let Some(doubt) = name.doubt() {
                    self.push(self.fault(Code::NameDoubtful, place).value(name.masked()).detail(doubt));
                }
                return Some(name);
            }
            Err(error) => error,
        };
        let (code, detail) = match error {
            NameError::TooLong => (Code::ValueTooLong, None),
            NameError::Lost => (Code::TextLost, None),
            NameError::NoLetters => (Code::NameFormat, Some("没有文字".to_owned())),
            NameError::Character(c) => (Code::NameFormat, Some(character(c))),
        };
        let fault = self.fault(code, place).value(mask::mask_name(text::trim(written)));
        self.push(match detail {
            Some(detail) => fault.detail(detail),
            None => fault,
        });
        None
    }

    /// Kind, number and, of passports, the issuing state; the sex that the number tells is held against the stated one by
    /// [`Columns::sex`].
    pub(super) fn document(
        &mut self,
        kind_place: usize,
        number_place: usize,
        state_place: Option<usize>,
    ) -> Option<Document> {
        let kind = self.closed(kind_place, Code::IdKindUnknown, IdKind::parse_zh);
        let Some(kind) = kind else {
            if self.cell(number_place).is_blank() {
                self.blank(number_place);
            } else if let Squeezed::PrecisionLost = squeeze(self.cell(number_place)) {
                self.fail(Code::IdPrecisionLost, number_place, String::new());
            }
            return None;
        };
        let state = state_place.filter(|_| kind == IdKind::Passport).and_then(|place| self.state(place));
        let document = match Document::read_issued(kind, state, self.cell(number_place), self.today) {
            Ok(Some(document)) => document,
            Ok(None) => {
                self.blank(number_place);
                return None;
            }
            Err(fault) => {
                self.refuse(number_place, &fault);
                return None;
            }
        };
        if !self.is_whole(number_place, document.number.as_str(), self.lost.ids) {
            return None;
        }
        if document.is_15_digits() {
            let fault = self.fault(Code::Id15Digits, number_place).warning().value(document.number.masked());
            self.push(fault);
        } else if !document.has_known_region() {
            let fault = self.fault(Code::IdRegion, number_place).warning().value(document.number.masked());
            let of_state = document.class() == KindClass::ForeignerOld;
            self.push(if of_state { fault.detail("前三位应为国家（地区）代码") } else { fault });
        }
        Some(document)
    }

    /// The state that issued a passport. One that isn't known says nothing, and is told.
    fn state(&mut self, place: usize) -> Option<State> {
        let written = self.written(place)?;
        let state = State::parse_zh(&written);
        if state.is_none() {
            self.fail_softly(Code::ValueNotInList, place, shortened(&written));
        }
        state
    }

    /// Tells what is wrong with a document's number.
    fn refuse(&mut self, place: usize, fault: &IdFault) {
        let cut = fault.code == Code::IdChecksum && self.written_number(place).is_some_and(|text| ends_in_zeros(&text));
        let code = if cut { Code::IdPrecisionLost } else { fault.code };
        let told = self.fault(code, place).value(self.masked_number(place));
        self.push(match fault.is {
            Some(is) => told.detail(format!("这是{}的号码", is.name_zh())),
            None if cut => told.detail(CUT),
            None => told,
        });
    }

    /// Whether a fine number is believed to be what was typed; where the file's others tell that it was cut, it is somebody
    /// else's.
    fn is_whole(&mut self, place: usize, number: &str, suspicion: Suspicion) -> bool {
        if suspicion == Suspicion::None || !ends_in_zeros(number) {
            return true;
        }
        let fault = self.fault(Code::IdPrecisionLost, place).value(mask::mask_number(number)).detail(CUT);
        self.push(if suspicion == Suspicion::Sure { fault } else { fault.warning() });
        suspicion != Suspicion::Sure
    }

    fn written_number(&self, place: usize) -> Option<String> {
        match squeeze(self.cell(place)) {
            Squeezed::Text(plain) => Some(plain.as_str().to_owned()),
            _ => None,
        }
    }

    fn fail_softly(&mut self, code: Code, place: usize, masked: String) {
        let fault = self.fault(code, place).warning().value(masked);
        self.push(fault);
    }

    fn masked_number(&self, place: usize) -> String {
        shown::masked(self.cell(place), mask::mask_number)
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
    fn number<T>(
        &mut self,
        place: usize,
        code: Code,
        parse: impl Fn(&str) -> Result<T, Option<&'static str>>,
    ) -> Option<T> {
        let plainly = |code| Unfit { code, detail: None };
        let unfit = match squeeze(self.cell(place)) {
            Squeezed::Blank => {
                self.blank(place);
                return None;
            }
            Squeezed::Text(plain) => match parse(plain.as_str()) {
                Ok(value) => return Some(value),
                Err(detail) => Unfit { code, detail },
            },
            Squeezed::PrecisionLost if code == Code::PhoneFormat => Unfit { code, detail: Some(SCIENTIFIC) },
            Squeezed::PrecisionLost => plainly(Code::IdPrecisionLost),
            Squeezed::CellError => plainly(Code::CellError),
            Squeezed::Unsaved => plainly(Code::FormulaUnsaved),
            _ => plainly(code),
        };
        let masked = match unfit.code {
            Code::PhoneFormat => shown::masked(self.cell(place), mask::mask_phone),
            _ => self.masked_number(place),
        };
        let fault = self.fault(unfit.code, place).value(masked);
        self.push(match unfit.detail {
            Some(detail) => fault.detail(detail),
            None => fault,
        });
        None
    }

    pub(super) fn phone(&mut self, place: usize) -> Option<Phone> {
        self.number(place, Code::PhoneFormat, |plain| Phone::from_plain(plain).ok_or(None))
    }

    pub(super) fn uscc(&mut self, place: usize) -> Option<Uscc> {
        self.number(place, Code::UsccFormat, |plain| Uscc::from_plain(plain).ok_or(None))
    }

    pub(super) fn card(&mut self, place: usize) -> Option<CardNumber> {
        let told = |plain: &str, fault: CardFault| match fault {
            CardFault::Check if ends_in_zeros(plain) => CUT,
            fault => fault.message_zh(),
        };
        let parse = |plain: &str| CardNumber::from_plain(plain).map_err(|fault| Some(told(plain, fault)));
        let card = self.number(place, Code::CardFormat, parse)?;
        if !self.is_whole(place, card.as_str(), self.lost.cards) {
            return None;
        }
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
        self.number(place, Code::OrgCodeFormat, |plain| OrgCode::parse(plain).ok_or(None))
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
            Ok(Some(day)) if latest.is_none_or(|latest| day.date <= latest) => {
                if let Some(told) = day.told_zh() {
                    let fault = self.fault(Code::DateShifted, place).detail(told);
                    self.push(fault);
                }
                return Some(day.date);
            }
            Ok(Some(_)) | Err(DateError::Implausible) => Code::DateImplausible,
            Err(DateError::Format) => Code::DateFormat,
            Err(DateError::CellError) => Code::CellError,
            Err(DateError::Unsaved) => Code::FormulaUnsaved,
        };
        let shown = match self.cell(place) {
            Cell::Text(written) => shortened(text::trim(written)),
            Cell::Number(value) => shortened(&value.to_string()),
            Cell::Date(moment) => moment.date().to_string(),
            _ => String::new(),
        };
        self.fail(code, place, shown);
        None
    }
}
