//! An invented federation: the tree of its unions, and who is a member where.

use domain::template::TemplateKind;

use super::{
    people::{People, Person},
    sheet::{Cell, Table},
};

/// The root, 市总工会.
pub const ROOT: &str = "3199";
/// The centre, 职保中心.
pub const CENTRE: &str = "319900";
/// The bureaus: number and name.
pub const BUREAUS: [(&str, &str); 2] = [("319901", "东岸区总工会"), ("319902", "市轻纺产业工会")];
/// The secondary union, below the first bureau.
pub const SECONDARY: (&str, &str) = ("31990180", "临港街道总工会");
/// People of the unit that sends the messy file, at least: it has a row for every kind of fault.
const MESSY_PEOPLE: usize = 40;
/// Which unit sends the messy file, and lists that are held.
pub const MESSY: usize = 1;
/// Which unit compares its list with the registry.
pub const COMPARED: usize = 2;
/// People of that unit, at least: its list has a row for every kind of difference.
const COMPARED_PEOPLE: usize = 12;
/// Of these, the first ones are far from retirement.
const COMPARED_YOUNG: usize = 6;
/// Which unit has somebody whom the compared list names, and takes over somebody itself.
pub const NEIGHBOUR: usize = 3;
/// Which unit removes those who have retired: its last member is one.
pub const RETIRING: usize = 4;
/// People who join while lists are compared.
pub const NEWCOMERS: usize = 2;

/// Fewest and most units.
pub const UNITS: std::ops::RangeInclusive<usize> = 5..=1_000;
/// Most members.
pub const MOST_MEMBERS: usize = 100_000;

/// Fewest members of so many units.
pub const fn fewest_members(units: usize) -> usize {
    MESSY_PEOPLE + COMPARED_PEOPLE + units * 4
}

const FIRST_WORDS: &[&str] =
    &["云帆", "金穗", "海潮", "望岳", "长桥", "晨光", "四季", "同舟", "远山", "青禾", "明州", "启程", "天工"];
const TRADES: &[(&str, &str)] = &[
    ("快递", "交通运输、仓储和邮政业"),
    ("针织", "制造业"),
    ("物业", "房地产业"),
    ("餐饮", "住宿和餐饮业"),
    ("机电", "制造业"),
    ("家政", "居民服务、修理和其他服务业"),
    ("软件", "信息传输、软件和信息技术服务业"),
    ("建筑", "建筑业"),
];

/// A grassroots union with its members.
#[derive(Debug)]
pub struct Unit {
    /// 工会编号.
    pub code: String,
    /// 工会组织名称.
    pub name: String,
    /// 企业名称.
    pub enterprise: String,
    /// Its bureau, by place in [`BUREAUS`].
    pub bureau: usize,
    /// Its members.
    pub people: Vec<Person>,
    parent: &'static str,
    industry: &'static str,
}

/// All of it.
#[derive(Debug)]
pub struct Federation {
    /// The grassroots unions that have members.
    pub units: Vec<Unit>,
    /// People whom nobody has registered yet.
    pub newcomers: Vec<Person>,
    /// `organizations.xlsx`.
    pub organizations: Table,
}

impl Federation {
    /// So many units and members; the same for the same source of people.
    pub fn new(people: &mut People, units: usize, members: usize) -> Self {
        let sizes = sizes(units, members);
        let units: Vec<Unit> = sizes.into_iter().enumerate().map(|(place, size)| unit(people, place, size)).collect();
        let mut organizations = Table::of(TemplateKind::Organizations, "工会组织");
        for upper in uppers() {
            organizations.rows.push(upper_row(people, &upper));
        }
        organizations.rows.extend(units.iter().map(|unit| unit_row(people, unit)));
        Self { units, newcomers: people.young(NEWCOMERS), organizations }
    }

    /// Members of all units, or of those of one bureau.
    pub fn members(&self, bureau: Option<usize>) -> usize {
        let units = self.units.iter().filter(|unit| bureau.is_none_or(|bureau| unit.bureau == bureau));
        units.map(|unit| unit.people.len()).sum()
    }
}

/// Where a union's mails go. The domain is reserved for examples (RFC 2606).
pub fn email(code: &str) -> String {
    format!("union-{code}@example.org")
}

/// Sizes that differ from unit to unit and add up to `members`.
fn sizes(units: usize, members: usize) -> Vec<usize> {
    let spread = members.saturating_sub(fewest_members(units));
    let weight = |place: usize| 2 + place * 5 % 7;
    let weights: usize = (0..units).map(weight).sum();
    let least = |place: usize| match place {
        MESSY => MESSY_PEOPLE + 4,
        COMPARED => COMPARED_PEOPLE + 4,
        _ => 4,
    };
    let mut sizes: Vec<usize> = (0..units).map(|place| least(place) + spread * weight(place) / weights).collect();
    let given: usize = sizes.iter().sum();
    if let Some(first) = sizes.first_mut() {
        *first += members.saturating_sub(given);
    }
    sizes
}

fn unit(people: &mut People, place: usize, size: usize) -> Unit {
    let (bureau, parent) = match place % 4 {
        0 => (0, BUREAUS[0].0),
        2 => (0, SECONDARY.0),
        _ => (1, BUREAUS[1].0),
    };
    let (trade, industry) = TRADES[place % TRADES.len()];
    let first = FIRST_WORDS[place % FIRST_WORDS.len()];
    let names = FIRST_WORDS.len() * TRADES.len();
    let series = if place < names { String::new() } else { format!("第{}", place / names + 1) };
    let enterprise = format!("明湖{first}{series}{trade}有限公司");
    let mut members = people.young(if place == COMPARED { COMPARED_YOUNG } else { 1 });
    members.extend(people.take(size - 1 - members.len()));
    members.push(match place {
        // The messy file has somebody whose number begins with a province that does not exist.
        MESSY => people.stranger(),
        COMPARED | RETIRING => people.retired(),
        _ => people.anybody(),
    });
    let code = format!("{}{:04}", BUREAUS[bureau].0, place + 1);
    Unit { code, name: format!("{enterprise}工会"), enterprise, bureau, people: members, parent, industry }
}

/// A union above the units, or a temporary one.
struct Upper {
    code: String,
    name: String,
    parent: &'static str,
    level: &'static str,
    kind: &'static str,
}

fn uppers() -> Vec<Upper> {
    let upper = |code: &str, name: &str, parent, level, kind| {
        let (code, name) = (code.to_owned(), name.to_owned());
        Upper { code, name, parent, level, kind }
    };
    let mut all = vec![upper(ROOT, "明湖市总工会", "", "市总工会", "")];
    all.push(upper(CENTRE, "明湖市职工保障中心", ROOT, "职保中心", ""));
    for (code, name) in BUREAUS {
        all.push(upper(code, name, ROOT, "区局(产业)工会", ""));
        let temporary = format!("{name}临时工会");
        all.push(upper(&format!("{code}90"), &temporary, code, "基层工会", "临时工会"));
    }
    all.push(upper(SECONDARY.0, SECONDARY.1, BUREAUS[0].0, "二级工会", "工会联合会"));
    all
}

fn upper_row(people: &mut People, of: &Upper) -> Vec<Cell> {
    let (contact, phone, email) = (people.name(), people.phone(), email(&of.code));
    let cells = [&of.code, &of.name, of.parent, of.level, of.kind, "", "", "", "", &contact, &phone, &email];
    cells.into_iter().map(Cell::from).collect()
}

fn unit_row(people: &mut People, of: &Unit) -> Vec<Cell> {
    let (uscc, contact, phone, email) = (people.credit_code(), people.name(), people.phone(), email(&of.code));
    let (level, kind, economy) = ("基层工会", "单独基层工会", "有限责任公司");
    let cells = [
        &of.code,
        &of.name,
        of.parent,
        level,
        kind,
        &uscc,
        economy,
        of.industry,
        &of.enterprise,
        &contact,
        &phone,
        &email,
    ];
    cells.into_iter().map(Cell::from).collect()
}
