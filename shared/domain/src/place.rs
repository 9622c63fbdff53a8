//! Where a row stands in a file: in which block, and in which row of its sheet.
//!
//! A block is a heading with the rows that it holds for: a sheet has one as a rule, two where lists stand side by side or a
//! second heading follows below.

/// The place of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The block, by its place among all blocks of the file, from 0.
    pub block: u16,
    /// The row number as Excel shows it, from 1; 0 where there is no row.
    pub row: u32,
}

/// A row of the first block.
impl From<u32> for Place {
    fn from(row: u32) -> Self {
        Self { block: 0, row }
    }
}

/// What a block is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockName {
    /// Its sheet; empty for a .csv.
    pub sheet: String,
    /// Its number within the sheet, from 1.
    pub number: u16,
}

/// The blocks of a file, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks(Vec<BlockName>);

impl Blocks {
    /// Of these names.
    #[must_use]
    pub fn new(names: Vec<BlockName>) -> Self {
        Self(names)
    }

    /// The sheet of a place, if the file has sheets.
    #[must_use]
    pub fn sheet(&self, place: Place) -> Option<&str> {
        self.0.get(usize::from(place.block)).map(|name| name.sheet.as_str()).filter(|sheet| !sheet.is_empty())
    }

    /// The number of a place's block within its sheet, from 1.
    #[must_use]
    pub fn number(&self, place: Place) -> u16 {
        self.0.get(usize::from(place.block)).map_or(1, |name| name.number)
    }

    /// Whether a row number alone does not tell a row.
    #[must_use]
    pub fn several_sheets(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0].sheet != pair[1].sheet)
    }

    fn needed_sheet(&self, place: Place) -> Option<&str> {
        self.sheet(place).filter(|_| self.several_sheets())
    }

    /// In a sentence: `第 6 行`, with the sheet where there are several.
    #[must_use]
    pub fn row_zh(&self, place: Place) -> String {
        match self.needed_sheet(place) {
            Some(sheet) => format!("工作表“{sheet}”第 {} 行", place.row),
            None => format!("第 {} 行", place.row),
        }
    }

    /// In a cell: `6`, or `二车间!6` where there are several sheets.
    #[must_use]
    pub fn cell(&self, place: Place) -> String {
        match self.needed_sheet(place) {
            Some(sheet) => format!("{sheet}!{}", place.row),
            None => place.row.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_sheet_where_there_are_several() {
        let name = |sheet: &str, number| BlockName { sheet: sheet.to_owned(), number };
        let one = Blocks::new(vec![name("名单", 1), name("名单", 2)]);
        let place = Place { block: 1, row: 6 };
        assert_eq!((one.row_zh(place).as_str(), one.number(place), one.sheet(place)), ("第 6 行", 2, Some("名单")));
        let two = Blocks::new(vec![name("一", 1), name("二", 1)]);
        assert_eq!((two.row_zh(place).as_str(), two.cell(place).as_str()), ("工作表“二”第 6 行", "二!6"));
        assert_eq!(Blocks::default().cell(Place::from(3)), "3");
    }
}
