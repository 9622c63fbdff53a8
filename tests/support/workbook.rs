//! Spreadsheets as clerks send them: a table of cells as .xlsx, or as .csv in the encodings that are met.

use crate::people::Person;
use rust_xlsxwriter::{Format, Workbook};

/// The header of a member import, in the order of the template.
pub const MEMBER_HEADERS: [&str; 12] = [
    "姓名",
    "证件类型(身份证)",
    "证件号码",
    "手机号码",
    "性别",
    "所在工会",
    "工会编号",
    "工作单位/服务平台",
    "会员标签",
    "户籍类型",
    "工作单位详细地址",
    "是否办卡",
];
/// The header of an organizations import.
pub const ORGANIZATION_HEADERS: [&str; 12] = [
    "工会编号",
    "工会组织名称",
    "上级工会编号",
    "级别",
    "类型",
    "统一社会信用代码",
    "经济类型",
    "所属行业",
    "企业名称",
    "联系人",
    "手机号码",
    "电子邮箱",
];
/// The header of a registry feed.
pub const REGISTRY_HEADERS: [&str; 7] =
    ["证件类型", "证件号码", "会员服务卡号", "社保缴纳(是/否)", "退休日期", "死亡日期", "干部/工人"];

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Blank,
    /// Text, also where it looks like a number.
    Text(String),
    /// A number, with a double's 15 digits.
    Number(f64),
    /// A number that is shown as a day.
    Day(f64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text.to_owned()) }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// One sheet: whatever stands above the header, the header, the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Title rows above the header.
    pub titles: Vec<String>,
    /// The header's cells.
    pub headers: Vec<String>,
    /// The rows' cells, from the first column on.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(headers: &[&str]) -> Self {
        Self { titles: Vec::new(), headers: headers.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// A member import of these people into one union.
    #[must_use]
    pub fn members(union_name: &str, union_code: &str, people: &[Person]) -> Self {
        let mut table = Self::new(&MEMBER_HEADERS);
        for person in people {
            let Person { name, id_number, phone, sex, .. } = person;
            table.push(&[name, "居民身份证", id_number, phone, sex, union_name, union_code, "", "", "", "", "否"]);
        }
        table
    }

    /// Adds a row of texts; an empty text is an empty cell.
    pub fn push(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|cell| Value::from(*cell)).collect());
    }

    /// Replaces a cell, by row (from 0, below the header) and header.
    pub fn set(&mut self, row: usize, header: &str, value: impl Into<Value>) {
        let column = self.headers.iter().position(|name| name == header);
        self.rows[row][column.unwrap_or_else(|| panic!("no column {header}"))] = value.into();
    }

    /// The number that a row (from 0, below the header) has in a spreadsheet program.
    #[must_use]
    pub fn row_number(&self, row: usize) -> u32 {
        (self.titles.len() + row + 2) as u32
    }

    /// As .xlsx, one sheet.
    #[must_use]
    pub fn xlsx(&self) -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        for (line, cells) in self.lines().iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let (line, column) = (line as u32, column as u16);
                match cell {
                    Value::Blank => continue,
                    Value::Text(text) => sheet.write_string(line, column, text),
                    Value::Number(number) => sheet.write_number(line, column, *number),
                    Value::Day(number) => sheet.write_number_with_format(line, column, *number, &day),
                }
                .expect("a test's table is within the limits of .xlsx");
            }
        }
        book.save_to_buffer().expect("a workbook is written to memory")
    }

    /// As .csv text in UTF-8 without BOM.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::new();
        for cells in self.lines() {
            let cells: Vec<String> = cells.iter().map(csv_cell).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// As .csv in GB18030, as a Chinese Excel saves it.
    #[must_use]
    pub fn csv_gb18030(&self) -> Vec<u8> {
        encoding_rs::GB18030.encode(&self.csv()).0.into_owned()
    }

    /// As tab-separated text in UTF-16LE with BOM, as Excel's “Unicode text”.
    #[must_use]
    pub fn tsv_utf16(&self) -> Vec<u8> {
        let text: String =
            self.lines().iter().map(|cells| cells.iter().map(plain).collect::<Vec<_>>().join("\t") + "\r\n").collect();
        [0xFEFF_u16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    fn lines(&self) -> Vec<Vec<Value>> {
        let titles = self.titles.iter().map(|title| vec![Value::from(title.as_str())]);
        let header = self.headers.iter().map(|header| Value::from(header.as_str())).collect();
        titles.chain([header]).chain(self.rows.iter().cloned()).collect()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Blank => String::new(),
        Value::Text(text) => text.clone(),
        Value::Number(number) | Value::Day(number) => number.to_string(),
    }
}

fn csv_cell(value: &Value) -> String {
    let text = plain(value);
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
