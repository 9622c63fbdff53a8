//! Reads `smtp://user:password@host:port?tls=none|starttls|required&ca=FILE` and `smtps://…`.

use percent_encoding::percent_decode_str;

use crate::SettingsError;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Never; a password goes in the clear, because somebody said so.
    None,
    /// By STARTTLS where the server offers it; a password only then.
    Offered,
    /// By STARTTLS, or not at all.
    Required,
    /// From the first byte (`smtps://`).
    Wrapped,
}

/// Where the server is and who we are. No `Debug`: it holds the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SmtpUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<(String, String)>,
    pub(crate) tls: Tls,
    /// PEM file of a certificate authority to trust beside the public ones.
    pub(crate) ca: Option<String>,
}

impl SmtpUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, SettingsError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("expected smtp://… or smtps://…"))?;
        let wrapped = match scheme {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(wrong("expected smtp://… or smtps://…")),
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, server) = match place.rsplit_once('@') {
            Some((login, server)) => (Some(parse_login(login)?), server),
            None => (None, place),
        };
        let (host, port) = parse_server(server.trim_end_matches('/'), if wrapped { 465 } else { 25 })?;
        let mut parsed = Self { host, port, login, tls: if wrapped { Tls::Wrapped } else { Tls::Offered }, ca: None };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            parsed.set(pair, wrapped)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, pair: &str, wrapped: bool) -> Result<(), SettingsError> {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (name, value) {
            ("tls", _) if wrapped => return Err(wrong("smtps:// takes no tls=")),
            ("tls", "none") => self.tls = Tls::None,
            ("tls", "starttls") => self.tls = Tls::Offered,
            ("tls", "required") => self.tls = Tls::Required,
            ("tls", _) => return Err(wrong("expected tls=none, tls=starttls or tls=required")),
            ("ca", path) if !path.is_empty() => self.ca = Some(decoded(path)?),
            _ => return Err(wrong("expected nothing but tls=… and ca=FILE after the question mark")),
        }
        Ok(())
    }
}

fn parse_login(text: &str) -> Result<(String, String), SettingsError> {
    let (user, password) = text.split_once(':').ok_or_else(|| wrong("expected user:password in front of the @"))?;
    Ok((decoded(user)?, decoded(password)?))
}

fn parse_server(text: &str, default_port: u16) -> Result<(String, u16), SettingsError> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, port.parse().map_err(|_| wrong("the port is no number from 1 to 65535"))?)
        }
        _ => (text, default_port),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(['/', '@']) || port == 0 {
        return Err(wrong("expected a host, as in smtp://mail.example.cn:587"));
    }
    Ok((host.to_owned(), port))
}

fn decoded(text: &str) -> Result<String, SettingsError> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| wrong("a % sequence is no UTF-8"))
}

fn wrong(what: &str) -> SettingsError {
    SettingsError::Url(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> SmtpUrl {
        SmtpUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn addresses_of_servers_are_read() {
        let plain = parsed("smtp://mail.example.cn");
        assert_eq!((plain.host.as_str(), plain.port, plain.tls), ("mail.example.cn", 25, Tls::Offered));
        assert_eq!((parsed("smtps://h").port, parsed("smtps://h").tls), (465, Tls::Wrapped));
        assert_eq!((parsed("smtp://[::1]:2525").host.as_str(), parsed("smtp://[::1]:2525").port), ("::1", 2525));
        let full = parsed("smtp://u%40b.cn:p%3A%40@h:587?tls=required&ca=%2Fetc%2Fca.pem");
        assert_eq!(full.login, Some(("u@b.cn".to_owned(), "p:@".to_owned())));
        assert_eq!((full.tls, full.ca.as_deref()), (Tls::Required, Some("/etc/ca.pem")));
        assert_eq!(parsed("smtp://h?tls=none").tls, Tls::None);
    }

    #[test]
    fn what_is_no_address_of_a_server_is_told_without_the_password() {
        for url in [
            "h:25",
            "http://h",
            "smtp://",
            "smtp://h:x",
            "smtp://h:0",
            "smtp://u@h",
            "smtp://h?tls=yes",
            "smtps://h?tls=none",
            "smtp://u:geheim@?tls=none",
            "smtp://h?timeout=3",
            "smtp://u:geheim@h:99999",
        ] {
            let Err(error) = SmtpUrl::parse(url) else { panic!("{url} was taken") };
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }
}
