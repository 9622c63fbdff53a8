//! The QR code of a notice: number, version and check, to be looked up with a phone.

use qrcode::{Color, EcLevel, QrCode};

use crate::{layout::book::Book, pdf::Ink};

/// Longest content: beyond it the squares get too small to be read off paper.
const MOST_BYTES: usize = 120;

/// Draws the code with its upper left corner there. A content that is too long is cut to its end, the check.
pub(crate) fn quick_response(book: &mut Book, content: &str, (x, y): (f32, f32), side: f32) {
    let from = content.len().saturating_sub(MOST_BYTES);
    let bytes = &content.as_bytes()[from..];
    // A hundred bytes always fit: the largest code holds thousands.
    let Ok(code) = QrCode::with_error_correction_level(bytes, EcLevel::M) else { return };
    let width = code.width();
    let square = side / width as f32;
    for (row, colours) in code.to_colors().chunks(width).enumerate() {
        let mut at = 0;
        for run in colours.chunk_by(|one, two| one == two) {
            if run[0] == Color::Dark {
                let place = (x + at as f32 * square, y + row as f32 * square);
                book.canvas.fill(Ink::Black, place.0, place.1, run.len() as f32 * square, square);
            }
            at += run.len();
        }
    }
}
