//! The mails of a unit's submission: received, approved, returned, taken off the list.

use domain::enrollment::eligibility::undecided_head_zh;

use super::{YearLetter, blocks, gone};
use crate::template::letter::Letter;

/// The receipt. Number, version, at, plan, classes, money, sha256; due, until and account where the unit pays; undecided; notice.
pub(in crate::template) fn received(of: &YearLetter) -> Letter {
    let again = if of.version > 1 { "本次提交已替代此前的提交，以本次为准。" } else { "" };
    let letter = blocks::letter(of, &format!("已收到集中参保提交（第{}次）", of.version.max(1)))
        .text(format!("贵单位的集中参保名单已收到，等待上级工会审核。{again}"))
        .facts(head(of))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(if unit_pays(of) { blocks::payment(of) } else { Vec::new() })
        .facts(blocks::further(of));
    let letter = gone::warned(undecided(letter, of), of, "请核实后重新提交；重新提交的名单不再包含上述人员。");
    let letter = blocks::notice(letter, of);
    letter.facts(blocks::lines([("校验值", of.sha256.clone())])).text(
        "提交截止前可以多次提交，以最后一次为准。提交后确认的会员、办理的转移和删除，需要再次提交才会计入本次参保。",
    )
}

/// A unit's share is nothing where bureau and federation bear all.
fn unit_pays(of: &YearLetter) -> bool {
    of.due_fen.is_some_and(|due| due > 0)
}

/// Those whose retirement the clerk decides: they stay enrolled until then.
fn undecided(letter: Letter, of: &YearLetter) -> Letter {
    if of.undecided.is_empty() {
        return letter;
    }
    let title = undecided_head_zh(of.year);
    blocks::named(letter, &title, &of.undecided, of.undecided_in_all)
        .text("以上人员目前仍在参保名单内。请逐一认定是否退休，认定后再次提交；已退休的人员不属于本次参保的保障范围。")
}

/// On the submission list. Number, version, at, by, plan, headcount, money.
pub(in crate::template) fn approved(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "集中参保审核通过")
        .text("贵单位的集中参保已审核通过，进入待提交列表，将由区局(产业)工会统一提交至职保中心。")
        .facts(head(of))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of));
    let letter =
        gone::warned(letter, of, "请核实后重新提交；重新提交的名单不再包含上述人员，未重新提交的仍按原名单办理。");
    blocks::notice(letter, of).text("如再次提交，本次审核结果作废，需要重新审核。")
}

/// Back to the unit. Number, version, at, by, reason, until; remedy where the reason has one.
pub(in crate::template) fn returned(of: &YearLetter) -> Letter {
    let until = if of.until.is_empty() { String::new() } else { format!("请在{}", of.until) };
    let letter = blocks::letter(of, "集中参保被退回，需要重新提交")
        .text("贵单位的集中参保已被退回。未重新提交并审核通过的，不计入本次集中参保。");
    let deadline = blocks::lines([("重新提交截止", of.until.clone())]);
    blocks::reasoned(letter, of).facts(head(of)).facts(deadline).facts(blocks::further(of)).text(format!(
        "{until}{}",
        if until.is_empty() {
            "提交期限已过：如需重新提交，请联系上级工会申请延长期限。"
        } else {
            "按上述原因修改名单或保障类型后重新提交。"
        }
    ))
}

/// To the reviewers: what they had approved was submitted anew. Number, version, at, by, plan, headcount, money.
pub(in crate::template) fn delisted(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "重新提交，已移出待提交列表")
        .text("以下单位在审核通过后重新提交了集中参保，已移出待提交列表，回到待审批列表，请重新审核。")
        .facts(head(of))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::lines([("审核截止", of.until.clone())]))
        .facts(blocks::further(of));
    blocks::reasoned(letter, of)
}

fn head(of: &YearLetter) -> Vec<blocks::Fact> {
    blocks::lines([
        ("单位", blocks::union(of)),
        ("保障年度", blocks::year(of)),
        ("批次编号", of.number.clone()),
        ("版本", blocks::version(of)),
        ("保障类型", of.plan.clone()),
        ("时间", of.at.clone()),
        ("审核单位", of.by.clone()),
        ("保障期", blocks::cover(of)),
    ])
}
