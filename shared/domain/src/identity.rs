//! Documents that say who a person is: their kinds, the rules of their numbers, and the form in which two of them are
//! the same.

mod foreigner;
mod gb11643;
mod kind;
mod passport;
mod state;

use chrono::NaiveDate;

pub use kind::IdKind;
pub use state::State;

use crate::{
    ascii::{ShortAscii, masked_number},
    cell::Cell,
    finding::Code,
    mask,
    number::{Squeezed, squeeze},
    person::Sex,
};

/// A normalised document number: no blanks, letters in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber(ShortAscii<18>);

masked_number!(IdNumber, 18, mask::mask_number);

/// A kind and a number that fit each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document {
    /// The kind as stated.
    pub kind: IdKind,
    /// The number, normalised.
    pub number: IdNumber,
    /// The state that issued a passport, where it is stated.
    pub state: Option<State>,
}

/// Whose numbering a number belongs to: two documents are one when class and canonical number are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KindClass {
    /// GB 11643 and what shares its form: IDs, residence permits of 81/82/83, foreigners' IDs that begin with 9.
    Citizen,
    /// Passports, of whichever state.
    Passport,
    /// H or M and 8 digits; two more count the reissues and are no part of the person's number.
    HkMacao,
    /// 8 digits, or 10 of the older sort.
    Taiwan,
    /// 3 letters and 12 digits.
    ForeignerOld,
}

impl KindClass {
    /// The prefix in a document's key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Citizen => "cn",
            Self::Passport => "pp",
            Self::HkMacao => "hm",
            Self::Taiwan => "tw",
            Self::ForeignerOld => "fo",
        }
    }
}

/// What is wrong with a document number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdFault {
    /// One of the `id-*` codes, or `cell-error`, `value-kind`.
    pub code: Code,
    /// The kind that the number has, of an `id-kind-mismatch`.
    pub is: Option<IdKind>,
}

impl From<Code> for IdFault {
    fn from(code: Code) -> Self {
        Self { code, is: None }
    }
}

impl Document {
    /// Reads the number of a stated kind; `Ok(None)` where the cell is blank. `today` bounds the birth date.
    ///
    /// The first fault only is told, in the order length, characters, birth date, checksum: the later ones follow from
    /// the earlier. A fine 15-digit number is read, see [`Document::is_15_digits`].
    pub fn read(kind: IdKind, cell: Cell<'_>, today: NaiveDate) -> Result<Option<Self>, IdFault> {
        Self::read_issued(kind, None, cell, today)
    }

    /// The same of a document whose issuing state is stated; of others than passports it says nothing.
    pub fn read_issued(
        kind: IdKind,
        state: Option<State>,
        cell: Cell<'_>,
        today: NaiveDate,
    ) -> Result<Option<Self>, IdFault> {
        match squeeze(cell) {
            Squeezed::Blank => Ok(None),
            Squeezed::Text(text) => check(kind, state, text.as_str(), today).map(Some),
            Squeezed::Foreign => Err(Code::IdCharacters.into()),
            Squeezed::TooLong => Err(Code::IdLength.into()),
            Squeezed::PrecisionLost => Err(Code::IdPrecisionLost.into()),
            Squeezed::OtherContent => Err(Code::ValueKind.into()),
            Squeezed::CellError => Err(Code::CellError.into()),
            Squeezed::Unsaved => Err(Code::FormulaUnsaved.into()),
        }
    }

    /// Reads a number written as text.
    pub fn parse(kind: IdKind, number: &str, today: NaiveDate) -> Result<Self, IdFault> {
        Self::read(kind, Cell::Text(number), today)?.ok_or_else(|| Code::Required.into())
    }

    /// A document that was checked before, back from storage; `None` where the number can't be one.
    #[must_use]
    pub fn stored(kind: IdKind, number: &str) -> Option<Self> {
        IdNumber::stored(number).map(|number| Self { kind, number, state: None })
    }

    /// The same, issued by a state; of others than passports it says nothing.
    #[must_use]
    pub fn issued_by(self, state: Option<State>) -> Self {
        Self { state: state.filter(|_| self.kind == IdKind::Passport), ..self }
    }

    /// Whose numbering the number belongs to.
    #[must_use]
    pub fn class(&self) -> KindClass {
        match self.kind {
            IdKind::ResidentId | IdKind::ResidencePermit => KindClass::Citizen,
            IdKind::Passport => KindClass::Passport,
            IdKind::HkMacaoPermit => KindClass::HkMacao,
            IdKind::TaiwanPermit => KindClass::Taiwan,
            IdKind::ForeignerPermanentId if self.number.as_str().len() == 18 => KindClass::Citizen,
            IdKind::ForeignerPermanentId => KindClass::ForeignerOld,
        }
    }

    /// The canonical form by which documents are looked up, `cn:` and the number for instance; its keyed hash is what
    /// the registry indexes. A 15-digit ID has the key of the 18-digit number that replaced it.
    #[must_use]
    pub fn key(&self) -> String {
        let number = self.number.as_str();
        let class = self.class();
        let canonical = match class {
            KindClass::Citizen if number.len() == 15 => return format!("cn:{}", gb11643::upgraded(number)),
            KindClass::HkMacao => number.get(..9).unwrap_or(number),
            _ => number,
        };
        format!("{}:{canonical}", class.name())
    }

    /// Whether this is an ID of the first generation, which serves for matching only.
    #[must_use]
    pub fn is_15_digits(&self) -> bool {
        self.kind == IdKind::ResidentId && self.number.as_str().len() == 15
    }

    /// The 15-digit number that an 18-digit ID of someone born 1900–1999 had; itself for one of 15 digits.
    #[must_use]
    pub fn match_form_15(&self) -> Option<String> {
        let number = self.number.as_str();
        match (self.kind, number.len()) {
            (IdKind::ResidentId, 15) => Some(number.to_owned()),
            (IdKind::ResidentId, 18) if &number[6..8] == "19" => Some(format!("{}{}", &number[..6], &number[8..17])),
            _ => None,
        }
    }

    /// The birth date, of numbers that carry one.
    #[must_use]
    pub fn birth_date(&self) -> Option<NaiveDate> {
        match self.class() {
            KindClass::Citizen => gb11643::birth_date(self.number.as_str().as_bytes()),
            _ => None,
        }
    }

    /// The sex, of numbers that carry one.
    #[must_use]
    pub fn sex(&self) -> Option<Sex> {
        match self.class() {
            KindClass::Citizen => gb11643::sex(self.number.as_str().as_bytes()),
            _ => None,
        }
    }

    /// Whether the number begins with the code of a province, or of a state where it has one; true of numbers without.
    #[must_use]
    pub fn has_known_region(&self) -> bool {
        match self.class() {
            KindClass::ForeignerOld => foreigner::has_known_state(self.number.as_str()),
            _ => self.kind != IdKind::ResidentId || gb11643::is_province(self.number.as_str().as_bytes()),
        }
    }
}

/// Whether a number of 18 characters has the check character that the others ask for.
pub(crate) fn has_right_check(number: &str) -> bool {
    number.as_bytes().split_last().is_some_and(|(check, body)| gb11643::check_character(body) == *check)
}

fn check(kind: IdKind, state: Option<State>, text: &str, today: NaiveDate) -> Result<Document, IdFault> {
    let bytes = text.as_bytes();
    let fine = match kind {
        IdKind::ResidentId if bytes.len() == 15 => gb11643::check_15(bytes, today),
        IdKind::ForeignerPermanentId if foreigner::has_form(bytes) => foreigner::check(bytes, today),
        IdKind::ResidentId | IdKind::ResidencePermit | IdKind::ForeignerPermanentId => gb11643::check_18(bytes, today),
        IdKind::HkMacaoPermit => form(is_hk_macao(text), text, &[9, 11]),
        IdKind::TaiwanPermit => form(is_taiwan(text), text, &[8, 10]),
        IdKind::Passport => passport::check(text, state),
    };
    match fine {
        Ok(()) if text.len() == 18 => match gb11643::kind(bytes) {
            is if is == kind => Ok(()),
            is => Err(IdFault { code: Code::IdKindMismatch, is: Some(is) }),
        },
        Ok(()) => Ok(()),
        Err(code) => match kind_of(text, kind, today) {
            Some(is) => Err(IdFault { code: Code::IdKindMismatch, is: Some(is) }),
            None => Err(code.into()),
        },
    }?;
    let number = ShortAscii::new(text).map(IdNumber).ok_or(Code::IdLength)?;
    Ok(Document { kind, number, state: None }.issued_by(state))
}

/// The kind of a number that is fine but not of the stated kind; only where it can't be taken for a slip of the pen.
fn kind_of(text: &str, stated: IdKind, today: NaiveDate) -> Option<IdKind> {
    let is = if text.len() == 18 && gb11643::check_18(text.as_bytes(), today).is_ok() {
        gb11643::kind(text.as_bytes())
    } else if is_hk_macao(text) {
        IdKind::HkMacaoPermit
    } else if foreigner::has_form(text.as_bytes()) && foreigner::check(text.as_bytes(), today).is_ok() {
        IdKind::ForeignerPermanentId
    } else if is_chinese_passport(text) {
        IdKind::Passport
    } else if stated == IdKind::HkMacaoPermit && is_taiwan(text) {
        IdKind::TaiwanPermit
    } else {
        return None;
    };
    (is != stated).then_some(is)
}

fn form(fine: bool, text: &str, lengths: &[usize]) -> Result<(), Code> {
    match fine {
        true => Ok(()),
        false if lengths.contains(&text.len()) => Err(Code::IdCharacters),
        false => Err(Code::IdLength),
    }
}

fn digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn is_hk_macao(text: &str) -> bool {
    matches!(text.as_bytes(), [b'H' | b'M', rest @ ..] if matches!(rest.len(), 8 | 10) && digits(rest))
}

fn is_taiwan(text: &str) -> bool {
    matches!(text.len(), 8 | 10) && digits(text.as_bytes())
}

/// E or G and 8 digits, or E, a letter and 7 digits: ordinary passports of China.
fn is_chinese_passport(text: &str) -> bool {
    match text.as_bytes() {
        [b'E' | b'G', rest @ ..] if rest.len() == 8 => (rest[0].is_ascii_alphanumeric()) && digits(&rest[1..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
