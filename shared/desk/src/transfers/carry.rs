//! Carrying out what was asked for or agreed to, within a unit that holds the unions and members concerned.

use std::collections::{BTreeMap, HashMap};

use domain::transfer::{Side, Status, Step};
use messages::Envelope;
use store::{
    StoreError, Unit,
    memberships::{Member, MembershipData},
    moves::{By, Move},
    organizations::Organization,
    transfers::{Decision, NewTransfer, Transfer},
};

use super::tell::{News, tell};
use crate::{Desk, Moment, Outbox};

/// What led to an act: messages and mails join its chain.
#[derive(Debug, Clone, Copy)]
pub enum Chain<'e> {
    /// A person at the desk: every mail begins a chain.
    Act,
    /// A job.
    Job(&'e Envelope),
}

/// A member for whom something is to be done.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who, held.
    pub member: Member,
    /// The union to be, held.
    pub to: Organization,
    /// What asking leads to; `Pending` is nothing to be done.
    pub step: Step,
    /// The request that is there already.
    pub request: Option<i64>,
    /// Why, in the words of who asks.
    pub reason: String,
    /// What is said of the membership to be; what is `None` goes along.
    pub data: MembershipData,
}

impl Desk {
    /// Writes requests, moves those for whom nobody need be asked, and tells the sides. Number of the request by person.
    pub async fn carry_asks(
        &self,
        unit: &mut Unit,
        asked: Vec<Asked>,
        by: By<'_>,
        chain: Chain<'_>,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<BTreeMap<i64, i64>, StoreError> {
        let new: Vec<NewTransfer> = asked
            .iter()
            .filter(|one| one.request.is_none())
            .map(|one| NewTransfer {
                person_id: one.member.person_id,
                from_org_id: one.member.org_id,
                to_org_id: one.to.id,
                asked_by: Side::From.name(),
                reason: Some(one.reason.clone()),
                data: one.data.clone(),
            })
            .collect();
        let mut ids = store::transfers::request(unit, &new, by.account, by.upload, moment.business).await?;
        ids.extend(asked.iter().filter_map(|one| one.request));
        let rows = store::transfers::find_many(unit, &ids).await?;
        let numbers = rows.iter().map(|row| (row.person_id, row.id)).collect();
        let mut asked: HashMap<i64, Asked> = asked.into_iter().map(|one| (one.member.person_id, one)).collect();
        let (mut waiting, mut agreed) = (Vec::new(), Vec::new());
        for row in rows {
            match asked.remove(&row.person_id) {
                Some(one) if matches!(one.step, Step::Move | Step::Agree) => agreed.push((row, one.member)),
                _ => waiting.push(row),
            }
        }
        tell(self, unit, News::Requested, &waiting, chain, moment, outbox).await?;
        self.carry_approvals(unit, agreed, by, chain, moment, outbox).await?;
        Ok(numbers)
    }

    /// Moves members as requests say, makes what else was asked for about them void, and tells the sides.
    pub async fn carry_approvals(
        &self,
        unit: &mut Unit,
        agreed: Vec<(Transfer, Member)>,
        by: By<'_>,
        chain: Chain<'_>,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), StoreError> {
        if agreed.is_empty() {
            return Ok(());
        }
        let approve =
            |(row, _): &(Transfer, Member)| Decision { id: row.id, status: Status::Approved.name(), reason: None };
        let decisions: Vec<Decision> = agreed.iter().map(approve).collect();
        let decided = store::transfers::decide(unit, &decisions, by.account, moment.business).await?;
        if decided.len() != agreed.len() {
            return Err(StoreError::Conflict("a request has been decided meanwhile".to_owned()));
        }
        let moves: Vec<Move> = agreed
            .iter()
            .map(|(row, member)| Move {
                person_id: member.person_id,
                membership_id: member.membership_id,
                from_code: member.org_code.clone(),
                to_org_id: row.to_org_id,
                to_code: row.to_code.clone(),
                data: row.data.clone(),
            })
            .collect();
        let void = store::moves::relocate(unit, &moves, by, moment.business).await?;
        let rows: Vec<Transfer> = agreed.into_iter().map(|(row, _)| row).collect();
        tell(self, unit, News::Approved, &rows, chain, moment, outbox).await?;
        self.tell_void(unit, &void, chain, moment, outbox).await
    }

    /// Tells who asked that requests are void.
    pub async fn tell_void(
        &self,
        unit: &mut Unit,
        void: &[i64],
        chain: Chain<'_>,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), StoreError> {
        let rows = store::transfers::find_many(unit, void).await?;
        tell(self, unit, News::Rejected, &rows, chain, moment, outbox).await
    }

    /// Tells the unions that have these people that another one has claimed them.
    pub async fn tell_requested(
        &self,
        unit: &mut Unit,
        requests: &[i64],
        chain: Chain<'_>,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), StoreError> {
        let rows = store::transfers::find_many(unit, requests).await?;
        tell(self, unit, News::Requested, &rows, chain, moment, outbox).await
    }
}
