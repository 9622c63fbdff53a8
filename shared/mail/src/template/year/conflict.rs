//! The mails about people whom two unions have submitted.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// To both unions, once. Number, version, people (with a note on how the other union came to have them), until, remedy. The other
/// union's people are nobody's business: only those in both lists are named.
pub(in crate::template) fn found(of: &YearLetter) -> Letter {
    let count = of.people_in_all.max(of.people.len() as u64);
    let letter = blocks::letter(of, &format!("{count}人同时由其他单位提交参保"))
        .text("贵单位提交的名单中，下列会员同时出现在另一单位的参保名单内。每人在一个保障年度内只能参保一次。")
        .facts(head(of));
    let letter = blocks::named(letter, "重复的会员", &of.people, of.people_in_all).facts(blocks::further(of));
    let letter = blocks::reasoned(letter, of);
    letter.text(
        "请与对方单位核实会籍：已离开贵单位的，请办理会员转移后重新提交；仍在贵单位的，请对方办理。未能核实的，先提交至职保中心的批次保留该会员；均未提交的，由会籍所在单位保留。",
    )
}

/// To the union that does not keep them, and to the one that does. People, by (who keeps them), version, headcount and money as they
/// are now.
pub(in crate::template) fn settled(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "重复参保已处理")
        .text("每人在一个保障年度内只能参保一次，重复的参保已处理，结果如下。贵单位的名单和费用以本邮件所列为准。")
        .facts(head(of));
    let letter = blocks::named(letter, "涉及的会员", &of.people, of.people_in_all);
    let letter = blocks::reasoned(letter, of)
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of));
    blocks::notice(letter, of)
}

fn head(of: &YearLetter) -> Vec<blocks::Fact> {
    blocks::lines([
        ("单位", blocks::union(of)),
        ("保障年度", blocks::year(of)),
        ("批次编号", of.number.clone()),
        ("版本", blocks::version(of)),
        ("由谁参保", of.by.clone()),
        ("时间", of.at.clone()),
        ("处理截止", of.until.clone()),
    ])
}
