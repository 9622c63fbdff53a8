//! Pages of text, forms and tables: what stands where, and where a page ends.

mod book;
mod code;
mod form;
mod frame;
mod table;

pub(crate) use book::{Align, Book, LEFT, ROOM};
pub(crate) use code::quick_response;
pub(crate) use form::{Field, form};
pub(crate) use frame::{Frame, frame};
pub(crate) use table::{Column, Row, table, table_before};
