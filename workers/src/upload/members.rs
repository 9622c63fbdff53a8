//! Member imports: who is new, changed, known, or registered in another union.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use desk::{Chain, Moment, Outbox, Reach};
use domain::{
    cell::Cell,
    finding::{Code, Fault},
    guard::Hold,
    import::{self, Decision, Outcome, Particulars},
    role::Act,
    row::{Checked, Context, MemberRow, UnionPlace, union_fault},
    template::TemplateKind,
};
use store::{
    DocKey, Session, StoreError, Unit, Vault,
    memberships::{MembershipData, NewMembership},
    organizations::{Organization, SealedOption},
    persons::{Known as KnownPerson, NewChange, NewPerson},
    transfers::NewTransfer,
};

use super::{
    UploadSettings,
    import::{File, Headcounts, Import},
    likely,
    rows::Line,
    tally::{Fate, Tally},
};
use crate::{Shift, WorkError};

/// The import of `members`.
pub(crate) struct Members;

/// What the registry knows of a chunk.
pub(crate) struct Known {
    orgs: HashMap<String, Organization>,
    persons: HashMap<DocKey, Person>,
    /// How far the accounts of files without a union may reach.
    reach: HashMap<String, Reach>,
    keys: Vec<Option<DocKey>>,
}

struct Person {
    row: KnownPerson,
    phone: Option<String>,
}

#[async_trait]
impl Import for Members {
    type Row = MemberRow;
    type Known = Known;
    const KIND: TemplateKind = TemplateKind::Members;
    const ONE_AT_A_TIME: bool = false;

    fn check(cells: &[Cell<'_>], context: Context) -> Checked<MemberRow> {
        domain::row::member(cells, context)
    }

    fn key(row: &MemberRow) -> (String, &'static str) {
        (row.document.key(), "id_number")
    }

    async fn look<S: Session>(
        shift: &Shift,
        session: &mut S,
        files: &[File<'_>],
        lines: &[Line<MemberRow>],
    ) -> Result<Known, WorkError> {
        let vault = session.vault();
        let codes: Vec<String> =
            lines.iter().filter_map(|line| line.row.as_ref()).map(|row| row.org_code.as_str().to_owned()).collect();
        let orgs = store::organizations::find_many(session, &codes).await?;
        let orgs: HashMap<String, Organization> = orgs.into_iter().map(|org| (org.code.clone(), org)).collect();
        let keys: Vec<Option<DocKey>> =
            lines.iter().map(|line| line.row.as_ref().map(|row| vault.doc_key(&row.document.key()))).collect();
        let wanted: Vec<(DocKey, i64)> = lines
            .iter()
            .zip(&keys)
            .filter_map(|(line, key)| {
                let org = orgs.get(line.row.as_ref()?.org_code.as_str())?;
                Some(((*key)?, org.id))
            })
            .collect();
        let mut persons = HashMap::new();
        for row in store::persons::known(session, &wanted).await? {
            let phone = row.phone.0.as_ref().map(|phone| vault.open(phone)).transpose().map_err(StoreError::from)?;
            persons.insert(row.key()?, Person { row, phone });
        }
        let mut reach = HashMap::new();
        for file in files.iter().filter(|file| file.org.is_none()) {
            let account = &file.task.upload.account;
            if !reach.contains_key(account) {
                // An account that lost its right meanwhile reaches nothing: its rows are of unions elsewhere.
                let own = shift.desk.reach(session, account, Act::UploadMembers).await;
                reach.insert(account.clone(), own.unwrap_or(Reach::Below(Vec::new())));
            }
        }
        Ok(Known { orgs, persons, reach, keys })
    }

    fn judge_together(files: &[File<'_>], lines: &[Line<MemberRow>], known: &Known) -> Vec<(usize, Fault)> {
        let mut faults = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            let Some(row) = &line.row else { continue };
            let within =
                |path: &str| match (&files[line.file].org, known.reach.get(&files[line.file].task.upload.account)) {
                    (Some(org), _) => path.starts_with(&org.path),
                    (None, Some(reach)) => reach.covers(path),
                    (None, None) => false,
                };
            let fault = union_fault(row, |code| match known.orgs.get(code.as_str()) {
                None => UnionPlace::Unknown,
                Some(org) if within(&org.path) => UnionPlace::Within,
                Some(_) => UnionPlace::Elsewhere,
            });
            faults.extend(fault.map(|fault| (place, fault)));
        }
        faults
    }

    fn decide(file: &File<'_>, place: usize, row: &MemberRow, known: &Known) -> Decision {
        let org = known.orgs.get(row.org_code.as_str()).map(|org| org.id);
        let person = known.keys[place].and_then(|key| known.persons.get(&key));
        let known = match person {
            None => import::Known::Nobody,
            Some(person) => match person.row.org_id {
                None => import::Known::Former { name: &person.row.name },
                here if here == org => import::Known::Here { name: &person.row.name, particulars: particulars(person) },
                Some(_) => import::Known::Elsewhere { name: &person.row.name, pending: person.row.transfer_pending },
            },
        };
        import::member(row, file.task.upload.data_type.as_deref(), &known)
    }

    async fn warn<S: Session>(
        session: &mut S,
        files: &[File<'_>],
        lines: &[Line<MemberRow>],
        decisions: &[Decision],
        known: &Known,
    ) -> Result<Vec<(usize, Fault)>, WorkError> {
        likely::warnings(session, files, lines, decisions, known).await
    }

    async fn apply(
        shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        lines: &[Line<MemberRow>],
        decisions: &[Decision],
        known: &Known,
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        let vault = unit.vault();
        let mut effects = Effects::default();
        for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
            if let (Some(row), Some(key)) = (&line.row, known.keys[place]) {
                effects.add(&vault, &files[line.file], line.file, row, key, decision, known)?;
            }
        }
        effects.write(shift, unit, files, moment, outbox).await
    }

    fn guard(settings: &UploadSettings, tally: &Tally, headcounts: &Headcounts) -> Option<Hold> {
        let known = tally.rows(Fate::Changed) + tally.rows(Fate::Unchanged) + tally.rows(Fate::Transfer);
        let other_names = settings.guards.other_names(known, tally.found(Code::NameDiffers));
        let jumps = headcounts.unions.iter().map(|(_, before, added)| settings.guards.headcount_jump(*before, *added));
        tally.suspicious_sheet().or(other_names).or_else(|| jumps.flatten().next())
    }

    async fn headcounts<S: Session>(
        session: &mut S,
        lines: &[Line<MemberRow>],
        decisions: &[Decision],
        known: &Known,
        into: &mut [Headcounts],
    ) -> Result<(), WorkError> {
        let mut added: BTreeMap<(usize, i64), u64> = BTreeMap::new();
        for (place, (line, decision)) in lines.iter().zip(decisions).enumerate() {
            let org = line.row.as_ref().and_then(|row| known.orgs.get(row.org_code.as_str()));
            if let Some(org) = org.filter(|_| decision.outcome != Outcome::Rejected) {
                *added.entry((line.file, org.id)).or_default() += u64::from(decision.outcome == Outcome::New);
                if let Some(other) = known.elsewhere(place).filter(|_| decision.outcome == Outcome::TransferIn) {
                    // Held as well, so that nobody is claimed from a union that he is just leaving.
                    added.entry((line.file, other)).or_default();
                }
                let paths = &mut into[line.file].paths;
                if paths.last() != Some(&org.path) && !paths.contains(&org.path) {
                    paths.push(org.path.clone());
                }
            }
        }
        let ids: Vec<i64> = added.keys().map(|(_, id)| *id).collect();
        let before: HashMap<i64, i64> = store::memberships::count_in(session, &ids).await?.into_iter().collect();
        for ((file, id), added) in added {
            let unions = &mut into[file].unions;
            if let Some(union) = unions.iter_mut().find(|(own, ..)| *own == id) {
                union.2 += added;
            } else {
                let count = before.get(&id).copied().unwrap_or(0);
                unions.push((id, u64::try_from(count).unwrap_or(0), added));
            }
        }
        Ok(())
    }
}

impl Known {
    /// Whether nobody has the document of this line.
    pub(super) fn is_nobody(&self, place: usize) -> bool {
        self.keys.get(place).and_then(Option::as_ref).is_some_and(|key| !self.persons.contains_key(key))
    }

    /// The union that a row names.
    pub(super) fn org(&self, row: &MemberRow) -> Option<&Organization> {
        self.orgs.get(row.org_code.as_str())
    }

    /// How far an account may reach whose file is for no union.
    pub(super) fn reach_of(&self, account: &str) -> Option<&Reach> {
        self.reach.get(account)
    }

    /// The union in which the person of this line is a member.
    fn elsewhere(&self, place: usize) -> Option<i64> {
        self.persons.get(self.keys.get(place)?.as_ref()?)?.row.org_id
    }
}

fn particulars(person: &Person) -> Particulars<'_> {
    Particulars {
        phone: person.phone.as_deref(),
        employer: person.row.employer.as_deref(),
        label: person.row.label.as_deref(),
        household: person.row.household.as_deref(),
        address: person.row.address.as_deref(),
        wants_card: person.row.card_wanted,
        data_type: person.row.data_type.as_deref(),
    }
}

/// What a chunk does to the registry, gathered for a few statements.
#[derive(Default)]
struct Effects {
    persons: Vec<NewPerson>,
    memberships: Vec<NewMembership>,
    updates: Vec<(i64, MembershipData)>,
    changes: BTreeMap<usize, Vec<NewChange>>,
    transfers: BTreeMap<usize, Vec<NewTransfer>>,
}

impl Effects {
    #[expect(clippy::too_many_arguments, reason = "one row with all that is known of it")]
    fn add(
        &mut self,
        vault: &Vault,
        file: &File<'_>,
        place: usize,
        row: &MemberRow,
        key: DocKey,
        decision: &Decision,
        known: &Known,
    ) -> Result<(), StoreError> {
        let Some(org) = known.orgs.get(row.org_code.as_str()) else { return Ok(()) };
        let person = known.persons.get(&key);
        let data = || data_of(vault, row, file.task.upload.data_type.as_deref());
        match (&decision.outcome, person) {
            (Outcome::New, known) => {
                if known.is_none() {
                    self.persons.push(NewPerson {
                        doc_kind: row.document.kind.name(),
                        doc_key: key,
                        doc_number: vault.seal(row.document.number.as_str())?,
                        name: row.name.as_str().to_owned(),
                        birth: row.document.birth_date(),
                        sex: row.sex.name(),
                    });
                }
                let upload = Some(file.task.upload.id);
                self.memberships.push(NewMembership { doc_key: key, org_id: org.id, upload, data: data()? });
            }
            (Outcome::Changed(columns), Some(person)) => {
                if let Some(membership) = person.row.membership_id {
                    self.updates.push((membership, data()?));
                }
                for column in columns {
                    self.changes.entry(place).or_default().push(change(vault, file, row, person, column)?);
                }
            }
            (Outcome::TransferIn, Some(person)) => {
                if let Some(from_org_id) = person.row.org_id {
                    let (person_id, to_org_id) = (person.row.person_id, org.id);
                    let (asked_by, reason) = ("to", None);
                    let transfer = NewTransfer { person_id, from_org_id, to_org_id, asked_by, reason, data: data()? };
                    self.transfers.entry(place).or_default().push(transfer);
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn write(
        self,
        shift: &Shift,
        unit: &mut Unit,
        files: &[File<'_>],
        moment: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        store::persons::insert(unit, &self.persons, moment.business).await?;
        store::memberships::open(unit, &self.memberships, moment.business).await?;
        store::memberships::update(unit, &self.updates, moment.business).await?;
        for (place, changes) in self.changes {
            let upload = &files[place].task.upload;
            store::persons::record_changes(unit, &changes, &upload.account, Some(upload.id), moment.business).await?;
        }
        for (place, transfers) in self.transfers {
            let upload = &files[place].task.upload;
            let (account, id) = (&upload.account, Some(upload.id));
            let new = store::transfers::request(unit, &transfers, account, id, moment.business).await?;
            let chain = Chain::Job(&files[place].task.job.envelope);
            shift.desk.tell_requested(unit, &new, chain, moment, outbox).await?;
        }
        Ok(())
    }
}

fn data_of(vault: &Vault, row: &MemberRow, data_type: Option<&str>) -> Result<MembershipData, StoreError> {
    let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
    Ok(MembershipData {
        phone: SealedOption(Some(vault.seal(row.phone.as_str())?)),
        employer: text(&row.employer),
        label: text(&row.label),
        household: text(&row.household),
        address: text(&row.address),
        card_wanted: row.wants_card,
        data_type: data_type.map(str::to_owned),
    })
}

/// One field before and after.
fn change(
    vault: &Vault,
    file: &File<'_>,
    row: &MemberRow,
    person: &Person,
    column: &'static str,
) -> Result<NewChange, StoreError> {
    let word = |wanted: bool| if wanted { "是" } else { "否" };
    let known = particulars(person);
    let (before, after) = match column {
        "phone" => (known.phone, Some(row.phone.as_str())),
        "employer" => (known.employer, row.employer.as_deref()),
        "label" => (known.label, row.label.as_deref()),
        "household" => (known.household, row.household.as_deref()),
        "address" => (known.address, row.address.as_deref()),
        "wants_card" => (known.wants_card.map(word), row.wants_card.map(word)),
        _ => (known.data_type, file.task.upload.data_type.as_deref()),
    };
    let seal = |text: Option<&str>| text.map(|text| vault.seal(text)).transpose();
    Ok(NewChange {
        person_id: person.row.person_id,
        field: column,
        before: SealedOption(seal(before)?),
        after: SealedOption(seal(after)?),
    })
}
