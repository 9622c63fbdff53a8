//! What a file is, by its content; its name and extension are not looked at.

use std::io::{self, Read, Seek, SeekFrom};

use domain::finding::Code;

use crate::{
    Rejection,
    charset::{self, Charset, Sniffed},
    foreign, html,
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
    /// .xlsx and its kin, encrypted and put into a compound file.
    Encrypted,
    /// A page with tables.
    Page(Charset),
    /// .csv, .tsv.
    Text(Charset),
}

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
    let size = file.seek(SeekFrom::End(0))?;
    if let Some(rejection) = foreign::told(&head, size).or_else(|| lost_text(&head)) {
        return Err(rejection.into());
    }
    let page = is_page(&head)?;
    file.rewind()?;
    let sniffed = charset::sniff(&mut *file, &head)?;
    if page {
        file.rewind()?;
        return Ok(Container::Page(html::charset(file, &head, sniffed)?));
    }
    match sniffed {
        Sniffed::Text(charset) => Ok(Container::Text(charset)),
        Sniffed::Mixed => Err(not_a_spreadsheet("文本中混有不同的编码（如 UTF-8 与 GB18030），无法可靠读取").into()),
        Sniffed::Unknown => Err(unknown_text().into()),
        Sniffed::Binary => Err(unknown_bytes().into()),
    }
}

/// Saved in a code page of another script, or with characters that it has not.
pub(crate) fn unknown_text() -> Rejection {
    let detail = "这个文本文件不是以 UTF-8、UTF-16 或 GB18030 编码保存的，或者有文字在保存时已损坏，无法可靠读取。请在原来的程序中另存为 .xlsx 后上传。";
    Rejection::alone(Code::NotASpreadsheet, detail)
}

fn unknown_bytes() -> Rejection {
    let detail = "这不是可以读取的电子表格，也不是 UTF-8、GB18030 或 UTF-16 编码的文本。请上传 .xlsx、.xls、.ods 或 .csv 文件；如果它在您的电脑上能正常打开，可能已被单位的文档加密系统加密，须先解密再上传。";
    Rejection::alone(Code::NotASpreadsheet, detail)
}

/// A text whose first line is question marks where words stood: a program saved it in a code page that has no Chinese.
fn lost_text(head: &[u8]) -> Option<Rejection> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty())?;
    let fields = line.split(|byte| matches!(byte, b',' | b';' | b'\t' | b'|')).filter(|field| !field.is_empty());
    let (lost, others): (Vec<&[u8]>, Vec<&[u8]>) = fields
        .partition(|field| field.windows(2).any(|two| two == b"??") && !field.iter().any(u8::is_ascii_alphanumeric));
    let detail = "文件中的汉字在保存时已丢失（都变成了问号），无法恢复。请在原来的程序中重新另存为 .xlsx（或“CSV UTF-8”）后上传。";
    (lost.len() > 1 && others.len() < lost.len()).then(|| Rejection::alone(Code::NotASpreadsheet, detail))
}

pub(crate) fn not_a_spreadsheet(detail: &str) -> Rejection {
    Rejection::new(Code::NotASpreadsheet, detail)
}

/// Whether a file is a web page, as many systems export tables under a spreadsheet's name. XML of other sorts is told.
fn is_page(head: &[u8]) -> Result<bool, Rejection> {
    let text: String = head.iter().filter(|byte| **byte != 0).map(|byte| byte.to_ascii_lowercase() as char).collect();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, 'ï' | '»' | '¿' | 'ÿ' | 'þ'));
    let has = |word: &str| text.starts_with('<') && text.contains(word);
    if has("urn:schemas-microsoft-com:office:spreadsheet") && has("<workbook") && !has("<html") {
        return Err(foreign::save_as("XML 表格（2003）"));
    }
    if has("office:document") {
        return Err(foreign::save_as("OpenDocument 的 XML 文件（.fods）"));
    }
    if text.starts_with("mime-version:") {
        return Err(foreign::save_as("单个文件网页（.mht）"));
    }
    let starts =
        ["<!doctype html", "<table", "<head", "<meta", "<body", "<style", "<div", "<p", "<center", "<thead", "<tr"];
    if has("<html") || starts.iter().any(|start| text.starts_with(start)) {
        return Ok(true);
    }
    if text.starts_with("<?xml") { Err(foreign::save_as("XML 文件")) } else { Ok(false) }
}

/// A compound file: an old workbook, an encrypted new one, or a document of another program, by the names of its streams.
fn compound<R: Read + Seek>(file: &mut R) -> Result<Container, Failure> {
    let names =
        ["EncryptedPackage", "EncryptionInfo", "Workbook", "Book", "WordDocument", "PowerPoint Document", "Root Entry"];
    let found = stream_names(file, &names)?;
    let has = |name: &str| names.iter().zip(found).any(|(other, found)| found && *other == name);
    if has("EncryptedPackage") {
        return if has("EncryptionInfo") { Ok(Container::Encrypted) } else { Err(foreign::rights_managed().into()) };
    }
    if has("Workbook") || has("Book") {
        return Ok(Container::Compound);
    }
    let what = match (has("WordDocument"), has("PowerPoint Document"), has("Root Entry")) {
        (true, ..) => "Word 或 WPS 文字文档",
        (_, true, _) => "PowerPoint 或 WPS 演示文稿",
        (.., true) => "其他程序的文档",
        // A truncated workbook loses its directory, and so the names.
        _ => return Err(Rejection::damaged().into()),
    };
    Err(foreign::this_is(what, "请上传 .xlsx、.xls、.ods 或 .csv 文件").into())
}

/// Which names occur as a directory entry does, in whatever case: UTF-16LE at a multiple of 128 bytes (sectors are multiples
/// of 512).
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
                *seen |= entry.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
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
            (
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Table>",
                "2003",
            ),
            (b"<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:x\">", ".fods"),
            (b"<?xml version=\"1.0\"?><a/>", "XML"),
            (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", ".mht"),
            (b"\x01\x02\x03\x04", "加密系统"),
            (b"\x09\x00\x04\x00\x07\x00\x10\x00", "4.0 或更早"),
            (b"\x09\x08\x10\x00\x00\x06\x05\x00", "旧版 Excel"),
            (b"??*,????(???)*,????*,?\n???\xb7?,31\n", "问号"),
            (b"name,number\xff\xff,1\n", "另存为"),
        ] {
            let (code, detail) = detected(bytes).unwrap_err();
            assert_eq!(code, Code::NotASpreadsheet);
            assert!(detail.contains(name), "{detail} has no {name}");
        }
    }

    #[test]
    fn pages_are_told_by_their_first_tags() {
        for page in [
            &b"<html><body><table><tr><td>1</td></tr></table></body></html>"[..],
            b"\xef\xbb\xbf  <!DOCTYPE html><html>",
            b"<table border=1>",
            b"<?xml version=\"1.0\"?><!DOCTYPE html><html>",
            b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\" xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
        ] {
            assert!(matches!(detected(page), Ok(Container::Page(_))), "{}", String::from_utf8_lossy(page));
        }
    }

    #[test]
    fn a_compound_file_is_told_by_its_streams() {
        let file = |names: &[&str]| {
            let mut bytes = vec![0; 512 + 128 * (names.len() + 1)];
            bytes[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
            for (entry, name) in names.iter().enumerate() {
                for (place, byte) in name.encode_utf16().flat_map(u16::to_le_bytes).enumerate() {
                    bytes[512 + 128 * entry + place] = byte;
                }
            }
            bytes
        };
        for name in ["Workbook", "WORKBOOK", "workbook", "Book", "BOOK"] {
            assert_eq!(detected(&file(&["Root Entry", name])), Ok(Container::Compound), "{name}");
        }
        let locked = file(&["Root Entry", "EncryptionInfo", "EncryptedPackage"]);
        assert_eq!(detected(&locked), Ok(Container::Encrypted));
        let (code, detail) = detected(&file(&["Root Entry", "EncryptedPackage"])).unwrap_err();
        assert!(code == Code::Encrypted && detail.contains("IRM"), "{detail}");
        for (name, word) in [("WordDocument", "Word"), ("PowerPoint Document", "PowerPoint"), ("Contents", "其他程序")]
        {
            let (code, detail) = detected(&file(&["Root Entry", name])).unwrap_err();
            assert!(code == Code::NotASpreadsheet && detail.contains(word), "{detail}");
        }
        assert_eq!(detected(&file(&["\0"])).unwrap_err().0, Code::Damaged);
    }

    #[test]
    fn text_that_begins_like_a_picture_is_text() {
        assert!(matches!(detected(b"BMW,1\n"), Ok(Container::Text(_))));
    }
}
