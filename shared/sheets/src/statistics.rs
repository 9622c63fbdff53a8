//! 集中参保统计表: the statistics workbook of a bureau or of the federation, written as its rows come.
//!
//! Three sheets: 统计汇总 (totals per plan and payer, charts, a line per bureau, or per secondary union where there is one
//! bureau alone), 单位明细 (a row per unit, subtotals per secondary union and bureau, the grand total) and 未提交单位.
//! Figures are values; sums are formulas whose kept results are the sums of the fen that came in, so that a program that
//! does not compute shows what one that does would. Memory grows with the number of groups, not of units.

mod detail;
mod summary;

use std::{
    collections::BTreeMap,
    io::{Seek, Write},
};

use chrono::NaiveDateTime;
use domain::enrollment::submission::SubmissionStatus;
use rust_xlsxwriter::Workbook;

use self::detail::Detail;
use crate::{
    list::{List, ListCell, ListColumn, ListContent, ListHead, sheet},
    marked::{WriteError, WriteOptions},
    style::{Styles, workbook},
};

/// Places of the sheets.
const SUMMARY: usize = 0;
const DETAIL: usize = 1;
const OUTSTANDING: usize = 2;
/// Figures of a unit that are summed: six counts of people, four amounts.
const FIGURES: usize = 10;

/// Sums in the order of the columns of 单位明细.
type Sums = [i64; FIGURES];

/// What the statistics are about.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsHead<'a> {
    /// Coverage year.
    pub year: i32,
    /// Name of the bureau or of the federation whose units are listed.
    pub scope: &'a str,
    /// When the figures were taken, as the clocks of Asia/Shanghai show it.
    pub as_of: NaiveDateTime,
}

/// People of a unit by class; each member is in exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// 参保人数.
    pub enrolled: u32,
    /// 未办卡.
    pub no_card: u32,
    /// 待确认.
    pub pending: u32,
    /// 退休.
    pub retired: u32,
    /// 死亡.
    pub deceased: u32,
}

/// What each payer pays, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayerFen {
    /// 市总统一划拨.
    pub municipal: i64,
    /// 区局/各级工会缴费.
    pub bureau: i64,
    /// 基层单位缴费.
    pub unit: i64,
}

impl PayerFen {
    /// All payers together: 参保费用.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.municipal + self.bureau + self.unit
    }
}

/// A unit that has submitted: one row.
#[derive(Clone, Copy, Debug)]
pub struct UnitFigures<'a> {
    /// Name of its bureau.
    pub bureau: &'a str,
    /// Name of its secondary union; empty where it is directly below the bureau.
    pub secondary: &'a str,
    /// 工会编号.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// 保障类型: `A`, `A+` …
    pub plan: &'a str,
    /// Its state in Chinese, as it is to be shown.
    pub status: &'a str,
    /// When its latest submission was received (Asia/Shanghai).
    pub submitted_at: NaiveDateTime,
    /// Its people.
    pub people: ClassCounts,
    /// Its money.
    pub money: PayerFen,
}

/// A unit that has not submitted.
#[derive(Clone, Copy, Debug)]
pub struct OutstandingUnit<'a> {
    /// Name of its bureau.
    pub bureau: &'a str,
    /// Name of its secondary union; may be empty.
    pub secondary: &'a str,
    /// 工会编号.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How many members it has.
    pub members: u32,
    /// Who is to be asked; may be empty.
    pub contact: &'a str,
    /// Where; may be empty.
    pub email: &'a str,
}

/// What all rows come to: to be held against the batch or the books before the workbook goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatisticsTotals {
    /// Units that have submitted.
    pub units: u64,
    /// Those of them whose submission failed: they count no people and no money.
    pub failed: u64,
    /// Units that have not.
    pub outstanding: u64,
    /// People enrolled.
    pub enrolled: u64,
    /// Money by payer.
    pub money: PayerFen,
}

/// A bureau, or a secondary union of one: what stands in its line of 统计汇总.
#[derive(Debug, Default)]
struct Group {
    name: String,
    /// Row of its subtotal in 单位明细, from 0.
    row: Option<u32>,
    units: u64,
    outstanding: u64,
    sums: Sums,
}

/// Units and sums of a plan.
#[derive(Debug, Default)]
struct PlanSums {
    units: u64,
    /// Those of them that failed.
    failed: u64,
    sums: Sums,
}

/// The workbook while it is written: first units in order, then those outstanding, then [`StatisticsBook::finish`].
///
/// ```
/// # use sheets::{ClassCounts, PayerFen, StatisticsBook, StatisticsHead, UnitFigures, WriteOptions};
/// # fn main() -> Result<(), sheets::WriteError> {
/// # let now = chrono::NaiveDateTime::default();
/// # let folder = std::env::temp_dir();
/// let head = StatisticsHead { year: 2023, scope: "明湖东区总工会", as_of: now };
/// let mut book = StatisticsBook::begin(&head, &WriteOptions { created: now, temp_folder: &folder })?;
/// book.unit(&UnitFigures {
///     bureau: "明湖东区总工会",
///     secondary: "",
///     code: "3199010001",
///     name: "明湖一厂工会",
///     plan: "A",
///     status: "已审核",
///     submitted_at: now,
///     people: ClassCounts { enrolled: 95, no_card: 32, pending: 1, ..ClassCounts::default() },
///     money: PayerFen { municipal: 123_500, bureau: 123_500, unit: 0 },
/// })?;
/// let totals = book.finish(std::io::Cursor::new(Vec::new()))?;
/// assert_eq!((totals.enrolled, totals.money.total()), (95, 247_000));
/// # Ok(())
/// # }
/// ```
pub struct StatisticsBook {
    book: Workbook,
    styles: Styles,
    heading: Heading,
    detail: Detail,
    late: List,
    bureaus: Vec<Group>,
    secondaries: Vec<Group>,
    plans: BTreeMap<String, PlanSums>,
}

/// The lines above each table.
struct Heading {
    title: String,
    note: String,
}

impl StatisticsBook {
    /// Begins the workbook. `options.temp_folder` takes the rows until the end and must be private.
    pub fn begin(head: &StatisticsHead<'_>, options: &WriteOptions<'_>) -> Result<Self, WriteError> {
        let styles = Styles::new();
        let title = format!("{}年度集中参保统计表", head.year);
        let note = format!("{}　统计时间：{}　金额单位：元", head.scope, head.as_of.format("%Y-%m-%d %H:%M:%S"));
        let heading = Heading { title, note };
        let mut book = workbook(options.created)?;
        book.set_tempdir(options.temp_folder)?;
        book.add_worksheet().set_name("统计汇总")?;
        let detail = Detail::begin(book.add_worksheet_with_constant_memory()?, &heading, &styles)?;
        let title = format!("{}年度集中参保未提交单位", head.year);
        let list = ListHead { sheet: "未提交单位", title: &title, note: &heading.note, columns: &LATE_COLUMNS };
        let late = List::begin(book.add_worksheet_with_constant_memory()?, &list, &styles)?;
        let (bureaus, secondaries, plans) = (Vec::new(), Vec::new(), BTreeMap::new());
        Ok(Self { book, styles, heading, detail, late, bureaus, secondaries, plans })
    }

    /// Adds a unit. Units come in the order of bureaus and, within, of secondary unions; a group that comes back is
    /// [`WriteError::Order`], for its subtotal is written.
    pub fn unit(&mut self, unit: &UnitFigures<'_>) -> Result<(), WriteError> {
        let figures = figures(unit);
        self.enter(unit)?;
        self.detail.unit(sheet(&mut self.book, DETAIL)?, unit, &figures)?;
        if !self.plans.contains_key(unit.plan) {
            self.plans.insert(unit.plan.to_owned(), PlanSums::default());
        }
        if let Some(plan) = self.plans.get_mut(unit.plan) {
            plan.units += 1;
            plan.failed += u64::from(unit.status == SubmissionStatus::Failed.name_zh());
            add(&mut plan.sums, &figures);
        }
        for group in [self.bureaus.last_mut(), self.secondaries.last_mut()].into_iter().flatten() {
            group.units += 1;
            add(&mut group.sums, &figures);
        }
        Ok(())
    }

    /// Closes the groups that end before this unit and opens those that begin with it.
    fn enter(&mut self, unit: &UnitFigures<'_>) -> Result<(), WriteError> {
        let same_bureau = self.bureaus.last().is_some_and(|group| group.name == unit.bureau);
        if same_bureau && self.secondaries.last().is_some_and(|group| group.name == unit.secondary) {
            return Ok(());
        }
        self.leave(!same_bureau)?;
        let back = |groups: &[Group], name: &str| groups.iter().any(|group| group.name == name);
        if !same_bureau {
            if back(&self.bureaus, unit.bureau) {
                return Err(WriteError::Order(unit.code.to_owned()));
            }
            self.bureaus.push(Group { name: unit.bureau.to_owned(), ..Group::default() });
            // Where there are several bureaus, the lines of 统计汇总 are theirs; the secondary unions need not be kept.
            self.secondaries.clear();
            self.detail.open_bureau();
        } else if back(&self.secondaries, unit.secondary) {
            return Err(WriteError::Order(unit.code.to_owned()));
        }
        self.secondaries.push(Group { name: unit.secondary.to_owned(), ..Group::default() });
        self.detail.open_secondary();
        Ok(())
    }

    /// Writes the subtotal of the open secondary union and, where `bureau` ends, of the bureau.
    fn leave(&mut self, bureau: bool) -> Result<(), WriteError> {
        let Self { book, detail, styles, bureaus, secondaries, .. } = self;
        let (Some(open), sheet) = (bureaus.last_mut(), sheet(book, DETAIL)?) else { return Ok(()) };
        let alone = secondaries.len() == 1;
        let Some(secondary) = secondaries.last_mut() else { return Ok(()) };
        // A bureau without secondary unions has one subtotal, not two that are the same.
        if !(bureau && alone && secondary.name.is_empty()) {
            let name = if secondary.name.is_empty() { "直属单位" } else { &secondary.name };
            secondary.row = Some(detail.subtotal(sheet, (&open.name, name), &secondary.sums, styles)?);
        }
        if bureau {
            let row = detail.total_of_bureau(sheet, &open.name, &open.sums, styles)?;
            open.row = Some(row);
            secondary.row = secondary.row.or(Some(row));
        }
        Ok(())
    }

    /// Adds a unit that has not submitted, in any order, once all that have are in.
    pub fn outstanding<'a>(&mut self, unit: &OutstandingUnit<'a>) -> Result<(), WriteError> {
        let text = |text: &'a str| if text.is_empty() { ListCell::Empty } else { ListCell::Text(text) };
        let members = ListCell::Integer(i64::from(unit.members));
        let names = [unit.bureau, unit.secondary, unit.code, unit.name].map(text);
        let cells = [&names[..], &[members, text(unit.contact), text(unit.email)]].concat();
        self.late.row(sheet(&mut self.book, OUTSTANDING)?, &cells)?;
        count_outstanding(&mut self.bureaus, unit.bureau);
        count_outstanding(&mut self.secondaries, unit.secondary);
        Ok(())
    }

    /// Writes what can only be known now and the whole to `out`; what everything comes to.
    pub fn finish(mut self, out: impl Write + Seek + Send) -> Result<StatisticsTotals, WriteError> {
        self.leave(true)?;
        let mut sums = [0; FIGURES];
        self.plans.values().for_each(|plan| add(&mut sums, &plan.sums));
        self.detail.end(sheet(&mut self.book, DETAIL)?, &sums, &self.styles)?;
        self.late.end(sheet(&mut self.book, OUTSTANDING)?, &self.styles)?;
        let groups = if self.bureaus.len() > 1 {
            ("区局(产业)工会", &self.bureaus)
        } else {
            ("二级工会", &self.secondaries)
        };
        let last = self.detail.last_row();
        summary::write(sheet(&mut self.book, SUMMARY)?, &self.heading, &self.plans, groups, last, &self.styles)?;
        self.book.save_to_writer(out)?;
        Ok(StatisticsTotals {
            units: self.plans.values().map(|plan| plan.units).sum(),
            failed: self.plans.values().map(|plan| plan.failed).sum(),
            outstanding: u64::from(self.late.rows),
            enrolled: sums[1] as u64,
            money: PayerFen { municipal: sums[7], bureau: sums[8], unit: sums[9] },
        })
    }
}

const LATE_COLUMNS: [ListColumn<'_>; 7] = [
    ListColumn::new("区局(产业)工会", ListContent::Text, 22),
    ListColumn::new("二级工会", ListContent::Text, 22),
    ListColumn::new("工会编号", ListContent::Text, 16),
    ListColumn::new("工会组织名称", ListContent::Text, 32),
    ListColumn::summed("会员总数", ListContent::Integer, 12),
    ListColumn::new("联系人", ListContent::Text, 12),
    ListColumn::new("电子邮箱", ListContent::Text, 28),
];

fn count_outstanding(groups: &mut Vec<Group>, name: &str) {
    if let Some(group) = groups.iter_mut().find(|group| group.name == name) {
        group.outstanding += 1;
    } else {
        groups.push(Group { name: name.to_owned(), outstanding: 1, ..Group::default() });
    }
}

fn add(sums: &mut Sums, figures: &Sums) {
    for (sum, figure) in sums.iter_mut().zip(figures) {
        *sum += figure;
    }
}

/// Total, the classes, total money, the payers.
fn figures(unit: &UnitFigures<'_>) -> Sums {
    let ClassCounts { enrolled, no_card, pending, retired, deceased } = unit.people;
    let [enrolled, no_card, pending, retired, deceased] =
        [enrolled, no_card, pending, retired, deceased].map(i64::from);
    let (money, total) = (unit.money, enrolled + no_card + pending + retired + deceased);
    let payers = [money.total(), money.municipal, money.bureau, money.unit];
    [total, enrolled, no_card, pending, retired, deceased, payers[0], payers[1], payers[2], payers[3]]
}
