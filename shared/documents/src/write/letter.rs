//! What the notices share: letterhead, void line, money, signature, and the end of the work.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use domain::{
    money::{Money, Yuan},
    year::{file::PaymentAccount, texts::day_zh},
};

use crate::{
    check,
    document::{Document, RenderError},
    layout::{Align, Book, Column, Field, Frame, LEFT, ROOM, frame, quick_response},
    pdf::{self, About, Ink, Style},
    unit::Replaced,
};

/// Side of the QR code: 20 mm.
const CODE: f32 = 56.0;

/// What stands at the head of a notice.
pub(super) struct Head<'a> {
    /// 2023年度集中参保告知书.
    pub title: String,
    pub issuer: &'a str,
    pub number: &'a str,
    pub version: u32,
    /// Whom it is for.
    pub union: &'a str,
    pub check: String,
}

impl Head<'_> {
    fn version(&self) -> String {
        format!("编号：{}　第{}版", self.number, self.version)
    }

    fn shown_check(&self) -> String {
        format!("校验码：{}", check::grouped(&self.check))
    }
}

/// Issuer in red over a double rule, number and check, title.
pub(super) fn head(book: &mut Book, of: &Head) {
    let place = (LEFT + 66.0, ROOM - 132.0);
    book.line(place, 84.0, Align::Centre, Style::of(24.0).bold().ink(Ink::Red), of.issuer);
    quick_response(book, &format!("{} {} {}", of.number, of.version, of.check), (LEFT + ROOM - CODE, 48.0), CODE);
    book.canvas.line(Ink::Red, 1.8, (LEFT, 114.0), (LEFT + ROOM, 114.0));
    book.canvas.line(Ink::Red, 0.6, (LEFT, 117.2), (LEFT + ROOM, 117.2));
    let style = Style::of(9.0).ink(Ink::Grey);
    book.line((LEFT, ROOM * 0.6), 129.0, Align::Left, style, &of.version());
    book.line((LEFT + ROOM * 0.6, ROOM * 0.4), 129.0, Align::Right, style, &of.shown_check());
    book.line((LEFT, ROOM), 160.0, Align::Centre, Style::of(19.0).bold(), &of.title);
    book.y = 184.0;
}

/// Which version this one makes void.
pub(super) fn void(book: &mut Book, version: u32, replaced: Option<&Replaced>) {
    let Some(old) = replaced else { return };
    let text = format!(
        "本告知书（第{version}版）替代第{}版（编号：{}，{}提交）。第{}版自本告知书生成之时起作废，请以本告知书为准。",
        old.version,
        old.number,
        instant(old.received_at),
        old.version,
    );
    book.gap(2.0);
    book.paragraph(&text, 0.0, Style::of(9.5).bold().ink(Ink::Red));
    book.gap(5.0);
}

/// Account and amount of a payment.
pub(super) fn payment(account: &PaymentAccount, due_fen: i64) -> [[Field; 2]; 2] {
    [
        [Field("收款单位", account.holder.clone()), Field("开户银行", account.bank.clone())],
        [Field("收款账号", spaced(&account.number)), Field("应缴金额", format!("{}元", yuan(due_fen)))],
    ]
}

/// Height of [`ending`].
pub(super) const ENDING: f32 = 92.0;
/// Height of a last section of one line with the ending.
pub(super) const LAST_SECTION: f32 = 56.0 + ENDING;

/// The end of the letter: the closing words, what is annexed, and then issuer and day at the right. It stays together, and
/// whoever calls sees to it that some of what the letter says stands on the same page.
pub(super) fn ending(book: &mut Book, annex: &str, issuer: &str, day: NaiveDate) {
    book.need(ENDING);
    book.paragraphs("特此告知。");
    book.gap(4.0);
    book.paragraphs(annex);
    book.gap(14.0);
    for text in [issuer, &day_zh(day)] {
        let middle = book.y + 8.0;
        book.line((LEFT + ROOM * 0.4, ROOM * 0.6 - 20.0), middle, Align::Right, Style::of(10.5), text);
        book.gap(17.0);
    }
}

/// Heads, feet, file.
pub(super) fn finish(mut book: Book, of: &Head) -> Result<Document, RenderError> {
    let about = Frame { title: &of.title, union: of.union, number: &of.version(), check: &of.shown_check() };
    frame(&mut book, &about);
    let pages = book.canvas.pages.len();
    let title = format!("{}（{}）第{}版", of.title, of.union, of.version);
    let bytes = pdf::write(book.canvas, &About { title: &title, issuer: of.issuer, check: &of.check })?;
    let sha256 = check::sha256(&bytes);
    Ok(Document { bytes, sha256, check: of.check.clone(), pages, warnings: book.shaper.warnings.finish() })
}

/// Fen as a notice shows them: `63,840.00`.
pub(super) fn yuan(fen: i64) -> String {
    let plain = Yuan(fen).to_string();
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    format!("{sign}{}.{decimals}", groups.join(","))
}

/// Total and shares, in the order of the notices' columns.
pub(super) fn amounts(money: Money) -> [String; 4] {
    [money.municipal_fen, money.bureau_fen, money.unit_fen, money.total_fen].map(yuan)
}

/// A day in a table: `2023-01-01`.
pub(super) fn day(day: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// An instant in a sentence: `2022年11月3日 10:15`.
pub(super) fn instant(at: NaiveDateTime) -> String {
    format!("{} {}", day_zh(at.date()), at.format("%H:%M"))
}

/// `一` to `十`, the numbers of sections.
pub(super) fn section(number: usize, title: &str) -> String {
    const NUMBERS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    format!("{}、{title}", NUMBERS[number.saturating_sub(1).min(NUMBERS.len() - 1)])
}

/// A column.
pub(super) const fn column(head: &'static str, part: f32, align: Align) -> Column {
    Column { head, part, align }
}

/// An account's number in groups of four, as banks write it.
fn spaced(number: &str) -> String {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    number.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_have_two_decimals() {
        for (fen, shown) in
            [(0, "0.00"), (5, "0.05"), (247_000, "2,470.00"), (6_384_000, "63,840.00"), (-100_000, "-1,000.00")]
        {
            assert_eq!(yuan(fen), shown);
        }
        assert_eq!(yuan(i64::MAX), "92,233,720,368,547,758.07");
        assert_eq!(spaced("0000111122"), "0000 1111 22");
    }
}
