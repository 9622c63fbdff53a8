//! A city in small: unions with a long tail of sizes and their member imports, as `city.py` makes them.

use std::path::{Path, PathBuf};

use domain::template::TemplateKind;

use crate::{
    Outcome,
    people::{member_row, workbook},
};

/// Mean and deviation of the logarithm of a union's size, as of 6.2 million members in 53,478 unions.
const SIZE: (f64, f64) = (3.9, 1.25);
const UNIONS_OF_A_BUREAU: u32 = 500;

/// The files of a city.
#[derive(Debug)]
pub struct City {
    /// The tree.
    pub organizations: PathBuf,
    /// One member import per union.
    pub members: Vec<PathBuf>,
}

/// Finds what `city.py` made.
pub fn open(folder: &Path) -> Outcome<City> {
    let mut members: Vec<PathBuf> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    members.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("members-")));
    members.sort();
    let organizations = folder.join("organizations.xlsx");
    if members.is_empty() || !organizations.is_file() {
        return Err(format!("{} is no city: city.py makes one", folder.display()).into());
    }
    Ok(City { organizations, members })
}

/// Makes one.
pub fn make(folder: &Path, unions: u32) -> Outcome<City> {
    let root = organization("31000000", "示例市总工会", "", "市总工会");
    let mut tree = vec![root];
    let mut members = Vec::new();
    let (mut next, mut random) = (0, 0x5DEE_CE66_D1CE_4E5B_u64);
    for union in 0..unions {
        let bureau = union / UNIONS_OF_A_BUREAU + 1;
        let above = format!("31{bureau:02}0000");
        if union % UNIONS_OF_A_BUREAU == 0 {
            tree.push(organization(&above, &format!("第{bureau}区总工会"), "31000000", "区局(产业)工会"));
        }
        let code = format!("31{bureau:02}{}", union % UNIONS_OF_A_BUREAU + 1000);
        let (name, employer) = (format!("第{}厂工会", union + 1), format!("第{}厂", union + 1));
        tree.push(organization(&code, &name, &above, "基层工会"));
        let size = size(&mut random);
        let path = folder.join(format!("members-{code}.xlsx"));
        let rows = (0..size as usize).map(|place| member_row(next + place as u32, &name, &code, &employer));
        workbook(&path, TemplateKind::Members, 12, rows)?;
        members.push(path);
        next += size;
    }
    let organizations = folder.join("organizations.xlsx");
    workbook(&organizations, TemplateKind::Organizations, 12, tree.into_iter())?;
    Ok(City { organizations, members })
}

fn organization(code: &str, name: &str, above: &str, level: &str) -> Vec<String> {
    let email = format!("{code}@example.org");
    [code, name, above, level, "", "", "", "", "", "", "", &email].map(str::to_owned).to_vec()
}

/// A size by the log-normal distribution.
pub fn size(random: &mut u64) -> u32 {
    let mut uniform = || {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    };
    let normal = (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
    (SIZE.0 + SIZE.1 * normal).exp().clamp(5.0, 5_000.0) as u32
}
