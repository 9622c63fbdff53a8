//! A document in the making: the page, how far it is filled, and running text.

use crate::{
    document::RenderError,
    fonts::{self, Glyph},
    pdf::{Canvas, Ink, PAGE_HEIGHT, PAGE_WIDTH, Style},
    text::{self, Shaper, breaks},
};

/// Left edge of the text: 20 mm.
pub(crate) const LEFT: f32 = 56.7;
/// Width of the text.
pub(crate) const ROOM: f32 = PAGE_WIDTH - 2.0 * LEFT;
const TOP: f32 = 68.0;
const BOTTOM: f32 = PAGE_HEIGHT - 62.0;
/// Running text.
const BODY: Style = Style::of(10.5);
/// Height of a line as a multiple of its size.
const LEADING: f32 = 1.62;
/// Where the baseline is below the middle of a line, in ems: Han characters stand a little above it.
const SINK: f32 = 0.36;
/// Most that is put between two characters so that lines end alike, in ems; more would tear words apart.
const STRETCH: f32 = 0.06;
/// How far a text is made smaller before it is broken or cut.
const SMALLEST: f32 = 0.7;

/// On which side of its place a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// At the left.
    Left,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
}

/// A document in the making.
pub(crate) struct Book {
    /// What is drawn.
    pub canvas: Canvas,
    /// What makes glyphs of texts.
    pub shaper: Shaper,
    /// Where the next thing begins, from the top of the page.
    pub y: f32,
}

impl Book {
    /// With one empty page.
    pub(crate) fn open() -> Result<Self, RenderError> {
        let mut canvas = Canvas::new(fonts::faces()?);
        canvas.add_page();
        Ok(Self { canvas, shaper: Shaper::new()?, y: TOP })
    }

    /// Goes to a new page.
    pub(crate) fn turn(&mut self) {
        self.canvas.add_page();
        self.y = TOP;
    }

    /// Whether so much still fits on the page.
    pub(crate) fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// Goes to a new page unless so much still fits.
    pub(crate) fn need(&mut self, height: f32) {
        if !self.fits(height) {
            self.turn();
        }
    }

    /// Leaves a space.
    pub(crate) fn gap(&mut self, height: f32) {
        self.y += height;
    }

    /// One line in a place, made smaller or cut where it is too long. The middle of the line is at `middle`.
    pub(crate) fn line(&mut self, place: (f32, f32), middle: f32, align: Align, style: Style, text: &str) {
        let glyphs = self.shaper.shape(text);
        let (style, glyphs) = self.fitted(glyphs, style, place.1);
        self.set(place, middle, align, style, &glyphs);
    }

    /// Glyphs in a place that they fit in.
    pub(crate) fn set(&mut self, (x, room): (f32, f32), middle: f32, align: Align, style: Style, glyphs: &[Glyph]) {
        let free = room - text::width(glyphs) * style.size;
        let indent = match align {
            Align::Left => 0.0,
            Align::Centre => free / 2.0,
            Align::Right => free,
        };
        self.canvas.text(x + indent, middle + style.size * SINK, style, 0.0, glyphs);
    }

    /// Glyphs that fit in so much room: a little smaller, and cut with an ellipsis where that is not enough.
    fn fitted(&mut self, mut glyphs: Vec<Glyph>, style: Style, room: f32) -> (Style, Vec<Glyph>) {
        let natural = text::width(&glyphs) * style.size;
        if natural <= room {
            return (style, glyphs);
        }
        let size = style.size * (room / natural).max(SMALLEST);
        if natural * size / style.size > room + 0.01 {
            self.cut(&mut glyphs, room / size);
        }
        (Style { size, ..style }, glyphs)
    }

    /// Cuts glyphs to so many ems, with an ellipsis at the end and a warning.
    pub(crate) fn cut(&mut self, glyphs: &mut Vec<Glyph>, room: f32) {
        self.shaper.warnings.shortened(&text::plain(glyphs));
        let ellipsis = self.shaper.shape("…");
        let mut left = room - text::width(&ellipsis);
        let kept = glyphs.iter().take_while(|glyph| {
            left -= glyph.advance;
            left >= 0.0
        });
        let kept = kept.count();
        glyphs.truncate(kept);
        glyphs.extend(ellipsis);
    }

    /// Running text: a paragraph for each line of it, indented by two characters.
    pub(crate) fn paragraphs(&mut self, text: &str) {
        for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
            self.paragraph(paragraph, 2.0, BODY);
        }
    }

    /// A paragraph whose first line is indented by so many ems. It breaks over pages.
    pub(crate) fn paragraph(&mut self, text: &str, indent: f32, style: Style) {
        let glyphs = self.shaper.shape(text);
        let lines = breaks::lines(&glyphs, indent, ROOM / style.size);
        let count = lines.len();
        for (number, line) in lines.into_iter().enumerate() {
            self.need(style.size * LEADING);
            let indent = if number == 0 { indent * style.size } else { 0.0 };
            let glyphs = &glyphs[line];
            let free = ROOM - indent - text::width(glyphs) * style.size;
            let gaps = glyphs.len().saturating_sub(1).max(1) as f32;
            let even = number + 1 < count && free / gaps <= STRETCH * style.size;
            let spacing = if even { free.max(0.0) / gaps } else { 0.0 };
            let base = self.y + style.size * (LEADING / 2.0 + SINK);
            self.canvas.text(LEFT + indent, base, style, spacing, glyphs);
            self.y += style.size * LEADING;
        }
    }

    /// A heading; it stays with what follows.
    pub(crate) fn heading(&mut self, text: &str) {
        self.need(62.0);
        self.gap(7.0);
        self.paragraph(text, 0.0, Style::of(11.5).bold());
        self.gap(3.0);
    }

    /// A line of small print below a table or above it.
    pub(crate) fn remark(&mut self, text: &str) {
        self.gap(2.0);
        self.paragraph(text, 0.0, Style::of(8.5).ink(Ink::Grey));
    }
}
