//! How the text of a .csv is encoded: by its byte order mark, by where its NUL bytes stand, by what decodes cleanly.

use std::io::{self, Read};

use encoding_rs::{CoderResult, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// What some bytes are, taken as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sniffed {
    /// Clean in an encoding.
    Text(&'static Encoding),
    /// Text that no one encoding fits, or of which another fits some lines better.
    Mixed,
    /// No text.
    Binary,
}

/// What a text seems to be.
pub(crate) fn sniff(mut source: impl Read, head: &[u8]) -> io::Result<Sniffed> {
    let marked = Encoding::for_bom(head).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| utf16_by_nuls(head)) {
        return Ok(if decodes(&mut source, encoding)? { Sniffed::Text(encoding) } else { Sniffed::Mixed });
    }
    if head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)) {
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
                Some((encoding, ..)) if *encoding == GB18030 && lines.any_utf8() => Sniffed::Mixed,
                Some((encoding, ..)) => Sniffed::Text(encoding),
                None => Sniffed::Mixed,
            });
        }
    }
}

/// Looks for lines that are Chinese in UTF-8, as come of files put together.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    found: bool,
}

impl Lines {
    /// So many Chinese characters in a line don't come of GB18030 by chance.
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
        if !self.found && !self.line.is_ascii() {
            let valid = match std::str::from_utf8(&self.line) {
                Ok(text) => text,
                // A line looked at in part may end within a character.
                Err(error) if error.error_len().is_none() && self.line.len() == Self::BYTES => {
                    std::str::from_utf8(&self.line[..error.valid_up_to()]).unwrap_or_default()
                }
                Err(_) => "",
            };
            let chinese = |c: &char| matches!(c, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
            self.found = valid.chars().filter(chinese).count() >= Self::CHARACTERS;
        }
        self.line.clear();
    }

    fn any_utf8(&mut self) -> bool {
        self.end();
        self.found
    }
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

fn decodes(source: &mut impl Read, encoding: &'static Encoding) -> io::Result<bool> {
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

/// A stream of decoded text, chunk by chunk. The encoding was seen to fit, so nothing is replaced in practice.
pub(crate) struct Text<R> {
    source: R,
    decoder: encoding_rs::Decoder,
    bytes: Vec<u8>,
    decoded: String,
    ended: bool,
}

impl<R: Read> Text<R> {
    pub fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
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
            let (result, _, _) = self.decoder.decode_to_string(&self.bytes[..count], &mut self.decoded, self.ended);
            // The buffer holds three bytes of UTF-8 for each byte read, which no encoding needs more than.
            debug_assert!(matches!(result, CoderResult::InputEmpty));
        }
        Ok((!self.decoded.is_empty()).then_some(self.decoded.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(bytes: &[u8]) -> Option<&'static str> {
        match sniff(bytes, &bytes[..bytes.len().min(4096)]).unwrap() {
            Sniffed::Text(encoding) => Some(encoding.name()),
            Sniffed::Mixed => Some("mixed"),
            Sniffed::Binary => None,
        }
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
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
            b"name,number\xff\xff\xff,1\n".to_vec(),
            b"\xef\xbb\xbfname,\xff\n".to_vec(),
        ] {
            assert_eq!(sniffed(&bytes), Some("mixed"));
        }
        assert_eq!(sniffed(&[first, gb].concat()), Some("gb18030"));
    }

    #[test]
    fn text_is_whole_though_characters_lie_across_chunks() {
        let text = "示例,".repeat(CHUNK);
        for bytes in [text.clone().into_bytes(), GB18030.encode(&text).0.into_owned()] {
            let Sniffed::Text(encoding) = sniff(bytes.as_slice(), &bytes[..4096]).unwrap() else { panic!("no text") };
            let (mut reader, mut read) = (Text::new(bytes.as_slice(), encoding), String::new());
            while let Some(chunk) = reader.chunk().unwrap() {
                read.push_str(chunk);
            }
            assert!(read == text, "{}", encoding.name());
        }
    }
}
