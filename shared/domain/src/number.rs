//! Number-like cells: what a reader hands over becomes plain characters, or the reason why it can't.
//!
//! A float carries 15 digits. What a numeric cell holds beyond them is not what the clerk typed, even where a checksum
//! happens to pass, so such a cell never becomes a number of ours.

use std::borrow::Cow;

use crate::{ascii::ShortAscii, cell::Cell, text};

/// The longest text that is looked at as a number; longer ones are none.
pub(crate) const LONGEST: usize = 40;

/// 10^15: the first integer of 16 digits.
const SIXTEEN_DIGITS: f64 = 1e15;

/// What is typed or copied for an X (full-width letters and Roman numerals become one before): Cyrillic, Greek, Coptic and
/// Cherokee letters, crosses.
const LIKE_X: [char; 17] = ['Х', 'х', 'Χ', 'χ', 'Ⲭ', 'ⲭ', 'Ꭓ', '×', '✕', '✖', '✗', '✘', '⨯', '⨉', '╳', '☓', '乂'];

/// What a number-like cell comes to.
#[derive(Clone, Copy)]
pub(crate) enum Squeezed {
    /// Nothing there.
    Blank,
    /// Without blanks, letters in upper case.
    Text(ShortAscii<LONGEST>),
    /// Characters that no number has.
    Foreign,
    /// Too long to be one.
    TooLong,
    /// Digits past the 15th are lost.
    PrecisionLost,
    /// A date, a logical value, a fraction.
    OtherContent,
    /// A formula's error.
    CellError,
    /// A formula without its result.
    Unsaved,
}

/// The plain characters of a cell.
pub(crate) fn squeeze(cell: Cell<'_>) -> Squeezed {
    match cell {
        Cell::Empty => Squeezed::Blank,
        Cell::Text(written) => squeeze_text(written),
        Cell::Number(value) => squeeze_float(value),
        Cell::Date(_) | Cell::Bool(_) => Squeezed::OtherContent,
        Cell::Error => Squeezed::CellError,
        Cell::Unsaved => Squeezed::Unsaved,
    }
}

fn squeeze_float(value: f64) -> Squeezed {
    if !value.is_finite() || value < 0.0 {
        return Squeezed::OtherContent;
    }
    if value >= SIXTEEN_DIGITS {
        return Squeezed::PrecisionLost;
    }
    if value.fract() != 0.0 {
        return Squeezed::OtherContent;
    }
    let mut digits = [0_u8; 16];
    let mut place = digits.len();
    let mut left = value as u64;
    loop {
        place -= 1;
        digits[place] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    let mut short = ShortAscii::EMPTY;
    digits[place..].iter().for_each(|digit| {
        short.push(*digit);
    });
    Squeezed::Text(short)
}

fn squeeze_text(written: &str) -> Squeezed {
    if written.is_ascii() { squeeze_ascii(written) } else { squeeze_ascii(&plain(written)) }
}

/// A written number without blanks, in plain characters. At its end, what looks like an X is one: a Cyrillic or Greek
/// letter, the sign of multiplication.
pub(crate) fn plain(written: &str) -> Cow<'_, str> {
    let dense = text::compact(written);
    match dense.strip_suffix(LIKE_X) {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Cow::Owned(format!("{digits}X"))
        }
        _ => dense,
    }
}

fn squeeze_ascii(written: &str) -> Squeezed {
    let mut short = ShortAscii::EMPTY;
    for byte in written.bytes() {
        // A leading apostrophe is how spreadsheet programs mark text; exports carry it along.
        if byte.is_ascii_whitespace() || byte.is_ascii_control() || byte == b'\'' && short.as_bytes().is_empty() {
            continue;
        }
        if !byte.is_ascii() {
            return Squeezed::Foreign;
        }
        if !short.push(byte.to_ascii_uppercase()) {
            return Squeezed::TooLong;
        }
    }
    match short.as_bytes() {
        [] => Squeezed::Blank,
        bytes if is_scientific(bytes) => match expand(short.as_str()) {
            Some(expanded) => Squeezed::Text(expanded),
            None => Squeezed::PrecisionLost,
        },
        bytes if ends_in_point_zero(bytes) => {
            let digits = bytes.iter().position(|b| *b == b'.').unwrap_or(bytes.len());
            if digits > 15 {
                return Squeezed::PrecisionLost;
            }
            ShortAscii::new(&short.as_str()[..digits]).map_or(Squeezed::Foreign, Squeezed::Text)
        }
        _ => Squeezed::Text(short),
    }
}

/// `13800138000.0`, as programs write floats.
fn ends_in_point_zero(bytes: &[u8]) -> bool {
    let mut halves = bytes.splitn(2, |b| *b == b'.');
    let (Some(whole), Some(fraction)) = (halves.next(), halves.next()) else { return false };
    !whole.is_empty()
        && whole.iter().all(u8::is_ascii_digit)
        && !fraction.is_empty()
        && fraction.iter().all(|b| *b == b'0')
}

/// `3.10199E+17`; a passport such as `1E123456` is none of these.
fn is_scientific(bytes: &[u8]) -> bool {
    let Some(e) = bytes.iter().position(|b| *b == b'E') else { return false };
    let (mantissa, exponent) = (&bytes[..e], &bytes[e + 1..]);
    let (sign, exponent) = match exponent.split_first() {
        Some((b'+', digits)) => (true, digits),
        _ => (false, exponent),
    };
    (sign || mantissa.contains(&b'.'))
        && mantissa.first().is_some_and(u8::is_ascii_digit)
        && mantissa.iter().all(|b| b.is_ascii_digit() || *b == b'.')
        && (1..=2).contains(&exponent.len())
        && exponent.iter().all(u8::is_ascii_digit)
}

/// The digits of a scientific writing that shows enough of them (8) to have been written by a program that rounds
/// nothing, and no more than 15 in all; what Excel shows in a narrow column (`1.38E+10`) has lost the rest.
fn expand(written: &str) -> Option<ShortAscii<LONGEST>> {
    let (mantissa, exponent) = written.split_once('E')?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() != 1 || fraction.len() < 7 || fraction.len() > exponent || exponent > 14 {
        return None;
    }
    let mut expanded = ShortAscii::new(whole)?;
    let zeros = std::iter::repeat_n(b'0', exponent - fraction.len());
    fraction.bytes().chain(zeros).all(|b| b.is_ascii_digit() && expanded.push(b)).then_some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cell: Cell<'_>) -> String {
        match squeeze(cell) {
            Squeezed::Text(text) => text.as_str().to_owned(),
            Squeezed::Blank => "blank".to_owned(),
            Squeezed::Foreign => "foreign".to_owned(),
            Squeezed::TooLong => "too long".to_owned(),
            Squeezed::PrecisionLost => "lost".to_owned(),
            Squeezed::OtherContent => "other".to_owned(),
            Squeezed::CellError => "error".to_owned(),
            Squeezed::Unsaved => "unsaved".to_owned(),
        }
    }

    #[test]
    fn writings_of_one_number_come_to_the_same() {
        for text in [
            "31010001x",
            " 3101 0001 X",
            "３１０１０００１Ｘ",
            "'31010001X",
            "\u{feff}31010001x\t",
            "31010001Х",
            "31010001х",
            "31010001Χ",
            "31010001χ ",
            "3101 0001×",
            "31010001ⅹ",
        ] {
            assert_eq!(shown(Cell::Text(text)), "31010001X", "{text:?}");
        }
        assert_eq!(shown(Cell::Number(31_020_004.0)), "31020004");
        assert_eq!(shown(Cell::Text("13800138000.0")), "13800138000");
        assert_eq!(shown(Cell::Text("1.3800138E+10")), "13800138000");
        assert_eq!(shown(Cell::Text("1E123456")), "1E123456");
        assert_eq!(shown(Cell::Number(0.0)), "0");
        assert_eq!(shown(Cell::Text("×")), "foreign");
        assert_eq!(shown(Cell::Text("3101Х001")), "foreign");
    }

    #[test]
    fn the_sixteenth_digit_of_a_numeric_cell_is_lost() {
        assert_eq!(shown(Cell::Number(999_999_999_999_999.0)), "999999999999999");
        assert_eq!(shown(Cell::Number(1_000_000_000_000_000.0)), "lost");
        assert_eq!(shown(Cell::Number(3.101_991_990_010_1e17)), "lost");
        assert_eq!(shown(Cell::Text("3.10199E+17")), "lost");
        assert_eq!(shown(Cell::Text("310199199001010014.0")), "lost");
        assert_eq!(shown(Cell::Text("1.38E+10")), "lost");
    }

    #[test]
    fn what_is_no_number_says_why() {
        assert_eq!(shown(Cell::Text("见附件")), "foreign");
        assert_eq!(shown(Cell::Text(&"1".repeat(41))), "too long");
        assert_eq!(shown(Cell::Number(1.5)), "other");
        assert_eq!(shown(Cell::Error), "error");
        assert_eq!(shown(Cell::Text(" \u{3000}")), "blank");
    }
}
