//! Premiums: what a plan costs per person, how its shares may be split, and what credit of earlier years takes off.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError, Yuan};

/// A plan (保障类型) of a coverage year. Its shares make up its fee; [`crate::year::file`] sees to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `A`, `A+`.
    pub code: String,
    /// A类会员专享基本保障.
    pub name: String,
    /// What one person's cover costs.
    pub fee_fen: i64,
    /// The federation's share of it, the same for every bureau.
    pub municipal_fen: i64,
    /// The share of bureaus and secondary unions where the bureau sets no split of its own.
    pub bureau_fen: i64,
    /// The unit's share where the bureau sets no split of its own.
    pub unit_fen: i64,
}

/// How the part that the federation does not pay is split, per person. It is valid (有效期) for the cover of its plan's
/// year, collective and instant alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Split {
    /// What the bureau bears.
    pub bureau_fen: i64,
    /// What the unit bears.
    pub unit_fen: i64,
}

/// Why a split is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A share below zero.
    #[error("a share below zero")]
    Negative,
    /// The two shares do not make up what the federation leaves to them.
    #[error("the shares make {}, but {} is to be split: the fee less the federation's share", Yuan(*.given_fen), Yuan(*.due_fen))]
    Sum {
        /// What the two shares make.
        given_fen: i64,
        /// What they have to make.
        due_fen: i64,
    },
}

impl Plan {
    /// The split of the year file.
    #[must_use]
    pub fn split(&self) -> Split {
        Split { bureau_fen: self.bureau_fen, unit_fen: self.unit_fen }
    }

    /// Whether a bureau may split the plan like this: both shares at least zero, their sum fee less municipal share.
    pub fn allows(&self, split: Split) -> Result<(), SplitError> {
        if split.bureau_fen < 0 || split.unit_fen < 0 {
            return Err(SplitError::Negative);
        }
        let due_fen = self.fee_fen.saturating_sub(self.municipal_fen);
        match split.bureau_fen.checked_add(split.unit_fen) {
            Some(sum) if sum == due_fen => Ok(()),
            sum => Err(SplitError::Sum { given_fen: sum.unwrap_or(i64::MAX), due_fen }),
        }
    }

    /// What so many people cost under a split, and who bears it: the one place where premiums are made.
    pub fn money(&self, split: Split, people: u64) -> Result<Money, MoneyError> {
        let one = Money::of_shares(self.municipal_fen, split.bureau_fen, split.unit_fen)?;
        if one.total_fen != self.fee_fen {
            return Err(MoneyError::Apart { total_fen: self.fee_fen, shares_fen: one.total_fen });
        }
        one.times(people)
    }
}

/// What a bureau transfers to the centre for a batch, with credit (计划退回金额) of earlier years taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What the batch's people cost, before the credit.
    pub money: Money,
    /// The credit that is taken off the bureau's share: never more than that share.
    pub credit_fen: i64,
    /// The credit that is left for another time.
    pub credit_left_fen: i64,
    /// What is to be transferred: the bureau's share less the credit, and the units' shares, which they paid to it.
    pub due_fen: i64,
}

impl Due {
    /// What is due when so much credit is there.
    pub fn of(money: Money, credit_fen: i64) -> Result<Self, MoneyError> {
        let money = money.checked()?;
        if credit_fen < 0 {
            return Err(MoneyError::Negative);
        }
        let applied = credit_fen.min(money.bureau_fen);
        let due_fen = (money.bureau_fen - applied).checked_add(money.unit_fen).ok_or(MoneyError::Overflow)?;
        Ok(Self { money, credit_fen: applied, credit_left_fen: credit_fen - applied, due_fen })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(fee: i64, municipal: i64, bureau: i64, unit: i64) -> Plan {
        let name = "示例保障".to_owned();
        let [fee_fen, municipal_fen, bureau_fen, unit_fen] = [fee, municipal, bureau, unit].map(|yuan| yuan * 100);
        Plan { code: "A".to_owned(), name, fee_fen, municipal_fen, bureau_fen, unit_fen }
    }

    #[test]
    fn the_cases_of_the_manual_hold_to_the_fen() {
        for (plan, people, [total, municipal, bureau, unit]) in [
            (plan(26, 13, 13, 0), 95, ["2470.00", "1235.00", "1235.00", "0.00"]),
            (plan(60, 20, 40, 0), 1064, ["63840.00", "21280.00", "42560.00", "0.00"]),
            (plan(76, 13, 63, 0), 1, ["76.00", "13.00", "63.00", "0.00"]),
        ] {
            let money = plan.money(plan.split(), people).unwrap();
            let shown = [money.total_fen, money.municipal_fen, money.bureau_fen, money.unit_fen];
            assert_eq!(shown.map(|fen| Yuan(fen).to_string()), [total, municipal, bureau, unit]);
        }
    }

    #[test]
    fn a_split_makes_up_what_the_federation_leaves() {
        let plan = plan(76, 13, 63, 0);
        for (bureau_fen, unit_fen) in [(6300, 0), (0, 6300), (3150, 3150), (6299, 1)] {
            assert_eq!(plan.allows(Split { bureau_fen, unit_fen }), Ok(()));
        }
        assert_eq!(plan.allows(Split { bureau_fen: -1, unit_fen: 6301 }), Err(SplitError::Negative));
        let sum = |given_fen| Err(SplitError::Sum { given_fen, due_fen: 6300 });
        assert_eq!(plan.allows(Split { bureau_fen: 6300, unit_fen: 1 }), sum(6301));
        assert_eq!(plan.allows(Split { bureau_fen: 0, unit_fen: 0 }), sum(0));
        assert_eq!(plan.allows(Split { bureau_fen: i64::MAX, unit_fen: 1 }), sum(i64::MAX));
        assert!(plan.money(Split { bureau_fen: 6300, unit_fen: 1 }, 1).is_err());
    }

    #[test]
    fn credit_is_taken_off_the_bureau_share_alone_and_never_below_zero() {
        let money = Money::of_shares(2000, 4000, 1000).unwrap();
        let due = |credit| Due::of(money, credit).map(|due| (due.credit_fen, due.credit_left_fen, due.due_fen));
        assert_eq!(due(0), Ok((0, 0, 5000)));
        assert_eq!(due(3999), Ok((3999, 0, 1001)));
        assert_eq!(due(4000), Ok((4000, 0, 1000)));
        assert_eq!(due(9000), Ok((4000, 5000, 1000)));
        assert_eq!(due(-1), Err(MoneyError::Negative));
    }

    proptest! {
        #[test]
        fn every_allowed_split_costs_the_fee(bureau_fen in 0..=6300_i64, people in 0..10_000_000_u64) {
            let plan = plan(76, 13, 63, 0);
            let split = Split { bureau_fen, unit_fen: 6300 - bureau_fen };
            prop_assert_eq!(plan.allows(split), Ok(()));
            prop_assert_eq!(plan.money(split, people).unwrap().total_fen, 7600 * people as i64);
        }

        #[test]
        fn credit_is_used_or_left_and_nothing_else(bureau in 0..=i64::MAX / 4, unit in 0..=i64::MAX / 4, credit in 0..=i64::MAX) {
            let due = Due::of(Money::of_shares(0, bureau, unit).unwrap(), credit).unwrap();
            prop_assert_eq!(due.credit_fen + due.credit_left_fen, credit);
            prop_assert_eq!(due.due_fen + due.credit_fen, bureau + unit);
            prop_assert!(due.due_fen >= unit && due.credit_left_fen >= 0);
        }
    }
}
