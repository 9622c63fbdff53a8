//! What goes into a bureau's batch, and what stays behind: approved submissions whose units have borne their share.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    enrollment::{
        closing::{UnitShare, deadline, may_finalize},
        submission::SubmissionStatus,
    },
    money::Money,
    year::window::WindowKind,
};
use serde::Serialize;
use store::{
    Session, Unit,
    batches::BatchSelection,
    organizations::Organization,
    submissions::{Submission, SubmissionSelection},
};

use super::{Season, preview::no_sum};
use crate::{Desk, DeskError, Moment, Outbox, Refusal};

/// A submission that a batch does not take along.
#[derive(Debug, Clone, Serialize)]
pub struct LeftBehind {
    /// The unit's number.
    pub org: String,
    /// How its submission stands.
    pub status: String,
    /// `not-reviewed`, `returned`, `unit-unpaid`, `unit-short`, `unit-late` or `nobody-left`.
    pub reason: &'static str,
}

/// What would go into a batch, and what stays behind.
pub(crate) struct Gathered {
    pub going: Vec<Submission>,
    pub left_behind: Vec<LeftBehind>,
}

/// Submissions of a bureau that came back to life when a failure was undone, and whose days are not over.
pub(crate) async fn revived(
    session: &mut impl Session,
    season: &Season,
    bureau: &Organization,
    now: DateTime<Utc>,
) -> Result<BTreeSet<i64>, DeskError> {
    let wanted =
        SubmissionSelection { year: season.year(), below: bureau.path.clone(), most: i64::MAX, ..Default::default() };
    let open: Vec<i64> = store::submissions::list(session, &wanted)
        .await?
        .into_iter()
        .filter(|one| one.batch_id.is_none() && one.status != SubmissionStatus::Failed.name())
        .map(|one| one.id)
        .collect();
    let closes_at = season.window(WindowKind::FinalSubmission, &bureau.path).map_or(now, |window| window.closes_at);
    let extra = season.file.rules().voucher_extra_days;
    let undone = store::failures::undone_at(session, &open).await?;
    Ok(undone.into_iter().filter(|(_, at)| now < deadline(closes_at, Some(*at), extra)).map(|(id, _)| id).collect())
}

/// What a bureau is told that approves something after its list has gone: nothing takes it along any more, but for what an
/// undoing has brought back, which is given here.
pub(crate) async fn list_has_gone(
    session: &mut impl Session,
    season: &Season,
    bureau: &Organization,
    now: DateTime<Utc>,
) -> Result<Option<(String, BTreeSet<i64>)>, DeskError> {
    let wanted = BatchSelection { year: season.year(), below: bureau.path.clone(), status: None };
    let first = store::batches::list(session, &wanted).await?.into_iter().min_by_key(|batch| batch.supplement);
    let Some(first) = first else { return Ok(None) };
    let message = format!(
        "{} has submitted its list as {}: this is in no batch, and fails when final-submission closes",
        bureau.code, first.batch_no
    );
    Ok(Some((message, revived(session, season, bureau, now).await?)))
}

/// The submissions below a bureau that may go, and those that stay behind. With `supplement`, only revived ones.
async fn gather(
    session: &mut impl Session,
    season: &Season,
    bureau: &Organization,
    supplement: Option<DateTime<Utc>>,
) -> Result<Gathered, DeskError> {
    let wanted =
        SubmissionSelection { year: season.year(), below: bureau.path.clone(), most: i64::MAX, ..Default::default() };
    let mut found = store::submissions::list(session, &wanted).await?;
    found.retain(|one| one.batch_id.is_none() && one.status != SubmissionStatus::Failed.name());
    if let Some(now) = supplement {
        let revived = revived(session, season, bureau, now).await?;
        found.retain(|one| revived.contains(&one.id));
    }
    let shares = unit_shares(session, season, &found).await?;
    let mut gathered = Gathered { going: Vec::new(), left_behind: Vec::new() };
    for one in found {
        let share = shares.get(&one.id).copied().unwrap_or(UnitShare::Settled);
        match SubmissionStatus::parse(&one.status) {
            Some(status) if may_finalize(status, share) => gathered.going.push(one),
            Some(SubmissionStatus::Submitted) => gathered.left_behind.push(left(&one, "not-reviewed")),
            Some(SubmissionStatus::Returned) => gathered.left_behind.push(left(&one, "returned")),
            _ => {
                if let UnitShare::Open(reason) = share {
                    gathered.left_behind.push(left(&one, reason.name()));
                }
            }
        }
    }
    Ok(gathered)
}

impl Desk {
    /// What goes and what stays behind, once it is settled who keeps those that stand in two lists, and whoever has instant
    /// cover is left out.
    pub(crate) async fn settled_list(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        season: &Season,
        bureau: &Organization,
        revived: Option<DateTime<Utc>>,
        moment: Moment,
    ) -> Result<Gathered, DeskError> {
        // A unit may submit anew, within an extension, until its row is locked: what goes is what stands there then.
        let seen: Vec<i64> = gather(unit, season, bureau, revived).await?.going.iter().map(|one| one.id).collect();
        // Two bureaus whose lists hold one person may come to wait for each other behind this: the database ends one of them,
        // and it is tried again. To look for such people before locking, too, would cost every list a third more.
        store::submissions::lock(unit, &seen).await?;
        let gathered = gather(unit, season, bureau, revived).await?;
        let ids: Vec<i64> = gathered.going.iter().map(|one| one.id).filter(|id| seen.contains(id)).collect();
        self.settle_conflicts(unit, outbox, season, &ids, moment).await?;
        self.leave_out_instant(unit, outbox, season, &ids, moment).await?;
        let mut left_behind = gathered.left_behind;
        let (going, empty): (Vec<_>, Vec<_>) =
            store::submissions::lock(unit, &ids).await?.into_iter().partition(|one| one.people > 0);
        left_behind.extend(empty.into_iter().map(|one| left(&one, "nobody-left")));
        Ok(Gathered { going, left_behind })
    }
}

fn left(one: &Submission, reason: &'static str) -> LeftBehind {
    LeftBehind { org: one.org_code.clone(), status: one.status.clone(), reason }
}

/// Whether each unit has borne its share: what counts is the value date (decision 31).
pub async fn unit_shares(
    session: &mut impl Session,
    season: &Season,
    submissions: &[Submission],
) -> Result<HashMap<i64, UnitShare>, DeskError> {
    let mut orgs: Vec<i64> = submissions.iter().filter(|one| one.fen.unit > 0).map(|one| one.org_id).collect();
    orgs.sort_unstable();
    let mut paid: HashMap<i64, Vec<(NaiveDate, i64)>> = HashMap::new();
    for (org, value_date, amount) in store::payments::of_units(session, season.year(), &orgs).await? {
        paid.entry(org).or_default().push((value_date, amount));
    }
    let share = |one: &Submission| {
        let window = season.window(WindowKind::UnitPayment, &one.org_path);
        let own = paid.get(&one.org_id).map(Vec::as_slice).unwrap_or_default();
        let in_time = |day| window.is_some_and(|window| window.takes_payment_of(day));
        let sum = |timely: bool| own.iter().filter(|(day, _)| in_time(*day) == timely).map(|(_, fen)| fen).sum();
        (one.id, UnitShare::of(one.fen.unit, sum(true), sum(false)))
    };
    Ok(submissions.iter().map(share).collect())
}

/// Money of a submission's row.
pub(crate) fn money_of_row(one: &Submission) -> Money {
    Money {
        total_fen: one.fen.total,
        municipal_fen: one.fen.municipal,
        bureau_fen: one.fen.bureau,
        unit_fen: one.fen.unit,
    }
}

pub(crate) fn sum(submissions: &[Submission]) -> Result<Money, Refusal> {
    Money::sum(submissions.iter().map(money_of_row)).map_err(|error| no_sum(&error))
}
