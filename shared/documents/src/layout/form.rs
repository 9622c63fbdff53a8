//! A form: labels on a grey ground with their values, one or two to a row.

use std::ops::Range;

use crate::{
    fonts::Glyph,
    layout::book::{Align, Book, LEFT, ROOM},
    pdf::{Ink, Style},
    text::breaks,
};

const LABEL: f32 = 74.0;
const PAD: f32 = 6.0;
const LINE: f32 = 14.0;
const EDGE: f32 = 3.0;
/// Most lines of a value.
const MOST: usize = 4;
const STYLE: Style = Style::of(9.5);

/// A label and its value.
pub(crate) struct Field(pub &'static str, pub String);

/// Draws rows of one or two fields over the whole width.
pub(crate) fn form(book: &mut Book, rows: &[&[Field]]) {
    let total: f32 = LINE + 2.0 * EDGE;
    book.need(total * 2.0);
    for fields in rows {
        row(book, fields);
    }
    book.gap(4.0);
}

fn row(book: &mut Book, fields: &[Field]) {
    let width = ROOM / fields.len().max(1) as f32;
    let values: Vec<(Vec<Glyph>, Vec<Range<usize>>)> = fields
        .iter()
        .map(|Field(_, value)| {
            let mut glyphs = book.shaper.shape(value);
            let room = (width - LABEL - 2.0 * PAD) / STYLE.size;
            let mut lines = breaks::lines(&glyphs, 0.0, room);
            if lines.len() > MOST {
                let head: Vec<Glyph> = glyphs.drain(..lines[MOST - 1].start).collect();
                book.cut(&mut glyphs, room);
                glyphs.splice(..0, head);
                lines.truncate(MOST);
                lines[MOST - 1].end = glyphs.len();
            }
            (glyphs, lines)
        })
        .collect();
    let count = values.iter().map(|value| value.1.len()).max().unwrap_or(1).max(1);
    let height = count as f32 * LINE + 2.0 * EDGE;
    book.need(height);
    let (top, middle) = (book.y, book.y + height / 2.0);
    for (number, (Field(label, _), (glyphs, lines))) in fields.iter().zip(&values).enumerate() {
        let x = LEFT + width * number as f32;
        book.canvas.fill(Ink::Ground, x, top, LABEL, height);
        book.line((x + PAD, LABEL - 2.0 * PAD), middle, Align::Left, STYLE, label);
        let first = middle - (lines.len().max(1) - 1) as f32 * LINE / 2.0;
        for (line, range) in lines.iter().enumerate() {
            let place = (x + LABEL + PAD, width - LABEL - 2.0 * PAD);
            book.set(place, first + line as f32 * LINE, Align::Left, STYLE, &glyphs[range.clone()]);
        }
    }
    for number in 0..fields.len() {
        let x = LEFT + width * number as f32;
        for x in [x, x + LABEL] {
            book.canvas.line(Ink::Rule, 0.5, (x, top), (x, top + height));
        }
    }
    book.canvas.line(Ink::Rule, 0.5, (LEFT + ROOM, top), (LEFT + ROOM, top + height));
    // Both, since the ground of the next row would cover the one below.
    for y in [top, top + height] {
        book.canvas.line(Ink::Rule, 0.5, (LEFT, y), (LEFT + ROOM, y));
    }
    book.gap(height);
}
