//! A web page with tables, as many systems export lists under the name .xls. Its cells are text, so numbers keep all their
//! digits, which they lose where a spreadsheet program opens and saves the page.
//!
//! Source: HTML Living Standard, 13.1.2 (elements), 4.9 (tables).

use std::io::{Read, Seek};

use domain::cell::Cell;
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS};

use self::{
    tables::Tables,
    tags::{Piece, Pieces},
};
use crate::{
    ReadLimits, Rejection,
    book::{Book, SheetName, Take},
    charset::{Charset, Sniffed, Text, decodes},
    detect::{not_a_spreadsheet, unknown_text},
    foreign,
    rejection::Failure,
    row::Row,
    source::Source,
};

mod entities;
mod tables;
mod tags;

/// Elements whose content is no text of the page.
const PASSED_OVER: [&str; 7] = ["script", "style", "title", "xml", "noscript", "template", "textarea"];

/// A page, held as text; its tables are read anew each time, one below the other, as a spreadsheet program shows them.
pub(crate) struct PageBook {
    text: String,
}

impl PageBook {
    pub fn open(source: Source, charset: Charset, limits: &ReadLimits) -> Result<Self, Failure> {
        let whole = Text::new(source, charset).whole(limits.inflated_bytes)?;
        let text = whole.ok_or_else(|| Rejection::too_large("网页的大小", limits.inflated_bytes >> 20, "MB"))?;
        let (mut cells, mut frames) = (false, false);
        for piece in Pieces::of(&text) {
            let Piece::Start(tag) = piece else { continue };
            cells |= tag.is("td") || tag.is("th");
            frames |= tag.is("frame") || tag.is("frameset");
        }
        match (cells, frames) {
            (true, _) => Ok(Self { text }),
            (_, true) => Err(foreign::save_as("网页的外框（数据在旁边的文件夹里）").into()),
            _ => Err(foreign::this_is(
                "没有表格的网页（可能是登录页或出错页）",
                "请重新导出，或请系统的管理员提供 .xlsx",
            )
            .into()),
        }
    }
}

impl Book for PageBook {
    fn sheets(&self) -> Vec<SheetName> {
        vec![SheetName { name: String::new(), visible: true }]
    }

    fn rows(&mut self, _sheet: usize, row: &mut Row, take: &mut Take<'_>) -> Result<(), Failure> {
        let mut tables = Tables::new(row.cell_limit());
        let mut pieces = Pieces::of(&self.text);
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) => tables.text(text),
                Piece::Start(tag) => {
                    if let Some(name) = PASSED_OVER.into_iter().find(|name| tag.is(name)) {
                        pieces.pass_to_end_of(name);
                    } else {
                        tables.start(&tag);
                    }
                }
                Piece::End(name) => tables.end(name),
            }
            if !tables.hand_over(row, take)? {
                return Ok(());
            }
        }
        tables.finish();
        tables.hand_over(row, take).map(drop)
    }
}

/// How a page is encoded: what its bytes show to be Unicode is that, whatever it says; else what it says, where its bytes fit;
/// else what they seem to be.
pub(crate) fn charset<R: Read + Seek>(file: &mut R, head: &[u8], sniffed: Sniffed) -> Result<Charset, Failure> {
    if let Sniffed::Text(charset) = sniffed
        && charset != Charset::Known(GB18030)
    {
        return Ok(charset);
    }
    // Bytes always fit an encoding of single ones, so such a word proves nothing.
    let several = |encoding: &&'static Encoding| [GBK, GB18030, BIG5, SHIFT_JIS, EUC_JP, EUC_KR].contains(encoding);
    if let Some(encoding) = declared(head).filter(several)
        && decodes(file, encoding)?
    {
        return Ok(Charset::Known(encoding));
    }
    match sniffed {
        Sniffed::Text(charset) => Ok(charset),
        Sniffed::Mixed => Err(not_a_spreadsheet("网页中混有不同的编码，无法可靠读取").into()),
        Sniffed::Unknown | Sniffed::Binary => Err(unknown_text().into()),
    }
}

/// The encoding that a page names in its head.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, behind) = text.split_once("charset=")?;
    let label = behind.trim_start_matches(['"', '\'', ' ']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}

/// A cell's value: text, but for a number of more digits than a spreadsheet program keeps, where the page says that the
/// cell was one.
fn value(text: &str, number: bool) -> Cell<'_> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.parse() {
        Ok(value) if number && digits > 15 => Cell::Number(value),
        _ => Cell::Text(crate::csv::unwrapped(text)),
    }
}

#[cfg(test)]
mod tests;
