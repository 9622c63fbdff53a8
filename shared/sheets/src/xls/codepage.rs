//! Which code page the texts of an .xls are in. Since BIFF8 they are UTF-16 whatever the file says (programs write 1252 there);
//! before, they are bytes, and what the file says of them may be the default of a program that never asked.
//!
//! Source: [MS-XLS] 2.4.21 (BOF), 2.4.52 (`CodePage`), 2.5.240 and 2.5.294 (strings); the older form: OpenOffice.org's
//! documentation of the Excel file format, 2.5.2.

use encoding_rs::GB18030;

use crate::{biff::records, compound::u16_at};

const CODE_PAGE: u16 = 0x0042;
const LABEL: u16 = 0x0204;
const RICH_STRING: u16 = 0x00d6;
const BOF: u16 = 0x0809;
const UTF_16: u16 = 1200;
/// What GB18030 is a part of, as far as two bytes go.
const CHINESE: u16 = 54936;
/// Those of East Asian scripts, which nobody writes by default.
const SEVERAL_BYTES: [u16; 7] = [932, 936, 949, 950, 1361, 54936, 65001];
/// Row, column, format, length of a label's text.
const TEXT: usize = 8;

/// The code page by which to read a workbook's stream.
pub(super) fn of(stream: &[u8]) -> u16 {
    let (mut stated, mut texts) = (None, Vec::new());
    for (id, body) in records(stream) {
        match id {
            // A version of none is that of the newest.
            BOF if stated.is_none() && !matches!(u16_at(body, 0), Some(0x0500)) => return UTF_16,
            CODE_PAGE if stated.is_none() => stated = u16_at(body, 0),
            LABEL | RICH_STRING => {
                let length = usize::from(u16_at(body, 6).unwrap_or_default());
                texts.extend_from_slice(body.get(TEXT..TEXT + length).unwrap_or_default());
                texts.push(b'\n');
            }
            _ => {}
        }
    }
    match stated {
        Some(page) if SEVERAL_BYTES.contains(&page) => page,
        stated if texts.is_ascii() => stated.filter(|page| *page != UTF_16).unwrap_or(1252),
        // Lists here are Chinese: what reads as such is.
        stated => match GB18030.decode_without_bom_handling_and_without_replacement(&texts) {
            Some(_) => CHINESE,
            None => stated.filter(|page| *page != UTF_16).unwrap_or(1252),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version from which on texts are UTF-16.
    const BIFF8: u16 = 0x0600;

    fn stream(version: u16, page: u16, text: &[u8]) -> Vec<u8> {
        let label = [&[0; 6], &(text.len() as u16).to_le_bytes()[..], text].concat();
        let record = |id: u16, body: &[u8]| [&id.to_le_bytes(), &(body.len() as u16).to_le_bytes()[..], body].concat();
        let begin = [version.to_le_bytes(), [5, 0]].concat();
        [record(BOF, &begin), record(CODE_PAGE, &page.to_le_bytes()), record(LABEL, &label)].concat()
    }

    #[test]
    fn the_page_is_what_the_texts_are_in() {
        let chinese = GB18030.encode("姓名").0;
        for (version, page, text, found) in [
            (BIFF8, 1252, &chinese[..], UTF_16),
            (0x0500, 936, &chinese, 936),
            (0x0500, 950, &chinese, 950),
            (0x0500, 1252, &chinese, CHINESE),
            (0x0500, 1200, &chinese, CHINESE),
            (0x0500, 1252, b"name", 1252),
            (0x0500, 1200, b"name", 1252),
            (0x0500, 1252, b"caf\xe9 \xff", 1252),
        ] {
            assert_eq!(of(&stream(version, page, text)), found, "{version:x} {page}");
        }
    }
}
