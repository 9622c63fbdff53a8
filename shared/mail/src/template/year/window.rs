//! The mails about dates: a window has opened, it closes soon, something came too late.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// A window has opened. Window, until, missing (what there is to do, an item each), remedy.
pub(in crate::template) fn opened(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, &format!("{}已开始", of.window))
        .text(format!("{}年度“{}”已经开始，请在截止前办理。", of.year, of.window))
        .facts(head(of, "截止时间"))
        .list("需要办理", of.missing.clone())
        .facts(blocks::further(of));
    remedy(letter, of)
}

/// It closes soon, and something is missing. Window, until, `days_left`, missing, remedy.
pub(in crate::template) fn reminder(of: &YearLetter) -> Letter {
    let left = match of.days_left {
        None => "即将截止".to_owned(),
        Some(days) if days <= 0 => "今天截止".to_owned(),
        Some(days) => format!("还剩{days}天"),
    };
    let letter = blocks::letter(of, &format!("{}{left}，尚未办完", of.window))
        .text(format!("{}年度“{}”{left}，贵单位还有事项没有办完。", of.year, of.window))
        .facts(head(of, "截止时间"))
        .list("尚缺", of.missing.clone())
        .facts(blocks::further(of));
    // Where something else is said of what comes after, nothing fails yet.
    let after = if of.remedy.is_empty() {
        "逾期未办的，不计入集中参保，需另行办理即时参保。"
    } else {
        ""
    };
    remedy(letter, of).text(format!("{after}如刚刚已经办理，请忽略本邮件。"))
}

/// It was received too late and is not counted. Window, at (when it was received), until (when it closed), remedy, number.
pub(in crate::template) fn late(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, &format!("{}已截止，未予受理", of.window))
        .text(format!("本次办理是在“{}”截止之后收到的，不予受理；截止前已收到的仍然有效。", of.window));
    let mut lines = head(of, "截止时间");
    lines.extend(blocks::lines([("收到时间", of.at.clone()), ("批次编号", of.number.clone())]));
    remedy(letter.facts(lines).facts(blocks::further(of)), of)
}

fn head(of: &YearLetter, until: &str) -> Vec<blocks::Fact> {
    blocks::lines([
        ("工会", blocks::union(of)),
        ("保障年度", blocks::year(of)),
        ("事项", of.window.clone()),
        (until, of.until.clone()),
    ])
}

fn remedy(letter: Letter, of: &YearLetter) -> Letter {
    if of.remedy.is_empty() { letter } else { letter.text(blocks::sentence(&of.remedy)) }
}
