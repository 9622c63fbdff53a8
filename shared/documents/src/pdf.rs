//! The file: pages of operators, fonts cut down to what was used, objects.

mod canvas;
mod embed;
mod file;

pub(crate) use canvas::{Canvas, Ink, Style};
pub(crate) use file::{About, PAGE_HEIGHT, PAGE_WIDTH, write};
