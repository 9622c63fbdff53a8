//! A mail's text as it goes over the wire, in one piece with the dot that ends it. lettre's own way writes the dot by itself, and
//! such a small second piece is kept back until the server's system has confirmed the first, for which systems take 40 ms
//! (Nagle's algorithm against delayed acknowledgements): 25 mails a second and connection, however near the server is.

use std::fmt::{Display, Formatter, Result as Written};

use crate::{Composed, SendError};

/// What follows the server's answer to `DATA`.
pub(super) struct Text<'m>(&'m str);

impl<'m> Text<'m> {
    /// The text of this mail. What we compose is encoded, and text therefore; anything else is refused before it is begun.
    pub(super) fn of(mail: &'m Composed) -> Result<Self, SendError> {
        let text = std::str::from_utf8(&mail.bytes);
        text.map(Self).map_err(|_| SendError::Compose("the mail holds bytes that are no text".to_owned()))
    }
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        for line in self.0.split_inclusive("\r\n") {
            // A line of a dot would end the text (RFC 5321, 4.5.2).
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        if !self.0.ends_with("\r\n") {
            f.write_str("\r\n")?;
        }
        f.write_str(".\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_text_ends_it() {
        let wire = |text: &str| Text(text).to_string();
        assert_eq!(wire("a\r\n.\r\n..b\r\nc.\r\n"), "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(wire(".a"), "..a\r\n.\r\n");
        assert_eq!(wire(""), "\r\n.\r\n");
    }
}
