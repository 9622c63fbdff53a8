//! Decisions on requests: by the side that did not ask, or a union above it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    role::Act,
    transfer::{Side, Status},
};
use store::{
    Unit,
    moves::By,
    transfers::{Decision, Transfer},
};

use super::{carry::Chain, tell};
use crate::{Desk, DeskError, Done, ItemView, Moment, Outbox, Reach, items};

/// What is decided.
#[derive(Clone, Copy)]
enum Answer<'a> {
    Approve,
    Reject(&'a str),
}

/// What becomes of one request.
enum Fate {
    /// It is decided as was said.
    Decided,
    /// It is not, for this reason.
    Refused(&'static str, String),
    /// Events have overtaken it.
    Overtaken(&'static str, &'static str),
}

/// Why a request is void whose member is not where he was.
const GONE_ZH: &str = "会员已不在原工会，申请自动失效";
/// Why a request is void whose receiving union is gone.
const REMOVED_ZH: &str = "转入工会已撤销，申请自动失效";

impl Desk {
    /// Agrees to requests: the members move. One outcome each.
    pub async fn approve_transfers(&self, account: &str, ids: &[i64]) -> Result<Done, DeskError> {
        self.decide_transfers(account, ids, Answer::Approve).await
    }

    /// Refuses requests, with a reason for who asked. One outcome each.
    pub async fn reject_transfers(&self, account: &str, ids: &[i64], why: &str) -> Result<Done, DeskError> {
        self.authorize(account, Act::DecideTransfers, None).await?;
        let why = items::reason(why)?;
        self.decide_transfers(account, ids, Answer::Reject(&why)).await
    }

    async fn decide_transfers(&self, account: &str, ids: &[i64], answer: Answer<'_>) -> Result<Done, DeskError> {
        let reach = self.authorize(account, Act::DecideTransfers, None).await?;
        let mut view = self.store.view().await?;
        let seen = store::transfers::find_many(&mut view, ids).await?;
        drop(view);
        let people: Vec<i64> = seen.iter().map(|row| row.person_id).collect();
        let unions: Vec<i64> = seen.iter().flat_map(|row| [row.from_org_id, row.to_org_id]).collect();
        let mut held = self.hold(&people, &unions).await?;
        let rows = store::transfers::lock(&mut held.unit, ids).await?;
        let mut rows: HashMap<i64, Transfer> = rows.into_iter().map(|row| (row.id, row)).collect();
        let (mut items, mut decided, mut overtaken, mut orgs) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let mut given = HashSet::new();
        for id in ids {
            let row = rows.get(id).filter(|row| reach.covers(&row.from_path) || reach.covers(&row.to_path));
            let Some(row) = row.cloned() else {
                let message = "there is no such request within your reach".to_owned();
                items.push(item(*id, None, Fate::Refused("unknown", message), answer));
                continue;
            };
            orgs.insert(member_no(&row), row.decider().0.to_owned());
            if !given.insert(*id) {
                let message = "the number was given before".to_owned();
                items.push(item(*id, Some(&row), Fate::Refused("twice", message), answer));
                continue;
            }
            let member = held.members.get(&row.person_id).filter(|member| member.org_id == row.from_org_id);
            let fate = fate(&row, member.map(|member| member.deceased_on.is_some()), &reach, answer);
            match &fate {
                Fate::Decided => decided.push((row.clone(), member.cloned())),
                Fate::Overtaken(_, why) => overtaken.push((row.id, *why)),
                Fate::Refused(..) => {}
            }
            items.push(item(*id, Some(&row), fate, answer));
        }
        rows.clear();
        let (moment, mut outbox) = (self.moment(), Outbox::new());
        self.overtake(&mut held.unit, account, &overtaken, moment, &mut outbox).await?;
        match answer {
            Answer::Approve => {
                let agreed = decided.into_iter().filter_map(|(row, member)| Some((row, member?))).collect();
                let by = By { account, upload: None };
                self.carry_approvals(&mut held.unit, agreed, by, Chain::Act, moment, &mut outbox).await?;
            }
            Answer::Reject(why) => {
                let ids = decided.into_iter().map(|(row, _)| (row.id, why)).collect::<Vec<_>>();
                self.end(&mut held.unit, account, Status::Rejected, &ids, moment, &mut outbox).await?;
            }
        }
        self.finish_items(held.unit, account, Act::DecideTransfers, items, &orgs, outbox).await
    }

    async fn overtake(
        &self,
        unit: &mut Unit,
        account: &str,
        overtaken: &[(i64, &'static str)],
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), DeskError> {
        self.end(unit, account, Status::Void, overtaken, moment, outbox).await
    }

    /// Ends requests without a move, and tells who asked.
    async fn end(
        &self,
        unit: &mut Unit,
        account: &str,
        status: Status,
        requests: &[(i64, &str)],
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), DeskError> {
        let decision =
            |(id, why): &(i64, &str)| Decision { id: *id, status: status.name(), reason: Some((*why).to_owned()) };
        let decisions: Vec<Decision> = requests.iter().map(decision).collect();
        let ended = store::transfers::decide(unit, &decisions, account, moment.business).await?;
        let rows = store::transfers::find_many(unit, &ended).await?;
        Ok(tell::tell(self, unit, tell::News::Rejected, &rows, Chain::Act, moment, outbox).await?)
    }
}

/// `deceased` is none where the member is not in the union any more.
fn fate(row: &Transfer, deceased: Option<bool>, reach: &Reach, answer: Answer<'_>) -> Fate {
    let (code, path) = row.decider();
    if !reach.covers(path) {
        let message = format!("{code} decides, or a union above it: the side that asked does not");
        return Fate::Refused("no-right", message);
    }
    if Status::parse(&row.status) != Some(Status::Pending) {
        return Fate::Refused("decided", format!("the request is {} already", row.status));
    }
    match (answer, deceased) {
        (_, None) => Fate::Overtaken("moved", GONE_ZH),
        (Answer::Approve, _) if !row.to_stands => Fate::Overtaken("union-removed", REMOVED_ZH),
        (Answer::Approve, Some(true)) => {
            Fate::Refused("deceased", "a death is on record: reject it, and remove the member".to_owned())
        }
        _ => Fate::Decided,
    }
}

fn member_no(row: &Transfer) -> String {
    format!("{:010}", row.person_id)
}

fn item(id: i64, row: Option<&Transfer>, fate: Fate, answer: Answer<'_>) -> ItemView {
    let number = row.map(member_no);
    let view = |status, code, message| ItemView { member_no: number, transfer: Some(id), status, code, message };
    let way = row.map(|row| format!("from {} to {}", row.from_code, row.to_code)).unwrap_or_default();
    match (fate, answer) {
        (Fate::Decided, Answer::Approve) => view("approved", None, format!("moved {way}")),
        (Fate::Decided, Answer::Reject(_)) => {
            let asker = row.map_or(Side::To.name(), |row| row.asker().0).to_owned();
            view("rejected", None, format!("nothing has changed; {asker} is told the reason"))
        }
        (Fate::Refused(code, message), _) => view("refused", Some(code), message),
        (Fate::Overtaken(code, _), _) => {
            view("refused", Some(code), "events have overtaken the request, which is void now".to_owned())
        }
    }
}
