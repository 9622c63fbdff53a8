//! Vouchers (缴费凭证): what kind of file one is, by its content, and whether it fits what is due.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

use crate::named::named;

named! {
    /// The kinds of files that are taken as vouchers: what phones and banks make.
    VoucherKind {
        /// JPEG.
        Jpeg "jpeg",
        /// PNG.
        Png "png",
        /// PDF.
        Pdf "pdf",
        /// GIF.
        Gif "gif",
        /// Windows bitmap.
        Bmp "bmp",
        /// TIFF.
        Tiff "tiff",
        /// WebP.
        Webp "webp",
        /// HEIC and HEIF.
        Heif "heif",
    }
}

impl VoucherKind {
    /// The kind of a file by its first bytes, whatever its name says; none where it is no picture and no PDF. The first
    /// 1,024 bytes are enough.
    #[must_use]
    pub fn of(content: &[u8]) -> Option<Self> {
        let begins = |magic: &[u8]| content.starts_with(magic);
        let at = |place: usize, length: usize| content.get(place..place + length).unwrap_or_default();
        if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"II*\0") || begins(b"MM\0*") {
            Some(Self::Tiff)
        } else if begins(b"RIFF") && at(8, 4) == b"WEBP" {
            Some(Self::Webp)
        } else if at(4, 4) == b"ftyp" && HEIF_BRANDS.iter().any(|brand| at(8, 4) == *brand) {
            Some(Self::Heif)
        } else if begins(b"BM") && BMP_HEADERS.iter().any(|length| at(14, 4) == length.to_le_bytes()) {
            Some(Self::Bmp)
        } else if is_pdf(content) {
            Some(Self::Pdf)
        } else {
            None
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
            Self::Heif => "image/heif",
        }
    }
}

/// The brands of still pictures in the container that films come in, too.
const HEIF_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];

/// Two letters are little; the length of the second header makes a bitmap certain.
const BMP_HEADERS: [u32; 7] = [12, 40, 52, 56, 64, 108, 124];

/// Readers accept a PDF whose header stands anywhere in the first 1,024 bytes, and scanners make such files.
fn is_pdf(content: &[u8]) -> bool {
    content[..content.len().min(1024)].windows(5).any(|bytes| bytes == b"%PDF-")
}

/// What a voucher's figures, which are given by hand, come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherCheck {
    /// What is due, to the fen.
    Exact,
    /// More than is due: taken, with a warning.
    Over {
        /// How much more.
        extra_fen: i64,
    },
    /// Less than is due: refused.
    Short {
        /// How much is missing.
        missing_fen: i64,
    },
    /// Nothing was paid: refused.
    NothingPaid,
    /// A value date that is still to come: refused.
    Future,
    /// A value date from before the year's first window: nobody can have paid for it then, a digit is wrong. Refused.
    Early,
}

impl VoucherCheck {
    /// Compares what a voucher says with what is due. `days` are those on which it can have been paid: from the first of
    /// the year's windows to the day on which it was received.
    #[must_use]
    pub fn of(due_fen: i64, paid_fen: i64, value_date: NaiveDate, days: &RangeInclusive<NaiveDate>) -> Self {
        if paid_fen <= 0 {
            Self::NothingPaid
        } else if value_date > *days.end() {
            Self::Future
        } else if value_date < *days.start() {
            Self::Early
        } else if paid_fen < due_fen {
            Self::Short { missing_fen: due_fen.saturating_sub(paid_fen) }
        } else if paid_fen > due_fen {
            Self::Over { extra_fen: paid_fen.saturating_sub(due_fen) }
        } else {
            Self::Exact
        }
    }

    /// Whether the voucher is taken.
    #[must_use]
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Exact | Self::Over { .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        let mut bitmap = b"BM".to_vec();
        bitmap.extend([0; 12]);
        bitmap.extend(40_u32.to_le_bytes());
        for (content, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some(VoucherKind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(VoucherKind::Png)),
            (b"%PDF-1.7\n", Some(VoucherKind::Pdf)),
            (b"\xef\xbb\xbf\n%PDF-1.4\n", Some(VoucherKind::Pdf)),
            (b"GIF89a\x01\0", Some(VoucherKind::Gif)),
            (&bitmap, Some(VoucherKind::Bmp)),
            (b"II*\0\x08\0\0\0", Some(VoucherKind::Tiff)),
            (b"MM\0*\0\0\0\x08", Some(VoucherKind::Tiff)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(VoucherKind::Webp)),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Some(VoucherKind::Heif)),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", None),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"BMW is a car and no bitmap", None),
            (b"PK\x03\x04", None),
            (b"<html>", None),
            (b"", None),
            (b"\xff\xd8", None),
        ] {
            assert_eq!(VoucherKind::of(content), kind, "{content:?}");
        }
        let far = [&[b' '; 1020][..], b"%PDF-1.4"].concat();
        assert_eq!(VoucherKind::of(&far), None);
        assert_eq!(VoucherKind::of(&far[1..]), Some(VoucherKind::Pdf));
    }

    #[test]
    fn less_is_refused_and_more_is_a_warning() {
        let day = |day| NaiveDate::from_ymd_opt(2023, 1, day).unwrap();
        let check = |paid| VoucherCheck::of(4_256_000, paid, day(9), &(day(1)..=day(10)));
        assert_eq!(check(4_256_000), VoucherCheck::Exact);
        assert_eq!(check(4_255_999), VoucherCheck::Short { missing_fen: 1 });
        assert_eq!(check(4_256_001), VoucherCheck::Over { extra_fen: 1 });
        assert_eq!(check(0), VoucherCheck::NothingPaid);
        assert_eq!(VoucherCheck::of(1, 1, day(10), &(day(1)..=day(10))), VoucherCheck::Exact);
        assert_eq!(VoucherCheck::of(1, 1, day(11), &(day(1)..=day(10))), VoucherCheck::Future);
        assert_eq!(VoucherCheck::of(1, 1, day(2), &(day(2)..=day(10))), VoucherCheck::Exact);
        assert_eq!(VoucherCheck::of(1, 1, day(1), &(day(2)..=day(10))), VoucherCheck::Early);
        let taken = [4_255_999, 4_256_000, 4_256_001].map(|paid| check(paid).is_taken());
        assert_eq!(taken, [false, true, true]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(content in prop::collection::vec(any::<u8>(), 0..40), due: i64, paid: i64) {
            let _ = VoucherKind::of(&content);
            let day = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap();
            let _ = VoucherCheck::of(due, paid, day, &(day..=day));
        }
    }
}
