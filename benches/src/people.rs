//! Invented people, the same at every run, and workbooks of them. Region 310199 is given to nobody.

use std::{fs::File, io::BufWriter, path::Path};

use chrono::{Days, NaiveDate};
use domain::template::TemplateKind;
use rust_xlsxwriter::Workbook;

use crate::Outcome;

const SURNAMES: [&str; 16] =
    ["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "蒋", "沈", "韩", "杨", "张", "欧阳"];
const GIVEN: [&str; 16] =
    ["安", "邦", "晨", "德", "恩", "芳", "国华", "海", "慧", "佳怡", "建国", "静", "娟", "凯", "丽", "志明"];
/// Days of birth, from 1964-01-01 on.
const DAYS: u32 = 14_000;
/// Rows from which a workbook is written without keeping it in memory.
const LONG: usize = 20_000;

/// Somebody who does not exist.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// 男 or 女, as the number says.
    pub sex: &'static str,
    /// 18 characters with a right check character.
    pub id_number: String,
    /// The day of birth in it.
    pub birth: NaiveDate,
    /// A mobile number.
    pub phone: String,
}

/// The person with this number; another one for every number below 13 million.
pub fn person(number: u32) -> Person {
    // Neighbours in the list are none in the registry.
    let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let birth = NaiveDate::from_ymd_opt(1964, 1, 1).unwrap_or_default() + Days::new(u64::from(number % DAYS));
    let sequence = number / DAYS % 999 + 1;
    let body = format!("310199{}{sequence:03}", birth.format("%Y%m%d"));
    let pick = |from: &[&str; 16], shift: u32| from[(mixed >> shift) as usize % 16].to_owned();
    Person {
        name: pick(&SURNAMES, 0) + &pick(&GIVEN, 4) + &pick(&GIVEN, 8),
        sex: if sequence % 2 == 1 { "男" } else { "女" },
        id_number: format!("{body}{}", check_character(&body)),
        birth,
        phone: format!("13{:09}", mixed % 1_000_000_000),
    }
}

/// ISO 7064 MOD 11-2, as GB 11643 has it.
fn check_character(body: &str) -> char {
    let sum = body.bytes().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    char::from_digit((12 - sum) % 11, 10).unwrap_or('X')
}

/// Writes a workbook in template form: the first `columns` columns of the template.
pub fn workbook(
    path: &Path,
    kind: TemplateKind,
    columns: usize,
    rows: impl ExactSizeIterator<Item = Vec<String>>,
) -> Outcome<()> {
    let mut book = Workbook::new();
    let sheet = if rows.len() > LONG { book.add_worksheet_with_constant_memory()? } else { book.add_worksheet() };
    for (column, about) in (0..).zip(kind.columns().iter().take(columns)) {
        sheet.write_string(0, column, about.marked_header())?;
    }
    for (row, texts) in (1..).zip(rows) {
        for (column, text) in (0..).zip(texts).take(columns) {
            if !text.is_empty() {
                sheet.write_string(row, column, text)?;
            }
        }
    }
    Ok(book.save_to_writer(BufWriter::new(File::create(path)?))?)
}

/// A row of a member import.
pub fn member_row(number: u32, union_name: &str, union_code: &str, employer: &str) -> Vec<String> {
    let Person { name, sex, id_number, phone, .. } = person(number);
    let texts =
        [&name, "居民身份证", &id_number, &phone, sex, union_name, union_code, employer, "", "本市城镇", "", ""];
    texts.map(str::to_owned).to_vec()
}

/// A row of a roster.
pub fn roster_row(number: u32) -> Vec<String> {
    let Person { name, sex, id_number, phone, .. } = person(number);
    let employer = format!("示例单位{}", number % 300);
    [name.as_str(), "居民身份证", &id_number, &phone, sex, &employer, "企业外入会人员"].map(str::to_owned).to_vec()
}
