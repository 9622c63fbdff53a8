//! Imports of organizations: the tree, from the top down. A row whose parent is another one than on record moves the
//! organization with everything below it.

use std::collections::HashMap;

use async_trait::async_trait;
use desk::{Moment, Outbox, Reach};
use domain::{
    cell::Cell,
    finding::{Code, Fault},
    import::{self, Decision, KnownOrganization, KnownPlace, Outcome},
    name::PersonName,
    organization::{Level, OrgCode},
    role::Act,
    row::{Checked, Context, OrganizationRow},
    template::TemplateKind,
};
use store::{
    Session, StoreError, Unit, Vault,
    organizations::{Organization, OrganizationData, SealedOption},
};

use super::{
    import::{File, Import},
    rows::Line,
};
use crate::{Shift, WorkError};

/// The import of `organizations`.
pub(crate) struct Organizations;

/// The organizations on record that a chunk is about: those named, and all above them.
pub(crate) struct Known {
    by_code: HashMap<String, Place>,
    reach: Reach,
}

struct Place {
    org: Organization,
    parent_code: Option<String>,
    phone: Option<String>,
}

#[async_trait]
impl Import for Organizations {
    type Row = OrganizationRow;
    type Known = Known;
    const KIND: TemplateKind = TemplateKind::Organizations;
    const ONE_AT_A_TIME: bool = true;
    // A tree is judged as a whole.
    const CHUNK_ROWS: usize = usize::MAX;

    fn check(cells: &[Cell<'_>], context: Context) -> Checked<OrganizationRow> {
        domain::row::organization(cells, context)
    }

    fn key(row: &OrganizationRow) -> (String, &'static str) {
        (row.org_code.as_str().to_owned(), "org_code")
    }

    async fn look<S: Session>(
        shift: &Shift,
        session: &mut S,
        files: &[File<'_>],
        lines: &[Line<OrganizationRow>],
    ) -> Result<Known, WorkError> {
        let vault = session.vault();
        let rows = || lines.iter().filter_map(|line| line.row.as_ref());
        let mut codes: Vec<String> = rows().map(|row| row.org_code.as_str().to_owned()).collect();
        codes.extend(rows().filter_map(|row| row.parent_code.as_ref()).map(|code| code.as_str().to_owned()));
        let found = store::organizations::find_many(session, &codes).await?;
        let above = store::organizations::get_above(session, &found).await?;
        let code_of: HashMap<i64, String> = found.iter().chain(&above).map(|org| (org.id, org.code.clone())).collect();
        let mut by_code = HashMap::new();
        for org in found.into_iter().chain(above) {
            let phone = org.phone.0.as_ref().map(|phone| vault.open(phone)).transpose().map_err(StoreError::from)?;
            let parent_code = org.parent_id.and_then(|id| code_of.get(&id).cloned());
            by_code.insert(org.code.clone(), Place { org, parent_code, phone });
        }
        let reach = match files.first() {
            Some(File { org: Some(org), .. }) => Reach::Below(vec![org.path.clone()]),
            Some(file) => {
                let own = shift.desk.reach(session, &file.task.upload.account, Act::UploadOrganizations).await;
                own.unwrap_or(Reach::Below(Vec::new()))
            }
            None => Reach::Below(Vec::new()),
        };
        Ok(Known { by_code, reach })
    }

    fn judge_together(_files: &[File<'_>], lines: &[Line<OrganizationRow>], known: &Known) -> Vec<(usize, Fault)> {
        let places: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].row.is_some()).collect();
        let rows: Vec<&OrganizationRow> = places.iter().filter_map(|place| lines[*place].row.as_ref()).collect();
        let mut faults = import::organization_tree(&rows, |code| known.place(code));
        for (index, row) in rows.iter().enumerate() {
            if !known.within(row, &rows) && faults.iter().all(|(other, _)| *other != index) {
                faults.push((index, Fault::new(Code::WrongUnion, "org_code").value(row.org_code.shown())));
            }
        }
        faults.into_iter().map(|(index, fault)| (places[index], fault)).collect()
    }

    fn decide(_file: &File<'_>, _place: usize, row: &OrganizationRow, known: &Known) -> Decision {
        let known = known.by_code.get(row.org_code.as_str()).map(Place::known);
        Decision { outcome: import::organization(row, known.as_ref()), faults: Vec::new() }
    }

    async fn apply(
        shift: &Shift,
        unit: &mut Unit,
        _files: &[File<'_>],
        lines: &[Line<OrganizationRow>],
        decisions: &[Decision],
        known: &Known,
        moment: Moment,
        _outbox: &mut Outbox,
    ) -> Result<(), WorkError> {
        let vault = unit.vault();
        let decided = || lines.iter().zip(decisions).filter_map(|(line, d)| Some((line.row.as_ref()?, d)));
        // New ones level by level, so that every parent has its id and path before its children ask for them.
        let mut waiting: Vec<&OrganizationRow> =
            decided().filter(|(_, d)| d.outcome == Outcome::New).map(|(row, _)| row).collect();
        while !waiting.is_empty() {
            waiting = insert_level(unit, &vault, waiting, moment).await?;
        }
        let changed: Vec<_> = decided()
            .filter_map(|(row, d)| match &d.outcome {
                Outcome::Changed(columns) => Some((row, columns)),
                _ => None,
            })
            .collect();
        let data = changed.iter().map(|(row, _)| data(&vault, row, None)).collect::<Result<Vec<_>, _>>()?;
        store::organizations::update(unit, &data, moment.business).await?;
        for (row, columns) in changed {
            if columns.contains(&"parent_code") {
                move_under(shift, unit, row, known, moment).await?;
            }
        }
        Ok(())
    }
}

impl Known {
    fn place(&self, code: &OrgCode) -> Option<KnownPlace> {
        let place = self.by_code.get(code.as_str())?;
        let parent = place.parent_code.as_deref().and_then(OrgCode::parse);
        Some(KnownPlace { level: Level::parse(&place.org.level)?, parent })
    }

    /// Whether a row, or the first organization above it that is on record, is within reach.
    fn within(&self, row: &OrganizationRow, rows: &[&OrganizationRow]) -> bool {
        if self.reach == Reach::All {
            return true;
        }
        let mut row = row;
        for _ in 0..=rows.len() {
            if let Some(own) = self.by_code.get(row.org_code.as_str())
                && !self.reach.covers(&own.org.path)
            {
                return false;
            }
            let Some(parent) = &row.parent_code else { return false };
            if let Some(above) = self.by_code.get(parent.as_str()) {
                return self.reach.covers(&above.org.path);
            }
            match rows.iter().find(|other| other.org_code == *parent) {
                Some(above) => row = above,
                None => return false,
            }
        }
        false
    }
}

impl Place {
    fn known(&self) -> KnownOrganization<'_> {
        let org = &self.org;
        KnownOrganization {
            name: &org.name,
            parent_code: self.parent_code.as_deref(),
            level: Level::parse(&org.level).unwrap_or(Level::Grassroots),
            kind: org.kind.as_deref(),
            uscc: org.uscc.as_deref(),
            economy: org.economy.as_deref(),
            industry: org.industry.as_deref(),
            enterprise: org.enterprise.as_deref(),
            contact: org.contact.as_deref(),
            phone: self.phone.as_deref(),
            email: Some(&org.email),
        }
    }
}

/// Inserts those whose parents are on record by now; the others wait for the next level.
async fn insert_level<'r>(
    unit: &mut Unit,
    vault: &Vault,
    waiting: Vec<&'r OrganizationRow>,
    moment: Moment,
) -> Result<Vec<&'r OrganizationRow>, WorkError> {
    let parents: Vec<String> =
        waiting.iter().filter_map(|row| row.parent_code.as_ref()).map(|code| code.as_str().to_owned()).collect();
    let found = store::organizations::find_many(unit, &parents).await?;
    let ids: HashMap<&str, i64> = found.iter().map(|org| (org.code.as_str(), org.id)).collect();
    let mut now = Vec::new();
    let mut later = Vec::new();
    for row in waiting {
        match &row.parent_code {
            None => now.push(data(vault, row, None)?),
            Some(parent) => match ids.get(parent.as_str()) {
                Some(id) => now.push(data(vault, row, Some(*id))?),
                None => later.push(row),
            },
        }
    }
    if now.is_empty() {
        // The tree was judged: this is only reached when a parent went away meanwhile.
        return Err(StoreError::Conflict("an organization above a new one is gone".to_owned()).into());
    }
    store::organizations::insert(unit, &now, moment.business).await?;
    Ok(later)
}

async fn move_under(
    shift: &Shift,
    unit: &mut Unit,
    row: &OrganizationRow,
    known: &Known,
    moment: Moment,
) -> Result<(), WorkError> {
    let gone = || StoreError::Conflict("the organization above is gone".to_owned());
    let Some(parent) = &row.parent_code else { return Ok(()) };
    let own = known.by_code.get(row.org_code.as_str()).ok_or_else(gone)?;
    // Read anew: what stands above it may have moved in this very unit.
    let moved = store::organizations::get(unit, own.org.id).await?.ok_or_else(gone)?;
    let above = store::organizations::find(unit, parent.as_str()).await?.ok_or_else(gone)?;
    store::organizations::replace_parent(unit, &moved, &above, moment.business).await?;
    Ok(shift.desk.count_moved(unit, &format!("{}{}/", above.path, moved.id), moment).await?)
}

fn data(vault: &Vault, row: &OrganizationRow, parent_id: Option<i64>) -> Result<OrganizationData, StoreError> {
    let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
    Ok(OrganizationData {
        code: row.org_code.as_str().to_owned(),
        name: row.name.as_ref().to_owned(),
        parent_id,
        level: row.level.name().to_owned(),
        kind: text(&row.kind),
        uscc: row.uscc.as_ref().map(|code| code.as_str().to_owned()),
        economy: text(&row.economy),
        industry: text(&row.industry),
        enterprise: text(&row.enterprise),
        contact: row.contact.as_ref().map(PersonName::as_str).map(str::to_owned),
        phone: SealedOption(row.phone.as_ref().map(|phone| vault.seal(phone.as_str())).transpose()?),
        email: row.email.as_ref().to_owned(),
    })
}
