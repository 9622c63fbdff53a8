//! The file of a clerk who has had a long day: every kind of fault that a member import knows, one row each, between
//! rows that are only written oddly.

use domain::{finding::Code, template::TemplateKind};

use super::{
    expected::{Expected, Figures},
    federation::Unit,
    numbers,
    people::Person,
    sheet::{Cell, Table},
};

// Places of the template's columns.
const NAME: usize = 0;
const ID_KIND: usize = 1;
const ID: usize = 2;
const PHONE: usize = 3;
const SEX: usize = 4;
const UNION: usize = 5;
const CODE: usize = 6;
const EMPLOYER: usize = 7;
const LABEL: usize = 8;
const ADDRESS: usize = 10;
const CARD: usize = 11;

/// A row of the template for this person.
pub fn row(person: &Person, unit: &Unit) -> Vec<Cell> {
    let wants_card = if person.card.is_some() { "否" } else { "是" };
    let Person { name, id_number, phone, sex, label, household, address, .. } = person;
    let cells = [name.as_str(), "身份证", id_number, phone, sex, &unit.name, &unit.code, &unit.enterprise];
    let more = [*label, *household, address, wants_card];
    cells.into_iter().chain(more).map(Cell::from).collect()
}

/// The title of each column as this clerk writes it, and the template's column; none: one of the clerk's own.
const COLUMNS: &[(&str, Option<usize>)] = &[
    ("序号", None),
    ("姓 名", Some(NAME)),
    ("身份证号码", Some(ID)),
    ("证件类型", Some(ID_KIND)),
    ("手机", Some(PHONE)),
    ("性别", Some(SEX)),
    ("工会编码", Some(CODE)),
    ("所在工会", Some(UNION)),
    ("工作单位/\n服务平台", Some(EMPLOYER)),
    ("会员标签", Some(LABEL)),
    ("户籍", Some(9)),
    ("详细地址", Some(ADDRESS)),
    ("是否办卡", Some(CARD)),
    ("备注", None),
];

/// What is wrong with a row, and how it is made so. Every one of these rows is rejected.
type Fault = (Code, fn(&mut [Cell], &Person, elsewhere: &str));

const FAULTS: &[Fault] = &[
    (Code::Required, |row, _, _| row[PHONE] = Cell::Blank),
    (Code::IdKindUnknown, |row, _, _| row[ID_KIND] = "工作证".into()),
    (Code::IdKindMismatch, |row, _, _| row[ID_KIND] = "护照".into()),
    (Code::IdLength, |row, of, _| row[ID] = of.id_number.get(..17).into()),
    (Code::IdCharacters, |row, of, _| row[ID] = spliced(&of.id_number, 15, "O")),
    (Code::IdBirthDate, |row, of, _| row[ID] = spliced(&of.id_number, 10, "13")),
    (Code::IdChecksum, |row, of, _| row[ID] = Cell::Text(numbers::wrong_check(&of.id_number))),
    (Code::IdPrecisionLost, |row, of, _| {
        row[ID] = Cell::Number(of.id_number.get(..17).and_then(|digits| digits.parse().ok()).unwrap_or(0.0) * 10.0);
    }),
    (Code::Id15Digits, |row, of, _| row[ID] = Cell::Text(numbers::first_generation(&of.id_number))),
    (Code::SexMismatch, |row, of, _| row[SEX] = if of.sex == "男" { "女" } else { "男" }.into()),
    (Code::SexUnknown, |row, _, _| row[SEX] = "先生".into()),
    (Code::PhoneFormat, |row, of, _| row[PHONE] = of.phone.get(..10).into()),
    (Code::WrongUnion, |row, _, elsewhere| row[CODE] = elsewhere.into()),
    (Code::UnionUnknown, |row, _, _| row[CODE] = "3199999999".into()),
    (Code::OrgCodeFormat, |row, _, _| row[CODE] = "3199#01".into()),
    (Code::AddressTooShort, |row, _, _| (row[ADDRESS], row[CARD]) = ("本市".into(), "是".into())),
    (Code::ValueNotInList, |row, _, _| row[CARD] = "再说".into()),
    (Code::NameFormat, |row, of, _| row[NAME] = Cell::Text(format!("{}2", of.name))),
    (Code::ValueTooLong, |row, of, _| row[EMPLOYER] = Cell::Text(of.address.repeat(40))),
    (Code::CellError, |row, _, _| row[UNION] = Cell::NotAvailable),
    (Code::ValueKind, |row, _, _| {
        row[NAME] = chrono::NaiveDate::from_ymd_opt(2022, 11, 3).map_or(Cell::Blank, Cell::Date);
    }),
];

/// The messy file and the mended one, with what must come of them.
pub struct Messy {
    /// As the clerk sends it first.
    pub first: (Table, Expected),
    /// Mended: the same people, the faults gone.
    pub mended: (Table, Expected),
}

impl Messy {
    /// The files of this unit. `other` is a unit two of whose members it names as its own.
    pub fn new(unit: &Unit, other: &Unit) -> Self {
        let mut messy = blank(unit);
        let mut mended = Table::of(TemplateKind::Members, "会员导入");
        let (mut expected, mut later) = (Expected::default(), Expected::default());
        let mut put = |cells: Vec<Cell>| {
            let number = messy.rows.len() + 1;
            messy.rows.push(reordered(cells, number));
        };
        let first_good = FAULTS.len();
        for (place, person) in unit.people.iter().enumerate() {
            let mut cells = row(person, unit);
            match FAULTS.get(place) {
                Some((code, spoil)) => {
                    mended.rows.push(cells.clone());
                    spoil(&mut cells, person, &other.code);
                    expected.find(*code);
                }
                None if place == first_good => {
                    cells[LABEL] = "志愿者".into();
                    mended.rows.push(cells.clone());
                    expected.find(Code::ValueNotInList);
                    later.find(Code::ValueNotInList);
                }
                None => {
                    mended.rows.push(cells.clone());
                    write_oddly(&mut cells, person, place);
                }
            }
            put(cells);
        }
        // The last one has a number of no province.
        for of in [&mut expected, &mut later] {
            of.find(Code::IdRegion);
        }
        let guests = guests(unit, other);
        for cells in &guests {
            mended.rows.push(cells.clone());
            put(cells.clone());
        }
        for of in [&mut expected, &mut later] {
            of.find(Code::RegisteredElsewhere);
            of.find(Code::RegisteredElsewhere);
            of.find(Code::NameDiffers);
        }
        if let Some(person) = unit.people.get(first_good + 1) {
            put(row(person, unit));
            expected.find(Code::DuplicateInFile);
        }
        let (people, faulty, guests) = (unit.people.len() as i64, FAULTS.len() as i64, guests.len() as i64);
        let good = people - faulty + guests;
        expected.figures = Figures {
            read: good + faulty + 1,
            accepted: good,
            rejected: faulty,
            duplicate: 1,
            transfers: guests,
            unchanged: 0,
        };
        later.figures = Figures { read: good + faulty, accepted: faulty, unchanged: good, ..Figures::default() };
        Self { first: (messy, expected), mended: (mended, later) }
    }
}

/// Title rows, and a header in an order and in words of its own.
fn blank(unit: &Unit) -> Table {
    Table {
        name: "报表".to_owned(),
        titles: vec![format!("{}会员名单", unit.name), "填报日期：2022年11月3日".to_owned(), String::new()],
        header: COLUMNS.iter().map(|(title, _)| (*title).to_owned()).collect(),
        rows: Vec::new(),
        text_columns: vec![false; COLUMNS.len()],
    }
}

fn reordered(cells: Vec<Cell>, number: usize) -> Vec<Cell> {
    let mut cells: Vec<Option<Cell>> = cells.into_iter().map(Some).collect();
    let mut take = |place: usize| cells.get_mut(place).and_then(Option::take).unwrap_or(Cell::Blank);
    let own = |title: &str| if title == "序号" { Cell::Number(number as f64) } else { Cell::Blank };
    COLUMNS.iter().map(|(title, place)| place.map_or_else(|| own(title), &mut take)).collect()
}

/// Nothing is wrong with such a row; it is only not as the template asks.
fn write_oddly(cells: &mut [Cell], person: &Person, place: usize) {
    match place % 4 {
        0 => cells[ID] = Cell::Text(person.id_number.chars().map(full_width).collect()),
        1 => cells[PHONE] = Cell::Text(format!("+86 {}-{}", &person.phone[..3], &person.phone[3..])),
        2 => cells[NAME] = Cell::Text(format!("\u{3000}{} ", person.name)),
        _ => cells[PHONE] = Cell::Number(person.phone.parse().unwrap_or(0.0)),
    }
}

fn full_width(c: char) -> char {
    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
}

/// Members of another union whom the clerk takes for own ones; the second under another name.
fn guests(unit: &Unit, other: &Unit) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = other.people.iter().take(2).map(|person| row(person, unit)).collect();
    if let (Some(cells), Some(person)) = (rows.get_mut(1), other.people.get(1)) {
        cells[NAME] = Cell::Text(format!("{}福", person.name));
    }
    rows
}

/// The number with other characters from a place on.
fn spliced(number: &str, at: usize, with: &str) -> Cell {
    let (head, tail) = (number.get(..at).unwrap_or_default(), number.get(at + with.len()..).unwrap_or_default());
    Cell::Text(format!("{head}{with}{tail}"))
}
