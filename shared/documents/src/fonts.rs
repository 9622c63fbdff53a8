//! The faces that come with the program, and which of them has a character.

use std::sync::OnceLock;

use ttf_parser::Face as Parsed;

use crate::document::RenderError;

/// A face and what a PDF file has to say about it.
pub(crate) struct Face {
    /// Its name in the file.
    pub name: &'static str,
    /// The whole font, as it is cut down.
    pub data: &'static [u8],
    /// The same, to be asked.
    pub parsed: Parsed<'static>,
    /// Units of one em.
    pub units: f32,
}

/// Name and deflated font, the most usual first. `fonts/make` makes them.
const PACKED: [(&str, &[u8]); 5] = [
    ("WenQuanYiMicroHei", include_bytes!("../fonts/main.ttf.z")),
    ("DroidSansFallback", include_bytes!("../fonts/extension-a.ttf.z")),
    ("HanaMinA", include_bytes!("../fonts/rare-1.ttf.z")),
    ("HanaMinB", include_bytes!("../fonts/rare-2.ttf.z")),
    ("RollcallLateHan", include_bytes!("../fonts/late.ttf.z")),
];

/// How many faces there are.
pub(crate) const FACES: usize = PACKED.len();

/// Where a character's picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    /// The character.
    pub character: char,
    /// The face and the glyph in it; none when no face has the character.
    pub place: Option<(usize, u16)>,
    /// Width in ems.
    pub advance: f32,
}

/// The faces, unpacked at the first call and kept.
pub(crate) fn faces() -> Result<&'static [Face; FACES], RenderError> {
    static KEPT: OnceLock<Result<[Face; FACES], (&'static str, String)>> = OnceLock::new();
    match KEPT.get_or_init(open) {
        Ok(faces) => Ok(faces),
        Err((face, cause)) => Err(RenderError::Face { face, cause: cause.clone() }),
    }
}

fn open() -> Result<[Face; FACES], (&'static str, String)> {
    let [main, extension_a, rare_1, rare_2, late] = PACKED;
    Ok([unpack(main)?, unpack(extension_a)?, unpack(rare_1)?, unpack(rare_2)?, unpack(late)?])
}

fn unpack((name, packed): (&'static str, &[u8])) -> Result<Face, (&'static str, String)> {
    let plain = miniz_oxide::inflate::decompress_to_vec_zlib(packed).map_err(|error| (name, error.to_string()))?;
    // Kept for the life of the process, since the parsed face borrows from it.
    let data: &'static [u8] = Vec::leak(plain);
    let parsed = Parsed::parse(data, 0).map_err(|error| (name, error.to_string()))?;
    Ok(Face { name, data, units: f32::from(parsed.units_per_em()), parsed })
}

/// The glyph of a character in the first face that has it; a box of one em where none has.
pub(crate) fn glyph(faces: &[Face; FACES], character: char) -> Glyph {
    for (number, face) in faces.iter().enumerate() {
        if let Some(id) = face.parsed.glyph_index(character) {
            let advance = f32::from(face.parsed.glyph_hor_advance(id).unwrap_or_default()) / face.units;
            return Glyph { character, place: Some((number, id.0)), advance };
        }
    }
    Glyph { character, place: None, advance: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_face_has_what_it_is_there_for() {
        let faces = faces().unwrap();
        // 通用规范汉字表: extension A, B, C, D, E; the identity cards' extension F; extensions G and H; an unassigned one.
        for (character, expected) in [
            ('参', Some(0)),
            ('é', Some(0)),
            ('·', Some(0)),
            ('㑇', Some(1)),
            ('䶮', Some(1)),
            ('𠮷', Some(2)),
            ('𫖯', Some(2)),
            ('𫟼', Some(2)),
            ('𫠡', Some(3)),
            ('\u{9FFF}', Some(4)),
            ('𰀁', Some(4)),
            ('𱎼', Some(4)),
            ('\u{3FFFE}', None),
        ] {
            let face = glyph(faces, character).place.map(|(face, _)| face);
            assert_eq!(face, expected, "{character} U+{:04X}", u32::from(character));
        }
        assert!((glyph(faces, '参').advance - 1.0).abs() < 0.02);
        let digits: Vec<f32> = ('0'..='9').map(|digit| glyph(faces, digit).advance).collect();
        assert!(digits.iter().all(|advance| (advance - digits[0]).abs() < 1e-6), "figures stand under each other");
    }
}
