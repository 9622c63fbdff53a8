//! The notice of a unit.

use documents::{Gone, RenderError, UnitNotice, sha256, unit_notice};
use domain::money::Money;

use crate::{invented, tools};

fn bare(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

#[test]
fn every_name_and_figure_is_found_in_the_text() {
    let notice = invented::unit(95);
    let document = unit_notice(&notice).unwrap();
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
    let text = tools::bare_text(&document.bytes);
    for person in &notice.people {
        let card = person.card_masked.as_deref().unwrap_or("—");
        let line = format!("{}{}{}{card}2023-01-012023-12-31", person.name, person.id_kind, person.id_masked);
        assert!(text.contains(&bare(&line)), "{line}");
    }
    for found in [
        "2023年度集中参保告知书",
        "编号：GZ2023-3199010001-02第2版",
        "替代第1版（编号：GZ2023-3199010001-01，2022年11月3日09:30提交）。第1版自本告知书生成之时起作废",
        "批次编号DW202211080017",
        "工会编号3199010001",
        "东岸区总工会（319901）",
        "A类会员专享基本保障",
        "131953212191",
        "市总统一划拨13.00951,235.00",
        "区局/各级工会缴费8.0095760.00",
        "基层单位缴费5.0095475.00",
        "合计26.00952,470.00",
        "0000000000000000",
        "缴费截止2022年12月25日24时前",
        "自2023年1月1日起至2023年12月31日止",
        "周玉兰3101********2728已达到法定退休年龄（法定退休年月2022年11月）",
        "特此告知。附件：2023年度集中参保人员名单",
        "共95人",
    ] {
        assert!(text.contains(found), "{found} is not in {text}");
    }
    for sentence in [&notice.payment_text, &notice.important_text] {
        assert!(text.contains(&bare(sentence)), "{sentence}");
    }
}

#[test]
fn a_page_says_which_of_how_many_it_is_and_repeats_the_head_of_the_list() {
    let document = unit_notice(&invented::unit(100)).unwrap();
    assert_eq!(tools::pages(&document.bytes), document.pages);
    let text = tools::text(&document.bytes);
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert_eq!(pages.len(), document.pages);
    for (number, page) in (1..).zip(&pages) {
        assert!(page.contains(&format!("第 {number} 页，共 {} 页", pages.len())), "{page}");
        let listed = page.contains("3101 **** **** 0370") || number > 3;
        assert!(!listed || bare(page).contains("序号姓名证件类型证件号码会员服务卡号保障起始日保障终止日"), "{page}");
        assert!(bare(page).contains(&format!("校验码：{}", document.check)), "{page}");
    }
}

/// Wherever the text ends, the page of the signature says something of the letter, and what is annexed stands above it.
#[test]
fn the_signature_never_stands_alone() {
    for undecided in 0..40 {
        for wide in [1, 30] {
            let mut notice = invented::unit(4);
            let one = notice.undecided[0].clone();
            notice.undecided = vec![one; undecided];
            notice.unit.name = "明湖市东岸区示例".repeat(wide);
            let text = tools::text(&unit_notice(&notice).unwrap().bytes);
            let pages: Vec<String> = text.split('\u{c}').map(bare).collect();
            let page = pages.iter().find(|page| page.contains("特此告知。")).unwrap();
            let (before, after) = page.split_once("特此告知。附件：2023年度集中参保人员名单").unwrap();
            assert!(after.contains(&bare(&format!("{}2022年11月8日", notice.issuer))), "{undecided} {page}");
            let has_row = before.contains("周玉兰") || before.contains("退休待认定人员无。");
            assert!(has_row, "{undecided} people, a name of {wide}: {page}");
        }
    }
}

#[test]
fn fonts_are_embedded_subsets_with_a_way_back_to_characters() {
    let mut notice = invented::unit(12);
    notice.people[3].name = "李㑇𠮷".to_owned();
    notice.people[4].name = "王𫠡".to_owned();
    notice.people[5].name = "王𰻞".to_owned();
    let document = unit_notice(&notice).unwrap();
    let fonts = tools::fonts(&document.bytes);
    assert_eq!(fonts.len(), 5, "{fonts:?}");
    for font in fonts {
        assert!(font.embedded && font.subset && font.unicode && font.kind == "CID TrueType", "{font:?}");
        assert_eq!(font.name.find('+'), Some(6), "{font:?}");
    }
    let text = tools::bare_text(&document.bytes);
    assert!(document.warnings.is_empty() && text.contains("李㑇𠮷") && text.contains("王𫠡") && text.contains("王𰻞"));
}

#[test]
fn the_same_input_gives_the_same_bytes_and_another_one_another_check() {
    let first = unit_notice(&invented::unit(40)).unwrap();
    let again = unit_notice(&invented::unit(40)).unwrap();
    assert!(first == again && first.sha256 == sha256(&first.bytes));
    let mut other = invented::unit(40);
    other.people[7].id_masked = "3101 **** **** 9999".to_owned();
    let other = unit_notice(&other).unwrap();
    assert!(other.check != first.check && other.sha256 != first.sha256);
    let text = String::from_utf8_lossy(&first.bytes);
    assert!(!text.contains("CreationDate") && !text.contains("ModDate"));
}

#[test]
fn one_a_hundred_and_five_thousand_people_fit() {
    for (people, most_bytes) in [(0, 60_000), (1, 60_000), (100, 150_000), (5_000, 800_000)] {
        let document = unit_notice(&invented::unit(people)).unwrap();
        assert!(document.bytes.len() < most_bytes, "{people} people: {} bytes", document.bytes.len());
        let text = tools::bare_text(&document.bytes);
        assert!(text.contains(&format!("共{people}人")));
        let last = invented::unit(people).people.last().map(|person| bare(&person.id_masked));
        assert!(
            last.is_none_or(
                |last| text.contains(&format!("{people}{}", invented::name(people))) && text.contains(&last)
            )
        );
    }
}

#[test]
fn a_unit_that_owes_nothing_is_told_so() {
    let mut notice = invented::unit(95);
    notice.plan.bureau_fen = 1300;
    notice.plan.unit_fen = 0;
    notice.premium = Money::of_shares(1300, 1300, 0).unwrap();
    notice.money = notice.premium.times(95).unwrap();
    let text = tools::bare_text(&unit_notice(&notice).unwrap().bytes);
    assert!(text.contains("本单位缴费金额为0.00元，无需划款") && !text.contains("收款账号"));
    assert!(text.contains("区局/各级工会缴费13.00951,235.00"));
}

#[test]
fn a_first_version_replaces_none_and_an_empty_list_of_undecided_says_so() {
    let notice = UnitNotice { version: 1, replaces: None, undecided: vec![], ..invented::unit(3) };
    let text = tools::bare_text(&unit_notice(&notice).unwrap().bytes);
    assert!(!text.contains("作废") && text.contains("退休待认定人员无。"));
}

#[test]
fn who_has_died_or_retired_is_named_and_nothing_is_said_where_nobody_has() {
    let name = |name: &str| Gone {
        unit: String::new(),
        name: name.to_owned(),
        id_masked: "3101 **** **** 1234".to_owned(),
        recorded: "2022年11月15日已登记死亡".to_owned(),
    };
    let none = unit_notice(&invented::unit(3)).unwrap();
    assert!(!tools::bare_text(&none.bytes).contains("已登记死亡或退休人员"));
    let notice = UnitNotice { gone: vec![name("章一鸣")], ..invented::unit(3) };
    let text = tools::bare_text(&unit_notice(&notice).unwrap().bytes);
    assert!(
        text.contains("已登记死亡或退休人员") && text.contains("章一鸣") && text.contains("2022年11月15日已登记死亡")
    );
}

#[test]
fn a_notice_that_contradicts_itself_is_refused() {
    let refused = |change: fn(&mut UnitNotice)| {
        let mut notice = invented::unit(20);
        change(&mut notice);
        matches!(unit_notice(&notice), Err(RenderError::Contradiction(_)))
    };
    assert!(refused(|notice| notice.classes.total += 1));
    assert!(refused(|notice| drop(notice.people.pop())));
    assert!(refused(|notice| notice.plan.fee_fen += 1));
    assert!(refused(|notice| notice.money.unit_fen += 1));
    assert!(refused(|notice| {
        notice.money.unit_fen += 1;
        notice.money.total_fen += 1;
    }));
    assert!(!refused(|_| ()));
}
