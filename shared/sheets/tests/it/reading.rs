//! Files through the reading child: sound ones give their rows, hostile ones a rejection, and the next file is read as ever.

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use crate::support::{Desk, ROSTER, ROSTER_ROWS, archive, holds_only, tight, xlsx};
use domain::{cell::Cell, finding::Code, template::TemplateKind};
use encoding_rs::GB18030;
use proptest::prelude::*;
use sheets::{Block, Head, PoolSettings, ReadError, ReadLimits, ReaderPool, RowSink};

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
fn hostile_files_are_rejected_and_the_pool_goes_on() {
    let desk = Desk::new(tight());
    let strings = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1000000000"><si><t>a</t></si></sst>"#;
    let zeros = "0".repeat(4096);
    let blank = format!("<row><c t=\"inlineStr\"><is><t>{zeros}</t></is></c></row>").repeat(10_000);
    let cases = [
        (
            "a string table of a thousand million",
            xlsx(ROSTER_ROWS, &[("xl/sharedStrings.xml", strings)]),
            Code::Hostile,
        ),
        ("a bomb", xlsx(&format!("{ROSTER_ROWS}{blank}"), &[]), Code::Hostile),
        ("entities", xlsx(ROSTER_ROWS, &[("xl/x.xml", b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")]), Code::Hostile),
        ("a name outside", xlsx(ROSTER_ROWS, &[("../../evil", b"")]), Code::Hostile),
        (
            "the far corner",
            xlsx(&format!("{ROSTER_ROWS}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>"), &[]),
            Code::TooLarge,
        ),
        (
            "ten million characters",
            xlsx(
                &format!(
                    "{ROSTER_ROWS}<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>{}</t></is></c></row>",
                    noise(10 << 20)
                ),
                &[],
            ),
            Code::TooLarge,
        ),
        (
            "rows that go back",
            xlsx(&format!("{ROSTER_ROWS}<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>"), &[]),
            Code::Damaged,
        ),
        (
            "a string that is not there",
            xlsx(&format!("{ROSTER_ROWS}<row r=\"3\"><c r=\"A3\" t=\"s\"><v>7</v></c></row>"), &[]),
            Code::Damaged,
        ),
        ("no parts", archive(&[("[Content_Types].xml", b"<Types/>")]), Code::Damaged),
        ("an old workbook whose sectors go round", looped_xls(), Code::Damaged),
    ];
    for (name, bytes, code) in cases {
        let started = Instant::now();
        let rejection = desk.rejected(ROSTER, &bytes);
        assert_eq!(rejection.code, code, "{name}: {rejection}");
        assert!(started.elapsed() < Duration::from_secs(15), "{name}");
        assert_eq!(desk.read(ROSTER, CSV.as_bytes()).unwrap().count, 2, "after {name}");
    }
    assert!(holds_only(desk.folder.path(), "upload"));
}

/// Letters that do not pack well enough to be a bomb.
fn noise(count: usize) -> String {
    let mut seed = 7_u32;
    std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (seed >> 24) as u8 % 26)
    })
    .take(count)
    .collect()
}

/// A compound file whose directory's chain of sectors ends nowhere.
fn looped_xls() -> Vec<u8> {
    let mut bytes = vec![0_u8; 512 * 3];
    bytes[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    for (at, value) in [(24, 0x3e_u16), (26, 3), (28, 0xfffe), (30, 9), (32, 6)] {
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(44, 1_u32), (48, 1), (56, 4096), (60, 0xffff_fffe), (68, 0xffff_fffe), (76, 0)] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes[80..512].fill(0xff);
    bytes[512..1024].fill(0xff);
    bytes[512..516].copy_from_slice(&0xffff_fffd_u32.to_le_bytes());
    bytes[516..520].copy_from_slice(&1_u32.to_le_bytes());
    for (place, unit) in "Workbook".encode_utf16().enumerate() {
        bytes[1024 + place * 2..][..2].copy_from_slice(&unit.to_le_bytes());
    }
    bytes
}

#[test]
fn a_million_empty_rows_and_a_sparse_sheet_cost_next_to_nothing() {
    let desk = Desk::new(ReadLimits { ratio: 10_000, ..tight() });
    let empty = "<row/>".repeat(1_000_000);
    let spool = desk.read(ROSTER, &xlsx(&format!("{ROSTER_ROWS}{empty}"), &[])).unwrap();
    assert_eq!(spool.count, 1);
    let far = r#"<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>末</t></is></c><c r="XFD1048576" s="1"/></row>"#;
    let spool = desk.read(ROSTER, &xlsx(&format!("{ROSTER_ROWS}{far}"), &[])).unwrap();
    assert_eq!(spool.rows().last().unwrap().unwrap().number, 1_048_576);
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
fn a_child_that_takes_too_long_is_killed_at_the_wall_limit_or_by_its_processor_time() {
    let bytes = xlsx(&format!("{ROSTER_ROWS}{}", "<row><c><v>1</v></c></row>".repeat(4_000_000)), &[]);
    let limits = ReadLimits { ratio: 10_000, rows: u64::MAX, ..tight() };
    for limits in [ReadLimits { wall_s: 0, ..limits.clone() }, ReadLimits { cpu_s: 0, ..limits }] {
        let desk = Desk::new(limits);
        let started = Instant::now();
        assert_eq!(desk.code(ROSTER, &bytes), Code::Hostile);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
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
        printf '\005\000\000\000W\001\000\000\000'; head -c 4 > /dev/null; kill -9 $$",
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

    fn rows(&mut self, _head: &Head, block: &Block) -> bool {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_bytes_never_get_past_the_catch(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        which in 0..3_usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let desk = Desk::new(tight());
        let mut bytes = match which {
            0 => xlsx(ROSTER_ROWS, &[]),
            1 => CSV.as_bytes().to_vec(),
            _ => sheets::legacy_xls::write_xls("名单", &[vec!["姓名".to_owned(), "证件类型".to_owned(), "证件号码".to_owned()], vec!["王".to_owned()]]),
        };
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 4).max(1).min(bytes.len()));
        match desk.read(ROSTER, &bytes) {
            Ok(_) | Err(ReadError::Rejected(_)) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
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
