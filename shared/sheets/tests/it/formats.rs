//! Files of programs that write things their own way: what each holds is read, or the clerk is told the one thing to do.

use domain::{finding::Code, template::TemplateKind};

use crate::{
    guards::{limits, texts},
    support::Desk,
};

/// Reads a members' list.
fn read(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
    texts(&Desk::new(limits()).read(TemplateKind::Members, bytes).unwrap())
}

/// Code and sentence of a file that is not read.
fn told(bytes: &[u8]) -> (Code, String) {
    let rejection = Desk::new(limits()).rejected(TemplateKind::Members, bytes);
    (rejection.code, rejection.sentence_zh())
}

/// People of the lists that were written by several programs from the same table.
const SAME: [(&str, &str); 4] = [
    ("王小明", "310199196001010014"),
    ("\u{20bb7}田明", "310199196102020094"),
    ("陈䶮", "31019919620303169X"),
    ("李㛃", "310199196304040237"),
];

fn assert_same(bytes: &[u8], count: usize) {
    let rows = read(bytes);
    assert_eq!(rows.len(), count);
    for ((number, cells), (name, id)) in rows.iter().zip(SAME) {
        assert_eq!([cells[0].as_str(), &cells[1], &cells[2]], [name, "居民身份证", id], "row {number}");
    }
    assert!(rows.iter().map(|(number, _)| *number).eq(2..count as u32 + 2));
}

#[test]
fn an_old_workbook_with_a_western_code_page_is_read_as_what_it_is() {
    let file = include_bytes!("../files/spreadsheet-writeexcel.xls");
    assert_eq!(read(file).len(), 30);
    assert_eq!(read(file)[0].1[..3], ["王小明", "居民身份证", "310199196001010014"]);
}

#[test]
fn a_binary_workbook_with_short_cells_is_read() {
    let rows = read(include_bytes!("../files/sheetjs.xlsb"));
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0].1[..3], ["王伟", "身份证", "31019919750101100X"]);
}

#[test]
fn a_web_page_under_the_name_of_an_old_workbook_is_read_with_all_digits() {
    let page = include_str!("../files/html-table.xls");
    assert_same(page.as_bytes(), 30);
    let gb = |charset: &str| {
        let page = format!("<html><head><meta charset={charset}></head><body>{page}</body></html>");
        encoding_rs::GB18030.encode(&page).0.into_owned()
    };
    for charset in ["gb2312", "GBK", "gb18030", "iso-8859-1"] {
        assert_same(&gb(charset), 30);
    }
    let wide: Vec<u8> = format!("\u{feff}{page}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_same(&wide, 30);
}

#[test]
fn a_workbook_that_every_program_opens_unasked_is_read() {
    for (name, file, count) in [
        ("new", include_bytes!("../files/velvet.xlsx").as_slice(), 4),
        ("of 2007", include_bytes!("../files/velvet-standard.xlsx"), 4),
    ] {
        let rows = read(file);
        assert_eq!(rows.len(), count, "{name}");
        assert_eq!(rows[0].1[..3], ["王伟", "身份证", "31019919750101100X"], "{name}");
    }
    assert_same(include_bytes!("../files/structure-protected.xls"), 30);
    assert_same(include_bytes!("../files/velvet-xor.xls"), 30);
    assert_same(include_bytes!("../files/velvet-cryptoapi.xls"), 30);
}

#[test]
fn text_in_four_bytes_a_character_and_with_the_mark_of_dos_is_read() {
    let rows = read(include_bytes!("../files/utf32le-bom.csv"));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1[..3], ["\u{20bb7}田明", "居民身份证", "310199196102020094"]);
    let rows = read(include_bytes!("../files/gbk_ctrlz.csv"));
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[4].1[..3], ["陈霞霞", "身份证", "310199197905051040"]);
}

#[test]
fn bars_and_commas_of_full_width_part_cells_where_they_make_a_header() {
    let text = String::from_utf8(include_bytes!("../files/html-table.xls").to_vec()).unwrap();
    let rows: Vec<String> = text
        .split("<tr")
        .skip(1)
        .map(|row| {
            let cells = row.split(['<', '>']).collect::<Vec<_>>();
            let cells = cells.windows(2).filter(|two| matches!(two[0], "td" | "th")).map(|two| two[1]);
            cells.collect::<Vec<_>>().join("|")
        })
        .collect();
    assert_same(rows.join("\r\n").as_bytes(), 30);
    assert_same(rows.join("\n").replace('|', "，").as_bytes(), 30);
    let quoted = rows.join("\n").replace('|', "，").replacen("明湖市示例路1号", "\"明湖市，示例路1号\"", 1);
    assert_eq!(read(quoted.as_bytes())[0].1[10], "明湖市，示例路1号");
}

#[test]
fn what_is_not_read_is_told_by_name_with_one_thing_to_do() {
    for (file, code, words) in [
        (include_bytes!("../files/esafenet.xlsx").as_slice(), Code::Encrypted, ["E-SafeNet", "解密后的文件"]),
        (include_bytes!("../files/password.ods"), Code::Encrypted, ["密码", "取消密码"]),
        (include_bytes!("../files/a.numbers"), Code::NotASpreadsheet, ["Numbers", "导出"]),
        (include_bytes!("../files/question-marks.csv"), Code::NotASpreadsheet, ["问号", "另存为"]),
        (b"ID;PWXL;N;E\r\nC;Y1;X1;K\"a\"\r\nE\r\n", Code::NotASpreadsheet, [".slk", "另存为"]),
        (b"TABLE\r\n0,1\r\n\"a\"\r\nVECTORS\r\n", Code::NotASpreadsheet, [".dif", "另存为"]),
        (b"<html><body><form>log in</form></body></html>", Code::NotASpreadsheet, ["登录页", "重新导出"]),
    ] {
        let (told, sentence) = told(file);
        assert_eq!(told, code, "{sentence}");
        assert!(words.iter().all(|word| sentence.contains(word)), "{sentence}");
        assert!(sentence.ends_with('。') && !sentence.contains("。。") && !sentence.contains("损坏"), "{sentence}");
    }
}

#[test]
fn a_workbook_in_two_bytes_a_character_is_not_called_damaged() {
    for (_, file) in crate::make::all_formats(&crate::make::table(3)).into_iter().filter(|(name, _)| *name == "xlsx") {
        let (code, sentence) = told(&crate::make::Package::of(&file).wide("xl/worksheets/sheet1.xml"));
        assert_eq!(code, Code::NotASpreadsheet);
        assert!(sentence.contains("UTF-16") && sentence.contains("另存为 .xlsx"), "{sentence}");
    }
}

#[test]
fn part_names_with_backslashes_lead_nowhere() {
    let people = crate::make::table(3);
    for (name, file) in
        crate::make::all_formats(&people).into_iter().filter(|(name, _)| matches!(*name, "xlsx" | "xlsb"))
    {
        let spool =
            Desk::new(limits()).read(crate::support::ROSTER, &crate::make::Package::of(&file).backslashed()).unwrap();
        assert_eq!(spool.count, 3, "{name}");
    }
}
