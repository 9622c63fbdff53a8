//! Members who are likely one person under two documents: listed for whoever keeps the list, merged by nobody (decision 48).

use std::collections::{BTreeMap, HashMap};

use domain::{
    identity::{Document, IdKind},
    likeness::{Likeness, Person, in_one_union},
    mask,
    person::Sex,
    role::Act,
};
use serde::Serialize;
use store::{
    Session, StoreError, Vault,
    likenesses::{self, Lookalike},
};

use crate::{Desk, DeskError, Reach};

/// Members looked up together.
const PAGE: usize = 5_000;
/// Pairs by phone that are listed at most; more come once some of these are settled.
const MOST: i64 = 5_000;

/// Two members who are likely one, as `member likely-duplicates` prints them. Fields may be added, these stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LikelyDuplicate {
    /// `same-phone`, `same-birth` or `near-number`.
    pub code: &'static str,
    /// The same for the clerk.
    pub message: &'static str,
    /// A member within reach.
    pub member: LikelyMember,
    /// The other one; none: of another union, beyond reach.
    pub other: Option<LikelyMember>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LikelyMember {
    /// The member's number.
    pub member_no: String,
    /// The name.
    pub name: String,
    /// Wire name of the document's kind.
    pub id_kind: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// The union's number.
    pub org: String,
}

fn view(vault: &Vault, of: &Lookalike) -> Result<LikelyMember, StoreError> {
    Ok(LikelyMember {
        member_no: crate::year::member_no(of.person_id),
        name: of.name.clone(),
        id_kind: of.doc_kind.clone(),
        id_masked: mask::mask_number(&vault.open(&of.doc_number)?),
        org: of.org_code.clone(),
    })
}

impl Desk {
    /// The pairs of members below an organization, or within an account's reach: each pair once.
    pub async fn likely_duplicates(&self, account: &str, org: Option<&str>) -> Result<Vec<LikelyDuplicate>, DeskError> {
        let act = Act::SeeMembers;
        let reach = self.authorize(account, act, None).await?;
        let paths = match (org, &reach) {
            (Some(org), _) => vec![self.organization_for(account, act, org).await?.path],
            (None, Reach::All) => vec!["/".to_owned()],
            (None, Reach::Below(paths)) => paths.clone(),
        };
        let mut session = self.store.view().await?;
        let mut pairs: BTreeMap<(i64, i64), Option<Likeness>> = BTreeMap::new();
        for path in paths {
            for (one, other) in likenesses::pairs_by_phone(&mut session, &path, 0, MOST).await? {
                pairs.insert((one.min(other), one.max(other)), Some(Likeness::SamePhone));
            }
            let namesakes = likenesses::namesakes(&mut session, &path).await?;
            for group in namesakes.chunk_by(|one, other| (one.org_id, &one.name) == (other.org_id, &other.name)) {
                for (place, one) in group.iter().enumerate() {
                    for other in &group[place + 1..] {
                        pairs.entry((one.person_id, other.person_id)).or_default();
                    }
                }
            }
        }
        let members = members(&mut session, &pairs).await?;
        let vault = session.vault();
        let mut found = Vec::new();
        for ((one, other), likeness) in pairs {
            let Some((one, other)) = members.get(&one).zip(members.get(&other)) else { continue };
            let Some(likeness) = likeness.or(of_one_union(&vault, one, other)?) else { continue };
            let (one, other) = if reach.covers(&one.org_path) { (one, other) } else { (other, one) };
            let other = reach.covers(&other.org_path).then(|| view(&vault, other)).transpose()?;
            let (code, message) = (likeness.name(), likeness.name_zh());
            found.push(LikelyDuplicate { code, message, member: view(&vault, one)?, other });
        }
        Ok(found)
    }
}

async fn members(
    session: &mut impl Session,
    pairs: &BTreeMap<(i64, i64), Option<Likeness>>,
) -> Result<HashMap<i64, Lookalike>, DeskError> {
    let ids: Vec<i64> = pairs.keys().flat_map(|(one, other)| [*one, *other]).collect();
    let mut members = HashMap::new();
    for page in ids.chunks(PAGE) {
        members.extend(likenesses::named(session, page).await?.into_iter().map(|member| (member.person_id, member)));
    }
    Ok(members)
}

fn of_one_union(vault: &Vault, one: &Lookalike, other: &Lookalike) -> Result<Option<Likeness>, StoreError> {
    let document = |of: &Lookalike| {
        let number = vault.open(&of.doc_number)?;
        Ok::<_, StoreError>(IdKind::parse(&of.doc_kind).and_then(|kind| Document::stored(kind, &number)))
    };
    let (Some(first), Some(second)) = (document(one)?, document(other)?) else { return Ok(None) };
    let person = |of: &Lookalike, document| {
        let sex = Sex::parse(&of.sex)?;
        Some((of.name.clone(), document, of.birth, sex))
    };
    let Some(((name, document, birth, sex), (its_name, its_document, its_birth, its_sex))) =
        person(one, first).zip(person(other, second))
    else {
        return Ok(None);
    };
    let one = Person { name: &name, document: &document, birth, sex };
    Ok(in_one_union(&one, &Person { name: &its_name, document: &its_document, birth: its_birth, sex: its_sex }))
}
