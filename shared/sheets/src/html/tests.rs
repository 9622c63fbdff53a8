//! Tables of web pages as people export them, and how their cells are read.

use encoding_rs::UTF_8;

use super::*;

fn page(text: &str) -> PageBook {
    PageBook { text: text.to_owned() }
}

/// Rows of a page: number, and cells from the first column on.
fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
    let (mut row, mut rows) = (Row::new(&ReadLimits::default()), Vec::new());
    let mut take = |row: &mut Row| {
        let width = row.cells().last().map_or(0, |(column, _)| column + 1);
        let text = |column| match row.at(column) {
            Cell::Text(text) => text.to_owned(),
            Cell::Number(number) => format!("number {number}"),
            _ => String::new(),
        };
        rows.push((row.number, (0..width).map(text).collect()));
        Ok(true)
    };
    page(text).rows(0, &mut row, &mut take).unwrap();
    rows
}

fn lines(expected: &[(u32, &[&str])]) -> Vec<(u32, Vec<String>)> {
    expected.iter().map(|(number, cells)| (*number, cells.iter().map(ToString::to_string).collect())).collect()
}

#[test]
fn cells_are_text_as_a_browser_shows_it() {
    let text = "<HTML><head><title>x<td>y</title><style>td{}</style><!-- <tr><td>z --></head><body>名单\n<TABLE border=1>\
        <tr><th>姓名*</th><th>证件号码\n  *</th></tr>\
        <tr bgcolor='a>b'><td> 王 <b>小</b>明 </td><td style=\"mso-number-format:'\\@'\">310199199001010014</td></tr>\
        <tr><td>买买提&middot;阿&#x4e00;&amp;&lt;&nbsp;</td><td>1<br>2</td></tr>\
        <tr><td><script>var a = '<td>';</script>3 < 4</td><td>=\"0123\"</td></tr></TABLE></body></HTML>";
    let expected = [
        (1, ["姓名*", "证件号码 *"]),
        (2, ["王 小明", "310199199001010014"]),
        (3, ["买买提·阿一&<", "1\n2"]),
        (4, ["3 < 4", "0123"]),
    ];
    assert_eq!(rows(text), lines(&expected.each_ref().map(|(number, cells)| (*number, cells.as_slice()))));
}

#[test]
fn ends_that_nobody_wrote_are_understood() {
    let text = "<table><tr><td>a<td>b<tr><td>c</table><table><tbody><td>d</tbody><tr><td>e";
    assert_eq!(rows(text), lines(&[(1, &["a", "b"]), (2, &["c"]), (3, &["d"]), (4, &["e"])]));
    assert_eq!(rows("<tr><td>a</td></tr>"), lines(&[(1, &["a"])]));
}

#[test]
fn cells_that_span_hold_for_their_rows_and_keep_their_columns() {
    let text = "<table><tr><td colspan=3>名单</td></tr><tr><td rowspan='2'>甲</td><td>1</td><td>x</td></tr>\
        <tr><td>2</td></tr><tr><td rowspan=2 colspan=2>乙</td><td rowspan=9>y</td></tr><tr><td>z</td></tr>\
        <tr></tr></table><table><tr><td>末</td></tr></table>";
    let expected: [(u32, &[&str]); 7] = [
        (1, &["名单"]),
        (2, &["甲", "1", "x"]),
        (3, &["甲", "2"]),
        (4, &["乙", "", "y"]),
        (5, &["乙", "", "y", "z"]),
        (6, &["", "", "y"]),
        (7, &["末"]),
    ];
    assert_eq!(rows(text), lines(&expected));
}

#[test]
fn a_table_within_a_cell_gives_its_own_rows() {
    let text =
        "<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr></table></td></tr><tr><td>c</td></tr></table>";
    assert_eq!(rows(text), lines(&[(1, &["a"]), (2, &["b"]), (4, &["c"])]));
}

#[test]
fn what_is_not_seen_takes_no_place_and_numbers_of_many_digits_are_told() {
    let text = "<table><tr><td style='DISPLAY: none'>0</td><td>a</td><td hidden>1</td><td>b</td></tr>\
        <tr><td x:num>310199199001010000</td><td x:num=\"13800138000\">13800138000</td><td x:str>007</td></tr></table>";
    assert_eq!(rows(text), lines(&[(1, &["a", "b"]), (2, &["number 310199199001010000", "13800138000", "007"])]));
}

#[test]
fn the_encoding_is_what_the_bytes_show_or_the_page_says() {
    let of = |bytes: &[u8]| {
        let sniffed = crate::charset::sniff(bytes, bytes).unwrap();
        charset(&mut std::io::Cursor::new(bytes), bytes, sniffed).map(Charset::name).map_err(|failure| match failure {
            Failure::Rejected(rejection) => rejection.code,
            Failure::Io(error) => panic!("{error}"),
        })
    };
    let text =
        |charset: &str| format!("<meta charset=\"{charset}\"><table><tr><td>姓名</td><td>證件號碼</td></tr></table>");
    assert_eq!(of(text("gb2312").as_bytes()), Ok("UTF-8"), "the page is wrong about itself");
    assert_eq!(of(&GB18030.encode(&text("gb2312")).0), Ok("GBK"));
    assert_eq!(of(&GB18030.encode(&text("iso-8859-1")).0), Ok("gb18030"));
    assert_eq!(of(&BIG5.encode(&text("big5")).0), Ok("Big5"));
    assert_eq!(of(text("utf-16").as_bytes()), Ok("UTF-8"));
    assert_eq!(declared(b"<meta http-equiv=Content-Type content='text/html; charset=GBK'>"), Some(GBK));
    assert_eq!(declared(b"<meta charset=utf-8>"), Some(UTF_8));
    assert_eq!(declared(b"<table>"), None);
}

#[test]
fn a_page_without_a_table_is_told() {
    let open = |text: &str| {
        let source = Source::Memory(std::io::Cursor::new(text.as_bytes().into()));
        match PageBook::open(source, Charset::Known(UTF_8), &ReadLimits::default()) {
            Err(Failure::Rejected(rejection)) => rejection.detail,
            _ => panic!("{text}"),
        }
    };
    assert!(open("<html><form>请登录</form></html>").contains("登录页"));
    assert!(open("<html><frameset><frame src=sheet001.htm></frameset></html>").contains("外框"));
}
