//! Finds hidden rows and merged cells in the XML of a worksheet, piece by piece, by two words.
//!
//! Source: ECMA-376 part 1, 18.3.1.73 (`row`, its attribute `hidden`) and 18.3.1.55 (`mergeCell`, its attribute `ref`).

use memchr::{memchr, memmem, memrchr};

use super::{Merge, Shape};

/// A tag that goes on for longer is none that we look for.
const TAG: usize = 4 << 10;

/// Goes over the text of a worksheet.
pub(crate) struct Scan {
    hidden: memmem::Finder<'static>,
    merged: memmem::Finder<'static>,
    /// The start of a tag whose end has not come.
    pending: Vec<u8>,
    shape: Shape,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            hidden: memmem::Finder::new("hidden="),
            merged: memmem::Finder::new("mergeCell"),
            pending: Vec::new(),
            shape: Shape::default(),
        }
    }
}

impl Scan {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if !self.pending.is_empty() {
            let end = memchr(b'>', rest).map_or(rest.len(), |at| at + 1);
            let mut tag = std::mem::take(&mut self.pending);
            tag.extend_from_slice(&rest[..end.min(TAG)]);
            rest = &rest[end..];
            if tag.last() == Some(&b'>') {
                self.look(&tag);
            } else if tag.len() < TAG {
                self.pending = tag;
            }
        }
        let whole = memrchr(b'<', rest).filter(|at| memchr(b'>', &rest[*at..]).is_none());
        let (seen, open) = rest.split_at(whole.unwrap_or(rest.len()));
        self.look(seen);
        if open.len() < TAG && !open.is_empty() {
            self.pending = open.to_vec();
        }
    }

    /// What was found.
    pub fn finish(self) -> Shape {
        self.shape.settle()
    }

    fn look(&mut self, text: &[u8]) {
        for at in self.hidden.find_iter(text) {
            let value = text.get(at + "hidden=".len() + 1..).unwrap_or_default();
            if value.starts_with(b"1") || value.starts_with(b"true") {
                let row = tag(text, at).filter(|(name, _)| local(name) == b"row");
                if let Some(row) = row.and_then(|(_, tag)| number(attribute(tag, b"r")?)) {
                    self.shape.hide(row);
                }
            }
        }
        for at in self.merged.find_iter(text) {
            let cell = tag(text, at).filter(|(name, _)| local(name) == b"mergeCell");
            if let Some(merge) = cell.and_then(|(_, tag)| range(attribute(tag, b"ref")?)) {
                self.shape.merge(merge);
            }
        }
    }
}

/// Name and text of the tag around a place.
fn tag(text: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let start = memrchr(b'<', &text[..at])? + 1;
    let end = at + memchr(b'>', &text[at..])?;
    let tag = text.get(start..end).filter(|tag| tag.len() < TAG && memchr(b'>', tag).is_none())?;
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next()?;
    Some((name, tag))
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    memchr(b':', name).map_or(name, |at| &name[at + 1..])
}

/// The value of an attribute of a tag.
fn attribute<'t>(tag: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    memmem::find_iter(tag, name).find_map(|at| {
        let before = tag.get(at.checked_sub(1)?)?;
        let rest = tag.get(at + name.len()..)?;
        let (quote, value) = rest.strip_prefix(b"=")?.split_first()?;
        let end = memchr(*quote, value)?;
        (before.is_ascii_whitespace() && matches!(quote, b'"' | b'\'')).then(|| &value[..end])
    })
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `H2:H7`; column and row of both corners.
fn range(text: &[u8]) -> Option<Merge> {
    let text = std::str::from_utf8(text).ok()?;
    let (from, to) = text.split_once(':')?;
    let ((left, top), (_, bottom)) = (corner(from)?, corner(to)?);
    Some(Merge { top, bottom, left })
}

fn corner(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let column = letters.bytes().filter(|byte| *byte != b'$').try_fold(0_u32, |column, byte| {
        let letter = byte.to_ascii_uppercase().checked_sub(b'A').filter(|letter| *letter < 26)?;
        column.checked_mul(26)?.checked_add(u32::from(letter) + 1)
    })?;
    Some((column.checked_sub(1)?, row.trim_start_matches('$').parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_and_merged_cells_are_found_however_the_text_is_cut() {
        let text = br#"<cols><col hidden="1"/></cols><sheetData><row r="1" hidden="false"/><row hidden='1' r='4'><c r="A4"><v>hidden="1"</v></c></row><x:row spans="1:3" r="5" hidden="true"/></sheetData><mergeCells count="2"><mergeCell ref="H2:H7"/><x:mergeCell ref="$AA$3:$AB$4"/><mergeCell ref="A1:C1"/></mergeCells>"#;
        for size in [1, 2, 7, 50, text.len()] {
            let mut scan = Scan::default();
            text.chunks(size).for_each(|piece| scan.feed(piece));
            let shape = scan.finish();
            assert_eq!((1..9).filter(|row| shape.hides(*row)).collect::<Vec<_>>(), [4, 5], "in pieces of {size}");
            let merges = [Merge { top: 2, bottom: 7, left: 7 }, Merge { top: 3, bottom: 4, left: 26 }];
            assert_eq!(shape.merges, merges, "in pieces of {size}");
        }
    }
}
