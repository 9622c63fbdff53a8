//! Totals: what every organization has by plan and status, kept by adding differences, and checked by a recount.
//!
//! Of each submission stands on record what was counted of it. Counting compares that with what the submission is now and
//! adds the difference to every organization on its path. So it does not matter which message leads to it, in which order or
//! how often they come, and a union that moves in the tree takes its figures along.

use std::collections::BTreeMap;

use domain::{enrollment::submission::SubmissionStatus, money::Yuan, role::Act};
use mail::template::{Figure, YearLetter};
use runtime::shanghai_time;
use serde::Serialize;
use store::{
    StoreError, Unit,
    submissions::Fen,
    totals::{self, Counted, Total},
};

use super::fail::SYSTEM;
use crate::{Bell, Cause, Desk, DeskError, Letter, Matter, Moment, Outbox, Reader};

/// Submissions that a recount reads at a time.
const PAGE: i64 = 5_000;
/// Differences that a mail names.
const NAMED: usize = 20;
/// Seconds of a day: of one year an alarm goes out once a day at the most.
const DAY_S: i64 = 86_400;

/// A figure of the totals that a recount finds to be another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The organization's number.
    pub org: String,
    /// Its name.
    pub name: String,
    /// The plan's code.
    pub plan: String,
    /// The status.
    pub status: String,
    /// What was kept.
    pub kept: Figures,
    /// What the submissions come to.
    pub recounted: Figures,
}

/// Units, people and money, as they are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Units.
    pub units: i64,
    /// People.
    pub people: i64,
    /// All shares together, in fen.
    pub total_fen: i64,
    /// The federation's share.
    pub municipal_fen: i64,
    /// The bureau's share.
    pub bureau_fen: i64,
    /// The units' share.
    pub unit_fen: i64,
}

/// What a recount found.
#[derive(Debug, Clone, Serialize)]
pub struct Recount {
    /// The coverage year.
    pub year: i32,
    /// Submissions that were read.
    pub submissions: usize,
    /// Submissions that have changed and whose message is still on its way; they are no difference.
    pub waiting: usize,
    /// Where the totals are wrong.
    pub differences: Vec<Difference>,
    /// Whether the totals were written anew.
    pub repaired: bool,
}

type Key = (i32, i64, String, String);

/// Figures by year, organization, plan and status, in that order.
#[derive(Debug, Default)]
struct Sums(BTreeMap<Key, Figures>);

impl Sums {
    /// Adds a submission to every organization on its path, or takes it away.
    fn add(&mut self, of: &Counted, sign: i64) {
        for org in of.path.split('/').filter_map(|id| id.parse::<i64>().ok()) {
            let sum = self.0.entry((of.year, org, of.plan.clone(), of.status.clone())).or_default();
            sum.units += sign * of.units;
            sum.people += sign * of.people;
            sum.total_fen += sign * of.fen.total;
            sum.municipal_fen += sign * of.fen.municipal;
            sum.bureau_fen += sign * of.fen.bureau;
            sum.unit_fen += sign * of.fen.unit;
        }
    }

    fn of_rows(rows: Vec<Total>) -> Self {
        let figures = |of: &Total| Figures {
            units: of.units,
            people: of.people,
            total_fen: of.fen.total,
            municipal_fen: of.fen.municipal,
            bureau_fen: of.fen.bureau,
            unit_fen: of.fen.unit,
        };
        Self(
            rows.into_iter()
                .map(|row| ((row.year, row.org_id, row.plan.clone(), row.status.clone()), figures(&row)))
                .collect(),
        )
    }

    /// The rows that are not nothing, sorted by their key.
    fn rows(self) -> Vec<Total> {
        let row = |((year, org_id, plan, status), of): (Key, Figures)| Total {
            year,
            org_id,
            plan,
            status,
            units: of.units,
            people: of.people,
            fen: Fen { total: of.total_fen, municipal: of.municipal_fen, bureau: of.bureau_fen, unit: of.unit_fen },
        };
        self.0.into_iter().filter(|(_, of)| *of != Figures::default()).map(row).collect()
    }

    /// Keys under which the two differ, with both figures; a row of nothing is as good as none.
    fn differences(&self, other: &Self) -> Vec<(Key, Figures, Figures)> {
        let figure = |sums: &Self, key: &Key| sums.0.get(key).copied().unwrap_or_default();
        let mut keys: Vec<&Key> = self.0.keys().chain(other.0.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let both = |key: &Key| (key.clone(), figure(self, key), figure(other, key));
        keys.into_iter().map(both).filter(|(_, one, two)| one != two).collect()
    }
}

/// What is to be added to the totals so that these submissions stand in them as they are now, sorted by key; and the
/// submissions that have changed since they were counted.
fn changes(before: &[Counted], now: &[Counted]) -> (Vec<Total>, Vec<Counted>) {
    let before: BTreeMap<i64, &Counted> = before.iter().map(|one| (one.submission_id, one)).collect();
    let mut sums = Sums::default();
    let mut changed = Vec::new();
    for one in now {
        match before.get(&one.submission_id) {
            Some(counted) if *counted == one => continue,
            Some(counted) => sums.add(counted, -1),
            None => {}
        }
        sums.add(one, 1);
        changed.push(one.clone());
    }
    changed.sort_unstable_by_key(|one| one.submission_id);
    (sums.rows(), changed)
}

impl Desk {
    /// Brings the totals in line with these submissions, which are locked: a few statements however many there are. How many
    /// had changed.
    pub async fn count_submissions(&self, unit: &mut Unit, ids: &[i64], moment: Moment) -> Result<usize, StoreError> {
        let now = totals::now(unit, ids).await?;
        let before = totals::counted(unit, ids).await?;
        let (differences, changed) = changes(&before, &now);
        totals::count(unit, &changed, moment.business).await?;
        totals::add(unit, &differences).await?;
        Ok(changed.len())
    }

    /// Counts a union that was moved, with everything below it, where it stands now; in the unit that moves it.
    pub async fn count_moved(&self, unit: &mut Unit, path: &str, moment: Moment) -> Result<(), StoreError> {
        let ids = totals::submissions_below(unit, path).await?;
        store::submissions::lock(unit, &ids).await?;
        self.count_submissions(unit, &ids, moment).await.map(drop)
    }

    /// Compares a year's totals with a recount of all submissions; with `repair` writes them anew where they differ.
    pub async fn recount(&self, account: &str, year: i32, repair: bool) -> Result<(Recount, Vec<Bell>), DeskError> {
        self.authorize(account, Act::RecountTotals, None).await?;
        self.check_totals(account, year, repair).await
    }

    /// The same for the nightly look at the books, which nobody asks for.
    pub async fn check_books(&self, year: i32) -> Result<(Recount, Vec<Bell>), DeskError> {
        self.check_totals(SYSTEM, year, false).await
    }

    async fn check_totals(&self, account: &str, year: i32, repair: bool) -> Result<(Recount, Vec<Bell>), DeskError> {
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        totals::hold_still(&mut unit).await?;
        let books = Books::read(&mut unit, year).await?;
        let on_its_way = books.behind > 0 && open_messages(&mut unit, moment).await? > 0;
        // What is on its way comes by itself: then the totals have to agree with what was counted.
        let should_be = if on_its_way { &books.counted } else { &books.now };
        let kept = Sums::of_rows(totals::all(&mut unit, year).await?);
        let found = kept.differences(should_be);
        let mut recount = Recount {
            year,
            submissions: books.submissions.len(),
            waiting: if on_its_way { books.behind } else { 0 },
            differences: named(&mut unit, found).await?,
            repaired: false,
        };
        let mut outbox = Outbox::new();
        if !recount.differences.is_empty() {
            self.raise_alarm(&mut unit, &mut outbox, &recount, moment).await?;
        }
        if repair && !recount.differences.is_empty() {
            totals::forget(&mut unit, year).await?;
            totals::count(&mut unit, &books.submissions, moment.business).await?;
            totals::add(&mut unit, &books.now.rows()).await?;
            recount.repaired = true;
        }
        if repair || !recount.differences.is_empty() {
            let outcome = format!(
                "{}: {} differences{}",
                if recount.differences.is_empty() { "done" } else { "alarm" },
                recount.differences.len(),
                if recount.repaired { ", written anew" } else { "" }
            );
            let act = self.act(account, Act::RecountTotals.name(), None, Some(format!("year:{year}")), outcome);
            store::audit::record(&mut unit, &[act]).await?;
        }
        let bells = outbox.write(&mut unit).await?;
        unit.commit().await?;
        Ok((recount, bells))
    }

    /// Tells the federation and the operators that the totals are wrong.
    async fn raise_alarm(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        recount: &Recount,
        moment: Moment,
    ) -> Result<(), DeskError> {
        let (year, differences) = (recount.year, recount.differences.len());
        tracing::error!(year, differences, "the totals are not what the submissions come to");
        let Some(root) = store::organizations::root(unit).await? else { return Ok(()) };
        let data = YearLetter {
            year,
            org_code: root.code.clone(),
            org_name: root.name.clone(),
            at: shanghai_time(moment.business),
            facts: recount.differences.iter().take(NAMED).map(line).collect(),
            reason: if differences > NAMED {
                format!("共{differences}处不一致，此处列出前{NAMED}处")
            } else {
                String::new()
            },
            ..YearLetter::default()
        };
        let day = moment.business.timestamp() / DAY_S;
        let cause = Cause::Chain(self.id(moment));
        let mut letter =
            Letter::new("totals-alarm", Matter::Year(year), day, &data, cause).of(&root).to(Reader::org(&root));
        for grant in store::accounts::grants(unit, None).await? {
            if grant.role == domain::role::Role::Operator.name() {
                letter = letter.to(Reader::account(&grant.account, None));
            }
        }
        self.post(unit, outbox, &[letter], moment).await?;
        Ok(())
    }
}

/// All submissions of a year: as they are, as they were counted, and how many differ.
#[derive(Debug, Default)]
struct Books {
    submissions: Vec<Counted>,
    now: Sums,
    counted: Sums,
    behind: usize,
}

impl Books {
    async fn read(unit: &mut Unit, year: i32) -> Result<Self, StoreError> {
        let mut books = Self::default();
        let mut after = 0;
        loop {
            let page = totals::page_of_now(unit, year, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(books) };
            after = last.submission_id;
            let ids: Vec<i64> = page.iter().map(|one| one.submission_id).collect();
            let counted = totals::counted(unit, &ids).await?;
            let by_id: BTreeMap<i64, &Counted> = counted.iter().map(|one| (one.submission_id, one)).collect();
            books.behind += page.iter().filter(|one| by_id.get(&one.submission_id) != Some(one)).count();
            for one in &counted {
                books.counted.add(one, 1);
            }
            for one in &page {
                books.now.add(one, 1);
            }
            books.submissions.extend(page);
        }
    }
}

/// Messages that will bring the totals up to date.
async fn open_messages(unit: &mut Unit, moment: Moment) -> Result<i64, StoreError> {
    let queue = messages::Queue::Enrollments.name();
    let states = store::messages::queue_states(unit, moment.machine).await?;
    Ok(states.iter().filter(|one| one.queue == queue).map(|one| one.ready + one.running + one.waiting).sum())
}

async fn named(unit: &mut Unit, found: Vec<(Key, Figures, Figures)>) -> Result<Vec<Difference>, StoreError> {
    let ids: Vec<i64> = found.iter().map(|((_, org, ..), ..)| *org).collect();
    let orgs: BTreeMap<i64, _> =
        store::organizations::get_many(unit, &ids).await?.into_iter().map(|org| (org.id, org)).collect();
    let one = |((_, org, plan, status), kept, recounted): (Key, Figures, Figures)| {
        let of = orgs.get(&org);
        let org = of.map_or_else(|| format!("#{org}"), |of| of.code.clone());
        let name = of.map(|of| of.name.clone()).unwrap_or_default();
        Difference { org, name, plan, status, kept, recounted }
    };
    Ok(found.into_iter().map(one).collect())
}

/// A difference as the mail has it.
fn line(of: &Difference) -> Figure {
    let status = SubmissionStatus::parse(&of.status).map_or(of.status.as_str(), |status| status.name_zh());
    let figures = |of: &Figures| format!("{}家、{}人、{}元", of.units, of.people, Yuan(of.total_fen));
    Figure {
        label: format!("{}（{}）{}类 {status}", of.name, of.org, of.plan),
        value: format!("保存 {}，重算 {}", figures(&of.kept), figures(&of.recounted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(submission_id: i64, path: &str, status: &str, people: i64) -> Counted {
        let fen = Fen { total: 2600 * people, municipal: 1300 * people, bureau: 1300 * people, unit: 0 };
        let (path, status, plan) = (path.to_owned(), status.to_owned(), "A".to_owned());
        Counted { submission_id, year: 2023, path, status, plan, units: 1, people, fen }
    }

    #[test]
    fn what_has_not_changed_adds_nothing() {
        let one = counted(1, "/1/5/12/", "submitted", 3);
        assert_eq!(changes(std::slice::from_ref(&one), std::slice::from_ref(&one)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_change_of_status_moves_the_figures_of_all_organizations_above() {
        let (before, now) = (counted(1, "/1/5/", "submitted", 3), counted(1, "/1/5/", "approved", 4));
        let (rows, changed) = changes(&[before], std::slice::from_ref(&now));
        let brief: Vec<_> = rows.iter().map(|row| (row.org_id, row.status.as_str(), row.units, row.people)).collect();
        let expected =
            [(1, "approved", 1, 4), (1, "submitted", -1, -3), (5, "approved", 1, 4), (5, "submitted", -1, -3)];
        assert_eq!((brief.as_slice(), changed), (expected.as_slice(), vec![now]));
    }

    #[test]
    fn a_union_that_moves_takes_its_figures_along_and_leaves_the_root_alone() {
        let (before, now) = (counted(1, "/1/5/9/", "submitted", 3), counted(1, "/1/6/9/", "submitted", 3));
        let (rows, _) = changes(&[before], &[now]);
        let brief: Vec<_> = rows.iter().map(|row| (row.org_id, row.units, row.people)).collect();
        assert_eq!(brief, [(5, -1, -3), (6, 1, 3)]);
    }

    #[test]
    fn rows_of_nothing_are_no_difference() {
        let mut kept = Sums::default();
        kept.add(&counted(1, "/1/", "submitted", 3), 1);
        kept.add(&counted(1, "/1/", "submitted", 3), -1);
        assert!(kept.differences(&Sums::default()).is_empty());
        let mut other = Sums::default();
        other.add(&counted(2, "/1/", "submitted", 2), 1);
        assert_eq!(kept.differences(&other).len(), 1);
    }
}
