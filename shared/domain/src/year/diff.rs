//! What differs between two years, key by key.

use std::collections::BTreeMap;

use serde::Serialize;

use super::file::YearFile;
use crate::money::Yuan;

/// A key whose values differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `windows.submission.to`, `plans.A+.fee`.
    pub key: String,
    /// The value in the first file; none where the key is new.
    pub before: Option<String>,
    /// The value in the second file; none where the key is gone.
    pub after: Option<String>,
}

/// The keys whose values differ, in alphabetical order. Plans are told apart by their codes and accounts by their numbers,
/// not by their places in the file.
#[must_use]
pub fn diff(before: &YearFile, after: &YearFile) -> Vec<Change> {
    let (mut old, new) = (values(before), values(after));
    let mut changes: Vec<Change> = new
        .into_iter()
        .filter_map(|(key, value)| {
            let was = old.remove(&key);
            (was.as_ref() != Some(&value)).then_some(Change { key, before: was, after: Some(value) })
        })
        .collect();
    changes.extend(old.into_iter().map(|(key, value)| Change { key, before: Some(value), after: None }));
    changes.sort_by(|one, two| one.key.cmp(&two.key));
    changes
}

fn values(file: &YearFile) -> BTreeMap<String, String> {
    let mut values = BTreeMap::from([("year".to_owned(), file.year.to_string())]);
    let mut put = |key: String, value: String| values.insert(key, value);
    for (kind, days) in &file.windows {
        put(format!("windows.{}.from", kind.name()), days.first.to_string());
        put(format!("windows.{}.to", kind.name()), days.last.to_string());
    }
    for plan in &file.plans {
        let key = |part: &str| format!("plans.{}.{part}", plan.code);
        put(key("name"), plan.name.clone());
        put(key("fee"), Yuan(plan.fee_fen).to_string());
        put(key("municipal"), Yuan(plan.municipal_fen).to_string());
        put(key("bureau"), Yuan(plan.bureau_fen).to_string());
        put(key("unit"), Yuan(plan.unit_fen).to_string());
    }
    let rules = file.rules;
    put("rules.retired_before".to_owned(), rules.retired_before.to_string());
    put("rules.undecided_blocks".to_owned(), rules.undecided_blocks.to_string());
    put("rules.instant_cover_from".to_owned(), rules.instant_cover_from.name().to_owned());
    put("rules.instant_voucher_days".to_owned(), rules.instant_voucher_days.to_string());
    put("rules.voucher_extra_days".to_owned(), rules.voucher_extra_days.to_string());
    put("reminders.days".to_owned(), format!("{:?}", file.reminders.days));
    put("reminders.hour".to_owned(), file.reminders.hour.to_string());
    for account in &file.accounts {
        let key = |part: &str| format!("accounts.{}.{part}", account.number);
        put(key("holder"), account.holder.clone());
        put(key("bank"), account.bank.clone());
    }
    for (key, text) in &file.texts {
        put(format!("texts.{}", key.name()), text.clone());
    }
    values
}
