//! A sheet of cells, written in the formats that clerks send.

use chrono::NaiveDate;
use domain::template::{Content, TemplateKind};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError};

/// What a cell holds.
#[derive(Debug, Clone)]
pub enum Cell {
    Blank,
    /// Text, also where it looks like a number.
    Text(String),
    /// A number with a double's 15 digits.
    Number(f64),
    Date(NaiveDate),
    /// A formula that has come to #N/A.
    NotAvailable,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text.to_owned()) }
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Blank, Self::from)
    }
}

/// One sheet: titles, the header, the rows.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub titles: Vec<String>,
    pub header: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// Columns that stand in text format.
    pub text_columns: Vec<bool>,
}

impl Table {
    /// An empty table with the header of a template.
    pub fn of(kind: TemplateKind, name: &str) -> Self {
        let columns = kind.columns();
        Self {
            name: name.to_owned(),
            titles: Vec::new(),
            header: columns.iter().map(domain::template::Column::marked_header).collect(),
            rows: Vec::new(),
            text_columns: columns.iter().map(|column| matches!(column.content, Content::NumberLikeText)).collect(),
        }
    }

    /// As .xlsx. The date in it is fixed, so that the same seed gives the same bytes.
    pub fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2022, 11, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let sheet = workbook.add_worksheet().set_name(&self.name)?;
        for (place, title) in (0_u32..).zip(&self.titles) {
            sheet.write_string(place, 0, title)?;
        }
        let head = self.titles.len() as u32;
        let (bold, as_text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
        for (place, title) in (0_u16..).zip(&self.header) {
            sheet.write_string_with_format(head, place, title, &bold)?;
            sheet.set_column_width(place, 18)?;
            if self.text_columns.get(usize::from(place)) == Some(&true) {
                sheet.set_column_format(place, &as_text)?;
            }
        }
        sheet.set_freeze_panes(head + 1, 0)?;
        for (line, cells) in (head + 1..).zip(&self.rows) {
            for (place, cell) in (0_u16..).zip(cells) {
                write(sheet, line, place, cell)?;
            }
        }
        workbook.save_to_buffer()
    }

    /// As .csv in GB18030, as a Chinese Excel saves it.
    pub fn csv_gb18030(&self) -> Vec<u8> {
        let quoted = |text: &String| {
            let special = text.contains([',', '"', '\n']);
            if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
        };
        let lines = self.texts().into_iter().map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n");
        encoding_rs::GB18030.encode(&lines.collect::<String>()).0.into_owned()
    }

    /// As .xls, as Excel 97 saves it.
    pub fn xls(&self) -> Vec<u8> {
        sheets::legacy_xls::write_xls(&self.name, &self.texts())
    }

    fn texts(&self) -> Vec<Vec<String>> {
        let titles = self.titles.iter().map(|title| vec![title.clone()]);
        let rows = self.rows.iter().map(|row| row.iter().map(text).collect());
        titles.chain([self.header.clone()]).chain(rows).collect()
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::NotAvailable => "#N/A".to_owned(),
    }
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(number) => sheet.write_number(row, column, *number)?,
        Cell::Date(day) => {
            let days = (*day - NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default()).num_days();
            sheet.write_number_with_format(row, column, days as f64, &Format::new().set_num_format("yyyy-mm-dd"))?
        }
        Cell::NotAvailable => sheet.write_formula(row, column, Formula::new("=NA()").set_result("#N/A"))?,
    };
    Ok(())
}
