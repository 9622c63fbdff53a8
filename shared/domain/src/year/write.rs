//! The normal writing of a year file.

use std::fmt::{self, Write};

use super::file::YearFile;
use crate::money::Yuan;

/// A string as TOML writes it.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                control if control.is_control() => write!(f, "\\u{:04X}", u32::from(control))?,
                plain => f.write_char(plain)?,
            }
        }
        f.write_char('"')
    }
}

/// The file, key by key.
pub(super) fn year_file(file: &YearFile) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write_file(file, &mut out);
    out
}

fn write_file(file: &YearFile, out: &mut String) -> fmt::Result {
    writeln!(out, "year = {}", file.year)?;
    for (kind, days) in &file.windows {
        writeln!(out, "\n[windows.{}]\nfrom = {}\nto = {}", kind.name(), days.first, days.last)?;
    }
    for plan in &file.plans {
        writeln!(out, "\n[[plans]]\ncode = {}\nname = {}", Quoted(&plan.code), Quoted(&plan.name))?;
        let shares = [
            ("fee", plan.fee_fen),
            ("municipal", plan.municipal_fen),
            ("bureau", plan.bureau_fen),
            ("unit", plan.unit_fen),
        ];
        for (key, fen) in shares {
            writeln!(out, "{key} = \"{}\"", Yuan(fen))?;
        }
    }
    let rules = file.rules;
    writeln!(out, "\n[rules]\nretired_before = {}", rules.retired_before)?;
    writeln!(out, "undecided_blocks = {}", rules.undecided_blocks)?;
    writeln!(out, "instant_cover_from = {}", Quoted(rules.instant_cover_from.name()))?;
    writeln!(out, "instant_voucher_days = {}", rules.instant_voucher_days)?;
    writeln!(out, "voucher_extra_days = {}", rules.voucher_extra_days)?;
    writeln!(out, "\n[reminders]\ndays = {:?}\nhour = {}", file.reminders.days, file.reminders.hour)?;
    for account in &file.accounts {
        writeln!(out, "\n[[accounts]]\nholder = {}", Quoted(&account.holder))?;
        writeln!(out, "bank = {}\nnumber = {}", Quoted(&account.bank), Quoted(&account.number))?;
    }
    writeln!(out, "\n[texts]")?;
    for (key, text) in &file.texts {
        writeln!(out, "{} = {}", key.name(), Quoted(text))?;
    }
    Ok(())
}
