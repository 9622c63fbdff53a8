//! The reading child of the tests: what `rollcall read-sheets` is in the product, with a stand-in for a reader that fails.
//! A file whose first line asks for it is never read; no program but this one knows the words.

use std::path::Path;

fn main() {
    std::process::exit(sheets::child::serve_stdio_behind(&stand_in));
}

/// Does what the file's text asks for, if it asks for anything.
fn stand_in(file: &Path) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    match text.strip_prefix("stand-in: ") {
        Some("panic") => panic!("as the file asked"),
        Some("abort") => std::process::abort(),
        Some("memory") => take_memory(),
        Some("wait") => loop {
            std::thread::park();
        },
        Some("work") => loop {
            std::hint::spin_loop();
        },
        Some("write") => {
            let _ = std::fs::write(file.with_extension("written"), "x");
        }
        _ => {}
    }
}

/// Takes memory until there is no more. Each piece is written to, so that it is really there.
fn take_memory() {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    loop {
        pieces.push(vec![1; 1 << 20]);
    }
}
