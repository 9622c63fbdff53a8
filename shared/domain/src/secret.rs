//! Addresses without their secrets: one function for the database, the broker, the mail server and the file store, whatever the
//! shape in which an address was written.

use std::ops::Range;

/// What stands in the place of a secret.
pub const MASK: &str = "****";

/// Words in the name of a value that make it a secret.
const SECRET_WORDS: [&str; 6] = ["pass", "pw", "secret", "key", "token", "cred"];

/// An address, or a list of some, with whatever may be a password masked: `scheme://user:password@host?name=value`, with or
/// without a scheme, and `name=value name='value'`.
///
/// Between the user's name and the **last** `@` all is hidden: a password with an unescaped `/` or `@` breaks an address, a list
/// of several is not what was expected, and that is when it is printed. So are values whose name speaks of a secret.
#[must_use]
pub fn mask_address(text: &str) -> String {
    let mut hidden = secret_values(text);
    hidden.extend(password(text, 0));
    without(text, hidden)
}

/// The same for a text that may speak of addresses among other things, such as the error of a service.
#[must_use]
pub fn mask_addresses(text: &str) -> String {
    let mut hidden = secret_values(text);
    let mut start = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        if word.contains("://") {
            hidden.extend(password(word, start));
        }
        start += word.len();
    }
    without(text, hidden)
}

/// The text with a mask in the place of what is hidden.
fn without(text: &str, mut hidden: Vec<Range<usize>>) -> String {
    hidden.sort_by_key(|range| range.start);
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for range in hidden {
        if range.start >= from {
            shown.push_str(&text[from..range.start]);
            shown.push_str(MASK);
        }
        from = from.max(range.end);
    }
    shown + &text[from..]
}

/// What stands between the user's name and the last `@` of an address that begins at `start`.
fn password(address: &str, start: usize) -> Option<Range<usize>> {
    let place = address.find("://").map_or(0, |scheme| scheme + 3);
    let (colon, at) = (place + colon(&address[place..])?, address.rfind('@')?);
    (colon <= at).then_some(start + colon..start + at)
}

/// The end of the first colon, which may be written as `%3A`.
fn colon(text: &str) -> Option<usize> {
    let plain = text.find(':').map(|at| at + 1);
    let coded = text.to_ascii_lowercase().find("%3a").map(|at| at + 3);
    plain.into_iter().chain(coded).min()
}

/// The values of `name=value` whose name speaks of a secret.
fn secret_values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text[from..].find('=') {
        let (before, after) = (&text[..from + at], &text[from + at + 1..]);
        from += at + 1;
        if is_secret(name(before)) {
            let value = after.trim_start();
            let start = text.len() - value.len();
            from = start + value_end(value);
            if from > start {
                found.push(start..from);
            }
        }
    }
    found
}

/// The name that stands in front of a `=`, with or without a blank between.
fn name(before: &str) -> &str {
    let before = before.trim_end();
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || "_.-%".contains(c)));
    start.map_or(before, |at| &before[at + before[at..].chars().next().map_or(1, char::len_utf8)..])
}

fn is_secret(name: &str) -> bool {
    let name = decoded(name).to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Percent-encoded letters of a name; what is no code stays as it is.
fn decoded(name: &str) -> String {
    let mut parts = name.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&part[2..]);
            }
            None => plain.extend(["%", part]),
        }
    }
    plain
}

/// Where a value ends: at its closing quote, or at a blank; at a `&` or `;` only where another `name=` follows, since a
/// password may hold one.
fn value_end(value: &str) -> usize {
    let mut letters = value.char_indices();
    if let Some((_, quote @ ('\'' | '"'))) = letters.next() {
        let mut escaped = false;
        for (at, letter) in letters {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if letter == quote => return at + 1,
                _ => {}
            }
        }
        return value.len();
    }
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    let next = value[..end].match_indices(['&', ';']).map(|(at, _)| at).find(|at| begins_a_value(&value[at + 1..end]));
    next.unwrap_or(end)
}

fn begins_a_value(text: &str) -> bool {
    let name = text.find(|c: char| !(c.is_alphanumeric() || "_.-%".contains(c)));
    name.is_some_and(|at| at > 0 && text[at..].starts_with('='))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passwords_inside_addresses_are_masked() {
        for (address, shown) in [
            ("postgres://u:pw@host/db", "postgres://u:****@host/db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://u@host:5432/db", "postgres://u@host:5432/db"),
            ("amqp://u:p@ss/w@host:5672/%2f", "amqp://u:****@host:5672/%2f"),
            ("amqp://u:p1@h1:5672,amqp://u:p2@h2:5672", "amqp://u:****@h2:5672"),
            ("amqp://h1:5672,amqp://u:p2@h2", "amqp://h1:****@h2"),
            ("amqp://u%3Ap@host", "amqp://u%3A****@host"),
            ("amqp://u@[::1]:5672", "amqp://u@[::1]:5672"),
            ("smtp://u:a?b@host:25?tls=none", "smtp://u:****@host:25?tls=none"),
            ("postgres:///db?user=u&password=p@w&ssl=on", "postgres:///db?user=u&password=****&ssl=on"),
            ("postgres://h:5432/db?password=p@w&ssl=on", "postgres://h:****&ssl=on"),
            ("amqp://u:pw=x@host", "amqp://u:****"),
            ("postgres:///db?p%61ssword=pw", "postgres:///db?p%61ssword=****"),
            ("host=a,b password='p w\\' x' dbname=d", "host=a,b password=**** dbname=d"),
            ("user=u password = pw", "user=u password = ****"),
            ("Server=h;Pwd=a;b;Database=d", "Server=h;Pwd=****;Database=d"),
            ("anna:s3cret@host", "anna:****@host"),
            ("amqp:/anna:s3cret@host", "amqp:****@host"),
            ("embedded", "embedded"),
            ("", ""),
        ] {
            assert_eq!(mask_address(address), shown);
        }
    }

    #[test]
    fn in_a_text_addresses_alone_are_touched() {
        let text = "the broker at amqp://u:p@h:5672 (vhost /) refused: mail to a:b@c stays, secret_key=xyz goes";
        let masked = "the broker at amqp://u:****@h:5672 (vhost /) refused: mail to a:b@c stays, secret_key=**** goes";
        assert_eq!(mask_addresses(text), masked);
    }

    /// A secret of letters that nothing else has, among characters that mean something in an address.
    fn secret() -> impl Strategy<Value = String> {
        "Z[Z:/?#@!$&()*+,;=%\\[\\]~^|.Z-]{0,10}Z"
    }

    proptest! {
        #[test]
        fn no_shape_of_an_address_shows_its_secret(
            secret in secret(),
            other in secret(),
            shape in 0..12_usize,
            scheme in prop::sample::select(vec!["amqp", "amqps", "postgres", "postgresql", "smtp", "smtps", "s3", "http"]),
        ) {
            let mut coded = String::new();
            for byte in secret.bytes() {
                let _ = write!(coded, "%{byte:02X}");
            }
            let coded = coded.replace("%5A", "Z");
            // A query that holds its separators bare can't be told from two values.
            let plain = secret.replace('=', "-");
            let quoted = secret.replace('\\', "\\\\").replace('\'', "\\'");
            let address = match shape {
                0 => format!("{scheme}://user:{secret}@host:5672/path"),
                1 => format!("{scheme}://user:{coded}@host:5672/path?x=1"),
                2 => format!("{scheme}://user:{secret}@one,{scheme}://user:{other}@two:5672"),
                3 => format!("{scheme}://user:{secret}@one,user:{other}@two/path"),
                4 => format!("{scheme}://one:5672,user:{secret}@two:5672"),
                5 => format!("{scheme}://:{secret}@host"),
                6 => format!("{scheme}://host/path?user=u&password={plain}"),
                7 => format!("{scheme}://host/path?sslpassword={plain}&connect=5"),
                8 => format!("{scheme}://user:{secret}@host/path?token={plain}"),
                9 => format!("host=one,two user=u password={plain} port=5432"),
                10 => format!("host=one password = '{quoted}' user=u"),
                _ => format!("user:{secret}@host"),
            };
            prop_assert!(!mask_address(&address).contains('Z'), "{address} -> {}", mask_address(&address));
            if shape < 11 {
                let text = format!("it failed at {address} for a reason");
                prop_assert!(!mask_addresses(&text).contains('Z'), "{text} -> {}", mask_addresses(&text));
            }
        }
    }
}
