//! The mails about enrolments that failed, and about failures that were undone.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// To unit and bureau. Number, at, reason, remedy; the draft: facts (its number), `cover_from`, `cover_to`, headcount, money, people (with
/// the gap in days as note), until (until when it can be handled, where there is an end to it).
pub(in crate::template) fn failed(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "集中参保失败，请办理即时参保")
        .text(format!("{}年度集中参保未能生效。办理即时参保之后，保障才从下列日期起生效，此前没有保障。", of.year));
    let letter = blocks::reasoned(letter, of)
        .facts(blocks::lines([
            ("单位", blocks::union(of)),
            ("保障年度", blocks::year(of)),
            ("批次编号", of.number.clone()),
            ("失败时间", of.at.clone()),
            ("保障类型", of.plan.clone()),
        ]))
        .facts(blocks::lines([
            ("即时参保起始日", of.cover_from.clone()),
            ("保障截止日", of.cover_to.clone()),
            ("办理截止", of.until.clone()),
        ]))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::further(of));
    blocks::named(letter, "草稿中的会员和保障中断天数", &of.people, of.people_in_all)
        .text("起始日按今天办理推算，晚一天办理，保障晚一天开始，中断多一天。")
        .text("草稿可在平台的即时参保列表中查看和提交，上级工会也可以代为办理。")
}

/// To all whom the failure was told. Number, at, by, reason, headcount, money; remedy: what the bureau has to do until when; people: those left out as something else covers them.
pub(in crate::template) fn undone(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "集中参保已恢复")
        .text("此前通知的集中参保失败已经撤销，视同按期办理；尚未审批的即时参保草稿已取消，单位不需要再办理即时参保。");
    let letter = blocks::reasoned(letter, of)
        .facts(blocks::lines([
            ("单位", blocks::union(of)),
            ("保障年度", blocks::year(of)),
            ("批次编号", of.number.clone()),
            ("恢复时间", of.at.clone()),
            ("由谁恢复", of.by.clone()),
            ("保障期", blocks::cover(of)),
        ]))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of));
    let left_out = "已另有保障、不计入恢复名单的会员";
    if of.people.is_empty() { letter } else { blocks::named(letter, left_out, &of.people, of.people_in_all) }
}
