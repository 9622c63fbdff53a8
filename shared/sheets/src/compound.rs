//! The compound file, container of .xls: takes the workbook's stream out of one, and puts a stream into one.
//!
//! A file's own tables say which sectors make a stream. Nothing in them is believed: no chain visits a sector twice, and no
//! table is larger than the file. Source: [MS-CFB].

use crate::Rejection;

/// A sector that is in no chain.
const FREE: u32 = 0xffff_ffff;
const END_OF_CHAIN: u32 = 0xffff_fffe;
/// A sector of the table of sectors itself.
const TABLE_SECTOR: u32 = 0xffff_fffd;
/// No sector has this number or a higher one.
const RESERVED: u32 = 0xffff_fffa;
/// Bytes of the header, and of the smallest sector.
const HEADER: usize = 512;
/// Places for sectors of the table in the header.
const HEADER_TABLES: usize = 109;
const ENTRY: usize = 128;
const MINI_SECTOR: usize = 64;
/// Streams below this size lie in mini sectors.
const SMALLEST_STREAM: usize = 4096;

/// A place in the directory.
struct Entry {
    name: String,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
}

/// The stream of the workbook in a whole compound file. May be shorter than stated where sectors are missing: whether the
/// workbook is whole, its records tell.
pub(crate) fn workbook(bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
    stream(bytes, &["Workbook", "Book"]).ok_or_else(Rejection::damaged)
}

/// The stream of one of these names, in whatever case, right below the root; the first name that there is.
pub(crate) fn stream(bytes: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let sector = match u16_at(bytes, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let mut file = Compound { bytes, sector, table: Vec::new() };
    file.table = file.read_table()?;
    let directory = file.chained(u32_at(bytes, 48)?, u64::MAX)?;
    let entries: Vec<Entry> = directory.as_chunks::<ENTRY>().0.iter().map(|bytes| entry_of(bytes, sector)).collect();
    let entry = names.iter().find_map(|name| find(&entries, name))?;
    if entry.size >= SMALLEST_STREAM as u64 {
        return file.chained(entry.start, entry.size);
    }
    let root = entries.first()?;
    let (minis, content) = (file.chained(u32_at(bytes, 60)?, u64::MAX)?, file.chained(root.start, root.size)?);
    let minis: Vec<u32> = numbers(&minis).collect();
    let sectors = chain(&minis, entry.start, content.len().div_ceil(MINI_SECTOR))?;
    let mut stream = Vec::new();
    for id in sectors {
        let start = id as usize * MINI_SECTOR;
        stream.extend(content.get(start..content.len().min(start + MINI_SECTOR)).unwrap_or_default());
    }
    stream.truncate(entry.size as usize);
    Some(stream)
}

impl Compound<'_> {
    fn sectors(&self) -> usize {
        (self.bytes.len() / self.sector).saturating_sub(1) + usize::from(!self.bytes.len().is_multiple_of(self.sector))
    }

    /// A sector; the last of a file may be short.
    fn sector(&self, id: u32) -> Option<&[u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = self.bytes.len().min(start.checked_add(self.sector)?);
        self.bytes.get(start..end).filter(|sector| !sector.is_empty())
    }

    /// The table that says of each sector which comes next.
    fn read_table(&self) -> Option<Vec<u32>> {
        let mut ids: Vec<u32> = numbers(self.bytes.get(76..HEADER)?).collect();
        let most = self.sectors() + HEADER_TABLES + self.sector;
        ids.extend(listed(u32_at(self.bytes, 68)?, most, |id| Some(numbers(self.sector(id)?).collect()))?);
        let mut table = Vec::new();
        for id in ids.into_iter().filter(|id| *id < RESERVED) {
            table.extend(numbers(self.sector(id)?));
            // A table so long names sectors that no file of this size has.
            if table.len() > self.sectors() + 64 * self.sector {
                return None;
            }
        }
        Some(table)
    }

    /// The bytes of a chain, at most `size`, up to the first sector that the file lacks.
    fn chained(&self, start: u32, size: u64) -> Option<Vec<u8>> {
        let wanted = usize::try_from(size).unwrap_or(usize::MAX).div_ceil(self.sector);
        let mut stream = Vec::new();
        for id in chain(&self.table, start, wanted.min(self.sectors()))? {
            let Some(sector) = self.sector(id) else { break };
            stream.extend_from_slice(sector);
        }
        stream.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Some(stream)
    }
}

/// What the lists from one on hold, each of which ends with the next one's place; `None` where there are more than `most`.
fn listed(first: u32, most: usize, list: impl Fn(u32) -> Option<Vec<u32>>) -> Option<Vec<u32>> {
    let (mut ids, mut more, mut seen) = (Vec::new(), first, 0);
    while more < RESERVED {
        seen += 1;
        let mut next = list(more)?;
        more = next.pop()?;
        ids.extend(next);
        if ids.len() > most || seen > most {
            return None;
        }
    }
    Some(ids)
}

/// Sectors of a chain in order, at most so many; `None` where it comes back to one of its own.
fn chain(table: &[u32], start: u32, wanted: usize) -> Option<Vec<u32>> {
    let (mut ids, mut seen, mut id) = (Vec::new(), vec![false; table.len()], start);
    while id < RESERVED && ids.len() < wanted {
        let Some(mark) = seen.get_mut(id as usize) else { break };
        if std::mem::replace(mark, true) {
            return None;
        }
        ids.push(id);
        id = table.get(id as usize).copied().unwrap_or(END_OF_CHAIN);
    }
    Some(ids)
}

/// The entry of a name among those right below the root: a document inside the document has streams of the same names.
fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    let mut seen = vec![false; entries.len()];
    let mut open = vec![entries.first()?.child];
    while let Some(id) = open.pop() {
        let (Some(entry), Some(mark)) = (entries.get(id as usize), seen.get_mut(id as usize)) else { continue };
        if std::mem::replace(mark, true) {
            continue;
        }
        if entry.kind == 2 && entry.name.eq_ignore_ascii_case(name) {
            return Some(entry);
        }
        open.extend([entry.left, entry.right]);
    }
    None
}

fn entry_of(bytes: &[u8; ENTRY], sector: usize) -> Entry {
    let number = |at| u32_at(bytes, at).unwrap_or(FREE);
    let units: Vec<u16> = bytes[..64].as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let name = String::from_utf16_lossy(&units).split('\0').next().unwrap_or_default().to_owned();
    // Files of small sectors leave rubbish in the upper half.
    let high = if sector == 512 { 0 } else { u64::from(number(124)) << 32 };
    let (left, right, child, start) = (number(68), number(72), number(76), number(116));
    Entry { name, kind: bytes[66], left, right, child, start, size: high | u64::from(number(120)) }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// A compound file that holds a workbook's stream and nothing else: the directory, the stream, the table. With sectors of
/// 512 bytes streams of 7 MB at most, with 4096 any.
pub(crate) fn contain(stream: &[u8], sector: usize) -> Vec<u8> {
    let size = stream.len().max(SMALLEST_STREAM);
    let sectors = size.div_ceil(sector);
    let mut tables = 1;
    while (1 + sectors + tables) * 4 > tables * sector {
        tables += 1;
    }
    let mut out = header(tables, 1 + sectors, sector);
    out.extend(entry("Root Entry", 5, 1, END_OF_CHAIN, 0));
    out.extend(entry("Workbook", 2, FREE, 1, size));
    out.extend(std::iter::repeat_n(entry("", 0, FREE, 0, 0), sector / ENTRY - 2).flatten());
    out.extend_from_slice(stream);
    out.resize((2 + sectors) * sector, 0);
    let chain = (2..=sectors as u32).chain([END_OF_CHAIN]);
    let table = std::iter::once(END_OF_CHAIN)
        .chain(chain)
        .chain(std::iter::repeat_n(TABLE_SECTOR, tables))
        .chain(std::iter::repeat(FREE));
    out.extend(table.take(tables * sector / 4).flat_map(u32::to_le_bytes));
    out
}

fn header(tables: usize, first_table: usize, sector: usize) -> Vec<u8> {
    let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    out.resize(24, 0);
    let shift = sector.trailing_zeros() as u16;
    out.extend([0x3e_u16, 3, 0xfffe, shift, 6, 0, 0, 0].iter().flat_map(|value| value.to_le_bytes()));
    let stream = [0, tables as u32, 0, 0, SMALLEST_STREAM as u32, END_OF_CHAIN, 0, END_OF_CHAIN, 0];
    out.extend(stream.iter().flat_map(|value| value.to_le_bytes()));
    let places = (0..HEADER_TABLES).map(|place| if place < tables { (first_table + place) as u32 } else { FREE });
    out.extend(places.flat_map(u32::to_le_bytes));
    out.resize(sector.max(HEADER), 0);
    out
}

fn entry(name: &str, kind: u8, child: u32, start: u32, size: usize) -> Vec<u8> {
    let mut out: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = if name.is_empty() { 0 } else { out.len() + 2 };
    out.resize(64, 0);
    out.extend_from_slice(&(length as u16).to_le_bytes());
    out.extend_from_slice(&[kind, 1]);
    out.extend([FREE, FREE, child].iter().flat_map(|value| value.to_le_bytes()));
    out.resize(116, 0);
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&(size as u64).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_comes_out_as_it_went_in_with_sectors_of_both_sizes() {
        for length in [5000, 70_000, 5_000_000] {
            let stream: Vec<u8> = (0..length).map(|place: u32| place.to_le_bytes()[1]).collect();
            for sector in [512, 4096] {
                assert!(workbook(&contain(&stream, sector)).unwrap() == stream, "{length} in {sector}");
            }
        }
    }

    #[test]
    fn a_chain_has_each_sector_once_and_ends_where_the_table_or_the_wish_does() {
        let table = [1, 2, 3, END_OF_CHAIN, 9, 5];
        assert_eq!(chain(&table, 0, 9), Some(vec![0, 1, 2, 3]));
        assert_eq!(chain(&table, 0, 2), Some(vec![0, 1]));
        // Sector 9 is beyond the table, and 5 follows itself.
        assert_eq!(chain(&table, 4, 9), Some(vec![4]));
        assert_eq!(chain(&table, 5, 9), None);
    }

    #[test]
    fn lists_of_table_sectors_hold_no_more_than_the_file_has_room_for() {
        let lists = |id: u32| Some(if id == 7 { vec![1, 2, 3, 8] } else { vec![4, 5, 6, END_OF_CHAIN] });
        assert_eq!(listed(7, 6, lists), Some(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(listed(7, 5, lists), None);
        assert_eq!(listed(END_OF_CHAIN, 0, lists), Some(vec![]));
    }

    #[test]
    fn the_stream_is_that_of_the_document_and_not_of_one_inside_it() {
        let mut bytes = contain(&vec![1; 5000], 512);
        // The third entry, before the root's child in no order: a storage's stream of the same name.
        let third = 512 + 2 * ENTRY;
        let inner = entry("Workbook", 2, FREE, 3, 4096);
        let outer = bytes[512 + ENTRY..][..ENTRY].to_vec();
        bytes[512 + ENTRY..][..ENTRY].copy_from_slice(&inner);
        bytes[third..][..ENTRY].copy_from_slice(&outer);
        bytes[512 + 76..][..4].copy_from_slice(&2_u32.to_le_bytes());
        assert_eq!(workbook(&bytes).unwrap().len(), 5000);
    }
}
