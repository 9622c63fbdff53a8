//! The mails of instant enrolment: submitted, approved, returned, paid, expired.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// To the bureau, for approval, and to the unit as its receipt. Number, at, headcount, money, cover, people, due, until.
pub(in crate::template) fn submitted(of: &YearLetter) -> Letter {
    let letter =
        blocks::instant_letter(of, "已提交，待区局(产业)工会审批").text("即时参保已提交，等待区局(产业)工会审批。");
    people(figures(letter, of), of)
}

/// Approved; cover begins, and money is due. Number, at, by, headcount, money, cover, due, until, account.
pub(in crate::template) fn approved(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "审批通过").text("即时参保已审批通过，保障期如下。");
    let letter = people(figures(letter, of), of);
    let letter = blocks::notice(letter, of);
    match of.due_fen {
        Some(due) if due > 0 => letter.text("请按上列金额和期限缴费并上传缴费凭证。"),
        _ => letter.text("您不需要再做什么。"),
    }
}

/// Back to the unit. Number, at, by, reason, remedy.
pub(in crate::template) fn returned(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "被退回").text("即时参保已被退回，保障没有生效。");
    figures(blocks::reasoned(letter, of), of).text("请按上述原因修改后重新提交。保障自办理之后才开始，请尽快办理。")
}

/// To the centre: there is a voucher to look at. Number, at, headcount, money, due, facts (amount, value date, file).
pub(in crate::template) fn voucher_uploaded(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "已上传缴费凭证，待核对")
        .text("以下即时参保已上传缴费凭证，请核对到账情况，确认或退回。");
    figures(letter, of).text(format!("请在平台对即时参保{}的缴费凭证予以确认或者退回；退回的，须写明原因。", of.number))
}

/// The centre has the money. Number, at, headcount, money, cover.
pub(in crate::template) fn voucher_confirmed(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "缴费已确认").text("职保中心已确认收到本次即时参保的款项。");
    figures(letter, of).text("您不需要再做什么。")
}

/// The voucher won't do. Number, at, reason, until, due, account.
pub(in crate::template) fn voucher_rejected(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "缴费凭证被退回")
        .text("职保中心退回了本次即时参保的缴费凭证，请按下列原因处理后重新上传。");
    figures(blocks::reasoned(letter, of), of)
        .text("期限内没有重新上传的，本次即时参保将被取消，名单中的会员不再享有保障。")
}

/// No voucher came in time, so that nobody in it is covered. Number, at, reason, headcount, people.
pub(in crate::template) fn expired(of: &YearLetter) -> Letter {
    let letter = blocks::instant_letter(of, "已取消，保障未生效或已终止")
        .text("即时参保未在期限内上传缴费凭证，已经取消；名单中的会员不再享有保障。");
    let letter = people(figures(blocks::reasoned(letter, of), of), of);
    letter.text("如仍需保障，请重新办理即时参保。保障自办理之后才开始，请尽快办理。")
}

fn figures(letter: Letter, of: &YearLetter) -> Letter {
    letter
        .facts(blocks::lines([
            ("单位", blocks::union(of)),
            ("保障年度", blocks::year(of)),
            ("编号", of.number.clone()),
            ("保障类型", of.plan.clone()),
            ("时间", of.at.clone()),
            ("审批单位", of.by.clone()),
            ("保障期", blocks::cover(of)),
        ]))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of))
}

fn people(letter: Letter, of: &YearLetter) -> Letter {
    if of.people.is_empty() { letter } else { blocks::named(letter, "参保会员", &of.people, of.people_in_all) }
}
