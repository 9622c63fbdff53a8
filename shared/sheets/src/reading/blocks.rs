//! The blocks of a sheet while its rows come: a heading further down begins new ones, lists side by side are several at once.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::{
    finding::Code,
    identity::{Document, IdKind},
    template::TemplateKind,
};

use super::{
    Output, Piece, Sort,
    sort::{holds_number, is_number, sort},
    told::Told,
};
use crate::{
    Account, Head, ReadLimits, Rejection,
    account::RowList,
    columns::{Fit, fit, key_place},
    head::BLOCKS,
    heading::{Heading, Part, Texts},
    rejection::Failure,
    row::Row,
    shape::Shape,
};

/// Header of the column in front of our own marked files.
pub(crate) const RESULT: &str = "处理结果";
/// Header of the column in which a difference workbook says what a row lacks.
const LACKING: &str = "待补内容";
/// Filled cells from which on a row under a heading that can't be read counts as one of its list.
const FILLED: usize = 2;

/// A block whose rows are coming.
pub(super) struct Live {
    block: u16,
    pub from: u32,
    pub to: u32,
    pub map: Vec<Option<usize>>,
    /// Columns of the sheet that mean something.
    pub columns: Vec<u32>,
    /// Those that say of whom a row is.
    pub personal: Vec<u32>,
    pub key: Option<u32>,
    pub name: Option<u32>,
    pub phone: Option<u32>,
    /// An older 处理结果, which is ours.
    pub result: Option<u32>,
    /// It is a page of what we ourselves have put aside as incomplete.
    pub waits: bool,
    /// The kind of document is taken for granted.
    assumed: bool,
    /// Why its rows can't be read.
    unread: Option<String>,
    pub seen_data: bool,
}

/// A file that is being read.
pub(super) struct Reading<'o, O> {
    kind: TemplateKind,
    limits: &'o ReadLimits,
    out: &'o mut O,
    account: Account,
    sheet: (u16, String),
    heading: Option<Heading>,
    live: Vec<Live>,
    /// Blocks begun in the file, and in the sheet.
    blocks: (u16, u16),
    told: Told,
    rows: u64,
    /// Numbers that are none of a 居民身份证, in blocks that have no column for the kind.
    foreign: RowList,
    any_assumed: bool,
    sheet_assumed: bool,
    /// Above the heading: why rows that look like a list are not read.
    above: Option<String>,
    noted: HashSet<String>,
}

impl<'o, O: Output> Reading<'o, O> {
    pub fn new(kind: TemplateKind, limits: &'o ReadLimits, out: &'o mut O) -> Self {
        Self {
            kind,
            limits,
            out,
            account: Account::default(),
            sheet: (0, String::new()),
            heading: None,
            live: Vec::new(),
            blocks: (0, 0),
            told: Told::default(),
            rows: 0,
            foreign: RowList::default(),
            any_assumed: false,
            sheet_assumed: false,
            above: None,
            noted: HashSet::new(),
        }
    }

    pub fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Begins a sheet that has a heading.
    pub fn start_sheet(&mut self, place: usize, name: &str, heading: Heading) -> Result<(), Failure> {
        self.sheet = (u16::try_from(place).unwrap_or(u16::MAX), name.to_owned());
        (self.told, self.blocks.1, self.above) = (Told::of(name), 0, None);
        self.begin(&heading)?;
        self.heading = Some(heading);
        Ok(())
    }

    pub fn end_sheet(&mut self) {
        std::mem::take(&mut self.told).finish(&mut self.account);
        self.live.clear();
    }

    /// Begins the blocks of a heading.
    fn begin(&mut self, heading: &Heading) -> Result<(), Failure> {
        self.live.clear();
        for part in &heading.parts {
            if usize::from(self.blocks.0) >= BLOCKS {
                return Err(Rejection::too_large("表头的个数", BLOCKS as u64, "个").into());
            }
            let assumed = self.assumed(&part.fit);
            self.any_assumed |= assumed.is_some();
            let head = Head {
                sheet: self.sheet.1.clone(),
                sheet_no: self.sheet.0,
                number: self.blocks.1 + 1,
                header_row: heading.row,
                headers: headers_of(heading, part),
                map: part.fit.map.clone(),
                kind_assumed: assumed,
                places: Vec::new(),
            };
            self.out.head(&head)?;
            self.note_unused(&head, &part.fit);
            self.live.push(Live::new(self.kind, self.blocks.0, part, &head));
            self.blocks = (self.blocks.0 + 1, self.blocks.1 + 1);
        }
        Ok(())
    }

    /// Where the kind of document is taken for granted: on a sheet whose first list has no column for it. A later one that
    /// lacks it beside one that has it is another list, as of members' families.
    fn assumed(&mut self, fit: &Fit) -> Option<(u8, u8)> {
        let lacks = fit.lacks_kind_alone(self.kind);
        if self.blocks.1 == 0 {
            self.sheet_assumed = lacks;
        }
        let kind = self.kind.position("id_kind").filter(|_| lacks && self.sheet_assumed)?;
        Some((u8::try_from(kind).ok()?, u8::try_from(key_place(self.kind)).ok()?))
    }

    /// Columns that were recognised and not used are named, once each.
    fn note_unused(&mut self, head: &Head, fit: &Fit) {
        for (column, place) in &fit.unused {
            let header = |column: usize| head.headers.get(column).map(String::as_str).unwrap_or_default();
            let used = fit.map.get(*place).copied().flatten().map(header).unwrap_or_default();
            let title = self.kind.columns()[*place].title();
            let sheet = if head.sheet.is_empty() { String::new() } else { format!("工作表“{}”", head.sheet) };
            let detail = format!("{sheet}“{}”一列未使用，{title}取自“{used}”一列", header(*column));
            if self.noted.insert(detail.clone()) {
                self.account.note(Code::ColumnNotUsed, &head.sheet, &detail);
            }
        }
    }

    /// Takes a row of the sheet that is not blank.
    pub fn row(&mut self, row: &Row, shape: &Shape) -> Result<(), Failure> {
        let (first, last) = self.heading.as_ref().map_or((0, 0), |heading| (heading.first_row, heading.row));
        if row.number < first {
            return self.row_above(row);
        }
        if row.number <= last {
            self.account.content += 1;
            self.account.headings += 1;
            return self.whole(row, Sort::Heading);
        }
        if self.may_be_heading(row) && self.take_heading(row)? {
            return Ok(());
        }
        for place in 0..self.live.len() {
            self.piece(place, row, shape)?;
        }
        Ok(())
    }

    /// A row above the heading: a title, or one of a list that can't be read.
    fn row_above(&mut self, row: &Row) -> Result<(), Failure> {
        self.account.content += 1;
        let texts = Texts::of(row);
        let own = fit(self.kind, texts.keys());
        if own.is_likely() && own.map[key_place(self.kind)].is_some() {
            self.above = Some(format!("缺少必填的列：{}", own.missing_zh(self.kind)));
        }
        let somebody = row.cells().any(|(_, cell)| holds_number(cell, 15));
        let listed = self.above.is_some() && row.cells().filter(|(_, cell)| !cell.is_blank()).count() >= FILLED;
        if somebody || listed {
            self.account.not_read += 1;
            let why = self.above.clone().unwrap_or_else(|| "在表头之上".to_owned());
            self.told.unread(&why, row.number);
            return self.whole(row, Sort::Unread);
        }
        self.account.skipped += 1;
        self.told.skipped(Sort::Title, row.number);
        self.whole(row, Sort::Title)
    }

    /// Hands over a whole row, as one of the first block under the heading.
    fn whole(&mut self, row: &Row, sort: Sort) -> Result<(), Failure> {
        let block = self.live.first().map_or(0, |live| live.block);
        self.out.row(Piece { row, block, sort, from: 0, to: u32::MAX })
    }

    /// A heading has no number where the numbers stand; so a look at one cell tells nearly all rows from it.
    fn may_be_heading(&self, row: &Row) -> bool {
        let numbered = |live: &Live| live.key.is_some_and(|column| is_number(self.kind, row.at(column)));
        !self.live.iter().all(numbered)
    }

    /// Takes a row as a heading, if it is one: the same once more, or that of new blocks.
    fn take_heading(&mut self, row: &Row) -> Result<bool, Failure> {
        let texts = Texts::of(row);
        if texts.len() < 2 {
            return Ok(false);
        }
        if self.heading.as_ref().is_some_and(|heading| heading.repeats(texts.keys())) {
            self.account.content += 1;
            self.account.skipped += 1;
            self.told.skipped(Sort::Repeated, row.number);
            self.whole(row, Sort::Repeated)?;
            return Ok(true);
        }
        let own = fit(self.kind, texts.keys());
        if !own.is_likely() || own.map[key_place(self.kind)].is_none() {
            return Ok(false);
        }
        let Some(heading) = Heading::of(self.kind, &texts) else { return Ok(false) };
        self.begin(&heading)?;
        self.heading = Some(heading);
        self.account.content += 1;
        self.account.headings += 1;
        self.whole(row, Sort::Heading)?;
        Ok(true)
    }

    /// The part of a row that lies in one block.
    fn piece(&mut self, place: usize, row: &Row, shape: &Shape) -> Result<(), Failure> {
        let live = &self.live[place];
        let range = live.from..live.to;
        if self.live.len() > 1 && row.cells().all(|(column, cell)| !range.contains(&column) || cell.is_blank()) {
            return Ok(());
        }
        self.account.content += 1;
        let sort = if live.unread.is_some() { Sort::Unread } else { sort(self.kind, live, row) };
        match (sort, &live.unread) {
            (Sort::Data, _) => self.data(place, row, shape)?,
            (_, Some(why)) => {
                self.account.not_read += 1;
                self.told.unread(why, row.number);
            }
            _ => {
                self.account.skipped += 1;
                self.told.skipped(sort, row.number);
            }
        }
        let Live { block, from, to, .. } = self.live[place];
        self.out.row(Piece { row, block, sort, from, to })
    }

    fn data(&mut self, place: usize, row: &Row, shape: &Shape) -> Result<(), Failure> {
        self.rows += 1;
        if self.rows > self.limits.rows {
            return Err(Rejection::too_large("数据行数", self.limits.rows, "行").into());
        }
        if shape.hides(row.number) {
            self.told.hidden(row.number);
        }
        let live = &mut self.live[place];
        live.seen_data = true;
        if let Some(column) = live.key.filter(|_| live.assumed) {
            let number = row.at(column);
            if !number.is_blank() && Document::read(IdKind::ResidentId, number, NaiveDate::MAX).is_err() {
                self.foreign.push(row.number);
            }
        }
        Ok(())
    }

    /// Ends the file: what was assumed has to hold, and there have to be rows.
    pub fn finish(mut self) -> Result<(), Failure> {
        if self.foreign.count() > 0 {
            let rows = self.foreign.text_zh();
            let detail = format!("证件类型（{rows}的号码不是有效的居民身份证号码，不能都按居民身份证读取）");
            return Err(Rejection::new(Code::ColumnsMissing, detail).into());
        }
        if self.rows == 0 {
            return Err(Rejection::new(Code::NoRows, "").into());
        }
        if self.any_assumed {
            self.account.note(Code::IdKindAssumed, "", "");
        }
        // What was not read is told first.
        self.account.notes.sort_by_key(|note| !matches!(note.code, Code::SheetNotRead | Code::BlockNotRead));
        self.out.account(&self.account)
    }
}

impl Live {
    fn new(kind: TemplateKind, block: u16, part: &Part, head: &Head) -> Self {
        let map = part.fit.map.clone();
        let at = |key: &str| kind.position(key).and_then(|place| map[place]).map(|column| column as u32);
        let personal = kind.personal().iter().filter_map(|key| at(key)).collect();
        let name = if kind == TemplateKind::Organizations { at("org_name") } else { at("name") };
        let headed = |title: &str| {
            let column = head.headers.iter().position(|header| domain::template::header_key(header) == title);
            column.map(|column| column as u32)
        };
        let readable = part.fit.is_complete() || head.kind_assumed.is_some();
        let missing = (!readable).then(|| format!("缺少必填的列：{}", part.fit.missing_zh(kind)));
        Self {
            block,
            from: part.from,
            to: part.to,
            columns: map.iter().flatten().map(|column| *column as u32).collect(),
            personal,
            key: map[key_place(kind)].map(|column| column as u32),
            name,
            phone: at("phone"),
            result: headed(RESULT),
            waits: headed(LACKING).is_some(),
            assumed: head.kind_assumed.is_some(),
            unread: missing,
            seen_data: false,
            map,
        }
    }
}

/// The headings of one part, in place.
fn headers_of(heading: &Heading, part: &Part) -> Vec<String> {
    let end = heading.headers.len().min(part.to as usize);
    let header =
        |(column, text): (usize, &String)| if column < part.from as usize { String::new() } else { text.clone() };
    heading.headers[..end].iter().enumerate().map(header).collect()
}
