//! A face in the file: cut down to the glyphs that were used, with the way back from codes to characters.

use std::collections::HashMap;

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{
    Filter, Finish as _, Name, Pdf, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use crate::{
    document::RenderError,
    fonts::{Face, Glyph},
};

/// Of the levels of deflate the quickest: 62 kB for a hundred people instead of 53 at level 4, in three fifths of the time.
pub(super) const LEVEL: u8 = 1;

const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Characters of a face that a document uses. A code stands for a character, not for a glyph: two characters with the
/// same picture are still told apart when text is copied or searched.
#[derive(Debug, Default)]
pub(crate) struct Used {
    codes: HashMap<char, u16>,
    /// Character, glyph and width, by code less one; code 0 is nobody's.
    glyphs: Vec<(char, u16, f32)>,
}

impl Used {
    /// The codes of glyphs, two bytes each.
    pub(super) fn codes(&mut self, run: &[Glyph]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(run.len() * 2);
        for glyph in run {
            let next = self.glyphs.len() as u16 + 1;
            let code = *self.codes.entry(glyph.character).or_insert(next);
            if code == next {
                let id = glyph.place.map_or(0, |place| place.1);
                self.glyphs.push((glyph.character, id, glyph.advance));
            }
            bytes.extend(code.to_be_bytes());
        }
        bytes
    }

    /// Whether nothing of the face was used.
    pub(super) fn is_empty(&self) -> bool {
        self.glyphs.is_empty()
    }
}

/// The objects that one font is made of.
pub(super) struct Refs {
    /// The font that pages name.
    pub font: Ref,
    descendant: Ref,
    descriptor: Ref,
    program: Ref,
    unicode: Ref,
    glyphs: Ref,
}

impl Refs {
    /// Six numbers from the counter.
    pub(super) fn take(next: &mut impl FnMut() -> Ref) -> Self {
        let (font, descendant, descriptor) = (next(), next(), next());
        Self { font, descendant, descriptor, program: next(), unicode: next(), glyphs: next() }
    }
}

/// Writes a face. `tag` are six capital letters, which say that it is a subset.
pub(super) fn write(pdf: &mut Pdf, face: &Face, used: &Used, tag: &str, refs: &Refs) -> Result<(), RenderError> {
    let mut kept = GlyphRemapper::new();
    let mut glyph_ids = vec![0, 0];
    for (_, id, _) in &used.glyphs {
        glyph_ids.extend(kept.remap(*id).to_be_bytes());
    }
    let program = subsetter::subset(face.data, 0, &kept)
        .map_err(|error| RenderError::Face { face: face.name, cause: error.to_string() })?;
    let name = format!("{tag}+{}", face.name);
    let base = Name(name.as_bytes());
    pdf.type0_font(refs.font)
        .base_font(base)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(refs.descendant)
        .to_unicode(refs.unicode);

    let mut font = pdf.cid_font(refs.descendant);
    font.subtype(CidFontType::Type2).base_font(base).system_info(SYSTEM).font_descriptor(refs.descriptor);
    font.default_width(0.0).cid_to_gid_map_stream(refs.glyphs);
    let widths = used.glyphs.iter().map(|(_, _, advance)| (advance * 1000.0).round());
    font.widths().consecutive(1, widths);
    font.finish();

    descriptor(pdf, face, base, refs);
    let packed = compress_to_vec_zlib(&program, LEVEL);
    let mut stream = pdf.stream(refs.program, &packed);
    stream.filter(Filter::FlateDecode);
    stream.pair(Name(b"Length1"), program.len() as i32);
    stream.finish();
    let packed = compress_to_vec_zlib(&glyph_ids, LEVEL);
    pdf.stream(refs.glyphs, &packed).filter(Filter::FlateDecode);

    let mut unicode = UnicodeCmap::new(Name(b"Rollcall-Unicode"), SYSTEM);
    for (code, (character, _, _)) in (1_u16..).zip(&used.glyphs) {
        unicode.pair(code, *character);
    }
    let packed = compress_to_vec_zlib(&unicode.finish(), LEVEL);
    pdf.cmap(refs.unicode, &packed).filter(Filter::FlateDecode);
    Ok(())
}

fn descriptor(pdf: &mut Pdf, face: &Face, base: Name, refs: &Refs) {
    let scaled = |units: i16| f32::from(units) * 1000.0 / face.units;
    let bounds = face.parsed.global_bounding_box();
    pdf.font_descriptor(refs.descriptor)
        .name(base)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(scaled(bounds.x_min), scaled(bounds.y_min), scaled(bounds.x_max), scaled(bounds.y_max)))
        .italic_angle(0.0)
        .ascent(scaled(face.parsed.ascender()))
        .descent(scaled(face.parsed.descender()))
        .cap_height(scaled(face.parsed.capital_height().unwrap_or(face.parsed.ascender())))
        .stem_v(80.0)
        .font_file2(refs.program);
}
