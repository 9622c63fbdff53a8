//! The alarm that kept totals and a recount differ.

use super::{YearLetter, blocks};
use crate::template::letter::Letter;

/// To the federation and the operator. At, facts (what differs: kept figure, recounted figure), reason.
pub(in crate::template) fn alarm(of: &YearLetter) -> Letter {
    let letter = blocks::letter(of, "汇总数与重新计算的结果不一致")
        .text("系统重新计算了参保人数和费用，与保存的汇总数不一致。在查明之前，请不要依据统计表办理提交和划拨。")
        .facts(blocks::lines([
            ("工会", blocks::union(of)),
            ("保障年度", blocks::year(of)),
            ("计算时间", of.at.clone()),
        ]))
        .list("不一致的数据", of.facts.iter().map(|figure| format!("{}：{}", figure.label, figure.value)).collect());
    blocks::reasoned(letter, of)
        .text("技术人员已收到同一通知。名单和单据没有改变，受影响的只是汇总数。")
        .text("查明原因后，由平台管理员重新计算并更正。")
}
