//! The campaign as it is watched: the totals of an organization and of those below it, and the queues.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};
use domain::{enrollment::submission::SubmissionStatus, organization::Level, role::Act};
use serde::Serialize;
use store::{messages::QueueState, organizations::Organization, statistics::StatusTotals};

use super::{MoneyView, Season, windows::shanghai};
use crate::{Desk, DeskError};

/// A campaign at one moment, as `monitor --json` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct Campaign {
    /// The coverage year.
    pub year: i32,
    /// When (business clock).
    pub as_of: DateTime<FixedOffset>,
    /// All units of the organization.
    pub all: CampaignLine,
    /// Each bureau below it, or each secondary union of a bureau.
    pub lines: Vec<CampaignLine>,
    /// The queues.
    pub queues: Vec<QueueState>,
}

/// How far the units of an organization are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignLine {
    /// The organization's number.
    pub org: String,
    /// The organization's name.
    pub name: String,
    /// Units that wait for a reviewer.
    pub submitted: i64,
    /// Units on the submission list.
    pub approved: i64,
    /// Units whose submission was returned; they are outstanding, too.
    pub returned: i64,
    /// Units in a batch, those included whose cover runs.
    pub finalized: i64,
    /// Units whose submission failed.
    pub failed: i64,
    /// Units with members that have yet to submit, or to submit again.
    pub outstanding: i64,
    /// People of what was neither returned nor failed.
    pub people: i64,
    /// Money of those by payer.
    pub money: MoneyView,
}

impl CampaignLine {
    fn of(org: &Organization, totals: &[&StatusTotals], outstanding: i64) -> Self {
        let mut line = Self {
            org: org.code.clone(),
            name: org.name.clone(),
            submitted: 0,
            approved: 0,
            returned: 0,
            finalized: 0,
            failed: 0,
            outstanding,
            people: 0,
            money: MoneyView::default(),
        };
        for one in totals {
            let counted = match SubmissionStatus::parse(&one.status) {
                Some(SubmissionStatus::Submitted) => &mut line.submitted,
                Some(SubmissionStatus::Approved) => &mut line.approved,
                Some(SubmissionStatus::Finalized | SubmissionStatus::Effective) => &mut line.finalized,
                Some(SubmissionStatus::Returned) => {
                    line.returned += one.units;
                    continue;
                }
                Some(SubmissionStatus::Failed) => {
                    line.failed += one.units;
                    continue;
                }
                None => continue,
            };
            *counted += one.units;
            line.people += one.people;
            line.money.total_fen += one.fen.total;
            line.money.municipal_fen += one.fen.municipal;
            line.money.bureau_fen += one.fen.bureau;
            line.money.unit_fen += one.fen.unit;
        }
        line
    }
}

impl Desk {
    /// How the campaign of an organization stands, or of the whole federation where none is named: off the totals, which
    /// are as current as the queue `enrollments`.
    pub async fn campaign(&self, account: &str, year: i32, org: Option<&str>) -> Result<Campaign, DeskError> {
        let org = self.organization_or_root(account, Act::SeeStatistics, org).await?;
        let mut session = self.store.snapshot().await?;
        Season::load(&mut session, year).await?;
        let below = match Level::parse(&org.level) {
            Some(Level::Municipal) => Level::Bureau,
            _ => Level::Secondary,
        };
        let levels = [org.level.as_str(), below.name()];
        let mut totals: HashMap<i64, Vec<StatusTotals>> = HashMap::new();
        for one in store::statistics::totals_of(&mut session, year, &org.path, levels).await? {
            totals.entry(one.org_id).or_default().push(one);
        }
        let outstanding = store::statistics::count_outstanding(&mut session, year, &org.path, levels).await?;
        let outstanding: HashMap<i64, i64> = outstanding.into_iter().collect();
        let upper = store::organizations::upper_below(&mut session, &org.path).await?;
        drop(session);
        let line = |org: &Organization| {
            let own: Vec<&StatusTotals> = totals.get(&org.id).into_iter().flatten().collect();
            CampaignLine::of(org, &own, outstanding.get(&org.id).copied().unwrap_or(0))
        };
        let mut lines: Vec<CampaignLine> =
            upper.iter().filter(|one| one.level == below.name() && one.id != org.id).map(line).collect();
        lines.sort_by(|one, other| one.org.cmp(&other.org));
        Ok(Campaign {
            year,
            as_of: shanghai(self.clock.business_now()),
            all: line(&org),
            lines,
            queues: self.queue_states().await?,
        })
    }
}
