//! Archives: what the package says of itself.

use domain::finding::Code;

use super::{Told, limits, outcomes};
use crate::{
    make::{Entry, Package, noise, zip64},
    support::{ROSTER_ROWS, archive, xlsx},
};

const DAMAGED: Told = Told::Rejected(Code::Damaged, "");

/// The entries of a roster.
fn roster() -> Vec<Entry> {
    let package = Package::roster();
    let names = [
        "[Content_Types].xml",
        "_rels/.rels",
        "xl/_rels/workbook.xml.rels",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
    ];
    names.map(|name| Entry::new(name, package.content(name))).into()
}

/// The archive of a roster, with one entry changed.
fn changed(place: usize, change: impl Fn(&mut Entry)) -> Vec<u8> {
    let mut entries = roster();
    change(&mut entries[place]);
    zip64(&entries)
}

#[test]
fn sizes_and_places_that_lie_are_found_out() {
    let bomb = Told::Rejected(Code::Hostile, "解压后的大小");
    let mut count = zip64(&roster());
    let end = count.len() - 22 - 20 - 56;
    count[end + 24..end + 40].fill(0x7f);
    outcomes(
        limits(),
        vec![
            ("64-bit heads that are honest", zip64(&roster()), Told::Rows(1)),
            ("a size of exabytes", changed(4, |entry| entry.size = 1 << 60), bomb),
            ("the largest size there is", changed(4, |entry| entry.size = u64::MAX), Told::Rejected(Code::Hostile, "")),
            ("a size too small", changed(4, |entry| entry.size = 3), Told::Rejected(Code::Damaged, "")),
            (
                "a size too large, of content that its checksum is of",
                changed(4, |entry| entry.size += 1000),
                Told::Rows(1),
            ),
            ("a place that is not there", changed(4, |entry| entry.shift = 1 << 40), DAMAGED),
            ("a place before the first", changed(4, |entry| entry.shift = -1), DAMAGED),
            ("an entry in another's place", changed(4, |entry| entry.shift = -200), DAMAGED),
            ("more entries than bytes", count, DAMAGED),
            ("an entry with a password", changed(4, |entry| entry.flags = 1), Told::Rejected(Code::Encrypted, "")),
            ("content that its checksum is not of", changed(4, |entry| entry.content[300] ^= 1).flipped(), DAMAGED),
        ],
    );
}

trait Flipped {
    fn flipped(self) -> Self;
}

impl Flipped for Vec<u8> {
    /// With a bit of the sheet's content the other way round, after the checksum was made.
    fn flipped(mut self) -> Self {
        let place = self.windows(9).position(|window| window == b"sheetData").unwrap();
        self[place + 40] ^= 1;
        self
    }
}

#[test]
fn names_that_leave_the_package_or_come_twice_are_hostile() {
    let named = |name: &'static str| {
        let mut entries = roster();
        entries.push(Entry::new(name, b"x"));
        zip64(&entries)
    };
    let path = || Told::Rejected(Code::Hostile, "指向文件之外");
    outcomes(
        limits(),
        vec![
            ("a name above", named("../../evil"), path()),
            ("a name above, within", named("xl/../../evil"), path()),
            ("a name from the root", named("/etc/cron.d/evil"), path()),
            ("a name of another system", named("xl\\..\\evil"), path()),
            ("a sheet twice", named("xl/worksheets/sheet1.xml"), Told::Rejected(Code::Hostile, "重名")),
            ("a name like one above", named("xl/..x/..."), Told::Rows(1)),
        ],
    );
}

#[test]
fn bombs_are_told_by_what_they_inflate_to_and_those_within_are_not_opened() {
    let blank = vec![b' '; 40 << 20];
    let inner = archive(&[("0", &blank)]);
    let nested = archive(&[("a.zip", &archive(&[("b.zip", &inner), ("c.zip", &inner)]))]);
    let text = noise(1 << 20);
    let honest = xlsx(ROSTER_ROWS, &[("xl/media/a.bin", text.as_bytes())]);
    outcomes(
        limits(),
        vec![
            ("archives in archives", nested.clone(), Told::Rejected(Code::NotASpreadsheet, "压缩包")),
            ("archives in a part", xlsx(ROSTER_ROWS, &[("xl/embeddings/a.zip", &nested)]), Told::Rows(1)),
            (
                "forty million blanks",
                xlsx(ROSTER_ROWS, &[("xl/a.bin", &blank)]),
                Told::Rejected(Code::Hostile, "解压后"),
            ),
            ("a part that packs as data do", honest, Told::Rows(1)),
        ],
    );
}
