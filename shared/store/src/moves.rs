//! Members who move or leave: the membership, the history and the requests that it overtakes, in one go.
//!
//! Whoever moves or ends memberships holds the unions concerned (`organizations::lock`) and the memberships
//! (`lock`), in this order, so that two who do it at once wait for each other and never run into a deadlock.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    EngineKind, Rows, Session, StoreError, Unit, Value, Vault,
    memberships::{MEMBER_COLUMNS, Member, MembershipData, data_columns},
    organizations::SealedOption,
    persons::{self, NewChange},
    transfers,
};

/// Why a request is void whose member has moved.
const MOVED_ZH: &str = "会员已转入其他工会，申请自动失效";
/// Why a request is void whose member has been removed.
const REMOVED_ZH: &str = "会员已移除，申请自动失效";

/// Who does it.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// The account.
    pub account: &'a str,
    /// The upload that it came with.
    pub upload: Option<Uuid>,
}

/// A member who goes to another union.
#[derive(Debug, Clone)]
pub struct Move {
    /// Who.
    pub person_id: i64,
    /// The open membership.
    pub membership_id: i64,
    /// The number of its union.
    pub from_code: String,
    /// The union to be.
    pub to_org_id: i64,
    /// Its number.
    pub to_code: String,
    /// What is said of the new membership; what is `None` goes along from the old one.
    pub data: MembershipData,
}

/// A member who leaves for good.
#[derive(Debug, Clone)]
pub struct Leave {
    /// Who.
    pub person_id: i64,
    /// The open membership.
    pub membership_id: i64,
    /// The number of its union.
    pub from_code: String,
    /// `retired`, `convicted` or `deceased`.
    pub reason: &'static str,
    /// What the reason rests on.
    pub basis: &'static str,
}

/// The members with these numbers, with their memberships held for this unit; those who have left are not among them.
pub async fn lock(unit: &mut Unit, person_ids: &[i64]) -> Result<Vec<Member>, StoreError> {
    let held = match unit.kind() {
        EngineKind::Postgres => " ORDER BY memberships.id FOR UPDATE OF memberships",
        EngineKind::Sqlite => "",
    };
    members(unit, person_ids, held).await
}

/// The members with these numbers, in no order; those who have left are not among them.
pub async fn find_many(session: &mut impl Session, person_ids: &[i64]) -> Result<Vec<Member>, StoreError> {
    members(session, person_ids, "").await
}

async fn members(session: &mut impl Session, person_ids: &[i64], end: &str) -> Result<Vec<Member>, StoreError> {
    let mut sorted = person_ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    let sql = format!(
        "SELECT {MEMBER_COLUMNS} FROM r CROSS JOIN memberships CROSS JOIN persons CROSS JOIN organizations \
         LEFT JOIN facts ON facts.doc_key = persons.doc_key WHERE memberships.person_id = r.named AND memberships.until IS NULL \
         AND persons.id = memberships.person_id AND organizations.id = memberships.org_id{end}"
    );
    rows.fetch(session, &sql).await
}

/// Moves members: closes their memberships as `transferred`, opens new ones, keeps it in their history, and makes what
/// else was asked for about them void. The numbers of the requests that are void. `Conflict` when one has moved meanwhile.
pub async fn relocate(unit: &mut Unit, moves: &[Move], by: By<'_>, now: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
    let mut sorted: Vec<&Move> = moves.iter().collect();
    sorted.sort_unstable_by_key(|one| one.membership_id);
    let ends = sorted.iter().map(|one| (one.membership_id, "transferred", None));
    close(unit, ends.collect(), now).await?;
    let rows = data_columns(Rows::new(), sorted.iter().map(|one| &one.data), &unit.vault())?
        .int("membership_id", sorted.iter().map(|one| one.membership_id))
        .int("org_id", sorted.iter().map(|one| one.to_org_id))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "INSERT INTO memberships (person_id, org_id, phone, phone_key, employer, label, household, address, card_wanted, data_type, since, \
         changed_at) SELECT before.person_id, r.org_id, COALESCE(r.phone, before.phone), \
         CASE WHEN r.phone IS NULL THEN before.phone_key ELSE r.phone_key END, COALESCE(r.employer, before.employer), \
         COALESCE(r.label, before.label), COALESCE(r.household, before.household), COALESCE(r.address, before.address), \
         COALESCE(r.card_wanted, before.card_wanted), COALESCE(r.data_type, before.data_type), r.at, r.at \
         FROM r CROSS JOIN memberships AS before WHERE before.id = r.membership_id",
    )
    .await?;
    let vault = unit.vault();
    let change = |one: &Move| org_change(&vault, one.person_id, &one.from_code, Some(&one.to_code));
    let changes = moves.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    persons::record_changes(unit, &changes, by.account, by.upload, now).await?;
    let people: Vec<i64> = moves.iter().map(|one| one.person_id).collect();
    transfers::void_of(unit, &people, MOVED_ZH, by.account, now).await
}

/// Ends memberships with a reason, keeps it in the history, and makes what was asked for about these members void. The
/// numbers of the requests that are void. `Conflict` when one has moved meanwhile.
pub async fn end(unit: &mut Unit, leavers: &[Leave], by: By<'_>, now: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
    let ends = leavers.iter().map(|one| (one.membership_id, one.reason, Some(one.basis)));
    close(unit, ends.collect(), now).await?;
    let vault = unit.vault();
    let mut changes = Vec::with_capacity(leavers.len() * 2);
    for one in leavers {
        changes.push(org_change(&vault, one.person_id, &one.from_code, None)?);
        let after = SealedOption(Some(vault.seal(one.reason)?));
        changes.push(NewChange { person_id: one.person_id, field: "end_reason", before: SealedOption(None), after });
    }
    persons::record_changes(unit, &changes, by.account, by.upload, now).await?;
    let people: Vec<i64> = leavers.iter().map(|one| one.person_id).collect();
    transfers::void_of(unit, &people, REMOVED_ZH, by.account, now).await
}

pub(crate) async fn close(
    unit: &mut Unit,
    mut ends: Vec<(i64, &'static str, Option<&'static str>)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    ends.sort_unstable();
    let rows = Rows::new()
        .int("named", ends.iter().map(|(id, ..)| *id))
        .text("reason", ends.iter().map(|(_, reason, _)| (*reason).to_owned()))
        .text("basis", ends.iter().map(|(.., basis)| basis.map(str::to_owned)))
        .every("at", Value::Instant(Some(now)));
    let closed = rows
        .execute(
            unit,
            "UPDATE memberships SET until = r.at, end_reason = r.reason, end_basis = r.basis, changed_at = r.at \
             FROM r WHERE memberships.id = r.named AND memberships.until IS NULL",
        )
        .await?;
    if usize::try_from(closed).is_ok_and(|closed| closed == ends.len()) {
        Ok(())
    } else {
        Err(StoreError::Conflict("a member has moved or left meanwhile".to_owned()))
    }
}

fn org_change(vault: &Vault, person_id: i64, from: &str, to: Option<&str>) -> Result<NewChange, StoreError> {
    let after = to.map(|code| vault.seal(code)).transpose()?;
    Ok(NewChange { person_id, field: "org", before: SealedOption(Some(vault.seal(from)?)), after: SealedOption(after) })
}
