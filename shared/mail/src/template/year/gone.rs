//! The mails about people of submitted lists who have died or retired.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// To the unit (number, version, until) and to its reviewers (neither, the people's notes naming their units): a feed has
/// told of a death or a retirement. People are in `gone`.
pub(in crate::template) fn found(of: &YearLetter) -> Letter {
    let count = of.gone_in_all.max(of.gone.len() as u64);
    let letter = blocks::letter(of, &format!("已提交的参保名单中有{count}人登记死亡或退休"));
    let is_unit = of.version > 0;
    let letter = letter.text(if is_unit {
        "贵单位提交集中参保名单后，登记信息显示下列会员已死亡或在保障年度前退休，但仍在已提交的名单内。"
    } else {
        "下列会员在所在单位提交集中参保名单后登记死亡或退休，但仍在已提交的名单内。"
    });
    let letter = listed(letter.facts(head(of)), of);
    letter.text(if is_unit {
        "请核实后重新提交：重新提交的名单不再包含上述人员。未重新提交的，仍按原名单的人数和金额办理。"
    } else {
        "请核实：退回该单位的名单后，单位重新提交即不再包含上述人员。未退回的，仍按原名单的人数和金额办理。"
    })
}

/// The people, under a heading that says how many; nothing where there is nobody.
pub(super) fn listed(letter: Letter, of: &YearLetter) -> Letter {
    if of.gone.is_empty() {
        return letter;
    }
    blocks::named(letter, "已登记死亡或退休、仍在名单内的会员", &of.gone, of.gone_in_all)
}

/// The same in a mail about something else, with what to do about it.
pub(super) fn warned(letter: Letter, of: &YearLetter, to_do: &str) -> Letter {
    if of.gone.is_empty() { letter } else { listed(letter, of).text(to_do) }
}

fn head(of: &YearLetter) -> Vec<blocks::Fact> {
    blocks::lines([
        ("单位", blocks::union(of)),
        ("保障年度", blocks::year(of)),
        ("批次编号", of.number.clone()),
        ("版本", blocks::version(of)),
        ("重新提交截止", of.until.clone()),
    ])
}
