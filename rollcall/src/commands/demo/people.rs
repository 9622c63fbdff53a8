//! Invented people, the same for the same seed.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};

use super::numbers::{self, REGION, UNKNOWN_REGION};

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "吴", "周", "徐", "孙", "马", "朱", "胡", "林", "郭", "何", "高", "罗",
    "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "欧阳",
    "司徒", "上官",
];
const GIVEN: &[&str] = &[
    "伟", "芳", "娜", "敏", "静", "秀", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "明", "超", "霞",
    "平", "刚", "桂", "文", "云", "建", "国", "志", "海", "玉", "兰", "春", "雪", "晨", "宇", "欣", "怡", "子", "若",
    "清", "月",
];
const LABELS: &[&str] = &["在职职工", "在职职工", "在职职工", "企业外入会人员", "劳务派遣", "外包工"];
const HOUSEHOLDS: &[&str] = &["本市城镇", "本市城镇", "本市农村", "外省市城镇", "外省市农村"];
const STREETS: &[&str] = &["望湖路", "临港大道", "槐荫街", "新渡路", "纺织三路", "会展东路"];

/// Born from 1 January of a year on, within so many days.
type Age = (i32, u64);
/// 1962 to 1999.
const ANY_AGE: Age = (1962, 13_800);
/// Nobody of these retires soon, whichever rule holds.
const YOUNG: Age = (1980, 7_000);
/// All of these have retired.
const OLD: Age = (1961, 360);

/// A small generator (SplitMix64): its sequence is ours and does not change with a library.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        mixed.checked_rem(bound).unwrap_or(0)
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Somebody who does not exist.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub id_number: String,
    /// 男 or 女, as the number says.
    pub sex: &'static str,
    pub phone: String,
    pub label: &'static str,
    pub household: &'static str,
    pub address: String,
    /// 会员服务卡号; none: 未办卡.
    pub card: Option<String>,
    /// 社保: nobody has told of some.
    pub insured: Option<bool>,
    pub retired_on: Option<NaiveDate>,
    /// 干部 or 工人.
    pub staff: &'static str,
}

/// Gives people out; nobody comes twice.
pub struct People {
    random: Seeded,
    taken: HashSet<String>,
}

impl People {
    /// The people of this seed.
    pub fn new(seed: u64) -> Self {
        Self { random: Seeded::new(seed), taken: HashSet::new() }
    }

    /// So many of the invented region.
    pub fn take(&mut self, count: usize) -> Vec<Person> {
        (0..count).map(|_| self.anybody()).collect()
    }

    /// One of the invented region.
    pub fn anybody(&mut self) -> Person {
        self.person(REGION, ANY_AGE)
    }

    /// So many who are far from retirement.
    pub fn young(&mut self, count: usize) -> Vec<Person> {
        (0..count).map(|_| self.person(REGION, YOUNG)).collect()
    }

    /// One who has retired.
    pub fn retired(&mut self) -> Person {
        self.person(REGION, OLD)
    }

    /// One whose number begins with a province that does not exist.
    pub fn stranger(&mut self) -> Person {
        self.person(UNKNOWN_REGION, ANY_AGE)
    }

    /// A name alone.
    pub fn name(&mut self) -> String {
        let mut name = self.random.pick(SURNAMES).to_owned();
        for _ in 0..=self.random.below(2) {
            name.push_str(self.random.pick(GIVEN));
        }
        name
    }

    /// A mobile number.
    pub fn phone(&mut self) -> String {
        format!("19900{:06}", self.random.below(1_000_000))
    }

    /// A credit code.
    pub fn credit_code(&mut self) -> String {
        numbers::credit_code(self.random.below(100_000_000) as u32)
    }

    fn person(&mut self, region: &str, age: Age) -> Person {
        let (id_number, sex, birth) = self.document(region, age);
        let random = &mut self.random;
        let carded = random.below(100) < 80;
        let card = carded.then(|| numbers::card_number(random.below(100_000_000_000)));
        let insured = match random.below(100) {
            0..85 => Some(true),
            85..95 => Some(false),
            _ => None,
        };
        // Whoever turned 60 by 2022 retired some weeks after.
        let old_age = birth.checked_add_days(Days::new(60 * 365 + 15 + 40));
        let retired_on =
            old_age.filter(|day| NaiveDate::from_ymd_opt(2022, 11, 1).is_some_and(|campaign| *day < campaign));
        let address = format!("明湖市{}{}号", random.pick(STREETS), 1 + random.below(900));
        let (label, household) = (random.pick(LABELS), random.pick(HOUSEHOLDS));
        let staff = random.pick(&["工人", "工人", "干部"]);
        let (name, phone) = (self.name(), self.phone());
        Person { name, id_number, sex, phone, label, household, address, card, insured, retired_on, staff }
    }

    /// A number that nobody has yet.
    fn document(&mut self, region: &str, (year, days): Age) -> (String, &'static str, NaiveDate) {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        loop {
            let birth = first + Days::new(self.random.below(days));
            let sequence = 1 + self.random.below(999) as u32;
            let number = numbers::resident_id(region, birth, sequence);
            if self.taken.insert(number.clone()) {
                return (number, if sequence % 2 == 1 { "男" } else { "女" }, birth);
            }
        }
    }
}
