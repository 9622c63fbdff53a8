//! Files of programs that write things their own way, uploaded: read with every row, or told with the one thing to do.

use support::people::People;
use support::workbook::{Table, Value};

use super::place::{Place, UNION, counts};

on_both_engines!(
    a_web_page_is_imported_with_all_digits_and_comes_back_as_a_workbook,
    lists_of_many_programs_are_read_to_the_last_row,
    what_is_not_read_is_told_with_one_thing_to_do
);

macro_rules! file {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../shared/sheets/tests/files/", $name)).as_slice())
    };
}

/// A table as a web system exports it under the name .xls.
fn page(table: &Table) -> String {
    let row = |cells: Vec<String>, tag: &str| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>")).collect();
        format!("<tr>{}</tr>\n", cells.concat())
    };
    let text = |value: &Value| match value {
        Value::Text(text) => text.replace('·', "&middot;"),
        Value::Blank => "&nbsp;".to_owned(),
        Value::Number(number) | Value::Day(number) => number.to_string(),
    };
    let rows: String = table.rows.iter().map(|cells| row(cells.iter().map(text).collect(), "td")).collect();
    let width = table.headers.len();
    let head = row(table.headers.clone(), "th");
    format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"><style>td {{mso-number-format:'\\@'}}</style>\
         </head><body><table><tr><td colspan={width}>会员名单</td></tr>\n{head}{rows}</table></body></html>"
    )
}

async fn a_web_page_is_imported_with_all_digits_and_comes_back_as_a_workbook(place: Place) {
    let _worker = place.ready().await;
    let mut table = Table::members("测试一厂工会", UNION, &People::seeded(71).take(9));
    table.set(4, "手机号码", "1");
    let bytes = encoding_rs::GB18030.encode(&page(&table)).0.into_owned();
    let upload = place.upload("list.xls", &bytes, UNION).await.success().json();
    assert_eq!(counts(&upload), [9, 8, 0, 1, 0, 0], "{upload}");
    // The title is the first row, the header the second.
    let of_rows: Vec<_> = upload["findings"].as_array().unwrap().iter().filter(|one| one["row"] != 0).collect();
    assert_eq!(of_rows[0]["row"], 7, "{upload}");
    assert_eq!(place.members(UNION).await.len(), 8);
    let again = place.upload("list.xls", &bytes, UNION).await.success().json();
    assert_eq!(counts(&again), [9, 0, 8, 1, 0, 0]);
    let workbook = place.fetch(upload["id"].as_str().unwrap(), &[]).await;
    assert!(std::fs::read(workbook).unwrap().starts_with(b"PK"));
}

async fn lists_of_many_programs_are_read_to_the_last_row(place: Place) {
    let _worker = place.ready().await;
    for ((name, bytes), rows) in [
        (file!("spreadsheet-writeexcel.xls"), 30),
        (file!("sheetjs.xlsb"), 5),
        (file!("html-table.xls"), 30),
        (file!("velvet.xlsx"), 4),
        (file!("velvet-standard.xlsx"), 4),
        (file!("structure-protected.xls"), 30),
        (file!("utf32le-bom.csv"), 1),
        (file!("gbk_ctrlz.csv"), 5),
    ] {
        let path = place.at.file(name, bytes);
        let upload = place.upload_file(&path, &["roster", "--org", UNION]).await.success().json();
        assert_eq!(
            (&upload["counts"]["read"], &upload["counts"]["rejected"]),
            (&rows.into(), &0.into()),
            "{name}: {upload}"
        );
    }
}

async fn what_is_not_read_is_told_with_one_thing_to_do(place: Place) {
    let _worker = place.ready().await;
    for ((name, bytes), code, words) in [
        (file!("esafenet.xlsx"), "encrypted", ["E-SafeNet", "解密后的文件"]),
        (file!("password.ods"), "encrypted", ["密码", "取消密码"]),
        (file!("a.numbers"), "not-a-spreadsheet", ["Numbers", "导出"]),
        (file!("question-marks.csv"), "not-a-spreadsheet", ["问号", "另存为"]),
        (("a.slk", b"ID;PWXL;N;E\r\nE\r\n".as_slice()), "not-a-spreadsheet", [".slk", "另存为"]),
    ] {
        let upload = place.upload(name, bytes, UNION).await.code(1).json();
        assert_eq!(upload["reason"]["code"], code, "{name}: {upload}");
        let message = upload["reason"]["message"].as_str().unwrap();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
        let letter = place.letters().pop().unwrap();
        assert!(letter.body.contains(words[1]), "{name}: {}", letter.body);
    }
}
