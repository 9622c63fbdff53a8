//! Text: quotes without partners, bytes of no text, and files that are not what their name says.

use domain::finding::Code;
use encoding_rs::GB18030;
use sheets::ReadLimits;

use super::{Told, limits, outcomes, texts};
use crate::{
    make::{self, csv},
    support::{Desk, ROSTER},
};

fn roster(more: &str) -> Vec<u8> {
    format!("{}{more}", csv(&make::table(2), ",")).into_bytes()
}

#[test]
fn a_line_is_as_long_as_its_cells_may_be_and_no_longer() {
    let few = ReadLimits { cell_chars: 20, columns: 8, ..limits() };
    let commas = ",".repeat(500);
    outcomes(
        few,
        vec![
            ("a cell of twenty characters", roster(&"x".repeat(20)), Told::Rows(3)),
            ("a cell of one more", roster(&"x".repeat(21)), Told::Rejected(Code::TooLarge, "第 4 行")),
            ("a line of 400 characters", roster(&"x".repeat(400)), Told::Rejected(Code::TooLarge, "第 4 行的内容")),
            (
                "a first line of 400 characters",
                "x".repeat(400).into_bytes(),
                Told::Rejected(Code::TooLarge, "第 1 行的内容"),
            ),
            ("five hundred commas", roster(&commas), Told::Rows(2)),
            ("empty lines", roster(&"\n".repeat(50)), Told::Rows(2)),
            ("a text in column nine", roster(&format!("{}x", ",".repeat(8))), Told::Rejected(Code::TooLarge, "8 列")),
        ],
    );
}

#[test]
fn a_quote_without_its_partner_is_told_by_its_line() {
    outcomes(
        limits(),
        vec![
            (
                "a quote that is never closed",
                roster("\"示例,身份证,1\r\n示例,身份证,2\r\n"),
                Told::Rejected(Code::Damaged, "第 4 行的引号"),
            ),
            (
                "two quotes in two rows",
                roster("\"示例,身份证,1\r\n示例,身份证,2\r\n\"示例,身份证,3\r\n"),
                Told::Rejected(Code::Damaged, "第 4 行的引号"),
            ),
        ],
    );
}

#[test]
fn bytes_of_no_text_and_of_two_encodings_are_not_guessed_at() {
    let (utf8, gb) = (roster(""), GB18030.encode(&csv(&make::table(2), ",")).0.into_owned());
    let early = [b"\0\0".as_slice(), &utf8].concat();
    let unknown = || Told::Rejected(Code::NotASpreadsheet, "编码保存");
    let mixed = || Told::Rejected(Code::NotASpreadsheet, "混有不同的编码");
    outcomes(
        limits(),
        vec![
            ("NUL bytes in front", early, Told::Rejected(Code::NotASpreadsheet, "")),
            ("UTF-8, then GB18030", [utf8.as_slice(), &gb].concat(), mixed()),
            ("GB18030, then UTF-8", [gb.as_slice(), &utf8].concat(), mixed()),
            ("a mark of UTF-8 before GB18030", [b"\xef\xbb\xbf".as_slice(), &gb].concat(), mixed()),
            (
                "half a character at the end",
                utf8[..utf8.len() - 3].iter().copied().chain([0xe5, 0xbc]).collect(),
                unknown(),
            ),
            ("bytes of no encoding", [utf8.as_slice(), b"\xff\xff\xff\n"].concat(), unknown()),
        ],
    );
    // Far down, where the look at the first bytes does not reach, they say nothing.
    let far = [roster(&"示例,身份证,1\n".repeat(1000)).as_slice(), b"\0\0\xe7\xa4\xba\0,\xe8\xba\xab,2\n"].concat();
    let spool = Desk::new(limits()).read(ROSTER, &far).unwrap();
    let (_, cells) = texts(&spool).pop().unwrap();
    assert_eq!((spool.count, cells[0].as_str(), cells[2].as_str()), (1003, "示", "2"));
}

#[test]
fn files_under_another_format_s_name_are_told_by_their_content() {
    let xml = r#"<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>"#;
    let save_as = |what: &'static str| Told::Rejected(Code::NotASpreadsheet, what);
    outcomes(
        limits(),
        vec![
            ("text that calls itself .xlsx", roster(""), Told::Rows(2)),
            (
                "a page without a list",
                b"\xef\xbb\xbf<HTML><table><tr><td>1</td></tr></table>".to_vec(),
                Told::Rejected(Code::NoHeader, ""),
            ),
            (
                "a page without a table, in two bytes a character",
                "\u{feff}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect(),
                save_as("网页"),
            ),
            (
                "a page that was mailed",
                b"MIME-Version: 1.0\r\nContent-Type: multipart/related".to_vec(),
                save_as(".mht"),
            ),
            ("the format of 2003", xml.as_bytes().to_vec(), save_as("2003")),
            ("a picture", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), save_as("图片")),
            ("one line", b"\xe5\xa7\x93\xe5\x90\x8d".to_vec(), save_as("普通文本")),
            ("nothing", Vec::new(), save_as("空")),
        ],
    );
}
