//! E-mail addresses: a sane check, so that what a mail goes to can be one. Whether it exists the mail server knows.

use crate::text;

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the brackets).
pub const LONGEST_EMAIL: usize = 254;

/// Reads one address of plain characters; the domain in lower case. `None` where it can't be one: two addresses, line
/// breaks (header injection), a missing dot in the domain.
#[must_use]
pub fn read_email(written: &str) -> Option<String> {
    let address = text::folded(written);
    let (name, domain) = address.rsplit_once('@')?;
    let fine = address.len() <= LONGEST_EMAIL && (1..=64).contains(&name.len()) && is_name(name) && is_domain(domain);
    fine.then(|| format!("{name}@{}", domain.to_ascii_lowercase()))
}

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    name.bytes().all(allowed) && !name.starts_with('.') && !name.ends_with('.') && !name.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && last.len() >= 2 && !last.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_read() {
        assert_eq!(read_email(" a.b+c@Example.ORG ").as_deref(), Some("a.b+c@example.org"));
        assert_eq!(read_email("３１０@example.org").as_deref(), Some("310@example.org"));
    }

    #[test]
    fn what_could_do_harm_or_not_arrive_is_refused() {
        for address in [
            "",
            "a",
            "@example.org",
            "a@b",
            "a@b..c",
            "a b@example.org",
            "a@example.org\r\nBcc: x@example.org",
            "a@example.org,b@example.org",
            "<a@example.org>",
            "a@10.0.0.1",
            "王@example.org",
        ] {
            assert_eq!(read_email(address), None, "{address:?}");
        }
        let long = format!("a@{}.org", "b.".repeat(130));
        assert_eq!(read_email(&long), None);
    }
}
