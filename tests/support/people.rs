//! Invented people and organizations, the same for the same seed. Their region 310199 is given to nobody.

use crate::numbers::{credit_code, resident_id, with_luhn};
use chrono::{Days, NaiveDate};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashSet;

/// A region that no identity number of a real person starts with.
pub const REGION: &str = "310199";

const SURNAMES: &str = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜";
const GIVEN: &str = "安邦晨德恩芳国海慧佳建静娟凯兰丽明敏宁萍琴清荣珊诗涛婷伟文晓欣燕阳怡颖玉泽志卓梓";

/// Somebody who does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Person {
    /// Two or three characters.
    pub name: String,
    /// 男 or 女, as the identity number says.
    pub sex: &'static str,
    /// The day of birth in the identity number.
    pub birth: NaiveDate,
    /// 18 characters with a right check character.
    pub id_number: String,
    /// A mobile number.
    pub phone: String,
    /// A service card: 16 digits that begin with 6231.
    pub card: String,
}

/// A seeded source of people; nobody comes twice.
pub struct People {
    random: StdRng,
    given_out: HashSet<String>,
}

impl People {
    /// The source of this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), given_out: HashSet::new() }
    }

    /// One more person, between about 20 and 60 years old in 2023.
    pub fn person(&mut self) -> Person {
        loop {
            let birth = self.birth();
            let sequence = self.random.random_range(1..1_000_u16);
            let id_number = resident_id(REGION, &birth.format("%Y%m%d").to_string(), sequence);
            if self.given_out.insert(id_number.clone()) {
                let sex = if sequence % 2 == 1 { "男" } else { "女" };
                return Person { name: self.name(), sex, birth, id_number, phone: self.phone(), card: self.card() };
            }
        }
    }

    /// So many people.
    pub fn take(&mut self, count: usize) -> Vec<Person> {
        (0..count).map(|_| self.person()).collect()
    }

    /// A name of two or three characters.
    pub fn name(&mut self) -> String {
        let mut name = self.pick(SURNAMES);
        for _ in 0..self.random.random_range(1..=2) {
            name.push_str(&self.pick(GIVEN));
        }
        name
    }

    /// A mobile number.
    pub fn phone(&mut self) -> String {
        let second = self.random.random_range(3..=9);
        format!("1{second}{:09}", self.random.random_range(0..1_000_000_000_u32))
    }

    /// A card number with its Luhn digit.
    pub fn card(&mut self) -> String {
        with_luhn(&format!("6231{:011}", self.random.random_range(0..100_000_000_000_u64)))
    }

    /// A unified social credit code of an enterprise.
    pub fn credit_code(&mut self) -> String {
        credit_code("91", REGION, &format!("{:08}", self.random.random_range(0..100_000_000_u32)))
    }

    /// The generator itself, for what else a test draws by its seed.
    pub fn random(&mut self) -> &mut StdRng {
        &mut self.random
    }

    fn birth(&mut self) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(1964, 1, 1).expect("a fine date");
        first + Days::new(self.random.random_range(0..14_600))
    }

    fn pick(&mut self, characters: &str) -> String {
        let all: Vec<char> = characters.chars().collect();
        all[self.random.random_range(0..all.len())].to_string()
    }
}
