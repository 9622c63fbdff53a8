//! How a text is encoded: by its byte order mark, by where its NUL bytes stand, by what decodes cleanly.

use std::io::{self, Read};

use encoding_rs::{CoderResult, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// The mark by which DOS ended a text; programs of its time still write it.
const END_OF_TEXT: u8 = 0x1a;
/// A byte order mark as a character. Within a text it is nothing that anybody sees.
const MARK: &str = "\u{feff}";

/// How characters are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Charset {
    /// One that the web knows, too.
    Known(&'static Encoding),
    /// Four bytes a character.
    Utf32 { big: bool },
}

impl Charset {
    /// Its name as the web has it.
    #[cfg(test)]
    pub fn name(self) -> &'static str {
        match self {
            Self::Known(encoding) => encoding.name(),
            Self::Utf32 { big: false } => "UTF-32LE",
            Self::Utf32 { big: true } => "UTF-32BE",
        }
    }
}

/// What some bytes are, taken as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sniffed {
    /// Clean in an encoding.
    Text(Charset),
    /// Text that no one encoding fits: some lines are in one, others in another.
    Mixed,
    /// Text that no encoding of ours fits.
    Unknown,
    /// No text.
    Binary,
}

/// What a text seems to be.
pub(crate) fn sniff(mut source: impl Read, head: &[u8]) -> io::Result<Sniffed> {
    if let Some(big) = utf32(head) {
        return Ok(Sniffed::Text(Charset::Utf32 { big }));
    }
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| utf16_by_nuls(head)) {
        let clean = decodes(&mut source, encoding)?;
        return Ok(if clean { Sniffed::Text(Charset::Known(encoding)) } else { Sniffed::Mixed });
    }
    if head.iter().any(|byte| matches!(byte, 0..=8 | 14..=25 | 28..=31)) {
        return Ok(Sniffed::Binary);
    }
    // One pass tells UTF-8 and GB18030 both: text is read once however large.
    let mut candidates = [
        (UTF_8, UTF_8.new_decoder_without_bom_handling(), true),
        (GB18030, GB18030.new_decoder_without_bom_handling(), true),
    ];
    let (mut bytes, mut text, mut lines) = (vec![0; CHUNK], String::with_capacity(CHUNK * 3), Lines::default());
    loop {
        let count = source.read(&mut bytes)?;
        for (_, decoder, clean) in &mut candidates {
            *clean = *clean && clean_chunk(decoder, &bytes[..count], count == 0, &mut text);
        }
        lines.feed(&bytes[..count]);
        if count == 0 || candidates.iter().all(|(_, _, clean)| !clean) {
            return Ok(match candidates.iter().find(|(_, _, clean)| *clean) {
                // Nearly all bytes are clean GB18030, those of Chinese in UTF-8, too: as rubbish.
                Some((encoding, ..)) if *encoding == GB18030 && lines.ended().utf8 => Sniffed::Mixed,
                Some((encoding, ..)) => Sniffed::Text(Charset::Known(encoding)),
                None if lines.ended().utf8 && lines.gb18030 => Sniffed::Mixed,
                None => Sniffed::Unknown,
            });
        }
    }
}

/// Looks for lines that are Chinese in UTF-8 and such in GB18030, as come of files put together.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    utf8: bool,
    gb18030: bool,
}

impl Lines {
    /// Chinese characters of a line that tell its encoding.
    const CHARACTERS: usize = 4;
    /// Bytes looked at of a line.
    const BYTES: usize = 4 << 10;

    fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = Self::BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        if !self.line.is_ascii() {
            let part = self.line.len() == Self::BYTES;
            match std::str::from_utf8(&self.line) {
                Ok(text) => self.utf8 |= is_chinese(text),
                // A line looked at in part may end within a character.
                Err(error) if part && error.error_len().is_none() => {
                    let whole = &self.line[..error.valid_up_to()];
                    self.utf8 |= is_chinese(std::str::from_utf8(whole).unwrap_or_default());
                }
                Err(_) => {
                    let text = GB18030.decode_without_bom_handling_and_without_replacement(&self.line);
                    self.gb18030 |= text.is_some_and(|text| is_chinese(&text));
                }
            }
        }
        self.line.clear();
    }

    /// With the last line looked at, which may lack its end.
    fn ended(&mut self) -> &Self {
        self.end();
        self
    }
}

/// So many Chinese characters in a line don't come by chance.
fn is_chinese(text: &str) -> bool {
    let chinese = |c: &char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    text.chars().filter(chinese).count() >= Lines::CHARACTERS
}

/// UTF-16 without a mark: in text of Latin letters, digits and delimiters every other byte is NUL, and only those.
fn utf16_by_nuls(head: &[u8]) -> Option<&'static Encoding> {
    let nuls = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    // A comma or line break comes at least once in 40 characters of a table.
    let enough = (head.len() / 80).max(1);
    match (even, odd) {
        (0, odd) if odd >= enough => Some(UTF_16LE),
        (even, 0) if even >= enough => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-32, by its mark or because each four bytes are a character: no other text is such. True where the high byte comes first.
fn utf32(head: &[u8]) -> Option<bool> {
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return Some(head[0] == 0);
    }
    let fours = head.as_chunks::<4>().0;
    let all = |big: bool| fours.len() > 1 && fours.iter().all(|four| utf32_char(*four, big).is_some_and(|c| c != '\0'));
    [false, true].into_iter().find(|big| all(*big))
}

fn utf32_char(four: [u8; 4], big: bool) -> Option<char> {
    char::from_u32(if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
}

/// Whether a text is clean in an encoding to its end.
pub(crate) fn decodes(source: &mut impl Read, encoding: &'static Encoding) -> io::Result<bool> {
    let mut decoder = encoding.new_decoder();
    let (mut bytes, mut text) = (vec![0; CHUNK], String::with_capacity(CHUNK * 3));
    loop {
        let count = source.read(&mut bytes)?;
        if !clean_chunk(&mut decoder, &bytes[..count], count == 0, &mut text) {
            return Ok(false);
        }
        if count == 0 {
            return Ok(true);
        }
    }
}

fn clean_chunk(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool, text: &mut String) -> bool {
    loop {
        text.clear();
        match decoder.decode_to_string_without_replacement(bytes, text, last) {
            (DecoderResult::InputEmpty, _) => return true,
            (DecoderResult::OutputFull, read) => bytes = &bytes[read..],
            (DecoderResult::Malformed(..), _) => return false,
        }
    }
}

/// A stream of decoded text, chunk by chunk. The encoding was seen to fit, so nothing is replaced in practice. Marks of DOS
/// and of byte order are left out wherever they stand: files that were put together have them in the middle.
pub(crate) struct Text<R> {
    source: R,
    decoder: Decoding,
    bytes: Vec<u8>,
    decoded: String,
    ended: bool,
}

enum Decoding {
    Known(encoding_rs::Decoder),
    /// Bytes that make no whole character yet.
    Utf32 {
        big: bool,
        rest: Vec<u8>,
    },
}

impl Decoding {
    fn decode(&mut self, bytes: &[u8], ended: bool, text: &mut String) {
        match self {
            Self::Known(decoder) => {
                let (result, _, _) = decoder.decode_to_string(bytes, text, ended);
                // The buffer holds three bytes of UTF-8 for each byte read, which no encoding needs more than.
                debug_assert!(matches!(result, CoderResult::InputEmpty));
            }
            Self::Utf32 { big, rest } => {
                rest.extend_from_slice(bytes);
                let (fours, left) = rest.as_chunks::<4>();
                let character = |four: &[u8; 4]| utf32_char(*four, *big).unwrap_or(char::REPLACEMENT_CHARACTER);
                text.extend(fours.iter().map(character));
                let left = left.to_vec();
                *rest = left;
            }
        }
    }
}

impl<R: Read> Text<R> {
    pub fn new(source: R, charset: Charset) -> Self {
        Self {
            source,
            decoder: match charset {
                Charset::Known(encoding) => Decoding::Known(encoding.new_decoder_with_bom_removal()),
                Charset::Utf32 { big } => Decoding::Utf32 { big, rest: Vec::new() },
            },
            bytes: vec![0; CHUNK],
            decoded: String::with_capacity(CHUNK * 3 + 16),
            ended: false,
        }
    }

    /// The next piece of text; `None` at the end.
    pub fn chunk(&mut self) -> io::Result<Option<&str>> {
        self.decoded.clear();
        while self.decoded.is_empty() && !self.ended {
            let count = self.source.read(&mut self.bytes)?;
            self.ended = count == 0;
            self.decoder.decode(&self.bytes[..count], self.ended, &mut self.decoded);
            let marked = memchr(END_OF_TEXT, self.decoded.as_bytes()).is_some();
            if marked || memmem::find(self.decoded.as_bytes(), MARK.as_bytes()).is_some() {
                self.decoded.retain(|c| c != char::from(END_OF_TEXT) && c != '\u{feff}');
            }
        }
        Ok((!self.decoded.is_empty()).then_some(self.decoded.as_str()))
    }

    /// All of the text, if it has no more bytes than so many.
    pub fn whole(mut self, most: u64) -> io::Result<Option<String>> {
        let mut text = String::new();
        while let Some(chunk) = self.chunk()? {
            text.push_str(chunk);
            if text.len() as u64 > most {
                return Ok(None);
            }
        }
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(bytes: &[u8]) -> Option<&'static str> {
        match sniff(bytes, &bytes[..bytes.len().min(4096)]).unwrap() {
            Sniffed::Text(charset) => Some(charset.name()),
            Sniffed::Mixed => Some("mixed"),
            Sniffed::Unknown => Some("unknown"),
            Sniffed::Binary => None,
        }
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    fn utf32(text: &str, big: bool) -> Vec<u8> {
        text.chars().flat_map(|c| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() }).collect()
    }

    /// The text of some bytes.
    fn whole(bytes: &[u8]) -> String {
        let sniffed = sniff(bytes, &bytes[..bytes.len().min(4096)]).unwrap();
        let Sniffed::Text(charset) = sniffed else { panic!("{sniffed:?}") };
        Text::new(bytes, charset).whole(u64::MAX).unwrap().unwrap()
    }

    #[test]
    fn four_bytes_may_be_a_character() {
        let text = "姓名,证件号码\r\n\u{20bb7}田明,31019919620303169X\r\n".repeat(9000);
        for big in [false, true] {
            let name = if big { "UTF-32BE" } else { "UTF-32LE" };
            for marked in [text.clone(), format!("\u{feff}{text}")] {
                let bytes = utf32(&marked, big);
                assert_eq!(sniffed(&bytes), Some(name));
                assert!(whole(&bytes) == text, "{name}");
            }
        }
    }

    #[test]
    fn marks_of_the_end_and_of_the_order_of_bytes_are_no_text() {
        let (line, marked) = ("甲,1\r\n", "\u{feff}甲,1\r\n\u{1a}\u{feff}甲,1\r\n\u{1a}");
        assert_eq!(whole(marked.as_bytes()), line.repeat(2));
        assert_eq!(whole(&GB18030.encode("甲,1\r\n\u{1a}").0), line);
        assert_eq!(whole(&utf16(marked, false)), line.repeat(2));
    }

    #[test]
    fn encodings_are_told_by_content() {
        let text = "姓名,证件号码,手机号码\r\n王小明,310199199001010014,13800000000\r\n";
        assert_eq!(sniffed(text.as_bytes()), Some("UTF-8"));
        assert_eq!(sniffed(format!("\u{feff}{text}").as_bytes()), Some("UTF-8"));
        assert_eq!(sniffed(&GB18030.encode(text).0), Some("gb18030"));
        for big in [false, true] {
            let name = if big { "UTF-16BE" } else { "UTF-16LE" };
            assert_eq!(sniffed(&utf16(text, big)), Some(name));
            assert_eq!(sniffed(&utf16(&format!("\u{feff}{text}"), big)), Some(name));
        }
    }

    #[test]
    fn bytes_that_are_no_text_have_no_encoding() {
        assert_eq!(sniffed(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01"), None);
    }

    #[test]
    fn text_in_two_encodings_is_told_though_one_decodes_both() {
        let (header, row) = ("姓名,证件类型,证件号码\n", "王小明,居民身份证,310199199001010014\n");
        let (gb, utf8) = (GB18030.encode(&row.repeat(3)).0.into_owned(), row.repeat(2));
        let first = GB18030.encode(header).0.into_owned();
        for bytes in [
            [first.as_slice(), &gb, utf8.as_bytes(), &gb].concat(),
            [header.as_bytes(), &gb].concat(),
            [first.as_slice(), &gb, utf8.trim_end().as_bytes()].concat(),
            b"\xef\xbb\xbfname,\xff\n".to_vec(),
        ] {
            assert_eq!(sniffed(&bytes), Some("mixed"));
        }
        assert_eq!(sniffed(b"name,number\xff\xff\xff,1\n"), Some("unknown"));
        assert_eq!(sniffed(&[first, gb].concat()), Some("gb18030"));
    }

    #[test]
    fn text_is_whole_though_characters_lie_across_chunks() {
        let text = "示例,".repeat(CHUNK);
        for bytes in [text.clone().into_bytes(), GB18030.encode(&text).0.into_owned()] {
            assert!(whole(&bytes) == text);
        }
    }
}
