//! The sums of a batch, added up three ways before it is submitted (product.md, Money).

use std::collections::{BTreeMap, HashMap};

use domain::{
    enrollment::{
        batch::Sums,
        premium::{Plan, Split},
    },
    money::Money,
};
use store::{Unit, submissions::Submission};

use super::{Season, gather::money_of_row, premiums::Splits, preview::no_sum};
use crate::{DeskError, Refusal};

/// What units are priced by alike: the bureau that they were received under, the plan, and the two shares.
type Price<'p> = (i64, &'p str, i64, i64);

/// People and money of a batch, added up person by person, unit by unit and for the bureau as a whole; where the three
/// differ the batch stops.
pub(crate) async fn agreed(unit: &mut Unit, season: &Season, going: &[Submission]) -> Result<(u64, Money), DeskError> {
    let ids: Vec<i64> = going.iter().map(|one| one.id).collect();
    let counted: HashMap<i64, i64> = store::batches::count_people(unit, &ids).await?.into_iter().collect();
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let mut by_person = (0, Money::ZERO);
    let mut by_unit = (0, Money::ZERO);
    // What a unit was received with holds for it: below another bureau, or before a split was set, it is priced by that.
    let mut by_price: BTreeMap<Price<'_>, (&Plan, Split, u64)> = BTreeMap::new();
    let mut splits = Splits::default();
    let add = |sum: &mut (u64, Money), people: u64, money: Money| {
        *sum = (sum.0 + people, sum.1.plus(money).map_err(|error| no_sum(&error))?);
        Ok::<(), Refusal>(())
    };
    for one in going {
        let plan = season.file.plan(&one.plan).ok_or_else(|| Refusal::unknown_plan(&season.file, &one.plan))?;
        let split = splits.of(unit, season.year(), one.bureau_id, plan, one.received_at).await?;
        let people = count(counted.get(&one.id).copied().unwrap_or(0));
        add(&mut by_person, people, plan.money(split, people).map_err(|error| no_sum(&error))?)?;
        add(&mut by_unit, count(one.people), money_of_row(one))?;
        let price = (one.bureau_id, one.plan.as_str(), split.bureau_fen, split.unit_fen);
        by_price.entry(price).or_insert((plan, split, 0)).2 += count(one.people);
    }
    let mut of_bureau = (0, Money::ZERO);
    for (plan, split, people) in by_price.into_values() {
        add(&mut of_bureau, people, plan.money(split, people).map_err(|error| no_sum(&error))?)?;
    }
    Sums { people: by_person, units: by_unit, bureau: of_bureau }.agreed().map_err(|error| {
        tracing::error!(%error, "the sums of a batch do not agree");
        let hint = "nothing was submitted; an engineer has to look: rollcall enroll recount";
        Refusal::new("sums-differ", error.to_string(), hint).into()
    })
}
