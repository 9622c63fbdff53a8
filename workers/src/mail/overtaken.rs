//! Mails that are not to be sent any more, found right before they would be: to addresses that mails came back from, and
//! those that events have overtaken.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use desk::Matter;
use store::{
    StoreError, Unit,
    mails::{Mail, MailEnding},
    standings::{Reminded, Standing, Thing},
};
use uuid::Uuid;

use super::policy::{Check, policy};

/// The endings of those of these mails that are not to be sent, with the reason.
pub(super) async fn withheld(
    unit: &mut Unit,
    mails: &[&Mail],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, MailEnding>, StoreError> {
    let mut endings = HashMap::new();
    if mails.is_empty() {
        return Ok(endings);
    }
    let mut withhold = |id: Uuid, status, why: String| {
        endings.entry(id).or_insert(MailEnding { id, status, error: Some(why), sent_at: None });
    };
    let addresses: Vec<&str> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
    let bounced: HashMap<String, String> = store::bounces::among(unit, &addresses).await?.into_iter().collect();
    for mail in mails {
        if let Some(reason) = bounced.get(&mail.recipient.to_lowercase()) {
            withhold(mail.id, "refused", format!("mails to this address came back: {reason}"));
        }
    }
    for (mail, why) in overtaken(unit, mails, now).await? {
        withhold(mail, "obsolete", why);
    }
    Ok(endings)
}

/// What each of these mails was overtaken by.
async fn overtaken(unit: &mut Unit, mails: &[&Mail], now: DateTime<Utc>) -> Result<Vec<(Uuid, String)>, StoreError> {
    let checked: Vec<(&Mail, Matter, Check)> = mails
        .iter()
        .filter_map(|mail| Some((*mail, Matter::parse(&mail.about)?, policy(&mail.kind).check)))
        .filter(|(.., check)| *check != Check::Never)
        .collect();
    let mut found = Vec::new();
    let mut by_thing: BTreeMap<u8, (Thing, Vec<i64>)> = BTreeMap::new();
    let mut vouchers = Vec::new();
    for (_, matter, _) in &checked {
        match (numbered(*matter), matter) {
            (Some((thing, id)), _) => by_thing.entry(thing as u8).or_insert((thing, Vec::new())).1.push(id),
            (None, Matter::Voucher(id)) => vouchers.push(*id),
            (None, _) => {}
        }
    }
    for (thing, ids) in by_thing.into_values() {
        let standings = store::standings::of(unit, thing, &ids, now).await?;
        let by_id: HashMap<i64, &Standing> = standings.iter().map(|standing| (standing.id, standing)).collect();
        for (mail, matter, check) in &checked {
            let of_mail = numbered(*matter).filter(|(own, _)| *own == thing).and_then(|(_, id)| by_id.get(&id));
            found.extend(of_mail.and_then(|standing| why(mail.version, *check, standing)).map(|why| (mail.id, why)));
        }
    }
    if !vouchers.is_empty() {
        let statuses: HashMap<Uuid, String> =
            store::standings::of_vouchers(unit, &vouchers).await?.into_iter().collect();
        for (mail, matter, check) in &checked {
            let Matter::Voucher(id) = matter else { continue };
            let Some(status) = statuses.get(id) else { continue };
            let standing = Standing { id: 0, version: 0, status: status.clone() };
            found.extend(why(mail.version, *check, &standing).map(|why| (mail.id, why)));
        }
    }
    found.extend(done(unit, &checked).await?);
    Ok(found)
}

/// Reminders whose matter is done.
async fn done(unit: &mut Unit, checked: &[(&Mail, Matter, Check)]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let reminded: Vec<Reminded> = checked
        .iter()
        .filter(|(.., check)| *check == Check::Reminder)
        .filter_map(|(mail, matter, _)| match matter {
            Matter::Window(window_id) => Some(Reminded {
                mail: mail.id,
                window_id: *window_id,
                org_code: mail.org_code.clone()?,
                since: mail.queued_at,
            }),
            _ => None,
        })
        .collect();
    if reminded.is_empty() {
        return Ok(Vec::new());
    }
    let done = store::standings::done_since(unit, &reminded).await?;
    Ok(done.into_iter().map(|(mail,)| (mail, "what it reminds of is done".to_owned())).collect())
}

fn numbered(matter: Matter) -> Option<(Thing, i64)> {
    Some(match matter {
        Matter::Submission(id) => (Thing::Submission, id),
        Matter::Conflict(id) => (Thing::Conflict, id),
        Matter::Failure(id) => (Thing::Failure, id),
        Matter::Batch(id) => (Thing::Batch, id),
        Matter::Instant(id) => (Thing::Instant, id),
        Matter::Window(id) => (Thing::Window, id),
        Matter::Upload(_)
        | Matter::Comparison(_)
        | Matter::Transfer(_)
        | Matter::Voucher(_)
        | Matter::Year(_)
        | Matter::Request(_) => return None,
    })
}

/// Why a mail about this version is overtaken, if it is.
fn why(version: i64, check: Check, standing: &Standing) -> Option<String> {
    if standing.version > version {
        return Some(format!("version {} has replaced what it tells of", standing.version));
    }
    let holds = match check {
        Check::Never => true,
        Check::While(statuses) => statuses.is_empty() || statuses.contains(&standing.status.as_str()),
        Check::Reminder => standing.status != "closed",
    };
    (!holds).then(|| format!("what it tells of is {} by now", standing.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_or_another_status_overtakes() {
        let standing = |version, status: &str| Standing { id: 1, version, status: status.to_owned() };
        let receipt = policy("submission-received").check;
        assert_eq!(why(2, receipt, &standing(2, "returned")), None);
        assert_eq!(
            why(1, receipt, &standing(2, "submitted")).as_deref(),
            Some("version 2 has replaced what it tells of")
        );
        let returned = policy("submission-returned").check;
        assert_eq!(why(1, returned, &standing(1, "returned")), None);
        assert_eq!(why(1, returned, &standing(1, "approved")).as_deref(), Some("what it tells of is approved by now"));
        assert!(why(0, policy("deadline-reminder").check, &standing(0, "closed")).is_some());
        assert!(why(0, policy("deadline-reminder").check, &standing(0, "open")).is_none());
    }
}
