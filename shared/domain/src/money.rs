//! Money in whole fen, and its writing in yuan. Sums are checked: too much is an error, never another amount.

use std::{fmt, iter};

use serde::{Deserialize, Serialize};

/// Why an amount can't be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Beyond what 64 bits of fen hold.
    #[error("more money than can be counted")]
    Overflow,
    /// Below zero.
    #[error("an amount below zero")]
    Negative,
    /// The shares do not make up the total.
    #[error("{total_fen} fen in total, but {shares_fen} fen of shares")]
    Apart {
        /// What is asked for.
        total_fen: i64,
        /// What the payers bear together.
        shares_fen: i64,
    },
}

/// Who bears a share, as notices, mails and workbooks call it: the federation, bureau and secondary unions, the unit.
pub const PAYERS_ZH: [&str; 3] = ["市总统一划拨", "区局/各级工会缴费", "基层单位缴费"];

/// An amount and who bears it. Where it was made by this crate, the shares make up the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// 保障费用.
    pub total_fen: i64,
    /// 市总统一划拨.
    pub municipal_fen: i64,
    /// 区局/各级工会缴费: what bureau and secondary unions bear together (decision 26).
    pub bureau_fen: i64,
    /// 基层单位缴费.
    pub unit_fen: i64,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self { total_fen: 0, municipal_fen: 0, bureau_fen: 0, unit_fen: 0 };

    /// The amount that three shares make up.
    pub fn of_shares(municipal_fen: i64, bureau_fen: i64, unit_fen: i64) -> Result<Self, MoneyError> {
        let total = i128::from(municipal_fen) + i128::from(bureau_fen) + i128::from(unit_fen);
        let total_fen = i64::try_from(total).map_err(|_| MoneyError::Overflow)?;
        Self { total_fen, municipal_fen, bureau_fen, unit_fen }.checked()
    }

    /// The same, once it is known that nothing is negative and that the shares make up the total: for what was read
    /// from elsewhere.
    pub fn checked(self) -> Result<Self, MoneyError> {
        let shares = [self.municipal_fen, self.bureau_fen, self.unit_fen];
        if shares.iter().any(|share| *share < 0) {
            return Err(MoneyError::Negative);
        }
        let shares_fen = shares.iter().try_fold(0_i64, |sum, share| sum.checked_add(*share));
        let shares_fen = shares_fen.ok_or(MoneyError::Overflow)?;
        if shares_fen != self.total_fen {
            return Err(MoneyError::Apart { total_fen: self.total_fen, shares_fen });
        }
        Ok(self)
    }

    /// So many times as much.
    pub fn times(self, count: u64) -> Result<Self, MoneyError> {
        let count = i64::try_from(count).map_err(|_| MoneyError::Overflow)?;
        self.each(Self::ZERO, |fen, _| fen.checked_mul(count))
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.each(other, i64::checked_add)
    }

    /// All of them together.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        all.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    fn each(self, other: Self, of: impl Fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        let part = |one: i64, two: i64| of(one, two).ok_or(MoneyError::Overflow);
        Ok(Self {
            total_fen: part(self.total_fen, other.total_fen)?,
            municipal_fen: part(self.municipal_fen, other.municipal_fen)?,
            bureau_fen: part(self.bureau_fen, other.bureau_fen)?,
            unit_fen: part(self.unit_fen, other.unit_fen)?,
        })
    }
}

/// Fen as clerks read them: `2470.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yuan(pub i64);

impl fmt::Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fen, sign) = (self.0.unsigned_abs(), if self.0 < 0 { "-" } else { "" });
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Why a text is no amount of yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YuanError {
    /// Not digits with at most one point.
    #[error("not an amount: write yuan with two decimals, as 26.00")]
    Format,
    /// Below zero.
    #[error("an amount below zero")]
    Negative,
    /// Smaller parts than fen.
    #[error("more than two decimals")]
    Decimals,
    /// Beyond what 64 bits of fen hold.
    #[error("more money than can be counted")]
    Overflow,
}

/// Reads yuan with at most two decimals into fen: `26`, `26.5`, `26.00`, `63,840.00`.
pub fn read_yuan(written: &str) -> Result<i64, YuanError> {
    let written = written.trim();
    if let Some(rest) = written.strip_prefix('-') {
        let is_amount = !rest.starts_with('-') && read_yuan(rest).is_ok();
        return Err(if is_amount { YuanError::Negative } else { YuanError::Format });
    }
    let (whole, decimals) = written.split_once('.').unwrap_or((written, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let plain = if is_grouped(whole) { whole.replace(',', "") } else { whole.to_owned() };
    if !digits(&plain) || !digits(decimals) {
        return Err(YuanError::Format);
    }
    if decimals.len() > 2 {
        return Err(YuanError::Decimals);
    }
    let fen = plain.chars().chain(decimals.chars()).chain(iter::repeat_n('0', 2 - decimals.len()));
    fen.collect::<String>().parse().map_err(|_| YuanError::Overflow)
}

/// Whether commas stand before each group of three digits and nowhere else.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_are_read_to_the_fen() {
        for (written, fen) in [("26.00", 2600), ("26", 2600), ("26.5", 2650), ("0.01", 1), ("63,840.00", 6_384_000)] {
            assert_eq!(read_yuan(written), Ok(fen), "{written}");
        }
        assert_eq!(read_yuan("26.001"), Err(YuanError::Decimals));
        assert_eq!(read_yuan("-26.00"), Err(YuanError::Negative));
        assert_eq!(read_yuan("92233720368547758.07"), Ok(i64::MAX));
        assert_eq!(read_yuan("92233720368547758.08"), Err(YuanError::Overflow));
        for wrong in ["", ".", "26.", ".5", "2 6", "26元", "+26", "6,3840", "2.6.0", "--1", "-", "1e3", "２６"] {
            assert_eq!(read_yuan(wrong), Err(YuanError::Format), "{wrong}");
        }
        assert_eq!((Yuan(5).to_string(), Yuan(-247_000).to_string()), ("0.05".to_owned(), "-2470.00".to_owned()));
    }

    #[test]
    fn too_much_is_an_error_and_never_another_amount() {
        let much = Money::of_shares(i64::MAX, 0, 0).unwrap();
        assert_eq!(Money::of_shares(i64::MAX, 1, 0), Err(MoneyError::Overflow));
        assert_eq!(much.plus(Money::of_shares(1, 0, 0).unwrap()), Err(MoneyError::Overflow));
        assert_eq!(much.times(2), Err(MoneyError::Overflow));
        assert_eq!(Money::ZERO.times(u64::MAX), Err(MoneyError::Overflow));
        assert_eq!(Money::of_shares(-1, 2, 0), Err(MoneyError::Negative));
        let apart = Money { total_fen: 5, municipal_fen: 1, bureau_fen: 2, unit_fen: 3 };
        assert_eq!(apart.checked(), Err(MoneyError::Apart { total_fen: 5, shares_fen: 6 }));
    }

    proptest! {
        #[test]
        fn writing_and_reading_is_the_same_amount(fen in 0..=i64::MAX) {
            prop_assert_eq!(read_yuan(&Yuan(fen).to_string()), Ok(fen));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[-0-9.,元 ]{0,24}") {
            let _ = read_yuan(&text);
        }

        #[test]
        fn the_shares_always_make_up_the_total(
            shares in prop::collection::vec((0..1_000_000_i64, 0..1_000_000_i64, 0..1_000_000_i64), 0..20),
            count in 0..1_000_000_u64,
        ) {
            let parts: Vec<_> = shares.into_iter().map(|(m, b, u)| Money::of_shares(m, b, u).unwrap()).collect();
            let sum = Money::sum(parts.iter().copied()).unwrap();
            prop_assert_eq!(sum.checked(), Ok(sum));
            let many = sum.times(count).unwrap();
            prop_assert_eq!(many.checked(), Ok(many));
            let one_by_one = Money::sum(parts.iter().map(|part| part.times(count).unwrap())).unwrap();
            prop_assert_eq!(many, one_by_one);
        }
    }
}
