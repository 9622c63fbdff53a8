//! Lists of members who are to move: each row asks for one, of the upload's union or one below it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use desk::{Asked, Chain, Moment, Outbox, ask_step};
use domain::{
    cell::Cell,
    import::{self, Decision, Outcome},
    row::{Checked, Context, TransferRow},
    template::TemplateKind,
    transfer::{Step, Unfit},
};
use store::{
    DocKey, Session, Unit,
    memberships::{Member, MembershipData},
    moves::By,
    organizations::Organization,
    transfers::Transfer,
};

use super::{
    import::{File, Headcounts, Import},
    rows::Line,
};
use crate::{Shift, WorkError};

/// The import of `transfers`.
pub(crate) struct Transfers;

/// What the registry knows of a chunk.
pub(crate) struct Known {
    orgs: HashMap<String, Organization>,
    members: HashMap<DocKey, Member>,
    pending: HashMap<i64, Vec<Transfer>>,
    keys: Vec<Option<DocKey>>,
}

impl Known {
    /// The member of a line, within the union that the file is for.
    fn member(&self, file: &File<'_>, place: usize) -> Option<&Member> {
        let member = self.members.get(self.keys.get(place)?.as_ref()?)?;
        file.org.as_ref().filter(|org| member.org_path.starts_with(&org.path)).map(|_| member)
    }

    fn step(&self, member: &Member, to: &Organization) -> Result<(Step, Option<i64>), Unfit> {
        ask_step(member, to, self.pending.get(&member.person_id).map_or(&[], Vec::as_slice))
    }
}

#[async_trait]
impl Import for Transfers {
    type Row = TransferRow;
    type Known = Known;
    const KIND: TemplateKind = TemplateKind::Transfers;
    const ONE_AT_A_TIME: bool = false;

    fn check(cells: &[Cell<'_>], context: Context) -> Checked<TransferRow> {
        domain::row::transfer(cells, context)
    }

    fn key(row: &TransferRow) -> (String, &'static str) {
        (row.document.key(), "id_number")
    }

    async fn look<S: Session>(
        _shift: &Shift,
        session: &mut S,
        _files: &[File<'_>],
        lines: &[Line<TransferRow>],
    ) -> Result<Known, WorkError> {
        let vault = session.vault();
        let rows = || lines.iter().filter_map(|line| line.row.as_ref());
        let codes: Vec<String> = rows().map(|row| row.to_org_code.as_str().to_owned()).collect();
        let orgs = store::organizations::find_many(session, &codes).await?;
        let keys: Vec<Option<DocKey>> =
            lines.iter().map(|line| line.row.as_ref().map(|row| vault.doc_key(&row.document.key()))).collect();
        // Which union asks plays no part here: the open membership is what is wanted.
        let wanted: Vec<(DocKey, i64)> = keys.iter().flatten().map(|key| (*key, 0)).collect();
        let mut key_of = HashMap::new();
        for row in store::persons::known(session, &wanted).await? {
            key_of.insert(row.person_id, row.key()?);
        }
        let people: Vec<i64> = key_of.keys().copied().collect();
        let found = store::moves::find_many(session, &people).await?;
        let members = found.into_iter().filter_map(|member| Some((*key_of.get(&member.person_id)?, member))).collect();
        let mut pending: HashMap<i64, Vec<Transfer>> = HashMap::new();
        for row in store::transfers::pending_of(session, &people).await? {
            pending.entry(row.person_id).or_default().push(row);
        }
        Ok(Known { orgs: orgs.into_iter().map(|org| (org.code.clone(), org)).collect(), members, pending, keys })
    }

    fn decide(file: &File<'_>, place: usize, row: &TransferRow, known: &Known) -> Decision {
        let to = known.orgs.get(row.to_org_code.as_str());
        let step = known.member(file, place).map(|member| match to {
            Some(to) => known.step(member, to).map(|(step, _)| step),
            None => Ok(Step::Request),
        });
        import::transfer(row, to.is_some(), step)
    }

    async fn apply(
        shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        lines: &[Line<TransferRow>],
        decisions: &[Decision],
        known: &Known,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        let mut asked: BTreeMap<usize, Vec<Asked>> = BTreeMap::new();
        for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
            let Some(row) = &line.row else { continue };
            if !matches!(decision.outcome, Outcome::TransferIn | Outcome::Changed(_)) {
                continue;
            }
            let member = known.member(&files[line.file], place);
            let Some((member, to)) = member.zip(known.orgs.get(row.to_org_code.as_str())) else { continue };
            let Ok((step, request)) = known.step(member, to) else { continue };
            asked.entry(line.file).or_default().push(Asked {
                member: member.clone(),
                to: to.clone(),
                step,
                request,
                reason: domain::mask::mask_digits(&row.reason),
                data: MembershipData::default(),
            });
        }
        for (place, asked) in asked {
            let task = &files[place].task;
            let by = By { account: &task.upload.account, upload: Some(task.upload.id) };
            let chain = Chain::Job(&task.job.envelope);
            shift.desk.carry_asks(unit, asked, by, chain, moment, outbox).await?;
        }
        Ok(())
    }

    async fn headcounts<S: Session>(
        _session: &mut S,
        lines: &[Line<TransferRow>],
        decisions: &[Decision],
        known: &Known,
        into: &mut [Headcounts],
    ) -> Result<(), WorkError> {
        // Nobody is added up here: these are the unions that are held while the rows are carried out.
        let mut held = BTreeSet::new();
        for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
            let Some(row) = line.row.as_ref().filter(|_| decision.outcome != Outcome::Rejected) else { continue };
            let from = known.keys[place].as_ref().and_then(|key| known.members.get(key)).map(|member| member.org_id);
            let to = known.orgs.get(row.to_org_code.as_str()).map(|org| org.id);
            held.extend([from, to].into_iter().flatten().map(|org| (line.file, org)));
        }
        for (file, org) in held {
            into[file].unions.push((org, 0, 0));
        }
        Ok(())
    }
}
