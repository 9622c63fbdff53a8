//! What stands on every page: a head from the second page on, and a foot with the page's number.

use crate::{
    layout::book::{Align, Book, LEFT, ROOM},
    pdf::{Ink, PAGE_HEIGHT, Style},
};

const STYLE: Style = Style::of(8.0).ink(Ink::Grey);

/// Texts of head and foot.
pub(crate) struct Frame<'a> {
    /// Head, left: what the document is.
    pub title: &'a str,
    /// Head, right: whom it is for.
    pub union: &'a str,
    /// Foot, left: number and version.
    pub number: &'a str,
    /// Foot, right: the check.
    pub check: &'a str,
}

/// Draws head and foot on all pages: only now it is known how many there are.
pub(crate) fn frame(book: &mut Book, of: &Frame) {
    let pages = book.canvas.pages.len();
    for page in 0..pages {
        book.canvas.turn_to(page);
        if page > 0 {
            book.line((LEFT, ROOM * 0.48), 45.0, Align::Left, STYLE, of.title);
            book.line((LEFT + ROOM * 0.5, ROOM * 0.5), 45.0, Align::Right, STYLE, of.union);
            book.canvas.line(Ink::Rule, 0.5, (LEFT, 54.0), (LEFT + ROOM, 54.0));
        }
        let foot = PAGE_HEIGHT - 40.0;
        book.canvas.line(Ink::Rule, 0.5, (LEFT, foot - 10.0), (LEFT + ROOM, foot - 10.0));
        book.line((LEFT, ROOM * 0.38), foot, Align::Left, STYLE, of.number);
        let number = format!("第 {} 页，共 {pages} 页", page + 1);
        book.line((LEFT + ROOM * 0.38, ROOM * 0.24), foot, Align::Centre, STYLE, &number);
        book.line((LEFT + ROOM * 0.62, ROOM * 0.38), foot, Align::Right, STYLE, of.check);
    }
}
