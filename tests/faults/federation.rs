//! An invented federation, its rosters as workbooks, and the figures that must come of them, counted here.

use rand::RngExt;
use support::numbers::with_wrong_check;
use support::people::{People, Person};
use support::workbook::{ORGANIZATION_HEADERS, Table};

/// The number of the federation itself.
pub const ROOT: &str = "90000000";
/// Grassroots unions.
const UNIONS: usize = 8;

/// Unions, and a source of people for them.
pub struct Federation {
    people: People,
    files: usize,
}

/// A roster on its way in, and what is to become of it.
#[derive(Debug, Clone)]
pub struct Roster {
    /// The file's name.
    pub file: String,
    /// The union's number.
    pub union: String,
    /// The workbook.
    pub bytes: Vec<u8>,
    /// Rows of the file.
    pub read: u64,
    /// Rows whose identity number has a wrong check character.
    pub rejected: u64,
    /// Rows whose number stands in an earlier row.
    pub duplicate: u64,
    /// Who is a member afterwards.
    pub members: Vec<Person>,
}

impl Federation {
    /// The federation of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { people: People::seeded(seed), files: 0 }
    }

    /// Its organizations as an import: federation, bureau, unions.
    pub fn organizations(&mut self) -> Vec<u8> {
        let mut table = Table::new(&ORGANIZATION_HEADERS);
        let mut add = |code: &str, name: &str, parent: &str, level: &str, kind: &str| {
            let (contact, phone) = (self.people.name(), self.people.phone());
            let (uscc, email) = (self.people.credit_code(), format!("u{code}@example.org"));
            let enterprise = if kind.is_empty() { "" } else { name };
            table.push(&[
                code,
                name,
                parent,
                level,
                kind,
                &uscc,
                "国有",
                "制造业",
                enterprise,
                &contact,
                &phone,
                &email,
            ]);
        };
        add(ROOT, "测试市总工会", "", "市总工会", "");
        add("90010000", "测试区总工会", ROOT, "区局(产业)工会", "");
        for number in 1..=UNIONS {
            add(&union_code(number), &format!("测试{number}厂工会"), "90010000", "基层工会", "单独基层工会");
        }
        table.xlsx()
    }

    /// A roster of new people for each of the next `count` unions in turn, `least` to `most` good rows each; every
    /// third has a row that is rejected, every fourth a row that stands twice.
    pub fn rosters(&mut self, count: usize, least: usize, most: usize) -> Vec<Roster> {
        (0..count).map(|_| self.roster(least, most)).collect()
    }

    fn roster(&mut self, least: usize, most: usize) -> Roster {
        self.files += 1;
        let union = union_code(self.files % UNIONS + 1);
        let size = self.people.random().random_range(least..=most);
        let members = self.people.take(size);
        let mut rows = members.clone();
        let rejected = u64::from(self.files.is_multiple_of(3));
        if rejected == 1 {
            let mut stranger = self.people.person();
            stranger.id_number = with_wrong_check(&stranger.id_number);
            rows.insert(size / 2, stranger);
        }
        let duplicate = u64::from(self.files.is_multiple_of(4));
        if duplicate == 1 {
            rows.push(members[0].clone());
        }
        let table = Table::members(&format!("测试{}厂工会", self.files % UNIONS + 1), &union, &rows);
        let file = format!("roster-{:04}.xlsx", self.files);
        Roster { file, union, bytes: table.xlsx(), read: rows.len() as u64, rejected, duplicate, members }
    }
}

fn union_code(number: usize) -> String {
    format!("900100{number:02}")
}
