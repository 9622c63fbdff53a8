//! A bureau's batch: its states, its number, who answers for it, and sums that must agree before it is submitted.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::transition::{Refusal, Transition, step};
use crate::{
    email, mask,
    money::{Money, MoneyError, Yuan},
    name,
    named::named,
    phone::Phone,
    role::Role::{self, Bureau, Centre, Federation},
};

named! {
    /// How a bureau's batch stands.
    BatchStatus {
        /// Submitted; the centre waits for a voucher.
        VoucherAwaited "voucher_awaited" "缴费凭证待上传",
        /// The centre is to check the voucher.
        VoucherUploaded "voucher_uploaded" "缴费凭证已上传",
        /// The centre has found the money.
        Confirmed "confirmed" "职保中心已确认",
        /// The centre has rejected the voucher, and waits for another.
        VoucherRejected "voucher_rejected" "缴费凭证被退回",
        /// No voucher in time.
        Failed "failed" "参保失败",
    }
}

named! {
    /// What happens to a batch.
    BatchEvent {
        /// The bureau submits its list, and something is due.
        Submit "submit",
        /// The bureau submits its list, and credit covers all of it: there is nothing to pay.
        SubmitPaid "submit-paid",
        /// The bureau uploads a voucher, or another one before the centre replied.
        Upload "upload",
        /// The centre confirms.
        Confirm "confirm",
        /// The centre rejects, with a reason.
        Reject "reject",
        /// The time for a voucher is up.
        Fail "fail",
        /// The failure is undone.
        Undo "undo",
    }
}

type Row = Transition<BatchStatus, BatchEvent>;

const fn row(from: Option<BatchStatus>, event: BatchEvent, to: Option<BatchStatus>, who: &'static [Role]) -> Row {
    Row { from, event, to, who }
}

/// Everything that can happen to a batch.
pub const TRANSITIONS: &[Row] = {
    use BatchEvent::{Confirm, Fail, Reject, Submit, SubmitPaid, Undo, Upload};
    use BatchStatus::{Confirmed, Failed, VoucherAwaited, VoucherRejected, VoucherUploaded};
    &[
        row(None, Submit, Some(VoucherAwaited), &[Bureau]),
        row(None, SubmitPaid, Some(Confirmed), &[Bureau]),
        row(Some(VoucherAwaited), Upload, Some(VoucherUploaded), &[Bureau]),
        row(Some(VoucherUploaded), Upload, Some(VoucherUploaded), &[Bureau]),
        row(Some(VoucherRejected), Upload, Some(VoucherUploaded), &[Bureau]),
        row(Some(VoucherUploaded), Confirm, Some(Confirmed), &[Centre]),
        row(Some(VoucherUploaded), Reject, Some(VoucherRejected), &[Centre]),
        row(Some(VoucherAwaited), Fail, Some(Failed), &[]),
        row(Some(VoucherRejected), Fail, Some(Failed), &[]),
        row(Some(Failed), Undo, None, &[Centre, Federation]),
    ]
};

impl BatchStatus {
    /// What an event makes of a batch; see [`step`].
    pub fn after(
        from: Option<Self>,
        event: BatchEvent,
        role: Option<Role>,
    ) -> Result<&'static Row, Refusal<Self, BatchEvent>> {
        step(TRANSITIONS, from, event, role)
    }

    /// Whether the centre waits for a voucher: what fails when the time for it is up.
    #[must_use]
    pub fn waits_for_voucher(self) -> bool {
        matches!(self, Self::VoucherAwaited | Self::VoucherRejected)
    }
}

/// The number of a batch: `CB`, the business day, and a counter of that day for the whole federation, of four digits and
/// more of them past 9999: `CB202208080004`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchNo {
    /// The business day.
    pub day: NaiveDate,
    /// Counts that day's batches from 1.
    pub counter: u32,
}

impl BatchNo {
    /// Reads a number in its one writing.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let digits = written.strip_prefix("CB").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let (day, counter) = digits.split_at_checked(8)?;
        let packed: u32 = day.parse().ok()?;
        let day = NaiveDate::from_ymd_opt((packed / 10_000) as i32, packed / 100 % 100, packed % 100)?;
        let number = Self { day, counter: counter.parse().ok()? };
        (number.counter > 0 && number.to_string() == written).then_some(number)
    }
}

impl fmt::Display for BatchNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { day, counter } = self;
        write!(f, "CB{:04}{:02}{:02}{counter:04}", day.year(), day.month(), day.day())
    }
}

impl Serialize for BatchNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BatchNo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        Self::parse(&written).ok_or_else(|| serde::de::Error::custom("not the number of a batch"))
    }
}

/// Who answers for a batch at the bureau (经办人).
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The name.
    pub name: name::PersonName,
    /// The mobile number.
    pub mobile: Phone,
    /// The e-mail address.
    pub email: String,
}

named! {
    /// What of a contact can't be used.
    ContactFault {
        /// No name of a person.
        Name "contact-name" "请填写经办人姓名",
        /// No mobile number.
        Mobile "contact-mobile" "请填写 11 位手机号码",
        /// No e-mail address.
        Email "contact-email" "请填写有效的电子邮箱",
    }
}

impl Contact {
    /// Reads all three, and tells of all that is wrong at once.
    pub fn read(name: &str, mobile: &str, email: &str) -> Result<Self, Vec<ContactFault>> {
        let read_name = if name.trim().is_empty() { None } else { name::read_name(name).ok() };
        match (read_name, Phone::parse(mobile), email::read_email(email)) {
            (Some(name), Some(mobile), Some(email)) => Ok(Self { name, mobile, email }),
            (name, mobile, email) => {
                let faults = [
                    name.is_none().then_some(ContactFault::Name),
                    mobile.is_none().then_some(ContactFault::Mobile),
                    email.is_none().then_some(ContactFault::Email),
                ];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({:?}, {:?}, {})", self.name, self.mobile, mask::mask_email(&self.email))
    }
}

/// One thing added up in three ways: over its people, over its units, and as the bureau's totals have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// People and money, person by person.
    pub people: (u64, Money),
    /// People and money, unit by unit.
    pub units: (u64, Money),
    /// People and money of the bureau.
    pub bureau: (u64, Money),
}

/// Sums that must not be submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SumsError {
    /// Different numbers of people.
    #[error("{people} people one by one, {units} by unit, {bureau} of the bureau")]
    People {
        /// One by one.
        people: u64,
        /// By unit.
        units: u64,
        /// Of the bureau.
        bureau: u64,
    },
    /// Different amounts of one payer, or in total.
    #[error("{payer}: {} by person, {} by unit, {} of the bureau", Yuan(*.people_fen), Yuan(*.units_fen), Yuan(*.bureau_fen))]
    Apart {
        /// `total`, `municipal`, `bureau` or `unit`.
        payer: &'static str,
        /// By person.
        people_fen: i64,
        /// By unit.
        units_fen: i64,
        /// Of the bureau.
        bureau_fen: i64,
    },
    /// Shares that don't make up their total, or amounts that can't be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Sums {
    /// People and money of the batch, once all three ways agree, per payer and in total.
    pub fn agreed(self) -> Result<(u64, Money), SumsError> {
        let all = [self.people, self.units, self.bureau];
        let [people, units, bureau] = all.map(|(count, _)| count);
        if people != units || units != bureau {
            return Err(SumsError::People { people, units, bureau });
        }
        let [people_by_payer, units_by_payer, bureau_by_payer] = all.map(|(_, money)| by_payer(money));
        for (place, (payer, people_fen)) in people_by_payer.into_iter().enumerate() {
            let (units_fen, bureau_fen) = (units_by_payer[place].1, bureau_by_payer[place].1);
            if people_fen != units_fen || units_fen != bureau_fen {
                return Err(SumsError::Apart { payer, people_fen, units_fen, bureau_fen });
            }
        }
        Ok((people, self.bureau.1.checked()?))
    }
}

fn by_payer(money: Money) -> [(&'static str, i64); 4] {
    let Money { total_fen, municipal_fen, bureau_fen, unit_fen } = money;
    [("total", total_fen), ("municipal", municipal_fen), ("bureau", bureau_fen), ("unit", unit_fen)]
}

#[cfg(test)]
mod tests;
