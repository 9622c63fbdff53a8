//! Rosters: read, checked, held where they mean something else than they seem to; the comparison itself is another job's.
//!
//! Reads the file and the registry; writes the upload's counts and findings and the comparison's row. Leads to
//! `comparison.requested`. The upload ends with the comparison.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use desk::{Moment, Outbox};
use domain::{
    cell::Cell,
    finding::{Code, Fault},
    guard::Hold,
    import::{Decision, Outcome},
    mask,
    name::name_key,
    row::{Checked, Context, RosterRow},
    template::TemplateKind,
    upload::UploadStatus,
};
use messages::ComparisonRequested;
use store::{DocKey, Session, StoreError, Unit, comparisons::NewComparison, persons::Known as KnownPerson};

use super::{
    Task, UploadSettings, UploadWork,
    import::{File, Headcounts, Import, Looked},
    report,
    rows::Line,
    tally::{Fate, Tally},
};
use crate::{Shift, WorkError};

/// The upload of `roster`.
pub(crate) struct Roster;

/// What the registry knows of a chunk.
pub(crate) struct Known {
    persons: HashMap<DocKey, KnownPerson>,
    phones: HashMap<DocKey, String>,
    keys: Vec<Option<DocKey>>,
    /// By file: the unions that count as its own.
    own: Vec<HashSet<i64>>,
}

#[async_trait]
impl Import for Roster {
    type Row = RosterRow;
    type Known = Known;
    const KIND: TemplateKind = TemplateKind::Roster;
    const ONE_AT_A_TIME: bool = false;

    fn check(cells: &[Cell<'_>], context: Context) -> Checked<RosterRow> {
        domain::row::roster(cells, context)
    }

    fn key(row: &RosterRow) -> (String, &'static str) {
        (row.document.key(), "id_number")
    }

    async fn look<S: Session>(
        _shift: &Shift,
        session: &mut S,
        files: &[File<'_>],
        lines: &[Line<RosterRow>],
    ) -> Result<Known, WorkError> {
        let vault = session.vault();
        let keys: Vec<Option<DocKey>> =
            lines.iter().map(|line| line.row.as_ref().map(|row| vault.doc_key(&row.document.key()))).collect();
        let wanted: Vec<(DocKey, i64)> = keys.iter().flatten().map(|key| (*key, 0)).collect();
        let (mut persons, mut phones) = (HashMap::new(), HashMap::new());
        for row in store::persons::known(session, &wanted).await? {
            if let Some(phone) = &row.phone.0 {
                phones.insert(row.key()?, vault.open(phone).map_err(StoreError::from)?);
            }
            persons.insert(row.key()?, row);
        }
        let mut own = Vec::new();
        for file in files {
            own.push(match &file.org {
                Some(org) => crate::comparison::own_unions(session, org).await?,
                None => HashSet::new(),
            });
        }
        Ok(Known { persons, phones, keys, own })
    }

    fn decide(_file: &File<'_>, place: usize, row: &RosterRow, known: &Known) -> Decision {
        let key = known.keys[place];
        let person = key.and_then(|key| known.persons.get(&key));
        let mut faults = Vec::new();
        let Some(person) = person else {
            let old = row.document.is_15_digits();
            let fault = || Fault::new(Code::Id15Digits, "id_number").value(row.document.number.masked());
            faults.extend(old.then(fault));
            return Decision { outcome: if old { Outcome::Rejected } else { Outcome::New }, faults };
        };
        if name_key(&person.name) != row.name.key() {
            let fault = Fault::new(Code::NameDiffers, "name").value(row.name.masked());
            faults.push(fault.detail(format!("登记为{}", mask::mask_name(&person.name))));
        }
        // A file has one union of its own, and runs by itself.
        let is_own = |org: i64| known.own.iter().any(|own| own.contains(&org));
        let outcome = match person.org_id {
            Some(org) if is_own(org) => differs(row, person, key.and_then(|key| known.phones.get(&key))),
            Some(_) => {
                faults.push(Fault::new(Code::InOtherUnion, "id_number").value(row.document.number.masked()));
                Outcome::New
            }
            None => Outcome::New,
        };
        Decision { outcome, faults }
    }

    async fn apply(
        _shift: &Shift,
        _unit: &mut Unit,
        _files: &[File<'_>],
        _lines: &[Line<RosterRow>],
        _decisions: &[Decision],
        _known: &Known,
        _moment: Moment,
        _outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        // A roster changes nothing: what follows from it is the clerk's choice.
        Ok(())
    }

    fn guard(settings: &UploadSettings, tally: &Tally, headcounts: &Headcounts) -> Option<Hold> {
        if tally.counts.not_read > 0 {
            return Some(Hold::NotRead { rows: tally.counts.not_read });
        }
        if tally.hidden > 0 {
            return Some(Hold::HiddenRows { rows: tally.hidden });
        }
        let matched = tally.rows(Fate::Changed) + tally.rows(Fate::Unchanged);
        let members: u64 = headcounts.unions.iter().map(|(_, before, _)| *before).sum();
        // Names are held against those of people of other unions, too.
        let known = matched + tally.found(Code::InOtherUnion);
        let other_names = settings.guards.other_names(known, tally.found(Code::NameDiffers));
        tally
            .suspicious_sheet()
            .or(other_names)
            .or_else(|| settings.guards.missing_people(members, members.saturating_sub(matched)))
    }
}

/// Whether a row says something else of a member than the registry.
fn differs(row: &RosterRow, person: &KnownPerson, phone: Option<&String>) -> Outcome {
    let text = |stated: &Option<Box<str>>, known: &Option<String>| {
        stated.as_deref().is_some_and(|stated| known.as_deref() != Some(stated))
    };
    let mut changed = Vec::new();
    if name_key(&person.name) != row.name.key() {
        changed.push("name");
    }
    if row.phone.is_some_and(|stated| phone.map(String::as_str) != Some(stated.as_str())) {
        changed.push("phone");
    }
    if text(&row.employer, &person.employer) {
        changed.push("employer");
    }
    if text(&row.label, &person.label) {
        changed.push("label");
    }
    if changed.is_empty() { Outcome::Unchanged } else { Outcome::Changed(changed) }
}

impl UploadWork {
    /// Reads and looks over one roster, and asks for its comparison.
    pub(crate) async fn roster(&self, shift: &Shift, task: Task<'_>) -> Result<(), WorkError> {
        for file in self.open::<Roster>(shift, vec![task]).await? {
            let looked = self.looked(shift, &file).await?;
            let suspicion = match &file.task.upload.released_by {
                Some(_) => None,
                None => Roster::guard(&self.settings, &looked.tally, &looked.headcounts),
            };
            match suspicion {
                Some(figures) => report::hold(self, shift, vec![(file, looked, figures)]).await?,
                None => self.request(shift, &file, &looked).await?,
            }
        }
        Ok(())
    }

    async fn looked(&self, shift: &Shift, file: &File<'_>) -> Result<Looked, WorkError> {
        let files = std::slice::from_ref(file);
        let mut looked = self.look_pass::<Roster>(shift, files, None).await?;
        let mut looked = looked.pop().ok_or(WorkError::Missing("roster"))?;
        if let Some(org) = &file.org {
            let mut view = shift.desk.store.view().await?;
            let own: Vec<i64> = crate::comparison::own_unions(&mut view, org).await?.into_iter().collect();
            for (id, count) in store::memberships::count_in(&mut view, &own).await? {
                looked.headcounts.unions.push((id, u64::try_from(count).unwrap_or(0), 0));
            }
        }
        Ok(looked)
    }

    async fn request(&self, shift: &Shift, file: &File<'_>, looked: &Looked) -> Result<(), WorkError> {
        let moment = shift.desk.moment();
        let org = file.org.as_ref().ok_or(WorkError::Missing("organization"))?;
        let upload = &file.task.upload;
        let mut unit = shift.desk.store.begin().await?;
        report::lock(&mut unit, std::iter::once(upload.id)).await?;
        let ending = report::ending(self, upload, UploadStatus::Running, Some(&looked.tally), moment);
        store::uploads::settle(&mut unit, &[ending]).await?;
        let new = NewComparison {
            id: shift.desk.id(moment),
            upload_id: upload.id,
            org_id: org.id,
            requested_at: moment.business,
        };
        let comparison_id = store::comparisons::request(&mut unit, new).await?;
        let mut outbox = Outbox::new();
        outbox.next(&shift.desk, &file.task.job.envelope, &ComparisonRequested { comparison_id }, moment);
        shift.settle(unit, &[file.task.job], outbox, moment).await
    }
}
