//! Values that must not be read over a shoulder: secrets, and URLs with a password inside.

use std::fmt;

use serde::Deserialize;

/// What stands in the place of a secret.
pub const MASK: &str = "****";

/// A secret value; `Debug` and `Display` show [`MASK`], or nothing where nothing is set.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "" } else { MASK })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

/// A URL that may hold a password; `Debug` and `Display` show it with the password masked.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Wraps a URL.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The URL with its password, for the call that connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the URL begins with one of these schemes (`"postgres://"`).
    #[must_use]
    pub fn has_scheme(&self, schemes: &[&str]) -> bool {
        schemes.iter().any(|scheme| self.0.starts_with(scheme))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked_url(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

/// A URL with whatever may be a password masked.
///
/// Between the user's name and the **last** `@` all is hidden: a password with an unescaped `/` or `@` breaks the URL,
/// and that is when it is printed. Query values whose name speaks of a password, key or secret are hidden, too.
#[must_use]
pub fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = match (rest.find(':'), rest.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => format!("{}:{MASK}{}", &rest[..colon], &rest[at..]),
        _ => rest.to_owned(),
    };
    let Some((path, query)) = rest.split_once('?') else { return format!("{scheme}://{rest}") };
    let query: Vec<String> = query.split('&').map(masked_parameter).collect();
    format!("{scheme}://{path}?{}", query.join("&"))
}

fn masked_parameter(pair: &str) -> String {
    let Some((name, _)) = pair.split_once('=') else { return pair.to_owned() };
    let lower = name.to_lowercase();
    let speaks = ["pass", "pw", "secret", "key", "token"].iter().any(|word| lower.contains(word));
    if speaks { format!("{name}={MASK}") } else { pair.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("geheim");
        assert_eq!(format!("{secret} {secret:?}"), "**** Secret(****)");
        assert_eq!(format!("{}|{:?}", Secret::default(), Secret::default()), "|Secret()");
    }

    #[test]
    fn passwords_inside_urls_are_masked() {
        for (url, shown) in [
            ("postgres://u:pw@host/db", "postgres://u:****@host/db"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://u@host:5432/db", "postgres://u@host:5432/db"),
            ("amqp://u:p@ss/w@host:5672/%2f", "amqp://u:****@host:5672/%2f"),
            ("smtp://u:a?b@host:25?tls=none", "smtp://u:****@host:25?tls=none"),
            ("postgres:///db?user=u&password=pw", "postgres:///db?user=u&password=****"),
            ("embedded", "embedded"),
            ("", ""),
        ] {
            assert_eq!(masked_url(url), shown);
        }
    }
}
