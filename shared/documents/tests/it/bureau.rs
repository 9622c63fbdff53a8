//! The notice of a bureau.

use documents::{BureauNotice, RenderError, bureau_notice};

use crate::{invented, tools};

#[test]
fn every_unit_and_figure_is_found_in_the_text() {
    let notice = invented::bureau(60);
    let document = bureau_notice(&notice).unwrap();
    assert!(document.warnings.is_empty() && document.bytes.len() < 150_000, "{document:?}");
    let text = tools::bare_text(&document.bytes);
    for line in &notice.units {
        assert!(
            text.contains(&format!("{}{}{}{}", line.unit.code, line.unit.name, line.plan_code, line.people)),
            "{line:?}"
        );
    }
    for found in [
        "批次编号CB202212280004",
        "钱晓138****8000",
        "bureau@example.org",
        "减：往年会员计划退回金额-1,234.56",
        "划款附言CB202212280004",
        "缴费截止2023年1月20日24时前",
        "特此告知。附件：2023年度集中参保单位名单",
        "共60家单位",
    ] {
        assert!(text.contains(found), "{found} is not in {text}");
    }
    let due = notice.due.due_fen;
    let grouped = format!("{}.{:02}", due / 100, due % 100);
    assert!(text.replace(',', "").contains(&format!("应划拨金额{grouped}")), "{grouped}");
    for plan in &notice.plans {
        let shares = [plan.money.municipal_fen, plan.money.bureau_fen, plan.money.unit_fen, plan.money.total_fen];
        let shares = shares.map(|fen| format!("{}.{:02}", fen / 100, fen % 100)).concat();
        let line = format!("{}{}{}{shares}", plan.name, plan.units, plan.people);
        assert!(text.replace(',', "").contains(&line), "{line}");
    }
}

#[test]
fn a_long_list_repeats_its_head_counts_its_pages_and_embeds_its_fonts() {
    let document = bureau_notice(&invented::bureau(300)).unwrap();
    assert_eq!(document.pages, tools::pages(&document.bytes));
    let text = tools::bare_text(&document.bytes);
    assert_eq!(
        text.matches("序号工会编号单位名称").count(),
        document.pages - 2,
        "on every page of the list; the letter has two"
    );
    for page in 1..=document.pages {
        assert!(text.contains(&format!("第{page}页，共{}页", document.pages)), "page {page} of {}", document.pages);
    }
    let fonts = tools::fonts(&document.bytes);
    assert!(!fonts.is_empty() && fonts.iter().all(|font| font.embedded && font.subset && font.unicode), "{fonts:?}");
}

#[test]
fn the_units_of_each_secondary_union_have_a_subtotal_and_those_of_none_too() {
    let notice = invented::bureau(60);
    let text = tools::bare_text(&bureau_notice(&notice).unwrap().bytes).replace(',', "");
    for (code, name) in [("", "区局直属"), ("31990180", "东岸区教育工会"), ("31990190", "东岸区卫生健康工会")]
    {
        let above = |line: &&documents::UnitLine| line.secondary.as_ref().map_or("", |union| &union.code) == code;
        let group: Vec<_> = notice.units.iter().filter(above).collect();
        assert_eq!(group.len(), 20);
        let sum = |fen: fn(&domain::money::Money) -> i64| group.iter().map(|line| fen(&line.money)).sum::<i64>();
        let shares = [sum(|m| m.municipal_fen), sum(|m| m.bureau_fen), sum(|m| m.unit_fen), sum(|m| m.total_fen)];
        let shares = shares.map(|fen| format!("{}.{:02}", fen / 100, fen % 100)).concat();
        let people: u64 = group.iter().map(|line| line.people).sum();
        let line = format!("小计{code}{name}（20家）{people}{shares}");
        assert!(text.contains(&line), "{line} is not in {text}");
    }
    let mut plain = notice;
    plain.units.iter_mut().for_each(|line| line.secondary = None);
    let text = tools::bare_text(&bureau_notice(&plain).unwrap().bytes);
    assert!(!text.contains("小计") && text.contains("60319901006"), "{text}");
}

#[test]
fn a_notice_that_contradicts_itself_is_refused() {
    let refused = |change: fn(&mut BureauNotice)| {
        let mut notice = invented::bureau(20);
        change(&mut notice);
        matches!(bureau_notice(&notice), Err(RenderError::Contradiction(_)))
    };
    assert!(refused(|notice| drop(notice.units.pop())));
    assert!(refused(|notice| notice.plans[0].people += 1));
    assert!(refused(|notice| notice.due.due_fen -= 1));
    assert!(refused(|notice| notice.due.credit_fen = -1));
    assert!(refused(|notice| notice.units[3].money.unit_fen += 1));
    assert!(refused(|notice| notice.units.swap(0, 19)), "a subtotal would be torn");
    assert!(!refused(|_| ()));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert!(bureau_notice(&invented::bureau(33)).unwrap() == bureau_notice(&invented::bureau(33)).unwrap());
}
