//! Registry feeds: facts about documents, kept whether or not somebody with the document is a member (decisions 1).

use std::collections::HashMap;

use async_trait::async_trait;
use desk::{Cause, Moment, Outbox};
use domain::{
    card::CardNumber,
    cell::Cell,
    facts::Facts,
    import::{self, Decision},
    person::Staff,
    row::{Checked, Context, RegistryRow},
    template::TemplateKind,
};
use store::{DocKey, Session, StoreError, Unit, facts::NewFacts, organizations::SealedOption};

use super::{
    import::{File, Import},
    rows::Line,
    tally::Fate,
};
use crate::{Shift, WorkError, enrollment::gone};

/// The import of `registry`.
pub(crate) struct Registry;

/// What is on record about the documents of a chunk.
pub(crate) struct Known {
    facts: HashMap<DocKey, Facts>,
    keys: Vec<Option<DocKey>>,
}

#[async_trait]
impl Import for Registry {
    type Row = RegistryRow;
    type Known = Known;
    const KIND: TemplateKind = TemplateKind::Registry;
    const ONE_AT_A_TIME: bool = true;

    fn check(cells: &[Cell<'_>], context: Context) -> Checked<RegistryRow> {
        domain::row::registry(cells, context)
    }

    fn key(row: &RegistryRow) -> (String, &'static str) {
        (row.document.key(), "id_number")
    }

    async fn look<S: Session>(
        _shift: &Shift,
        session: &mut S,
        _files: &[File<'_>],
        lines: &[Line<RegistryRow>],
    ) -> Result<Known, WorkError> {
        let vault = session.vault();
        let keys: Vec<Option<DocKey>> =
            lines.iter().map(|line| line.row.as_ref().map(|row| vault.doc_key(&row.document.key()))).collect();
        let wanted: Vec<DocKey> = keys.iter().flatten().copied().collect();
        let mut facts = HashMap::new();
        for row in store::facts::known(session, &wanted).await? {
            let card = row.card.0.as_ref().map(|card| vault.open(card)).transpose().map_err(StoreError::from)?;
            let known = Facts {
                card: card.as_deref().and_then(CardNumber::stored),
                social_insurance: row.social_insurance,
                retired_on: row.retired_on,
                deceased_on: row.deceased_on,
                staff: row.staff.as_deref().and_then(Staff::parse),
            };
            facts.insert(row.key()?, known);
        }
        Ok(Known { facts, keys })
    }

    fn decide(_file: &File<'_>, place: usize, row: &RegistryRow, known: &Known) -> Decision {
        let facts = known.keys[place].and_then(|key| known.facts.get(&key));
        Decision { outcome: import::facts(&row.facts, facts), faults: Vec::new() }
    }

    async fn apply(
        _shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        lines: &[Line<RegistryRow>],
        decisions: &[Decision],
        known: &Known,
        moment: Moment,
        _outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        let vault = unit.vault();
        let mut new = Vec::new();
        for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
            let (Some(row), Some(doc_key)) = (&line.row, known.keys[place]) else { continue };
            if !matches!(Fate::from(&decision.outcome), Fate::New | Fate::Changed) {
                continue;
            }
            let card = row.facts.card.as_ref().map(|card| vault.seal(card.as_str())).transpose();
            new.push(NewFacts {
                doc_key,
                card: SealedOption(card.map_err(StoreError::from)?),
                social_insurance: row.facts.social_insurance,
                retired_on: row.facts.retired_on,
                deceased_on: row.facts.deceased_on,
                staff: row.facts.staff.map(Staff::name),
            });
        }
        let Some(file) = files.first() else { return Ok(()) };
        Ok(store::facts::put(unit, &new, file.task.upload.id, moment.business).await?)
    }

    /// Those of whom the feed has told that they died or retired, while they stand on a list: told at once.
    async fn conclude(
        shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        let mut all = Vec::new();
        for file in files {
            let upload = file.task.upload.id;
            let found = store::submissions::gone_by(unit, upload, moment.business).await?;
            let cause = Cause::Message(file.task.job.envelope.clone());
            all.extend(gone::letters(unit, upload, found, &cause).await?);
        }
        if !all.is_empty() {
            tracing::info!(
                letters = all.len(),
                "people on submitted lists have died or retired; units and reviewers are told"
            );
        }
        shift.desk.post(unit, outbox, &all, moment).await?;
        Ok(())
    }
}
