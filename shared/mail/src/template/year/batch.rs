//! The mails of a bureau's batch and its voucher.

use super::{YearLetter, blocks, gone};
use crate::template::letter::Letter;

/// The bureau has submitted, or (from the second version of its notice on) a failure of the batch was undone. Number, version, at,
/// units, headcount, money, credit, due, until, account, notice.
pub(in crate::template) fn submitted(of: &YearLetter) -> Letter {
    let is_revived = of.version > 1;
    let is_due = of.due_fen != Some(0);
    let what = if is_revived { "已恢复，金额和期限有变" } else { "已提交至职保中心" };
    let letter = blocks::letter(of, &format!("批次{}{what}", of.number))
        .text(if is_revived {
            "本批次此前通知的失败已经撤销，单位、人数和金额以本邮件为准，此前的参保告知书作废。"
        } else {
            "集中参保已提交至职保中心，提交后不能再修改。"
        })
        .text(if is_due {
            "请按下列金额和期限划拨，并上传缴费凭证。"
        } else if of.credit_fen > 0 {
            "计划退回金额已抵扣全部应缴金额，无需划拨，也无需上传缴费凭证。"
        } else {
            "本批次无需划拨，也无需上传缴费凭证。"
        })
        .facts(head(of))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(if is_due { blocks::payment(of) } else { Vec::new() })
        .facts(blocks::further(of));
    let letter = gone::warned(letter, of, "上述人员已计入本批次的人数和金额，请与所在单位和职保中心核实。");
    let letter = blocks::notice(letter, of);
    if is_due {
        letter.text("逾期未收到缴费凭证的，本批次参保全部失败，需按即时参保另行办理，保障日期相应推迟。")
    } else {
        letter
    }
}

/// To the centre: there is a voucher to look at. Number, at, due, facts (amount, value date, file).
pub(in crate::template) fn uploaded(of: &YearLetter) -> Letter {
    blocks::letter(of, &format!("批次{}已上传缴费凭证，待核对", of.number))
        .text("以下批次已上传缴费凭证，请核对到账情况，确认或退回。")
        .facts(head(of))
        .facts(blocks::premium(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of))
        .text(format!("请在平台对批次{}予以确认或者退回；退回的，须写明原因。", of.number))
}

/// The centre has the money. Number, at, units, headcount, money, cover.
pub(in crate::template) fn confirmed(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, &format!("批次{}缴费已确认", of.number))
        .text("职保中心已确认收到款项，本批次参保有效。")
        .facts(head(of))
        .facts(blocks::people(of))
        .facts(blocks::premium(of))
        .facts(blocks::further(of));
    blocks::notice(letter, of).text("您不需要再做什么。")
}

/// The voucher won't do. Number, at, reason, until, due, account.
pub(in crate::template) fn rejected(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, &format!("批次{}缴费凭证被退回", of.number))
        .text("职保中心退回了本批次的缴费凭证，请按下列原因处理后重新上传。");
    blocks::reasoned(letter, of)
        .facts(head(of))
        .facts(blocks::payment(of))
        .facts(blocks::further(of))
        .text("期限内没有重新上传的，本批次参保全部失败，需按即时参保另行办理，保障日期相应推迟。")
}

fn head(of: &YearLetter) -> Vec<blocks::Fact> {
    blocks::lines([
        ("工会", blocks::union(of)),
        ("保障年度", blocks::year(of)),
        ("批次编号", of.number.clone()),
        ("时间", of.at.clone()),
        ("单位数", blocks::count(of.units, "家")),
        ("保障期", blocks::cover(of)),
    ])
}
