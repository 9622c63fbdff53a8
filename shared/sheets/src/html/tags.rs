//! A page cut into tags and the text between them. Whatever is written is taken somehow, as browsers do.

use memchr::{memchr, memmem};

/// What comes next in a page.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Start(Tag<'a>),
    /// The name of an element that ends.
    End(&'a str),
}

/// A tag that begins an element.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The value of an attribute; empty where it has none.
    pub fn attribute(&self, wanted: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
            // A sign of equality without a name before it.
            let (name, behind) = rest.split_at(end.max(usize::from(rest.starts_with('='))));
            let (value, behind) = match behind.trim_start().strip_prefix('=') {
                Some(behind) => value(behind.trim_start()),
                None => ("", behind),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
            rest = behind;
        }
    }

    /// A number of columns or rows; one where none is stated.
    pub fn span(&self, name: &str, most: u32) -> u32 {
        match self.attribute(name).and_then(|text| text.trim().parse().ok()) {
            // All rows that follow.
            Some(0) if name == "rowspan" => most,
            Some(count) => u32::clamp(count, 1, most),
            None => 1,
        }
    }

    /// Whether its style takes it out of what people see.
    pub fn is_hidden(&self) -> bool {
        let style = self.attribute("style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
        style.contains("display:none") || self.attribute("hidden").is_some()
    }
}

/// The value at the start of a text, in quotes or not, and what follows.
fn value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len())),
    }
}

/// Goes through a page.
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Goes past the end of an element that has begun; to the end of the page where it has none.
    pub fn pass_to_end_of(&mut self, name: &str) {
        while let Some(place) = memmem::find(self.rest.as_bytes(), b"</") {
            self.rest = &self.rest[place + 2..];
            if self.rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
                self.pass(">");
                return;
            }
        }
        self.rest = "";
    }

    fn pass(&mut self, end: &str) {
        let place = memmem::find(self.rest.as_bytes(), end.as_bytes());
        self.rest = place.map_or("", |place| &self.rest[place + end.len()..]);
    }

    /// Text of so many bytes.
    fn text(&mut self, length: usize) -> Piece<'a> {
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        Piece::Text(text)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            match memchr(b'<', self.rest.as_bytes()) {
                None if self.rest.is_empty() => return None,
                None => return Some(self.text(self.rest.len())),
                Some(0) => {}
                Some(place) => return Some(self.text(place)),
            }
            let inner = &self.rest[1..];
            match inner.bytes().next() {
                Some(b'!') if inner.starts_with("!--") => self.pass("-->"),
                Some(b'!' | b'?') => self.pass(">"),
                Some(b'/') => {
                    let name = name_at(&inner[1..]);
                    self.rest = &inner[1 + name.len()..];
                    self.pass(">");
                    return Some(Piece::End(name));
                }
                Some(first) if first.is_ascii_alphabetic() => {
                    let name = name_at(inner);
                    let behind = &inner[name.len()..];
                    let end = tag_end(behind);
                    self.rest = behind.get(end + 1..).unwrap_or_default();
                    return Some(Piece::Start(Tag { name, attributes: &behind[..end] }));
                }
                // A sign, and no tag.
                _ => return Some(self.text(1)),
            }
        }
    }
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(text.len());
    &text[..end]
}

/// Where a tag ends: at the first `>` that is in no quotes, which stand behind a `=`.
fn tag_end(text: &str) -> usize {
    let (mut quote, mut before) = (0, b' ');
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'>' if quote == 0 => return place,
            b'"' | b'\'' if quote == 0 && before == b'=' => quote = byte,
            byte if byte == quote => quote = 0,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    text.len()
}
