//! Pieces that several mails of the year are put together from.

use domain::money::{Money, PAYERS_ZH, Yuan};

use super::{NoticeLine, PersonLine, YearLetter};
use crate::template::letter::Letter;

/// People that a mail names; the notice has all.
const NAMED_PEOPLE: usize = 20;

/// Label and value of a line.
pub(super) type Fact = (String, String);

/// A mail of this union and year.
pub(super) fn letter(of: &YearLetter, what: &str) -> Letter {
    Letter::new(format!("【集中参保】{}（{}）{}年度：{what}", of.org_name, of.org_code, of.year))
}

/// A mail of this union and year about instant enrolment.
pub(super) fn instant_letter(of: &YearLetter, what: &str) -> Letter {
    Letter::new(format!("【即时参保】{}（{}）{}年度：{what}", of.org_name, of.org_code, of.year))
}

/// Lines of which those without a value are left out.
pub(super) fn lines<const N: usize>(all: [(&str, String); N]) -> Vec<Fact> {
    all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| (label.to_owned(), value)).collect()
}

pub(super) fn union(of: &YearLetter) -> String {
    format!("{}（{}）", of.org_name, of.org_code)
}

pub(super) fn year(of: &YearLetter) -> String {
    format!("{}年度", of.year)
}

pub(super) fn version(of: &YearLetter) -> String {
    if of.version > 0 { format!("第{}次提交", of.version) } else { String::new() }
}

pub(super) fn yuan(fen: i64) -> String {
    format!("{} 元", Yuan(fen))
}

pub(super) fn count(count: Option<u64>, unit: &str) -> String {
    count.map(|count| format!("{count} {unit}")).unwrap_or_default()
}

/// From when to when cover runs.
pub(super) fn cover(of: &YearLetter) -> String {
    match (of.cover_from.as_str(), of.cover_to.as_str()) {
        ("", _) => String::new(),
        (from, "") => format!("自{from}起"),
        (from, to) => format!("{from}至{to}"),
    }
}

/// People by class, as on the manual's screen; the bare number where no classes are told.
pub(super) fn people(of: &YearLetter) -> Vec<Fact> {
    let Some(classes) = of.classes else { return lines([("参保人数", count(of.headcount, "人"))]) };
    let of_class = |count: u64| format!("{count} 人");
    lines([
        ("会员总人数", of_class(classes.total)),
        ("参保人数", of_class(classes.enrolled)),
        ("未办卡人数", of_class(classes.no_card)),
        ("待确认人数", of_class(classes.pending)),
        ("退休人数", of_class(classes.retired)),
        ("死亡人数", of_class(classes.deceased)),
    ])
}

/// The premium by payer.
pub(super) fn premium(of: &YearLetter) -> Vec<Fact> {
    let Some(Money { total_fen, municipal_fen, bureau_fen, unit_fen }) = of.money else { return Vec::new() };
    let credit = if of.credit_fen > 0 { yuan(of.credit_fen) } else { String::new() };
    lines([
        ("保障费用", yuan(total_fen)),
        (PAYERS_ZH[0], yuan(municipal_fen)),
        (PAYERS_ZH[1], yuan(bureau_fen)),
        (PAYERS_ZH[2], yuan(unit_fen)),
        ("抵扣计划退回金额", credit),
    ])
}

/// What the reader has to pay, until when and where to.
pub(super) fn payment(of: &YearLetter) -> Vec<Fact> {
    lines([
        ("应缴金额", of.due_fen.map(yuan).unwrap_or_default()),
        ("缴费截止", of.until.clone()),
        ("收款账户", of.account.clone()),
    ])
}

/// Figures of the caller's own.
pub(super) fn further(of: &YearLetter) -> Vec<Fact> {
    of.facts.iter().map(|figure| (figure.label.clone(), figure.value.clone())).collect()
}

/// The reason and what to do about it, where there is either.
pub(super) fn reasoned(letter: Letter, of: &YearLetter) -> Letter {
    let letter = if of.reason.is_empty() { letter } else { letter.text(format!("原因：{}", sentence(&of.reason))) };
    if of.remedy.is_empty() { letter } else { letter.text(format!("处理办法：{}", sentence(&of.remedy))) }
}

/// The same with one full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    format!("{}。", text.trim_end_matches('。'))
}

/// A list of people whose title says how many there are, and how many of them are named.
pub(super) fn named(letter: Letter, title: &str, people: &[PersonLine], in_all: u64) -> Letter {
    let in_all = in_all.max(people.len() as u64);
    let shown = people.len().min(NAMED_PEOPLE);
    let title = if in_all > shown as u64 {
        format!("{title}（共 {in_all} 人，列出前 {shown} 人）")
    } else {
        format!("{title}（共 {in_all} 人）")
    };
    let line = |person: &PersonLine| {
        let note = if person.note.is_empty() { String::new() } else { format!("：{}", person.note) };
        format!("{} {}{note}", person.name, person.id_masked)
    };
    letter.list(title, people[..shown].iter().map(line).collect())
}

/// The notice, and how to fetch it; whether it goes with the mail is said at the end.
pub(super) fn notice(letter: Letter, of: &YearLetter) -> Letter {
    let Some(NoticeLine { id, number, version }) = &of.notice else { return letter };
    letter.text(format!("参保告知书（{number}，第{version}版）可随时凭领取编号 {id} 在平台领取。"))
}
