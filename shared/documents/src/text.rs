//! Text before it stands anywhere: cleaned characters, their glyphs, and where a line may break.

pub(crate) mod breaks;
mod clean;

use crate::{
    document::{RenderError, Warnings},
    fonts::{self, FACES, Face, Glyph},
};

/// Makes glyphs of texts and notes what can't be printed.
pub(crate) struct Shaper {
    faces: &'static [Face; FACES],
    /// What was noted.
    pub warnings: Warnings,
}

impl Shaper {
    /// With the faces of the program.
    pub(crate) fn new() -> Result<Self, RenderError> {
        Ok(Self { faces: fonts::faces()?, warnings: Warnings::default() })
    }

    /// The glyphs of a text, in the order in which they stand. Line breaks and other white space become a blank.
    pub(crate) fn shape(&mut self, text: &str) -> Vec<Glyph> {
        let cleaned = clean::clean(text);
        for character in &cleaned.removed {
            self.warnings.removed(*character, &cleaned.text);
        }
        let glyphs: Vec<Glyph> = cleaned.text.chars().map(|character| fonts::glyph(self.faces, character)).collect();
        for glyph in glyphs.iter().filter(|glyph| glyph.place.is_none()) {
            self.warnings.missing(glyph.character, &cleaned.text);
        }
        glyphs
    }
}

/// Width of glyphs in ems.
pub(crate) fn width(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

/// The text of glyphs.
pub(crate) fn plain(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.character).collect()
}
