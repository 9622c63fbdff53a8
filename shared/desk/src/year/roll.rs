//! A unit's roll for a year: each member with the class that the rules give, and who is still to be decided about.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    card::CardNumber,
    enrollment::eligibility::{
        Class, ClassCounts, PendingReason, Prospect, RetirementDecision, classify, is_undecided, prospects,
    },
    facts::Facts,
    mask,
    person::{Sex, Staff},
};
use store::{Session, StoreError, Vault, candidates::Candidate, organizations::Organization, submissions::Enrolled};

use super::Season;
use crate::DeskError;

/// A member as the rules of a year see it.
#[derive(Debug, Clone)]
pub struct RollMember {
    /// The member's number.
    pub person_id: i64,
    /// The name as written.
    pub name: String,
    /// Wire name of the document's kind.
    pub doc_kind: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// The service card, masked.
    pub card_masked: Option<String>,
    /// The class.
    pub class: Class,
    /// Why the member is on the pending list.
    pub pending: Option<PendingReason>,
    /// Whether the unit has confirmed the member for the year.
    pub confirmed: bool,
    /// The months that suggest a retirement which nobody has decided about; empty where there is nothing to decide.
    pub undecided: Vec<Prospect>,
    /// Whether a clerk may say that the member has retired or stays: the calendar suggests it, and nothing else settles it.
    pub may_decide: bool,
    /// Another union's submission of the year holds the member, too: that union's number.
    pub held_by: Option<String>,
    /// When a feed last said something of the member's document.
    pub facts_at: Option<DateTime<Utc>>,
}

/// All members of a unit for a year.
#[derive(Debug, Clone)]
pub struct Roll {
    /// The members, by number.
    pub members: Vec<RollMember>,
    /// How many are in each class.
    pub counts: ClassCounts,
}

impl Roll {
    /// Reads a unit's members and judges each.
    pub async fn of(session: &mut impl Session, season: &Season, org: &Organization) -> Result<Self, DeskError> {
        let vault = session.vault();
        let candidates = store::candidates::of_union(session, org.id, season.year()).await?;
        let cut = season.file.rules().retired_before;
        let mut roll = Self { members: Vec::with_capacity(candidates.len()), counts: ClassCounts::default() };
        for candidate in candidates {
            let member = judge(&vault, candidate, cut, season.year())?;
            roll.counts.add(member.class, 1);
            roll.members.push(member);
        }
        Ok(roll)
    }

    /// The members of a class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &RollMember> {
        self.members.iter().filter(move |member| member.class == class)
    }

    /// Those whose retirement is still to be decided about.
    pub fn undecided(&self) -> impl Iterator<Item = &RollMember> {
        self.members.iter().filter(|member| !member.undecided.is_empty())
    }

    /// The people who would be covered, as a submission keeps them.
    #[must_use]
    pub fn enrolled(&self) -> Vec<Enrolled> {
        let people = self.of_class(Class::Enrolled).map(|member| Enrolled {
            person_id: member.person_id,
            name: member.name.clone(),
            doc_kind: member.doc_kind.clone(),
            id_masked: member.id_masked.clone(),
            card_masked: member.card_masked.clone(),
        });
        people.collect()
    }
}

/// The class of each of these persons in a year, in whichever union he is a member now; of those who are in none, nothing.
pub(crate) async fn classes_of(
    session: &mut impl Session,
    season: &Season,
    persons: &[i64],
) -> Result<HashMap<i64, Class>, DeskError> {
    let vault = session.vault();
    let cut = season.file.rules().retired_before;
    let mut classes = HashMap::new();
    for one in store::candidates::of_persons(session, persons, season.year()).await? {
        let member = judge(&vault, one, cut, season.year())?;
        classes.insert(member.person_id, member.class);
    }
    Ok(classes)
}

fn judge(vault: &Vault, one: Candidate, cut: NaiveDate, year: i32) -> Result<RollMember, StoreError> {
    let number = vault.open(&one.doc_number)?;
    let card = one.card.0.as_ref().map(|card| vault.open(card)).transpose()?;
    let facts = Facts {
        card: card.as_deref().and_then(CardNumber::parse),
        social_insurance: one.social_insurance,
        retired_on: one.retired_on,
        deceased_on: one.deceased_on,
        staff: one.staff.as_deref().and_then(Staff::parse),
    };
    let confirmed = one.confirmed_at.is_some();
    let decision = one.decision.as_deref().and_then(RetirementDecision::parse);
    let class = classify(&facts, cut, confirmed, decision);
    let suggested = match (one.birth, Sex::parse(&one.sex)) {
        (Some(birth), Some(sex)) => prospects(birth, sex, facts.staff, year),
        _ => Vec::new(),
    };
    let may_decide = is_undecided(classify(&facts, cut, confirmed, None), &facts, None, &suggested);
    let undecided = if is_undecided(class, &facts, decision, &suggested) { suggested } else { Vec::new() };
    Ok(RollMember {
        person_id: one.person_id,
        name: one.name,
        doc_kind: one.doc_kind,
        id_masked: mask::mask_number(&number),
        card_masked: card.map(|card| mask::mask_number(&card)),
        class,
        pending: (class == Class::Pending).then(|| PendingReason::of(&facts)).flatten(),
        confirmed,
        undecided,
        may_decide,
        held_by: one.held_by,
        facts_at: one.facts_at,
    })
}
