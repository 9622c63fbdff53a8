//! Plain workbooks: sheets of text cells, for the demonstration and for tests.

use std::io::{Seek, Write};

use crate::{
    marked::{WriteError, WriteOptions},
    style::{Styles, clipped, workbook},
};

/// Writes sheets of text: name and rows each, the first row of each sheet as a header.
pub fn write_plain(
    sheets: &[(&str, Vec<Vec<String>>)],
    options: &WriteOptions<'_>,
    out: impl Write + Seek + Send,
) -> Result<(), WriteError> {
    let (mut workbook, styles) = (workbook(options.created)?, Styles::new());
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, row) in (0..).zip(rows) {
            let format = if at == 0 { &styles.header } else { &styles.text };
            for (column, text) in (0..).zip(row).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string_with_format(at, column, clipped(text), format)?;
            }
        }
    }
    workbook.save_to_writer(out)?;
    Ok(())
}
