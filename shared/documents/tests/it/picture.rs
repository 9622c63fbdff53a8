//! A page compared with how it looked when somebody last looked. `KEEP_PICTURES=1` keeps what it looks like now.

use std::{fs::File, io::BufReader, path::PathBuf};

use documents::{bureau_notice, unit_notice};

use crate::{invented, tools};

const DOTS_PER_INCH: u32 = 40;
/// A difference in one pixel of which no reader takes note.
const SLIGHT: u8 = 48;
/// Most pixels that differ by more, in thousandths: renderers round outlines differently.
const MOST_PER_MILLE: usize = 5;

fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)
}

fn read(name: &str) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(kept(name)).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::Eight));
    (info.width as usize, info.height as usize, pixels)
}

fn write(name: &str, (width, height, pixels): &(usize, usize, Vec<u8>)) {
    let mut encoder = png::Encoder::new(File::create(kept(name)).unwrap(), *width as u32, *height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

fn compare(name: &str, bytes: &[u8], page: usize) {
    let now = tools::grey(bytes, page, DOTS_PER_INCH);
    if std::env::var_os("KEEP_PICTURES").is_some() {
        write(name, &now);
    }
    let then = read(name);
    assert_eq!((now.0, now.1), (then.0, then.1));
    let differ = now.2.iter().zip(&then.2).filter(|(now, then)| now.abs_diff(**then) > SLIGHT).count();
    assert!(differ * 1000 <= now.2.len() * MOST_PER_MILLE, "{name}: {differ} of {} pixels differ", now.2.len());
}

#[test]
fn the_first_page_of_a_unit_looks_as_it_is_kept() {
    compare("unit.png", &unit_notice(&invented::unit(95)).unwrap().bytes, 1);
}

#[test]
fn the_first_page_of_a_bureau_looks_as_it_is_kept() {
    compare("bureau.png", &bureau_notice(&invented::bureau(60)).unwrap().bytes, 1);
}
