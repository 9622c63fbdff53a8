//! .xls: what the container says that it holds.

use domain::finding::Code;

use super::{Told, limits, outcomes};
use crate::make::{self, xls};

/// Bytes of the header and of one entry of the directory; the second entry names the stream.
const NAME: usize = 512 + 128;

#[test]
fn compound_files_that_are_no_workbooks_are_named() {
    let named = |name: &str| {
        let mut bytes = xls(&make::table(1));
        let mut units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        units.resize(64, 0);
        bytes[NAME..NAME + 64].copy_from_slice(&units);
        bytes
    };
    outcomes(
        limits(),
        vec![
            ("a workbook", named("Workbook"), Told::Rows(1)),
            ("a workbook in capitals", named("WORKBOOK"), Told::Rows(1)),
            ("a workbook bound to accounts", named("EncryptedPackage"), Told::Rejected(Code::Encrypted, "IRM")),
            ("a letter", named("WordDocument"), Told::Rejected(Code::NotASpreadsheet, "Word")),
            ("slides", named("PowerPoint Document"), Told::Rejected(Code::NotASpreadsheet, "PowerPoint")),
            ("something else", named("Contents"), Told::Rejected(Code::NotASpreadsheet, "其他程序")),
        ],
    );
}
