//! The broker's address: parsed once, shown without its password.

use domain::secret::mask_address;
use lapin::uri::AMQPUri;

use crate::BrokerError;

const HINT: &str = "write `embedded`, or amqp://user:password@host:5672/vhost (amqps:// for TLS; %2f is the vhost /)";

/// What a configured address names.
#[derive(Debug)]
pub(crate) enum Address {
    /// The bell inside this process.
    Embedded,
    /// A `RabbitMQ` server.
    Amqp(AmqpAddress),
}

/// Where a `RabbitMQ` server is. `Debug` and `Display` leave the password out.
#[derive(Clone)]
pub(crate) struct AmqpAddress {
    uri: AMQPUri,
}

impl Address {
    /// Reads an address. No error repeats any part of it that could be the password.
    pub(crate) fn parse(text: &str) -> Result<Self, BrokerError> {
        let text = text.trim();
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(BrokerError::Address(format!("it has no scheme; {HINT}")));
        };
        if scheme != "amqp" && scheme != "amqps" {
            return Err(BrokerError::Address(format!("its scheme is neither amqp nor amqps; {HINT}")));
        }
        if rest.contains("://") || rest.split(['/', '?']).next().unwrap_or_default().contains(',') {
            return Err(BrokerError::Address(format!("it names more than one server; {HINT}")));
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || host.starts_with(':') {
            return Err(BrokerError::Address(format!("it names no host; {HINT}")));
        }
        let mut uri: AMQPUri =
            text.parse().map_err(|_| BrokerError::Address(format!("its port, query or form is wrong; {HINT}")))?;
        // The parser takes a bracketed IPv6 address for no host at all and falls back to localhost.
        if let Some((inside, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            inside.clone_into(&mut uri.authority.host);
        }
        // amqp://host/ means the vhost with the empty name, which nobody has.
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        Ok(Self::Amqp(AmqpAddress { uri }))
    }
}

impl AmqpAddress {
    /// What lapin connects to, with our heartbeat and limit where the address names none of its own.
    pub(crate) fn uri(&self, heartbeat_s: u16, limit: std::time::Duration) -> AMQPUri {
        let mut uri = self.uri.clone();
        uri.query.heartbeat = uri.query.heartbeat.or(Some(heartbeat_s));
        uri.query.connection_timeout =
            uri.query.connection_timeout.or(Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
        uri
    }

    /// Host and port, where the connection is not encrypted.
    pub(crate) fn plain(&self) -> Option<(&str, u16)> {
        let plain = self.uri.scheme == lapin::uri::AMQPScheme::AMQP;
        plain.then_some((self.uri.authority.host.as_str(), self.uri.authority.port))
    }
}

impl std::fmt::Display for AmqpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let authority = &self.uri.authority;
        let (host, port, vhost) = (&authority.host, authority.port, &self.uri.vhost);
        let address = format!("{}://{}@{host}:{port}", self.uri.scheme, authority.userinfo.username);
        write!(f, "{} (vhost {})", mask_address(&address), mask_address(vhost))
    }
}

impl std::fmt::Debug for AmqpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amqp(text: &str) -> AmqpAddress {
        match Address::parse(text) {
            Ok(Address::Amqp(address)) => address,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_password_is_shown_nowhere() {
        let address = amqp("amqp://anna:s3cret@broker.example:5673/%2f");
        assert_eq!(address.to_string(), "amqp://anna@broker.example:5673 (vhost /)");
        assert!(!format!("{address:?}").contains("s3cret"));
        let wrong = [
            "http://anna:s3cret@h/",
            "anna:s3cret",
            "amqp://anna:s3cret@h:99999/",
            "amqp://a:s3cret@/x",
            "amqp://a:s3cret@h/?heartbeat=x",
            "amqp://a:s3cret@h1:5672,amqp://a:s3cret@h2:5672",
            "amqp://a:s3cret@h1/x,amqp://a:s3cret@h2/x",
            "amqp://a@h1:5672,b:s3cret@h2:5672/x",
        ];
        for text in wrong {
            let error = Address::parse(text).expect_err(text);
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert!(error.to_string().contains("write `embedded`"), "{error}");
        }
    }

    #[test]
    fn an_ipv6_host_and_a_missing_vhost_are_understood() {
        let address = amqp("amqp://[::1]:5672/");
        assert_eq!(address.plain(), Some(("::1", 5672)));
        assert_eq!(address.to_string(), "amqp://guest@::1:5672 (vhost /)");
        assert_eq!(amqp("amqps://h").plain(), None);
    }

    #[test]
    fn an_address_with_a_heartbeat_of_its_own_keeps_it() {
        let limit = std::time::Duration::from_secs(5);
        assert_eq!(amqp("amqp://h/%2f?heartbeat=3").uri(10, limit).query.heartbeat, Some(3));
        assert_eq!(amqp("amqp://h/%2f").uri(10, limit).query.heartbeat, Some(10));
    }
}
