//! The objects of the file. Nothing in it depends on when or where it is written.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, TextStr};

use crate::{
    document::RenderError,
    fonts,
    pdf::{
        canvas::{Canvas, FONT_NAMES},
        embed::{self, LEVEL, Refs},
    },
};

/// Width of A4 in points.
pub(crate) const PAGE_WIDTH: f32 = 595.28;
/// Height of A4 in points.
pub(crate) const PAGE_HEIGHT: f32 = 841.89;

/// What the file says about itself.
pub(crate) struct About<'a> {
    /// Shown in the window of a viewer.
    pub title: &'a str,
    /// Who sends it.
    pub issuer: &'a str,
    /// The check of the notice: it names the file and its fonts.
    pub check: &'a str,
}

/// Writes what was drawn as a PDF file.
pub(crate) fn write(canvas: Canvas, about: &About) -> Result<Vec<u8>, RenderError> {
    let mut last = 0;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let (catalog, tree, info) = (next(), next(), next());
    let fonts: Vec<Refs> = canvas.used.iter().map(|_| Refs::take(&mut next)).collect();
    let pages: Vec<(Ref, Ref)> = canvas.pages.iter().map(|_| (next(), next())).collect();

    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let id = about.check.as_bytes().to_vec();
    pdf.set_file_id((id.clone(), id));
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr("zh-CN"));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.document_info(info)
        .title(TextStr(&one_line(about.title)))
        .author(TextStr(&one_line(about.issuer)))
        .producer(TextStr("rollcall"));

    let in_use: Vec<usize> = (0..fonts.len()).filter(|face| !canvas.used[*face].is_empty()).collect();
    let mut all = pdf.pages(tree);
    all.kids(pages.iter().map(|page| page.0)).count(pages.len() as i32);
    all.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
    let mut resources = all.resources();
    let mut named = resources.fonts();
    for face in &in_use {
        named.pair(Name(FONT_NAMES[*face]), fonts[*face].font);
    }
    named.finish();
    resources.finish();
    all.finish();

    for ((page, contents), content) in pages.into_iter().zip(canvas.pages) {
        pdf.page(page).parent(tree).contents(contents);
        let packed = compress_to_vec_zlib(&content.finish(), LEVEL);
        pdf.stream(contents, &packed).filter(Filter::FlateDecode);
    }
    let faces = fonts::faces()?;
    for face in in_use {
        embed::write(&mut pdf, &faces[face], &canvas.used[face], &tag(about.check, face), &fonts[face])?;
    }
    Ok(pdf.finish())
}

/// Six letters out of the check, another six for each face.
fn tag(check: &str, face: usize) -> String {
    let letter = |digit: u8| char::from(b'A' + (digit as char).to_digit(16).unwrap_or_default() as u8);
    check.bytes().cycle().skip(face * 3).take(6).map(letter).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
