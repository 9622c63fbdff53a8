//! Drawing on pages. Places are in points from the upper left corner; colours and fonts are set where they change.

use pdf_writer::{Content, Name, Str, types::TextRenderingMode};
use ttf_parser::{GlyphId, OutlineBuilder};

use crate::{
    fonts::{self, FACES, Face, Glyph},
    pdf::{embed::Used, file::PAGE_HEIGHT},
    text,
};

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Text.
    Black,
    /// What matters less.
    Grey,
    /// The head of a letter, and what is void.
    Red,
    /// Rules of tables.
    Rule,
    /// Ground of a table's head.
    Ground,
}

impl Ink {
    fn rgb(self) -> [f32; 3] {
        match self {
            Self::Black => [0.1, 0.1, 0.1],
            Self::Grey => [0.42, 0.42, 0.42],
            Self::Red => [0.75, 0.07, 0.07],
            Self::Rule => [0.66, 0.66, 0.66],
            Self::Ground => [0.93, 0.94, 0.95],
        }
    }
}

/// How a line of text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Points of an em.
    pub size: f32,
    /// Whether outlines are drawn thicker; the faces have one weight.
    pub bold: bool,
    /// Its colour.
    pub ink: Ink,
}

impl Style {
    /// Black, of the usual weight.
    pub(crate) const fn of(size: f32) -> Self {
        Self { size, bold: false, ink: Ink::Black }
    }

    /// The same, bold.
    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same in another colour.
    pub(crate) const fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// The pages of a document.
pub(crate) struct Canvas {
    /// Operators of each page.
    pub pages: Vec<Content>,
    /// What of each face was used.
    pub used: [Used; FACES],
    faces: &'static [Face; FACES],
    page: usize,
    ink: Option<Ink>,
}

/// How much thicker bold outlines are, in ems.
const BOLD: f32 = 0.03;
/// The same for the usual weight of each face: the rare ones have thin lines and would look pale among the others.
const STROKES: [f32; FACES] = [0.0, 0.0, 0.022, 0.022, 0.015];

/// Hundredths of a point are enough, and make the file shorter.
fn rounded(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

impl Canvas {
    /// Without pages.
    pub(crate) fn new(faces: &'static [Face; FACES]) -> Self {
        Self { pages: Vec::new(), used: Default::default(), faces, page: 0, ink: None }
    }

    /// A page more, on which is drawn from now on.
    pub(crate) fn add_page(&mut self) {
        self.pages.push(Content::new());
        self.turn_to(self.pages.len() - 1);
    }

    /// Draws on this page from now on.
    pub(crate) fn turn_to(&mut self, page: usize) {
        self.page = page;
        self.ink = None;
    }

    /// Draws a line of glyphs with its baseline at `y`; `spacing` points stand between glyphs beside their own widths.
    pub(crate) fn text(&mut self, x: f32, y: f32, style: Style, spacing: f32, glyphs: &[Glyph]) {
        let mut x = x;
        for run in glyphs.chunk_by(|one, two| one.place.map(|place| place.0) == two.place.map(|place| place.0)) {
            match run.first().and_then(|glyph| glyph.place) {
                Some((face, _)) => self.run(x, y, style, spacing, face, run),
                None => self.boxes(x, y, style, spacing, run),
            }
            x += text::width(run) * style.size + spacing * run.len() as f32;
        }
    }

    fn run(&mut self, x: f32, y: f32, style: Style, spacing: f32, face: usize, run: &[Glyph]) {
        let codes = self.used[face].codes(run);
        self.colour(style.ink);
        let content = self.content();
        content.begin_text().set_font(Name(FONT_NAMES[face]), style.size);
        if spacing != 0.0 {
            content.set_char_spacing(spacing);
        }
        let stroke = if style.bold { BOLD } else { STROKES[face] };
        if stroke > 0.0 {
            content.set_text_rendering_mode(TextRenderingMode::FillStroke).set_line_width(rounded(style.size * stroke));
        }
        content.next_line(rounded(x), rounded(PAGE_HEIGHT - y)).show(Str(&codes));
        if stroke > 0.0 {
            content.set_text_rendering_mode(TextRenderingMode::Fill);
        }
        if spacing != 0.0 {
            content.set_char_spacing(0.0);
        }
        content.end_text();
    }

    /// A box with the code point for each character that no face has. What is searched or copied is the character: it stands
    /// there as text that is not painted, and the digits are painted as no text.
    fn boxes(&mut self, x: f32, y: f32, style: Style, spacing: f32, run: &[Glyph]) {
        let mut x = x;
        for glyph in run {
            self.frame(x + style.size * 0.06, y - style.size * 0.82, style.size * 0.88, style.size * 0.92);
            let code = format!("{:04X}", u32::from(glyph.character));
            let (upper, lower) = code.split_at(code.len() / 2);
            let small = Style { size: style.size * 0.38, bold: false, ink: style.ink };
            for (digits, base) in [(upper, 0.42), (lower, 0.03)] {
                let digits: Vec<Glyph> = digits.chars().map(|digit| fonts::glyph(self.faces, digit)).collect();
                let indent = (style.size - text::width(&digits) * small.size) / 2.0;
                self.outlines(x + indent, y - style.size * base, small, &digits);
            }
            self.unpainted(x, y, style.size, glyph);
            x += glyph.advance * style.size + spacing;
        }
    }

    /// Glyphs as filled shapes, which are no text for whoever reads the file.
    fn outlines(&mut self, x: f32, y: f32, style: Style, glyphs: &[Glyph]) {
        self.colour(style.ink);
        let (faces, mut x) = (self.faces, x);
        for glyph in glyphs {
            if let Some((face, id)) = glyph.place {
                let scale = style.size / faces[face].units;
                let mut pen = Pen { content: self.content(), x, y: PAGE_HEIGHT - y, scale, at: (0.0, 0.0) };
                faces[face].parsed.outline_glyph(GlyphId(id), &mut pen);
                self.content().fill_nonzero();
            }
            x += glyph.advance * style.size;
        }
    }

    /// A character that no face has, as text that is not painted. Its code is one of the first face's, whose way back to
    /// characters all readers go.
    fn unpainted(&mut self, x: f32, y: f32, size: f32, glyph: &Glyph) {
        let codes = self.used[0].codes(std::slice::from_ref(glyph));
        self.content()
            .begin_text()
            .set_font(Name(FONT_NAMES[0]), size)
            .set_text_rendering_mode(TextRenderingMode::Invisible)
            .next_line(rounded(x), rounded(PAGE_HEIGHT - y))
            .show(Str(&codes))
            .set_text_rendering_mode(TextRenderingMode::Fill)
            .end_text();
    }

    /// A thin frame.
    fn frame(&mut self, x: f32, y: f32, width: f32, height: f32) {
        self.colour(Ink::Black);
        self.content()
            .set_line_width(0.4)
            .rect(rounded(x), rounded(PAGE_HEIGHT - y - height), rounded(width), rounded(height))
            .stroke();
    }

    /// A filled box.
    pub(crate) fn fill(&mut self, ink: Ink, x: f32, y: f32, width: f32, height: f32) {
        self.colour(ink);
        self.content()
            .rect(rounded(x), rounded(PAGE_HEIGHT - y - height), rounded(width), rounded(height))
            .fill_nonzero();
    }

    /// A straight line.
    pub(crate) fn line(&mut self, ink: Ink, width: f32, from: (f32, f32), to: (f32, f32)) {
        self.colour(ink);
        self.content()
            .set_line_width(width)
            .move_to(rounded(from.0), rounded(PAGE_HEIGHT - from.1))
            .line_to(rounded(to.0), rounded(PAGE_HEIGHT - to.1))
            .stroke();
    }

    fn colour(&mut self, ink: Ink) {
        if self.ink != Some(ink) {
            self.ink = Some(ink);
            let [red, green, blue] = ink.rgb();
            self.content().set_fill_rgb(red, green, blue).set_stroke_rgb(red, green, blue);
        }
    }

    fn content(&mut self) -> &mut Content {
        if self.pages.is_empty() {
            self.pages.push(Content::new());
        }
        &mut self.pages[self.page]
    }
}

/// Draws an outline at a place of the page.
struct Pen<'c> {
    content: &'c mut Content,
    x: f32,
    y: f32,
    scale: f32,
    /// Where the outline has come to, in units of the face.
    at: (f32, f32),
}

impl Pen<'_> {
    fn place(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (rounded(self.x + x * self.scale), rounded(self.y + y * self.scale))
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (px, py) = self.place((x, y));
        self.content.move_to(px, py);
        self.at = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (px, py) = self.place((x, y));
        self.content.line_to(px, py);
        self.at = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        // A curve of one handle as one of two, which is all that a page knows.
        let towards = |(px, py): (f32, f32)| (px + (x1 - px) * 2.0 / 3.0, py + (y1 - py) * 2.0 / 3.0);
        let (first, second) = (towards(self.at), towards((x, y)));
        self.curve_to(first.0, first.1, second.0, second.1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let [one, two, end] = [(x1, y1), (x2, y2), (x, y)].map(|place| self.place(place));
        self.content.cubic_to(one.0, one.1, two.0, two.1, end.0, end.1);
        self.at = (x, y);
    }

    fn close(&mut self) {
        self.content.close_path();
    }
}

/// What the faces are called on a page.
pub(super) const FONT_NAMES: [&[u8]; FACES] = [b"F0", b"F1", b"F2", b"F3", b"F4"];
