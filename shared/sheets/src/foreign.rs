//! Formats that are not read, told by how a file begins: what it is, and the one thing to do about it.

use domain::finding::Code;

use crate::Rejection;

/// For what any office program opens.
const SAVE_AS: &str = "请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传";
/// For what holds no table.
const TABLE_FILE: &str = "请上传 .xlsx、.xls、.ods 或 .csv 文件";
const UNPACK: &str = "请解压后上传其中的表格文件";

/// Start of a file, what it is, what to do.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (b"%PDF", "PDF 文档", TABLE_FILE),
    (b"\x89PNG", "图片", TABLE_FILE),
    (b"\xff\xd8\xff", "图片", TABLE_FILE),
    (b"GIF8", "图片", TABLE_FILE),
    (b"BM", "图片", TABLE_FILE),
    (b"II*\0", "图片", TABLE_FILE),
    (b"MM\0*", "图片", TABLE_FILE),
    (b"Rar!", "压缩包", UNPACK),
    (b"7z\xbc\xaf", "压缩包", UNPACK),
    (b"\x1f\x8b", "压缩包", UNPACK),
    (b"{\\rtf", "RTF 文档", SAVE_AS),
    (b"MZ", "程序", TABLE_FILE),
    (b"\x7fELF", "程序", TABLE_FILE),
    // Workbooks of the versions before 5.0, and of programs that still write them, without a container.
    (b"\x09\x00\x04\x00", "很旧的 Excel 格式（4.0 或更早）", SAVE_AS),
    (b"\x09\x00\x06\x00", "很旧的 Excel 格式（4.0 或更早）", SAVE_AS),
    (b"\x09\x02\x06\x00", "很旧的 Excel 格式（4.0 或更早）", SAVE_AS),
    (b"\x09\x04\x06\x00", "很旧的 Excel 格式（4.0 或更早）", SAVE_AS),
    (b"\x09\x08\x08\x00", "不完整的旧版 Excel 文件", SAVE_AS),
    (b"\x09\x08\x10\x00", "不完整的旧版 Excel 文件", SAVE_AS),
    (b"\0\0\x02\0\x06\x04", "Lotus 1-2-3 表格（.wk1）", SAVE_AS),
    (b"\0\0\x1a\0\0\x10", "Lotus 1-2-3 表格（.wk3）", SAVE_AS),
    (b"ID;P", "SYLK 表格（.slk）", SAVE_AS),
    (b"TABLE\r\n0,1", "DIF 表格（.dif）", SAVE_AS),
    (b"TABLE\n0,1", "DIF 表格（.dif）", SAVE_AS),
    (b"socialcalc:", "EtherCalc 表格（.eth）", "请在原来的程序中导出为 .xlsx 后重新上传"),
];

/// Texts of systems that encrypt a firm's documents: where each stands, and whose it is, where that is known.
const PROTECTED: &[(usize, &[u8], &str)] =
    &[(8, b"E-SafeNet", "（亿赛通 E-SafeNet）"), (0, b"b\x14#e", "（亿赛通 E-SafeNet）"), (0, b"%TSD-Header-", "")];

/// What the head of a file says that it is, if that is nothing we read.
pub(crate) fn told(head: &[u8], size: u64) -> Option<Rejection> {
    if let Some((.., whose)) =
        PROTECTED.iter().find(|(at, text, _)| head.get(*at..).is_some_and(|h| h.starts_with(text)))
    {
        return Some(protected(whose));
    }
    if let Some((start, what, remedy)) = KNOWN.iter().find(|(start, ..)| head.starts_with(start)) {
        // "BM" and "MZ" may begin a text, too.
        if start.len() > 2 || head.contains(&0) {
            return Some(this_is(what, remedy));
        }
    }
    is_dbase(head, size).then(|| this_is("dBase 表格（.dbf）", SAVE_AS))
}

/// A file of another sort, and what to do.
pub(crate) fn this_is(what: &str, remedy: &str) -> Rejection {
    let space = if what.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
    Rejection::alone(Code::NotASpreadsheet, format!("这是{space}{what}，不能直接读取。{remedy}。"))
}

/// What any office program opens and we do not.
pub(crate) fn save_as(what: &str) -> Rejection {
    this_is(what, SAVE_AS)
}

/// A Numbers document.
pub(crate) fn numbers() -> Rejection {
    this_is("苹果 Numbers 文档", "请在 Numbers 中选“文件—导出为—Excel”，上传导出的 .xlsx")
}

/// Encrypted by a system of the firm's: saving it anew on that machine keeps it encrypted.
fn protected(whose: &str) -> Rejection {
    let detail = format!(
        "文件被单位的文档加密系统{whose}加密，离开该单位的电脑就无法读取；另存后仍是加密的。请先在该系统中解密（或让单位的管理员解密、外发），再上传解密后的文件。"
    );
    Rejection::alone(Code::Encrypted, detail)
}

/// Bound to accounts by rights management ([MS-OFFCRYPTO] 2.2), which no password opens.
pub(crate) fn rights_managed() -> Rejection {
    let detail = "文件设有权限管理（IRM），只有被授权的账号能打开。请在 Excel 中取消“限制访问”后另存，再重新上传。";
    Rejection::alone(Code::Encrypted, detail)
}

/// The header of a dBase file: its version, a date, and how long header and records are, which have to fit its size.
fn is_dbase(head: &[u8], size: u64) -> bool {
    let [version, _, month, day, ..] = *head else { return false };
    let number = |at: usize| head.get(at..at + 2).map_or(0, |two| u64::from(two[0]) | u64::from(two[1]) << 8);
    let (header, record) = (number(8), number(10));
    let known = matches!(version, 0x02 | 0x03 | 0x30..=0x32 | 0x43 | 0x63 | 0x83 | 0x8b | 0xcb | 0xe5 | 0xf5 | 0xfb);
    // Some programs leave the date blank.
    known && month <= 12 && day <= 31 && header > 32 && record > 1 && header <= size && head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(head: &[u8]) -> Option<String> {
        told(head, head.len() as u64).map(|rejection| rejection.sentence_zh())
    }

    #[test]
    fn each_is_told_by_name_with_one_thing_to_do() {
        let mut dbase = b"\x03\x1a\x0b\x05\x02\0\0\0\x41\0\x14\0".to_vec();
        dbase.resize(120, 0);
        for (head, words) in [
            (b"ID;PWXL;N;E\r\n".as_slice(), [".slk", "另存为 .xlsx"]),
            (b"TABLE\r\n0,1\r\n\"EXCEL\"\r\n", [".dif", "另存为 .xlsx"]),
            (&dbase, [".dbf", "另存为 .xlsx"]),
            (b"\0\0\x02\0\x06\x04\x06\0", ["Lotus", "另存为 .xlsx"]),
            (b"Rar!\x1a\x07\x00", ["压缩包", "解压"]),
            (b"b\x14#e\0\0\0\0E-SafeNet\0\0\0LOCK", ["E-SafeNet", "解密后的文件"]),
            (b"%TSD-Header-###%\0\x01", ["文档加密系统", "解密后的文件"]),
        ] {
            let said = sentence(head).unwrap();
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
            assert_eq!(said.matches('请').count(), 1, "{said}");
            assert!(said.ends_with('。') && !said.contains("。。"), "{said}");
        }
    }

    #[test]
    fn text_is_not_taken_for_another_format() {
        for text in ["BMW,1\n", "MZ,1\n", "ID,name\n", "TABLE\n1\n", "\u{3}1,2\n", "姓名,证件号码\n"] {
            assert_eq!(sentence(text.as_bytes()), None, "{text}");
        }
    }
}
