//! The statistics of a year, read as they stood at one moment: bureau by bureau, so that memory does not grow with the federation.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};
use domain::{enrollment::submission::SubmissionStatus, organization::Level, role::Act};
use store::{
    Snapshot,
    batches::{Batch, BatchSelection},
    failures::Failure,
    instants::{Instant, InstantSelection},
    organizations::Organization,
    statistics::{OutstandingUnit, Sums, UnitFigures},
    submissions::{Fen, Submission, SubmissionSelection},
};

use super::{Season, windows::shanghai};
use crate::{Desk, DeskError, Reach, Refusal};

/// Submissions that are read at a time.
const PAGE: i64 = 2_000;

/// The statistics of an organization while they are read.
#[derive(Debug)]
pub struct Statistics {
    /// The coverage year.
    pub year: i32,
    /// The organization whose units are listed.
    pub org: Organization,
    /// When the figures were taken (business clock).
    pub as_of: DateTime<FixedOffset>,
    /// Bureaus in the order of their numbers.
    parts: Vec<Part>,
    session: Snapshot,
}

/// A bureau with its secondary unions.
#[derive(Debug)]
struct Part {
    name: String,
    /// Where its units stand, as far as they are asked for.
    path: String,
    /// Names by id.
    secondaries: HashMap<i64, String>,
}

/// A row with the unions above its unit.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    /// Name of the bureau.
    pub bureau: String,
    /// Name of the secondary union; empty where there is none.
    pub secondary: String,
    /// The unit.
    pub unit: T,
}

impl Statistics {
    /// How many bureaus there are to read.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The units of a bureau that have submitted, in the order of secondary unions and numbers. A submission that failed is
    /// there with its status, and counts nothing.
    pub async fn submitted(&mut self, part: usize) -> Result<Vec<Placed<UnitFigures>>, DeskError> {
        let Some(part) = self.parts.get(part) else { return Ok(Vec::new()) };
        let mut units = store::statistics::submitted(&mut self.session, self.year, &part.path).await?;
        for unit in units.iter_mut().filter(|unit| unit.status == SubmissionStatus::Failed.name()) {
            (unit.people, unit.no_card, unit.pending, unit.retired, unit.deceased) = (0, 0, 0, 0, 0);
            unit.fen = Fen::default();
        }
        Ok(part.placed(units, |unit| (&unit.org_path, &unit.org_code)))
    }

    /// The units of a bureau that have yet to submit, in the same order.
    pub async fn outstanding(&mut self, part: usize) -> Result<Vec<Placed<OutstandingUnit>>, DeskError> {
        let Some(part) = self.parts.get(part) else { return Ok(Vec::new()) };
        let units = store::statistics::outstanding(&mut self.session, self.year, &part.path).await?;
        Ok(part.placed(units, |unit| (&unit.org_path, &unit.org_code)))
    }

    /// What all units come to, added up apart from their rows: what a workbook made of them must come to.
    pub async fn sums(&mut self) -> Result<Sums, DeskError> {
        Ok(store::statistics::sums(&mut self.session, self.year, &self.org.path).await?)
    }

    /// The next page of submissions, returned ones included, after the one of this id; empty at the end.
    pub async fn submissions_after(&mut self, after: i64) -> Result<Vec<Submission>, DeskError> {
        let wanted = SubmissionSelection {
            year: self.year,
            below: self.org.path.clone(),
            after,
            most: PAGE,
            ..SubmissionSelection::default()
        };
        Ok(store::submissions::list(&mut self.session, &wanted).await?)
    }

    /// The batches of the bureaus below.
    pub async fn batches(&mut self) -> Result<Vec<Batch>, DeskError> {
        let wanted = BatchSelection { year: self.year, below: self.org.path.clone(), status: None };
        Ok(store::batches::list(&mut self.session, &wanted).await?)
    }

    /// The instant enrolments of the units below.
    pub async fn instants(&mut self) -> Result<Vec<Instant>, DeskError> {
        let wanted = InstantSelection { year: self.year, below: self.org.path.clone(), status: None };
        Ok(store::instants::list(&mut self.session, &wanted).await?)
    }

    /// What failed of the units below, and what was undone of it.
    pub async fn failures(&mut self) -> Result<Vec<Failure>, DeskError> {
        Ok(store::failures::list(&mut self.session, self.year, &self.org.path).await?)
    }
}

impl Part {
    fn placed<T>(&self, units: Vec<T>, place: impl Fn(&T) -> (&String, &String)) -> Vec<Placed<T>> {
        let row = |unit: T| {
            let mut ids = place(&unit).0.split('/').filter_map(|id| id.parse().ok());
            let secondary = ids.find_map(|id: i64| self.secondaries.get(&id)).cloned().unwrap_or_default();
            Placed { bureau: self.name.clone(), secondary, unit }
        };
        let mut rows: Vec<Placed<T>> = units.into_iter().map(row).collect();
        rows.sort_by(|one, other| (&one.secondary, place(&one.unit).1).cmp(&(&other.secondary, place(&other.unit).1)));
        rows
    }
}

/// The bureaus among these with their secondary unions. Those of the same name are told apart by their numbers.
fn parts(mut upper: Vec<Organization>, scope: &Organization) -> Vec<Part> {
    upper.sort_by(|one, other| one.code.cmp(&other.code));
    let labels = labels(&upper);
    let of_level = |level: Level| upper.iter().filter(move |org| org.level == level.name());
    let part = |bureau: &Organization| Part {
        name: labels.get(&bureau.id).cloned().unwrap_or_default(),
        path: if bureau.path.len() < scope.path.len() { scope.path.clone() } else { bureau.path.clone() },
        secondaries: of_level(Level::Secondary)
            .filter(|org| org.path.starts_with(&bureau.path))
            .filter_map(|org| Some((org.id, labels.get(&org.id)?.clone())))
            .collect(),
    };
    of_level(Level::Bureau).map(part).collect()
}

fn labels(orgs: &[Organization]) -> HashMap<i64, String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for org in orgs {
        *times.entry(&org.name).or_default() += 1;
    }
    let label = |org: &Organization| {
        if times.get(org.name.as_str()).is_some_and(|times| *times > 1) {
            format!("{}（{}）", org.name, org.code)
        } else {
            org.name.clone()
        }
    };
    orgs.iter().map(|org| (org.id, label(org))).collect()
}

impl Desk {
    /// Begins to read the statistics of an organization, or of the whole federation where none is named.
    pub async fn statistics(&self, account: &str, year: i32, org: Option<&str>) -> Result<Statistics, DeskError> {
        let org = self.organization_or_root(account, Act::SeeStatistics, org).await?;
        let mut session = self.store.snapshot().await?;
        Season::load(&mut session, year).await?;
        let mut upper = store::organizations::upper_below(&mut session, &org.path).await?;
        upper.extend(store::organizations::get_above(&mut session, std::slice::from_ref(&org)).await?);
        let as_of = shanghai(self.clock.business_now());
        Ok(Statistics { year, parts: parts(upper, &org), org, as_of, session })
    }

    /// The organization of that number, or the root where none is named, for an account that may do the act there.
    pub(crate) async fn organization_or_root(
        &self,
        account: &str,
        act: Act,
        code: Option<&str>,
    ) -> Result<Organization, DeskError> {
        if let Some(code) = code {
            return self.organization_for(account, act, code).await;
        }
        let root = { store::organizations::root(&mut self.store.view().await?).await? };
        let root = root.ok_or_else(|| Refusal::unknown("org", "at the root"))?;
        if self.authorize(account, act, None).await? == Reach::All {
            return Ok(root);
        }
        // Everybody knows that there is a root: no more is told by it.
        let hint = "name your own organization with --org";
        let refusal = Refusal::new("no-right", format!("account {account} does not reach the whole tree"), hint);
        Err(self.refused(account, act, Some(&root.code), refusal).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(id: i64, level: Level, name: &str, path: &str) -> Organization {
        Organization {
            id,
            code: format!("31{id:04}"),
            name: name.to_owned(),
            parent_id: None,
            level: level.name().to_owned(),
            kind: None,
            uscc: None,
            economy: None,
            industry: None,
            enterprise: None,
            contact: None,
            phone: store::organizations::SealedOption(None),
            email: String::new(),
            path: path.to_owned(),
        }
    }

    #[test]
    fn units_stand_below_their_secondary_unions_those_without_first() {
        let upper = vec![
            org(2, Level::Bureau, "东岸区总工会", "/1/2/"),
            org(5, Level::Secondary, "教育工会", "/1/2/5/"),
            org(3, Level::Bureau, "西岸区总工会", "/1/3/"),
        ];
        let found = parts(upper, &org(1, Level::Municipal, "明湖市总工会", "/1/"));
        assert_eq!(found.iter().map(|part| part.path.as_str()).collect::<Vec<_>>(), ["/1/2/", "/1/3/"]);
        let units = [("/1/2/5/9/", "b"), ("/1/2/7/", "c"), ("/1/2/5/8/10/", "a")];
        let units = units.map(|(path, code)| (path.to_owned(), code.to_owned())).to_vec();
        let rows = found[0].placed(units, |(path, code)| (path, code));
        let order: Vec<_> = rows.iter().map(|row| (row.secondary.as_str(), row.unit.1.as_str())).collect();
        assert_eq!(order, [("", "c"), ("教育工会", "a"), ("教育工会", "b")]);
    }

    #[test]
    fn a_secondary_union_sees_its_own_units_alone_below_the_name_of_its_bureau() {
        let scope = org(5, Level::Secondary, "教育工会", "/1/2/5/");
        let found = parts(vec![scope.clone(), org(2, Level::Bureau, "东岸区总工会", "/1/2/")], &scope);
        assert_eq!((found.len(), found[0].name.as_str(), found[0].path.as_str()), (1, "东岸区总工会", "/1/2/5/"));
    }

    #[test]
    fn unions_of_one_name_are_told_apart_by_their_numbers() {
        let same = [org(5, Level::Secondary, "教育工会", "/1/2/5/"), org(6, Level::Secondary, "教育工会", "/1/3/6/")];
        let labels = labels(&same);
        assert_eq!((labels[&5].as_str(), labels[&6].as_str()), ("教育工会（310005）", "教育工会（310006）"));
    }
}
