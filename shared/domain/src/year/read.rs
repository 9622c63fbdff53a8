//! Reading a year file: every section into its values, every fault with its line, as many as possible in one pass.

mod reader;
mod rules;

use std::collections::BTreeMap;

use toml::de::DeTable;

use self::{
    reader::{Reader, Section},
    rules::{check_plans, check_texts, check_windows},
};
use super::{
    fault::{YearFault, YearFaultCode as Code},
    file::{InstantCoverFrom, PaymentAccount, Reminders, Rules, YearFile},
    texts::TextKey,
    window::{Days, WindowKind},
};
use crate::enrollment::premium::Plan;

/// The largest year file in bytes; one with all its texts has about 4 KiB.
pub const LARGEST_FILE_BYTES: usize = 256 * 1024;

/// The longest code of a plan in characters.
pub const LONGEST_CODE: usize = 10;

/// The longest name of a plan, an account's holder or a bank in characters.
pub const LONGEST_NAME: usize = 100;

/// The longest text of a notice in characters.
pub const LONGEST_TEXT: usize = 2000;

/// The first and last coverage year that a file is believed to be of.
const YEARS: std::ops::RangeInclusive<i64> = 2000..=2099;

/// Most days of a reminder, of a voucher's time: a quarter.
const DAYS: std::ops::RangeInclusive<i64> = 1..=90;

/// What the file had, with the lines of what the rules between its parts ask about.
struct Lined<T> {
    line: usize,
    value: T,
}

/// Reads the whole file.
pub(super) fn year_file(text: &str) -> Result<YearFile, Vec<YearFault>> {
    let mut reader = Reader::new(text);
    if text.len() > LARGEST_FILE_BYTES {
        reader.fault(1, Code::Limit, format!("{} bytes; a year file has {LARGEST_FILE_BYTES} at most", text.len()));
        return Err(reader.into_faults());
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map_or(1, |span| reader.line(span.start));
        reader.fault(line, Code::Syntax, format!("not TOML: {}", error.message()));
    }
    if reader.has_faults() {
        return Err(reader.into_faults());
    }
    let root = Section { table: document.get_ref(), path: String::new(), line: 1 };
    reader.known_keys(&root, &["year", "windows", "plans", "rules", "reminders", "accounts", "texts"]);
    let year = reader.number(&root, "year", YEARS).map(|year| year as i32);
    let windows = windows(&mut reader, &root);
    let plans = plans(&mut reader, &root);
    let rules = rules_section(&mut reader, &root);
    let reminders = reminders(&mut reader, &root);
    let accounts = accounts(&mut reader, &root);
    let texts = texts(&mut reader, &root);
    if let Some(year) = year {
        check_windows(&mut reader, year, &windows);
        if let Some(Lined { line, value }) = &rules {
            rules::check_cut(&mut reader, year, *line, value.retired_before);
        }
    }
    check_plans(&mut reader, &plans);
    check_texts(&mut reader, &texts);
    match (year, rules, reminders) {
        (Some(year), Some(rules), Some(reminders)) if !reader.has_faults() => Ok(YearFile {
            year,
            windows: windows.into_iter().map(|(kind, days)| (kind, days.value)).collect(),
            plans: plans.into_iter().map(|plan| plan.value).collect(),
            rules: rules.value,
            reminders,
            accounts,
            texts: texts.into_iter().map(|(key, text)| (key, text.value)).collect(),
        }),
        _ => Err(reader.into_faults()),
    }
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| name(*one)).collect()
}

fn windows(reader: &mut Reader, root: &Section<'_, '_>) -> BTreeMap<WindowKind, Lined<Days>> {
    let mut found = BTreeMap::new();
    let Some(section) = reader.section(root, "windows") else { return found };
    reader.known_keys(&section, &names(WindowKind::ALL, WindowKind::name));
    for kind in WindowKind::ALL.iter().copied() {
        let Some(window) = reader.section(&section, kind.name()) else { continue };
        reader.known_keys(&window, &["from", "to"]);
        let (first, last) = (reader.day(&window, "from"), reader.day(&window, "to"));
        if let (Some(first), Some(last)) = (first, last) {
            if last < first {
                reader.fault(window.line, Code::Backward, format!("{} ends on {last}, before it begins", kind.name()));
            } else {
                found.insert(kind, Lined { line: window.line, value: Days { first, last } });
            }
        }
    }
    found
}

fn plans(reader: &mut Reader, root: &Section<'_, '_>) -> Vec<Lined<Plan>> {
    let mut found = Vec::new();
    for section in reader.sections(root, "plans") {
        reader.known_keys(&section, &["code", "name", "fee", "municipal", "bureau", "unit"]);
        let (code, name) = (reader.text(&section, "code", LONGEST_CODE), reader.text(&section, "name", LONGEST_NAME));
        let [fee, municipal, bureau, unit] =
            ["fee", "municipal", "bureau", "unit"].map(|key| reader.yuan(&section, key));
        if let (Some(code), Some(name), Some(fee_fen), Some(municipal_fen), Some(bureau_fen), Some(unit_fen)) =
            (code, name, fee, municipal, bureau, unit)
        {
            let value = Plan { code, name, fee_fen, municipal_fen, bureau_fen, unit_fen };
            found.push(Lined { line: section.line, value });
        }
    }
    found
}

fn rules_section(reader: &mut Reader, root: &Section<'_, '_>) -> Option<Lined<Rules>> {
    let section = reader.section(root, "rules")?;
    let keys =
        ["retired_before", "undecided_blocks", "instant_cover_from", "instant_voucher_days", "voucher_extra_days"];
    reader.known_keys(&section, &keys);
    let retired_before = reader.day(&section, "retired_before");
    let undecided_blocks = reader.boolean(&section, "undecided_blocks");
    let words = names(InstantCoverFrom::ALL, InstantCoverFrom::name);
    let instant_cover_from = reader.word(&section, "instant_cover_from", &words);
    let instant_voucher_days = reader.number(&section, "instant_voucher_days", DAYS);
    let voucher_extra_days = reader.number(&section, "voucher_extra_days", DAYS);
    let value = Rules {
        retired_before: retired_before?,
        undecided_blocks: undecided_blocks?,
        instant_cover_from: InstantCoverFrom::ALL[instant_cover_from?],
        instant_voucher_days: instant_voucher_days? as u32,
        voucher_extra_days: voucher_extra_days? as u32,
    };
    Some(Lined { line: section.line, value })
}

fn reminders(reader: &mut Reader, root: &Section<'_, '_>) -> Option<Reminders> {
    let section = reader.section(root, "reminders")?;
    reader.known_keys(&section, &["days", "hour"]);
    let (days, hour) = (reader.numbers(&section, "days", DAYS), reader.number(&section, "hour", 0..=23));
    let mut days: Vec<u32> = days?.into_iter().map(|days| days as u32).collect();
    days.sort_unstable_by(|one, two| two.cmp(one));
    if days.windows(2).any(|pair| pair[0] == pair[1]) {
        reader.fault(section.line, Code::Twice, "reminders.days names a day twice".to_owned());
    }
    Some(Reminders { days, hour: hour? as u32 })
}

fn accounts(reader: &mut Reader, root: &Section<'_, '_>) -> Vec<PaymentAccount> {
    let mut found: Vec<PaymentAccount> = Vec::new();
    for section in reader.sections(root, "accounts") {
        reader.known_keys(&section, &["holder", "bank", "number"]);
        let [holder, bank, number] = ["holder", "bank", "number"].map(|key| reader.text(&section, key, LONGEST_NAME));
        let (Some(holder), Some(bank), Some(number)) = (holder, bank, number) else { continue };
        if !number.bytes().all(|b| b.is_ascii_digit() || b == b' ' || b == b'-') {
            reader.fault(section.line, Code::Value, "accounts.number: digits alone make an account".to_owned());
        } else if found.iter().any(|account| account.number == number) {
            reader.fault(section.line, Code::Twice, "this account is named twice".to_owned());
        } else {
            found.push(PaymentAccount { holder, bank, number });
        }
    }
    found
}

fn texts(reader: &mut Reader, root: &Section<'_, '_>) -> BTreeMap<TextKey, Lined<String>> {
    let mut found = BTreeMap::new();
    let Some(section) = reader.section(root, "texts") else { return found };
    reader.known_keys(&section, &names(TextKey::ALL, TextKey::name));
    for key in TextKey::ALL.iter().copied() {
        if let Some(value) = reader.text(&section, key.name(), LONGEST_TEXT) {
            found.insert(key, Lined { line: reader.line_of(&section, key.name()), value });
        }
    }
    found
}
