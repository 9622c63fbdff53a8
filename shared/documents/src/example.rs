//! Notices of invented unions and people, of any length: for tests, benches and previews.

use chrono::{NaiveDate, NaiveDateTime};
use domain::{
    enrollment::{
        eligibility::ClassCounts,
        premium::{Due, Plan},
    },
    money::{Money, MoneyError},
    year::file::PaymentAccount,
};

use crate::{BureauNotice, Contact, Covered, PlanTotal, Replaced, Undecided, Union, UnitLine, UnitNotice};

const FAMILY: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "欧阳", "朱", "马", "胡", "郭", "林", "何",
    "高",
];
const GIVEN: [&str; 37] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞",
    "平", "刚", "桂", "英", "华", "玉", "兰", "红", "梅", "建", "国", "志", "鹏", "雪", "晨", "浩", "宇", "欣",
];

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn instant(date: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
    date.and_hms_opt(hour, minute, 0).unwrap_or_default()
}

/// A name by its number; the same number gives the same name.
#[must_use]
pub fn name(number: usize) -> String {
    let (family, one, two) = (number % 20, number * 7 % 37, number * 13 % 31);
    let second = if number.is_multiple_of(3) { "" } else { GIVEN[two] };
    format!("{}{}{second}", FAMILY[family], GIVEN[one])
}

fn person(number: usize) -> Covered {
    Covered {
        name: name(number),
        id_kind: "居民身份证".to_owned(),
        id_masked: format!("3101 **** **** {:04}", number * 37 % 10_000),
        card_masked: (!number.is_multiple_of(40)).then(|| format!("6231 **** **** {:04}", number * 53 % 10_000)),
        from: day(2023, 1, 1),
        to: day(2023, 12, 31),
    }
}

fn plan() -> Plan {
    Plan {
        code: "A".to_owned(),
        name: "A类会员专享基本保障".to_owned(),
        fee_fen: 2600,
        municipal_fen: 1300,
        bureau_fen: 800,
        unit_fen: 500,
    }
}

fn account() -> PaymentAccount {
    PaymentAccount {
        holder: "示例市职工保障互助会".to_owned(),
        bank: "示例银行示例支行".to_owned(),
        number: "0000000000000000".to_owned(),
    }
}

/// The second version of a unit's notice, with so many people.
pub fn unit(people: usize) -> Result<UnitNotice, MoneyError> {
    let premium = Money::of_shares(1300, 800, 500)?;
    let enrolled = people as u64;
    Ok(UnitNotice {
        issuer: "明湖市总工会".to_owned(),
        number: "GZ2023-3199010001-02".to_owned(),
        version: 2,
        replaces: Some(Replaced {
            number: "GZ2023-3199010001-01".to_owned(),
            version: 1,
            received_at: instant(day(2022, 11, 3), 9, 30),
        }),
        year: 2023,
        unit: Union { code: "3199010001".to_owned(), name: "明湖云帆快递有限公司工会".to_owned() },
        bureau: Union { code: "319901".to_owned(), name: "东岸区总工会".to_owned() },
        plan: plan(),
        submission_no: "DW202211080017".to_owned(),
        received_at: instant(day(2022, 11, 8), 16, 42),
        classes: ClassCounts { total: enrolled + 36, enrolled, no_card: 32, pending: 1, retired: 2, deceased: 1 },
        submitted_before: 91,
        premium,
        money: premium.times(enrolled)?,
        account: Some(PaymentAccount { holder: "东岸区总工会".to_owned(), ..account() }),
        pay_by: day(2022, 12, 25),
        cover_from: day(2023, 1, 1),
        cover_to: day(2023, 12, 31),
        payment_text: "请于2022年12月25日24时前将对应的参保费用划入所属区局(产业)工会账户，保障日期为2023年1月1日起至2023年12月31日止。\
                       逾期未划款，则所有参保均失败，需按照即时参保流程另行办理参保手续，保障日期自办理参保日的次日起至2023年12月31日止。"
            .to_owned(),
        important_text: "2023年1月1日前（不含当日）退休的人员均不属于本次集中参保的保障范围，请对会员逐一甄别；\
                         为不符合条件的退休人员办理的保障将不予给付。"
            .to_owned(),
        undecided: vec![
            Undecided {
                name: "周玉兰".to_owned(),
                id_masked: "3101 **** **** 2728".to_owned(),
                standing: "已达到法定退休年龄（法定退休年月2022年11月）".to_owned(),
            },
            Undecided {
                name: "赵桂英".to_owned(),
                id_masked: "3101 **** **** 0441".to_owned(),
                standing: "按女工人：已达到法定退休年龄（法定退休年月2017年10月）；按女干部：已达到法定退休年龄（法定退休年月2022年10月）".to_owned(),
            },
        ],
        gone: Vec::new(),
        people: (1..=people).map(person).collect(),
    })
}

/// The notice of a bureau with so many units, two plans and a credit. A third of the units stands below each of two secondary
/// unions.
pub fn bureau(units: usize) -> Result<BureauNotice, MoneyError> {
    let premiums = [("A", Money::of_shares(1300, 800, 500)?), ("A+", Money::of_shares(1300, 6300, 0)?)];
    let secondaries = [("31990180", "东岸区教育工会"), ("31990190", "东岸区卫生健康工会")]
        .map(|(code, name)| Union { code: code.to_owned(), name: name.to_owned() });
    let mut lines = Vec::with_capacity(units);
    for number in 1..=units {
        let (plan, premium) = premiums[usize::from(number.is_multiple_of(4))];
        let (place, trade) = (["启程", "长桥", "云帆", "金穗"][number % 4], ["餐饮", "机电", "快递"][number % 3]);
        let people = (number as u64 * 97) % 900 + 3;
        lines.push(UnitLine {
            unit: Union {
                code: format!("31990100{number:02}"), name: format!("明湖{place}{trade}有限公司工会")
            },
            secondary: secondaries.get(((number - 1) * 3 / units).wrapping_sub(1)).cloned(),
            plan_code: plan.to_owned(),
            people,
            money: premium.times(people)?,
        });
    }
    let mut plans = Vec::new();
    for (code, _) in premiums {
        let of: Vec<&UnitLine> = lines.iter().filter(|line| line.plan_code == code).collect();
        if !of.is_empty() {
            plans.push(PlanTotal {
                code: code.to_owned(),
                name: format!("{code}类会员专享基本保障"),
                units: of.len() as u64,
                people: of.iter().map(|line| line.people).sum(),
                money: Money::sum(of.iter().map(|line| line.money))?,
            });
        }
    }
    Ok(BureauNotice {
        due: Due::of(Money::sum(plans.iter().map(|plan| plan.money))?, 123_456)?,
        plans,
        units: lines,
        issuer: "明湖市总工会".to_owned(),
        number: "GZ2023-319901-01".to_owned(),
        version: 1,
        replaces: None,
        year: 2023,
        bureau: Union { code: "319901".to_owned(), name: "东岸区总工会".to_owned() },
        batch_no: "CB202212280004".to_owned(),
        submitted_at: instant(day(2022, 12, 28), 14, 5),
        contact: Contact {
            name: "钱晓".to_owned(),
            mobile_masked: "138****8000".to_owned(),
            email: "bureau@example.org".to_owned(),
        },
        account: account(),
        pay_by: day(2023, 1, 20),
        cover_from: day(2023, 1, 1),
        cover_to: day(2023, 12, 31),
        payment_text: "请于2023年1月20日24时前将参保资金划拨至职保会账户并上传缴费凭证，保障日期为2023年1月1日起至2023年12月31日止。\
                       逾期未划款，则按照即时参保流程另行办理，保障日期自办理参保日的次日起至2023年12月31日止。"
            .to_owned(),
        gone: Vec::new(),
    })
}
