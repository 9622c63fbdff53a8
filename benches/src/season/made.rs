//! A federation with its members, written straight into the database: sizes with a long tail, cards and insurance as they are.

use std::sync::Arc;

use chrono::NaiveDate;
use desk::Desk;
use store::{
    Vault,
    facts::NewFacts,
    memberships::{MembershipData, NewMembership},
    organizations::{OrganizationData, SealedOption},
    persons::NewPerson,
};

use super::UNITS;
use crate::{Outcome, city, people};

/// The federation's number.
pub const ROOT: &str = "31000000";
/// Members of the federation.
const MEMBERS: u64 = 6_200_000;
/// Units of a bureau.
const OF_A_BUREAU: usize = 500;
/// Members that are written in one unit of work.
const PART: usize = 5_000;
/// Units that are written in one.
const UNITS_PART: usize = 5_000;

/// What was made.
#[derive(Debug, Default)]
pub struct Made {
    /// Numbers of the units.
    pub units: Arc<Vec<String>>,
    /// Numbers of the bureaus.
    pub bureaus: Vec<String>,
    /// How many members there are.
    pub members: usize,
}

/// Makes so many units with their members.
pub async fn make(desk: &Desk, vault: &Arc<Vault>, units: usize) -> Outcome<Made> {
    let bureaus: Vec<String> = (1..=units.div_ceil(OF_A_BUREAU)).map(|bureau| format!("31{bureau:03}000")).collect();
    insert(desk, vec![organization(ROOT, "示例市总工会", None, "municipal")]).await?;
    let root = ids(desk, &[ROOT.to_owned()]).await?[0];
    insert(desk, bureaus.iter().map(|code| organization(code, "示例区总工会", Some(root), "bureau")).collect()).await?;
    let above = ids(desk, &bureaus).await?;
    let code = |unit: usize| format!("{}{:04}", &bureaus[unit / OF_A_BUREAU][..5], unit % OF_A_BUREAU + 1_000);
    let codes: Vec<String> = (0..units).map(code).collect();
    let mut unions = Vec::with_capacity(units);
    for (part, codes) in codes.chunks(UNITS_PART).enumerate() {
        let of = |(place, code): (usize, &String)| {
            let unit = part * UNITS_PART + place;
            organization(code, &format!("第{}厂工会", unit + 1), Some(above[unit / OF_A_BUREAU]), "grassroots")
        };
        insert(desk, codes.iter().enumerate().map(of).collect()).await?;
        unions.extend(ids(desk, codes).await?);
    }
    let mut random = 0x5DEE_CE66_D1CE_4E5B_u64;
    let drawn: Vec<u32> = unions.iter().map(|_| city::size(&mut random)).collect();
    let all: u64 = drawn.iter().map(|size| u64::from(*size)).sum();
    // What was drawn has some 107 members a union; they are stretched to the federation's.
    let stretch = |size: &u32| (u64::from(*size) * MEMBERS * units as u64 / (UNITS as u64 * all)).max(1) as u32;
    let sizes: Vec<u32> = drawn.iter().map(stretch).collect();
    let members = sizes.iter().map(|size| *size as usize).sum();
    let mut places = unions.iter().zip(&sizes).flat_map(|(union, size)| std::iter::repeat_n(*union, *size as usize));
    let mut next = 0_u32;
    loop {
        let part: Vec<(u32, i64)> = (next..).zip(places.by_ref().take(PART)).collect();
        let Some((last, _)) = part.last() else { break };
        next = last + 1;
        write(desk, vault, part).await?;
    }
    Ok(Made { units: Arc::new(codes), bureaus, members })
}

async fn insert(desk: &Desk, new: Vec<OrganizationData>) -> Outcome<()> {
    let mut unit = desk.store.begin().await?;
    store::organizations::insert(&mut unit, &new, desk.clock.business_now()).await?;
    Ok(unit.commit().await?)
}

/// The ids of these numbers, in their order.
async fn ids(desk: &Desk, codes: &[String]) -> Outcome<Vec<i64>> {
    let mut view = desk.store.view().await?;
    let found = store::organizations::find_many(&mut view, codes).await?;
    let by_code: std::collections::HashMap<String, i64> = found.into_iter().map(|org| (org.code, org.id)).collect();
    codes.iter().map(|code| by_code.get(code).copied().ok_or_else(|| format!("no {code}").into())).collect()
}

fn organization(code: &str, name: &str, parent_id: Option<i64>, level: &str) -> OrganizationData {
    OrganizationData {
        code: code.to_owned(),
        name: name.to_owned(),
        parent_id,
        level: level.to_owned(),
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: SealedOption(None),
        email: format!("{code}@example.org"),
    }
}

async fn write(desk: &Desk, vault: &Arc<Vault>, part: Vec<(u32, i64)>) -> Outcome<()> {
    let vault = Arc::clone(vault);
    let (persons, memberships, facts) = tokio::task::spawn_blocking(move || rows(&vault, &part)).await??;
    let (now, upload) = (desk.clock.business_now(), desk.id(desk.moment()));
    let mut unit = desk.store.begin().await?;
    store::persons::insert(&mut unit, &persons, now).await?;
    store::memberships::open(&mut unit, &memberships, now).await?;
    store::facts::put(&mut unit, &facts, upload, now).await?;
    Ok(unit.commit().await?)
}

type Written = (Vec<NewPerson>, Vec<NewMembership>, Vec<NewFacts>);

fn rows(vault: &Vault, part: &[(u32, i64)]) -> Outcome<Written> {
    let (mut persons, mut memberships, mut facts) = (Vec::new(), Vec::new(), Vec::new());
    for (number, org_id) in part {
        let person = people::person(*number);
        let doc_key = vault.doc_key(&format!("id-card:{}", person.id_number));
        let data = MembershipData {
            phone: SealedOption(Some(vault.seal(&person.phone)?)),
            employer: Some("示例厂".to_owned()),
            data_type: Some("external".to_owned()),
            ..MembershipData::default()
        };
        // Four in five have a card, nine in ten insurance; one in fifty has retired.
        let card = (number % 5 != 0).then(|| vault.seal(&card(*number))).transpose()?;
        let retired_on = (number % 50 == 7).then(|| NaiveDate::from_ymd_opt(2022, 6, 30)).flatten();
        facts.push(NewFacts {
            doc_key,
            card: SealedOption(card),
            social_insurance: Some(number % 10 != 3),
            retired_on,
            deceased_on: None,
            staff: Some(if number % 3 == 0 { "cadre" } else { "worker" }),
        });
        persons.push(NewPerson {
            doc_kind: "id-card",
            doc_key,
            doc_number: vault.seal(&person.id_number)?,
            name: person.name,
            birth: Some(person.birth),
            sex: if person.sex == "男" { "male" } else { "female" },
        });
        memberships.push(NewMembership { doc_key, org_id: *org_id, upload: None, data });
    }
    Ok((persons, memberships, facts))
}

/// A service card with its Luhn digit.
fn card(number: u32) -> String {
    let body = format!("6231{number:011}");
    let twice = |digit: u32| if digit >= 5 { digit * 2 - 9 } else { digit * 2 };
    let digits = body.bytes().rev().map(|digit| u32::from(digit - b'0')).enumerate();
    let sum: u32 = digits.map(|(place, digit)| if place % 2 == 0 { twice(digit) } else { digit }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
