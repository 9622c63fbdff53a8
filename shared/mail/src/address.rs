//! A mail address with an optional name; what could break out of a header never becomes one.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;
use thiserror::Error;

/// Longest address that SMTP carries, in bytes (RFC 5321, 4.5.3.1.3, without the brackets).
const LONGEST_BYTES: usize = 254;

/// Why a text is no address. The text itself is not repeated: it is somebody's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a mail address: {0}")]
pub struct BadAddress(pub &'static str);

/// An address that can be sent to; `Debug` masks it, `Display` shows it without the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    name: Option<String>,
    address: lettre::Address,
}

impl Address {
    /// Reads `a@b.cn` or `name <a@b.cn>`. The domain is kept in its ASCII form (`xn--…`).
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        if text.chars().any(char::is_control) {
            return Err(BadAddress("it holds a control character"));
        }
        let text = text.trim();
        let (name, bare) = match text.strip_suffix('>').map(|rest| rest.rsplit_once('<')) {
            Some(Some((name, bare))) => (name.trim().trim_matches('"').trim(), bare),
            Some(None) => return Err(BadAddress("a bracket is missing")),
            None => ("", text),
        };
        let (user, domain) = bare.rsplit_once('@').ok_or(BadAddress("the @ is missing"))?;
        if user.contains(['"', '<', '>', ' ', ',', ';', ':']) || user.contains(char::is_whitespace) {
            return Err(BadAddress("it holds blanks or marks in front of the @"));
        }
        let domain = idna::domain_to_ascii(domain).map_err(|_| BadAddress("the domain is none"))?;
        if !domain.contains('.') && domain != "localhost" {
            return Err(BadAddress("the domain has no dot"));
        }
        let address = lettre::Address::new(user, domain).map_err(|_| BadAddress("it is malformed"))?;
        if AsRef::<str>::as_ref(&address).len() > LONGEST_BYTES {
            return Err(BadAddress("it is longer than 254 bytes"));
        }
        Ok(Self { name: Some(name.to_owned()).filter(|name| !name.is_empty()), address })
    }

    /// The domain, in its ASCII form and lower case; what limits per domain count by.
    #[must_use]
    pub fn domain(&self) -> String {
        self.address.domain().to_lowercase()
    }

    /// Shown in logs: `c***@gonghui.cn`.
    #[must_use]
    pub fn masked(&self) -> String {
        masked(self.address.as_ref())
    }

    pub(crate) fn bare(&self) -> &lettre::Address {
        &self.address
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.name.clone(), self.address.clone())
    }

    pub(crate) fn needs_smtputf8(&self) -> bool {
        !AsRef::<str>::as_ref(&self.address).is_ascii()
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        Self::parse(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

/// An address with all but the first letter of its user masked.
pub(crate) fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((user, domain)) => format!("{}***@{domain}", user.chars().next().unwrap_or_default()),
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_name() {
        let plain = Address::parse(" clerk@gonghui.cn ").unwrap();
        assert_eq!((plain.to_string().as_str(), plain.name.as_deref()), ("clerk@gonghui.cn", None));
        let named = Address::parse("王 工会 <clerk@Gonghui.CN>").unwrap();
        assert_eq!((named.domain().as_str(), named.name.as_deref()), ("gonghui.cn", Some("王 工会")));
        assert_eq!(Address::parse("\"Wang, L\" <a@b.cn>").unwrap().name.as_deref(), Some("Wang, L"));
    }

    #[test]
    fn a_chinese_domain_is_kept_in_its_ascii_form_and_a_chinese_user_as_it_is() {
        let address = Address::parse("a@例子.中国").unwrap();
        assert_eq!(address.domain(), "xn--fsqu00a.xn--fiqs8s");
        assert!(!address.needs_smtputf8());
        assert!(Address::parse("王@例子.中国").unwrap().needs_smtputf8());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("a@{}.cn", "x.".repeat(150));
        for text in [
            "",
            "a",
            "@b.cn",
            "a@",
            "a@b",
            "a b@c.cn",
            "a@b.cn\r\nBcc: x@y.cn",
            "<a@b.cn",
            "a@b.cn>",
            "a@b..cn",
            "a\0@b.cn",
            "a@b.cn,c@d.cn",
            "a;b@c.cn",
            "x\n <a@b.cn>",
            "a@b.cn <",
            "a@b_.cn x",
            &long,
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
        assert!(Address::parse("a@localhost").is_ok());
    }

    #[test]
    fn an_address_is_masked_in_logs() {
        assert_eq!(format!("{:?}", Address::parse("王 <wang@b.cn>").unwrap()), "Address(w***@b.cn)");
    }
}
