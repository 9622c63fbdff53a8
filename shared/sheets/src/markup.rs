//! Whether the XML of a part is whole: every element ends where it has to, and the rows of a worksheet stand where rows stand.
//!
//! A parser may take any end for the one it waits for and stop where a sheet's data seem to end, and so read a bent part as
//! a sheet with fewer or other cells. This goes over the bytes before it, in a fraction of its time.

use domain::finding::Code;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem};

use crate::Rejection;

/// Elements within elements; sheets of real programs need a tenth.
const DEPTH: usize = 256;
/// Bytes of one tag with its attributes.
const TAG_BYTES: usize = 1 << 20;
/// Bytes of the longest start by which comments, declarations and tags are told apart: `<![CDATA[`.
const START: usize = 9;

/// Bytes of the number of a shared string: less than this.
const INDEX_BYTES: usize = 16;

/// How the text of a part is kept.
enum Form {
    Unknown,
    /// A byte is a character, as far as markup goes.
    Bytes,
    /// Two bytes are a character, which the format allows and no office program writes.
    Units(Decoder),
}

/// What an element is to a worksheet.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Data,
    Row,
    Cell,
    /// The value of a cell that refers to a shared string.
    Index,
    Other,
}

/// A name, short ones as a number: comparing them costs next to nothing.
#[derive(Clone, Copy, PartialEq)]
struct Name {
    /// The first eight bytes.
    head: u64,
    length: usize,
}

impl Name {
    /// Bytes that `head` has room for.
    const HEAD: usize = 8;

    /// The name at the start of a text, up to what no name holds.
    fn at(text: &[u8]) -> Self {
        let mut name = Self { head: 0, length: 0 };
        for byte in text {
            if matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n') {
                break;
            }
            if name.length < Self::HEAD {
                name.head |= u64::from(*byte) << (8 * name.length);
            }
            name.length += 1;
        }
        name
    }
}

/// An element whose end has not come.
struct Open {
    name: Name,
    kind: Kind,
    /// Where the rest of a long name begins among those kept.
    rest: usize,
}

/// Goes over the text of a part, piece by piece.
pub(crate) struct Markup {
    worksheet: bool,
    /// Elements within elements, and bytes of one tag, that are allowed.
    depth: usize,
    tag_bytes: usize,
    encoding: Form,
    /// Bytes that were not enough to tell what they begin.
    pending: Vec<u8>,
    /// The end of what is passed over: a comment, an instruction, plain text.
    passing: Option<&'static [u8]>,
    open: Vec<Open>,
    /// What long names have beyond their heads, one behind the other.
    rests: Vec<u8>,
    /// The prefix of the root's name, with its colon: that of all names of a worksheet. `None` while there is no root.
    prefix: Option<Vec<u8>>,
    data_seen: bool,
    /// The cell that is open refers to a shared string.
    shared: bool,
}

impl Markup {
    /// `worksheet` holds rows to their places, too.
    pub fn new(worksheet: bool) -> Self {
        Self {
            worksheet,
            depth: DEPTH,
            tag_bytes: TAG_BYTES,
            encoding: Form::Unknown,
            pending: Vec::new(),
            passing: None,
            open: Vec::new(),
            rests: Vec::new(),
            prefix: None,
            data_seen: false,
            shared: false,
        }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        if matches!(self.encoding, Form::Unknown) {
            self.encoding =
                two_byte_encoding(bytes).map_or(Form::Bytes, |encoding| Form::Units(encoding.new_decoder()));
        }
        let Form::Units(decoder) = &mut self.encoding else { return self.text(bytes) };
        // Two bytes make three at most.
        let mut text = String::with_capacity(bytes.len() * 2 + 16);
        let (result, _, _) = decoder.decode_to_string(bytes, &mut text, false);
        if result == CoderResult::OutputFull {
            return Err(Rejection::damaged());
        }
        self.text(text.as_bytes())
    }

    fn text(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        if self.pending.is_empty() {
            let seen = self.steps(bytes)?;
            self.pending.extend_from_slice(&bytes[seen..]);
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.pending);
        text.extend_from_slice(bytes);
        let seen = self.steps(&text)?;
        text.drain(..seen);
        self.pending = text;
        Ok(())
    }

    /// Whether the part is written in two bytes a character.
    pub fn is_wide(&self) -> bool {
        matches!(self.encoding, Form::Units(_))
    }

    /// The part has ended; so must its root.
    pub fn finish(&self) -> Result<(), Rejection> {
        let whole = self.prefix.is_some() && self.open.is_empty() && self.passing.is_none() && self.pending.is_empty();
        if whole { Ok(()) } else { Err(Rejection::damaged()) }
    }

    /// Goes over all that is whole; how many bytes.
    fn steps(&mut self, text: &[u8]) -> Result<usize, Rejection> {
        let mut at = 0;
        loop {
            let rest = &text[at..];
            let step = match rest {
                [] => None,
                _ if let Some(end) = self.passing => self.pass(rest, end),
                [b'<'] => None,
                [b'<', b'/', ..] => self.close(rest)?,
                [b'<', b'!' | b'?', ..] => self.declaration(rest)?,
                [b'<', ..] => self.begin(rest)?,
                _ => self.plain(rest)?,
            };
            match step {
                Some(length) => at += length,
                None if text.len() - at > self.tag_bytes => return Err(Rejection::damaged()),
                None => return Ok(at),
            }
        }
    }

    /// Goes on in what is passed over, to its end if it is in sight.
    fn pass(&mut self, text: &[u8], end: &[u8]) -> Option<usize> {
        if let Some(place) = memmem::find(text, end) {
            self.passing = None;
            return Some(place + end.len());
        }
        // The end may have begun.
        Some(text.len().saturating_sub(end.len() - 1)).filter(|length| *length > 0)
    }

    /// Begins to pass over a comment, plain text or an instruction; how long its start is.
    fn declaration(&mut self, text: &[u8]) -> Result<Option<usize>, Rejection> {
        let (length, end): (usize, &'static [u8]) = match text {
            [_, b'?', ..] => (2, b"?>"),
            _ if text.len() < START => return Ok(None),
            _ if text.starts_with(b"<!--") => (4, b"-->"),
            _ if text.starts_with(b"<![CDATA[") => (START, b"]]>"),
            _ => return Err(Rejection::damaged()),
        };
        self.passing = Some(end);
        Ok(Some(length))
    }

    /// Text up to the next tag.
    fn plain(&self, text: &[u8]) -> Result<Option<usize>, Rejection> {
        let end = memchr(b'<', text);
        if self.open.last().is_some_and(|open| open.kind == Kind::Index) {
            // A reference is looked at as a whole.
            return match end {
                Some(end) if is_index(&text[..end]) => Ok(Some(end)),
                None if text.len() < INDEX_BYTES => Ok(None),
                _ => Err(Rejection::damaged()),
            };
        }
        Ok(Some(end.unwrap_or(text.len())))
    }

    /// A tag that ends an element.
    fn close(&mut self, text: &[u8]) -> Result<Option<usize>, Rejection> {
        let name = Name::at(&text[2..]);
        let end = 2 + name.length;
        let behind = match text.get(end) {
            None => return Ok(None),
            Some(b'>') => 0,
            Some(_) => match memchr(b'>', &text[end..]) {
                Some(blanks) if text[end..end + blanks].trim_ascii().is_empty() => blanks,
                Some(_) => return Err(Rejection::damaged()),
                None => return Ok(None),
            },
        };
        let open = self.open.pop().filter(|open| open.name == name).ok_or_else(Rejection::damaged)?;
        if name.length > Name::HEAD {
            if self.rests[open.rest..] != text[2 + Name::HEAD..end] {
                return Err(Rejection::damaged());
            }
            self.rests.truncate(open.rest);
        }
        Ok(Some(end + behind + 1))
    }

    /// A tag that begins an element.
    fn begin(&mut self, text: &[u8]) -> Result<Option<usize>, Rejection> {
        let name = Name::at(&text[1..]);
        let Some(end) = tag_end(text, 1 + name.length) else { return Ok(None) };
        let (tag, written) = (&text[1..end], &text[1..=name.length]);
        if written.is_empty() || (self.open.is_empty() && self.prefix.is_some()) {
            return Err(Rejection::damaged());
        }
        self.prefix.get_or_insert_with(|| memchr(b':', written).map_or(Vec::new(), |colon| written[..=colon].to_vec()));
        let kind = if self.worksheet { self.kind(written, tag)? } else { Kind::Other };
        if tag.last() != Some(&b'/') {
            if self.open.len() == self.depth {
                return Err(Rejection::new(Code::Hostile, "部件的嵌套层数异常"));
            }
            self.open.push(Open { name, kind, rest: self.rests.len() });
            self.rests.extend_from_slice(written.get(Name::HEAD..).unwrap_or_default());
        }
        Ok(Some(end + 1))
    }

    /// What an element of a worksheet is. Rows stand in the data, cells in rows, and the data stand once, in the root.
    fn kind(&mut self, name: &[u8], tag: &[u8]) -> Result<Kind, Rejection> {
        let parent = self.open.last().map_or(Kind::Other, |open| open.kind);
        let (kind, stands_right) = match name.strip_prefix(self.prefix.as_deref().unwrap_or_default()) {
            Some(b"v") if parent == Kind::Cell && self.shared => (Kind::Index, true),
            Some(b"c") => {
                self.shared = refers_to_string(tag);
                (Kind::Cell, parent == Kind::Row)
            }
            Some(b"row") => (Kind::Row, parent == Kind::Data),
            Some(b"sheetData") => (Kind::Data, self.open.len() == 1 && !std::mem::replace(&mut self.data_seen, true)),
            _ => (Kind::Other, true),
        };
        if stands_right { Ok(kind) } else { Err(Rejection::damaged()) }
    }
}

/// The number of a shared string. What is none the parser takes for the first.
fn is_index(text: &[u8]) -> bool {
    text.len() < INDEX_BYTES && text.iter().all(u8::is_ascii_digit)
}

/// Whether a cell's tag has `t="s"`. Most programs put it last.
fn refers_to_string(tag: &[u8]) -> bool {
    let is_it = |text: &[u8]| match text {
        [blank, b't', b'=', open, b's', close] => {
            blank.is_ascii_whitespace() && open == close && matches!(open, b'"' | b'\'')
        }
        _ => false,
    };
    tag.last_chunk::<6>().is_some_and(|end| is_it(end)) || tag.windows(6).any(is_it)
}

/// The encoding of a part that is not in single bytes, by its mark or by how its first tag stands.
fn two_byte_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    match (Encoding::for_bom(bytes), bytes) {
        (Some((encoding, _)), _) if encoding != UTF_8 => Some(encoding),
        (_, [b'<', 0, ..]) => Some(UTF_16LE),
        (_, [0, b'<', ..]) => Some(UTF_16BE),
        _ => None,
    }
}

/// Where a tag ends that has no end before a place: at the first `>` that is not in quotes.
fn tag_end(text: &[u8], from: usize) -> Option<usize> {
    let mut quote = 0;
    let end = text.get(from..)?.iter().position(|byte| {
        match byte {
            b'>' if quote == 0 => return true,
            b'"' | b'\'' if quote == 0 => quote = *byte,
            byte if *byte == quote => quote = 0,
            _ => {}
        }
        false
    })?;
    Some(from + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a part, whatever the pieces it comes in.
    fn checked(text: &str, worksheet: bool) -> Option<Code> {
        let of_pieces = |size: usize| {
            let mut markup = Markup::new(worksheet);
            let fed = text.as_bytes().chunks(size).try_for_each(|piece| markup.feed(piece));
            fed.and_then(|()| markup.finish()).err().map(|rejection| rejection.code)
        };
        let whole = of_pieces(text.len().max(1));
        for size in [1, 2, 7, 64] {
            assert_eq!(of_pieces(size), whole, "in pieces of {size}: {text}");
        }
        whole
    }

    const HEAD: &str = "<?xml version=\"1.0\"?>\n<!-- <not> a tag -->\n";

    #[test]
    fn what_programs_write_is_whole() {
        for text in [
            "<a/>",
            "<a></a >\n<!-- > -->",
            "<a b=\"1>0\" c='\"' ><![CDATA[</b>]]><b\n/></a>",
            "<x:worksheet><x:sheetData><x:row r='1'><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>",
            "<worksheet><sheetData/><x><xdr:row>5</xdr:row><rowBreaks/></x></worksheet>",
        ] {
            assert_eq!(checked(&format!("{HEAD}{text}"), true), None, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_or_bent_is_damaged() {
        let whole = format!("{HEAD}<a b=\"1>0\"><!-- x --><b>1</b><b/><![CDATA[]]></a>");
        assert_eq!(checked(&whole, false), None);
        for length in 0..whole.len() {
            assert_eq!(checked(&whole[..length], false), Some(Code::Damaged), "{}", &whole[..length]);
        }
        for text in
            ["<a><b></a></b>", "<a></a><b/>", "<a><></></a>", "</a>", "<a><b></a>", "<a b=\"></a>", "<a><!B></a>"]
        {
            assert_eq!(checked(text, false), Some(Code::Damaged), "{text}");
        }
    }

    #[test]
    fn rows_that_stand_elsewhere_than_in_the_data_are_damage() {
        for inner in [
            "<sheetData></sheetData><row/>",
            "<sheetData></sheetData><sheetData/>",
            "<sheetData><row><row/></row></sheetData>",
            "<sheetData><c/></sheetData>",
            "<x><sheetData/></x>",
        ] {
            let text = format!("<worksheet>{inner}</worksheet>");
            assert_eq!((checked(&text, true), checked(&text, false)), (Some(Code::Damaged), None), "{inner}");
        }
    }

    #[test]
    fn a_reference_to_a_shared_string_is_a_number() {
        for value in ["0", "7", "123456"] {
            assert!(is_index(value.as_bytes()), "{value}");
        }
        for value in ["-1", "x", "1.0", " 1", "99999999999999999999"] {
            assert!(!is_index(value.as_bytes()), "{value}");
        }
        for (tag, refers) in [("c r=\"A1\" t=\"s\"", true), ("c t='s' r='A1'", true), ("c r=\"A1\" t=\"str\"", false)] {
            assert_eq!(refers_to_string(tag.as_bytes()), refers, "{tag}");
        }
        let cells = "<row><c r=\"A1\" t=\"s\" s=\"1\"><v>7</v></c><c r=\"B1\"><v>1.5</v></c></row>";
        assert_eq!(checked(&format!("<worksheet><sheetData>{cells}</sheetData></worksheet>"), true), None);
    }

    #[test]
    fn parts_in_two_bytes_a_character_are_held_to_the_same() {
        for (mark, text, whole) in
            [("\u{feff}", "<a>丼</a>", true), ("", "<a>丼</a>", true), ("\u{feff}", "<a><b></a>", false)]
        {
            for big in [false, true] {
                let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                let bytes: Vec<u8> = format!("{mark}{text}").encode_utf16().flat_map(bytes).collect();
                let mut markup = Markup::new(false);
                let fed = bytes.chunks(5).try_for_each(|piece| markup.feed(piece)).and_then(|()| markup.finish());
                assert_eq!(fed.is_ok(), whole, "{text} {big}");
            }
        }
    }

    #[test]
    fn elements_may_be_as_deep_as_the_limit_and_no_deeper() {
        for (depth, fits) in [(3, true), (2, false)] {
            let mut markup = Markup { depth, ..Markup::new(false) };
            let fed = markup.feed(b"<a><b><c/></b><b><c></c></b></a>").and_then(|()| markup.finish());
            assert_eq!(fed.is_ok(), fits, "{depth} deep");
        }
    }
    #[test]
    fn a_tag_may_be_as_long_as_the_limit_and_no_longer() {
        for (tag_bytes, fits) in [(12, true), (8, false)] {
            let mut markup = Markup { tag_bytes, ..Markup::new(false) };
            let fed = ["<a b=\"", "123456", "\"></a>"].iter().try_for_each(|piece| markup.feed(piece.as_bytes()));
            assert_eq!(fed.is_ok(), fits, "{tag_bytes} bytes");
        }
    }
}
