//! Invented data of every mail of the year; nobody of these names exists, and the figures are those of the manual's screens.

use domain::{enrollment::eligibility::ClassCounts, money::Money};
use uuid::Uuid;

use super::{NoticeLine, PersonLine, YearLetter};
use crate::template::Figure;

fn unit() -> YearLetter {
    YearLetter {
        year: 2023,
        org_code: "3199010001".to_owned(),
        org_name: "示例快递服务站工会".to_owned(),
        number: "DW2023-3199010001-2".to_owned(),
        version: 2,
        at: "2022年11月8日14时44分".to_owned(),
        plan: "A类会员专享基本保障".to_owned(),
        money: Some(money(247_000, 123_500, 123_500, 0)),
        ..YearLetter::default()
    }
}

fn bureau() -> YearLetter {
    YearLetter {
        year: 2023,
        org_code: "319901".to_owned(),
        org_name: "东岸区总工会".to_owned(),
        number: "CB202212280004".to_owned(),
        at: "2022年12月28日9时30分".to_owned(),
        units: Some(12),
        headcount: Some(1064),
        money: Some(money(6_384_000, 2_128_000, 4_256_000, 0)),
        ..YearLetter::default()
    }
}

fn money(total_fen: i64, municipal_fen: i64, bureau_fen: i64, unit_fen: i64) -> Money {
    Money { total_fen, municipal_fen, bureau_fen, unit_fen }
}

fn classes() -> ClassCounts {
    ClassCounts { total: 128, enrolled: 95, no_card: 32, pending: 1, retired: 0, deceased: 0 }
}

fn person(name: &str, id_masked: &str, note: &str) -> PersonLine {
    PersonLine { name: name.to_owned(), id_masked: id_masked.to_owned(), note: note.to_owned() }
}

fn figure(label: &str, value: &str) -> Figure {
    Figure { label: label.to_owned(), value: value.to_owned() }
}

fn notice(number: &str, version: i64) -> NoticeLine {
    let id = Uuid::from_u128(0x0184_3f5a_7c00_7000_8000_0000_0000_0002);
    NoticeLine { id, number: number.to_owned(), version }
}

fn centre() -> String {
    "职保中心".to_owned()
}

const ACCOUNT: &str = "明湖市职工保障互助会，示例银行，账号 0000 1111 2222";

pub(in crate::template) fn submission_received() -> YearLetter {
    YearLetter {
        classes: Some(classes()),
        undecided: vec![
            person("章一鸣", "3101 **** **** 1234", "已达到法定退休年龄（法定退休年月2022年11月）"),
            person(
                "沈若兰",
                "3101 **** **** 2244",
                "按女工人：已达到法定退休年龄（法定退休年月2022年10月）；按女干部：2023年1月1日前尚未到可退休的年龄（法定退休年月2028年10月）",
            ),
        ],
        sha256: "9f2c7a1e5b3d4c6e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6".to_owned(),
        notice: Some(notice("GZ2023-3199010001", 2)),
        cover_from: "2023年1月1日".to_owned(),
        cover_to: "2023年12月31日".to_owned(),
        ..unit()
    }
}

pub(in crate::template) fn submission_approved() -> YearLetter {
    YearLetter {
        headcount: Some(95),
        by: "东岸区总工会".to_owned(),
        money: Some(money(247_000, 123_500, 100_000, 23_500)),
        due_fen: Some(23_500),
        until: "2022年12月25日24时前".to_owned(),
        account: "东岸区总工会，示例银行，账号 0000 3333 4444".to_owned(),
        ..unit()
    }
}

pub(in crate::template) fn submission_returned() -> YearLetter {
    YearLetter {
        by: "东岸区总工会".to_owned(),
        reason: "参保人员名单有误：缺少新入会会员".to_owned(),
        until: "2022年12月25日24时前".to_owned(),
        money: None,
        ..unit()
    }
}

pub(in crate::template) fn submission_delisted() -> YearLetter {
    YearLetter { headcount: Some(95), until: "2022年12月25日24时前".to_owned(), ..unit() }
}

pub(in crate::template) fn members_gone() -> YearLetter {
    YearLetter {
        gone: vec![
            person("章一鸣", "3101 **** **** 1234", "2022年11月15日已登记死亡"),
            person("沈若兰", "3101 **** **** 2244", "2022年12月10日已登记退休"),
        ],
        until: "2022年12月26日0时".to_owned(),
        money: None,
        plan: String::new(),
        ..unit()
    }
}

pub(in crate::template) fn enrollment_conflict() -> YearLetter {
    YearLetter {
        people: vec![person("严子墨", "3101 **** **** 3381", "2022年11月20日转入另一单位")],
        until: "2022年12月25日24时前".to_owned(),
        money: None,
        plan: String::new(),
        ..unit()
    }
}

pub(in crate::template) fn conflict_settled() -> YearLetter {
    YearLetter {
        version: 3,
        people: vec![person("严子墨", "3101 **** **** 3381", "不再由贵单位参保")],
        by: "会籍所在单位".to_owned(),
        reason: "该会员的会籍已转入另一单位".to_owned(),
        headcount: Some(94),
        money: Some(money(244_400, 122_200, 122_200, 0)),
        notice: Some(notice("GZ2023-3199010001", 3)),
        ..unit()
    }
}

pub(in crate::template) fn window_opened() -> YearLetter {
    let to_do = ["核对会员名册", "确认待确认名单", "认定退休人员", "选择保障类型并提交"];
    YearLetter {
        window: "集中参保提交".to_owned(),
        until: "2022年12月25日24时前".to_owned(),
        missing: to_do.map(str::to_owned).into(),
        number: String::new(),
        ..unit()
    }
}

pub(in crate::template) fn deadline_reminder() -> YearLetter {
    YearLetter {
        window: "集中参保提交".to_owned(),
        until: "2022年12月25日24时前".to_owned(),
        days_left: Some(3),
        missing: vec!["尚未提交集中参保".to_owned(), "待确认会员 1 人".to_owned()],
        ..unit()
    }
}

pub(in crate::template) fn late_refused() -> YearLetter {
    YearLetter {
        window: "集中参保提交".to_owned(),
        at: "2022年12月26日0时0分1秒".to_owned(),
        until: "2022年12月25日24时前".to_owned(),
        remedy: "请联系上级工会申请延长期限，或在保障期内办理即时参保。".to_owned(),
        number: String::new(),
        ..unit()
    }
}

pub(in crate::template) fn batch_submitted() -> YearLetter {
    YearLetter {
        credit_fen: 100_000,
        due_fen: Some(4_156_000),
        until: "2023年1月20日24时前".to_owned(),
        account: ACCOUNT.to_owned(),
        notice: Some(notice("GZ2023-319901", 1)),
        ..bureau()
    }
}

pub(in crate::template) fn voucher_uploaded() -> YearLetter {
    let facts = [("凭证金额", "41560.00 元"), ("到账日期", "2023年1月10日"), ("文件", "汇款回单.pdf")];
    YearLetter {
        due_fen: Some(4_156_000),
        credit_fen: 100_000,
        facts: facts.map(|(label, value)| figure(label, value)).into(),
        ..bureau()
    }
}

pub(in crate::template) fn voucher_confirmed() -> YearLetter {
    YearLetter {
        at: "2023年1月12日10时".to_owned(),
        by: centre(),
        cover_from: "2023年1月1日".to_owned(),
        cover_to: "2023年12月31日".to_owned(),
        ..bureau()
    }
}

pub(in crate::template) fn voucher_rejected() -> YearLetter {
    YearLetter {
        at: "2023年1月12日10时".to_owned(),
        by: centre(),
        reason: "凭证不清晰，无法辨认金额".to_owned(),
        due_fen: Some(4_156_000),
        until: "2023年1月20日24时前".to_owned(),
        account: ACCOUNT.to_owned(),
        ..bureau()
    }
}

pub(in crate::template) fn enrollment_failed() -> YearLetter {
    YearLetter {
        at: "2023年1月21日0时".to_owned(),
        reason: "缴费截止时职保中心未收到缴费凭证".to_owned(),
        remedy: "系统已备好即时参保草稿；如款项确已按期划拨，请凭缴费凭证联系职保中心恢复。".to_owned(),
        cover_from: "2023年1月22日".to_owned(),
        cover_to: "2023年12月31日".to_owned(),
        headcount: Some(95),
        people: vec![
            person("章一鸣", "3101 **** **** 1234", "中断 21 天"),
            person("沈若兰", "3101 **** **** 2244", "中断 21 天"),
        ],
        people_in_all: 95,
        ..unit()
    }
}

pub(in crate::template) fn failure_undone() -> YearLetter {
    YearLetter {
        at: "2023年1月25日11时".to_owned(),
        by: centre(),
        reason: "款项于2023年1月19日到账，凭证补交".to_owned(),
        headcount: Some(94),
        money: Some(money(244_400, 122_200, 122_200, 0)),
        cover_from: "2023年1月1日".to_owned(),
        cover_to: "2023年12月31日".to_owned(),
        people: vec![person("沈若兰", "3101 **** **** 2244", "即时参保已审批")],
        ..unit()
    }
}

fn instant() -> YearLetter {
    YearLetter {
        number: "17".to_owned(),
        version: 0,
        at: "2023年1月22日15时".to_owned(),
        headcount: Some(1),
        money: Some(money(2_600, 1_300, 1_300, 0)),
        cover_from: "2023年1月23日".to_owned(),
        cover_to: "2023年12月31日".to_owned(),
        people: vec![person("贺知秋", "3101 **** **** 9127", "")],
        ..unit()
    }
}

pub(in crate::template) fn instant_submitted() -> YearLetter {
    instant()
}

pub(in crate::template) fn instant_approved() -> YearLetter {
    YearLetter {
        by: "东岸区总工会".to_owned(),
        due_fen: Some(1_300),
        until: "2023年2月6日24时前".to_owned(),
        account: ACCOUNT.to_owned(),
        ..instant()
    }
}

pub(in crate::template) fn instant_returned() -> YearLetter {
    YearLetter {
        by: "东岸区总工会".to_owned(),
        reason: "该会员的服务卡尚未激活".to_owned(),
        cover_from: String::new(),
        cover_to: String::new(),
        ..instant()
    }
}

pub(in crate::template) fn instant_voucher_uploaded() -> YearLetter {
    let facts = [("凭证金额", "13.00 元"), ("到账日期", "2023年1月22日"), ("文件", "汇款回单.pdf")];
    YearLetter {
        due_fen: Some(1_300),
        facts: facts.map(|(label, value)| figure(label, value)).into(),
        people: Vec::new(),
        ..instant()
    }
}

pub(in crate::template) fn instant_voucher_confirmed() -> YearLetter {
    YearLetter { people: Vec::new(), ..instant() }
}

pub(in crate::template) fn instant_voucher_rejected() -> YearLetter {
    YearLetter {
        reason: "凭证不清晰，无法辨认金额".to_owned(),
        due_fen: Some(1_300),
        until: "2023年2月11日24时前".to_owned(),
        account: ACCOUNT.to_owned(),
        people: Vec::new(),
        ..instant()
    }
}

pub(in crate::template) fn instant_expired() -> YearLetter {
    YearLetter {
        reason: "缴费凭证未在期限内上传".to_owned(),
        cover_from: String::new(),
        cover_to: String::new(),
        ..instant()
    }
}

pub(in crate::template) fn totals_alarm() -> YearLetter {
    let facts = [("东岸区总工会 A类 已审核 人数", "保存 1064，重算 1063")];
    YearLetter {
        org_code: "3199".to_owned(),
        org_name: "明湖市总工会".to_owned(),
        at: "2022年12月20日3时".to_owned(),
        facts: facts.map(|(label, value)| figure(label, value)).into(),
        year: 2023,
        ..YearLetter::default()
    }
}
