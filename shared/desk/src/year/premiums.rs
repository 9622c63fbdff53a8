//! Premium splits: within `premium-setting` a bureau shares with its units what the federation does not pay.

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, Utc};
use domain::{
    enrollment::premium::{Plan, Split},
    role::Act,
    year::window::WindowKind,
};
use serde::Serialize;
use store::{Session, organizations::Organization, premiums};

use super::Season;
use crate::{Desk, DeskError, Refusal};

/// What one premium of a plan is made of, for the units of a bureau.
#[derive(Debug, Clone, Serialize)]
pub struct PremiumView {
    /// The coverage year.
    pub year: i32,
    /// The bureau's number.
    pub org: String,
    /// The plan's code.
    pub plan: String,
    /// The plan's name.
    pub name: String,
    /// The whole premium, in fen.
    pub fee_fen: i64,
    /// The federation's share.
    pub municipal_fen: i64,
    /// The share of the bureau and the secondary unions.
    pub bureau_fen: i64,
    /// The unit's share.
    pub unit_fen: i64,
    /// Who set the split; none: the year's default.
    pub set_by: Option<String>,
    /// When.
    pub set_at: Option<DateTime<Utc>>,
}

/// The split that held at an instant for the units of a bureau: the newest it had set by then, else the plan's. What was
/// received before a split was set keeps its money.
fn split_at(splits: &[premiums::Split], plan: &Plan, at: DateTime<Utc>) -> Split {
    let own = splits.iter().rev().find(|split| split.plan == plan.code && split.set_at <= at);
    own.map_or_else(|| plan.split(), |own| Split { bureau_fen: own.bureau_fen, unit_fen: own.unit_fen })
}

/// The same of one bureau that is not asked about again.
pub(crate) async fn split_of(
    session: &mut impl Session,
    year: i32,
    bureau_id: i64,
    plan: &Plan,
    at: DateTime<Utc>,
) -> Result<Split, DeskError> {
    Ok(split_at(&premiums::of_bureau(session, year, bureau_id).await?, plan, at))
}

/// The splits of bureaus within one unit of work, each bureau asked for once.
#[derive(Debug, Default)]
pub(crate) struct Splits(HashMap<i64, Vec<premiums::Split>>);

impl Splits {
    /// The split that held at an instant for the units of a bureau.
    pub async fn of(
        &mut self,
        session: &mut impl Session,
        year: i32,
        bureau_id: i64,
        plan: &Plan,
        at: DateTime<Utc>,
    ) -> Result<Split, DeskError> {
        let known = match self.0.entry(bureau_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(premiums::of_bureau(session, year, bureau_id).await?),
        };
        Ok(split_at(known, plan, at))
    }
}

impl Desk {
    /// What the premiums of a bureau's units are made of, per plan.
    pub async fn premiums(&self, account: &str, year: i32, org: &str) -> Result<Vec<PremiumView>, DeskError> {
        let bureau = self.bureau(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        let splits = premiums::of_bureau(&mut session, year, bureau.id).await?;
        let view = |plan: &Plan| {
            let own = splits.iter().rev().find(|split| split.plan == plan.code);
            let split =
                own.map_or_else(|| plan.split(), |own| Split { bureau_fen: own.bureau_fen, unit_fen: own.unit_fen });
            premium_view(year, &bureau, plan, split, own.map(|own| (own.set_by.clone(), own.set_at)))
        };
        Ok(season.file.plans().iter().map(view).collect())
    }

    /// Sets how a bureau splits a plan. Submissions that came before keep their money.
    pub async fn set_premium(
        &self,
        account: &str,
        year: i32,
        org: &str,
        plan: &str,
        split: Split,
    ) -> Result<PremiumView, DeskError> {
        let bureau = self.bureau(account, Act::SetPremium, org).await?;
        let mut unit = self.store.begin().await?;
        store::organizations::lock(&mut unit, &[bureau.id]).await?;
        let now = self.clock.business_now();
        let season = Season::load(&mut unit, year).await?;
        let known = season.file.plan(plan).ok_or_else(|| Refusal::unknown_plan(&season.file, plan))?.clone();
        let hint = "the split that holds is shown by: rollcall premium show";
        if let Err(refusal) = season.require_open(WindowKind::PremiumSetting, &bureau, now, hint) {
            unit.rollback().await?;
            return Err(self.refused(account, Act::SetPremium, Some(&bureau.code), refusal).await?);
        }
        known.allows(split).map_err(|error| {
            Refusal::new(
                "split",
                error.to_string(),
                "bureau and unit share make up the fee less the federation's share",
            )
        })?;
        let row = premiums::Split {
            year,
            plan: plan.to_owned(),
            org: bureau.code.clone(),
            bureau_fen: split.bureau_fen,
            unit_fen: split.unit_fen,
            set_by: account.to_owned(),
            set_at: now,
        };
        premiums::set(&mut unit, bureau.id, &row).await?;
        let about = format!("premium:{year}:{plan}:{}+{}", split.bureau_fen, split.unit_fen);
        let act = self.act(account, Act::SetPremium.name(), Some(&bureau.code), Some(about), "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(premium_view(year, &bureau, &known, split, Some((account.to_owned(), now))))
    }

    /// A bureau by its number, for an account that may do the act there.
    pub(crate) async fn bureau(&self, account: &str, act: Act, code: &str) -> Result<Organization, DeskError> {
        let org = self.organization_for(account, act, code).await?;
        if org.level == domain::organization::Level::Bureau.name() {
            return Ok(org);
        }
        Err(Refusal::new(
            "not-a-bureau",
            format!("{code} is no bureau, it is {}", org.level),
            "name a bureau with --org",
        )
        .into())
    }
}

fn premium_view(
    year: i32,
    bureau: &Organization,
    plan: &Plan,
    split: Split,
    set: Option<(String, DateTime<Utc>)>,
) -> PremiumView {
    let (set_by, set_at) = set.unzip();
    PremiumView {
        year,
        org: bureau.code.clone(),
        plan: plan.code.clone(),
        name: plan.name.clone(),
        fee_fen: plan.fee_fen,
        municipal_fen: plan.municipal_fen,
        bureau_fen: split.bureau_fen,
        unit_fen: split.unit_fen,
        set_by,
        set_at,
    }
}
