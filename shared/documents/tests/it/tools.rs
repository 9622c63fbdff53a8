//! poppler's tools, each run on bytes.

use std::{path::Path, process::Command};

use tempfile::TempDir;

fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program} (package poppler-utils): {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints}");
    output.stdout
}

fn written(bytes: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notice.pdf"), bytes).unwrap();
    folder
}

/// The text, with columns where they stand.
pub fn text(bytes: &[u8]) -> String {
    let folder = written(bytes);
    String::from_utf8(run("pdftotext", &["-layout", "-enc", "UTF-8", "notice.pdf", "-"], folder.path())).unwrap()
}

/// The text without any white space: what a search finds across line ends.
pub fn bare_text(bytes: &[u8]) -> String {
    text(bytes).chars().filter(|character| !character.is_whitespace()).collect()
}

/// A font of the file: name, whether it is embedded, a subset, and has a way back to characters.
#[derive(Debug)]
pub struct Font {
    pub name: String,
    pub kind: String,
    pub embedded: bool,
    pub subset: bool,
    pub unicode: bool,
}

/// The fonts of the file.
pub fn fonts(bytes: &[u8]) -> Vec<Font> {
    let folder = written(bytes);
    let table = String::from_utf8(run("pdffonts", &["notice.pdf"], folder.path())).unwrap();
    let fonts = table.lines().skip(2).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // name, type in two or three words, encoding, emb, sub, uni, object, generation
        let from_end = |back: usize| words[words.len() - back];
        Font {
            name: words[0].to_owned(),
            kind: words[1..words.len() - 6].join(" "),
            embedded: from_end(5) == "yes",
            subset: from_end(4) == "yes",
            unicode: from_end(3) == "yes",
        }
    });
    fonts.collect()
}

/// Number of pages, as a reader counts them.
pub fn pages(bytes: &[u8]) -> usize {
    let folder = written(bytes);
    let about = String::from_utf8(run("pdfinfo", &["notice.pdf"], folder.path())).unwrap();
    assert!(about.contains("595.28 x 841.89 pts (A4)"), "{about}");
    let line = about.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap();
    line.trim().parse().unwrap()
}

/// Words with the boxes that they stand in, as (x from, y from, x to, y to, word).
pub fn boxes(bytes: &[u8]) -> Vec<(f32, f32, f32, f32, String)> {
    let folder = written(bytes);
    let html = String::from_utf8(run("pdftotext", &["-bbox", "notice.pdf", "-"], folder.path())).unwrap();
    let words = html.lines().filter_map(|line| line.trim().strip_prefix("<word "));
    let parsed = words.map(|word| {
        let mut parts = word.split('"').skip(1).step_by(2).take(4).map(|number| number.parse().unwrap());
        let mut next = || parts.next().unwrap();
        let text = word.split('>').nth(1).unwrap().split('<').next().unwrap();
        (next(), next(), next(), next(), text.to_owned())
    });
    parsed.collect()
}

/// A page in grey, one byte a pixel: width, height, pixels.
pub fn grey(bytes: &[u8], page: usize, dots_per_inch: u32) -> (usize, usize, Vec<u8>) {
    let folder = written(bytes);
    let (page, dots) = (page.to_string(), dots_per_inch.to_string());
    let image = run("pdftoppm", &["-f", &page, "-l", &page, "-r", &dots, "-gray", "notice.pdf"], folder.path());
    let mut fields = image.splitn(4, |byte| *byte == b'\n' || *byte == b' ');
    assert_eq!(fields.next().unwrap(), b"P5");
    let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse::<usize>().unwrap();
    let (width, height) = (number(), number());
    // After the sizes stands the largest value, on a line of its own.
    let rest = fields.next().unwrap();
    let pixels = rest[rest.iter().position(|byte| *byte == b'\n').unwrap() + 1..].to_vec();
    assert_eq!(pixels.len(), width * height);
    (width, height, pixels)
}
