//! What a unit would submit now: the counters of the manual's screen, the money, and what the clerk has to look at.

use chrono::{DateTime, Utc};
use domain::{
    enrollment::{
        eligibility::{self, Class, ClassCounts, RetirementDecision},
        premium::Plan,
    },
    money::{Money, MoneyError},
    role::Act,
    year::{file::YearFile, window::WindowKind},
};
use serde::Serialize;
use store::{Session, organizations::Organization, submissions::Submission};

use super::{
    GoneView, Roll, RollMember, Season,
    gone::gone_on,
    named::{members_named, members_to_decide, not_pending},
    premiums::split_of,
};
use crate::{Desk, DeskError, Refusal};

/// A preview as `enroll preview` prints it. Fields may be added, these stay (interface.md).
#[derive(Debug, Clone, Serialize)]
pub struct EnrollPreview {
    /// The unit's number.
    pub org: String,
    /// The unit's name.
    pub name: String,
    /// The coverage year.
    pub year: i32,
    /// The plan's code.
    pub plan: String,
    /// Members by class.
    pub classes: Classes,
    /// Money by payer.
    pub money: MoneyView,
    /// People submitted before (集中参保已提交人数).
    pub submitted_before: i64,
    /// What the clerk has to look at.
    pub warnings: Vec<Warning>,
}

/// Members by class.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Classes {
    /// 会员总人数.
    pub total: u64,
    /// 参保人数.
    pub enrolled: u64,
    /// 未办卡人数.
    pub no_card: u64,
    /// 待确认人数.
    pub pending: u64,
    /// 退休人数.
    pub retired: u64,
    /// 死亡人数.
    pub deceased: u64,
}

/// Money by payer, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MoneyView {
    /// All shares together.
    pub total_fen: i64,
    /// 市总统一划拨.
    pub municipal_fen: i64,
    /// 区局/各级工会缴费.
    pub bureau_fen: i64,
    /// 基层单位缴费.
    pub unit_fen: i64,
}

/// Something that a clerk has to look at before submitting.
#[derive(Debug, Clone, Serialize)]
pub struct Warning {
    /// `retirement-undecided`, `in-two-submissions`, or of the list that was submitted: `deceased-on-list`, `retired-on-list`.
    pub code: &'static str,
    /// The member's number.
    pub member_no: String,
    /// The member's name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// A sentence for the clerk.
    pub message: String,
}

/// A member on the pending list (待确认名单).
#[derive(Debug, Clone, Serialize)]
pub struct PendingView {
    /// The member's number.
    pub member_no: String,
    /// The member's name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// `not_insured` or `unknown`.
    pub reason: &'static str,
    /// The same for the clerk.
    pub message: &'static str,
}

impl From<ClassCounts> for Classes {
    fn from(of: ClassCounts) -> Self {
        let ClassCounts { total, enrolled, no_card, pending, retired, deceased } = of;
        Self { total, enrolled, no_card, pending, retired, deceased }
    }
}

impl From<Money> for MoneyView {
    fn from(of: Money) -> Self {
        let Money { total_fen, municipal_fen, bureau_fen, unit_fen } = of;
        Self { total_fen, municipal_fen, bureau_fen, unit_fen }
    }
}

impl From<store::submissions::Fen> for MoneyView {
    fn from(of: store::submissions::Fen) -> Self {
        Self { total_fen: of.total, municipal_fen: of.municipal, bureau_fen: of.bureau, unit_fen: of.unit }
    }
}

/// A member's number as people write it.
pub(crate) fn member_no(person_id: i64) -> String {
    format!("{person_id:010}")
}

/// The plan that is asked for, else the one submitted before, else the first of the year.
pub(crate) fn plan_of<'f>(
    file: &'f YearFile,
    asked: Option<&str>,
    before: Option<&Submission>,
) -> Result<&'f Plan, Refusal> {
    match asked.or(before.map(|before| before.plan.as_str())) {
        Some(code) => file.plan(code).ok_or_else(|| Refusal::unknown_plan(file, code)),
        None => file.plans().first().ok_or_else(|| Refusal::unknown_plan(file, "")),
    }
}

/// Money of so many people of a unit below this bureau, as what is received at this instant has it.
pub(crate) async fn money_of(
    session: &mut impl Session,
    year: i32,
    bureau_id: i64,
    plan: &Plan,
    people: u64,
    at: DateTime<Utc>,
) -> Result<Money, DeskError> {
    let split = split_of(session, year, bureau_id, plan, at).await?;
    Ok(plan.money(split, people).map_err(|error| no_sum(&error))?)
}

/// Money that can't be added up stops what was asked for.
pub(crate) fn no_sum(error: &MoneyError) -> Refusal {
    Refusal::new(
        "money",
        error.to_string(),
        "the year's file and the splits have to be looked at: rollcall premium show",
    )
}

/// A plan or version that a row names is gone from the record.
pub(crate) fn no_plan() -> DeskError {
    let hint = "an engineer has to look at the year's file on record: rollcall year show";
    Refusal::new("unknown-plan", "the plan that a row names is not in the year's file", hint).into()
}

fn warnings(roll: &Roll, year: i32) -> Vec<Warning> {
    let undecided = roll.undecided().map(|member| Warning {
        code: "retirement-undecided",
        member_no: member_no(member.person_id),
        name: member.name.clone(),
        id_masked: member.id_masked.clone(),
        message: undecided(member, year),
    });
    let held = roll.of_class(Class::Enrolled).filter_map(|member| {
        let other = member.held_by.as_ref()?;
        Some(Warning {
            code: "in-two-submissions",
            member_no: member_no(member.person_id),
            name: member.name.clone(),
            id_masked: member.id_masked.clone(),
            message: format!(
                "该会员同时在工会 {other} 的{year}年度集中参保名单中，请双方核实；一人一年度只能参保一次。"
            ),
        })
    });
    undecided.chain(held).collect()
}

/// What the clerk reads of somebody whose retirement is to be decided about: every date that may apply.
fn undecided(member: &RollMember, year: i32) -> String {
    let how = eligibility::undecided_zh(&member.undecided, year);
    format!("按出生日期推算可能在{year}年1月1日前退休：{how}。请认定已退休或继续在职。")
}

/// Of those who stand on the list that was submitted and should not any more.
async fn outdated(
    session: &mut impl Session,
    season: &Season,
    before: Option<&Submission>,
) -> Result<Vec<Warning>, DeskError> {
    let gone = gone_on(session, season, before).await?;
    let warning = |one: GoneView| Warning {
        code: if one.class == Class::Deceased.name() { "deceased-on-list" } else { "retired-on-list" },
        message: format!(
            "{}，仍在已提交的{}年度参保名单内；重新提交后不再计入，否则仍按原名单收费。",
            one.message,
            season.year()
        ),
        member_no: one.member_no,
        name: one.name,
        id_masked: one.id_masked,
    };
    Ok(gone.into_values().flatten().map(warning).collect())
}

impl Desk {
    /// What a unit would submit now.
    pub async fn preview(
        &self,
        account: &str,
        year: i32,
        org: &str,
        plan: Option<&str>,
    ) -> Result<EnrollPreview, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        let before = store::submissions::find(&mut session, year, org.id).await?;
        let plan = plan_of(&season.file, plan, before.as_ref())?;
        let bureau = bureau_above(&mut session, &org).await?;
        let roll = Roll::of(&mut session, &season, &org).await?;
        let now = self.clock.business_now();
        let money = money_of(&mut session, year, bureau.id, plan, roll.counts.enrolled, now).await?;
        let mut all = outdated(&mut session, &season, before.as_ref()).await?;
        all.extend(warnings(&roll, year));
        Ok(EnrollPreview {
            org: org.code,
            name: org.name,
            year,
            plan: plan.code.clone(),
            classes: roll.counts.into(),
            money: money.into(),
            submitted_before: before.map_or(0, |before| before.people),
            warnings: all,
        })
    }

    /// The members who need a person's confirmation before they are covered.
    pub async fn pending(&self, account: &str, year: i32, org: &str) -> Result<Vec<PendingView>, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        let season = Season::load(&mut session, year).await?;
        let roll = Roll::of(&mut session, &season, &org).await?;
        let view = |member: &RollMember| PendingView {
            member_no: member_no(member.person_id),
            name: member.name.clone(),
            id_masked: member.id_masked.clone(),
            reason: member.pending.map_or("", |reason| reason.name()),
            message: member.pending.map_or("", |reason| reason.name_zh()),
        };
        Ok(roll.of_class(Class::Pending).map(view).collect())
    }

    /// Confirms members of the pending list, those named or all. It can't be withdrawn; the unit has to submit (again)
    /// for it to count. The number confirmed just now.
    pub async fn confirm(
        &self,
        account: &str,
        year: i32,
        org: &str,
        named: Option<&[String]>,
    ) -> Result<u64, DeskError> {
        let act = Act::ConfirmPending;
        let org = self.organization_for(account, act, org).await?;
        let mut unit = self.store.begin().await?;
        store::organizations::lock(&mut unit, &[org.id]).await?;
        let now = self.clock.business_now();
        let season = Season::load(&mut unit, year).await?;
        if let Err(refusal) = season.require_open(WindowKind::Submission, &org, now, LATE) {
            unit.rollback().await?;
            return Err(self.refused(account, act, Some(&org.code), refusal).await?);
        }
        let roll = Roll::of(&mut unit, &season, &org).await?;
        let persons = match named {
            None => roll.of_class(Class::Pending).map(|member| member.person_id).collect(),
            Some(named) => members_named(&roll, named, |member| {
                let fits = member.class == Class::Pending || member.confirmed;
                if fits { Ok(()) } else { Err(not_pending(member)) }
            })?,
        };
        let confirmed = store::candidates::confirm(&mut unit, year, org.id, &persons, account, now).await?;
        let about = format!("year:{year}");
        let record = self.act(account, act.name(), Some(&org.code), Some(about), format!("done: {confirmed}"));
        store::audit::record(&mut unit, &[record]).await?;
        unit.commit().await?;
        Ok(confirmed)
    }

    /// Keeps what a clerk decided about members of whom only the calendar says that they are retired.
    pub async fn decide_retirement(
        &self,
        account: &str,
        year: i32,
        org: &str,
        named: &[String],
        decision: RetirementDecision,
    ) -> Result<u64, DeskError> {
        let act = Act::DecideRetirement;
        let org = self.organization_for(account, act, org).await?;
        let mut unit = self.store.begin().await?;
        store::organizations::lock(&mut unit, &[org.id]).await?;
        let now = self.clock.business_now();
        let season = Season::load(&mut unit, year).await?;
        if let Err(refusal) = season.require_open(WindowKind::Submission, &org, now, LATE) {
            unit.rollback().await?;
            return Err(self.refused(account, act, Some(&org.code), refusal).await?);
        }
        let roll = Roll::of(&mut unit, &season, &org).await?;
        let persons = members_to_decide(&roll, named, decision)?;
        let decisions: Vec<_> = persons.iter().map(|person| (*person, decision.name())).collect();
        store::candidates::decide(&mut unit, year, org.id, &decisions, account, now).await?;
        let about = format!("year:{year}");
        let outcome = format!("done: {} {}", decisions.len(), decision.name());
        store::audit::record(&mut unit, &[self.act(account, act.name(), Some(&org.code), Some(about), outcome)])
            .await?;
        unit.commit().await?;
        Ok(decisions.len() as u64)
    }
}

/// What is left to somebody who comes after the closing.
pub(crate) const LATE: &str = "cover is still to be had by instant enrolment once the cover window is open: rollcall instant preview; \
    the federation may extend the window: rollcall window extend";

/// The bureau that a unit stands below.
pub(crate) async fn bureau_above(session: &mut impl Session, org: &Organization) -> Result<Organization, DeskError> {
    if org.level != domain::organization::Level::Grassroots.name() {
        return Err(Refusal::new(
            "not-a-unit",
            format!("{} is no grassroots union, it is {}", org.code, org.level),
            "name a union that has members with --org",
        )
        .into());
    }
    let above = store::organizations::get_above(session, std::slice::from_ref(org)).await?;
    let bureau = above.into_iter().find(|org| org.level == domain::organization::Level::Bureau.name());
    bureau.ok_or_else(|| {
        Refusal::new("no-bureau", format!("no bureau stands above {}", org.code), "rollcall org move puts it below one")
            .into()
    })
}
