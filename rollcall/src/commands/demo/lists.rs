//! A union's own lists, to be compared with the registry, and what must come of them.

use domain::{comparison::Counts, finding::Code, template::TemplateKind};

use super::{
    expected::{Expected, Figures},
    federation::{Federation, NEIGHBOUR, Unit},
    numbers,
    people::Person,
    sheet::{Cell, Table},
};

/// Of the members of the compared unit: a number mistyped in the list, though its check character fits …
pub const MISTYPED: usize = 2;
/// … one whose check character does not fit …
pub const MISREAD: usize = 3;
/// … and those who have left; so has the last one, who has retired.
pub const LEAVERS: [usize; 2] = [4, 5];
/// Those with a new phone number.
const NEW_PHONES: [usize; 2] = [0, 1];
/// The member who stands in the list twice.
const TWICE: usize = 6;
/// Of the first unit: whom it hands over to the neighbour, and whom the neighbour does not take.
pub const HANDED_OVER: usize = 2;
/// See [`HANDED_OVER`].
pub const NOT_TAKEN: usize = 3;

// Places of the template's columns.
const ID: usize = 2;
const PHONE: usize = 3;

/// A list, what must come of it, and what its comparison must find.
pub type List = (Table, Expected, Counts);

/// The list of the compared unit, as its clerk keeps it.
pub fn first(unit: &Unit, federation: &Federation) -> List {
    let (mut table, _, after) = mended(unit, federation);
    // The leavers stand behind these, so that place and row are one.
    for (place, number) in [(MISTYPED, mistyped as fn(&str) -> String), (MISREAD, numbers::wrong_check)] {
        table.rows[place][ID] = Cell::Text(number(&unit.people[place].id_number));
    }
    table.rows.push(row(&unit.people[TWICE], unit));
    let counts = Counts {
        read: table.rows.len() as u64,
        // All that is the same in the end, without the two with a wrong number and those with a new phone.
        same: after.same - 2 - NEW_PHONES.len() as u64,
        changed: NEW_PHONES.len() as u64,
        absent_from_file: 2 + LEAVERS.len() as u64 + 1,
        not_in_registry: after.not_in_registry + 1,
        in_other_union: after.in_other_union,
        near_match: 1,
        duplicate: 1,
        rejected: 1,
    };
    let mut expected = Expected::clean(figures(&counts));
    for code in [Code::IdChecksum, Code::DuplicateInFile, Code::InOtherUnion] {
        expected.find(code);
    }
    (table, expected, counts)
}

/// The same list, its faults gone; compared when what was chosen after the first has been carried out.
pub fn mended(unit: &Unit, federation: &Federation) -> List {
    let mut table = Table::of(TemplateKind::Roster, "本单位会员");
    let stayed = unit.people.iter().enumerate().take(unit.people.len() - 1);
    for (place, person) in stayed.filter(|(place, _)| !LEAVERS.contains(place)) {
        let mut cells = row(person, unit);
        if NEW_PHONES.contains(&place) {
            cells[PHONE] = Cell::Text(new_phone(&person.phone));
        }
        table.rows.push(cells);
    }
    let same = table.rows.len() as u64;
    table.rows.extend(federation.newcomers.iter().map(|person| row(person, unit)));
    table.rows.extend(federation.units[NEIGHBOUR].people.first().map(|person| row(person, unit)));
    let counts = Counts {
        read: table.rows.len() as u64,
        same,
        not_in_registry: federation.newcomers.len() as u64,
        in_other_union: 1,
        ..Counts::default()
    };
    let mut expected = Expected::clean(figures(&counts));
    expected.find(Code::InOtherUnion);
    (table, expected, counts)
}

/// What the mended list must find once everything is carried out.
pub fn at_last(read: u64) -> (Expected, Counts) {
    let counts = Counts { read, same: read, ..Counts::default() };
    (Expected::clean(figures(&counts)), counts)
}

/// A list that ends with its first page.
pub fn first_page(unit: &Unit) -> List {
    let mut table = Table::of(TemplateKind::Roster, "第一页");
    table.rows = unit.people.iter().take(unit.people.len() / 3).map(|person| short_row(person, &person.name)).collect();
    let (read, all) = (table.rows.len() as u64, unit.people.len() as u64);
    let counts = Counts { read, same: read, absent_from_file: all - read, ..Counts::default() };
    (table, Expected::held("missing-people", figures(&counts)), counts)
}

/// A list whose names have slipped by a row.
pub fn slipped(unit: &Unit) -> (Table, Expected) {
    let mut table = Table::of(TemplateKind::Roster, "本单位会员");
    let mut expected = Expected::held("other-names", Figures::default());
    let names = unit.people.iter().map(|person| person.name.as_str()).cycle().skip(1);
    for (person, name) in unit.people.iter().zip(names.clone()) {
        table.rows.push(short_row(person, name));
    }
    let other = unit.people.iter().zip(names).filter(|(person, name)| person.name != **name).count() as i64;
    let read = table.rows.len() as i64;
    expected.figures = Figures { read, accepted: other, unchanged: read - other, ..Figures::default() };
    (table, expected)
}

/// Members whom the first unit hands over to the neighbour.
pub fn moves(federation: &Federation) -> (Table, Expected) {
    let mut table = Table::of(TemplateKind::Transfers, "会员转移");
    let (unit, to) = (&federation.units[0], &federation.units[NEIGHBOUR]);
    for person in [HANDED_OVER, NOT_TAKEN].into_iter().filter_map(|place| unit.people.get(place)) {
        let cells = ["身份证", &person.id_number, &to.code, "调入该公司工作"];
        table.rows.push(cells.into_iter().map(Cell::from).collect());
    }
    let figures = Figures::accepted(table.rows.len());
    let expected = Expected::clean(Figures { transfers: figures.accepted, ..figures });
    (table, expected)
}

fn figures(counts: &Counts) -> Figures {
    let accepted = counts.changed + counts.not_in_registry + counts.in_other_union;
    let [read, accepted, unchanged, rejected, duplicate] =
        [counts.read, accepted, counts.same, counts.rejected, counts.duplicate].map(|count| count as i64);
    Figures { read, accepted, unchanged, rejected, duplicate, transfers: 0 }
}

fn row(person: &Person, unit: &Unit) -> Vec<Cell> {
    let Person { name, id_number, phone, sex, label, .. } = person;
    [name.as_str(), "身份证", id_number, phone, sex, &unit.enterprise, label].into_iter().map(Cell::from).collect()
}

/// What is left blank states nothing.
fn short_row(person: &Person, name: &str) -> Vec<Cell> {
    [name, "身份证", &person.id_number, "", "", "", ""].into_iter().map(Cell::from).collect()
}

fn new_phone(phone: &str) -> String {
    format!("188{}", phone.get(3..).unwrap_or_default())
}

/// A number of which one digit of the sequence differs, though its check character fits: birth date and sex stay.
fn mistyped(number: &str) -> String {
    let mut body = number.get(..17).unwrap_or_default().to_owned();
    let other = if body.get(15..16) == Some("8") { "3" } else { "8" };
    body.replace_range(15..16, other);
    numbers::checked(body)
}
