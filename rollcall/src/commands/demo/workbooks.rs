//! The files of the demonstration: written before anything is uploaded, with what must come of each.

use std::path::{Path, PathBuf};

use domain::{comparison::Counts, finding::Code, template::TemplateKind};
use rust_xlsxwriter::XlsxError;

use super::{
    expected::{Expected, Figures},
    federation::{COMPARED, Federation, MESSY, Unit},
    lists::{self, List},
    messy::{self, Messy},
    people::Person,
    sheet::{Cell, Table},
};
use crate::output::Failure;

/// Units that send other formats, and the one that sends a picture first.
const CSV: usize = 2;
const XLS: usize = 3;
const PICTURE: usize = 4;

/// The account of the federation.
pub const FEDERATION: &str = "federation";
/// The account of the centre.
pub const CENTRE_ACCOUNT: &str = "centre";

/// The account of a union's clerk.
pub fn clerk(code: &str) -> String {
    format!("clerk-{code}")
}

/// The account of a bureau.
pub fn bureau(code: &str) -> String {
    format!("bureau-{code}")
}

/// The account of a secondary union.
pub fn reviewer(code: &str) -> String {
    format!("reviewer-{code}")
}

/// A picture of one grey pixel (PNG): what comes of a photographed list that is renamed to .xlsx.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81\x77\xcd\x72\xb6\0\0\0\0IEND\xaeB\x60\x82";

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct Roster {
    pub kind: TemplateKind,
    pub path: PathBuf,
    /// The organization that it is for; none where the kind needs none.
    pub org: Option<String>,
    /// Who uploads it.
    pub account: String,
    pub expected: Expected,
}

/// All of them, by the step that they are for.
pub struct Workbooks {
    pub organizations: Roster,
    pub clean: Vec<Roster>,
    pub picture: Roster,
    pub again: Roster,
    pub messy: Roster,
    pub mended: Roster,
    pub registry: Roster,
    pub lists: Lists,
}

/// A list to be compared, and what its comparison must find.
pub struct Comparable {
    pub roster: Roster,
    pub counts: Counts,
}

/// Lists of unions, to be compared, held, or carried out.
pub struct Lists {
    /// Of the compared unit, and the same without its faults.
    pub first: Comparable,
    pub mended: Comparable,
    /// Of the unit whose lists are held: a first page alone, and names that have slipped.
    pub page: Comparable,
    pub slipped: Roster,
    /// Who moves from the first unit to the neighbour.
    pub moves: Roster,
}

impl Workbooks {
    /// Writes the files of a federation into a folder.
    pub fn write(federation: &Federation, folder: &Path) -> Result<Self, Failure> {
        let units = &federation.units;
        let (Some(first), Some(unit)) = (units.first(), units.get(MESSY)) else {
            return Err(Failure::usage("too few units", "--units 5 or more"));
        };
        let mut clean = Vec::new();
        for (place, unit) in units.iter().enumerate().filter(|(place, _)| *place != MESSY) {
            clean.push(clean_roster(unit, place, folder)?);
        }
        let Some(again) = clean.first().map(|roster| Roster {
            expected: Expected::clean(Figures::unchanged(first.people.len())),
            ..roster.clone()
        }) else {
            return Err(Failure::usage("too few units", "--units 5 or more"));
        };
        let pictured = units.get(PICTURE).unwrap_or(first);
        let picture_name = format!("members-{}-photo.xlsx", pictured.code);
        let picture = of_unit(pictured, save(folder, &picture_name, PIXEL)?, Expected::rejected(Code::NotASpreadsheet));
        let Messy { first: (messy, messy_expected), mended: (mended, mended_expected) } = Messy::new(unit, first);
        let messy_path = save(folder, &format!("members-{}-messy.xlsx", unit.code), &xlsx(&messy)?)?;
        let mended_path = save(folder, &format!("members-{}-mended.xlsx", unit.code), &xlsx(&mended)?)?;
        Ok(Self {
            organizations: organizations(federation, folder)?,
            clean,
            picture,
            again,
            messy: of_unit(unit, messy_path, messy_expected),
            mended: of_unit(unit, mended_path, mended_expected),
            registry: registry(federation, folder)?,
            lists: Lists::write(federation, folder)?,
        })
    }

    /// How many files lie in the folder (`again` is one of the clean ones).
    pub fn count(&self) -> usize {
        self.clean.len() + 10
    }
}

impl Lists {
    fn write(federation: &Federation, folder: &Path) -> Result<Self, Failure> {
        let [unit, held, from] = [COMPARED, MESSY, 0].map(|place| &federation.units[place]);
        let write = |unit: &Unit, name: &str, table: &Table, kind, expected| {
            let path = save(folder, &format!("{name}.xlsx"), &xlsx(table)?)?;
            Ok::<_, Failure>(Roster { kind, ..of_unit(unit, path, expected) })
        };
        let list = |unit: &Unit, name: &str, (table, expected, counts): List| {
            let name = format!("roster-{}{name}", unit.code);
            let roster = write(unit, &name, &table, TemplateKind::Roster, expected)?;
            Ok::<_, Failure>(Comparable { roster, counts })
        };
        let (slipped, expected) = lists::slipped(held);
        let slipped_name = format!("roster-{}-slipped", held.code);
        let (moves, moving) = lists::moves(federation);
        let moves_name = format!("transfers-{}", from.code);
        Ok(Self {
            first: list(unit, "", lists::first(unit, federation))?,
            mended: list(unit, "-mended", lists::mended(unit, federation))?,
            page: list(held, "-page", lists::first_page(held))?,
            slipped: write(held, &slipped_name, &slipped, TemplateKind::Roster, expected)?,
            moves: write(from, &moves_name, &moves, TemplateKind::Transfers, moving)?,
        })
    }
}

fn organizations(federation: &Federation, folder: &Path) -> Result<Roster, Failure> {
    let table = &federation.organizations;
    let path = save(folder, "organizations.xlsx", &xlsx(table)?)?;
    let expected = Expected::clean(Figures::accepted(table.rows.len()));
    Ok(Roster { kind: TemplateKind::Organizations, path, org: None, account: FEDERATION.to_owned(), expected })
}

/// What the card centre and social insurance know of everybody.
fn registry(federation: &Federation, folder: &Path) -> Result<Roster, Failure> {
    let mut table = Table::of(TemplateKind::Registry, "卡中心与社保");
    table.rows = federation.units.iter().flat_map(|unit| unit.people.iter().map(facts)).collect();
    let path = save(folder, "registry-feed.xlsx", &xlsx(&table)?)?;
    let mut expected = Expected::clean(Figures::accepted(table.rows.len()));
    expected.find(Code::IdRegion);
    Ok(Roster { kind: TemplateKind::Registry, path, org: None, account: CENTRE_ACCOUNT.to_owned(), expected })
}

fn facts(person: &Person) -> Vec<Cell> {
    let insured = person.insured.map(|insured| if insured { "是" } else { "否" });
    let retired_on = person.retired_on.map_or(Cell::Blank, Cell::Date);
    vec![
        "身份证".into(),
        (&person.id_number).into(),
        person.card.as_deref().into(),
        insured.into(),
        retired_on,
        Cell::Blank,
        person.staff.into(),
    ]
}

fn clean_roster(unit: &Unit, place: usize, folder: &Path) -> Result<Roster, Failure> {
    let mut table = Table::of(TemplateKind::Members, "会员导入");
    table.rows = unit.people.iter().map(|person| messy::row(person, unit)).collect();
    let (extension, bytes) = match place {
        CSV => ("csv", table.csv_gb18030()),
        XLS => ("xls", table.xls()),
        _ => ("xlsx", xlsx(&table)?),
    };
    let path = save(folder, &format!("members-{}.{extension}", unit.code), &bytes)?;
    Ok(of_unit(unit, path, Expected::clean(Figures::accepted(unit.people.len()))))
}

fn of_unit(unit: &Unit, path: PathBuf, expected: Expected) -> Roster {
    Roster { kind: TemplateKind::Members, path, org: Some(unit.code.clone()), account: clerk(&unit.code), expected }
}

fn xlsx(table: &Table) -> Result<Vec<u8>, Failure> {
    table
        .xlsx()
        .map_err(|error: XlsxError| Failure::refused("workbook", format!("a workbook can't be written: {error}"), ""))
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|error| {
        Failure::refused("io", format!("{} can't be written: {error}", path.display()), "another folder with --out")
    })?;
    Ok(path)
}
