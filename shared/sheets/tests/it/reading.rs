//! Files through the reading child: sound ones give their rows, others a rejection, and the next file is read as ever.

use std::sync::atomic::AtomicBool;

use crate::support::{Desk, ROSTER, ROSTER_ROWS, archive, holds_only, tight, xlsx};
use domain::{cell::Cell, finding::Code, template::TemplateKind};
use encoding_rs::GB18030;
use sheets::{Block, Head, Heads, PoolSettings, ReadError, ReadLimits, ReaderPool, RowSink};

const CSV: &str = "某某工会名单,,\r\n\r\n姓名,证件类型,证件号码,备注\r\n王小明,身份证,310199199001010014,甲\r\n,,,只有备注\r\n李 四,护照,E12345678\r\n";

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_csv_of_any_encoding_and_delimiter_gives_its_rows_with_their_numbers() {
    let desk = Desk::new(tight());
    let tabs = CSV.replace(',', "\t");
    for bytes in [
        CSV.as_bytes().to_vec(),
        GB18030.encode(CSV).0.into_owned(),
        utf16(&tabs),
        utf16(&format!("\u{feff}{tabs}")),
        CSV.replace(',', ";").into_bytes(),
    ] {
        let spool = desk.read(ROSTER, &bytes).unwrap();
        assert_eq!((spool.count, spool.head.header_row, spool.head.headers.len()), (2, 3, 4));
        let rows: Vec<_> = spool.rows().map(Result::unwrap).collect();
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [4, 6]);
        let cells = rows[0].in_template_order(&spool.head);
        assert_eq!(cells.len(), ROSTER.columns().len());
        assert!(cells[..3] == [Cell::Text("王小明"), Cell::Text("身份证"), Cell::Text("310199199001010014")]);
        assert!(cells[3..].iter().all(|cell| *cell == Cell::Empty));
    }
}

#[test]
fn an_xlsx_is_read_and_dates_are_told_from_numbers() {
    let styles = br#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let rows = format!(
        r#"{ROSTER_ROWS}<row r="9"><c r="A9" s="1"><v>44868</v></c><c r="C9" t="b"><v>1</v></c><c r="D9" t="e"><v>#N/A</v></c></row>"#
    );
    let spool = Desk::new(tight()).read(ROSTER, &xlsx(&rows, &[("xl/styles.xml", styles)])).unwrap();
    let rows: Vec<_> = spool.rows().map(Result::unwrap).collect();
    assert_eq!((rows[0].number, rows[1].number, spool.head.sheet.as_str()), (2, 9, "名单"));
    assert!(rows[0].cells().eq([Cell::Text("王小明"), Cell::Empty, Cell::Number(5.0)]));
    let day = chrono::NaiveDate::from_ymd_opt(2022, 11, 3).unwrap().and_time(chrono::NaiveTime::MIN);
    assert!(rows[1].cells().eq([Cell::Date(day), Cell::Empty, Cell::Bool(true), Cell::Error]));
}

#[test]
fn the_last_row_that_is_allowed_is_taken_and_one_more_is_too_large() {
    let csv = format!("姓名,证件类型,证件号码\n{}", "王小明,身份证,1\n".repeat(10));
    for (rows, fits) in [(11, true), (10, false)] {
        let desk = Desk::new(ReadLimits { rows, ..tight() });
        assert_eq!(desk.read(ROSTER, csv.as_bytes()).is_ok(), fits, "{rows} rows with the header");
    }
    let size = csv.len() as u64;
    assert!(Desk::new(ReadLimits { upload_bytes: size, ..tight() }).read(ROSTER, csv.as_bytes()).is_ok());
    assert_eq!(
        Desk::new(ReadLimits { upload_bytes: size - 1, ..tight() }).code(ROSTER, csv.as_bytes()),
        Code::TooLarge
    );
}

#[test]
fn a_truncated_file_is_damaged() {
    let whole = xlsx(ROSTER_ROWS, &[]);
    assert_eq!(Desk::new(tight()).code(ROSTER, &whole[..whole.len() / 2]), Code::Damaged);
}

#[test]
fn hidden_sheets_are_not_read() {
    let whole = xlsx(ROSTER_ROWS, &[]);
    let desk = Desk::new(tight());
    assert!(desk.read(ROSTER, &whole).is_ok());
    let hidden = xlsx(ROSTER_ROWS, &[]);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(hidden)).unwrap();
    let mut parts = Vec::new();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), String::new());
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        parts.push((name, text.replace("sheetId=", "state=\"hidden\" sheetId=").into_bytes()));
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    assert_eq!(desk.code(ROSTER, &archive(&parts)), Code::NoHeader);
}

#[test]
fn a_program_that_is_no_child_is_an_error_of_the_machine() {
    let desk = Desk::new(tight());
    for program in ["/bin/false", "/nonexistent"] {
        let settings = PoolSettings {
            program: program.into(),
            args: Vec::new(),
            processes: 1,
            files_per_process: 1,
            spool_folder: desk.folder.path().to_owned(),
        };
        let pool = ReaderPool::new(settings, tight());
        assert!(matches!(pool.read(&desk.file(b"x"), ROSTER), Err(ReadError::Io(_))), "{program}");
    }
    let gone = desk.pool.read(&desk.folder.path().join("gone"), ROSTER);
    assert!(matches!(gone, Err(ReadError::Io(_))));
}

/// A shell that says hello and is killed by a hand from outside when it is asked, the first `deaths` times; then a real child.
fn pool_with_deaths(desk: &Desk, deaths: u32) -> ReaderPool {
    let script = format!(
        r"n=$(cat {0}/n || echo 0); echo $((n+1)) > {0}/n; [ $n -ge {deaths} ] && exec {1};
        printf '\005\000\000\000W\002\000\000\000'; head -c 4 > /dev/null; kill -9 $$",
        desk.folder.path().display(),
        env!("CARGO_BIN_EXE_sheets-test-child"),
    );
    let settings = PoolSettings {
        program: "/bin/sh".into(),
        args: vec!["-c".to_owned(), script],
        processes: 1,
        files_per_process: 9,
        spool_folder: desk.folder.path().to_owned(),
    };
    ReaderPool::new(settings, tight())
}

#[test]
fn a_file_whose_reader_was_killed_from_outside_is_read_once_more_and_not_blamed() {
    let desk = Desk::new(tight());
    let path = desk.file(CSV.as_bytes());
    assert_eq!(pool_with_deaths(&desk, 1).read(&path, ROSTER).unwrap().count, 2);
    std::fs::remove_file(desk.folder.path().join("n")).unwrap();
    let Err(ReadError::Rejected(rejection)) = pool_with_deaths(&desk, 2).read(&path, ROSTER) else {
        panic!("a file that kills twice is rejected");
    };
    assert_eq!(rejection.code, Code::Hostile);
}

struct Watch {
    rows: u64,
    enough: u64,
}

impl RowSink for Watch {
    fn begin(&mut self, _head: &Head) {
        self.rows = 0;
    }

    fn rows(&mut self, _heads: &Heads, block: &Block) -> bool {
        self.rows += u64::from(block.len());
        self.rows < self.enough
    }
}

#[test]
fn a_sink_sees_the_rows_on_the_way_and_may_stop() {
    let desk = Desk::new(tight());
    let csv = format!("姓名,证件类型,证件号码\n{}", "王小明,身份证,310199199001010014\n".repeat(50_000));
    let path = desk.file(csv.as_bytes());
    let mut watch = Watch { rows: 0, enough: u64::MAX };
    let spool = desk.pool.read_with(&path, ROSTER, None, &mut watch).unwrap();
    assert_eq!((spool.count, watch.rows), (50_000, 50_000));
    assert_eq!(spool.rows().count(), 50_000);
    watch.enough = 1;
    assert!(matches!(desk.pool.read_with(&path, ROSTER, None, &mut watch), Err(ReadError::Stopped)));
    assert!(watch.rows < 50_000);
    let stop = AtomicBool::new(true);
    assert!(matches!(desk.pool.read_with(&path, ROSTER, Some(&stop), &mut ()), Err(ReadError::Stopped)));
    assert!(holds_only(desk.folder.path(), "upload"));
}

#[test]
fn many_threads_share_few_children() {
    let desk = Desk::new(tight());
    let path = desk.file(CSV.as_bytes());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..40 {
                    assert_eq!(desk.pool.read(&path, ROSTER).unwrap().count, 2);
                }
            });
        }
    });
}

#[test]
fn an_old_workbook_is_read() {
    let rows: Vec<Vec<String>> = std::iter::once(["姓名*", "证件类型*", "证件号码*"])
        .chain(std::iter::repeat_n(["王小明", "身份证", "310199199001010014"], 300))
        .map(|row| row.iter().map(|text| (*text).to_owned()).collect())
        .collect();
    let spool = Desk::new(tight()).read(ROSTER, &sheets::legacy_xls::write_xls("名单", &rows)).unwrap();
    assert_eq!((spool.count, spool.head.sheet.as_str()), (300, "名单"));
    let row = spool.rows().next().unwrap().unwrap();
    assert!(row.in_template_order(&spool.head)[2] == Cell::Text("310199199001010014"));
}

#[test]
fn a_template_of_another_kind_is_told_by_its_hidden_cell() {
    let desk = Desk::new(tight());
    for kind in TemplateKind::ALL {
        let bytes = sheets::write_template(kind, 2023).unwrap();
        assert_eq!(desk.code(kind, &bytes), Code::NoRows, "{kind:?} as itself");
        for other in TemplateKind::ALL.into_iter().filter(|other| *other != kind) {
            let expected =
                if (kind, other) == (TemplateKind::Members, ROSTER) { Code::NoRows } else { Code::WrongTemplate };
            assert_eq!(desk.code(other, &bytes), expected, "{kind:?} as {other:?}");
        }
    }
}
