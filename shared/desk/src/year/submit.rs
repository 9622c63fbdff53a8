//! A unit submits: judged, numbered and kept in one unit of work, by the instant at which it was received.

use chrono::{DateTime, FixedOffset};
use domain::{
    enrollment::{
        eligibility::undecided_zh,
        premium::Plan,
        submission::{SubmissionEvent, SubmissionNo, SubmissionStatus},
    },
    money::Money,
    organization::OrgCode,
    role::Act,
    year::window::WindowKind,
};
use mail::template::PersonLine;
use messages::{EnrollmentSubmitted, Kind};
use serde::Serialize;
use store::{
    Unit,
    organizations::Organization,
    submissions::{Enrolled, Fen, Submission, Version},
};
use uuid::Uuid;

use super::{
    Classes, MoneyView, Roll, RollMember, Season,
    late::Late,
    preview::{LATE, bureau_above, money_of, plan_of},
    windows::shanghai,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

/// What a unit gets in its hands when it has submitted.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// The unit's number.
    pub org: String,
    /// The coverage year.
    pub year: i32,
    /// The submission's number (批次编号).
    pub number: String,
    /// Which version of the unit's submission this is, from 1.
    pub version: i64,
    /// The plan's code.
    pub plan: String,
    /// Members by class.
    pub classes: Classes,
    /// Money by payer.
    pub money: MoneyView,
    /// The status: `submitted`.
    pub status: String,
    /// The instant by which it is judged.
    pub received_at: DateTime<FixedOffset>,
    /// SHA-256 of the list and the figures, 64 hexadecimal digits.
    pub sha256: String,
    /// How many members' retirement is still undecided.
    pub undecided: usize,
}

/// A receipt, and the bells to ring.
#[derive(Debug)]
pub struct Submitted {
    /// The receipt.
    pub receipt: Receipt,
    /// To be rung now.
    pub bells: Vec<Bell>,
    /// The chain of messages that it started.
    pub correlation: Uuid,
}

/// A version as `enroll history` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    /// Its number, from 1.
    pub version: i64,
    /// The number on its receipt.
    pub number: String,
    /// `submit`, or what else made it.
    pub cause: String,
    /// The plan's code.
    pub plan: String,
    /// People enrolled.
    pub people: i64,
    /// Money by payer.
    pub money: MoneyView,
    /// Who submitted.
    pub account: String,
    /// The instant by which it is judged.
    pub received_at: DateTime<FixedOffset>,
    /// SHA-256 of the list and the figures.
    pub sha256: String,
    /// Whether it is the one that counts.
    pub counts: bool,
}

impl Desk {
    /// Submits a unit's enrolment. The version with the highest number counts, whatever became of those before it
    /// and whatever the clocks of the machines say: it is given behind the unit's lock.
    pub async fn submit(
        &self,
        account: &str,
        year: i32,
        org: &str,
        plan: Option<&str>,
    ) -> Result<Submitted, DeskError> {
        let org = self.organization_for(account, Act::SubmitEnrollment, org).await?;
        let mut unit = self.store.begin().await?;
        // Submissions of one unit, and imports into it, wait for each other; so the instant is taken behind the lock.
        store::organizations::lock(&mut unit, &[org.id]).await?;
        let moment = self.moment();
        match self.write_submission(&mut unit, account, year, &org, plan, moment).await {
            Ok((receipt, outbox, correlation)) => {
                let bells = outbox.write(&mut unit).await?;
                runtime::fail_point("before-submit");
                unit.commit().await?;
                runtime::fail_point("after-submit");
                Ok(Submitted { receipt, bells, correlation })
            }
            Err(DeskError::Refused(refusal)) => {
                unit.rollback().await?;
                let (act, kind, received_at) = (Act::SubmitEnrollment, WindowKind::Submission, moment.business);
                self.refuse_late(&Late { account, act, org: &org, year, kind, received_at }, &refusal, moment).await?;
                Err(refusal.into())
            }
            Err(error) => Err(error),
        }
    }

    async fn write_submission(
        &self,
        unit: &mut Unit,
        account: &str,
        year: i32,
        org: &Organization,
        plan: Option<&str>,
        moment: Moment,
    ) -> Result<(Receipt, Outbox, Uuid), DeskError> {
        let season = Season::load(unit, year).await?;
        season.require_open(WindowKind::Submission, org, moment.business, LATE)?;
        let bureau = bureau_above(unit, org).await?;
        if season.window(WindowKind::PremiumSetting, &bureau.path).is_some_and(|window| window.is_open(moment.business))
        {
            // A split that is being set counts from its instant on, also for what is received a moment later.
            store::organizations::share(unit, bureau.id).await?;
        }
        // A batch or a review that has the row is waited for: what it made of the submission counts.
        let before = match store::submissions::find(unit, year, org.id).await? {
            Some(before) => store::submissions::lock(unit, &[before.id]).await?.pop(),
            None => None,
        };
        let status = before.as_ref().and_then(|before| SubmissionStatus::parse(&before.status));
        SubmissionStatus::after(status, SubmissionEvent::Submit, None).map_err(|refusal| {
            let hint = if status == Some(SubmissionStatus::Failed) {
                "what has failed comes back by rollcall undo failure, or cover is had by instant enrolment: rollcall instant list"
            } else {
                "rollcall enroll show tells how the submission stands"
            };
            Refusal::new(refusal.code(), refusal.to_string(), hint)
        })?;
        let plan = plan_of(&season.file, plan, before.as_ref())?;
        let roll = Roll::of(unit, &season, org).await?;
        check_roll(&season, &roll)?;
        let money = money_of(unit, year, bureau.id, plan, roll.counts.enrolled, moment.business).await?;
        let people = roll.enrolled();
        let (version, submission) =
            self.versions(year, org, &bureau, plan, &roll, money, &people, before.as_ref(), account, moment);
        let version = keep(unit, version, submission, &people).await?;
        let mut outbox = Outbox::new();
        let message = EnrollmentSubmitted { submission_id: version.submission_id, version_id: version.id };
        let correlation = outbox.first(self, Kind::EnrollmentSubmitted.row().queue, &message, moment);
        if status == Some(SubmissionStatus::Approved) {
            self.tell_delisted(unit, &mut outbox, &season, org, &bureau, &version, correlation, moment).await?;
        }
        let about = format!("submission:{year}:{}:{}", org.code, version.version);
        let act = self.act(account, Act::SubmitEnrollment.name(), Some(&org.code), Some(about), "done");
        store::audit::record(unit, &[act]).await?;
        let receipt = Receipt {
            org: org.code.clone(),
            year,
            number: number_of(year, &org.code, version.version),
            version: version.version,
            plan: version.plan,
            classes: roll.counts.into(),
            money: money.into(),
            status: SubmissionStatus::Submitted.name().to_owned(),
            received_at: shanghai(version.received_at),
            sha256: version.sha256,
            undecided: roll.undecided().count(),
        };
        Ok((receipt, outbox, correlation))
    }

    /// The rows of a submission: the version that was received, and the submission as it stands with it.
    #[expect(clippy::too_many_arguments, reason = "one submission with all that makes it")]
    fn versions(
        &self,
        year: i32,
        org: &Organization,
        bureau: &Organization,
        plan: &Plan,
        roll: &Roll,
        money: Money,
        people: &[Enrolled],
        before: Option<&Submission>,
        account: &str,
        moment: Moment,
    ) -> (Version, Submission) {
        let number = before.map_or(1, |before| before.version + 1);
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let fen = fen_of(money);
        let undecided: Vec<PersonLine> = roll.undecided().map(|member| undecided_line(member, year)).collect();
        let version = Version {
            id: self.id(moment),
            submission_id: before.map_or(0, |before| before.id),
            version: number,
            plan: plan.code.clone(),
            members: count(roll.counts.total),
            no_card: count(roll.counts.no_card),
            pending: count(roll.counts.pending),
            retired: count(roll.counts.retired),
            deceased: count(roll.counts.deceased),
            people: count(roll.counts.enrolled),
            fen,
            sha256: list_hash(year, &org.code, &plan.code, money, people),
            undecided: serde_json::to_string(&undecided).unwrap_or_else(|_| "[]".to_owned()),
            cause: "submit".to_owned(),
            account: account.to_owned(),
            received_at: moment.business,
        };
        let submission = Submission {
            id: version.submission_id,
            year,
            org_id: org.id,
            org_code: org.code.clone(),
            org_name: org.name.clone(),
            org_path: org.path.clone(),
            org_email: org.email.clone(),
            bureau_id: bureau.id,
            number: number_of(year, &org.code, number),
            status: SubmissionStatus::Submitted.name().to_owned(),
            version_id: version.id,
            version: number,
            plan: plan.code.clone(),
            people: version.people,
            fen,
            received_at: moment.business,
            batch_id: None,
            reason_code: None,
            reason: None,
            reviewed_by: None,
            reviewed_at: None,
            submitted_at: before.map_or(moment.business, |before| before.submitted_at),
            changed_at: moment.business,
        };
        (version, submission)
    }

    /// How a unit's submission stands.
    pub async fn submission(&self, account: &str, year: i32, org: &str) -> Result<(Submission, Version), DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        let missing = || {
            Refusal::new(
                "not-submitted",
                format!("{} has not submitted for {year}", org.code),
                "rollcall enroll preview shows what it would submit",
            )
        };
        let found = store::submissions::find(&mut session, year, org.id).await?.ok_or_else(missing)?;
        let version = store::submissions::version(&mut session, found.version_id).await?.ok_or_else(missing)?;
        Ok((found, version))
    }

    /// All versions of a unit's submission.
    pub async fn submission_history(&self, account: &str, year: i32, org: &str) -> Result<Vec<VersionView>, DeskError> {
        let (submission, _) = self.submission(account, year, org).await?;
        let mut session = self.store.view().await?;
        let versions = store::submissions::versions(&mut session, submission.id).await?;
        let view = |version: Version| VersionView {
            version: version.version,
            number: number_of(year, &submission.org_code, version.version),
            cause: version.cause,
            plan: version.plan,
            people: version.people,
            money: version.fen.into(),
            account: version.account,
            received_at: shanghai(version.received_at),
            sha256: version.sha256,
            counts: version.id == submission.version_id,
        };
        Ok(versions.into_iter().map(view).collect())
    }
}

/// Whether anybody is covered, and nobody left to be decided about where that blocks.
fn check_roll(season: &Season, roll: &Roll) -> Result<(), Refusal> {
    if roll.counts.enrolled == 0 {
        return Err(Refusal::new(
            "nobody",
            "no member would be covered",
            "rollcall enroll preview shows the classes, rollcall enroll pending who is to be confirmed",
        ));
    }
    let undecided = roll.undecided().count();
    if undecided > 0 && season.file.rules().undecided_blocks {
        return Err(Refusal::new(
            "retirement-undecided",
            format!("members whose retirement is undecided: {undecided}; the year does not let them through"),
            "rollcall enroll preview names them; rollcall enroll decide keeps what is decided",
        ));
    }
    Ok(())
}

/// Writes the submission, its version and the version's people; the version with the submission's id.
async fn keep(
    unit: &mut Unit,
    mut version: Version,
    submission: Submission,
    people: &[Enrolled],
) -> Result<Version, DeskError> {
    if submission.id == 0 {
        version.submission_id = store::submissions::add(unit, &submission).await?;
    } else {
        store::submissions::update(unit, &submission).await?;
    }
    store::submissions::add_version(unit, &version, people).await?;
    Ok(version)
}

/// Money as a row keeps it.
pub(crate) fn fen_of(money: Money) -> Fen {
    let Money { total_fen, municipal_fen, bureau_fen, unit_fen } = money;
    Fen { total: total_fen, municipal: municipal_fen, bureau: bureau_fen, unit: unit_fen }
}

/// The number on a receipt.
#[must_use]
pub fn number_of(year: i32, org: &str, version: i64) -> String {
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    OrgCode::parse(org).map_or_else(String::new, |org| SubmissionNo { year, org, version }.to_string())
}

/// Somebody about whom the clerk is to decide, with what suggests a retirement, as mails and notices have it.
fn undecided_line(member: &RollMember, year: i32) -> PersonLine {
    let note = undecided_zh(&member.undecided, year);
    PersonLine { name: member.name.clone(), id_masked: member.id_masked.clone(), note }
}

/// The hash of a list: the same people and figures have the same, in whichever order they were read.
pub(crate) fn list_hash(year: i32, org: &str, plan: &str, money: Money, people: &[Enrolled]) -> String {
    let Money { total_fen, municipal_fen, bureau_fen, unit_fen } = money;
    let head = format!("{year}\n{org}\n{plan}\n{total_fen} {municipal_fen} {bureau_fen} {unit_fen}\n");
    let mut sorted: Vec<&Enrolled> = people.iter().collect();
    sorted.sort_unstable_by_key(|one| one.person_id);
    let line = |one: &&Enrolled| {
        let card = one.card_masked.as_deref().unwrap_or_default();
        format!("{}\t{}\t{}\t{}\t{card}\n", one.person_id, one.name, one.doc_kind, one.id_masked)
    };
    let lines: String = std::iter::once(head).chain(sorted.iter().map(line)).collect();
    files::sha256(lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(person_id: i64, name: &str) -> Enrolled {
        Enrolled {
            person_id,
            name: name.to_owned(),
            doc_kind: "resident-id".to_owned(),
            id_masked: "3101 **** **** 0014".to_owned(),
            card_masked: None,
        }
    }

    #[test]
    fn a_list_has_one_hash_in_any_order_and_another_when_anything_differs() {
        let (one, two) = (person(1, "张伟"), person(2, "王芳"));
        let hash = |plan: &str, people: &[Enrolled]| list_hash(2023, "31019901", plan, Money::ZERO, people);
        assert_eq!(hash("A", &[one.clone(), two.clone()]), hash("A", &[two.clone(), one.clone()]));
        assert_ne!(hash("A", std::slice::from_ref(&one)), hash("A", &[one.clone(), two]));
        assert_ne!(hash("A", std::slice::from_ref(&one)), hash("A+", &[one]));
    }

    #[test]
    fn a_receipt_is_numbered_by_year_union_and_version() {
        assert_eq!(number_of(2023, "3199010001", 2), "DW2023-3199010001-2");
    }
}
