//! A table: its head is repeated on every page, a row is never torn, and what is too long for a cell is made smaller,
//! broken, or cut with a warning.

use std::ops::Range;

use crate::{
    fonts::Glyph,
    layout::book::{Align, Book, LEFT, ROOM},
    pdf::{Ink, Style},
    text::{self, breaks},
};

const PAD: f32 = 4.0;
const EDGE: f32 = 2.6;
/// Height of a line as a multiple of its size.
const LEADING: f32 = 1.4;
/// Most lines of a cell.
const MOST: usize = 8;
/// How far a text is made smaller so that it stands on one line.
const SMALLER: f32 = 0.8;

/// A column.
pub(crate) struct Column {
    /// What stands in the head.
    pub head: &'static str,
    /// Its part of the width; the parts of all columns are scaled to the whole.
    pub part: f32,
    /// Where its texts stand. Those at the right are figures: they are made smaller, never broken.
    pub align: Align,
}

/// A row.
pub(crate) struct Row {
    /// A text for each column.
    pub cells: Vec<String>,
    /// Whether it is a sum.
    pub strong: bool,
}

impl Row {
    /// A usual row.
    pub(crate) fn of(cells: impl IntoIterator<Item = String>) -> Self {
        Self { cells: cells.into_iter().collect(), strong: false }
    }

    /// A sum.
    pub(crate) fn sum(cells: impl IntoIterator<Item = String>) -> Self {
        Self { cells: cells.into_iter().collect(), strong: true }
    }
}

/// A cell that fits: its glyphs, its lines, and its size.
struct Fitted {
    glyphs: Vec<Glyph>,
    lines: Vec<Range<usize>>,
    style: Style,
}

/// Where the columns stand, and where the part of the table on this page begins.
struct Grid<'a> {
    columns: &'a [Column],
    edges: Vec<f32>,
    style: Style,
    top: f32,
}

/// Draws a table at a size of text.
pub(crate) fn table(book: &mut Book, columns: &[Column], size: f32, rows: impl IntoIterator<Item = Row>) {
    table_before(book, columns, size, rows, 0.0);
}

/// The same, with so much room after it on the page of its last row.
pub(crate) fn table_before(
    book: &mut Book,
    columns: &[Column],
    size: f32,
    rows: impl IntoIterator<Item = Row>,
    after: f32,
) {
    let total: f32 = columns.iter().map(|column| column.part).sum();
    let mut edges = vec![LEFT];
    for column in columns {
        edges.push(edges[edges.len() - 1] + column.part / total * ROOM);
    }
    let mut grid = Grid { columns, edges, style: Style::of(size), top: 0.0 };
    book.need(size * LEADING * 3.0 + EDGE * 4.0);
    grid.begin(book);
    let mut rows = rows.into_iter().peekable();
    while let Some(row) = rows.next() {
        grid.row(book, &row, if rows.peek().is_none() { after } else { 0.0 });
    }
    grid.end(book);
    book.gap(4.0);
}

impl Grid<'_> {
    fn begin(&mut self, book: &mut Book) {
        self.top = book.y;
        let height = self.style.size * LEADING + 2.0 * EDGE + 1.0;
        book.canvas.fill(Ink::Ground, LEFT, book.y, ROOM, height);
        rule(book);
        let middle = book.y + height / 2.0;
        for (number, column) in self.columns.iter().enumerate() {
            book.line(self.place(number), middle, Align::Centre, self.style.bold(), column.head);
        }
        book.gap(height);
        rule(book);
    }

    /// Draws a row; `after` is kept free below it.
    fn row(&mut self, book: &mut Book, row: &Row, after: f32) {
        let style = if row.strong { self.style.bold() } else { self.style };
        let cells: Vec<Fitted> = (0..self.columns.len())
            .map(|number| {
                let text = row.cells.get(number).map_or("", String::as_str);
                fit(book, text, style, self.place(number).1, self.columns[number].align)
            })
            .collect();
        let height = cells
            .iter()
            .map(|cell| cell.lines.len().max(1) as f32 * cell.style.size.max(style.size) * LEADING)
            .fold(0.0_f32, f32::max)
            + 2.0 * EDGE;
        if !book.fits(height + after) {
            self.end(book);
            book.turn();
            self.begin(book);
        }
        let middle = book.y + height / 2.0;
        for (number, cell) in cells.iter().enumerate() {
            let leading = cell.style.size * LEADING;
            let first = middle - (cell.lines.len().max(1) - 1) as f32 * leading / 2.0;
            for (line, range) in cell.lines.iter().enumerate() {
                let middle = first + line as f32 * leading;
                let (place, align) = (self.place(number), self.columns[number].align);
                book.set(place, middle, align, cell.style, &cell.glyphs[range.clone()]);
            }
        }
        book.gap(height);
        rule(book);
    }

    /// Draws the upright rules of this page's part.
    fn end(&self, book: &mut Book) {
        for x in &self.edges {
            book.canvas.line(Ink::Rule, 0.5, (*x, self.top), (*x, book.y));
        }
    }

    /// Left edge and width of the text of a column.
    fn place(&self, number: usize) -> (f32, f32) {
        let (left, right) = (self.edges[number], self.edges[number + 1]);
        (left + PAD, right - left - 2.0 * PAD)
    }
}

fn rule(book: &mut Book) {
    let y = book.y;
    book.canvas.line(Ink::Rule, 0.5, (LEFT, y), (LEFT + ROOM, y));
}

fn fit(book: &mut Book, text: &str, style: Style, room: f32, align: Align) -> Fitted {
    let mut glyphs = book.shaper.shape(text);
    let natural = text::width(&glyphs) * style.size;
    let scale = room / natural;
    if natural <= room || scale >= SMALLER || align == Align::Right {
        let style = Style { size: style.size * scale.min(1.0), ..style };
        let all = 0..glyphs.len();
        return Fitted { glyphs, lines: vec![all], style };
    }
    let ems = room / style.size;
    let mut lines = breaks::lines(&glyphs, 0.0, ems);
    if lines.len() > MOST {
        let head: Vec<Glyph> = glyphs.drain(..lines[MOST - 1].start).collect();
        book.cut(&mut glyphs, ems);
        glyphs.splice(..0, head);
        lines.truncate(MOST);
        lines[MOST - 1].end = glyphs.len();
    }
    Fitted { glyphs, lines, style }
}
