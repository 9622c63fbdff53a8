//! What a file is, by its content; its name and extension are not looked at.

use std::io::{self, Read, Seek, SeekFrom};

use domain::finding::Code;
use encoding_rs::Encoding;

use crate::{
    Rejection,
    charset::{self, Sniffed},
    rejection::Failure,
};

/// Bytes looked at from the start.
const HEAD: u64 = 8 << 10;

/// A container that is worth opening.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Container {
    /// .xlsx, .xlsm, .xlsb, .ods, or an archive of something else.
    Zip,
    /// .xls.
    Compound,
    /// .csv, .tsv.
    Text(&'static Encoding),
}

/// Starts of files that are told by their name: nothing is read of them, but the clerk hears what was uploaded.
const KNOWN: &[(&[u8], &str)] = &[
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"MZ", "程序"),
    // Workbooks of the versions before 5.0, and of programs that still write them, without a container.
    (b"\x09\x00\x04\x00", "很旧的 Excel 格式（4.0 或更早）"),
    (b"\x09\x00\x06\x00", "很旧的 Excel 格式（4.0 或更早）"),
    (b"\x09\x02\x06\x00", "很旧的 Excel 格式（4.0 或更早）"),
    (b"\x09\x04\x06\x00", "很旧的 Excel 格式（4.0 或更早）"),
    (b"\x09\x08\x08\x00", "不完整的旧版 Excel 文件"),
    (b"\x09\x08\x10\x00", "不完整的旧版 Excel 文件"),
    (b"\x7fELF", "程序"),
];

/// Tells the container, and names what is no spreadsheet.
pub(crate) fn detect<R: Read + Seek>(file: &mut R) -> Result<Container, Failure> {
    file.rewind()?;
    let mut head = Vec::with_capacity(HEAD as usize);
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(not_a_spreadsheet("文件是空的").into());
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Container::Zip);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return compound(file);
    }
    if let Some((start, name)) = KNOWN.iter().find(|(start, _)| head.starts_with(start)) {
        // "BM" and "MZ" may begin a text, too.
        if start.len() > 2 || head.contains(&0) {
            return Err(not_a_spreadsheet(&format!("这是{name}")).into());
        }
    }
    if let Some(detail) = markup(&head) {
        return Err(not_a_spreadsheet(detail).into());
    }
    file.rewind()?;
    match charset::sniff(file, &head)? {
        Sniffed::Text(encoding) => Ok(Container::Text(encoding)),
        Sniffed::Mixed => Err(not_a_spreadsheet("文本中混有不同的编码（如 UTF-8 与 GB18030），无法可靠读取").into()),
        Sniffed::Binary => Err(not_a_spreadsheet("内容不是表格，也不是 UTF-8、GB18030 或 UTF-16 编码的文本").into()),
    }
}

pub(crate) fn not_a_spreadsheet(detail: &str) -> Rejection {
    Rejection::new(Code::NotASpreadsheet, detail)
}

/// Web pages and XML under a spreadsheet's name, as many systems export them.
fn markup(head: &[u8]) -> Option<&'static str> {
    let text: String = head.iter().filter(|byte| **byte != 0).map(|byte| byte.to_ascii_lowercase() as char).collect();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, 'ï' | '»' | '¿' | 'ÿ' | 'þ'));
    let page = ["<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<style", "<div", "mime-version:"];
    if text.contains("urn:schemas-microsoft-com:office:spreadsheet") && text.starts_with('<') {
        return Some("这是 XML 表格（2003），不是真正的 Excel 文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传");
    }
    if page.iter().any(|start| text.starts_with(start)) || text.starts_with('<') && text.contains("<html") {
        return Some("这是网页（HTML），不是真正的 Excel 文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传");
    }
    text.starts_with("<?xml").then_some("这是 XML 文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传")
}

/// A compound file: an old workbook, an encrypted new one, or a document of another program, by the names of its streams.
fn compound<R: Read + Seek>(file: &mut R) -> Result<Container, Failure> {
    let names = ["EncryptedPackage", "Workbook", "Book", "WordDocument", "PowerPoint Document"];
    let found = stream_names(file, &names)?;
    match found {
        [true, ..] => Err(Rejection::encrypted().into()),
        [_, true, ..] | [_, _, true, ..] => Ok(Container::Compound),
        [.., true, _] => Err(not_a_spreadsheet("这是 Word 文档").into()),
        [.., true] => Err(not_a_spreadsheet("这是 PowerPoint 演示文稿").into()),
        // A truncated workbook loses its directory, and so the names.
        _ => Err(Rejection::damaged().into()),
    }
}

/// Which names occur as a directory entry does: UTF-16LE at a multiple of 128 bytes (sectors are multiples of 512).
fn stream_names<R: Read + Seek, const N: usize>(file: &mut R, names: &[&str; N]) -> io::Result<[bool; N]> {
    let wanted = names.map(|name| name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let (mut found, mut buffer) = ([false; N], vec![0; 64 << 10]);
    file.seek(SeekFrom::Start(0))?;
    loop {
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        for entry in buffer[..filled].chunks(128) {
            for (seen, name) in found.iter_mut().zip(&wanted) {
                *seen |= entry.starts_with(name);
            }
        }
        if filled < buffer.len() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn detected(bytes: &[u8]) -> Result<Container, (Code, String)> {
        detect(&mut Cursor::new(bytes)).map_err(|failure| match failure {
            Failure::Rejected(rejection) => (rejection.code, rejection.detail),
            Failure::Io(error) => panic!("{error}"),
        })
    }

    #[test]
    fn what_is_no_spreadsheet_is_named() {
        for (bytes, name) in [
            (&b""[..], "空"),
            (b"%PDF-1.7\n", "PDF"),
            (b"\x89PNG\r\n\x1a\n\0\0", "图片"),
            (b"BM\0\0\0\0", "图片"),
            (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "HTML"),
            (b"\xef\xbb\xbf  <!DOCTYPE html><html>", "HTML"),
            (b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "2003"),
            (b"\x01\x02\x03\x04", "文本"),
            (b"\x09\x00\x04\x00\x07\x00\x10\x00", "4.0 或更早"),
            (b"\x09\x08\x10\x00\x00\x06\x05\x00", "旧版 Excel"),
        ] {
            let (code, detail) = detected(bytes).unwrap_err();
            assert_eq!(code, Code::NotASpreadsheet);
            assert!(detail.contains(name), "{detail} has no {name}");
        }
    }

    #[test]
    fn a_compound_file_is_told_by_its_streams() {
        let file = |name: &str| {
            let mut bytes = vec![0; 1024];
            bytes[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
            for (place, byte) in name.encode_utf16().flat_map(u16::to_le_bytes).enumerate() {
                bytes[640 + place] = byte;
            }
            bytes
        };
        assert_eq!(detected(&file("Workbook")), Ok(Container::Compound));
        assert_eq!(detected(&file("EncryptedPackage")).unwrap_err().0, Code::Encrypted);
        assert_eq!(detected(&file("WordDocument")).unwrap_err().0, Code::NotASpreadsheet);
        assert_eq!(detected(&file("Nothing")).unwrap_err().0, Code::Damaged);
    }

    #[test]
    fn text_that_begins_like_a_picture_is_text() {
        assert!(matches!(detected(b"BMW,1\n"), Ok(Container::Text(_))));
    }
}
