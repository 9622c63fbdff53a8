//! Mails as their readers see them: subject and plain text, decoded here once more.

/// A mail.
#[derive(Debug)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// Plain text and HTML, one after the other.
    pub body: String,
}

impl Letter {
    /// Reads a mail off the wire.
    pub fn read(mail: &str) -> Self {
        let mail = mail.replace("\r\n", "\n");
        let (head, rest) = mail.split_once("\n\n").unwrap();
        let head = head.replace("\n ", " ").replace("\n\t", " ");
        let header = |name: &str| {
            let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            found.unwrap_or_default().to_owned()
        };
        let parts = rest.split("\n--").filter_map(|part| part.split_once("\n\n"));
        let body =
            parts.map(
                |(head, text)| {
                    if head.to_lowercase().contains("encoding: base64") { base64(text) } else { text.to_owned() }
                },
            );
        let body = body.collect::<Vec<_>>().join("\n");
        Self { to: header("To"), subject: words(&header("Subject")), body }
    }
}

/// A header with encoded words (RFC 2047, B alone).
fn words(header: &str) -> String {
    let word = |word: &str| word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")).map(base64_bytes);
    let encoded: Option<Vec<Vec<u8>>> = header.split_whitespace().map(word).collect();
    encoded.map_or_else(|| header.to_owned(), |bytes| String::from_utf8(bytes.concat()).unwrap())
}

fn base64(text: &str) -> String {
    // The last line may be the closing boundary's, which is no base64.
    String::from_utf8_lossy(&base64_bytes(text)).into_owned()
}

fn base64_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
