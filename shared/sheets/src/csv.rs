//! .csv and .tsv: any delimiter, quotes as Excel writes them, row numbers as Excel shows them.

use std::{
    borrow::Cow,
    io::Seek,
    ops::ControlFlow::{self, Break, Continue},
};

use domain::{cell::Cell, finding::Code, template::TemplateKind};

use crate::{
    ReadLimits, Rejection,
    book::{Book, SheetName, Take},
    charset::{Charset, Text},
    detect::not_a_spreadsheet,
    header::Search,
    rejection::Failure,
    row::Row,
    source::Source,
};

/// The last two are those of people who chose one that no text holds, and of a keyboard that was left at Chinese.
const DELIMITERS: [char; 5] = [',', '\t', ';', '|', '，'];
/// Those that are taken for delimiters only where they make a header: sentences hold them, too.
const RARE: [char; 2] = ['|', '，'];
/// What stands for a delimiter of more than one byte while the text is cut; no text holds it.
const STAND_IN: &str = "\u{1f}";

pub(crate) struct CsvBook {
    source: Source,
    charset: Charset,
    delimiter: char,
    record_bytes: usize,
}

impl CsvBook {
    /// Finds the delimiter: the one by which a row of the head fits a template best, else the most frequent one.
    pub fn open(source: Source, charset: Charset, kind: TemplateKind, limits: &ReadLimits) -> Result<Self, Failure> {
        let record_bytes = (limits.cell_chars as usize * 4).saturating_mul(4);
        let mut book = Self { source, charset, delimiter: ',', record_bytes };
        let (mut best, mut broken) = (None, None);
        for delimiter in DELIMITERS {
            book.delimiter = delimiter;
            let (mut search, mut row, mut cells) = (Search::new(kind), Row::new(limits), 0);
            let tried = book.rows(0, &mut row, &mut |row| {
                cells += row.cells().count().saturating_sub(1);
                Ok(search.look(0, row))
            });
            match tried {
                Ok(()) => {}
                // Cut by what is no delimiter of its, a sound file has endless cells.
                Err(Failure::Rejected(rejection)) => {
                    broken = broken.or(Some(rejection));
                    continue;
                }
                Err(error) => return Err(error),
            }
            let score = (search.score(), cells);
            if RARE.contains(&delimiter) && score.0 < 2 {
                continue;
            }
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, delimiter));
            }
        }
        match best {
            Some(((_, 1..), delimiter)) => Ok(Self { delimiter, ..book }),
            _ if let Some(rejection) = broken => Err(rejection.into()),
            _ => Err(not_a_spreadsheet("这是普通文本，没有用逗号、分号、竖线或制表符分列").into()),
        }
    }
}

impl Book for CsvBook {
    fn sheets(&self) -> Vec<SheetName> {
        vec![SheetName { name: String::new(), visible: true }]
    }

    fn rows(&mut self, _sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        self.source.rewind()?;
        let mut text = Text::new(&mut self.source, self.charset);
        let stand_in = !self.delimiter.is_ascii();
        let delimiter = if stand_in { STAND_IN.as_bytes()[0] } else { self.delimiter as u8 };
        let mut splitter = Splitter::new(delimiter, self.record_bytes);
        while let Some(chunk) = text.chunk()? {
            let chunk = if stand_in { Cow::from(chunk.replace(self.delimiter, STAND_IN)) } else { Cow::from(chunk) };
            if splitter.feed(&chunk, row, take)?.is_break() {
                return Ok(());
            }
        }
        splitter.finish(row, take).map(drop)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// A quote inside a quoted field: its end, or the first half of a doubled one.
    QuoteSeen,
}

/// Cuts text into records and fields. Lenient as Excel is: a quote inside an unquoted field is a character.
struct Splitter {
    delimiter: u8,
    record_bytes: usize,
    state: State,
    after_return: bool,
    number: u32,
    record: String,
    /// The column that is being read.
    column: u32,
    /// Columns that hold anything, and where each ends in the record.
    ends: Vec<(u32, usize)>,
    /// The quoted field has gone over a line break.
    over_lines: bool,
    /// A quote stands where none belongs.
    stray_quote: bool,
}

impl Splitter {
    fn new(delimiter: u8, record_bytes: usize) -> Self {
        let (state, record, ends) = (State::FieldStart, String::new(), Vec::new());
        let (after_return, over_lines, stray_quote) = (false, false, false);
        Self {
            delimiter,
            record_bytes,
            state,
            after_return,
            number: 1,
            record,
            column: 0,
            ends,
            over_lines,
            stray_quote,
        }
    }

    fn feed(&mut self, chunk: &str, row: &mut Row, take: &mut Take<'_>) -> Result<ControlFlow<()>, Failure> {
        let (bytes, mut at) = (chunk.as_bytes(), 0);
        while let Some(byte) = bytes.get(at).copied() {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                at += 1;
                continue;
            }
            if self.state != State::Quoted {
                let ends_record = matches!(byte, b'\r' | b'\n');
                if ends_record || byte == self.delimiter {
                    self.end_field();
                    at += 1;
                    if ends_record {
                        self.after_return = byte == b'\r';
                        if self.end_record(row, take)?.is_break() {
                            return Ok(Break(()));
                        }
                    }
                    continue;
                }
            }
            at += self.take_text(&chunk[at..], byte);
            if self.stray_quote {
                return Err(self.unpaired().into());
            }
            if self.record.len() > self.record_bytes {
                return Err(self.endless(row).into());
            }
        }
        Ok(Continue(()))
    }

    /// Takes a quote, or the run of plain text up to the next byte that may mean something; how many bytes.
    fn take_text(&mut self, rest: &str, byte: u8) -> usize {
        let next = match (self.state, byte) {
            (State::FieldStart, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::QuoteSeen,
            (State::QuoteSeen, b'"') => {
                self.record.push('"');
                State::Quoted
            }
            (state, _) => {
                let stop = |byte: u8| matches!(byte, b'"' | b'\r' | b'\n') || byte == self.delimiter;
                let length = rest.bytes().skip(1).position(stop).map_or(rest.len(), |place| place + 1);
                self.record.push_str(&rest[..length]);
                self.over_lines |= state == State::Quoted && matches!(byte, b'\r' | b'\n');
                // Two quotes without partners, lines apart, look like one field up to here, with all the rows between in it.
                self.stray_quote |= state == State::QuoteSeen && self.over_lines;
                self.state = if state == State::Quoted { State::Quoted } else { State::Plain };
                return length;
            }
        };
        self.state = next;
        1
    }

    fn end_field(&mut self) {
        if self.record.len() > self.ends.last().map_or(0, |(_, end)| *end) {
            self.ends.push((self.column, self.record.len()));
        }
        self.column = self.column.saturating_add(1);
        (self.state, self.over_lines) = (State::FieldStart, false);
    }

    fn end_record(&mut self, row: &mut Row, take: &mut Take<'_>) -> Result<ControlFlow<()>, Failure> {
        row.start(self.number);
        self.number = self.number.saturating_add(1);
        let mut start = 0;
        for (column, end) in &self.ends {
            let field = &self.record[start..*end];
            // Within quotes it was a character of the text.
            let within = self.delimiter == STAND_IN.as_bytes()[0] && field.contains(STAND_IN);
            let field = if within { Cow::from(field.replace(STAND_IN, "，")) } else { Cow::from(field) };
            row.push(*column, Cell::Text(unwrapped(&field)))?;
            start = *end;
        }
        self.record.clear();
        self.ends.clear();
        self.column = 0;
        if row.is_blank() || take(row)? { Ok(Continue(())) } else { Ok(Break(())) }
    }

    fn finish(&mut self, row: &mut Row, take: &mut Take<'_>) -> Result<ControlFlow<()>, Failure> {
        if self.state == State::Quoted {
            return Err(self.unpaired().into());
        }
        if self.record.is_empty() && self.column == 0 {
            return Ok(Continue(()));
        }
        self.end_field();
        self.end_record(row, take)
    }

    /// A quote without its partner swallows the rows below.
    fn unpaired(&self) -> Rejection {
        Rejection::new(Code::Damaged, format!("第 {} 行的引号没有成对", self.number))
    }

    /// A record without end comes of a quote without its partner, or of a cell too long.
    fn endless(&self, row: &Row) -> Rejection {
        match self.state {
            State::Quoted => self.unpaired(),
            _ => Rejection::too_large(&format!("第 {} 行的内容", self.number), u64::from(row.cell_limit()), "个字符"),
        }
    }
}

/// Wrappings by which clerks keep Excel from turning a number into another: `="0123"` and `'0123`.
pub(crate) fn unwrapped(field: &str) -> &str {
    let inner = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner
        .or_else(|| field.strip_prefix('\'').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        .unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, chunk: usize) -> Vec<(u32, Vec<String>)> {
        let (mut row, mut rows) = (Row::new(&ReadLimits::default()), Vec::new());
        let mut splitter = Splitter::new(b',', 1000);
        let mut take = |row: &mut Row| {
            let width = row.cells().last().map_or(0, |(column, _)| column + 1);
            let text = |column| match row.at(column) {
                Cell::Text(text) => text.to_owned(),
                _ => String::new(),
            };
            rows.push((row.number, (0..width).map(text).collect()));
            Ok(true)
        };
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(chunk) {
            let piece: String = piece.iter().collect();
            assert!(splitter.feed(&piece, &mut row, &mut take).unwrap().is_continue());
        }
        let _ = splitter.finish(&mut row, &mut take).unwrap();
        rows
    }

    fn lines(rows: &[(u32, &[&str])]) -> Vec<(u32, Vec<String>)> {
        rows.iter().map(|(number, cells)| (*number, cells.iter().map(|cell| (*cell).to_owned()).collect())).collect()
    }

    #[test]
    fn fields_and_row_numbers_are_those_that_excel_shows() {
        let text = "姓名,备注\r\n\r\n王小明,\"第一行\r\n第二行,\"\"引号\"\"\"\r,,\n 李\"四\",\"a\"b\n\"\",末行";
        let expected = lines(&[
            (1, &["姓名", "备注"]),
            (3, &["王小明", "第一行\r\n第二行,\"引号\""]),
            (5, &[" 李\"四\"", "ab"]),
            (6, &["", "末行"]),
        ]);
        for chunk in [1, 2, 3, 1000] {
            assert_eq!(split(text, chunk), expected, "in pieces of {chunk}");
        }
    }

    #[test]
    fn numbers_wrapped_against_excel_are_unwrapped() {
        assert_eq!(unwrapped("=\"310199\""), "310199");
        assert_eq!(unwrapped("'13800000000"), "13800000000");
        assert_eq!(unwrapped("'tis"), "'tis");
        assert_eq!(split("=\"01\",\"=\"\"02\"\"\"", 100), lines(&[(1, &["01", "02"])]));
    }

    /// What becomes of a text: the rejection, if there is one.
    fn rejected(text: &str) -> Option<Rejection> {
        let (mut splitter, mut row) = (Splitter::new(b',', 100), Row::new(&ReadLimits::default()));
        let fed = splitter.feed(text, &mut row, &mut |_| Ok(true));
        match fed.and_then(|_| splitter.finish(&mut row, &mut |_| Ok(true))) {
            Ok(_) => None,
            Err(Failure::Rejected(rejection)) => Some(rejection),
            Err(Failure::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn a_quote_without_its_partner_does_not_swallow_the_rows_below() {
        for rest in ["x,\n".repeat(100), "x,1\ny,2\n".to_owned(), "x,1\ny,2\n\"z\",3\n".to_owned()] {
            let rejection = rejected(&format!("a\n\"{rest}")).unwrap();
            assert_eq!((rejection.code, rejection.detail.as_str()), (Code::Damaged, "第 2 行的引号没有成对"), "{rest}");
        }
        assert_eq!(rejected("a\n\"x\ny\",1\n\"z\"2,3\n\"\"\"\n\"\"\",4\n"), None);
    }

    #[test]
    fn columns_without_content_take_no_room() {
        let mut splitter = Splitter::new(b',', 100);
        let (mut row, text) = (Row::new(&ReadLimits::default()), ",".repeat(1_000_000));
        assert!(splitter.feed(&text, &mut row, &mut |_| Ok(true)).is_ok());
        assert_eq!((splitter.ends.capacity(), splitter.column), (0, 1_000_000));
        assert_eq!(split(",,a,,b\n,", 2), lines(&[(1, &["", "", "a", "", "b"])]));
    }
}
