//! Instant enrolment: cover that begins in the middle of the year, for what failed, for members with a card and no cover, and for
//! newly made cards.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::{
    calendar,
    enrollment::{
        eligibility::Class,
        instant::{Candidate, Draft, DraftError, InstantEvent, InstantKind, InstantStatus, voucher_deadline},
        premium::Plan,
        submission::SubmissionStatus,
    },
    role::Act,
    year::window::WindowKind,
};
use messages::InstantSubmitted;
use store::{
    Unit,
    instants::{self, Covered, Instant, InstantPerson, InstantSelection},
    organizations::Organization,
    submissions::Enrolled,
};

use super::{
    InstantView, LeftOut, Roll, Season,
    fail::{covered_until, instant_person},
    instant_view::{COVERED, view},
    instant_voucher::due_fen,
    premiums::split_of,
    preview::{bureau_above, member_no, no_plan, no_sum, plan_of},
    roll::classes_of,
    submit::fen_of,
};
use crate::{Bell, Desk, DeskError, Moment, Outbox, Refusal};

/// Which instant enrolment a unit submits: a draft by its number, or one of its own.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// The draft, or the returned one, of this number.
    Draft(i64),
    /// A new one of this kind, for this plan (the year's first where none is named).
    New(InstantKind, Option<&'a str>),
}

/// What is said outside the year.
const OUTSIDE: &str = "instant enrolment is of the year whose cover runs: rollcall window list tells from when to when";
/// Code of the refusal where there is nobody to be covered.
const NOBODY: &str = "nobody";

impl Desk {
    /// The instant enrolments of units below an organization, with their people.
    pub async fn instants(
        &self,
        account: &str,
        year: i32,
        org: &str,
        status: Option<&str>,
    ) -> Result<Vec<InstantView>, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut session = self.store.view().await?;
        Season::load(&mut session, year).await?;
        let wanted = InstantSelection { year, below: org.path, status: status.map(str::to_owned) };
        let mut views = Vec::new();
        for one in instants::list(&mut session, &wanted).await? {
            let people = instants::people(&mut session, one.id).await?;
            views.push(view(one, people, Vec::new()));
        }
        Ok(views)
    }

    /// What a unit would submit now as an instant enrolment of this kind.
    pub async fn instant_preview(
        &self,
        account: &str,
        year: i32,
        org: &str,
        kind: InstantKind,
        plan: Option<&str>,
    ) -> Result<InstantView, DeskError> {
        let org = self.organization_for(account, Act::SeeEnrollments, org).await?;
        let mut unit = self.store.begin().await?;
        let season = Season::load(&mut unit, year).await?;
        let (instant, people, left_out) = self.draw(&mut unit, &season, &org, kind, plan, self.moment()).await?;
        unit.rollback().await?;
        Ok(view(instant, people, left_out))
    }

    /// Submits an instant enrolment: the bureau decides, the voucher is due within the days of the year's file.
    pub async fn submit_instant(
        &self,
        account: &str,
        year: i32,
        org: &str,
        asked: Asked<'_>,
    ) -> Result<(InstantView, Vec<Bell>), DeskError> {
        let act = Act::SubmitInstant;
        let org = self.organization_for(account, act, org).await?;
        let mut unit = self.store.begin().await?;
        store::organizations::lock(&mut unit, &[org.id]).await?;
        let moment = self.moment();
        match self.write_instant(&mut unit, account, year, &org, asked, moment).await {
            Ok((view, outbox)) => {
                let bells = outbox.write(&mut unit).await?;
                unit.commit().await?;
                Ok((view, bells))
            }
            Err(DeskError::Refused(refusal)) => {
                unit.rollback().await?;
                Err(self.refused(account, act, Some(&org.code), refusal).await?)
            }
            Err(error) => Err(error),
        }
    }

    async fn write_instant(
        &self,
        unit: &mut Unit,
        account: &str,
        year: i32,
        org: &Organization,
        asked: Asked<'_>,
        moment: Moment,
    ) -> Result<(InstantView, Outbox), DeskError> {
        let season = Season::load(unit, year).await?;
        season.require_open(WindowKind::Cover, org, moment.business, OUTSIDE)?;
        let (mut instant, people, left_out) = match asked {
            Asked::New(kind, plan) => {
                let (new, people, left_out) = self.draw(unit, &season, org, kind, plan, moment).await?;
                let id = instants::add(unit, std::slice::from_ref(&new)).await?.first().map_or(0, |(id, _)| *id);
                let own: Vec<_> = people.into_iter().map(|one| InstantPerson { instant_id: id, ..one }).collect();
                instants::add_people(unit, &own).await?;
                (Instant { id, ..new }, own, left_out)
            }
            Asked::Draft(id) => self.redraw(unit, &season, org, id, moment).await?,
        };
        let next = InstantStatus::after(InstantStatus::parse(&instant.status), InstantEvent::Submit, None);
        next.map_err(|refusal| {
            let hint = "rollcall instant list shows how they stand";
            Refusal::new(refusal.code(), format!("it is {} and can't be submitted", instant.status), hint)
        })?;
        InstantStatus::Submitted.name().clone_into(&mut instant.status);
        instant.submitted_by = Some(account.to_owned());
        instant.submitted_at = Some(moment.business);
        instant.reason = None;
        // Where the city pays all of it nothing is due, and no voucher is waited for.
        let is_due = due_fen(&instant) > 0;
        let until = voucher_deadline(moment.business, season.file.rules().instant_voucher_days);
        instant.voucher_until = until.filter(|_| is_due);
        instant.paid_at = (!is_due).then_some(moment.business).or(instant.paid_at);
        instants::update(unit, &instant, moment.business).await?;
        let mut outbox = Outbox::new();
        self.follow(&mut outbox, &InstantSubmitted { instant_id: instant.id }, moment);
        let about = Some(format!("instant:{}", instant.id));
        let outcome = format!("done: people {}, from {}", instant.people, instant.cover_from);
        store::audit::record(unit, &[self.act(account, Act::SubmitInstant.name(), Some(&org.code), about, outcome)])
            .await?;
        Ok((view(instant, people, left_out), outbox))
    }

    /// A new instant enrolment of members whom nothing covers.
    async fn draw(
        &self,
        unit: &mut Unit,
        season: &Season,
        org: &Organization,
        kind: InstantKind,
        plan: Option<&str>,
        moment: Moment,
    ) -> Result<(Instant, Vec<InstantPerson>, Vec<LeftOut>), DeskError> {
        let bureau = bureau_above(unit, org).await?;
        let before = store::submissions::find(unit, season.year(), org.id).await?;
        let plan = plan_of(&season.file, plan, before.as_ref())?;
        let roll = Roll::of(unit, season, org).await?;
        let since = before.as_ref().map(|before| before.received_at).filter(|_| kind == InstantKind::NewCard);
        let fresh = |at: Option<DateTime<Utc>>| since.is_none_or(|since| at.is_some_and(|at| at > since));
        // Who was confirmed has no card, and stood on the list all the same: where that failed and its draft was given up, he
        // comes by here.
        let failed = before.as_ref().filter(|before| before.status == SubmissionStatus::Failed.name());
        let listed = match failed.filter(|_| kind == InstantKind::CardNoCover) {
            Some(failed) => store::submissions::people(unit, failed.version_id).await?,
            None => Vec::new(),
        };
        let on_list: BTreeSet<i64> = listed.into_iter().map(|one| one.person_id).collect();
        let may = |card: bool, person: i64| card || on_list.contains(&person);
        let with_card: BTreeSet<i64> = roll
            .of_class(Class::Enrolled)
            .filter(|member| may(member.card_masked.is_some(), member.person_id) && fresh(member.facts_at))
            .map(|member| member.person_id)
            .collect();
        let people: Vec<Enrolled> =
            roll.enrolled().into_iter().filter(|one| with_card.contains(&one.person_id)).collect();
        // What a failure or a return has left at the unit is submitted from there, and not once more.
        let stands = |one: &Covered| one.what == "submission" || one.org_code == org.code || is_on_its_way(one);
        let (people, left_out) = uncovered(unit, season.year(), people, stands).await?;
        let (draft, people) = match self.price(unit, season, bureau.id, plan, people, moment).await {
            Err(DeskError::Refused(nobody)) if nobody.code == NOBODY => {
                return Err(where_they_stand(unit, season.year(), org, nobody).await?.into());
            }
            priced => priced?,
        };
        let instant = Instant {
            id: 0,
            year: season.year(),
            org_id: org.id,
            org_code: org.code.clone(),
            org_name: org.name.clone(),
            org_path: org.path.clone(),
            org_email: org.email.clone(),
            bureau_id: bureau.id,
            kind: kind.name().to_owned(),
            status: InstantStatus::Draft.name().to_owned(),
            submission_id: None,
            plan: plan.code.clone(),
            people: people.len() as i64,
            fen: fen_of(draft.money),
            cover_from: draft.cover.first,
            cover_to: draft.cover.last,
            reason: None,
            created_at: moment.business,
            submitted_by: None,
            submitted_at: None,
            decided_by: None,
            decided_at: None,
            voucher_until: None,
            voucher_at: None,
            paid_at: None,
        };
        Ok((instant, people, left_out))
    }

    /// A draft made anew for today: who is covered by something else by now is left out, days and money follow.
    async fn redraw(
        &self,
        unit: &mut Unit,
        season: &Season,
        org: &Organization,
        id: i64,
        moment: Moment,
    ) -> Result<(Instant, Vec<InstantPerson>, Vec<LeftOut>), DeskError> {
        let unknown = || Refusal::unknown("instant", &id.to_string());
        let mut instant = instants::lock(unit, &[id]).await?.pop().ok_or_else(unknown)?;
        if instant.org_id != org.id || instant.year != season.year() {
            return Err(unknown().into());
        }
        let own = instants::people(unit, id).await?;
        let persons: Vec<i64> = own.iter().map(|one| one.person_id).collect();
        let not_any_more = no_longer(unit, season, &persons).await?;
        let (gone, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|one| not_any_more.contains_key(&one.person_id));
        let people = own.into_iter().map(|one| Enrolled {
            person_id: one.person_id,
            name: one.name,
            doc_kind: one.doc_kind,
            id_masked: one.id_masked,
            card_masked: one.card_masked,
        });
        // Two drafts may hold one person, who has moved: the one that is submitted first keeps him.
        let stands = |one: &Covered| one.what == "submission" || one.id != id && is_on_its_way(one);
        let (people, mut left_out) = uncovered(unit, season.year(), people.collect(), stands).await?;
        left_out.extend(gone.into_iter().map(|one| LeftOut {
            reason: not_any_more.get(&one.person_id).copied().unwrap_or(COVERED),
            member_no: member_no(one.person_id),
            name: one.name,
            covered_by: String::new(),
        }));
        let plan = season.file.plan(&instant.plan).ok_or_else(no_plan)?;
        let (draft, people) = self.price(unit, season, instant.bureau_id, plan, people, moment).await?;
        let people: Vec<_> = people.into_iter().map(|one| InstantPerson { instant_id: id, ..one }).collect();
        instants::replace_people(unit, id, &people).await?;
        instant.people = people.len() as i64;
        instant.fen = fen_of(draft.money);
        instant.cover_from = draft.cover.first;
        Ok((instant, people, left_out))
    }

    async fn price(
        &self,
        unit: &mut Unit,
        season: &Season,
        bureau_id: i64,
        plan: &Plan,
        people: Vec<Enrolled>,
        moment: Moment,
    ) -> Result<(Draft<()>, Vec<InstantPerson>), DeskError> {
        let persons: Vec<i64> = people.iter().map(|one| one.person_id).collect();
        let until = covered_until(unit, season.year(), &persons).await?;
        let split = split_of(unit, season.year(), bureau_id, plan, moment.business).await?;
        let handled = calendar::day_of(moment.business);
        let candidates =
            people.into_iter().map(|one| Candidate { covered_until: until.get(&one.person_id).copied(), id: one });
        let draft = Draft::of(season.year(), handled, candidates, plan, split).map_err(|error| match error {
            DraftError::Money(error) => no_sum(&error),
            DraftError::Nobody => Refusal::new(
                NOBODY,
                "nobody is left to cover: every member with a card has cover, or stands in a request that is under way",
                "rollcall enroll preview shows the members by class",
            ),
            DraftError::YearOver(year) => {
                Refusal::new("year-over", format!("no day of {year} is left"), "the next year has begun")
            }
        })?;
        let Draft { cover, people, money } = draft;
        let people = people.into_iter().map(|(one, gap_days)| instant_person(0, one, gap_days)).collect();
        Ok((Draft { cover, people: Vec::new(), money }, people))
    }
}

/// Those of these people of an earlier list whom the year does not cover any more, with why: what is known of them has changed
/// since, or they are in no union. Who is a member of another one by now stays, as nothing else has him.
pub(crate) async fn no_longer(
    unit: &mut Unit,
    season: &Season,
    persons: &[i64],
) -> Result<HashMap<i64, &'static str>, DeskError> {
    let classes = classes_of(unit, season, persons).await?;
    let why = |person: &i64| match classes.get(person) {
        Some(Class::Deceased) => Some("deceased"),
        Some(Class::Retired) => Some("retired"),
        Some(_) => None,
        None => Some("no-member"),
    };
    Ok(persons.iter().filter_map(|person| Some((*person, why(person)?))).collect())
}

/// Nobody is left for a new instant enrolment; where an earlier one of the unit has them, it is named.
async fn where_they_stand(
    unit: &mut Unit,
    year: i32,
    org: &Organization,
    nobody: Refusal,
) -> Result<Refusal, DeskError> {
    let all = InstantSelection { year, below: org.path.clone(), status: None };
    let open = [InstantStatus::Draft.name(), InstantStatus::Returned.name()];
    let own = instants::list(unit, &all).await?.into_iter();
    let mut own = own.filter(|one| one.org_id == org.id && open.contains(&one.status.as_str()));
    Ok(own.next().map_or(nobody, |one| {
        let message = format!("those who could be covered stand in instant enrolment {} ({})", one.id, one.status);
        Refusal::new(NOBODY, message, format!("rollcall instant submit {} --year {year} --org {}", one.id, org.code))
    }))
}

/// Whether an instant enrolment is decided about, or about to be.
fn is_on_its_way(one: &Covered) -> bool {
    matches!(InstantStatus::parse(&one.status), Some(InstantStatus::Submitted | InstantStatus::Approved))
}

/// Those of these people whom nothing covers in the year that stands in the way, and the others with what does.
async fn uncovered(
    unit: &mut Unit,
    year: i32,
    people: Vec<Enrolled>,
    stands: impl Fn(&Covered) -> bool,
) -> Result<(Vec<Enrolled>, Vec<LeftOut>), DeskError> {
    let persons: Vec<i64> = people.iter().map(|one| one.person_id).collect();
    let found = instants::covered(unit, year, &persons).await?;
    let covered: HashMap<i64, String> =
        found.into_iter().filter(stands).map(|one| (one.person_id, one.org_code)).collect();
    let mut left_out = Vec::new();
    let mut free = Vec::new();
    for one in people {
        match covered.get(&one.person_id) {
            None => free.push(one),
            Some(by) => {
                let (member_no, covered_by) = (member_no(one.person_id), by.clone());
                left_out.push(LeftOut { member_no, name: one.name, covered_by, reason: COVERED });
            }
        }
    }
    Ok((free, left_out))
}
