//! New members who are likely registered already under another document: warned of, taken all the same (decision 48).
//!
//! Looked up once a file, before any lock: by the keyed hash of the phone everywhere, and by name within the unions that get
//! new members. Somebody beyond the reach of the upload is not named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use desk::Reach;
use domain::{
    finding::{Code, Fault},
    identity::{Document, IdKind},
    import::{Decision, Outcome},
    likeness::{Likeness, Person, in_one_union},
    mask,
    name::name_key,
    person::Sex,
    row::MemberRow,
};
use store::{Session, StoreError, Vault, likenesses::Lookalike, organizations::Organization};

use super::{import::File, members::Known, rows::Line};
use crate::WorkError;

/// A row that adds somebody whom nobody knows by the document.
struct Newcomer<'l> {
    place: usize,
    line: &'l Line<MemberRow>,
    row: &'l MemberRow,
    org: &'l Organization,
    phone: Vec<u8>,
    name: String,
}

/// The warnings, by place of the line.
pub(super) async fn warnings<S: Session>(
    session: &mut S,
    files: &[File<'_>],
    lines: &[Line<MemberRow>],
    decisions: &[Decision],
    known: &Known,
) -> Result<Vec<(usize, Fault)>, WorkError> {
    let vault = session.vault();
    let newcomers: Vec<Newcomer<'_>> = lines
        .iter()
        .zip(decisions)
        .enumerate()
        .filter(|(place, (_, decision))| decision.outcome == Outcome::New && known.is_nobody(*place))
        .filter_map(|(place, (line, _))| {
            let row = line.row.as_ref()?;
            let org = known.org(row)?;
            let name = name_key(row.name.as_str()).into_owned();
            Some(Newcomer { place, line, row, org, phone: vault.phone_key(row.phone.as_str()), name })
        })
        .collect();
    if newcomers.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: BTreeMap<usize, (Likeness, Lookalike)> = BTreeMap::new();
    by_phone(session, &newcomers, &mut found).await?;
    by_name(session, &vault, &newcomers, &mut found).await?;
    let by_place: HashMap<usize, &Newcomer<'_>> = newcomers.iter().map(|one| (one.place, one)).collect();
    let fault = |(place, (likeness, member)): (usize, (Likeness, Lookalike))| {
        let line = by_place.get(&place)?.line;
        let within = within(&files[line.file], known, &member.org_path);
        Some(told(&vault, likeness, &member, within).map(|fault| (place, fault)))
    };
    Ok(found.into_iter().filter_map(fault).collect::<Result<_, StoreError>>()?)
}

/// Whether those who see the upload may see a member of a union at this place.
fn within(file: &File<'_>, known: &Known, path: &str) -> bool {
    match (&file.org, known.reach_of(&file.task.upload.account)) {
        (Some(org), _) => path.starts_with(&org.path),
        (None, Some(reach)) => Reach::covers(reach, path),
        (None, None) => false,
    }
}

async fn by_phone<S: Session>(
    session: &mut S,
    newcomers: &[Newcomer<'_>],
    found: &mut BTreeMap<usize, (Likeness, Lookalike)>,
) -> Result<(), WorkError> {
    let keys: Vec<Vec<u8>> = newcomers.iter().map(|one| one.phone.clone()).collect();
    let mut members: HashMap<Vec<u8>, Vec<Lookalike>> = HashMap::new();
    for member in store::likenesses::by_phone(session, &keys).await? {
        members.entry(member.phone_key.clone().unwrap_or_default()).or_default().push(member);
    }
    for one in newcomers {
        let same = members.get(&one.phone).into_iter().flatten().filter(|member| name_key(&member.name) == one.name);
        // One of the own union before one of another.
        if let Some(member) = same.min_by_key(|member| (member.org_id != one.org.id, member.person_id)) {
            found.insert(one.place, (Likeness::SamePhone, member.clone()));
        }
    }
    Ok(())
}

/// Those of the unions that get new members who have the name of one of them.
async fn by_name<S: Session>(
    session: &mut S,
    vault: &Vault,
    newcomers: &[Newcomer<'_>],
    found: &mut BTreeMap<usize, (Likeness, Lookalike)>,
) -> Result<(), WorkError> {
    let wanted: BTreeSet<(i64, &str)> = newcomers
        .iter()
        .filter(|one| !found.contains_key(&one.place))
        .map(|one| (one.org.id, one.name.as_str()))
        .collect();
    let orgs: BTreeSet<i64> = wanted.iter().map(|(org, _)| *org).collect();
    let orgs: Vec<i64> = orgs.into_iter().collect();
    let namesakes: Vec<i64> = store::likenesses::names_in(session, &orgs)
        .await?
        .into_iter()
        .filter(|one| wanted.contains(&(one.org_id, &*name_key(&one.name))))
        .map(|one| one.person_id)
        .collect();
    let mut members: HashMap<(i64, String), Vec<Lookalike>> = HashMap::new();
    for member in store::likenesses::named(session, &namesakes).await? {
        let name = name_key(&member.name).into_owned();
        members.entry((member.org_id, name)).or_default().push(member);
    }
    for one in newcomers {
        if found.contains_key(&one.place) {
            continue;
        }
        let row = Person {
            name: one.row.name.as_str(),
            document: &one.row.document,
            birth: one.row.document.birth_date(),
            sex: one.row.sex,
        };
        for member in members.get(&(one.org.id, one.name.clone())).into_iter().flatten() {
            if let Some(likeness) = likeness(vault, &row, member)? {
                found.insert(one.place, (likeness, member.clone()));
                break;
            }
        }
    }
    Ok(())
}

fn likeness(vault: &Vault, row: &Person<'_>, member: &Lookalike) -> Result<Option<Likeness>, StoreError> {
    let number = vault.open(&member.doc_number)?;
    let document = IdKind::parse(&member.doc_kind).and_then(|kind| Document::stored(kind, &number));
    let Some((document, sex)) = document.zip(Sex::parse(&member.sex)) else { return Ok(None) };
    let member = Person { name: &member.name, document: &document, birth: member.birth, sex };
    Ok(in_one_union(row, &member))
}

fn told(vault: &Vault, likeness: Likeness, member: &Lookalike, within: bool) -> Result<Fault, StoreError> {
    let fault = Fault::new(Code::LikelyDuplicate, "id_number");
    if !within {
        return Ok(fault.detail("在其他工会有相似登记"));
    }
    let number = vault.open(&member.doc_number)?;
    Ok(fault.detail(format!(
        "{}：{} {}，会员编号{:010}，工会{}",
        likeness.name_zh(),
        mask::mask_name(&member.name),
        mask::mask_number(&number),
        member.person_id,
        member.org_code
    )))
}
